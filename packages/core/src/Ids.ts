/**
 * Identifiers, branded by what they identify so that a thread's id cannot be passed where a session's is expected.
 *
 * They are opaque strings: the prefixes named here are what the service writes today, not a promise, and are not
 * checked. Brand one that comes from outside with its schema: `SessionId.make("sesn_…")`, or
 * `Schema.Config("AGENT_ID", AgentId)`.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * Identifies a session (`sesn_…`).
 *
 * @category schemas
 * @since 0.1.0
 */
export const SessionId = Schema.String.pipe(Schema.brand("@effect-managed-agents/core/SessionId")).annotations({
  identifier: "SessionId"
})

/**
 * Identifies a session.
 *
 * @category models
 * @since 0.1.0
 */
export type SessionId = typeof SessionId.Type

/**
 * Identifies an event (`sevt_…`).
 *
 * @category schemas
 * @since 0.1.0
 */
export const EventId = Schema.String.pipe(Schema.brand("@effect-managed-agents/core/EventId")).annotations({
  identifier: "EventId"
})

/**
 * Identifies an event.
 *
 * @category models
 * @since 0.1.0
 */
export type EventId = typeof EventId.Type

/**
 * Identifies a thread of a session (`sthr_…`).
 *
 * @category schemas
 * @since 0.1.0
 */
export const ThreadId = Schema.String.pipe(Schema.brand("@effect-managed-agents/core/ThreadId")).annotations({
  identifier: "ThreadId"
})

/**
 * Identifies a thread of a session.
 *
 * @category models
 * @since 0.1.0
 */
export type ThreadId = typeof ThreadId.Type

/**
 * Identifies a resource mounted in a session (`sesrsc_…`).
 *
 * @category schemas
 * @since 0.1.0
 */
export const ResourceId = Schema.String.pipe(Schema.brand("@effect-managed-agents/core/ResourceId")).annotations({
  identifier: "ResourceId"
})

/**
 * Identifies a resource mounted in a session.
 *
 * @category models
 * @since 0.1.0
 */
export type ResourceId = typeof ResourceId.Type

/**
 * Identifies an outcome (`outc_…`).
 *
 * @category schemas
 * @since 0.1.0
 */
export const OutcomeId = Schema.String.pipe(Schema.brand("@effect-managed-agents/core/OutcomeId")).annotations({
  identifier: "OutcomeId"
})

/**
 * Identifies an outcome.
 *
 * @category models
 * @since 0.1.0
 */
export type OutcomeId = typeof OutcomeId.Type

/**
 * Identifies a workflow run (`wrun_…`).
 *
 * @category schemas
 * @since 0.1.0
 */
export const WorkflowRunId = Schema.String.pipe(Schema.brand("@effect-managed-agents/core/WorkflowRunId")).annotations({
  identifier: "WorkflowRunId"
})

/**
 * Identifies a workflow run.
 *
 * @category models
 * @since 0.1.0
 */
export type WorkflowRunId = typeof WorkflowRunId.Type

/**
 * Identifies a phase of a workflow run.
 *
 * @category schemas
 * @since 0.1.0
 */
export const WorkflowRunPhaseId = Schema.String.pipe(Schema.brand("@effect-managed-agents/core/WorkflowRunPhaseId"))
  .annotations({ identifier: "WorkflowRunPhaseId" })

/**
 * Identifies a phase of a workflow run.
 *
 * @category models
 * @since 0.1.0
 */
export type WorkflowRunPhaseId = typeof WorkflowRunPhaseId.Type

/**
 * Identifies an agent (`agent_…`).
 *
 * @category schemas
 * @since 0.1.0
 */
export const AgentId = Schema.String.pipe(Schema.brand("@effect-managed-agents/core/AgentId")).annotations({
  identifier: "AgentId"
})

/**
 * Identifies an agent.
 *
 * @category models
 * @since 0.1.0
 */
export type AgentId = typeof AgentId.Type

/**
 * Identifies an environment (`env_…`).
 *
 * @category schemas
 * @since 0.1.0
 */
export const EnvironmentId = Schema.String.pipe(Schema.brand("@effect-managed-agents/core/EnvironmentId")).annotations({
  identifier: "EnvironmentId"
})

/**
 * Identifies an environment.
 *
 * @category models
 * @since 0.1.0
 */
export type EnvironmentId = typeof EnvironmentId.Type

/**
 * Identifies an uploaded or session-scoped file (`file_…`).
 *
 * @category schemas
 * @since 0.1.0
 */
export const FileId = Schema.String.pipe(Schema.brand("@effect-managed-agents/core/FileId")).annotations({
  identifier: "FileId"
})

/**
 * Identifies an uploaded or session-scoped file.
 *
 * @category models
 * @since 0.1.0
 */
export type FileId = typeof FileId.Type

/**
 * Identifies a memory store (`memstore_…`).
 *
 * @category schemas
 * @since 0.1.0
 */
export const MemoryStoreId = Schema.String.pipe(Schema.brand("@effect-managed-agents/core/MemoryStoreId")).annotations({
  identifier: "MemoryStoreId"
})

/**
 * Identifies a memory store.
 *
 * @category models
 * @since 0.1.0
 */
export type MemoryStoreId = typeof MemoryStoreId.Type

/**
 * Identifies a vault of credentials (`vlt_…`).
 *
 * @category schemas
 * @since 0.1.0
 */
export const VaultId = Schema.String.pipe(Schema.brand("@effect-managed-agents/core/VaultId")).annotations({
  identifier: "VaultId"
})

/**
 * Identifies a vault of credentials.
 *
 * @category models
 * @since 0.1.0
 */
export type VaultId = typeof VaultId.Type

/**
 * Identifies a credential in a vault (`vcrd_…`).
 *
 * @category schemas
 * @since 0.1.0
 */
export const CredentialId = Schema.String.pipe(Schema.brand("@effect-managed-agents/core/CredentialId")).annotations({
  identifier: "CredentialId"
})

/**
 * Identifies a credential in a vault.
 *
 * @category models
 * @since 0.1.0
 */
export type CredentialId = typeof CredentialId.Type

/**
 * Identifies a deployment (`depl_…`).
 *
 * @category schemas
 * @since 0.1.0
 */
export const DeploymentId = Schema.String.pipe(Schema.brand("@effect-managed-agents/core/DeploymentId")).annotations({
  identifier: "DeploymentId"
})

/**
 * Identifies a deployment.
 *
 * @category models
 * @since 0.1.0
 */
export type DeploymentId = typeof DeploymentId.Type

/**
 * Identifies a skill (`skill_…`).
 *
 * @category schemas
 * @since 0.1.0
 */
export const SkillId = Schema.String.pipe(Schema.brand("@effect-managed-agents/core/SkillId")).annotations({
  identifier: "SkillId"
})

/**
 * Identifies a skill.
 *
 * @category models
 * @since 0.1.0
 */
export type SkillId = typeof SkillId.Type
