/**
 * Section 10.1 of FIDELITY.md: saved agents and their versions, and the sessions that are created with them.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import type { Json } from "../utils/wire.ts"
import { call, createSession, layer, ok, refusal } from "../utils/wire.ts"

const create = (more: object = {}) => ok("POST", "/v1/agents", { name: "Orders", model: "claude-opus-5-5", ...more })

const custom = { type: "custom", name: "find", description: "Finds", input_schema: { type: "object" } } as const
const toolset = { type: "mcp_toolset", mcp_server_name: "crm" } as const
const server = { type: "url", name: "crm", url: "https://crm.example/sse" } as const

describe("agents", () => {
  it.effect("10.1.1 begin at version 1, with all that was not said filled in", () =>
    Effect.gen(function*() {
      const agent = yield* create({ description: "", metadata: { team: "a" } })
      assert.match(agent.id, /^agent_\w+$/)
      assert.deepStrictEqual(agent, {
        type: "agent",
        id: agent.id,
        version: 1,
        name: "Orders",
        description: null,
        model: { id: "claude-opus-5-5", speed: "standard", effort: { type: "high" } },
        system: null,
        tools: [],
        mcp_servers: [],
        skills: [],
        multiagent: null,
        execution_identity: { type: "service_account" },
        metadata: { team: "a" },
        created_at: "1970-01-01T00:00:00Z",
        updated_at: "1970-01-01T00:00:00Z",
        archived_at: null
      })
      assert.deepStrictEqual(yield* ok("GET", `/v1/agents/${agent.id}`), agent)
    }).pipe(Effect.provide(layer())))

  it.effect("10.1.2 get another version with each update, and keep what it leaves out", () =>
    Effect.gen(function*() {
      const { id } = yield* create({ system: "Be kind.", tools: [custom], metadata: { a: "1", b: "2" } })
      yield* TestClock.adjust("1 hour")
      const next = yield* ok("POST", `/v1/agents/${id}`, { description: "New", metadata: { a: null, c: "3" } })
      assert.deepStrictEqual(
        [next.version, next.description, next.system, next.tools, next.metadata],
        [2, "New", "Be kind.", [custom], { b: "2", c: "3" }]
      )
      assert.deepStrictEqual(
        [next.created_at, next.updated_at],
        ["1970-01-01T00:00:00Z", "1970-01-01T01:00:00Z"]
      )
      const cleared = yield* ok("POST", `/v1/agents/${id}`, { description: null, system: "", tools: null })
      assert.deepStrictEqual(
        [cleared.version, cleared.description, cleared.system, cleared.tools],
        [3, null, null, []]
      )
    }).pipe(Effect.provide(layer())))

  it.effect("5.3, 5.28, 10.1.3 refuse an update that was meant for another version, with a 409", () =>
    Effect.gen(function*() {
      const { id } = yield* create()
      yield* ok("POST", `/v1/agents/${id}`, { version: 1, name: "B" })
      const stale = yield* call("POST", `/v1/agents/${id}`, { version: 1, name: "C" })
      assert.deepStrictEqual([stale.status, stale.headers["x-should-retry"]], [409, "false"])
      assert.deepStrictEqual(stale.json.error, {
        type: "invalid_request_error",
        message: "Concurrent modification detected. Please fetch the latest version and retry."
      })
      const { name, version } = yield* ok("GET", `/v1/agents/${id}`)
      assert.deepStrictEqual([name, version], ["B", 2])
      // without a version it is for any
      assert.strictEqual((yield* ok("POST", `/v1/agents/${id}`, { name: "D" })).version, 3)
    }).pipe(Effect.provide(layer())))

  it.effect("10.1.4 keep their version when an update changes nothing", () =>
    Effect.gen(function*() {
      const agent = yield* create({
        tools: [custom],
        model: { id: "claude-opus-5-5", effort: "low" },
        metadata: { a: "1" }
      })
      yield* TestClock.adjust("1 hour")
      const same = { name: "Orders", model: "claude-opus-5-5", metadata: { a: "1", gone: null } }
      const reordered = { input_schema: { type: "object" }, description: "Finds", name: "find", type: "custom" }
      assert.deepStrictEqual(yield* ok("POST", `/v1/agents/${agent.id}`, same), agent)
      assert.deepStrictEqual(yield* ok("POST", `/v1/agents/${agent.id}`, { tools: [reordered] }), agent)
      assert.deepStrictEqual(yield* ok("POST", `/v1/agents/${agent.id}`, {}), agent)
      const { data } = yield* ok("GET", `/v1/agents/${agent.id}/versions`)
      assert.strictEqual(data.length, 1)
    }).pipe(Effect.provide(layer())))

  it.effect("10.1.5 keep the effort of their model when another is not given, and lose the rest of it", () =>
    Effect.gen(function*() {
      const { id } = yield* create({ model: { id: "claude-opus-5-5", effort: "low", inference_geo: "us" } })
      const { model } = yield* ok("POST", `/v1/agents/${id}`, { model: { id: "claude-opus-5" } })
      assert.deepStrictEqual(model, { id: "claude-opus-5", speed: "standard", effort: { type: "low" } })
    }).pipe(Effect.provide(layer())))

  it.effect("10.1.6 are read at any version, and list them, the latest first", () =>
    Effect.gen(function*() {
      const { id } = yield* create()
      for (const name of ["B", "C"]) yield* ok("POST", `/v1/agents/${id}`, { name })
      assert.strictEqual((yield* ok("GET", `/v1/agents/${id}?version=2`)).name, "B")
      assert.strictEqual(
        yield* refusal("GET", `/v1/agents/${id}?version=4`),
        "404 not_found_error: agent.version: 4 not found"
      )
      const first = yield* ok("GET", `/v1/agents/${id}/versions?limit=2`)
      assert.deepStrictEqual(first.data.map((one: Json) => one.version), [3, 2])
      const second = yield* ok("GET", `/v1/agents/${id}/versions?limit=2&page=${first.next_page}`)
      assert.deepStrictEqual(second.data.map((one: Json) => one.version), [1])
      assert.notProperty(second, "next_page")
    }).pipe(Effect.provide(layer())))

  it.effect("5.28, 10.1.7 are archived for good: no update and no session any more, and not in lists unless asked for", () =>
    Effect.gen(function*() {
      const agent = yield* create()
      const session = yield* createSession({ agent: agent.id })
      yield* TestClock.adjust("1 minute")
      const archived = yield* ok("POST", `/v1/agents/${agent.id}/archive`)
      assert.deepStrictEqual(archived, { ...agent, archived_at: "1970-01-01T00:01:00Z" })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* ok("POST", `/v1/agents/${agent.id}/archive`), archived)
      assert.strictEqual(
        yield* refusal("POST", `/v1/agents/${agent.id}`, { name: "B" }),
        "400 invalid_request_error: Cannot modify archived agent"
      )
      for (const agentParams of [agent.id, { type: "agent", id: agent.id, version: 1 }]) {
        assert.match(
          yield* refusal("POST", "/v1/sessions", { agent: agentParams, environment_id: "env_1" }),
          /^400 invalid_request_error: Agent agent_\w+ is archived/
        )
      }
      // those that are there go on
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${session}`)).agent.id, agent.id)
      const ids = (page: Json) => page.data.map((one: Json) => one.id)
      assert.notInclude(ids(yield* ok("GET", "/v1/agents")), agent.id)
      assert.include(ids(yield* ok("GET", "/v1/agents?include_archived=true")), agent.id)
    }).pipe(Effect.provide(layer())))

  it.effect("10.1.8 are listed in pages, the newest first, also those that a test has defined", () =>
    Effect.gen(function*() {
      const made: Array<string> = []
      for (const name of ["A", "B", "C"]) {
        yield* TestClock.adjust("1 hour")
        made.unshift((yield* create({ name })).id)
      }
      const first = yield* ok("GET", "/v1/agents?limit=3")
      assert.deepStrictEqual(first.data.map((one: Json) => one.id), made)
      const second = yield* ok("GET", `/v1/agents?limit=3&page=${first.next_page}`)
      assert.deepStrictEqual(second.data.map((one: Json) => one.id), ["agent_1"])
      const some = yield* ok(
        "GET",
        "/v1/agents?created_at[gte]=1970-01-01T02:00:00Z&created_at[lte]=1970-01-01T02:30:00Z"
      )
      assert.deepStrictEqual(some.data.map((one: Json) => one.name), ["B"])
      assert.match(yield* refusal("GET", "/v1/agents?limit=101"), /^400 .*limit: must be at most 100/)
      assert.match(yield* refusal("GET", "/v1/agents?order=asc"), /^400 .*Invalid query parameter `order`/)
    }).pipe(Effect.provide(layer())))

  it.effect("5.28, 10.1.9 have ids of a form; what has it and is not there is not found", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* refusal("GET", "/v1/agents/nope"), "400 invalid_request_error: Invalid agent ID.")
      assert.strictEqual(
        yield* refusal("POST", "/v1/agents/agent_nope", { name: "B" }),
        "404 not_found_error: Agent agent_nope not found."
      )
    }).pipe(Effect.provide(layer())))

  it.effect("10.1.10 have limits", () =>
    Effect.gen(function*() {
      const { id } = yield* create({ tools: [toolset], mcp_servers: [server] })
      const refusals: ReadonlyArray<readonly [object, RegExp]> = [
        [{ name: "" }, /^400 .*name: value is required/],
        [{ name: "x".repeat(257) }, /^400 .*name: at most 256 characters/],
        [{ description: "x".repeat(2049) }, /^400 .*description: at most 2048 characters/],
        [{ system: "x".repeat(100_001) }, /^400 .*system: at most 100000 characters/],
        [
          { skills: Array.from({ length: 21 }, () => ({ type: "anthropic", skill_id: "xlsx" })) },
          /^400 .*skills: at most 20/
        ],
        // only the service knows what the agent has beside what is changed
        [{ tools: [] }, /^400 .*mcp_servers.0.name: must be used/],
        [{ mcp_servers: [] }, /^400 invalid_request_error: tools: no MCP server is named "crm"/],
        [{ nope: 1 }, /^400 .*unknown field "nope"/]
      ]
      for (const [change, pattern] of refusals) {
        assert.match(yield* refusal("POST", `/v1/agents/${id}`, change), pattern)
      }
      assert.strictEqual((yield* ok("GET", `/v1/agents/${id}`)).version, 1)
    }).pipe(Effect.provide(layer())))
})

describe("agents that delegate", () => {
  it.effect("10.1.11 pin the versions of their roster, and are there as a whole in sessions", () =>
    Effect.gen(function*() {
      const helper = yield* create({ name: "Helper" })
      const lead = yield* create({
        multiagent: {
          type: "coordinator",
          agents: [helper.id, { type: "self" }, { type: "advisor", model: "claude-opus-5" }]
        }
      })
      yield* ok("POST", `/v1/agents/${helper.id}`, { name: "Better helper" })
      assert.deepStrictEqual(lead.multiagent, {
        type: "coordinator",
        agents: [
          { type: "agent", id: helper.id, version: 1 },
          { type: "agent", id: lead.id, version: 1 },
          { type: "advisor", model: "claude-opus-5" }
        ]
      })
      const next = yield* ok("POST", `/v1/agents/${lead.id}`, { description: "Leads" })
      assert.deepStrictEqual(next.multiagent.agents.map((one: Json) => one.version), [1, 2, undefined])
      assert.deepStrictEqual(yield* ok("POST", `/v1/agents/${lead.id}`, { description: "Leads" }), next)
      const session = yield* ok("POST", "/v1/sessions", { agent: lead.id, environment_id: "env_1" })
      assert.deepStrictEqual(session.agent.multiagent.agents.map((one: Json) => one.name ?? one.type), [
        "Helper",
        "Orders",
        "advisor"
      ])
    }).pipe(Effect.provide(layer())))

  it.effect("10.1.12 have rosters of agents that exist, are not archived, and work alone", () =>
    Effect.gen(function*() {
      const helper = yield* create({ name: "Helper" })
      const gone = yield* create({ name: "Gone" })
      yield* ok("POST", `/v1/agents/${gone.id}/archive`)
      const coordinator = (...agents: ReadonlyArray<unknown>) => ({ multiagent: { type: "coordinator", agents } })
      const lead = yield* create(coordinator(helper.id))
      const base = { name: "X", model: "claude-opus-5-5" }
      const refused = (more: object) => refusal("POST", "/v1/agents", { ...base, ...more })
      assert.match(yield* refused(coordinator("agent_nope")), /^404 .*agent_nope not found/)
      assert.match(yield* refused(coordinator(gone.id)), /^400 .*is archived/)
      assert.match(yield* refused(coordinator(lead.id)), /^400 .*multiagent.agents.0: agent agent_\w+ delegates itself/)
      assert.match(
        yield* refusal("POST", `/v1/agents/${lead.id}`, coordinator({ type: "self" }, lead.id)),
        /^400 .*multiagent.agents.1: agent agent_\w+ is there twice/
      )
    }).pipe(Effect.provide(layer())))

  it.effect("10.1.13 merge the three switches of an update into those that they have", () =>
    Effect.gen(function*() {
      const helper = yield* create({ name: "Helper" })
      const reference = { type: "agent", id: helper.id, version: 1 }
      const open = { type: "enabled", inline_agents: { type: "enabled" }, predefined_agents: [] }
      const { id, multiagent } = yield* create({
        multiagent: { type: "multiagent_20261001", subagents: { type: "enabled", predefined_agents: [helper.id] } }
      })
      assert.deepStrictEqual(multiagent, {
        type: "multiagent_20261001",
        advisor: { type: "disabled" },
        subagents: { ...open, predefined_agents: [reference] },
        workflows: open
      })
      const change = (more: object) =>
        Effect.map(
          ok("POST", `/v1/agents/${id}`, { multiagent: { type: "multiagent_20261001", ...more } }),
          (agent) => agent.multiagent
        )
      assert.deepStrictEqual(
        yield* change({
          workflows: { type: "disabled" },
          subagents: { type: "enabled", inline_agents: { type: "disabled" } }
        }),
        {
          type: "multiagent_20261001",
          advisor: { type: "disabled" },
          subagents: { type: "enabled", inline_agents: { type: "disabled" }, predefined_agents: [reference] },
          workflows: { type: "disabled" }
        }
      )
      const { subagents, workflows } = yield* change({ workflows: null, advisor: { type: "enabled", model: "m" } })
      assert.deepStrictEqual([subagents.predefined_agents, workflows], [[reference], open])
      assert.match(
        yield* refusal("POST", `/v1/agents/${id}`, {
          multiagent: { type: "multiagent_20261001", subagents: { type: "enabled", predefined_agents: [] } }
        }),
        /^400 .*multiagent.subagents.predefined_agents: must name at least one agent/
      )
      assert.deepStrictEqual((yield* change({ subagents: null })).subagents, open)
      const replaced = yield* ok("POST", `/v1/agents/${id}`, { multiagent: null })
      assert.isNull(replaced.multiagent)
    }).pipe(Effect.provide(layer())))
})

describe("sessions of saved agents", () => {
  it.effect("10.1.14 pin the latest version, or the one that is asked for, with the overrides on top", () =>
    Effect.gen(function*() {
      const { id } = yield* create({ system: "One.", tools: [custom] })
      yield* ok("POST", `/v1/agents/${id}`, { system: "Two." })
      const agentOf = (agent: unknown) =>
        Effect.map(ok("POST", "/v1/sessions", { agent, environment_id: "env_1" }), (session): Json => session.agent)
      const latest = yield* agentOf(id)
      assert.deepStrictEqual(
        [latest.version, latest.system, latest.tools, latest.model],
        [2, "Two.", [custom], { id: "claude-opus-5-5", speed: "standard", effort: { type: "high" } }]
      )
      assert.strictEqual((yield* agentOf({ type: "agent", id, version: 1 })).system, "One.")
      const changed = yield* agentOf({
        type: "agent_with_overrides",
        id,
        version: 1,
        tools: [],
        model: "claude-opus-5"
      })
      assert.deepStrictEqual([changed.version, changed.system, changed.tools, changed.model.id], [
        1,
        "One.",
        [],
        "claude-opus-5"
      ])
    }).pipe(Effect.provide(layer())))

  it.effect("10.1.15 keep their agent when it gets another version", () =>
    Effect.gen(function*() {
      const { id } = yield* create()
      const session = yield* createSession({ agent: id })
      yield* ok("POST", `/v1/agents/${id}`, { name: "B" })
      const { agent } = yield* ok("GET", `/v1/sessions/${session}`)
      assert.deepStrictEqual([agent.name, agent.version], ["Orders", 1])
    }).pipe(Effect.provide(layer())))
})
