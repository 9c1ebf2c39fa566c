import type * as Outcome from "@effect-managed-agents/core/Outcome"
import type { Verdict } from "../AgentScript.ts"
import type { Draft, ThreadDraft } from "./draft.ts"
import * as draft from "./draft.ts"
import type { Goal } from "./state.ts"
import * as time from "./time.ts"
import * as usage from "./usage.ts"

/** How many cycles an outcome may take unless told otherwise. */
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

const report = (self: Draft, goal: Goal, changes: Partial<Outcome.OutcomeEvaluationEncoded>): void => {
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

/**
 * The agent is done with a cycle: the grader looks at it. Answers whether the agent goes on: to revise, or to acknowledge
 * that it may not.
 */
export const evaluate = (self: Draft, thread: ThreadDraft): boolean => {
  const { goal } = self.session
  if (goal === null) return false
  const grade = self.env.script(self.session.agent.id).grades?.[self.session.graded] ?? "satisfied"
  self.session.graded++
  const asked: Verdict = typeof grade === "string" ? grade : grade.result
  const isLast = goal.iteration + 1 >= goal.maxIterations
  const result = asked === "needs_revision" && isLast ? "max_iterations_reached" : asked
  const explanation = (typeof grade === "string" ? undefined : grade.explanation) ?? `The outcome is ${result}.`
  const about = { outcome_id: goal.outcomeId, iteration: goal.iteration }
  const { id } = draft.emit(self, thread, { type: "span.outcome_evaluation_start", ...about })
  const use = { ...usage.none, cacheRead: thread.seen + thread.fresh, output: usage.tokens(self, explanation) }
  usage.count(self, thread, use)
  draft.emit(self, thread, {
    type: "span.outcome_evaluation_end",
    outcome_evaluation_start_id: id,
    ...about,
    result,
    explanation,
    usage: usage.ofRequest(use)
  })
  if (result === "needs_revision") {
    report(self, goal, { explanation })
    self.session.goal = { ...goal, iteration: goal.iteration + 1 }
    return true
  }
  close(self, goal, result, explanation)
  return result === "max_iterations_reached" || (result === "satisfied" && isLast)
}

/** The user has interrupted the agent while it worked towards an outcome, unless that was still to come. */
export const interrupt = (self: Draft, thread: ThreadDraft): void => {
  const { goal } = self.session
  if (goal === null || !goal.started) return
  const explanation = "Interrupted by the user."
  draft.emit(self, thread, {
    type: "span.outcome_evaluation_end",
    // no evaluation had started: those of the simulator take no time
    outcome_evaluation_start_id: "",
    outcome_id: goal.outcomeId,
    iteration: goal.iteration,
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
