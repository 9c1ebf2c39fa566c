/**
 * The vendor's own SDK, and core, accept deliveries that the simulator signed and posted to a port.
 */
import Anthropic from "@anthropic-ai/sdk"
import * as Webhooks from "@effect-managed-agents/core/Webhooks"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import * as Fixtures from "../../src/Fixtures.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as SimulatorServer from "../../src/SimulatorServer.ts"
import * as WebhookEndpoint from "../../src/WebhookEndpoint.ts"

const key = "whsec_c2VjcmV0IG9mIHRoZSBlbmRwb2ludA=="

interface Arrived {
  readonly body: string
  readonly headers: Record<string, string>
}

/** An app that takes webhooks: its URL, and the first that arrives. */
const app = Effect.gen(function*() {
  const arrived = yield* Deferred.make<Arrived>()
  const server = yield* Effect.acquireRelease(
    Effect.async<ReturnType<typeof createServer>>((resume) => {
      const server = createServer((request, response) => {
        let body = ""
        request.setEncoding("utf8").on("data", (text) => {
          body += text
        }).on("end", () => {
          Deferred.unsafeDone(arrived, Effect.succeed({ body, headers: request.headers as Record<string, string> }))
          response.writeHead(204).end()
        })
      })
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close())
  )
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, arrived }
})

it.scopedLive("SDK 1.14.0 and core unwrap what the simulator delivers", () =>
  Effect.gen(function*() {
    const { arrived, url } = yield* app
    const endpoint = WebhookEndpoint.toUrl(url, { secret: Redacted.make(key), types: ["session.created"] })
    const context = yield* Layer.build(Simulator.layer({ fixtures: Fixtures.docs, webhooks: [endpoint] }))
    const server = yield* Effect.provide(SimulatorServer.start(), context)
    const client = new Anthropic({ apiKey: "sk-test", maxRetries: 0, baseURL: server.url, webhookKey: key })
    const session = yield* Effect.promise(() =>
      client.beta.sessions.create({ agent: Fixtures.agentId, environment_id: Fixtures.environmentId })
    )
    const { body, headers } = yield* Deferred.await(arrived)
    const event = client.beta.webhooks.unwrap(body, { headers })
    assert.deepStrictEqual([event.data.type, event.data.id], ["session.created", session.id])
    assert.throws(() => client.beta.webhooks.unwrap(body.replace("created", "deleted"), { headers }))
    const webhooks = yield* Webhooks.make({ secrets: [Redacted.make(key)] })
    assert.deepStrictEqual(yield* webhooks.verify({ headers, body }), event as never)
  }).pipe(Effect.provide(FetchHttpClient.layer), Effect.orDie))
