/**
 * The threads of a session: the primary one and those of the agents it delegates to.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Agent from "./Agent.ts"
import { SessionId, ThreadId, WorkflowRunId } from "./Ids.ts"
import * as params from "./internal/schema/params.ts"
import * as wire from "./internal/schema/wire.ts"
import { Timestamp } from "./Timestamp.ts"
import * as Usage from "./Usage.ts"

const statuses = ["running", "idle", "rescheduling", "terminated"] as const

/**
 * Status of a thread: executing (`running`), waiting for input (`idle`), waiting to retry after a passing failure
 * (`rescheduling`), or nothing any more (`terminated`, also when archived).
 * @category schemas
 */
export const Status = wire.openString("ThreadStatus", ...statuses)

/**
 * The values of {@link Status}.
 * @category models
 */
export type Status = typeof Status.Type

/**
 * A thread of a session.
 * @category schemas
 */
export class Thread extends wire.Struct<Thread>()("Thread", {
  type: Schema.Literal("session_thread"),
  /** Names the thread. */
  id: ThreadId,
  /** The session that the thread belongs to. */
  session_id: SessionId,
  /** The thread that spawned this one; `null` for the primary thread. */
  parent_thread_id: Schema.NullOr(ThreadId),
  /** The workflow run that created the thread; absent or `null` for any other thread. */
  workflow_run_id: wire.nullish(WorkflowRunId),
  /** The agent of the thread, as it was when the thread was created. */
  agent: Agent.ThreadAgent,
  /** The status of the thread. */
  status: Status,
  /** `null` until the status first changes. */
  stats: Schema.NullOr(Usage.ThreadStats),
  /** `null` until the status first changes. */
  usage: Schema.NullOr(Usage.ThreadUsage),
  /** When the thread was created. */
  created_at: Timestamp,
  /** When the thread last changed. */
  updated_at: Timestamp,
  /** `null` for a thread that is not archived. */
  archived_at: Schema.NullOr(Timestamp)
}) {}

/**
 * Which threads of a session to list. The primary one comes first, the others as they were spawned; archived ones are
 * included.
 * @category schemas
 */
export class ListParams extends wire.Struct<ListParams>()("ListThreadsParams", {
  /** Only threads with one of these statuses; servers of mid-2026 do not know this parameter. */
  statuses: Schema.optional(Schema.Array(Schema.Literal(...statuses))),
  /** Threads per page; the default is 1,000. */
  limit: Schema.optional(params.integer({ min: 1 })),
  /** The cursor of a page, as another page gave it; `null` stands for the first one. */
  page: Schema.optional(Schema.NullOr(Schema.String))
}) {}
