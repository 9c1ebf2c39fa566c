/**
 * The events about the session itself and its threads: status, errors, usage and changes.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { SessionAgent } from "./Agent.ts"
import * as Ids from "./Ids.ts"
import { emitted } from "./internal/eventFields.ts"
import * as wire from "./internal/wire.ts"
import { SessionFailure } from "./SessionFailure.ts"
import { Budget, UsageSnapshot } from "./Usage.ts"

const EndTurn_ = wire.struct("SessionEndTurn", {
  type: Schema.Literal("end_turn")
})

/**
 * The agent finished its turn. An interrupted turn ends this way too.
 *
 * @category models
 * @since 0.1.0
 */
export interface EndTurn extends Schema.Schema.Type<typeof EndTurn_> {}

/**
 * {@link EndTurn} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface EndTurnEncoded extends Schema.Schema.Encoded<typeof EndTurn_> {}

/**
 * Schema of {@link EndTurn}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const EndTurn: Schema.Schema<EndTurn, EndTurnEncoded> = EndTurn_

const RequiresAction_ = wire.struct("SessionRequiresAction", {
  type: Schema.Literal("requires_action"),
  /** The tool calls to answer. When only some are answered, the idle event comes again with the rest. */
  event_ids: Schema.Array(Ids.EventId)
})

/**
 * The agent waits for answers of the client.
 *
 * @category models
 * @since 0.1.0
 */
export interface RequiresAction extends Schema.Schema.Type<typeof RequiresAction_> {}

/**
 * {@link RequiresAction} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface RequiresActionEncoded extends Schema.Schema.Encoded<typeof RequiresAction_> {}

/**
 * Schema of {@link RequiresAction}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RequiresAction: Schema.Schema<RequiresAction, RequiresActionEncoded> = RequiresAction_

const RetriesExhausted_ = wire.struct("SessionRetriesExhausted", {
  type: Schema.Literal("retries_exhausted")
})

/**
 * Errors ended the turn. A new message starts another one.
 *
 * @category models
 * @since 0.1.0
 */
export interface RetriesExhausted extends Schema.Schema.Type<typeof RetriesExhausted_> {}

/**
 * {@link RetriesExhausted} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface RetriesExhaustedEncoded extends Schema.Schema.Encoded<typeof RetriesExhausted_> {}

/**
 * Schema of {@link RetriesExhausted}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RetriesExhausted: Schema.Schema<RetriesExhausted, RetriesExhaustedEncoded> = RetriesExhausted_

const BudgetReached_ = wire.struct("SessionBudgetReached", {
  type: Schema.Literal("budget_reached")
})

/**
 * The session's budget is used up, or cannot be measured. Raise or remove it to go on.
 *
 * @category models
 * @since 0.1.0
 */
export interface BudgetReached extends Schema.Schema.Type<typeof BudgetReached_> {}

/**
 * {@link BudgetReached} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface BudgetReachedEncoded extends Schema.Schema.Encoded<typeof BudgetReached_> {}

/**
 * Schema of {@link BudgetReached}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const BudgetReached: Schema.Schema<BudgetReached, BudgetReachedEncoded> = BudgetReached_

const Refusal_ = wire.struct("SessionRefusal", {
  type: Schema.Literal("refusal")
})

/**
 * The model's response was refused, for example by a safety classifier.
 *
 * @category models
 * @since 0.1.0
 */
export interface Refusal extends Schema.Schema.Type<typeof Refusal_> {}

/**
 * {@link Refusal} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface RefusalEncoded extends Schema.Schema.Encoded<typeof Refusal_> {}

/**
 * Schema of {@link Refusal}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Refusal: Schema.Schema<Refusal, RefusalEncoded> = Refusal_

/**
 * Why a session or thread went idle. Treat a reason that you do not know as the end of the turn.
 *
 * @category schemas
 * @since 0.1.0
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
 *
 * @category models
 * @since 0.1.0
 */
export type StopReason = typeof StopReason.Type

/**
 * {@link StopReason} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export type StopReasonEncoded = typeof StopReason.Encoded

/**
 * The policy that a refusal is about.
 *
 * @category schemas
 * @since 0.1.0
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
 *
 * @category models
 * @since 0.1.0
 */
export type RefusalCategory = typeof RefusalCategory.Type

const RefusalDetails_ = wire.struct("RefusalStopDetails", {
  type: Schema.Literal("refusal"),
  /** The policy that the refusal is about. Absent or `null` if it has no name. */
  category: wire.nullish(RefusalCategory),
  /** An explanation for people. Absent or `null` if there is none. */
  explanation: wire.nullish(Schema.String)
})

/**
 * More about a refusal.
 *
 * @category models
 * @since 0.1.0
 */
export interface RefusalDetails extends Schema.Schema.Type<typeof RefusalDetails_> {}

/**
 * {@link RefusalDetails} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface RefusalDetailsEncoded extends Schema.Schema.Encoded<typeof RefusalDetails_> {}

/**
 * Schema of {@link RefusalDetails}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RefusalDetails: Schema.Schema<RefusalDetails, RefusalDetailsEncoded> = RefusalDetails_

/**
 * More about why a session or thread went idle.
 *
 * @category schemas
 * @since 0.1.0
 */
export const StopDetails = wire.openUnion("StopDetails", [
  RefusalDetails
])

/**
 * The values of {@link StopDetails}.
 *
 * @category models
 * @since 0.1.0
 */
export type StopDetails = typeof StopDetails.Type

/**
 * {@link StopDetails} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export type StopDetailsEncoded = typeof StopDetails.Encoded

const StatusRunning_ = wire.struct("SessionStatusRunningEvent", {
  type: Schema.Literal("session.status_running"),
  ...emitted
})

/**
 * `session.status_running`: the session started to work.
 *
 * @category models
 * @since 0.1.0
 */
export interface StatusRunning extends Schema.Schema.Type<typeof StatusRunning_> {}

/**
 * {@link StatusRunning} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface StatusRunningEncoded extends Schema.Schema.Encoded<typeof StatusRunning_> {}

/**
 * Schema of {@link StatusRunning}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const StatusRunning: Schema.Schema<StatusRunning, StatusRunningEncoded> = StatusRunning_

const StatusIdle_ = wire.struct("SessionStatusIdleEvent", {
  type: Schema.Literal("session.status_idle"),
  ...emitted,
  /** Why. */
  stop_reason: StopReason,
  /** More about the reason; so far only about a refusal. Absent or `null` if there is nothing to add. */
  stop_details: wire.nullish(StopDetails)
})

/**
 * `session.status_idle`: the session waits for input.
 *
 * @category models
 * @since 0.1.0
 */
export interface StatusIdle extends Schema.Schema.Type<typeof StatusIdle_> {}

/**
 * {@link StatusIdle} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface StatusIdleEncoded extends Schema.Schema.Encoded<typeof StatusIdle_> {}

/**
 * Schema of {@link StatusIdle}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const StatusIdle: Schema.Schema<StatusIdle, StatusIdleEncoded> = StatusIdle_

const StatusRescheduled_ = wire.struct("SessionStatusRescheduledEvent", {
  type: Schema.Literal("session.status_rescheduled"),
  ...emitted
})

/**
 * `session.status_rescheduled`: the session met a transient error and will run again by itself.
 *
 * @category models
 * @since 0.1.0
 */
export interface StatusRescheduled extends Schema.Schema.Type<typeof StatusRescheduled_> {}

/**
 * {@link StatusRescheduled} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface StatusRescheduledEncoded extends Schema.Schema.Encoded<typeof StatusRescheduled_> {}

/**
 * Schema of {@link StatusRescheduled}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const StatusRescheduled: Schema.Schema<StatusRescheduled, StatusRescheduledEncoded> = StatusRescheduled_

const StatusTerminated_ = wire.struct("SessionStatusTerminatedEvent", {
  type: Schema.Literal("session.status_terminated"),
  ...emitted
})

/**
 * `session.status_terminated`: the session ended for good, by an error or because it was archived.
 *
 * @category models
 * @since 0.1.0
 */
export interface StatusTerminated extends Schema.Schema.Type<typeof StatusTerminated_> {}

/**
 * {@link StatusTerminated} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface StatusTerminatedEncoded extends Schema.Schema.Encoded<typeof StatusTerminated_> {}

/**
 * Schema of {@link StatusTerminated}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const StatusTerminated: Schema.Schema<StatusTerminated, StatusTerminatedEncoded> = StatusTerminated_

const Error_ = wire.struct("SessionErrorEvent", {
  type: Schema.Literal("session.error"),
  ...emitted,
  /** What went wrong. */
  error: SessionFailure
})

/**
 * `session.error`: something went wrong. What happens next is in the error's `retry_status`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Error extends Schema.Schema.Type<typeof Error_> {}

/**
 * {@link Error} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ErrorEncoded extends Schema.Schema.Encoded<typeof Error_> {}

/**
 * Schema of {@link Error}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Error: Schema.Schema<Error, ErrorEncoded> = Error_

const Updated_ = wire.struct("SessionUpdatedEvent", {
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
})

/**
 * `session.updated`: the session was changed. Only what changed is present.
 *
 * @category models
 * @since 0.1.0
 */
export interface Updated extends Schema.Schema.Type<typeof Updated_> {}

/**
 * {@link Updated} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface UpdatedEncoded extends Schema.Schema.Encoded<typeof Updated_> {}

/**
 * Schema of {@link Updated}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Updated: Schema.Schema<Updated, UpdatedEncoded> = Updated_

const Usage_ = wire.struct("SessionUsageEvent", {
  type: Schema.Literal("session.usage"),
  ...emitted,
  /** What was used since the session was created. */
  usage: UsageSnapshot,
  /** The budget at this moment. Absent or `null` if there is none. */
  budget: wire.nullish(Budget)
})

/**
 * `session.usage`: what the session used so far, all turns together. It comes right before the session goes idle.
 *
 * @category models
 * @since 0.1.0
 */
export interface Usage extends Schema.Schema.Type<typeof Usage_> {}

/**
 * {@link Usage} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface UsageEncoded extends Schema.Schema.Encoded<typeof Usage_> {}

/**
 * Schema of {@link Usage}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Usage: Schema.Schema<Usage, UsageEncoded> = Usage_

const Deleted_ = wire.struct("SessionDeletedEvent", {
  type: Schema.Literal("session.deleted"),
  ...emitted
})

/**
 * `session.deleted`: the session was deleted. The last event of a stream; it is in no list.
 *
 * @category models
 * @since 0.1.0
 */
export interface Deleted extends Schema.Schema.Type<typeof Deleted_> {}

/**
 * {@link Deleted} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface DeletedEncoded extends Schema.Schema.Encoded<typeof Deleted_> {}

/**
 * Schema of {@link Deleted}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Deleted: Schema.Schema<Deleted, DeletedEncoded> = Deleted_

const thread = {
  ...emitted,
  /** The thread. */
  session_thread_id: Ids.ThreadId,
  /** The agent that the thread runs. */
  agent_name: Schema.String
}

const ThreadCreated_ = wire.struct("SessionThreadCreatedEvent", {
  type: Schema.Literal("session.thread_created"),
  ...thread,
  /** The workflow run that created the thread. Absent or `null` for any other thread. */
  workflow_run_id: wire.nullish(Ids.WorkflowRunId)
})

/**
 * `session.thread_created`: a child thread was created.
 *
 * @category models
 * @since 0.1.0
 */
export interface ThreadCreated extends Schema.Schema.Type<typeof ThreadCreated_> {}

/**
 * {@link ThreadCreated} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ThreadCreatedEncoded extends Schema.Schema.Encoded<typeof ThreadCreated_> {}

/**
 * Schema of {@link ThreadCreated}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ThreadCreated: Schema.Schema<ThreadCreated, ThreadCreatedEncoded> = ThreadCreated_

const ThreadStatusRunning_ = wire.struct("SessionThreadStatusRunningEvent", {
  type: Schema.Literal("session.thread_status_running"),
  ...thread
})

/**
 * `session.thread_status_running`: a thread started to work.
 *
 * @category models
 * @since 0.1.0
 */
export interface ThreadStatusRunning extends Schema.Schema.Type<typeof ThreadStatusRunning_> {}

/**
 * {@link ThreadStatusRunning} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ThreadStatusRunningEncoded extends Schema.Schema.Encoded<typeof ThreadStatusRunning_> {}

/**
 * Schema of {@link ThreadStatusRunning}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ThreadStatusRunning: Schema.Schema<ThreadStatusRunning, ThreadStatusRunningEncoded> = ThreadStatusRunning_

const ThreadStatusIdle_ = wire.struct("SessionThreadStatusIdleEvent", {
  type: Schema.Literal("session.thread_status_idle"),
  ...thread,
  /** Why. */
  stop_reason: StopReason,
  /** More about the reason; so far only about a refusal. Absent or `null` if there is nothing to add. */
  stop_details: wire.nullish(StopDetails)
})

/**
 * `session.thread_status_idle`: a thread waits for input.
 *
 * @category models
 * @since 0.1.0
 */
export interface ThreadStatusIdle extends Schema.Schema.Type<typeof ThreadStatusIdle_> {}

/**
 * {@link ThreadStatusIdle} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ThreadStatusIdleEncoded extends Schema.Schema.Encoded<typeof ThreadStatusIdle_> {}

/**
 * Schema of {@link ThreadStatusIdle}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ThreadStatusIdle: Schema.Schema<ThreadStatusIdle, ThreadStatusIdleEncoded> = ThreadStatusIdle_

const ThreadStatusRescheduled_ = wire.struct("SessionThreadStatusRescheduledEvent", {
  type: Schema.Literal("session.thread_status_rescheduled"),
  ...thread
})

/**
 * `session.thread_status_rescheduled`: a thread met a transient error and will run again by itself.
 *
 * @category models
 * @since 0.1.0
 */
export interface ThreadStatusRescheduled extends Schema.Schema.Type<typeof ThreadStatusRescheduled_> {}

/**
 * {@link ThreadStatusRescheduled} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ThreadStatusRescheduledEncoded extends Schema.Schema.Encoded<typeof ThreadStatusRescheduled_> {}

/**
 * Schema of {@link ThreadStatusRescheduled}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ThreadStatusRescheduled: Schema.Schema<ThreadStatusRescheduled, ThreadStatusRescheduledEncoded> =
  ThreadStatusRescheduled_

const ThreadStatusTerminated_ = wire.struct("SessionThreadStatusTerminatedEvent", {
  type: Schema.Literal("session.thread_status_terminated"),
  ...thread
})

/**
 * `session.thread_status_terminated`: a thread ended for good. Its open calls can no longer be answered.
 *
 * @category models
 * @since 0.1.0
 */
export interface ThreadStatusTerminated extends Schema.Schema.Type<typeof ThreadStatusTerminated_> {}

/**
 * {@link ThreadStatusTerminated} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ThreadStatusTerminatedEncoded extends Schema.Schema.Encoded<typeof ThreadStatusTerminated_> {}

/**
 * Schema of {@link ThreadStatusTerminated}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ThreadStatusTerminated: Schema.Schema<ThreadStatusTerminated, ThreadStatusTerminatedEncoded> =
  ThreadStatusTerminated_
