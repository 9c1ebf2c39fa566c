/**
 * The events that mark spans of work: requests to the model and evaluations of an outcome.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Ids from "./Ids.ts"
import { emitted } from "./internal/eventFields.ts"
import * as wire from "./internal/wire.ts"
import * as Outcome from "./Outcome.ts"

/**
 * The speed tier that a model request ran at.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Speed = wire.openString("SpanSpeed", "standard", "fast")

/**
 * The values of {@link Speed}.
 *
 * @category models
 * @since 0.1.0
 */
export type Speed = typeof Speed.Type

const ModelUsage_ = wire.struct("SpanModelUsage", {
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
})

/**
 * The tokens that model requests used.
 *
 * @category models
 * @since 0.1.0
 */
export interface ModelUsage extends Schema.Schema.Type<typeof ModelUsage_> {}

/**
 * {@link ModelUsage} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ModelUsageEncoded extends Schema.Schema.Encoded<typeof ModelUsage_> {}

/**
 * Schema of {@link ModelUsage}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ModelUsage: Schema.Schema<ModelUsage, ModelUsageEncoded> = ModelUsage_

const ModelRequestStart_ = wire.struct("SpanModelRequestStartEvent", {
  type: Schema.Literal("span.model_request_start"),
  ...emitted
})

/**
 * `span.model_request_start`: a request to the model was started.
 *
 * @category models
 * @since 0.1.0
 */
export interface ModelRequestStart extends Schema.Schema.Type<typeof ModelRequestStart_> {}

/**
 * {@link ModelRequestStart} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ModelRequestStartEncoded extends Schema.Schema.Encoded<typeof ModelRequestStart_> {}

/**
 * Schema of {@link ModelRequestStart}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ModelRequestStart: Schema.Schema<ModelRequestStart, ModelRequestStartEncoded> = ModelRequestStart_

const ModelRequestEnd_ = wire.struct("SpanModelRequestEndEvent", {
  type: Schema.Literal("span.model_request_end"),
  ...emitted,
  /** The `span.model_request_start` event of the request. */
  model_request_start_id: Ids.EventId,
  /** Whether the request failed. */
  is_error: wire.nullish(Schema.Boolean),
  /** The tokens that this request used. */
  model_usage: ModelUsage
})

/**
 * `span.model_request_end`: a request to the model ended. A preview that is still open ends with it.
 *
 * @category models
 * @since 0.1.0
 */
export interface ModelRequestEnd extends Schema.Schema.Type<typeof ModelRequestEnd_> {}

/**
 * {@link ModelRequestEnd} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ModelRequestEndEncoded extends Schema.Schema.Encoded<typeof ModelRequestEnd_> {}

/**
 * Schema of {@link ModelRequestEnd}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ModelRequestEnd: Schema.Schema<ModelRequestEnd, ModelRequestEndEncoded> = ModelRequestEnd_

const evaluation = {
  ...emitted,
  /** The outcome that is evaluated. */
  outcome_id: Ids.OutcomeId,
  /** The cycle; the first evaluation is 0. */
  iteration: wire.number
}

const OutcomeEvaluationStart_ = wire.struct("SpanOutcomeEvaluationStartEvent", {
  type: Schema.Literal("span.outcome_evaluation_start"),
  ...evaluation
})

/**
 * `span.outcome_evaluation_start`: the grader started to evaluate an outcome.
 *
 * @category models
 * @since 0.1.0
 */
export interface OutcomeEvaluationStart extends Schema.Schema.Type<typeof OutcomeEvaluationStart_> {}

/**
 * {@link OutcomeEvaluationStart} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface OutcomeEvaluationStartEncoded extends Schema.Schema.Encoded<typeof OutcomeEvaluationStart_> {}

/**
 * Schema of {@link OutcomeEvaluationStart}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const OutcomeEvaluationStart: Schema.Schema<OutcomeEvaluationStart, OutcomeEvaluationStartEncoded> =
  OutcomeEvaluationStart_

const OutcomeEvaluationOngoing_ = wire.struct("SpanOutcomeEvaluationOngoingEvent", {
  type: Schema.Literal("span.outcome_evaluation_ongoing"),
  ...evaluation
})

/**
 * `span.outcome_evaluation_ongoing`: the grader is still at work.
 *
 * @category models
 * @since 0.1.0
 */
export interface OutcomeEvaluationOngoing extends Schema.Schema.Type<typeof OutcomeEvaluationOngoing_> {}

/**
 * {@link OutcomeEvaluationOngoing} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface OutcomeEvaluationOngoingEncoded extends Schema.Schema.Encoded<typeof OutcomeEvaluationOngoing_> {}

/**
 * Schema of {@link OutcomeEvaluationOngoing}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const OutcomeEvaluationOngoing: Schema.Schema<OutcomeEvaluationOngoing, OutcomeEvaluationOngoingEncoded> =
  OutcomeEvaluationOngoing_

const OutcomeEvaluationEnd_ = wire.struct("SpanOutcomeEvaluationEndEvent", {
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
})

/**
 * `span.outcome_evaluation_end`: the grader reached a verdict.
 *
 * @category models
 * @since 0.1.0
 */
export interface OutcomeEvaluationEnd extends Schema.Schema.Type<typeof OutcomeEvaluationEnd_> {}

/**
 * {@link OutcomeEvaluationEnd} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface OutcomeEvaluationEndEncoded extends Schema.Schema.Encoded<typeof OutcomeEvaluationEnd_> {}

/**
 * Schema of {@link OutcomeEvaluationEnd}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const OutcomeEvaluationEnd: Schema.Schema<OutcomeEvaluationEnd, OutcomeEvaluationEndEncoded> =
  OutcomeEvaluationEnd_
