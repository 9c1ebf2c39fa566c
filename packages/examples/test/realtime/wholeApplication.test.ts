// The same application against the port of a simulator, which posts its webhooks to the port of the application.
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as CursorStore from "@effect-managed-agents/core/CursorStore"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as Webhooks from "@effect-managed-agents/core/Webhooks"
import * as Workspace from "@effect-managed-agents/core/Workspace"
import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as SimulatorServer from "@effect-managed-agents/testkit/SimulatorServer"
import * as WebhookEndpoint from "@effect-managed-agents/testkit/WebhookEndpoint"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpServer from "@effect/platform/HttpServer"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { createServer } from "node:http"
import * as Application from "../application.ts"

const secret = Redacted.make("whsec_b25seSBvbiB0aGUgc2ltdWxhdG9y")

const Stores = Layer.provideMerge(CursorStore.layer(), KeyValueStore.layerMemory)
const Verifier = Webhooks.layer({ secrets: [secret] })

/** The client of a simulator on a port of its own. */
const Client = Layer.unwrapEffect(
  Effect.map(SimulatorServer.SimulatorServer, ({ url }) =>
    Workspace.layer.pipe(
      Layer.provideMerge(ManagedAgents.layer),
      Layer.provide(ClientConfig.layer({ apiKey: Redacted.make("any"), baseUrl: url }))
    ))
)

it.scopedLive("a whole application, over two ports", () =>
  Effect.gen(function*() {
    const address = yield* HttpServer.addressWith(Effect.succeed)
    if (address._tag !== "TcpAddress") return assert.fail("no port")
    const endpoint = WebhookEndpoint.toUrl(`http://127.0.0.1:${address.port}`, { secret })
    const script = Application.script("100 millis")
    yield* Effect.gen(function*() {
      const { app, sumOf } = yield* Application.make
      yield* HttpServer.serveEffect(app)
      assert.strictEqual(yield* sumOf("USD,42\n"), "21 euros")
    }).pipe(Effect.provide(
      Client.pipe(
        Layer.provideMerge(SimulatorServer.layer()),
        Layer.provideMerge(Simulator.layer({ script, webhooks: [endpoint] }))
      )
    ))
  }).pipe(Effect.provide([
    NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }),
    FetchHttpClient.layer,
    Stores,
    Verifier
  ])))
