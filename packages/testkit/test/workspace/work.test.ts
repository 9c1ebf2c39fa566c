/**
 * Section 10.4 of FIDELITY.md: the work queue of a self-hosted environment.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import type { Json } from "../utils/wire.ts"
import { call, conform, createSession, headers, message, ok, scripted, send } from "../utils/wire.ts"

const key = { ...headers, "x-api-key": "sk-ant-oat01-key" }
const queue = "/v1/environments/env_self/work"

/** A call with the key of the environment, or another credential, that must succeed. */
const asked = Effect.fnUntraced(
  function*(method: string, path: string, body?: object, as: Record<string, string> = key) {
    const { json, status } = yield* call(method, `${queue}${path}`, body, { headers: as })
    if (status !== 200) return yield* Effect.dieMessage(`${method} ${path}: ${status} ${JSON.stringify(json)}`)
    // a secret is another value once it is decoded
    conform(method, `${queue}${path}`, json === null ? null : { ...json, ...("secret" in json && { secret: null }) })
    return json
  }
)
const refused = Effect.fnUntraced(
  function*(method: string, path: string, body?: object, as: Record<string, string> = key) {
    const { json, status } = yield* call(method, path.startsWith("/v1") ? path : `${queue}${path}`, body, {
      headers: as
    })
    return `${status} ${json.error?.type}`
  }
)
const poll = (query = "") => asked("GET", `/poll${query}`)
const ack = (id: string) => asked("POST", `/${id}/ack`)
const beat = (id: string, expected: string, more = "") =>
  asked("POST", `/${id}/heartbeat?expected_last_heartbeat=${encodeURIComponent(expected)}${more}`)

const bash = scripted({ turns: [[{ tool: { name: "bash" } }, { say: "{{result}}" }]] })
const start = Effect.gen(function*() {
  const id = yield* createSession({ environment_id: "env_self" })
  yield* send(id, message("Go"))
  return id
})
const tokenOf = (item: Json): string => {
  const text = Encoding.decodeBase64UrlString(item.secret)
  return text._tag === "Right" ? JSON.parse(text.right).sessions_token : ""
}
const bearer = (token: string) => {
  const { "x-api-key": _, ...rest } = headers
  return { ...rest, authorization: `Bearer ${token}` }
}

describe("work", () => {
  it.effect("10.4.1 is queued when a session begins to need a worker, once", () =>
    Effect.gen(function*() {
      assert.isNull(yield* poll())
      const idle = yield* createSession({ environment_id: "env_self" })
      yield* createSession()
      assert.isNull(yield* poll())
      const id = yield* start
      const item = yield* poll()
      assert.match(item.id, /^work_\w+$/)
      assert.deepStrictEqual({ ...item, secret: null }, {
        type: "work",
        id: item.id,
        environment_id: "env_self",
        data: { type: "session", id },
        state: "queued",
        secret: null,
        metadata: {},
        created_at: "1970-01-01T00:00:00Z",
        acknowledged_at: null,
        started_at: null,
        latest_heartbeat_at: null,
        stop_requested_at: null,
        stopped_at: null
      })
      assert.isNull(yield* poll())
      yield* send(idle, message("Go"))
      assert.strictEqual((yield* poll()).data.id, idle)
    }).pipe(Effect.provide(bash)))

  it.effect("10.4.2 is waited for by a poll, for 999 milliseconds at most", () =>
    Effect.gen(function*() {
      const waiting = yield* Effect.fork(poll("?block_ms=999"))
      yield* TestClock.adjust(500)
      assert.isNull(waiting.unsafePoll())
      const id = yield* start
      assert.strictEqual((yield* Fiber.join(waiting)).data.id, id)
      const empty = yield* Effect.fork(poll("?block_ms=999"))
      yield* TestClock.adjust(998)
      assert.isNull(empty.unsafePoll())
      yield* TestClock.adjust(1)
      assert.isNull(yield* Fiber.join(empty))
      assert.strictEqual(yield* refused("GET", "/poll?block_ms=1000"), "400 invalid_request_error")
      assert.strictEqual(yield* refused("GET", "/poll?block_ms=0"), "400 invalid_request_error")
    }).pipe(Effect.provide(bash)))

  it.effect("10.4.3 that is not acknowledged is given again after five seconds, or after what a poll says", () =>
    Effect.gen(function*() {
      yield* start
      const { id } = yield* poll()
      yield* TestClock.adjust(4999)
      assert.isNull(yield* poll())
      assert.strictEqual((yield* poll("?reclaim_older_than_ms=4999")).id, id)
      yield* TestClock.adjust(5000)
      assert.strictEqual((yield* poll()).id, id)
      yield* ack(id)
      yield* TestClock.adjust(4999)
      assert.isNull(yield* poll())
      // acknowledged, and never heard of again
      yield* TestClock.adjust(1)
      assert.strictEqual((yield* poll()).id, id)
    }).pipe(Effect.provide(bash)))

  it.effect("10.4.4 is held by heartbeats, each of which names the one before", () =>
    Effect.gen(function*() {
      yield* start
      const { id } = yield* poll()
      assert.strictEqual(yield* refused("POST", `/${id}/heartbeat`), "409 invalid_request_error")
      assert.strictEqual((yield* ack(id)).state, "starting")
      const first = yield* beat(id, "NO_HEARTBEAT", "&desired_ttl_seconds=20")
      assert.deepStrictEqual(first, {
        type: "work_heartbeat",
        last_heartbeat: "1970-01-01T00:00:00Z",
        lease_extended: true,
        state: "active",
        ttl_seconds: 20
      })
      // an acknowledgement that is repeated changes nothing
      assert.strictEqual((yield* ack(id)).state, "active")
      yield* TestClock.adjust("15 seconds")
      const second = yield* beat(id, first.last_heartbeat, "&desired_ttl_seconds=20")
      const { json, status } = yield* call(
        "POST",
        `${queue}/${id}/heartbeat?expected_last_heartbeat=NO_HEARTBEAT`,
        undefined,
        {
          headers: key
        }
      )
      assert.strictEqual(status, 412)
      assert.deepStrictEqual(json.error, {
        type: "precondition_failed_error",
        message: "expected_last_heartbeat does not match",
        details: {
          error_code: "heartbeat_precondition_failed",
          current_state: { ...second, lease_extended: false }
        }
      })
      yield* TestClock.adjust("15 seconds")
      assert.isNull(yield* poll())
      assert.isTrue((yield* asked("POST", `/${id}/heartbeat`)).lease_extended)
    }).pipe(Effect.provide(bash)))

  it.effect("10.4.5 whose lease has ended is given to another, and the one before has lost it", () =>
    Effect.gen(function*() {
      yield* start
      const { id } = yield* poll()
      yield* ack(id)
      const { last_heartbeat } = yield* beat(id, "NO_HEARTBEAT", "&desired_ttl_seconds=20")
      yield* TestClock.adjust(19_999)
      assert.isNull(yield* poll())
      yield* TestClock.adjust(1)
      assert.strictEqual((yield* poll()).id, id)
      assert.strictEqual(
        yield* refused("POST", `/${id}/heartbeat?expected_last_heartbeat=${last_heartbeat}`),
        "412 precondition_failed_error"
      )
    }).pipe(Effect.provide(bash)))

  it.effect("10.4.6 is stopped by force at once, otherwise with the next heartbeat", () =>
    Effect.gen(function*() {
      yield* start
      const { id } = yield* poll()
      yield* ack(id)
      const first = yield* beat(id, "NO_HEARTBEAT", "&desired_ttl_seconds=20")
      const stopping = yield* asked("POST", `/${id}/stop`, {})
      assert.strictEqual(stopping.state, "stopping")
      assert.isNotNull(stopping.stop_requested_at)
      const told = yield* beat(id, "anything")
      assert.deepStrictEqual([told.state, told.lease_extended], ["stopping", false])
      assert.strictEqual(told.last_heartbeat, first.last_heartbeat)
      const stopped = yield* asked("POST", `/${id}/stop`, { force: true })
      assert.strictEqual(stopped.state, "stopped")
      assert.strictEqual(yield* refused("POST", `/${id}/stop`, { force: true }), "409 invalid_request_error")
      assert.strictEqual(yield* refused("POST", `/${id}/ack`), "409 invalid_request_error")
      assert.strictEqual((yield* beat(id, "anything")).state, "stopped")
    }).pipe(Effect.provide(bash)))

  it.effect("10.4.7 is queued anew where a session still needs a worker when its item stops", () =>
    Effect.gen(function*() {
      const session = yield* start
      const { id } = yield* poll()
      yield* asked("POST", `/${id}/stop`, {})
      const next = yield* poll()
      assert.notStrictEqual(next.id, id)
      assert.strictEqual(next.data.id, session)
      yield* send(session, { type: "user.interrupt" })
      yield* asked("POST", `/${next.id}/stop`, {})
      assert.isNull(yield* poll())
      yield* send(session, message("Again"))
      assert.strictEqual((yield* poll()).data.id, session)
    }).pipe(Effect.provide(bash)))

  it.effect("10.4.8 that is to stop, and whose worker is silent, has stopped", () =>
    Effect.gen(function*() {
      const session = yield* start
      const { id } = yield* poll()
      yield* ack(id)
      yield* beat(id, "NO_HEARTBEAT", "&desired_ttl_seconds=20")
      yield* send(session, { type: "user.interrupt" })
      yield* asked("POST", `/${id}/stop`, {})
      yield* TestClock.adjust("20 seconds")
      assert.isNull(yield* poll())
      assert.strictEqual((yield* ok("GET", `${queue}/${id}`)).state, "stopped")
    }).pipe(Effect.provide(bash)))

  it.effect("10.4.9 is taken with the key of the environment, and read and changed with an API key", () =>
    Effect.gen(function*() {
      yield* start
      const { id } = yield* poll()
      const denied = "403 permission_error"
      for (
        const [method, path] of [["GET", "/poll"], ["GET", ""], ["POST", `/${id}/ack`], ["POST", `/${id}/heartbeat`]]
      ) {
        assert.strictEqual(yield* refused(method!, path!, undefined, headers), denied)
      }
      assert.strictEqual(yield* refused("GET", `/${id}`), denied)
      assert.strictEqual(yield* refused("POST", `/${id}`, { metadata: {} }), denied)
      assert.deepStrictEqual((yield* ok("POST", `${queue}/${id}`, { metadata: { a: "1", b: null } })).metadata, {
        a: "1"
      })
      const { data } = yield* asked("GET", "")
      assert.deepStrictEqual(data, [yield* ok("GET", `${queue}/${id}`)])
      assert.strictEqual((yield* asked("GET", "/stats")).pending, 1)
      assert.strictEqual((yield* ok("GET", `${queue}/stats`)).pending, 1)
      assert.strictEqual(yield* refused("POST", "/work_nope/ack"), "404 not_found_error")
      assert.strictEqual(yield* refused("GET", "/v1/environments/env_1/work/poll"), "400 invalid_request_error")
      assert.strictEqual(yield* refused("GET", "/v1/environments/env_nope/work/poll"), "404 not_found_error")
    }).pipe(Effect.provide(bash)))

  it.effect("10.4.10 comes with a token, which is good for it and its session only", () =>
    Effect.gen(function*() {
      const session = yield* start
      const other = yield* start
      const item = yield* poll()
      const otherItem = yield* poll()
      const token = bearer(tokenOf(item))
      assert.match(tokenOf(item), /^sk-ant-req-\w+$/)
      yield* asked("POST", `/${item.id}/ack`, undefined, token)
      yield* asked("POST", `/${item.id}/heartbeat`, undefined, token)
      assert.strictEqual(yield* refused("POST", `/${otherItem.id}/ack`, undefined, token), "403 permission_error")
      const { json, status } = yield* call("GET", `/v1/sessions/${session}/events`, undefined, { headers: token })
      assert.strictEqual(status, 200)
      const { id } = json.data.find((event: Json) => event.type === "agent.tool_use")
      const result = { type: "user.tool_result", tool_use_id: id, content: [{ type: "text", text: "done" }] }
      assert.strictEqual(
        (yield* call("POST", `/v1/sessions/${session}/events`, { events: [result] }, { headers: token })).status,
        200
      )
      assert.strictEqual(
        yield* refused("GET", `/v1/sessions/${other}/events`, undefined, token),
        "403 permission_error"
      )
      assert.strictEqual(
        yield* refused("GET", `/v1/sessions/${session}`, undefined, bearer("sk-ant-req-unknown")),
        "401 authentication_error"
      )
      // it is in no other answer
      assert.isNull((yield* ok("GET", `${queue}/${item.id}`)).secret)
    }).pipe(Effect.provide(bash)))

  it.effect("10.4.11 is counted, as are the workers that have a name", () =>
    Effect.gen(function*() {
      yield* asked("GET", "/poll", undefined, { ...key, "anthropic-worker-id": "a" })
      yield* TestClock.adjust("20 seconds")
      yield* start
      yield* start
      yield* asked("GET", "/poll", undefined, { ...key, "anthropic-worker-id": "b" })
      assert.deepStrictEqual(yield* asked("GET", "/stats"), {
        type: "work_queue_stats",
        depth: 1,
        pending: 1,
        oldest_queued_at: "1970-01-01T00:00:20Z",
        workers_polling: 2
      })
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual((yield* asked("GET", "/stats")).workers_polling, 1)
    }).pipe(Effect.provide(bash)))
})
