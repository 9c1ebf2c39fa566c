import type * as Agent from "@effect-managed-agents/core/Agent"
import type * as SavedAgent from "@effect-managed-agents/core/SavedAgent"
import * as Either from "effect/Either"
import type { AgentParams, MultiagentParams } from "../session/agents.ts"
import * as agents from "../session/agents.ts"
import { canonical } from "../session/canonical.ts"
import * as metadata from "../session/metadata.ts"
import type { Ruling } from "../session/refusal.ts"
import * as refusal from "../session/refusal.ts"
import type { Micros } from "../session/timestamp.ts"
import * as time from "../session/timestamp.ts"

type SessionAgent = typeof Agent.SessionAgent.Encoded

/** One version of an agent. */
export interface Version {
  /** As a session gets it, with the agents that it may delegate to as a whole. */
  readonly agent: SessionAgent
  readonly metadata: Readonly<Record<string, string>>
  readonly updatedAt: Micros
}

/** An agent with its versions. */
export interface Saved {
  readonly id: string
  /** The order of creation, which breaks ties of `created_at`. */
  readonly seq: number
  readonly createdAt: Micros
  readonly archivedAt: Micros | null
  /** The first one first. */
  readonly versions: readonly [Version, ...Array<Version>]
}

/** All agents, by id. */
export type Agents = ReadonlyMap<string, Saved>

/** No agents. */
export const empty: Agents = new Map()

/** Result of a change: all agents, and the one that was changed. */
export type Change = readonly [agents: Agents, agent: Saved]

const set = (self: Agents, saved: Saved): Change => [new Map(self).set(saved.id, saved), saved]

/** The latest version of an agent. */
const latest = ({ versions }: Saved): Version => versions[versions.length - 1] ?? versions[0]

/** An agent by its id. */
export const find = (self: Agents, id: string): Ruling<Saved> => {
  const saved = self.get(id)
  return saved === undefined ? refusal.notFound(`Agent ${id} not found.`) : Either.right(saved)
}

/** A version of an agent, by default the latest. */
export const versionOf = (saved: Saved, version: number | undefined): Ruling<Version> => {
  const found = version === undefined ? latest(saved) : saved.versions.find(({ agent }) => agent.version === version)
  return found === undefined ? refusal.notFound(`agent.version: ${version} not found`) : Either.right(found)
}

// ---------------------------------------------------------------------------------------------------------------------
// As the API shows them
// ---------------------------------------------------------------------------------------------------------------------

const reference = ({ id, version }: typeof Agent.ResolvedAgent.Encoded): typeof SavedAgent.Reference.Encoded => ({
  type: "agent",
  id,
  version
})

const rosterView = (multiagent: SessionAgent["multiagent"]): typeof SavedAgent.SavedAgent.Encoded["multiagent"] => {
  if (multiagent?.type === "coordinator") {
    return { ...multiagent, agents: multiagent.agents.map((one) => one.type === "agent" ? reference(one) : one) }
  }
  if (multiagent?.type !== "multiagent_20261001") return multiagent
  const group = (one: typeof Agent.AgentsSwitch.Encoded): typeof SavedAgent.AgentsSwitch.Encoded =>
    one.type === "enabled" ? { ...one, predefined_agents: one.predefined_agents.map(reference) } : one
  return { ...multiagent, subagents: group(multiagent.subagents), workflows: group(multiagent.workflows) }
}

/** An agent at a version as the API shows it. */
export const view = (
  saved: Saved,
  { agent, metadata, updatedAt }: Version = latest(saved)
): typeof SavedAgent.SavedAgent.Encoded => ({
  ...agent,
  multiagent: rosterView(agent.multiagent),
  metadata,
  created_at: time.format(saved.createdAt),
  updated_at: time.format(updatedAt),
  archived_at: saved.archivedAt === null ? null : time.format(saved.archivedAt)
})

// ---------------------------------------------------------------------------------------------------------------------
// In sessions
// ---------------------------------------------------------------------------------------------------------------------

/** The snapshot of an agent that a new session gets. */
export const resolve = (self: Agents, params: typeof Agent.Params.Encoded): Ruling<SessionAgent> =>
  Either.gen(function*() {
    // the tag of a reference that is not known is refused before it comes here
    const saved = yield* find(self, String(typeof params === "string" ? params : params.id))
    if (saved.archivedAt !== null) {
      return yield* refusal.because("agent_archived_error", refusal.invalid(`Agent ${saved.id} is archived.`))
    }
    if (typeof params === "string") return latest(saved).agent
    if (params.type !== "agent" && params.type !== "agent_with_overrides") return latest(saved).agent
    const { agent } = yield* versionOf(saved, params.version)
    if (params.type === "agent") return agent
    const { id: _, type: __, version: ___, ...overrides } = params
    return yield* agents.override(agent, overrides)
  })

const lookup = (self: Agents) => (id: string, version: number | undefined): Ruling<SessionAgent> =>
  resolve(self, version === undefined ? id : { type: "agent", id, version })

// ---------------------------------------------------------------------------------------------------------------------
// As tests define them
// ---------------------------------------------------------------------------------------------------------------------

/** Adds an agent as it is, or a version to one that is there. */
export const add = (self: Agents, agent: SessionAgent, now: Micros): Agents => {
  const saved = self.get(agent.id)
  const version: Version = { agent, metadata: saved === undefined ? {} : latest(saved).metadata, updatedAt: now }
  const [next] = set(
    self,
    saved === undefined
      ? { id: agent.id, seq: self.size, createdAt: now, archivedAt: null, versions: [version] }
      : { ...saved, versions: [...saved.versions, version] }
  )
  return next
}

/** Creates an agent, or adds a version to it if there is anything to change. */
export const put = (
  self: Agents,
  id: string,
  params: AgentParams | undefined,
  now: Micros
): Ruling<readonly [Agents, SessionAgent]> => {
  const saved = self.get(id)
  if (saved === undefined) {
    return Either.map(agents.define(id, params ?? {}, lookup(self)), (agent) => [add(self, agent, now), agent])
  }
  const { agent } = latest(saved)
  return params === undefined
    ? Either.right([self, agent])
    : Either.map(agents.revise(agent, params, lookup(self)), (next) => [add(self, next, now), next])
}

// ---------------------------------------------------------------------------------------------------------------------
// Through the API
// ---------------------------------------------------------------------------------------------------------------------

type CreateParams = typeof SavedAgent.CreateParams.Encoded
type UpdateParams = typeof SavedAgent.UpdateParams.Encoded
type Multiagent20261001 = Extract<MultiagentParams, { readonly type: "multiagent_20261001" }>
type Group = NonNullable<Multiagent20261001["subagents"]>

const texts = { name: 256, description: 2048, system: 100_000 } as const

/** Checks what core leaves to the service. */
const checkLimits = (params: CreateParams | UpdateParams): Ruling<void> => {
  for (const name of ["name", "description", "system"] as const) {
    const max = texts[name]
    if ((params[name]?.length ?? 0) > max) return refusal.invalid(`${name}: at most ${max} characters are allowed`)
  }
  return (params.skills?.length ?? 0) > 20 ? refusal.invalid("skills: at most 20 are allowed") : Either.void
}

/** Text that an agent may lack: an empty one removes it. */
const orNone = (text: string | null | undefined): string | null | undefined => text === "" ? null : text

/** Switches of threads or workflow runs, with the defaults of what is absent; objects of one type are merged. */
const group = (given: Group | null | undefined, stored: Group | null | undefined): Group => {
  if (given === undefined && stored !== undefined && stored !== null) return stored
  if (given?.type === "disabled") return { type: "disabled" }
  const before = given !== null && given !== undefined && stored?.type === "enabled" ? stored : undefined
  const { inline_agents, predefined_agents } = given ?? {}
  return {
    type: "enabled",
    inline_agents: inline_agents === undefined ? before?.inline_agents ?? enabled : inline_agents ?? enabled,
    predefined_agents: predefined_agents === undefined ? before?.predefined_agents ?? [] : predefined_agents ?? []
  }
}

const enabled = { type: "enabled" as const }

/** Cooperation as the API takes it, with the defaults of what is absent, merged into what the agent has. */
const multiagentOf = (
  given: CreateParams["multiagent"],
  stored: SessionAgent["multiagent"]
): Ruling<MultiagentParams | null | undefined> => {
  // an unknown kind of cooperation is refused before it comes here; those that are known are of this type
  const params = given as MultiagentParams | null | undefined
  if (params?.type !== "multiagent_20261001") return Either.right(params)
  // what is stored has the form of parameters, with the agents as a whole
  const before = stored?.type === "multiagent_20261001" ? stored as unknown as Multiagent20261001 : undefined
  const advisor = params.advisor === undefined ? before?.advisor : params.advisor
  const merged: Multiagent20261001 = {
    type: params.type,
    advisor: advisor ?? { type: "disabled" },
    subagents: group(params.subagents, before?.subagents),
    workflows: group(params.workflows, before?.workflows)
  }
  for (const name of ["subagents", "workflows"] as const) {
    const one = merged[name]
    if (one?.type === "enabled" && one.inline_agents?.type === "disabled" && one.predefined_agents?.length === 0) {
      return refusal.invalid(
        `multiagent.${name}.predefined_agents: must name at least one agent while inline_agents is disabled`
      )
    }
  }
  return Either.right(merged)
}

/** The parameters of an agent as tests give them. */
const paramsOf = (params: CreateParams | UpdateParams, stored: SessionAgent | undefined): Ruling<AgentParams> =>
  Either.map(multiagentOf(params.multiagent, stored?.multiagent ?? null), (multiagent) => ({
    name: params.name,
    description: orNone(params.description),
    model: params.model === undefined ? undefined : modelOf(params.model, stored),
    system: orNone(params.system),
    tools: params.tools === null ? [] : params.tools,
    mcp_servers: params.mcp_servers === null ? [] : params.mcp_servers,
    skills: params.skills === null ? [] : params.skills,
    multiagent,
    // an unknown kind of principal is refused before it comes here
    execution_identity: params.execution_identity as AgentParams["execution_identity"]
  }))

/** A model with an effort: that of the stored one, or the default. */
const modelOf = (
  params: NonNullable<CreateParams["model"]>,
  stored: SessionAgent | undefined
): typeof Agent.ModelConfigParams.Encoded => {
  const given = typeof params === "string" ? { id: params } : params
  return { ...given, effort: given.effort ?? stored?.model.effort ?? "high" }
}

/** Checks what the agent has become: all servers are used, and whom it may delegate to works alone. */
const checkResult = (self: Agents, agent: SessionAgent): Ruling<void> => {
  const used = new Set<unknown>(
    agent.tools.map((tool) => tool.type === "mcp_toolset" ? tool.mcp_server_name : undefined)
  )
  for (const [i, { name }] of agent.mcp_servers.entries()) {
    if (!used.has(name)) return refusal.invalid(`mcp_servers.${i}.name: must be used by an mcp_toolset in tools`)
  }
  if (agent.multiagent?.type !== "coordinator") return Either.void
  const seen = new Set<string>()
  for (const [i, one] of agent.multiagent.agents.entries()) {
    if (one.type !== "agent") continue
    if (seen.has(one.id)) return refusal.invalid(`multiagent.agents.${i}: agent ${one.id} is there twice`)
    seen.add(one.id)
    const version = self.get(one.id)?.versions.find((version) => version.agent.version === one.version)
    if (one.id !== agent.id && version !== undefined && version.agent.multiagent !== null) {
      return refusal.invalid(`multiagent.agents.${i}: agent ${one.id} delegates itself`)
    }
  }
  return Either.void
}

/** Problem of a part of an agent, whose path begins at the agent in requests on sessions. */
const atTop = <A>(ruling: Ruling<A>): Ruling<A> =>
  Either.mapLeft(ruling, (wrong) => ({ ...wrong, message: wrong.message.replace(/^agent\.(?!version)/, "") }))

/** Creates an agent. */
export const create = (self: Agents, id: string, params: CreateParams, now: Micros): Ruling<Change> =>
  Either.gen(function*() {
    yield* checkLimits(params)
    const agent = yield* atTop(agents.define(id, yield* paramsOf(params, undefined), lookup(self)))
    yield* checkResult(self, agent)
    const version: Version = { agent, metadata: params.metadata ?? {}, updatedAt: now }
    return set(self, { id, seq: self.size, createdAt: now, archivedAt: null, versions: [version] })
  })

/** The next version of an agent, which means itself where the version before did. */
const withSelf = (before: SessionAgent, agent: SessionAgent): SessionAgent => ({
  ...agent,
  multiagent: agents.mapRoster(
    agent.multiagent,
    (one) => one.id === before.id && one.version === before.version ? agents.threadAgent(agent) : one
  )
})

/** Adds a version to an agent, unless that would change nothing. */
export const update = (self: Agents, id: string, params: UpdateParams, now: Micros): Ruling<Change> =>
  Either.gen(function*() {
    const saved = yield* find(self, id)
    if (saved.archivedAt !== null) return yield* refusal.invalid("Cannot modify archived agent")
    const before = latest(saved)
    if (params.version !== undefined && params.version !== before.agent.version) {
      return yield* refusal.conflict("Concurrent modification detected. Please fetch the latest version and retry.")
    }
    yield* checkLimits(params)
    const bag = yield* metadata.patch(before.metadata, params.metadata ?? {})
    const agent = yield* atTop(agents.revise(before.agent, yield* paramsOf(params, before.agent), lookup(self)))
    yield* checkResult(self, agent)
    const unchanged = canonical([{ ...agent, version: before.agent.version }, bag])
    if (unchanged === canonical([before.agent, before.metadata])) return [self, saved] as const
    const version: Version = { agent: withSelf(before.agent, agent), metadata: bag, updatedAt: now }
    return set(self, { ...saved, versions: [...saved.versions, version] })
  })

/** Archives an agent, for good. Doing it again changes nothing. */
export const archive = (self: Agents, id: string, now: Micros): Ruling<Change> =>
  Either.map(
    find(self, id),
    (saved) => saved.archivedAt === null ? set(self, { ...saved, archivedAt: now }) : [self, saved]
  )
