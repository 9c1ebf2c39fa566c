/**
 * The events that mark spans of work: requests to the model and evaluations of an outcome.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Ids from "./Ids.ts"
import { emitted } from "./internal/schema/eventFields.ts"
import * as wire from "./internal/schema/wire.ts"
import * as Outcome from "./Outcome.ts"

/**
 * The speed tier that a model request ran at.
 * @category schemas
 */
export const Speed = wire.openString("SpanSpeed", "standard", "fast")

/**
 * The values of {@link Speed}.
 * @category models
 */
export type Speed = typeof Speed.Type

/**
 * The tokens that model requests used.
 * @category schemas
 */
export class ModelUsage extends wire.Struct<ModelUsage>()("SpanModelUsage", {
  /** Input tokens that were neither read from nor written to the prompt cache. */
  input_tokens: wire.number,
  /** Output tokens. */
  output_tokens: wire.number,
  /** Input tokens read from the prompt cache. */
  cache_read_input_tokens: wire.number,
  /** Input tokens written to the prompt cache. */
  cache_creation_input_tokens: wire.number,
  /** The speed tier that the request ran at. Absent or `null` unless fast mode is in use. */
  speed: wire.nullish(Speed)
}) {}

/**
 * `span.model_request_start`: a request to the model was started.
 * @category schemas
 */
export class ModelRequestStart extends wire.Struct<ModelRequestStart>()("SpanModelRequestStartEvent", {
  type: Schema.Literal("span.model_request_start"),
  ...emitted
}) {}

/**
 * `span.model_request_end`: a request to the model ended. A preview that is still open ends with it.
 * @category schemas
 */
export class ModelRequestEnd extends wire.Struct<ModelRequestEnd>()("SpanModelRequestEndEvent", {
  type: Schema.Literal("span.model_request_end"),
  ...emitted,
  /** The `span.model_request_start` event of the request. */
  model_request_start_id: Ids.EventId,
  /** True if the request failed. */
  is_error: wire.nullish(Schema.Boolean),
  /** The tokens that this request used. */
  model_usage: ModelUsage
}) {}

const evaluation = {
  ...emitted,
  /** The outcome that is evaluated. */
  outcome_id: Ids.OutcomeId,
  /** The cycle; the first evaluation is 0. */
  iteration: wire.number
}

/**
 * `span.outcome_evaluation_start`: the grader started to evaluate an outcome.
 * @category schemas
 */
export class OutcomeEvaluationStart extends wire.Struct<OutcomeEvaluationStart>()("SpanOutcomeEvaluationStartEvent", {
  type: Schema.Literal("span.outcome_evaluation_start"),
  ...evaluation
}) {}

/**
 * `span.outcome_evaluation_ongoing`: the grader is still at work.
 * @category schemas
 */
export class OutcomeEvaluationOngoing
  extends wire.Struct<OutcomeEvaluationOngoing>()("SpanOutcomeEvaluationOngoingEvent", {
    type: Schema.Literal("span.outcome_evaluation_ongoing"),
    ...evaluation
  })
{}

/**
 * `span.outcome_evaluation_end`: the grader reached a verdict.
 * @category schemas
 */
export class OutcomeEvaluationEnd extends wire.Struct<OutcomeEvaluationEnd>()("SpanOutcomeEvaluationEndEvent", {
  type: Schema.Literal("span.outcome_evaluation_end"),
  ...evaluation,
  /** The `span.outcome_evaluation_start` event of the cycle. Empty if it was interrupted before one. */
  outcome_evaluation_start_id: Ids.EventId,
  /** The verdict. */
  result: Outcome.Verdict,
  /** Why, for people. With `needs_revision`: which criteria are not met. */
  explanation: Schema.String,
  /** The tokens that the grader used in this cycle. */
  usage: ModelUsage
}) {}
