import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"

/**
 * `Effect.timeoutFail` for something that is often done at once, such as a request to a service in the same process: then
 * it costs neither a race nor a timer.
 */
export const timeLimit = <A, E, R, E2>(
  self: Effect.Effect<A, E, R>,
  options: { readonly duration: Duration.Duration; readonly onTimeout: () => E2 }
): Effect.Effect<A, E | E2, R> =>
  Effect.flatMap(Effect.runtime<R>(), (runtime) =>
    Effect.uninterruptibleMask((restore) => {
      // The runtime would log the failure of a fiber of its own, request and all.
      const fiber = Runtime.runFork(runtime)(Effect.either(self))
      const exit = fiber.unsafePoll()
      return Effect.flatMap(
        exit ?? restore(Effect.timeoutFail(Fiber.join(fiber), options)).pipe(
          Effect.onExit((exit) => Exit.isSuccess(exit) ? Effect.void : Fiber.interrupt(fiber))
        ),
        Either.match({ onLeft: (error) => Effect.fail(error), onRight: (value) => Effect.succeed(value) })
      )
    }))
