/**
 * Section 2.8 of FIDELITY.md: interrupts.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import {
  confirm,
  eventsOf,
  idle,
  idOf,
  interrupt,
  message,
  refusal,
  running,
  scripted,
  send,
  startSession,
  statusOf,
  stopReasons,
  types
} from "../utils/facts.ts"

describe("interrupts", () => {
  const late = scripted({ otherwise: [{ sleep: 60_000 }, { say: "late" }] }, {
    rules: { interruptDelay: Duration.seconds(2) }
  })

  it.scoped("2.8.2, 2.13.6 by rule, one waits, and the session runs until it is applied", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
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
      const id = yield* startSession()
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
      const id = yield* startSession()
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
      const id = yield* startSession()
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
      const id = yield* startSession()
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
