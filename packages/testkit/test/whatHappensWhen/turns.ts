/** The rows of `docs/what-happens-when.md` about turns, and about programs that leave. */
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as Events from "@effect-managed-agents/core/Events"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as SessionLifecycle from "@effect-managed-agents/core/SessionLifecycle"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
import * as Unknown from "@effect-managed-agents/core/Unknown"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import { assert } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../../src/AgentScript.ts"
import * as Fault from "../../src/Fault.ts"
import * as Simulator from "../../src/Simulator.ts"
import { agentThat, countOf, create, inTime, params, runningTurn, typesOf } from "../utils/conversation.ts"
import { type Claims, says, section } from "../utils/page.ts"
import { settle } from "../utils/wire.ts"

const { customTool, delegate, fail, refuse, reschedule, say, sleep, tool } = AgentScript

const ask = tool({ name: "bash", permission: "ask" })
const never = { approve: () => Effect.never, answer: () => Effect.never }

/** How a turn ends on an agent that does this, and how the row says that it does. */
const endsAs = (
  steps: ReadonlyArray<AgentScript.Step>,
  expected: Partial<Conversation.TurnResult>,
  options?: Conversation.Options
) =>
([claim]: Claims) =>
  Effect.gen(function*() {
    const outcome = yield* inTime(Effect.flatMap(create, (id) => Conversation.turn(id, "Hello", options)))
    assert.deepInclude(outcome, expected)
    says(claim, outcome._tag)
    return outcome
  }).pipe(Effect.provide(agentThat([steps])))

/** A turn that is not over for as long as this goes on, and then ends well. */
const goesOn = (steps: ReadonlyArray<AgentScript.Step>, options: Parameters<typeof agentThat>[1] = {}) =>
  Effect.gen(function*() {
    const { fiber, outcome } = yield* runningTurn(() => TestClock.adjust("20 seconds"))
    assert.isNull(fiber.unsafePoll())
    const ended = yield* outcome
    assert.deepInclude(ended, { _tag: "EndTurn", reply: "Done" })
    return ended
  }).pipe(Effect.provide(agentThat([steps], options)))

const Waiting = Toolkit.make(Tool.make("wait", { success: Schema.String }))

section("A turn", {
  "the agent finishes": endsAs([say("Done")], { _tag: "EndTurn", reply: "Done" }),

  "it waits for approval, and there is no `approve`": (claims) =>
    Effect.gen(function*() {
      const outcome = yield* inTime(Effect.flatMap(create, (id) => Conversation.turn(id, "Hello")))
      if (outcome._tag !== "RequiresAction") return assert.fail(outcome._tag)
      says(claims[0], outcome._tag)
      says(claims[0], "actions")
      const Stored = Schema.parseJson(Schema.Array(PendingAction.PendingAction))
      const text = yield* Schema.encode(Stored)(outcome.actions)
      const [action] = yield* Schema.decode(Stored)(text)
      if (action?._tag !== "Confirmation") return assert.fail()
      yield* Conversation.answer(action, PendingAction.allow)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* countOf(outcome.sessionId, "agent.message"), 1)
    }).pipe(Effect.provide(agentThat([[ask, say("Done")]]))),

  "it waits for a tool that nobody here has": endsAs([customTool({ name: "theirs" })], { _tag: "RequiresAction" }),

  "the permission of a call is a word that is not known": () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const asked: Array<string> = []
      const { id } = yield* runningTurn(
        (id) =>
          simulator.emit(id, {
            type: "agent.tool_use",
            id: "sevt_odd",
            name: "odd",
            input: {},
            evaluated_permission: "ask_the_boss"
          }),
        { approve: ({ name }) => Effect.zipRight(Effect.sync(() => asked.push(name)), Effect.never) }
      )
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* countOf(id, "user.tool_confirmation"), 0)
      assert.deepStrictEqual(asked, [])
      const stop_reason = { type: "requires_action", event_ids: ["sevt_odd"] }
      yield* simulator.emit(id, { type: "session.status_idle", stop_reason })
      yield* settle
      assert.deepStrictEqual(asked, ["odd"])
      assert.strictEqual(yield* countOf(id, "user.tool_confirmation"), 0)
    }).pipe(Effect.provide(agentThat([[sleep("1 hour")]]))),

  "somebody interrupts the agent": ([claim]) =>
    Effect.gen(function*() {
      const stopped: Array<string> = []
      const noting = (name: string) => Effect.onInterrupt(Effect.never, () => Effect.sync(() => stopped.push(name)))
      const id = yield* create
      const fiber = yield* Effect.fork(
        Conversation.turn(id, "Hello", { tools: Waiting, approve: () => noting("approval") }).pipe(
          Effect.provide(Waiting.toLayer({ wait: () => noting("tool") }))
        )
      )
      yield* TestClock.adjust("1 second")
      const events = yield* Events.Events
      yield* events.send(id, UserEvent.interrupt())
      const outcome = yield* inTime(Fiber.join(fiber))
      says(claim, outcome._tag)
      assert.strictEqual(outcome._tag, "Interrupted")
      assert.sameMembers(stopped, ["approval", "tool"])
    }).pipe(
      Effect.provide(
        agentThat([[AgentScript.together(tool({ name: "bash", permission: "ask" }), customTool({ name: "wait" }))]])
      )
    ),

  "the model refuses": (claims) =>
    Effect.gen(function*() {
      yield* endsAs([refuse({ category: "bio", explanation: "No." })], {
        _tag: "Refusal",
        category: "bio",
        explanation: "No."
      })(claims)
      yield* endsAs([refuse({})], { _tag: "Refusal", explanation: undefined })(claims)
    }),

  "the budget is used up": ([claim]) =>
    Effect.gen(function*() {
      const sessions = yield* Sessions.Sessions
      const budget = (amount: string) => ({ type: "limit", max_list_cost: { amount, currency: "USD" } }) as const
      // the helper's parameters are plain data
      const { id } = yield* sessions.create({ ...params as object, budget: budget("1") } as never)
      const outcome = yield* inTime(Conversation.turn(id, "x".repeat(200_000)))
      says(claim, outcome._tag)
      assert.strictEqual(outcome._tag, "BudgetReached")
      yield* sessions.update(id, { budget: budget("1000000") } as never)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* countOf(id, "agent.message"), 1)
    }).pipe(Effect.provide(agentThat([[tool({ name: "bash" }), say("Done")]]))),

  "the model is overloaded, and the service tries again": () =>
    Effect.gen(function*() {
      const { errors } = yield* goesOn([
        fail({ type: "model_overloaded_error", retry_status: "retrying" }),
        sleep("1 minute"),
        say("Done")
      ])
      assert.deepStrictEqual(errors.map(({ type }) => String(type)), ["model_overloaded_error"])
    }),

  "the session is rescheduled": () => goesOn([reschedule("1 minute"), say("Done")]),

  "the service gives up": (claims) =>
    Effect.gen(function*() {
      const id = yield* create
      const outcome = yield* inTime(Conversation.turn(id, "Hello"))
      assert.strictEqual(outcome._tag, "RetriesExhausted")
      says(claims[0], outcome._tag)
      assert.deepInclude(yield* inTime(Conversation.turn(id, "Again")), { _tag: "EndTurn", reply: "Done" })
    }).pipe(Effect.provide(agentThat([
      [fail({ type: "model_overloaded_error", retry_status: "exhausted" })],
      [say("Done")]
    ]))),

  "an error ends the session": (claims) =>
    Effect.map(
      endsAs([fail({ type: "unknown_error", retry_status: "terminal" })], { _tag: "Terminated", archived: false })(
        claims
      ),
      ({ errors }) => {
        says(claims[0], "errors")
        assert.deepStrictEqual(errors.map(({ type }) => String(type)), ["unknown_error"])
      }
    ),

  "somebody archives the session": ([claim]) =>
    Effect.gen(function*() {
      const sessions = yield* Sessions.Sessions
      const outcome = yield* (yield* runningTurn(sessions.archive, never)).outcome
      assert.deepInclude(outcome, { _tag: "Terminated", archived: true })
      says(claim, "Terminated")
      says(claim, "archived")
    }).pipe(Effect.provide(agentThat([[ask]]))),

  "somebody deletes the session": ([claim]) =>
    Effect.gen(function*() {
      const sessions = yield* Sessions.Sessions
      const outcome = yield* (yield* runningTurn(sessions.delete, never)).outcome
      says(claim, outcome._tag)
    }).pipe(Effect.provide(agentThat([[ask]]))),

  "it stops for a reason that is newer than the library": ([claim]) =>
    Effect.gen(function*() {
      const stop_reason = { type: "lunch_break" }
      const simulator = yield* Simulator.Simulator
      const { outcome } = yield* runningTurn((id) =>
        Effect.gen(function*() {
          const running = (yield* simulator.events(id)).find(({ type }) => type === "session.thread_status_running")
          yield* simulator.emit(id, { ...running, id: "sevt_1", type: "session.thread_status_idle", stop_reason })
          yield* simulator.emit(id, { type: "session.status_idle", stop_reason })
        })
      )
      const ended = yield* outcome
      if (ended._tag !== "UnknownStopReason") return assert.fail(ended._tag)
      says(claim, ended._tag)
      assert.strictEqual(Unknown.tagOf(ended.stopReason), "lunch_break")
    }).pipe(Effect.provide(agentThat([[sleep("1 hour")]]))),

  "a sub-agent still works": () =>
    goesOn([delegate({ agent: "Researcher", message: "Look" }), say("Done")], {
      child: { otherwise: [sleep("1 minute"), say("found")] }
    }),

  "a workflow run is at work": () =>
    Effect.gen(function*() {
      const run = { workflow_run_id: "wrun_1" }
      const simulator = yield* Simulator.Simulator
      const { fiber, id } = yield* runningTurn((id) =>
        simulator.emit(id, { type: "workflow_run.status_running", ...run }, { persist: true })
      )
      yield* TestClock.adjust("20 seconds")
      yield* simulator.emit(
        id,
        { type: "workflow_run.status_ended", ...run, result: { type: "completed" } },
        { persist: true }
      )
      yield* TestClock.adjust("20 seconds")
      assert.isNull(fiber.unsafePoll())
      yield* simulator.emit(id, { type: "session.status_running" }, { persist: true })
      const stop_reason = { type: "end_turn" }
      yield* simulator.emit(id, { type: "session.status_idle", stop_reason }, { persist: true })
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "EndTurn")
    }).pipe(Effect.provide(agentThat([[sleep("10 seconds"), say("Done")]]))),

  "the end of something was never said": ([claim]) =>
    Effect.gen(function*() {
      says(claim, "follow.audit")
      const simulator = yield* Simulator.Simulator
      const thread = { session_thread_id: "sthr_lost", agent_name: "Lost" }
      const { fiber } = yield* runningTurn((id) =>
        simulator.emit(id, { type: "session.thread_status_running", ...thread }, { persist: true })
      )
      yield* TestClock.adjust("59 seconds")
      assert.isNull(fiber.unsafePoll())
      yield* TestClock.adjust("1 minute")
      assert.deepInclude(yield* Fiber.join(fiber), { _tag: "EndTurn", reply: "Done" })
    }).pipe(Effect.provide(agentThat([[sleep("10 seconds"), say("Done")]]))),

  "another message steers the turn": () =>
    Effect.gen(function*() {
      const id = yield* create
      const first = yield* Effect.fork(Conversation.turn(id, "one"))
      yield* TestClock.adjust("1 second")
      const second = yield* Effect.fork(Conversation.turn(id, "two"))
      const ended = yield* inTime(Effect.all([Fiber.join(first), Fiber.join(second)]))
      assert.deepStrictEqual(ended.map(({ _tag, reply }) => `${_tag} ${reply}`), ["EndTurn two", "EndTurn two"])
      assert.strictEqual(yield* countOf(id, "session.status_idle"), 1)
    }).pipe(Effect.provide(agentThat([[sleep("10 seconds"), tool({ name: "read" }), say("{{text}}")]]))),

  "the agent hangs": () =>
    Effect.gen(function*() {
      const { fiber, id } = yield* runningTurn(() => TestClock.adjust("1 hour"))
      assert.isNull(fiber.unsafePoll())
      const waiting = yield* inTime(Effect.option(Effect.timeout(Conversation.turn(id, "And?"), "1 minute")))
      assert.strictEqual(waiting._tag, "None")
      assert.strictEqual((yield* typesOf(id)).at(-1), "user.message")
      yield* inTime(Conversation.interrupt(id))
      assert.strictEqual((yield* inTime(Fiber.join(fiber)))._tag, "Interrupted")
    }).pipe(Effect.provide(agentThat([[sleep("1000 hours")]])))
})

const statusOf = (id: string) =>
  Effect.gen(function*() {
    const simulator = yield* Simulator.Simulator
    const session = (yield* simulator.sessions).find((one) => one.id === id)
    if (session === undefined) return "deleted"
    return session.archived_at === null ? session.status : "archived"
  })

/** What becomes of a session in a scope whose program starts something, does this, and leaves. */
const scoped = <E, R>(
  leave: (session: SessionLifecycle.ScopedSession) => Effect.Effect<unknown, E, R>,
  options?: SessionLifecycle.ScopedOptions
) =>
  Effect.gen(function*() {
    let id = ""
    const exit = yield* SessionLifecycle.scoped(params, options).pipe(
      Effect.flatMap((session) => {
        id = session.id
        const start = Effect.timeoutOption(Conversation.turn(session.id, "Hello"), "1 second")
        return Effect.zipRight(start, leave(session))
      }),
      Effect.scoped,
      Effect.exit,
      inTime
    )
    return { id, exit, status: yield* statusOf(id) }
  })

const busy = agentThat([[sleep("1 hour"), say("Done")]])

section("The program leaves", {
  "the fiber of a turn or follower is interrupted": () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const events = yield* Events.Events
      const { fiber, id } = yield* runningTurn(() => Effect.void)
      const follower = yield* Effect.fork(Stream.runDrain(events.follow(id)))
      yield* settle
      assert.strictEqual(yield* simulator.openStreams(), 2)
      yield* Fiber.interrupt(fiber)
      yield* Fiber.interrupt(follower)
      yield* settle
      assert.strictEqual(yield* simulator.openStreams(), 0)
      assert.strictEqual(yield* statusOf(id), "running")
      yield* TestClock.adjust("2 hours")
      assert.strictEqual(yield* countOf(id, "agent.message"), 1)
      assert.strictEqual(yield* countOf(id, "user.interrupt"), 0)
    }).pipe(Effect.provide(busy)),

  "the same, within `ToolRunner.withDrain`": () =>
    Effect.gen(function*() {
      const first = { begun: 0, done: 0 }
      const Slow = Toolkit.make(Tool.make("slow", { parameters: { seconds: Schema.Int }, success: Schema.String }))
      const handlers = Slow.toLayer({
        slow: ({ seconds }) =>
          Effect.sync(() => first.begun++).pipe(
            Effect.zipRight(Effect.sleep(seconds * 1000)),
            Effect.zipRight(Effect.sync(() => `${++first.done}`))
          )
      })
      const slow = (seconds: number) => AgentScript.customTool({ name: "slow", input: { seconds } })
      /** What has begun, what is done and what the agent has read, once a turn with these calls was interrupted. */
      const leave = (...turn: ReadonlyArray<AgentScript.Step>) =>
        Effect.gen(function*() {
          first.begun = first.done = 0
          const id = yield* create
          const fiber = yield* Effect.fork(
            Conversation.turn(id, "Hello", { tools: Slow }).pipe(ToolRunner.withDrain(), Effect.provide(handlers))
          )
          yield* TestClock.adjust("1 second")
          const start = yield* Clock.currentTimeMillis
          yield* inTime(Fiber.interrupt(fiber))
          const seconds = ((yield* Clock.currentTimeMillis) - start) / 1000
          return { ...first, seconds, sent: yield* countOf(id, "user.custom_tool_result") }
        }).pipe(Effect.provide(agentThat([turn])))
      // the result of the first is sent, and what the agent asks for then is left to others
      assert.deepInclude(yield* leave(slow(5), slow(1), say("Done")), { begun: 1, done: 1, seconds: 4, sent: 1 })
      assert.deepInclude(yield* leave(slow(60), say("Done")), { begun: 1, done: 0, seconds: 10, sent: 0 })
      assert.deepInclude(yield* leave(sleep("1 hour")), { begun: 0, seconds: 1, sent: 0 })
    }),

  "`Conversation.interrupt`": () =>
    Effect.gen(function*() {
      const { id } = yield* runningTurn((id) => Conversation.interrupt(id))
      assert.strictEqual(yield* statusOf(id), "idle")
    }).pipe(Effect.provide(busy)),

  "the scope of `SessionLifecycle.scoped` closes": () =>
    Effect.gen(function*() {
      for (const leave of [Effect.void, Effect.fail("no"), Effect.die("no")]) {
        const { id, status } = yield* scoped(() => leave)
        assert.strictEqual(status, "archived")
        assert.strictEqual(yield* countOf(id, "user.interrupt"), 1)
      }
      assert.strictEqual((yield* scoped(() => Effect.void, { by: "delete" })).status, "deleted")
      // what Ctrl-C does to the main fiber
      const fiber = yield* Effect.fork(
        Effect.scoped(Effect.flatMap(SessionLifecycle.scoped(params), ({ id }) => Conversation.turn(id, "Hello")))
      )
      yield* TestClock.adjust("1 second")
      yield* inTime(Fiber.interrupt(fiber))
      const simulator = yield* Simulator.Simulator
      assert.isTrue((yield* simulator.sessions).every(({ archived_at }) => archived_at !== null))
    }).pipe(Effect.provide(agentThat(Array.from({ length: 5 }, () => [sleep("1 hour")])))),

  "that does not succeed within `timeout`": () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel.label} ${String(message)}`))
      const { exit, id } = yield* scoped(() => Effect.void, { timeout: "5 seconds" }).pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      assert.strictEqual(exit._tag, "Success")
      assert.isTrue(
        lines.some((line) => line.startsWith("WARN") && line.includes(id) && line.includes("may be running"))
      )
    }).pipe(Effect.provide(agentThat([[sleep("1 hour")]], {
      faults: [Fault.delay("1 hour", { match: { method: "POST", path: "/v1/sessions/*/archive" } })]
    }))),

  "`session.detach` was run before": () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* scoped((session) => session.detach)).status, "running")
    }).pipe(Effect.provide(busy))
})
