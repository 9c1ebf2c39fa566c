/** The client over `fetch` and a real socket: what no stub can vouch for. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Http from "node:http"
import * as ClientConfig from "../../src/ClientConfig.ts"
import * as Events from "../../src/Events.ts"
import * as ManagedAgents from "../../src/ManagedAgents.ts"
import * as RetryPolicy from "../../src/RetryPolicy.ts"
import * as Sessions from "../../src/Sessions.ts"
import * as UserEvent from "../../src/UserEvent.ts"
import { sessionId } from "../utils/calls.ts"
import { listen } from "../utils/listen.ts"
import * as Stub from "../utils/StubHttpClient.ts"

const session = JSON.stringify(Stub.documented("Sessions.retrieve"))
const retrieve = Effect.flatMap(Sessions.Sessions, (sessions) => sessions.retrieve(sessionId))
const send = Effect.flatMap(Events.Events, (events) => events.send(sessionId, UserEvent.message("Hello")))

type Handler = (request: Http.IncomingMessage, response: Http.ServerResponse) => void

const respond = (response: Http.ServerResponse, status: number, headers: Record<string, string>, body: string) => {
  response.writeHead(status, headers)
  response.end(body)
}

/** A server with a handler for each request, and a client of it. */
const server = (handlers: ReadonlyArray<Handler>) =>
  Effect.gen(function*() {
    const gone = yield* Deferred.make<void>()
    let requests = 0
    let connections = 0
    const http = Http.createServer((request, response) => {
      // a response that is closed before it ended has lost its client
      response.once("close", () => {
        if (!response.writableEnded) Deferred.unsafeDone(gone, Exit.void)
      })
      handlers[requests++]?.(request, response)
    })
    http.on("connection", () => connections += 1)
    const port = yield* listen(http)
    return {
      client: client(port),
      gone: Deferred.await(gone),
      requests: () => requests,
      connections: () => connections
    }
  })

const client = (port: number) =>
  ManagedAgents.layer.pipe(
    Layer.provide(
      ClientConfig.layer({ baseUrl: `http://127.0.0.1:${port}/prefix`, apiKey: Redacted.make("sk-1") })
    ),
    Layer.provide(RetryPolicy.layer({ baseDelay: 0 })),
    Layer.provide(FetchHttpClient.layer)
  )

const json = { "content-type": "application/json" }

/** The answer to events that were sent. */
const stored = (body: string): string => {
  const { events } = JSON.parse(body) as { readonly events: ReadonlyArray<object> }
  return JSON.stringify({ data: events.map((event, n) => ({ id: `sevt_${n}`, ...event })) })
}

describe("over a socket", () => {
  it.scopedLive("a call arrives as it should, and its connection is used again", () =>
    Effect.gen(function*() {
      const seen: Array<unknown> = []
      const handler: Handler = (request, response) => {
        let body = ""
        request.on("data", (chunk) => body += chunk)
        request.on("end", () => {
          const { "content-length": length, "content-type": type, "x-api-key": key } = request.headers
          seen.push([request.method, request.url, key, type, length, body])
          respond(response, 200, json, request.url?.endsWith("/events") ? stored(body) : session)
        })
      }
      const { client, connections } = yield* server([handler, handler, handler])
      yield* Effect.gen(function*() {
        assert.deepStrictEqual(yield* retrieve, JSON.parse(session))
        yield* send
        yield* Effect.flatMap(Sessions.Sessions, (sessions) => sessions.archive(sessionId))
      }).pipe(Effect.provide(client))
      const body = JSON.stringify({ events: [UserEvent.message("Hello")] })
      assert.deepStrictEqual(seen, [
        ["GET", "/prefix/v1/sessions/sesn_1", "sk-1", undefined, undefined, ""],
        ["POST", "/prefix/v1/sessions/sesn_1/events", "sk-1", "application/json", String(body.length), body],
        ["POST", "/prefix/v1/sessions/sesn_1/archive", "sk-1", undefined, "0", ""]
      ])
      // `fetch` by itself may open a second one
      assert.isAtMost(connections(), 2)
    }))

  it.scopedLive("a refused connection is known as such", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { client } = yield* Scope.extend(server([]), scope)
      yield* Scope.close(scope, Exit.void)
      const error = yield* Effect.flip(send).pipe(Effect.provide(client))
      assert.strictEqual(error._tag === "TransportError" ? error.reason : error._tag, "Refused")
      assert.include(error.message, "ECONNREFUSED")
    }))

  it.scopedLive("a request that was cut off is repeated if it is a read, and only then", () =>
    Effect.gen(function*() {
      const cut: Handler = (request) => request.socket.destroy()
      const answer: Handler = (_, response) => respond(response, 200, json, session)
      const reading = yield* server([cut, answer])
      assert.strictEqual((yield* Effect.provide(retrieve, reading.client)).type, "session")
      const sending = yield* server([cut, answer])
      const error = yield* Effect.flip(send).pipe(Effect.provide(sending.client))
      assert.strictEqual(error._tag === "TransportError" ? error.reason : error._tag, "Connection")
      assert.strictEqual(sending.requests(), 1)
    }))

  it.scopedLive("a body that is shorter than announced is not taken for a whole one", () =>
    Effect.gen(function*() {
      const short: Handler = (_, response) => {
        response.writeHead(200, { ...json, "content-length": String(session.length), "request-id": "req_1" })
        response.write(session.slice(0, 100), () => response.destroy())
      }
      const { client } = yield* server([short, short, short])
      const error = yield* Effect.flip(retrieve).pipe(Effect.provide(client))
      if (error._tag !== "TransportError") return assert.fail(String(error))
      assert.strictEqual(error.reason, "Body")
      assert.strictEqual(error.requestId, "req_1")
      return
    }))

  // the socket is real, the time is not
  it.scoped("a connection is closed when there is no response in time", () =>
    Effect.gen(function*() {
      const arrived = yield* Deferred.make<void>()
      const { client, gone } = yield* server([() => Deferred.unsafeDone(arrived, Exit.void)])
      const fiber = yield* Effect.fork(Effect.flip(send).pipe(Effect.provide(client)))
      yield* Deferred.await(arrived)
      yield* TestClock.adjust("10 minutes")
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error._tag === "TransportError" ? error.reason : error._tag, "Timeout")
      yield* gone
    }))

  it.scopedLive("an endless error page is let go", () =>
    Effect.gen(function*() {
      const endless: Handler = (_, response) => {
        response.writeHead(400, { "content-type": "text/html" })
        const more = () => {
          while (!response.destroyed && response.write("x".repeat(16_384)));
          if (!response.destroyed) response.once("drain", more)
        }
        more()
      }
      const { client, gone } = yield* server([endless])
      const error = yield* Effect.flip(send).pipe(Effect.provide(client))
      assert.strictEqual(error._tag, "InvalidRequest")
      yield* gone
    }))
})

describe("an event stream over a socket", () => {
  const event = { type: "span.model_request_start", id: "sevt_1", processed_at: "2026-03-15T10:00:00Z" }

  /** Sends the head, an event, and then nothing. */
  const quiet: Handler = (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" })
    response.write(Stub.frame(event))
  }
  const open = Effect.flatMap(Events.Events, (events) => events.open(sessionId))

  it.scopedLive("is open before its first event, and closed when its reader has enough", () =>
    Effect.gen(function*() {
      let start = () => {}
      const { client, gone } = yield* server([(_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        response.flushHeaders()
        start = () => response.write(Stub.frame(event))
      }])
      const events = yield* Effect.provide(open, client)
      start()
      assert.deepStrictEqual<unknown>(yield* Effect.flatten(Stream.runHead(events)), event)
      yield* gone
    }))

  it.scopedLive("is closed when its reader is interrupted", () =>
    Effect.gen(function*() {
      const { client, gone } = yield* server([quiet])
      const seen = yield* Deferred.make<void>()
      const events = yield* Effect.provide(open, client)
      const fiber = yield* Effect.fork(Stream.runForEach(events, () => Deferred.succeed(seen, undefined)))
      yield* Deferred.await(seen)
      yield* Fiber.interrupt(fiber)
      yield* gone
    }))

  it.scopedLive("is closed with its scope when it is never read", () =>
    Effect.gen(function*() {
      const { client, gone } = yield* server([quiet])
      yield* Effect.scoped(Effect.asVoid(open)).pipe(Effect.provide(client))
      yield* gone
    }))

  it.scopedLive("says that it broke when it did", () =>
    Effect.gen(function*() {
      const { client } = yield* server([(_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream", "request-id": "req_1" })
        response.write(Stub.frame(event), () => response.destroy())
      }])
      const seen: Array<unknown> = []
      const events = yield* Effect.provide(open, client)
      const error = yield* Effect.flip(Stream.runForEach(events, (event) => Effect.sync(() => seen.push(event))))
      if (error._tag !== "StreamInterrupted") return assert.fail(String(error))
      assert.deepStrictEqual(seen, [event])
      assert.strictEqual(error.requestId, "req_1")
      assert.notInclude(error.message, "Decode error")
      return
    }))
})
