/**
 * Section 1 of FIDELITY.md, as far as no other test shows it: requests, ids and stamps.
 */
import * as Api from "@effect-managed-agents/core/Api"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as Rules from "../../src/Rules.ts"
import type { Json } from "../utils/facts.ts"
import {
  call,
  createSession,
  eventsOf,
  headers,
  layer,
  message,
  ok,
  refusal,
  scripted,
  send,
  startSession
} from "../utils/facts.ts"

const { "anthropic-beta": _, ...withoutBeta } = headers

describe("requests", () => {
  it.effect("1.3 the old query `beta=true` is not needed, and no substitute for the header", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* call("GET", "/v1/sessions")).status, 200)
      assert.match(yield* refusal("GET", "/v1/sessions?beta=true", undefined, { headers: withoutBeta }), /^404/)
    }).pipe(Effect.provide(layer())))

  it.effect("1.11 the routes are those of the reference; updating is a POST, and a thread's stream is /stream", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const { data: [thread] } = yield* ok("GET", `/v1/sessions/${id}/threads`)
      const routes = [Api.sessions, Api.events, Api.resources, Api.threads].flatMap((group) =>
        Object.values(group).map((endpoint) => `${endpoint.method} ${endpoint.path}`)
      )
      assert.strictEqual(routes.length, 19)
      for (const route of routes) {
        const [method = "", path = ""] = route.split(" ")
        const url = path.replace("{session_id}", "sesn_none").replace(/\{\w+\}/g, "sthr_none")
        const { json, status } = yield* call(method, url, method === "POST" ? "{" : undefined)
        assert.notStrictEqual(json.error?.message, "Not found", route)
        assert.notStrictEqual(status, 405, route)
      }
      yield* ok("POST", `/v1/sessions/${id}`, { title: "x" })
      assert.match(yield* refusal("PATCH", `/v1/sessions/${id}`, { title: "x" }), /^405/)
      assert.strictEqual(
        yield* refusal("GET", `/v1/sessions/${id}/threads/${thread.id}/events/stream`),
        "404 not_found_error: Not found"
      )
    }).pipe(Effect.provide(layer())))
})

describe("ids and stamps", () => {
  it.effect("1.9 each kind of id has its prefix", () =>
    Effect.gen(function*() {
      const session = yield* ok("POST", "/v1/sessions", {
        agent: "agent_1",
        environment_id: "env_1",
        resources: [{ type: "file", file_id: "file_upload" }],
        initial_events: [{ type: "user.define_outcome", description: "d", rubric: { type: "text", content: "r" } }]
      })
      const { data: [thread] } = yield* ok("GET", `/v1/sessions/${session.id}/threads`)
      const { headers } = yield* call("GET", "/v1/sessions")
      const ids: ReadonlyArray<readonly [string | undefined, string]> = [
        [session.id, "sesn"],
        [thread.id, "sthr"],
        [session.resources[0].id, "sesrsc"],
        [session.resources[0].file_id, "file"],
        [session.outcome_evaluations[0].outcome_id, "outc"],
        [headers["request-id"], "req"],
        ...(yield* eventsOf(session.id)).map((event) => [event.id, "sevt"] as const)
      ]
      for (const [id, prefix] of ids) assert.match(id ?? "", new RegExp(`^${prefix}_[0-9A-Za-z]{24}$`))
    }).pipe(Effect.provide(layer())))

  it.effect("1.13 stamps are RFC 3339 in UTC with at most six digits of a second", () =>
    Effect.gen(function*() {
      yield* TestClock.adjust("1234 millis")
      const id = yield* startSession()
      const session = yield* ok("GET", `/v1/sessions/${id}`)
      const stamps = [
        session.created_at,
        session.updated_at,
        ...(yield* eventsOf(id)).map((event) => event.processed_at)
      ]
      assert.strictEqual(stamps[0], "1970-01-01T00:00:01.234000Z")
      for (const stamp of stamps) assert.match(stamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/)
    }).pipe(Effect.provide(layer())))

  const waiting = Effect.gen(function*() {
    const id = yield* createSession()
    yield* send(id, message("one"))
    const { data: [echo] } = yield* send(id, message("two"))
    const listed: Json = (yield* eventsOf(id)).at(-1)
    assert.deepStrictEqual(listed, echo)
    yield* TestClock.adjust("1 second")
    const processed = (yield* eventsOf(id)).find((event) => event.id === echo.id)
    assert.isString(processed.processed_at)
    return echo
  })
  const sleepy = { otherwise: [{ sleep: 1000 }] }

  it.effect("1.14 what waits has no `processed_at`, and null nowhere stands for an optional key", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(Object.keys(yield* waiting), ["id", "type", "content"])
      const id = yield* createSession()
      yield* send(id, { type: "user.interrupt", session_thread_id: null })
      for (const event of yield* eventsOf(id)) assert.notProperty(event, "session_thread_id")
    }).pipe(Effect.provide(scripted(sleepy))))

  it.effect("1.15 or a `processed_at` that is null", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* waiting).processed_at, null)
    }).pipe(Effect.provide(scripted(sleepy, { rules: { nullPendingStamps: true } }))))
})

describe("rate limits", () => {
  const rateLimits: Rules.RateLimits = {
    ...Rules.documentedRateLimits,
    createPerMinute: 60,
    readPerMinute: 120,
    burst: Duration.seconds(2)
  }
  const limited = (more: Partial<Rules.RateLimits> = {}) => layer({ rules: { rateLimits: { ...rateLimits, ...more } } })
  const statuses = (n: number, method: string, url: string, body?: unknown) =>
    Effect.map(
      Effect.replicateEffect(call(method, url, body), n),
      (answers) => answers.map(({ status }) => status)
    )
  const session = { agent: "agent_1", environment_id: "env_1" }

  it.effect("5.50 creating and reading are limited apart, as a bucket that refills", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* statuses(3, "POST", "/v1/sessions", session), [200, 200, 429])
      assert.deepStrictEqual(yield* statuses(5, "GET", "/v1/sessions"), [200, 200, 200, 200, 429])
      const refused = yield* call("POST", "/v1/sessions", session)
      assert.deepInclude(refused.json.error, { type: "rate_limit_error" })
      assert.strictEqual(refused.headers["retry-after"], "1")
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* statuses(2, "POST", "/v1/sessions", session), [200, 429])
      assert.deepStrictEqual(yield* statuses(3, "GET", "/v1/sessions"), [200, 200, 429])
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* statuses(3, "DELETE", "/v1/sessions/sesn_1"), [404, 404, 429])
    }).pipe(Effect.provide(limited())))

  it.effect("5.50 opening a stream counts as reading", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* statuses(4, "GET", `/v1/sessions/${id}/events/stream`)
      assert.match(yield* refusal("GET", `/v1/sessions/${id}`), /^429 rate_limit_error/)
    }).pipe(Effect.provide(limited())))

  const sendTwice = Effect.gen(function*() {
    const id = yield* createSession()
    return yield* statuses(2, "POST", `/v1/sessions/${id}/events`, { events: [message("x")] })
  })

  it.effect("5.51 sending counts as creating", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* sendTwice, [200, 429])
    }).pipe(Effect.provide(limited())))

  it.effect("5.51 or as reading", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* sendTwice, [200, 200])
    }).pipe(Effect.provide(limited({ sends: "read" }))))

  it.effect("5.50 is off by default; the documented figures are at hand", () =>
    Effect.gen(function*() {
      assert.notInclude(yield* statuses(500, "GET", "/v1/sessions/sesn_1"), 429)
      assert.deepInclude(Rules.documentedRateLimits, { createPerMinute: 300, readPerMinute: 1200 })
    }).pipe(Effect.provide(layer())))
})
