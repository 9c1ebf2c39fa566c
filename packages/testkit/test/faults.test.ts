/**
 * What goes wrong on purpose, as a client in memory sees it.
 */
import * as Api from "@effect-managed-agents/core/Api"
import type * as ApiError from "@effect-managed-agents/core/ApiError"
import type * as Event from "@effect-managed-agents/core/Event"
import * as Events from "@effect-managed-agents/core/Events"
import * as RetryPolicy from "@effect-managed-agents/core/RetryPolicy"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import { assert, describe, it } from "@effect/vitest"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Fault from "../src/Fault.ts"
import * as Fixtures from "../src/Fixtures.ts"
import * as Ledger from "../src/Ledger.ts"
import { Simulator } from "../src/Simulator.ts"
import * as SimulatorFetch from "../src/SimulatorFetch.ts"
import * as Testkit from "../src/Testkit.ts"
import { headers, request, settle } from "./utils/wire.ts"

const id = Fixtures.sessionId

const send = Effect.flatMap(Events.Events, (events) => events.send(id, UserEvent.message("Hi")))

const withFaults = (...faults: Fault.Plan) =>
  Effect.provide(Testkit.layer({ faults, script: { otherwise: [{ think: true }, { say: "Grüße, 世界" }] } }))

const once = RetryPolicy.provide(RetryPolicy.none)

/** The texts of the user messages that the session has. */
const received = Effect.flatMap(Simulator, (simulator) => simulator.events(id)).pipe(
  Effect.map((events) => events.filter((event) => event.type === "user.message").length)
)

/** All that a stream brings, and how it ends. */
const read = (stream: Stream.Stream<Event.StreamEvent, ApiError.ApiError>) =>
  Effect.gen(function*() {
    const seen: Array<unknown> = []
    const exit = yield* Effect.exit(Stream.runForEach(stream, (event) => Effect.sync(() => seen.push(event))))
    const read: ReadonlyArray<unknown> = seen
    return {
      seen: read,
      end: Exit.isSuccess(exit) ? "end" : exit.cause._tag === "Fail" ? exit.cause.error._tag : "defect"
    }
  })

/** Reads a stream on which one turn of ten events happens. */
const turn = Effect.gen(function*() {
  const events = yield* Events.Events
  const simulator = yield* Simulator
  const reading = yield* Effect.forkScoped(read(yield* events.open(id)))
  yield* once(events.send(id, UserEvent.message("Hi")))
  yield* settle
  const list = yield* simulator.events(id)
  yield* simulator.closeStreams()
  return { list, ...(yield* Fiber.join(reading)) }
})

/** The chunks that a stream of one turn brings within a time, a character for each byte. */
const bytesOf = (faults: Fault.Plan = [], duration: Duration.DurationInput = 0) =>
  Effect.gen(function*() {
    const simulator = yield* Simulator
    const response = yield* simulator.handle(request("GET", `/v1/sessions/${id}/events/stream`))
    if (response.body._tag !== "Events") return assert.fail("no stream")
    const chunks: Array<string> = []
    yield* response.body.stream.pipe(
      Stream.runForEach((bytes) => Effect.sync(() => chunks.push(String.fromCharCode(...bytes)))),
      Effect.ignore,
      Effect.forkScoped
    )
    yield* send
    yield* TestClock.adjust(duration)
    yield* settle
    return chunks
  }).pipe(withFaults(...faults))

describe("a status", () => {
  it.scoped("is answered instead, and nothing happens", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(once(send))
      assert.strictEqual(error._tag, "ServerError")
      assert.deepInclude(error, { status: 500, type: "api_error", detail: "A fault of the simulator" })
      assert.match("requestId" in error ? error.requestId ?? "" : "", /^req_/)
      assert.strictEqual(yield* received, 0)
      yield* send
      assert.strictEqual(yield* received, 1)
    }).pipe(withFaults(Fault.status(500))))

  it.scoped("may be answered although it has happened", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Effect.flip(send))._tag, "ServerError")
      assert.strictEqual(yield* received, 1)
    }).pipe(withFaults(Fault.status(502, { landed: true, body: "<html>Bad Gateway</html>" }))))

  it.scoped("has headers and a body of any kind", () =>
    Effect.gen(function*() {
      const error = () => Effect.flip(once(send))
      const json = yield* error()
      assert.deepInclude(json, { _tag: "InvalidRequest", detail: "tool_use_id does not match", errorCode: "e" })
      const text = yield* error()
      assert.deepInclude(text, { _tag: "ServerError", status: 503, detail: "Busy", requestId: "req_mine" })
      assert.deepInclude(yield* error(), { _tag: "UnexpectedStatus", status: 302 })
      assert.strictEqual((yield* error())._tag, "MalformedResponse")
    }).pipe(withFaults(
      Fault.status(400, {
        body: {
          type: "error",
          error: { type: "x", message: "tool_use_id does not match", details: { error_code: "e" } }
        }
      }),
      Fault.status(503, { headers: { "Request-Id": "req_mine", "content-type": "text/html" }, body: "Busy" }),
      Fault.status(302),
      Fault.status(200, { body: [] })
    )))

  it.scoped("asks for the delay that it says, in the test's time", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(send)
      yield* TestClock.adjust("1999 millis")
      assert.strictEqual(yield* received, 0)
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(fiber)
      assert.strictEqual(yield* received, 1)
      const simulator = yield* Simulator
      assert.deepStrictEqual((yield* simulator.ledger).map((entry) => entry.status), [529, 200])
    }).pipe(withFaults(Fault.status(529, { headers: { "retry-after-ms": "2000" } }))))

  it.effect("leaves no trace: tried again, a request is answered as if there had been no fault", () =>
    Effect.gen(function*() {
      const create = Effect.flatMap(
        Sessions.Sessions,
        (sessions) => sessions.create({ agent: Fixtures.agentId, environment_id: Fixtures.environmentId })
      )
      const plain = yield* withFaults()(create)
      const faulty = yield* withFaults(
        Fault.status(529),
        Fault.drop("before")
      )(Effect.zipRight(Effect.exit(once(create)), Effect.zipRight(Effect.exit(once(create)), create)))
      assert.deepStrictEqual(faulty, plain)
    }))
})

describe("a drop", () => {
  it.scoped("before: a broken connection, and nothing has happened", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(send)
      assert.deepInclude(error, { _tag: "TransportError", reason: "Connection" })
      assert.include(error.message, "reset")
      assert.strictEqual(yield* received, 0)
    }).pipe(withFaults(Fault.drop("before"))))

  it.scoped("after: a broken connection, and it has happened", () =>
    Effect.gen(function*() {
      assert.deepInclude(yield* Effect.flip(send), { _tag: "TransportError", reason: "Connection" })
      assert.strictEqual(yield* received, 1)
      const simulator = yield* Simulator
      const entries = yield* simulator.ledger
      assert.notProperty(entries[0], "status")
      assert.deepStrictEqual(entries[0]?.fault, Fault.drop("after"))
      assert.match(Ledger.timeline(yield* simulator.history), /no answer.*\n(.*\n)*.*fault .*"drop":"after"/)
    }).pipe(withFaults(Fault.drop("after"))))

  it.scoped("closes the stream that was asked for", () =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      assert.strictEqual((yield* Effect.flip(once(events.open(id))))._tag, "TransportError")
      const simulator = yield* Simulator
      assert.strictEqual(yield* simulator.openStreams(), 0)
    }).pipe(withFaults(Fault.drop("after"))))
})

describe("a delay", () => {
  it.scoped("is of the answer and not of the effect", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(send)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* received, 1)
      assert.isTrue((yield* Fiber.poll(fiber))._tag === "None")
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
    }).pipe(withFaults(Fault.delay("2 minutes"))))

  it.scoped("of a stream loses no event", () =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      const opening = yield* Effect.forkScoped(events.open(id))
      yield* settle
      yield* send
      yield* TestClock.adjust("1 second")
      const first = yield* Stream.runHead(yield* Fiber.join(opening))
      assert.deepInclude(first, { _tag: "Some" })
    }).pipe(withFaults(Fault.delay("1 second"))))

  it.scoped("longer than the client waits leaves nothing open", () =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      const simulator = yield* Simulator
      const opening = yield* Effect.fork(Effect.scoped(Effect.flip(once(events.open(id)))))
      yield* TestClock.adjust("10 minutes")
      assert.deepInclude(yield* Fiber.join(opening), { _tag: "TransportError", reason: "Timeout" })
      assert.strictEqual(yield* simulator.openStreams(), 0)
    }).pipe(withFaults(Fault.delay("1 hour"))))
})

describe("an event stream", () => {
  it.scoped("is cut after any number of events, and is gone on both sides", () =>
    Effect.gen(function*() {
      for (let n = 0; n <= 10; n++) {
        const { end, list, seen } = yield* withFaults(Fault.cutAfterEvents(n))(turn)
        assert.strictEqual(end, "StreamInterrupted")
        assert.deepStrictEqual(seen, list.slice(0, n))
      }
      const { end, list, seen } = yield* withFaults(Fault.cutAfterEvents(11))(turn)
      assert.strictEqual(end, "end")
      assert.deepStrictEqual(seen, list)
    }))

  it.scoped("is cut properly if that is wanted", () =>
    Effect.gen(function*() {
      const { end, list, seen } = yield* turn
      assert.strictEqual(end, "end")
      assert.deepStrictEqual(seen, list.slice(0, 4))
    }).pipe(withFaults(Fault.cutAfterEvents(4, { clean: true }))))

  it.scoped("releases the simulator's end when it is cut", () =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      const simulator = yield* Simulator
      const reading = yield* Effect.forkScoped(read(yield* events.open(id)))
      yield* send
      yield* Fiber.join(reading)
      assert.strictEqual(yield* simulator.openStreams(), 0)
    }).pipe(withFaults(Fault.cutAfterEvents(2))))

  it.scoped("is cut after any number of bytes", () =>
    Effect.gen(function*() {
      const { list } = yield* withFaults()(turn)
      const encoder = new TextEncoder()
      const frames = list.map((event) =>
        encoder.encode(`event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`).length
      )
      const [one = 0, two = 0] = frames
      for (const [bytes, events] of [[0, 0], [one - 1, 0], [one, 1], [one + two - 1, 1], [one + two, 2]] as const) {
        const { end, list, seen } = yield* withFaults(Fault.cutAfterBytes(bytes))(turn)
        assert.strictEqual(end, "StreamInterrupted")
        assert.deepStrictEqual(seen, list.slice(0, events))
      }
    }))

  it.scoped("stalls: nothing comes any more, not even a heartbeat or the end", () =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      const simulator = yield* Simulator
      const live = yield* events.open(id)
      const seen: Array<unknown> = []
      const reading = yield* Effect.forkScoped(Stream.runForEach(live, (event) => Effect.sync(() => seen.push(event))))
      yield* send
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual(seen.length, 3)
      yield* simulator.closeStreams()
      yield* settle
      assert.isTrue((yield* Fiber.poll(reading))._tag === "None")
      // one that has not heard yet that there is nothing more
      const another = yield* Effect.forkScoped(Stream.runDrain(yield* events.open(id)))
      yield* settle
      yield* simulator.reset
      yield* Fiber.join(reading)
      yield* Fiber.join(another)
    }).pipe(withFaults(Fault.stallAfterEvents(3), Fault.stallAfterEvents(0))))

  it.scoped("may die with its head, before anything has happened", () =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      for (let i = 0; i < 2; i++) {
        assert.deepStrictEqual(yield* read(yield* events.open(id)), { seen: [], end: "StreamInterrupted" })
      }
    }).pipe(withFaults(Fault.cutAfterEvents(0), Fault.cutAfterBytes(0))))

  it.scoped("carries exactly the bytes that it should", () =>
    Effect.gen(function*() {
      const plain = yield* bytesOf()
      const text = (chunks: ReadonlyArray<string>) => chunks.join("")
      const frame = ": a comment\r\n\r\n"

      const repeated = yield* bytesOf([Fault.repeatEvent(2)])
      assert.deepStrictEqual(repeated, [...plain.slice(0, 2), plain[1]!, ...plain.slice(2)])

      const inserted = yield* bytesOf([Fault.insert({ after_events: 0, frame })])
      assert.deepStrictEqual(inserted, [frame, ...plain])

      const all = yield* bytesOf([
        Fault.stream({ repeat_event: 2, insert: { after_events: 2, frame }, cut_after_events: 2 })
      ])
      assert.deepStrictEqual(all, [...plain.slice(0, 2), plain[1]!, frame])

      const split = yield* bytesOf([Fault.splitBytes(7)])
      assert.strictEqual(text(split), text(plain))
      // the last of a frame is what is left
      assert.strictEqual(split.length, plain.reduce((sum, frame) => sum + Math.ceil(frame.length / 7), 0))

      const both = yield* bytesOf([Fault.stream({ split_bytes: 7, cut_after_bytes: 100 })])
      assert.strictEqual(text(both), text(plain).slice(0, 100))
    }))

  for (const heartbeats of [false, true]) {
    it.scoped(`has ${heartbeats ? "heartbeats" : "nothing"} while it stalls, as is wanted`, () =>
      Effect.gen(function*() {
        const chunks = yield* bytesOf([Fault.stallAfterEvents(2, { heartbeats })], "1 minute")
        const pings = chunks.filter((chunk) => chunk.startsWith("event: ping"))
        assert.strictEqual(pings.length, heartbeats ? 4 : 0)
        assert.strictEqual(chunks.length, pings.length + 2)
      }))
  }

  it.scoped("is understood by the client in whatever chunks it comes", () =>
    Effect.gen(function*() {
      for (let n = 1; n <= 12; n++) {
        const { end, list, seen } = yield* withFaults(Fault.splitBytes(n))(turn)
        assert.strictEqual(end, "end")
        assert.deepStrictEqual(seen, list)
      }
    }))
})

describe("a request", () => {
  const statuses = (...calls: ReadonlyArray<Effect.Effect<unknown, unknown, Events.Events | Sessions.Sessions>>) =>
    Effect.gen(function*() {
      for (const call of calls) yield* Effect.exit(once(call))
      const simulator = yield* Simulator
      return (yield* simulator.ledger).map((entry) => entry.status ?? "dropped")
    })
  const retrieve = Effect.flatMap(Sessions.Sessions, (sessions) => sessions.retrieve(id))
  const open = Effect.flatMap(Events.Events, (events) => Effect.scoped(events.open(id)))

  it.scoped("meets the first fault that matches it and whose turn it is", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator
      assert.deepStrictEqual(yield* statuses(retrieve, send, retrieve, send, retrieve, send), [
        200,
        "dropped",
        500,
        501,
        500,
        502
      ])
      assert.deepStrictEqual(yield* simulator.faults, [])
    }).pipe(withFaults(
      Fault.drop("before", { match: Fault.on(Api.events.send) }),
      // counts the second request, though that is dropped
      Fault.status(501, { match: Fault.on(Api.events.send, { skip: 1 }) }),
      Fault.status(500, { match: { method: "get", path: "/v1/sessions/*", skip: 1, times: 2 } }),
      Fault.status(502, { match: { path: "**/events", skip: 2 } })
    )))

  it.scoped("is matched by a glob that knows segments", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* statuses(open, send, retrieve, retrieve), [500, 501, 502, 200])
    }).pipe(withFaults(
      Fault.status(502, { match: { path: "/v1/sessions/sesn*" } }),
      Fault.status(501, { match: { path: "/v1/sessions/*/events" } }),
      Fault.status(599, { match: { path: "/v1/sessions/*/stream" } }),
      Fault.status(500, { match: { path: "/v1/**/stream" } })
    )))

  it.scoped("meets a fault of streams only if it opens one", () =>
    Effect.gen(function*() {
      const { list, seen } = yield* turn
      assert.deepStrictEqual(seen, list.slice(0, 1))
      const simulator = yield* Simulator
      assert.deepStrictEqual((yield* simulator.ledger).map((entry) => entry.fault), [
        Fault.cutAfterEvents(1),
        undefined
      ])
    }).pipe(withFaults(Fault.cutAfterEvents(1))))

  it.scoped("may be the client's business: faults come and go while it runs", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator
      yield* simulator.addFaults([Fault.status(500, { match: { skip: 1, times: 3 } })])
      assert.deepStrictEqual(yield* statuses(retrieve, retrieve), [200, 500])
      assert.deepStrictEqual(yield* simulator.faults, [Fault.status(500, { match: { skip: 0, times: 2 } })])
      const wrong = yield* Effect.flip(simulator.addFaults([Fault.drop("after"), Fault.status(1000)]))
      assert.deepInclude(wrong, { _tag: "MalformedFault", path: "[1].do.status" })
      assert.strictEqual((yield* simulator.faults).length, 1)
      yield* simulator.clearFaults
      assert.deepStrictEqual(yield* statuses(retrieve), [200, 500, 200])
    }).pipe(withFaults()))

  it.scoped("meets the faults of the start again after a reset", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator
      assert.deepStrictEqual(yield* statuses(retrieve, retrieve), [500, 200])
      yield* simulator.addFaults([Fault.drop("before")])
      yield* simulator.reset
      assert.deepStrictEqual(yield* statuses(retrieve, retrieve), [500, 200])
    }).pipe(withFaults(Fault.status(500))))

  it.effect("cannot meet a fault that is malformed: there is no such simulator", () =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(withFaults(Fault.cutAfterEvents(-1))(Effect.void))
      assert.isTrue(Exit.isFailure(exit) && exit.cause._tag === "Die")
      assert.include(String(exit), "cut_after_events")
    }))
})

describe("a fetch", () => {
  const outcome = (promise: Promise<unknown>) =>
    Effect.promise(() =>
      promise.then(
        () => "fine",
        (error: TypeError) => `${error.name}: ${error.message}: ${(error.cause as NodeJS.ErrnoException).code}`
      )
    )

  it.scoped("fails as a real one does", () =>
    Effect.gen(function*() {
      const fetch = yield* SimulatorFetch.make
      const simulator = yield* Simulator
      const url = `http://simulator/v1/sessions/${id}/events`
      assert.strictEqual(yield* outcome(fetch(url, { headers })), "TypeError: fetch failed: ECONNRESET")
      const gateway = yield* Effect.promise(() => fetch(url, { headers }))
      assert.strictEqual(yield* Effect.promise(() => gateway.text()), "Bad Gateway")
      const stream = yield* Effect.promise(() => fetch(`${url}/stream`, { headers }))
      yield* send
      const reader = stream.body!.getReader()
      const first = yield* Effect.promise(() => reader.read())
      assert.strictEqual(first.value?.length, 5)
      const rest = async () => {
        while (!(await reader.read()).done);
      }
      assert.strictEqual(yield* outcome(rest()), "TypeError: terminated: ECONNRESET")
      assert.strictEqual(yield* simulator.openStreams(), 0)
    }).pipe(
      withFaults(
        Fault.drop("after"),
        Fault.status(502, { body: "Bad Gateway" }),
        Fault.stream({ cut_after_events: 3, split_bytes: 5 })
      )
    ))
})
