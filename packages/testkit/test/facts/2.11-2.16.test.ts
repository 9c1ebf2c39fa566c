import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../../src/AgentScript.ts"
import type * as Rules from "../../src/Rules.ts"
import * as Simulator from "../../src/Simulator.ts"
import { confirm, idOf, result } from "../utils/answers.ts"
import { idle, request, running, stopReasons } from "../utils/shapes.ts"
import type { Json } from "../utils/wire.ts"
import {
  call,
  createSession,
  eventsOf,
  layer,
  message,
  ok,
  open,
  refusal,
  scripted,
  send,
  settle,
  types
} from "../utils/wire.ts"

/** A coordinator that gives each child a script of its own. */
const team = (children: ReadonlyArray<AgentScript.Turn>, rules: Partial<Rules.Rules> = {}) =>
  layer({
    rules,
    agents: {
      agent_h: { agent: { name: "Helper" } },
      agent_1: {
        agent: { name: "Lead", multiagent: { type: "coordinator", agents: ["agent_h"] } },
        script: {
          turns: [
            children.map((turn) => AgentScript.delegate({ agent: "Helper", message: "m", script: { turns: [turn] } }))
          ]
        }
      }
    }
  })

const threadsOf = (id: string) =>
  Effect.map(ok("GET", `/v1/sessions/${id}/threads`), (page): ReadonlyArray<Json> => page.data)

const limit = (amount: string) => ({ type: "limit", max_list_cost: { amount, currency: "USD" } })

const ask: AgentScript.Step = { tool: { name: "bash", permission: "ask" } }
const custom: AgentScript.Step = { custom_tool: { name: "c" } }

describe("the status of several threads", () => {
  it.scoped("2.1.7 a call that waits comes before a budget that is spent", () =>
    Effect.gen(function*() {
      const id = yield* createSession({ budget: limit("5") })
      yield* send(id, message("x"))
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
      const id = yield* createSession()
      yield* send(id, message("x"))
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(stopReasons(events), [{
        type: "requires_action",
        event_ids: [idOf(events, "agent.custom_tool_use"), idOf(events, "agent.tool_use")]
      }])
    }).pipe(Effect.provide(team([[custom], [ask]]))))

  it.scoped("2.11.9 the call of a child is answered while its sibling runs", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
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
      const id = yield* createSession()
      yield* send(id, message("x"))
      const [, child] = yield* threadsOf(id)
      assert.notInclude(types(yield* eventsOf(id)), "agent.tool_use")
      const own = yield* ok("GET", `/v1/sessions/${id}/threads/${child.id}/events`)
      assert.include(types(own.data), "agent.tool_use")
    }).pipe(Effect.provide(team([[{ tool: { name: "bash", permission: "deny" } }]]))))

  const answered = Effect.gen(function*() {
    const id = yield* createSession()
    yield* send(id, message("x"))
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
        ...request(),
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
        message: "multiagent.agents: at most 20 agents are allowed"
      })
    }).pipe(Effect.provide(layer())))

  const start = Effect.gen(function*() {
    const id = yield* createSession()
    yield* send(id, message("x"))
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

describe("the end of a session", () => {
  const failing: AgentScript.Script = { turns: [[{ fail: { type: "unknown_error", retry_status: "terminal" } }]] }
  const archive = (id: string) => Effect.map(call("POST", `/v1/sessions/${id}/archive`), ({ status }) => status)

  it.scoped("2.12.5 by rule, archiving is in the list too", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const stream = yield* open(`/v1/sessions/${id}/events/stream`)
      yield* ok("POST", `/v1/sessions/${id}/archive`)
      yield* settle
      assert.deepStrictEqual(types(stream.seen), ["session.status_terminated"])
      assert.deepStrictEqual(yield* eventsOf(id), stream.seen)
    }).pipe(Effect.provide(layer({ rules: { storeArchival: true } }))))

  it.scoped("2.12.7 by rule, it cannot be repeated", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      assert.deepStrictEqual([yield* archive(id), yield* archive(id)], [200, 400])
    }).pipe(Effect.provide(layer({ rules: { rearchive: false } }))))

  it.scoped("2.12.8 a session that has failed can be archived, or by rule not", () =>
    Effect.gen(function*() {
      for (const [archiveTerminated, expected] of [[true, 200], [false, 400]] as const) {
        yield* Effect.gen(function*() {
          const id = yield* createSession()
          yield* send(id, message("x"))
          assert.strictEqual(yield* archive(id), expected)
        }).pipe(Effect.provide(scripted(failing, { rules: { archiveTerminated } })))
      }
    }))

  it.scoped("2.13.4 what is only ever streamed cannot be asked for", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      assert.match(
        yield* refusal("GET", `/v1/sessions/${id}/events?types[]=session.deleted`),
        /^400 .*types\[0\]/
      )
    }).pipe(Effect.provide(layer())))

  it.scoped("2.13.5 by rule, an archived session cannot be deleted", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* ok("POST", `/v1/sessions/${id}/archive`)
      assert.match(yield* refusal("DELETE", `/v1/sessions/${id}`), /^400 .*archived/)
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).status, "terminated")
    }).pipe(Effect.provide(layer({ rules: { deleteArchived: false } }))))
})

describe("updating", () => {
  const fields = (event: Json): Json =>
    Object.fromEntries(Object.entries(event).filter(([name]) => name !== "id" && name !== "processed_at"))

  it.scoped("2.14.6, 2.14.7 a budget can change in any status but terminated, and is null in the event when removed", () =>
    Effect.gen(function*() {
      const id = yield* createSession({ budget: limit("1000") })
      const url = `/v1/sessions/${id}`
      yield* ok("POST", url, { budget: limit("1001") })
      yield* send(id, message("x"))
      yield* ok("POST", url, { budget: limit("1002") })
      yield* TestClock.adjust("1 second")
      assert.strictEqual(stopReasons(yield* eventsOf(id)).at(-1).type, "requires_action")
      yield* ok("POST", url, { budget: limit("1003") })
      yield* ok("POST", url, { budget: null })
      const updates = (yield* eventsOf(id)).filter((event) => event.type === "session.updated").map(fields)
      assert.deepStrictEqual(
        updates,
        [limit("1001"), limit("1002"), limit("1003"), null].map((budget) => ({ type: "session.updated", budget }))
      )
      const other = yield* createSession({ budget: limit("1000") })
      yield* ok("POST", `/v1/sessions/${other}/archive`)
      assert.match(yield* refusal("POST", `/v1/sessions/${other}`, { budget: null }), /^400 /)
    }).pipe(Effect.provide(scripted({ otherwise: [{ sleep: 1000 }, custom] }))))

  it.scoped("2.14.8 new tools of the agent count from the next turn", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      yield* ok("POST", `/v1/sessions/${id}`, {
        agent: {
          tools: [{ type: "agent_toolset_20260401", default_config: { permission_policy: { type: "always_ask" } } }]
        }
      })
      yield* send(id, result(idOf(yield* eventsOf(id), "agent.custom_tool_use")))
      yield* send(id, message("y"))
      yield* send(id, result(idOf(yield* eventsOf(id), "agent.custom_tool_use", 1)))
      const uses = (yield* eventsOf(id)).filter((event) => event.type === "agent.tool_use")
      assert.deepStrictEqual(uses.map((event) => event.evaluated_permission), ["allow", "ask"])
      const { data: [primary] } = yield* ok("GET", `/v1/sessions/${id}/threads`)
      assert.deepStrictEqual(primary.agent.tools, (yield* ok("GET", `/v1/sessions/${id}`)).agent.tools)
    }).pipe(Effect.provide(scripted({ otherwise: [custom, { tool: { name: "bash" } }] }))))
})

describe("errors inside a session", () => {
  const errors = Effect.gen(function*() {
    const id = yield* createSession()
    yield* send(id, message("x"))
    yield* send(id, message("y"))
    return (yield* eventsOf(id)).filter((event) =>
      event.type === "session.error" || event.type === "session.status_idle"
    )
  })

  it.scoped("2.15.1, 2.15.12 an error has a type, a message, a retry status, and what it is about", () =>
    Effect.gen(function*() {
      const seen = yield* errors
      const retry_status = { type: "retrying" }
      assert.deepStrictEqual(seen.flatMap(({ error }) => error === undefined ? [] : [error]), [
        { type: "unknown_error", message: "What?", retry_status },
        { type: "mcp_connection_failed_error", message: "Off", mcp_server_name: "crm", retry_status },
        {
          type: "credential_host_unreachable_error",
          message: "Off",
          vault_id: "vlt_1",
          credential_id: "vcrd_1",
          retry_status
        },
        { type: "repository_checkout_error", message: "Off", repository_url: "https://github.com/a/b", retry_status }
      ])
    }).pipe(Effect.provide(scripted({
      turns: [[
        { type: "unknown_error", message: "What?" },
        { type: "mcp_connection_failed_error", message: "Off", mcp_server_name: "crm" },
        { type: "credential_host_unreachable_error", message: "Off", vault_id: "vlt_1", credential_id: "vcrd_1" },
        { type: "repository_checkout_error", message: "Off", repository_url: "https://github.com/a/b" }
      ].map((failure) => ({ fail: { ...failure, retry_status: "retrying" } }))]
    }))))

  it.scoped("2.15.9 a server that failed at the start is tried again on the next one", () =>
    Effect.gen(function*() {
      const seen = yield* errors
      assert.deepStrictEqual(types(seen), [
        "session.error",
        "session.status_idle",
        "session.error",
        "session.status_idle"
      ])
    }).pipe(Effect.provide(scripted({
      otherwise: [{ fail: { type: "mcp_authentication_failed_error", retry_status: "retrying" } }, { say: "anyway" }]
    }))))

  it.scoped("2.15.11 a compaction that fails ends the turn as a script says", () =>
    Effect.gen(function*() {
      const [, first] = yield* errors
      assert.deepStrictEqual(first.stop_reason, { type: "retries_exhausted" })
    }).pipe(Effect.provide(scripted({
      turns: [[AgentScript.compact, { fail: { type: "unknown_error", retry_status: "exhausted" } }]]
    }))))
})

describe("advisors", () => {
  const advised = (consultation: AgentScript.Consultation, more: AgentScript.Turn = [{ say: "{{result}}" }]) =>
    layer({
      agents: {
        agent_h: { agent: { name: "Helper" } },
        agent_1: {
          agent: {
            name: "Lead",
            multiagent: { type: "coordinator", agents: ["agent_h", { type: "advisor", model: "claude-opus-5" }] }
          },
          script: { turns: [[AgentScript.consult(consultation), ...more]] }
        }
      }
    })
  const consulted = Effect.gen(function*() {
    const id = yield* createSession()
    yield* send(id, message("x"))
    const [, advisor] = yield* threadsOf(id)
    return { advisor, events: yield* eventsOf(id), id }
  })
  const around = (...advice: ReadonlyArray<string>) => [
    ...request(),
    "session.thread_created",
    "session.thread_status_running",
    ...advice,
    "session.thread_status_idle",
    "session.thread_status_terminated",
    ...request("agent.message"),
    ...idle
  ]

  it.scoped("2.11.20 an advisor has a thread for as long as it takes", () =>
    Effect.gen(function*() {
      const { advisor, events, id } = yield* consulted
      assert.deepStrictEqual(types(events).slice(3), around("agent.thread_message_received"))
      assert.deepInclude(events[5], { session_thread_id: advisor.id, agent_name: "anthropic.advisor" })
      assert.deepInclude(events[7], {
        from_session_thread_id: advisor.id,
        from_agent_name: "anthropic.advisor",
        content: [{ type: "text", text: "Be brief" }]
      })
      assert.deepStrictEqual(events[8].stop_reason, { type: "end_turn" })
      assert.strictEqual(events[11].content[0].text, "Be brief")
      assert.deepInclude(advisor, { status: "terminated", agent: { type: "advisor", model: "claude-opus-5" } })
      const own = yield* ok("GET", `/v1/sessions/${id}/threads/${advisor.id}/events`)
      assert.deepStrictEqual(types(own.data), [
        "session.thread_status_running",
        "session.thread_status_idle",
        "session.thread_status_terminated"
      ])
    }).pipe(Effect.provide(advised({ advice: "Be brief" }))))

  it.scoped("2.11.21 its advice may be redacted", () =>
    Effect.gen(function*() {
      const { events } = yield* consulted
      assert.deepStrictEqual(events[7].content, [{ type: "redacted" }])
    }).pipe(Effect.provide(advised({ advice: "Be brief", redacted: true }))))

  it.scoped("2.11.21 one that fails does not fail the turn", () =>
    Effect.gen(function*() {
      const { events } = yield* consulted
      assert.deepStrictEqual(types(events).slice(3), around())
      assert.deepStrictEqual(stopReasons(events), [{ type: "end_turn" }])
    }).pipe(Effect.provide(advised({ advice: null }, [{ say: "anyway" }]))))

  it.scoped("2.11.14 its thread does not count among the children", () =>
    Effect.gen(function*() {
      const { id } = yield* consulted
      assert.strictEqual((yield* threadsOf(id)).length, 27)
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).status, "idle")
    }).pipe(Effect.provide(
      advised(
        { advice: "Be many" },
        Array.from({ length: 25 }, () => AgentScript.delegate({ agent: "Helper", message: "m" }))
      )
    )))

  it.scoped("an agent without one fails readably", () =>
    Effect.gen(function*() {
      const { events } = yield* consulted
      const error = events.find((event) => event.type === "session.error")
      assert.match(error.error.message, /agent_1 failed .*: the thread has no advisor$/)
    }).pipe(Effect.provide(scripted({ turns: [[AgentScript.consult({ advice: "x" })]] }))))
})

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
        ...request("agent.message"),
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
      const id = yield* createSession()
      yield* send(id, message("x"))
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
      const id = yield* createSession()
      yield* send(id, message("x"))
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
        ...request(),
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
      const id = yield* createSession()
      yield* send(id, message("x"))
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
      const id = yield* createSession()
      yield* send(id, message("x"))
      const error = (yield* eventsOf(id)).find((event) => event.type === "session.error")
      assert.match(error.error.message, /no agent of the workflows is named "Helper"; there is none$/)
    }).pipe(Effect.provide(scripted({ turns: [[AgentScript.workflow(plan())]] }))))
})
