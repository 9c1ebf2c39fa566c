/** Following sessions and threads of the simulator. */
import * as CursorStore from "@effect-managed-agents/core/CursorStore"
import * as Event from "@effect-managed-agents/core/Event"
import * as Events from "@effect-managed-agents/core/Events"
import type * as Follow from "@effect-managed-agents/core/Follow"
import * as Ids from "@effect-managed-agents/core/Ids"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as Threads from "@effect-managed-agents/core/Threads"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Fault from "../src/Fault.ts"
import * as Fixtures from "../src/Fixtures.ts"
import * as Simulator from "../src/Simulator.ts"
import * as Testkit from "../src/Testkit.ts"

const create = Effect.flatMap(Sessions.Sessions, (sessions) =>
  Effect.map(
    sessions.create({ agent: Fixtures.agentId, environment_id: Fixtures.environmentId }),
    (session) => session.id
  ))

/** Follows in the background; the updates so far. */
const collect = Effect.fnUntraced(function*(updates: Stream.Stream<Follow.Update, unknown>) {
  const seen: Array<Follow.Update> = []
  const state = { seen, ended: false }
  yield* updates.pipe(
    Stream.runForEach((update) => Effect.sync(() => seen.push(update))),
    Effect.zipRight(Effect.sync(() => {
      state.ended = true
    })),
    Effect.forkScoped
  )
  return state
})

const settle = Effect.repeatN(Effect.yieldNow(), 50)

const show = (update: Follow.Update): string => {
  switch (update._tag) {
    case "Event":
      return update.state === "queued" ? `(${String(update.event.type)})` : String(update.event.type)
    case "Preview":
      return `${update.phase} ${update.blocks.join("|")}`
    case "Reconnecting":
      return `Reconnecting: ${update.error._tag}, ${update.attempt}`
    case "Ended":
      return `Ended: ${update.reason}`
    default:
      return update._tag
  }
}

describe("Events.follow", () => {
  for (const [audit, times] of [["1 minute", 1], ["10 minutes", 0]] as const) {
    it.scoped(`finds out ${times === 0 ? "as late as it is told" : "in time"} that a connection delivers nothing`, () =>
      Effect.gen(function*() {
        const events = yield* Events.Events
        const simulator = yield* Simulator.Simulator
        const id = yield* create
        const { seen } = yield* collect(events.follow(id, { audit }))
        yield* settle
        yield* events.send(id, UserEvent.message("Hello"))
        yield* TestClock.adjust("3 minutes")
        assert.lengthOf(seen.filter(({ _tag }) => _tag === "Reconnecting"), times)
        if (times > 0) {
          const delivered = seen.flatMap((update) =>
            update._tag === "Event" && update.state === "processed" ? [update.event] : []
          )
          assert.deepStrictEqual(delivered, yield* simulator.events(id))
        }
        // the list is asked less and less often while nothing happens
        const asked = Effect.map(
          simulator.ledger,
          (all) => all.filter(({ method, path }) => method === "GET" && path.endsWith("/events")).length
        )
        const before = yield* asked
        yield* TestClock.adjust("10 hours")
        assert.isBelow((yield* asked) - before, times === 0 ? 15 : 70)
      }).pipe(Effect.provide(Testkit.layer({
        faults: [Fault.stallAfterEvents(0, { heartbeats: true })],
        // seldom enough for ten hours, often enough for the client
        rules: { heartbeat: Duration.seconds(40) }
      }))))
  }

  it.scoped("delivers the history, then what is live, and ends with the session", () =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      const simulator = yield* Simulator.Simulator
      const id = yield* create
      yield* events.send(id, UserEvent.message("one"))
      const { seen } = yield* collect(events.follow(id))
      yield* settle
      const before = (yield* simulator.events(id)).map((event) => event.type)
      assert.deepStrictEqual(seen.map(show), ["Connected", ...before, "CaughtUp"])
      yield* events.send(id, UserEvent.message("two"))
      yield* simulator.closeStreams(id)
      yield* settle
      yield* TestClock.adjust("1 second")
      yield* events.send(id, UserEvent.message("three"))
      yield* settle
      const all = yield* simulator.events(id)
      assert.deepStrictEqual(seen.flatMap((update) => update._tag === "Event" ? [update.event] : []), all as never)
      const sessions = yield* Sessions.Sessions
      yield* sessions.archive(id)
      yield* settle
      assert.deepStrictEqual(seen.slice(-2).map(show), ["session.status_terminated", "Ended: archived"])
    }).pipe(Effect.provide(Testkit.layer())))

  it.scoped("from now on tells what happens after it has caught up, and what waited then when it is processed", () =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      const id = yield* create
      yield* events.send(id, UserEvent.message("one"))
      yield* TestClock.adjust("1 minute")
      yield* events.send(id, UserEvent.message("two"))
      yield* events.send(id, UserEvent.message("three"))
      const { seen } = yield* collect(events.follow(id, { from: "now" }))
      yield* settle
      assert.deepStrictEqual(seen.map(show), ["Connected", "CaughtUp"])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(seen.slice(2, 5).map(show), [
        "agent.message",
        "span.model_request_end",
        "user.message"
      ])
    }).pipe(Effect.provide(Testkit.layer({ script: { otherwise: [{ sleep: 1000 }, { say: "ok" }] } }))))

  it.scoped("keeps the delay that the service asks for, and says why and how long", () =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      const simulator = yield* Simulator.Simulator
      const id = yield* create
      yield* simulator.addFaults([
        Fault.status(529, { headers: { "retry-after": "90" }, match: streams }),
        Fault.status(503, { match: streams })
      ])
      const { seen } = yield* collect(events.follow(id))
      yield* settle
      assert.deepStrictEqual(seen.map(show), ["Reconnecting: Overloaded, 1"])
      yield* TestClock.adjust("89 seconds")
      assert.strictEqual(seen.length, 1)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(seen.slice(1).map(show), ["Reconnecting: ServerError, 2"])
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(seen.slice(2).map(show), ["Connected", "CaughtUp"])
    }).pipe(Effect.provide(Testkit.layer())))

  it.scoped("does not take a quiet session for a dead connection", () =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      const id = yield* create
      const { seen } = yield* collect(events.follow(id))
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(seen.map(show), ["Connected", "CaughtUp"])
    }).pipe(Effect.provide(Testkit.layer())))

  it.scoped.each(["archive", "delete"] as const)("ends when it hears late of: %s", (what) =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      const sessions = yield* Sessions.Sessions
      const simulator = yield* Simulator.Simulator
      const id = yield* create
      yield* events.send(id, UserEvent.message("one"))
      const { seen } = yield* collect(events.follow(id))
      yield* settle
      yield* simulator.addFaults([Fault.status(503, { match: { ...streams, times: 3 } })])
      yield* simulator.closeStreams(id)
      yield* events.send(id, UserEvent.message("two"))
      const all = (yield* simulator.events(id)).length
      yield* sessions[what](id)
      yield* TestClock.adjust("1 minute")
      const delivered = seen.filter((update) => update._tag === "Event").length
      if (what === "archive") {
        assert.strictEqual(delivered, all)
        assert.strictEqual(show(seen.at(-1)!), "Ended: archived")
      } else {
        // what happened in between is gone with the session
        assert.deepStrictEqual(seen.slice(-2).map(show), ["Gap", "Ended: deleted"])
      }
    }).pipe(Effect.provide(Testkit.layer())))

  it.effect("fails with what cannot be mended", () =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      const error = yield* Effect.flip(Stream.runDrain(events.follow(Ids.SessionId.make("sesn_unknown"))))
      assert.strictEqual(error._tag, "NotFound")
      const invalid = yield* Effect.flip(
        Stream.runDrain(events.follow(Fixtures.sessionId, { remember: 0, maxSilence: "-1 seconds" as never }))
      )
      assert.strictEqual(invalid._tag, "InvalidParams")
    }).pipe(Effect.provide(Testkit.layer())))

  it.scoped("is left without a trace, and the session is not", () =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      const sessions = yield* Sessions.Sessions
      const simulator = yield* Simulator.Simulator
      const id = yield* create
      yield* events.send(id, UserEvent.message("one"))
      const fiber = yield* Effect.fork(Stream.runDrain(events.follow(id)))
      yield* settle
      assert.strictEqual(yield* simulator.openStreams(id), 1)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(yield* simulator.openStreams(id), 0)
      assert.strictEqual((yield* sessions.retrieve(id)).status, "running")
    }).pipe(Effect.provide(Testkit.layer({ script: { otherwise: [{ sleep: 60_000 }] } }))))
})

const streams: Fault.Match = { path: "/v1/sessions/*/events/stream" }

const team: Testkit.Options = {
  fixtures: Fixtures.docs,
  agents: {
    agent_researcher: {
      agent: {
        name: "Researcher",
        tools: [{ type: "custom", name: "search", description: "", input_schema: { type: "object" } }]
      },
      script: { otherwise: [{ say: "Looking." }, { custom_tool: { name: "search" } }, { say: "Found {{result}}." }] }
    },
    agent_lead: {
      agent: {
        name: "Lead",
        multiagent: { type: "coordinator" as const, agents: ["agent_researcher"] }
      },
      script: {
        otherwise: [
          { delegate: { agent: "Researcher", message: "bees" } },
          { delegate: { agent: "Researcher", message: "wasps" } },
          { say: "Both." }
        ]
      }
    }
  }
}

describe("Threads.followAll", () => {
  const run = (faults: Fault.Plan) =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      const threads = yield* Threads.Threads
      const sessions = yield* Sessions.Sessions
      const simulator = yield* Simulator.Simulator
      const session = yield* sessions.create({
        agent: Ids.AgentId.make("agent_lead"),
        environment_id: Fixtures.environmentId
      })
      yield* simulator.addFaults(faults)
      const seen: Array<Follow.Threaded> = []
      yield* threads.followAll(session.id).pipe(
        Stream.runForEach((update) => Effect.sync(() => seen.push(update))),
        Effect.forkScoped
      )
      yield* events.send(session.id, UserEvent.message("Go"))
      yield* TestClock.adjust("3 minutes")
      for (const event of yield* simulator.events(session.id)) {
        if (event.type === "agent.custom_tool_use") {
          yield* events.send(session.id, UserEvent.customToolResult(Ids.EventId.make(event.id), "it"))
        }
      }
      yield* TestClock.adjust("3 minutes")
      const of = (threadId: Ids.ThreadId | null) =>
        seen.flatMap(({ threadId: id, update }) => id === threadId && update._tag === "Event" ? [update.event] : [])
      const [, ...children] = Chunk.toReadonlyArray(yield* Stream.runCollect(threads.list(session.id)))
      assert.strictEqual(children.length, 2)
      for (const child of children) {
        const own = yield* Stream.runCollect(threads.listEvents(session.id, child.id))
        assert.deepStrictEqual(of(child.id), Chunk.toReadonlyArray(own))
        assert.include(of(child.id).map((event) => event.type), "agent.custom_tool_use")
      }
      // of the children only that they were created is told as the session's
      const ids = new Set<unknown>(children.map((child) => child.id))
      const all = yield* simulator.events(session.id)
      assert.deepStrictEqual(
        of(null),
        all.filter((event) =>
          event.type === "session.thread_created" || !("session_thread_id" in event) ||
          !ids.has(event.session_thread_id)
        ) as never
      )
      yield* sessions.archive(session.id)
      yield* TestClock.adjust("1 minute")
      const ends = seen.filter(({ update }) => update._tag === "Ended")
      assert.strictEqual(ends.length, 3)
      assert.strictEqual(yield* simulator.openStreams(session.id), 0)
    }).pipe(Effect.provide(Testkit.layer(team)))

  it.scoped("tells each event of each thread once", () => run([]))

  it.scoped.each([1, 3, 5, 8, 13])(
    "also when every stream breaks off after %s events",
    (events) => run([Fault.cutAfterEvents(events, { match: { path: "/v1/sessions/**/stream", times: 6 } })])
  )
})

describe("CursorStore.followAll", () => {
  /** A session in which two sub-agents work. Each call of theirs is answered when `live` has run once more. */
  const working = Effect.gen(function*() {
    const events = yield* Events.Events
    const sessions = yield* Sessions.Sessions
    const simulator = yield* Simulator.Simulator
    const { id } = yield* sessions.create({
      agent: Ids.AgentId.make("agent_lead"),
      environment_id: Fixtures.environmentId
    })
    yield* events.send(id, UserEvent.message("Go"))
    const answered = new Set<string>()
    const answer = Effect.gen(function*() {
      yield* TestClock.adjust("3 minutes")
      for (const event of yield* simulator.events(id)) {
        if (event.type !== "agent.custom_tool_use" || answered.has(event.id)) continue
        answered.add(event.id)
        yield* events.send(id, UserEvent.customToolResult(Ids.EventId.make(event.id), "it"))
      }
      yield* TestClock.adjust("3 minutes")
    })
    return { id, answer }
  })

  /** A life of a consumer: handles so many events, and dies with the next in hand. */
  const live = (id: Ids.SessionId, key: string, count: number, from: "start" | "now" = "start") =>
    Effect.gen(function*() {
      const threads = yield* Threads.Threads
      const handled: Array<string> = []
      const fiber = yield* CursorStore.followAll(key, (cursor) => threads.followAll(id, { from: cursor ?? from })).pipe(
        Stream.runForEach(({ acknowledge, threadId, update }) => {
          if (update._tag !== "Event" || update.state !== "processed") return Effect.void
          if (handled.length === count) return Effect.never
          handled.push(`${threadId} ${Event.idOf(update.event) || Event.processedAtOf(update.event)}`)
          return acknowledge
        }),
        Effect.fork
      )
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.interrupt(fiber)
      return handled
    })

  // an interrupt may be given as that of the session or of the thread
  const idsOf = (lines: ReadonlyArray<string>) => lines.map((line) => line.split(" ")[1]).toSorted()

  it.effect("gives each event of each thread once, wherever a consumer dies", () =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      const threads = yield* Threads.Threads
      const { answer, id } = yield* working
      yield* TestClock.adjust("1 minute")
      // one is interrupted, which is on its stream and that of the session
      const [, child] = Chunk.toReadonlyArray(yield* Stream.runCollect(threads.list(id)))
      yield* events.send(id, UserEvent.interrupt(child!.id))
      yield* answer
      const all = yield* live(id, "whole", Infinity)
      assert.isAbove(all.length, 20)
      assert.strictEqual(new Set(idsOf(all)).size, all.length)
      assert.strictEqual(new Set(all.map((line) => line.split(" ")[0])).size, 3)
      for (let cut = 0; cut <= all.length; cut += 2) {
        const first = yield* live(id, `cut ${cut}`, cut)
        const second = yield* live(id, `cut ${cut}`, Infinity)
        assert.strictEqual(first.length, cut)
        assert.deepStrictEqual(idsOf([...first, ...second]), idsOf(all), `cut after ${cut}`)
      }
    }).pipe(Effect.provide([Testkit.layer(team), CursorStore.layerMemory])))

  it.effect("goes on with threads that are created while nobody is there", () =>
    Effect.gen(function*() {
      const { answer, id } = yield* working
      const handled: Array<string> = []
      for (const count of [1, 2, 3, 5, 1, 8]) handled.push(...yield* live(id, "reader", count))
      yield* answer
      for (const count of [4, Infinity, Infinity]) handled.push(...yield* live(id, "reader", count))
      const all = yield* live(id, "whole", Infinity)
      assert.deepStrictEqual(handled.toSorted(), all.toSorted())
      // each thread in its own order
      for (const thread of new Set(all.map((line) => line.split(" ")[0]))) {
        const of = (lines: ReadonlyArray<string>) => lines.filter((line) => line.startsWith(`${thread} `))
        assert.deepStrictEqual(of(handled), of(all))
      }
    }).pipe(Effect.provide([Testkit.layer(team), CursorStore.layerMemory])))

  it.effect("that begins now goes on with what came after that, also before anything was acknowledged", () =>
    Effect.gen(function*() {
      const { answer, id } = yield* working
      yield* TestClock.adjust("3 minutes")
      assert.deepStrictEqual(yield* live(id, "reader", 0, "now"), [])
      yield* answer
      const all = yield* live(id, "whole", Infinity)
      const handled = yield* live(id, "reader", Infinity)
      assert.isAbove(handled.length, 5)
      assert.isBelow(handled.length, all.length)
      assert.includeMembers(all, handled)
    }).pipe(Effect.provide([Testkit.layer(team), CursorStore.layerMemory])))
})
