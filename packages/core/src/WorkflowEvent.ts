/**
 * The events about workflow runs: background work, planned by an agent as a program, that creates threads of its own.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Ids from "./Ids.ts"
import { emitted } from "./internal/eventFields.ts"
import * as wire from "./internal/wire.ts"

const TimeoutError_ = wire.struct("WorkflowRunTimeoutError", {
  type: Schema.Literal("timeout_error"),
  /** A short explanation for people. It has no content of the run. */
  message: Schema.String
})

/**
 * The run reached its time limit.
 *
 * @category models
 * @since 0.1.0
 */
export interface TimeoutError extends Schema.Schema.Type<typeof TimeoutError_> {}

/**
 * {@link TimeoutError} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface TimeoutErrorEncoded extends Schema.Schema.Encoded<typeof TimeoutError_> {}

/**
 * Schema of {@link TimeoutError}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const TimeoutError: Schema.Schema<TimeoutError, TimeoutErrorEncoded> = TimeoutError_

const ProgramError_ = wire.struct("WorkflowRunProgramError", {
  type: Schema.Literal("program_error"),
  /** A short explanation for people. It has no content of the run. */
  message: Schema.String
})

/**
 * The run's plan failed, or the service refused it.
 *
 * @category models
 * @since 0.1.0
 */
export interface ProgramError extends Schema.Schema.Type<typeof ProgramError_> {}

/**
 * {@link ProgramError} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ProgramErrorEncoded extends Schema.Schema.Encoded<typeof ProgramError_> {}

/**
 * Schema of {@link ProgramError}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ProgramError: Schema.Schema<ProgramError, ProgramErrorEncoded> = ProgramError_

const UnknownError_ = wire.struct("WorkflowRunUnknownError", {
  type: Schema.Literal("unknown_error"),
  /** A short explanation for people. It has no content of the run. */
  message: Schema.String
})

/**
 * A failure that has no type of its own.
 *
 * @category models
 * @since 0.1.0
 */
export interface UnknownError extends Schema.Schema.Type<typeof UnknownError_> {}

/**
 * {@link UnknownError} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface UnknownErrorEncoded extends Schema.Schema.Encoded<typeof UnknownError_> {}

/**
 * Schema of {@link UnknownError}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const UnknownError: Schema.Schema<UnknownError, UnknownErrorEncoded> = UnknownError_

const ThreadLimitError_ = wire.struct("WorkflowRunThreadLimitError", {
  type: Schema.Literal("thread_limit_error"),
  /** A short explanation for people. It has no content of the run. */
  message: Schema.String
})

/**
 * The run created as many threads as it may.
 *
 * @category models
 * @since 0.1.0
 */
export interface ThreadLimitError extends Schema.Schema.Type<typeof ThreadLimitError_> {}

/**
 * {@link ThreadLimitError} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ThreadLimitErrorEncoded extends Schema.Schema.Encoded<typeof ThreadLimitError_> {}

/**
 * Schema of {@link ThreadLimitError}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ThreadLimitError: Schema.Schema<ThreadLimitError, ThreadLimitErrorEncoded> = ThreadLimitError_

const MaxWorkflowRunsError_ = wire.struct("WorkflowRunMaxWorkflowRunsError", {
  type: Schema.Literal("max_workflow_runs_error"),
  /** A short explanation for people. It has no content of the run. */
  message: Schema.String
})

/**
 * No run was created, because the session has as many open runs as it may. Only `workflow_run.error` carries it.
 *
 * @category models
 * @since 0.1.0
 */
export interface MaxWorkflowRunsError extends Schema.Schema.Type<typeof MaxWorkflowRunsError_> {}

/**
 * {@link MaxWorkflowRunsError} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface MaxWorkflowRunsErrorEncoded extends Schema.Schema.Encoded<typeof MaxWorkflowRunsError_> {}

/**
 * Schema of {@link MaxWorkflowRunsError}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const MaxWorkflowRunsError: Schema.Schema<MaxWorkflowRunsError, MaxWorkflowRunsErrorEncoded> =
  MaxWorkflowRunsError_

/**
 * Why a workflow run did not finish, or was not created.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RunError = wire.openUnion("WorkflowRunError", [
  TimeoutError,
  ProgramError,
  UnknownError,
  ThreadLimitError,
  MaxWorkflowRunsError
])

/**
 * The values of {@link RunError}.
 *
 * @category models
 * @since 0.1.0
 */
export type RunError = typeof RunError.Type

/**
 * {@link RunError} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export type RunErrorEncoded = typeof RunError.Encoded

const ResultCompleted_ = wire.struct("WorkflowRunResultCompleted", {
  type: Schema.Literal("completed")
})

/**
 * The plan ran to its end. Whether the work succeeded is not said.
 *
 * @category models
 * @since 0.1.0
 */
export interface ResultCompleted extends Schema.Schema.Type<typeof ResultCompleted_> {}

/**
 * {@link ResultCompleted} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ResultCompletedEncoded extends Schema.Schema.Encoded<typeof ResultCompleted_> {}

/**
 * Schema of {@link ResultCompleted}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ResultCompleted: Schema.Schema<ResultCompleted, ResultCompletedEncoded> = ResultCompleted_

const ResultStopped_ = wire.struct("WorkflowRunResultStopped", {
  type: Schema.Literal("stopped")
})

/**
 * The agent stopped the run.
 *
 * @category models
 * @since 0.1.0
 */
export interface ResultStopped extends Schema.Schema.Type<typeof ResultStopped_> {}

/**
 * {@link ResultStopped} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ResultStoppedEncoded extends Schema.Schema.Encoded<typeof ResultStopped_> {}

/**
 * Schema of {@link ResultStopped}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ResultStopped: Schema.Schema<ResultStopped, ResultStoppedEncoded> = ResultStopped_

const ResultError_ = wire.struct("WorkflowRunResultError", {
  type: Schema.Literal("error"),
  /** Why. */
  error: RunError
})

/**
 * The run failed or reached a limit.
 *
 * @category models
 * @since 0.1.0
 */
export interface ResultError extends Schema.Schema.Type<typeof ResultError_> {}

/**
 * {@link ResultError} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ResultErrorEncoded extends Schema.Schema.Encoded<typeof ResultError_> {}

/**
 * Schema of {@link ResultError}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ResultError: Schema.Schema<ResultError, ResultErrorEncoded> = ResultError_

/**
 * How a workflow run ended.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Result = wire.openUnion("WorkflowRunResult", [
  ResultCompleted,
  ResultStopped,
  ResultError
])

/**
 * The values of {@link Result}.
 *
 * @category models
 * @since 0.1.0
 */
export type Result = typeof Result.Type

/**
 * {@link Result} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export type ResultEncoded = typeof Result.Encoded

const Phase_ = wire.struct("WorkflowRunPhase", {
  /** Identifies the phase. */
  id: Ids.WorkflowRunPhaseId,
  /** The name that the agent gave it. */
  name: Schema.String,
  /** The description that the agent gave it. Absent or `null` if it gave none. */
  description: wire.nullish(Schema.String)
})

/**
 * A phase that a workflow run's plan declares.
 *
 * @category models
 * @since 0.1.0
 */
export interface Phase extends Schema.Schema.Type<typeof Phase_> {}

/**
 * {@link Phase} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface PhaseEncoded extends Schema.Schema.Encoded<typeof Phase_> {}

/**
 * Schema of {@link Phase}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Phase: Schema.Schema<Phase, PhaseEncoded> = Phase_

const run = {
  ...emitted,
  /** The run. */
  workflow_run_id: Ids.WorkflowRunId
}

const phase = {
  ...run,
  /** The phase, one of those in `workflow_run.created`. */
  workflow_run_phase_id: Ids.WorkflowRunPhaseId
}

const Created_ = wire.struct("WorkflowRunCreatedEvent", {
  type: Schema.Literal("workflow_run.created"),
  ...run,
  /** The name of the run, by the agent or by the service. */
  name: Schema.String,
  /** The description that the agent gave the run. Absent or `null` if it gave none. */
  description: wire.nullish(Schema.String),
  /** The phases that the plan declares, in its order. */
  phases: Schema.Array(Phase)
})

/**
 * `workflow_run.created`: an agent started a workflow run. The first event of a run.
 *
 * @category models
 * @since 0.1.0
 */
export interface Created extends Schema.Schema.Type<typeof Created_> {}

/**
 * {@link Created} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface CreatedEncoded extends Schema.Schema.Encoded<typeof Created_> {}

/**
 * Schema of {@link Created}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Created: Schema.Schema<Created, CreatedEncoded> = Created_

const StatusRunning_ = wire.struct("WorkflowRunStatusRunningEvent", {
  type: Schema.Literal("workflow_run.status_running"),
  ...run
})

/**
 * `workflow_run.status_running`: a run started to work, or went on after it was idle.
 *
 * @category models
 * @since 0.1.0
 */
export interface StatusRunning extends Schema.Schema.Type<typeof StatusRunning_> {}

/**
 * {@link StatusRunning} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface StatusRunningEncoded extends Schema.Schema.Encoded<typeof StatusRunning_> {}

/**
 * Schema of {@link StatusRunning}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const StatusRunning: Schema.Schema<StatusRunning, StatusRunningEncoded> = StatusRunning_

const StatusIdle_ = wire.struct("WorkflowRunStatusIdleEvent", {
  type: Schema.Literal("workflow_run.status_idle"),
  ...run
})

/**
 * `workflow_run.status_idle`: a run waits.
 *
 * @category models
 * @since 0.1.0
 */
export interface StatusIdle extends Schema.Schema.Type<typeof StatusIdle_> {}

/**
 * {@link StatusIdle} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface StatusIdleEncoded extends Schema.Schema.Encoded<typeof StatusIdle_> {}

/**
 * Schema of {@link StatusIdle}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const StatusIdle: Schema.Schema<StatusIdle, StatusIdleEncoded> = StatusIdle_

const StatusEnded_ = wire.struct("WorkflowRunStatusEndedEvent", {
  type: Schema.Literal("workflow_run.status_ended"),
  ...run,
  /** How it ended. */
  result: Result
})

/**
 * `workflow_run.status_ended`: a run ended. The last event of a run.
 *
 * @category models
 * @since 0.1.0
 */
export interface StatusEnded extends Schema.Schema.Type<typeof StatusEnded_> {}

/**
 * {@link StatusEnded} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface StatusEndedEncoded extends Schema.Schema.Encoded<typeof StatusEnded_> {}

/**
 * Schema of {@link StatusEnded}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const StatusEnded: Schema.Schema<StatusEnded, StatusEndedEncoded> = StatusEnded_

const Error_ = wire.struct("WorkflowRunErrorEvent", {
  type: Schema.Literal("workflow_run.error"),
  ...emitted,
  /** The run. Absent or `null` if none was created. */
  workflow_run_id: wire.nullish(Ids.WorkflowRunId),
  /** Why. */
  error: RunError
})

/**
 * `workflow_run.error`: a run failed, or could not be created.
 *
 * @category models
 * @since 0.1.0
 */
export interface Error extends Schema.Schema.Type<typeof Error_> {}

/**
 * {@link Error} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ErrorEncoded extends Schema.Schema.Encoded<typeof Error_> {}

/**
 * Schema of {@link Error}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Error: Schema.Schema<Error, ErrorEncoded> = Error_

const PhaseStarted_ = wire.struct("WorkflowRunPhaseStartedEvent", {
  type: Schema.Literal("workflow_run.phase_started"),
  ...phase
})

/**
 * `workflow_run.phase_started`: a run entered a phase.
 *
 * @category models
 * @since 0.1.0
 */
export interface PhaseStarted extends Schema.Schema.Type<typeof PhaseStarted_> {}

/**
 * {@link PhaseStarted} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface PhaseStartedEncoded extends Schema.Schema.Encoded<typeof PhaseStarted_> {}

/**
 * Schema of {@link PhaseStarted}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PhaseStarted: Schema.Schema<PhaseStarted, PhaseStartedEncoded> = PhaseStarted_

const PhaseEnded_ = wire.struct("WorkflowRunPhaseEndedEvent", {
  type: Schema.Literal("workflow_run.phase_ended"),
  ...phase,
  /** The `workflow_run.phase_started` event that opened the phase. */
  phase_started_id: Ids.EventId
})

/**
 * `workflow_run.phase_ended`: a run left a phase, or ended in it.
 *
 * @category models
 * @since 0.1.0
 */
export interface PhaseEnded extends Schema.Schema.Type<typeof PhaseEnded_> {}

/**
 * {@link PhaseEnded} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface PhaseEndedEncoded extends Schema.Schema.Encoded<typeof PhaseEnded_> {}

/**
 * Schema of {@link PhaseEnded}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PhaseEnded: Schema.Schema<PhaseEnded, PhaseEndedEncoded> = PhaseEnded_
