/**
 * The events that agents emit: what they say, the tools they call and what the tools return.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Content from "./Content.ts"
import * as Ids from "./Ids.ts"
import { emitted } from "./internal/eventFields.ts"
import * as wire from "./internal/wire.ts"

/**
 * What became of a tool call under the permission policy: it runs, it waits for a `user.tool_confirmation`, or it is
 * refused. Treat a word that you do not know as `ask`: it must not pass unseen.
 *
 * @category schemas
 * @since 0.1.0
 */
export const EvaluatedPermission = wire.openString("EvaluatedPermission", "allow", "ask", "deny")

/**
 * The values of {@link EvaluatedPermission}.
 *
 * @category models
 * @since 0.1.0
 */
export type EvaluatedPermission = typeof EvaluatedPermission.Type

/**
 * Why the `auto` policy did not let a call run: no judgement was reached, or the risk is high.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ReasonCode = wire.openString("ReasonCode", "indeterminate", "high_risk")

/**
 * The values of {@link ReasonCode}.
 *
 * @category models
 * @since 0.1.0
 */
export type ReasonCode = typeof ReasonCode.Type

const AutoAllow_ = wire.struct("AutoEvaluatedPermissionAllow", {
  type: Schema.Literal("allow")
})

/**
 * The call was judged safe.
 *
 * @category models
 * @since 0.1.0
 */
export interface AutoAllow extends Schema.Schema.Type<typeof AutoAllow_> {}

/**
 * {@link AutoAllow} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface AutoAllowEncoded extends Schema.Schema.Encoded<typeof AutoAllow_> {}

/**
 * Schema of {@link AutoAllow}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const AutoAllow: Schema.Schema<AutoAllow, AutoAllowEncoded> = AutoAllow_

const AutoAsk_ = wire.struct("AutoEvaluatedPermissionAsk", {
  type: Schema.Literal("ask"),
  /** Why, for programs. */
  reason_code: ReasonCode
})

/**
 * No judgement was reached; the call waits for the client.
 *
 * @category models
 * @since 0.1.0
 */
export interface AutoAsk extends Schema.Schema.Type<typeof AutoAsk_> {}

/**
 * {@link AutoAsk} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface AutoAskEncoded extends Schema.Schema.Encoded<typeof AutoAsk_> {}

/**
 * Schema of {@link AutoAsk}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const AutoAsk: Schema.Schema<AutoAsk, AutoAskEncoded> = AutoAsk_

const AutoDeny_ = wire.struct("AutoEvaluatedPermissionDeny", {
  type: Schema.Literal("deny"),
  /** Why, for programs. */
  reason_code: ReasonCode
})

/**
 * The call was judged too risky, or could not be judged and is not held for the client. It does not run.
 *
 * @category models
 * @since 0.1.0
 */
export interface AutoDeny extends Schema.Schema.Type<typeof AutoDeny_> {}

/**
 * {@link AutoDeny} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface AutoDenyEncoded extends Schema.Schema.Encoded<typeof AutoDeny_> {}

/**
 * Schema of {@link AutoDeny}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const AutoDeny: Schema.Schema<AutoDeny, AutoDenyEncoded> = AutoDeny_

/**
 * The judgement on one call under the `auto` policy.
 *
 * @category schemas
 * @since 0.1.0
 */
export const AutoEvaluatedPermission = wire.openUnion("AutoEvaluatedPermission", [
  AutoAllow,
  AutoAsk,
  AutoDeny
])

/**
 * The values of {@link AutoEvaluatedPermission}.
 *
 * @category models
 * @since 0.1.0
 */
export type AutoEvaluatedPermission = typeof AutoEvaluatedPermission.Type

/**
 * {@link AutoEvaluatedPermission} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export type AutoEvaluatedPermissionEncoded = typeof AutoEvaluatedPermission.Encoded

const EvaluationAlwaysAllow_ = wire.struct("ToolEvaluationAlwaysAllow", {
  type: Schema.Literal("always_allow")
})

/**
 * The policy was `always_allow`.
 *
 * @category models
 * @since 0.1.0
 */
export interface EvaluationAlwaysAllow extends Schema.Schema.Type<typeof EvaluationAlwaysAllow_> {}

/**
 * {@link EvaluationAlwaysAllow} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface EvaluationAlwaysAllowEncoded extends Schema.Schema.Encoded<typeof EvaluationAlwaysAllow_> {}

/**
 * Schema of {@link EvaluationAlwaysAllow}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const EvaluationAlwaysAllow: Schema.Schema<EvaluationAlwaysAllow, EvaluationAlwaysAllowEncoded> =
  EvaluationAlwaysAllow_

const EvaluationAlwaysAsk_ = wire.struct("ToolEvaluationAlwaysAsk", {
  type: Schema.Literal("always_ask")
})

/**
 * The policy was `always_ask`.
 *
 * @category models
 * @since 0.1.0
 */
export interface EvaluationAlwaysAsk extends Schema.Schema.Type<typeof EvaluationAlwaysAsk_> {}

/**
 * {@link EvaluationAlwaysAsk} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface EvaluationAlwaysAskEncoded extends Schema.Schema.Encoded<typeof EvaluationAlwaysAsk_> {}

/**
 * Schema of {@link EvaluationAlwaysAsk}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const EvaluationAlwaysAsk: Schema.Schema<EvaluationAlwaysAsk, EvaluationAlwaysAskEncoded> = EvaluationAlwaysAsk_

const EvaluationAuto_ = wire.struct("ToolEvaluationAuto", {
  type: Schema.Literal("auto"),
  /** The judgement; the same word as the event's own `evaluated_permission`. */
  evaluated_permission: AutoEvaluatedPermission
})

/**
 * The policy was `auto`: the service judged this very call.
 *
 * @category models
 * @since 0.1.0
 */
export interface EvaluationAuto extends Schema.Schema.Type<typeof EvaluationAuto_> {}

/**
 * {@link EvaluationAuto} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface EvaluationAutoEncoded extends Schema.Schema.Encoded<typeof EvaluationAuto_> {}

/**
 * Schema of {@link EvaluationAuto}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const EvaluationAuto: Schema.Schema<EvaluationAuto, EvaluationAutoEncoded> = EvaluationAuto_

/**
 * Which policy decided about a tool call.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ToolEvaluation = wire.openUnion("ToolEvaluation", [
  EvaluationAlwaysAllow,
  EvaluationAlwaysAsk,
  EvaluationAuto
])

/**
 * The values of {@link ToolEvaluation}.
 *
 * @category models
 * @since 0.1.0
 */
export type ToolEvaluation = typeof ToolEvaluation.Type

/**
 * {@link ToolEvaluation} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export type ToolEvaluationEncoded = typeof ToolEvaluation.Encoded

const Message_ = wire.struct("AgentMessageEvent", {
  type: Schema.Literal("agent.message"),
  ...emitted,
  /** What was said, in blocks. */
  content: Schema.Array(Content.AgentMessageContent)
})

/**
 * `agent.message`: what the agent said.
 *
 * @category models
 * @since 0.1.0
 */
export interface Message extends Schema.Schema.Type<typeof Message_> {}

/**
 * {@link Message} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface MessageEncoded extends Schema.Schema.Encoded<typeof Message_> {}

/**
 * Schema of {@link Message}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Message: Schema.Schema<Message, MessageEncoded> = Message_

const Thinking_ = wire.struct("AgentThinkingEvent", {
  type: Schema.Literal("agent.thinking"),
  ...emitted
})

/**
 * `agent.thinking`: the agent is thinking. A sign of progress, without content.
 *
 * @category models
 * @since 0.1.0
 */
export interface Thinking extends Schema.Schema.Type<typeof Thinking_> {}

/**
 * {@link Thinking} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ThinkingEncoded extends Schema.Schema.Encoded<typeof Thinking_> {}

/**
 * Schema of {@link Thinking}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Thinking: Schema.Schema<Thinking, ThinkingEncoded> = Thinking_

/** What a call has that the permission policy decides about. */
const evaluated = {
  /** What became of the call under the permission policy. */
  evaluated_permission: wire.nullish(EvaluatedPermission),
  /** Which policy decided. Absent for a call that was refused before any policy applied, and in older events. */
  evaluation: wire.nullish(ToolEvaluation)
}

const crossPosted = {
  /**
   * The child thread that made the call, on the session's own stream and list. For information: the answer is routed by
   * the id of the call.
   */
  session_thread_id: wire.nullish(Ids.ThreadId)
}

const result = {
  /** What the tool returned, in blocks. */
  content: wire.nullish(Schema.Array(Content.ToolResultContent)),
  /** Whether the tool failed. */
  is_error: wire.nullish(Schema.Boolean)
}

const ToolUse_ = wire.struct("AgentToolUseEvent", {
  type: Schema.Literal("agent.tool_use"),
  ...emitted,
  /** The tool. */
  name: Schema.String,
  /** The arguments. They are not checked: a call that was cut off has none. */
  input: wire.json,
  ...evaluated,
  ...crossPosted
})

/**
 * `agent.tool_use`: the agent calls a built-in tool. To answer or confirm it, name this event's `id`.
 *
 * @category models
 * @since 0.1.0
 */
export interface ToolUse extends Schema.Schema.Type<typeof ToolUse_> {}

/**
 * {@link ToolUse} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ToolUseEncoded extends Schema.Schema.Encoded<typeof ToolUse_> {}

/**
 * Schema of {@link ToolUse}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ToolUse: Schema.Schema<ToolUse, ToolUseEncoded> = ToolUse_

const ToolResult_ = wire.struct("AgentToolResultEvent", {
  type: Schema.Literal("agent.tool_result"),
  ...emitted,
  /** The `agent.tool_use` event that is answered. */
  tool_use_id: Ids.EventId,
  ...result
})

/**
 * `agent.tool_result`: what a built-in tool returned.
 *
 * @category models
 * @since 0.1.0
 */
export interface ToolResult extends Schema.Schema.Type<typeof ToolResult_> {}

/**
 * {@link ToolResult} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ToolResultEncoded extends Schema.Schema.Encoded<typeof ToolResult_> {}

/**
 * Schema of {@link ToolResult}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ToolResult: Schema.Schema<ToolResult, ToolResultEncoded> = ToolResult_

const McpToolUse_ = wire.struct("AgentMcpToolUseEvent", {
  type: Schema.Literal("agent.mcp_tool_use"),
  ...emitted,
  /** The MCP server, by its name in the agent's definition. */
  mcp_server_name: Schema.String,
  /** The tool. */
  name: Schema.String,
  /** The arguments. */
  input: wire.json,
  ...evaluated,
  ...crossPosted
})

/**
 * `agent.mcp_tool_use`: the agent calls a tool of an MCP server. The service runs it.
 *
 * @category models
 * @since 0.1.0
 */
export interface McpToolUse extends Schema.Schema.Type<typeof McpToolUse_> {}

/**
 * {@link McpToolUse} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface McpToolUseEncoded extends Schema.Schema.Encoded<typeof McpToolUse_> {}

/**
 * Schema of {@link McpToolUse}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const McpToolUse: Schema.Schema<McpToolUse, McpToolUseEncoded> = McpToolUse_

const McpToolResult_ = wire.struct("AgentMcpToolResultEvent", {
  type: Schema.Literal("agent.mcp_tool_result"),
  ...emitted,
  /** The `agent.mcp_tool_use` event that is answered. */
  mcp_tool_use_id: Ids.EventId,
  ...result
})

/**
 * `agent.mcp_tool_result`: what a tool of an MCP server returned.
 *
 * @category models
 * @since 0.1.0
 */
export interface McpToolResult extends Schema.Schema.Type<typeof McpToolResult_> {}

/**
 * {@link McpToolResult} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface McpToolResultEncoded extends Schema.Schema.Encoded<typeof McpToolResult_> {}

/**
 * Schema of {@link McpToolResult}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const McpToolResult: Schema.Schema<McpToolResult, McpToolResultEncoded> = McpToolResult_

const CustomToolUse_ = wire.struct("AgentCustomToolUseEvent", {
  type: Schema.Literal("agent.custom_tool_use"),
  ...emitted,
  /** The tool. */
  name: Schema.String,
  /** The arguments. They are not checked against the tool's schema. */
  input: wire.json,
  ...crossPosted
})

/**
 * `agent.custom_tool_use`: the agent calls a tool that the client runs. Answer it with a `user.custom_tool_result` that
 * names this event's `id`.
 *
 * @category models
 * @since 0.1.0
 */
export interface CustomToolUse extends Schema.Schema.Type<typeof CustomToolUse_> {}

/**
 * {@link CustomToolUse} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface CustomToolUseEncoded extends Schema.Schema.Encoded<typeof CustomToolUse_> {}

/**
 * Schema of {@link CustomToolUse}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const CustomToolUse: Schema.Schema<CustomToolUse, CustomToolUseEncoded> = CustomToolUse_

const ThreadMessageSent_ = wire.struct("AgentThreadMessageSentEvent", {
  type: Schema.Literal("agent.thread_message_sent"),
  ...emitted,
  /** The thread that it was sent to. */
  to_session_thread_id: Ids.ThreadId,
  /** The agent of that thread. Absent or `null` for the primary one. */
  to_agent_name: wire.nullish(Schema.String),
  /** What was said, in blocks. */
  content: Schema.Array(Content.ThreadMessageContent)
})

/**
 * `agent.thread_message_sent`: this thread sent a message to another.
 *
 * @category models
 * @since 0.1.0
 */
export interface ThreadMessageSent extends Schema.Schema.Type<typeof ThreadMessageSent_> {}

/**
 * {@link ThreadMessageSent} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ThreadMessageSentEncoded extends Schema.Schema.Encoded<typeof ThreadMessageSent_> {}

/**
 * Schema of {@link ThreadMessageSent}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ThreadMessageSent: Schema.Schema<ThreadMessageSent, ThreadMessageSentEncoded> = ThreadMessageSent_

const ThreadMessageReceived_ = wire.struct("AgentThreadMessageReceivedEvent", {
  type: Schema.Literal("agent.thread_message_received"),
  ...emitted,
  /** The thread that sent it. */
  from_session_thread_id: Ids.ThreadId,
  /** The agent of that thread. May be absent or `null` for the primary one. */
  from_agent_name: wire.nullish(Schema.String),
  /** What was said, in blocks. */
  content: Schema.Array(Content.ThreadMessageContent)
})

/**
 * `agent.thread_message_received`: a message from another thread arrived at this one.
 *
 * @category models
 * @since 0.1.0
 */
export interface ThreadMessageReceived extends Schema.Schema.Type<typeof ThreadMessageReceived_> {}

/**
 * {@link ThreadMessageReceived} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ThreadMessageReceivedEncoded extends Schema.Schema.Encoded<typeof ThreadMessageReceived_> {}

/**
 * Schema of {@link ThreadMessageReceived}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ThreadMessageReceived: Schema.Schema<ThreadMessageReceived, ThreadMessageReceivedEncoded> =
  ThreadMessageReceived_

const ThreadContextCompacted_ = wire.struct("AgentThreadContextCompactedEvent", {
  type: Schema.Literal("agent.thread_context_compacted"),
  ...emitted
})

/**
 * `agent.thread_context_compacted`: older history was summarised for the model. The event list keeps it.
 *
 * @category models
 * @since 0.1.0
 */
export interface ThreadContextCompacted extends Schema.Schema.Type<typeof ThreadContextCompacted_> {}

/**
 * {@link ThreadContextCompacted} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ThreadContextCompactedEncoded extends Schema.Schema.Encoded<typeof ThreadContextCompacted_> {}

/**
 * Schema of {@link ThreadContextCompacted}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ThreadContextCompacted: Schema.Schema<ThreadContextCompacted, ThreadContextCompactedEncoded> =
  ThreadContextCompacted_
