import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Simulator from "../src/Simulator.ts"
import type { Json } from "./utils/wire.ts"
import {
  createSession,
  eventsOf,
  jsonOf,
  layer,
  message,
  ok,
  open,
  refusal,
  request,
  scripted,
  send,
  settle,
  types
} from "./utils/wire.ts"

const streamOf = (id: string, query = "") => `/v1/sessions/${id}/events/stream${query}`

describe("a stream", () => {
  it.scoped("3.1, 3.7, 3.8 is there when the answer is, and replays nothing", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const id = yield* createSession()
      yield* send(id, message("before"))
      const response = yield* simulator.handle(request("GET", streamOf(id)))
      assert.deepInclude(response.headers, { "content-type": "text/event-stream; charset=utf-8" })
      assert.match(response.headers["request-id"] ?? "", /^req_/)
      // emitted between the answer and the first pull
      yield* send(id, message("after"))
      if (response.body._tag !== "Events") return assert.fail("no stream")
      const frames = yield* response.body.stream.pipe(Stream.take(3), Stream.runCollect)
      const text = [...frames].map((bytes) => new TextDecoder().decode(bytes))
      const [, , , , , , , , , ...after] = yield* eventsOf(id)
      assert.deepStrictEqual(
        text,
        after.slice(0, 3).map((event: Json) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
      )
    }).pipe(Effect.provide(layer())))

  it.scoped("3.6, 3.11 survives idle, and each reader has its own", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const one = yield* open(streamOf(id))
      yield* send(id, message("a"))
      const two = yield* open(streamOf(id))
      yield* send(id, message("b"))
      yield* settle
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(one.seen, events)
      assert.deepStrictEqual(two.seen, events.slice(9))
      assert.deepStrictEqual([one.state.ended, two.state.ended], [false, false])
    }).pipe(Effect.provide(layer())))

  it.scoped("3.4 beats every fifteen seconds", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const stream = yield* open(streamOf(id))
      yield* TestClock.adjust("14 seconds")
      assert.strictEqual(stream.state.pings, 0)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(stream.state.pings, 1)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(stream.state.pings, 5)
    }).pipe(Effect.provide(layer())))

  it.scoped("3.4 need not beat", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const stream = yield* open(streamOf(id))
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(stream.state.pings, 0)
    }).pipe(Effect.provide(layer({ rules: { heartbeat: Duration.infinity } }))))

  it.effect("is gone with its scope, read or not", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const id = yield* createSession()
      const scope = yield* Scope.make()
      yield* Scope.extend(simulator.handle(request("GET", streamOf(id))), scope)
      assert.strictEqual(yield* simulator.openStreams(id), 1)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(yield* simulator.openStreams(), 0)
    }).pipe(Effect.provide(layer())))

  it.scoped("is written only as far as it is read", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const id = yield* createSession()
      const response = yield* simulator.handle(request("GET", streamOf(id)))
      if (response.body._tag !== "Events") return assert.fail("no stream")
      const pull = yield* Stream.toPull(response.body.stream)
      for (let i = 0; i < 3; i++) yield* send(id, message(String(i)))
      // no heartbeat piles up on events that nobody reads
      yield* TestClock.adjust("1 hour")
      assert.strictEqual([...(yield* pull)].length, 27)
    }).pipe(Effect.provide(layer())))

  it.scoped("ends when the server closes it, after what was emitted", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const id = yield* createSession()
      const stream = yield* open(streamOf(id))
      yield* send(id, message("a"))
      yield* simulator.closeStreams(id)
      yield* send(id, message("b"))
      yield* settle
      assert.isTrue(stream.state.ended)
      assert.strictEqual(stream.seen.length, 9)
    }).pipe(Effect.provide(layer())))

  it.scoped("3.10 of a session that has failed ends with its last event", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const stream = yield* open(streamOf(id))
      yield* send(id, message("a"))
      yield* settle
      assert.strictEqual(stream.seen.at(-1).type, "session.status_terminated")
      assert.isTrue(stream.state.ended)
      const late = yield* open(streamOf(id))
      yield* settle
      assert.deepStrictEqual([late.seen, late.state.ended], [[], true])
    }).pipe(Effect.provide(scripted({ otherwise: [{ fail: { type: "unknown_error", retry_status: "terminal" } }] }))))
})

describe("previews", () => {
  const both = "?event_deltas[]=agent.message&event_deltas[]=agent.thinking"
  const text = "The quick brown fox jumps over the lazy dog, twice. 🦊"
  const script = scripted({ otherwise: [{ think: true }, { say: [text, "second"] }] })

  it.scoped("3.15, 3.17, 3.19 come before the event, on connections that asked for them, and are stored nowhere", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const plain = yield* open(streamOf(id))
      const previewing = yield* open(streamOf(id, both))
      yield* send(id, message("a"))
      yield* settle
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(plain.seen, events)
      assert.deepStrictEqual(previewing.seen.filter((event) => !event.type.startsWith("event_")), events)
      const previews = previewing.seen.filter((event) => event.type.startsWith("event_"))
      const [thinking, said] = [4, 5].map((i) => events[i])
      assert.deepStrictEqual(previews[0], { type: "event_start", event: { type: "agent.thinking", id: thinking.id } })
      assert.deepStrictEqual(previews[1], { type: "event_start", event: { type: "agent.message", id: said.id } })
      const deltas = previews.slice(2)
      assert.isAbove(deltas.length, 2)
      for (const delta of deltas) {
        assert.deepStrictEqual(Object.keys(delta), ["type", "event_id", "delta"])
        assert.strictEqual(delta.event_id, said.id)
      }
      const block = (i: number) =>
        deltas.filter(({ delta }) => delta.index === i).map(({ delta }) => delta.content.text).join("")
      assert.deepStrictEqual([block(0), block(1)], [text, "second"])
      assert.isBelow(previewing.seen.lastIndexOf(deltas.at(-1)), previewing.seen.findIndex((e) => e.id === said.id))
    }).pipe(Effect.provide(script)))

  it.scoped("3.18 of one kind only", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const stream = yield* open(streamOf(id, "?event_deltas%5B%5D=agent.thinking"))
      yield* send(id, message("a"))
      yield* settle
      assert.deepStrictEqual(
        stream.seen.filter((event) => event.type.startsWith("event_")).map((event) => event.event.type),
        ["agent.thinking"]
      )
    }).pipe(Effect.provide(script)))

  it.scoped("3.21 not for a request that was under way when the stream opened", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("a"))
      const stream = yield* open(streamOf(id, both))
      yield* TestClock.adjust("1 second")
      assert.notInclude(types(stream.seen), "event_start")
      yield* send(id, message("b"))
      yield* TestClock.adjust("1 second")
      assert.include(types(stream.seen), "event_start")
    }).pipe(Effect.provide(scripted({ otherwise: [{ sleep: 1000 }, { say: "x" }] }))))

  it.scoped("3.16 of anything else are refused", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      assert.match(yield* refusal("GET", streamOf(id, "?event_deltas[]=agent.tool_use")), /^400 .*event_deltas\[0\]/)
      assert.match(yield* refusal("GET", streamOf(id, "?event_deltas=agent.message")), /^400 .*`event_deltas\[\]`/)
      const many = Array(101).fill("event_deltas[]=agent.message").join("&")
      assert.match(yield* refusal("GET", streamOf(id, `?${many}`)), /^400 .*event_deltas/)
    }).pipe(Effect.provide(script)))
})

describe("threads", () => {
  it.scoped("every session has a primary thread, named by its first status event", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const page = yield* ok("GET", `/v1/sessions/${id}/threads`)
      assert.strictEqual(page.data.length, 1)
      assert.notProperty(page, "next_page")
      const [primary] = page.data
      assert.deepInclude(primary, {
        session_id: id,
        parent_thread_id: null,
        status: "idle",
        stats: null,
        usage: null,
        archived_at: null,
        type: "session_thread"
      })
      assert.notProperty(primary.agent, "multiagent")
      yield* send(id, message("x"))
      const events = yield* eventsOf(id)
      assert.strictEqual(events[1].session_thread_id, primary.id)
      const after = yield* ok("GET", `/v1/sessions/${id}/threads/${primary.id}`)
      assert.isAbove(after.usage.output_tokens, 0)
      assert.deepStrictEqual(after.stats, { active_seconds: 0, duration_seconds: 0, startup_seconds: 0 })
      assert.deepStrictEqual((yield* ok("GET", `/v1/sessions/${id}/threads?statuses[]=running`)).data, [])
      assert.deepStrictEqual(
        yield* refusal("POST", `/v1/sessions/${id}/threads/${primary.id}/archive`),
        "400 invalid_request_error: The primary thread cannot be archived; archive the session instead."
      )
    }).pipe(Effect.provide(layer())))

  it.scoped("3.26, 3.27 have their own list and stream, without the events of the session as a whole", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const { data: [primary] } = yield* ok("GET", `/v1/sessions/${id}/threads`)
      const url = `/v1/sessions/${id}/threads/${primary.id}`
      const stream = yield* open(`${url}/stream?event_deltas[]=agent.message`)
      yield* send(id, message("x"))
      yield* settle
      const own = (yield* eventsOf(id)).filter((event) =>
        !event.type.startsWith("session.status_") && event.type !== "session.usage"
      )
      assert.deepStrictEqual((yield* ok("GET", `${url}/events`)).data, own)
      assert.deepStrictEqual(stream.seen.filter((event) => !event.type.startsWith("event_")), own)
      assert.include(types(stream.seen), "event_delta")
      const page = yield* ok("GET", `${url}/events?limit=2`)
      assert.deepStrictEqual((yield* ok("GET", `${url}/events?page=${page.next_page}`)).data, own.slice(2))
      assert.match(yield* refusal("GET", `${url}/events?types[]=user.message`), /^400 .*`types\[\]`/)
    }).pipe(Effect.provide(layer())))
})

describe("emit", () => {
  it.scoped("puts any event on the stream, and in the list if asked", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const id = yield* createSession()
      const stream = yield* open(streamOf(id))
      const future: Json = yield* simulator.emit(id, { type: "agent.dream", depth: 3 })
      const stored: Json = yield* simulator.emit(id, { type: "agent.dream", id: "sevt_mine" }, { persist: true })
      yield* simulator.emit(id, { type: "event_start", event: { type: "agent.message", id: "sevt_x" } }, {
        persist: true
      })
      yield* settle
      assert.deepStrictEqual(stream.seen, [
        future,
        stored,
        { type: "event_start", event: { type: "agent.message", id: "sevt_x" } }
      ])
      assert.deepInclude(future, { type: "agent.dream", depth: 3 })
      assert.deepInclude(stored, { id: "sevt_mine" })
      assert.deepStrictEqual(yield* eventsOf(id), [stored])
    }).pipe(Effect.provide(layer())))

  it.effect("needs a session", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const error = yield* Effect.flip(simulator.emit("sesn_nope", { type: "x" }))
      assert.deepInclude(error, { _tag: "Refused", status: 404, message: "Session sesn_nope not found." })
    }).pipe(Effect.provide(layer())))
})

describe("reset", () => {
  it.scoped("goes back to the start: the same requests give the same bytes again", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const play = Effect.gen(function*() {
        const response = yield* simulator.handle(
          request("POST", "/v1/sessions", { agent: "agent_1", environment_id: "env_1" })
        )
        const { id } = jsonOf(response)
        yield* send(id, message("x"))
        return [response, yield* eventsOf(id)]
      })
      const first = yield* play
      const { data: [{ id }] } = yield* ok("GET", "/v1/sessions")
      const stream = yield* open(streamOf(id))
      yield* simulator.putAgent("agent_1", { agent: { name: "Second" } })
      yield* simulator.reset
      yield* settle
      assert.isTrue(stream.state.ended)
      assert.deepStrictEqual(yield* simulator.sessions, [])
      deepStrictEqual(yield* play, first)
    }).pipe(Effect.provide(layer())))
})
