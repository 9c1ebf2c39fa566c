/**
 * The events about workflow runs: background work, planned by an agent as a program, that creates threads of its own.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Ids from "./Ids.ts"
import { emitted } from "./internal/schema/eventFields.ts"
import * as wire from "./internal/schema/wire.ts"

/**
 * The run reached its time limit.
 * @category schemas
 */
export class TimeoutError extends wire.Struct<TimeoutError>()("WorkflowRunTimeoutError", {
  type: Schema.Literal("timeout_error"),
  /** A short explanation for people. It has no content of the run. */
  message: Schema.String
}) {}

/**
 * The run's plan failed, or the service refused it.
 * @category schemas
 */
export class ProgramError extends wire.Struct<ProgramError>()("WorkflowRunProgramError", {
  type: Schema.Literal("program_error"),
  /** A short explanation for people. It has no content of the run. */
  message: Schema.String
}) {}

/**
 * A failure that has no type of its own.
 * @category schemas
 */
export class UnknownError extends wire.Struct<UnknownError>()("WorkflowRunUnknownError", {
  type: Schema.Literal("unknown_error"),
  /** A short explanation for people. It has no content of the run. */
  message: Schema.String
}) {}

/**
 * The run created as many threads as it may.
 * @category schemas
 */
export class ThreadLimitError extends wire.Struct<ThreadLimitError>()("WorkflowRunThreadLimitError", {
  type: Schema.Literal("thread_limit_error"),
  /** A short explanation for people. It has no content of the run. */
  message: Schema.String
}) {}

/**
 * No run was created, because the session has as many open runs as it may. Only `workflow_run.error` carries it.
 * @category schemas
 */
export class MaxWorkflowRunsError extends wire.Struct<MaxWorkflowRunsError>()("WorkflowRunMaxWorkflowRunsError", {
  type: Schema.Literal("max_workflow_runs_error"),
  /** A short explanation for people. It has no content of the run. */
  message: Schema.String
}) {}

/**
 * Why a workflow run did not finish, or was not created.
 * @category schemas
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
 * @category models
 */
export type RunError = wire.Named<typeof RunError>["union" | "name"]

/**
 * The plan ran to its end. Whether the work succeeded is not said.
 * @category schemas
 */
export class ResultCompleted extends wire.Struct<ResultCompleted>()("WorkflowRunResultCompleted", {
  type: Schema.Literal("completed")
}) {}

/**
 * The agent stopped the run.
 * @category schemas
 */
export class ResultStopped extends wire.Struct<ResultStopped>()("WorkflowRunResultStopped", {
  type: Schema.Literal("stopped")
}) {}

/**
 * The run failed or reached a limit.
 * @category schemas
 */
export class ResultError extends wire.Struct<ResultError>()("WorkflowRunResultError", {
  type: Schema.Literal("error"),
  /** Why. */
  error: RunError
}) {}

/**
 * Result of a workflow run.
 * @category schemas
 */
export const Result = wire.openUnion("WorkflowRunResult", [
  ResultCompleted,
  ResultStopped,
  ResultError
])

/**
 * The values of {@link Result}.
 * @category models
 */
export type Result = wire.Named<typeof Result>["union" | "name"]

/**
 * A phase that a workflow run's plan declares.
 * @category schemas
 */
export class Phase extends wire.Struct<Phase>()("WorkflowRunPhase", {
  /** Identifies the phase. */
  id: Ids.WorkflowRunPhaseId,
  /** The name that the agent gave it. */
  name: Schema.String,
  /** The description that the agent gave it. Absent or `null` if it gave none. */
  description: wire.nullish(Schema.String)
}) {}

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

/**
 * `workflow_run.created`: an agent started a workflow run. The first event of a run.
 * @category schemas
 */
export class Created extends wire.Struct<Created>()("WorkflowRunCreatedEvent", {
  type: Schema.Literal("workflow_run.created"),
  ...run,
  /** The name of the run, by the agent or by the service. */
  name: Schema.String,
  /** The description that the agent gave the run. Absent or `null` if it gave none. */
  description: wire.nullish(Schema.String),
  /** The phases that the plan declares, in its order. */
  phases: Schema.Array(Phase)
}) {}

/**
 * `workflow_run.status_running`: a run started to work, or went on after it was idle.
 * @category schemas
 */
export class StatusRunning extends wire.Struct<StatusRunning>()("WorkflowRunStatusRunningEvent", {
  type: Schema.Literal("workflow_run.status_running"),
  ...run
}) {}

/**
 * `workflow_run.status_idle`: a run waits.
 * @category schemas
 */
export class StatusIdle extends wire.Struct<StatusIdle>()("WorkflowRunStatusIdleEvent", {
  type: Schema.Literal("workflow_run.status_idle"),
  ...run
}) {}

/**
 * `workflow_run.status_ended`: a run ended. The last event of a run.
 * @category schemas
 */
export class StatusEnded extends wire.Struct<StatusEnded>()("WorkflowRunStatusEndedEvent", {
  type: Schema.Literal("workflow_run.status_ended"),
  ...run,
  /** The result. */
  result: Result
}) {}

/**
 * `workflow_run.error`: a run failed, or could not be created.
 * @category schemas
 */
export class Error extends wire.Struct<Error>()("WorkflowRunErrorEvent", {
  type: Schema.Literal("workflow_run.error"),
  ...emitted,
  /** The run. Absent or `null` if none was created. */
  workflow_run_id: wire.nullish(Ids.WorkflowRunId),
  /** Why. */
  error: RunError
}) {}

/**
 * `workflow_run.phase_started`: a run entered a phase.
 * @category schemas
 */
export class PhaseStarted extends wire.Struct<PhaseStarted>()("WorkflowRunPhaseStartedEvent", {
  type: Schema.Literal("workflow_run.phase_started"),
  ...phase
}) {}

/**
 * `workflow_run.phase_ended`: a run left a phase, or ended in it.
 * @category schemas
 */
export class PhaseEnded extends wire.Struct<PhaseEnded>()("WorkflowRunPhaseEndedEvent", {
  type: Schema.Literal("workflow_run.phase_ended"),
  ...phase,
  /** The `workflow_run.phase_started` event that opened the phase. */
  phase_started_id: Ids.EventId
}) {}
