/**
 * Section 5 of FIDELITY.md, as far as no other test shows it: what is refused in which words, and the limits.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as handler from "../../src/internal/http/handler.ts"
import type { Json } from "../utils/facts.ts"
import {
  call,
  createSession,
  eventsOf,
  headers,
  jsonOf,
  layer,
  limit,
  message,
  ok,
  refusal,
  request,
  scripted,
  send,
  session,
  settle,
  startSession
} from "../utils/facts.ts"

const invalid = (text: string) => `400 invalid_request_error: ${text}`

const sending = (id: string, ...events: ReadonlyArray<object>) =>
  refusal("POST", `/v1/sessions/${id}/events`, { events })

describe("in the recorded words", () => {
  const sleepy = scripted({ otherwise: [{ sleep: 1000 }] })

  it.effect("5.6 archiving a session that runs", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      assert.strictEqual(
        yield* refusal("POST", `/v1/sessions/${id}/archive`),
        invalid(
          `Session ${id} cannot be archived while its status is "running". Only pending or idle sessions may be archived.`
        )
      )
    }).pipe(Effect.provide(sleepy)))

  it.effect("5.7 deleting a session that runs", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      assert.strictEqual(
        yield* refusal("DELETE", `/v1/sessions/${id}`),
        invalid(
          "Cannot delete session while it is running. Send an interrupt event or wait for the session to complete."
        )
      )
    }).pipe(Effect.provide(sleepy)))

  it.effect("5.8 sending to a session that was archived, or has terminated", () =>
    Effect.gen(function*() {
      const archived = yield* createSession()
      yield* ok("POST", `/v1/sessions/${archived}/archive`)
      assert.strictEqual(
        yield* sending(archived, message("x")),
        invalid(`Cannot send events to archived session: ${archived}`)
      )
      const dead = yield* createSession()
      yield* send(dead, message("x"))
      assert.strictEqual(
        yield* sending(dead, message("x")),
        invalid(`Cannot send events to terminated session: ${dead}`)
      )
    }).pipe(Effect.provide(scripted({
      otherwise: [{ fail: { type: "unknown_error", retry_status: "terminal" } }]
    }))))

  it.effect("5.17 interrupting a thread that is not the session's", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const { data: [foreign] } = yield* ok("GET", `/v1/sessions/${yield* createSession()}/threads`)
      assert.strictEqual(
        yield* sending(id, { type: "user.interrupt", session_thread_id: foreign.id }),
        `404 not_found_error: Thread not found: ${foreign.id}`
      )
    }).pipe(Effect.provide(layer())))

  it.effect("5.18 archiving the primary thread", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const { data: [primary] } = yield* ok("GET", `/v1/sessions/${id}/threads`)
      assert.strictEqual(
        yield* refusal("POST", `/v1/sessions/${id}/threads/${primary.id}/archive`),
        invalid("The primary thread cannot be archived; archive the session instead.")
      )
    }).pipe(Effect.provide(layer())))

  it.effect("5.23 a message while calls wait; 5.25 a confirmation that was not asked for", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      const call = (yield* eventsOf(id)).find((event) => event.type === "agent.custom_tool_use")
      const only =
        "only `user.tool_confirmation`, `user.custom_tool_result`, `user.tool_result`, or `user.interrupt` " +
        "may be sent"
      assert.strictEqual(
        yield* sending(id, message("y")),
        invalid(`Invalid user.message event at events[0]: waiting on responses to events [${call.id}]; ${only}`)
      )
    }).pipe(Effect.provide(scripted({ otherwise: [{ custom_tool: { name: "c" } }] }))))

  it.effect("5.24 a message when the budget is spent names what may be sent", () =>
    Effect.gen(function*() {
      const id = yield* startSession({ budget: limit("0") })
      const refused = yield* sending(id, message("y"))
      assert.match(refused, /^400 invalid_request_error: /)
      for (const type of ["user.tool_confirmation", "user.custom_tool_result", "user.tool_result", "user.interrupt"]) {
        assert.include(refused, `\`${type}\``)
      }
    }).pipe(Effect.provide(layer())))

  it.effect("5.25 confirming a call that was not asked for", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      const call = (yield* eventsOf(id)).find((event) => event.type === "agent.tool_use")
      assert.match(
        yield* sending(id, { type: "user.tool_confirmation", tool_use_id: call.id, result: "allow" }),
        /^400 invalid_request_error: Invalid user\.tool_confirmation event at events\[0\]/
      )
    }).pipe(Effect.provide(scripted({ otherwise: [{ tool: { name: "bash", permission: "allow" } }] }))))
})

describe("codes", () => {
  const codeOf = (method: string, url: string, body: unknown) =>
    Effect.map(call(method, url, body), ({ json, status }) => [status, json.error?.details?.error_code])

  it.effect("5.27 of budgets", () =>
    Effect.gen(function*() {
      const without = yield* createSession()
      assert.deepStrictEqual(yield* codeOf("POST", `/v1/sessions/${without}`, { budget: limit("1") }), [
        400,
        "budget_create_only"
      ])
      const spent = yield* createSession({ budget: limit("5") })
      yield* send(spent, message("x"))
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(
        yield* refusal("POST", `/v1/sessions/${spent}`, { budget: limit("7") }),
        invalid("budget.max_list_cost must be greater than the session's consumed list cost")
      )
      assert.deepStrictEqual(yield* codeOf("POST", `/v1/sessions/${spent}`, { budget: limit("7") }), [
        400,
        "budget_not_raised"
      ])
      const unpriced = { type: "agent_with_overrides", id: "agent_1", model: "free" }
      assert.deepStrictEqual(
        yield* codeOf("POST", "/v1/sessions", { ...session, agent: unpriced, budget: limit("5") }),
        [400, "model_not_budgetable"]
      )
    }).pipe(Effect.provide(scripted({ otherwise: [{ sleep: 3_600_000 }] }, {
      rules: { modelsWithoutPrice: ["free"] }
    }))))

  it.effect("5.22 of overrides: an agent needs a model, its servers while a toolset refers to them", () =>
    Effect.gen(function*() {
      const override = (more: object) => ({
        ...session,
        agent: { type: "agent_with_overrides", id: "agent_mcp", ...more }
      })
      assert.deepStrictEqual(yield* codeOf("POST", "/v1/sessions", override({ model: null })), [
        400,
        "agent_model_required"
      ])
      assert.match(yield* refusal("POST", "/v1/sessions", override({ mcp_servers: [] })), /^400 .*"crm"/)
      assert.match(yield* refusal("POST", "/v1/sessions", override({ tools: [] })), /^400 .*skills/)
      assert.deepStrictEqual(yield* codeOf("POST", "/v1/sessions", override({ tools: [], skills: [] })), [
        200,
        undefined
      ])
      assert.strictEqual(
        yield* refusal("POST", "/v1/sessions", { ...session, agent: { type: "agent", id: "agent_1", model: null } }),
        invalid("Failed to parse request body: unknown field \"model\"")
      )
    }).pipe(Effect.provide(layer({
      agents: {
        agent_1: {},
        agent_mcp: {
          agent: {
            mcp_servers: [{ type: "url", name: "crm", url: "https://crm.example" }],
            tools: [{ type: "mcp_toolset", mcp_server_name: "crm" }],
            skills: [{ type: "anthropic", skill_id: "xlsx" }]
          }
        }
      }
    }))))
})

describe("what is inferred", () => {
  it.effect("5.16 a malformed session id may be invalid instead of not found", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* refusal("GET", "/v1/sessions/nope"), invalid("Invalid session ID: nope"))
      assert.strictEqual(
        yield* refusal("GET", "/v1/sessions/sesn_nope"),
        "404 not_found_error: Session sesn_nope not found."
      )
    }).pipe(Effect.provide(layer({ rules: { malformedSessionIds: "invalid" } }))))

  it.effect("5.21 a send of nothing may be accepted", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      assert.deepStrictEqual(yield* send(id), { data: [] })
      assert.match(
        yield* refusal("POST", `/v1/sessions/${id}/events`, { events: [], more: 1 }),
        /^400 .*unknown field/
      )
      assert.deepStrictEqual(yield* eventsOf(id), [])
    }).pipe(Effect.provide(layer({ rules: { acceptEmptySends: true } }))))

  it.effect("5.48 the same events sent again are other events, whatever key comes with them", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const again = { headers: { ...headers, "idempotency-key": "k", "x-stainless-retry-count": "1" } }
      for (let i = 0; i < 2; i++) {
        yield* call("POST", `/v1/sessions/${id}/events`, { events: [message("x")] }, again)
      }
      const messages = (yield* eventsOf(id)).filter((event) => event.type === "user.message")
      assert.strictEqual(new Set(messages.map((event) => event.id)).size, 2)
    }).pipe(Effect.provide(layer())))

  it.effect("5.44 any number of events can be sent at once", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const { data } = yield* send(id, ...Array<object>(2000).fill(message("x")))
      assert.strictEqual(data.length, 2000)
    }).pipe(Effect.provide(layer())))

  it.effect("5.44 or only some", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("a"), message("b"))
      assert.strictEqual(
        yield* sending(id, message("a"), message("b"), message("c")),
        invalid("events: must have at most 2 items")
      )
    }).pipe(Effect.provide(layer({ rules: { maxEventsPerSend: 2 } }))))
})

describe("limits", () => {
  /** Whether a session can be created with these fields. */
  const creates = (more: object) =>
    Effect.map(
      call("POST", "/v1/sessions", { ...session, ...more }),
      ({ json, status }) => status === 200 || (status === 400 ? "refused" : JSON.stringify(json))
    )

  /** What has the size of a limit is accepted, and one more is refused. */
  const holds = <E, R>(n: number, accepts: (n: number) => Effect.Effect<boolean | string, E, R>) =>
    Effect.gen(function*() {
      assert.isTrue(yield* accepts(n), `${n}`)
      assert.strictEqual(yield* accepts(n + 1), "refused", `${n + 1}`)
    })

  const overriding = (more: (n: number) => object) => (n: number) =>
    creates({ agent: { type: "agent_with_overrides", id: "agent_1", ...more(n) } })
  const times = <A>(n: number, make: (i: number) => A) => Array.from({ length: n }, (_, i) => make(i))
  const custom = (name: string) => ({ type: "custom", name, description: "", input_schema: { type: "object" } })
  const server = (name: string, url = "https://mcp.example") => ({ type: "url", name, url })
  const document = { type: "document", source: { type: "file", file_id: "file_1" } }
  const outcome = (more: object = {}) => ({
    type: "user.define_outcome",
    description: "d",
    rubric: { type: "text", content: "r" },
    ...more
  })

  it.effect("5.33 of metadata", () =>
    Effect.gen(function*() {
      yield* holds(16, (n) => creates({ metadata: Object.fromEntries(times(n, (i) => [`k${i}`, "v"])) }))
      yield* holds(64, (n) => creates({ metadata: { ["k".repeat(n)]: "v" } }))
      yield* holds(512, (n) => creates({ metadata: { k: "v".repeat(n) } }))
      const id = yield* createSession()
      const updates = (metadata: object) =>
        Effect.map(call("POST", `/v1/sessions/${id}`, { metadata }), ({ status }) => status === 200 || "refused")
      yield* holds(64, (n) => updates({ ["k".repeat(n)]: "v" }))
      yield* holds(512, (n) => updates({ k: "v".repeat(n) }))
    }).pipe(Effect.provide(layer())))

  it.effect("5.34 of initial events", () =>
    Effect.gen(function*() {
      yield* holds(50, (n) => creates({ initial_events: times(n, () => message("x")) }))
      yield* holds(1, (n) => creates({ initial_events: times(n, () => outcome()) }))
      yield* holds(
        100,
        (n) => creates({ initial_events: [{ type: "user.message", content: times(n, () => document) }] })
      )
      for (const type of ["user.interrupt", "system.message", "user.custom_tool_result"]) {
        assert.match(
          yield* refusal("POST", "/v1/sessions", { ...session, initial_events: [{ type }] }),
          /^400 .*initial_events\.0\.type: expected one of "user\.message", "user\.define_outcome"$/
        )
      }
    }).pipe(Effect.provide(layer())))

  it.effect("5.35, 5.37, 5.41 of an agent, where a session overrides it", () =>
    Effect.gen(function*() {
      yield* holds(100_000, overriding((n) => ({ system: "x".repeat(n) })))
      yield* holds(128, overriding((n) => ({ tools: times(n, (i) => custom(`tool_${i}`)) })))
      yield* holds(20, overriding((n) => ({ mcp_servers: times(n, (i) => server(`s${i}`)) })))
      yield* holds(255, overriding((n) => ({ mcp_servers: [server("s".repeat(n))] })))
      yield* holds(2048, overriding((n) => ({ mcp_servers: [server("s", `https://${"x".repeat(n - 8)}`)] })))
      yield* holds(20, overriding((n) => ({ skills: times(n, (i) => ({ type: "anthropic", skill_id: `s${i}` })) })))
      yield* holds(128, overriding((n) => ({ tools: [custom("t".repeat(n))] })))
      assert.strictEqual(yield* overriding(() => ({ mcp_servers: [server("")] }))(0), "refused")
      assert.strictEqual(yield* overriding(() => ({ mcp_servers: [server("a"), server("a")] }))(0), "refused")
      assert.strictEqual(yield* overriding(() => ({ tools: [custom("ant__x")] }))(0), "refused")
    }).pipe(Effect.provide(layer())))

  it.effect("5.39 of resources", () =>
    Effect.gen(function*() {
      const file = (i: number) => ({ type: "file", file_id: "file_1", mount_path: `/${i}` })
      yield* holds(500, (n) => creates({ resources: times(n, file) }))
      const store = { type: "memory_store", memory_store_id: "memstore_1" }
      yield* holds(8, (n) => creates({ resources: times(n, () => store) }))
      yield* holds(4096, (n) => creates({ resources: [{ ...store, instructions: "x".repeat(n) }] }))
      const id = yield* createSession({ resources: times(499, file) })
      const adds = (i: number) =>
        Effect.map(call("POST", `/v1/sessions/${id}/resources`, file(i)), ({ status }) => status === 200 || "refused")
      yield* holds(499, adds)
    }).pipe(Effect.provide(layer())))

  it.effect("5.43, 5.45, 5.46 of events", () =>
    Effect.gen(function*() {
      const sends = (...events: ReadonlyArray<object>) =>
        Effect.flatMap(createSession(), (id) =>
          Effect.map(call("POST", `/v1/sessions/${id}/events`, { events }), ({ status }) =>
            status === 200 || "refused"))
      assert.isTrue(yield* sends(message("x".repeat(1_350_000))))
      yield* holds(20, (n) =>
        sends(outcome({ max_iterations: n })))
      yield* holds(262_144, (n) => sends(outcome({ rubric: { type: "text", content: "x".repeat(n) } })))
      assert.strictEqual(yield* sends(outcome({ max_iterations: 0 })), "refused")
      assert.strictEqual(yield* sends(outcome({ description: "" })), "refused")
      const system = (n: number) => ({
        type: "system.message",
        content: times(n, () => ({ type: "text", text: "x" }))
      })
      yield* holds(1000, (n) => sends(message("x"), system(n)))
      assert.strictEqual(yield* sends(message("x"), system(0)), "refused")
    }).pipe(Effect.provide(layer())))

  it.effect("5.42 of the output of a tool: what is longer is cut, and says where the rest is", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      const results: ReadonlyArray<Json> = (yield* eventsOf(id)).filter((event) => event.type === "agent.tool_result")
      const [fits, cut] = results.map((event) => event.content[0].text)
      assert.strictEqual(fits, "y".repeat(100_000))
      assert.match(cut, /^z{100000}\n\[truncated, .* is in \/mnt\/session\//)
    }).pipe(Effect.provide(scripted({
      otherwise: [
        { tool: { name: "bash", result: "y".repeat(100_000) } },
        { tool: { name: "bash", result: "z".repeat(100_001) } }
      ]
    }))))

  it.effect("5.36, 5.40 of an agent, where the simulator is told about it", () =>
    Effect.gen(function*() {
      const handle = yield* handler.make
      const puts = (more: (n: number) => object) => (n: number) =>
        Effect.map(
          Effect.scoped(handle(request("PUT", "/_sim/agents/agent_2", { agent: more(n) }))),
          (response) =>
            response.status === 200 || (jsonOf(response).error.type === "invalid_request_error" && "refused")
        )
      yield* holds(256, puts((n) => ({ name: "x".repeat(n) })))
      assert.strictEqual(yield* puts(() => ({ name: "" }))(0), "refused")
      yield* holds(2048, puts((n) => ({ description: "x".repeat(n) })))
      yield* holds(20, puts((n) => ({ multiagent: { type: "coordinator", agents: times(n, () => "agent_1") } })))
      assert.strictEqual(yield* puts(() => ({ multiagent: { type: "coordinator", agents: [] } }))(0), "refused")
      yield* settle
    }).pipe(Effect.provide(layer())))
})
