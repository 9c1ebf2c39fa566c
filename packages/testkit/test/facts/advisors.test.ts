/**
 * Section 2.11 of FIDELITY.md: advisors.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as AgentScript from "../../src/AgentScript.ts"
import {
  eventsOf,
  idle,
  layer,
  modelRequest,
  ok,
  scripted,
  startSession,
  stopReasons,
  threadsOf,
  types
} from "../utils/facts.ts"

describe("advisors", () => {
  const advised = (consultation: AgentScript.Consultation, more: AgentScript.Turn = [{ say: "{{result}}" }]) =>
    layer({
      agents: {
        agent_h: { agent: { name: "Helper" } },
        agent_1: {
          agent: {
            name: "Lead",
            multiagent: { type: "coordinator", agents: ["agent_h", { type: "advisor", model: "claude-opus-5" }] }
          },
          script: { turns: [[AgentScript.consult(consultation), ...more]] }
        }
      }
    })
  const consulted = Effect.gen(function*() {
    const id = yield* startSession()
    const [, advisor] = yield* threadsOf(id)
    return { advisor, events: yield* eventsOf(id), id }
  })
  const around = (...advice: ReadonlyArray<string>) => [
    ...modelRequest(),
    "session.thread_created",
    "session.thread_status_running",
    ...advice,
    "session.thread_status_idle",
    "session.thread_status_terminated",
    ...modelRequest("agent.message"),
    ...idle
  ]

  it.scoped("2.11.20 an advisor has a thread for as long as it takes", () =>
    Effect.gen(function*() {
      const { advisor, events, id } = yield* consulted
      assert.deepStrictEqual(types(events).slice(3), around("agent.thread_message_received"))
      assert.deepInclude(events[5], { session_thread_id: advisor.id, agent_name: "anthropic.advisor" })
      assert.deepInclude(events[7], {
        from_session_thread_id: advisor.id,
        from_agent_name: "anthropic.advisor",
        content: [{ type: "text", text: "Be brief" }]
      })
      assert.deepStrictEqual(events[8].stop_reason, { type: "end_turn" })
      assert.strictEqual(events[11].content[0].text, "Be brief")
      assert.deepInclude(advisor, { status: "terminated", agent: { type: "advisor", model: "claude-opus-5" } })
      const own = yield* ok("GET", `/v1/sessions/${id}/threads/${advisor.id}/events`)
      assert.deepStrictEqual(types(own.data), [
        "session.thread_status_running",
        "session.thread_status_idle",
        "session.thread_status_terminated"
      ])
    }).pipe(Effect.provide(advised({ advice: "Be brief" }))))

  it.scoped("2.11.21 its advice may be redacted", () =>
    Effect.gen(function*() {
      const { events } = yield* consulted
      assert.deepStrictEqual(events[7].content, [{ type: "redacted" }])
    }).pipe(Effect.provide(advised({ advice: "Be brief", redacted: true }))))

  it.scoped("2.11.21 one that fails does not fail the turn", () =>
    Effect.gen(function*() {
      const { events } = yield* consulted
      assert.deepStrictEqual(types(events).slice(3), around())
      assert.deepStrictEqual(stopReasons(events), [{ type: "end_turn" }])
    }).pipe(Effect.provide(advised({ advice: null }, [{ say: "anyway" }]))))

  it.scoped("2.11.14 its thread does not count among the children", () =>
    Effect.gen(function*() {
      const { id } = yield* consulted
      assert.strictEqual((yield* threadsOf(id)).length, 27)
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).status, "idle")
    }).pipe(Effect.provide(
      advised(
        { advice: "Be many" },
        Array.from({ length: 25 }, () => AgentScript.delegate({ agent: "Helper", message: "m" }))
      )
    )))

  it.scoped("an agent without one fails readably", () =>
    Effect.gen(function*() {
      const { events } = yield* consulted
      const error = events.find((event) => event.type === "session.error")
      assert.match(error.error.message, /agent_1 failed .*: the thread has no advisor$/)
    }).pipe(Effect.provide(scripted({ turns: [[AgentScript.consult({ advice: "x" })]] }))))
})
