import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

/** Waits before something is tried again: a second, doubling to half a minute, each up to a fifth longer or shorter. */
export const pauseAfter = (failures: number): Effect.Effect<void> =>
  Effect.flatMap(
    Random.nextRange(0.8, 1.2),
    (factor) => Effect.sleep(Duration.millis(factor * Math.min(1000 * 2 ** failures, 30_000)))
  )

/** Tries again what fails in passing. The pauses can be made interruptible where nothing else may be. */
export const patiently = <A, E extends { readonly isRetryable: boolean }, R>(
  self: Effect.Effect<A, E, R>,
  restore: (pause: Effect.Effect<void>) => Effect.Effect<void> = (pause) => pause,
  failures = 0
): Effect.Effect<A, E, R> =>
  Effect.catchAll(self, (error) =>
    error.isRetryable
      ? Effect.zipRight(restore(pauseAfter(failures)), patiently(self, restore, failures + 1))
      : Effect.fail(error))
