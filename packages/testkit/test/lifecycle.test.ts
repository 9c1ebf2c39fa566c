import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
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

const sleepy = scripted({ otherwise: [{ sleep: 1000 }] })

describe("updating", () => {
  it.scoped("2.14.4, 2.14.5 changes title and metadata, and emits what changed", () =>
    Effect.gen(function*() {
      const id = yield* createSession({ title: "Old", metadata: { a: "1", b: "2" } })
      const stream = yield* open(`/v1/sessions/${id}/events/stream`)
      yield* TestClock.adjust("1 second")
      const updated = yield* ok("POST", `/v1/sessions/${id}`, { title: "New", metadata: { a: null, b: "3", c: "4" } })
      assert.deepInclude(updated, {
        title: "New",
        metadata: { b: "3", c: "4" },
        updated_at: "1970-01-01T00:00:01Z"
      })
      const [event] = yield* eventsOf(id)
      const { id: _, processed_at: __, ...fields } = event
      assert.deepStrictEqual(fields, { type: "session.updated", metadata: { b: "3", c: "4" }, title: "New" })
      yield* settle
      assert.deepStrictEqual(stream.seen, [event])
    }).pipe(Effect.provide(layer())))

  it.scoped("2.14.5 without a change emits nothing", () =>
    Effect.gen(function*() {
      const id = yield* createSession({ title: "Same", metadata: { a: "1" } })
      const before = yield* ok("GET", `/v1/sessions/${id}`)
      yield* TestClock.adjust("1 second")
      yield* ok("POST", `/v1/sessions/${id}`, { title: "Same", metadata: { a: "1", z: null } })
      yield* ok("POST", `/v1/sessions/${id}`, {})
      assert.deepStrictEqual(yield* eventsOf(id), [])
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).updated_at, before.updated_at)
    }).pipe(Effect.provide(layer())))

  it.scoped("2.14.6 a bag that is empty now is absent from the event; a title may be cleared", () =>
    Effect.gen(function*() {
      const id = yield* createSession({ title: "Old", metadata: { a: "1" } })
      yield* ok("POST", `/v1/sessions/${id}`, { metadata: { a: null } })
      yield* ok("POST", `/v1/sessions/${id}`, { title: null })
      const [bag, title] = yield* eventsOf(id)
      assert.notProperty(bag, "metadata")
      assert.strictEqual(bag.type, "session.updated")
      assert.strictEqual(title.title, null)
      assert.match(
        yield* refusal("POST", `/v1/sessions/${id}`, {
          metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, "v"]))
        }),
        /^400 .*16/
      )
    }).pipe(Effect.provide(layer())))

  it.scoped("the patched bag keeps to its limit", () =>
    Effect.gen(function*() {
      const pairs = (from: number, n: number) =>
        Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${from + i}`, "v"]))
      const id = yield* createSession({ metadata: pairs(0, 10) })
      assert.match(yield* refusal("POST", `/v1/sessions/${id}`, { metadata: pairs(10, 7) }), /^400 .*metadata: .*16/)
      yield* ok("POST", `/v1/sessions/${id}`, { metadata: { ...pairs(10, 7), k0: null } })
    }).pipe(Effect.provide(layer())))

  it.scoped("2.14.1, 2.14.6 tools and servers of the agent are replaced whole, with their defaults", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const updated = yield* ok("POST", `/v1/sessions/${id}`, {
        agent: {
          mcp_servers: [{ type: "url", name: "crm", url: "https://crm.example" }],
          tools: [{ type: "mcp_toolset", mcp_server_name: "crm", configs: [{ name: "open", enabled: false }] }]
        }
      })
      assert.deepStrictEqual(updated.agent.tools, [{
        type: "mcp_toolset",
        mcp_server_name: "crm",
        configs: [{ name: "open", enabled: false, permission_policy: { type: "always_ask" } }],
        default_config: { enabled: true, permission_policy: { type: "always_ask" } }
      }])
      const [event] = yield* eventsOf(id)
      assert.deepStrictEqual(event.agent, updated.agent)
      assert.match(yield* refusal("POST", `/v1/sessions/${id}`, { agent: { mcp_servers: [] } }), /^400 .*"crm"/)
    }).pipe(Effect.provide(layer())))

  it.scoped("2.14.1, 2.14.3 of the agent is refused while running; of title and metadata is not", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      assert.match(yield* refusal("POST", `/v1/sessions/${id}`, { agent: { tools: [] } }), /^400 .*"running"/)
      yield* ok("POST", `/v1/sessions/${id}`, { title: "Busy" })
      yield* TestClock.adjust("1 second")
      yield* ok("POST", `/v1/sessions/${id}`, { agent: { tools: [] } })
    }).pipe(Effect.provide(sleepy)))

  it.scoped("2.14.2 vaults and a late budget are refused", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      assert.strictEqual(
        yield* refusal("POST", `/v1/sessions/${id}`, { vault_ids: ["vlt_1"] }),
        "400 invalid_request_error: vault_ids: updating vault_ids is not yet supported"
      )
      const { json, status } = yield* call("POST", `/v1/sessions/${id}`, {
        budget: { type: "limit", max_list_cost: { amount: "100", currency: "USD" } }
      })
      assert.deepStrictEqual([status, json.error.details], [400, { error_code: "budget_create_only" }])
    }).pipe(Effect.provide(layer())))
})

describe("archiving", () => {
  it.scoped("2.1.5, 2.12.2, 2.12.4, 2.12.5 makes a session read-only, and ends its streams", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      const before = yield* eventsOf(id)
      const { data: [primary] } = yield* ok("GET", `/v1/sessions/${id}/threads`)
      const stream = yield* open(`/v1/sessions/${id}/events/stream`)
      const ofThread = yield* open(`/v1/sessions/${id}/threads/${primary.id}/stream`)
      yield* TestClock.adjust("1 minute")
      const archived = yield* ok("POST", `/v1/sessions/${id}/archive`)
      assert.deepInclude(archived, { status: "terminated", archived_at: "1970-01-01T00:01:00Z" })
      yield* settle
      assert.deepStrictEqual(types(stream.seen), ["session.status_terminated"])
      assert.deepStrictEqual([stream.state.ended, ofThread.state.ended], [true, true])
      // nothing about it is stored, and the primary thread is as it was
      assert.deepStrictEqual(yield* eventsOf(id), before)
      const thread = yield* ok("GET", `/v1/sessions/${id}/threads/${primary.id}`)
      assert.deepInclude(thread, { status: "idle", archived_at: null, updated_at: primary.updated_at })
      // it does not age any more
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).stats.duration_seconds, 60)
    }).pipe(Effect.provide(layer())))

  it.scoped("2.12.2, 2.12.3, 2.12.7, 2.13.5 refuses everything that would change it, and can be repeated", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const archived = yield* ok("POST", `/v1/sessions/${id}/archive`)
      assert.strictEqual(
        yield* refusal("POST", `/v1/sessions/${id}/events`, { events: [message("x")] }),
        `400 invalid_request_error: Cannot send events to archived session: ${id}`
      )
      assert.match(yield* refusal("POST", `/v1/sessions/${id}`, { title: "x" }), /^400 .*archived/)
      assert.match(
        yield* refusal("POST", `/v1/sessions/${id}/resources`, { type: "file", file_id: "file_1" }),
        /^400 .*archived/
      )
      assert.deepStrictEqual(yield* ok("POST", `/v1/sessions/${id}/archive`), archived)
      const stream = yield* open(`/v1/sessions/${id}/events/stream`)
      yield* settle
      assert.deepStrictEqual([stream.seen, stream.state.ended], [[], true])
      yield* ok("DELETE", `/v1/sessions/${id}`)
    }).pipe(Effect.provide(layer())))

  it.scoped("2.12.1 is refused while running, in the recorded words", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      assert.strictEqual(
        yield* refusal("POST", `/v1/sessions/${id}/archive`),
        `400 invalid_request_error: Session ${id} cannot be archived while its status is "running". ` +
          "Only pending or idle sessions may be archived."
      )
      yield* TestClock.adjust("1 second")
      yield* ok("POST", `/v1/sessions/${id}/archive`)
    }).pipe(Effect.provide(sleepy)))

  it.scoped("2.12.1 is possible while calls wait for an answer", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      yield* ok("POST", `/v1/sessions/${id}/archive`)
    }).pipe(Effect.provide(scripted({ otherwise: [{ custom_tool: { name: "a" } }] }))))
})

describe("deleting", () => {
  it.scoped("2.13.2, 2.13.3 tells the open streams and leaves nothing", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      const stream = yield* open(`/v1/sessions/${id}/events/stream`)
      assert.deepStrictEqual(yield* ok("DELETE", `/v1/sessions/${id}`), { id, type: "session_deleted" })
      yield* settle
      assert.deepStrictEqual(types(stream.seen), ["session.deleted"])
      assert.isTrue(stream.state.ended)
      for (const [method, path] of [["GET", ""], ["GET", "/events"], ["POST", "/archive"], ["DELETE", ""]] as const) {
        assert.match(yield* refusal(method, `/v1/sessions/${id}${path}`), /^404 not_found_error/)
      }
      assert.deepStrictEqual((yield* ok("GET", "/v1/sessions?include_archived=true")).data, [])
    }).pipe(Effect.provide(layer())))

  it.scoped("2.13.1 is refused while running, in the recorded words, and changes nothing", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      const before = yield* eventsOf(id)
      assert.strictEqual(
        yield* refusal("DELETE", `/v1/sessions/${id}`),
        "400 invalid_request_error: Cannot delete session while it is running. " +
          "Send an interrupt event or wait for the session to complete."
      )
      assert.deepStrictEqual(yield* eventsOf(id), before)
      yield* send(id, { type: "user.interrupt" })
      yield* ok("DELETE", `/v1/sessions/${id}`)
    }).pipe(Effect.provide(sleepy)))
})

describe("the race between the stream and the row", () => {
  it.scoped("6.16 can be had: a session that was streamed as idle still reads as running", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).status, "running")
      assert.match(yield* refusal("POST", `/v1/sessions/${id}/archive`), /^400 .*"running"/)
      assert.match(yield* refusal("DELETE", `/v1/sessions/${id}`), /^400/)
      yield* TestClock.adjust("50 millis")
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).status, "idle")
      yield* ok("POST", `/v1/sessions/${id}/archive`)
    }).pipe(Effect.provide(layer({ rules: { idleLag: Duration.millis(50) } }))))
})
