import type * as Agent from "@effect-managed-agents/core/Agent"
import * as Either from "effect/Either"
import type { Script } from "../../AgentScript.ts"
import { echo } from "../../AgentScript.ts"
import type { Rules } from "../../Rules.ts"
import type { AgentParams } from "./agents.ts"
import * as agents from "./agents.ts"
import * as refusal from "./refusal.ts"
import type { Ruling } from "./refusal.ts"
import type { Environment } from "./state.ts"

/** A memory store that sessions may attach. */
export interface MemoryStore {
  readonly id: string
  readonly name: string
  readonly description?: string | undefined
  /** True if it is archived, so that no session can attach it any more. */
  readonly archived?: boolean | undefined
}

/** Registry of everything that sessions refer to: everything that other parts of the API would manage. */
export interface Registry {
  /** The versions of each agent, the first one first. */
  readonly agents: ReadonlyMap<string, ReadonlyArray<typeof Agent.SessionAgent.Encoded>>
  readonly scripts: ReadonlyMap<string, Script>
  /** The script of agents that have none of their own. */
  readonly otherwise: Script
  readonly environments: ReadonlyMap<string, Environment>
  readonly memoryStores: ReadonlyMap<string, MemoryStore>
  /** The ids of uploads. */
  readonly files: ReadonlySet<string>
  /** The ids of vaults. */
  readonly vaults: ReadonlySet<string>
}

/** The registry that knows nothing. */
export const empty: Registry = {
  agents: new Map(),
  scripts: new Map(),
  otherwise: echo,
  environments: new Map(),
  memoryStores: new Map(),
  files: new Set(),
  vaults: new Set()
}

const withEntry = <V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> =>
  new Map(map).set(key, value)

/** Adds an agent as it is. */
export const addAgent = (self: Registry, agent: typeof Agent.SessionAgent.Encoded): Registry => ({
  ...self,
  agents: withEntry(self.agents, agent.id, [...self.agents.get(agent.id) ?? [], agent])
})

/** Creates an agent, or adds a version to it if there is anything to change. */
export const putAgent = (
  self: Registry,
  id: string,
  params: AgentParams | undefined
): Ruling<{ readonly registry: Registry; readonly agent: typeof Agent.SessionAgent.Encoded }> => {
  const latest = self.agents.get(id)?.at(-1)
  if (latest !== undefined && params === undefined) return Either.right({ registry: self, agent: latest })
  const lookup = (other: string, version: number | undefined) =>
    resolveAgent(self, version === undefined ? other : { type: "agent", id: other, version })
  const next = latest === undefined
    ? agents.define(id, params ?? {}, lookup)
    : agents.revise(latest, params ?? {}, lookup)
  return Either.map(next, (agent) => ({ registry: addAgent(self, agent), agent }))
}

/** Sets what an agent plays from its next turn on. */
export const putScript = (self: Registry, id: string, script: Script): Registry => ({
  ...self,
  scripts: withEntry(self.scripts, id, script)
})

/** Adds or replaces an environment. */
export const putEnvironment = (self: Registry, environment: Environment): Registry => ({
  ...self,
  environments: withEntry(self.environments, environment.id, environment)
})

/** Adds a memory store. */
export const addMemoryStore = (self: Registry, store: MemoryStore): Registry => ({
  ...self,
  memoryStores: withEntry(self.memoryStores, store.id, store)
})

/** The script of an agent. */
export const scriptOf = (self: Registry, agentId: string): Script => self.scripts.get(agentId) ?? self.otherwise

/** The snapshot of an agent that a new session gets. */
export const resolveAgent = (
  self: Registry,
  params: typeof Agent.Params.Encoded
): Ruling<typeof Agent.SessionAgent.Encoded> => {
  const id = typeof params === "string" ? params : params.id
  // the tag of a reference that is not known is refused before it comes here
  const versions = self.agents.get(String(id))
  const latest = versions?.at(-1)
  if (versions === undefined || latest === undefined) return refusal.notFound(`Agent ${String(id)} not found.`)
  if (typeof params === "string") return Either.right(latest)
  if (params.type !== "agent" && params.type !== "agent_with_overrides") return Either.right(latest)
  const { version } = params
  const agent = version === undefined ? latest : versions.find((candidate) => candidate.version === version)
  if (agent === undefined) return refusal.notFound(`agent.version: ${version} not found`)
  if (params.type === "agent") return Either.right(agent)
  const { id: _, type: __, version: ___, ...overrides } = params
  return agents.override(agent, overrides)
}

/** The environment of a new session. */
export const resolveEnvironment = (self: Registry, id: string): Ruling<Environment> => {
  const environment = self.environments.get(id)
  return environment === undefined ? refusal.notFound(`Environment ${id} not found.`) : Either.right(environment)
}

const kinds = {
  file: { title: "File", has: (self: Registry, id: string) => self.files.has(id) },
  memory_store: { title: "Memory store", has: (self: Registry, id: string) => self.memoryStores.has(id) },
  vault: { title: "Vault", has: (self: Registry, id: string) => self.vaults.has(id) }
}

/** Refuses a reference to what does not exist, where that matters. */
export const checkReference = (self: Registry, rules: Rules, kind: keyof typeof kinds, id: string): Ruling<void> =>
  rules.strictReferences.includes(kind) && !kinds[kind].has(self, id)
    ? refusal.notFound(`${kinds[kind].title} ${id} not found.`)
    : Either.void
