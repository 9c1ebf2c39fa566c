/**
 * Sections 2.1 to 2.7 of FIDELITY.md: statuses, turns, messages while running, and calls.
 */
import * as Timestamp from "@effect-managed-agents/core/Timestamp"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../../src/AgentScript.ts"
import type { Json } from "../utils/facts.ts"
import {
  confirm,
  createSession,
  eventsOf,
  idle,
  idOf,
  interrupt,
  layer,
  message,
  modelRequest,
  ok,
  open,
  refusal,
  result,
  running,
  scripted,
  send,
  settle,
  startSession,
  stopReasons,
  types
} from "../utils/facts.ts"

const micros = (event: Json): number => Number(Timestamp.toEpochMicros(event.processed_at))

describe("statuses", () => {
  it.scoped("2.1.1 idle follows every turn that is over or pauses", () =>
    Effect.gen(function*() {
      const endings: ReadonlyArray<readonly [string, AgentScript.Turn]> = [
        ["end_turn", [{ say: "done" }]],
        ["refusal", [{ refuse: {} }]],
        ["requires_action", [{ custom_tool: { name: "c" } }]],
        ["retries_exhausted", [{ fail: { type: "model_overloaded_error", retry_status: "exhausted" } }]],
        ["end_turn", [{ sleep: 60_000 }]]
      ]
      for (const [reason, turn] of endings) {
        yield* Effect.gen(function*() {
          const id = yield* startSession()
          if ("sleep" in turn[0]!) yield* send(id, interrupt)
          assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).status, "idle")
          assert.deepStrictEqual(stopReasons(yield* eventsOf(id)).map(({ type }) => type), [reason])
        }).pipe(Effect.provide(scripted({ turns: [turn] })))
      }
    }))

  it.scoped("2.2.1 a session that starts with no events is the same as one that starts without", () =>
    Effect.gen(function*() {
      const id = yield* createSession({ initial_events: [] })
      assert.deepStrictEqual(yield* ok("GET", `/v1/sessions/${id}/events`), { data: [] })
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).status, "idle")
    }).pipe(Effect.provide(layer())))

  const rescheduled = Effect.gen(function*() {
    const id = yield* startSession()
    return types(yield* eventsOf(id)).filter((type) => type.endsWith("_rescheduled"))
  })
  const script: AgentScript.Script = { turns: [[{ reschedule: { millis: 1000 } }]] }

  it.scoped("2.2.6 the rescheduled pair: the thread's event is first, or by rule the session's", () =>
    Effect.gen(function*() {
      const pair = ["session.thread_status_rescheduled", "session.status_rescheduled"]
      assert.deepStrictEqual(yield* Effect.provide(rescheduled, scripted(script)), pair)
      assert.deepStrictEqual(
        yield* Effect.provide(rescheduled, scripted(script, { rules: { rescheduledPair: "session first" } })),
        pair.toReversed()
      )
    }))

  it.scoped("2.2.10 the primary thread is the one of the first thread event", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      const first = (yield* eventsOf(id)).find((event) => event.type.startsWith("session.thread_status_"))
      const { data } = yield* ok("GET", `/v1/sessions/${id}/threads`)
      assert.deepStrictEqual(data.map((thread: Json) => [thread.id, thread.parent_thread_id]), [
        [first.session_thread_id, null]
      ])
      assert.strictEqual(first.agent_name, "Agent")
    }).pipe(Effect.provide(layer())))

  it.scoped("2.2.12 a script says how often an error is tried again, and when that is given up", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(
        events.flatMap((event) => event.type === "session.error" ? [event.error.retry_status.type] : []),
        ["retrying", "retrying", "exhausted"]
      )
      assert.strictEqual(events.filter((event) => event.type === "span.model_request_start").length, 3)
      assert.deepStrictEqual(stopReasons(events), [{ type: "retries_exhausted" }])
    }).pipe(Effect.provide(scripted({
      turns: [(["retrying", "retrying", "exhausted"] as const).map((retry_status) => ({
        fail: { type: "model_overloaded_error", retry_status }
      }))]
    }))))
})

describe("a turn", () => {
  it.scoped("2.3.10 the end of a request names its start, and says what the request used", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      const events = yield* eventsOf(id)
      const end = events.find((event) => event.type === "span.model_request_end")
      assert.deepStrictEqual(Object.keys(end).sort(), [
        "id",
        "is_error",
        "model_request_start_id",
        "model_usage",
        "processed_at",
        "type"
      ])
      assert.deepInclude(end, { is_error: false, model_request_start_id: idOf(events, "span.model_request_start") })
      assert.isAbove(end.model_usage.output_tokens, 0)
    }).pipe(Effect.provide(layer())))

  it.scoped("2.3.18 a call that was cut off fails, and the turn goes on", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(types(events).slice(3), [
        ...modelRequest("agent.tool_use"),
        "agent.tool_result",
        ...modelRequest("agent.message"),
        ...idle
      ])
      assert.deepStrictEqual(events[4].input, {})
      assert.strictEqual(events[6].is_error, true)
    }).pipe(Effect.provide(scripted({
      turns: [[{ tool: { name: "write", result: "path: value is required", is_error: true } }, { say: "Once more" }]]
    }))))

  it.scoped("2.3.19, 2.3.20 calls of one response are a microsecond apart, before the end of the request", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(types(events).slice(3), [
        ...modelRequest("agent.tool_use", "agent.tool_use", "agent.tool_use"),
        ...Array(3).fill("agent.tool_result"),
        ...modelRequest(),
        ...idle
      ])
      assert.deepStrictEqual(events.slice(4, 7).map((event) => micros(event) - micros(events[4])), [0, 1, 2])
    }).pipe(Effect.provide(scripted({
      turns: [[AgentScript.together({ tool: { name: "a" } }, { tool: { name: "b" } }, { tool: { name: "c" } })]]
    }))))
})

describe("messages while running", () => {
  it.scoped("2.4.4 by rule, a session reads as idle for a while after a send, and is not to be touched", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("one"))
      yield* send(id, message("two"))
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).status, "idle")
      assert.match(yield* refusal("POST", `/v1/sessions/${id}/archive`), /^400 .*"running"/)
      assert.match(yield* refusal("DELETE", `/v1/sessions/${id}`), /^400/)
      assert.match(yield* refusal("POST", `/v1/sessions/${id}`, { agent: { tools: [] } }), /^400 .*"running"/)
      yield* TestClock.adjust("50 millis")
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).status, "running")
      yield* TestClock.adjust("2 seconds")
      // the second message queued behind the first
      assert.deepStrictEqual(types(yield* eventsOf(id)), [
        ...running,
        "user.message",
        ...modelRequest(),
        "user.message",
        ...modelRequest(),
        ...idle
      ])
    }).pipe(Effect.provide(scripted({ otherwise: [{ sleep: 1000 }] }, {
      rules: { runningLag: Duration.millis(50) }
    }))))
})

describe("calls", () => {
  it.scoped("2.5.4 a call is answered as soon as it is seen, and the session says idle all the same", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const stream = yield* open(`/v1/sessions/${id}/events/stream`)
      const answering = yield* Effect.fork(
        Effect.yieldNow().pipe(
          Effect.repeat({ until: () => stream.seen.some((event) => event.type === "agent.custom_tool_use") }),
          Effect.zipRight(Effect.suspend(() => send(id, result(idOf(stream.seen, "agent.custom_tool_use")))))
        )
      )
      yield* send(id, message("x"))
      yield* answering.await
      yield* settle
      assert.deepStrictEqual(types(stream.seen), [
        ...running,
        "user.message",
        ...modelRequest("agent.custom_tool_use"),
        ...idle,
        "user.custom_tool_result",
        ...running,
        ...modelRequest(),
        ...idle
      ])
    }).pipe(Effect.provide(scripted({ turns: [[{ custom_tool: { name: "c" } }]] }))))

  it.scoped("2.6.3, 2.6.4 a confirmation is stamped in the list, and has a message only if it denies", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      const call = idOf(yield* eventsOf(id), "agent.tool_use")
      const url = `/v1/sessions/${id}/events`
      assert.match(
        yield* refusal("POST", url, { events: [confirm(call, { result: "allow", deny_message: "no" })] }),
        /^400 .*deny_message/
      )
      const { data: [echo] } = yield* send(id, confirm(call))
      assert.notProperty(echo, "processed_at")
      const stored = (yield* eventsOf(id)).find((event) => event.id === echo.id)
      assert.isString(stored.processed_at)
    }).pipe(Effect.provide(scripted({ turns: [[{ tool: { name: "bash", permission: "ask" } }]] }))))

  const withTools = (...tools: ReadonlyArray<object>) => ({
    agent: { type: "agent_with_overrides", id: "agent_1", tools }
  })

  it.scoped("2.6.10 a tool that is not enabled is denied without an evaluation", () =>
    Effect.gen(function*() {
      const id = yield* startSession(withTools({
        type: "agent_toolset_20260401",
        default_config: { enabled: false },
        configs: [{ name: "read", enabled: true }]
      }))
      const events = yield* eventsOf(id)
      const [bash, read] = events.filter((event) => event.type === "agent.tool_use")
      assert.strictEqual(bash.evaluated_permission, "deny")
      assert.notProperty(bash, "evaluation")
      assert.deepInclude(read, { evaluated_permission: "allow", evaluation: { type: "always_allow" } })
      const [denied] = events.filter((event) => event.type === "agent.tool_result")
      assert.deepInclude(denied, { tool_use_id: bash.id, is_error: true })
      assert.deepStrictEqual(stopReasons(events), [{ type: "end_turn" }])
    }).pipe(Effect.provide(scripted({ turns: [[{ tool: { name: "bash" } }, { tool: { name: "read" } }]] }))))

  it.scoped("2.6.11 an automatic policy may ask, and says why", () =>
    Effect.gen(function*() {
      const id = yield* startSession(withTools({
        type: "agent_toolset_20260401",
        default_config: { permission_policy: { type: "auto" } }
      }))
      const events = yield* eventsOf(id)
      const call = idOf(events, "agent.tool_use")
      assert.deepInclude(events.find((event) => event.id === call), {
        evaluated_permission: "ask",
        evaluation: { type: "auto", evaluated_permission: { type: "ask", reason_code: "indeterminate" } }
      })
      assert.deepStrictEqual(stopReasons(events), [{ type: "requires_action", event_ids: [call] }])
      yield* send(id, confirm(call))
      assert.deepStrictEqual(stopReasons(yield* eventsOf(id)).at(-1), { type: "end_turn" })
    }).pipe(Effect.provide(scripted({ turns: [[{ tool: { name: "bash", permission: "ask" } }]] }))))

  it.scoped("2.7.4 MCP tools are the platform's in a self-hosted environment too", () =>
    Effect.gen(function*() {
      const id = yield* startSession({ environment_id: "env_self" })
      assert.deepStrictEqual(types(yield* eventsOf(id)).slice(3), [
        ...modelRequest("agent.mcp_tool_use"),
        "agent.mcp_tool_result",
        ...modelRequest(),
        ...idle
      ])
    }).pipe(
      Effect.provide(scripted({ turns: [[{ mcp_tool: { server: "crm", name: "find", permission: "allow" } }]] }))
    ))

  it.scoped("2.7.7 by rule, a call to be asked for holds up its allowed siblings, which an interrupt then closes", () =>
    Effect.gen(function*() {
      const start = Effect.gen(function*() {
        const id = yield* startSession()
        const before = yield* eventsOf(id)
        assert.deepStrictEqual(types(before).slice(3), [
          ...modelRequest("agent.tool_use", "agent.tool_use", "agent.tool_use"),
          // what is denied is not held up
          "agent.tool_result",
          ...idle
        ])
        const asked = idOf(before, "agent.tool_use", 1)
        assert.deepStrictEqual(stopReasons(before), [{ type: "requires_action", event_ids: [asked] }])
        return { id, asked, after: Effect.map(eventsOf(id), (events) => events.slice(before.length)) }
      })
      const { after, asked, id } = yield* start
      yield* send(id, confirm(asked))
      const events = yield* after
      assert.deepStrictEqual(types(events), [
        "user.tool_confirmation",
        ...running,
        "agent.tool_result",
        "agent.tool_result",
        ...modelRequest(),
        ...idle
      ])
      assert.deepStrictEqual(events.slice(3, 5).map((event) => event.content[0].text), ["files", "done"])
      const other = yield* start
      yield* send(other.id, interrupt)
      const closed = yield* other.after
      assert.deepStrictEqual(types(closed), ["agent.tool_result", "agent.tool_result", "user.interrupt", ...idle])
      assert.isTrue(closed.slice(0, 2).every((event) => event.is_error))
    }).pipe(Effect.provide(scripted({
      otherwise: [{
        together: [
          { tool: { name: "glob", permission: "allow", result: "files" } },
          { tool: { name: "bash", permission: "ask", result: "done" } },
          { tool: { name: "rm", permission: "deny" } }
        ]
      }]
    }, { rules: { asksHoldSiblings: true } }))))
})
