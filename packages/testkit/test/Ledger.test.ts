import type * as Event from "@effect-managed-agents/core/Event"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import type { Request } from "../src/internal/http/message.ts"
import * as ledger from "../src/internal/ledger/recorder.ts"
import * as Ledger from "../src/Ledger.ts"

const now = Effect.map(Clock.currentTimeMillis, (millis) => `T+${millis}`)

const request = (overrides: Partial<Request> = {}): Request => ({
  method: "GET",
  path: "/v1/sessions",
  query: [],
  headers: {},
  body: "",
  ...overrides
})

const answering = (status: number) => {
  const recorder = ledger.make(now)
  const handle = recorder.recording(() =>
    Effect.succeed({ status, headers: { "request-id": "req_1" }, body: { _tag: "Empty" } })
  )
  return { recorder, handle }
}

describe("Ledger", () => {
  it.scoped("has one entry for each request, in the order of arrival", () =>
    Effect.gen(function*() {
      const recorder = ledger.make(now)
      const handle = recorder.recording(({ path }) =>
        Effect.as(path === "/slow" ? Effect.sleep("1 second") : Effect.void, {
          status: path === "/slow" ? 404 : 200,
          headers: { "request-id": `req_${path}` },
          body: { _tag: "Empty" }
        })
      )
      const slow = yield* Effect.fork(handle(request({ method: "POST", path: "/slow", body: "{\"a\":[1]}" })))
      yield* Effect.yieldNow()
      yield* handle(request({
        path: "/fast",
        query: [["limit", "2"], ["types[]", "a"], ["x", "1"], ["x", "2"], ["constructor", "c"], ["__proto__", "p"]],
        headers: { "anthropic-beta": "managed-agents-2026-04-01", "x-stainless-retry-count": "0" }
      }))
      assert.deepStrictEqual(yield* recorder.exchanges, [
        {
          at: "T+0",
          method: "POST",
          path: "/slow",
          query: {},
          headers: {},
          body: { a: [1] }
        },
        {
          at: "T+0",
          method: "GET",
          path: "/fast",
          query: { "limit": "2", "types[]": ["a"], "x": ["1", "2"], "constructor": "c", ["__proto__"]: "p" },
          headers: { "anthropic-beta": "managed-agents-2026-04-01", "x-stainless-retry-count": "0" },
          status: 200,
          request_id: "req_/fast"
        }
      ])
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(slow)
      assert.strictEqual((yield* recorder.exchanges)[0]?.status, 404)
      yield* recorder.clear
      assert.deepStrictEqual(yield* recorder.exchanges, [])
    }))

  it.scoped("keeps a request that was never answered", () =>
    Effect.gen(function*() {
      const recorder = ledger.make(now)
      const fiber = yield* Effect.fork(recorder.recording(() => Effect.never)(request()))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(fiber)
      const entries = yield* recorder.exchanges
      assert.strictEqual(entries.length, 1)
      assert.isFalse("status" in entries[0]!)
      assert.match(Ledger.timeline({ ...yield* recorder.history, sessions: [] }), /GET \/v1\/sessions +no answer/)
    }))

  it.scoped("never shows a secret", () =>
    Effect.gen(function*() {
      const key = "sk-ant-known-key-1234"
      const token = "ghp_known-token-5678"
      const { handle, recorder } = answering(200)
      const resource = {
        type: "github_repository",
        url: `https://me:${token}@github.com/a/b`,
        authorization_token: token
      }
      const bodies = [
        JSON.stringify({ resources: [resource], metadata: { note: `use ${token} with ${key}`, [key]: "x" } }),
        JSON.stringify({ authorization_token: token }),
        JSON.stringify({ authorization_token: { nested: token } }),
        JSON.stringify([{ "authorization_token": [token] }]),
        // the same name, spelled differently in JSON
        `{"authorization\\u005ftoken":"${token}"}`,
        // no JSON at all
        `{"authorization_token":"${token}"`,
        `{"authorization_token":"${token}","authorization_token":"${token}x"}`
      ]
      const credentials = [
        { "x-api-key": key },
        { authorization: `Bearer ${key}` },
        { authorization: `bearer  ${key}` },
        { "x-custom-auth-token": key, cookie: `session=${key}` },
        { "proxy-authorization": key }
      ]
      for (const body of bodies) {
        for (const headers of credentials) {
          yield* handle(request({ method: "POST", body, headers, query: [["api_key", key], ["page", `x${key}`]] }))
        }
      }
      const entries = yield* recorder.exchanges
      assert.strictEqual(entries.length, bodies.length * credentials.length)
      recorder.note({
        _tag: "Took",
        at: "T+0",
        sessionId: "sesn_1",
        events: [
          {
            id: "sevt_1",
            type: "user.message",
            content: [{ type: "text", text: `${key} ${token}` }]
          } as typeof Event.Event.Encoded
        ]
      })
      const history = { ...yield* recorder.history, sessions: [] }
      assert.strictEqual(history.moments.length, entries.length + 1)
      const text = JSON.stringify(entries) + JSON.stringify(history) + Ledger.timeline(history)
      assert.notInclude(text, key)
      assert.notInclude(text, token)
      // that there was one can be seen
      assert.strictEqual(entries[0]?.headers["x-api-key"], "<redacted>")
    }))

  it.scoped("leaves words alone that happen to be somebody's key", () =>
    Effect.gen(function*() {
      const { handle, recorder } = answering(200)
      yield* handle(request({ body: "{\"text\":\"a test\"}", headers: { "x-api-key": "test" } }))
      const [entry] = yield* recorder.exchanges
      assert.deepStrictEqual(entry?.body, { text: "a test" })
      assert.deepStrictEqual(entry?.headers, { "x-api-key": "<redacted>" })
    }))

  it.scoped("forgets the oldest requests when there are very many", () =>
    Effect.gen(function*() {
      const { handle, recorder } = answering(200)
      for (let i = 0; i < 10_001; i++) yield* handle(request({ path: `/${i}` }))
      const entries = yield* recorder.exchanges
      assert.strictEqual(entries.length, 10_000)
      assert.strictEqual(entries[0]?.path, "/1")
    }))

  it.scoped("has a timeline whatever stands in place of a text", () =>
    Effect.gen(function*() {
      const { handle, recorder } = answering(400)
      const odd = { toString: null }
      const events = [
        odd,
        { type: odd },
        { type: "user.tool_confirmation", tool_use_id: odd, result: odd },
        { type: "agent.tool_use", id: odd, name: odd, evaluated_permission: odd },
        { type: "session.status_idle", stop_reason: { type: odd, event_ids: [odd] } },
        { type: "session.error", error: { type: odd } },
        { type: "user.interrupt", session_thread_id: odd }
      ]
      const path = "/v1/sessions/sesn_1/events"
      yield* handle(request({ method: "POST", path, body: JSON.stringify({ events }) }))
      const text = Ledger.timeline({ ...yield* recorder.history, sessions: [] })
      assert.include(text, "{\"toString\":null}")
      assert.include(text, "user.tool_confirmation")
    }))
})
