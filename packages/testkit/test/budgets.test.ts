import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { idle, modelRequest, running, stopReasons } from "./utils/shapes.ts"
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
} from "./utils/wire.ts"

const limit = (amount: string) => ({ type: "limit", max_list_cost: { amount, currency: "USD" } })

// an hour of running time costs eight cents
const hours = scripted({
  otherwise: [{ sleep: 3_600_000 }, { tool: { name: "bash" } }, { say: "done" }]
})

describe("a budget", () => {
  it.scoped("2.8.13, 9.3, 9.4, 9.8 is checked before each model request, and pauses the session", () =>
    Effect.gen(function*() {
      const id = yield* createSession({ budget: limit("5") })
      assert.deepStrictEqual((yield* ok("GET", `/v1/sessions/${id}`)).budget, limit("5"))
      yield* send(id, message("x"))
      yield* TestClock.adjust("1 hour")
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(types(events), [
        ...running,
        "user.message",
        ...modelRequest("agent.tool_use"),
        "agent.tool_result",
        ...idle
      ])
      assert.deepStrictEqual(events[7].stop_reason, { type: "budget_reached" })
      assert.deepInclude(events[8], { budget: limit("5") })
      assert.strictEqual(events[8].usage.list_cost.amount, "8")
      assert.deepStrictEqual(stopReasons(events), [{ type: "budget_reached" }])
      assert.strictEqual(
        yield* refusal("POST", `/v1/sessions/${id}/events`, { events: [message("y")] }),
        "400 invalid_request_error: Invalid user.message event at events[0]: the session has reached its budget; only " +
          "`user.tool_confirmation`, `user.custom_tool_result`, `user.tool_result`, or `user.interrupt` may be sent"
      )
      // an interrupt is accepted, ignored and stored nowhere
      yield* send(id, { type: "user.interrupt" })
      assert.deepStrictEqual(yield* eventsOf(id), events)
    }).pipe(Effect.provide(hours)))

  it.scoped("2.2.3, 2.14.7, 9.5 that is raised or removed lets the session go on where it was", () =>
    Effect.gen(function*() {
      for (const budget of [limit("100"), null]) {
        const id = yield* createSession({ budget: limit("5") })
        yield* send(id, message("x"))
        yield* TestClock.adjust("1 hour")
        const before = yield* eventsOf(id)
        yield* ok("POST", `/v1/sessions/${id}`, { budget })
        const after = (yield* eventsOf(id)).slice(before.length)
        assert.deepStrictEqual(types(after), ["session.updated", ...running, ...modelRequest("agent.message"), ...idle])
        assert.deepStrictEqual(after[0].budget, budget)
        assert.deepStrictEqual(stopReasons(after), [{ type: "end_turn" }])
      }
    }).pipe(Effect.provide(hours)))

  it.scoped("9.1, 9.2 must stay above what is spent, and cannot come back", () =>
    Effect.gen(function*() {
      const id = yield* createSession({ budget: limit("5") })
      yield* send(id, message("x"))
      yield* TestClock.adjust("1 hour")
      const update = (budget: unknown) => call("POST", `/v1/sessions/${id}`, { budget })
      const low = yield* update(limit("8"))
      assert.strictEqual(low.status, 400)
      assert.deepStrictEqual(low.json.error, {
        type: "invalid_request_error",
        message: "budget.max_list_cost must be greater than the session's consumed list cost",
        details: { error_code: "budget_not_raised" }
      })
      yield* update(null)
      assert.deepStrictEqual((yield* update(limit("100"))).json.error.details, { error_code: "budget_create_only" })
    }).pipe(Effect.provide(hours)))

  it.scoped("9.6 lets answers be processed, and asks no model", () =>
    Effect.gen(function*() {
      const id = yield* createSession({ budget: limit("5") })
      yield* send(id, message("x"))
      yield* TestClock.adjust("1 hour")
      const before = yield* eventsOf(id)
      // a turn that waits for the client comes before the budget
      assert.strictEqual(stopReasons(before)[0].type, "requires_action")
      yield* send(id, { type: "user.custom_tool_result", custom_tool_use_id: stopReasons(before)[0].event_ids[0] })
      const after = (yield* eventsOf(id)).slice(before.length)
      assert.deepStrictEqual(types(after), ["user.custom_tool_result", ...running, ...idle])
      assert.deepStrictEqual(stopReasons(after), [{ type: "budget_reached" }])
    }).pipe(Effect.provide(scripted({ otherwise: [{ sleep: 3_600_000 }, { custom_tool: { name: "c" } }] }))))

  it.scoped("of nothing is spent from the start", () =>
    Effect.gen(function*() {
      const id = yield* createSession({ budget: limit("0") })
      yield* send(id, message("x"))
      assert.deepStrictEqual(types(yield* eventsOf(id)), [...running, ...idle, "user.message"])
    }).pipe(Effect.provide(layer())))

  it.scoped("9.7 needs a price for the model", () =>
    Effect.gen(function*() {
      const { json, status } = yield* call("POST", "/v1/sessions", {
        agent: "agent_1",
        environment_id: "env_1",
        budget: limit("5")
      })
      assert.deepStrictEqual([status, json.error.details], [400, { error_code: "model_not_budgetable" }])
    }).pipe(Effect.provide(layer({ rules: { modelsWithoutPrice: ["claude-sonnet-4-6"] } }))))
})

describe("outcomes", () => {
  const define = (more: object = {}) => ({
    type: "user.define_outcome",
    description: "A summary",
    rubric: { type: "text", content: "Short" },
    ...more
  })
  const evaluation = ["span.outcome_evaluation_start", "span.outcome_evaluation_end"]
  const cycle = modelRequest("agent.message")

  const play = (more: object = {}) =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const echo = yield* send(id, define(more))
      const events = yield* eventsOf(id)
      const { outcome_evaluations: [outcome] } = yield* ok("GET", `/v1/sessions/${id}`)
      return {
        id,
        echo: echo.data[0],
        events,
        outcome,
        ends: events.filter((e) => e.type === "span.outcome_evaluation_end")
      }
    })

  it.scoped("2.2.3, 2.4.5, 2.10.1, 2.10.2, 2.10.4 start a turn without a message, and are graded when it ends", () =>
    Effect.gen(function*() {
      const { echo, ends, events, outcome } = yield* play()
      assert.deepStrictEqual(types(events), [...running, "user.define_outcome", ...cycle, ...evaluation, ...idle])
      assert.isString(echo.processed_at)
      assert.deepInclude(events[2], {
        id: echo.id,
        outcome_id: echo.outcome_id,
        max_iterations: null,
        description: "A summary"
      })
      assert.match(echo.outcome_id, /^outc_011C/)
      assert.deepInclude(events[6], { outcome_id: echo.outcome_id, iteration: 0 })
      assert.deepInclude(ends[0], { outcome_evaluation_start_id: events[6].id, result: "satisfied", iteration: 0 })
      assert.isAbove(ends[0].usage.output_tokens, 0)
      const total = events.find((event) => event.type === "session.usage").usage
      assert.strictEqual(total.output_tokens, ends[0].usage.output_tokens + events[5].model_usage.output_tokens)
      assert.deepInclude(outcome, { outcome_id: echo.outcome_id, result: "satisfied", iteration: 0 })
      assert.isString(outcome.completed_at)
    }).pipe(Effect.provide(layer())))

  it.scoped("2.10.3 are revised as long as the grader wants and the iterations last", () =>
    Effect.gen(function*() {
      const { ends, events, outcome } = yield* play()
      assert.deepStrictEqual(types(events), [
        ...running,
        "user.define_outcome",
        ...cycle,
        ...evaluation,
        ...cycle,
        ...evaluation,
        ...idle
      ])
      assert.deepStrictEqual(ends.map((end) => [end.iteration, end.result, end.explanation]), [
        [0, "needs_revision", "too long"],
        [1, "satisfied", "The outcome is satisfied."]
      ])
      assert.deepInclude(outcome, { iteration: 1, result: "satisfied" })
    }).pipe(Effect.provide(scripted({
      turns: [[{ say: "draft" }], [{ say: "final" }]],
      grades: [{ result: "needs_revision", explanation: "too long" }]
    }))))

  it.scoped("2.10.6 that are not reached in time are acknowledged", () =>
    Effect.gen(function*() {
      const { ends, events, outcome } = yield* play({ max_iterations: 2 })
      assert.deepStrictEqual(types(events).slice(3), [
        ...cycle,
        ...evaluation,
        ...cycle,
        ...evaluation,
        ...cycle,
        ...idle
      ])
      assert.deepStrictEqual(ends.map((end) => end.result), ["needs_revision", "max_iterations_reached"])
      assert.strictEqual(outcome.result, "max_iterations_reached")
    }).pipe(Effect.provide(scripted({ grades: ["needs_revision", "needs_revision"] }))))

  it.scoped("2.10.5 that are reached in the last cycle are acknowledged", () =>
    Effect.gen(function*() {
      const { events } = yield* play({ max_iterations: 1 })
      assert.deepStrictEqual(types(events).slice(3), [...cycle, ...evaluation, ...cycle, ...idle])
    }).pipe(Effect.provide(layer())))

  it.scoped("2.10.7 that have failed end the turn", () =>
    Effect.gen(function*() {
      const { events, outcome } = yield* play()
      assert.deepStrictEqual(types(events).slice(3), [...cycle, ...evaluation, ...idle])
      assert.strictEqual(outcome.result, "failed")
    }).pipe(Effect.provide(scripted({ grades: ["failed"] }))))

  it.scoped("2.8.21, 2.10.8, 2.10.9 one at a time; a message in between steers; an interrupt ends it", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const url = `/v1/sessions/${id}/events`
      assert.match(yield* refusal("POST", url, { events: [define(), define()] }), /^400 .*events\[1\].*only one/)
      yield* send(id, define())
      assert.deepInclude((yield* ok("GET", `/v1/sessions/${id}`)).outcome_evaluations[0], {
        result: "running",
        completed_at: null
      })
      assert.match(yield* refusal("POST", url, { events: [define()] }), /^400 .*only one/)
      yield* send(id, message("and quickly"))
      yield* send(id, { type: "user.interrupt" })
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(types(events).slice(0, 10), [
        ...running,
        "user.define_outcome",
        ...modelRequest(),
        "user.interrupt",
        "span.outcome_evaluation_end",
        ...idle
      ])
      assert.deepInclude(events[6], { result: "interrupted", outcome_evaluation_start_id: "" })
      assert.deepInclude((yield* ok("GET", `/v1/sessions/${id}`)).outcome_evaluations[0], { result: "interrupted" })
    }).pipe(Effect.provide(scripted({ otherwise: [{ sleep: 1000 }] }))))

  it.scoped("2.10.14, 2.10.15 are not graded while the turn waits or after it has failed, and end with the session", () =>
    Effect.gen(function*() {
      const { events, id } = yield* play()
      assert.notInclude(types(events), "span.outcome_evaluation_start")
      const archived = yield* ok("POST", `/v1/sessions/${id}/archive`)
      assert.deepInclude(archived.outcome_evaluations[0], { result: "interrupted" })
    }).pipe(Effect.provide(scripted({ otherwise: [{ custom_tool: { name: "c" } }] }))))

  it.scoped("end with a session that fails", () =>
    Effect.gen(function*() {
      const { outcome } = yield* play()
      assert.deepInclude(outcome, { result: "interrupted" })
    }).pipe(Effect.provide(scripted({ otherwise: [{ fail: { type: "unknown_error", retry_status: "terminal" } }] }))))

  it.scoped("that wait are not interrupted: they start the next turn", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      yield* send(id, define())
      yield* send(id, { type: "user.interrupt" })
      assert.deepInclude((yield* ok("GET", `/v1/sessions/${id}`)).outcome_evaluations[0], { result: "running" })
      assert.deepStrictEqual(types(yield* eventsOf(id)).slice(-4), [
        ...running,
        "user.define_outcome",
        "span.model_request_start"
      ])
    }).pipe(Effect.provide(scripted({ otherwise: [{ sleep: 1000 }] }))))

  it.scoped("may start a session", () =>
    Effect.gen(function*() {
      const session = yield* ok("POST", "/v1/sessions", {
        agent: "agent_1",
        environment_id: "env_1",
        initial_events: [define()]
      })
      assert.include(types(yield* eventsOf(session.id)), "span.outcome_evaluation_end")
    }).pipe(Effect.provide(layer())))
})

it.scoped("open streams see a paused session go on", () =>
  Effect.gen(function*() {
    const id = yield* createSession({ budget: limit("5") })
    const stream = yield* open(`/v1/sessions/${id}/events/stream`)
    yield* send(id, message("x"))
    yield* TestClock.adjust("1 hour")
    yield* ok("POST", `/v1/sessions/${id}`, { budget: limit("100") })
    yield* settle
    assert.deepStrictEqual(stream.seen, yield* eventsOf(id))
  }).pipe(Effect.provide(hours)))
