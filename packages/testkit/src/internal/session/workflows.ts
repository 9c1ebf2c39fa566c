import type * as WorkflowEvent from "@effect-managed-agents/core/WorkflowEvent"
import type { DataScript, Script, Workflow } from "../../AgentScript.ts"
import * as delegation from "./delegation.ts"
import type { Draft, ThreadDraft } from "./draft.ts"
import * as draft from "./draft.ts"
import * as ids from "./ids.ts"
import type { Run } from "./state.ts"
import * as status from "./status.ts"

/** The number of runs of a session that may be open at a time. */
const maxRuns = 10

/** Why a thread cannot start a run, if it cannot. */
export const obstacle = (
  self: Draft,
  thread: ThreadDraft,
  { phases }: Workflow<Script | DataScript>
): string | undefined => {
  if (!draft.isPrimary(self, thread)) return "a thread that was spawned cannot start a workflow run"
  for (const { agents } of phases) {
    for (const task of agents) {
      const unknown = delegation.unknown(self, task, "workflows")
      if (unknown !== undefined) return unknown
    }
  }
  return undefined
}

/** Starts a run. Answers its id, or null if no more can be open, which is no error of the turn. */
export const start = (
  self: Draft,
  thread: ThreadDraft,
  { name, phases, result = "completed" }: Workflow<Script | DataScript>
): string | null => {
  const { session } = self
  if (session.runs.length >= maxRuns) {
    const message = `A session may have ${maxRuns} open workflow runs.`
    draft.emit(self, thread, { type: "workflow_run.error", error: { type: "max_workflow_runs_error", message } })
    return null
  }
  const key = ids.nth(ids.child(session.key, "run"), session.runsCreated)
  session.runsCreated++
  const run: Run = {
    id: ids.format("wrun", key),
    phases: phases.map((phase, i) => ({ ...phase, id: ids.format("wphase", ids.nth(ids.child(key, "phase"), i)) })),
    phase: 0,
    started: "",
    pending: [],
    running: true,
    result
  }
  session.runs = [...session.runs, run]
  draft.emit(self, thread, {
    type: "workflow_run.created",
    workflow_run_id: run.id,
    name,
    phases: run.phases.map(({ id, name }) => ({ id, name }))
  })
  draft.emit(self, thread, { type: "workflow_run.status_running", workflow_run_id: run.id })
  enter(self, run)
  return run.id
}

const set = (self: Draft, run: Run): void => {
  self.session.runs = self.session.runs.map((one) => one.id === run.id ? run : one)
}

/** The plan enters its next phase, or has none left. */
const enter = (self: Draft, run: Run): void => {
  const [primary] = self.session.threads
  const phase = run.phases[run.phase]
  if (phase === undefined) return end(self, run)
  const { id: started } = draft.emit(self, primary, {
    type: "workflow_run.phase_started",
    workflow_run_id: run.id,
    workflow_run_phase_id: phase.id
  })
  set(self, { ...run, started, pending: phase.agents.map((task) => delegation.spawn(self, primary, task, run.id)) })
}

/** A thread has done its part of a run, however its turn ended. A phase is over with its last thread. */
export const leave = (self: Draft, thread: ThreadDraft): void => {
  const run = self.session.runs.find((one) => one.pending.includes(thread.id))
  if (run === undefined) return
  const pending = run.pending.filter((id) => id !== thread.id)
  if (pending.length > 0) return set(self, { ...run, pending })
  draft.emit(self, self.session.threads[0], {
    type: "workflow_run.phase_ended",
    workflow_run_id: run.id,
    workflow_run_phase_id: run.phases[run.phase]?.id ?? "",
    phase_started_id: run.started
  })
  enter(self, { ...run, pending, phase: run.phase + 1 })
}

const end = (self: Draft, run: Run): void => {
  const [primary] = self.session.threads
  const error: typeof WorkflowEvent.ProgramError.Encoded = {
    type: "program_error",
    message: "Simulated program_error."
  }
  const about = { workflow_run_id: run.id }
  if (run.result === "error") draft.emit(self, primary, { type: "workflow_run.error", ...about, error })
  draft.emit(self, primary, {
    type: "workflow_run.status_ended",
    ...about,
    result: run.result === "error" ? { type: "error", error } : { type: run.result }
  })
  self.session.runs = self.session.runs.filter((one) => one.id !== run.id)
  const { play } = primary
  if (play === null || !play.awaiting.includes(run.id)) return
  const waits = play.blocked?._tag === "Reports"
  if (waits) status.run(self, primary)
  primary.play = {
    ...play,
    unread: true,
    blocked: waits ? null : play.blocked,
    awaiting: play.awaiting.filter((id) => id !== run.id)
  }
}
