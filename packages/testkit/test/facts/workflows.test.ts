/**
 * Section 9 of FIDELITY.md: workflow runs.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../../src/AgentScript.ts"
import type { Json } from "../utils/facts.ts"
import {
  call,
  createSession,
  custom,
  eventsOf,
  idle,
  idOf,
  layer,
  message,
  modelRequest,
  ok,
  result,
  scripted,
  send,
  startSession,
  stopReasons,
  threadsOf,
  types
} from "../utils/facts.ts"

describe("workflow runs", () => {
  const task = (...turn: AgentScript.Turn) => ({ agent: "Helper", message: "m", script: { turns: [turn] } })
  const plan = (more: object = {}): AgentScript.Workflow<AgentScript.Script> => ({
    name: "Survey",
    phases: [
      { name: "Search", agents: [task({ sleep: 1000 }), task({ sleep: 2000 })] },
      { name: "Write", agents: [task(custom)] }
    ],
    ...more
  })
  const planning = (...turn: AgentScript.Turn) =>
    layer({
      agents: {
        agent_h: { agent: { name: "Helper" } },
        agent_1: {
          agent: {
            name: "Lead",
            multiagent: {
              type: "multiagent_20261001",
              workflows: { type: "enabled", predefined_agents: ["agent_h"] }
            }
          },
          script: { turns: [turn] }
        }
      }
    })
  const runOf = (events: ReadonlyArray<Json>) => events.filter((event) => event.type.startsWith("workflow_run."))
  const tails = (events: ReadonlyArray<Json>) => runOf(events).map((event) => event.type.slice("workflow_run.".length))
  const code = (method: string, url: string, body?: unknown) =>
    Effect.map(call(method, url, body), ({ json, status }) => [status, json.error?.details?.error_code])

  it.scoped("2.1.3, 9.9, 9.10 goes through its phases, keeps the session running, and ends before the session is idle", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const url = `/v1/sessions/${id}`
      yield* send(id, message("x"))
      const [primary, ...agents] = yield* threadsOf(id)
      assert.strictEqual((yield* ok("GET", url)).status, "running")
      assert.strictEqual(primary.status, "idle")
      yield* TestClock.adjust("2 seconds")
      const waiting = yield* eventsOf(id)
      assert.deepStrictEqual(tails(waiting), [
        "created",
        "status_running",
        "phase_started",
        "phase_ended",
        "phase_started",
        "status_idle"
      ])
      const [created, , started, ended] = runOf(waiting)
      assert.deepInclude(created, { name: "Survey" })
      assert.deepStrictEqual(created.phases.map((phase: Json) => phase.name), ["Search", "Write"])
      assert.deepInclude(ended, {
        workflow_run_id: created.workflow_run_id,
        workflow_run_phase_id: created.phases[0].id,
        phase_started_id: started.id
      })
      assert.deepStrictEqual(agents.map((thread) => thread.workflow_run_id), [
        created.workflow_run_id,
        created.workflow_run_id
      ])
      assert.notInclude(types(waiting), "agent.thread_message_sent")
      yield* send(id, result(idOf(waiting, "agent.custom_tool_use")))
      const rest = (yield* eventsOf(id)).slice(waiting.length)
      assert.deepStrictEqual(types(rest), [
        "user.custom_tool_result",
        "session.status_running",
        "workflow_run.status_running",
        "session.thread_status_running",
        "workflow_run.phase_ended",
        "workflow_run.status_ended",
        // the agent hears of the end before the last thread is idle
        "session.thread_status_running",
        "session.thread_status_idle",
        ...modelRequest("agent.message"),
        ...idle
      ])
      assert.deepStrictEqual(rest[5].result, { type: "completed" })
    }).pipe(Effect.provide(planning(AgentScript.workflow(plan()), { say: "done" }))))

  it.scoped("2.11.18, 2.14.10 one that waits keeps the session, its agent and its threads from being changed", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const url = `/v1/sessions/${id}`
      yield* send(id, message("x"))
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* ok("GET", url)).status, "idle")
      const before = yield* eventsOf(id)
      const open = [400, "workflow_run_open"]
      assert.deepStrictEqual(yield* code("POST", `${url}/archive`), open)
      assert.deepStrictEqual(yield* code("DELETE", url), open)
      assert.deepStrictEqual(yield* code("POST", url, { agent: { tools: [] } }), open)
      const [, first] = yield* threadsOf(id)
      assert.deepStrictEqual(yield* code("POST", `${url}/threads/${first.id}/archive`), open)
      assert.deepStrictEqual(yield* eventsOf(id), before)
      yield* send(id, result(idOf(before, "agent.custom_tool_use")))
      yield* ok("POST", `${url}/threads/${first.id}/archive`)
      yield* ok("POST", `${url}/archive`)
    }).pipe(Effect.provide(planning(AgentScript.workflow(plan())))))

  it.scoped("2.8.18 an interrupt leaves it alone, unless it names a thread of it", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      yield* send(id, { type: "user.interrupt" })
      const [, first] = yield* threadsOf(id)
      assert.strictEqual(first.status, "running")
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).status, "running")
      // the plan goes on without one that was stopped
      yield* send(id, { type: "user.interrupt", session_thread_id: first.id })
      assert.deepStrictEqual(tails(yield* eventsOf(id)), ["created", "status_running", "phase_started"])
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(tails(yield* eventsOf(id)).slice(3), ["phase_ended", "phase_started", "status_idle"])
      yield* send(id, result(idOf(yield* eventsOf(id), "agent.custom_tool_use")))
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(tails(events).slice(-2), ["phase_ended", "status_ended"])
      assert.deepStrictEqual(stopReasons(events).at(-1), { type: "end_turn" })
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).status, "idle")
    }).pipe(Effect.provide(planning(AgentScript.workflow(plan()), { say: "never" }))))

  it.scoped("2.10.13 nothing is graded while one is open", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, { type: "user.define_outcome", description: "d", rubric: { type: "text", content: "r" } })
      yield* TestClock.adjust("1 second")
      assert.notInclude(types(yield* eventsOf(id)), "span.outcome_evaluation_start")
      yield* TestClock.adjust("1 second")
      yield* send(id, result(idOf(yield* eventsOf(id), "agent.custom_tool_use")))
      const all = types(yield* eventsOf(id))
      assert.isAbove(all.indexOf("span.outcome_evaluation_start"), all.indexOf("workflow_run.status_ended"))
      const { outcome_evaluations: [outcome] } = yield* ok("GET", `/v1/sessions/${id}`)
      assert.strictEqual(outcome.result, "satisfied")
    }).pipe(Effect.provide(planning(AgentScript.workflow(plan())))))

  it.scoped("2.10.13 also if the turn that has started it was interrupted", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      yield* send(id, { type: "user.interrupt" })
      yield* send(id, { type: "user.define_outcome", description: "d", rubric: { type: "text", content: "r" } })
      const before = yield* eventsOf(id)
      assert.include(types(before), "agent.message")
      assert.notInclude(types(before), "span.outcome_evaluation_start")
      yield* TestClock.adjust("1 second")
      const after = (yield* eventsOf(id)).slice(before.length)
      assert.deepStrictEqual(types(after), [
        "workflow_run.phase_ended",
        "workflow_run.status_ended",
        "session.thread_status_running",
        "session.thread_status_idle",
        ...modelRequest(),
        "span.outcome_evaluation_start",
        "span.outcome_evaluation_end",
        ...idle
      ])
    }).pipe(Effect.provide(planning(AgentScript.workflow({
      name: "Survey",
      phases: [{ name: "Search", agents: [task({ sleep: 1000 })] }]
    })))))

  it.scoped("9.11, 9.12, 9.13 one that fails says why before it ends; too many are not created; too many agents are fine", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      const events = yield* eventsOf(id)
      const [refused, failed] = events.filter((event) => event.type === "workflow_run.error")
      assert.notProperty(refused, "workflow_run_id")
      assert.strictEqual(refused.error.type, "max_workflow_runs_error")
      const ended = events.find((event) => event.type === "workflow_run.status_ended")
      assert.deepStrictEqual(ended.result, { type: "error", error: failed.error })
      assert.strictEqual(ended.workflow_run_id, failed.workflow_run_id)
      assert.strictEqual((yield* threadsOf(id)).length, 31)
      assert.deepStrictEqual(stopReasons(events), [{ type: "end_turn" }])
    }).pipe(Effect.provide(planning(...Array.from({ length: 11 }, () =>
      AgentScript.workflow({
        name: "Run",
        phases: [{ name: "Only", agents: [task(), task(), task()] }],
        result: "error"
      }))))))

  it.scoped("agents that the workflows do not name fail readably", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      const error = (yield* eventsOf(id)).find((event) => event.type === "session.error")
      assert.match(error.error.message, /no agent of the workflows is named "Helper"; there is none$/)
    }).pipe(Effect.provide(scripted({ turns: [[AgentScript.workflow(plan())]] }))))
})
