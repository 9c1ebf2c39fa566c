import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { ApiError } from "../src/ApiError.ts"
import * as ClientConfig from "../src/ClientConfig.ts"
import { AgentId, EnvironmentId, FileId, MemoryStoreId, SessionId, SkillId, VaultId } from "../src/Ids.ts"
import * as ManagedAgents from "../src/ManagedAgents.ts"
import * as Resources from "../src/Resources.ts"
import type * as Session from "../src/Session.ts"
import * as Sessions from "../src/Sessions.ts"
import * as Threads from "../src/Threads.ts"

// the published limits of parameters: at the limit the request goes out, one beyond it does not

const agent = AgentId.make("agent_1")
const environment_id = EnvironmentId.make("env_1")
const sessionId = SessionId.make("sesn_1")

type Services = Sessions.Sessions | Resources.Resources | Threads.Threads

/** The bodies that went out, and what kept a request from going out. */
const attempt = (call: Effect.Effect<unknown, ApiError, Services>) =>
  Effect.gen(function*() {
    const sent: Array<unknown> = []
    const http = HttpClient.make((request) => {
      const { body } = request
      sent.push(body._tag === "Uint8Array" ? JSON.parse(new TextDecoder().decode(body.body)) : request.url)
      const response = new Response("{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\",\"message\":\"\"}}", {
        status: 404
      })
      return Effect.succeed(HttpClientResponse.fromWeb(request, response))
    })
    const live = ManagedAgents.layer.pipe(
      Layer.provide(ClientConfig.layer({ apiKey: Redacted.make("sk-ant-0123456789") })),
      Layer.provide(Layer.succeed(HttpClient.HttpClient, http))
    )
    const error = yield* Effect.flip(call).pipe(Effect.provide(live))
    assert.include(["InvalidParams", "NotFound"], error._tag)
    const issues = error._tag === "InvalidParams" ? error.issues : []
    // the id of the value that an issue is in helps a reader and is not what is tested here
    return {
      sent,
      issues: issues.map(({ message, path }) => ({ path, message: message.replace(/ \(in agent_1\)$/, "") }))
    }
  })

const passes = (call: Effect.Effect<unknown, ApiError, Services>) =>
  Effect.gen(function*() {
    const { issues, sent } = yield* attempt(call)
    assert.deepStrictEqual(issues, [])
    assert.strictEqual(sent.length, 1)
  })

const refused = (
  call: Effect.Effect<unknown, ApiError, Services>,
  ...expected: ReadonlyArray<readonly [string, string]>
) =>
  Effect.gen(function*() {
    const { issues, sent } = yield* attempt(call)
    assert.deepStrictEqual(issues, expected.map(([path, message]) => ({ path, message })))
    assert.deepStrictEqual(sent, [])
  })

const create = (params: Partial<Session.CreateParams>) =>
  Effect.flatMap(Sessions.Sessions, (sessions) => sessions.create({ agent, environment_id, ...params }))

const withOverrides = (
  overrides: Omit<Extract<Session.CreateParams["agent"], { type: "agent_with_overrides" }>, "type" | "id">
) => create({ agent: { type: "agent_with_overrides", id: agent, ...overrides } })

const update = (params: Session.UpdateParams) =>
  Effect.flatMap(Sessions.Sessions, (sessions) => sessions.update(sessionId, params))

const list = (params: Session.ListParams) => Effect.flatMap(Sessions.Sessions, (sessions) => sessions.listPage(params))

const times = <A>(n: number, make: (index: number) => A): ReadonlyArray<A> =>
  Array.from({ length: n }, (_, i) => make(i))

const pairs = (n: number) => Object.fromEntries(times(n, (i) => [`k${i}`, "v"]))

describe("characters", () => {
  it.effect("are code points: an emoji is one, whatever it takes in UTF-16", () =>
    Effect.gen(function*() {
      yield* passes(create({ metadata: { ["😀".repeat(64)]: "😀".repeat(512) } }))
      yield* refused(create({ metadata: { k: "😀".repeat(513) } }), ["metadata.k", "must have at most 512 characters"])
    }))
})

describe("Sessions.create", () => {
  it.effect("metadata: 16 pairs, keys of 64, values of 512 characters", () =>
    Effect.gen(function*() {
      yield* passes(create({ metadata: pairs(16) }))
      yield* refused(create({ metadata: pairs(17) }), ["metadata", "must have at most 16 pairs"])
      yield* passes(create({ metadata: { ["k".repeat(64)]: "v".repeat(512) } }))
      yield* refused(create({ metadata: { ["k".repeat(65)]: "" } }), [
        `metadata.${"k".repeat(65)}`,
        "must have a key of at most 64 characters"
      ])
      yield* refused(create({ metadata: { a: "v".repeat(513), b: "v".repeat(513) } }), [
        "metadata.a",
        "must have at most 512 characters"
      ], ["metadata.b", "must have at most 512 characters"])
    }))

  const message = (content: Session.CreateParams["initial_events"]) => content
  const text = { type: "user.message", content: [{ type: "text", text: "Hello" }] } as const
  const outcome = {
    type: "user.define_outcome",
    description: "A report",
    rubric: { type: "text", content: "Good" }
  } as const
  const documents = (n: number) => ({
    type: "user.message",
    content: times(n, () => ({ type: "document", source: { type: "file", file_id: FileId.make("file_1") } } as const))
  } as const)

  it.effect("initial_events: 50, one outcome, 100 documents that are files", () =>
    Effect.gen(function*() {
      yield* passes(create({ initial_events: times(50, () => text) }))
      yield* refused(create({ initial_events: times(51, () => text) }), [
        "initial_events",
        "must have at most 50 items"
      ])
      yield* passes(create({ initial_events: [outcome, text] }))
      yield* refused(create({ initial_events: message([outcome, text, outcome]) }), [
        "initial_events.2",
        "must not define a second outcome"
      ])
      yield* passes(create({ initial_events: [documents(60), text, documents(40)] }))
      yield* refused(create({ initial_events: [documents(60), documents(41)] }), [
        "initial_events",
        "must have at most 100 documents that are files"
      ])
    }))

  it.effect("resources: 500 files, 8 memory stores", () =>
    Effect.gen(function*() {
      const files = (n: number) => times(n, (i) => ({ type: "file", file_id: FileId.make(`file_${i}`) } as const))
      const stores = (n: number) =>
        times(n, (i) => ({ type: "memory_store", memory_store_id: MemoryStoreId.make(`memstore_${i}`) } as const))
      yield* passes(create({ resources: [...files(500), ...stores(8)] }))
      yield* refused(create({ resources: files(501) }), ["resources", "must have at most 500 files"])
      yield* refused(create({ resources: stores(9) }), ["resources", "must have at most 8 memory stores"])
    }))

  it.effect("memory store instructions: 4,096 characters", () =>
    Effect.gen(function*() {
      const store = (instructions: string) =>
        create({
          resources: [{ type: "memory_store", memory_store_id: MemoryStoreId.make("memstore_1"), instructions }]
        })
      yield* passes(store("i".repeat(4096)))
      yield* refused(store("i".repeat(4097)), ["resources.0.instructions", "must have at most 4096 characters"])
    }))

  it.effect("budget: an integer number of cents without leading zeros", () =>
    Effect.gen(function*() {
      const budget = (amount: string) =>
        create({ budget: { type: "limit", max_list_cost: { amount, currency: "USD" } } })
      yield* passes(budget("2500"))
      yield* passes(budget("0"))
      for (const amount of ["", "02", "2.5", "-1", "1e3", " 1", "1\n", "$1"]) {
        yield* refused(budget(amount), [
          "budget.max_list_cost.amount",
          "must be an integer number of cents without leading zeros"
        ])
      }
    }))

  it.effect("agent version: an integer of at least 1", () =>
    Effect.gen(function*() {
      const versioned = (version: number) => create({ agent: { type: "agent", id: agent, version } })
      yield* passes(versioned(1))
      for (const version of [0, -1, 1.5, Number.NaN]) {
        yield* refused(versioned(version), ["agent.version", "must be an integer of at least 1"])
      }
      yield* refused(withOverrides({ version: 0 }), ["agent.version", "must be an integer of at least 1"])
    }))

  it.effect("a secret goes out in the clear and into no message", () =>
    Effect.gen(function*() {
      const resources = [{
        type: "github_repository",
        url: "https://github.com/a/b",
        authorization_token: Redacted.make("ghp_secret")
      }] as const
      const { sent } = yield* attempt(create({ resources }))
      assert.deepInclude(sent[0], {
        resources: [{ type: "github_repository", url: "https://github.com/a/b", authorization_token: "ghp_secret" }]
      })
      const { issues } = yield* attempt(create({ resources, metadata: pairs(17) }))
      assert.notInclude(JSON.stringify(issues), "ghp_secret")
    }))
})

describe("agent with overrides", () => {
  it.effect("system: 100,000 characters", () =>
    Effect.gen(function*() {
      yield* passes(withOverrides({ system: "s".repeat(100_000) }))
      yield* passes(withOverrides({ system: null }))
      yield* refused(withOverrides({ system: "s".repeat(100_001) }), [
        "agent.system",
        "must have at most 100000 characters"
      ])
    }))

  it.effect("lists: 128 tools, 20 MCP servers, 20 skills", () =>
    Effect.gen(function*() {
      const tools = (n: number) =>
        times(
          n,
          (i) => ({ type: "custom", name: `tool_${i}`, description: "", input_schema: { type: "object" } } as const)
        )
      const servers = (n: number) =>
        times(n, (i) => ({ type: "url", name: `server ${i}`, url: "https://example.com" } as const))
      const skills = (n: number) => times(n, (i) => ({ type: "custom", skill_id: SkillId.make(`skill_${i}`) } as const))
      yield* passes(withOverrides({ tools: tools(128), mcp_servers: servers(20), skills: skills(20) }))
      yield* passes(withOverrides({ tools: [], mcp_servers: [], skills: [] }))
      yield* refused(
        withOverrides({ tools: tools(129), mcp_servers: servers(21), skills: skills(21) }),
        ["agent.tools", "must have at most 128 items"],
        ["agent.mcp_servers", "must have at most 20 items"],
        ["agent.skills", "must have at most 20 items"]
      )
    }))

  it.effect("MCP servers: unique names of 1 to 255, URLs of at most 2,048 characters", () =>
    Effect.gen(function*() {
      const servers = (...servers: ReadonlyArray<readonly [name: string, url: string]>) =>
        withOverrides({ mcp_servers: servers.map(([name, url]) => ({ type: "url", name, url })) })
      yield* passes(servers(["n".repeat(255), "u".repeat(2048)], ["n", "u"]))
      yield* refused(
        servers(["n".repeat(256), "u".repeat(2049)], ["", ""]),
        ["agent.mcp_servers.0.name", "must have at most 255 characters"],
        ["agent.mcp_servers.0.url", "must have at most 2048 characters"],
        ["agent.mcp_servers.1.name", "must not be empty"],
        ["agent.mcp_servers.1.url", "must not be empty"]
      )
      yield* refused(servers(["a", "u"], ["b", "u"], ["a", "u"]), [
        "agent.mcp_servers.2",
        "must not have the same name as item 0"
      ])
    }))

  it.effect("an MCP toolset refers to a server that comes with it, if servers come with it", () =>
    Effect.gen(function*() {
      const tools = [{ type: "mcp_toolset", mcp_server_name: "github" }] as const
      const server = (name: string) => ({ type: "url", name, url: "https://example.com" } as const)
      yield* passes(withOverrides({ tools }))
      yield* passes(withOverrides({ tools, mcp_servers: [server("github")] }))
      yield* refused(withOverrides({ tools, mcp_servers: [server("gitlab")] }), [
        "agent.tools.0.mcp_server_name",
        "must be the name of a server in mcp_servers"
      ])
      yield* refused(update({ agent: { tools, mcp_servers: [] } }), [
        "agent.tools.0.mcp_server_name",
        "must be the name of a server in mcp_servers"
      ])
    }))
})

describe("tools", () => {
  type Tools = NonNullable<NonNullable<Session.UpdateParams["agent"]>["tools"]>
  const tools = (...tools: Tools) => update({ agent: { tools } })
  const custom = (
    name: string
  ) => ({ type: "custom", name, description: "", input_schema: { type: "object" } } as const)
  type Configs = NonNullable<Extract<Tools[number], { type: "agent_toolset_20260401" }>["configs"]>
  const configs = (...configs: Configs) => ({ type: "agent_toolset_20260401", configs } as const)
  const hosts = (n: number) => times(n, (i) => `${i}.example.com`)
  const references = (n: number) => times(n, (i) => ({ type: "tool_reference", name: `tool_${i}` } as const))

  it.effect("custom tool names: 1 to 128 letters, digits, _ and -, unique, no reserved prefix", () =>
    Effect.gen(function*() {
      const message = "must be 1 to 128 letters, digits, underscores and hyphens"
      yield* passes(tools(custom("A-z_09"), custom("n".repeat(128)), custom("mcp_")))
      for (const name of ["", "n".repeat(129), "a b", "é", "a.b", "a\n"]) {
        yield* refused(tools(custom(name)), ["agent.tools.0.name", message])
      }
      for (const prefix of ["mcp__", "ant__"]) {
        yield* refused(tools(custom(`${prefix}x`)), [
          "agent.tools.0.name",
          `must not begin with ${prefix}, which is reserved`
        ])
      }
      yield* refused(tools(custom("a"), { type: "agent_toolset_20260401" }, custom("a")), [
        "agent.tools.2",
        "must not have the same name as item 0"
      ])
    }))

  it.effect("MCP toolsets: server names of 1 to 255, tool names of 1 to 128 characters, each once", () =>
    Effect.gen(function*() {
      const mcp = (mcp_server_name: string, ...names: ReadonlyArray<string>) =>
        tools({ type: "mcp_toolset", mcp_server_name, configs: names.map((name) => ({ name })) })
      yield* passes(mcp("s".repeat(255), "t".repeat(128), "t"))
      yield* refused(
        mcp("s".repeat(256), "t".repeat(129), ""),
        ["agent.tools.0.mcp_server_name", "must have at most 255 characters"],
        ["agent.tools.0.configs.0.name", "must have at most 128 characters"],
        ["agent.tools.0.configs.1.name", "must not be empty"]
      )
      yield* refused(mcp("", "a", "a"), ["agent.tools.0.mcp_server_name", "must not be empty"], [
        "agent.tools.0.configs.1",
        "must not have the same name as item 0"
      ])
    }))

  it.effect("built-in tools are configured once each", () =>
    Effect.gen(function*() {
      yield* passes(tools(configs({ name: "bash", enabled: false }, { name: "web_fetch" })))
      yield* refused(tools(configs({ name: "bash" }, { name: "read" }, { name: "bash" })), [
        "agent.tools.0.configs.2",
        "must not have the same name as item 0"
      ])
    }))

  it.effect("domain lists: 1 to 64, one of the two", () =>
    Effect.gen(function*() {
      for (const name of ["web_fetch", "web_search"] as const) {
        yield* passes(tools(configs({ name, allowed_domains: hosts(64) })))
        yield* passes(tools(configs({ name, blocked_domains: hosts(1) })))
        yield* refused(tools(configs({ name, allowed_domains: hosts(65) })), [
          "agent.tools.0.configs.0.allowed_domains",
          "must have at most 64 items"
        ])
        yield* refused(tools(configs({ name, blocked_domains: [] })), [
          "agent.tools.0.configs.0.blocked_domains",
          "must not be empty"
        ])
        yield* refused(tools(configs({ name, allowed_domains: hosts(1), blocked_domains: hosts(1) })), [
          "agent.tools.0.configs.0.blocked_domains",
          "must not be combined with allowed_domains"
        ])
      }
    }))

  it.effect("URL sources: 1 to 128 distinct tools, not none at all", () =>
    Effect.gen(function*() {
      type Fetch = Extract<Configs[number], { name: "web_fetch" }>
      const sources = (url_sources: NonNullable<Fetch["url_sources"]>, ...more: Tools) =>
        tools(configs({ name: "web_fetch", url_sources }), ...more)
      const only = (n: number) => ({ type: "only", tools: references(n) } as const)
      const at = "agent.tools.0.configs.0.url_sources"

      yield* passes(sources({ client_tool_results: only(127) }, ...times(127, (i) => custom(`tool_${i}`))))
      yield* refused(sources({ client_tool_results: only(129) }), [
        `${at}.client_tool_results.tools`,
        "must have at most 128 items"
      ])
      yield* refused(sources({ client_tool_results: { type: "except", tools: [] } }), [
        `${at}.client_tool_results.tools`,
        "must not be empty"
      ])
      yield* refused(
        sources(
          { client_tool_results: { type: "only", tools: [...references(1), ...references(1)] } },
          custom("tool_0")
        ),
        [`${at}.client_tool_results.tools.1`, "must not have the same name as item 0"]
      )
      yield* refused(sources({ client_tool_results: only(2) }, custom("tool_0")), [
        `${at}.client_tool_results.tools.1.name`,
        "must be the name of a custom tool among the same tools"
      ])
      yield* passes(
        sources({ server_tool_results: { type: "only", tools: [{ type: "tool_reference", name: "web_search" }] } })
      )
      yield* refused(sources({ server_tool_results: only(1) }), [
        `${at}.server_tool_results.tools.0.name`,
        "must be web_search or web_fetch"
      ])
      yield* passes(sources({ client_tool_results: "none", server_tool_results: "none" }))
      yield* passes(sources({ client_tool_results: "none", server_tool_results: "none", user_input: "all" }))
      yield* refused(
        sources({ client_tool_results: "none", server_tool_results: { type: "none" }, user_input: { type: "none" } }),
        [at, "must not have all three sources set to none"]
      )
    }))
})

describe("Sessions.update", () => {
  it.effect("metadata: null removes a key and does not count as a pair", () =>
    Effect.gen(function*() {
      yield* passes(update({ metadata: { ...pairs(16), gone: null, away: null } }))
      yield* refused(update({ metadata: pairs(17) }), ["metadata", "must have at most 16 pairs"])
      yield* refused(update({ metadata: { ["k".repeat(65)]: null } }), [
        `metadata.${"k".repeat(65)}`,
        "must have a key of at most 64 characters"
      ])
    }))

  it.effect("sends what is null, and not what is undefined", () =>
    Effect.gen(function*() {
      const { sent } = yield* attempt(update({ title: undefined, budget: null, metadata: { a: null } }))
      assert.deepStrictEqual(sent, [{ budget: null, metadata: { a: null } }])
    }))

  it.effect("sends vault ids, which the service refuses for now", () =>
    passes(update({ vault_ids: [VaultId.make("vlt_1")] })))
})

describe("lists", () => {
  it.effect("of sessions: agent_version needs agent_id", () =>
    Effect.gen(function*() {
      yield* passes(list({ agent_id: agent, agent_version: 1 }))
      yield* refused(list({ agent_version: 1 }), ["agent_version", "needs agent_id"])
      yield* refused(list({ agent_id: agent, agent_version: 0 }), ["agent_version", "must be an integer of at least 1"])
      yield* refused(list({ limit: 0 }), ["limit", "must be an integer of at least 1"])
    }))

  it.effect("of resources: 1 to 1,000 a page", () =>
    Effect.gen(function*() {
      const page = (limit: number) =>
        Effect.flatMap(Resources.Resources, (resources) => resources.listPage(sessionId, { limit }))
      yield* passes(page(1))
      yield* passes(page(1000))
      yield* refused(page(0), ["limit", "must be an integer from 1 to 1000"])
      yield* refused(page(1001), ["limit", "must be an integer from 1 to 1000"])
    }))

  it.effect("of threads: at least 1 a page", () =>
    Effect.gen(function*() {
      const page = (limit: number) =>
        Effect.flatMap(Threads.Threads, (threads) => threads.listPage(sessionId, { limit }))
      yield* passes(page(1))
      yield* refused(page(0), ["limit", "must be an integer of at least 1"])
    }))
})
