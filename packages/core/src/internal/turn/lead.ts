import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Conversation from "../../Conversation.ts"

/** Wishes of a worker that has many sessions, for one of them. */
export interface Lead {
  /** Gets the updates of turns while they are followed. */
  readonly onUpdates: (turnId: string, updates: Iterable<Conversation.Update>) => Effect.Effect<void>
  /** Comes when the session is to be handed over, to each that waits for it. */
  readonly handOver: Effect.Effect<void>
}

/** Tag for whoever leads the session that is served within an effect. */
export class CurrentLead extends Context.Tag("@effect-managed-agents/core/DurableTurn/lead")<CurrentLead, Lead>() {}

/**
 * The number of sessions to take up at once. Each costs some requests and statements; behind those of very many, leases or
 * locks would not be renewed in time, and whoever comes next would have the same to do.
 */
export const startingAtOnce = 32

/** The time after which one that is taken up slowly holds up nobody any more. */
export const slow = "5 seconds"
