/** A follower as server-sent events, in virtual time: what a browser is sent, and a client that reads it. */
import * as Cursor from "@effect-managed-agents/core/Cursor"
import * as Events from "@effect-managed-agents/core/Events"
import type * as Follow from "@effect-managed-agents/core/Follow"
import * as SessionEvents from "@effect-managed-agents/core/SessionEvents"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Fixtures from "../src/Fixtures.ts"
import * as Testkit from "../src/Testkit.ts"
import * as appClient from "./utils/appClient.ts"

const url = "http://app/events"
const decoder = new TextDecoder()

const create = Effect.flatMap(Sessions.Sessions, (sessions) =>
  Effect.map(
    sessions.create({ agent: Fixtures.agentId, environment_id: Fixtures.environmentId }),
    (session) => session.id
  ))

/** A session in which something was said, and the application that shows it. */
const served = Effect.gen(function*() {
  const events = yield* Events.Events
  const id = yield* create
  yield* events.send(id, UserEvent.message("Hello"))
  yield* TestClock.adjust("1 minute")
  const app = SessionEvents.respond((from) => events.follow(id, { from }))
  return { app, events, id, history: Chunk.toReadonlyArray(yield* Stream.runCollect(events.list(id))) }
})

const get = (client: HttpClient.HttpClient, lastEventId?: string) =>
  client.execute(
    lastEventId === undefined
      ? HttpClientRequest.get(url)
      : HttpClientRequest.setHeader(HttpClientRequest.get(url), "last-event-id", lastEventId)
  )

/** Reads a body in the background; the texts so far. */
const read = Effect.fnUntraced(function*<E>(body: Stream.Stream<Uint8Array, E>) {
  const texts: Array<string> = []
  yield* body.pipe(
    Stream.runForEach((bytes) => Effect.sync(() => texts.push(decoder.decode(bytes)))),
    Effect.forkScoped
  )
  return texts
})

const settle = Effect.repeatN(Effect.yieldNow(), 100)

describe("a response", () => {
  it.scoped("has the head of an event stream, a delay to reconnect, and each event with its cursor", () =>
    Effect.gen(function*() {
      const { app, history } = yield* served
      const response = yield* get(yield* appClient.make(app))
      assert.strictEqual(response.status, 200)
      assert.deepInclude({ ...response.headers }, {
        "content-type": "text/event-stream",
        "cache-control": "no-cache, no-transform"
      })
      const texts = yield* read(response.stream)
      yield* settle
      const frames = texts.join("").split("\n\n")
      assert.strictEqual(frames[0], "retry: 2000")
      const ids = frames.flatMap((frame) => /^id: (.*)$/m.exec(frame)?.[1] ?? [])
      assert.strictEqual(new Set(ids).size, history.length)
      const data = frames.flatMap((frame) => /^data: (.*)$/m.exec(frame)?.[1] ?? []).map((text) => JSON.parse(text))
      assert.deepStrictEqual(data, [
        ...history.map((event) => ({ _tag: "Event", event, state: "processed" })),
        { _tag: "CaughtUp" }
      ])
      // each id is the cursor after its event
      for (const [n, id] of ids.entries()) {
        const { read } = yield* Cursor.parse(id)
        assert.strictEqual(read.length, n + 1)
      }
    }).pipe(Effect.provide(Testkit.layer())))

  it.scoped("has a comment in each silence", () =>
    Effect.gen(function*() {
      const { events, id } = yield* served
      const app = SessionEvents.respond((from) => events.follow(id, { from }), {
        heartbeat: "10 seconds",
        retry: "1500 millis"
      })
      const texts = yield* read((yield* get(yield* appClient.make(app))).stream)
      yield* settle
      assert.strictEqual(texts[0], "retry: 1500\n\n")
      const before = texts.length
      yield* TestClock.adjust("9 seconds")
      assert.lengthOf(texts, before)
      yield* TestClock.adjust("21 seconds")
      assert.deepStrictEqual(texts.slice(before), [":\n\n", ":\n\n", ":\n\n"])
      yield* events.send(id, UserEvent.message("Go on"))
      yield* settle
      assert.isAbove(texts.filter((text) => text.includes("Go on")).length, 0)
    }).pipe(Effect.provide(Testkit.layer())))

  it.scoped("pulls its source when the reader does", () =>
    Effect.gen(function*() {
      let pulled = 0
      const source = Stream.repeatEffect(Effect.sync((): Follow.Update => {
        pulled++
        return { _tag: "Gap", reason: "overflow", missing: undefined }
      }))
      const response = yield* get(yield* appClient.make(SessionEvents.respond(() => source)))
      const pull = yield* Stream.toPull(response.stream)
      yield* settle
      assert.strictEqual(pulled, 1)
      // the delay to reconnect, and the update that was there
      yield* pull
      yield* pull
      yield* settle
      assert.strictEqual(pulled, 1)
      yield* pull
      yield* settle
      assert.strictEqual(pulled, 2)
    }))

  it.scoped("goes on after the last event that the browser has got", () =>
    Effect.gen(function*() {
      const { app, history } = yield* served
      const client = yield* appClient.make(app)
      const all = yield* read((yield* get(client)).stream)
      yield* settle
      const ids = [...all.join("").matchAll(/^id: (.*)$/gm)].map(([, id]) => id)
      const rest = yield* read((yield* get(client, ids[2])).stream)
      yield* settle
      assert.deepStrictEqual(
        [...rest.join("").matchAll(/"id":"(sevt_[^"]+)"/g)].map(([, id]) => id),
        history.slice(3).map((event) => (event as { readonly id?: unknown }).id)
      )
      // an id that is no cursor
      const refused = yield* get(client, "sevt_1")
      assert.strictEqual(refused.status, 400)
      assert.include(yield* refused.text, "invalid Last-Event-ID")
    }).pipe(Effect.provide(Testkit.layer())))

  it.scoped("with signed ids goes on after those of this session, and refuses all others", () =>
    Effect.gen(function*() {
      const { events, history, id } = yield* served
      const signed = yield* Cursor.makeSigned({ keys: [Redacted.make("a key of the server of 32 bytes or more")] })
      const appOf = (subject: string) =>
        SessionEvents.respond((from) => events.follow(id, { from }), { cursors: signed(subject) })
      const client = yield* appClient.make(appOf(id))
      /** The events of a response, with their ids. */
      const read = (count: number, lastEventId?: string) =>
        Effect.flatMap(get(client, lastEventId), ({ stream }) =>
          stream.pipe(
            Stream.decodeText(),
            Stream.splitLines,
            Stream.filterMap((line) => Option.fromNullable(/^id: (.*)$/.exec(line)?.[1])),
            Stream.take(count),
            Stream.runCollect,
            Effect.map(Chunk.toReadonlyArray)
          ))
      const ids = yield* read(history.length)
      assert.strictEqual(new Set(ids).size, history.length)
      // the same texts again: each was read, and has led to the events after it
      assert.deepStrictEqual(yield* read(history.length - 3, ids[2]), ids.slice(3))
      const last = yield* signed(id).parse(ids.at(-1) ?? "")
      for (const forged of [Cursor.format(last), `${ids[2]}0`]) {
        const refused = yield* get(client, forged)
        assert.strictEqual(refused.status, 400)
        assert.match(yield* refused.text, /^invalid Last-Event-ID: it (is not signed|was changed)/)
      }
      const other = yield* get(yield* appClient.make(appOf("sesn_other")), ids[2])
      assert.strictEqual(other.status, 400)
    }).pipe(Effect.provide(Testkit.layer())))

  it.scoped("ends with the session, and for good", () =>
    Effect.gen(function*() {
      const { app, id } = yield* served
      const sessions = yield* Sessions.Sessions
      const client = yield* appClient.make(app)
      const texts = yield* read((yield* get(client)).stream)
      yield* settle
      yield* sessions.archive(id)
      yield* TestClock.adjust("1 minute")
      assert.isTrue(texts.join("").endsWith("event: end\nid: end\ndata: {\"reason\":\"archived\"}\n\n"))
      assert.strictEqual((yield* get(client, "end")).status, 204)
    }).pipe(Effect.provide(Testkit.layer())))

  it.scoped("is an error instead if the follower fails before its first update", () =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      const app = SessionEvents.respond(() => events.follow("sesn_unknown")).pipe(
        Effect.catchTag("NotFound", () => HttpServerResponse.empty({ status: 404 }))
      )
      const response = yield* get(yield* appClient.make(app))
      assert.strictEqual(response.status, 404)
    }).pipe(Effect.provide(Testkit.layer())))

  it.scoped("can be left while nothing comes, although its handler cannot be interrupted", () =>
    Effect.gen(function*() {
      const { events, id } = yield* served
      let isOpen = true
      const source = Stream.ensuring(
        events.follow(id),
        Effect.sync(() => {
          isOpen = false
        })
      )
      const response = yield* get(yield* appClient.make(Effect.uninterruptible(SessionEvents.respond(() => source))))
      const reading = yield* Effect.fork(Stream.runDrain(response.stream))
      yield* TestClock.adjust("5 minutes")
      assert.isTrue(isOpen)
      yield* Fiber.interrupt(reading)
      assert.isFalse(isOpen)
    }).pipe(Effect.provide(Testkit.layer())))
})

describe("a client", () => {
  it.scoped("reads every update once, although each connection breaks off, and ends with the session", () =>
    Effect.gen(function*() {
      const { app, history, id } = yield* served
      const sessions = yield* Sessions.Sessions
      const client = yield* appClient.make(app, appClient.cut(900))
      const reading = yield* SessionEvents.follow(url).pipe(
        Stream.runCollect,
        Effect.provideService(HttpClient.HttpClient, client),
        Effect.fork
      )
      yield* TestClock.adjust("1 minute")
      yield* sessions.archive(id)
      yield* TestClock.adjust("5 minutes")
      const received = Chunk.toReadonlyArray(yield* Fiber.join(reading))
      assert.deepStrictEqual(
        received.flatMap((one) => one._tag === "Received" && one.value._tag === "Event" ? [one.value.event] : []),
        history
      )
      assert.deepStrictEqual(received.at(-1), { _tag: "Ended", reason: "archived" })
    }).pipe(Effect.provide(Testkit.layer())))

  it.scoped("decodes what the server has chosen to send", () =>
    Effect.gen(function*() {
      const { events, id } = yield* served
      const projection: SessionEvents.Projection<Date, string> = {
        schema: Schema.Date,
        project: (update) =>
          update._tag === "Event" && update.event.type === "user.message" ? new Date(Date.UTC(2026, 10, 28)) : undefined
      }
      const app = SessionEvents.respond((from) => events.follow(id, { from }), { projection })
      const received = yield* SessionEvents.follow(url, { schema: projection.schema }).pipe(
        Stream.take(1),
        Stream.runCollect,
        Effect.provideService(HttpClient.HttpClient, yield* appClient.make(app))
      )
      assert.deepStrictEqual(
        Chunk.toReadonlyArray(received).map((one) => one._tag === "Received" && one.value.toISOString()),
        ["2026-11-28T00:00:00.000Z"]
      )
      const error = yield* SessionEvents.follow(url).pipe(
        Stream.runDrain,
        Effect.flip,
        Effect.provideService(HttpClient.HttpClient, yield* appClient.make(app))
      )
      assert.strictEqual(error._tag, "MalformedResponse")
    }).pipe(Effect.provide(Testkit.layer())))

  it.scoped("gives up on what trying again cannot mend", () =>
    Effect.gen(function*() {
      const { app } = yield* served
      const error = yield* SessionEvents.follow(url, { lastEventId: "nonsense" }).pipe(
        Stream.runDrain,
        Effect.flip,
        Effect.provideService(HttpClient.HttpClient, yield* appClient.make(app))
      )
      assert.strictEqual(error._tag, "InvalidRequest")
      assert.include(error.message, "invalid Last-Event-ID")
    }).pipe(Effect.provide(Testkit.layer())))

  it.scoped("ends at once if there is nothing more to come", () =>
    Effect.gen(function*() {
      const { app } = yield* served
      const received = yield* SessionEvents.follow(url, { lastEventId: "end" }).pipe(
        Stream.runCollect,
        Effect.provideService(HttpClient.HttpClient, yield* appClient.make(app))
      )
      assert.isEmpty(Chunk.toReadonlyArray(received))
    }).pipe(Effect.provide(Testkit.layer())))
})
