/**
 * Section 2.9 of FIDELITY.md: system messages.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  call,
  createSession,
  eventsOf,
  idOf,
  interrupt,
  layer,
  message,
  ok,
  refusal,
  result,
  running,
  scripted,
  send,
  startSession,
  statusOf,
  types
} from "../utils/facts.ts"

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
      const id = yield* startSession()
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
