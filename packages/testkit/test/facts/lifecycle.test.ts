/**
 * Sections 2.12 to 2.14 of FIDELITY.md: archiving, deleting and updating.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import type * as AgentScript from "../../src/AgentScript.ts"
import type { Json } from "../utils/facts.ts"
import {
  call,
  createSession,
  custom,
  eventsOf,
  idOf,
  layer,
  limit,
  message,
  ok,
  open,
  refusal,
  result,
  scripted,
  send,
  settle,
  startSession,
  stopReasons,
  types
} from "../utils/facts.ts"

describe("the end of a session", () => {
  const failing: AgentScript.Script = { turns: [[{ fail: { type: "unknown_error", retry_status: "terminal" } }]] }
  const archive = (id: string) => Effect.map(call("POST", `/v1/sessions/${id}/archive`), ({ status }) => status)

  it.scoped("2.12.5 by rule, archiving is in the list too", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const stream = yield* open(`/v1/sessions/${id}/events/stream`)
      yield* ok("POST", `/v1/sessions/${id}/archive`)
      yield* settle
      assert.deepStrictEqual(types(stream.seen), ["session.status_terminated"])
      assert.deepStrictEqual(yield* eventsOf(id), stream.seen)
    }).pipe(Effect.provide(layer({ rules: { storeArchival: true } }))))

  it.scoped("2.12.7 by rule, it cannot be repeated", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      assert.deepStrictEqual([yield* archive(id), yield* archive(id)], [200, 400])
    }).pipe(Effect.provide(layer({ rules: { rearchive: false } }))))

  it.scoped("2.12.8 a session that has failed can be archived, or by rule not", () =>
    Effect.gen(function*() {
      for (const [archiveTerminated, expected] of [[true, 200], [false, 400]] as const) {
        yield* Effect.gen(function*() {
          const id = yield* startSession()
          assert.strictEqual(yield* archive(id), expected)
        }).pipe(Effect.provide(scripted(failing, { rules: { archiveTerminated } })))
      }
    }))

  it.scoped("2.13.4 what is only ever streamed cannot be asked for", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      assert.match(
        yield* refusal("GET", `/v1/sessions/${id}/events?types[]=session.deleted`),
        /^400 .*types\[0\]/
      )
    }).pipe(Effect.provide(layer())))

  it.scoped("2.13.5 by rule, an archived session cannot be deleted", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* ok("POST", `/v1/sessions/${id}/archive`)
      assert.match(yield* refusal("DELETE", `/v1/sessions/${id}`), /^400 .*archived/)
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).status, "terminated")
    }).pipe(Effect.provide(layer({ rules: { deleteArchived: false } }))))
})

describe("updating", () => {
  const fields = (event: Json): Json =>
    Object.fromEntries(Object.entries(event).filter(([name]) => name !== "id" && name !== "processed_at"))

  it.scoped("2.14.6, 2.14.7 a budget can change in any status but terminated, and is null in the event when removed", () =>
    Effect.gen(function*() {
      const id = yield* createSession({ budget: limit("1000") })
      const url = `/v1/sessions/${id}`
      yield* ok("POST", url, { budget: limit("1001") })
      yield* send(id, message("x"))
      yield* ok("POST", url, { budget: limit("1002") })
      yield* TestClock.adjust("1 second")
      assert.strictEqual(stopReasons(yield* eventsOf(id)).at(-1).type, "requires_action")
      yield* ok("POST", url, { budget: limit("1003") })
      yield* ok("POST", url, { budget: null })
      const updates = (yield* eventsOf(id)).filter((event) => event.type === "session.updated").map(fields)
      assert.deepStrictEqual(
        updates,
        [limit("1001"), limit("1002"), limit("1003"), null].map((budget) => ({ type: "session.updated", budget }))
      )
      const other = yield* createSession({ budget: limit("1000") })
      yield* ok("POST", `/v1/sessions/${other}/archive`)
      assert.match(yield* refusal("POST", `/v1/sessions/${other}`, { budget: null }), /^400 /)
    }).pipe(Effect.provide(scripted({ otherwise: [{ sleep: 1000 }, custom] }))))

  it.scoped("2.14.8 new tools of the agent count from the next turn", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      yield* ok("POST", `/v1/sessions/${id}`, {
        agent: {
          tools: [{ type: "agent_toolset_20260401", default_config: { permission_policy: { type: "always_ask" } } }]
        }
      })
      yield* send(id, result(idOf(yield* eventsOf(id), "agent.custom_tool_use")))
      yield* send(id, message("y"))
      yield* send(id, result(idOf(yield* eventsOf(id), "agent.custom_tool_use", 1)))
      const uses = (yield* eventsOf(id)).filter((event) => event.type === "agent.tool_use")
      assert.deepStrictEqual(uses.map((event) => event.evaluated_permission), ["allow", "ask"])
      const { data: [primary] } = yield* ok("GET", `/v1/sessions/${id}/threads`)
      assert.deepStrictEqual(primary.agent.tools, (yield* ok("GET", `/v1/sessions/${id}`)).agent.tools)
    }).pipe(Effect.provide(scripted({ otherwise: [custom, { tool: { name: "bash" } }] }))))
})
