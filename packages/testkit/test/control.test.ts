import * as Descriptions from "@effect-managed-agents/core/Descriptions"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Fixtures from "../src/Fixtures.ts"
import * as handler from "../src/internal/http/handler.ts"
import type { Request, Response } from "../src/internal/http/message.ts"
import { provide } from "../src/internal/node/virtualTime.ts"
import { Simulator } from "../src/Simulator.ts"
import * as SimulatorModule from "../src/Simulator.ts"
import type { Json } from "./utils/wire.ts"
import { jsonOf, message, request } from "./utils/wire.ts"

const docs = SimulatorModule.layer({ fixtures: Fixtures.docs, seed: 7 })

/** One exchange with all that a simulator answers. */
const call = (method: string, url: string, body?: unknown, more?: Partial<Request>) =>
  Effect.gen(function*() {
    const handle = yield* handler.make
    const response: Response = yield* Effect.scoped(handle(request(method, url, body, more)))
    const json: Json = jsonOf(response)
    return { status: response.status, headers: response.headers, json }
  })

const ok = (method: string, url: string, body?: unknown) =>
  Effect.flatMap(
    call(method, url, body),
    ({ json, status }) =>
      status === 200 ? Effect.succeed(json) : Effect.dieMessage(`${method} ${url}: ${status} ${JSON.stringify(json)}`)
  )

const refusal = (method: string, url: string, body?: unknown) =>
  Effect.map(call(method, url, body), ({ json, status }) => {
    assert.strictEqual(json.type, "error")
    assert.isString(json.request_id)
    return `${status} ${json.error.type}: ${json.error.message}`
  })

/** Everything that a refused request must leave as it was. */
const everything = Effect.gen(function*() {
  const simulator = yield* Simulator
  const sessions = yield* simulator.sessions
  const events = yield* Effect.forEach(sessions, (session) => simulator.events(session.id))
  const faults = yield* simulator.faults
  return JSON.stringify({ sessions, events, faults, agent: yield* simulator.putAgent(Fixtures.agentId, {}) })
})

describe("control routes", () => {
  it.scoped("say how the simulator is", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2026, 2, 15, 10))
      const { headers, json } = yield* call("GET", "/_sim/health", undefined, { headers: {} })
      assert.deepStrictEqual(json, { status: "ok", seed: 7, now: "2026-03-15T10:00:00Z", clock: "real" })
      assert.strictEqual(headers["content-type"], "application/json")
    }).pipe(Effect.provide(docs)))

  it.scoped("create agents, add versions and set scripts", () =>
    Effect.gen(function*() {
      const first = yield* ok("PUT", "/_sim/agents/agent_new", {
        agent: {
          name: "New",
          tools: [{ type: "agent_toolset_20260401" }],
          skills: [{ type: "anthropic", skill_id: "xlsx" }]
        },
        script: { turns: [[{ say: "Hello" }]] }
      })
      assert.strictEqual(first.id, "agent_new")
      assert.strictEqual(first.version, 1)
      assert.strictEqual(first.tools[0].default_config.enabled, true)
      const second = yield* ok("PUT", "/_sim/agents/agent_new", { agent: { system: "Be brief." } })
      assert.strictEqual(second.version, 2)
      assert.strictEqual(second.name, "New")
      assert.deepStrictEqual(yield* ok("PUT", "/_sim/agents/agent_new"), second)
      yield* ok("PUT", "/_sim/environments/env_new", { type: "self_hosted" })
      const session = yield* ok("POST", "/v1/sessions", { agent: "agent_new", environment_id: "env_new" })
      assert.deepStrictEqual(session.agent, second)
      yield* ok("POST", `/v1/sessions/${session.id}/events`, { events: [message("Hi")] })
      const { data } = yield* ok("GET", `/v1/sessions/${session.id}/events?types[]=agent.message`)
      assert.deepStrictEqual(data[0].content, [{ type: "text", text: "Hello" }])
      // an id that is not plain
      assert.strictEqual((yield* ok("PUT", "/_sim/agents/a%2Fb%20c")).id, "a/b c")
    }).pipe(Effect.provide(docs)))

  it.scoped("create environments", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* ok("PUT", "/_sim/environments/env_a"), { id: "env_a", type: "cloud" })
      assert.deepStrictEqual(yield* ok("PUT", "/_sim/environments/env_a", { type: "self_hosted" }), {
        id: "env_a",
        type: "self_hosted"
      })
    }).pipe(Effect.provide(docs)))

  it.scoped("refuse what is malformed, name the field and change nothing", () =>
    Effect.gen(function*() {
      const before = yield* everything
      const agent = `/_sim/agents/${Fixtures.agentId}`
      const emit = `/_sim/sessions/${Fixtures.sessionId}/emit`
      const event = { type: "x" }
      const cases: ReadonlyArray<readonly [string, string, unknown, string]> = [
        ["PUT", agent, "{", "Failed to parse request body: invalid JSON"],
        ["PUT", agent, [], "Failed to parse request body: expected an object"],
        ["PUT", agent, { agnet: {} }, "Failed to parse request body: unknown field \"agnet\""],
        ["PUT", agent, { agent: 1 }, "agent: expected an object"],
        ["PUT", agent, { agent: { name: 1 } }, "agent.name: expected a string"],
        ["PUT", agent, { agent: { name: "x".repeat(257) } }, "agent.name: at most 256 characters are allowed"],
        ["PUT", agent, { agent: { tools: [{ type: "toolset" }] } }, "agent.tools.0.type: expected one of"],
        ["PUT", agent, { agent: { tools: [{ type: "mcp_toolset", mcp_server_name: "no" }] } }, "\"no\""],
        ["PUT", agent, { agent: { skills: [{ type: "custom" }] } }, "agent.skills.0.skill_id: value is required"],
        ["PUT", agent, { agent: { name: "changed" }, script: { turns: [[{ say: 1 }]] } }, "script.turns[0][0].say"],
        ["PUT", agent, { agent: { name: "changed" }, script: [] }, "script"],
        ["PUT", agent, { agent: { name: "changed" }, script: { turns: [[{ dance: true }]] } }, "script.turns[0][0]"],
        ["PUT", `/_sim/environments/${Fixtures.environmentId}`, { type: "moon" }, "type: expected one of"],
        ["POST", emit, {}, "event: value is required"],
        ["POST", emit, { event: {} }, "event.type: value is required"],
        ["POST", emit, { event: { type: "" } }, "event.type: value is required"],
        ["POST", emit, { event, persist: "yes" }, "persist: expected a boolean"],
        ["POST", "/_sim/clock/advance", {}, "millis: value is required"],
        ["POST", "/_sim/clock/advance", { millis: -1 }, "millis: expected a number from 0"],
        ["POST", "/_sim/clock/advance", { millis: "1" }, "millis: expected a number"],
        ["POST", "/_sim/faults", {}, "faults: value is required"],
        ["POST", "/_sim/faults", { faults: {} }, "faults: Expected"],
        ["POST", "/_sim/faults", { faults: [], more: 1 }, "Failed to parse request body: unknown field \"more\""],
        [
          "POST",
          "/_sim/faults",
          { faults: [{ do: { drop: "after" } }, { do: { delay: -1 } }] },
          "faults[1].do.delay: "
        ],
        ["POST", "/_sim/faults", { faults: [{ do: {} }] }, "faults[0].do: expected an object with exactly one key"],
        ["DELETE", "/_sim/faults", { all: true }, "Failed to parse request body: unknown field \"all\""],
        ["POST", "/_sim/reset", { hard: true }, "Failed to parse request body: unknown field \"hard\""]
      ]
      for (const [method, url, body, expected] of cases) {
        const actual = yield* refusal(method, url, body)
        assert.isTrue(actual.startsWith("400 invalid_request_error: "), actual)
        assert.include(actual, expected)
      }
      assert.strictEqual(yield* everything, before)
    }).pipe(Effect.provide(docs)))

  it.scoped("emit any event, known or not", () =>
    Effect.gen(function*() {
      const handle = yield* handler.make
      const response = yield* handle(request("GET", `/v1/sessions/${Fixtures.sessionId}/events/stream`))
      assert.strictEqual(response.body._tag, "Events")
      const url = `/_sim/sessions/${Fixtures.sessionId}/emit`
      const said = yield* ok("POST", url, {
        event: { type: "agent.message", content: [{ type: "text", text: "Out of the blue" }] },
        persist: true
      })
      assert.match(said.id, /^sevt_/)
      assert.isString(said.processed_at)
      yield* ok("POST", url, { event: { type: "agent.something_new", id: "sevt_mine", n: 1 } })
      if (response.body._tag !== "Events") return
      const frames = yield* response.body.stream.pipe(Stream.decodeText(), Stream.take(2), Stream.mkString)
      assert.include(frames, `event: agent.message\ndata: ${JSON.stringify(said)}\n\n`)
      assert.include(frames, "event: agent.something_new\ndata: {")
      assert.include(frames, "\"id\":\"sevt_mine\"")
      const { data } = yield* ok("GET", `/v1/sessions/${Fixtures.sessionId}/events`)
      assert.deepStrictEqual(data, [said])
      assert.strictEqual(
        yield* refusal("POST", "/_sim/sessions/sesn_none/emit", { event: { type: "x" } }),
        "404 not_found_error: Session sesn_none not found."
      )
    }).pipe(Effect.provide(docs)))

  it.scoped("show the ledger, of which they are no part", () =>
    Effect.gen(function*() {
      yield* ok("GET", "/v1/sessions?limit=1&statuses[]=idle")
      yield* refusal("POST", "/v1/sessions", { agent: 1 })
      yield* ok("GET", "/_sim/health")
      const entries = yield* ok("GET", "/_sim/requests")
      assert.deepStrictEqual(
        entries.map((entry: Json) => [entry.method, entry.path, entry.query, entry.status]),
        [["GET", "/v1/sessions", { "limit": "1", "statuses[]": ["idle"] }, 200], ["POST", "/v1/sessions", {}, 400]]
      )
      assert.deepStrictEqual(entries[1].body, { agent: 1 })
      assert.match(entries[0].request_id, /^req_/)
      assert.strictEqual(entries[0].headers["x-api-key"], "<redacted>")
      const simulator = yield* Simulator
      assert.deepStrictEqual(JSON.parse(JSON.stringify(yield* simulator.ledger)), entries)
    }).pipe(Effect.provide(docs)))

  it.scoped("show no secret", () =>
    Effect.gen(function*() {
      const key = "sk-ant-known-key-1234"
      const token = "ghp_known-token-5678"
      const repository = {
        type: "github_repository",
        url: "https://github.com/example-org/example-repo",
        authorization_token: token
      }
      const shown: Array<unknown> = []
      const attempt = (method: string, url: string, body?: unknown) =>
        Effect.gen(function*() {
          for (const credential of [{ "x-api-key": key }, { authorization: `Bearer ${key}` }]) {
            const headers = { "anthropic-beta": "managed-agents-2026-04-01", ...credential }
            shown.push(yield* call(method, url, body, { headers }))
          }
        })
      const resource = `/v1/sessions/${Fixtures.sessionId}/resources/${Fixtures.repositoryResourceId}`
      yield* attempt("POST", "/v1/sessions", {
        agent: Fixtures.agentId,
        environment_id: Fixtures.environmentId,
        resources: [repository]
      })
      yield* attempt("POST", "/v1/sessions", { agent: 1, resources: [repository] })
      yield* attempt("POST", "/v1/sessions", { authorization_token: token })
      yield* attempt("POST", "/v1/sessions", `{"authorization_token":"${token}`)
      yield* attempt("POST", resource, { authorization_token: token })
      yield* attempt("POST", resource, { authorization_token: [token] })
      yield* attempt("GET", "/v1/sessions")
      yield* attempt("GET", resource)
      const simulator = yield* Simulator
      const sessions = yield* simulator.sessions
      shown.push(sessions, yield* Effect.forEach(sessions, (session) => simulator.events(session.id)))
      const ledger = yield* ok("GET", "/_sim/requests")
      assert.strictEqual(ledger.length, 16)
      const text = JSON.stringify([shown, ledger])
      assert.notInclude(text, key)
      assert.notInclude(text, token)
    }).pipe(Effect.provide(docs)))

  it.scoped("go back to the start", () =>
    Effect.gen(function*() {
      const handle = yield* handler.make
      const run = Effect.gen(function*() {
        yield* ok("PUT", "/_sim/agents/agent_new", { script: { turns: [[{ say: "Hello" }]] } })
        const session = yield* ok("POST", "/v1/sessions", {
          agent: Fixtures.agentId,
          environment_id: Fixtures.environmentId
        })
        yield* ok("POST", `/v1/sessions/${session.id}/events`, { events: [message("Hi")] })
        const entries = yield* ok("GET", "/_sim/requests")
        return JSON.stringify([session, yield* ok("GET", `/v1/sessions/${session.id}/events`), entries])
      })
      const first = yield* run
      const stream = yield* handle(request("GET", `/v1/sessions/${Fixtures.sessionId}/events/stream`))
      assert.strictEqual((yield* ok("POST", "/_sim/reset")).status, "ok")
      if (stream.body._tag === "Events") yield* Stream.runDrain(stream.body.stream)
      assert.deepStrictEqual(yield* ok("GET", "/_sim/requests"), [])
      const { data } = yield* ok("GET", "/v1/sessions")
      assert.deepStrictEqual(data.map((session: Json) => session.id), [Fixtures.sessionId])
      yield* ok("POST", "/_sim/reset", {})
      assert.strictEqual(yield* run, first)
    }).pipe(Effect.provide(docs)))

  it.scoped("add faults, say what is left of them and drop them", () =>
    Effect.gen(function*() {
      const first = {
        match: { path: "/v1/sessions", times: 2 },
        do: { status: 529, headers: { "retry-after-ms": "5" } }
      }
      const second = { match: { method: "POST" }, do: { drop: "before" } }
      assert.deepStrictEqual(yield* ok("POST", "/_sim/faults", { faults: [first] }), { faults: [first] })
      assert.deepStrictEqual(yield* ok("POST", "/_sim/faults", { faults: [second] }), { faults: [first, second] })
      const { headers, json, status } = yield* call("GET", "/v1/sessions")
      assert.strictEqual(status, 529)
      assert.strictEqual(headers["retry-after-ms"], "5")
      assert.strictEqual(json.error.type, "overloaded_error")
      const left = { ...first, match: { path: "/v1/sessions", skip: 0, times: 1 } }
      assert.deepStrictEqual(yield* ok("POST", "/_sim/faults", { faults: [] }), { faults: [left, second] })
      const [entry] = yield* ok("GET", "/_sim/requests")
      assert.deepStrictEqual(entry.fault, first)
      assert.deepStrictEqual(yield* ok("GET", "/_sim/faults"), { faults: [left, second] })
      assert.deepStrictEqual(yield* ok("DELETE", "/_sim/faults"), { faults: [] })
      assert.strictEqual((yield* call("GET", "/v1/sessions")).status, 200)
      yield* ok("POST", "/_sim/faults", { faults: [first] })
      yield* ok("POST", "/_sim/reset")
      assert.strictEqual((yield* call("GET", "/v1/sessions")).status, 200)
    }).pipe(Effect.provide(docs)))

  it.scoped("judge the history", () =>
    Effect.gen(function*() {
      yield* ok("PUT", "/_sim/agents/agent_asks", {
        agent: { tools: [{ type: "custom", name: "ask", description: "", input_schema: { type: "object" } }] },
        script: { turns: [[{ custom_tool: { name: "ask" } }]] }
      })
      const { id } = yield* ok("POST", "/v1/sessions", {
        agent: "agent_asks",
        environment_id: Fixtures.environmentId,
        initial_events: [message("Hi")]
      })
      const { laws, moments, truncated } = yield* ok("GET", "/_sim/history")
      assert.isFalse(truncated)
      assert.deepStrictEqual(laws.map(({ name }: Json) => name), [
        "answered once",
        "answers exist",
        "quiet after the end",
        "none running",
        "none open"
      ])
      const [offence] = laws[0].offences
      assert.match(offence.message, /was not answered$/)
      assert.strictEqual(offence.session_id, id)
      assert.deepStrictEqual(
        offence.moments.map((n: number) => moments[n].event.type),
        ["agent.custom_tool_use", "session.status_idle"]
      )
    }).pipe(Effect.provide(docs)))

  it.scoped("show scripts, in which an Effect is marked", () =>
    Effect.gen(function*() {
      const script = { turns: [[{ say: "Hello" }]] }
      yield* ok("PUT", "/_sim/agents/agent_new", { script })
      const simulator = yield* Simulator
      yield* simulator.putAgent("agent_effect", { script: { turns: [[{ effect: () => Effect.void }]] } })
      assert.deepStrictEqual(yield* ok("GET", "/_sim/scripts"), {
        scripts: { agent_new: script, agent_effect: { turns: [[{ effect: true }]] } }
      })
    }).pipe(Effect.provide(docs)))

  it.scoped("let a spectator read, who leaves no trace", () =>
    Effect.gen(function*() {
      const path = `/v1/sessions/${Fixtures.sessionId}`
      yield* ok("POST", "/_sim/faults", { faults: [{ do: { status: 529 } }] })
      const simulator = yield* Simulator
      const before = yield* simulator.history
      assert.strictEqual((yield* ok("GET", `/_sim/observe${path}`)).id, Fixtures.sessionId)
      assert.match(yield* refusal("POST", `/_sim/observe${path}/archive`), /^405 /)
      const handle = yield* handler.make
      const stream = yield* handle(request("GET", `/_sim/observe${path}/events/stream`))
      yield* simulator.closeStreams()
      if (stream.body._tag === "Events") yield* Stream.runDrain(stream.body.stream)
      assert.deepStrictEqual(yield* simulator.history, before)
      assert.strictEqual((yield* simulator.faults).length, 1)
      // the ids of what others create are those that they would have been
      const created = yield* Effect.provide(
        Effect.flatMap(Simulator, ({ handle }) =>
          Effect.scoped(handle(request("POST", "/v1/sessions", {
            agent: Fixtures.agentId,
            environment_id: Fixtures.environmentId
          })))),
        SimulatorModule.layer({ fixtures: Fixtures.docs, seed: 7 })
      )
      yield* ok("DELETE", "/_sim/faults")
      const own = yield* ok("POST", "/v1/sessions", { agent: Fixtures.agentId, environment_id: Fixtures.environmentId })
      assert.strictEqual(own.id, jsonOf(created).id)
    }).pipe(Effect.provide(docs)))

  it.scoped("have no virtual clock unless there is one", () =>
    Effect.gen(function*() {
      assert.match(yield* refusal("POST", "/_sim/clock/next"), /The clock is not virtual/)
      assert.strictEqual(
        yield* refusal("POST", "/_sim/clock/advance", { millis: 1 }),
        "400 invalid_request_error: The clock is not virtual: start the simulator with --clock virtual"
      )
    }).pipe(Effect.provide(docs)))

  it.live("move a virtual clock, and what came due has happened", () =>
    Effect.scoped(
      Effect.gen(function*() {
        yield* ok("PUT", "/_sim/agents/agent_slow", {
          script: { turns: [[{ sleep: 60_000 }, { say: "At last" }, { sleep: 1000 }]] }
        })
        const { id } = yield* ok("POST", "/v1/sessions", {
          agent: "agent_slow",
          environment_id: Fixtures.environmentId
        })
        yield* ok("POST", `/v1/sessions/${id}/events`, { events: [message("Hi")] })
        const said = () => Effect.map(ok("GET", `/v1/sessions/${id}/events?types[]=agent.message`), ({ data }) => data)
        assert.deepStrictEqual(yield* ok("POST", "/_sim/clock/advance", { millis: 59_999 }), {
          now: "2026-03-15T10:00:59.999000Z"
        })
        assert.deepStrictEqual(yield* said(), [])
        yield* ok("POST", "/_sim/clock/advance", { millis: 1 })
        assert.strictEqual((yield* said()).length, 1)
        assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).status, "running")
        yield* ok("POST", "/_sim/clock/advance", { millis: 1000 })
        assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).status, "idle")
        yield* ok("POST", `/v1/sessions/${id}/events`, { events: [message("Again")] })
        assert.strictEqual((yield* ok("GET", "/_sim/health")).clock, "virtual")
        // to what comes due, however far that is; then there is nothing, and time stands still
        const now = (yield* ok("POST", "/_sim/clock/next")).now
        assert.strictEqual((yield* ok("POST", "/_sim/clock/next")).now, now)
        assert.strictEqual((yield* ok("POST", "/_sim/reset")).now, "2026-03-15T10:00:00Z")
      }).pipe(Effect.provide(docs), provide(Date.UTC(2026, 2, 15, 10)))
    ))

  it.scoped("say what is not there", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* refusal("GET", "/_sim"), "404 not_found_error: Not found")
      assert.strictEqual(yield* refusal("GET", "/_sim/nothing"), "404 not_found_error: Not found")
      assert.strictEqual(yield* refusal("PUT", "/_sim/agents/%zz"), "404 not_found_error: Not found")
      const { headers, status } = yield* call("GET", "/_sim/agents/agent_1")
      assert.strictEqual(status, 405)
      assert.strictEqual(headers["allow"], "PUT")
    }).pipe(Effect.provide(docs)))
})

describe("the OpenAPI document", () => {
  const document = ok("GET", "/_sim/openapi.json")

  it.scoped("describes the endpoints and the control routes", () =>
    Effect.gen(function*() {
      const { openapi, paths } = yield* document
      assert.strictEqual(openapi, "3.1.0")
      const operations = Object.entries<Json>(paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method} ${path}`)
      )
      for (const path of ["/v1/agents/{agent_id}/versions", "/v1/models/{model_id}"]) assert.property(paths, path)
      const { parameters } = paths["/v1/models"].get
      assert.notInclude(parameters.map((parameter: Json) => parameter.name), "anthropic-beta")
      assert.include(operations, "get /v1/sessions/{session_id}/threads/{thread_id}/stream")
      assert.strictEqual(operations.filter((operation) => operation.includes(" /_sim/")).length, 14)
      // each of them is there
      for (const operation of operations) {
        const [method, path] = operation.split(" ") as [string, string]
        const url = path
          .replace("{session_id}", Fixtures.sessionId)
          .replace("{resource_id}", Fixtures.fileResourceId)
          .replace("{thread_id}", Fixtures.threadId)
          .replace(/\{\w+\}/, "x")
        const { json, status } = yield* call(method.toUpperCase(), url)
        if (method === "delete" && path.startsWith("/v1")) yield* ok("POST", "/_sim/reset")
        assert.isFalse(status === 405 || json?.error?.message === "Not found", operation)
      }
    }).pipe(Effect.provide(docs)))

  it.scoped("describes parameters, bodies, streams and errors", () =>
    Effect.gen(function*() {
      const { paths } = yield* document
      const list = paths["/v1/sessions"].get
      assert.deepInclude(list.parameters, {
        name: "statuses[]",
        in: "query",
        required: false,
        description: "Only sessions with one of these statuses.",
        schema: { type: "array", items: { type: "string", enum: ["rescheduling", "running", "idle", "terminated"] } }
      })
      assert.include(list.parameters.map((parameter: Json) => parameter.name), "created_at[gte]")
      const create = paths["/v1/sessions"].post
      assert.deepStrictEqual(create.requestBody.content["application/json"].schema, {
        $ref: "#/components/schemas/CreateSessionParams"
      })
      const stream = paths["/v1/sessions/{session_id}/events/stream"].get
      assert.deepStrictEqual(stream.responses["200"].content["text/event-stream"].schema, {
        $ref: "#/components/schemas/StreamEvent"
      })
      assert.deepStrictEqual(stream.responses.default.content["application/json"].schema, {
        $ref: "#/components/schemas/Error"
      })
      assert.deepStrictEqual(
        paths["/_sim/agents/{agent_id}"].put.requestBody.content["application/json"].schema.properties,
        {
          agent: { $ref: "#/components/schemas/SimulatedAgent" },
          script: { $ref: "#/components/schemas/Script" }
        }
      )
    }).pipe(Effect.provide(docs)))

  it.scoped("says of every schema of the API and of its properties what they are", () =>
    Effect.gen(function*() {
      const { components } = yield* document
      const schemas = Object.entries<Json>(components.schemas)
      assert.strictEqual(
        components.schemas.Session.properties.environment_id.description,
        "The environment of the sandbox."
      )
      let properties = 0
      for (const [name, schema] of schemas) {
        const { fields = {}, text } = Descriptions.descriptions[name] ?? {}
        if (text !== undefined) assert.strictEqual(schema.description, text, name)
        for (const [field, text] of Object.entries(fields)) {
          properties++
          assert.strictEqual(schema.properties[field].description, text, `${name}.${field}`)
        }
      }
      assert.isAbove(properties, 700)
      const { SessionPage } = components.schemas
      assert.strictEqual(SessionPage.description, "One page of a list, with the cursors of its neighbours.")
      assert.strictEqual(SessionPage.properties.data.description, "The items, in the order of the list.")
    }).pipe(Effect.provide(docs)))

  it.scoped("refers to nothing that it does not define", () =>
    Effect.gen(function*() {
      const json = yield* document
      const text = JSON.stringify(json)
      const names = new Set(Object.keys(json.components.schemas))
      const refs = Array.from(text.matchAll(/"\$ref":"([^"]*)"/g), ([, ref]) => ref!)
      assert.isAbove(refs.length, 100)
      for (const ref of refs) {
        assert.isTrue(ref.startsWith("#/components/schemas/") && names.has(ref.slice(21)), ref)
      }
      assert.notInclude(text, "\"$id\"")
      const ids = Object.values<Json>(json.paths).flatMap((methods) =>
        Object.values<Json>(methods).map((operation) => operation.operationId)
      )
      assert.strictEqual(new Set(ids).size, ids.length)
    }).pipe(Effect.provide(docs)))
})

describe("Fixtures", () => {
  it.scoped("have a child thread that can be archived", () =>
    Effect.gen(function*() {
      const url = `/v1/sessions/${Fixtures.sessionId}/threads`
      const { data } = yield* ok("GET", url)
      assert.deepStrictEqual(data.map((thread: Json) => [thread.id, thread.parent_thread_id, thread.agent.name]), [
        [Fixtures.primaryThreadId, null, "My First Agent"],
        [Fixtures.threadId, Fixtures.primaryThreadId, "Researcher"]
      ])
      assert.deepStrictEqual((yield* ok("GET", `${url}/${Fixtures.threadId}/events`)).data, [])
      const archived = yield* ok("POST", `${url}/${Fixtures.threadId}/archive`)
      assert.deepInclude(archived, { status: "terminated", archived_at: "1970-01-01T00:00:00Z" })
    }).pipe(Effect.provide(docs)))

  it.scoped("are as old as the clock allows", () =>
    Effect.gen(function*() {
      const url = `/v1/sessions/${Fixtures.sessionId}`
      const start = "1970-01-01T00:00:00Z"
      const session = yield* ok("GET", url)
      assert.deepInclude(session, { created_at: start, updated_at: start })
      assert.deepStrictEqual(session.resources.map((one: Json) => one.created_at), [start, start])
      assert.strictEqual(session.outcome_evaluations[0].completed_at, start)
      yield* TestClock.adjust("1 hour")
      const young = yield* ok("POST", "/v1/sessions", {
        agent: Fixtures.agentId,
        environment_id: Fixtures.environmentId
      })
      assert.deepStrictEqual((yield* ok("GET", "/v1/sessions")).data.map((one: Json) => one.id), [young.id, session.id])
      yield* ok("POST", `${url}/events`, { events: [message("Hi")] })
      const after = yield* ok("GET", url)
      assert.strictEqual(after.stats.duration_seconds, 3600)
      assert.isAtLeast(Date.parse(after.updated_at), Date.parse(after.created_at))
      const { data: [event] } = yield* ok("GET", `${url}/events`)
      assert.strictEqual(event.processed_at, "1970-01-01T01:00:00Z")
    }).pipe(Effect.provide(docs)))

  it.scoped("have the ids and the values of the reference's examples", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2026, 2, 16))
      yield* ok("POST", "/_sim/reset")
      const session = yield* ok("GET", `/v1/sessions/${Fixtures.sessionId}`)
      for (const [key, value] of Object.entries(Fixtures.session)) {
        // its age is counted, like that of any session
        if (key === "stats") continue
        if (key === "usage") assert.deepInclude(session.usage, value)
        // the instant, of which the simulator writes all digits
        else if (/^(created|updated)_at$/.test(key)) {
          assert.strictEqual(Date.parse(session[key]), Date.parse(String(value)))
        } else assert.deepStrictEqual(session[key], value, key)
      }
      const thread = yield* ok("GET", `/v1/sessions/${Fixtures.sessionId}/threads/${Fixtures.threadId}`)
      const { stats: _, usage, ...values } = Fixtures.thread
      assert.deepInclude(thread, values)
      assert.deepInclude(thread.usage, usage)
      assert.strictEqual(thread.stats.active_seconds, 0)
      const file = yield* ok("GET", `/v1/sessions/${Fixtures.sessionId}/resources/${Fixtures.fileResourceId}`)
      assert.strictEqual(file.file_id, Fixtures.fileId)
    }).pipe(Effect.provide(docs)))

  it.scoped("let the reference's example requests through", () =>
    Effect.gen(function*() {
      const session = yield* ok("POST", "/v1/sessions", {
        agent: Fixtures.agentId,
        environment_id: Fixtures.environmentId,
        metadata: { foo: "string" },
        resources: [
          { type: "file", file_id: Fixtures.fileId, mount_path: "/uploads/receipt.pdf" },
          { type: "memory_store", memory_store_id: Fixtures.memoryStoreId }
        ],
        title: "Order #1234 inquiry",
        vault_ids: [Fixtures.vaultId]
      })
      assert.strictEqual(session.resources.length, 2)
      yield* ok("POST", "/v1/sessions", {
        agent: { type: "agent", id: Fixtures.researcherId, version: 1 },
        environment_id: Fixtures.environmentId
      })
    }).pipe(Effect.provide(docs)))

  it.scoped("can be left out", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* ok("GET", "/v1/sessions")).data, [])
    }).pipe(Effect.provide(Layer.fresh(SimulatorModule.layer({ fixtures: Fixtures.none })))))
})
