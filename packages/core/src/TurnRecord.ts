/**
 * Result of a turn as a value that can be stored and sent: what a `TurnResult` says, without the transcript.
 *
 * Each record names the version of its format. One that is newer than the program is refused with an error that says so,
 * and never read as something else.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as AgentEvent from "./AgentEvent.ts"
import * as Ids from "./Ids.ts"
import * as wire from "./internal/schema/wire.ts"
import * as cases from "./internal/turn/match.ts"
import * as PendingAction from "./PendingAction.ts"
import * as SessionEvent from "./SessionEvent.ts"
import * as SessionFailure from "./SessionFailure.ts"
import type * as Transcript from "./Transcript.ts"
import * as Unknown from "./Unknown.ts"
import * as Usage from "./Usage.ts"
import * as UserEvent from "./UserEvent.ts"

// ---------------------------------------------------------------------------------------------------------------------
// Parts
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A tool call with what became of it, as `Transcript.ToolCall`.
 * @category schemas
 */
export class ToolCall extends wire.Struct<ToolCall>()("TurnRecordToolCall", {
  /** The event of the call. */
  call: Schema.Union(AgentEvent.ToolUse, AgentEvent.McpToolUse, AgentEvent.CustomToolUse),
  /** The decision about a call that had to be approved. */
  confirmation: wire.optional(UserEvent.ToolConfirmation),
  /** The event of its result; absent where there is none. */
  result: wire.optional(
    Schema.Union(AgentEvent.ToolResult, AgentEvent.McpToolResult, UserEvent.CustomToolResult, UserEvent.ToolResult)
  ),
  /** True if it ended without a result that the session's events show. */
  closed: Schema.Boolean
}) {}

/**
 * Tokens of model requests, added up.
 * @category schemas
 */
export class Tokens extends wire.Struct<Tokens>()("TurnRecordTokens", {
  /** Input tokens that no cache served. */
  input: wire.number,
  /** Output tokens. */
  output: wire.number,
  /** Input tokens that were read from the cache. */
  cacheRead: wire.number,
  /** Input tokens that were written to the cache. */
  cacheCreation: wire.number
}) {}

/**
 * Consumption of a turn.
 * @category schemas
 */
export class Consumption extends wire.Struct<Consumption>()("TurnRecordConsumption", {
  /** The tokens of the primary thread's model requests and of graders. */
  tokens: Tokens,
  /** The cost at list prices, with all threads of the session; absent where the session did not say. */
  cost: wire.optional(Usage.ListCost),
  /** Everything that the session had consumed since its creation when the turn ended. */
  session: wire.optional(Usage.UsageSnapshot)
}) {}

/** The version of the format. */
const version = 1

const report = {
  /** The version of this format. */
  version: Schema.Literal(version),
  /** The session. */
  sessionId: Ids.SessionId,
  /** The text of the agent's last message. */
  reply: Schema.String,
  /** The agent's messages. */
  messages: Schema.Array(AgentEvent.Message),
  /** The calls of tools, in their order. */
  toolCalls: Schema.Array(ToolCall),
  /** The failures in the session, also those that it recovered from. */
  errors: Schema.Array(SessionFailure.SessionFailure),
  /** The consumption of the turn. */
  usage: Consumption
}

// ---------------------------------------------------------------------------------------------------------------------
// Records
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The agent has finished.
 * @category schemas
 */
export class EndTurn extends wire.Struct<EndTurn>()("TurnRecordEndTurn", {
  _tag: Schema.Literal("EndTurn"),
  ...report
}) {}

/**
 * The session waits for something that nobody has answered yet. The turn goes on once it is.
 * @category schemas
 */
export class RequiresAction extends wire.Struct<RequiresAction>()("TurnRecordRequiresAction", {
  _tag: Schema.Literal("RequiresAction"),
  ...report,
  /** The actions that it waits for. */
  actions: Schema.Array(PendingAction.PendingAction)
}) {}

/**
 * The agent was stopped by an interrupt.
 * @category schemas
 */
export class Interrupted extends wire.Struct<Interrupted>()("TurnRecordInterrupted", {
  _tag: Schema.Literal("Interrupted"),
  ...report
}) {}

/**
 * The model refused.
 * @category schemas
 */
export class Refusal extends wire.Struct<Refusal>()("TurnRecordRefusal", {
  _tag: Schema.Literal("Refusal"),
  ...report,
  /** The category of what was refused, where the model said so. */
  category: wire.optional(SessionEvent.RefusalCategory),
  /** The words of the model, where there are any. */
  explanation: wire.optional(Schema.String)
}) {}

/**
 * The session's budget is used up.
 * @category schemas
 */
export class BudgetReached extends wire.Struct<BudgetReached>()("TurnRecordBudgetReached", {
  _tag: Schema.Literal("BudgetReached"),
  ...report
}) {}

/**
 * The service has given up on the turn; `errors` says why. The session takes new messages.
 * @category schemas
 */
export class RetriesExhausted extends wire.Struct<RetriesExhausted>()("TurnRecordRetriesExhausted", {
  _tag: Schema.Literal("RetriesExhausted"),
  ...report
}) {}

/**
 * The session is over.
 * @category schemas
 */
export class Terminated extends wire.Struct<Terminated>()("TurnRecordTerminated", {
  _tag: Schema.Literal("Terminated"),
  ...report,
  /** True if somebody archived it; otherwise an error has ended it, and `errors` says which. */
  archived: Schema.Boolean
}) {}

/**
 * Somebody deleted the session.
 * @category schemas
 */
export class Deleted extends wire.Struct<Deleted>()("TurnRecordDeleted", {
  _tag: Schema.Literal("Deleted"),
  ...report
}) {}

/**
 * The turn ended for a reason that the program which ran it did not know.
 * @category schemas
 */
export class UnknownStopReason extends wire.Struct<UnknownStopReason>()("TurnRecordUnknownStopReason", {
  _tag: Schema.Literal("UnknownStopReason"),
  ...report,
  /** The reason as it came. */
  stopReason: Unknown.schema(new Set(), "type")
}) {}

/**
 * The error that ended a turn, as far as it can be stored.
 * @category schemas
 */
export class FailureError extends wire.Struct<FailureError>()("TurnRecordFailureError", {
  /** The tag of the error, such as `InvalidRequest`. */
  _tag: Schema.String,
  /** The message of the error. */
  message: Schema.String
}) {}

/**
 * The service has refused the turn for good: its input is wrong, or its session does not exist. What had happened until
 * then is not known.
 * @category schemas
 */
export class Failed extends wire.Struct<Failed>()("TurnRecordFailed", {
  _tag: Schema.Literal("Failed"),
  ...report,
  /** The error of the service. */
  error: FailureError
}) {}

/** Words for a record that a newer program has written. They hold nothing of the record. */
const versionProblem = (actual: unknown): string | undefined => {
  if (!Predicate.hasProperty(actual, "version") || actual.version === version) return undefined
  const found = typeof actual.version === "number" ? ` ${actual.version}` : ""
  return `a turn record of version${found}, which this program cannot read: it knows version ${version}`
}

/**
 * A result that can be stored. {@link match} handles every case.
 * @category schemas
 */
export const TurnRecord: Schema.Schema<
  TurnRecord,
  | typeof EndTurn.Encoded
  | typeof RequiresAction.Encoded
  | typeof Interrupted.Encoded
  | typeof Refusal.Encoded
  | typeof BudgetReached.Encoded
  | typeof RetriesExhausted.Encoded
  | typeof Terminated.Encoded
  | typeof Deleted.Encoded
  | typeof UnknownStopReason.Encoded
  | typeof Failed.Encoded
> = Schema.Union(
  EndTurn,
  RequiresAction,
  Interrupted,
  Refusal,
  BudgetReached,
  RetriesExhausted,
  Terminated,
  Deleted,
  UnknownStopReason,
  Failed
).annotations({
  identifier: "TurnRecord",
  message: ({ actual }) => {
    const problem = versionProblem(actual)
    return { message: problem ?? "expected a turn record", override: problem !== undefined }
  }
})

/**
 * The values of {@link TurnRecord}.
 * @category models
 */
export type TurnRecord =
  | EndTurn
  | RequiresAction
  | Interrupted
  | Refusal
  | BudgetReached
  | RetriesExhausted
  | Terminated
  | Deleted
  | UnknownStopReason
  | Failed

// ---------------------------------------------------------------------------------------------------------------------
// Constructors
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A result to be recorded: every `TurnResult` is one.
 * @category models
 */
export type Result =
  & {
    readonly sessionId: Ids.SessionId
    readonly reply: string
    readonly messages: Transcript.Transcript["messages"]
    readonly toolCalls: ReadonlyArray<Transcript.ToolCall>
    readonly errors: ReadonlyArray<SessionFailure.SessionFailure>
    readonly usage: {
      readonly tokens: Transcript.Tokens
      readonly cost: Usage.ListCost | undefined
      readonly session: Usage.UsageSnapshot | undefined
    }
  }
  & (
    | { readonly _tag: "EndTurn" | "Interrupted" | "BudgetReached" | "RetriesExhausted" | "Deleted" }
    | { readonly _tag: "RequiresAction"; readonly actions: ReadonlyArray<PendingAction.PendingAction> }
    | {
      readonly _tag: "Refusal"
      readonly category: SessionEvent.RefusalCategory | undefined
      readonly explanation: string | undefined
    }
    | { readonly _tag: "Terminated"; readonly archived: boolean }
    | { readonly _tag: "UnknownStopReason"; readonly stopReason: Unknown.Unknown }
  )

/**
 * Makes the record of a result.
 * @category constructors
 */
export const make = (result: Result): TurnRecord => {
  const { cost, session, tokens } = result.usage
  const common = {
    version,
    sessionId: result.sessionId,
    reply: result.reply,
    messages: result.messages,
    toolCalls: result.toolCalls.map(({ call, closed, confirmation, result }) => ({
      call,
      closed,
      ...(confirmation !== undefined && { confirmation }),
      ...(result !== undefined && { result })
    })),
    errors: result.errors,
    usage: { tokens, ...(cost !== undefined && { cost }), ...(session !== undefined && { session }) }
  } as const
  switch (result._tag) {
    case "RequiresAction":
      return { _tag: result._tag, ...common, actions: result.actions }
    case "Refusal":
      return {
        _tag: result._tag,
        ...common,
        ...(result.category !== undefined && { category: result.category }),
        ...(result.explanation !== undefined && { explanation: result.explanation })
      }
    case "Terminated":
      return { _tag: result._tag, ...common, archived: result.archived }
    case "UnknownStopReason":
      return { _tag: result._tag, ...common, stopReason: result.stopReason }
    default:
      return { _tag: result._tag, ...common }
  }
}

/**
 * Makes the record of a turn that the service has refused for good.
 * @category constructors
 */
export const failed = (
  sessionId: Ids.SessionId,
  error: { readonly _tag: string; readonly message: string }
): Failed => ({
  _tag: "Failed",
  version,
  sessionId,
  reply: "",
  messages: [],
  toolCalls: [],
  errors: [],
  usage: { tokens: { input: 0, output: 0, cacheRead: 0, cacheCreation: 0 } },
  error: { _tag: error._tag, message: error.message }
})

// ---------------------------------------------------------------------------------------------------------------------
// Combinators
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Handles every case of a {@link TurnRecord}.
 * @category combinators
 */
export const match: cases.Match<TurnRecord> = cases.match<TurnRecord>()
