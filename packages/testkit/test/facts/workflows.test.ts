/**
 * Section 9 of FIDELITY.md: workflow runs.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../../src/AgentScript.ts"
import type * as Rules from "../../src/Rules.ts"
import type { Json } from "../utils/facts.ts"
import {
  ask,
  call,
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
  open,
  result,
  scripted,
  send,
  settle,
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
  const planning = (...turn: AgentScript.Turn) => planningBy({}, turn, [{ say: "again" }])
  const planningBy = (rules: Partial<Rules.Rules>, ...turns: ReadonlyArray<AgentScript.Turn>) =>
    layer({
      rules,
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
          script: { turns }
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
        "phase_started"
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
        "session.thread_status_running",
        "session.thread_status_idle",
        "workflow_run.phase_ended",
        ...Array(3).fill("session.thread_status_terminated"),
        "workflow_run.status_ended",
        "session.thread_status_running",
        ...modelRequest("agent.message"),
        ...idle
      ])
      assert.deepStrictEqual(rest.find(({ type }) => type === "workflow_run.status_ended").result, {
        type: "completed"
      })
    }).pipe(Effect.provide(planning(AgentScript.workflow(plan()), { say: "done" }))))

  it.scoped("2.11.18, 2.14.10, 5.31 one that waits keeps the session, its agent and its threads from being changed", () =>
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
      // as a whole
      assert.deepStrictEqual(yield* code("POST", url, { agent: { tools: [] }, title: "New" }), open)
      assert.isNull((yield* ok("GET", url)).title)
      const [, first] = yield* threadsOf(id)
      assert.deepStrictEqual(yield* code("POST", `${url}/threads/${first.id}/archive`), open)
      assert.deepStrictEqual(yield* eventsOf(id), before)
      yield* send(id, result(idOf(before, "agent.custom_tool_use")))
      yield* ok("POST", `${url}/threads/${first.id}/archive`)
      yield* ok("POST", `${url}/archive`)
    }).pipe(Effect.provide(planning(AgentScript.workflow(plan())))))

  it.scoped("2.8.18 an interrupt leaves it alone, also if it names a thread of it", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      yield* send(id, { type: "user.interrupt" })
      const [, first] = yield* threadsOf(id)
      assert.strictEqual(first.status, "running")
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).status, "running")
      yield* send(id, { type: "user.interrupt", session_thread_id: first.id })
      assert.strictEqual((yield* threadsOf(id))[1]?.status, "running")
      assert.deepStrictEqual(tails(yield* eventsOf(id)), ["created", "status_running", "phase_started"])
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(tails(yield* eventsOf(id)).slice(3), ["phase_ended", "phase_started"])
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
        "session.thread_status_idle",
        "workflow_run.phase_ended",
        "session.thread_status_terminated",
        "workflow_run.status_ended",
        "session.thread_status_running",
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
      assert.isNull(refused.workflow_run_id)
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

  it.scoped("5.32, 9.19 its threads are archived with it, and answers to them come too late", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const url = `/v1/sessions/${id}`
      const { seen } = yield* open(`${url}/events/stream`)
      yield* send(id, message("x"))
      const [late, confirmed] = (yield* eventsOf(id)).flatMap((event) => event.type.endsWith("_use") ? [event.id] : [])
      yield* TestClock.adjust("1 minute")
      const [, child] = yield* threadsOf(id)
      assert.deepInclude(child, { status: "terminated", archived_at: "1970-01-01T00:01:00Z" })
      const all = types(seen)
      const [first, last] = [all.indexOf("session.thread_status_terminated"), all.indexOf("workflow_run.status_ended")]
      assert.isAbove(first, 0)
      assert.isAbove(last, first)
      const before = yield* eventsOf(id)
      const confirmation = { type: "user.tool_confirmation", tool_use_id: confirmed, result: "allow" }
      assert.strictEqual((yield* call("POST", `${url}/events`, { events: [confirmation] })).status, 200)
      assert.strictEqual((yield* call("POST", `${url}/events`, { events: [result(late)] })).status, 400)
      assert.deepStrictEqual(yield* eventsOf(id), before)
    }).pipe(Effect.provide(planning(AgentScript.workflow({
      name: "Survey",
      phases: [{ name: "Ask", agents: [task(custom), task(ask)] }],
      lifetime: 60_000
    })))))

  it.scoped("9.14 64 threads are at work at a time, and others begin as they end", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      const created = Effect.map(eventsOf(id), (events) =>
        types(events).filter((type) => type === "session.thread_created").length)
      assert.strictEqual(yield* created, 64)
      yield* TestClock.adjust("999 millis")
      assert.strictEqual(yield* created, 64)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* created, 70)
      assert.notInclude(tails(yield* eventsOf(id)), "phase_ended")
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(tails(yield* eventsOf(id)).slice(-2), ["phase_ended", "status_ended"])
    }).pipe(Effect.provide(planning(AgentScript.workflow({
      name: "Wide",
      phases: [{
        name: "All",
        agents: Array.from({ length: 70 }, () =>
          task({ sleep: 1000 }))
      }]
    })))))

  it.scoped("9.14 it ends with an error when it has created 1,000 threads and needs more", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      const ends = "types[]=workflow_run.error&types[]=workflow_run.status_ended"
      const listed = yield* ok("GET", `/v1/sessions/${id}/events?${ends}`)
      assert.deepStrictEqual(tails(listed.data), ["error", "status_ended"])
      assert.strictEqual(listed.data[1].result.error.type, "thread_limit_error")
      const created = yield* ok("GET", `/v1/sessions/${id}/events?limit=1000&types[]=session.thread_created`)
      assert.lengthOf(created.data, 1000)
      assert.notExists(created.next_page)
    }).pipe(Effect.provide(planning(AgentScript.workflow({
      name: "Long",
      phases: [{ name: "All", agents: Array.from({ length: 1001 }, () => task()) }]
    })))))

  it.scoped("9.18 it ends with an error when its time is up, also while it is paused", () =>
    Effect.gen(function*() {
      for (
        const [rules, interrupts] of [[{}, []], [{ interruptedRuns: "pause" }, [{ type: "user.interrupt" }]]] as const
      ) {
        yield* Effect.gen(function*() {
          const id = yield* startSession()
          if (interrupts.length > 0) yield* send(id, ...interrupts)
          yield* TestClock.adjust("24 hours")
          const events = yield* eventsOf(id)
          assert.deepStrictEqual(tails(events).slice(-3), ["phase_ended", "error", "status_ended"])
          const [error, ended] = runOf(events).slice(-2)
          assert.strictEqual(error.error.type, "timeout_error")
          assert.deepStrictEqual(ended.result, { type: "error", error: error.error })
          assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).status, "idle")
        }).pipe(Effect.provide(planningBy(rules, [
          AgentScript.workflow({ name: "Long", phases: [{ name: "Wait", agents: [task({ sleep: 1e10 })] }] })
        ])))
      }
    }))

  it.scoped("9.20 phases overlap, are not declared, and never start; all that start end", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      yield* TestClock.adjust("1 minute")
      const events = runOf(yield* eventsOf(id))
      const [created] = events
      assert.deepStrictEqual(created.phases.map((phase: Json) => phase.name), ["a", "b", "never"])
      const ids = new Map<string, string>(created.phases.map((phase: Json) => [phase.id, phase.name]))
      const steps = events.flatMap((event) =>
        event.type.includes("phase_")
          ? [`${event.type.slice("workflow_run.phase_".length)} ${ids.get(event.workflow_run_phase_id) ?? "another"}`]
          : []
      )
      assert.deepStrictEqual(steps, [
        "started a",
        "started b",
        "ended a",
        "ended b",
        "started another",
        "ended another"
      ])
      assert.strictEqual(events.at(-1)?.type, "workflow_run.status_ended")
    }).pipe(Effect.provide(planning(AgentScript.workflow({
      name: "Survey",
      phases: [
        { name: "a", agents: [task({ sleep: 1000 })] },
        { name: "b", agents: [task({ sleep: 2000 })], overlaps: true },
        { name: "never", agents: [] },
        { name: "c", agents: [task({ sleep: 1000 })], declared: false }
      ]
    })))))

  it.scoped("9.21 its ids and texts have their forms, and its prompts name nobody", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      const [created] = runOf(yield* eventsOf(id))
      assert.match(created.workflow_run_id, /^wrun_/)
      assert.lengthOf(created.name, 64)
      assert.lengthOf(created.description, 256)
      const [first, second] = created.phases
      assert.match(first.id, /^wrph_/)
      assert.deepStrictEqual([first.name.length, first.description, second.description], [64, null, "d"])
      const [, child] = yield* threadsOf(id)
      const { data } = yield* ok("GET", `/v1/sessions/${id}/threads/${child.id}/events`)
      const prompt = data.find(({ type }: Json) => type === "agent.thread_message_received")
      assert.notProperty(prompt, "from_agent_name")
    }).pipe(Effect.provide(planning(AgentScript.workflow({
      name: "n".repeat(100),
      description: "d".repeat(300),
      phases: [
        { name: "p".repeat(100), agents: [task({ sleep: 1000 })] },
        { name: "q", description: "d", agents: [task()] }
      ]
    })))))

  it.scoped("9.22 the budget pauses it, and it may begin so; waiting for the client does not", () =>
    Effect.gen(function*() {
      const id = yield* createSession({ budget: limit("1") })
      yield* send(id, message("x"))
      const paused = yield* eventsOf(id)
      assert.deepStrictEqual(tails(paused), ["created", "status_idle", "phase_started"])
      assert.deepStrictEqual(stopReasons(paused).at(-1), { type: "budget_reached" })
      yield* ok("POST", `/v1/sessions/${id}`, { budget: limit("1000") })
      assert.deepStrictEqual(tails(yield* eventsOf(id)).slice(3), ["status_running"])
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(tails(yield* eventsOf(id)).slice(4), ["phase_ended", "phase_started"])
    }).pipe(Effect.provide(planning({ say: "x".repeat(4000) }, AgentScript.workflow(plan())))))

  it.scoped("9.22 unless a rule has it idle whatever the cause", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      yield* TestClock.adjust("2 seconds")
      const waiting = yield* eventsOf(id)
      assert.strictEqual(tails(waiting).at(-1), "status_idle")
      yield* send(id, result(idOf(waiting, "agent.custom_tool_use")))
      assert.strictEqual(tails((yield* eventsOf(id)).slice(waiting.length))[0], "status_running")
    }).pipe(Effect.provide(planningBy({ waitingRunsIdle: true }, [AgentScript.workflow(plan())]))))

  it.scoped("9.23 an interrupt may pause it, with or without an event, until the agent reads a message", () =>
    Effect.gen(function*() {
      for (const interruptedRuns of ["pause", "pause silently"] as const) {
        yield* Effect.gen(function*() {
          const id = yield* createSession({ budget: limit("1000") })
          yield* send(id, message("x"))
          const running = tails(yield* eventsOf(id))
          yield* send(id, { type: "user.interrupt" })
          const said = interruptedRuns === "pause" ? ["status_idle"] : []
          assert.deepStrictEqual(tails(yield* eventsOf(id)), [...running, ...said])
          assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).status, "idle")
          yield* TestClock.adjust("1 hour")
          yield* ok("POST", `/v1/sessions/${id}`, { budget: limit("2000") })
          assert.deepStrictEqual(tails(yield* eventsOf(id)), [...running, ...said])
          assert.strictEqual((yield* code("POST", `/v1/sessions/${id}/archive`))[1], "workflow_run_open")
          yield* send(id, message("Go on"))
          const resumed = tails(yield* eventsOf(id)).slice(running.length + said.length)
          assert.deepStrictEqual(
            resumed.slice(0, 3),
            [
              ...(interruptedRuns === "pause" ? ["status_running"] : []),
              "phase_ended",
              "phase_started"
            ].slice(0, 3)
          )
        }).pipe(Effect.provide(planningBy({ interruptedRuns }, [AgentScript.workflow(plan())], [{ say: "again" }])))
      }
    }))

  it.scoped("9.24 a session that is archived may end it, in the list alone", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      const url = `/v1/sessions/${id}`
      yield* TestClock.adjust("2 seconds")
      const before = yield* eventsOf(id)
      const { seen } = yield* open(`${url}/events/stream`)
      assert.deepStrictEqual(yield* code("DELETE", url), [400, "workflow_run_open"])
      yield* ok("POST", `${url}/archive`)
      yield* settle
      assert.deepStrictEqual(types(seen), ["session.status_terminated"])
      const after = (yield* eventsOf(id)).slice(before.length)
      assert.deepStrictEqual(types(after), [
        ...Array(3).fill("session.thread_status_terminated"),
        "workflow_run.phase_ended",
        "workflow_run.status_ended"
      ])
      const [, ...agents] = yield* threadsOf(id)
      assert.deepStrictEqual(after.slice(0, 3).map((event) => event.session_thread_id), agents.map(({ id }) => id))
      assert.deepStrictEqual(agents.map(({ status }) => status), Array(3).fill("terminated"))
      assert.deepStrictEqual(after.at(-1)?.result, { type: "stopped" })
    }).pipe(Effect.provide(planningBy({ archiveStopsRuns: true }, [AgentScript.workflow(plan())]))))

  it.scoped("9.25 one that ends unread after retries are exhausted may start a turn by itself", () =>
    Effect.gen(function*() {
      for (const unreadRunsStartTurns of [true, false]) {
        yield* Effect.gen(function*() {
          const id = yield* startSession()
          yield* send(id, { type: "user.interrupt" }, message("y"))
          yield* TestClock.adjust("1 second")
          const events = yield* eventsOf(id)
          assert.deepStrictEqual(
            stopReasons(events).map(({ type }: Json) => type),
            unreadRunsStartTurns ? ["retries_exhausted", "end_turn"] : ["retries_exhausted"]
          )
          assert.strictEqual(types(events).includes("agent.message"), unreadRunsStartTurns)
        }).pipe(Effect.provide(planningBy(
          { unreadRunsStartTurns },
          [AgentScript.workflow({ name: "Run", phases: [{ name: "Only", agents: [task({ sleep: 1000 })] }] })],
          [{ fail: { type: "model_overloaded_error", retry_status: "exhausted" } }],
          [{ say: "I have read it" }]
        )))
      }
    }))

  it.scoped("9.26 a rate limit stops a thread of it with an error that says so", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      const [, child] = yield* threadsOf(id)
      const { data } = yield* ok("GET", `/v1/sessions/${id}/threads/${child.id}/events`)
      assert.strictEqual(data.find(({ type }: Json) => type === "session.error").error.type, "model_rate_limited_error")
      assert.deepStrictEqual(tails(yield* eventsOf(id)).slice(-2), ["phase_ended", "status_ended"])
    }).pipe(Effect.provide(planning(AgentScript.workflow({
      name: "Run",
      phases: [{
        name: "Only",
        agents: [task({ fail: { type: "model_rate_limited_error", retry_status: "exhausted" } })]
      }]
    })))))

  it.scoped("agents that the workflows do not name fail readably", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      const error = (yield* eventsOf(id)).find((event) => event.type === "session.error")
      assert.match(error.error.message, /no agent of the workflows is named "Helper"; there is none$/)
    }).pipe(Effect.provide(scripted({ turns: [[AgentScript.workflow(plan())]] }))))
})
