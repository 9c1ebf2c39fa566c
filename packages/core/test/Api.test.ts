import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Api from "../src/Api.ts"
import type * as Endpoint from "../src/Endpoint.ts"
import { calls, documented } from "./utils/calls.ts"
import * as Stub from "./utils/StubHttpClient.ts"

const groups = { sessions: Api.sessions, events: Api.events, resources: Api.resources, threads: Api.threads }

const endpoints: ReadonlyArray<Endpoint.Any> = Object.values(groups).flatMap((group) => Object.values(group))

describe("Api", () => {
  it("has the nineteen calls of the service", () => {
    assert.deepStrictEqual(
      endpoints.map(({ kind, method, name, path }) =>
        `${name}: ${method} ${path}${kind === "events" ? " (events)" : ""}`
      ),
      [
        "Sessions.create: POST /v1/sessions",
        "Sessions.list: GET /v1/sessions",
        "Sessions.retrieve: GET /v1/sessions/{session_id}",
        "Sessions.update: POST /v1/sessions/{session_id}",
        "Sessions.delete: DELETE /v1/sessions/{session_id}",
        "Sessions.archive: POST /v1/sessions/{session_id}/archive",
        "Events.list: GET /v1/sessions/{session_id}/events",
        "Events.send: POST /v1/sessions/{session_id}/events",
        "Events.stream: GET /v1/sessions/{session_id}/events/stream (events)",
        "Resources.add: POST /v1/sessions/{session_id}/resources",
        "Resources.list: GET /v1/sessions/{session_id}/resources",
        "Resources.retrieve: GET /v1/sessions/{session_id}/resources/{resource_id}",
        "Resources.update: POST /v1/sessions/{session_id}/resources/{resource_id}",
        "Resources.delete: DELETE /v1/sessions/{session_id}/resources/{resource_id}",
        "Threads.list: GET /v1/sessions/{session_id}/threads",
        "Threads.retrieve: GET /v1/sessions/{session_id}/threads/{thread_id}",
        "Threads.archive: POST /v1/sessions/{session_id}/threads/{thread_id}/archive",
        "Threads.listEvents: GET /v1/sessions/{session_id}/threads/{thread_id}/events",
        "Threads.stream: GET /v1/sessions/{session_id}/threads/{thread_id}/stream (events)"
      ]
    )
  })

  it("takes a body exactly where the service does", () => {
    assert.deepStrictEqual(
      endpoints.filter(({ body }) => body !== undefined).map(({ name }) => name),
      ["Sessions.create", "Sessions.update", "Events.send", "Resources.add", "Resources.update"]
    )
  })

  it("names each endpoint after its place in the table", () => {
    for (const [group, members] of Object.entries(groups)) {
      for (const [operation, { name }] of Object.entries(members)) {
        assert.strictEqual(name.toLowerCase(), `${group}.${operation}`.toLowerCase())
      }
    }
  })
})

describe.each(calls)("$name", (call) => {
  const headers: Record<string, string> = {
    accept: call.kind === "events" ? "text/event-stream, application/json" : "application/json",
    ...(call.kind === "events" && { "accept-encoding": "identity" }),
    "x-api-key": "sk-test",
    "anthropic-version": "2023-06-01",
    "anthropic-beta": "managed-agents-2026-04-01"
  }

  it.effect("is on the wire what the service expects", () => {
    const stub = Stub.make([documented(call)])
    return Effect.gen(function*() {
      yield* call.run()
      assert.strictEqual(stub.sent.length, 1)
      const { body, headers: sent, method, url } = stub.sent[0]!
      assert.strictEqual(`${method} ${url.pathname}`, call.request)
      assert.strictEqual(url.origin, "https://api.anthropic.com")
      assert.deepStrictEqual([...url.searchParams], call.query ?? [])
      assert.deepStrictEqual(body === undefined ? undefined : JSON.parse(body), call.body)
      assert.deepStrictEqual(
        { ...sent },
        call.body === undefined
          ? headers
          : { ...headers, "content-type": "application/json", "content-length": String(body?.length) }
      )
    }).pipe(Effect.provide(stub.client({ apiKey: Redacted.make("sk-test") })))
  })

  it.effect("gives what the service answered, untouched", () => {
    const stub = Stub.make([documented(call)])
    return Effect.gen(function*() {
      const expected = Stub.documented(call.name)
      assert.deepStrictEqual(yield* call.run(), call.kind === "events" ? [expected] : expected)
    }).pipe(Effect.provide(stub.client()))
  })

  it.effect("takes betas of its own", () => {
    const stub = Stub.make([documented(call)])
    return Effect.gen(function*() {
      yield* call.run({ betas: ["extra-1", "managed-agents-2026-04-01", "extra-1"] })
      assert.strictEqual(stub.sent[0]?.headers["anthropic-beta"], "extra-1,managed-agents-2026-04-01,configured")
    }).pipe(Effect.provide(stub.client({ betas: ["configured"] })))
  })
})
