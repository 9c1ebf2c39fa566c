/**
 * Events of webhooks: a few words on what has changed, to be looked up.
 *
 * They are sent at least once and in no order. Their types are not those of the events of a session: a session that
 * became idle is `session.status_idled` here and `session.status_idle` there.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import {
  AgentId,
  CredentialId,
  DeploymentId,
  EnvironmentId,
  MemoryStoreId,
  SessionId,
  ThreadId,
  VaultId
} from "./Ids.ts"
import * as wire from "./internal/schema/wire.ts"
import { Timestamp } from "./Timestamp.ts"

const owner = {
  /** The organisation that it belongs to. */
  organization_id: Schema.String,
  /** The workspace that it belongs to. */
  workspace_id: Schema.String
}

/**
 * A session has changed.
 * @category schemas
 */
export class SessionData extends wire.Struct<SessionData>()("WebhookSessionData", {
  type: Schema.Literal(
    "session.created",
    "session.pending",
    "session.running",
    "session.idled",
    "session.requires_action",
    "session.archived",
    "session.deleted",
    "session.status_rescheduled",
    "session.status_run_started",
    "session.status_idled",
    "session.status_terminated",
    "session.outcome_evaluation_ended",
    "session.updated",
    "session.budget_reached"
  ),
  /** The session. */
  id: SessionId,
  ...owner
}) {}

/**
 * A thread of a session has changed.
 * @category schemas
 */
export class ThreadData extends wire.Struct<ThreadData>()("WebhookThreadData", {
  type: Schema.Literal("session.thread_created", "session.thread_idled", "session.thread_terminated"),
  /** The session. */
  id: SessionId,
  /** The thread. */
  session_thread_id: ThreadId,
  ...owner
}) {}

/**
 * An agent has changed.
 * @category schemas
 */
export class AgentData extends wire.Struct<AgentData>()("WebhookAgentData", {
  type: Schema.Literal("agent.created", "agent.updated", "agent.archived", "agent.deleted"),
  /** The agent. */
  id: AgentId,
  ...owner
}) {}

/**
 * An environment has changed.
 * @category schemas
 */
export class EnvironmentData extends wire.Struct<EnvironmentData>()("WebhookEnvironmentData", {
  type: Schema.Literal("environment.created", "environment.updated", "environment.archived", "environment.deleted"),
  /** The environment. */
  id: EnvironmentId,
  ...owner
}) {}

/**
 * A deployment has changed.
 * @category schemas
 */
export class DeploymentData extends wire.Struct<DeploymentData>()("WebhookDeploymentData", {
  type: Schema.Literal(
    "deployment.created",
    "deployment.updated",
    "deployment.paused",
    "deployment.unpaused",
    "deployment.archived",
    "deployment.deleted"
  ),
  /** The deployment. */
  id: DeploymentId,
  ...owner
}) {}

/**
 * A run of a deployment has started or ended.
 * @category schemas
 */
export class DeploymentRunData extends wire.Struct<DeploymentRunData>()("WebhookDeploymentRunData", {
  type: Schema.Literal("deployment_run.started", "deployment_run.succeeded", "deployment_run.failed"),
  /** The run. */
  id: Schema.String,
  ...owner
}) {}

/**
 * A vault has changed.
 * @category schemas
 */
export class VaultData extends wire.Struct<VaultData>()("WebhookVaultData", {
  type: Schema.Literal("vault.created", "vault.archived", "vault.deleted"),
  /** The vault. */
  id: VaultId,
  ...owner
}) {}

/**
 * A credential has changed, or could not be refreshed.
 * @category schemas
 */
export class CredentialData extends wire.Struct<CredentialData>()("WebhookCredentialData", {
  type: Schema.Literal(
    "vault_credential.created",
    "vault_credential.archived",
    "vault_credential.deleted",
    "vault_credential.refresh_failed"
  ),
  /** The credential. */
  id: CredentialId,
  /** The vault that it is in. */
  vault_id: VaultId,
  ...owner
}) {}

/**
 * A memory store has changed.
 * @category schemas
 */
export class MemoryStoreData extends wire.Struct<MemoryStoreData>()("WebhookMemoryStoreData", {
  type: Schema.Literal("memory_store.created", "memory_store.archived", "memory_store.deleted"),
  /** The memory store. */
  id: MemoryStoreId,
  ...owner
}) {}

/**
 * A user profile, an external key or an external storage of the organisation has changed.
 * @category schemas
 */
export class OrganizationData extends wire.Struct<OrganizationData>()("WebhookOrganizationData", {
  type: Schema.Literal(
    "user_profile.program_status_updated",
    "external_key.failed",
    "external_key.recovered",
    "external_storage.failed",
    "external_storage.recovered"
  ),
  /** Identifies what has changed. */
  id: Schema.String,
  /** The organisation that it belongs to. */
  organization_id: owner.organization_id
}) {}

/**
 * A measure against a user profile was opened or resolved.
 * @category schemas
 */
export class EnforcementData extends wire.Struct<EnforcementData>()("WebhookEnforcementData", {
  type: Schema.Literal("user_profile.enforcement_action_opened", "user_profile.enforcement_action_resolved"),
  /** The user profile. */
  id: Schema.String,
  /** The measure. */
  enforcement_action_id: Schema.String,
  /** The organisation that it belongs to. */
  organization_id: owner.organization_id
}) {}

/**
 * The object that has changed, and how.
 * @category schemas
 */
export const Data = wire.openUnion("WebhookData", [
  SessionData,
  ThreadData,
  AgentData,
  EnvironmentData,
  DeploymentData,
  DeploymentRunData,
  VaultData,
  CredentialData,
  MemoryStoreData,
  OrganizationData,
  EnforcementData
])

/**
 * The values of {@link Data}.
 * @category models
 */
export type Data = wire.Named<typeof Data>["union" | "name"]

/**
 * An event of a webhook.
 * @category schemas
 */
export class WebhookEvent extends wire.Struct<WebhookEvent>()("WebhookEvent", {
  type: Schema.Literal("event"),
  /** Identifies the event (`whe_…`). One that is delivered again has the same id. */
  id: Schema.String,
  /** When it happened. */
  created_at: Timestamp,
  /** The object that has changed, and how. */
  data: Data
}) {}
