/**
 * The events about the session itself and its threads: status, errors, usage and changes.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { SessionAgent } from "./Agent.ts"
import * as Ids from "./Ids.ts"
import { emitted } from "./internal/schema/eventFields.ts"
import * as wire from "./internal/schema/wire.ts"
import { SessionFailure } from "./SessionFailure.ts"
import { Budget, UsageSnapshot } from "./Usage.ts"

/**
 * The agent finished its turn. An interrupted turn ends this way too.
 * @category schemas
 */
export class EndTurn extends wire.Struct<EndTurn>()("SessionEndTurn", {
  type: Schema.Literal("end_turn")
}) {}

/**
 * The agent waits for answers of the client.
 * @category schemas
 */
export class RequiresAction extends wire.Struct<RequiresAction>()("SessionRequiresAction", {
  type: Schema.Literal("requires_action"),
  /** The tool calls to answer. When only some are answered, the idle event comes again with the rest. */
  event_ids: Schema.Array(Ids.EventId)
}) {}

/**
 * Errors ended the turn. A new message starts another one.
 * @category schemas
 */
export class RetriesExhausted extends wire.Struct<RetriesExhausted>()("SessionRetriesExhausted", {
  type: Schema.Literal("retries_exhausted")
}) {}

/**
 * The session's budget is used up, or cannot be measured. Raise or remove it to go on.
 * @category schemas
 */
export class BudgetReached extends wire.Struct<BudgetReached>()("SessionBudgetReached", {
  type: Schema.Literal("budget_reached")
}) {}

/**
 * The model's response was refused, for example by a safety classifier.
 * @category schemas
 */
export class Refusal extends wire.Struct<Refusal>()("SessionRefusal", {
  type: Schema.Literal("refusal")
}) {}

/**
 * Why a session or thread went idle. Treat a reason that you do not know as the end of the turn.
 * @category schemas
 */
export const StopReason = wire.openUnion("StopReason", [
  EndTurn,
  RequiresAction,
  RetriesExhausted,
  BudgetReached,
  Refusal
])

/**
 * The values of {@link StopReason}.
 * @category models
 */
export type StopReason = wire.Named<typeof StopReason>["union" | "name"]

/**
 * The policy that a refusal is about.
 * @category schemas
 */
export const RefusalCategory = wire.openString(
  "RefusalCategory",
  "cyber",
  "bio",
  "frontier_llm",
  "reasoning_extraction",
  "general_harms"
)

/**
 * The values of {@link RefusalCategory}.
 * @category models
 */
export type RefusalCategory = typeof RefusalCategory.Type

/**
 * More about a refusal.
 * @category schemas
 */
export class RefusalDetails extends wire.Struct<RefusalDetails>()("RefusalStopDetails", {
  type: Schema.Literal("refusal"),
  /** The policy that the refusal is about. Absent or `null` if it has no name. */
  category: wire.nullish(RefusalCategory),
  /** An explanation for people. Absent or `null` if there is none. */
  explanation: wire.nullish(Schema.String)
}) {}

/**
 * More about why a session or thread went idle.
 * @category schemas
 */
export const StopDetails = wire.openUnion("StopDetails", [
  RefusalDetails
])

/**
 * The values of {@link StopDetails}.
 * @category models
 */
export type StopDetails = wire.Named<typeof StopDetails>["union" | "name"]

/**
 * `session.status_running`: the session started to work.
 * @category schemas
 */
export class StatusRunning extends wire.Struct<StatusRunning>()("SessionStatusRunningEvent", {
  type: Schema.Literal("session.status_running"),
  ...emitted
}) {}

/**
 * `session.status_idle`: the session waits for input.
 * @category schemas
 */
export class StatusIdle extends wire.Struct<StatusIdle>()("SessionStatusIdleEvent", {
  type: Schema.Literal("session.status_idle"),
  ...emitted,
  /** Why. */
  stop_reason: StopReason,
  /** More about the reason; so far only about a refusal. Absent or `null` if there is nothing to add. */
  stop_details: wire.nullish(StopDetails)
}) {}

/**
 * `session.status_rescheduled`: the session met a transient error and will run again by itself.
 * @category schemas
 */
export class StatusRescheduled extends wire.Struct<StatusRescheduled>()("SessionStatusRescheduledEvent", {
  type: Schema.Literal("session.status_rescheduled"),
  ...emitted
}) {}

/**
 * `session.status_terminated`: the session ended for good, by an error or because it was archived.
 * @category schemas
 */
export class StatusTerminated extends wire.Struct<StatusTerminated>()("SessionStatusTerminatedEvent", {
  type: Schema.Literal("session.status_terminated"),
  ...emitted
}) {}

/**
 * `session.error`: something went wrong. What happens next is in the error's `retry_status`.
 * @category schemas
 */
export class Error extends wire.Struct<Error>()("SessionErrorEvent", {
  type: Schema.Literal("session.error"),
  ...emitted,
  /** The failure. */
  error: SessionFailure
}) {}

/**
 * `session.updated`: the session was changed. Only what changed is present.
 * @category schemas
 */
export class Updated extends wire.Struct<Updated>()("SessionUpdatedEvent", {
  type: Schema.Literal("session.updated"),
  ...emitted,
  /** The whole agent after the change. */
  agent: wire.nullish(SessionAgent),
  /** The budget after the change; `null` if it was removed. */
  budget: wire.nullish(Budget),
  /** The whole metadata after the change. Also absent when nothing is left of it. */
  metadata: wire.nullish(Schema.Record({ key: Schema.String, value: Schema.String })),
  /** The title after the change. */
  title: wire.nullish(Schema.String)
}) {}

/**
 * `session.usage`: what the session used so far, all turns together. It comes right before the session goes idle.
 * @category schemas
 */
export class Usage extends wire.Struct<Usage>()("SessionUsageEvent", {
  type: Schema.Literal("session.usage"),
  ...emitted,
  /** The consumption since the session was created. */
  usage: UsageSnapshot,
  /** The budget at this moment. Absent or `null` if there is none. */
  budget: wire.nullish(Budget)
}) {}

/**
 * `session.deleted`: the session was deleted. The last event of a stream; it is in no list.
 * @category schemas
 */
export class Deleted extends wire.Struct<Deleted>()("SessionDeletedEvent", {
  type: Schema.Literal("session.deleted"),
  ...emitted
}) {}

const thread = {
  ...emitted,
  /** The thread. */
  session_thread_id: Ids.ThreadId,
  /** The agent that the thread runs. */
  agent_name: Schema.String
}

/**
 * `session.thread_created`: a child thread was created.
 * @category schemas
 */
export class ThreadCreated extends wire.Struct<ThreadCreated>()("SessionThreadCreatedEvent", {
  type: Schema.Literal("session.thread_created"),
  ...thread,
  /** The workflow run that created the thread. Absent or `null` for any other thread. */
  workflow_run_id: wire.nullish(Ids.WorkflowRunId)
}) {}

/**
 * `session.thread_status_running`: a thread started to work.
 * @category schemas
 */
export class ThreadStatusRunning extends wire.Struct<ThreadStatusRunning>()("SessionThreadStatusRunningEvent", {
  type: Schema.Literal("session.thread_status_running"),
  ...thread
}) {}

/**
 * `session.thread_status_idle`: a thread waits for input.
 * @category schemas
 */
export class ThreadStatusIdle extends wire.Struct<ThreadStatusIdle>()("SessionThreadStatusIdleEvent", {
  type: Schema.Literal("session.thread_status_idle"),
  ...thread,
  /** Why. */
  stop_reason: StopReason,
  /** More about the reason; so far only about a refusal. Absent or `null` if there is nothing to add. */
  stop_details: wire.nullish(StopDetails)
}) {}

/**
 * `session.thread_status_rescheduled`: a thread met a transient error and will run again by itself.
 * @category schemas
 */
export class ThreadStatusRescheduled
  extends wire.Struct<ThreadStatusRescheduled>()("SessionThreadStatusRescheduledEvent", {
    type: Schema.Literal("session.thread_status_rescheduled"),
    ...thread
  })
{}

/**
 * `session.thread_status_terminated`: a thread ended for good. Its open calls can no longer be answered.
 * @category schemas
 */
export class ThreadStatusTerminated
  extends wire.Struct<ThreadStatusTerminated>()("SessionThreadStatusTerminatedEvent", {
    type: Schema.Literal("session.thread_status_terminated"),
    ...thread
  })
{}
