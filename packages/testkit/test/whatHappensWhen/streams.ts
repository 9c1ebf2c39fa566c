/** The rows of `docs/what-happens-when.md` about streams. */
import type { ApiError } from "@effect-managed-agents/core/ApiError"
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as Event from "@effect-managed-agents/core/Event"
import * as Events from "@effect-managed-agents/core/Events"
import * as Follow from "@effect-managed-agents/core/Follow"
import type { SessionId } from "@effect-managed-agents/core/Ids"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../../src/AgentScript.ts"
import * as Fault from "../../src/Fault.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as SimulatorHttpClient from "../../src/SimulatorHttpClient.ts"
import { agentThat, create, inTime } from "../utils/conversation.ts"
import { says, section } from "../utils/page.ts"
import { settle } from "../utils/wire.ts"

/** Reads in the background: what came so far, and how it ended if it has. */
const reading = Effect.fnUntraced(function*<A>(self: Stream.Stream<A, ApiError>) {
  const seen: Array<A> = []
  const state: { readonly seen: ReadonlyArray<A>; exit?: Exit.Exit<void, ApiError> } = { seen }
  yield* Stream.runForEach(self, (one) => Effect.sync(() => seen.push(one))).pipe(
    Effect.exit,
    Effect.map((exit) => state.exit = exit),
    Effect.forkScoped
  )
  yield* settle
  return state
})

type Reading<A> = Effect.Effect.Success<ReturnType<typeof reading<A>>>

const errorOf = ({ exit }: Reading<unknown>): string =>
  exit === undefined
    ? "goes on"
    : Exit.match(exit, {
      onSuccess: () => "ended",
      onFailure: (cause) => cause._tag === "Fail" ? cause.error._tag : cause._tag
    })

type StreamOptions = NonNullable<Parameters<Events.Service["stream"]>[2]>

/** A session with a plain stream and a follower, each of which meets its own copy of the faults. */
const watched = (
  faults: Fault.Plan,
  script: ReadonlyArray<AgentScript.Step>,
  test: (one: {
    readonly id: SessionId
    readonly plain: Reading<Event.StreamEvent>
    readonly follower: Reading<Follow.Update>
    /** All that happened. */
    readonly all: Effect.Effect<ReadonlyArray<Event.Event>, Simulator.Refused, Simulator.Simulator>
  }) => Effect.Effect<unknown, unknown, Events.Events | Sessions.Sessions | Simulator.Simulator>,
  { options, previews }: {
    readonly options?: StreamOptions
    readonly previews?: ReadonlyArray<Event.DeltaType>
  } = {}
) =>
  Effect.gen(function*() {
    const events = yield* Events.Events
    const id = yield* create
    const params = previews === undefined ? {} : { event_deltas: previews }
    const plain = yield* reading<Event.StreamEvent>(events.stream(id, params, options))
    const follower = yield* reading(events.follow(id, { previews }))
    const all = Effect.flatMap(
      Simulator.Simulator,
      (simulator) => simulator.events(id) as Effect.Effect<ReadonlyArray<Event.Event>, Simulator.Refused>
    )
    yield* test({ id, plain, follower, all })
  }).pipe(
    Effect.scoped,
    Effect.provide(agentThat([script, script], { faults: faults.flatMap((fault) => [fault, fault]) }))
  )

const say = (id: SessionId) => Effect.flatMap(Events.Events, (events) => events.send(id, UserEvent.message("Hello")))

const delivered = ({ seen }: Reading<Follow.Update>) =>
  seen.flatMap((update) => update._tag === "Event" && update.state === "processed" ? [update.event] : [])

const reconnecting = ({ seen }: Reading<Follow.Update>) =>
  seen.flatMap((update) => update._tag === "Reconnecting" ? [update] : [])

const quick = [AgentScript.say("Hi")]
const streams = { method: "GET", path: "/v1/sessions/*/events/stream" }

/** A client of the simulator whose events may not be larger than this. */
const withSmallEvents = ManagedAgents.layer.pipe(
  Layer.provide(SimulatorHttpClient.layer),
  Layer.provide(Layer.orDie(
    ClientConfig.layer({ baseUrl: "http://simulator", apiKey: Redacted.make("test"), maxEventSize: 2000 })
  ))
)

section("A stream", {
  "the connection breaks": ([plainClaim, followClaim]) =>
    watched([Fault.cutAfterEvents(3)], quick, ({ all, follower, id, plain }) =>
      Effect.gen(function*() {
        yield* say(id)
        yield* TestClock.adjust("10 seconds")
        says(plainClaim, errorOf(plain))
        says(followClaim, reconnecting(follower)[0]?._tag ?? "nothing")
        assert.lengthOf(plain.seen, 3)
        assert.deepStrictEqual(delivered(follower), yield* all)
        assert.isTrue(Exit.isSuccess(yield* Effect.exit(inTime(Conversation.turn(id, "Again")))))
      })),

  "the service ends it": () =>
    watched([], quick, ({ all, follower, id, plain }) =>
      Effect.gen(function*() {
        const simulator = yield* Simulator.Simulator
        yield* simulator.closeStreams(id)
        yield* settle
        assert.strictEqual(errorOf(plain), "ended")
        assert.lengthOf(reconnecting(follower), 1)
        yield* say(id)
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(delivered(follower), yield* all)
        const sessions = yield* Sessions.Sessions
        yield* sessions.archive(id)
        yield* TestClock.adjust("10 seconds")
        assert.deepInclude(follower.seen.at(-1), { _tag: "Ended", reason: "archived" })
        assert.strictEqual(errorOf(follower), "ended")
        assert.lengthOf(reconnecting(follower), 1)
      })),

  "it is silent for longer than `maxSilence`": ([plainClaim]) => {
    const silent = (options: StreamOptions) =>
      watched([Fault.stallAfterEvents(2)], quick, ({ all, follower, id, plain }) =>
        Effect.gen(function*() {
          yield* say(id)
          yield* TestClock.adjust("2 minutes")
          if (options.maxSilence === undefined) assert.strictEqual(errorOf(plain), "goes on")
          else says(plainClaim, errorOf(plain))
          assert.deepStrictEqual(reconnecting(follower).map(({ error }) => error._tag), ["StreamStalled"])
          assert.deepStrictEqual(delivered(follower), yield* all)
        }), { options })
    return Effect.zipRight(silent({}), silent({ maxSilence: "30 seconds" }))
  },

  "heartbeats come and nothing else, for ever": ([, followClaim]) =>
    Effect.zipRight(
      watched([Fault.stallAfterEvents(0, { heartbeats: true })], quick, ({ all, follower, id, plain }) =>
        Effect.gen(function*() {
          yield* say(id)
          yield* TestClock.adjust("1 hour")
          assert.deepStrictEqual([plain.seen, errorOf(plain)], [[], "goes on"])
          says(followClaim, "Reconnecting")
          assert.deepStrictEqual(
            reconnecting(follower).map(({ error }) =>
              error._tag
            ),
            ["StreamStalled"]
          )
          assert.deepStrictEqual(delivered(follower), yield* all)
        }), { options: { maxSilence: "1 minute" } }),
      Effect.gen(function*() {
        const id = yield* create
        const outcome = yield* inTime(Conversation.turn(id, "Hello"))
        assert.deepInclude(outcome, { _tag: "EndTurn", reply: "Hi" })
        const simulator = yield* Simulator.Simulator
        const opened = (yield* simulator.ledger).filter(({ path }) =>
          path.endsWith("/stream")
        )
        assert.lengthOf(opened, 2)
      }).pipe(Effect.provide(agentThat([quick], { faults: [Fault.stallAfterEvents(2, { heartbeats: true })] })))
    ),

  "reconnecting meets 5xx, 429 or no network": ([, followClaim]) =>
    Effect.gen(function*() {
      says(followClaim, "Reconnecting")
      const events = yield* Events.Events
      const id = yield* create
      const faults = [Fault.status(503), Fault.status(429, { headers: { "retry-after": "30" } }), Fault.drop("before")]
      const plan = Array.from({ length: 10 }, () => faults).flat()
      const simulator = yield* Simulator.Simulator
      const forEver = yield* reading(events.follow(id))
      const thrice = yield* reading(events.follow(id, { reconnect: Schedule.recurs(3) }))
      yield* simulator.addFaults(plan.map((fault) => ({ ...fault, match: { ...streams, times: 2 } })))
      yield* simulator.closeStreams(id)
      yield* TestClock.adjust("30 minutes")
      const tries = reconnecting(forEver)
      assert.deepStrictEqual(tries.map(({ attempt }) => attempt), tries.map((_, i) => i + 1))
      assert.isAbove(tries.length, 20)
      assert.includeMembers(tries.map(({ error }) => error._tag), ["ServerError", "RateLimited", "TransportError"])
      for (const { delay, error } of tries) {
        if (error._tag === "RateLimited") assert.strictEqual(Duration.toSeconds(delay), 30)
        assert.isAbove(Duration.toMillis(delay), 0)
      }
      assert.strictEqual(forEver.seen.at(-1)?._tag, "CaughtUp")
      assert.lengthOf(reconnecting(thrice), 3)
      assert.notInclude(["goes on", "ended"], errorOf(thrice))
    }).pipe(Effect.scoped, Effect.provide(agentThat([]))),

  "reconnecting meets 401 or 403": () =>
    Effect.forEach(
      [[401, "Unauthorized"], [403, "Forbidden"]] as const,
      ([status, tag]) =>
        watched([], quick, ({ follower, id }) =>
          Effect.gen(function*() {
            const simulator = yield* Simulator.Simulator
            yield* simulator.addFaults([Fault.status(status, { match: streams })])
            yield* simulator.closeStreams(id)
            yield* TestClock.adjust("10 seconds")
            assert.strictEqual(errorOf(follower), tag)
          }))
    ),

  "reconnecting meets a 404 that is not the API's": () =>
    watched([], quick, ({ follower, id }) =>
      Effect.gen(function*() {
        const simulator = yield* Simulator.Simulator
        yield* simulator.addFaults([{ match: { ...streams, times: 1 }, do: { status: 404, body: "<html>" } }])
        yield* simulator.closeStreams(id)
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual(errorOf(follower), "goes on")
        assert.isAbove(reconnecting(follower).length, 0)
      })),

  "reconnecting meets a page, or a redirect": ([, followClaim]) =>
    watched([], quick, ({ follower, id }) =>
      Effect.gen(function*() {
        says(followClaim, "Reconnecting")
        const simulator = yield* Simulator.Simulator
        yield* simulator.addFaults([
          { match: { ...streams, times: 2 }, do: { status: 200, body: "<html>" } },
          { match: { ...streams, times: 2 }, do: { status: 302, headers: { location: "https://elsewhere.example" } } }
        ])
        yield* simulator.closeStreams(id)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(errorOf(follower), "goes on")
        assert.includeMembers(reconnecting(follower).map(({ error }) => error._tag), [
          "MalformedResponse",
          "UnexpectedStatus"
        ])
        assert.strictEqual(follower.seen.at(-1)?._tag, "CaughtUp")
      })),

  "reconnecting meets 429 for an hour": ([, followClaim]) =>
    watched([], quick, ({ follower, id }) =>
      Effect.gen(function*() {
        says(followClaim, "Reconnecting")
        const simulator = yield* Simulator.Simulator
        yield* simulator.addFaults([
          { match: { ...streams, times: 1 }, do: { status: 429, headers: { "retry-after": "3600" } } }
        ])
        yield* simulator.closeStreams(id)
        yield* TestClock.adjust("6 minutes")
        const limited = reconnecting(follower).filter(({ error }) => error._tag === "RateLimited")
        assert.deepStrictEqual(limited.map(({ delay }) => Duration.toMinutes(delay)), [5])
        assert.strictEqual(follower.seen.at(-1)?._tag, "CaughtUp")
      })),

  "an event comes twice": () =>
    watched([Fault.repeatEvent(2)], quick, ({ all, follower, id, plain }) =>
      Effect.gen(function*() {
        yield* say(id)
        yield* TestClock.adjust("1 second")
        const happened = yield* all
        assert.deepStrictEqual(plain.seen, [...happened.slice(0, 2), ...happened.slice(1)])
        assert.deepStrictEqual(delivered(follower), happened)
      })),

  "an event of an unknown type comes": ([, followClaim]) =>
    watched([], quick, ({ follower, id, plain }) =>
      Effect.gen(function*() {
        says(followClaim, "Unknown")
        const simulator = yield* Simulator.Simulator
        yield* simulator.emit(id, { type: "session.mood", mood: "good" }, { persist: true })
        yield* settle
        for (const events of [plain.seen, delivered(follower)]) {
          const unknown = events.filter(Event.isUnknown)
          assert.deepStrictEqual(unknown.map((event) => [String(event.type), event["mood"]]), [[
            "session.mood",
            "good"
          ]])
        }
      })),

  "an event of a known type has a wrong body": ([plainClaim, followClaim]) =>
    watched([], quick, ({ follower, id, plain }) =>
      Effect.gen(function*() {
        const simulator = yield* Simulator.Simulator
        yield* simulator.emit(id, { type: "agent.message", content: "no list" })
        yield* TestClock.adjust("10 seconds")
        says(plainClaim, errorOf(plain))
        says(followClaim, errorOf(follower))
      })),

  "an event is larger than `maxEventSize`": () =>
    watched([], quick, ({ id }) =>
      Effect.gen(function*() {
        const events = yield* Events.Events
        const plain = yield* reading<Event.StreamEvent>(events.stream(id))
        const follower = yield* reading(events.follow(id))
        const simulator = yield* Simulator.Simulator
        yield* simulator.emit(id, { type: "session.poem", text: "x".repeat(1000) })
        yield* settle
        assert.deepStrictEqual([errorOf(plain), errorOf(follower)], ["goes on", "goes on"])
        yield* simulator.emit(id, { type: "session.poem", text: "x".repeat(2000) })
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual([errorOf(plain), errorOf(follower)], ["MalformedResponse", "MalformedResponse"])
      }).pipe(Effect.scoped, Effect.provide(withSmallEvents))),

  "a preview is cut off": ([, followClaim]) => {
    const previews = ["agent.message"] as const
    const long = AgentScript.say("The quick brown fox jumps over the lazy dog. ".repeat(20))
    return watched([Fault.cutAfterEvents(7)], [long], ({ all, follower, id, plain }) =>
      Effect.gen(function*() {
        yield* say(id)
        yield* TestClock.adjust("10 seconds")
        const last = plain.seen.at(-1)
        assert.strictEqual(String(last?.type), "event_delta")
        const phases = follower.seen.flatMap((update) => update._tag === "Preview" ? [update.phase] : [])
        assert.strictEqual(phases[0], "opened")
        assert.strictEqual(phases.at(-1), "abandoned")
        says(followClaim, "abandoned")
        assert.deepStrictEqual(delivered(follower), yield* all)
        assert.include(delivered(follower).map(({ type }) => type), "agent.message")
      }), { previews })
  },

  "the reader is slow": ([, followClaim]) => {
    let sent = 0
    const frame = (n: number) =>
      `data: {"type":"span.model_request_start","id":"sevt_${n}","processed_at":"2026-03-15T10:00:00Z"}\n\n`
    const network = HttpClient.make((request) => {
      const isStream = request.url.endsWith("/stream")
      const body = new ReadableStream<Uint8Array>({
        // many more than are read, and yet an end
        pull: (controller) =>
          sent < 5000 ? controller.enqueue(new TextEncoder().encode(frame(sent++))) : controller.close()
      }, { highWaterMark: 0 })
      const answer = isStream
        ? new Response(body, { headers: { "content-type": "text/event-stream" } })
        : new Response(`{"data":[],"next_page":null}`, { headers: { "content-type": "application/json" } })
      return Effect.succeed(HttpClientResponse.fromWeb(request, answer))
    })
    const client = ManagedAgents.layer.pipe(
      Layer.provide(Layer.succeed(HttpClient.HttpClient, network)),
      Layer.provide(Layer.orDie(ClientConfig.layer({ baseUrl: "http://nowhere", apiKey: Redacted.make("test") })))
    )
    const id = "sesn_1" as SessionId
    /** How much is sent to a reader that stops after so many. */
    const slowly = <A>(self: Stream.Stream<A, ApiError>, count: number) =>
      Effect.gen(function*() {
        sent = 0
        let read = 0
        yield* Effect.fork(Stream.runForEach(self, () => ++read < count ? Effect.void : Effect.never))
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        yield* Effect.repeatN(Effect.yieldNow(), 1000)
        assert.strictEqual(read, count)
        assert.isBelow(sent, count + 50)
      }).pipe(Effect.scoped)
    return Effect.gen(function*() {
      says(followClaim, "Follow.broadcast")
      const events = yield* Events.Events
      yield* slowly(events.stream(id), 100)
      yield* slowly(events.follow(id, { from: "now" }), 100)
      const [fast, slow] = yield* Stream.take(events.follow(id, { from: "now" }), 1000).pipe(
        Follow.broadcast(2, { capacity: 10, strategy: "sliding" })
      )
      const first = yield* Effect.fork(Stream.runCount(fast))
      const seen = Chunk.toReadonlyArray(
        yield* Stream.runCollect(Stream.tap(slow, () => first.await))
      )
      assert.isTrue(seen.some((update) => update._tag === "Gap" && update.reason === "overflow"))
    }).pipe(Effect.scoped, Effect.provide(client))
  },

  "the session is deleted meanwhile": ([plainClaim, followClaim]) =>
    Effect.gen(function*() {
      says(plainClaim, "session.deleted")
      says(followClaim, "Ended")
      says(followClaim, "Gap")
      const remove = (id: SessionId) => Effect.flatMap(Sessions.Sessions, (sessions) => sessions.delete(id))
      const endOf = ({ seen }: Reading<Follow.Update>) =>
        seen.slice(-2).map((update) => "reason" in update ? `${update._tag} ${update.reason}` : update._tag)
      yield* watched([], quick, ({ follower, id, plain }) =>
        Effect.gen(function*() {
          yield* remove(id)
          yield* TestClock.adjust("1 second")
          assert.strictEqual(plain.seen.at(-1)?.type, "session.deleted")
          assert.deepStrictEqual([errorOf(plain), errorOf(follower)], ["ended", "ended"])
          assert.deepStrictEqual(endOf(follower), ["Event", "Ended deleted"])
        }))
      yield* watched([], quick, ({ follower, id }) =>
        Effect.gen(function*() {
          const simulator = yield* Simulator.Simulator
          yield* simulator.closeStreams(id)
          yield* remove(id)
          yield* TestClock.adjust("10 seconds")
          assert.deepStrictEqual(endOf(follower), ["Gap deleted", "Ended deleted"])
        }))
    })
})
