import type * as WorkflowEvent from "@effect-managed-agents/core/WorkflowEvent"
import type { DataScript, Script, Workflow } from "../../AgentScript.ts"
import * as delegation from "./delegation.ts"
import type { Draft, Fields, ThreadDraft } from "./draft.ts"
import * as draft from "./draft.ts"
import * as ids from "./ids.ts"
import type { Phase, Run } from "./state.ts"
import * as status from "./status.ts"
import * as usage from "./usage.ts"

/** The number of runs of a session that may be open at a time. */
const maxRuns = 10

/** The number of threads that a run may have at work at a time, and in all. */
const maxThreads = { atOnce: 64, inAll: 1000 }

/** The time that a run has unless its agent says less, in milliseconds. */
const maxLifetime = 24 * 60 * 60 * 1000

/** The most characters of a name, and of a description. */
const maxName = 64
const maxDescription = 256

const described = ({ description, name }: { readonly name: string; readonly description?: string | undefined }) => ({
  name: name.slice(0, maxName),
  description: description?.slice(0, maxDescription) ?? null
})

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
  workflow: Workflow<Script | DataScript>
): string | null => {
  const { session } = self
  if (session.runs.length >= maxRuns) {
    const message = `A session may have ${maxRuns} open workflow runs.`
    draft.emit(self, thread, {
      type: "workflow_run.error",
      workflow_run_id: null,
      error: { type: "max_workflow_runs_error", message }
    })
    return null
  }
  const key = ids.nth(ids.child(session.key, "run"), session.runsCreated)
  session.runsCreated++
  const running = !usage.isSpent(self)
  const lifetime = Math.min(workflow.lifetime ?? maxLifetime, maxLifetime)
  const run: Run = {
    id: ids.format("wrun", key),
    phases: workflow.phases.map((phase, i) => ({
      id: ids.format("wrph", ids.nth(ids.child(key, "phase"), i)),
      ...described(phase),
      declared: phase.declared ?? true,
      overlaps: phase.overlaps ?? false,
      agents: phase.agents
    })),
    next: 0,
    open: [],
    created: 0,
    running,
    paused: null,
    expires: self.now + Math.round(lifetime * 1000),
    result: workflow.result ?? "completed"
  }
  session.runs = [...session.runs, run]
  draft.emit(self, thread, {
    type: "workflow_run.created",
    workflow_run_id: run.id,
    ...described(workflow),
    phases: run.phases.flatMap(({ declared, description, id, name }) => declared ? [{ id, name, description }] : [])
  })
  draft.emit(self, thread, {
    type: running ? "workflow_run.status_running" : "workflow_run.status_idle",
    workflow_run_id: run.id
  })
  enter(self, run)
  return run.id
}

const set = (self: Draft, run: Run): void => {
  self.session.runs = self.session.runs.map((one) => one.id === run.id ? run : one)
}

/** The plan enters its next phase, and those that overlap with it, or has none left. */
const enter = (self: Draft, run: Run): void => {
  let entered = run
  for (; entered.next < run.phases.length; entered = { ...entered, next: entered.next + 1 }) {
    const phase = run.phases[entered.next]
    // a phase without agents never starts
    if (phase === undefined || phase.agents.length === 0) continue
    if (entered.open.length > 0 && !phase.overlaps) break
    const { id: started } = draft.emit(self, self.session.threads[0], {
      type: "workflow_run.phase_started",
      workflow_run_id: run.id,
      workflow_run_phase_id: phase.id
    })
    const filled = fill(self, {
      ...entered,
      open: [...entered.open, { id: phase.id, started, pending: [], waiting: phase.agents }]
    })
    if (filled === undefined) return
    entered = filled
  }
  if (entered.open.length === 0) finish(self, entered, run.result)
  else set(self, entered)
}

/** Creates the threads that there is room for. Nothing is left of a run that may create no more: it ends. */
const fill = (self: Draft, run: Run): Run | undefined => {
  let { created } = run
  let room = maxThreads.atOnce - run.open.reduce((sum, { pending }) => sum + pending.length, 0)
  const open: Array<Phase> = []
  for (const phase of run.open) {
    const tasks = phase.waiting.slice(0, Math.min(room, maxThreads.inAll - created))
    const pending = tasks.map((task) => delegation.spawn(self, self.session.threads[0], task, run.id))
    created += tasks.length
    room -= tasks.length
    open.push({
      ...phase,
      pending: [...phase.pending, ...pending],
      waiting: phase.waiting.slice(tasks.length)
    })
  }
  const filled = { ...run, open, created }
  if (created < maxThreads.inAll || room === 0 || open.every(({ waiting }) => waiting.length === 0)) return filled
  finish(self, filled, {
    type: "thread_limit_error",
    message: `A workflow run may create ${maxThreads.inAll} threads.`
  })
  return undefined
}

/** A thread has done its part of a run, however its turn ended. A phase is over with its last thread. */
export const leave = (self: Draft, thread: ThreadDraft): void => {
  const run = self.session.runs.find((one) => one.open.some(({ pending }) => pending.includes(thread.id)))
  if (run === undefined) return
  const open = run.open.map((phase) => ({ ...phase, pending: phase.pending.filter((id) => id !== thread.id) }))
  const isOver = ({ pending, waiting }: Phase) => pending.length === 0 && waiting.length === 0
  for (const phase of open) if (isOver(phase)) draft.emit(self, self.session.threads[0], phaseEnded(run, phase))
  const left = open.filter((phase) => !isOver(phase))
  if (left.length === 0) return enter(self, { ...run, open: left })
  const filled = fill(self, { ...run, open: left })
  if (filled !== undefined) set(self, filled)
}

const phaseEnded = (run: Run, phase: Phase): Fields => ({
  type: "workflow_run.phase_ended",
  workflow_run_id: run.id,
  workflow_run_phase_id: phase.id,
  phase_started_id: phase.started
})

/** Ends a run whose time is up. Its threads have stopped already. */
export const expire = (self: Draft, run: Run): void =>
  finish(self, run, { type: "timeout_error", message: "Simulated timeout_error." })

/** The last events of a run: what is open ends before it. */
const endings = (run: Run, result: Run["result"] | typeof WorkflowEvent.RunError.Encoded): ReadonlyArray<Fields> => {
  const about = { workflow_run_id: run.id }
  const phases = run.open.map((phase) => phaseEnded(run, phase))
  if (result === "completed" || result === "stopped") {
    return [...phases, { type: "workflow_run.status_ended", ...about, result: { type: result } }]
  }
  const error: typeof WorkflowEvent.RunError.Encoded = result === "error"
    ? { type: "program_error", message: "Simulated program_error." }
    : result
  return [
    ...phases,
    { type: "workflow_run.error", ...about, error },
    { type: "workflow_run.status_ended", ...about, result: { type: "error", error } }
  ]
}

/** Drops the answers that wait for earlier ones: their calls are not settled any more. */
const dropAnswers = (self: Draft, { play }: ThreadDraft): void => {
  if (play?.blocked?._tag !== "Calls") return
  const calls = new Set(play.blocked.calls.map(({ id }) => id))
  self.session.inbox = self.session.inbox.filter(({ answer }) => answer === null || !calls.has(answer.callId))
}

const finish = (self: Draft, run: Run, result: Parameters<typeof endings>[1]): void => {
  const [primary] = self.session.threads
  self.session.runs = self.session.runs.filter((one) => one.id !== run.id)
  for (const thread of self.session.threads) {
    if (thread.runId !== run.id || thread.status === "terminated") continue
    thread.archivedAt = self.now
    dropAnswers(self, thread)
    status.endThread(self, thread)
  }
  for (const fields of endings(run, result)) draft.emit(self, primary, fields)
  const { play } = primary
  if (play === null && primary.stop?.reason.type === "retries_exhausted" && self.env.rules.unreadRunsStartTurns) {
    self.session.unreadRun = true
  }
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

/** The session is archived: the runs end, and so did their threads that were open. Its list has that, and no stream. */
export const stopAll = (self: Draft, ended: ReadonlyArray<ThreadDraft>): void => {
  const { runs, threads } = self.session
  self.session.runs = []
  for (const run of runs) {
    for (const thread of threads) {
      if (thread.runId !== run.id) continue
      thread.archivedAt ??= self.now
      if (ended.includes(thread)) draft.store(self, status.threadTerminated(thread))
    }
    for (const fields of endings(run, "stopped")) draft.store(self, fields)
  }
}

/** An interrupt has paused a run. Its threads stand still where they are. */
export const pause = (self: Draft, run: Run, silent: boolean): void => {
  set(self, { ...run, paused: silent ? "silently" : "openly", running: false })
  for (const thread of self.session.threads) {
    if (thread.runId === run.id && (thread.status === "running" || thread.status === "rescheduling")) {
      status.idleThread(self, thread, { reason: { type: "end_turn" }, details: null })
    }
  }
  if (!silent) draft.emit(self, self.session.threads[0], { type: "workflow_run.status_idle", workflow_run_id: run.id })
}

/** The agent has read a message: what an interrupt has paused goes on. */
export const resume = (self: Draft): void => {
  for (const run of self.session.runs) {
    if (run.paused === null) continue
    set(self, { ...run, paused: null, running: true })
    if (run.paused === "openly") {
      draft.emit(self, self.session.threads[0], { type: "workflow_run.status_running", workflow_run_id: run.id })
    }
    for (const thread of self.session.threads) {
      const blocked = thread.play?.blocked?._tag
      if (thread.runId !== run.id || thread.play === null || thread.status !== "idle") continue
      if (blocked !== "Calls" && blocked !== "Budget" && blocked !== "Message") status.run(self, thread)
    }
  }
}
