/**
 * Agents as sessions and threads hold them, and how to refer to one when a session is created.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as AgentTool from "./AgentTool.ts"
import type { AgentIdInput } from "./Ids.ts"
import { AgentId, SkillId } from "./Ids.ts"
import * as params from "./internal/schema/params.ts"
import * as wire from "./internal/schema/wire.ts"

/**
 * The name of a model; any name is accepted.
 * @category schemas
 */
export const Model = wire.openString(
  "Model",
  "claude-fable-5-2",
  "claude-haiku-5-5",
  "claude-sonnet-5-5",
  "claude-opus-5-5",
  "claude-fable-5-1",
  "claude-sonnet-5",
  "claude-fable-5",
  "claude-opus-5",
  "claude-opus-4-8",
  "claude-opus-4-7",
  "claude-opus-4-6",
  "claude-sonnet-4-6",
  "claude-haiku-4-5",
  "claude-haiku-4-5-20251001",
  "claude-opus-4-5",
  "claude-opus-4-5-20251101",
  "claude-sonnet-4-5",
  "claude-sonnet-4-5-20250929"
)

/**
 * The values of {@link Model}.
 * @category models
 */
export type Model = typeof Model.Type

const efforts = ["low", "medium", "high", "xhigh", "max"] as const

const EffortLevel = wire.struct("EffortLevel", { type: Schema.Literal(...efforts) })

/**
 * The effort of the model on each request.
 * @category schemas
 */
export const Effort = wire.openUnion("Effort", [EffortLevel])

/**
 * The values of {@link Effort}.
 * @category models
 */
export type Effort = wire.Named<typeof Effort>["union" | "name"]

/**
 * A model and how it is used.
 * @category schemas
 */
export class ModelConfig extends wire.Struct<ModelConfig>()("ModelConfig", {
  /** The model. */
  id: Model,
  /** Absent from servers of mid-2026. */
  effort: wire.optional(Effort),
  /** The region in which the model runs; the workspace decides if absent. */
  inference_geo: wire.optional(Schema.String),
  /** `fast` answers sooner at a premium; absent stands for `standard`. */
  speed: wire.optional(wire.openString("Speed", "standard", "fast"))
}) {}

/**
 * A model and how to use it.
 * @category schemas
 */
export class ModelConfigParams extends wire.Struct<ModelConfigParams>()("ModelConfigParams", {
  /** The model. */
  id: Model,
  /** A level, as its name or as an object; the default depends on the model. */
  effort: Schema.optional(Schema.NullOr(Schema.Union(Schema.Literal(...efforts), Effort))),
  /** The region in which to run the model; the workspace decides if absent. */
  inference_geo: Schema.optional(Schema.NullOr(Schema.String)),
  /** `fast` answers sooner at a premium, on the models that have it; the default is `standard`. */
  speed: Schema.optional(Schema.NullOr(Schema.Literal("standard", "fast")))
}) {}

/**
 * An MCP server at a URL.
 * @category schemas
 */
export class UrlMcpServer extends wire.Struct<UrlMcpServer>()("UrlMcpServer", {
  type: Schema.Literal("url"),
  /** The name that `mcp_toolset` tools refer to. */
  name: Schema.String,
  /** The address of the server. */
  url: Schema.String
}) {}

/**
 * An MCP server whose tools an agent may have.
 * @category schemas
 */
export const McpServer = wire.openUnion("McpServer", [UrlMcpServer])

/**
 * The values of {@link McpServer}.
 * @category models
 */
export type McpServer = wire.Named<typeof McpServer>["union" | "name"]

/**
 * An MCP server to connect to.
 * @category schemas
 */
export class UrlMcpServerParams extends wire.Struct<UrlMcpServerParams>()("UrlMcpServerParams", {
  type: Schema.Literal("url"),
  /** The name that `mcp_toolset` tools refer to: 1 to 255 characters, unique among the servers. */
  name: params.text({ nonEmpty: true, max: 255 }),
  /** At most 2,048 characters. */
  url: params.text({ nonEmpty: true, max: 2048 })
}) {}

/**
 * An MCP server to connect to.
 * @category schemas
 */
export const McpServerParams = wire.openUnion("McpServerParams", [UrlMcpServerParams])

/**
 * The values of {@link McpServerParams}.
 * @category models
 */
export type McpServerParams = wire.Named<typeof McpServerParams>["union" | "name"]

/**
 * The MCP servers to connect to: at most 20, no two of one name.
 * @category schemas
 */
export const McpServersParams = params.list(McpServerParams, { max: 20 }).pipe(
  params.distinct((server) => server.type === "url" ? server.name : undefined)
).annotations({ identifier: "McpServersParams" })

/**
 * The values of {@link McpServersParams}.
 * @category models
 */
export type McpServersParams = typeof McpServersParams.Type

/**
 * A skill that Anthropic maintains.
 * @category schemas
 */
export class AnthropicSkill extends wire.Struct<AnthropicSkill>()("AnthropicSkill", {
  type: Schema.Literal("anthropic"),
  /** Its name, such as `xlsx`. */
  skill_id: Schema.String,
  /** The version that is loaded. */
  version: Schema.String
}) {}

/**
 * A skill of the workspace.
 * @category schemas
 */
export class CustomSkill extends wire.Struct<CustomSkill>()("CustomSkill", {
  type: Schema.Literal("custom"),
  /** The skill. */
  skill_id: SkillId,
  /** The version that is loaded. */
  version: Schema.String
}) {}

/**
 * A skill that is loaded into the sandbox.
 * @category schemas
 */
export const Skill = wire.openUnion("Skill", [AnthropicSkill, CustomSkill])

/**
 * The values of {@link Skill}.
 * @category models
 */
export type Skill = wire.Named<typeof Skill>["union" | "name"]

/**
 * A skill that Anthropic maintains, to load into the sandbox.
 * @category schemas
 */
export class AnthropicSkillParams extends wire.Struct<AnthropicSkillParams>()("AnthropicSkillParams", {
  type: Schema.Literal("anthropic"),
  /** Its name, such as `xlsx`. */
  skill_id: Schema.String,
  /** The default is the latest. */
  version: Schema.optional(Schema.NullOr(Schema.String))
}) {}

/**
 * A skill of the workspace, to load into the sandbox.
 * @category schemas
 */
export class CustomSkillParams extends wire.Struct<CustomSkillParams>()("CustomSkillParams", {
  type: Schema.Literal("custom"),
  /** The skill. */
  skill_id: SkillId,
  /** The default is the latest. */
  version: Schema.optional(Schema.NullOr(Schema.String))
}) {}

/**
 * A skill to load into the sandbox.
 * @category schemas
 */
export const SkillParams = wire.openUnion("SkillParams", [AnthropicSkillParams, CustomSkillParams])

/**
 * The values of {@link SkillParams}.
 * @category models
 */
export type SkillParams = wire.Named<typeof SkillParams>["union" | "name"]

/**
 * The service's own account, which acts unless an agent names another principal.
 * @category schemas
 */
export class ServiceAccountIdentity extends wire.Struct<ServiceAccountIdentity>()("ServiceAccountIdentity", {
  type: Schema.Literal("service_account")
}) {}

/**
 * A role of AWS.
 * @category schemas
 */
export class AwsRoleIdentity extends wire.Struct<AwsRoleIdentity>()("AwsRoleIdentity", {
  type: Schema.Literal("aws_role"),
  /** The ARN of the role. */
  role_arn: Schema.String
}) {}

/**
 * The principal that the runs of an agent act as.
 * @category schemas
 */
export const ExecutionIdentity = wire.openUnion("ExecutionIdentity", [ServiceAccountIdentity, AwsRoleIdentity])

/**
 * The values of {@link ExecutionIdentity}.
 * @category models
 */
export type ExecutionIdentity = wire.Named<typeof ExecutionIdentity>["union" | "name"]

const definition = {
  /** The agent's name. */
  name: Schema.String,
  /** The purpose of the agent; `null` if nobody said. */
  description: Schema.NullOr(Schema.String),
  /** The model, and how it is used. */
  model: ModelConfig,
  /** The system prompt. */
  system: Schema.NullOr(Schema.String),
  /** The tools that the agent may call. */
  tools: Schema.Array(AgentTool.Tool),
  /** The MCP servers that `mcp_toolset` tools come from. */
  mcp_servers: Schema.Array(McpServer),
  /** The skills that are loaded into the sandbox. */
  skills: Schema.Array(Skill),
  /** Absent from servers of mid-2026. */
  execution_identity: wire.optional(ExecutionIdentity)
}

/**
 * A saved agent at one version, as it was when the session was created.
 * @category schemas
 */
export class ResolvedAgent extends wire.Struct<ResolvedAgent>()("ResolvedAgent", {
  type: Schema.Literal("agent"),
  /** The agent. */
  id: AgentId,
  /** Counts from 1. */
  version: wire.number,
  ...definition
}) {}

/**
 * A model that the primary thread may consult in the middle of a turn.
 * @category schemas
 */
export class Advisor extends wire.Struct<Advisor>()("Advisor", {
  type: Schema.Literal("advisor"),
  /** The model that gives advice. */
  model: Schema.String
}) {}

/**
 * An agent that another one defined while running: it is not saved and has neither id nor version.
 * @category schemas
 */
export class InlineAgent extends wire.Struct<InlineAgent>()("InlineAgent", {
  type: Schema.Literal("inline"),
  ...definition
}) {}

/**
 * The agent of a thread.
 * @category schemas
 */
export const ThreadAgent = wire.openUnion("ThreadAgent", [ResolvedAgent, Advisor, InlineAgent])

/**
 * The values of {@link ThreadAgent}.
 * @category models
 */
export type ThreadAgent = wire.Named<typeof ThreadAgent>["union" | "name"]

/**
 * An entry in the roster of a coordinator.
 * @category schemas
 */
export const RosterAgent = wire.openUnion("RosterAgent", [ResolvedAgent, Advisor])

/**
 * The values of {@link RosterAgent}.
 * @category models
 */
export type RosterAgent = wire.Named<typeof RosterAgent>["union" | "name"]

/**
 * The agent delegates to the agents of a roster, each in a thread of its own.
 * @category schemas
 */
export class Coordinator extends wire.Struct<Coordinator>()("Coordinator", {
  type: Schema.Literal("coordinator"),
  /** Whom the agent may delegate to, at most 20. */
  agents: Schema.Array(RosterAgent)
}) {}

const Disabled = wire.struct("Disabled", { type: Schema.Literal("disabled") })

const AdvisorEnabled = wire.struct("AdvisorEnabled", {
  type: Schema.Literal("enabled"),
  /** The model that gives advice. */
  model: Schema.String
})

/**
 * The model that can be consulted as an advisor, if any.
 * @category schemas
 */
export const AdvisorSwitch = wire.openUnion("AdvisorSwitch", [AdvisorEnabled, Disabled])

/**
 * The values of {@link AdvisorSwitch}.
 * @category models
 */
export type AdvisorSwitch = wire.Named<typeof AdvisorSwitch>["union" | "name"]

/**
 * Permission to define agents on the fly.
 * @category schemas
 */
export const InlineAgentsSwitch = wire.openUnion("InlineAgentsSwitch", [
  wire.struct("Enabled", { type: Schema.Literal("enabled") }),
  Disabled
])

/**
 * The values of {@link InlineAgentsSwitch}.
 * @category models
 */
export type InlineAgentsSwitch = wire.Named<typeof InlineAgentsSwitch>["union" | "name"]

const AgentsEnabled = wire.struct("AgentsEnabled", {
  type: Schema.Literal("enabled"),
  /** Permission to define further agents on the fly. */
  inline_agents: InlineAgentsSwitch,
  /** The saved agents that may be used. */
  predefined_agents: Schema.Array(ResolvedAgent)
})

/**
 * Permission to spawn threads or run workflows, and with which agents.
 * @category schemas
 */
export const AgentsSwitch = wire.openUnion("AgentsSwitch", [AgentsEnabled, Disabled])

/**
 * The values of {@link AgentsSwitch}.
 * @category models
 */
export type AgentsSwitch = wire.Named<typeof AgentsSwitch>["union" | "name"]

/**
 * Advisor, sub-agents and workflows, each switched on its own.
 * @category schemas
 */
export class Multiagent20261001 extends wire.Struct<Multiagent20261001>()("Multiagent20261001", {
  type: Schema.Literal("multiagent_20261001"),
  /** The model that can be consulted, if any. */
  advisor: AdvisorSwitch,
  /** Permission to spawn threads. */
  subagents: AgentsSwitch,
  /** Permission to start workflow runs. */
  workflows: AgentsSwitch
}) {}

/**
 * Cooperation of an agent with other agents.
 * @category schemas
 */
export const Multiagent = wire.openUnion("Multiagent", [Coordinator, Multiagent20261001])

/**
 * The values of {@link Multiagent}.
 * @category models
 */
export type Multiagent = wire.Named<typeof Multiagent>["union" | "name"]

/**
 * The agent of a session, as it was when the session was created; later versions do not change it.
 * @category schemas
 */
export class SessionAgent extends wire.Struct<SessionAgent>()("SessionAgent", {
  type: Schema.Literal("agent"),
  /** The agent. */
  id: AgentId,
  /** Counts from 1. */
  version: wire.number,
  ...definition,
  /** `null` for an agent that works alone. */
  multiagent: Schema.NullOr(Multiagent)
}) {}

/**
 * An agent, at a version of choice.
 * @category schemas
 */
export class ReferenceParams extends wire.Struct<ReferenceParams>()("AgentReferenceParams", {
  type: Schema.Literal("agent"),
  /** The agent. */
  id: params.id<AgentIdInput>(AgentId),
  /** At least 1; the default is the latest. */
  version: Schema.optional(params.integer({ min: 1 }))
}) {}

/** Refuses MCP toolsets whose server is not among the servers that come with them. */
const knownServers = (agent: {
  readonly tools?: ReadonlyArray<AgentTool.ToolParams> | undefined
  readonly mcp_servers?: ReadonlyArray<McpServerParams> | undefined
}): ReadonlyArray<Schema.FilterIssue> => {
  // lists that are absent stay as the agent has them, so only the service can compare
  if (agent.tools === undefined || agent.mcp_servers === undefined) return []
  // a server of a kind that this version does not know may have any name
  if (agent.mcp_servers.some((server) => server.type !== "url")) return []
  const names = new Set(agent.mcp_servers.map((server) => server.name))
  return agent.tools.flatMap((tool, index) =>
    tool.type !== "mcp_toolset" || names.has(tool.mcp_server_name) ? [] : [{
      path: ["tools", index, "mcp_server_name"],
      message: "must be the name of a server in mcp_servers"
    }]
  )
}

const WithOverridesParams_ = wire.struct("AgentWithOverridesParams", {
  type: Schema.Literal("agent_with_overrides"),
  /** The agent. */
  id: params.id<AgentIdInput>(AgentId),
  /** At least 1; the default is the latest. */
  version: Schema.optional(params.integer({ min: 1 })),
  /** Another model. */
  model: Schema.optional(Schema.Union(Model, ModelConfigParams)),
  /** The system prompt, at most 100,000 characters; `null` clears the agent's. */
  system: Schema.optional(Schema.NullOr(params.text({ max: 100_000 }))),
  /** At most 128. */
  tools: Schema.optional(AgentTool.ToolsParams),
  /** At most 20, of different names. */
  mcp_servers: Schema.optional(McpServersParams),
  /** At most 20. */
  skills: Schema.optional(params.list(SkillParams, { max: 20 }))
}).pipe(Schema.filter(knownServers, { identifier: "AgentWithOverridesParams", jsonSchema: {} }))

/**
 * An agent of which some settings are replaced in this session only. A list replaces the agent's whole list, an empty
 * one clears it, an absent one keeps it.
 * @category models
 */
export interface WithOverridesParams extends Schema.Schema.Type<typeof WithOverridesParams_> {}

/**
 * Schema of {@link WithOverridesParams}.
 * @category schemas
 */
export const WithOverridesParams: Schema.Schema<WithOverridesParams, typeof WithOverridesParams_.Encoded> =
  WithOverridesParams_

/**
 * The agent of a new session: its id for the latest version, a reference to a version, or one with overrides.
 * @category schemas
 */
export const Params = Schema.Union(
  params.id<AgentIdInput>(AgentId),
  wire.openUnion("AgentObjectParams", [ReferenceParams, WithOverridesParams])
)
  .annotations({
    identifier: "AgentParams"
  })

/**
 * The values of {@link Params}.
 * @category models
 */
export type Params = wire.Named<typeof Params>["union" | "name"]

const UpdateParams_ = wire.struct("SessionAgentUpdateParams", {
  /** At most 128. */
  tools: Schema.optional(AgentTool.ToolsParams),
  /** At most 20, of different names. */
  mcp_servers: Schema.optional(McpServersParams)
}).pipe(Schema.filter(knownServers, { identifier: "SessionAgentUpdateParams", jsonSchema: {} }))

/**
 * Changes to the agent of a session. A list replaces the whole list, an empty one clears it, an absent one
 * keeps it.
 * @category models
 */
export interface UpdateParams extends Schema.Schema.Type<typeof UpdateParams_> {}

/**
 * Schema of {@link UpdateParams}.
 * @category schemas
 */
export const UpdateParams: Schema.Schema<UpdateParams, typeof UpdateParams_.Encoded> = UpdateParams_
