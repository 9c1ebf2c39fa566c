import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import type * as AgentScript from "../../src/AgentScript.ts"
import { confirm, idOf, interrupt, result } from "../utils/answers.ts"
import { idle, request, running, stopReasons } from "../utils/shapes.ts"
import { call, createSession, eventsOf, layer, message, ok, refusal, scripted, send, types } from "../utils/wire.ts"

const statusOf = (id: string) => Effect.map(ok("GET", `/v1/sessions/${id}`), (session): string => session.status)

describe("interrupts", () => {
  const late = scripted({ otherwise: [{ sleep: 60_000 }, { say: "late" }] }, {
    rules: { interruptDelay: Duration.seconds(2) }
  })

  it.scoped("2.8.2, 2.13.6 by rule, one waits, and the session runs until it is applied", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      const before = yield* eventsOf(id)
      const { data: [echo] } = yield* send(id, interrupt)
      yield* send(id, message("y"))
      // both wait at the end of the list
      assert.deepStrictEqual(types(yield* eventsOf(id)).slice(before.length), ["user.interrupt", "user.message"])
      for (let second = 0; second < 2; second++) {
        assert.strictEqual(yield* statusOf(id), "running")
        assert.match(yield* refusal("DELETE", `/v1/sessions/${id}`), /^400 .*while it is running/)
        assert.match(yield* refusal("POST", `/v1/sessions/${id}/archive`), /^400 .*"running"/)
        yield* TestClock.adjust("1 second")
      }
      const after = (yield* eventsOf(id)).slice(before.length)
      assert.deepStrictEqual(types(after), [
        "span.model_request_end",
        "user.interrupt",
        ...idle,
        ...running,
        "user.message",
        "span.model_request_start"
      ])
      assert.deepInclude(after[1], { id: echo.id, processed_at: "1970-01-01T00:00:02.000001Z" })
    }).pipe(Effect.provide(late)))

  it.scoped("2.8.2 one that waits stops the clock of what it is for, and counts before a message at requires_action", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      yield* TestClock.adjust("59 seconds")
      yield* send(id, interrupt)
      yield* TestClock.adjust("2 seconds")
      // the sleep would have been over
      assert.notInclude(types(yield* eventsOf(id)), "agent.custom_tool_use")
      yield* send(id, message("again"))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(stopReasons(yield* eventsOf(id)).at(-1).type, "requires_action")
      yield* send(id, interrupt)
      yield* send(id, message("other"))
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(types(yield* eventsOf(id)).slice(-9), [
        "user.custom_tool_result",
        "user.interrupt",
        ...idle,
        ...running,
        "user.message",
        "span.model_request_start"
      ])
    }).pipe(Effect.provide(scripted({ otherwise: [{ sleep: 60_000 }, { custom_tool: { name: "c" } }] }, {
      rules: { interruptDelay: Duration.seconds(2) }
    }))))

  it.scoped("2.8.7 the end of the request is no error, by rule", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      yield* send(id, interrupt)
      const events = yield* eventsOf(id)
      const end = events.find((event) => event.type === "span.model_request_end")
      assert.strictEqual(end.is_error, false)
      assert.isAbove(end.model_usage.output_tokens, 0)
    }).pipe(Effect.provide(scripted({ otherwise: [{ say: "so far" }, { sleep: 1000 }] }, {
      rules: { interruptedRequestsFail: false }
    }))))

  it.scoped("2.8.8 at requires_action the model is not asked, and idle is said again", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      const before = yield* eventsOf(id)
      yield* send(id, interrupt)
      const after = (yield* eventsOf(id)).slice(before.length)
      assert.deepStrictEqual(types(after), ["agent.tool_result", "user.interrupt", ...idle])
      assert.deepStrictEqual(stopReasons(after), [{ type: "end_turn" }])
      // the call is closed: a confirmation that comes late has no effect
      yield* send(id, confirm(idOf(before, "agent.tool_use")))
      assert.strictEqual((yield* eventsOf(id)).length, before.length + after.length)
    }).pipe(Effect.provide(scripted({ turns: [[{ tool: { name: "bash", permission: "ask" } }]] }))))

  it.scoped("2.8.9 by rule, calls of every kind are closed as calls of built-in tools", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      const before = yield* eventsOf(id)
      yield* send(id, interrupt)
      const closed = (yield* eventsOf(id)).slice(before.length, before.length + 2)
      assert.deepStrictEqual(types(closed), ["agent.tool_result", "agent.tool_result"])
      assert.deepStrictEqual(closed.map((event) => event.tool_use_id), [
        idOf(before, "agent.mcp_tool_use"),
        idOf(before, "agent.custom_tool_use")
      ])
    }).pipe(Effect.provide(scripted({
      turns: [[{ together: [{ mcp_tool: { server: "s", name: "m" } }, { custom_tool: { name: "c" } }] }]]
    }, { rules: { interruptedCallsKeepKind: false } }))))
})

describe("system messages", () => {
  const system = (n = 1) => ({
    type: "system.message",
    content: Array.from({ length: n }, () => ({ type: "text", text: "Be brief" }))
  })
  const events = (id: string) => `/v1/sessions/${id}/events`
  const custom = scripted({ turns: [[{ custom_tool: { name: "c" } }]] })

  it.scoped("2.9.1 hold 1 to 1000 texts", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      for (const n of [0, 1001]) {
        assert.match(yield* refusal("POST", events(id), { events: [message("x"), system(n)] }), /^400 .*content/)
      }
      for (const n of [1, 1000]) yield* send(id, message("x"), system(n))
    }).pipe(Effect.provide(layer())))

  it.scoped("2.9.2, 2.9.3, 2.9.7 are the last event of a request, right behind what they go with", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      for (
        const batch of [
          [system()],
          [message("x"), system(), system()],
          [message("x"), system(), message("y")],
          [interrupt, system()]
        ]
      ) assert.match(yield* refusal("POST", events(id), { events: batch }), /^400 /)
      assert.deepStrictEqual(yield* eventsOf(id), [])
      yield* send(id, message("x"), message("y"), system())
      assert.deepStrictEqual(types(yield* eventsOf(id)).slice(2, 6), [
        "user.message",
        "user.message",
        "system.message",
        "span.model_request_start"
      ])
      const { data: [primary] } = yield* ok("GET", `/v1/sessions/${id}/threads`)
      const own = yield* ok("GET", `/v1/sessions/${id}/threads/${primary.id}/events`)
      assert.include(types(own.data), "system.message")
    }).pipe(Effect.provide(layer())))

  it.scoped("2.9.4 go with a result at requires_action, and with nothing else", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      const before = yield* eventsOf(id)
      assert.match(yield* refusal("POST", events(id), { events: [message("y"), system()] }), /^400 .*waiting on/)
      yield* send(id, result(idOf(before, "agent.custom_tool_use")), system())
      assert.deepStrictEqual(types((yield* eventsOf(id)).slice(before.length, before.length + 5)), [
        "user.custom_tool_result",
        ...running,
        "system.message",
        "span.model_request_start"
      ])
    }).pipe(Effect.provide(custom)))

  it.scoped("2.9.5 are refused for a model that takes none", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const { json, status } = yield* call("POST", events(id), { events: [message("x"), system()] })
      assert.strictEqual(status, 400)
      assert.deepStrictEqual(json.error.details, { error_code: "model_does_not_support_mid_conversation_system" })
      assert.deepStrictEqual(yield* eventsOf(id), [])
    }).pipe(Effect.provide(layer({ rules: { modelsWithoutSystemMessages: ["claude-sonnet-4-6"] } }))))

  it.scoped("2.9.6 do not start a session", () =>
    Effect.gen(function*() {
      const body = { agent: "agent_1", environment_id: "env_1", initial_events: [message("x"), system()] }
      assert.match(yield* refusal("POST", "/v1/sessions", body), /^400 .*initial_events/)
    }).pipe(Effect.provide(layer())))

  it.scoped("2.9.7, 2.9.8 by rule, one is sent alone; it starts nothing, and is read with the next message", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, system())
      assert.deepStrictEqual(types(yield* eventsOf(id)), ["system.message"])
      assert.strictEqual(yield* statusOf(id), "idle")
      yield* send(id, message("x"))
      assert.deepStrictEqual(types(yield* eventsOf(id)).slice(0, 5), [
        ...running,
        "system.message",
        "user.message",
        "span.model_request_start"
      ])
    }).pipe(Effect.provide(layer({ rules: { loneSystemMessages: true } }))))
})

describe("outcomes", () => {
  const define = (more: object = {}) => ({
    type: "user.define_outcome",
    description: "A summary",
    rubric: { type: "text", content: "Short" },
    ...more
  })
  const outcomeOf = (id: string) =>
    Effect.map(ok("GET", `/v1/sessions/${id}`), (session) => session.outcome_evaluations)
  const slow: AgentScript.Script = {
    otherwise: [{ sleep: 1000 }, { say: "{{text}}" }],
    grades: [{ result: "needs_revision", explanation: "too long", millis: 25_000 }]
  }

  it.scoped("2.10.10 are checked: iterations, rubric, description", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const url = `/v1/sessions/${id}/events`
      for (
        const wrong of [
          { max_iterations: 0 },
          { max_iterations: 21 },
          { rubric: { type: "text", content: "x".repeat(262_145) } },
          { description: "" }
        ]
      ) assert.match(yield* refusal("POST", url, { events: [define(wrong)] }), /^400 /)
      yield* send(id, define({ max_iterations: 20, rubric: { type: "text", content: "x".repeat(262_144) } }))
      yield* send(id, define({ rubric: { type: "file", file_id: "file_1" } }))
      yield* send(id, define())
      const results = (yield* eventsOf(id)).flatMap((event) =>
        event.type === "span.outcome_evaluation_end" ? [event.result] : []
      )
      assert.deepStrictEqual(results, [
        "satisfied",
        "satisfied",
        // three cycles unless told otherwise
        "needs_revision",
        "needs_revision",
        "max_iterations_reached"
      ])
    }).pipe(Effect.provide(scripted({
      grades: ["satisfied", "satisfied", "needs_revision", "needs_revision", "needs_revision"]
    }))))

  it.scoped("2.10.11, 2.10.12, 2.10.16 go through their states, and a grader that takes its time says so", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("first"))
      yield* send(id, define())
      const seen = () => Effect.map(outcomeOf(id), ([one]) => [one.result, one.iteration, one.completed_at])
      assert.deepStrictEqual(yield* seen(), ["pending", 0, null])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* seen(), ["running", 0, null])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* seen(), ["evaluating", 0, null])
      assert.strictEqual(yield* statusOf(id), "running")
      yield* TestClock.adjust("20 seconds")
      yield* send(id, message("shorter"))
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* seen(), ["running", 0, null])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* seen(), ["satisfied", 1, "1970-01-01T00:00:28Z"])
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(types(events).slice(events.findIndex((e) => e.type === "span.outcome_evaluation_start")), [
        "span.outcome_evaluation_start",
        "span.outcome_evaluation_ongoing",
        "span.outcome_evaluation_ongoing",
        "span.outcome_evaluation_end",
        "user.message",
        ...request("agent.message"),
        "span.outcome_evaluation_start",
        "span.outcome_evaluation_end",
        ...idle
      ])
      assert.strictEqual(events.findLast((event) => event.type === "agent.message").content[0].text, "shorter")
    }).pipe(Effect.provide(scripted(slow))))

  it.scoped("2.10.16 by rule, a grader says so at other times, or never", () =>
    Effect.gen(function*() {
      for (const [every, count] of [[Duration.seconds(1), 24], [Duration.infinity, 0]] as const) {
        yield* Effect.gen(function*() {
          const id = yield* createSession()
          yield* send(id, define())
          yield* TestClock.adjust("1 minute")
          const beats = (yield* eventsOf(id)).filter((event) => event.type === "span.outcome_evaluation_ongoing")
          assert.strictEqual(beats.length, count)
        }).pipe(Effect.provide(scripted(slow, { rules: { evaluationHeartbeat: every } })))
      }
    }))

  it.scoped("2.8.22 an interrupt ends an evaluation by the id of its start", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, define())
      yield* TestClock.adjust("5 seconds")
      const before = yield* eventsOf(id)
      yield* send(id, interrupt)
      const after = (yield* eventsOf(id)).slice(before.length)
      assert.deepStrictEqual(types(after), ["user.interrupt", "span.outcome_evaluation_end", ...idle])
      assert.deepInclude(after[1], {
        result: "interrupted",
        outcome_evaluation_start_id: idOf(before, "span.outcome_evaluation_start")
      })
      assert.deepStrictEqual(stopReasons(after), [{ type: "end_turn" }])
      // no verdict comes later, and another outcome may
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* eventsOf(id)).length, before.length + after.length)
      yield* send(id, define())
    }).pipe(Effect.provide(scripted(slow))))

  it.scoped("2.10.14 after a failure the next good end is graded; what was only queued is gone", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, define())
      assert.deepInclude((yield* outcomeOf(id))[0], { result: "running", completed_at: null })
      yield* send(id, message("again"))
      assert.deepInclude((yield* outcomeOf(id))[0], { result: "satisfied" })
      // an outcome that is flushed with the turn leaves room for another
      yield* send(id, message("fail"))
      yield* send(id, define())
      yield* TestClock.adjust("1 second")
      assert.deepInclude((yield* outcomeOf(id))[1], { result: "interrupted" })
      yield* send(id, define())
      assert.deepInclude((yield* outcomeOf(id))[2], { result: "satisfied" })
    }).pipe(Effect.provide(scripted({
      turns: [
        [{ fail: { type: "model_overloaded_error", retry_status: "exhausted" } }],
        [{ say: "done" }],
        [{ sleep: 1000 }, { fail: { type: "model_overloaded_error", retry_status: "exhausted" } }]
      ]
    }))))

  it.scoped("2.10.15 by rule, archiving leaves an outcome as it was", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, define())
      const archived = yield* ok("POST", `/v1/sessions/${id}/archive`)
      assert.deepInclude(archived.outcome_evaluations[0], { result: "running", completed_at: null })
    }).pipe(Effect.provide(scripted({ otherwise: [{ custom_tool: { name: "c" } }] }, {
      rules: { archiveInterruptsOutcome: false }
    }))))
})
