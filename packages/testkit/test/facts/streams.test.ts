/**
 * Section 3 of FIDELITY.md, as far as no other test shows it: streams and previews.
 */
import { accumulateManagedAgentsEvent } from "@anthropic-ai/sdk/lib/sessions/accumulate"
import type { BetaManagedAgentsStreamSessionEvents } from "@anthropic-ai/sdk/resources/beta/sessions/events"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Simulator from "../../src/Simulator.ts"
import type { Json } from "../utils/facts.ts"
import {
  createSession,
  delegating,
  eventsOf,
  headers,
  layer,
  message,
  ok,
  open,
  request,
  scripted,
  send,
  settle,
  startSession,
  types
} from "../utils/facts.ts"

const streamOf = (id: string, query = "") => `/v1/sessions/${id}/events/stream${query}`
const both = "?event_deltas[]=agent.message&event_deltas[]=agent.thinking"
const isPreview = (event: Json) => event.type === "event_start" || event.type === "event_delta"

/** What a stream carries, byte by byte. */
const raw = (url: string, more: Parameters<typeof request>[3] = {}) =>
  Effect.gen(function*() {
    const simulator = yield* Simulator.Simulator
    const response = yield* simulator.handle(request("GET", url, undefined, more))
    const state = { text: "" }
    if (response.body._tag !== "Events") return yield* Effect.dieMessage("no stream")
    yield* response.body.stream.pipe(
      Stream.decodeText(),
      Stream.runForEach((text) =>
        Effect.sync(() => {
          state.text += text
        })
      ),
      Effect.forkScoped
    )
    return state
  })

describe("frames", () => {
  it.scoped("3.2, 3.3 have a name each, which is the type, also those of previews", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const stream = yield* raw(streamOf(id, both))
      yield* send(id, message("x"))
      yield* settle
      const frames = stream.text.split("\n\n").slice(0, -1)
      assert.isAbove(frames.length, 10)
      for (const frame of frames) {
        const [name, data, ...rest] = frame.split("\n")
        assert.deepStrictEqual(rest, [])
        assert.strictEqual(name, `event: ${JSON.parse(data!.replace(/^data: /, "")).type}`)
      }
      assert.include(stream.text, "event: event_start\n")
      assert.include(stream.text, "event: event_delta\n")
    }).pipe(Effect.provide(layer())))

  it.scoped("3.5 have no id, and no stream is resumed by one", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      const [first] = yield* eventsOf(id)
      const stream = yield* raw(streamOf(id), { headers: { ...headers, "last-event-id": first.id } })
      yield* settle
      assert.strictEqual(stream.text, "")
      yield* send(id, message("y"))
      yield* settle
      assert.notMatch(stream.text, /^id:/m)
    }).pipe(Effect.provide(layer())))

  it.scoped("3.4 the heartbeat may be a comment instead of an event", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const stream = yield* raw(streamOf(id))
      yield* TestClock.adjust("31 seconds")
      assert.strictEqual(stream.text, ": ping\n\n: ping\n\n")
    }).pipe(Effect.provide(layer({ rules: { heartbeatForm: "comment" } }))))
})

describe("the end of a stream", () => {
  /** Whether the stream of a session, and one that is opened later, have ended; and what the first has seen last. */
  const endings = <E>(end: (id: string) => Effect.Effect<unknown, E, Simulator.Simulator>) =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const early = yield* open(streamOf(id))
      yield* end(id)
      yield* settle
      const late = yield* open(streamOf(id))
      yield* settle
      assert.deepStrictEqual(late.seen, [])
      return [early.seen.at(-1)?.type, early.state.ended, late.state.ended]
    })
  const archive = (id: string) => ok("POST", `/v1/sessions/${id}/archive`)
  const fail = (id: string) => send(id, message("x"))
  const failing = { otherwise: [{ fail: { type: "unknown_error", retry_status: "terminal" as const } }] }

  it.scoped("3.10, 3.13 comes with that of the session, and at once if it was over before", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* endings(archive), ["session.status_terminated", true, true])
      assert.deepStrictEqual(yield* endings(fail), ["session.status_terminated", true, true])
    }).pipe(Effect.provide(scripted(failing))))

  it.scoped("3.9, 3.10, 3.13 or only when the session is deleted", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* endings(archive), ["session.status_terminated", false, false])
      assert.deepStrictEqual(yield* endings(fail), ["session.status_terminated", false, false])
      const id = yield* createSession()
      const stream = yield* open(streamOf(id))
      yield* archive(id)
      yield* ok("DELETE", `/v1/sessions/${id}`)
      yield* settle
      assert.deepStrictEqual(types(stream.seen), ["session.status_terminated", "session.deleted"])
      assert.isTrue(stream.state.ended)
    }).pipe(Effect.provide(scripted(failing, { rules: { closeEndedStreams: false } }))))

  const ages = Effect.gen(function*() {
    const id = yield* createSession()
    const streams = yield* Effect.replicateEffect(open(streamOf(id)), 8)
    const ages: Array<number> = streams.map(() => Infinity)
    for (let second = 0; second <= 100; second++) {
      for (const [i, { state }] of streams.entries()) if (state.ended) ages[i] = Math.min(ages[i]!, second)
      yield* TestClock.adjust("1 second")
    }
    return ages
  })

  it.scoped("3.12 comes for each stream at an age of its own, if there is a greatest", () =>
    Effect.gen(function*() {
      const all = yield* ages
      for (const age of all) assert.isTrue(age >= 30 && age <= 60, String(age))
      assert.isAbove(new Set(all).size, 2)
    }).pipe(Effect.provide(layer({ rules: { heartbeat: Duration.infinity, maxStreamAge: Duration.minutes(1) } }))))

  it.scoped("3.12 never comes by age otherwise", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const stream = yield* open(streamOf(id))
      yield* TestClock.adjust("30 days")
      assert.isFalse(stream.state.ended)
    }).pipe(Effect.provide(layer({ rules: { heartbeat: Duration.infinity } }))))
})

describe("previews", () => {
  const text = "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen."

  it.scoped("3.20 may be shed: what is left is still a beginning, and the event comes all the same", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const stream = yield* open(streamOf(id, both))
      for (let i = 0; i < 30; i++) yield* send(id, message("x"))
      yield* settle
      const said = stream.seen.filter((event) => event.type === "agent.message")
      assert.strictEqual(said.length, 30)
      const lengths = said.map(({ id }) => {
        const deltas = stream.seen.filter((event) => event.event_id === id)
        const starts = stream.seen.filter((event) => event.type === "event_start" && event.event.id === id)
        const preview = deltas.map(({ delta }) => delta.content.text).join("")
        assert.isTrue(text.startsWith(preview))
        assert.isAtMost(starts.length, 1)
        if (deltas.length > 0) assert.isBelow(stream.seen.indexOf(starts[0]), stream.seen.indexOf(deltas[0]))
        return starts.length === 0 ? -1 : preview.length
      })
      assert.include(lengths, -1)
      assert.include(lengths, text.length)
      assert.isTrue(lengths.some((length) => length > 0 && length < text.length))
    }).pipe(Effect.provide(scripted({ otherwise: [{ say: text }] }, { rules: { previewLoss: 0.6 } }))))

  it.scoped("3.21 are not repeated on another connection", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      const again = yield* open(streamOf(id, both))
      yield* settle
      assert.deepStrictEqual(again.seen, [])
    }).pipe(Effect.provide(layer())))

  it.scoped("3.22 of an event that never comes are closed by the end of its request", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const id = yield* createSession()
      const stream = yield* open(streamOf(id, both))
      yield* send(id, message("x"))
      yield* simulator.emit(id, { type: "event_start", event: { type: "agent.message", id: "sevt_lost" } })
      yield* send(id, { type: "user.interrupt" })
      yield* settle
      assert.deepStrictEqual(types(stream.seen).slice(4, 7), [
        "event_start",
        "span.model_request_end",
        "user.interrupt"
      ])
      assert.notInclude(types(stream.seen), "agent.message")
    }).pipe(Effect.provide(scripted({ otherwise: [{ sleep: 1000 }, { say: "too late" }] }))))

  it.scoped("3.23, 3.25 show a thread on its own stream only; the session's has the primary thread and what is posted there", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const session = yield* open(streamOf(id, both))
      yield* send(id, message("x"))
      const { data: [primary, child] } = yield* ok("GET", `/v1/sessions/${id}/threads`)
      const stream = yield* open(`/v1/sessions/${id}/threads/${child.id}/stream${both}`)
      yield* TestClock.adjust("2 seconds")
      const previewed = (events: ReadonlyArray<Json>) =>
        events.flatMap((event) => event.type === "event_start" ? [event.event.id] : [])
      const own: ReadonlyArray<Json> = (yield* ok("GET", `/v1/sessions/${id}/threads/${child.id}/events`)).data
      const said = own.filter((event) => event.type === "agent.message")
      // the first request was under way when the stream opened
      assert.deepStrictEqual(previewed(stream.seen), said.slice(1).map((event) => event.id))
      assert.isAbove(previewed(stream.seen).length, 0)
      const ofSession = yield* eventsOf(id)
      assert.deepStrictEqual(session.seen.filter((event) => !isPreview(event)), ofSession)
      const ofPrimary: ReadonlyArray<Json> = (yield* ok("GET", `/v1/sessions/${id}/threads/${primary.id}/events`)).data
      assert.deepStrictEqual(
        previewed(session.seen),
        ofPrimary.filter((event) => event.type === "agent.message").map((event) => event.id)
      )
      const posted = ofSession.filter((event) => event.session_thread_id === child.id && event.type.includes("status"))
      assert.deepStrictEqual(types(posted), ["session.thread_status_running", "session.thread_status_idle"])
      for (const event of said) assert.notInclude(ofSession.map(({ id }) => id), event.id)
    }).pipe(Effect.provide(delegating(
      [{ sleep: 1000 }, { say: "a" }, { tool: { name: "bash" } }, { say: "b c" }],
      1
    ))))

  it.scoped("3.24 fold into the message with the official SDK's accumulator", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const stream = yield* open(streamOf(id, both))
      yield* send(id, message("x"))
      yield* settle
      let snapshot: Json = undefined
      let seen = 0
      for (const event of stream.seen) {
        snapshot = accumulateManagedAgentsEvent(snapshot, event as BetaManagedAgentsStreamSessionEvents)
        if (event.type !== "event_delta") continue
        seen++
        assert.isTrue(text.startsWith(snapshot.content.map((block: Json) => block.text).join("")))
      }
      assert.isAbove(seen, 2)
      assert.deepStrictEqual(snapshot, stream.seen.find((event) => event.type === "agent.message"))
    }).pipe(Effect.provide(scripted({ otherwise: [{ say: [text.slice(0, 50), text.slice(50)] }] }))))
})
