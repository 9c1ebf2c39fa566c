import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { StreamInterrupted, StreamStalled } from "../../ApiError.ts"
import { unsafeNow } from "../telemetry/clock.ts"
import * as fork from "./fork.ts"
import type { Items, Pull } from "./pull.ts"
import { AutoResetSignal } from "./signal.ts"

/**
 * Fails a read of bytes that takes longer than `limit`, and one that is under way when the scope closes: what the read
 * waits for need not notice either.
 *
 * One fiber reads whenever it is asked to, and another one watches: it sleeps until the read that is under way would be
 * overdue. So a byte costs neither a fiber nor a timer, as it would in a race.
 */
export const watch =
  (operation: string, requestId: string | undefined, limit: Duration.DurationInput) =>
  <E>(pull: Pull<Uint8Array, E>): Effect.Effect<
    Pull<Uint8Array, E | StreamStalled | StreamInterrupted>,
    never,
    Scope.Scope
  > =>
    Effect.gen(function*() {
      type Read = Effect.Effect<Items<Uint8Array> | undefined, E | StreamStalled | StreamInterrupted>
      const millis = Duration.toMillis(limit)
      const now = yield* unsafeNow
      /** Who waits for the read that is under way, and since when. */
      let reader: ((read: Read) => void) | undefined
      let since = 0
      /** Why there is nothing more to read. */
      let failure: Read | undefined
      const asked = new AutoResetSignal()

      const settle = (read: Read): void => {
        const resume = reader
        reader = undefined
        resume?.(read)
      }
      const settled = (read: Read): Effect.Effect<never> => {
        settle(read)
        return reading
      }
      const read = Effect.matchCauseEffect(pull, {
        onFailure: (cause) => settled(Effect.failCause(cause)),
        onSuccess: (bytes) => settled(Effect.succeed(bytes))
      })
      // `Effect.forever` would yield in between
      const reading: Effect.Effect<never> = Effect.zipRight(asked.wait, read)
      yield* fork.inScope(reading)

      const giveUp = (error: () => StreamStalled | StreamInterrupted): void => {
        // few ask for the error, which takes a stack trace
        failure = Effect.failSync(error)
        settle(failure)
      }
      const watcher: Effect.Effect<void> = Effect.suspend(() => {
        const rest = reader === undefined ? millis : since + millis - now()
        if (rest > 0) return Effect.zipRight(Effect.sleep(rest), watcher)
        giveUp(() => new StreamStalled({ operation, requestId, silence: Duration.millis(millis) }))
        return Effect.void
      })
      if (Number.isFinite(millis)) yield* fork.inScope(watcher)
      yield* Scope.addFinalizer(
        yield* Effect.scope,
        Effect.sync(() =>
          giveUp(() => new StreamInterrupted({ operation, requestId, detail: "the connection was given up" }))
        )
      )

      return Effect.async((resume) => {
        if (failure !== undefined) {
          resume(failure)
          return
        }
        reader = resume
        since = now()
        asked.raise()
      })
    })
