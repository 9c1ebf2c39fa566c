import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../src/AgentScript.ts"
import * as Simulator from "../src/Simulator.ts"
import { idle, modelRequest, running, stopReasons } from "./utils/shapes.ts"
import type { Json } from "./utils/wire.ts"
import { createSession, eventsOf, layer, message, ok, open, refusal, send, settle, types } from "./utils/wire.ts"

/** A coordinator with two agents in its roster. */
const team = (
  script: Simulator.Options["script"],
  child: Simulator.Options["script"] = { otherwise: [{ say: "Found {{text}}" }] }
) =>
  layer({
    agents: {
      agent_r: { agent: { name: "Researcher" }, script: child },
      agent_w: { agent: { name: "Writer" }, script: child },
      agent_1: {
        agent: {
          name: "Lead",
          multiagent: { type: "coordinator", agents: ["agent_r", { type: "agent", id: "agent_w" }] }
        },
        script
      }
    }
  })

const ask = (agent: string, more: object = {}) =>
  AgentScript.delegate({ agent, message: `Look into {{text}}`, ...more })

const threadsOf = (id: string) =>
  Effect.map(ok("GET", `/v1/sessions/${id}/threads`), (page): ReadonlyArray<Json> => page.data)

const eventsOfThread = (id: string, thread: string) =>
  Effect.map(ok("GET", `/v1/sessions/${id}/threads/${thread}/events`), (page): ReadonlyArray<Json> => page.data)

describe("delegation", () => {
  it.scoped("2.2.3, 2.11.1, 2.11.2, 2.11.3, 2.11.4, 2.11.5 spawns a thread that reports back, in the recorded order", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const stream = yield* open(`/v1/sessions/${id}/events/stream?event_deltas[]=agent.message`)
      yield* send(id, message("bees"))
      yield* settle
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(types(events), [
        ...running,
        "user.message",
        ...modelRequest(),
        "session.thread_created",
        "agent.thread_message_sent",
        // the coordinator learns that the task was taken, and is idle; the session is not
        ...modelRequest(),
        "session.thread_status_idle",
        // the child's
        "session.thread_status_running",
        // the coordinator wakes up before the child is idle
        "session.thread_status_running",
        "agent.thread_message_received",
        "session.thread_status_idle",
        ...modelRequest("agent.message"),
        ...idle
      ])
      const [primary, child] = yield* threadsOf(id)
      assert.deepInclude(child, { parent_thread_id: primary.id, status: "idle" })
      assert.strictEqual(child.agent.name, "Researcher")
      assert.deepInclude(events[5], { session_thread_id: child.id, agent_name: "Researcher", workflow_run_id: null })
      assert.deepInclude(events[6], {
        to_session_thread_id: child.id,
        to_agent_name: "Researcher",
        content: [{ type: "text", text: "Look into bees" }]
      })
      assert.deepInclude(events[10], { session_thread_id: child.id, agent_name: "Researcher" })
      assert.deepInclude(events[12], {
        from_session_thread_id: child.id,
        from_agent_name: "Researcher",
        content: [{ type: "text", text: "Found Look into bees" }]
      })
      assert.deepInclude(events[13], { session_thread_id: child.id })
      assert.strictEqual(events[15].content[0].text, "Report: Found Look into bees")
      assert.deepStrictEqual(stopReasons(events), [{ type: "end_turn" }])
      const own = yield* eventsOfThread(id, child.id)
      assert.deepStrictEqual(types(own), [
        "session.thread_status_running",
        "agent.thread_message_received",
        ...modelRequest("agent.message"),
        "session.thread_status_idle"
      ])
      assert.deepInclude(own[1], { from_session_thread_id: primary.id, from_agent_name: "Lead" })
      // what is posted to the session is the thread's own event
      assert.deepStrictEqual([events[10], events[13]], [own[0], own[5]])
      // the session previews its primary thread alone
      assert.deepStrictEqual(stream.seen.filter((event) => !event.type.startsWith("event_")), events)
      const previewed = stream.seen.filter((event) => event.type === "event_start").map((event) => event.event.id)
      assert.deepStrictEqual(previewed, [events[15].id])
      // usage adds up over threads
      const { usage } = yield* ok("GET", `/v1/sessions/${id}`)
      assert.strictEqual(
        usage.output_tokens,
        (yield* threadsOf(id)).reduce((sum, one) => sum + one.usage.output_tokens, 0)
      )
    }).pipe(Effect.provide(team({ turns: [[ask("Researcher"), { say: "Report: {{result}}" }]] }))))

  it.scoped("2.1.6 of several tasks in a row spawns them together, and waits for all", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("bees"))
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).status, "running")
      assert.deepStrictEqual((yield* threadsOf(id)).map((thread) => thread.status), ["idle", "running", "running"])
      yield* TestClock.adjust("1 second")
      const [, slow, fast] = yield* threadsOf(id)
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(
        events.filter((event) => event.type === "agent.thread_message_received").map((e) => e.from_session_thread_id),
        [slow.id, fast.id]
      )
      assert.deepStrictEqual(
        events.filter((event) => event.type === "agent.message").map((event) => event.content[0].text),
        ["Both are done"]
      )
      assert.deepStrictEqual(stopReasons(events), [{ type: "end_turn" }])
    }).pipe(Effect.provide(
      team({ turns: [[ask("Researcher"), ask("Writer"), { say: "Both are done" }]] }, {
        otherwise: [{ sleep: 1000 }, { say: "ok" }]
      })
    )))

  it.scoped("2.5.8, 2.11.6, 2.11.7, 2.11.8 posts the calls of a child that need the client to the session, where they are answered by id", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("bees"))
      const before = yield* eventsOf(id)
      const [, child] = yield* threadsOf(id)
      const call = before.find((event) => event.type === "agent.custom_tool_use")
      assert.strictEqual(call.session_thread_id, child.id)
      assert.notInclude(types(before), "agent.tool_use")
      const own = yield* eventsOfThread(id, child.id)
      const ownCall = own.find((event) => event.type === "agent.custom_tool_use")
      assert.strictEqual(ownCall.id, call.id)
      assert.notProperty(ownCall, "session_thread_id")
      assert.deepStrictEqual(stopReasons(before), [{ type: "requires_action", event_ids: [call.id] }])
      assert.match(yield* refusal("POST", `/v1/sessions/${id}/events`, { events: [message("x")] }), /^400 .*waiting on/)
      const echo = yield* send(id, {
        type: "user.custom_tool_result",
        custom_tool_use_id: call.id,
        content: [{ type: "text", text: "42" }]
      })
      assert.strictEqual(echo.data[0].session_thread_id, child.id)
      const after = (yield* eventsOf(id)).slice(before.length)
      assert.deepStrictEqual(types(after).slice(0, 3), [
        "user.custom_tool_result",
        "session.status_running",
        "session.thread_status_running"
      ])
      assert.deepStrictEqual(after[0], echo.data[0])
      const copy = (yield* eventsOfThread(id, child.id)).find((event) => event.type === "user.custom_tool_result")
      assert.notStrictEqual(copy.id, after[0].id)
      assert.deepInclude(copy, { custom_tool_use_id: call.id })
      assert.notProperty(copy, "session_thread_id")
      assert.strictEqual(
        after.find((event) => event.type === "agent.thread_message_received").content[0].text,
        "It is 42"
      )
      assert.deepStrictEqual(stopReasons(after), [{ type: "end_turn" }])
    }).pipe(Effect.provide(
      team({ turns: [[ask("Researcher")]] }, {
        otherwise: [{ tool: { name: "bash" } }, { custom_tool: { name: "c" } }, { say: "It is {{result}}" }]
      })
    )))

  it.scoped("as the last step: the model reads the report all the same", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("bees"))
      assert.deepStrictEqual(types(yield* eventsOf(id)).slice(-8), [
        "session.thread_status_running",
        "agent.thread_message_received",
        "session.thread_status_idle",
        ...modelRequest(),
        ...idle
      ])
    }).pipe(Effect.provide(team({ turns: [[ask("Researcher")]] }))))

  it.scoped("2.1.8 the reason of the session is the most urgent of its threads', with its details", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("bees"))
      yield* TestClock.adjust("1 second")
      const last = (yield* eventsOf(id)).at(-1)
      assert.deepInclude(last, {
        type: "session.status_idle",
        stop_reason: { type: "refusal" },
        stop_details: { type: "refusal", category: "bio", explanation: null }
      })
    }).pipe(Effect.provide(team({
      turns: [[
        ask("Researcher", { script: { otherwise: [AgentScript.refuse({ category: "bio" })] } }),
        ask("Writer", { script: { otherwise: [{ sleep: 1000 }, { reschedule: { millis: 0 } }] } })
      ]]
    }))))

  it.scoped("2.11.14 to threads that were archived makes room for others", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("bees"))
      const [, child] = yield* threadsOf(id)
      yield* ok("POST", `/v1/sessions/${id}/threads/${child.id}/archive`)
      yield* send(id, message("wasps"))
      assert.strictEqual((yield* threadsOf(id)).length, 27)
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).status, "idle")
    }).pipe(Effect.provide(team({ turns: [Array(25).fill(ask("Researcher")), [ask("Researcher")]] }))))

  it.scoped("an Effect in a child's script sees what the child was told", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("bees"))
      yield* settle
      const report = (yield* eventsOf(id)).find((event) => event.type === "agent.thread_message_received")
      assert.strictEqual(report.content[0].text, "I was told: Look into bees")
    }).pipe(Effect.provide(
      team({ turns: [[ask("Researcher")]] }, {
        otherwise: [AgentScript.effect((agent) => agent.say(`I was told: ${agent.text}`))]
      })
    )))

  it.scoped("an interrupt of a child does not end the outcome", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, { type: "user.define_outcome", description: "d", rubric: { type: "text", content: "r" } })
      const [, child] = yield* threadsOf(id)
      yield* send(id, { type: "user.interrupt", session_thread_id: child.id })
      assert.deepInclude((yield* ok("GET", `/v1/sessions/${id}`)).outcome_evaluations[0], { result: "running" })
    }).pipe(Effect.provide(team({ turns: [[ask("Researcher")]] }, { otherwise: [{ sleep: 1000 }] }))))

  it.scoped("a thread can play a script of the task's own, and be followed on its own stream", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("bees"))
      const [, child] = yield* threadsOf(id)
      const stream = yield* open(`/v1/sessions/${id}/threads/${child.id}/stream?event_deltas[]=agent.message`)
      yield* TestClock.adjust("1 second")
      const own = yield* eventsOfThread(id, child.id)
      assert.deepStrictEqual(stream.seen.filter((event) => !event.type.startsWith("event_")), own.slice(3))
      assert.strictEqual(own.find((event) => event.type === "agent.message").content[0].text, "own")
      assert.isFalse(stream.state.ended)
    }).pipe(Effect.provide(
      team({ turns: [[ask("Writer", { script: { otherwise: [{ sleep: 1000 }, { say: "own" }] } })]] })
    )))

  it.scoped("2.8.14, 2.8.17 an interrupt stops every thread, or the one it names; a child that is stopped does not report", () =>
    Effect.gen(function*() {
      for (const named of [false, true]) {
        const id = yield* createSession()
        yield* send(id, message("bees"))
        const [primary, child] = yield* threadsOf(id)
        const before = yield* eventsOf(id)
        yield* send(id, { type: "user.interrupt", ...(named && { session_thread_id: child.id }) })
        const after = (yield* eventsOf(id)).slice(before.length)
        assert.deepStrictEqual(types(after), ["user.interrupt", ...idle])
        assert.strictEqual(after[1].session_thread_id, child.id)
        assert.deepStrictEqual(types(yield* eventsOfThread(id, child.id)).slice(-2), [
          ...(named ? ["user.interrupt"] : ["span.model_request_end"]),
          "session.thread_status_idle"
        ])
        assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}/threads/${primary.id}`)).status, "idle")
        // the coordinator takes the next message all the same
        yield* send(id, message("go on"))
        assert.deepStrictEqual(stopReasons(yield* eventsOf(id)).at(-1), { type: "end_turn" })
      }
    }).pipe(Effect.provide(team({ turns: [[ask("Researcher"), { say: "never" }]] }, { otherwise: [{ sleep: 1000 }] }))))

  it.scoped("a message waits while the coordinator waits for a report", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("bees"))
      yield* send(id, message("and wasps"))
      assert.strictEqual((yield* eventsOf(id)).at(-1).processed_at, undefined)
      yield* TestClock.adjust("1 second")
      const said = (yield* eventsOf(id)).filter((event) => event.type === "agent.message")
      assert.deepStrictEqual(said.map((event) => event.content[0].text), ["Done with and wasps"])
    }).pipe(
      Effect.provide(
        team({ turns: [[ask("Researcher"), { say: "Done with {{text}}" }]] }, { otherwise: [{ sleep: 1000 }] })
      )
    ))

  it.scoped("2.8.16, 2.11.16 a thread that is idle can be archived, which ends its streams; a running one cannot", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("bees"))
      const [, child] = yield* threadsOf(id)
      const url = `/v1/sessions/${id}/threads/${child.id}`
      assert.match(yield* refusal("POST", `${url}/archive`), /^400 .*"running"/)
      yield* TestClock.adjust("1 second")
      const stream = yield* open(`${url}/stream`)
      const archived = yield* ok("POST", `${url}/archive`)
      assert.deepInclude(archived, { status: "terminated", archived_at: "1970-01-01T00:00:01Z" })
      yield* settle
      assert.deepStrictEqual([types(stream.seen), stream.state.ended], [["session.thread_status_terminated"], true])
      assert.strictEqual((yield* eventsOf(id)).at(-1).type, "session.thread_status_terminated")
      assert.deepStrictEqual(yield* ok("POST", `${url}/archive`), archived)
      assert.match(
        yield* refusal("POST", `/v1/sessions/${id}/events`, {
          events: [{ type: "user.interrupt", session_thread_id: child.id }]
        }),
        /^400 .*terminated/
      )
      assert.deepStrictEqual((yield* ok("GET", `/v1/sessions/${id}/threads?statuses[]=terminated`)).data, [archived])
    }).pipe(Effect.provide(team({ turns: [[ask("Researcher")]] }, { otherwise: [{ sleep: 1000 }] }))))

  it.scoped("2.12.6 archiving the session ends its threads", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("bees"))
      yield* ok("POST", `/v1/sessions/${id}/archive`)
      assert.deepStrictEqual((yield* threadsOf(id)).map((thread) => thread.status), ["idle", "terminated"])
    }).pipe(Effect.provide(team({ turns: [[ask("Researcher")]] }))))

  it.scoped("2.11.13, 2.11.14 to nobody, from a child, or to too many fails readably", () =>
    Effect.gen(function*() {
      const failure = Effect.gen(function*() {
        const id = yield* createSession()
        yield* send(id, message("bees"))
        const events = yield* eventsOf(id)
        assert.strictEqual(events.at(-1).type, "session.status_terminated")
        const [, child] = yield* threadsOf(id)
        const all = [...events, ...(child === undefined ? [] : yield* eventsOfThread(id, child.id))]
        return all.find((event) => event.type === "session.error").error.message
      })
      assert.strictEqual(
        yield* Effect.provide(failure, team({ turns: [[ask("Nobody")]] })),
        "The script of agent agent_1 failed in turn 0 at turns[0][0] (delegate): no agent of the roster is named \"Nobody\"; there is \"Researcher\", \"Writer\""
      )
      assert.match(
        yield* Effect.provide(failure, team({ turns: [[ask("Researcher")]] }, { otherwise: [ask("Writer")] })),
        /agent_r failed in turn 0 at otherwise\[0\] \(delegate\): a thread that was spawned cannot delegate/
      )
      assert.match(
        yield* Effect.provide(failure, team({ turns: [Array(26).fill(ask("Researcher"))] })),
        /25 child threads at a time/
      )
    }))

  it.scoped("2.15.5 a child that runs into a limit terminates", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("bees"))
      const [, child] = yield* threadsOf(id)
      assert.strictEqual(child.status, "terminated")
      assert.deepStrictEqual(types(yield* eventsOf(id)).slice(-2), [
        "session.status_idle",
        "session.thread_status_terminated"
      ])
    }).pipe(Effect.provide(
      team({ turns: [[ask("Researcher")]] }, {
        otherwise: [{ fail: { type: "tool_use_limit_reached_error", retry_status: "exhausted" } }]
      })
    )))
})

describe("rosters", () => {
  it.effect("name agents by id, by version, as a whole, and themselves", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const first = yield* simulator.putAgent("agent_r", { agent: { name: "Researcher" } })
      yield* simulator.putAgent("agent_r", { agent: { name: "Researcher II" } })
      const names = (agent: Json) => agent.multiagent.agents.map((entry: Json) => entry.name ?? entry.type)
      const { multiagent: _, ...whole } = first
      const lead = yield* simulator.putAgent("agent_l", {
        agent: {
          name: "Lead",
          multiagent: {
            type: "coordinator",
            agents: [
              "agent_r",
              { type: "agent", id: "agent_r", version: 1 },
              { ...whole, name: "Whole" },
              { type: "self" },
              { type: "advisor", model: "claude-opus-5" }
            ]
          }
        }
      })
      assert.deepStrictEqual(names(lead), ["Researcher II", "Researcher", "Whole", "Lead", "advisor"])
      const modern: Json = yield* simulator.putAgent("agent_m", {
        agent: {
          multiagent: {
            type: "multiagent_20261001",
            subagents: { type: "enabled", predefined_agents: ["agent_r"] },
            workflows: { type: "disabled" }
          }
        }
      })
      assert.deepStrictEqual(modern.multiagent.advisor, { type: "disabled" })
      assert.deepStrictEqual(modern.multiagent.workflows, { type: "disabled" })
      assert.strictEqual(modern.multiagent.subagents.predefined_agents[0].name, "Researcher II")
      assert.deepStrictEqual(modern.multiagent.subagents.inline_agents, { type: "disabled" })
      const nobody = { agent: { multiagent: { type: "coordinator", agents: ["agent_x"] } } } as const
      assert.deepInclude(yield* Effect.flip(simulator.putAgent("agent_l", nobody)), { status: 404 })
    }).pipe(Effect.provide(layer())))
})
