import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { idle, running, stopReasons } from "./utils/shapes.ts"
import { call, createSession, eventsOf, headers, message, scripted, send, types } from "./utils/wire.ts"

const worker = { ...headers, "x-api-key": "sk-ant-oat01-worker" }

const sendAsWorker = (id: string, ...events: ReadonlyArray<object>) =>
  call("POST", `/v1/sessions/${id}/events`, { events }, { headers: worker })

const result = (id: string) => ({
  type: "user.tool_result",
  tool_use_id: id,
  content: [{ type: "text", text: "done" }]
})

const start = Effect.gen(function*() {
  const id = yield* createSession({ environment_id: "env_self" })
  yield* send(id, message("Go"))
  const before = yield* eventsOf(id)
  const calls: ReadonlyArray<string> = before.filter((event) => event.type === "agent.tool_use").map((event) =>
    event.id
  )
  return { id, calls, before, after: Effect.map(eventsOf(id), (events) => events.slice(before.length)) }
})

describe("built-in tools of a self-hosted environment", () => {
  it.scoped("2.4.5, 2.7.3, 2.7.4, 9.15 are run by the worker, which posts the result; the web is the platform's", () =>
    Effect.gen(function*() {
      const { after, before, calls: [bash, web], id } = yield* start
      assert.deepStrictEqual(types(before).slice(3), [
        "span.model_request_start",
        "agent.tool_use",
        "agent.tool_use",
        "span.model_request_end",
        "agent.tool_result",
        ...idle
      ])
      assert.strictEqual(before[7].tool_use_id, web)
      assert.deepStrictEqual(stopReasons(before), [{ type: "requires_action", event_ids: [bash] }])
      assert.strictEqual((yield* call("POST", `/v1/sessions/${id}/events`, { events: [result(bash!)] })).status, 403)
      const { json } = yield* sendAsWorker(id, result(bash!))
      const events = yield* after
      assert.deepStrictEqual(types(events), [
        "user.tool_result",
        ...running,
        "span.model_request_start",
        "agent.message",
        "span.model_request_end",
        ...idle
      ])
      // processed on receipt
      assert.deepStrictEqual(json.data, [events[0]])
      assert.strictEqual(events[4].content[0].text, "done")
      assert.strictEqual((yield* sendAsWorker(id, result("sevt_nope"))).status, 400)
      assert.strictEqual((yield* sendAsWorker(id, result(bash!))).status, 200)
      assert.deepStrictEqual(yield* after, events)
    }).pipe(Effect.provide(scripted({
      turns: [[{ together: [{ tool: { name: "bash" } }, { tool: { name: "web_search" } }] }, { say: "{{result}}" }]]
    }))))

  const ask = scripted({ turns: [[{ tool: { name: "bash", permission: "ask" } }]] })

  it.scoped("2.6.12 that must be confirmed: to allow only releases the call", () =>
    Effect.gen(function*() {
      const { after, calls: [bash], id } = yield* start
      yield* send(id, { type: "user.tool_confirmation", tool_use_id: bash, result: "allow" })
      const released = yield* after
      assert.deepStrictEqual(types(released), ["user.tool_confirmation", ...idle])
      assert.deepStrictEqual(stopReasons(released), [{ type: "requires_action", event_ids: [bash] }])
      yield* sendAsWorker(id, result(bash!))
      assert.deepStrictEqual(types((yield* after).slice(4, 7)), ["user.tool_result", ...running])
    }).pipe(Effect.provide(ask)))

  it.scoped("that must be confirmed: a result that came first waits for the confirmation", () =>
    Effect.gen(function*() {
      const { after, calls: [bash], id } = yield* start
      yield* sendAsWorker(id, result(bash!))
      assert.deepStrictEqual(types(yield* after), ["user.tool_result"])
      yield* send(id, { type: "user.tool_confirmation", tool_use_id: bash, result: "allow" })
      assert.deepStrictEqual(types((yield* after).slice(0, 4)), [
        "user.tool_confirmation",
        "user.tool_result",
        ...running
      ])
    }).pipe(Effect.provide(ask)))

  it.scoped("are the only ones that a worker may answer", () =>
    Effect.gen(function*() {
      const { before, id } = yield* start
      const custom = before.find((event) => event.type === "agent.custom_tool_use")
      const { json, status } = yield* sendAsWorker(id, result(custom.id))
      assert.strictEqual(status, 400)
      assert.match(json.error.message, /is not run by a worker/)
    }).pipe(Effect.provide(scripted({ turns: [[{ custom_tool: { name: "c" } }]] }))))

  it.scoped("that are denied never run", () =>
    Effect.gen(function*() {
      const { after, calls: [bash], id } = yield* start
      yield* send(id, { type: "user.tool_confirmation", tool_use_id: bash, result: "deny" })
      assert.deepStrictEqual(types((yield* after).slice(0, 4)), [
        "user.tool_confirmation",
        ...running,
        "agent.tool_result"
      ])
    }).pipe(Effect.provide(ask)))
})
