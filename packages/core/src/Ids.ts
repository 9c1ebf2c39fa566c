/**
 * Identifiers, branded by what they identify so that a thread's id cannot be passed where a session's is expected.
 *
 * A call takes an identifier that the client gave, or a literal with the prefix: `events.list("sesn_1")`. One that comes
 * from outside is branded by its schema: `SessionId.make(text)`, or `Schema.Config("AGENT_ID", AgentId)`. At run time they
 * are opaque strings: the prefixes are what the service writes today, not a promise, and are not checked.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const make = <const Name extends string>(identifier: Name) =>
  Schema.String.pipe(Schema.brand(`@effect-managed-agents/core/${identifier}`)).annotations({ identifier })

/**
 * Identifies a session (`sesn_…`).
 * @category schemas
 */
export const SessionId = make("SessionId")

/**
 * Identifies a session.
 * @category models
 */
export type SessionId = typeof SessionId.Type

/**
 * Identifies a session in the arguments of a call.
 * @category models
 */
export type SessionIdInput = SessionId | `sesn_${string}`

/**
 * Identifies an event (`sevt_…`).
 * @category schemas
 */
export const EventId = make("EventId")

/**
 * Identifies an event.
 * @category models
 */
export type EventId = typeof EventId.Type

/**
 * Identifies an event in the arguments of a call.
 * @category models
 */
export type EventIdInput = EventId | `sevt_${string}`

/**
 * Identifies a thread of a session (`sthr_…`).
 * @category schemas
 */
export const ThreadId = make("ThreadId")

/**
 * Identifies a thread of a session.
 * @category models
 */
export type ThreadId = typeof ThreadId.Type

/**
 * Identifies a thread of a session in the arguments of a call.
 * @category models
 */
export type ThreadIdInput = ThreadId | `sthr_${string}`

/**
 * Identifies a resource mounted in a session (`sesrsc_…`).
 * @category schemas
 */
export const ResourceId = make("ResourceId")

/**
 * Identifies a resource mounted in a session.
 * @category models
 */
export type ResourceId = typeof ResourceId.Type

/**
 * Identifies a resource mounted in a session in the arguments of a call.
 * @category models
 */
export type ResourceIdInput = ResourceId | `sesrsc_${string}`

/**
 * Identifies an outcome (`outc_…`).
 * @category schemas
 */
export const OutcomeId = make("OutcomeId")

/**
 * Identifies an outcome.
 * @category models
 */
export type OutcomeId = typeof OutcomeId.Type

/**
 * Identifies an outcome in the arguments of a call.
 * @category models
 */
export type OutcomeIdInput = OutcomeId | `outc_${string}`

/**
 * Identifies a workflow run (`wrun_…`).
 * @category schemas
 */
export const WorkflowRunId = make("WorkflowRunId")

/**
 * Identifies a workflow run.
 * @category models
 */
export type WorkflowRunId = typeof WorkflowRunId.Type

/**
 * Identifies a workflow run in the arguments of a call.
 * @category models
 */
export type WorkflowRunIdInput = WorkflowRunId | `wrun_${string}`

/**
 * Identifies a phase of a workflow run.
 * @category schemas
 */
export const WorkflowRunPhaseId = make("WorkflowRunPhaseId")

/**
 * Identifies a phase of a workflow run.
 * @category models
 */
export type WorkflowRunPhaseId = typeof WorkflowRunPhaseId.Type

/**
 * Identifies an agent (`agent_…`).
 * @category schemas
 */
export const AgentId = make("AgentId")

/**
 * Identifies an agent.
 * @category models
 */
export type AgentId = typeof AgentId.Type

/**
 * Identifies an agent in the arguments of a call.
 * @category models
 */
export type AgentIdInput = AgentId | `agent_${string}`

/**
 * Identifies an environment (`env_…`).
 * @category schemas
 */
export const EnvironmentId = make("EnvironmentId")

/**
 * Identifies an environment.
 * @category models
 */
export type EnvironmentId = typeof EnvironmentId.Type

/**
 * Identifies an environment in the arguments of a call.
 * @category models
 */
export type EnvironmentIdInput = EnvironmentId | `env_${string}`

/**
 * Identifies an uploaded or session-scoped file (`file_…`).
 * @category schemas
 */
export const FileId = make("FileId")

/**
 * Identifies an uploaded or session-scoped file.
 * @category models
 */
export type FileId = typeof FileId.Type

/**
 * Identifies an uploaded or session-scoped file in the arguments of a call.
 * @category models
 */
export type FileIdInput = FileId | `file_${string}`

/**
 * Identifies a memory store (`memstore_…`).
 * @category schemas
 */
export const MemoryStoreId = make("MemoryStoreId")

/**
 * Identifies a memory store.
 * @category models
 */
export type MemoryStoreId = typeof MemoryStoreId.Type

/**
 * Identifies a memory store in the arguments of a call.
 * @category models
 */
export type MemoryStoreIdInput = MemoryStoreId | `memstore_${string}`

/**
 * Identifies a vault of credentials (`vlt_…`).
 * @category schemas
 */
export const VaultId = make("VaultId")

/**
 * Identifies a vault of credentials.
 * @category models
 */
export type VaultId = typeof VaultId.Type

/**
 * Identifies a vault of credentials in the arguments of a call.
 * @category models
 */
export type VaultIdInput = VaultId | `vlt_${string}`

/**
 * Identifies a credential in a vault (`vcrd_…`).
 * @category schemas
 */
export const CredentialId = make("CredentialId")

/**
 * Identifies a credential in a vault.
 * @category models
 */
export type CredentialId = typeof CredentialId.Type

/**
 * Identifies a credential in a vault in the arguments of a call.
 * @category models
 */
export type CredentialIdInput = CredentialId | `vcrd_${string}`

/**
 * Identifies a deployment (`depl_…`).
 * @category schemas
 */
export const DeploymentId = make("DeploymentId")

/**
 * Identifies a deployment.
 * @category models
 */
export type DeploymentId = typeof DeploymentId.Type

/**
 * Identifies a deployment in the arguments of a call.
 * @category models
 */
export type DeploymentIdInput = DeploymentId | `depl_${string}`

/**
 * Identifies a skill (`skill_…`).
 * @category schemas
 */
export const SkillId = make("SkillId")

/**
 * Identifies a skill.
 * @category models
 */
export type SkillId = typeof SkillId.Type

/**
 * Identifies a skill in the arguments of a call.
 * @category models
 */
export type SkillIdInput = SkillId | `skill_${string}`

/**
 * Identifies a version of a skill (`skver_…`).
 * @category schemas
 */
export const SkillVersionId = make("SkillVersionId")

/**
 * Identifies a version of a skill.
 * @category models
 */
export type SkillVersionId = typeof SkillVersionId.Type

/**
 * Identifies a version of a skill in the arguments of a call.
 * @category models
 */
export type SkillVersionIdInput = SkillVersionId | `skver_${string}`

/**
 * Identifies a work item of a self-hosted environment (`work_…`).
 * @category schemas
 */
export const WorkId = make("WorkId")

/**
 * Identifies a work item of a self-hosted environment.
 * @category models
 */
export type WorkId = typeof WorkId.Type

/**
 * Identifies a work item of a self-hosted environment in the arguments of a call.
 * @category models
 */
export type WorkIdInput = WorkId | `work_${string}`

/**
 * Identifies a run of a deployment (`drun_…`).
 * @category schemas
 */
export const DeploymentRunId = make("DeploymentRunId")

/**
 * Identifies a run of a deployment.
 * @category models
 */
export type DeploymentRunId = typeof DeploymentRunId.Type

/**
 * Identifies a run of a deployment in the arguments of a call.
 * @category models
 */
export type DeploymentRunIdInput = DeploymentRunId | `drun_${string}`

/**
 * Identifies a memory in a store (`mem_…`).
 * @category schemas
 */
export const MemoryId = make("MemoryId")

/**
 * Identifies a memory in a store.
 * @category models
 */
export type MemoryId = typeof MemoryId.Type

/**
 * Identifies a memory in a store in the arguments of a call.
 * @category models
 */
export type MemoryIdInput = MemoryId | `mem_${string}`

/**
 * Identifies a version of a memory (`memver_…`).
 * @category schemas
 */
export const MemoryVersionId = make("MemoryVersionId")

/**
 * Identifies a version of a memory.
 * @category models
 */
export type MemoryVersionId = typeof MemoryVersionId.Type

/**
 * Identifies a version of a memory in the arguments of a call.
 * @category models
 */
export type MemoryVersionIdInput = MemoryVersionId | `memver_${string}`
