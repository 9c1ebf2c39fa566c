import type * as SessionEvent from "@effect-managed-agents/core/SessionEvent"
import type {
  Consultation,
  DataScript,
  Delegation,
  Failure,
  Message,
  Script,
  Step,
  Workflow
} from "../../AgentScript.ts"
import { echo } from "../../AgentScript.ts"
import * as frames from "../script/scriptMessages.ts"
import * as agents from "./agents.ts"
import * as calls from "./calls.ts"
import * as delegation from "./delegation.ts"
import type { Draft, ThreadDraft } from "./draft.ts"
import * as draft from "./draft.ts"
import type { StoredEvent } from "./eventLog.ts"
import * as goals from "./goals.ts"
import type { Action, Evaluation, ModelRequest, Passage, Pending, Play, Run, StopReason, Thread } from "./state.ts"
import * as status from "./status.ts"
import * as texts from "./texts.ts"
import type { Micros } from "./timestamp.ts"
import * as time from "./timestamp.ts"
import * as usage from "./usage.ts"
import * as workflows from "./workflows.ts"

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
    if (next.run !== undefined) expire(self, next.run)
  }
}

/** When {@link advance} has something to do without being asked. */
export const nextDue = (session: Waiting<Pick<Thread, "id" | "play" | "runId">>): Micros | undefined =>
  earliest(session)?.due

interface Waiting<T> {
  readonly inbox: ReadonlyArray<Pending>
  readonly threads: ReadonlyArray<T>
  readonly runs: ReadonlyArray<Run>
}

/** Next thing that happens by itself: an interrupt, a thread that goes on, or a workflow run whose time is up. */
interface Next<T> {
  readonly due: Micros
  readonly interrupt?: Pending
  readonly thread?: T
  readonly run?: Run
}

const earliest = <T extends Pick<Thread, "id" | "play" | "runId">>(session: Waiting<T>): Next<T> | undefined => {
  let found: Next<T> | undefined
  for (const pending of session.inbox) {
    if (pending.kind === "interrupt" && (found === undefined || pending.due < found.due)) {
      found = { due: pending.due, interrupt: pending }
    }
  }
  for (const thread of session.threads) {
    const blocked = thread.play?.blocked
    if (blocked?._tag !== "Sleep" && blocked?._tag !== "Rescheduled" && blocked?._tag !== "Grading") continue
    if ((found === undefined || blocked.due < found.due) && !isHeld(session, thread)) {
      found = { thread, due: blocked.due }
    }
  }
  for (const run of session.runs) {
    if (found === undefined || run.expires < found.due) found = { run, due: run.expires }
  }
  return found
}

/** Tells whether a thread stands still: an interrupt waits to be applied to it, or has paused its workflow run. */
const isHeld = ({ inbox, runs }: Waiting<unknown>, thread: Pick<Thread, "id" | "runId">): boolean =>
  inbox.some((pending) => pending.kind === "interrupt" && isFor(pending, thread)) ||
  runs.some((run) => run.id === thread.runId && run.paused !== null)

/** Tells whether an interrupt is for a thread. None stops a thread of a workflow run. */
const isFor = ({ target }: Pending, { id, runId }: Pick<Thread, "id" | "runId">): boolean =>
  runId === null && (target === null || target === id)

const hasInput = (self: Draft, thread: ThreadDraft): boolean =>
  thread.mail.length > 0 ||
  // a system message goes with something else, and starts nothing
  (draft.isPrimary(self, thread) &&
    self.session.inbox.some(({ event, kind }) => kind === "message" && event.type !== "system.message"))

const canGoOn = (self: Draft, thread: ThreadDraft): boolean => {
  if (thread.status === "terminated" || isHeld(self.session, thread)) return false
  if (thread.play === null) return hasInput(self, thread) || (draft.isPrimary(self, thread) && self.session.unreadRun)
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
        !self.session.threads.some((one) => awaiting.includes(one.runId ?? one.id) && status.isEngaged(one))
    case "Message":
      return hasInput(self, thread)
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
  if (play.blocked?._tag === "Message") return goOnWith(self, thread, play)
  const step = play.steps[play.next]
  const spawns = step !== undefined && ("delegate" in step || "workflow" in step)
  if (play.awaiting.length > 0 && !spawns) return awaitReports(self, thread, play)
  if (step === undefined) {
    return play.frame === null ? finish(self, thread, play) : frames.reply(self, thread, play, play.frame)
  }
  const behind = { ...play, next: play.next + 1, played: play.played + 1 }
  const { maxStepsPerTurn } = self.env.rules
  if (play.played >= maxStepsPerTurn) {
    return failScript(self, thread, behind, `the turn is longer than ${maxStepsPerTurn} steps (Rules.maxStepsPerTurn)`)
  }
  playStep(self, thread, behind, step)
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

const turnOf = (self: Draft, thread: ThreadDraft): Pick<Passage, "steps" | "path"> => {
  const script = thread.script ?? self.env.script(thread.agent.id)
  const steps = script.turns?.[thread.turns]
  return steps === undefined
    ? { steps: script.otherwise ?? echo.otherwise ?? [], path: "otherwise" }
    : { steps, path: `turns[${thread.turns}]` }
}

/** A setback beside the model that is tried again, such as a server that cannot be reached. */
const isSetback = (step: Action | undefined): step is { readonly fail: Failure } =>
  step !== undefined && "fail" in step && step.fail.retry_status === "retrying" &&
  /^(credential|mcp|repository)_/.test(step.fail.type)

const startTurn = (self: Draft, thread: ThreadDraft): void => {
  if (draft.isPrimary(self, thread)) thread.agent = agents.threadAgent(self.session.agent)
  const passage = turnOf(self, thread)
  let next = 0
  status.run(self, thread, () => {
    // setbacks at the start are told between the two status events
    for (let step = passage.steps[0]; isSetback(step); step = passage.steps[++next]) {
      status.emitFailure(self, thread, step.fail)
    }
  })
  thread.play = frames.makePlay(passage, { next, turn: thread.turns })
  thread.turns++
  if (!draft.isPrimary(self, thread)) return
  self.session.unreadRun = false
  workflows.resume(self)
}

/** Goes on with the next turn of the script, without a pause. */
const chain = (self: Draft, thread: ThreadDraft, play: Play): void => {
  thread.play = { ...play, ...turnOf(self, thread), next: 0, turn: thread.turns, played: 0, unread: true }
  thread.turns++
}

/** Another turn, in which an Effect that waited for it goes on. */
const goOnWith = (self: Draft, thread: ThreadDraft, play: Play): void => {
  status.run(self, thread)
  thread.play = { ...play, turn: thread.turns, played: 0, unread: true, blocked: null }
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

/** Ends a turn that has been played. */
const finish = (self: Draft, thread: ThreadDraft, play: Play): void => {
  if (!isQuiet(self, thread, play)) return
  // a message that came in the meantime steers; an outcome that is not reached needs another cycle
  if (hasInput(self, thread)) return chain(self, thread, play)
  const { goal } = self.session
  if (draft.isPrimary(self, thread) && goal !== null) {
    const { runs } = self.session
    // nothing is graded while a workflow run is open
    if (runs.length > 0) return awaitReports(self, thread, { ...play, awaiting: runs.map((run) => run.id) })
    const evaluation = goals.evaluate(self, thread, goal)
    return grade(self, thread, play, evaluation)
  }
  if (!draft.isPrimary(self, thread)) report(self, thread)
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
  if (play.frame !== null) {
    // an Effect listens for what comes next, and the verdict may be it
    const text = evaluation.explanation
    const wish: Message = { type: "span.outcome_evaluation_end", text, content: texts.blocks(text) }
    if (goesOn) thread.play = { ...play, unread: true, heard: [...play.heard, wish] }
    else if (!hasInput(self, thread)) rest(self, thread, play)
    return
  }
  if (goesOn || hasInput(self, thread)) return chain(self, thread, play)
  endTurn(self, thread, { type: "end_turn" })
}

/** The turn is over for all to see, and an Effect waits for the message that begins another. */
const rest = (self: Draft, thread: ThreadDraft, play: Play): void => {
  thread.play = { ...play, blocked: { _tag: "Message" } }
  settle(self, thread, { type: "end_turn" })
}

const endTurn = (
  self: Draft,
  thread: ThreadDraft,
  reason: StopReason,
  details: typeof SessionEvent.StopDetails.Encoded | null = null
): void => {
  thread.play = null
  settle(self, thread, reason, details)
}

/** A turn is over: the thread is idle, and has done its part of the workflow run that it is of. */
const settle = (
  self: Draft,
  thread: ThreadDraft,
  reason: StopReason,
  details: typeof SessionEvent.StopDetails.Encoded | null = null
): void => {
  status.idleThread(self, thread, { reason, details })
  workflows.leave(self, thread)
  status.rollUpStatus(self)
}

/** A child has done what it was told: its coordinator hears of it. */
const report = (self: Draft, thread: ThreadDraft): void => {
  if (thread.runId === null) delegation.report(self, thread)
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
  const read = draft.isPrimary(self, thread) ? consume(self, thread) : []
  const news = play.frame === null ? [] : read.filter((pending) => pending.seq >= play.known)
  const { id } = draft.emit(self, thread, { type: "span.model_request_start" })
  thread.play = {
    ...play,
    request: { startId: id, output: 0 },
    unread: false,
    heard: [...play.heard, ...news.map((pending) => texts.messageOf(pending.event))]
  }
}

const consume = (self: Draft, thread: ThreadDraft): ReadonlyArray<Pending> => {
  const read = self.session.inbox.filter((pending) => pending.kind === "message")
  if (read.length === 0) return read
  for (const { event } of read) {
    const text = texts.of(event)
    if (event.type === "user.message") thread.lastText = text
    if (event.type === "user.define_outcome") goals.start(self)
    thread.fresh += usage.tokens(self, text)
    draft.publish(self, thread, { ...event, processed_at: time.format(draft.stamp(self)) })
  }
  thread.lastRead = read.map((pending) => texts.messageOf(pending.event))
  self.session.inbox = self.session.inbox.filter((pending) => pending.kind !== "message")
  return read
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
const playStep = (self: Draft, thread: ThreadDraft, play: Play, step: Action): void => {
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

type Aside =
  | Extract<Step, { effect: unknown } | { compact: unknown } | { reschedule: unknown }>
  | Exclude<Action, Step>

/** Tells whether a step happens inside a model request. */
const producesOutput = (step: Action): step is Exclude<Step, Aside> =>
  !("effect" in step || "compact" in step || "reschedule" in step || "listen" in step || "emit" in step ||
    isSetback(step))

const playAside = (self: Draft, thread: ThreadDraft, play: Play, step: Action): void => {
  if ("effect" in step) {
    const waiting = waitingMessages(self, thread)
    return frames.begin(self, thread, play, step, {
      // what waits has been sent, though no request has read it yet
      messages: waiting.length > 0 ? waiting : thread.lastRead,
      text: waiting.findLast(hasText)?.text ?? thread.lastText
    })
  }
  if ("listen" in step) return listen(self, thread, play, step.listen)
  if ("emit" in step) return emit(self, thread, play, step.emit)
  const paused = pause(self, thread, play, "reschedule" in step ? "stopped" : "done")
  if ("compact" in step) draft.emit(self, thread, { type: "agent.thread_context_compacted" })
  else if ("fail" in step) status.emitFailure(self, thread, step.fail)
  else if ("reschedule" in step) {
    const due = self.now + Math.round(step.reschedule.millis * 1000)
    thread.play = { ...paused, unread: true, blocked: { _tag: "Rescheduled", due } }
    status.reschedule(self, thread)
  }
}

const playOutput = (self: Draft, thread: ThreadDraft, current: Play, step: Exclude<Step, Aside>): void => {
  const { request } = current
  if (request === null) return
  const { pace } = self.env
  if (pace > 0 && !current.paced && !("sleep" in step)) {
    // it is played when its time is over
    thread.play = {
      ...current,
      next: current.next - 1,
      played: current.played - 1,
      paced: true,
      blocked: { _tag: "Sleep", due: self.now + pace }
    }
    return
  }
  const play: Play = { ...current, paced: false }
  thread.play = play
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
  } else if ("consult" in step) {
    consult(self, thread, end(""), step.consult)
  } else if ("workflow" in step) {
    startWorkflow(self, thread, end(step.workflow.name), step.workflow)
  } else {
    const steps = "together" in step ? step.together : [step]
    const missing = self.env.rules.strictTools
      ? steps.map((call) => agents.missingTool(thread.agent, call)).find((cause) => cause !== undefined)
      : undefined
    if (missing !== undefined) return failScript(self, thread, play, missing)
    const made = steps.map((call) => calls.make(self, thread, call))
    const ended = end(made.map((call) => call.title).join(""))
    calls.settle(self, thread, { ...ended, made: [...ended.made, ...made.map((call) => call.id)] }, made)
  }
}

/** An Effect wants the next message: one that the model has read, or reads now, or that begins another turn. */
const listen = (self: Draft, thread: ThreadDraft, play: Play, how: "poll" | "wait"): void => {
  const [first, ...others] = play.heard
  if (first !== undefined) {
    thread.play = { ...play, heard: others, given: first }
    return
  }
  if (how === "poll" && !hasInput(self, thread)) return
  const again = { ...play, next: play.next - 1 }
  thread.play = again
  if (hasInput(self, thread)) return openRequest(self, thread, pause(self, thread, again))
  if (!isQuiet(self, thread, again)) return
  const { goal } = self.session
  if (draft.isPrimary(self, thread) && goal !== null) {
    return grade(self, thread, again, goals.evaluate(self, thread, goal))
  }
  if (!draft.isPrimary(self, thread)) report(self, thread)
  rest(self, thread, again)
}

const emit = (
  self: Draft,
  thread: ThreadDraft,
  play: Play,
  event: { readonly type: string; readonly [key: string]: unknown }
): void => {
  const complete: StoredEvent = { id: draft.eventId(self), ...event, processed_at: time.format(draft.stamp(self)) }
  const orphan = calls.orphan(thread, event)
  if (orphan !== undefined) return failScript(self, thread, play, orphan)
  thread.play = play
  draft.publish(self, thread, complete)
}

const delegate = (
  self: Draft,
  thread: ThreadDraft,
  play: Play,
  task: Delegation<Script | DataScript>
): void => {
  const obstacle = delegation.obstacle(self, thread, task)
  if (obstacle !== undefined) return failScript(self, thread, play, obstacle)
  const child = delegation.spawn(self, thread, task)
  thread.play = { ...play, unread: true, awaiting: [...play.awaiting, child], spawned: [...play.spawned, child] }
}

const consult = (self: Draft, thread: ThreadDraft, play: Play, question: Consultation): void => {
  const advisor = delegation.advisor(self, thread)
  if (advisor === undefined) return failScript(self, thread, play, "the thread has no advisor")
  thread.play = { ...play, unread: true }
  delegation.consult(self, thread, advisor, question)
}

const startWorkflow = (self: Draft, thread: ThreadDraft, play: Play, plan: Workflow<Script | DataScript>): void => {
  const obstacle = workflows.obstacle(self, thread, plan)
  if (obstacle !== undefined) return failScript(self, thread, play, obstacle)
  const run = workflows.start(self, thread, plan)
  thread.play = { ...play, unread: true, awaiting: [...play.awaiting, ...(run === null ? [] : [run])] }
}

/** The script cannot be played on: the session ends with an error that says where and why. */
const failScript = (self: Draft, thread: ThreadDraft, play: Play, cause: string): void => {
  const step = frames.where(play)
  const message = `The script of agent ${thread.agent.id} failed in turn ${play.turn} at ${step}: ${cause}`
  self.failures.push({
    sessionId: self.session.id,
    threadId: thread.id,
    agentId: thread.agent.id,
    turn: play.turn,
    step,
    message
  })
  pause(self, thread, play, "stopped")
  fail(self, thread, { type: "unknown_error", message, retry_status: "terminal" })
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

const waitingMessages = (self: Draft, thread: ThreadDraft): ReadonlyArray<Message> =>
  draft.isPrimary(self, thread)
    ? self.session.inbox.flatMap(({ event, kind }) => kind === "message" ? [texts.messageOf(event)] : [])
    : thread.mail.map(({ text }) => texts.said(text))

/** Tells whether a message is one that `{{text}}` may stand for. */
const hasText = ({ type }: Message): boolean => type === "user.message" || type === "agent.thread_message_received"

/** End of an Effect of the script. */
export type Ending = { readonly _tag: "Success" } | { readonly _tag: "Failure"; readonly cause: string }

/** An Effect of the script has come to its end: what is left of the turn is played next. */
export const endEffect = (self: Draft, token: number, ending: Ending): void => {
  const found = frames.find(self, token)
  if (found === undefined) return
  const { frame, play, thread } = found
  if (ending._tag === "Success") frames.leave(thread, play, frame)
  else failScript(self, thread, play, ending.cause)
}

// ---------------------------------------------------------------------------------------------------------------------
// Interrupts
// ---------------------------------------------------------------------------------------------------------------------

const applyInterrupt = (self: Draft, pending: Pending): void => {
  self.session.inbox = self.session.inbox.filter((other) => other !== pending)
  const targets = self.session.threads.filter((thread) => thread.status !== "terminated" && isFor(pending, thread))
  const busy = targets.filter((thread) => status.isBusy(thread) && thread.play?.blocked?._tag !== "Budget")
  // what pauses at the budget is not to be stopped, and the interrupt leaves no trace
  if (busy.length === 0 && targets.some(({ play }) => play?.blocked?._tag === "Budget")) return
  for (const thread of busy) stop(self, thread)
  const primary = self.session.threads[0]
  const { interruptedRuns, storeQuietInterrupts } = self.env.rules
  const pauses = pending.target === null && interruptedRuns !== "go on" &&
    self.session.runs.some(({ paused }) => paused === null)
  if (busy.length > 0 || pauses || storeQuietInterrupts) {
    const thread = pending.target === null ? primary : targets[0] ?? primary
    const event = { ...pending.event, processed_at: time.format(draft.stamp(self)) }
    draft.publish(self, thread, event)
    draft.crossPost(self, thread, event)
  }
  if (targets.includes(primary)) goals.interrupt(self, primary)
  for (const thread of busy) {
    const wasIdle = thread.play?.blocked?._tag === "Reports"
    if (wasIdle) thread.play = null
    else endTurn(self, thread, { type: "end_turn" })
  }
  if (!pauses) return
  for (const run of self.session.runs) {
    if (run.paused === null) workflows.pause(self, run, interruptedRuns === "pause silently")
  }
  if (self.session.status === "running") status.rollUpStatus(self)
}

/** The time of a workflow run is up: its threads are stopped where they are. */
const expire = (self: Draft, run: Run): void => {
  for (const thread of self.session.threads) {
    if (thread.runId === run.id && thread.play !== null) pause(self, thread, thread.play, "stopped")
  }
  workflows.expire(self, run)
  if (self.session.status !== "idle") status.rollUpStatus(self)
}

/** Cuts a turn short: the request ends, and calls that wait are closed as errors. */
const stop = (self: Draft, thread: ThreadDraft): void => {
  const { play } = thread
  if (play === null) return
  pause(self, thread, play, self.env.rules.interruptedRequestsFail ? "stopped" : "done")
  if (play.blocked?._tag === "Calls") calls.interrupt(self, thread, play.blocked.calls)
}
