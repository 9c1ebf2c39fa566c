// The program of `npm start`, unchanged, against scripted agents: no network, and time is virtual.
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import * as Quickstart from "../src/01-quickstart.ts"
import * as Orders from "../src/orders.ts"
import * as Simulation from "../src/simulation.ts"
import { Terminal } from "../src/timeline.ts"
import { printed } from "./support.ts"

/** The agent of the quickstart, with some tools that are not the program's. */
const agentThat = (...turn: ReadonlyArray<AgentScript.Step>) =>
  Simulation.layer({
    agent: {
      ...Quickstart.agent.agent,
      tools: [{ type: "agent_toolset_20260401" }, Orders.tool, { ...Orders.tool, name: "cancel_order" }]
    },
    script: AgentScript.make({ turns: [turn] })
  })

/** Runs the program and keeps what it prints. */
const ask = Effect.map(printed(Quickstart.program), ([outcome, printed]) => ({
  outcome: outcome._tag,
  why: Quickstart.explain(outcome),
  reply: outcome.reply,
  usage: outcome.usage,
  printed
}))

/** The one session there is, as the simulator has it. */
const session = Effect.gen(function*() {
  const simulator = yield* Simulator.Simulator
  const [session, ...others] = yield* simulator.sessions
  assert.isDefined(session)
  assert.isEmpty(others)
  return session
})

/** Runs the program against an agent that is busy, and does something to the session meanwhile. */
const askWhile = <E, R>(act: (sessionId: string) => Effect.Effect<unknown, E, R>) =>
  Effect.gen(function*() {
    const asking = yield* Effect.fork(ask)
    yield* TestClock.adjust("1 second")
    yield* act((yield* session).id)
    yield* TestClock.adjust("2 minutes")
    return yield* Fiber.join(asking)
  })

const emit = (event: { readonly type: string; readonly [key: string]: unknown }) => (sessionId: string) =>
  Effect.flatMap(Simulator.Simulator, (simulator) => simulator.emit(sessionId, event))

/** The session and its thread go idle, though the simulated agent knows nothing of it. */
const idleBecause = (type: string) => (sessionId: string) =>
  Effect.gen(function*() {
    const simulator = yield* Simulator.Simulator
    const running = (yield* simulator.events(sessionId)).find((event) => event.type === "session.thread_status_running")
    yield* simulator.emit(sessionId, {
      ...running,
      type: "session.thread_status_idle",
      id: "sevt_i",
      stop_reason: { type }
    })
    yield* simulator.emit(sessionId, { type: "session.status_idle", stop_reason: { type } })
  })

const busy = agentThat(AgentScript.sleep("1 minute"))

const lookUp = (input: { readonly [key: string]: unknown }) => AgentScript.customTool({ name: Orders.tool.name, input })

describe("the quickstart", () => {
  it.effect("answers the tool call and shows the reply", () =>
    Effect.gen(function*() {
      const { outcome, printed, reply, usage } = yield* ask
      assert.strictEqual(reply, "The shop says: {\"order_id\":\"1234\",\"status\":\"shipped\",\"arrives\":\"Friday\"}")
      assert.strictEqual(outcome, "EndTurn")
      assert.isAbove(usage.tokens.input, 0)
      assert.isAbove(usage.tokens.output, 0)
      assert.include(printed, reply)
      assert.include(printed, "EndTurn")
      assert.include(printed, `${usage.tokens.input} tokens in`)
      assert.isNotNull((yield* session).archived_at)
    }).pipe(Effect.provide(agentThat(lookUp({ order_id: "1234" }), AgentScript.say("The shop says: {{result}}")))))

  it.effect("tells the agent what is wrong with its arguments", () =>
    Effect.gen(function*() {
      const { outcome, reply } = yield* ask
      assert.strictEqual(outcome, "EndTurn")
      assert.include(reply, "must be the digits of an order number")
      const simulator = yield* Simulator.Simulator
      const events = yield* simulator.events((yield* session).id)
      const result = events.find((event) => event.type === "user.custom_tool_result")
      assert.propertyVal(result, "is_error", true)
    }).pipe(Effect.provide(agentThat(lookUp({ order_id: "twelve" }), AgentScript.say("{{result}}")))))

  it.effect("tells the agent that there is no such order", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* ask).reply, "There is no order 99.")
    }).pipe(Effect.provide(agentThat(lookUp({ order_id: "99" }), AgentScript.say("{{result}}")))))

  it.effect("waits as long as the agent works", () =>
    Effect.gen(function*() {
      const asking = yield* Effect.fork(ask)
      yield* TestClock.adjust("10 minutes")
      const { printed, reply } = yield* Fiber.join(asking)
      assert.strictEqual(reply, "Done.")
      assert.include(printed, "+600.00s")
    }).pipe(Effect.provide(agentThat(AgentScript.sleep("10 minutes"), AgentScript.say("Done.")))))

  it.effect("refuses what waits for approval", () =>
    Effect.gen(function*() {
      const { outcome, printed } = yield* ask
      assert.strictEqual(outcome, "EndTurn")
      assert.include(printed, "Nobody is here to approve this.")
    }).pipe(Effect.provide(agentThat(
      AgentScript.tool({ name: "bash", input: { command: "rm -rf /" }, permission: "ask" }),
      AgentScript.say("All right.")
    ))))

  it.effect("leaves the tools of others unanswered, and says so", () =>
    Effect.gen(function*() {
      const { outcome, why } = yield* ask
      assert.strictEqual(outcome, "RequiresAction")
      assert.include(why, "cancel_order")
    }).pipe(Effect.provide(agentThat(
      AgentScript.together(lookUp({ order_id: "1234" }), AgentScript.customTool({ name: "cancel_order" })),
      AgentScript.say("Cancelled.")
    ))))

  it.effect("ends when the session terminates", () =>
    Effect.gen(function*() {
      const { outcome, why } = yield* ask
      assert.deepStrictEqual([outcome, why], ["Terminated", "The session was terminated: prompt is too long"])
    }).pipe(Effect.provide(agentThat(
      AgentScript.fail({ type: "unknown_error", message: "prompt is too long", retry_status: "terminal" })
    ))))

  it.effect("ends when the service gives up", () =>
    Effect.gen(function*() {
      const { outcome, why } = yield* ask
      assert.deepStrictEqual([outcome, why], ["RetriesExhausted", "The service gave up on the turn: overloaded"])
    }).pipe(Effect.provide(agentThat(
      AgentScript.fail({ type: "model_overloaded_error", message: "overloaded", retry_status: "exhausted" })
    ))))

  it.effect("ends when the model refuses", () =>
    Effect.gen(function*() {
      const { outcome, why } = yield* ask
      assert.deepStrictEqual([outcome, why], ["Refusal", "The model refused: too dangerous"])
    }).pipe(Effect.provide(agentThat(AgentScript.refuse({ category: "bio", explanation: "too dangerous" })))))

  it.effect("ends when somebody deletes the session", () =>
    Effect.gen(function*() {
      const { outcome } = yield* askWhile(emit({ type: "session.deleted" }))
      assert.strictEqual(outcome, "Deleted")
    }).pipe(Effect.provide(busy)))

  it.effect("ends when the budget is used up", () =>
    Effect.gen(function*() {
      const { outcome } = yield* askWhile(idleBecause("budget_reached"))
      assert.strictEqual(outcome, "BudgetReached")
    }).pipe(Effect.provide(busy)))

  it.effect("ends for a reason that it does not know", () =>
    Effect.gen(function*() {
      const { outcome, why } = yield* askWhile(idleBecause("lunch_break"))
      assert.strictEqual(outcome, "UnknownStopReason")
      assert.include(why, "lunch_break")
    }).pipe(Effect.provide(busy)))

  it.effect("goes on when the stream ends", () =>
    Effect.gen(function*() {
      const { outcome } = yield* askWhile((id) =>
        Effect.flatMap(Simulator.Simulator, (simulator) => simulator.closeStreams(id))
      )
      assert.strictEqual(outcome, "EndTurn")
    }).pipe(Effect.provide(busy)))

  it.effect("shows events that it does not know, and goes on", () =>
    Effect.gen(function*() {
      const { outcome, printed } = yield* askWhile(emit({ type: "session.mood", mood: "good" }))
      assert.strictEqual(outcome, "EndTurn")
      assert.match(printed, /session +session\.mood +.*"mood":"good"/)
    }).pipe(Effect.provide(busy)))

  it.effect("names the agents of other threads", () =>
    Effect.gen(function*() {
      const thread = { session_thread_id: "sthr_child", agent_name: "Courier" }
      const { printed } = yield* askWhile((id) =>
        Effect.all([
          emit({ type: "session.thread_created", ...thread })(id),
          emit({ type: "agent.tool_use", name: "bash", input: {}, session_thread_id: "sthr_child" })(id),
          emit({ type: "session.deleted" })(id)
        ])
      )
      assert.match(printed, /Courier +session\.thread_created/)
      assert.match(printed, /Courier +agent\.tool_use +bash/)
    }).pipe(Effect.provide(busy)))

  it.effect("stops the agent and archives the session when it is interrupted", () =>
    Effect.gen(function*() {
      const asking = yield* Effect.fork(ask)
      yield* TestClock.adjust("1 second")
      const interrupting = yield* Effect.fork(Fiber.interrupt(asking))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(interrupting)
      assert.isNotNull((yield* session).archived_at)
      assert.strictEqual(yield* Effect.flatMap(Simulator.Simulator, (simulator) => simulator.openStreams()), 0)
    }).pipe(Effect.provide(busy)))

  it.effect("uses colours and the width of a terminal, and lets no control character through", () =>
    Effect.gen(function*() {
      const { printed } = yield* ask.pipe(Effect.provideService(Terminal, { color: true, columns: 80 }))
      assert.include(printed, "\u001b[32magent.message")
      assert.notInclude(printed, "\u001b[2J")
      assert.include(printed, "…")
    }).pipe(Effect.provide(agentThat(AgentScript.say(`\u001b[2J${"very ".repeat(40)}long`)))))
})
