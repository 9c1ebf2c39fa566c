/**
 * Section 10.3 of FIDELITY.md: environments, and the sessions in them.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import type { Json } from "../utils/wire.ts"
import { call, createSession, layer, ok, refusal } from "../utils/wire.ts"

const create = (more: object = {}) => ok("POST", "/v1/environments", { name: "Sandbox", ...more })

const packages = { type: "packages", apt: [], cargo: [], gem: [], go: [], npm: [], pip: [] }
const open = { type: "cloud", networking: { type: "unrestricted" }, packages }
const limited = (more: object = {}) => ({
  type: "limited",
  allowed_hosts: [],
  allow_mcp_servers: false,
  allow_package_managers: false,
  ...more
})

describe("environments", () => {
  it.effect("10.3.1 are in the cloud and without limits unless something else is said", () =>
    Effect.gen(function*() {
      const environment = yield* create()
      assert.match(environment.id, /^env_\w+$/)
      assert.deepStrictEqual(environment, {
        type: "environment",
        id: environment.id,
        name: "Sandbox",
        description: null,
        config: open,
        metadata: {},
        scope: "organization",
        created_at: "1970-01-01T00:00:00Z",
        updated_at: "1970-01-01T00:00:00Z",
        archived_at: null
      })
      assert.deepStrictEqual(yield* ok("GET", `/v1/environments/${environment.id}`), environment)
      assert.deepStrictEqual((yield* create({ config: { type: "self_hosted" } })).config, { type: "self_hosted" })
      const { config } = yield* create({
        config: { type: "cloud", networking: limited({ allow_package_managers: true }), packages: { pip: ["pandas"] } }
      })
      assert.deepStrictEqual(config, {
        ...open,
        networking: limited({ allow_package_managers: true }),
        packages: { ...packages, pip: ["pandas"] }
      })
    }).pipe(Effect.provide(layer())))

  it.effect("10.3.2 keep what an update leaves out, also within their configuration", () =>
    Effect.gen(function*() {
      const { id } = yield* create({
        description: "Old",
        metadata: { a: "1", b: "2", c: "3" },
        config: {
          type: "cloud",
          networking: { type: "limited", allowed_hosts: ["a.example"], allow_mcp_servers: true }
        }
      })
      yield* TestClock.adjust("1 hour")
      const change = (params: object) => ok("POST", `/v1/environments/${id}`, params)
      const next = yield* change({ name: null, metadata: { a: null, b: "", d: "4" } })
      assert.deepStrictEqual(
        [next.name, next.description, next.metadata, next.updated_at],
        ["Sandbox", "Old", { c: "3", d: "4" }, "1970-01-01T01:00:00Z"]
      )
      const network = (networking: unknown) =>
        Effect.map(change({ config: { type: "cloud", networking } }), ({ config }): Json => config.networking)
      assert.deepStrictEqual(
        yield* network({ type: "limited", allowed_hosts: ["b.example"] }),
        limited({ allowed_hosts: ["b.example"], allow_mcp_servers: true })
      )
      assert.deepStrictEqual(
        yield* network({ type: "limited", allow_mcp_servers: null }),
        limited({ allowed_hosts: ["b.example"] })
      )
      assert.deepStrictEqual(yield* network(null), { type: "unrestricted" })
      const withPackages = (given: unknown) =>
        Effect.map(change({ config: { type: "cloud", packages: given } }), ({ config }): Json => config.packages)
      assert.deepStrictEqual(yield* withPackages({ npm: ["left-pad"], pip: ["pandas"] }), {
        ...packages,
        npm: ["left-pad"],
        pip: ["pandas"]
      })
      assert.deepStrictEqual(yield* withPackages({ npm: null }), { ...packages, pip: ["pandas"] })
      assert.deepStrictEqual(yield* withPackages(null), packages)
      assert.strictEqual((yield* change({ description: "" })).description, "")
      assert.isNull((yield* change({ description: null })).description)
    }).pipe(Effect.provide(layer())))

  it.effect("10.3.3 refuse what they cannot be, with codes, and say that trying again cannot help", () =>
    Effect.gen(function*() {
      const { id } = yield* create()
      const errorOf = Effect.fnUntraced(function*(params: object) {
        const { headers, json, status } = yield* call("POST", `/v1/environments/${id}`, params)
        assert.deepStrictEqual([status, headers["x-should-retry"]], [400, "false"])
        return json.error.details?.error_code ?? json.error.message
      })
      assert.strictEqual(yield* errorOf({ config: { type: "self_hosted" } }), "invalid_config_type_change")
      assert.strictEqual(yield* errorOf({ metadata: { ["k".repeat(65)]: "v" } }), "invalid_metadata")
      assert.strictEqual(yield* errorOf({ metadata: { k: "v".repeat(513) } }), "invalid_metadata")
      const many = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, "v"]))
      assert.strictEqual(yield* errorOf({ metadata: many }), "invalid_metadata")
      assert.match(yield* errorOf({ scope: "account" }), /^scope: /)
      assert.match(
        yield* errorOf({ config: { type: "cloud", networking: { type: "limited" }, packages: { pip: ["pandas"] } } }),
        /^config.packages: .*allow_package_managers/
      )
      assert.deepStrictEqual((yield* ok("GET", `/v1/environments/${id}`)).config, open)
    }).pipe(Effect.provide(layer())))

  it.effect("10.3.4 are archived for good: no update and no session any more, and not in lists unless asked for", () =>
    Effect.gen(function*() {
      const { id } = yield* create()
      const session = yield* createSession({ environment_id: id })
      yield* TestClock.adjust("1 minute")
      const archived = yield* ok("POST", `/v1/environments/${id}/archive`)
      assert.strictEqual(archived.archived_at, "1970-01-01T00:01:00Z")
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* ok("POST", `/v1/environments/${id}/archive`), archived)
      const { json } = yield* call("POST", `/v1/environments/${id}`, { name: "B" })
      assert.strictEqual(json.error.details.error_code, "environment_archived")
      assert.match(
        yield* refusal("POST", "/v1/sessions", { agent: "agent_1", environment_id: id }),
        /^400 .*Environment env_\w+ is archived/
      )
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${session}`)).status, "idle")
      const ids = (page: Json) => page.data.map((one: Json) => one.id)
      assert.notInclude(ids(yield* ok("GET", "/v1/environments")), id)
      assert.include(ids(yield* ok("GET", "/v1/environments?include_archived=true")), id)
    }).pipe(Effect.provide(layer())))

  it.effect("5.28, 10.3.5 cannot be deleted while sessions are active in them", () =>
    Effect.gen(function*() {
      const { id } = yield* create()
      const session = yield* createSession({ environment_id: id })
      const { headers, json, status } = yield* call("DELETE", `/v1/environments/${id}`)
      assert.deepStrictEqual(
        [status, headers["x-should-retry"], json.error.message],
        [409, "false", "Environment has 1 active sessions. Use force=true to delete anyway."]
      )
      yield* ok("POST", `/v1/sessions/${session}/archive`)
      assert.deepStrictEqual(yield* ok("DELETE", `/v1/environments/${id}`), { type: "environment_deleted", id })
      const gone = `404 not_found_error: Environment ${id} not found.`
      assert.strictEqual(yield* refusal("GET", `/v1/environments/${id}`), gone)
      assert.strictEqual(yield* refusal("POST", "/v1/sessions", { agent: "agent_1", environment_id: id }), gone)
      // the session keeps the id
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${session}`)).environment_id, id)
      const { data } = yield* ok("GET", "/v1/environments?include_archived=true")
      assert.notInclude(data.map((one: Json) => one.id), id)
    }).pipe(Effect.provide(layer())))

  it.effect("10.3.6 are listed in pages, the newest first, with a null at the end", () =>
    Effect.gen(function*() {
      const first = yield* create({ name: "A" })
      yield* TestClock.adjust("1 hour")
      const second = yield* create({ name: "B" })
      const page = yield* ok("GET", "/v1/environments?limit=2")
      assert.deepStrictEqual(page.data, [second, first])
      const rest = yield* ok("GET", `/v1/environments?limit=2&page=${page.next_page}`)
      assert.deepStrictEqual(rest.data.map((one: Json) => one.id), ["env_self", "env_1"])
      assert.isNull(rest.next_page)
    }).pipe(Effect.provide(layer())))
})

describe("sessions in environments", () => {
  it.effect("5.29, 10.3.7 need MCP servers that the network reaches", () =>
    Effect.gen(function*() {
      const server = (name: string, url: string) => ({ type: "url", name, url })
      const { id: agent } = yield* ok("POST", "/v1/agents", {
        name: "A",
        model: "claude-opus-5-5",
        tools: ["a", "b", "c"].map((mcp_server_name) => ({ type: "mcp_toolset", mcp_server_name })),
        mcp_servers: [
          server("a", "https://a.example:8443/mcp"),
          server("b", "https://b.sub.example"),
          server("c", "https://c.other/mcp")
        ]
      })
      const inNetwork = Effect.fnUntraced(function*(networking: object) {
        const { id } = yield* create({ config: { type: "cloud", networking } })
        const { json, status } = yield* call("POST", "/v1/sessions", { agent, environment_id: id })
        return status === 200 ? status : json.error.message
      })
      assert.strictEqual(
        yield* inNetwork({ type: "limited", allowed_hosts: ["a.example", "*.sub.example"] }),
        "MCP server host(s) blocked by environment network policy: \"c\" (c.other). " +
          "Add these hosts to the environment's allowed_hosts, or set allow_mcp_servers=true."
      )
      assert.strictEqual(yield* inNetwork({ type: "limited", allow_mcp_servers: true }), 200)
      assert.strictEqual(yield* inNetwork({ type: "unrestricted" }), 200)
    }).pipe(Effect.provide(layer())))

  it.effect("10.3.8 of one's own take no files", () =>
    Effect.gen(function*() {
      const { id } = yield* create({ config: { type: "self_hosted" } })
      const resources = [{ type: "file", file_id: "file_1" }]
      assert.match(
        yield* refusal("POST", "/v1/sessions", { agent: "agent_1", environment_id: id, resources }),
        /^400 .*is a self-hosted environment/
      )
    }).pipe(Effect.provide(layer())))
})
