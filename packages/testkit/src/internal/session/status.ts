import type * as Agent from "@effect-managed-agents/core/Agent"
import type * as SessionEvent from "@effect-managed-agents/core/SessionEvent"
import type { Failure } from "../../AgentScript.ts"
import type { Draft, Fields, ThreadDraft } from "./draft.ts"
import * as draft from "./draft.ts"
import * as goals from "./goals.ts"
import type { Stop, StopReason, Thread } from "./state.ts"
import * as usage from "./usage.ts"

/** The fields that name a thread in events. */
const identity = (thread: ThreadDraft) => ({ session_thread_id: thread.id, agent_name: thread.agent.name })

/** Emits what every reader of the session should know about a thread. */
const emitPublicly = (self: Draft, thread: ThreadDraft, fields: Fields): void =>
  draft.crossPost(self, thread, draft.emit(self, thread, fields))

/** The running pair: the session's event first, unless it runs already, then the thread's. */
export const run = (self: Draft, thread: ThreadDraft, between: () => void = () => {}): void => {
  if (self.session.status !== "running") {
    draft.setStatus(self, "running")
    draft.emit(self, null, { type: "session.status_running" })
  }
  between()
  runThread(self, thread)
}

const runThread = (self: Draft, thread: ThreadDraft): void => {
  draft.setThreadStatus(self, thread, "running")
  thread.stop = null
  rollUpRun(self, thread)
  emitPublicly(self, thread, { type: "session.thread_status_running", ...identity(thread) })
}

/** A workflow run runs again, or is paused by the budget: none of its threads can go on before that is raised. */
const rollUpRun = (self: Draft, { runId }: ThreadDraft): void => {
  const run = self.session.runs.find((one) => one.id === runId)
  if (run === undefined || run.paused !== null) return
  const spent = usage.isSpent(self)
  const threads = self.session.threads.filter((one) => one.runId === runId)
  const runs = threads.some((one) =>
    isCalled(one) ? !spent : one.status === "rescheduling" ||
      // a request under way ends, though none can follow
      (one.status === "running" && !(spent && one.play?.request === null))
  )
  const waits = threads.some(({ play }) =>
    play?.blocked?._tag === "Budget" || (play?.blocked?._tag === "Calls" && self.env.rules.waitingRunsIdle)
  )
  const running = runs || (run.running && !waits)
  if (run.running === running) return
  self.session.runs = self.session.runs.map((one) => one.id === runId ? { ...run, running } : one)
  draft.emit(self, self.session.threads[0], {
    type: running ? "workflow_run.status_running" : "workflow_run.status_idle",
    workflow_run_id: run.id
  })
}

/**
 * A child runs while the session says that it is idle, for the reason that it has just been given an answer to: as it was
 * recorded, against the documentation.
 */
export const flicker = (self: Draft, child: ThreadDraft, reason: StopReason): void => {
  const [primary] = self.session.threads
  const { stop } = primary
  run(self, primary)
  idleThread(self, primary, stop ?? { reason: { type: "end_turn" }, details: null })
  idleSession(self, { reason, details: null })
  runThread(self, child)
}

/** The idle trio: the thread's event, and when no other thread works, the usage so far and the session's event. */
export const idle = (
  self: Draft,
  thread: ThreadDraft,
  reason: StopReason,
  details: typeof SessionEvent.StopDetails.Encoded | null = null
): void => {
  idleThread(self, thread, { reason, details })
  rollUpStatus(self)
}

/** A thread goes idle, without regard to the session. */
export const idleThread = (self: Draft, thread: ThreadDraft, stop: Stop): void => {
  draft.setThreadStatus(self, thread, "idle")
  thread.stop = stop
  emitPublicly(self, thread, {
    type: "session.thread_status_idle",
    ...identity(thread),
    stop_reason: stop.reason,
    stop_details: stop.details
  })
  rollUpRun(self, thread)
}

/** The rescheduled pair: as with idle the thread's event first, unless told otherwise. */
export const reschedule = (self: Draft, thread: ThreadDraft): void => {
  draft.setThreadStatus(self, thread, "rescheduling")
  const tell = () => emitPublicly(self, thread, { type: "session.thread_status_rescheduled", ...identity(thread) })
  if (self.env.rules.rescheduledPair === "thread first") tell()
  rollUpStatus(self)
  if (self.env.rules.rescheduledPair === "session first") tell()
}

/** A thread has stopped running: the session does what its busiest thread does. */
export const rollUpStatus = (self: Draft): void => {
  const { threads } = self.session
  const isPaused = ({ runId }: ThreadDraft) => self.session.runs.some((run) => run.id === runId && run.paused !== null)
  if (threads.some((thread) => thread.status === "running" || (isCalled(thread) && !isPaused(thread)))) return
  if (threads.some((thread) => thread.status === "rescheduling")) {
    if (self.session.status === "rescheduling") return
    draft.setStatus(self, "rescheduling")
    draft.emit(self, null, { type: "session.status_rescheduled" })
    return
  }
  idleSession(self, rollUp(threads))
}

const idleSession = (self: Draft, { details, reason }: Stop): void => {
  draft.setStatus(self, "idle")
  draft.emit(self, null, {
    type: "session.usage",
    usage: usage.ofSession(self),
    ...(self.session.budget !== null && { budget: self.session.budget })
  })
  draft.emit(self, null, { type: "session.status_idle", stop_reason: reason, stop_details: details })
}

/** Ends a child thread for good. */
export const endThread = (self: Draft, thread: ThreadDraft): void => {
  thread.play = null
  draft.setThreadStatus(self, thread, "terminated")
  emitPublicly(self, thread, threadTerminated(thread))
}

/** Says that a thread is over. */
export const threadTerminated = (thread: ThreadDraft): Fields => ({
  type: "session.thread_status_terminated",
  ...identity(thread)
})

/** The session is over: no idle, no usage, no stop reason, and no event of any thread. */
export const terminate = (self: Draft): void => {
  for (const thread of self.session.threads) {
    thread.play = null
    if (thread.status !== "terminated") draft.setThreadStatus(self, thread, "terminated")
  }
  self.session.inbox = []
  self.session.runs = []
  goals.abandon(self)
  draft.setStatus(self, "terminated")
  draft.emit(self, null, { type: "session.status_terminated" })
}

/** Tells whether a thread is in the middle of a turn. */
export const isBusy = ({ play }: Pick<Thread, "play">): boolean => play !== null && play.blocked?._tag !== "Message"

/** Tells whether another thread has given an idle one something to do. */
const isCalled = (thread: Pick<Thread, "mail" | "play">): boolean => !isBusy(thread) && thread.mail.length > 0

/** Tells whether a thread is in the middle of a turn, or about to start one. */
export const isEngaged = (thread: Pick<Thread, "mail" | "play">): boolean => isBusy(thread) || isCalled(thread)

const rank: Record<StopReason["type"], number> = {
  end_turn: 0,
  refusal: 1,
  retries_exhausted: 2,
  budget_reached: 3,
  requires_action: 4
}

/** Why the whole session stopped: the most urgent reason of its threads, with the calls that wait in any of them. */
const rollUp = (threads: ReadonlyArray<Pick<Thread, "status" | "stop">>): Stop => {
  const stops = threads.flatMap((thread) => thread.status === "idle" && thread.stop !== null ? [thread.stop] : [])
  const waiting = stops.flatMap(({ reason }) => reason.type === "requires_action" ? reason.event_ids : [])
  if (waiting.length > 0) return { reason: { type: "requires_action", event_ids: waiting }, details: null }
  return stops.reduce<Stop>((worst, stop) => rank[stop.reason.type] > rank[worst.reason.type] ? stop : worst, {
    reason: { type: "end_turn" },
    details: null
  })
}

/** Emits `session.error`. */
export const emitFailure = (self: Draft, thread: ThreadDraft, failure: Failure): void => {
  const { type } = failure
  const error = {
    type,
    message: failure.message ?? `Simulated ${type}.`,
    retry_status: { type: failure.retry_status },
    ...(type.startsWith("mcp_") && {
      mcp_server_name: failure.mcp_server_name ?? serverName(thread.agent) ?? "mcp"
    }),
    ...(type.startsWith("credential_") && {
      vault_id: failure.vault_id ?? self.session.vaultIds[0] ?? "vlt_unknown",
      credential_id: failure.credential_id ?? "vcrd_unknown"
    }),
    ...(type.startsWith("repository_") && { repository_url: failure.repository_url ?? null })
  }
  // the type of the error is the script author's: it may be one that this version does not know
  draft.emit(self, thread, { type: "session.error", error: error as typeof SessionEvent.Error.Encoded["error"] })
}

const serverName = (agent: typeof Agent.ResolvedAgent.Encoded): string | undefined => {
  const server = agent.mcp_servers[0]
  return server?.type === "url" ? server.name : undefined
}
