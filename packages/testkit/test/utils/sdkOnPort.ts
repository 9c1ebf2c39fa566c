/** The vendor's SDK on a port of the simulator. */
import Anthropic from "@anthropic-ai/sdk"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Fixtures from "../../src/Fixtures.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as SimulatorServer from "../../src/SimulatorServer.ts"

/** A client of a simulator that listens until the scope closes. */
export const port = (options: Simulator.Options = {}): Effect.Effect<Anthropic, never, Scope.Scope> =>
  Effect.gen(function*() {
    const context = yield* Layer.build(Simulator.layer({ fixtures: Fixtures.docs, ...options }))
    const { url } = yield* Effect.provide(SimulatorServer.start(), context)
    return new Anthropic({ apiKey: "sk-test", maxRetries: 0, baseURL: url })
  }).pipe(Effect.orDie)

export const collect = async <A>(list: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const all: Array<A> = []
  for await (const item of list) all.push(item)
  return all
}

/** The error of a call that is refused. */
export const refused = (call: Promise<unknown>): Promise<unknown> =>
  call.then(() => assert.fail("the call was not refused"), (error: unknown) => error)
