/**
 * All events: the unions of what lists return, what streams carry and what may be sent.
 *
 * The events themselves are in `UserEvent`, `AgentEvent`, `SessionEvent`, `SpanEvent`, `WorkflowEvent` and
 * `PreviewEvent`. Every union is open: an event of a type that this version does not know is kept as it arrived (see
 * `Unknown`). Comparing `event.type` with a literal narrows to exactly that event.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as AgentEvent from "./AgentEvent.ts"
import type * as Ids from "./Ids.ts"
import * as guard from "./internal/schema/guard.ts"
import * as params from "./internal/schema/params.ts"
import * as wire from "./internal/schema/wire.ts"
import * as PreviewEvent from "./PreviewEvent.ts"
import * as SessionEvent from "./SessionEvent.ts"
import * as SpanEvent from "./SpanEvent.ts"
import * as Timestamp from "./Timestamp.ts"
import type * as Unknown from "./Unknown.ts"
import * as UserEvent from "./UserEvent.ts"
import * as WorkflowEvent from "./WorkflowEvent.ts"

const stored = [
  UserEvent.Message,
  UserEvent.Interrupt,
  UserEvent.ToolConfirmation,
  UserEvent.CustomToolResult,
  UserEvent.DefineOutcome,
  UserEvent.ToolResult,
  UserEvent.SystemMessage,
  AgentEvent.Message,
  AgentEvent.Thinking,
  AgentEvent.ToolUse,
  AgentEvent.ToolResult,
  AgentEvent.McpToolUse,
  AgentEvent.McpToolResult,
  AgentEvent.CustomToolUse,
  AgentEvent.ThreadMessageSent,
  AgentEvent.ThreadMessageReceived,
  AgentEvent.ThreadContextCompacted,
  SessionEvent.StatusRunning,
  SessionEvent.StatusIdle,
  SessionEvent.StatusRescheduled,
  SessionEvent.StatusTerminated,
  SessionEvent.Error,
  SessionEvent.Updated,
  SessionEvent.Usage,
  SessionEvent.Deleted,
  SessionEvent.ThreadCreated,
  SessionEvent.ThreadStatusRunning,
  SessionEvent.ThreadStatusIdle,
  SessionEvent.ThreadStatusRescheduled,
  SessionEvent.ThreadStatusTerminated,
  SpanEvent.ModelRequestStart,
  SpanEvent.ModelRequestEnd,
  SpanEvent.OutcomeEvaluationStart,
  SpanEvent.OutcomeEvaluationOngoing,
  SpanEvent.OutcomeEvaluationEnd,
  WorkflowEvent.Created,
  WorkflowEvent.StatusRunning,
  WorkflowEvent.StatusIdle,
  WorkflowEvent.StatusEnded,
  WorkflowEvent.Error,
  WorkflowEvent.PhaseStarted,
  WorkflowEvent.PhaseEnded
] as const

/**
 * An event as lists return it.
 * @category schemas
 */
export const Event = wire.openUnion("Event", stored)

/**
 * The values of {@link Event}.
 * @category models
 */
export type Event = wire.Named<typeof Event>["union" | "name"]

/**
 * An event as the stream of a session carries it: an {@link Event}, or part of a preview.
 * @category schemas
 */
export const StreamEvent = wire.openUnion("StreamEvent", [...stored, PreviewEvent.Start, PreviewEvent.Delta])

/**
 * The values of {@link StreamEvent}.
 * @category models
 */
export type StreamEvent = wire.Named<typeof StreamEvent>["union" | "name"]

/**
 * An event as the stream of a thread carries it. The same events as in {@link StreamEvent}.
 * @category schemas
 */
export const ThreadStreamEvent = wire.openUnion("ThreadStreamEvent", [
  ...stored,
  PreviewEvent.Start,
  PreviewEvent.Delta
])

/**
 * The values of {@link ThreadStreamEvent}.
 * @category models
 */
export type ThreadStreamEvent = wire.Named<typeof ThreadStreamEvent>["union" | "name"]

/**
 * The `type` of every event that this version knows.
 * @category models
 */
export type Type = Exclude<StreamEvent["type"], Unknown.Tag>

/**
 * The events of one or several types.
 * @category models
 */
export type OfType<T extends Type> = Extract<StreamEvent, { readonly type: T }>

/**
 * Tells whether an event is of one of some types.
 *
 * @example
 * ```ts
 * import * as Content from "@effect-managed-agents/core/Content"
 * import * as Event from "@effect-managed-agents/core/Event"
 * import * as Stream from "effect/Stream"
 *
 * const said = <E, R>(events: Stream.Stream<Event.StreamEvent, E, R>) =>
 *   events.pipe(
 *     Stream.filter(Event.is("agent.message")),
 *     Stream.map((message) => Content.textOf(message.content))
 *   )
 * ```
 *
 * @category guards
 */
export const is = <const Types extends readonly [Type, ...Array<Type>]>(
  ...types: Types
): (event: StreamEvent) => event is OfType<Types[number]> => {
  const set = new Set<unknown>(types)
  return (event): event is OfType<Types[number]> => set.has(event.type)
}

const known = new Set<unknown>(guard.tagsOf(StreamEvent.ast, "type"))

/**
 * Tells whether an event is of a type that this version does not know.
 * @category guards
 */
export const isUnknown = (event: StreamEvent): event is Unknown.Unknown => !known.has(event.type)

/**
 * The id of an event, if it has one: previews have none, an interrupt may have an empty one.
 * @category accessors
 */
export const idOf = (event: StreamEvent): Ids.EventId | undefined => {
  const id = "id" in event ? event.id : undefined
  // what an unknown event calls `id` is the id of an event as well
  return typeof id === "string" && id !== "" ? id as Ids.EventId : undefined
}

/**
 * When the service processed an event; `undefined` for previews and for inputs that are still queued.
 * @category accessors
 */
export const processedAtOf = (event: StreamEvent): Timestamp.Timestamp | undefined => {
  const at = "processed_at" in event ? event.processed_at : undefined
  return isTimestamp(at) ? at : undefined
}

const isTimestamp = guard.make(Timestamp.Timestamp)

/**
 * An event to send.
 * @category schemas
 */
export const EventParams = wire.openUnion("EventParams", [
  UserEvent.MessageParams,
  UserEvent.InterruptParams,
  UserEvent.ToolConfirmationParams,
  UserEvent.CustomToolResultParams,
  UserEvent.DefineOutcomeParams,
  UserEvent.ToolResultParams,
  UserEvent.SystemMessageParams
])

/**
 * The values of {@link EventParams}.
 * @category models
 */
export type EventParams = wire.Named<typeof EventParams>["union" | "name"]

/** The events that a `system.message` may accompany. */
const accompanied = new Set<unknown>(["user.message", "user.tool_result", "user.custom_tool_result"])

/**
 * The body of a request that sends events.
 * @category schemas
 */
export class SendParams extends wire.Struct<SendParams>()("SendEventsParams", {
  /**
   * The events, in order; at least one. All of them are taken or none. A `system.message` may be the last one, right
   * after the `user.message`, `user.tool_result` or `user.custom_tool_result` that it accompanies.
   */
  events: params.list(EventParams, { min: 1 }).pipe(
    Schema.filter((events) => {
      const index = events.findIndex((event) => event.type === "system.message")
      if (index === -1) return true
      const issue = (message: string) => ({ path: [index], message })
      if (index !== events.length - 1) return issue("a system.message must be the last event, and the only one")
      return accompanied.has(events[index - 1]?.type) ||
        issue("a system.message must directly follow a user.message, user.tool_result or user.custom_tool_result")
    })
  )
}) {}

/**
 * Answer to events that were sent.
 * @category schemas
 */
export class SendResponse extends wire.Struct<SendResponse>()("SendEventsResponse", {
  /** The events as they were stored, in the order in which they were sent. */
  data: wire.nullish(Schema.Array(UserEvent.UserEvent))
}) {}

/**
 * The `type` of an event to list. All but previews and `session.deleted`, which are in no list.
 * @category schemas
 */
export const EventType = wire.openString(
  "EventType",
  "user.message",
  "user.interrupt",
  "user.tool_confirmation",
  "user.custom_tool_result",
  "user.define_outcome",
  "user.tool_result",
  "system.message",
  "agent.message",
  "agent.thinking",
  "agent.tool_use",
  "agent.tool_result",
  "agent.mcp_tool_use",
  "agent.mcp_tool_result",
  "agent.custom_tool_use",
  "agent.thread_message_sent",
  "agent.thread_message_received",
  "agent.thread_context_compacted",
  "session.status_running",
  "session.status_idle",
  "session.status_rescheduled",
  "session.status_terminated",
  "session.error",
  "session.updated",
  "session.usage",
  "session.thread_created",
  "session.thread_status_running",
  "session.thread_status_idle",
  "session.thread_status_rescheduled",
  "session.thread_status_terminated",
  "span.model_request_start",
  "span.model_request_end",
  "span.outcome_evaluation_start",
  "span.outcome_evaluation_ongoing",
  "span.outcome_evaluation_end",
  "workflow_run.created",
  "workflow_run.status_running",
  "workflow_run.status_idle",
  "workflow_run.status_ended",
  "workflow_run.error",
  "workflow_run.phase_started",
  "workflow_run.phase_ended"
)

/**
 * The values of {@link EventType}.
 * @category models
 */
export type EventType = typeof EventType.Type

const paging = {
  /** The greatest number of events of a page; by default 1000. */
  limit: Schema.optional(params.integer({ min: 1 })),
  /** The cursor of a page, as another page gave it. */
  page: Schema.optional(Schema.NullOr(Schema.String))
}

const unlisted = new Set<string>(["session.deleted", "event_start", "event_delta"])

/**
 * Which events of a session to list.
 * @category schemas
 */
export class ListParams extends wire.Struct<ListParams>()("ListEventsParams", {
  ...paging,
  /** `asc` (the default): the oldest first, by `processed_at`. Queued inputs come last. */
  order: Schema.optional(Schema.Literal("asc", "desc")),
  /** Only events of these types. */
  types: Schema.optional(
    Schema.Array(EventType.pipe(
      Schema.filter((type) => !unlisted.has(type) || `${type} is streamed only and cannot be listed`)
    ))
  ),
  /** Only events processed after this moment. */
  "created_at[gt]": Schema.optional(Timestamp.Timestamp),
  /** Only events processed at this moment or after. */
  "created_at[gte]": Schema.optional(Timestamp.Timestamp),
  /** Only events processed before this moment. */
  "created_at[lt]": Schema.optional(Timestamp.Timestamp),
  /** Only events processed at this moment or before. */
  "created_at[lte]": Schema.optional(Timestamp.Timestamp)
}) {}

/**
 * Which events of a thread to list.
 * @category schemas
 */
export class ThreadListParams extends wire.Struct<ThreadListParams>()("ListThreadEventsParams", paging) {}

/**
 * The `type` of an event that can be previewed. A message comes in parts; of thinking only the start is shown.
 * @category schemas
 */
export const DeltaType = wire.openString("DeltaType", "agent.message", "agent.thinking")

/**
 * The values of {@link DeltaType}.
 * @category models
 */
export type DeltaType = typeof DeltaType.Type

/**
 * Additions to a stream of events.
 * @category schemas
 */
export class StreamParams extends wire.Struct<StreamParams>()("StreamEventsParams", {
  /** Preview events of these types on this connection while they are produced. At most 100; by default none. */
  event_deltas: Schema.optional(params.list(DeltaType, { max: 100 }))
}) {}
