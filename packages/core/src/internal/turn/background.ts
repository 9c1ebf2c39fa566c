import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberMap from "effect/FiberMap"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"

/** Fibers by key, in a scope: the replies and queries of a turn or a tool worker that are under way. */
export interface Background<E, R> {
  /** Runs an effect unless one of that key is running, and hands its failure to `onFailure`. */
  readonly run: (key: string, effect: Effect.Effect<void, E, R>) => Effect.Effect<void>
  /** Interrupts the fiber of a key without waiting for it: a tool that is slow to stop delays nobody. */
  readonly cancel: (key: string) => Effect.Effect<void>
  /** Lets the fiber of a key come to its end when the scope closes: it has had its effect, and only its report is missing. */
  readonly finish: (key: string) => void
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
    /** The effects that are running, by key. One that was cancelled is not, while it stops. */
    const running = new Map<string, Effect.Effect<void, E, R>>()
    const finishing = new Set<string>()

    const close = Effect.suspend(() => {
      const all = Array.from(fibers)
      if (all.length === 0) return Scope.close(scope, Exit.void)
      const others = all.filter(([key]) => !finishing.has(key))
      return Effect.forEach(others, ([, fiber]) => Fiber.interruptFork(fiber), { discard: true }).pipe(
        Effect.zipRight(
          Effect.forEach(all, ([, fiber]) => Fiber.await(fiber), { discard: true }).pipe(
            Effect.interruptible,
            Effect.timeoutOption(grace)
          )
        ),
        Effect.zipRight(Effect.forkDaemon(Scope.close(scope, Exit.void)))
      )
    })
    yield* Scope.addFinalizer(yield* Effect.scope, close)

    return {
      run: (key, effect) =>
        Effect.suspend(() => {
          if (running.has(key)) return Effect.void
          running.set(key, effect)
          // `Effect.provide` would copy it, merged with the context of whoever runs this
          return Effect.mapInputContext<void, E, R, never>(effect, () => context).pipe(
            Effect.matchCause({ onFailure, onSuccess: () => {} }),
            Effect.ensuring(Effect.sync(() => {
              if (running.get(key) !== effect) return
              running.delete(key)
              finishing.delete(key)
            })),
            // also if whoever runs the turn cannot be interrupted
            Effect.interruptible,
            FiberMap.run(fibers, key),
            Effect.asVoid
          )
        }),
      cancel: (key) =>
        Effect.suspend(() => {
          running.delete(key)
          finishing.delete(key)
          return Option.match(FiberMap.unsafeGet(fibers, key), {
            onNone: () => Effect.void,
            onSome: Fiber.interruptFork
          })
        }),
      finish: (key) => {
        if (running.has(key)) finishing.add(key)
      }
    }
  })
