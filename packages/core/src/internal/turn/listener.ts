import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Conversation from "../../Conversation.ts"

/** Gets the updates of turns by id while they are followed. */
export type Listener = (turnId: string, updates: Iterable<Conversation.Update>) => Effect.Effect<void>

/** Tag for the listener of the turns that run within an effect. */
export class CurrentListener
  extends Context.Tag("@effect-managed-agents/core/DurableTurn/listener")<CurrentListener, Listener>()
{}
