/**
 * Deployments: an agent with all that its sessions need, to be run on a schedule or on demand.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Agent from "./Agent.ts"
import * as Content from "./Content.ts"
import type { AgentIdInput, EnvironmentIdInput, VaultIdInput } from "./Ids.ts"
import { AgentId, DeploymentId, EnvironmentId, FileId, MemoryStoreId, VaultId } from "./Ids.ts"
import { pausingErrors } from "./internal/schema/deploymentErrors.ts"
import { Metadata, MetadataPatch } from "./internal/schema/metadata.ts"
import * as params from "./internal/schema/params.ts"
import * as wire from "./internal/schema/wire.ts"
import * as Outcome from "./Outcome.ts"
import * as Resource from "./Resource.ts"
import { Reference } from "./SavedAgent.ts"
import { Timestamp } from "./Timestamp.ts"
import * as Usage from "./Usage.ts"
import * as UserEvent from "./UserEvent.ts"

const Message = wire.struct("DeploymentUserMessage", {
  type: Schema.Literal("user.message"),
  /** The content, in blocks. */
  content: Schema.Array(Content.MessageContent)
})

const DefineOutcome = wire.struct("DeploymentDefineOutcome", {
  type: Schema.Literal("user.define_outcome"),
  /** The task of the agent. */
  description: Schema.String,
  /** The rubric by which the outcome is graded. */
  rubric: Outcome.Rubric,
  /** After how many cycles of work and evaluation the agent gives up. */
  max_iterations: wire.nullish(wire.number)
})

const SystemMessage = wire.struct("DeploymentSystemMessage", {
  type: Schema.Literal("system.message"),
  /** The content, in blocks. */
  content: Schema.Array(Content.SystemMessageContent)
})

/**
 * An event that each session of a deployment begins with.
 * @category schemas
 */
export const InitialEvent = wire.openUnion("DeploymentInitialEvent", [Message, DefineOutcome, SystemMessage])

/**
 * The values of {@link InitialEvent}.
 * @category models
 */
export type InitialEvent = wire.Named<typeof InitialEvent>["union" | "name"]

const FileConfig = wire.struct("FileResourceConfig", {
  type: Schema.Literal("file"),
  /** The upload that each session gets a copy of. */
  file_id: FileId,
  /** The path of the copy; the default is `/mnt/session/uploads/<file_id>`. */
  mount_path: wire.nullish(Schema.String)
})

const GitHubRepositoryConfig = wire.struct("GitHubRepositoryResourceConfig", {
  type: Schema.Literal("github_repository"),
  /** The repository. */
  url: Schema.String,
  /** Absent or `null` for the default branch. */
  checkout: wire.nullish(Resource.Checkout),
  /** The path of the clone; the default is `/workspace/<repo>`. */
  mount_path: wire.nullish(Schema.String)
})

const MemoryStoreConfig = wire.struct("MemoryStoreResourceConfig", {
  type: Schema.Literal("memory_store"),
  /** The store. */
  memory_store_id: MemoryStoreId,
  /** The access that the agent has to the store; absent or `null` stands for `read_write`. */
  access: wire.nullish(wire.openString("MemoryStoreConfigAccess", "read_write", "read_only")),
  /** Instructions for the agent about using the store. */
  instructions: wire.nullish(Schema.String)
})

/**
 * Something to mount in each session of a deployment; a token is never sent back.
 * @category schemas
 */
export const ResourceConfig = wire.openUnion("ResourceConfig", [FileConfig, GitHubRepositoryConfig, MemoryStoreConfig])

/**
 * The values of {@link ResourceConfig}.
 * @category models
 */
export type ResourceConfig = wire.Named<typeof ResourceConfig>["union" | "name"]

/**
 * When a deployment runs.
 * @category schemas
 */
export class CronSchedule extends wire.Struct<CronSchedule>()("CronSchedule", {
  type: Schema.Literal("cron"),
  /** Minute, hour, day of month, month, day of week. */
  expression: Schema.String,
  /** An IANA name such as `Europe/Lisbon`. */
  timezone: Schema.String,
  /** When the last run on schedule started; absent or `null` if there was none. */
  last_run_at: wire.nullish(Timestamp),
  /** When it will run next, at most 5 times, each of which may be a little later. Empty when archived. */
  upcoming_runs_at: wire.optional(Schema.Array(Timestamp))
}) {}

/**
 * The schedule of a deployment.
 * @category schemas
 */
export const Schedule = wire.openUnion("Schedule", [CronSchedule])

/**
 * The values of {@link Schedule}.
 * @category models
 */
export type Schedule = wire.Named<typeof Schedule>["union" | "name"]

const PausedError = wire.struct("DeploymentPausedError", {
  type: Schema.Literal(...pausingErrors)
})

/**
 * Why a deployment is paused: by somebody, or by the error of a run.
 * @category schemas
 */
export const PausedReason = wire.openUnion("DeploymentPausedReason", [
  wire.struct("ManualPause", { type: Schema.Literal("manual") }),
  wire.struct("ErrorPause", {
    type: Schema.Literal("error"),
    /** The error of the run. */
    error: wire.openUnion("DeploymentPausedErrors", [PausedError])
  })
])

/**
 * The values of {@link PausedReason}.
 * @category models
 */
export type PausedReason = wire.Named<typeof PausedReason>["union" | "name"]

const statuses = ["active", "paused"] as const

/**
 * A deployment.
 * @category schemas
 */
export class Deployment extends wire.Struct<Deployment>()("Deployment", {
  type: Schema.Literal("deployment"),
  /** Names the deployment in every other call. */
  id: DeploymentId,
  /** For people to read. */
  name: Schema.String,
  /** For people to read; `null` if there is none. */
  description: Schema.NullOr(Schema.String),
  /** The agent, at the version that runs. */
  agent: Reference,
  /** The environment of the sandboxes. */
  environment_id: EnvironmentId,
  /** The events that each session begins with. */
  initial_events: Schema.Array(InitialEvent),
  /** The resources in each sandbox. */
  resources: Schema.Array(ResourceConfig),
  /** The vaults whose credentials the agent may use. */
  vault_ids: Schema.Array(VaultId),
  /** The ceiling on the cost of each session; absent or `null` for none. */
  budget: wire.nullish(Usage.Budget),
  /** `null` for a deployment that only runs on demand. */
  schedule: Schema.NullOr(Schedule),
  /** `paused` keeps the schedule from running; archived ones are `active`. */
  status: wire.openString("DeploymentStatus", ...statuses),
  /** Set while the deployment is paused, else `null`. */
  paused_reason: Schema.NullOr(PausedReason),
  /** At most 16 pairs. */
  metadata: Schema.Record({ key: Schema.String, value: Schema.String }),
  /** When the deployment was created. */
  created_at: Timestamp,
  /** When the deployment last changed. */
  updated_at: Timestamp,
  /** `null` for a deployment that is not archived. */
  archived_at: Schema.NullOr(Timestamp)
}) {}

/**
 * Event to begin each session with.
 * @category schemas
 */
export const InitialEventParams = wire.openUnion("DeploymentInitialEventParams", [
  UserEvent.MessageParams,
  UserEvent.DefineOutcomeParams,
  UserEvent.SystemMessageParams
])

/**
 * The values of {@link InitialEventParams}.
 * @category models
 */
export type InitialEventParams = wire.Named<typeof InitialEventParams>["union" | "name"]

/**
 * When to run.
 * @category schemas
 */
export class CronScheduleParams extends wire.Struct<CronScheduleParams>()("CronScheduleParams", {
  type: Schema.Literal("cron"),
  /** Minute, hour, day of month, month, day of week, such as `0 9 * * 1-5`; without seconds, `L`, `W`, `#`, `?`, `@daily`. */
  expression: params.nonEmptyText,
  /** An IANA name such as `Europe/Lisbon`. */
  timezone: params.nonEmptyText
}) {}

/**
 * Schedule of a deployment.
 * @category schemas
 */
export const ScheduleParams = wire.openUnion("ScheduleParams", [CronScheduleParams])

/**
 * The values of {@link ScheduleParams}.
 * @category models
 */
export type ScheduleParams = wire.Named<typeof ScheduleParams>["union" | "name"]

const AgentParams = Schema.Union(params.id<AgentIdInput>(AgentId), Agent.ReferenceParams)
const resources = params.list(Resource.Params, { max: 500 })
const vaults = params.list(params.id<VaultIdInput>(VaultId), { max: 50 })
const initialEvents = params.list(InitialEventParams, { min: 1, max: 50 })

/**
 * Parameters of a new deployment.
 * @category schemas
 */
export class CreateParams extends wire.Struct<CreateParams>()("CreateDeploymentParams", {
  /** For people to read; not empty. */
  name: params.nonEmptyText,
  /** The agent: its id for the version that is the latest now, or a reference to a version. */
  agent: AgentParams,
  /** The environment of the sandboxes. */
  environment_id: params.id<EnvironmentIdInput>(EnvironmentId),
  /** The events that each session begins with, 1 to 50. */
  initial_events: initialEvents,
  /** For people to read. */
  description: Schema.optional(Schema.NullOr(Schema.String)),
  /** The resources to mount in each sandbox, at most 500. */
  resources: Schema.optional(resources),
  /** The vaults whose credentials the agent may use, at most 50. */
  vault_ids: Schema.optional(vaults),
  /** A ceiling on the cost of each session. */
  budget: Schema.optional(Schema.NullOr(Usage.BudgetParams)),
  /** When to run; only on demand if absent. */
  schedule: Schema.optional(Schema.NullOr(ScheduleParams)),
  /** At most 16 pairs, keys of at most 64 and values of at most 512 characters. */
  metadata: Schema.optional(Metadata)
}) {}

/**
 * Changes to a deployment; what is absent stays. A list replaces the whole list.
 * @category schemas
 */
export class UpdateParams extends wire.Struct<UpdateParams>()("UpdateDeploymentParams", {
  /** Not empty. */
  name: Schema.optional(params.nonEmptyText),
  /** The agent: its id for the version that is the latest now, or a reference to a version. */
  agent: Schema.optional(AgentParams),
  /** The environment of the sandboxes. */
  environment_id: Schema.optional(params.id<EnvironmentIdInput>(EnvironmentId)),
  /** 1 to 50. */
  initial_events: Schema.optional(initialEvents),
  /** For people to read; `null` removes it. */
  description: Schema.optional(Schema.NullOr(Schema.String)),
  /** At most 500; `null` stands for none. */
  resources: Schema.optional(Schema.NullOr(resources)),
  /** At most 50; `null` stands for none. */
  vault_ids: Schema.optional(Schema.NullOr(vaults)),
  /** The ceiling of sessions to come; `null` removes it. */
  budget: Schema.optional(Schema.NullOr(Usage.BudgetParams)),
  /** `null` to run on demand only. */
  schedule: Schema.optional(Schema.NullOr(ScheduleParams)),
  /** A patch: `null` removes a key, and keys that are not mentioned stay. */
  metadata: Schema.optional(Schema.NullOr(MetadataPatch))
}) {}

const ListParams_ = wire.struct("ListDeploymentsParams", {
  /** Only deployments of this agent. */
  agent_id: Schema.optional(params.id<AgentIdInput>(AgentId)),
  /** Only deployments of this status; not together with `include_archived`. */
  status: Schema.optional(Schema.Literal(...statuses)),
  /** True to include archived deployments; the default is `false`. */
  include_archived: Schema.optional(Schema.Boolean),
  /** Created at or after. */
  "created_at[gte]": Schema.optional(Timestamp),
  /** Created at or before. */
  "created_at[lte]": Schema.optional(Timestamp),
  /** Deployments per page. */
  limit: Schema.optional(params.integer({ min: 1 })),
  /** The cursor of a page; `null` stands for the first one. */
  page: Schema.optional(Schema.NullOr(Schema.String))
}).pipe(Schema.filter((params) =>
  params.status === undefined || params.include_archived !== true
    ? []
    : [{ path: ["status"], message: "must not be combined with include_archived" }], {
  identifier: "ListDeploymentsParams",
  jsonSchema: {}
}))

/**
 * Which deployments to list.
 * @category models
 */
export interface ListParams extends Schema.Schema.Type<typeof ListParams_> {}

/**
 * Schema of {@link ListParams}.
 * @category schemas
 */
export const ListParams: Schema.Schema<ListParams, typeof ListParams_.Encoded> = ListParams_
