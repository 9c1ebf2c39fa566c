// A whole application on the simulator: agent, environment, file, tool, webhook and result, in memory and in virtual time.
import * as CursorStore from "@effect-managed-agents/core/CursorStore"
import * as Webhooks from "@effect-managed-agents/core/Webhooks"
import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as Testkit from "@effect-managed-agents/testkit/Testkit"
import * as WebhookEndpoint from "@effect-managed-agents/testkit/WebhookEndpoint"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import * as Application from "./application.ts"
import { inTime } from "./support.ts"

const secret = Redacted.make("whsec_b25seSBvbiB0aGUgc2ltdWxhdG9y")

const Stores = Layer.provideMerge(CursorStore.layer(), KeyValueStore.layerMemory)
const Verifier = Layer.orDie(Webhooks.layer({ secrets: [secret] }))

it.effect("a whole application, from nothing to a result", () =>
  Effect.gen(function*() {
    const deliveries = yield* Queue.unbounded<WebhookEndpoint.Delivery>()
    const endpoint = WebhookEndpoint.make((delivery) => Queue.offer(deliveries, delivery), { secret })
    yield* Effect.gen(function*() {
      const { app, sumOf } = yield* Application.make
      const serve = Effect.flatMap(Queue.take(deliveries), ({ body, headers }) =>
        Effect.provideService(
          app,
          HttpServerRequest.HttpServerRequest,
          HttpServerRequest.fromWeb(new Request("https://example.com", { method: "POST", headers, body }))
        ))
      const sum = yield* inTime(Effect.raceFirst(sumOf("USD,42\n"), Effect.forever(serve)))
      assert.strictEqual(sum, "21 euros")
      const { ledger, sessions } = yield* Simulator.Simulator
      assert.deepStrictEqual((yield* sessions).map(({ agent, status }) => [agent.name, status]), [
        ["Accountant", "terminated"]
      ])
      assert.isTrue((yield* ledger).every(({ status }) => status === 200))
    }).pipe(Effect.provide(
      Testkit.layer({ script: Application.script("1 minute"), fixtures: {}, webhooks: [endpoint] })
    ))
  }).pipe(Effect.provide([Stores, Verifier])))
