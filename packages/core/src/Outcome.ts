/**
 * Outcomes: what an agent is asked to reach, how it is graded and how the grading stands.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Ids from "./Ids.ts"
import * as params from "./internal/schema/params.ts"
import * as wire from "./internal/schema/wire.ts"
import * as Timestamp from "./Timestamp.ts"

/**
 * A rubric given as text.
 * @category schemas
 */
export class TextRubric extends wire.Struct<TextRubric>()("TextRubric", {
  type: Schema.Literal("text"),
  /** The rubric, in plain text or Markdown. */
  content: Schema.String
}) {}

/**
 * A rubric to send as text.
 * @category schemas
 */
export class TextRubricParams extends wire.Struct<TextRubricParams>()("TextRubricParams", {
  type: Schema.Literal("text"),
  /** The rubric, in plain text or Markdown; the grader reads it as free text. At most 262,144 characters. */
  content: params.text({ max: 262_144 })
}) {}

/**
 * A rubric that was uploaded as a file. The same shape is sent and received.
 * @category schemas
 */
export class FileRubric extends wire.Struct<FileRubric>()("FileRubric", {
  type: Schema.Literal("file"),
  /** The uploaded file. */
  file_id: Ids.FileId
}) {}

/**
 * Rubric by which an outcome is graded.
 *
 * The service currently gives the text of a file's rubric, whichever was sent; expect both.
 *
 * @category schemas
 */
export const Rubric = wire.openUnion("Rubric", [
  TextRubric,
  FileRubric
])

/**
 * The values of {@link Rubric}.
 * @category models
 */
export type Rubric = wire.Named<typeof Rubric>["union" | "name"]

/**
 * Rubric to send with an outcome.
 * @category schemas
 */
export const RubricParams = wire.openUnion("RubricParams", [
  TextRubricParams,
  FileRubric
])

/**
 * The values of {@link RubricParams}.
 * @category models
 */
export type RubricParams = wire.Named<typeof RubricParams>["union" | "name"]

/**
 * State of an outcome.
 *
 * `pending` before the agent begins, `running` while it works or revises, `evaluating` while the grader reads; the
 * others are final.
 *
 * @category schemas
 */
export const Result = wire.openString(
  "OutcomeResult",
  "pending",
  "running",
  "evaluating",
  "satisfied",
  "max_iterations_reached",
  "failed",
  "interrupted"
)

/**
 * The values of {@link Result}.
 * @category models
 */
export type Result = typeof Result.Type

/**
 * Verdict of one evaluation.
 *
 * `needs_revision` is followed by another cycle. The others are final: the criteria are met (`satisfied`), the cycles
 * are used up (`max_iterations_reached`, after which the agent takes one last turn), rubric and task do not fit each
 * other (`failed`), or the user interrupted (`interrupted`).
 *
 * @category schemas
 */
export const Verdict = wire.openString(
  "OutcomeVerdict",
  "satisfied",
  "needs_revision",
  "max_iterations_reached",
  "failed",
  "interrupted"
)

/**
 * The values of {@link Verdict}.
 * @category models
 */
export type Verdict = typeof Verdict.Type

/**
 * State of one outcome of a session.
 * @category schemas
 */
export class OutcomeEvaluation extends wire.Struct<OutcomeEvaluation>()("OutcomeEvaluation", {
  type: Schema.Literal("outcome_evaluation"),
  /** The outcome. */
  outcome_id: Ids.OutcomeId,
  /** The task. */
  description: Schema.String,
  /** The cycle that the outcome is in; the first is 0. */
  iteration: wire.number,
  /** The state of the outcome. */
  result: Result,
  /** The grader's last explanation. Absent or `null` before the first verdict. */
  explanation: wire.nullish(Schema.String),
  /** When the outcome became final. Absent or `null` until then. */
  completed_at: wire.nullish(Timestamp.Timestamp)
}) {}
