import * as Agent from "@effect-managed-agents/core/Agent"
import * as AgentTool from "@effect-managed-agents/core/AgentTool"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { CallStep } from "../../AgentScript.ts"
import * as refusal from "./refusal.ts"
import type { Ruling } from "./refusal.ts"
import * as validate from "./validate.ts"

/** Parameters of an agent, each part as in the requests of the API. */
export interface AgentParams {
  readonly name?: string | undefined
  readonly description?: string | null | undefined
  readonly model?: ModelParams | undefined
  readonly system?: string | null | undefined
  readonly tools?: ReadonlyArray<typeof AgentTool.ToolParams.Encoded> | undefined
  readonly mcp_servers?: ReadonlyArray<typeof Agent.McpServerParams.Encoded> | undefined
  readonly skills?: ReadonlyArray<typeof Agent.SkillParams.Encoded> | undefined
  readonly multiagent?: MultiagentParams | null | undefined
  readonly execution_identity?: typeof Agent.ExecutionIdentity.Encoded | null | undefined
}

// a reference, or the whole agent as a session shows it
const AgentEntry = Schema.Struct(
  { type: Schema.Literal("agent"), id: Schema.String, version: Schema.optional(Schema.Number) },
  { key: Schema.String, value: Schema.Unknown }
).annotations({ identifier: "SimulatedRosterAgent" })

const SelfEntry = Schema.Struct({ type: Schema.Literal("self") }).annotations({ identifier: "SimulatedRosterSelf" })

const atMost20 = Schema.maxItems(20, { message: () => "at most 20 agents are allowed" })

const Switch = Schema.Struct({ type: Schema.Literal("enabled", "disabled") })

const Predefined = Schema.Struct({
  type: Schema.Literal("enabled", "disabled"),
  inline_agents: Schema.optional(Schema.NullOr(Switch)),
  predefined_agents: Schema.optional(Schema.NullOr(
    Schema.Array(Schema.Union(Schema.String, AgentEntry, SelfEntry)).pipe(atMost20)
  ))
}).annotations({ identifier: "SimulatedPredefinedAgents" })

/** Which agents an agent may delegate to: by id, by version, as a whole, or itself. */
export const MultiagentParams = Schema.Union(
  Schema.Struct({
    type: Schema.Literal("coordinator"),
    agents: Schema.Array(Schema.Union(Schema.String, AgentEntry, SelfEntry, Agent.Advisor)).pipe(
      Schema.minItems(1, { message: () => "at least one agent is needed" }),
      atMost20
    )
  }),
  Schema.Struct({
    type: Schema.Literal("multiagent_20261001"),
    advisor: Schema.optional(Schema.NullOr(
      Schema.Struct({ type: Schema.Literal("enabled", "disabled"), model: Schema.optional(Schema.String) })
    )),
    subagents: Schema.optional(Schema.NullOr(Predefined)),
    workflows: Schema.optional(Schema.NullOr(Predefined))
  })
).annotations({ identifier: "SimulatedMultiagent" })

const text = (max: number) =>
  Schema.String.pipe(Schema.maxLength(max, { message: () => `at most ${max} characters are allowed` }))

/** Definition of an agent, as a test gives it. */
export const AgentDefinition = Schema.Struct({
  name: Schema.optional(text(256).pipe(Schema.minLength(1))),
  description: Schema.optional(Schema.NullOr(text(2048))),
  model: Schema.optional(Schema.Union(Agent.Model, Agent.ModelConfigParams)),
  system: Schema.optional(Schema.NullOr(text(100_000))),
  tools: Schema.optional(AgentTool.ToolsParams),
  mcp_servers: Schema.optional(Agent.McpServersParams),
  skills: Schema.optional(Schema.Array(Agent.SkillParams)),
  multiagent: Schema.optional(Schema.NullOr(MultiagentParams))
}).annotations({ identifier: "SimulatedAgent" })

const checkDefinition = validate.body(Schema.Struct({ agent: Schema.optional(AgentDefinition) }))

/** Checks the definition of an agent. */
export const check = (agent: AgentParams | undefined): Ruling<unknown> =>
  // as it would be on the wire, where nothing is undefined
  checkDefinition(JSON.parse(JSON.stringify({ agent })))

/** Which agents an agent may delegate to. */
export type MultiagentParams = typeof MultiagentParams.Encoded

/** Finds an agent by its id and version. */
type Lookup = (id: string, version: number | undefined) => Ruling<typeof Agent.SessionAgent.Encoded>

type Entry = typeof Schema.String.Encoded | typeof AgentEntry.Encoded | typeof SelfEntry.Encoded

/** An agent as its threads show it: whom it may delegate to is the session's matter. */
export const threadAgent = (agent: typeof Agent.SessionAgent.Encoded): typeof Agent.ResolvedAgent.Encoded => {
  const { multiagent: _, ...rest } = agent
  return rest
}

const resolveEntry = (
  own: typeof Agent.SessionAgent.Encoded,
  lookup: Lookup,
  entry: Entry
): Ruling<typeof Agent.ResolvedAgent.Encoded> => {
  if (typeof entry === "string") return Either.map(lookup(entry, undefined), threadAgent)
  if (entry.type === "self") return Either.right(threadAgent(own))
  // an agent that has a model is there as a whole
  return "model" in entry
    ? Either.right(entry as unknown as typeof Agent.ResolvedAgent.Encoded)
    : Either.map(lookup(entry.id, entry.version), threadAgent)
}

const resolveMultiagent = (
  own: typeof Agent.SessionAgent.Encoded,
  lookup: Lookup,
  params: MultiagentParams
): Ruling<typeof Agent.Multiagent.Encoded> =>
  Either.gen(function*() {
    if (params.type === "coordinator") {
      const roster: Array<typeof Agent.ResolvedAgent.Encoded | typeof Agent.Advisor.Encoded> = []
      for (const entry of params.agents) {
        roster.push(
          typeof entry === "object" && entry.type === "advisor" ? entry : yield* resolveEntry(own, lookup, entry)
        )
      }
      return { type: params.type, agents: roster }
    }
    const group = (given: typeof Predefined.Encoded | null | undefined) =>
      Either.gen(function*() {
        if (given?.type !== "enabled") return { type: "disabled" as const }
        const predefined_agents: Array<typeof Agent.ResolvedAgent.Encoded> = []
        for (const entry of given.predefined_agents ?? []) {
          predefined_agents.push(yield* resolveEntry(own, lookup, entry))
        }
        return {
          type: "enabled" as const,
          inline_agents: { type: given.inline_agents?.type ?? ("disabled" as const) },
          predefined_agents
        }
      })
    return {
      type: params.type,
      advisor: params.advisor?.type === "enabled"
        ? { type: "enabled" as const, model: params.advisor.model ?? own.model.id }
        : { type: "disabled" as const },
      subagents: yield* group(params.subagents),
      workflows: yield* group(params.workflows)
    }
  })

type ModelParams = string | typeof Agent.ModelConfigParams.Encoded

/** The principal of an agent of which nobody said one: the service's own account. */
const ownAccount = { type: "service_account" as const }

/** The model of an agent of which nobody said one. */
const defaultModel = "claude-sonnet-4-6"

/** The first version of an agent. */
export const define = (id: string, params: AgentParams, lookup: Lookup): Ruling<typeof Agent.SessionAgent.Encoded> =>
  withMultiagent(
    {
      type: "agent",
      id,
      version: 1,
      name: id,
      description: null,
      model: model(defaultModel),
      system: null,
      tools: [],
      mcp_servers: [],
      skills: [],
      execution_identity: ownAccount,
      multiagent: null
    },
    params,
    lookup
  )

/** The next version of an agent. */
export const revise = (
  agent: typeof Agent.SessionAgent.Encoded,
  params: AgentParams,
  lookup: Lookup
): Ruling<typeof Agent.SessionAgent.Encoded> => withMultiagent({ ...agent, version: agent.version + 1 }, params, lookup)

const withMultiagent = (
  agent: typeof Agent.SessionAgent.Encoded,
  { multiagent, ...params }: AgentParams,
  lookup: Lookup
): Ruling<typeof Agent.SessionAgent.Encoded> =>
  Either.flatMap(apply(agent, params), (next) => {
    if (multiagent === undefined) return Either.right(next)
    if (multiagent === null) return Either.right({ ...next, multiagent: null })
    return Either.map(resolveMultiagent(next, lookup, multiagent), (resolved) => ({ ...next, multiagent: resolved }))
  })

/** The same agent, with every agent that it may delegate to changed. */
export const mapRoster = (
  multiagent: typeof Agent.SessionAgent.Encoded["multiagent"],
  change: (agent: typeof Agent.ResolvedAgent.Encoded) => typeof Agent.ResolvedAgent.Encoded
): typeof Agent.SessionAgent.Encoded["multiagent"] => {
  if (multiagent?.type === "coordinator") {
    return { ...multiagent, agents: multiagent.agents.map((entry) => entry.type === "agent" ? change(entry) : entry) }
  }
  if (multiagent?.type !== "multiagent_20261001") return multiagent
  const { subagents, workflows } = multiagent
  return {
    ...multiagent,
    subagents: subagents.type === "enabled"
      ? { ...subagents, predefined_agents: subagents.predefined_agents.map(change) }
      : subagents,
    workflows: workflows.type === "enabled"
      ? { ...workflows, predefined_agents: workflows.predefined_agents.map(change) }
      : workflows
  }
}

const checkTools = validate.body(Schema.Struct({ tools: AgentTool.ToolsParams }))

/** Tools of an agent, with the defaults of what was not said. Throws if they are none. */
export const resolveTools = (
  params: ReadonlyArray<typeof AgentTool.ToolParams.Encoded>
): ReadonlyArray<typeof AgentTool.Tool.Encoded> =>
  Either.getOrThrowWith(checkTools({ tools: params }), ({ message }) => new Error(message)).tools.map(tool)

/** The snapshot of an agent in a session that was created with overrides. */
export const override = (
  agent: typeof Agent.SessionAgent.Encoded,
  params: AgentParams
): Ruling<typeof Agent.SessionAgent.Encoded> => {
  if (params.tools?.length === 0 && (params.skills ?? agent.skills).length > 0) {
    return refusal.invalid("agent.tools: cannot be cleared while the agent has skills")
  }
  return apply(agent, params)
}

/** The snapshot of an agent in a session that is updated. */
export const update = (
  agent: typeof Agent.SessionAgent.Encoded,
  params: typeof Agent.UpdateParams.Encoded
): Ruling<typeof Agent.SessionAgent.Encoded> => apply(agent, params)

const apply = (
  agent: typeof Agent.SessionAgent.Encoded,
  params: AgentParams
): Ruling<typeof Agent.SessionAgent.Encoded> => {
  const next: typeof Agent.SessionAgent.Encoded = {
    ...agent,
    ...(params.name !== undefined && { name: params.name }),
    ...(params.description !== undefined && { description: params.description }),
    ...(params.model !== undefined && { model: model(params.model) }),
    ...(params.system !== undefined && { system: params.system }),
    ...(params.tools !== undefined && { tools: params.tools.map(tool) }),
    ...(params.mcp_servers !== undefined && { mcp_servers: params.mcp_servers }),
    ...(params.skills !== undefined && { skills: params.skills.map(skill) }),
    ...(params.execution_identity !== undefined && { execution_identity: params.execution_identity ?? ownAccount })
  }
  const servers = new Set(next.mcp_servers.map((server) => server.name))
  for (const tool of next.tools) {
    if (tool.type === "mcp_toolset" && !servers.has(tool.mcp_server_name)) {
      return refusal.invalid(`agent.tools: no MCP server is named ${JSON.stringify(tool.mcp_server_name)}`)
    }
  }
  return Either.right(next)
}

const model = (params: ModelParams): typeof Agent.ModelConfig.Encoded => {
  if (typeof params === "string") return { id: params, speed: "standard" }
  const { effort, inference_geo, speed } = params
  return {
    id: params.id,
    speed: speed ?? "standard",
    ...(effort !== undefined && effort !== null && { effort: typeof effort === "string" ? { type: effort } : effort }),
    ...(inference_geo !== undefined && inference_geo !== null && { inference_geo })
  }
}

const skill = (params: typeof Agent.SkillParams.Encoded): typeof Agent.Skill.Encoded =>
  // an unknown kind of skill is refused before it comes here
  ({ ...params, version: params.version ?? "1" }) as typeof Agent.Skill.Encoded

interface ConfigParams {
  readonly enabled?: boolean | null | undefined
  readonly permission_policy?: typeof AgentTool.PermissionPolicy.Encoded | null | undefined
}

const config = (
  params: ConfigParams,
  otherwise: typeof AgentTool.DefaultConfig.Encoded
): typeof AgentTool.DefaultConfig.Encoded => ({
  enabled: params.enabled ?? otherwise.enabled,
  permission_policy: params.permission_policy ?? otherwise.permission_policy
})

const tool = (params: typeof AgentTool.ToolParams.Encoded): typeof AgentTool.Tool.Encoded => {
  switch (params.type) {
    case "agent_toolset_20260401": {
      const otherwise = config(params.default_config ?? {}, {
        enabled: true,
        permission_policy: { type: "always_allow" }
      })
      return {
        type: params.type,
        configs: (params.configs ?? []).map((entry) => builtin(entry, otherwise)),
        default_config: otherwise
      }
    }
    case "mcp_toolset": {
      const otherwise = config(params.default_config ?? {}, {
        enabled: true,
        permission_policy: { type: "always_ask" }
      })
      return {
        type: params.type,
        mcp_server_name: params.mcp_server_name,
        configs: (params.configs ?? []).map((entry) => ({ name: entry.name, ...config(entry, otherwise) })),
        default_config: otherwise
      }
    }
    default:
      return params
  }
}

const builtin = (
  params: typeof AgentTool.ToolConfigParams.Encoded,
  otherwise: typeof AgentTool.DefaultConfig.Encoded
): typeof AgentTool.ToolConfig.Encoded => {
  // a tool that is not known is refused before it comes here; the others have these fields in common
  const filled = { ...params, type: params.name, ...config(params as ConfigParams, otherwise) }
  const complete = params.name === "web_fetch" ? { ...filled, url_sources: urlSources(params.url_sources) } : filled
  // the defaults make a config of its params
  return complete as typeof AgentTool.ToolConfig.Encoded
}

const urlSources = (
  sources: typeof AgentTool.UrlSourcesParams.Encoded | null | undefined
): typeof AgentTool.UrlSources.Encoded | null => {
  if (sources === undefined || sources === null) return null
  const client = sources.client_tool_results
  const server = sources.server_tool_results
  const user = sources.user_input
  return {
    client_tool_results: typeof client === "string" ? { type: client } : client ?? null,
    server_tool_results: typeof server === "string" ? { type: server } : server ?? null,
    user_input: typeof user === "string" ? { type: user } : user ?? null
  }
}

/** Tells whether a session's agent can read files: its toolset has the tool, enabled. */
export const canRead = (agent: typeof Agent.SessionAgent.Encoded): boolean =>
  configOf(agent, null, "read")?.enabled === true

/** Configuration of a tool of a toolset. */
interface Config {
  readonly name?: unknown
  readonly enabled?: unknown
  readonly permission_policy?: unknown
}

type Tools = Pick<typeof Agent.ResolvedAgent.Encoded, "tools">

/** The configuration of a tool in the toolset of an MCP server, or in that of the built-in tools; none without a toolset. */
export const configOf = ({ tools }: Tools, server: string | null, name: string): Config | undefined => {
  for (const tool of tools) {
    if (tool.type !== (server === null ? "agent_toolset_20260401" : "mcp_toolset")) continue
    if (tool.type === "mcp_toolset" && tool.mcp_server_name !== server) continue
    const configs: ReadonlyArray<Config> = tool.configs
    return configs.find((config) => config.name === name) ?? tool.default_config
  }
  return undefined
}

const builtins = ["bash", "edit", "read", "write", "glob", "grep", "web_fetch", "web_search"]

/** The tools that an agent has, in words. */
const inventory = (agent: Tools): string => {
  const parts = agent.tools.flatMap((tool) => {
    switch (tool.type) {
      case "agent_toolset_20260401":
        return builtins.filter((name) => configOf(agent, null, name)?.enabled === true)
          .map((name) => `${JSON.stringify(name)} (built-in)`)
      case "mcp_toolset": {
        const { configs, default_config, mcp_server_name: server } = tool
        const names = configs.flatMap(({ enabled, name }) => enabled ? [name] : [])
        return default_config.enabled
          ? [`those of the MCP server ${JSON.stringify(server)}`]
          : names.map((name) => `${JSON.stringify(name)} (MCP server ${JSON.stringify(server)})`)
      }
      case "custom":
        return [`${JSON.stringify(tool.name)} (custom)`]
      default:
        return []
    }
  })
  return parts.length === 0 ? "it has no tools" : `it has ${parts.join(", ")}`
}

/** Why an agent cannot make a call, if it cannot. */
export const missingTool = (agent: Tools, step: CallStep): string | undefined => {
  const lacks = (what: string, name: string) =>
    `the agent has no ${what} named ${JSON.stringify(name)}; ${inventory(agent)} (Rules.strictTools)`
  if ("custom_tool" in step) {
    const { name } = step.custom_tool
    return agent.tools.some((tool) => tool.type === "custom" && tool.name === name)
      ? undefined
      : lacks("custom tool", name)
  }
  const server = "mcp_tool" in step ? step.mcp_tool.server : null
  const { name, permission } = "mcp_tool" in step ? step.mcp_tool : step.tool
  const what = server === null ? "built-in tool" : `tool of the MCP server ${JSON.stringify(server)}`
  const config = configOf(agent, server, name)
  if (config === undefined || (server === null && !builtins.includes(name))) return lacks(what, name)
  return config.enabled === true || permission === "deny" ? undefined : lacks(`enabled ${what}`, name)
}
