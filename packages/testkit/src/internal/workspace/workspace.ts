import type * as Agent from "@effect-managed-agents/core/Agent"
import type * as Resource from "@effect-managed-agents/core/Resource"
import * as Either from "effect/Either"
import type { Script } from "../../AgentScript.ts"
import { echo } from "../../AgentScript.ts"
import type { Rules } from "../../Rules.ts"
import type { AgentParams } from "../session/agents.ts"
import * as refusal from "../session/refusal.ts"
import type { Ruling } from "../session/refusal.ts"
import type { Micros } from "../session/timestamp.ts"
import * as agents from "./agents.ts"
import * as deployments from "./deployments.ts"
import * as environments from "./environments.ts"
import * as files from "./files.ts"
import * as memory from "./memory.ts"
import * as skills from "./skills.ts"
import * as vaults from "./vaults.ts"
import * as work from "./work.ts"

/** Everything that sessions refer to, and what the agents play. */
export interface Workspace {
  readonly agents: agents.Agents
  readonly deployments: deployments.Deployments
  readonly environments: environments.Environments
  /** The queues of the self-hosted ones. */
  readonly work: work.Work
  readonly memory: memory.Memory
  readonly files: files.Files
  readonly skills: skills.Skills
  readonly vaults: vaults.Vaults
  readonly scripts: ReadonlyMap<string, Script>
  /** The script of agents that have none of their own. */
  readonly otherwise: Script
}

/** The workspace that has nothing. */
export const empty: Workspace = {
  agents: agents.empty,
  deployments: deployments.empty,
  environments: environments.empty,
  work: work.empty,
  memory: memory.empty,
  files: files.empty,
  skills: skills.empty,
  vaults: vaults.empty,
  scripts: new Map(),
  otherwise: echo
}

const withEntry = <V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> =>
  new Map(map).set(key, value)

/** Creates an agent as a test defines it, or adds a version to it if there is anything to change. */
export const putAgent = (
  self: Workspace,
  id: string,
  params: AgentParams | undefined,
  now: Micros
): Ruling<{ readonly workspace: Workspace; readonly agent: typeof Agent.SessionAgent.Encoded }> =>
  Either.map(agents.put(self.agents, id, params, now), ([next, agent]) => ({
    workspace: { ...self, agents: next },
    agent
  }))

/** Sets what an agent plays from its next turn on. */
export const putScript = (self: Workspace, id: string, script: Script): Workspace => ({
  ...self,
  scripts: withEntry(self.scripts, id, script)
})

/** Copies a file that a session mounts, under the id of the copy. */
export const mountFile = (
  self: Workspace,
  sessionId: string,
  params: typeof Resource.Params.Encoded,
  mounted: typeof Resource.Resource.Encoded | undefined,
  now: Micros
): Workspace =>
  params.type === "file" && mounted?.type === "file"
    ? {
      ...self,
      files: files.mount(self.files, String(params.file_id), { id: String(mounted.file_id), sessionId, now })
    }
    : self

/** The script of an agent. */
export const scriptOf = (self: Workspace, agentId: string): Script => self.scripts.get(agentId) ?? self.otherwise

/** Standing of an id: of what is there, of what is there no more or archived, or of nothing that was ever here. */
type Standing = "there" | "archived" | "deleted" | "unknown"

/** Standing of what is kept, also when it is there no more. */
const standingOf = (
  kept: { readonly archivedAt: Micros | null; readonly isDeleted: boolean } | undefined
): Standing =>
  kept === undefined ? "unknown" : kept.isDeleted ? "deleted" : kept.archivedAt === null ? "there" : "archived"

interface Kind {
  readonly field: string
  readonly title: string
  /** True once something of the kind was created. */
  readonly isInUse: (self: Workspace) => boolean
  readonly standing: (self: Workspace, id: string) => Standing
  readonly reasons: { readonly archived: refusal.Reason; readonly missing: refusal.Reason }
}

const kinds: { readonly [K in "file" | "memory_store" | "skill" | "vault"]: Kind } = {
  file: {
    field: "file_id",
    title: "File",
    isInUse: (self) => [...self.files.values()].some(({ sessionId }) => sessionId === null),
    standing: (self, id) => {
      const kept = self.files.get(id)
      return kept === undefined ? "unknown" : kept.isDeleted ? "deleted" : "there"
    },
    reasons: { archived: "file_not_found_error", missing: "file_not_found_error" }
  },
  memory_store: {
    field: "memory_store_id",
    title: "Memory store",
    isInUse: (self) => self.memory.stores.size > 0,
    standing: (self, id) => standingOf(self.memory.stores.get(id)),
    reasons: { archived: "memory_store_archived_error", missing: "session_resource_not_found_error" }
  },
  skill: {
    field: "skills",
    title: "Skill",
    isInUse: (self) => self.skills.issued > 0,
    standing: (self, id) => self.skills.all.has(id) ? "there" : "unknown",
    reasons: { archived: "skill_not_found_error", missing: "skill_not_found_error" }
  },
  vault: {
    field: "vault_ids",
    title: "Vault",
    isInUse: (self) => self.vaults.vaults.size > 0,
    standing: (self, id) => standingOf(self.vaults.vaults.get(id)),
    reasons: { archived: "vault_archived_error", missing: "vault_not_found_error" }
  }
}

/** Refuses a reference to what is archived or deleted, and where it matters to what was never here. */
export const checkReference = (self: Workspace, rules: Rules, kind: keyof typeof kinds, id: string): Ruling<void> => {
  const { field, isInUse, reasons, standing, title } = kinds[kind]
  const missing = refusal.because(reasons.missing, refusal.notFound(`${title} ${id} not found.`))
  switch (standing(self, id)) {
    case "there":
      return Either.void
    case "archived":
      return refusal.because(reasons.archived, refusal.invalid(`${field}: ${title.toLowerCase()} ${id} is archived`))
    case "deleted":
      return missing
    case "unknown":
      return rules.strictReferences.includes(kind) || (rules.strictReferences.includes("created") && isInUse(self))
        ? missing
        : Either.void
  }
}

type Skills = typeof Agent.SessionAgent.Encoded["skills"]
type SkillsParams = ReadonlyArray<typeof Agent.SkillParams.Encoded>

/** Refuses a skill of the workspace that is not there, or not in this version. Those that the service brings are not known. */
export const checkSkills = (self: Workspace, rules: Rules, skills: Skills | SkillsParams): Ruling<void> =>
  Either.gen(function*() {
    for (const { skill_id: id, type, version } of skills) {
      if (type !== "custom") continue
      yield* checkReference(self, rules, "skill", String(id))
      const kept = self.skills.all.get(String(id))
      if (kept !== undefined && version !== undefined && version !== null) {
        yield* refusal.because("skill_not_found_error", skillVersion(kept, version))
      }
    }
  })

const skillVersion = (kept: skills.Kept, version: unknown) => skills.findVersion(kept, String(version))

/** The parameters of an agent with the versions of its skills: the latest, unless one is named. */
export const withSkills = <P extends { readonly skills?: SkillsParams | null | undefined }>(
  self: Workspace,
  rules: Rules,
  params: P
): Ruling<P> =>
  Either.map(checkSkills(self, rules, params.skills ?? []), () => {
    if (params.skills === undefined || params.skills === null) return params
    return {
      ...params,
      skills: params.skills.map((skill) => {
        const kept = skill.type === "custom" ? self.skills.all.get(String(skill.skill_id)) : undefined
        if (kept === undefined) return skill
        return { ...skill, version: Either.getOrThrow(skillVersion(kept, skill.version ?? "latest")).id }
      })
    }
  })
