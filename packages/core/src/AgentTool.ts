/**
 * The tools of an agent: the built-in toolset, the tools of MCP servers, and custom tools that the client runs.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as params from "./internal/schema/params.ts"
import * as wire from "./internal/schema/wire.ts"

const Policy = wire.struct("KnownPermissionPolicy", { type: Schema.Literal("always_allow", "always_ask", "auto") })

/**
 * The check before a tool runs: nothing (`always_allow`), the client is asked (`always_ask`), or the service judges
 * each call (`auto`).
 * @category schemas
 */
export const PermissionPolicy = wire.openUnion("PermissionPolicy", [Policy])

/**
 * The values of {@link PermissionPolicy}.
 * @category models
 */
export type PermissionPolicy = wire.Named<typeof PermissionPolicy>["union" | "name"]

/**
 * Configuration of the tools of a toolset that have none of their own.
 * @category schemas
 */
export class DefaultConfig extends wire.Struct<DefaultConfig>()("ToolsetDefaultConfig", {
  /** True if the agent may use the tools. */
  enabled: Schema.Boolean,
  /** The check before one runs. */
  permission_policy: PermissionPolicy
}) {}

/**
 * Configuration to send for the tools of a toolset that get none of their own.
 * @category schemas
 */
export class DefaultConfigParams extends wire.Struct<DefaultConfigParams>()("ToolsetDefaultConfigParams", {
  /** True if the agent may use the tools; the default is `true`. */
  enabled: Schema.optional(Schema.NullOr(Schema.Boolean)),
  /** The default is `always_allow` for the built-in tools and `always_ask` for the tools of MCP servers. */
  permission_policy: Schema.optional(Schema.NullOr(PermissionPolicy))
}) {}

/**
 * The built-in tools that need no configuration beyond whether and when they run.
 * @category models
 */
export type SandboxToolName = "bash" | "edit" | "read" | "write" | "glob" | "grep"

/**
 * The configuration of one built-in tool of the sandbox.
 * @category models
 */
export interface SandboxToolConfig<Name extends SandboxToolName = SandboxToolName> {
  /** The tool. */
  readonly name: Name
  /** The same as `name`; servers of mid-2026 leave it out. */
  readonly type?: Name
  /** True if the agent may use the tool. */
  readonly enabled: boolean
  /** The check before it runs. */
  readonly permission_policy: PermissionPolicy
}

/**
 * {@link SandboxToolConfig} as it is on the wire.
 * @category models
 */
export interface SandboxToolConfigEncoded<Name extends SandboxToolName = SandboxToolName> {
  readonly name: Name
  readonly type?: Name
  readonly enabled: boolean
  readonly permission_policy: typeof PermissionPolicy.Encoded
}

const sandboxTool = <const Name extends SandboxToolName>(
  identifier: string,
  name: Name
): Schema.Schema<SandboxToolConfig<Name>, SandboxToolConfigEncoded<Name>> =>
  wire.struct(identifier, {
    name: Schema.Literal(name),
    type: wire.optional(Schema.Literal(name)),
    enabled: Schema.Boolean,
    permission_policy: PermissionPolicy
  })

/**
 * Names one tool in a list of tools whose results count.
 * @category schemas
 */
export class ToolReference extends wire.Struct<ToolReference>()("ToolReference", {
  type: Schema.Literal("tool_reference"),
  /** The exact name, in upper and lower case as the tool has it. */
  name: Schema.String
}) {}

const UrlSourceAllOrNone = wire.struct("UrlSourceAllOrNone", { type: Schema.Literal("all", "none") })

const UrlSourceToolList = wire.struct("UrlSourceToolList", {
  type: Schema.Literal("only", "except"),
  /** The tools that count (`only`) or do not (`except`). */
  tools: Schema.Array(ToolReference)
})

/**
 * Which tools' results may contribute URLs: all, none, `only` some or all `except` some.
 * @category schemas
 */
export const UrlSourceToolFilter = wire.openUnion("UrlSourceToolFilter", [UrlSourceAllOrNone, UrlSourceToolList])

/**
 * The values of {@link UrlSourceToolFilter}.
 * @category models
 */
export type UrlSourceToolFilter = wire.Named<typeof UrlSourceToolFilter>["union" | "name"]

/**
 * Permission for the text of user messages to contribute URLs.
 * @category schemas
 */
export const UrlSourceUserInput = wire.openUnion("UrlSourceUserInput", [UrlSourceAllOrNone])

/**
 * The values of {@link UrlSourceUserInput}.
 * @category models
 */
export type UrlSourceUserInput = wire.Named<typeof UrlSourceUserInput>["union" | "name"]

/**
 * Sources of the URLs that `web_fetch` may fetch; `null` stands for every URL of that source.
 * @category schemas
 */
export class UrlSources extends wire.Struct<UrlSources>()("UrlSources", {
  /** Results of custom tools. */
  client_tool_results: Schema.NullOr(UrlSourceToolFilter),
  /** Results of `web_search` and `web_fetch`. */
  server_tool_results: Schema.NullOr(UrlSourceToolFilter),
  /** The text of user messages. */
  user_input: Schema.NullOr(UrlSourceUserInput)
}) {}

/**
 * Roughly where the user is, so that search results fit the place.
 * @category schemas
 */
export class UserLocation extends wire.Struct<UserLocation>()("UserLocation", {
  type: Schema.Literal("approximate"),
  /** City. */
  city: wire.nullish(Schema.String),
  /** Two upper-case letters, as in ISO 3166-1. */
  country: wire.nullish(Schema.String),
  /** State or region. */
  region: wire.nullish(Schema.String),
  /** An IANA name such as `Europe/Lisbon`. */
  timezone: wire.nullish(Schema.String)
}) {}

/**
 * The configuration of the built-in tool `web_fetch`.
 * @category schemas
 */
export class WebFetchToolConfig extends wire.Struct<WebFetchToolConfig>()("WebFetchToolConfig", {
  /** The tool. */
  name: Schema.Literal("web_fetch"),
  /** The same as `name`; servers of mid-2026 leave it out. */
  type: wire.optional(Schema.Literal("web_fetch")),
  /** True if the agent may use the tool. */
  enabled: Schema.Boolean,
  /** The check before it runs. */
  permission_policy: PermissionPolicy,
  /** If present, only these hosts and their subdomains are fetched. */
  allowed_domains: wire.optional(Schema.Array(Schema.String)),
  /** If present, these hosts and their subdomains are never fetched. */
  blocked_domains: wire.optional(Schema.Array(Schema.String)),
  /** The most tokens of fetched text that one call puts into the context. */
  max_content_tokens: wire.nullish(wire.number),
  /** Sources of the URLs to fetch; absent or `null` for any. */
  url_sources: wire.nullish(UrlSources)
}) {}

/**
 * The configuration of the built-in tool `web_search`.
 * @category schemas
 */
export class WebSearchToolConfig extends wire.Struct<WebSearchToolConfig>()("WebSearchToolConfig", {
  /** The tool. */
  name: Schema.Literal("web_search"),
  /** The same as `name`; servers of mid-2026 leave it out. */
  type: wire.optional(Schema.Literal("web_search")),
  /** True if the agent may use the tool. */
  enabled: Schema.Boolean,
  /** The check before it runs. */
  permission_policy: PermissionPolicy,
  /** If present, only results of these hosts and their subdomains are returned. */
  allowed_domains: wire.optional(Schema.Array(Schema.String)),
  /** If present, results of these hosts and their subdomains are never returned. */
  blocked_domains: wire.optional(Schema.Array(Schema.String)),
  /** The supposed location of the user; absent or `null` for anywhere. */
  user_location: wire.nullish(UserLocation)
}) {}

/**
 * The configuration of one built-in tool, discriminated by `name`.
 * @category schemas
 */
export const ToolConfig = wire.openUnion("ToolConfig", [
  sandboxTool("BashToolConfig", "bash"),
  sandboxTool("EditToolConfig", "edit"),
  sandboxTool("ReadToolConfig", "read"),
  sandboxTool("WriteToolConfig", "write"),
  sandboxTool("GlobToolConfig", "glob"),
  sandboxTool("GrepToolConfig", "grep"),
  WebFetchToolConfig,
  WebSearchToolConfig
], "name")

/**
 * The values of {@link ToolConfig}.
 * @category models
 */
export type ToolConfig = wire.Named<typeof ToolConfig>["union" | "name"]

/**
 * The configuration of one tool of an MCP server.
 * @category schemas
 */
export class McpToolConfig extends wire.Struct<McpToolConfig>()("McpToolConfig", {
  /** The name that the MCP server gave the tool. */
  name: Schema.String,
  /** True if the agent may use the tool. */
  enabled: Schema.Boolean,
  /** The check before it runs. */
  permission_policy: PermissionPolicy
}) {}

/**
 * The built-in tools: shell, files, search and the web.
 * @category schemas
 */
export class AgentToolset extends wire.Struct<AgentToolset>()("AgentToolset", {
  type: Schema.Literal("agent_toolset_20260401"),
  /** The tools that differ from `default_config`. */
  configs: Schema.Array(ToolConfig),
  /** Configuration of all other tools of the set. */
  default_config: DefaultConfig
}) {}

/**
 * The tools of one MCP server.
 * @category schemas
 */
export class McpToolset extends wire.Struct<McpToolset>()("McpToolset", {
  type: Schema.Literal("mcp_toolset"),
  /** The `name` of the server among the agent's `mcp_servers`. */
  mcp_server_name: Schema.String,
  /** The tools that differ from `default_config`. */
  configs: Schema.Array(McpToolConfig),
  /** Configuration of all other tools of the server. */
  default_config: DefaultConfig
}) {}

const InputSchema_ = Schema.Struct(
  {
    type: Schema.Literal("object"),
    properties: wire.nullish(wire.json),
    required: wire.nullish(Schema.Array(Schema.String))
  },
  { key: Schema.String, value: Schema.Unknown }
).annotations({ identifier: "ToolInputSchema" })

/**
 * The JSON Schema of a custom tool's input; keywords beyond these are kept.
 * @category models
 */
export interface InputSchema extends Schema.Schema.Type<typeof InputSchema_> {}

/**
 * Schema of {@link InputSchema}.
 * @category schemas
 */
export const InputSchema: Schema.Schema<InputSchema, typeof InputSchema_.Encoded> = InputSchema_

/**
 * A tool that the client runs: a call is an `agent.custom_tool_use` event, answered by `user.custom_tool_result`.
 * @category schemas
 */
export class CustomTool extends wire.Struct<CustomTool>()("CustomTool", {
  type: Schema.Literal("custom"),
  /** The name by which calls refer to the tool. */
  name: Schema.String,
  /** The description of the tool that the agent reads. */
  description: Schema.String,
  /** The JSON Schema of the input. */
  input_schema: InputSchema
}) {}

/**
 * A tool or toolset of an agent.
 * @category schemas
 */
export const Tool = wire.openUnion("AgentTool", [AgentToolset, McpToolset, CustomTool])

/**
 * The values of {@link Tool}.
 * @category models
 */
export type Tool = wire.Named<typeof Tool>["union" | "name"]

/**
 * Configuration to send for one built-in tool of the sandbox.
 * @category models
 */
export interface SandboxToolConfigParams<Name extends SandboxToolName = SandboxToolName> {
  /** The tool. */
  readonly name: Name
  /** The same as `name`. */
  readonly type?: Name | undefined
  /** True if the agent may use the tool; the toolset's `default_config` decides if absent. */
  readonly enabled?: boolean | null | undefined
  /** The toolset's `default_config` decides if absent. */
  readonly permission_policy?: PermissionPolicy | null | undefined
}

/**
 * {@link SandboxToolConfigParams} as it is on the wire.
 * @category models
 */
export interface SandboxToolConfigParamsEncoded<Name extends SandboxToolName = SandboxToolName> {
  readonly name: Name
  readonly type?: Name | undefined
  readonly enabled?: boolean | null | undefined
  readonly permission_policy?: typeof PermissionPolicy.Encoded | null | undefined
}

const sandboxToolParams = <const Name extends SandboxToolName>(
  identifier: string,
  name: Name
): Schema.Schema<SandboxToolConfigParams<Name>, SandboxToolConfigParamsEncoded<Name>> =>
  wire.struct(identifier, {
    name: Schema.Literal(name),
    type: Schema.optional(Schema.Literal(name)),
    enabled: Schema.optional(Schema.NullOr(Schema.Boolean)),
    permission_policy: Schema.optional(Schema.NullOr(PermissionPolicy))
  })

const Shorthand = Schema.Literal("all", "none")

const UrlSourceToolListParams = wire.struct("UrlSourceToolListParams", {
  type: Schema.Literal("only", "except"),
  /** 1 to 128 tools, no two alike. */
  tools: params.list(ToolReference, { min: 1, max: 128 }).pipe(
    params.distinct((reference) => reference.name)
  )
})

/**
 * Which tools' results may contribute URLs: `"all"`, `"none"`, `only` some or all `except` some.
 * @category schemas
 */
export const UrlSourceToolFilterParams = Schema.Union(
  Shorthand,
  wire.openUnion("UrlSourceToolFilterObjectParams", [UrlSourceAllOrNone, UrlSourceToolListParams])
).annotations({ identifier: "UrlSourceToolFilterParams" })

/**
 * The values of {@link UrlSourceToolFilterParams}.
 * @category models
 */
export type UrlSourceToolFilterParams = wire.Named<typeof UrlSourceToolFilterParams>["union" | "name"]

/**
 * Permission for the text of user messages to contribute URLs.
 * @category schemas
 */
export const UrlSourceUserInputParams = Schema.Union(Shorthand, UrlSourceUserInput).annotations({
  identifier: "UrlSourceUserInputParams"
})

/**
 * The values of {@link UrlSourceUserInputParams}.
 * @category models
 */
export type UrlSourceUserInputParams = wire.Named<typeof UrlSourceUserInputParams>["union" | "name"]

const isNone = (source: unknown): boolean =>
  source === "none" || (typeof source === "object" && source !== null && "type" in source && source.type === "none")

const UrlSourcesParams_ = wire.struct("UrlSourcesParams", {
  /** Results of custom tools, each of which must be among the same `tools`; the default is `"all"`. */
  client_tool_results: Schema.optional(Schema.NullOr(UrlSourceToolFilterParams)),
  /** Results of `web_search` and `web_fetch`; the default is `"all"`. */
  server_tool_results: Schema.optional(Schema.NullOr(UrlSourceToolFilterParams)),
  /** The text of user messages; the default is `"all"`. */
  user_input: Schema.optional(Schema.NullOr(UrlSourceUserInputParams))
}).pipe(Schema.filter((sources) => {
  if (isNone(sources.client_tool_results) && isNone(sources.server_tool_results) && isNone(sources.user_input)) {
    return "must not have all three sources set to none"
  }
  return referencedTools(sources.server_tool_results).flatMap((name, index) =>
    name === "web_search" || name === "web_fetch" ? [] : [{
      path: ["server_tool_results", "tools", index, "name"],
      message: "must be web_search or web_fetch"
    }]
  )
}, { identifier: "UrlSourcesParams", jsonSchema: {} }))

/**
 * Sources of the URLs that `web_fetch` may fetch; not all three sources may be `none`.
 * @category models
 */
export interface UrlSourcesParams extends Schema.Schema.Type<typeof UrlSourcesParams_> {}

/**
 * Schema of {@link UrlSourcesParams}.
 * @category schemas
 */
export const UrlSourcesParams: Schema.Schema<UrlSourcesParams, typeof UrlSourcesParams_.Encoded> = UrlSourcesParams_

const domains = {
  /** 1 to 64 plain host names: only these and their subdomains. Excludes `blocked_domains`. */
  allowed_domains: Schema.optional(params.list(Schema.String, { min: 1, max: 64 })),
  /** 1 to 64 plain host names: never these nor their subdomains. Excludes `allowed_domains`. */
  blocked_domains: Schema.optional(params.list(Schema.String, { min: 1, max: 64 }))
}

const exclusiveDomains = (
  config: {
    readonly allowed_domains?: ReadonlyArray<string> | undefined
    readonly blocked_domains?: ReadonlyArray<string> | undefined
  }
): Schema.FilterOutput =>
  config.allowed_domains === undefined || config.blocked_domains === undefined ? true : {
    path: ["blocked_domains"],
    message: "must not be combined with allowed_domains"
  }

const WebFetchToolConfigParams_ = wire.struct("WebFetchToolConfigParams", {
  /** The tool. */
  name: Schema.Literal("web_fetch"),
  type: Schema.optional(Schema.Literal("web_fetch")),
  /** True if the agent may use the tool; the toolset's `default_config` decides if absent. */
  enabled: Schema.optional(Schema.NullOr(Schema.Boolean)),
  /** The toolset's `default_config` decides if absent. */
  permission_policy: Schema.optional(Schema.NullOr(PermissionPolicy)),
  ...domains,
  /** The most tokens of fetched text that one call puts into the context; binary content does not count. */
  max_content_tokens: Schema.optional(Schema.NullOr(Schema.Int)),
  /** Sources of the URLs to fetch; any if absent. */
  url_sources: Schema.optional(Schema.NullOr(UrlSourcesParams))
}).pipe(Schema.filter(exclusiveDomains, { identifier: "WebFetchToolConfigParams", jsonSchema: {} }))

/**
 * Configuration to send for the built-in tool `web_fetch`.
 * @category models
 */
export interface WebFetchToolConfigParams extends Schema.Schema.Type<typeof WebFetchToolConfigParams_> {}

/**
 * Schema of {@link WebFetchToolConfigParams}.
 * @category schemas
 */
export const WebFetchToolConfigParams: Schema.Schema<
  WebFetchToolConfigParams,
  typeof WebFetchToolConfigParams_.Encoded
> = WebFetchToolConfigParams_

const WebSearchToolConfigParams_ = wire.struct("WebSearchToolConfigParams", {
  /** The tool. */
  name: Schema.Literal("web_search"),
  type: Schema.optional(Schema.Literal("web_search")),
  /** True if the agent may use the tool; the toolset's `default_config` decides if absent. */
  enabled: Schema.optional(Schema.NullOr(Schema.Boolean)),
  /** The toolset's `default_config` decides if absent. */
  permission_policy: Schema.optional(Schema.NullOr(PermissionPolicy)),
  ...domains,
  /** The supposed location of the user. */
  user_location: Schema.optional(Schema.NullOr(UserLocation))
}).pipe(Schema.filter(exclusiveDomains, { identifier: "WebSearchToolConfigParams", jsonSchema: {} }))

/**
 * Configuration to send for the built-in tool `web_search`.
 * @category models
 */
export interface WebSearchToolConfigParams extends Schema.Schema.Type<typeof WebSearchToolConfigParams_> {}

/**
 * Schema of {@link WebSearchToolConfigParams}.
 * @category schemas
 */
export const WebSearchToolConfigParams: Schema.Schema<
  WebSearchToolConfigParams,
  typeof WebSearchToolConfigParams_.Encoded
> = WebSearchToolConfigParams_

/**
 * Configuration to send for one built-in tool, discriminated by `name`.
 * @category schemas
 */
export const ToolConfigParams = wire.openUnion("ToolConfigParams", [
  sandboxToolParams("BashToolConfigParams", "bash"),
  sandboxToolParams("EditToolConfigParams", "edit"),
  sandboxToolParams("ReadToolConfigParams", "read"),
  sandboxToolParams("WriteToolConfigParams", "write"),
  sandboxToolParams("GlobToolConfigParams", "glob"),
  sandboxToolParams("GrepToolConfigParams", "grep"),
  WebFetchToolConfigParams,
  WebSearchToolConfigParams
], "name")

/**
 * The values of {@link ToolConfigParams}.
 * @category models
 */
export type ToolConfigParams = wire.Named<typeof ToolConfigParams>["union" | "name"]

/**
 * Configuration to send for one tool of an MCP server.
 * @category schemas
 */
export class McpToolConfigParams extends wire.Struct<McpToolConfigParams>()("McpToolConfigParams", {
  /** 1 to 128 characters. */
  name: params.text({ nonEmpty: true, max: 128 }),
  /** True if the agent may use the tool; the toolset's `default_config` decides if absent. */
  enabled: Schema.optional(Schema.NullOr(Schema.Boolean)),
  /** The toolset's `default_config` decides if absent. */
  permission_policy: Schema.optional(Schema.NullOr(PermissionPolicy))
}) {}

/**
 * Gives the agent the built-in tools.
 * @category schemas
 */
export class AgentToolsetParams extends wire.Struct<AgentToolsetParams>()("AgentToolsetParams", {
  type: Schema.Literal("agent_toolset_20260401"),
  /** Tools that differ from `default_config`, each at most once. */
  configs: Schema.optional(
    Schema.Array(ToolConfigParams).pipe(params.distinct((config) => String(config.name)))
  ),
  /** Configuration of all other tools of the set. */
  default_config: Schema.optional(Schema.NullOr(DefaultConfigParams))
}) {}

/**
 * Gives the agent the tools of one MCP server.
 * @category schemas
 */
export class McpToolsetParams extends wire.Struct<McpToolsetParams>()("McpToolsetParams", {
  type: Schema.Literal("mcp_toolset"),
  /** The `name` of one of the agent's `mcp_servers`, 1 to 255 characters. */
  mcp_server_name: params.text({ nonEmpty: true, max: 255 }),
  /** Tools that differ from `default_config`, each at most once. */
  configs: Schema.optional(Schema.Array(McpToolConfigParams).pipe(params.distinct((config) => config.name))),
  /** Configuration of all other tools of the server. */
  default_config: Schema.optional(Schema.NullOr(DefaultConfigParams))
}) {}

const reserved = ["mcp__", "ant__"]

/**
 * Gives the agent a tool that the client runs.
 * @category schemas
 */
export class CustomToolParams extends wire.Struct<CustomToolParams>()("CustomToolParams", {
  type: Schema.Literal("custom"),
  /** 1 to 128 letters, digits, `_` and `-`, unique among the tools, not starting with `mcp__` or `ant__`. */
  name: params.matching(/^[A-Za-z0-9_-]{1,128}$/, "1 to 128 letters, digits, underscores and hyphens").pipe(
    Schema.filter((name) => {
      const prefix = reserved.find((prefix) => name.startsWith(prefix))
      return prefix === undefined || `must not begin with ${prefix}, which is reserved`
    }, { jsonSchema: {} })
  ),
  /** The description of the tool that the agent reads. */
  description: Schema.String,
  /** The JSON Schema of the input. */
  input_schema: InputSchema
}) {}

/**
 * A tool or toolset to give to an agent.
 * @category schemas
 */
export const ToolParams = wire.openUnion("AgentToolParams", [AgentToolsetParams, McpToolsetParams, CustomToolParams])

/**
 * The values of {@link ToolParams}.
 * @category models
 */
export type ToolParams = wire.Named<typeof ToolParams>["union" | "name"]

/** The names that an `only` or `except` list mentions. */
const referencedTools = (filter: UrlSourceToolFilterParams | null | undefined): ReadonlyArray<string> =>
  typeof filter === "object" && filter !== null && (filter.type === "only" || filter.type === "except")
    ? filter.tools.map((tool) => tool.name)
    : []

/** An `only` or `except` list of client tools names custom tools that come with it. */
const checkReferences = (tools: ReadonlyArray<ToolParams>): ReadonlyArray<Schema.FilterIssue> => {
  const custom = new Set(tools.flatMap((tool) => tool.type === "custom" ? [tool.name] : []))
  const issues: Array<Schema.FilterIssue> = []
  for (const [tool, toolset] of tools.entries()) {
    if (toolset.type !== "agent_toolset_20260401") continue
    for (const [index, config] of (toolset.configs ?? []).entries()) {
      if (config.name !== "web_fetch") continue
      for (const [i, name] of referencedTools(config.url_sources?.client_tool_results).entries()) {
        if (custom.has(name)) continue
        issues.push({
          path: [tool, "configs", index, "url_sources", "client_tool_results", "tools", i, "name"],
          message: "must be the name of a custom tool among the same tools"
        })
      }
    }
  }
  return issues
}

const tools = (identifier: string, max: number) =>
  params.list(ToolParams, { max }).pipe(
    params.distinct((tool) => tool.type === "custom" ? tool.name : undefined),
    Schema.filter(checkReferences, { jsonSchema: {} })
  ).annotations({ identifier })

/**
 * The tools to give to the agent of a session: at most 128, no two custom tools of one name.
 * @category schemas
 */
export const ToolsParams = tools("AgentToolsParams", 128)

/**
 * The tools to give to a saved agent: at most 256, no two custom tools of one name.
 * @category schemas
 */
export const SavedToolsParams = tools("SavedAgentToolsParams", 256)
