import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Runtime from "effect/Runtime"

/** Options of {@link timeLimit}. */
export interface Options<E> {
  readonly duration: Duration.Duration
  readonly onTimeout: () => E
}

/**
 * `Effect.timeoutFail` for something that is often done at once, such as a request to a service in the same process: then
 * it costs neither a race nor a timer.
 */
export const timeLimit = <A, E, R, E2>(
  self: Effect.Effect<A, E, R>,
  options: Options<E2>
): Effect.Effect<A, E | E2, R> =>
  Effect.flatMap(Effect.runtime<R>(), (runtime) => timeLimitWithin(runtime, self, options))

/** The same in a runtime that is at hand. To provide something there costs less than to provide it to an effect. */
export const timeLimitWithin = <A, E, R, E2>(
  runtime: Runtime.Runtime<R>,
  self: Effect.Effect<A, E, R>,
  options: Options<E2>
): Effect.Effect<A, E | E2> =>
  Effect.uninterruptibleMask((restore) => {
    // The runtime would log the failure of a fiber of its own, request and all.
    const fiber = Runtime.runFork(runtime)(Effect.either(self))
    const exit = fiber.unsafePoll()
    return Effect.flatMap(
      exit ?? restore(awaitWithin(runtime, fiber, options)).pipe(
        Effect.onExit((exit) => Exit.isSuccess(exit) ? Effect.void : Fiber.interrupt(fiber))
      ),
      Either.match({ onLeft: (error) => Effect.fail(error), onRight: (value) => Effect.succeed(value) })
    )
  })

/** Waits for a fiber, unless the time is over before. A race would take two more fibers. */
const awaitWithin = <A, R, E>(
  runtime: Runtime.Runtime<R>,
  fiber: Fiber.RuntimeFiber<A>,
  { duration, onTimeout }: Options<E>
): Effect.Effect<A, E> =>
  Effect.async((resume) => {
    const timer = Runtime.runFork(runtime)(Effect.sleep(duration))
    timer.addObserver((exit) => {
      if (Exit.isSuccess(exit)) resume(Effect.failSync(onTimeout))
    })
    fiber.addObserver((exit) => {
      timer.unsafeInterruptAsFork(FiberId.none)
      resume(exit)
    })
    return Fiber.interrupt(timer)
  })
