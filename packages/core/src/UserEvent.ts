/**
 * The events that a client sends: as they are sent (`…Params`) and as the service stores and returns them.
 *
 * `system.message` is here too, because it is sent the same way. The constructors at the end make the params from what
 * a program has at hand.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Content from "./Content.ts"
import * as Ids from "./Ids.ts"
import { submitted } from "./internal/schema/eventFields.ts"
import * as params from "./internal/schema/params.ts"
import * as wellFormed from "./internal/schema/wellFormed.ts"
import * as wire from "./internal/schema/wire.ts"
import * as Outcome from "./Outcome.ts"

/**
 * `user.message`: what the user said to the agent.
 * @category schemas
 */
export class Message extends wire.Struct<Message>()("UserMessageEvent", {
  type: Schema.Literal("user.message"),
  ...submitted,
  /** The content, in blocks. */
  content: Schema.Array(Content.MessageContent)
}) {}

/**
 * A `user.message` to send: it starts a turn, or steers the one that runs.
 * @category schemas
 */
export class MessageParams extends wire.Struct<MessageParams>()("UserMessageEventParams", {
  type: Schema.Literal("user.message"),
  /** The content, in blocks. */
  content: Schema.Array(Content.MessageContentParams)
}) {}

/**
 * `user.interrupt`: the user stopped the agent.
 * @category schemas
 */
export class Interrupt extends wire.Struct<Interrupt>()("UserInterruptEvent", {
  type: Schema.Literal("user.interrupt"),
  ...submitted,
  /** The only thread that was stopped. Absent or `null` if all were. */
  session_thread_id: wire.nullish(Ids.ThreadId)
}) {}

/**
 * A `user.interrupt` to send: it ends the turn, ahead of queued messages.
 * @category schemas
 */
export class InterruptParams extends wire.Struct<InterruptParams>()("UserInterruptEventParams", {
  type: Schema.Literal("user.interrupt"),
  /** Stop only this thread. Without it every thread that is not archived stops. */
  session_thread_id: Schema.optional(Schema.NullOr(params.id<Ids.ThreadIdInput>(Ids.ThreadId)))
}) {}

/**
 * Decision about a tool call.
 * @category schemas
 */
export const ConfirmationResult = wire.openString("ConfirmationResult", "allow", "deny")

/**
 * The values of {@link ConfirmationResult}.
 * @category models
 */
export type ConfirmationResult = typeof ConfirmationResult.Type

/**
 * `user.tool_confirmation`: a tool call that waited for approval was allowed or denied.
 * @category schemas
 */
export class ToolConfirmation extends wire.Struct<ToolConfirmation>()("UserToolConfirmationEvent", {
  type: Schema.Literal("user.tool_confirmation"),
  ...submitted,
  /** The `agent.tool_use` or `agent.mcp_tool_use` event that was decided about. */
  tool_use_id: Ids.EventId,
  /** The decision. */
  result: ConfirmationResult,
  /** Why the call was denied. */
  deny_message: wire.nullish(Schema.String),
  /** The child thread to which the service routed the answer. Absent or `null` for the primary thread. */
  session_thread_id: wire.nullish(Ids.ThreadId)
}) {}

const ToolConfirmationParams_ = wire.struct("UserToolConfirmationEventParams", {
  type: Schema.Literal("user.tool_confirmation"),
  /** The `agent.tool_use` or `agent.mcp_tool_use` event to decide about. */
  tool_use_id: params.id<Ids.EventIdInput>(Ids.EventId),
  /** The decision. */
  result: Schema.Literal("allow", "deny"),
  /** Why the call is denied; the agent reads it. Only with `deny`. */
  deny_message: Schema.optional(Schema.NullOr(Schema.String))
}).pipe(
  Schema.filter(
    ({ deny_message, result }) =>
      result === "deny" || deny_message === undefined || deny_message === null ||
      { path: ["deny_message"], message: "is allowed with the result \"deny\" only" },
    { identifier: "UserToolConfirmationEventParams" }
  )
)

/**
 * A `user.tool_confirmation` to send: it allows or denies a tool call whose `evaluated_permission` is `ask`.
 * @category models
 */
export interface ToolConfirmationParams extends Schema.Schema.Type<typeof ToolConfirmationParams_> {}

/**
 * Schema of {@link ToolConfirmationParams}.
 * @category schemas
 */
export const ToolConfirmationParams: Schema.Schema<ToolConfirmationParams, typeof ToolConfirmationParams_.Encoded> =
  ToolConfirmationParams_

/**
 * `user.custom_tool_result`: what a custom tool returned.
 * @category schemas
 */
export class CustomToolResult extends wire.Struct<CustomToolResult>()("UserCustomToolResultEvent", {
  type: Schema.Literal("user.custom_tool_result"),
  ...submitted,
  /** The `agent.custom_tool_use` event that was answered. */
  custom_tool_use_id: Ids.EventId,
  /** The result of the tool, in blocks. */
  content: wire.nullish(Schema.Array(Content.ToolResultContent)),
  /** True if the tool failed. */
  is_error: wire.nullish(Schema.Boolean),
  /** The child thread to which the service routed the answer. Absent or `null` for the primary thread. */
  session_thread_id: wire.nullish(Ids.ThreadId)
}) {}

/**
 * A `user.custom_tool_result` to send. It may be sent as soon as the call has arrived, before the session is idle; a
 * second answer to the same call is accepted and has no effect.
 * @category schemas
 */
export class CustomToolResultParams extends wire.Struct<CustomToolResultParams>()("UserCustomToolResultEventParams", {
  type: Schema.Literal("user.custom_tool_result"),
  /** The `agent.custom_tool_use` event to answer. */
  custom_tool_use_id: params.id<Ids.EventIdInput>(Ids.EventId),
  /** The result of the tool, in blocks. */
  content: Schema.optional(Schema.Array(Content.ToolResultContentParams)),
  /** True if the tool failed. */
  is_error: Schema.optional(Schema.NullOr(Schema.Boolean))
}) {}

/**
 * `user.define_outcome`: the user gave the agent an outcome to reach.
 * @category schemas
 */
export class DefineOutcome extends wire.Struct<DefineOutcome>()("UserDefineOutcomeEvent", {
  type: Schema.Literal("user.define_outcome"),
  ...submitted,
  /** The outcome, as `span.outcome_evaluation_*` events and the session's `outcome_evaluations` name it. */
  outcome_id: Ids.OutcomeId,
  /** The task of the agent. */
  description: Schema.String,
  /** The rubric by which the outcome is graded. */
  rubric: Outcome.Rubric,
  /** After how many cycles of work and evaluation the agent gives up. */
  max_iterations: wire.nullish(wire.number)
}) {}

/**
 * A `user.define_outcome` to send: the agent starts to work on it at once. A session has one live outcome at a time.
 * @category schemas
 */
export class DefineOutcomeParams extends wire.Struct<DefineOutcomeParams>()("UserDefineOutcomeEventParams", {
  type: Schema.Literal("user.define_outcome"),
  /** The task of the agent. Not empty. */
  description: params.nonEmptyText,
  /** The rubric by which to grade the outcome. */
  rubric: Outcome.RubricParams,
  /** After how many cycles of work and evaluation to give up: 1 to 20, by default 3. */
  max_iterations: Schema.optional(Schema.NullOr(params.integer({ min: 1, max: 20 })))
}) {}

/**
 * `user.tool_result`: what a built-in tool returned that the client ran, in a self-hosted environment.
 * @category schemas
 */
export class ToolResult extends wire.Struct<ToolResult>()("UserToolResultEvent", {
  type: Schema.Literal("user.tool_result"),
  ...submitted,
  /** The `agent.tool_use` event that was answered. */
  tool_use_id: Ids.EventId,
  /** The result of the tool, in blocks. */
  content: wire.nullish(Schema.Array(Content.ToolResultContent)),
  /** True if the tool failed. */
  is_error: wire.nullish(Schema.Boolean),
  /** The child thread to which the service routed the answer. Absent or `null` for the primary thread. */
  session_thread_id: wire.nullish(Ids.ThreadId)
}) {}

/**
 * A `user.tool_result` to send. Only in self-hosted environments, where the client runs the built-in tools, and only with
 * the credentials of the environment.
 * @category schemas
 */
export class ToolResultParams extends wire.Struct<ToolResultParams>()("UserToolResultEventParams", {
  type: Schema.Literal("user.tool_result"),
  /** The `agent.tool_use` event to answer. */
  tool_use_id: params.id<Ids.EventIdInput>(Ids.EventId),
  /** The result of the tool, in blocks. */
  content: Schema.optional(Schema.Array(Content.ToolResultContentParams)),
  /** True if the tool failed. */
  is_error: Schema.optional(Schema.NullOr(Schema.Boolean))
}) {}

/**
 * `system.message`: privileged context for this and all later turns, besides the system prompt.
 * @category schemas
 */
export class SystemMessage extends wire.Struct<SystemMessage>()("SystemMessageEvent", {
  type: Schema.Literal("system.message"),
  ...submitted,
  /** The content, in blocks. */
  content: Schema.Array(Content.SystemMessageContent)
}) {}

/**
 * A `system.message` to send.
 *
 * At most one per request: the last event, right after the `user.message`, `user.tool_result` or
 * `user.custom_tool_result` that it accompanies. Some models take none.
 *
 * @category schemas
 */
export class SystemMessageParams extends wire.Struct<SystemMessageParams>()("SystemMessageEventParams", {
  type: Schema.Literal("system.message"),
  /** The content, in 1 to 1000 blocks of text. */
  content: params.list(Content.TextBlockParams, { min: 1, max: 1000 })
}) {}

/**
 * Any event that came from a client, as the service returns it.
 * @category schemas
 */
export const UserEvent = wire.openUnion("UserEvent", [
  Message,
  Interrupt,
  ToolConfirmation,
  CustomToolResult,
  DefineOutcome,
  ToolResult,
  SystemMessage
])

/**
 * The values of {@link UserEvent}.
 * @category models
 */
export type UserEvent = wire.Named<typeof UserEvent>["union" | "name"]

/**
 * Event that a session can be created with.
 * @category schemas
 */
export const InitialEventParams = wire.openUnion("InitialEventParams", [
  MessageParams,
  DefineOutcomeParams
])

/**
 * The values of {@link InitialEventParams}.
 * @category models
 */
export type InitialEventParams = wire.Named<typeof InitialEventParams>["union" | "name"]

/**
 * The content of a result: none for the empty text, since a block of text may not be empty. The text of a tool may have been
 * cut inside a character, and is mended; what a program says itself is refused then.
 */
const resultContent = (content: string | ReadonlyArray<Content.ToolResultContentParams>) => {
  if (typeof content !== "string") return wellFormed.json(content)
  return content === "" ? [] : [Content.text(wellFormed.text(content))]
}

/**
 * Says something to the agent.
 *
 * @example
 * ```ts
 * import * as Content from "@effect-managed-agents/core/Content"
 * import * as UserEvent from "@effect-managed-agents/core/UserEvent"
 *
 * const question = UserEvent.message("Where is my order #1234?")
 *
 * const withImage = UserEvent.message([
 *   Content.text("What is on this receipt?"),
 *   Content.imageUrl("https://example.com/receipt.png")
 * ])
 *
 * assert.deepStrictEqual(question.content, [Content.text("Where is my order #1234?")])
 * assert.strictEqual(withImage.content.length, 2)
 * ```
 *
 * @category constructors
 */
export const message = (content: string | ReadonlyArray<Content.MessageContentParams>): MessageParams => ({
  type: "user.message",
  content: typeof content === "string" ? [Content.text(content)] : content
})

/**
 * Stops the agent: one thread, or every thread that is not archived.
 * @category constructors
 */
export const interrupt = (threadId?: Ids.ThreadIdInput): InterruptParams => ({
  type: "user.interrupt",
  ...(threadId !== undefined && { session_thread_id: threadId })
})

/**
 * Lets a tool call run that waits for approval.
 * @category constructors
 */
export const allow = (toolUseId: Ids.EventIdInput): ToolConfirmationParams => ({
  type: "user.tool_confirmation",
  tool_use_id: toolUseId,
  result: "allow"
})

/**
 * Refuses a tool call that waits for approval. The agent reads the reason.
 * @category constructors
 */
export const deny = (toolUseId: Ids.EventIdInput, reason?: string): ToolConfirmationParams => ({
  type: "user.tool_confirmation",
  tool_use_id: toolUseId,
  result: "deny",
  ...(reason !== undefined && { deny_message: reason })
})

/**
 * Options of the result of a tool call.
 * @category options
 */
export interface ResultOptions {
  /** True if the tool failed; `content` then says why. */
  readonly isError?: boolean | undefined
}

/**
 * Answers the call of a custom tool. An empty text is sent as no content.
 * @category constructors
 */
export const customToolResult = (
  customToolUseId: Ids.EventIdInput,
  content: string | ReadonlyArray<Content.ToolResultContentParams>,
  options?: ResultOptions
): CustomToolResultParams => ({
  type: "user.custom_tool_result",
  custom_tool_use_id: customToolUseId,
  content: resultContent(content),
  ...(options?.isError !== undefined && { is_error: options.isError })
})

/**
 * Answers the call of a built-in tool, in a self-hosted environment. An empty text is sent as no content.
 * @category constructors
 */
export const toolResult = (
  toolUseId: Ids.EventIdInput,
  content: string | ReadonlyArray<Content.ToolResultContentParams>,
  options?: ResultOptions
): ToolResultParams => ({
  type: "user.tool_result",
  tool_use_id: toolUseId,
  content: resultContent(content),
  ...(options?.isError !== undefined && { is_error: options.isError })
})

/**
 * An outcome to define.
 * @category options
 */
export interface OutcomeOptions {
  /** The task of the agent. */
  readonly description: string
  /** The rubric to grade it by: its text, or its file. */
  readonly rubric: string | Outcome.RubricParams
  /** After how many cycles of work and evaluation to give up: 1 to 20, by default 3. */
  readonly maxIterations?: number | undefined
}

/**
 * Gives the agent an outcome to reach.
 * @category constructors
 */
export const defineOutcome = (options: OutcomeOptions): DefineOutcomeParams => ({
  type: "user.define_outcome",
  description: options.description,
  rubric: typeof options.rubric === "string" ? { type: "text", content: options.rubric } : options.rubric,
  ...(options.maxIterations !== undefined && { max_iterations: options.maxIterations })
})

/**
 * Gives the agent privileged context, together with the message or tool result that it is sent after.
 * @category constructors
 */
export const systemMessage = (content: string | ReadonlyArray<Content.TextBlockParams>): SystemMessageParams => ({
  type: "system.message",
  content: typeof content === "string" ? [Content.text(content)] : content
})
