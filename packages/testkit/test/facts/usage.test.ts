/**
 * Section 8 of FIDELITY.md: usage and statistics.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as Rules from "../../src/Rules.ts"
import type { Json } from "../utils/facts.ts"
import {
  createSession,
  delegating,
  eventsOf,
  layer,
  message,
  ok,
  scripted,
  send,
  startSession,
  types
} from "../utils/facts.ts"

const sum = (requests: ReadonlyArray<Json>, field: string): number =>
  requests.reduce((total, { model_usage }) => total + model_usage[field], 0)

const requestsOf = (events: ReadonlyArray<Json>) => events.filter((event) => event.type === "span.model_request_end")

describe("usage", () => {
  it.effect("8.1, 8.2 is cumulative, in the session as in the event, and the sum of what the requests used", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("one two three"))
      yield* send(id, message("four five six"))
      const events = yield* eventsOf(id)
      const [first, second] = events.filter((event) => event.type === "session.usage")
      const { usage } = yield* ok("GET", `/v1/sessions/${id}`)
      assert.deepStrictEqual(second.usage, usage)
      assert.isAbove(second.usage.output_tokens, first.usage.output_tokens)
      const requests = requestsOf(events)
      assert.strictEqual(usage.input_tokens, sum(requests, "input_tokens"))
      assert.strictEqual(usage.output_tokens, sum(requests, "output_tokens"))
      assert.strictEqual(usage.cache_read_input_tokens, sum(requests, "cache_read_input_tokens"))
      assert.deepStrictEqual(usage.cache_creation, {
        ephemeral_5m_input_tokens: sum(requests, "cache_creation_input_tokens"),
        ephemeral_1h_input_tokens: 0
      })
      assert.deepStrictEqual(Object.keys(usage).sort(), [
        "active_seconds",
        "cache_creation",
        "cache_read_input_tokens",
        "input_tokens",
        "list_cost",
        "output_tokens",
        "server_tool_use"
      ])
      assert.match(usage.list_cost.amount, /^(0|[1-9]\d*)$/)
      assert.strictEqual(usage.list_cost.currency, "USD")
    }).pipe(Effect.provide(layer())))

  it.effect("8.3 of a request is flat, with a speed that is null, on an event that has nothing else", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      const events = yield* eventsOf(id)
      const [end] = requestsOf(events)
      assert.deepStrictEqual(Object.keys(end).sort(), [
        "id",
        "is_error",
        "model_request_start_id",
        "model_usage",
        "processed_at",
        "type"
      ])
      assert.strictEqual(
        end.model_request_start_id,
        events.find((event) => event.type === "span.model_request_start").id
      )
      assert.deepStrictEqual(Object.keys(end.model_usage).sort(), [
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
        "input_tokens",
        "output_tokens",
        "speed"
      ])
      assert.isNull(end.model_usage.speed)
    }).pipe(Effect.provide(layer())))

  it.effect("8.4 of web fetches is always zero", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      assert.deepStrictEqual((yield* ok("GET", `/v1/sessions/${id}`)).usage.server_tool_use, {
        web_search_requests: 1,
        web_fetch_requests: 0
      })
    }).pipe(
      Effect.provide(scripted({ otherwise: [{ tool: { name: "web_search" } }, { tool: { name: "web_fetch" } }] }))
    ))

  it.effect("8.8 is priced by tokens, searches and running time", () =>
    Effect.gen(function*() {
      const cents = (id: string) =>
        Effect.map(ok("GET", `/v1/sessions/${id}`), ({ usage }) => Number(usage.list_cost.amount))
      const id = yield* createSession()
      yield* send(id, message("search"))
      // ten dollars for a thousand searches
      assert.strictEqual(yield* cents(id), 1)
      yield* TestClock.adjust("10 hours")
      // eight cents an hour, which the price of a second rounds down
      assert.closeTo(yield* cents(id), 81, 1)
    }).pipe(Effect.provide(scripted({ turns: [[{ tool: { name: "web_search" } }, { sleep: 36_000_000 }]] }))))

  it.effect("8.8 at other prices", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x".repeat(400)))
      const { usage } = yield* ok("GET", `/v1/sessions/${id}`)
      assert.strictEqual(usage.list_cost.amount, String(usage.input_tokens))
      assert.isAtLeast(usage.input_tokens, 100)
    }).pipe(Effect.provide(scripted({ otherwise: [] }, {
      rules: {
        prices: {
          input: 1_000_000,
          output: 0,
          cacheRead: 0,
          cacheCreation: 0,
          webSearch: 0,
          activeSecond: Rules.defaults.prices.activeSecond
        }
      }
    }))))

  it.effect("8.9 is told right before each idle of the session, and when a thread pauses at the budget", () =>
    Effect.gen(function*() {
      const id = yield* startSession({
        budget: { type: "limit", max_list_cost: { amount: "0", currency: "USD" } }
      })
      assert.deepStrictEqual(types(yield* eventsOf(id)).slice(2, 5), [
        "session.thread_status_idle",
        "session.usage",
        "session.status_idle"
      ])
      const other = yield* createSession()
      yield* send(other, message("x"))
      const events = types(yield* eventsOf(other))
      for (const [i, type] of events.entries()) {
        if (type === "session.status_idle") assert.strictEqual(events[i - 1], "session.usage")
      }
    }).pipe(Effect.provide(layer())))

  it.effect("8.10 is not told when the session terminates", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      const events = types(yield* eventsOf(id))
      assert.strictEqual(events.at(-1), "session.status_terminated")
      assert.notInclude(events, "session.usage")
    }).pipe(Effect.provide(scripted({
      otherwise: [{ fail: { type: "unknown_error", retry_status: "terminal" } }]
    }))))
})

describe("statistics", () => {
  it.effect("8.5, 8.7 of a session sum its threads, of which its usage counts what overlaps once", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      yield* TestClock.adjust("1 minute")
      const session = yield* ok("GET", `/v1/sessions/${id}`)
      const { data: threads } = yield* ok("GET", `/v1/sessions/${id}/threads`)
      assert.deepStrictEqual(threads.map((thread: Json) => Math.round(thread.stats.active_seconds)), [0, 20, 20])
      assert.closeTo(session.stats.active_seconds, 40, 0.01)
      assert.closeTo(session.usage.active_seconds, 20, 0.01)
      // the running time of the session is in the cost of none of them
      assert.deepStrictEqual(threads.map((thread: Json) => thread.usage.list_cost.amount), ["0", "0", "0"])
      assert.strictEqual(session.usage.list_cost.amount, "2")
    }).pipe(Effect.provide(delegating(
      [{ sleep: 20_000 }, { say: "done" }],
      2,
      { rules: { prices: { ...Rules.defaults.prices, activeSecond: 100_000 } } }
    ))))

  it.effect("8.6 have its age, which stops with it; one that never ran has been active for no time", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* TestClock.adjust("5 seconds")
      const stats = Effect.map(ok("GET", `/v1/sessions/${id}`), (session) => session.stats)
      assert.deepStrictEqual(yield* stats, { active_seconds: 0, duration_seconds: 5 })
      yield* ok("POST", `/v1/sessions/${id}/archive`)
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* stats, { active_seconds: 0, duration_seconds: 5 })
    }).pipe(Effect.provide(layer())))
})
