/**
 * The events that agents emit: what they say, the tools they call and what the tools return.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Content from "./Content.ts"
import * as Ids from "./Ids.ts"
import { emitted } from "./internal/schema/eventFields.ts"
import * as wire from "./internal/schema/wire.ts"

/**
 * The decision of the permission policy about a tool call: it runs, it waits for a `user.tool_confirmation`, or it is
 * refused. Treat a word that you do not know as `ask`: it must not pass unseen.
 * @category schemas
 */
export const EvaluatedPermission = wire.openString("EvaluatedPermission", "allow", "ask", "deny")

/**
 * The values of {@link EvaluatedPermission}.
 * @category models
 */
export type EvaluatedPermission = typeof EvaluatedPermission.Type

/**
 * Why the `auto` policy did not let a call run: no judgement was reached, or the risk is high.
 * @category schemas
 */
export const ReasonCode = wire.openString("ReasonCode", "indeterminate", "high_risk")

/**
 * The values of {@link ReasonCode}.
 * @category models
 */
export type ReasonCode = typeof ReasonCode.Type

/**
 * The call was judged safe.
 * @category schemas
 */
export class AutoAllow extends wire.Struct<AutoAllow>()("AutoEvaluatedPermissionAllow", {
  type: Schema.Literal("allow")
}) {}

/**
 * No judgement was reached; the call waits for the client.
 * @category schemas
 */
export class AutoAsk extends wire.Struct<AutoAsk>()("AutoEvaluatedPermissionAsk", {
  type: Schema.Literal("ask"),
  /** Why, for programs. */
  reason_code: ReasonCode
}) {}

/**
 * The call was judged too risky, or could not be judged and is not held for the client. It does not run.
 * @category schemas
 */
export class AutoDeny extends wire.Struct<AutoDeny>()("AutoEvaluatedPermissionDeny", {
  type: Schema.Literal("deny"),
  /** Why, for programs. */
  reason_code: ReasonCode
}) {}

/**
 * The judgement on one call under the `auto` policy.
 * @category schemas
 */
export const AutoEvaluatedPermission = wire.openUnion("AutoEvaluatedPermission", [
  AutoAllow,
  AutoAsk,
  AutoDeny
])

/**
 * The values of {@link AutoEvaluatedPermission}.
 * @category models
 */
export type AutoEvaluatedPermission = wire.Named<typeof AutoEvaluatedPermission>["union" | "name"]

/**
 * The policy was `always_allow`.
 * @category schemas
 */
export class EvaluationAlwaysAllow extends wire.Struct<EvaluationAlwaysAllow>()("ToolEvaluationAlwaysAllow", {
  type: Schema.Literal("always_allow")
}) {}

/**
 * The policy was `always_ask`.
 * @category schemas
 */
export class EvaluationAlwaysAsk extends wire.Struct<EvaluationAlwaysAsk>()("ToolEvaluationAlwaysAsk", {
  type: Schema.Literal("always_ask")
}) {}

/**
 * The policy was `auto`: the service judged this very call.
 * @category schemas
 */
export class EvaluationAuto extends wire.Struct<EvaluationAuto>()("ToolEvaluationAuto", {
  type: Schema.Literal("auto"),
  /** The judgement; the same word as the event's own `evaluated_permission`. */
  evaluated_permission: AutoEvaluatedPermission
}) {}

/**
 * Which policy decided about a tool call.
 * @category schemas
 */
export const ToolEvaluation = wire.openUnion("ToolEvaluation", [
  EvaluationAlwaysAllow,
  EvaluationAlwaysAsk,
  EvaluationAuto
])

/**
 * The values of {@link ToolEvaluation}.
 * @category models
 */
export type ToolEvaluation = wire.Named<typeof ToolEvaluation>["union" | "name"]

/**
 * `agent.message`: what the agent said.
 * @category schemas
 */
export class Message extends wire.Struct<Message>()("AgentMessageEvent", {
  type: Schema.Literal("agent.message"),
  ...emitted,
  /** The content, in blocks. */
  content: Schema.Array(Content.AgentMessageContent)
}) {}

/**
 * `agent.thinking`: the agent is thinking. A sign of progress, without content.
 * @category schemas
 */
export class Thinking extends wire.Struct<Thinking>()("AgentThinkingEvent", {
  type: Schema.Literal("agent.thinking"),
  ...emitted
}) {}

/** Fields of a call that the permission policy decides about. */
const evaluated = {
  /** The decision of the permission policy about the call. */
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
  /** The result of the tool, in blocks. */
  content: wire.nullish(Schema.Array(Content.ToolResultContent)),
  /** True if the tool failed. */
  is_error: wire.nullish(Schema.Boolean)
}

/**
 * `agent.tool_use`: the agent calls a built-in tool. To answer or confirm it, name this event's `id`.
 * @category schemas
 */
export class ToolUse extends wire.Struct<ToolUse>()("AgentToolUseEvent", {
  type: Schema.Literal("agent.tool_use"),
  ...emitted,
  /** The tool. */
  name: Schema.String,
  /** The arguments. They are not checked: a call that was cut off has none. */
  input: wire.json,
  ...evaluated,
  ...crossPosted
}) {}

/**
 * `agent.tool_result`: what a built-in tool returned.
 * @category schemas
 */
export class ToolResult extends wire.Struct<ToolResult>()("AgentToolResultEvent", {
  type: Schema.Literal("agent.tool_result"),
  ...emitted,
  /** The `agent.tool_use` event that is answered. */
  tool_use_id: Ids.EventId,
  ...result
}) {}

/**
 * `agent.mcp_tool_use`: the agent calls a tool of an MCP server. The service runs it.
 * @category schemas
 */
export class McpToolUse extends wire.Struct<McpToolUse>()("AgentMcpToolUseEvent", {
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
}) {}

/**
 * `agent.mcp_tool_result`: what a tool of an MCP server returned.
 * @category schemas
 */
export class McpToolResult extends wire.Struct<McpToolResult>()("AgentMcpToolResultEvent", {
  type: Schema.Literal("agent.mcp_tool_result"),
  ...emitted,
  /** The `agent.mcp_tool_use` event that is answered. */
  mcp_tool_use_id: Ids.EventId,
  ...result
}) {}

/**
 * `agent.custom_tool_use`: the agent calls a tool that the client runs. Answer it with a `user.custom_tool_result` that
 * names this event's `id`.
 * @category schemas
 */
export class CustomToolUse extends wire.Struct<CustomToolUse>()("AgentCustomToolUseEvent", {
  type: Schema.Literal("agent.custom_tool_use"),
  ...emitted,
  /** The tool. */
  name: Schema.String,
  /** The arguments. They are not checked against the tool's schema. */
  input: wire.json,
  ...crossPosted
}) {}

/**
 * `agent.thread_message_sent`: this thread sent a message to another.
 * @category schemas
 */
export class ThreadMessageSent extends wire.Struct<ThreadMessageSent>()("AgentThreadMessageSentEvent", {
  type: Schema.Literal("agent.thread_message_sent"),
  ...emitted,
  /** The thread that it was sent to. */
  to_session_thread_id: Ids.ThreadId,
  /** The agent of that thread. Absent or `null` for the primary one. */
  to_agent_name: wire.nullish(Schema.String),
  /** The content, in blocks. */
  content: Schema.Array(Content.ThreadMessageContent)
}) {}

/**
 * `agent.thread_message_received`: a message from another thread arrived at this one.
 * @category schemas
 */
export class ThreadMessageReceived extends wire.Struct<ThreadMessageReceived>()("AgentThreadMessageReceivedEvent", {
  type: Schema.Literal("agent.thread_message_received"),
  ...emitted,
  /** The thread that sent it. */
  from_session_thread_id: Ids.ThreadId,
  /** The agent of that thread. May be absent or `null` for the primary one. */
  from_agent_name: wire.nullish(Schema.String),
  /** The content, in blocks. */
  content: Schema.Array(Content.ThreadMessageContent)
}) {}

/**
 * `agent.thread_context_compacted`: older history was summarised for the model. The event list keeps it.
 * @category schemas
 */
export class ThreadContextCompacted extends wire.Struct<ThreadContextCompacted>()("AgentThreadContextCompactedEvent", {
  type: Schema.Literal("agent.thread_context_compacted"),
  ...emitted
}) {}
