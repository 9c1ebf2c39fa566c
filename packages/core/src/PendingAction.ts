/**
 * Actions that a session waits for: a tool call to be allowed or denied, or a tool call to be answered.
 *
 * A pending action is plain data and names its session, so that it can be stored or sent elsewhere, and answered by
 * another process: encode it with {@link PendingAction}, decode it there, and {@link reply} to it. `Match.valueTags`
 * handles every kind; each takes only the answers that the service accepts for it.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type * as Content from "./Content.ts"
import * as Ids from "./Ids.ts"
import * as wire from "./internal/schema/wire.ts"
import * as UserEvent from "./UserEvent.ts"

const call = {
  /** The session that waits. */
  sessionId: Ids.SessionId,
  /** The event of the call, which an answer names. */
  id: Ids.EventId,
  /** The child thread that made the call; absent for the primary one. For information: answers are routed by `id`. */
  threadId: wire.optional(Ids.ThreadId),
  /** The tool. */
  name: Schema.String,
  /** The arguments. They come from a model and are not checked. */
  input: wire.json
}

/**
 * A tool call that waits for approval: {@link allow} it or {@link deny} it.
 * @category schemas
 */
export class Confirmation extends wire.Struct<Confirmation>()("PendingConfirmation", {
  _tag: Schema.Literal("Confirmation"),
  ...call,
  /** The MCP server of the tool; absent for a built-in one. */
  server: wire.optional(Schema.String)
}) {}

/**
 * A call of a custom tool: answer it with its {@link result}.
 * @category schemas
 */
export class CustomToolCall extends wire.Struct<CustomToolCall>()("PendingCustomToolCall", {
  _tag: Schema.Literal("CustomToolCall"),
  ...call
}) {}

/**
 * A call of a built-in tool that a self-hosted environment runs: answer it with its {@link result}, using the credentials
 * of the environment.
 * @category schemas
 */
export class SelfHostedToolCall extends wire.Struct<SelfHostedToolCall>()("PendingSelfHostedToolCall", {
  _tag: Schema.Literal("SelfHostedToolCall"),
  ...call
}) {}

/**
 * A call of one of the program's own tools that may run only once it is approved, by `ToolRunner.needsApproval`:
 * {@link allow} it or {@link deny} it. The service knows nothing of that; what was decided is kept in the `Journal`.
 * @category schemas
 */
export class ToolApproval extends wire.Struct<ToolApproval>()("PendingToolApproval", {
  _tag: Schema.Literal("ToolApproval"),
  ...call
}) {}

/**
 * A call that waits to be allowed or denied.
 * @category models
 */
export type ApprovalRequest = Confirmation | ToolApproval

/**
 * Anything that a session waits for.
 * @category schemas
 */
export const PendingAction: Schema.Schema<
  PendingAction,
  | typeof Confirmation.Encoded
  | typeof CustomToolCall.Encoded
  | typeof SelfHostedToolCall.Encoded
  | typeof ToolApproval.Encoded
> = Schema.Union(
  Confirmation,
  CustomToolCall,
  SelfHostedToolCall,
  ToolApproval
).annotations({ identifier: "PendingAction" })

/**
 * The values of {@link PendingAction}.
 * @category models
 */
export type PendingAction = Confirmation | CustomToolCall | SelfHostedToolCall | ToolApproval

/**
 * Anything that an event answers.
 * @category models
 */
export type Repliable = Exclude<PendingAction, ToolApproval>

/**
 * The call may run.
 * @category models
 */
export interface Allow {
  readonly _tag: "Allow"
}

/**
 * The call must not run.
 * @category models
 */
export interface Deny {
  readonly _tag: "Deny"
  /** Why; the agent reads it. */
  readonly reason?: string | undefined
}

/**
 * Decision about an {@link ApprovalRequest}.
 * @category models
 */
export type Decision = Allow | Deny

/**
 * Result of a tool.
 * @category models
 */
export interface ToolResult {
  readonly _tag: "ToolResult"
  readonly content: string | ReadonlyArray<Content.ToolResultContentParams>
  /** True if the tool failed; `content` then says why. */
  readonly isError: boolean
}

/**
 * The answers that a kind of action takes.
 * @category models
 */
export type AnswerTo<A extends PendingAction> = A extends ApprovalRequest ? Decision : ToolResult

/**
 * Lets a tool call run.
 * @category constructors
 */
export const allow: Allow = { _tag: "Allow" }

/**
 * Refuses a tool call. The agent reads the reason.
 * @category constructors
 */
export const deny = (reason?: string): Deny => ({ _tag: "Deny", ...(reason !== undefined && { reason }) })

/**
 * Makes the result of a tool, or with `isError` the reason of its failure. An empty text is sent as no content.
 * @category constructors
 */
export const result = (
  content: string | ReadonlyArray<Content.ToolResultContentParams>,
  options?: UserEvent.ResultOptions
): ToolResult => ({ _tag: "ToolResult", content, isError: options?.isError ?? false })

/**
 * The event that answers an action. Send it to the action's session, best with `Events.deliver`.
 *
 * @example
 * ```ts
 * import * as Ids from "@effect-managed-agents/core/Ids"
 * import * as PendingAction from "@effect-managed-agents/core/PendingAction"
 * import * as UserEvent from "@effect-managed-agents/core/UserEvent"
 *
 * const action: PendingAction.Confirmation = {
 *   _tag: "Confirmation",
 *   sessionId: Ids.SessionId.make("sesn_011CZkZAtmR3yMPDzynEDxu7"),
 *   id: Ids.EventId.make("sevt_011CZkZBxmR3yMPDzynEDxu8"),
 *   name: "bash",
 *   input: { command: "rm -rf build" }
 * }
 *
 * assert.deepStrictEqual(PendingAction.reply(action, PendingAction.allow), UserEvent.allow(action.id))
 * assert.deepStrictEqual(
 *   PendingAction.reply(action, PendingAction.deny("Not today.")),
 *   UserEvent.deny(action.id, "Not today.")
 * )
 * ```
 *
 * @category conversions
 */
export const reply = <A extends Repliable>(action: A, answer: AnswerTo<NoInfer<A>>): Reply => {
  // the compiler does not relate the kind of the action to the kind of the answer
  const given: Decision | ToolResult = answer
  switch (given._tag) {
    case "Allow":
      return UserEvent.allow(action.id)
    case "Deny":
      return UserEvent.deny(action.id, given.reason)
    case "ToolResult": {
      const { content, isError } = given
      return action._tag === "SelfHostedToolCall"
        ? UserEvent.toolResult(action.id, content, { isError })
        : UserEvent.customToolResult(action.id, content, { isError })
    }
  }
}

/**
 * An event that answers an action.
 * @category models
 */
export type Reply =
  | UserEvent.ToolConfirmationParams
  | UserEvent.CustomToolResultParams
  | UserEvent.ToolResultParams
