import * as Effect from "effect/Effect"
import type * as Conversation from "../../Conversation.ts"
import type { Pull } from "../stream/pull.ts"
import * as pull from "../stream/pull.ts"

/** Follows a turn to its result. */
export const untilFinished = <E, R>(
  next: Pull<Conversation.Update, E, R>,
  onUpdates?: (updates: ReadonlyArray<Conversation.Update>) => void
): Effect.Effect<Conversation.TurnResult, E, R> =>
  Effect.flatMap(next, (pulled) => {
    if (pulled === undefined) return noResult
    const updates = pull.toArray(pulled)
    onUpdates?.(updates)
    const last = updates.at(-1)
    return last?._tag === "Finished" ? Effect.succeed(last.result) : untilFinished(next, onUpdates)
  })

/** A turn always ends with its result. */
export const noResult = Effect.die(new Error("the turn ended without its last update"))
