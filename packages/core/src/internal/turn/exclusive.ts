import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"

/** Runs effects of one key one after another. The second waits for the first, even if that is interrupted. */
export const make = () => {
  const inFlight = new Map<string, Deferred.Deferred<void>>()
  const run = <A, E, R>(key: string, self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.suspend(() => {
        const other = inFlight.get(key)
        if (other !== undefined) return Effect.zipRight(restore(Deferred.await(other)), restore(run(key, self)))
        const done = Deferred.unsafeMake<void>(FiberId.none)
        inFlight.set(key, done)
        return Effect.ensuring(
          restore(self),
          Effect.suspend(() => {
            inFlight.delete(key)
            return Deferred.succeed(done, undefined)
          })
        )
      })
    )
  return run
}
