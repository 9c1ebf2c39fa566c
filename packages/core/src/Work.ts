/**
 * Work items: what the sandboxes of a self-hosted environment take from its queue, and how they keep it.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { EnvironmentId, SessionId, WorkId } from "./Ids.ts"
import * as params from "./internal/schema/params.ts"
import * as wire from "./internal/schema/wire.ts"
import { Timestamp } from "./Timestamp.ts"

/**
 * A session to run in the environment.
 * @category schemas
 */
export class SessionData extends wire.Struct<SessionData>()("SessionWorkData", {
  type: Schema.Literal("session"),
  /** The session. */
  id: SessionId
}) {}

/**
 * A check of the health of the environment.
 * @category schemas
 */
export class HealthCheckData extends wire.Struct<HealthCheckData>()("HealthCheckWorkData", {
  type: Schema.Literal("healthcheck"),
  /** The check. */
  id: Schema.String
}) {}

/**
 * The work to do.
 * @category schemas
 */
export const Data = wire.openUnion("WorkData", [SessionData, HealthCheckData])

/**
 * The values of {@link Data}.
 * @category models
 */
export type Data = wire.Named<typeof Data>["union" | "name"]

/**
 * State of a work item.
 * @category schemas
 */
export const State = wire.openString("WorkState", "queued", "starting", "active", "stopping", "stopped")

/**
 * The values of {@link State}.
 * @category models
 */
export type State = typeof State.Type

/**
 * A work item of a self-hosted environment. There is one for each start of a session.
 * @category schemas
 */
export class Work extends wire.Struct<Work>()("Work", {
  type: Schema.Literal("work"),
  /** Names the work item in every other call. */
  id: WorkId,
  /** The environment. */
  environment_id: EnvironmentId,
  /** The work to do. */
  data: Data,
  /** The state of the work. */
  state: State,
  /** The secret that {@link credentials} reads; only a poll gives it, and it may be `null` even there. */
  secret: Schema.NullOr(Schema.Redacted(Schema.String)),
  /** Pairs of one's own. */
  metadata: Schema.Record({ key: Schema.String, value: Schema.String }),
  /** When the work was queued. */
  created_at: Timestamp,
  /** When a worker acknowledged it. */
  acknowledged_at: Schema.NullOr(Timestamp),
  /** When it started. */
  started_at: Schema.NullOr(Timestamp),
  /** When the last heartbeat came. */
  latest_heartbeat_at: Schema.NullOr(Timestamp),
  /** When it was asked to stop. */
  stop_requested_at: Schema.NullOr(Timestamp),
  /** When it stopped. */
  stopped_at: Schema.NullOr(Timestamp)
}) {}

/**
 * The answer to a heartbeat.
 * @category schemas
 */
export class Heartbeat extends wire.Struct<Heartbeat>()("WorkHeartbeat", {
  type: Schema.Literal("work_heartbeat"),
  /** The last heartbeat, to be passed on with the next one; empty if there is none. */
  last_heartbeat: Schema.String,
  /** True if the lease was extended. */
  lease_extended: Schema.Boolean,
  /** The state of the work. */
  state: State,
  /** The seconds for which the lease is valid. */
  ttl_seconds: wire.number
}) {}

/**
 * The state of a work queue.
 * @category schemas
 */
export class Stats extends wire.Struct<Stats>()("WorkQueueStats", {
  type: Schema.Literal("work_queue_stats"),
  /** Items that nobody has polled. */
  depth: wire.number,
  /** Items that were polled and not acknowledged. */
  pending: wire.number,
  /** When the oldest item was queued; `null` if there is none. */
  oldest_queued_at: Schema.NullOr(Timestamp),
  /** Workers that polled within 30 seconds; only those that give a worker id are counted. */
  workers_polling: Schema.NullOr(wire.number)
}) {}

/**
 * Which page of work items to list.
 * @category schemas
 */
export class ListParams extends wire.Struct<ListParams>()("ListWorkParams", {
  /** Items per page. */
  limit: Schema.optional(params.integer({ min: 1 })),
  /** The cursor of a page; `null` stands for the first one. */
  page: Schema.optional(Schema.NullOr(Schema.String))
}) {}

/**
 * Changes to the metadata of a work item.
 * @category schemas
 */
export class UpdateParams extends wire.Struct<UpdateParams>()("UpdateWorkParams", {
  /** A patch: `null` removes a key, and keys that are not mentioned stay. */
  metadata: Schema.Record({ key: Schema.String, value: Schema.NullOr(Schema.String) })
}) {}

/**
 * Parameters of a poll for work.
 * @category schemas
 */
export class PollParams extends wire.Struct<PollParams>()("PollWorkParams", {
  /** Milliseconds to wait for work, 1 to 999; absent for no wait. */
  block_ms: Schema.optional(Schema.NullOr(params.integer({ min: 1, max: 999 }))),
  /** Milliseconds after which an item that was polled and not acknowledged is given again; the default is 5,000. */
  reclaim_older_than_ms: Schema.optional(Schema.NullOr(params.integer({ min: 1 })))
}) {}

/**
 * Parameters of a heartbeat.
 * @category schemas
 */
export class HeartbeatParams extends wire.Struct<HeartbeatParams>()("WorkHeartbeatParams", {
  /** Seconds for which the lease is to be valid. */
  desired_ttl_seconds: Schema.optional(Schema.NullOr(params.integer({ min: 1 }))),
  /** {@link noHeartbeat} for the first one, then the `last_heartbeat` of the answer before. Refused if it is another. */
  expected_last_heartbeat: Schema.optional(Schema.NullOr(Schema.String))
}) {}

/**
 * Stands for the heartbeat before the first one.
 * @category constants
 */
export const noHeartbeat = "NO_HEARTBEAT"

/**
 * Parameters of a stop.
 * @category schemas
 */
export class StopParams extends wire.Struct<StopParams>()("StopWorkParams", {
  /** True to stop at once. */
  force: Schema.optional(Schema.Boolean)
}) {}

/**
 * The credentials for the calls on one work item and its session.
 * @category models
 */
export interface Credentials {
  /** The token, to be passed as `authToken` of each call. */
  readonly token: Redacted.Redacted
  /** The address for the calls, if it is not the configured one. */
  readonly baseUrl: string | undefined
}

const Secret = Schema.parseJson(
  Schema.Struct({ sessions_token: Schema.NonEmptyString, api_base_url: Schema.optional(Schema.String) })
)

/**
 * The credentials that came with a polled item; `undefined` if there are none that can be read, and the key of the
 * environment has to do.
 * @category accessors
 */
export const credentials = ({ secret }: Pick<Work, "secret">): Credentials | undefined => {
  if (secret === null) return undefined
  const text = Either.getOrElse(Encoding.decodeBase64UrlString(Redacted.value(secret)), () => "")
  return Option.getOrUndefined(
    Option.map(Schema.decodeOption(Secret)(text), ({ api_base_url, sessions_token }) => ({
      token: Redacted.make(sessions_token),
      baseUrl: api_base_url
    }))
  )
}
