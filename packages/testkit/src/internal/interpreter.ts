import type * as SessionEvent from "@effect-managed-agents/core/SessionEvent"
import type { DataScript, Delegation, Failure, Script, Step } from "../AgentScript.ts"
import { echo } from "../AgentScript.ts"
import * as agents from "./agents.ts"
import * as calls from "./calls.ts"
import * as delegation from "./delegation.ts"
import type { Draft, ThreadDraft } from "./draft.ts"
import * as draft from "./draft.ts"
import * as goals from "./goals.ts"
import type { Evaluation, ModelRequest, Pending, Play, StopReason, Thread } from "./state.ts"
import * as status from "./status.ts"
import * as texts from "./texts.ts"
import type { Micros } from "./time.ts"
import * as time from "./time.ts"
import * as usage from "./usage.ts"

/**
 * Plays everything that is due: inputs that wait, turns that can go on, sleeps that are over. Afterwards every thread is
 * idle, or waits for the client, for another thread, for time to pass or for an Effect.
 *
 * It is a function of the session and the time alone. That is what makes answers independent of the order in which
 * fibers run: whoever looks at a session first brings it up to date, and finds the same.
 */
export const advance = (self: Draft): void => {
  const now = self.now
  for (;;) {
    if (self.session.status === "terminated") return
    const next = earliest(self.session)
    if (next?.interrupt !== undefined && next.due <= self.now) {
      applyInterrupt(self, next.interrupt)
      continue
    }
    const thread = self.session.threads.find((thread) => canGoOn(self, thread))
    if (thread !== undefined) {
      goOn(self, thread)
      continue
    }
    if (next === undefined || next.due > now) return
    self.now = next.due
    if (next.thread !== undefined) wake(self, next.thread)
  }
}

/** When {@link advance} has something to do without being asked. */
export const nextDue = (session: Waiting<Pick<Thread, "id" | "play">>): Micros | undefined => earliest(session)?.due

interface Waiting<T> {
  readonly inbox: ReadonlyArray<Pending>
  readonly threads: ReadonlyArray<T>
}

/** What happens next by itself: an interrupt, or a thread that goes on. */
interface Next<T> {
  readonly due: Micros
  readonly interrupt?: Pending
  readonly thread?: T
}

const earliest = <T extends Pick<Thread, "id" | "play">>(session: Waiting<T>): Next<T> | undefined => {
  let found: Next<T> | undefined
  for (const pending of session.inbox) {
    if (pending.kind === "interrupt" && (found === undefined || pending.due < found.due)) {
      found = { due: pending.due, interrupt: pending }
    }
  }
  for (const thread of session.threads) {
    const blocked = thread.play?.blocked
    if (blocked?._tag !== "Sleep" && blocked?._tag !== "Rescheduled" && blocked?._tag !== "Grading") continue
    if ((found === undefined || blocked.due < found.due) && !isStopping(session, thread)) {
      found = { thread, due: blocked.due }
    }
  }
  return found
}

/** Whether an interrupt waits to be applied to a thread, which stands still meanwhile. */
const isStopping = ({ inbox }: Waiting<unknown>, { id }: Pick<Thread, "id">): boolean =>
  inbox.some(({ kind, target }) => kind === "interrupt" && (target === null || target === id))

const hasInput = (self: Draft, thread: ThreadDraft): boolean =>
  thread.mail.length > 0 ||
  // a system message goes with something else, and starts nothing
  (draft.isPrimary(self, thread) &&
    self.session.inbox.some(({ event, kind }) => kind === "message" && event.type !== "system.message"))

const canGoOn = (self: Draft, thread: ThreadDraft): boolean => {
  if (thread.status === "terminated" || isStopping(self.session, thread)) return false
  if (thread.play === null) return hasInput(self, thread)
  const { awaiting, blocked } = thread.play
  switch (blocked?._tag) {
    case undefined:
      return true
    case "Calls":
      return blocked.calls.every((call) => call.settled)
    case "Budget":
      return !usage.isSpent(self)
    case "Reports":
      // a report that will never come must not keep the user waiting
      return hasInput(self, thread) &&
        !self.session.threads.some((one) => awaiting.includes(one.id) && status.isEngaged(one))
    case "Effect":
    case "Grading":
    case "Rescheduled":
    case "Sleep":
      return false
  }
}

const goOn = (self: Draft, thread: ThreadDraft): void => {
  const { play } = thread
  if (play === null || play.blocked?._tag === "Reports") return startTurn(self, thread)
  if (play.blocked?._tag === "Calls") return calls.resume(self, thread, play, play.blocked.calls)
  if (play.blocked?._tag === "Budget") {
    thread.play = { ...play, blocked: null }
    return status.run(self, thread)
  }
  const step = play.steps[play.next]
  if (play.awaiting.length > 0 && !(step !== undefined && "delegate" in step)) return awaitReports(self, thread, play)
  if (step === undefined) return finish(self, thread, play)
  playStep(self, thread, { ...play, next: play.next + 1 }, step)
}

const wake = (self: Draft, thread: ThreadDraft): void => {
  const { play } = thread
  if (play === null) return
  thread.play = { ...play, blocked: null }
  if (play.blocked?._tag === "Rescheduled") status.run(self, thread)
  if (play.blocked?._tag === "Grading") goOnGrading(self, thread, thread.play, play.blocked.evaluation)
}

// ---------------------------------------------------------------------------------------------------------------------
// Turns
// ---------------------------------------------------------------------------------------------------------------------

const turnOf = (self: Draft, thread: ThreadDraft): ReadonlyArray<Step> => {
  const script = thread.script ?? self.env.script(thread.agent.id)
  return script.turns?.[thread.turns] ?? script.otherwise ?? echo.otherwise ?? []
}

/** What goes wrong beside the model and is tried again, such as a server that cannot be reached. */
const isSetback = (step: Step | undefined): step is { readonly fail: Failure } =>
  step !== undefined && "fail" in step && step.fail.retry_status === "retrying" &&
  /^(credential|mcp|repository)_/.test(step.fail.type)

const startTurn = (self: Draft, thread: ThreadDraft): void => {
  if (draft.isPrimary(self, thread)) thread.agent = agents.threadAgent(self.session.agent)
  const steps = turnOf(self, thread)
  let next = 0
  status.run(self, thread, () => {
    // setbacks at the start are told between the two status events
    for (let step = steps[0]; isSetback(step); step = steps[++next]) status.emitFailure(self, thread, step.fail)
  })
  thread.play = { steps, next, turn: thread.turns, request: null, unread: true, blocked: null, awaiting: [] }
  thread.turns++
}

/** Goes on with the next turn of the script, without a pause. */
const chain = (self: Draft, thread: ThreadDraft, play: Play): void => {
  thread.play = { ...play, steps: turnOf(self, thread), next: 0, turn: thread.turns, unread: true }
  thread.turns++
}

/** The model has read and said everything, as far as it is told to: whether nothing of the turn is left to be done. */
const isQuiet = (self: Draft, thread: ThreadDraft, play: Play): boolean => {
  if (play.request !== null) {
    closeRequest(self, thread, play, play.request)
    return false
  }
  if (!play.unread) return true
  openRequest(self, thread, play)
  return false
}

/** What is left of a turn has been played. */
const finish = (self: Draft, thread: ThreadDraft, play: Play): void => {
  if (!isQuiet(self, thread, play)) return
  // a message that came in the meantime steers; an outcome that is not reached needs another cycle
  if (hasInput(self, thread)) return chain(self, thread, play)
  const { goal } = self.session
  if (draft.isPrimary(self, thread) && goal !== null) {
    const evaluation = goals.evaluate(self, thread, goal)
    return grade(self, thread, play, evaluation)
  }
  if (!draft.isPrimary(self, thread)) delegation.report(self, thread)
  endTurn(self, thread, { type: "end_turn" })
}

/** The grader is at work until it has a verdict. */
const grade = (self: Draft, thread: ThreadDraft, play: Play, evaluation: Evaluation): void => {
  const due = Math.min(self.now + time.micros(self.env.rules.evaluationHeartbeat), evaluation.ends)
  thread.play = { ...play, blocked: { _tag: "Grading", due, evaluation } }
}

const goOnGrading = (self: Draft, thread: ThreadDraft, play: Play, evaluation: Evaluation): void => {
  const { goal } = self.session
  if (goal !== null && self.now < evaluation.ends) {
    goals.beat(self, thread, goal)
    return grade(self, thread, play, evaluation)
  }
  const goesOn = goal !== null && goals.conclude(self, thread, goal, evaluation)
  if (goesOn || hasInput(self, thread)) return chain(self, thread, play)
  endTurn(self, thread, { type: "end_turn" })
}

const endTurn = (
  self: Draft,
  thread: ThreadDraft,
  reason: StopReason,
  details: SessionEvent.StopDetailsEncoded | null = null
): void => {
  thread.play = null
  status.idle(self, thread, reason, details)
}

/** The thread is idle, though its turn is not over: it goes on when the threads that it has spawned report. */
const awaitReports = (self: Draft, thread: ThreadDraft, play: Play): void => {
  if (!isQuiet(self, thread, play)) return
  thread.play = { ...play, blocked: { _tag: "Reports" } }
  status.idle(self, thread, { type: "end_turn" })
}

// ---------------------------------------------------------------------------------------------------------------------
// Model requests
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Starts a model request, unless the budget is spent. What waits is consumed first: it is what the model is asked about.
 */
const openRequest = (self: Draft, thread: ThreadDraft, play: Play): void => {
  if (usage.isSpent(self)) {
    thread.play = { ...play, unread: true, blocked: { _tag: "Budget" } }
    return status.idle(self, thread, { type: "budget_reached" })
  }
  delegation.read(self, thread)
  if (draft.isPrimary(self, thread)) consume(self, thread)
  const { id } = draft.emit(self, thread, { type: "span.model_request_start" })
  thread.play = { ...play, request: { startId: id, output: 0 }, unread: false }
}

const consume = (self: Draft, thread: ThreadDraft): void => {
  const { inbox } = self.session
  if (inbox.length === 0) return
  for (const { event, kind } of inbox) {
    if (kind !== "message") continue
    const text = texts.of(event)
    if (event.type === "user.message") thread.lastText = text
    if (event.type === "user.define_outcome") goals.start(self)
    thread.fresh += usage.tokens(self, text)
    draft.publish(self, thread, { ...event, processed_at: time.format(draft.stamp(self)) })
  }
  self.session.inbox = inbox.filter((pending) => pending.kind !== "message")
}

const closeRequest = (
  self: Draft,
  thread: ThreadDraft,
  play: Play,
  request: ModelRequest,
  how: "done" | "stopped" | "failed" = "done"
): void => {
  const use = how === "failed"
    ? usage.none
    : { ...usage.none, input: thread.fresh, output: request.output, cacheRead: thread.seen }
  if (how !== "failed") {
    thread.seen += thread.fresh
    thread.fresh = request.output
  }
  usage.count(self, thread, use)
  thread.play = { ...play, request: null }
  draft.emit(self, thread, {
    type: "span.model_request_end",
    model_request_start_id: request.startId,
    is_error: how !== "done",
    model_usage: usage.ofRequest(use)
  })
}

/** Closes the request that is open, if any. */
const pause = (self: Draft, thread: ThreadDraft, play: Play, how: "done" | "stopped" = "done"): Play => {
  if (play.request !== null) closeRequest(self, thread, play, play.request, how)
  return thread.play ?? play
}

// ---------------------------------------------------------------------------------------------------------------------
// Steps
// ---------------------------------------------------------------------------------------------------------------------

/** Plays a step; `play` is already behind it. */
const playStep = (self: Draft, thread: ThreadDraft, play: Play, step: Step): void => {
  if (!producesOutput(step)) {
    thread.play = play
    return playAside(self, thread, play, step)
  }
  if (play.request === null) {
    openRequest(self, thread, play)
    // a request that may not be made leaves the step to be played
    if (thread.play?.request === null) thread.play = { ...thread.play, next: play.next - 1 }
    else if (thread.play !== null) playOutput(self, thread, thread.play, step)
    return
  }
  thread.play = play
  playOutput(self, thread, play, step)
}

type Aside = Extract<Step, { effect: unknown } | { compact: unknown } | { reschedule: unknown }>

/** Whether a step happens inside a model request. */
const producesOutput = (step: Step): step is Exclude<Step, Aside> =>
  !("effect" in step || "compact" in step || "reschedule" in step || isSetback(step))

const playAside = (self: Draft, thread: ThreadDraft, play: Play, step: Step): void => {
  if ("effect" in step) return startEffect(self, thread, play, step)
  const paused = pause(self, thread, play, "reschedule" in step ? "stopped" : "done")
  if ("compact" in step) draft.emit(self, thread, { type: "agent.thread_context_compacted" })
  else if ("fail" in step) status.emitFailure(self, thread, step.fail)
  else if ("reschedule" in step) {
    const due = self.now + Math.round(step.reschedule.millis * 1000)
    thread.play = { ...paused, unread: true, blocked: { _tag: "Rescheduled", due } }
    status.reschedule(self, thread)
  }
}

const playOutput = (self: Draft, thread: ThreadDraft, play: Play, step: Exclude<Step, Aside>): void => {
  const { request } = play
  if (request === null) return
  /** Ends the request with what it has produced. */
  const end = (output: string): Play => {
    closeRequest(self, thread, play, { ...request, output: request.output + usage.tokens(self, output) })
    return thread.play ?? play
  }
  if ("think" in step) {
    draft.emit(self, thread, { type: "agent.thinking" })
  } else if ("say" in step) {
    const said = (typeof step.say === "string" ? [step.say] : step.say).map((text) => texts.fill(thread, text))
    draft.emit(self, thread, { type: "agent.message", content: said.map((text) => ({ type: "text", text })) })
    thread.lastSaid = said.join("\n")
    thread.play = { ...play, request: { ...request, output: request.output + usage.tokens(self, said.join("")) } }
  } else if ("sleep" in step) {
    thread.play = { ...play, blocked: { _tag: "Sleep", due: self.now + Math.round(step.sleep * 1000) } }
  } else if ("refuse" in step) {
    end("")
    const { category = null, explanation = null } = step.refuse
    endTurn(self, thread, { type: "refusal" }, { type: "refusal", category, explanation })
  } else if ("fail" in step) {
    // a limit is reached by requests that have not failed
    closeRequest(self, thread, play, request, isLimit(step.fail) ? "done" : "failed")
    fail(self, thread, step.fail)
  } else if ("delegate" in step) {
    delegate(self, thread, end(step.delegate.message), step.delegate)
  } else {
    const made = ("together" in step ? step.together : [step]).map((call) => calls.make(self, thread, call))
    calls.settle(self, thread, end(made.map((call) => call.title).join("")), made)
  }
}

const delegate = (
  self: Draft,
  thread: ThreadDraft,
  play: Play,
  task: Delegation<Script | DataScript>
): void => {
  const obstacle = delegation.obstacle(self, thread, task)
  if (obstacle !== undefined) {
    const message = `The script of agent ${thread.agent.id} failed: ${obstacle}`
    return fail(self, thread, { type: "unknown_error", message, retry_status: "terminal" })
  }
  thread.play = { ...play, unread: true, awaiting: [...play.awaiting, delegation.spawn(self, thread, task)] }
}

const isLimit = (failure: Failure): boolean => failure.type.endsWith("_limit_reached_error")

const fail = (self: Draft, thread: ThreadDraft, failure: Failure): void => {
  status.emitFailure(self, thread, failure)
  switch (failure.retry_status) {
    case "retrying": {
      if (thread.play !== null) thread.play = { ...thread.play, unread: true }
      return
    }
    case "exhausted": {
      // queued inputs are flushed with the turn
      if (draft.isPrimary(self, thread)) {
        self.session.inbox = self.session.inbox.filter((pending) => pending.kind !== "message")
        if (self.session.goal?.started === false) goals.abandon(self)
      }
      endTurn(self, thread, { type: "retries_exhausted" })
      if (!draft.isPrimary(self, thread) && isLimit(failure)) status.endThread(self, thread)
      return
    }
    case "terminal":
      return status.terminate(self)
  }
}

const startEffect = (
  self: Draft,
  thread: ThreadDraft,
  play: Play,
  step: Extract<Step, { readonly effect: unknown }>
): void => {
  const token = self.session.tokens
  self.session.tokens = token + 1
  thread.play = { ...play, blocked: { _tag: "Effect", token } }
  self.effects.push({
    token,
    step,
    context: {
      sessionId: self.session.id,
      threadId: thread.id,
      turn: play.turn,
      // what waits has been sent, though no request has read it yet
      text: waitingText(self, thread) ?? thread.lastText,
      result: thread.lastResult
    }
  })
}

const waitingText = (self: Draft, thread: ThreadDraft): string | undefined => {
  if (!draft.isPrimary(self, thread)) return thread.mail.at(-1)?.text
  const last = self.session.inbox.filter((pending) => pending.event.type === "user.message").at(-1)
  return last === undefined ? undefined : texts.of(last.event)
}

/** An Effect of the script has come to its end: the steps that it returned are played next. */
export const resumeEffect = (
  self: Draft,
  token: number,
  exit: { readonly _tag: "Success"; readonly steps: ReadonlyArray<Step> } | {
    readonly _tag: "Failure"
    readonly message: string
  }
): void => {
  for (const thread of self.session.threads) {
    const { play } = thread
    if (play?.blocked?._tag !== "Effect" || play.blocked.token !== token) continue
    thread.play = { ...play, blocked: null }
    if (exit._tag === "Success") {
      thread.play = { ...thread.play, steps: [...exit.steps, ...play.steps.slice(play.next)], next: 0 }
    } else {
      pause(self, thread, thread.play, "stopped")
      fail(self, thread, { type: "unknown_error", message: exit.message, retry_status: "terminal" })
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Interrupts
// ---------------------------------------------------------------------------------------------------------------------

const applyInterrupt = (self: Draft, pending: Pending): void => {
  self.session.inbox = self.session.inbox.filter((other) => other !== pending)
  const targets = self.session.threads.filter((thread) =>
    thread.status !== "terminated" && (pending.target === null || pending.target === thread.id)
  )
  const busy = targets.filter(({ play }) => play !== null && play.blocked?._tag !== "Budget")
  // what pauses at the budget is not to be stopped, and the interrupt leaves no trace
  if (busy.length === 0 && targets.some(({ play }) => play?.blocked?._tag === "Budget")) return
  for (const thread of busy) stop(self, thread)
  const primary = self.session.threads[0]
  if (busy.length > 0 || self.env.rules.storeQuietInterrupts) {
    const thread = pending.target === null ? primary : targets[0] ?? primary
    const event = { ...pending.event, processed_at: time.format(draft.stamp(self)) }
    draft.publish(self, thread, event)
    draft.crossPost(self, thread, event)
  }
  if (targets.includes(primary)) goals.interrupt(self, primary)
  for (const thread of busy) {
    const wasIdle = thread.play?.blocked?._tag === "Reports"
    thread.play = null
    if (!wasIdle) status.idle(self, thread, { type: "end_turn" })
  }
}

/** Cuts a turn short: the request ends, and calls that wait are closed as errors. */
const stop = (self: Draft, thread: ThreadDraft): void => {
  const { play } = thread
  if (play === null) return
  pause(self, thread, play, self.env.rules.interruptedRequestsFail ? "stopped" : "done")
  if (play.blocked?._tag === "Calls") calls.interrupt(self, thread, play.blocked.calls)
}
