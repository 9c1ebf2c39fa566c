/**
 * Agents as they are saved in a workspace, version by version, and what it takes to create, change and list them.
 *
 * A session has an agent of its own, which `Agent` describes: a copy that was made when the session was created.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Agent from "./Agent.ts"
import * as AgentTool from "./AgentTool.ts"
import type { AgentIdInput } from "./Ids.ts"
import { AgentId } from "./Ids.ts"
import { Metadata, MetadataPatch } from "./internal/schema/metadata.ts"
import * as params from "./internal/schema/params.ts"
import * as wire from "./internal/schema/wire.ts"
import { Timestamp } from "./Timestamp.ts"

/**
 * A saved agent at one version, by reference.
 * @category schemas
 */
export class Reference extends wire.Struct<Reference>()("AgentReference", {
  type: Schema.Literal("agent"),
  /** The agent. */
  id: AgentId,
  /** Counts from 1. */
  version: wire.number
}) {}

/**
 * An entry in the roster of a saved coordinator.
 * @category schemas
 */
export const RosterAgent = wire.openUnion("SavedRosterAgent", [Reference, Agent.Advisor])

/**
 * The values of {@link RosterAgent}.
 * @category models
 */
export type RosterAgent = wire.Named<typeof RosterAgent>["union" | "name"]

/**
 * The agent delegates to the agents of a roster, each in a thread of its own.
 * @category schemas
 */
export class Coordinator extends wire.Struct<Coordinator>()("SavedCoordinator", {
  type: Schema.Literal("coordinator"),
  /** Whom the agent may delegate to, at most 20. */
  agents: Schema.Array(RosterAgent)
}) {}

const Disabled = wire.struct("SavedDisabled", { type: Schema.Literal("disabled") })

const AgentsEnabled = wire.struct("SavedAgentsEnabled", {
  type: Schema.Literal("enabled"),
  /** Permission to define further agents on the fly. */
  inline_agents: Agent.InlineAgentsSwitch,
  /** The saved agents that may be used. */
  predefined_agents: Schema.Array(Reference)
})

/**
 * Permission to spawn threads or run workflows, and with which agents.
 * @category schemas
 */
export const AgentsSwitch = wire.openUnion("SavedAgentsSwitch", [AgentsEnabled, Disabled])

/**
 * The values of {@link AgentsSwitch}.
 * @category models
 */
export type AgentsSwitch = wire.Named<typeof AgentsSwitch>["union" | "name"]

/**
 * Advisor, sub-agents and workflows, each switched on its own.
 * @category schemas
 */
export class Multiagent20261001 extends wire.Struct<Multiagent20261001>()("SavedMultiagent20261001", {
  type: Schema.Literal("multiagent_20261001"),
  /** The model that can be consulted, if any. */
  advisor: Agent.AdvisorSwitch,
  /** Permission to spawn threads. */
  subagents: AgentsSwitch,
  /** Permission to start workflow runs. */
  workflows: AgentsSwitch
}) {}

/**
 * Cooperation of a saved agent with other agents.
 * @category schemas
 */
export const Multiagent = wire.openUnion("SavedMultiagent", [Coordinator, Multiagent20261001])

/**
 * The values of {@link Multiagent}.
 * @category models
 */
export type Multiagent = wire.Named<typeof Multiagent>["union" | "name"]

/**
 * A saved agent at one version.
 * @category schemas
 */
export class SavedAgent extends wire.Struct<SavedAgent>()("SavedAgent", {
  type: Schema.Literal("agent"),
  /** Names the agent in every other call. */
  id: AgentId,
  /** Counts from 1; every change makes another. */
  version: wire.number,
  /** The agent's name. */
  name: Schema.String,
  /** The purpose of the agent; `null` if nobody said. */
  description: Schema.NullOr(Schema.String),
  /** The model, and how it is used. */
  model: Agent.ModelConfig,
  /** The system prompt. */
  system: Schema.NullOr(Schema.String),
  /** The tools that the agent may call. */
  tools: Schema.Array(AgentTool.Tool),
  /** The MCP servers that `mcp_toolset` tools come from. */
  mcp_servers: Schema.Array(Agent.McpServer),
  /** The skills that are loaded into the sandbox. */
  skills: Schema.Array(Agent.Skill),
  /** `null` for an agent that works alone. */
  multiagent: Schema.NullOr(Multiagent),
  /** Absent from servers of mid-2026. */
  execution_identity: wire.optional(Agent.ExecutionIdentity),
  /** At most 16 pairs. */
  metadata: Schema.Record({ key: Schema.String, value: Schema.String }),
  /** When the agent was created. */
  created_at: Timestamp,
  /** When the agent last changed. */
  updated_at: Timestamp,
  /** `null` for an agent that is not archived. */
  archived_at: Schema.NullOr(Timestamp)
}) {}

/**
 * A role of AWS to act as.
 * @category schemas
 */
export class AwsRoleIdentityParams extends wire.Struct<AwsRoleIdentityParams>()("AwsRoleIdentityParams", {
  type: Schema.Literal("aws_role"),
  /** The ARN of the role, at most 2,048 characters. */
  role_arn: params.text({ nonEmpty: true, max: 2048 })
}) {}

/**
 * The principal that the runs of an agent are to act as.
 * @category schemas
 */
export const ExecutionIdentityParams = wire.openUnion("ExecutionIdentityParams", [
  Agent.ServiceAccountIdentity,
  AwsRoleIdentityParams
])

/**
 * The values of {@link ExecutionIdentityParams}.
 * @category models
 */
export type ExecutionIdentityParams = wire.Named<typeof ExecutionIdentityParams>["union" | "name"]

const Self = wire.struct("SelfParams", { type: Schema.Literal("self") })

/**
 * An agent that another one may use: its id for the latest version, a reference, or `self` for the very agent.
 * @category schemas
 */
export const PredefinedAgentParams = Schema.Union(
  params.id<AgentIdInput>(AgentId),
  wire.openUnion("PredefinedAgentObjectParams", [Agent.ReferenceParams, Self])
).annotations({ identifier: "PredefinedAgentParams" })

/**
 * The values of {@link PredefinedAgentParams}.
 * @category models
 */
export type PredefinedAgentParams = wire.Named<typeof PredefinedAgentParams>["union" | "name"]

/**
 * An entry in the roster of a coordinator: an agent, `self`, or at most one advisor.
 * @category schemas
 */
export const RosterAgentParams = Schema.Union(
  params.id<AgentIdInput>(AgentId),
  wire.openUnion("RosterAgentObjectParams", [Agent.ReferenceParams, Self, Agent.Advisor])
).annotations({ identifier: "RosterAgentParams" })

/**
 * The values of {@link RosterAgentParams}.
 * @category models
 */
export type RosterAgentParams = wire.Named<typeof RosterAgentParams>["union" | "name"]

/** The name of an entry, of which a roster has one. */
const entry = (agent: RosterAgentParams): string | undefined => {
  if (typeof agent === "string") return agent
  if (agent.type === "agent") return agent.id
  return agent.type === "self" || agent.type === "advisor" ? agent.type : undefined
}

/**
 * Lets an agent delegate to others; {@link Multiagent20261001Params} can do more.
 * @category schemas
 */
export class CoordinatorParams extends wire.Struct<CoordinatorParams>()("CoordinatorParams", {
  type: Schema.Literal("coordinator"),
  /** Whom the agent may delegate to: 1 to 20, no two alike, none of which delegates itself. */
  agents: params.list(RosterAgentParams, { min: 1, max: 20 }).pipe(params.distinct(entry))
}) {}

const AgentsEnabledParams = wire.struct("AgentsEnabledParams", {
  type: Schema.Literal("enabled"),
  /** Permission to define further agents on the fly; the default is `enabled`. */
  inline_agents: Schema.optional(Schema.NullOr(Agent.InlineAgentsSwitch)),
  /** The saved agents that may be used: at most 20, by default none. */
  predefined_agents: Schema.optional(Schema.NullOr(params.list(PredefinedAgentParams, { max: 20 })))
})

/**
 * Permission to spawn threads or run workflows, and with which agents.
 * @category schemas
 */
export const AgentsSwitchParams = wire.openUnion("AgentsSwitchParams", [AgentsEnabledParams, Disabled])

/**
 * The values of {@link AgentsSwitchParams}.
 * @category models
 */
export type AgentsSwitchParams = wire.Named<typeof AgentsSwitchParams>["union" | "name"]

/**
 * Switches advisor, sub-agents and workflows. In an update it is merged into what the agent has; `null` stands for the default.
 * @category schemas
 */
export class Multiagent20261001Params extends wire.Struct<Multiagent20261001Params>()("Multiagent20261001Params", {
  type: Schema.Literal("multiagent_20261001"),
  /** The model that can be consulted; the default is `disabled`. */
  advisor: Schema.optional(Schema.NullOr(Agent.AdvisorSwitch)),
  /** Permission to spawn threads; the default is `enabled`. */
  subagents: Schema.optional(Schema.NullOr(AgentsSwitchParams)),
  /** Permission to start workflow runs; the default is `enabled`. */
  workflows: Schema.optional(Schema.NullOr(AgentsSwitchParams))
}) {}

/**
 * Cooperation with other agents.
 * @category schemas
 */
export const MultiagentParams = wire.openUnion("MultiagentParams", [CoordinatorParams, Multiagent20261001Params])

/**
 * The values of {@link MultiagentParams}.
 * @category models
 */
export type MultiagentParams = wire.Named<typeof MultiagentParams>["union" | "name"]

interface Tools {
  readonly tools?: ReadonlyArray<AgentTool.ToolParams> | null | undefined
  readonly mcp_servers?: ReadonlyArray<Agent.McpServerParams> | null | undefined
}

/** MCP toolsets and servers belong together one by one. */
const checkServers = ({ mcp_servers, tools }: Tools): ReadonlyArray<Schema.FilterIssue> => {
  const servers = (mcp_servers ?? []).map((server) => server.type === "url" ? server.name : undefined)
  const toolsets = (tools ?? []).map((tool) => tool.type === "mcp_toolset" ? tool.mcp_server_name : undefined)
  const known: ReadonlyArray<unknown> = ["agent_toolset_20260401", "mcp_toolset", "custom"]
  // a tool of a kind that this version does not know may use any server
  const isUsedByAny = (tools ?? []).some(({ type }) => !known.includes(type))
  return [
    ...toolsets.flatMap((name, index) =>
      // a server of a kind that this version does not know may have any name
      name === undefined || servers.includes(name) || servers.includes(undefined) ? [] : [{
        path: ["tools", index, "mcp_server_name"],
        message: "must be the name of a server in mcp_servers"
      }]
    ),
    ...servers.flatMap((name, index) =>
      name === undefined || isUsedByAny || toolsets.includes(name) ? [] : [{
        path: ["mcp_servers", index, "name"],
        message: "must be used by an mcp_toolset in tools"
      }]
    )
  ]
}

const CreateParams_ = wire.struct("CreateAgentParams", {
  /** For people to read; not empty. */
  name: params.nonEmptyText,
  /** The model, or the model and how to use it. */
  model: Schema.Union(Agent.Model, Agent.ModelConfigParams),
  /** The purpose of the agent. */
  description: Schema.optional(Schema.NullOr(Schema.String)),
  /** The system prompt. */
  system: Schema.optional(Schema.NullOr(Schema.String)),
  /** At most 256. */
  tools: Schema.optional(AgentTool.SavedToolsParams),
  /** At most 20, of different names, each of which a `mcp_toolset` of `tools` uses. */
  mcp_servers: Schema.optional(Agent.McpServersParams),
  /** The skills to load into the sandbox. */
  skills: Schema.optional(Schema.Array(Agent.SkillParams)),
  /** Cooperation with other agents; absent or `null` for an agent that works alone. */
  multiagent: Schema.optional(Schema.NullOr(MultiagentParams)),
  /** The principal of its runs; the default is the service's own account. */
  execution_identity: Schema.optional(Schema.NullOr(ExecutionIdentityParams)),
  /** At most 16 pairs, keys of at most 64 and values of at most 512 characters. */
  metadata: Schema.optional(Metadata)
}).pipe(Schema.filter(checkServers, { identifier: "CreateAgentParams", jsonSchema: {} }))

/**
 * Parameters of a new agent.
 * @category models
 */
export interface CreateParams extends Schema.Schema.Type<typeof CreateParams_> {}

/**
 * Schema of {@link CreateParams}.
 * @category schemas
 */
export const CreateParams: Schema.Schema<CreateParams, typeof CreateParams_.Encoded> = CreateParams_

const UpdateParams_ = wire.struct("UpdateAgentParams", {
  /** The version that the changes are meant for: the update is refused if there is another by now. Absent for any. */
  version: Schema.optional(params.integer({ min: 1 })),
  /** Not empty. */
  name: Schema.optional(params.nonEmptyText),
  /** The model, or the model and how to use it. */
  model: Schema.optional(Schema.Union(Agent.Model, Agent.ModelConfigParams)),
  /** The purpose of the agent; `null` removes it. */
  description: Schema.optional(Schema.NullOr(Schema.String)),
  /** The system prompt; `null` removes it. */
  system: Schema.optional(Schema.NullOr(Schema.String)),
  /** At most 256; replaces all, `null` stands for none. */
  tools: Schema.optional(Schema.NullOr(AgentTool.SavedToolsParams)),
  /** At most 20, of different names; replaces all, `null` stands for none. */
  mcp_servers: Schema.optional(Schema.NullOr(Agent.McpServersParams)),
  /** Replaces all, `null` stands for none. */
  skills: Schema.optional(Schema.NullOr(Schema.Array(Agent.SkillParams))),
  /** Cooperation with other agents; `null` removes it. */
  multiagent: Schema.optional(Schema.NullOr(MultiagentParams)),
  /** The principal of its runs; `null` stands for the default. */
  execution_identity: Schema.optional(Schema.NullOr(ExecutionIdentityParams)),
  /**
   * A patch: a text sets the value of its key, `null` removes the key, and keys that are not mentioned stay. At most 16
   * pairs, keys of at most 64 and values of at most 512 characters.
   */
  metadata: Schema.optional(Schema.NullOr(MetadataPatch))
}).pipe(
  // lists that are absent stay as the agent has them, so only the service can compare
  Schema.filter((agent) => agent.tools === undefined || agent.mcp_servers === undefined ? [] : checkServers(agent), {
    identifier: "UpdateAgentParams",
    jsonSchema: {}
  })
)

/**
 * Changes to an agent; what is absent stays.
 * @category models
 */
export interface UpdateParams extends Schema.Schema.Type<typeof UpdateParams_> {}

/**
 * Schema of {@link UpdateParams}.
 * @category schemas
 */
export const UpdateParams: Schema.Schema<UpdateParams, typeof UpdateParams_.Encoded> = UpdateParams_

/**
 * Version of an agent to read.
 * @category schemas
 */
export class RetrieveParams extends wire.Struct<RetrieveParams>()("RetrieveAgentParams", {
  /** At least 1; the default is the latest. */
  version: Schema.optional(params.integer({ min: 1 }))
}) {}

/**
 * Which agents to list.
 * @category schemas
 */
export class ListParams extends wire.Struct<ListParams>()("ListAgentsParams", {
  /** True to include archived agents; the default is `false`. */
  include_archived: Schema.optional(Schema.Boolean),
  /** Created at or after. */
  "created_at[gte]": Schema.optional(Timestamp),
  /** Created at or before. */
  "created_at[lte]": Schema.optional(Timestamp),
  /** Agents per page. */
  limit: Schema.optional(params.integer({ min: 1 })),
  /** The cursor of a page; `null` stands for the first one. */
  page: Schema.optional(Schema.NullOr(Schema.String))
}) {}

/**
 * Which page of an agent's versions to list.
 * @category schemas
 */
export class ListVersionsParams extends wire.Struct<ListVersionsParams>()("ListAgentVersionsParams", {
  /** Versions per page. */
  limit: Schema.optional(params.integer({ min: 1 })),
  /** The cursor of a page; `null` stands for the first one. */
  page: Schema.optional(Schema.NullOr(Schema.String))
}) {}
