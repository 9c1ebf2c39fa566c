/**
 * Section 2.15 of FIDELITY.md: errors inside a session.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as AgentScript from "../../src/AgentScript.ts"
import { eventsOf, message, scripted, send, startSession, types } from "../utils/facts.ts"

describe("errors inside a session", () => {
  const errors = Effect.gen(function*() {
    const id = yield* startSession()
    yield* send(id, message("y"))
    return (yield* eventsOf(id)).filter((event) =>
      event.type === "session.error" || event.type === "session.status_idle"
    )
  })

  it.scoped("2.15.1, 2.15.12 an error has a type, a message, a retry status, and what it is about", () =>
    Effect.gen(function*() {
      const seen = yield* errors
      const retry_status = { type: "retrying" }
      assert.deepStrictEqual(seen.flatMap(({ error }) => error === undefined ? [] : [error]), [
        { type: "unknown_error", message: "What?", retry_status },
        { type: "mcp_connection_failed_error", message: "Off", mcp_server_name: "crm", retry_status },
        {
          type: "credential_host_unreachable_error",
          message: "Off",
          vault_id: "vlt_1",
          credential_id: "vcrd_1",
          retry_status
        },
        { type: "repository_checkout_error", message: "Off", repository_url: "https://github.com/a/b", retry_status }
      ])
    }).pipe(Effect.provide(scripted({
      turns: [[
        { type: "unknown_error", message: "What?" },
        { type: "mcp_connection_failed_error", message: "Off", mcp_server_name: "crm" },
        { type: "credential_host_unreachable_error", message: "Off", vault_id: "vlt_1", credential_id: "vcrd_1" },
        { type: "repository_checkout_error", message: "Off", repository_url: "https://github.com/a/b" }
      ].map((failure) => ({ fail: { ...failure, retry_status: "retrying" } }))]
    }))))

  it.scoped("2.15.9 a server that failed at the start is tried again on the next one", () =>
    Effect.gen(function*() {
      const seen = yield* errors
      assert.deepStrictEqual(types(seen), [
        "session.error",
        "session.status_idle",
        "session.error",
        "session.status_idle"
      ])
    }).pipe(Effect.provide(scripted({
      otherwise: [{ fail: { type: "mcp_authentication_failed_error", retry_status: "retrying" } }, { say: "anyway" }]
    }))))

  it.scoped("2.15.11 a compaction that fails ends the turn as a script says", () =>
    Effect.gen(function*() {
      const [, first] = yield* errors
      assert.deepStrictEqual(first.stop_reason, { type: "retries_exhausted" })
    }).pipe(Effect.provide(scripted({
      turns: [[AgentScript.compact, { fail: { type: "unknown_error", retry_status: "exhausted" } }]]
    }))))

  it.scoped("2.15.13 the message of a limit of tool calls says which it was", () =>
    Effect.gen(function*() {
      const [error] = yield* errors
      assert.deepInclude(error.error, { type: "tool_use_limit_reached_error", message: "Too many rounds" })
    }).pipe(Effect.provide(scripted({
      otherwise: [{
        fail: { type: "tool_use_limit_reached_error", message: "Too many rounds", retry_status: "exhausted" }
      }]
    }))))
})
