import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberMap from "effect/FiberMap"
import * as Scope from "effect/Scope"

/** Fibers by key, in a scope: the replies and queries of a turn or a tool worker that are under way. */
export interface Background<E, R> {
  /** Runs an effect unless one of that key is running, and hands its failure to `onFailure`. */
  readonly run: (key: string, effect: Effect.Effect<void, E, R>) => Effect.Effect<void>
  /** Interrupts the fiber of a key without waiting for it: a tool that is slow to stop delays nobody. */
  readonly cancel: (key: string) => Effect.Effect<void>
  /** Lets the fiber of a key come to its end when the scope closes: it has had its effect, and only its report is missing. */
  readonly finish: (key: string) => void
  /** Tells whether nothing is running. */
  readonly isIdle: () => boolean
}

/** The time that fibers have to come to their end when the scope closes. One that cannot be interrupted is left alone then. */
const grace = "1 second"

/** Makes a {@link Background}. */
export const make = <E, R>(
  onFailure: (cause: Cause.Cause<E>) => void
): Effect.Effect<Background<E, R>, never, R | Scope.Scope> =>
  Effect.gen(function*() {
    const context = yield* Effect.context<R>()
    const scope = yield* Scope.make()
    const fibers = yield* Scope.extend(FiberMap.make<string>(), scope)
    const running = new Set<string>()
    const finishing = new Set<string>()

    const close = Effect.suspend(() => {
      if (running.size === 0) return Scope.close(scope, Exit.void)
      const all = Array.from(fibers, ([, fiber]) => fiber)
      const others = [...running].filter((key) => !finishing.has(key))
      return Effect.forEach(others, (key) => Effect.forkDaemon(FiberMap.remove(fibers, key)), { discard: true }).pipe(
        Effect.zipRight(
          Effect.forEach(all, Fiber.await, { discard: true }).pipe(Effect.interruptible, Effect.timeoutOption(grace))
        ),
        Effect.zipRight(Effect.forkDaemon(Scope.close(scope, Exit.void)))
      )
    })
    yield* Effect.addFinalizer(() => close)

    return {
      run: (key, effect) =>
        Effect.suspend(() => {
          if (running.has(key)) return Effect.void
          running.add(key)
          return effect.pipe(
            Effect.provide(context),
            Effect.matchCause({ onFailure, onSuccess: () => {} }),
            Effect.ensuring(Effect.sync(() => {
              running.delete(key)
              finishing.delete(key)
            })),
            FiberMap.run(fibers, key),
            Effect.asVoid
          )
        }),
      cancel: (key) => Effect.asVoid(Effect.forkDaemon(FiberMap.remove(fibers, key))),
      finish: (key) => {
        if (running.has(key)) finishing.add(key)
      },
      isIdle: () => running.size === 0
    }
  })
