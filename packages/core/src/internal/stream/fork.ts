import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"

/**
 * Forks what the scope ends. A fiber takes from its parent whether it can be interrupted, and a parent that cannot be, such as
 * the handler of an `HttpApp` on a server, would wait for ever when it closes the scope.
 */
export const inScope = <A, E, R>(
  self: Effect.Effect<A, E, R>
): Effect.Effect<Fiber.RuntimeFiber<A, E>, never, R | Scope.Scope> => Effect.forkScoped(Effect.interruptible(self))

/** The same for a scope that is at hand. */
export const into =
  (scope: Scope.Scope) => <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<Fiber.RuntimeFiber<A, E>, never, R> =>
    Effect.forkIn(Effect.interruptible(self), scope)

/** Lets an effect give way to an interrupt at once, and end by itself in the background. */
export const disconnect: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> = Effect.disconnect
