/**
 * The simulator as a `fetch`, for code that is not written with Effect, such as another SDK.
 *
 * It keeps the promises of a real one that stand-ins often break: a quiet event stream resolves at its head, events are
 * read on demand, and an abort is obeyed at any time, also while the next event is awaited.
 *
 * Every request goes to the simulator, whatever its host, so nothing reaches a network.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as fetch from "./internal/http/fetch.ts"
import * as handler from "./internal/http/handler.ts"
import type { Simulator } from "./Simulator.ts"

/**
 * Makes a `fetch` that works until the scope closes.
 *
 * @example
 * ```ts
 * import * as Fixtures from "@effect-managed-agents/testkit/Fixtures"
 * import * as Simulator from "@effect-managed-agents/testkit/Simulator"
 * import * as SimulatorFetch from "@effect-managed-agents/testkit/SimulatorFetch"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function*() {
 *   const fetch = yield* SimulatorFetch.make
 *   const response = yield* Effect.promise(() =>
 *     fetch(`http://simulator/v1/sessions/${Fixtures.sessionId}`, {
 *       headers: { "x-api-key": "any", "anthropic-beta": "managed-agents-2026-04-01" }
 *     })
 *   )
 *   return response.status
 * }).pipe(Effect.scoped, Effect.provide(Simulator.layer({ fixtures: Fixtures.docs })))
 *
 * Effect.runPromise(program).then((status) => {
 *   assert.strictEqual(status, 200)
 * })
 * ```
 *
 * @category constructors
 */
export const make: Effect.Effect<typeof globalThis.fetch, never, Simulator | Scope.Scope> = Effect.flatMap(
  handler.make,
  fetch.make
)
