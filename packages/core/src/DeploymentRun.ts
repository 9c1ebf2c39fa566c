/**
 * Runs of deployments: each names the session that it created, or says why there is none.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { DeploymentIdInput } from "./Ids.ts"
import { DeploymentId, DeploymentRunId, SessionId } from "./Ids.ts"
import { pausingErrors } from "./internal/schema/deploymentErrors.ts"
import * as params from "./internal/schema/params.ts"
import * as wire from "./internal/schema/wire.ts"
import { Reference } from "./SavedAgent.ts"
import { Timestamp } from "./Timestamp.ts"

const KnownError = wire.struct("KnownDeploymentRunError", {
  type: Schema.Literal(...pausingErrors, "session_creation_rejected_error", "session_rate_limited_error"),
  /** For people to read. */
  message: Schema.String
})

/**
 * The reason for which a run created no session.
 * @category schemas
 */
export const RunError = wire.openUnion("DeploymentRunError", [KnownError])

/**
 * The values of {@link RunError}.
 * @category models
 */
export type RunError = wire.Named<typeof RunError>["union" | "name"]

/**
 * The start of a run: by the schedule, or by somebody.
 * @category schemas
 */
export const Trigger = wire.openUnion("DeploymentTrigger", [
  wire.struct("ScheduleTrigger", {
    type: Schema.Literal("schedule"),
    /** The time of the schedule, of which there is one run at most. */
    scheduled_at: Timestamp
  }),
  wire.struct("ManualTrigger", { type: Schema.Literal("manual") })
])

/**
 * The values of {@link Trigger}.
 * @category models
 */
export type Trigger = wire.Named<typeof Trigger>["union" | "name"]

/**
 * A run of a deployment. It records the creation of a session, not what became of it.
 * @category schemas
 */
export class DeploymentRun extends wire.Struct<DeploymentRun>()("DeploymentRun", {
  type: Schema.Literal("deployment_run"),
  /** Names the run. */
  id: DeploymentRunId,
  /** The deployment. */
  deployment_id: DeploymentId,
  /** The agent, at the version that ran. */
  agent: Reference,
  /** The session that was created; `null` if none was. */
  session_id: Schema.NullOr(SessionId),
  /** Why none was created; `null` if one was. */
  error: Schema.NullOr(RunError),
  /** The start of the run. */
  trigger_context: Trigger,
  /** When the run was recorded. */
  created_at: Timestamp
}) {}

/**
 * Which runs to list.
 * @category schemas
 */
export class ListParams extends wire.Struct<ListParams>()("ListDeploymentRunsParams", {
  /** Only runs of this deployment. */
  deployment_id: Schema.optional(params.id<DeploymentIdInput>(DeploymentId)),
  /** True for runs that failed, false for those that created a session. */
  has_error: Schema.optional(Schema.Boolean),
  /** Only runs that were started this way. */
  trigger_type: Schema.optional(Schema.Literal("schedule", "manual")),
  /** Created after. */
  "created_at[gt]": Schema.optional(Timestamp),
  /** Created at or after. */
  "created_at[gte]": Schema.optional(Timestamp),
  /** Created before. */
  "created_at[lt]": Schema.optional(Timestamp),
  /** Created at or before. */
  "created_at[lte]": Schema.optional(Timestamp),
  /** Runs per page. */
  limit: Schema.optional(params.integer({ min: 1 })),
  /** The cursor of a page; `null` stands for the first one. */
  page: Schema.optional(Schema.NullOr(Schema.String))
}) {}
