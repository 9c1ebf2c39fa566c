/** Sessions that live in a scope. */
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import type * as Session from "@effect-managed-agents/core/Session"
import * as SessionLifecycle from "@effect-managed-agents/core/SessionLifecycle"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../src/AgentScript.ts"
import * as Fault from "../src/Fault.ts"
import * as Ledger from "../src/Ledger.ts"
import * as Simulator from "../src/Simulator.ts"
import { agentThat, inTime, params } from "./utils/conversation.ts"
import { traced } from "./utils/telemetry.ts"

const busy = [[AgentScript.sleep("1 hour")]]
const quick = [[AgentScript.say("Hi")]]

/** Uses a session in a scope, and tells what became of it. */
const use = <A, E, R>(
  body: (session: SessionLifecycle.ScopedSession) => Effect.Effect<A, E, R>,
  options?: SessionLifecycle.ScopedOptions
) =>
  Effect.gen(function*() {
    const exit = yield* SessionLifecycle.scoped(params, options).pipe(
      Effect.flatMap(body),
      Effect.scoped,
      Effect.exit,
      inTime
    )
    return { exit, left: yield* left }
  })

/** The sessions that there are. */
const left = Effect.flatMap(
  Simulator.Simulator,
  (simulator) =>
    Effect.map(
      simulator.sessions,
      (sessions) => sessions.map(({ archived_at, status }) => archived_at === null ? status : "archived")
    )
)

const start = (session: Session.Session) => Conversation.turn(session.id, "Hello")

/** Starts something that takes an hour, and goes away. */
const leave = (session: Session.Session) => Effect.timeout(start(session), "1 second")

describe("a session in a scope", () => {
  it.effect("is archived with it", () =>
    Effect.gen(function*() {
      const { exit, left } = yield* use(start)
      assert.isTrue(Exit.isSuccess(exit))
      assert.deepStrictEqual(left, ["archived"])
      yield* Ledger.assertAll
    }).pipe(Effect.provide(agentThat(quick))))

  it.effect("or deleted", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* use(start, { by: "delete" })).left, [])
      assert.deepStrictEqual((yield* use(leave, { by: "delete" })).left, [])
    }).pipe(Effect.provide(agentThat([...quick, ...busy]))))

  it.effect("is interrupted if it runs, also though it reads as running for a while", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* use(leave)).left, ["archived"])
      yield* Ledger.assertAll
    }).pipe(Effect.provide(agentThat(busy, { rules: { idleLag: Duration.seconds(2) } }))))

  it.effect("is interrupted again if what was queued starts another turn", () =>
    Effect.gen(function*() {
      const { left } = yield* use(({ id }) =>
        Effect.gen(function*() {
          yield* Effect.fork(Conversation.turn(id, "one"))
          yield* Effect.sleep("1 second")
          yield* Effect.fork(Conversation.turn(id, "two"))
          yield* Effect.sleep("1 second")
        })
      )
      assert.deepStrictEqual(left, ["archived"])
    }).pipe(Effect.provide(agentThat([...busy, ...busy]))))

  it.effect("is archived after a failure, a defect and an interruption", () =>
    Effect.gen(function*() {
      yield* use((session) => Effect.zipRight(leave(session), Effect.fail("no")))
      yield* use((session) => Effect.zipRight(Effect.ignore(leave(session)), Effect.die("no")))
      const fiber = yield* Effect.fork(Effect.scoped(Effect.flatMap(SessionLifecycle.scoped(params), start)))
      yield* TestClock.adjust("1 second")
      yield* inTime(Fiber.interrupt(fiber))
      assert.deepStrictEqual(yield* left, ["archived", "archived", "archived"])
    }).pipe(Effect.provide(agentThat([]))))

  it.effect("stays as it is if it is detached", () =>
    Effect.gen(function*() {
      const { left } = yield* use((session) => Effect.zipRight(Effect.ignore(leave(session)), session.detach))
      assert.deepStrictEqual(left, ["running"])
    }).pipe(Effect.provide(agentThat(busy))))

  it.effect("may be gone, or archived by somebody else", () =>
    Effect.gen(function*() {
      const sessions = yield* Sessions.Sessions
      assert.isTrue(Exit.isSuccess((yield* use(({ id }) => sessions.delete(id))).exit))
      assert.isTrue(Exit.isSuccess((yield* use(({ id }) => sessions.archive(id))).exit))
    }).pipe(Effect.provide(agentThat([]))))

  it.effect("is retired although answers are lost", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* use(leave)).left, ["archived"])
    }).pipe(Effect.provide(agentThat(busy, {
      faults: [
        Fault.status(500, { match: { method: "GET", path: "/v1/sessions/*", times: 3 } }),
        Fault.drop("after", { match: { method: "POST", path: "/v1/sessions/*/archive", times: 1 } }),
        Fault.drop("before", { match: { method: "POST", path: "/v1/sessions/*/events", skip: 1, times: 1 } })
      ]
    }))))

  it.effect("is given up after some time, which is logged, and never hangs", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => void lines.push(String(message)))
      const { exit } = yield* use(() => Effect.void, { timeout: "5 seconds" }).pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      assert.isTrue(Exit.isSuccess(exit))
      assert.isTrue(lines.some((line) => line.includes("could not be retired")))
    }).pipe(Effect.provide(agentThat([], {
      faults: [Fault.delay("1 hour", { match: { method: "POST", path: "/v1/sessions/*/archive" } })]
    }))))

  it.effect("that is created with something to do is retired as well", () =>
    Effect.gen(function*() {
      const create = { ...params as object, initial_events: [UserEvent.message("Hello")] } as never
      const fiber = yield* Effect.fork(Effect.scoped(SessionLifecycle.scoped(create)))
      yield* Fiber.interruptFork(fiber)
      yield* inTime(Fiber.await(fiber))
      assert.deepStrictEqual(yield* left, ["archived"])
    }).pipe(Effect.provide(agentThat(busy))))
})

describe("retire", () => {
  it.effect("fails with what the service refuses it with in the end", () =>
    Effect.gen(function*() {
      const sessions = yield* Sessions.Sessions
      const { id } = yield* sessions.create(params)
      const error = yield* Effect.flip(inTime(SessionLifecycle.retire(id, { timeout: "2 seconds" })))
      assert.strictEqual(error._tag, "InvalidRequest")
    }).pipe(Effect.provide(agentThat([], {
      faults: [Fault.status(400, { match: { method: "POST", path: "/v1/sessions/*/archive", times: 1000 } })]
    }))))

  it.effect("fails at once if it is refused for good", () =>
    Effect.gen(function*() {
      const sessions = yield* Sessions.Sessions
      const { id } = yield* sessions.create(params)
      assert.strictEqual((yield* Effect.flip(SessionLifecycle.retire(id)))._tag, "Forbidden")
    }).pipe(Effect.provide(agentThat([], {
      faults: [Fault.status(403, { match: { method: "POST", path: "/v1/sessions/*/archive" } })]
    }))))
})

describe("spans and metrics", () => {
  const script = [[AgentScript.tool({ name: "bash", permission: "ask" }), AgentScript.say("secret reply")]]
  const approve = { approve: () => Effect.succeed(PendingAction.allow) }

  it.effect("turns are children of the session, approvals of the turn; no content is in them", () =>
    Effect.gen(function*() {
      const spans = yield* traced(use(({ id }) => Conversation.turn(id, "secret question", approve)))
      const lines = spans.map(({ line }) => line)
      assert.includeMembers(lines, [
        "Session < -",
        "Sessions.create < Session",
        "Conversation.turn < Session",
        "Conversation.approve < Conversation.turn",
        "SessionLifecycle.retire < Session"
      ])
      assert.isTrue(spans.every(({ span }) => span.status._tag === "Ended"))
      const turn = spans.find(({ span }) => span.name === "Conversation.turn")?.span
      assert.strictEqual(turn?.attributes.get("turn.result"), "EndTurn")
      const all = JSON.stringify(spans.map(({ span }) => [...span.attributes]))
      assert.notInclude(all, "secret")
    }).pipe(Effect.provide(agentThat(script))))

  it.effect("reconnects are children of the turn, and say why", () =>
    Effect.gen(function*() {
      const spans = yield* traced(use(({ id }) => Conversation.turn(id, "Hello", approve)))
      const lines = spans.map(({ line }) => line)
      assert.includeMembers(lines, ["Follow.reconnect < Conversation.turn", "Events.stream < Follow.reconnect"])
      const span = spans.find(({ span }) => span.name === "Follow.reconnect")?.span
      assert.deepInclude(Object.fromEntries(span?.attributes ?? []), {
        "reconnect.attempt": 1,
        "error.type": "StreamInterrupted"
      })
    }).pipe(Effect.provide(agentThat(script, { faults: [Fault.cutAfterEvents(3)] }))))

  it.effect("spans of the program's own stay in between, and are linked", () =>
    Effect.gen(function*() {
      const spans = yield* traced(
        use(({ id }) => Effect.withSpan(Conversation.turn(id, "Hello", approve), "request"))
      )
      assert.include(spans.map(({ line }) => line), "Conversation.turn < request")
      const turn = spans.find(({ span }) => span.name === "Conversation.turn")?.span
      assert.deepStrictEqual(turn?.links.map(({ span }) => span._tag === "Span" && span.name), ["Session"])
    }).pipe(Effect.provide(agentThat(script))))

  it.effect("turns, tokens and costs are counted", () =>
    Effect.gen(function*() {
      const { exit } = yield* use(start)
      const { tokens } = Exit.isSuccess(exit) ? exit.value.usage : assert.fail()
      const snapshot = yield* Metric.snapshot
      const counted = (name: string, value: string) =>
        snapshot.flatMap(({ metricKey, metricState }) =>
          metricKey.name === name && metricKey.tags.some((tag) => tag.value === value) &&
            metricKey.tags.some((tag) => tag.value === "counting") && MetricState.isCounterState(metricState)
            ? [Number(metricState.count)]
            : []
        )
      assert.deepStrictEqual(counted("managed_agents_turns", "EndTurn"), [1])
      assert.deepStrictEqual(counted("managed_agents_tokens", "output"), [tokens.output])
      assert.lengthOf(counted("managed_agents_list_cost", "USD"), 1)
    }).pipe(Effect.tagMetrics("test", "counting"), Effect.provide(agentThat(quick))))
})
