import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import type * as Scope from "effect/Scope"

/** Fibers by key, in a scope: the replies and queries of a turn or a tool worker that are under way. */
export interface Background<E, R> {
  /** Runs an effect unless one of that key is running, and hands its failure to `onFailure`. */
  readonly run: (key: string, effect: Effect.Effect<void, E, R>) => Effect.Effect<void>
  /** Interrupts the fiber of a key without waiting for it: a tool that is slow to stop delays nobody. */
  readonly cancel: (key: string) => Effect.Effect<void>
  /** Tells whether nothing is running. */
  readonly isIdle: () => boolean
}

/** Makes a {@link Background}. */
export const make = <E, R>(
  onFailure: (cause: Cause.Cause<E>) => void
): Effect.Effect<Background<E, R>, never, R | Scope.Scope> =>
  Effect.gen(function*() {
    const context = yield* Effect.context<R>()
    const fibers = yield* FiberMap.make<string>()
    const running = new Set<string>()
    return {
      run: (key, effect) =>
        Effect.suspend(() => {
          if (running.has(key)) return Effect.void
          running.add(key)
          return effect.pipe(
            Effect.provide(context),
            Effect.matchCause({ onFailure, onSuccess: () => {} }),
            Effect.ensuring(Effect.sync(() => running.delete(key))),
            FiberMap.run(fibers, key),
            Effect.asVoid
          )
        }),
      cancel: (key) => Effect.asVoid(Effect.forkDaemon(FiberMap.remove(fibers, key))),
      isIdle: () => running.size === 0
    }
  })
