/**
 * Section 2.11 of FIDELITY.md: threads.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../../src/AgentScript.ts"
import * as Simulator from "../../src/Simulator.ts"
import {
  ask,
  call,
  confirm,
  createSession,
  custom,
  eventsOf,
  idle,
  idOf,
  layer,
  limit,
  message,
  modelRequest,
  ok,
  refusal,
  result,
  running,
  send,
  startSession,
  stopReasons,
  team,
  threadsOf,
  types
} from "../utils/facts.ts"

describe("the status of several threads", () => {
  it.scoped("2.1.7 a call that waits comes before a budget that is spent", () =>
    Effect.gen(function*() {
      const id = yield* startSession({ budget: limit("5") })
      yield* TestClock.adjust("1 hour")
      const events = yield* eventsOf(id)
      const reasons = events.flatMap((event) =>
        event.type === "session.thread_status_idle" ? [event.stop_reason.type] : []
      )
      assert.deepStrictEqual(reasons, ["end_turn", "requires_action", "budget_reached"])
      assert.deepStrictEqual(stopReasons(events), [
        { type: "requires_action", event_ids: [idOf(events, "agent.custom_tool_use")] }
      ])
    }).pipe(Effect.provide(team([[custom], [{ sleep: 3_600_000 }, { tool: { name: "bash" } }]]))))

  it.scoped("2.1.8 the calls of all threads are named together", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(stopReasons(events), [{
        type: "requires_action",
        event_ids: [idOf(events, "agent.custom_tool_use"), idOf(events, "agent.tool_use")]
      }])
    }).pipe(Effect.provide(team([[custom], [ask]]))))

  it.scoped("2.11.9 the call of a child is answered while its sibling runs", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      const before = yield* eventsOf(id)
      assert.deepStrictEqual(stopReasons(before), [])
      yield* send(id, result(idOf(before, "agent.custom_tool_use")))
      yield* TestClock.adjust("1 second")
      const after = (yield* eventsOf(id)).slice(before.length)
      assert.deepStrictEqual(types(after).slice(0, 2), ["user.custom_tool_result", "session.thread_status_running"])
      assert.deepStrictEqual(stopReasons(after), [{ type: "end_turn" }])
    }).pipe(Effect.provide(team([[custom], [{ sleep: 1000 }]]))))

  it.scoped("2.11.10 a call of a child that is denied stays with the child", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      const [, child] = yield* threadsOf(id)
      assert.notInclude(types(yield* eventsOf(id)), "agent.tool_use")
      const own = yield* ok("GET", `/v1/sessions/${id}/threads/${child.id}/events`)
      assert.include(types(own.data), "agent.tool_use")
    }).pipe(Effect.provide(team([[{ tool: { name: "bash", permission: "deny" } }]]))))

  const answered = Effect.gen(function*() {
    const id = yield* startSession()
    const before = yield* eventsOf(id)
    const asked = idOf(before, "agent.tool_use")
    yield* send(id, confirm(asked))
    const status: string = (yield* ok("GET", `/v1/sessions/${id}`)).status
    const working = (yield* eventsOf(id)).slice(before.length)
    const archiving = yield* refusal("POST", `/v1/sessions/${id}/archive`)
    yield* TestClock.adjust("1 second")
    const rest = (yield* eventsOf(id)).slice(before.length + working.length)
    return { asked, status, working, archiving, rest }
  })

  it.scoped("2.11.11 the session runs while a child works on its answer", () =>
    Effect.gen(function*() {
      const { archiving, rest, status, working } = yield* answered
      assert.deepStrictEqual(types(working), ["user.tool_confirmation", ...running])
      assert.strictEqual(status, "running")
      assert.match(archiving, /^400 .*"running"/)
      assert.deepStrictEqual(stopReasons(rest), [{ type: "end_turn" }])
    }).pipe(Effect.provide(team([[ask, { sleep: 1000 }]]))))

  it.scoped("2.11.11 by rule, it flickers instead, and says that it is idle", () =>
    Effect.gen(function*() {
      const { archiving, asked, rest, status, working } = yield* answered
      assert.deepStrictEqual(types(working), [
        "user.tool_confirmation",
        ...running,
        ...idle,
        "session.thread_status_running"
      ])
      assert.deepStrictEqual(stopReasons(working), [{ type: "requires_action", event_ids: [asked] }])
      assert.strictEqual(working[6].agent_name, "Helper")
      assert.strictEqual(status, "idle")
      assert.match(archiving, /^400 .*"running"/)
      assert.deepStrictEqual(types(rest), [
        // the coordinator reads the report
        ...running,
        "agent.thread_message_received",
        "session.thread_status_idle",
        ...modelRequest(),
        ...idle
      ])
    }).pipe(Effect.provide(team([[ask, { sleep: 1000 }]], { coordinatorFlickers: true }))))

  it.scoped("2.11.15 a thread has neither statistics nor usage before it runs", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const facts = Effect.map(threadsOf(id), (threads) => threads.map(({ stats, usage }) => [stats, usage]))
      assert.deepStrictEqual(yield* facts, [[null, null]])
      yield* send(id, message("x"))
      const [primary, child] = yield* threadsOf(id)
      for (const thread of [primary, child]) {
        assert.deepInclude(thread.stats, { active_seconds: 0 })
        assert.isNumber(thread.usage.output_tokens)
      }
      assert.strictEqual(child.status, "running")
    }).pipe(Effect.provide(team([[{ sleep: 1000 }]]))))
})

describe("rosters and the ends of threads", () => {
  it.effect("2.11.12 a roster has at most 20 agents", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const roster = (n: number) =>
        simulator.putAgent("agent_l", {
          agent: { multiagent: { type: "coordinator", agents: Array.from({ length: n }, () => "agent_1") } }
        })
      yield* roster(20)
      assert.deepInclude(yield* Effect.flip(roster(21)), {
        status: 400,
        message: "agent.multiagent.agents: at most 20 agents are allowed"
      })
    }).pipe(Effect.provide(layer())))

  const start = Effect.gen(function*() {
    const id = yield* startSession()
    const [primary, child] = yield* threadsOf(id)
    return { id, primary, child, url: `/v1/sessions/${id}/threads/${child.id}` }
  })

  it.scoped("2.11.16 a thread that waits for an answer is idle, and can be archived", () =>
    Effect.gen(function*() {
      const { id, url } = yield* start
      const archived = yield* ok("POST", `${url}/archive`)
      assert.strictEqual(archived.status, "terminated")
      assert.strictEqual((yield* eventsOf(id)).at(-1).type, "session.thread_status_terminated")
      // its call is nobody's any more
      yield* send(id, message("go on"))
      assert.deepStrictEqual(stopReasons(yield* eventsOf(id)).at(-1), { type: "end_turn" })
    }).pipe(Effect.provide(team([[ask]]))))

  it.scoped("2.11.17 the primary thread cannot be archived", () =>
    Effect.gen(function*() {
      const { id, primary } = yield* start
      assert.strictEqual(
        yield* refusal("POST", `/v1/sessions/${id}/threads/${primary.id}/archive`),
        "400 invalid_request_error: The primary thread cannot be archived; archive the session instead."
      )
    }).pipe(Effect.provide(team([[]]))))

  const late = Effect.gen(function*() {
    const { child, id, url } = yield* start
    const before = yield* eventsOf(id)
    const [first, second] = [idOf(before, "agent.custom_tool_use"), idOf(before, "agent.custom_tool_use", 1)]
    const asked = idOf(before, "agent.tool_use")
    yield* send(id, result(first))
    yield* ok("POST", `${url}/archive`)
    const archived = yield* eventsOf(id)
    // one that was answered, and a confirmation
    yield* send(id, result(first), confirm(asked))
    const { json, status } = yield* call("POST", `/v1/sessions/${id}/events`, { events: [result(second)] })
    assert.deepStrictEqual(yield* eventsOf(id), archived)
    return { child, status, message: json.error?.message }
  })
  const calls = [[AgentScript.together({ custom_tool: { name: "a" } }, { custom_tool: { name: "b" } }, {
    tool: { name: "bash", permission: "ask" }
  })]]

  it.scoped("2.11.19 a result for a call of a thread that has ended is refused", () =>
    Effect.gen(function*() {
      const { child, message, status } = yield* late
      assert.strictEqual(status, 400)
      assert.include(message, `thread ${child.id} is terminated`)
    }).pipe(Effect.provide(team(calls))))

  it.scoped("2.11.19 by rule, it is accepted and has no effect", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* late).status, 200)
    }).pipe(Effect.provide(team(calls, { refuseLateResults: false }))))
})
