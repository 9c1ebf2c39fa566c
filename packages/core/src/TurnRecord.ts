/**
 * Result of a turn as a value that can be stored and sent: what a `TurnResult` says, without the transcript.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as PendingAction from "./PendingAction.ts"

const TurnRecord_ = Schema.Struct({
  /** The version of this format. */
  version: Schema.Literal(1),
  /** The end of the turn, as the tag of a `TurnResult`. */
  _tag: Schema.Literal(
    "EndTurn",
    "RequiresAction",
    "Interrupted",
    "Refusal",
    "BudgetReached",
    "RetriesExhausted",
    "Terminated",
    "Deleted",
    "UnknownStopReason"
  ),
  /** The text of the agent's last message. */
  reply: Schema.String,
  /** The actions that the session waits for, of a `RequiresAction`. */
  actions: Schema.optionalWith(Schema.Array(PendingAction.PendingAction), { exact: true })
}).annotations({ identifier: "TurnRecord" })

/**
 * A result that can be stored.
 * @category models
 */
export interface TurnRecord extends Schema.Schema.Type<typeof TurnRecord_> {}

/**
 * Schema of {@link TurnRecord}.
 * @category schemas
 */
export const TurnRecord: Schema.Schema<TurnRecord, typeof TurnRecord_.Encoded> = TurnRecord_
