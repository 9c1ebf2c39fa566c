/**
 * The suite that users run, on every door of the simulator and through another client; and that it finds what is broken.
 */
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Conformance from "../src/Conformance.ts"
import * as Simulator from "../src/Simulator.ts"
import * as SimulatorHttpClient from "../src/SimulatorHttpClient.ts"
import * as SimulatorServer from "../src/SimulatorServer.ts"
import * as sdkClient from "./utils/sdkClient.ts"

/** Runs all of it. Everything must conform, as nothing keeps any of it from running on a simulator. */
const all = Effect.gen(function*() {
  const report = yield* Conformance.run()
  const conforming = report.results.filter(({ outcome }) => outcome._tag === "Conforms")
  assert.strictEqual(conforming.length, Conformance.scenarios.length, Conformance.format(report))
  assert.deepStrictEqual(report.leftBehind, [])
  return report
})

describe("the simulator conforms", () => {
  it.live("in memory", () => Effect.provide(all, Conformance.layerSimulator()), 30_000)

  it.scopedLive("on a port", () =>
    Effect.gen(function*() {
      const simulator = yield* Layer.build(Simulator.layer())
      const { url } = yield* Effect.provide(SimulatorServer.start(), simulator)
      yield* all.pipe(Effect.provide(Layer.merge(
        Layer.provide(Conformance.layerTargetSimulator(), Layer.succeedContext(simulator)),
        Layer.provide(
          Conformance.layerClient,
          Layer.merge(FetchHttpClient.layer, ClientConfig.layer({ baseUrl: url, apiKey: Redacted.make("any") }))
        )
      )))
      // nothing is left of it
      const { sessions } = Layer.succeedContext(simulator) && (yield* Effect.provide(Simulator.Simulator, simulator))
      assert.deepStrictEqual(yield* sessions, [])
    }), 30_000)

  it.live("through the vendor's SDK", () =>
    Effect.provide(
      all,
      Layer.merge(
        Conformance.layerTargetSimulator(),
        sdkClient.layer.pipe(Layer.provideMerge(Conformance.layerWire), Layer.provide(SimulatorHttpClient.layer))
      ).pipe(Layer.provide(Simulator.layer()))
    ), 30_000)
})
