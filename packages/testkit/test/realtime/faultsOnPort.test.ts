// the other end of a real socket lives in real time
// @effect-diagnostics globalTimers:off globalFetch:off
/**
 * What goes wrong on purpose, as programs in other processes see it.
 */
import * as Api from "@effect-managed-agents/core/Api"
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as Events from "@effect-managed-agents/core/Events"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as RetryPolicy from "@effect-managed-agents/core/RetryPolicy"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Net from "node:net"
import * as Fault from "../../src/Fault.ts"
import * as Fixtures from "../../src/Fixtures.ts"
import * as virtualTime from "../../src/internal/node/virtualTime.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as SimulatorServer from "../../src/SimulatorServer.ts"
import { headers, message } from "../utils/wire.ts"

const events = `/v1/sessions/${Fixtures.sessionId}/events`

/** A simulator on a port, where these faults await who comes. */
const serve = (...faults: Fault.Plan) =>
  Effect.gen(function*() {
    const script = { otherwise: [{ say: "Grüße, 世界" }] }
    const context = yield* Layer.build(Simulator.layer({ fixtures: Fixtures.docs, faults, script }))
    const simulator = Context.get(context, Simulator.Simulator)
    const { port, url } = yield* Effect.provide(SimulatorServer.start(), context)
    const ask = (method: string, path: string, body?: unknown) =>
      Effect.promise(() => fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body) ?? null }))
    const messages = Effect.map(
      simulator.events(Fixtures.sessionId),
      (events) => events.filter((event) => event.type === "user.message").length
    )
    return { ask, messages, port, simulator, url, send: ask("POST", events, { events: [message("Hi")] }) }
  })

/** Waits in real time, as the other end of a socket has no virtual one. */
const eventually = (condition: Effect.Effect<boolean>): Effect.Effect<void> =>
  Effect.flatMap(condition, (holds) =>
    holds ? Effect.void : Effect.zipRight(
      Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 2))),
      eventually(condition)
    ))

/** A request on a socket of its own, and what has come back: one character for each byte. */
const raw = (port: number, method: string, path: string, body = "") =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const socket = Net.connect(port, "127.0.0.1")
      const seen = { text: "", end: undefined as string | undefined }
      socket.setEncoding("latin1")
      socket.on("data", (data) => seen.text += String(data))
      socket.on("error", (error: NodeJS.ErrnoException) => seen.end = error.code)
      socket.on("close", () => seen.end ??= "FIN")
      socket.write([
        `${method} ${path} HTTP/1.1`,
        "host: x",
        ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
        `content-length: ${body.length}`,
        "",
        body
      ].join("\r\n"))
      return { seen, socket }
    }),
    ({ socket }) => Effect.sync(() => socket.destroy())
  ).pipe(Effect.map(({ seen }) => seen))

const isOver = (seen: { readonly end: string | undefined }) => eventually(Effect.sync(() => seen.end !== undefined))

/** The chunks of a body as the server has made them, and whether it has said that they are all. */
const chunksOf = (text: string) => {
  const chunks: Array<string> = []
  let rest = text.slice(text.indexOf("\r\n\r\n") + 4)
  while (rest !== "") {
    const size = parseInt(rest, 16)
    const start = rest.indexOf("\r\n") + 2
    if (size === 0) return { chunks, complete: true }
    chunks.push(rest.slice(start, start + size))
    rest = rest.slice(start + size + 2)
  }
  return { chunks, complete: false }
}

/** One turn of nine events on a stream, until the connection is over, or until so many chunks have come. */
const turn = (fault: Fault.Fault | undefined, until?: number) =>
  Effect.gen(function*() {
    const { port, send, simulator } = yield* serve(...fault === undefined ? [] : [fault])
    const seen = yield* raw(port, "GET", `${events}/stream`)
    yield* eventually(Effect.sync(() => seen.text.includes("\r\n\r\n")))
    assert.match(seen.text, /^HTTP\/1\.1 200 /)
    yield* send
    if (until === undefined) yield* isOver(seen)
    else yield* eventually(Effect.sync(() => chunksOf(seen.text).chunks.length >= until))
    return { ...chunksOf(seen.text), seen, simulator }
  })

describe("on a port", () => {
  it.scopedLive("a status has headers and a body of any kind, and may have landed", () =>
    Effect.gen(function*() {
      const { ask, messages, send } = yield* serve(
        Fault.status(529, { headers: { "Retry-After-Ms": "7" } }),
        Fault.status(502, { body: "<h1>ü</h1>", headers: { "content-type": "text/html" }, landed: true }),
        Fault.status(204)
      )
      const overloaded = yield* send
      assert.strictEqual(overloaded.status, 529)
      assert.strictEqual(overloaded.headers.get("retry-after-ms"), "7")
      const body: any = yield* Effect.promise(() => overloaded.json())
      assert.deepInclude(body.error, { type: "overloaded_error" })
      assert.strictEqual(body.request_id, overloaded.headers.get("request-id"))
      assert.strictEqual(yield* messages, 0)
      const gateway = yield* send
      assert.strictEqual(gateway.status, 502)
      assert.strictEqual(gateway.headers.get("content-type"), "text/html")
      assert.strictEqual(yield* Effect.promise(() => gateway.text()), "<h1>ü</h1>")
      assert.strictEqual(yield* messages, 1)
      const empty = yield* ask("GET", events)
      assert.strictEqual(empty.status, 204)
      assert.strictEqual(yield* Effect.promise(() => empty.text()), "")
      assert.strictEqual((yield* ask("GET", events)).status, 200)
    }))

  it.scopedLive("a drop resets the connection, before or after the effect", () =>
    Effect.gen(function*() {
      const { messages, port } = yield* serve(Fault.drop("before"), Fault.drop("after"))
      const body = JSON.stringify({ events: [message("Hi")] })
      for (const n of [0, 1]) {
        const seen = yield* raw(port, "POST", events, body)
        yield* isOver(seen)
        assert.deepStrictEqual(seen, { text: "", end: "ECONNRESET" })
        assert.strictEqual(yield* messages, n)
      }
    }))

  it.live("a delay passes in the simulator's time", () =>
    Effect.scoped(Effect.gen(function*() {
      const { messages, port, simulator, url } = yield* serve(Fault.delay("1 minute"))
      const seen = yield* raw(port, "POST", events, JSON.stringify({ events: [message("Hi")] }))
      yield* eventually(Effect.map(simulator.ledger, (entries) => entries.length === 1))
      const advance = (millis: number) =>
        Effect.promise(() => fetch(`${url}/_sim/clock/advance`, { method: "POST", body: JSON.stringify({ millis }) }))
      yield* advance(59_999)
      assert.strictEqual(yield* messages, 1)
      assert.strictEqual(seen.text, "")
      yield* advance(1)
      yield* eventually(Effect.sync(() => seen.text !== ""))
      assert.match(seen.text, /^HTTP\/1\.1 200 /)
    })).pipe(virtualTime.provide(Date.UTC(2026, 2, 15, 10))))

  it.scopedLive("a stream is cut after so many events", () =>
    Effect.gen(function*() {
      for (const n of [0, 1, 5]) {
        const { chunks, complete, seen, simulator } = yield* turn(Fault.cutAfterEvents(n))
        assert.strictEqual(chunks.length, n)
        assert.isFalse(complete)
        assert.strictEqual(seen.end, "FIN")
        yield* eventually(Effect.map(simulator.openStreams(), (open) => open === 0))
      }
      const { chunks, complete } = yield* turn(Fault.cutAfterEvents(2, { clean: true }), 2)
      assert.strictEqual(chunks.length, 2)
      assert.isTrue(complete)
    }))

  it.scopedLive("a stream carries exactly the bytes that it should", () =>
    Effect.gen(function*() {
      const { chunks: plain } = yield* turn(undefined, 9)
      // stamps differ
      const shape = (chunks: ReadonlyArray<string>) => chunks.map((chunk) => chunk.replace(/"\d{4}-[^"]*"/g, "\"\""))

      const cut = yield* turn(Fault.cutAfterBytes(400))
      assert.strictEqual(cut.chunks.join("").length, 400)
      assert.isFalse(cut.complete)

      const repeated = yield* turn(Fault.repeatEvent(2), 10)
      assert.deepStrictEqual(shape(repeated.chunks), shape([...plain.slice(0, 2), plain[1]!, ...plain.slice(2)]))

      const frame = ": a comment\r\n\r\n"
      const inserted = yield* turn(Fault.insert({ after_events: 1, frame }), 10)
      assert.deepStrictEqual(shape(inserted.chunks), shape([plain[0]!, frame, ...plain.slice(1)]))

      const split = yield* turn(Fault.stream({ split_bytes: 3, cut_after_events: 9 }))
      assert.deepStrictEqual(shape([split.chunks.join("")]), shape([plain.join("")]))
      for (const chunk of split.chunks) assert.isAtMost(chunk.length, 3)
      assert.isTrue(split.chunks.some((chunk) => /[\x80-\xbf]/.test(chunk[0]!)), "no character is cut through")
    }))

  it.live("a stream that stalls is open and silent, or has heartbeats", () =>
    Effect.scoped(Effect.gen(function*() {
      for (const heartbeats of [false, true]) {
        const { port, send, simulator, url } = yield* serve(Fault.stallAfterEvents(2, { heartbeats }))
        const seen = yield* raw(port, "GET", `${events}/stream`)
        yield* eventually(Effect.map(simulator.openStreams(), (open) => open === 1))
        yield* send
        yield* Effect.promise(() => fetch(`${url}/_sim/clock/advance`, { method: "POST", body: "{\"millis\":60000}" }))
        yield* eventually(Effect.sync(() => chunksOf(seen.text).chunks.length >= (heartbeats ? 6 : 2)))
        const { chunks } = chunksOf(seen.text)
        assert.strictEqual(chunks.filter((chunk) => chunk.startsWith("event: ping")).length, heartbeats ? 4 : 0)
        assert.strictEqual(chunks.length, heartbeats ? 6 : 2)
        assert.isUndefined(seen.end)
        yield* Effect.promise(() => fetch(`${url}/_sim/reset`, { method: "POST" }))
        yield* eventually(Effect.sync(() => chunksOf(seen.text).complete))
      }
    })).pipe(virtualTime.provide(Date.UTC(2026, 2, 15, 10))))

  for (
    const [name, transport] of Object.entries({
      fetch: FetchHttpClient.layer,
      undici: NodeHttpClient.layerUndici,
      "node:http": NodeHttpClient.layer
    })
  ) {
    it.scopedLive(`the client tells what has happened, over ${name}`, () =>
      Effect.gen(function*() {
        const { messages, url } = yield* serve(
          Fault.drop("before", { match: Fault.on(Api.events.send) }),
          Fault.drop("after", { match: Fault.on(Api.events.send, { skip: 1 }) }),
          Fault.cutAfterEvents(4),
          Fault.cutAfterEvents(2, { clean: true }),
          Fault.splitBytes(1)
        )
        const client = ManagedAgents.layer.pipe(
          Layer.provide(transport),
          Layer.provide(ClientConfig.layer({ baseUrl: url, apiKey: Redacted.make("any") })),
          Layer.provide(RetryPolicy.layer(RetryPolicy.none)),
          Layer.build
        )
        const service = Context.get(yield* client, Events.Events)
        const send = service.send(Fixtures.sessionId, UserEvent.message("Hi"))
        for (const n of [0, 1]) {
          const error = yield* Effect.flip(send)
          assert.deepInclude(error, { _tag: "TransportError", reason: "Connection" }, error.message)
          assert.strictEqual(yield* messages, n)
        }
        const read = (events: number) =>
          Effect.gen(function*() {
            let seen = 0
            const live = yield* service.open(Fixtures.sessionId)
            yield* send
            const exit = yield* live.pipe(
              Stream.tap(() => Effect.sync(() => seen++)),
              Stream.take(events),
              Stream.runDrain,
              Effect.either
            )
            return [seen, exit._tag === "Left" ? exit.left._tag : "end"]
          })
        assert.deepStrictEqual(yield* read(9), [4, "StreamInterrupted"])
        assert.deepStrictEqual(yield* read(9), [2, "end"])
        assert.deepStrictEqual(yield* read(9), [9, "end"])
      }))
  }
})
