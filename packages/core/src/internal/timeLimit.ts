import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"

/**
 * `Effect.timeoutFail` for something that cannot fail and is often done at once, such as a request to a service in the
 * same process: then it costs neither a race nor a timer.
 */
export const timeLimit =
  <E>(options: { readonly duration: Duration.Duration; readonly onTimeout: () => E }) =>
  <A, R>(self: Effect.Effect<A, never, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(Effect.runtime<R>(), (runtime) =>
      Effect.uninterruptibleMask((restore) => {
        const fiber = Runtime.runFork(runtime)(self)
        const exit = fiber.unsafePoll()
        if (exit !== null) return exit
        return restore(Effect.timeoutFail(Fiber.join(fiber), options)).pipe(
          Effect.onExit((exit) => Exit.isSuccess(exit) ? Effect.void : Fiber.interrupt(fiber))
        )
      }))
