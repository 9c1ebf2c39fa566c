import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as handler from "../src/internal/http/handler.ts"
import * as Simulator from "../src/Simulator.ts"
import {
  call,
  createSession,
  eventsOf,
  headers,
  layer,
  message,
  ok,
  refusal,
  request,
  scripted,
  send
} from "./utils/wire.ts"

const { "anthropic-beta": _beta, ...withoutBeta } = headers
const { "x-api-key": _key, ...withoutKey } = headers

it.layer(layer())("credentials and headers", (it) => {
  it.effect("1.5 no credential is a 401, any other than an empty one is accepted", () =>
    Effect.gen(function*() {
      const url = "/v1/sessions"
      const wanted = "401 authentication_error: x-api-key header is required"
      assert.strictEqual(yield* refusal("GET", url, undefined, { headers: withoutKey }), wanted)
      assert.strictEqual(yield* refusal("GET", url, undefined, { headers: { ...headers, "x-api-key": " " } }), wanted)
      assert.strictEqual(
        yield* refusal("GET", url, undefined, { headers: { ...withoutKey, authorization: "Bearer " } }),
        wanted
      )
      const bearer = { ...withoutKey, authorization: "Bearer token" }
      assert.strictEqual((yield* call("GET", url, undefined, { headers: bearer })).status, 200)
    }))

  it.effect("1.6 both credentials at once are a 401 on a stream, and fine elsewhere", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const both = { ...headers, authorization: "Bearer token" }
      assert.match(yield* refusal("GET", `/v1/sessions/${id}/events/stream`, undefined, { headers: both }), /^401 auth/)
      assert.strictEqual((yield* call("GET", `/v1/sessions/${id}`, undefined, { headers: both })).status, 200)
    }))

  it.effect("1.1, 1.2 without the beta header nothing is there; it may be one of several", () =>
    Effect.gen(function*() {
      assert.match(yield* refusal("GET", "/v1/sessions", undefined, { headers: withoutBeta }), /^404 not_found_error/)
      const several = { ...headers, "anthropic-beta": "oauth-2025-04-20,managed-agents-2026-04-01" }
      assert.strictEqual((yield* call("GET", "/v1/sessions", undefined, { headers: several })).status, 200)
      const unknown = { ...headers, "anthropic-beta": "managed-agents-2026-04-01, nonsense" }
      assert.match(
        yield* refusal("GET", "/v1/sessions", undefined, { headers: unknown }),
        /^400 invalid_request_error: Unexpected value\(s\) `nonsense` for the `anthropic-beta` header/
      )
    }))

  it.effect("1.4 both header eras", () =>
    Effect.gen(function*() {
      const old = { ...headers, "anthropic-version": "2023-06-01" }
      assert.strictEqual((yield* call("GET", "/v1/sessions?beta=true", undefined, { headers: old })).status, 200)
      const today = { ...withoutKey, authorization: "Bearer key", "anthropic-version": "2026-10-21" }
      assert.strictEqual((yield* call("GET", "/v1/sessions", undefined, { headers: today })).status, 200)
    }))
})

it.layer(layer())("every answer", (it) => {
  it.effect("1.7, 5.1 carries its request id, which an error repeats in its body", () =>
    Effect.gen(function*() {
      const good = yield* call("GET", "/v1/sessions")
      assert.match(good.headers["request-id"] ?? "", /^req_011C[1-9A-Za-z]{20}$/)
      const bad = yield* call("GET", "/v1/sessions/sesn_nope")
      assert.strictEqual(bad.json.request_id, bad.headers["request-id"])
      assert.notStrictEqual(bad.json.request_id, good.headers["request-id"])
      assert.deepStrictEqual(Object.keys(bad.json), ["type", "error", "request_id"])
      assert.strictEqual(bad.headers["anthropic-organization-id"], good.headers["anthropic-organization-id"])
    }))

  it.effect("of the same request twice has two ids", () =>
    Effect.gen(function*() {
      const url = "/v1/sessions/sesn_nope"
      const ids = yield* Effect.all([call("GET", url), call("GET", url)])
      assert.notStrictEqual(ids[0].json.request_id, ids[1].json.request_id)
    }))
})

it.layer(layer())("paths", (it) => {
  it.effect("1.8, 5.14 that do not exist", () =>
    Effect.gen(function*() {
      for (
        const url of [
          "/",
          "/v1",
          "/v1/session",
          "/v1/sessions/",
          "/v1/sessions/a/events/",
          "/v1/sessions/a/nope",
          "/v2/sessions"
        ]
      ) {
        const { headers, json, status } = yield* call("GET", url)
        assert.deepStrictEqual([url, status, json.error.message], [url, 404, "Not found"])
        assert.strictEqual(headers["x-should-retry"], "false")
      }
    }))

  it.effect("of other parts of the API are not simulated, and say so", () =>
    Effect.gen(function*() {
      assert.match(yield* refusal("GET", "/v1/organizations/me"), /^501 not_implemented/)
      assert.match(yield* refusal("GET", "/v1/dreams"), /^501 not_implemented/)
      assert.match(yield* refusal("GET", "/v1/environments/env_1/nothing"), /^404 not_found_error/)
      assert.match(yield* refusal("POST", "/v1/messages", {}), /^501 not_implemented/)
    }))

  it.effect("with the wrong method", () =>
    Effect.gen(function*() {
      const { headers, status } = yield* call("PUT", "/v1/sessions/sesn_1")
      assert.strictEqual(status, 405)
      assert.strictEqual(headers["allow"], "GET, POST, DELETE")
    }))

  it.effect("hold ids in percent-encoding", () =>
    Effect.gen(function*() {
      assert.strictEqual(
        yield* refusal("GET", "/v1/sessions/a%2Fb%25"),
        "404 not_found_error: Session a/b% not found."
      )
      assert.strictEqual(yield* refusal("GET", "/v1/sessions/%E0%A4%A"), "404 not_found_error: Not found")
    }))

  it.effect("3.14, 5.2, 5.16 with ids that do not exist or are malformed", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      assert.strictEqual(yield* refusal("GET", "/v1/sessions/nope"), "404 not_found_error: Session nope not found.")
      assert.strictEqual(
        yield* refusal("GET", `/v1/sessions/${id}/threads/nope`),
        "400 invalid_request_error: Invalid thread ID: nope"
      )
      assert.strictEqual(
        yield* refusal("GET", `/v1/sessions/${id}/threads/sthr_nope`),
        "404 not_found_error: Thread not found: sthr_nope"
      )
      assert.match(yield* refusal("GET", `/v1/sessions/${id}/resources/sesrsc_nope`), /^404 not_found_error/)
      for (const path of ["events", "events/stream", "threads", "threads/sthr_1/stream", "resources"]) {
        assert.match(yield* refusal("GET", `/v1/sessions/sesn_nope/${path}`), /^404 not_found_error: Session/)
      }
    }))
})

it.layer(layer())("bodies", (it) => {
  const good = { agent: "agent_1", environment_id: "env_1" }
  const create = (more: unknown) =>
    refusal("POST", "/v1/sessions", typeof more === "object" && more !== null ? { ...good, ...more } : more)

  it.effect("that are no JSON object", () =>
    Effect.gen(function*() {
      const wrong = "400 invalid_request_error: Failed to parse request body: "
      assert.strictEqual(yield* refusal("POST", "/v1/sessions", ""), `${wrong}unexpected end of input`)
      assert.strictEqual(yield* refusal("POST", "/v1/sessions", "{"), `${wrong}invalid JSON`)
      assert.strictEqual(yield* refusal("POST", "/v1/sessions", "[]"), `${wrong}expected an object`)
      assert.strictEqual(yield* refusal("POST", "/v1/sessions", "null"), `${wrong}expected an object`)
    }))

  it.effect("5.53 that are compressed, of another type, or no UTF-8", () =>
    Effect.gen(function*() {
      const as = (more: object) =>
        Effect.map(
          refusal("POST", "/v1/sessions", good, { headers: { ...headers, ...more } }),
          (answer) => answer.slice(0, 54)
        )
      assert.include(yield* as({ "content-encoding": "gzip" }), "415 invalid_request_error: Unsupported content enc")
      assert.include(yield* as({ "content-type": "text/plain" }), "415 invalid_request_error: Unsupported content type")
      assert.include(yield* as({ "content-type": "application/json; charset=utf-16" }), "415 ")
      for (
        const type of ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\""]
      ) {
        const { status } = yield* call("POST", "/v1/sessions", good, { headers: { ...headers, "content-type": type } })
        assert.strictEqual(status, 200, type)
      }
      assert.strictEqual(
        yield* refusal("POST", "/v1/sessions", good, { isUtf8: false }),
        "400 invalid_request_error: Failed to parse request body: it is not valid UTF-8"
      )
      // the routes of the simulator take the type that curl sends by default
      const curl = { headers: { "content-type": "application/x-www-form-urlencoded" } }
      assert.strictEqual((yield* call("GET", "/v1/sessions", undefined, { headers })).status, 200)
      const simulator = yield* handler.make
      const ask = (more: object) =>
        Effect.map(simulator(request("POST", "/_sim/faults", { faults: [] }, more)), ({ status }) => status)
      assert.strictEqual(yield* Effect.scoped(ask(curl)), 200)
      assert.strictEqual(yield* Effect.scoped(ask({ headers: { "content-encoding": "br" } })), 415)
      assert.strictEqual(yield* Effect.scoped(ask({ isUtf8: false })), 400)
    }))

  it.effect("5.13 with fields that do not exist, at any depth", () =>
    Effect.gen(function*() {
      const wrong = "400 invalid_request_error: Failed to parse request body: unknown field "
      assert.strictEqual(yield* create({ extra: 1 }), `${wrong}"extra"`)
      assert.strictEqual(yield* create({ agent: { type: "agent", id: "agent_1", nope: 1 } }), `${wrong}"nope"`)
      const id = yield* createSession()
      assert.strictEqual(
        yield* refusal("POST", `/v1/sessions/${id}/events`, {
          events: [{ type: "user.message", content: [{ type: "text", text: "x", cache: 1 }] }]
        }),
        `${wrong}"cache"`
      )
      assert.strictEqual(yield* refusal("POST", `/v1/sessions/${id}/archive`, { force: true }), `${wrong}"force"`)
    }))

  it.effect("with fields that are missing or of another type name the field", () =>
    Effect.gen(function*() {
      assert.strictEqual(
        yield* refusal("POST", "/v1/sessions", { agent: "agent_1" }),
        "400 invalid_request_error: environment_id: value is required"
      )
      assert.strictEqual(yield* create({ title: 5 }), "400 invalid_request_error: title: expected a string")
      assert.strictEqual(
        yield* create({ metadata: { a: 1 } }),
        "400 invalid_request_error: metadata.a: expected a string"
      )
      assert.strictEqual(
        yield* create({ resources: [{ type: "github_repository" }] }),
        "400 invalid_request_error: resources.0.github_repository.url: value is required"
      )
      assert.match(
        yield* create({ resources: [{ type: "tape" }] }),
        /^400 .*resources\.0\.type: expected one of "file"/
      )
    }))

  it.effect("5.12 an empty text, in the recorded words", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      assert.strictEqual(
        yield* refusal("POST", `/v1/sessions/${id}/events`, { events: [message("")] }),
        "400 invalid_request_error: events.0.user_message.content.0.text: value is required"
      )
    }))

  it.effect("beyond the published limits", () =>
    Effect.gen(function*() {
      const pairs = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, "v"]))
      assert.match(yield* create({ metadata: pairs(17) }), /^400 .*metadata: .*16/)
      assert.match(yield* create({ metadata: { ["k".repeat(65)]: "v" } }), /^400 .*metadata.*64/)
      assert.match(yield* create({ metadata: { k: "v".repeat(513) } }), /^400 .*metadata.*512/)
      assert.match(yield* create({ initial_events: Array(51).fill(message("x")) }), /^400 .*initial_events.*50/)
      assert.match(
        yield* create({
          resources: Array.from({ length: 9 }, () => ({ type: "memory_store", memory_store_id: "memstore_1" }))
        }),
        /^400 .*resources.*8 memory stores/
      )
      yield* ok("POST", "/v1/sessions", { ...good, metadata: pairs(16) })
    }))

  it.effect("5.30 of more than 32 MB", () =>
    Effect.gen(function*() {
      const text = "x".repeat(32 * 1024 * 1024)
      const id = yield* createSession()
      assert.strictEqual(
        yield* refusal("POST", `/v1/sessions/${id}/events`, JSON.stringify({ events: [message(text)] })),
        "413 request_too_large: Request exceeds the maximum size"
      )
      assert.strictEqual(
        yield* refusal(
          "POST",
          `/v1/sessions/${id}/events`,
          JSON.stringify({ events: [message("€".repeat(11_184_811))] })
        ),
        "413 request_too_large: Request exceeds the maximum size"
      )
    }))
})

describe("sending", () => {
  it.scoped("5.20, 5.21 is all or nothing", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const url = `/v1/sessions/${id}/events`
      assert.match(yield* refusal("POST", url, { events: [] }), /^400 .*events: /)
      assert.match(
        yield* refusal("POST", url, { events: [message("good"), { type: "user.massage" }] }),
        /^400 .*events\.1\.type/
      )
      assert.match(
        yield* refusal("POST", url, {
          events: [message("good"), { type: "user.tool_confirmation", tool_use_id: "sevt_x", result: "allow" }]
        }),
        /^400 .*events\[1\]/
      )
      assert.deepStrictEqual(yield* eventsOf(id), [])
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).status, "idle")
    }).pipe(Effect.provide(layer())))

  it.scoped("5.9 a tool result needs credentials of the environment", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      assert.strictEqual(
        yield* refusal("POST", `/v1/sessions/${id}/events`, {
          events: [{ type: "user.tool_result", tool_use_id: "sevt_1" }]
        }),
        "403 permission_error: events[0]: `user.tool_result` may only be sent with environment credentials"
      )
    }).pipe(Effect.provide(layer())))

  it.scoped("5.11 a deny message without a denial, and redacted content, are refused", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const url = `/v1/sessions/${id}/events`
      assert.match(
        yield* refusal("POST", url, {
          events: [{ type: "user.tool_confirmation", tool_use_id: "sevt_1", result: "allow", deny_message: "no" }]
        }),
        /^400 .*deny_message/
      )
      assert.match(
        yield* refusal("POST", url, { events: [{ type: "user.message", content: [{ type: "redacted" }] }] }),
        /^400 .*events\.0\.user_message\.content\.0\.type/
      )
    }).pipe(Effect.provide(layer())))

  it.scoped("a system message only as the companion of a message or a result", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const url = `/v1/sessions/${id}/events`
      const system = { type: "system.message", content: [{ type: "text", text: "Be brief" }] }
      assert.match(yield* refusal("POST", url, { events: [system] }), /^400 .*directly follow/)
      assert.match(yield* refusal("POST", url, { events: [message("a"), system, message("b")] }), /^400 .*last/)
      yield* send(id, message("a"), system)
      assert.deepStrictEqual((yield* eventsOf(id)).map((event) => event.type).slice(2, 5), [
        "user.message",
        "system.message",
        "span.model_request_start"
      ])
    }).pipe(Effect.provide(layer())))

  it.scoped("a system message that the model does not take", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const system = { type: "system.message", content: [{ type: "text", text: "Be brief" }] }
      const { json, status } = yield* call("POST", `/v1/sessions/${id}/events`, { events: [message("a"), system] })
      assert.strictEqual(status, 400)
      assert.strictEqual(json.error.message, "`system.message` events are not supported on model claude-sonnet-4-6")
      assert.deepStrictEqual(json.error.details, { error_code: "model_does_not_support_mid_conversation_system" })
    }).pipe(Effect.provide(layer({ rules: { modelsWithoutSystemMessages: ["claude-sonnet-4-6"] } }))))

  it.scoped("a system message on its own, where that is allowed", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, { type: "system.message", content: [{ type: "text", text: "Be brief" }] })
      assert.include((yield* eventsOf(id)).map((event) => event.type), "system.message")
    }).pipe(Effect.provide(layer({ rules: { loneSystemMessages: true } }))))
})

describe("creating", () => {
  it.scoped("5.15 refers to agents, versions and environments that exist", () =>
    Effect.gen(function*() {
      const create = (agent: unknown, environment_id = "env_1") =>
        refusal("POST", "/v1/sessions", { agent, environment_id })
      assert.strictEqual(yield* create("agent_nope"), "404 not_found_error: Agent agent_nope not found.")
      assert.strictEqual(
        yield* create({ type: "agent", id: "agent_1", version: 7 }),
        "404 not_found_error: agent.version: 7 not found"
      )
      assert.match(yield* create({ type: "agent", id: "agent_1", version: 0 }), /^400 .*agent\.version/)
      assert.strictEqual(yield* create("agent_1", "env_nope"), "404 not_found_error: Environment env_nope not found.")
    }).pipe(Effect.provide(layer())))

  it.scoped("takes the latest version, a version, or one with overrides", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      yield* simulator.putAgent("agent_1", { agent: { name: "Second", system: "Be kind" } })
      const agentOf = (agent: unknown) =>
        Effect.map(ok("POST", "/v1/sessions", { agent, environment_id: "env_1" }), (session) => session.agent)
      assert.deepInclude(yield* agentOf("agent_1"), { name: "Second", version: 2, system: "Be kind" })
      assert.deepInclude(yield* agentOf({ type: "agent", id: "agent_1" }), { version: 2 })
      assert.deepInclude(yield* agentOf({ type: "agent", id: "agent_1", version: 1 }), { name: "Agent", system: null })
      const overridden = yield* agentOf({
        type: "agent_with_overrides",
        id: "agent_1",
        system: null,
        model: { id: "claude-opus-5", effort: "high" },
        tools: []
      })
      assert.deepInclude(overridden, {
        version: 2,
        system: null,
        tools: [],
        model: { id: "claude-opus-5", speed: "standard", effort: { type: "high" } }
      })
    }).pipe(Effect.provide(layer())))

  it.scoped("5.22, 5.41 overrides must leave the agent whole", () =>
    Effect.gen(function*() {
      const create = (overrides: object) =>
        refusal("POST", "/v1/sessions", {
          agent: { type: "agent_with_overrides", id: "agent_1", ...overrides },
          environment_id: "env_1"
        })
      const mcp = { type: "mcp_toolset", mcp_server_name: "crm" }
      assert.match(yield* create({ tools: [mcp] }), /^400 .*"crm"/)
      assert.match(yield* create({ tools: [], skills: [{ type: "anthropic", skill_id: "xlsx" }] }), /^400 .*skills/)
      const custom = (name: string) => ({ type: "custom", name, description: "", input_schema: { type: "object" } })
      assert.match(yield* create({ tools: [custom("mcp__x")] }), /^400 .*uses reserved MCP tool prefix/)
      const twice = { type: "agent_toolset_20260401", configs: [{ name: "bash" }, { name: "bash" }] }
      assert.match(yield* create({ tools: [twice] }), /^400 .*tools/)
      const never = { type: "agent_toolset_20260401", default_config: { permission_policy: { type: "never_allow" } } }
      assert.match(yield* create({ tools: [never] }), /^400 .*permission_policy/)
      const unknown = { type: "agent_toolset_20260401", configs: [{ name: "telepathy" }] }
      assert.match(yield* create({ tools: [unknown] }), /^400 .*configs\.0\.name/)
    }).pipe(Effect.provide(layer())))

  it.scoped("2.14.9 the agent of a session is a snapshot", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const id = yield* createSession()
      yield* simulator.putAgent("agent_1", { agent: { name: "Second" } })
      assert.deepInclude((yield* ok("GET", `/v1/sessions/${id}`)).agent, { name: "Agent", version: 1 })
    }).pipe(Effect.provide(layer())))

  it.scoped("a refused creation leaves nothing behind", () =>
    Effect.gen(function*() {
      yield* refusal("POST", "/v1/sessions", { agent: "agent_1", environment_id: "env_nope" })
      yield* refusal("POST", "/v1/sessions", {
        agent: "agent_1",
        environment_id: "env_1",
        resources: [{ type: "file", file_id: "file_1", mount_path: "/../x" }]
      })
      assert.deepStrictEqual(yield* ok("GET", "/v1/sessions?include_archived=true"), { data: [] })
    }).pipe(Effect.provide(layer())))
})

it.scoped("the answer to a request that was read already is not changed by what comes later", () =>
  Effect.gen(function*() {
    const simulator = yield* Simulator.Simulator
    const id = yield* createSession()
    const page = yield* Effect.scoped(simulator.handle(request("GET", `/v1/sessions/${id}/events`)))
    yield* send(id, message("x"))
    assert.deepStrictEqual(page.body, { _tag: "Json", value: { data: [] } })
  }).pipe(Effect.provide(scripted({}))))
