import type * as Outcome from "@effect-managed-agents/core/Outcome"
import type { Grade } from "../../AgentScript.ts"
import type { Draft, ThreadDraft } from "./draft.ts"
import * as draft from "./draft.ts"
import type { Evaluation, Goal } from "./state.ts"
import * as time from "./timestamp.ts"
import * as usage from "./usage.ts"

/** The number of cycles that an outcome may take unless told otherwise. */
const defaultIterations = 3

/** Takes an outcome to work towards. */
export const define = (
  self: Draft,
  outcomeId: string,
  params: { readonly description: string; readonly max_iterations?: number | null | undefined }
): void => {
  self.session.goal = {
    outcomeId,
    started: false,
    iteration: 0,
    maxIterations: params.max_iterations ?? defaultIterations
  }
  self.session.outcomes = [...self.session.outcomes, {
    completed_at: null,
    description: params.description,
    explanation: null,
    iteration: 0,
    outcome_id: outcomeId,
    result: "pending",
    type: "outcome_evaluation"
  }]
}

const report = (self: Draft, goal: Goal, changes: Partial<typeof Outcome.OutcomeEvaluation.Encoded>): void => {
  self.session.outcomes = self.session.outcomes.map((one) =>
    one.outcome_id === goal.outcomeId ? { ...one, iteration: goal.iteration, ...changes } : one
  )
}

/** The agent is told about the outcome. */
export const start = (self: Draft): void => {
  const { goal } = self.session
  if (goal === null) return
  self.session.goal = { ...goal, started: true }
  report(self, goal, { result: "running" })
}

const close = (self: Draft, goal: Goal, result: string, explanation: string): void => {
  report(self, goal, { result, explanation, completed_at: time.format(self.now) })
  self.session.goal = null
}

const about = (goal: Goal) => ({ outcome_id: goal.outcomeId, iteration: goal.iteration })

/** The agent is done with a cycle: the grader looks at it. */
export const evaluate = (self: Draft, thread: ThreadDraft, goal: Goal): Evaluation => {
  const grade = self.env.script(self.session.agent.id).grades?.[self.session.graded] ?? "satisfied"
  self.session.graded++
  const { explanation, millis = 0, result: asked }: Exclude<Grade, string> = typeof grade === "string"
    ? { result: grade }
    : grade
  const result = asked === "needs_revision" && isLast(goal) ? "max_iterations_reached" : asked
  report(self, goal, { result: "evaluating" })
  const { id } = draft.emit(self, thread, { type: "span.outcome_evaluation_start", ...about(goal) })
  return {
    startId: id,
    ends: self.now + Math.round(millis * 1000),
    result,
    explanation: explanation ?? `The outcome is ${result}.`
  }
}

const isLast = (goal: Goal): boolean => goal.iteration + 1 >= goal.maxIterations

/** The grader says that it is still at work. */
export const beat = (self: Draft, thread: ThreadDraft, goal: Goal): void => {
  draft.emit(self, thread, { type: "span.outcome_evaluation_ongoing", ...about(goal) })
}

/** The verdict is there. Answers whether the agent goes on: to revise, or to acknowledge that it may not. */
export const conclude = (
  self: Draft,
  thread: ThreadDraft,
  goal: Goal,
  { explanation, result, startId }: Evaluation
): boolean => {
  const use = { ...usage.none, cacheRead: thread.seen + thread.fresh, output: usage.tokens(self, explanation) }
  usage.count(self, thread, use)
  draft.emit(self, thread, {
    type: "span.outcome_evaluation_end",
    outcome_evaluation_start_id: startId,
    ...about(goal),
    result,
    explanation,
    usage: usage.ofRequest(use)
  })
  if (result === "needs_revision") {
    report(self, goal, { result: "running", explanation })
    self.session.goal = { ...goal, iteration: goal.iteration + 1 }
    return true
  }
  close(self, goal, result, explanation)
  return result === "max_iterations_reached" || (result === "satisfied" && isLast(goal))
}

/** The user has interrupted the agent while it worked towards an outcome, unless that was still to come. */
export const interrupt = (self: Draft, thread: ThreadDraft): void => {
  const { goal } = self.session
  if (goal === null || !goal.started) return
  const blocked = thread.play?.blocked
  const explanation = "Interrupted by the user."
  draft.emit(self, thread, {
    type: "span.outcome_evaluation_end",
    // empty if no evaluation had started
    outcome_evaluation_start_id: blocked?._tag === "Grading" ? blocked.evaluation.startId : "",
    ...about(goal),
    result: "interrupted",
    explanation,
    usage: usage.ofRequest(usage.none)
  })
  close(self, goal, "interrupted", explanation)
}

/** The session ends while the agent works towards an outcome. */
export const abandon = (self: Draft): void => {
  if (self.session.goal !== null) close(self, self.session.goal, "interrupted", "The session has ended.")
}
