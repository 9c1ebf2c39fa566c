/**
 * Sessions: what one is, and what it takes to create, change and list them.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Agent from "./Agent.ts"
import type { AgentIdInput, DeploymentIdInput, EnvironmentIdInput, MemoryStoreIdInput, VaultIdInput } from "./Ids.ts"
import { AgentId, DeploymentId, EnvironmentId, MemoryStoreId, SessionId, VaultId } from "./Ids.ts"
import { Metadata, MetadataPatch } from "./internal/schema/metadata.ts"
import * as params from "./internal/schema/params.ts"
import * as wire from "./internal/schema/wire.ts"
import * as Outcome from "./Outcome.ts"
import * as Resource from "./Resource.ts"
import { Timestamp } from "./Timestamp.ts"
import * as Usage from "./Usage.ts"
import * as UserEvent from "./UserEvent.ts"

const statuses = ["rescheduling", "running", "idle", "terminated"] as const

/**
 * Status of a session: waiting for input (`idle`, also after a finished turn), executing (`running`), waiting to
 * retry after a passing failure (`rescheduling`), or nothing any more (`terminated`, also when archived).
 * @category schemas
 */
export const Status = wire.openString("SessionStatus", ...statuses)

/**
 * The values of {@link Status}.
 * @category models
 */
export type Status = typeof Status.Type

/**
 * A session: an agent at work in an environment.
 * @category schemas
 */
export class Session extends wire.Struct<Session>()("Session", {
  type: Schema.Literal("session"),
  /** Names the session in every other call. */
  id: SessionId,
  /** The agent as it was when the session was created, and as updates of the session changed it since. */
  agent: Agent.SessionAgent,
  /** The environment of the sandbox. */
  environment_id: EnvironmentId,
  /** The deployment that the session was created from; absent or `null` for any other session. */
  deployment_id: wire.nullish(DeploymentId),
  /** For people to read; `null` if there is none. */
  title: Schema.NullOr(Schema.String),
  /** At most 16 pairs. */
  metadata: Schema.Record({ key: Schema.String, value: Schema.String }),
  /** The activity of the session. */
  status: Status,
  /** The resources in the sandbox. */
  resources: Schema.Array(Resource.Resource),
  /** The vaults whose credentials the agent may use. */
  vault_ids: Schema.Array(VaultId),
  /** One entry for each outcome that was defined. */
  outcome_evaluations: Schema.Array(Outcome.OutcomeEvaluation),
  /** The ceiling on the cost; absent or `null` for none. */
  budget: wire.nullish(Usage.Budget),
  /** The times for which it ran and existed. */
  stats: Usage.SessionStats,
  /** The consumption so far. */
  usage: Usage.SessionUsage,
  /** When the session was created. */
  created_at: Timestamp,
  /** When the session last changed. */
  updated_at: Timestamp,
  /** `null` for a session that is not archived. */
  archived_at: Schema.NullOr(Timestamp)
}) {}

/**
 * The confirmation that a session is gone, together with its events and its sandbox.
 * @category schemas
 */
export class DeletedSession extends wire.Struct<DeletedSession>()("DeletedSession", {
  type: Schema.Literal("session_deleted"),
  /** The session that is gone. */
  id: SessionId
}) {}

const checkInitialEvents = (events: ReadonlyArray<UserEvent.InitialEventParams>): ReadonlyArray<Schema.FilterIssue> => {
  const outcomes = events.flatMap((event, index) => event.type === "user.define_outcome" ? [index] : [])
  const files = events.reduce(
    (count, event) =>
      event.type !== "user.message"
        ? count
        : count + event.content.filter((block) => block.type === "document" && block.source.type === "file").length,
    0
  )
  return [
    ...outcomes.slice(1).map((index) => ({ path: [index], message: "must not define a second outcome" })),
    ...(files > 100 ? [{ path: [], message: "must have at most 100 documents that are files" }] : [])
  ]
}

const checkResources = (resources: ReadonlyArray<Resource.Params>): ReadonlyArray<string> => {
  const count = (type: Resource.Params["type"]) => resources.filter((resource) => resource.type === type).length
  return [
    ...(count("file") > 500 ? ["must have at most 500 files"] : []),
    ...(count("memory_store") > 8 ? ["must have at most 8 memory stores"] : [])
  ]
}

/**
 * Parameters of a new session.
 * @category schemas
 */
export class CreateParams extends wire.Struct<CreateParams>()("CreateSessionParams", {
  /** The agent: its id for the latest version, a reference to a version, or one with overrides. */
  agent: Agent.Params,
  /** The environment of the sandbox. */
  environment_id: params.id<EnvironmentIdInput>(EnvironmentId),
  /** For people to read. */
  title: Schema.optional(Schema.NullOr(Schema.String)),
  /** At most 16 pairs, keys of at most 64 and values of at most 512 characters. */
  metadata: Schema.optional(Metadata),
  /** The resources to mount in the sandbox: at most 500 files and 8 memory stores. */
  resources: Schema.optional(
    Schema.Array(Resource.Params).pipe(Schema.filter(checkResources, { jsonSchema: {} }))
  ),
  /** The vaults whose credentials the agent may use. */
  vault_ids: Schema.optional(Schema.Array(params.id<VaultIdInput>(VaultId))),
  /**
   * The events that the session starts to work on at once: at most 50 events, at most one outcome, at most 100
   * documents that are files.
   */
  initial_events: Schema.optional(
    params.list(UserEvent.InitialEventParams, { max: 50 }).pipe(Schema.filter(checkInitialEvents, { jsonSchema: {} }))
  ),
  /** A ceiling on the cost. It can only be set here, and then be changed or removed; absent for none. */
  budget: Schema.optional(Usage.BudgetParams)
}) {}

/**
 * Changes to a session; what is absent stays.
 * @category schemas
 */
export class UpdateParams extends wire.Struct<UpdateParams>()("UpdateSessionParams", {
  /** For people to read; `null` removes it. */
  title: Schema.optional(Schema.NullOr(Schema.String)),
  /**
   * A patch: a text sets the value of its key, `null` removes the key, and keys that are not mentioned stay. At most 16
   * pairs, keys of at most 64 and values of at most 512 characters.
   */
  metadata: Schema.optional(Schema.NullOr(MetadataPatch)),
  /** Only possible while the session is not running. */
  agent: Schema.optional(Agent.UpdateParams),
  /** Another ceiling, above what is spent already, or `null` for none; neither adds one nor brings one back. */
  budget: Schema.optional(Schema.NullOr(Usage.BudgetParams)),
  /** @deprecated Reserved: the service refuses every request that has it. Attach vaults when creating the session. */
  vault_ids: Schema.optional(Schema.Array(params.id<VaultIdInput>(VaultId)))
}) {}

const ListParams_ = wire.struct("ListSessionsParams", {
  /** Only sessions of this agent. */
  agent_id: Schema.optional(params.id<AgentIdInput>(AgentId)),
  /** Only sessions of this version of the agent; needs `agent_id`. */
  agent_version: Schema.optional(params.integer({ min: 1 })),
  /** Only sessions of this deployment. */
  deployment_id: Schema.optional(params.id<DeploymentIdInput>(DeploymentId)),
  /** Only sessions to which this memory store is attached. */
  memory_store_id: Schema.optional(params.id<MemoryStoreIdInput>(MemoryStoreId)),
  /** Only sessions with one of these statuses. */
  statuses: Schema.optional(Schema.Array(Schema.Literal(...statuses))),
  /** True to include archived and terminated sessions; the default is `false`. */
  include_archived: Schema.optional(Schema.Boolean),
  /** Created after. */
  "created_at[gt]": Schema.optional(Timestamp),
  /** Created at or after. */
  "created_at[gte]": Schema.optional(Timestamp),
  /** Created before. */
  "created_at[lt]": Schema.optional(Timestamp),
  /** Created at or before. */
  "created_at[lte]": Schema.optional(Timestamp),
  /** By time of creation; the default is `desc`, the newest first. */
  order: Schema.optional(Schema.Literal("asc", "desc")),
  /** Sessions per page. */
  limit: Schema.optional(params.integer({ min: 1 })),
  /** The cursor of a page, as another page gave it; `null` stands for the first one. */
  page: Schema.optional(Schema.NullOr(Schema.String))
}).pipe(Schema.filter((params) =>
  params.agent_version === undefined || params.agent_id !== undefined
    ? []
    : [{ path: ["agent_version"], message: "needs agent_id" }], { identifier: "ListSessionsParams", jsonSchema: {} }))

/**
 * Which sessions to list.
 * @category models
 */
export interface ListParams extends Schema.Schema.Type<typeof ListParams_> {}

/**
 * Schema of {@link ListParams}.
 * @category schemas
 */
export const ListParams: Schema.Schema<ListParams, typeof ListParams_.Encoded> = ListParams_
