/** Answers of gateways over real sockets, on each transport: none is followed elsewhere or taken for the service's. */
import type { ApiError } from "@effect-managed-agents/core/ApiError"
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as Events from "@effect-managed-agents/core/Events"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Http from "node:http"
import { gzipSync } from "node:zlib"
import { listen } from "../../../core/test/utils/listen.ts"
import * as Fixtures from "../../src/Fixtures.ts"

const transports = {
  fetch: FetchHttpClient.layer,
  undici: NodeHttpClient.layerUndici,
  "node:http": NodeHttpClient.layer
}

const id = Fixtures.sessionId

type Call = Effect.Effect<unknown, ApiError, ManagedAgents.Services>

/** A call of each method and kind. */
const calls: Record<string, Call> = {
  GET: Effect.flatMap(Sessions.Sessions, (_) => _.retrieve(id)),
  "GET of a list": Effect.flatMap(Sessions.Sessions, (_) => _.listPage()),
  POST: Effect.flatMap(Events.Events, (_) => _.send(id, UserEvent.message("Pay"))),
  "POST without a body": Effect.flatMap(Sessions.Sessions, (_) => _.archive(id)),
  DELETE: Effect.flatMap(Sessions.Sessions, (_) => _.delete(id)),
  "GET of a stream": Effect.flatMap(Events.Events, (_) => Stream.runDrain(_.stream(id)))
}

/** Runs a call against a server that answers everything in one way; gives its end and the requests. */
const run = (
  http: (typeof transports)[keyof typeof transports],
  call: Call,
  answer: (response: Http.ServerResponse) => void
) =>
  Effect.scoped(Effect.gen(function*() {
    const seen: Array<string> = []
    const server = Http.createServer((request, response) => {
      seen.push(`${request.method} ${request.url}`)
      answer(response)
    })
    const port = yield* listen(server)
    const client = ManagedAgents.layer.pipe(
      Layer.provide(http),
      Layer.provide(ClientConfig.layer({ baseUrl: `http://127.0.0.1:${port}`, apiKey: Redacted.make("sk-1") }))
    )
    const result = yield* Effect.either(Effect.provide(call, client))
    return { seen, error: result._tag === "Left" ? result.left : undefined }
  }))

describe.each(Object.entries(transports))("on %s", (_, http) => {
  for (const [name, call] of Object.entries(calls)) {
    it.live(`no redirect of a ${name} is followed`, () =>
      Effect.gen(function*() {
        for (const status of [301, 302, 303, 307, 308]) {
          for (const headers of [{ location: "/elsewhere" }, {}]) {
            const { error, seen } = yield* run(http, call, (response) => response.writeHead(status, headers).end())
            assert.strictEqual(error?._tag, "UnexpectedStatus")
            assert.include(error?.message, String(status))
            assert.strictEqual(error?.message.includes("/elsewhere"), "location" in headers)
            assert.lengthOf(seen, 1)
          }
        }
      }))

    it.live(`nothing that a gateway answers to a ${name} is a success`, () =>
      Effect.gen(function*() {
        const json = { "content-type": "application/json" }
        const answers: ReadonlyArray<(response: Http.ServerResponse) => void> = [
          (response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>Sign in</html>"),
          (response) => response.writeHead(200, json).end("{\"type\":\"error\",\"error\":{\"type\":\"api_error\"}}"),
          (response) => response.writeHead(200, json).end("{\"type\":\"ses"),
          (response) => response.writeHead(200, json).end(),
          (response) => response.writeHead(204).end(),
          (response) => response.writeHead(200, { ...json, "content-encoding": "gzip" }).end(gzipSync("{}"))
        ]
        for (const answer of answers) {
          const { error, seen } = yield* run(http, call, answer)
          assert.strictEqual(error?._tag, "MalformedResponse")
          assert.lengthOf(seen, 1)
        }
      }))
  }

  it.live("a compressed event stream is read or refused, never silent", () =>
    Effect.gen(function*() {
      const event = { id: "sevt_1", type: "agent.thinking", processed_at: "2026-03-15T10:00:00Z" }
      const events = gzipSync(`data: ${JSON.stringify(event)}\n\n`)
      const read = Effect.flatMap(Events.Events, (_) => Stream.runCount(_.stream(id)))
      let count = 0
      const { error } = yield* run(
        http,
        Effect.tap(read, (n) => Effect.sync(() => count = n)),
        (response) =>
          response.writeHead(200, { "content-type": "text/event-stream", "content-encoding": "gzip" }).end(events)
      )
      if (error === undefined) assert.strictEqual(count, 1)
      else assert.include(error.message, "compressed bytes")
    }))
})
