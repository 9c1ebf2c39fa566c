/**
 * Fixtures of a simulator: the resources of which the examples of the API's reference speak, by their ids and
 * with their values.
 *
 * @since 0.1.0
 */
import type * as Agent from "@effect-managed-agents/core/Agent"
import type * as AgentTool from "@effect-managed-agents/core/AgentTool"
import * as Ids from "@effect-managed-agents/core/Ids"
import type * as Session from "@effect-managed-agents/core/Session"
import type * as Thread from "@effect-managed-agents/core/Thread"
import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
import * as agents from "./internal/session/agents.ts"
import type * as Simulator from "./Simulator.ts"

/**
 * The agent of {@link session}.
 * @category constants
 */
export const agentId = Ids.AgentId.make("agent_011CZkYpogX7uDKUyvBTophP")

/**
 * The agent to which that of {@link session} may delegate.
 * @category constants
 */
export const researcherId = Ids.AgentId.make("agent_011CZkYqphY8vELVzwCUpqiQ")

/**
 * A cloud environment.
 * @category constants
 */
export const environmentId = Ids.EnvironmentId.make("env_011CZkZ9X2dpNyB7HsEFoRfW")

/**
 * The file that is mounted in {@link session}.
 * @category constants
 */
export const fileId = Ids.FileId.make("file_011CNha8iCJcU1wXNR6q4V8w")

/**
 * The vault that {@link session} uses.
 * @category constants
 */
export const vaultId = Ids.VaultId.make("vlt_011CZkZDLs7fYzm1hXNPeRjv")

/**
 * A memory store that sessions may attach. The reference has no example of one.
 * @category constants
 */
export const memoryStoreId = Ids.MemoryStoreId.make("memstore_011CZkZEMt8gZan2iYOQfSkw")

/**
 * An idle session: {@link session}.
 * @category constants
 */
export const sessionId = Ids.SessionId.make("sesn_011CZkZAtmR3yMPDzynEDxu7")

/**
 * The primary thread of {@link session}. The reference has no example of one.
 * @category constants
 */
export const primaryThreadId = Ids.ThreadId.make("sthr_011CZkZUVz5nHivzFfWXYmAs")

/**
 * A child thread of {@link session}: {@link thread}.
 * @category constants
 */
export const threadId = Ids.ThreadId.make("sthr_011CZkZVWa6oIjw0rgXZpnBt")

/**
 * The file in {@link session}.
 * @category constants
 */
export const fileResourceId = Ids.ResourceId.make("sesrsc_011CZkZBJq5dWxk9fVLNcPht")

/**
 * The repository in {@link session}.
 * @category constants
 */
export const repositoryResourceId = Ids.ResourceId.make("sesrsc_011CZkZCKr6eXyl0gWMOdQiu")

/**
 * The agent {@link researcherId}.
 * @category constants
 */
export const researcher: typeof Agent.ResolvedAgent.Encoded = {
  id: researcherId,
  description: "A focused research subagent.",
  mcp_servers: [{ name: "example-mcp", type: "url", url: "https://example-server.modelcontextprotocol.io/sse" }],
  model: { id: "claude-sonnet-4-6", speed: "standard" },
  name: "Researcher",
  skills: [{ skill_id: "xlsx", type: "anthropic", version: "1" }],
  system: "You are a research subagent that gathers and summarises sources for the coordinating agent.",
  tools: [
    {
      configs: [{ enabled: true, name: "bash", type: "bash", permission_policy: { type: "always_allow" } }],
      default_config: { enabled: true, permission_policy: { type: "always_ask" } },
      type: "agent_toolset_20260401"
    }
  ],
  type: "agent",
  version: 1
}

/**
 * The agent {@link agentId}.
 * @category constants
 */
export const agent: typeof Agent.SessionAgent.Encoded = {
  id: agentId,
  description: "A general-purpose starter agent.",
  mcp_servers: [{ name: "example-mcp", type: "url", url: "https://example-server.modelcontextprotocol.io/sse" }],
  model: { id: "claude-sonnet-4-6", speed: "standard" },
  multiagent: { agents: [researcher], type: "coordinator" },
  name: "My First Agent",
  skills: [
    { skill_id: "xlsx", type: "anthropic", version: "1" },
    { skill_id: "skill_011CZkZFNu9hAbo3jZPRgTlx", type: "custom", version: "2" }
  ],
  system:
    "You are a general-purpose agent that can research, write code, run commands, and use connected tools to complete the user's task end to end.",
  tools: [
    {
      configs: [{ enabled: true, name: "bash", type: "bash", permission_policy: { type: "always_allow" } }],
      default_config: { enabled: true, permission_policy: { type: "always_ask" } },
      type: "agent_toolset_20260401"
    }
  ],
  type: "agent",
  version: 1
}

/**
 * The session {@link sessionId}.
 * @category constants
 */
export const session: typeof Session.Session.Encoded = {
  id: sessionId,
  agent,
  archived_at: null,
  created_at: "2026-03-15T10:00:00Z",
  environment_id: environmentId,
  metadata: {},
  outcome_evaluations: [
    {
      completed_at: "2026-03-15T10:02:31Z",
      description: "Produce a 2-page summary as summary.md",
      explanation: "All five sections present with inline citations.",
      iteration: 0,
      outcome_id: "outc_011CZkZRSw2kEfs6ncTVljxP",
      result: "satisfied",
      type: "outcome_evaluation"
    }
  ],
  resources: [
    {
      id: fileResourceId,
      created_at: "2026-03-15T10:00:00Z",
      file_id: fileId,
      mount_path: "/uploads/receipt.pdf",
      type: "file",
      updated_at: "2026-03-15T10:00:00Z"
    },
    {
      id: repositoryResourceId,
      created_at: "2026-03-15T10:00:00Z",
      mount_path: "/workspace/example-repo",
      type: "github_repository",
      updated_at: "2026-03-15T10:00:00Z",
      url: "https://github.com/example-org/example-repo",
      checkout: { name: "main", type: "branch" }
    }
  ],
  stats: { active_seconds: 0, duration_seconds: 0 },
  status: "idle",
  title: "Order #1234 inquiry",
  type: "session",
  updated_at: "2026-03-15T10:00:00Z",
  usage: {
    cache_creation: { ephemeral_1h_input_tokens: 0, ephemeral_5m_input_tokens: 0 },
    cache_read_input_tokens: 0,
    input_tokens: 0,
    output_tokens: 0
  },
  vault_ids: [vaultId]
}

/**
 * The thread {@link threadId}, of the agent {@link researcherId}.
 * @category constants
 */
export const thread: typeof Thread.Thread.Encoded = {
  id: threadId,
  agent: researcher,
  archived_at: null,
  created_at: "2026-03-15T10:00:00Z",
  parent_thread_id: primaryThreadId,
  session_id: sessionId,
  stats: { active_seconds: 0, duration_seconds: 0, startup_seconds: 0 },
  status: "idle",
  type: "session_thread",
  updated_at: "2026-03-15T10:00:00Z",
  usage: {
    cache_creation: { ephemeral_1h_input_tokens: 0, ephemeral_5m_input_tokens: 0 },
    cache_read_input_tokens: 0,
    input_tokens: 0,
    output_tokens: 0
  },
  workflow_run_id: null
}

/**
 * All of them.
 * @category constants
 */
export const docs: Simulator.Fixtures = {
  agents: [agent, { ...researcher, multiagent: null }],
  environments: [{ id: environmentId, type: "cloud" }],
  files: [fileId],
  memoryStores: [{ id: memoryStoreId, name: "User preferences", description: "" }],
  sessions: [session],
  threadIds: { [sessionId]: primaryThreadId },
  threads: [thread],
  vaults: [vaultId]
}

/**
 * Nothing.
 * @category constants
 */
export const none: Simulator.Fixtures = {}

/**
 * Tools to give to agents: a `Toolkit` of `@effect/ai`, or tools as in the requests of the API.
 * @category models
 */
export type Tools = ToolRunner.Tools | ReadonlyArray<typeof AgentTool.ToolParams.Encoded>

/** The identity of a tool among those of an agent. */
const toolKey = (tool: typeof AgentTool.Tool.Encoded): string =>
  tool.type === "custom"
    ? `custom ${tool.name}`
    : tool.type === "mcp_toolset"
    ? tool.mcp_server_name
    : String(tool.type)

/**
 * Gives all agents of the fixtures these tools too, in place of those of the same name or kind that they have: agents,
 * those that they may delegate to, and those of sessions.
 *
 * Throws if there is no agent, or if what is given are no tools, which are mistakes in the test.
 *
 * @example
 * ```ts
 * import * as Fixtures from "@effect-managed-agents/testkit/Fixtures"
 *
 * const fixtures = Fixtures.withTools(Fixtures.docs, [
 *   { type: "custom", name: "find_order", description: "Finds an order", input_schema: { type: "object" } }
 * ])
 *
 * assert.deepStrictEqual(fixtures.sessions?.[0]?.agent.tools.map(({ type }) => type), ["agent_toolset_20260401", "custom"])
 * ```
 *
 * @category combinators
 */
export const withTools = (fixtures: Simulator.Fixtures, tools: Tools): Simulator.Fixtures => {
  const params = "tools" in tools ? ToolRunner.definitions(tools) : tools
  const given = agents.resolveTools(params)
  const replaced = new Set(given.map(toolKey))
  const equip = <A extends typeof Agent.ResolvedAgent.Encoded>(agent: A): A => ({
    ...agent,
    tools: [...agent.tools.filter((tool) => !replaced.has(toolKey(tool))), ...given]
  })
  const equipTeam = (agent: typeof Agent.SessionAgent.Encoded): typeof Agent.SessionAgent.Encoded => ({
    ...equip(agent),
    multiagent: agents.mapRoster(agent.multiagent, equip)
  })
  const { agents: known = [], sessions = [], threads = [] } = fixtures
  if (known.length + sessions.length === 0) throw new Error("tools: the fixtures have no agent that could have them")
  return {
    ...fixtures,
    agents: known.map(equipTeam),
    sessions: sessions.map((session) => ({ ...session, agent: equipTeam(session.agent) })),
    threads: threads.map((one) => one.agent.type === "agent" ? { ...one, agent: equip(one.agent) } : one)
  }
}
