/**
 * State of a session as its events show it: one pure fold.
 *
 * Start from {@link empty}, {@link add} each event as it comes, from a list or a stream, and read off what the session
 * is doing ({@link turn}), what it waits for ({@link pendingActions}), what was said, called and consumed. An event
 * that was already taken in changes nothing, so overlapping sources may be folded into one transcript.
 *
 * @since 0.1.0
 */
import { dual } from "effect/Function"
import * as HashSet from "effect/HashSet"
import type * as AgentEvent from "./AgentEvent.ts"
import * as Content from "./Content.ts"
import * as Event from "./Event.ts"
import type { EventId, OutcomeId, SessionIdInput, ThreadId, WorkflowRunId } from "./Ids.ts"
import { SessionId } from "./Ids.ts"
import type * as PendingAction from "./PendingAction.ts"
import type * as PreviewEvent from "./PreviewEvent.ts"
import type * as SessionEvent from "./SessionEvent.ts"
import type { SessionFailure } from "./SessionFailure.ts"
import type * as SpanEvent from "./SpanEvent.ts"
import type * as Unknown from "./Unknown.ts"
import type * as Usage from "./Usage.ts"
import type * as UserEvent from "./UserEvent.ts"
import type * as WorkflowEvent from "./WorkflowEvent.ts"

// ---------------------------------------------------------------------------------------------------------------------
// Models
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Status of a session in its last status event.
 * @category models
 */
export type Status =
  | { readonly _tag: "Fresh" }
  | { readonly _tag: "Running" }
  | { readonly _tag: "Rescheduling" }
  | {
    readonly _tag: "Idle"
    readonly stopReason: SessionEvent.StopReason
    readonly stopDetails: SessionEvent.StopDetails | undefined
    /** True if an interrupt was the last that happened before. The service gives no stop reason of its own to it. */
    readonly interrupted: boolean
  }
  | { readonly _tag: "Terminated" }
  | { readonly _tag: "Deleted" }

/**
 * An event that came from a client.
 * @category models
 */
export interface Input {
  readonly id: EventId
  readonly type: UserEvent.UserEvent["type"]
  /** True once the agent has taken it up; until then it is queued. */
  readonly processed: boolean
  /** Its place among the events, as {@link Transcript.count} was then. */
  readonly at: number
}

/**
 * A tool call with what became of it.
 * @category models
 */
export interface ToolCall {
  readonly call: AgentEvent.ToolUse | AgentEvent.McpToolUse | AgentEvent.CustomToolUse
  /** The decision about a call that had to be approved. */
  readonly confirmation: UserEvent.ToolConfirmation | undefined
  readonly result:
    | AgentEvent.ToolResult
    | AgentEvent.McpToolResult
    | UserEvent.CustomToolResult
    | UserEvent.ToolResult
    | undefined
  /** True if it ended without a result that the session's events show, such as that of a sub-agent's own call. */
  readonly closed: boolean
}

/**
 * A message that is being produced, as far as it was previewed.
 *
 * It is `opened`, then `growing`; it ends as `final`, when the message itself is there, or as `abandoned`, when that will
 * never come. Ended ones are kept until the next model request.
 *
 * @category models
 */
export interface Preview {
  /** The id that the message will have. */
  readonly id: EventId
  readonly type: PreviewEvent.Preview["type"]
  readonly state: "opened" | "growing" | "final" | "abandoned"
  /** The text so far, block by block. It may lack parts that the service did not send. */
  readonly blocks: ReadonlyArray<string>
}

/**
 * A thread of the session, by its last status event.
 * @category models
 */
export interface Thread {
  readonly id: ThreadId
  readonly agentName: string
  readonly status: "created" | "running" | "rescheduling" | "idle" | "terminated"
}

/**
 * A workflow run of the session, by its last status event.
 * @category models
 */
export interface WorkflowRun {
  readonly id: WorkflowRunId
  /** - `idle`: paused, such as by the budget. */
  readonly status: "created" | "running" | "idle" | "ended"
  /** The result of a run that has ended. */
  readonly result: WorkflowEvent.Result | undefined
}

/**
 * Tokens of model requests, added up.
 * @category models
 */
export interface Tokens {
  /** Input tokens that no cache served. */
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheCreation: number
}

/**
 * Totals of consumption.
 * @category models
 */
export interface Totals {
  /** By the model requests among the events: those of the primary thread, and of the threads whose events were added. */
  readonly model: Tokens
  /** By graders of outcomes. */
  readonly grading: Tokens
  /** By the whole session with all its threads since its creation, costs included, as last reported. */
  readonly session: Usage.UsageSnapshot | undefined
}

/**
 * An outcome that the agent was given.
 * @category models
 */
export interface OutcomeProgress {
  readonly id: OutcomeId
  /** The last evaluation, if there was one. */
  readonly evaluation: SpanEvent.OutcomeEvaluationEnd | undefined
}

const internal: unique symbol = Symbol.for("@effect-managed-agents/core/Transcript")

/** State that the fold keeps to itself. */
interface Memory {
  /** The keys of the events that were taken in, in two generations if their number is limited. */
  readonly seen: readonly [HashSet.HashSet<string>, HashSet.HashSet<string>]
  readonly keep: number
  /** {@link Transcript.count} when the status last changed. */
  readonly since: number
  /** The calls that the last idle events say block the session or a thread. */
  readonly blocking: ReadonlyArray<EventId>
  /** Answered calls that are not among the tool calls, because they were made before the first event. */
  readonly answered: HashSet.HashSet<EventId>
  /** True if nothing was done since the last interrupt. */
  readonly interrupted: boolean
  /** True if the budget was changed since the status last changed. */
  readonly isBudgetChanged: boolean
  /** True if a workflow run has ended since the status last changed. */
  readonly hasUnreadRun: boolean
}

/**
 * State of a session as its events show it. Immutable.
 * @category models
 */
export interface Transcript {
  readonly status: Status
  /** Inputs of clients, in the order of arrival here. */
  readonly inputs: ReadonlyArray<Input>
  /** Messages of the agent. */
  readonly messages: ReadonlyArray<AgentEvent.Message>
  readonly toolCalls: ReadonlyArray<ToolCall>
  readonly previews: ReadonlyArray<Preview>
  /** The failures in the session; most of them pass. */
  readonly errors: ReadonlyArray<SessionFailure>
  readonly outcomes: ReadonlyArray<OutcomeProgress>
  readonly threads: ReadonlyMap<ThreadId, Thread>
  readonly workflowRuns: ReadonlyMap<WorkflowRunId, WorkflowRun>
  readonly usage: Totals
  /** The number of events that were taken in, duplicates and previews not counted. */
  readonly count: number
  /** The number of those of a type that this version does not know. */
  readonly unknown: number
  readonly [internal]: Memory
}

// ---------------------------------------------------------------------------------------------------------------------
// Constructors
// ---------------------------------------------------------------------------------------------------------------------

const noTokens: Tokens = { input: 0, output: 0, cacheRead: 0, cacheCreation: 0 }

/**
 * Options of a transcript.
 * @category options
 */
export interface Options {
  /**
   * The least number of messages, inputs, errors and ended tool calls to keep: the last ones. A duplicate is recognised
   * among the last ten times as many events. Totals, threads and what is still open do not depend on it.
   *
   * @default Infinity
   */
  readonly keep?: number | undefined
}

/**
 * A transcript without events, of bounded memory if `keep` is given.
 * @category constructors
 */
export const make = (options: Options = {}): Transcript => ({
  status: { _tag: "Fresh" },
  inputs: [],
  messages: [],
  toolCalls: [],
  previews: [],
  errors: [],
  outcomes: [],
  threads: new Map(),
  workflowRuns: new Map(),
  usage: { model: noTokens, grading: noTokens, session: undefined },
  count: 0,
  unknown: 0,
  [internal]: {
    seen: [HashSet.empty(), HashSet.empty()],
    keep: options.keep ?? Infinity,
    since: 0,
    blocking: [],
    answered: HashSet.empty(),
    interrupted: false,
    isBudgetChanged: false,
    hasUnreadRun: false
  }
})

/**
 * The transcript without events.
 * @category constructors
 */
export const empty: Transcript = make()

/**
 * The transcript of some events.
 * @category constructors
 */
export const fromEvents = (events: Iterable<Event.StreamEvent>): Transcript => {
  let self = empty
  for (const event of events) self = add(self, event)
  return self
}

// ---------------------------------------------------------------------------------------------------------------------
// The fold
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The transcript with one more event. One that it has already changes nothing.
 * @category combinators
 */
export const add: {
  (event: Event.StreamEvent): (self: Transcript) => Transcript
  (self: Transcript, event: Event.StreamEvent): Transcript
} = dual(2, (self: Transcript, event: Event.StreamEvent): Transcript => {
  switch (event.type) {
    case "event_start":
      return open(self, event)
    case "event_delta":
      return grow(self, event)
    default: {
      const key = keyOf(event)
      if (key === undefined || self[internal].seen.some(HashSet.has(key))) return self
      return apply(remember(self, key), event)
    }
  }
})

/** An event that comes twice, queued and then processed, is two. Some interrupts have no id. */
const keyOf = (event: Event.Event): string | undefined => {
  const id = Event.idOf(event)
  const at = Event.processedAtOf(event)
  if (id !== undefined) return at === undefined ? `${id} queued` : id
  return at === undefined ? undefined : `${String(event.type)} ${at}`
}

const remember = (self: Transcript, key: string): Transcript => {
  const { keep, seen: [young, old] } = self[internal]
  const added = HashSet.add(young, key)
  const seen = HashSet.size(added) < keep * 10 ? [added, old] as const : [HashSet.empty<string>(), added] as const
  return { ...self, count: self.count + 1, [internal]: { ...self[internal], seen } }
}

const apply = (self: Transcript, event: Event.Event): Transcript => {
  switch (event.type) {
    case "user.message":
    case "system.message":
      return input(self, event)
    case "user.define_outcome":
      return define(input(self, event), event.outcome_id)
    case "user.interrupt":
      return isProcessed(event) ? withMemory(input(self, event), { interrupted: true }) : input(self, event)
    case "user.tool_confirmation":
      return confirm(input(self, event), event)
    case "user.custom_tool_result":
      return answer(input(self, event), event.custom_tool_use_id, event)
    case "user.tool_result":
      return answer(input(self, event), event.tool_use_id, event)

    case "agent.message":
      return message(goOn(self), event)
    case "agent.thinking":
      return { ...goOn(self), previews: finalPreviews(self, event.id) }
    case "agent.tool_use":
    case "agent.mcp_tool_use":
    case "agent.custom_tool_use":
      return call(goOn(self), event)
    case "agent.tool_result":
      return answer(self, event.tool_use_id, event)
    case "agent.mcp_tool_result":
      return answer(self, event.mcp_tool_use_id, event)

    case "session.status_running":
      return goOn(withStatus(self, { _tag: "Running" }))
    case "session.status_rescheduled":
      return goOn(withStatus(self, { _tag: "Rescheduling" }))
    case "session.status_idle":
      return idle(self, event)
    case "session.status_terminated":
      return close(withStatus(self, { _tag: "Terminated" }), () => true)
    case "session.deleted":
      return close(withStatus(self, { _tag: "Deleted" }), () => true)
    case "session.error":
      return { ...self, errors: append(self, self.errors, event.error) }
    case "session.updated":
      return event.budget === undefined ? self : withMemory(self, { isBudgetChanged: true })
    case "session.usage":
      return { ...self, usage: { ...self.usage, session: event.usage } }

    case "session.thread_created":
      return self.threads.has(event.session_thread_id) ? self : withThread(self, event, "created")
    case "session.thread_status_running":
      return goOn(withThread(self, event, "running"))
    case "session.thread_status_rescheduled":
      return withThread(self, event, "rescheduling")
    case "session.thread_status_idle":
      return threadIdle(self, event)
    case "session.thread_status_terminated":
      return close(
        withThread(self, event, "terminated"),
        ({ call }) => call.session_thread_id === event.session_thread_id
      )

    case "workflow_run.created":
    case "workflow_run.status_running":
    case "workflow_run.status_idle":
    case "workflow_run.status_ended":
      return workflow(self, event)

    case "span.model_request_start":
      return { ...goOn(self), previews: self.previews.filter(isOpen) }
    case "span.model_request_end":
      return modelDone(self, event)
    case "span.outcome_evaluation_start":
      return define(self, event.outcome_id)
    case "span.outcome_evaluation_end":
      return evaluated(define(self, event.outcome_id), event)
    default:
      return Event.isUnknown(event) ? { ...self, unknown: self.unknown + 1 } : self
  }
}

type RunEvent =
  | WorkflowEvent.Created
  | WorkflowEvent.StatusRunning
  | WorkflowEvent.StatusIdle
  | WorkflowEvent.StatusEnded

const workflow = (self: Transcript, event: RunEvent): Transcript => {
  switch (event.type) {
    case "workflow_run.created":
      return withRun(self, event, "created")
    case "workflow_run.status_running":
      return withRun(goOn(self), event, "running")
    case "workflow_run.status_idle":
      return withRun(self, event, "idle")
    case "workflow_run.status_ended":
      return withRun(withMemory(self, { hasUnreadRun: true }), event, "ended", event.result)
  }
}

const modelDone = (self: Transcript, { model_usage }: SpanEvent.ModelRequestEnd): Transcript => ({
  ...self,
  usage: { ...self.usage, model: count(self.usage.model, model_usage) },
  previews: self.previews.map((one) => isOpen(one) ? { ...one, state: "abandoned" } : one)
})

const evaluated = (self: Transcript, evaluation: SpanEvent.OutcomeEvaluationEnd): Transcript => ({
  ...self,
  usage: { ...self.usage, grading: count(self.usage.grading, evaluation.usage) },
  outcomes: self.outcomes.map((one) => one.id === evaluation.outcome_id ? { ...one, evaluation } : one)
})

const withMemory = (self: Transcript, changes: Partial<Memory>): Transcript => ({
  ...self,
  [internal]: { ...self[internal], ...changes }
})

/** Something was done: an interrupt that came before is not what ends the turn. */
const goOn = (self: Transcript): Transcript =>
  self[internal].interrupted ? withMemory(self, { interrupted: false }) : self

const withStatus = (self: Transcript, status: Status): Transcript =>
  withMemory({ ...self, status }, { since: self.count, isBudgetChanged: false, hasUnreadRun: false })

/** The list with one more item. What is too much goes in one piece, so that this costs little each time. */
const append = <A>(
  { [internal]: { keep } }: Transcript,
  items: ReadonlyArray<A>,
  item: A,
  isDone: (item: A) => boolean = () => true
): ReadonlyArray<A> => {
  const all = [...items, item]
  if (all.length < 2 * keep) return all
  return all.filter((item, index) => index >= all.length - keep || !isDone(item))
}

const isProcessed = (event: Event.Event): boolean => Event.processedAtOf(event) !== undefined

const input = (self: Transcript, event: UserEvent.UserEvent): Transcript => {
  const id = Event.idOf(event)
  if (id === undefined) return self
  const now: Input = { id, type: event.type, processed: isProcessed(event), at: self.count }
  const known = self.inputs.find((one) => one.id === id)
  if (known === undefined) {
    return { ...self, inputs: append(self, self.inputs, now, ({ processed }) => processed) }
  }
  // a list may be older than the stream
  if (known.processed) return self
  return { ...self, inputs: self.inputs.map((one) => one === known ? now : one) }
}

/** The previews, of which one is final; `blocks` is the text that the event has in the end. */
const finalPreviews = (self: Transcript, id: EventId, blocks?: ReadonlyArray<string>): Transcript["previews"] =>
  self.previews.map((one) => one.id === id ? { ...one, state: "final", blocks: blocks ?? one.blocks } : one)

const message = (self: Transcript, event: AgentEvent.Message): Transcript => ({
  ...self,
  messages: append(self, self.messages, event),
  previews: finalPreviews(self, event.id, event.content.map((block) => Content.textOf([block])))
})

const threadIdle = (self: Transcript, event: SessionEvent.ThreadStatusIdle): Transcript => {
  const { stop_reason } = event
  const known = withThread(self, event, "idle")
  if (stop_reason.type !== "requires_action") return known
  const { blocking } = self[internal]
  return withMemory(known, {
    blocking: [...blocking, ...stop_reason.event_ids.filter((id) => !blocking.includes(id))]
  })
}

const define = (self: Transcript, id: OutcomeId): Transcript =>
  self.outcomes.some((one) => one.id === id)
    ? self
    : { ...self, outcomes: [...self.outcomes, { id, evaluation: undefined }] }

const call = (self: Transcript, call: ToolCall["call"]): Transcript => {
  const { answered } = self[internal]
  const made: ToolCall = {
    call,
    confirmation: undefined,
    result: undefined,
    closed: HashSet.has(answered, call.id)
  }
  return { ...self, toolCalls: append(self, self.toolCalls, made, isEnded) }
}

const isEnded = ({ closed, result }: ToolCall): boolean => closed || result !== undefined

/** Changes a call, which is nearly always one of the last. One that is not known was made before the first event. */
const update = (self: Transcript, id: EventId, change: (call: ToolCall) => ToolCall): Transcript => {
  const { answered, blocking } = self[internal]
  const at = self.toolCalls.findLastIndex((one) => one.call.id === id)
  const known = self.toolCalls[at]
  const counted = withMemory(self, {
    blocking: blocking.includes(id) ? blocking.filter((one) => one !== id) : blocking,
    answered: known === undefined ? HashSet.add(answered, id) : answered
  })
  return known === undefined ? counted : { ...counted, toolCalls: self.toolCalls.with(at, change(known)) }
}

const confirm = (self: Transcript, confirmation: UserEvent.ToolConfirmation): Transcript =>
  update(
    self,
    confirmation.tool_use_id,
    (call) => call.confirmation === undefined || isProcessed(confirmation) ? { ...call, confirmation } : call
  )

/** The first result counts: copies on other threads have ids of their own, and a second answer has no effect. */
const answer = (self: Transcript, id: EventId, result: NonNullable<ToolCall["result"]>): Transcript =>
  update(
    self,
    id,
    (call) =>
      call.result === undefined || (call.result.id === result.id && isProcessed(result)) ? { ...call, result } : call
  )

/** Calls that nobody will answer any more. */
const close = (self: Transcript, which: (call: ToolCall) => boolean): Transcript =>
  self.toolCalls.some((one) => !isEnded(one) && which(one))
    ? {
      ...self,
      toolCalls: self.toolCalls.map((one) => !isEnded(one) && which(one) ? { ...one, closed: true } : one)
    }
    : self

const idle = (self: Transcript, { stop_details, stop_reason }: SessionEvent.StatusIdle): Transcript => {
  const { interrupted } = self[internal]
  const status = { _tag: "Idle", stopReason: stop_reason, stopDetails: stop_details ?? undefined, interrupted } as const
  return stop_reason.type === "requires_action"
    ? withMemory(withStatus(self, status), { blocking: [...new Set(stop_reason.event_ids)] })
    // it waits for nothing, whatever was open
    : withMemory(close(withStatus(dropQueued(self, stop_reason), status), () => true), { blocking: [] })
}

/** When the service gives up on a turn, it drops what is queued. */
const dropQueued = (self: Transcript, { type }: SessionEvent.StopReason): Transcript =>
  type === "retries_exhausted" && self.inputs.some(isWaiting)
    ? { ...self, inputs: self.inputs.filter((input) => !isWaiting(input)) }
    : self

const withThread = (
  self: Transcript,
  event: { readonly session_thread_id: ThreadId; readonly agent_name: string },
  status: Thread["status"]
): Transcript => {
  const id = event.session_thread_id
  return { ...self, threads: new Map(self.threads).set(id, { id, agentName: event.agent_name, status }) }
}

const withRun = (
  self: Transcript,
  { workflow_run_id: id }: { readonly workflow_run_id: WorkflowRunId },
  status: WorkflowRun["status"],
  result?: WorkflowEvent.Result
): Transcript => ({
  ...self,
  workflowRuns: new Map(self.workflowRuns).set(id, { id, status, result })
})

const count = (self: Tokens, used: SpanEvent.ModelUsage): Tokens => ({
  input: self.input + used.input_tokens,
  output: self.output + used.output_tokens,
  cacheRead: self.cacheRead + used.cache_read_input_tokens,
  cacheCreation: self.cacheCreation + used.cache_creation_input_tokens
})

const isOpen = ({ state }: Preview): boolean => state === "opened" || state === "growing"

const open = (self: Transcript, { event: { id, type } }: PreviewEvent.Start): Transcript =>
  // what an unknown preview calls `id` may be anything
  typeof id !== "string" || self.previews.some((one) => one.id === id) || self.messages.some((one) => one.id === id)
    ? self
    // the type checker knows only that an unknown one may have an id
    : { ...self, previews: [...self.previews, { id: id as EventId, type, state: "opened", blocks: [] }] }

/** More blocks than any message has. */
const maxBlocks = 10_000

/** A part whose start or predecessor was not sent is shown all the same: the message itself will set it right. */
const grow = (self: Transcript, { delta, event_id: id }: PreviewEvent.Delta): Transcript => {
  if (delta.type !== "content_delta") return self
  const known = self.previews.find((one) => one.id === id)
  if (known !== undefined && !isOpen(known)) return self
  const blocks = [...known?.blocks ?? []]
  const index = delta.index ?? 0
  if (!Number.isInteger(index) || index < 0 || index > maxBlocks) return self
  while (blocks.length <= index) blocks.push("")
  blocks[index] += Content.textOf([delta.content])
  const grown: Preview = { id, type: "agent.message", state: "growing", blocks }
  return {
    ...self,
    previews: known === undefined
      ? [...self.previews, grown]
      : self.previews.map((one) => one === known ? { ...grown, type: one.type } : one)
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// What it says
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Why a turn ended.
 * @category models
 */
export type Ending =
  | { readonly _tag: "EndTurn" }
  | { readonly _tag: "Interrupted" }
  | {
    readonly _tag: "Refusal"
    readonly category: SessionEvent.RefusalCategory | undefined
    readonly explanation: string | undefined
  }
  | { readonly _tag: "BudgetReached" }
  | { readonly _tag: "RetriesExhausted" }
  | { readonly _tag: "Terminated" }
  | { readonly _tag: "Deleted" }
  | { readonly _tag: "UnknownStopReason"; readonly stopReason: Unknown.Unknown }

/**
 * Activity of a session.
 *
 * - `Idle`: nothing yet;
 * - `Queued`: it has been sent something and has not taken it up;
 * - `Running`, also between two threads, and when it reads as idle but goes on by itself;
 * - `Rescheduling`: waiting to try again after a passing failure;
 * - `Waiting` for the calls in `ids` to be answered;
 * - `Ended`.
 *
 * @category models
 */
export type Turn =
  | { readonly _tag: "Idle" }
  | { readonly _tag: "Queued" }
  | { readonly _tag: "Running" }
  | { readonly _tag: "Rescheduling" }
  | { readonly _tag: "Waiting"; readonly ids: ReadonlyArray<EventId> }
  | { readonly _tag: "Ended"; readonly ending: Ending }

const running: Turn = { _tag: "Running" }

/**
 * The activity of the session.
 *
 * An idle status is not the end while a thread or a workflow run is at work, an outcome is not judged, or the end of a run is
 * not read: the session goes on by itself. `isResting` says that it does not.
 *
 * @category accessors
 */
export const turn = (self: Transcript, options?: { readonly isResting?: boolean | undefined }): Turn => {
  const { status } = self
  switch (status._tag) {
    case "Fresh":
      return self.inputs.some(({ processed }) => !processed) ? { _tag: "Queued" } : { _tag: "Idle" }
    case "Running":
      return running
    case "Rescheduling":
      return { _tag: "Rescheduling" }
    case "Terminated":
    case "Deleted":
      return { _tag: "Ended", ending: status }
    case "Idle": {
      const { stopReason } = status
      if (stopReason.type === "requires_action") {
        const ids = waitingFor(self)
        // what it named was answered since; a session that names nothing waits all the same
        return ids.length === 0 && stopReason.event_ids.length > 0 ? running : { _tag: "Waiting", ids }
      }
      const isResting = options?.isResting === true
      // a session may read as idle for a moment while a thread of it works
      if (!isResting && isAnyThreadRunning(self)) return running
      const ending = endingOf(stopReason, status)
      // what is paused at the budget takes up nothing, and goes on by itself when that is changed
      if (ending._tag === "BudgetReached") return self[internal].isBudgetChanged ? running : { _tag: "Ended", ending }
      if (self.inputs.some(isWaiting)) return { _tag: "Queued" }
      return ending._tag === "EndTurn" && !isResting && (self.outcomes.some(isLive) || hasRunUnderWay(self))
        ? running
        : { _tag: "Ended", ending }
    }
  }
}

/** An answer that is queued waits for an earlier call to be answered; the rest is to be taken up by the agent. */
const isWaiting = ({ processed, type }: Input): boolean =>
  !processed && (type === "user.message" || type === "user.define_outcome")

const isLive = ({ evaluation }: OutcomeProgress): boolean =>
  evaluation === undefined || evaluation.result === "needs_revision"

/** A run is at work, or has ended and the agent is to read that. */
const hasRunUnderWay = ({ [internal]: { hasUnreadRun }, workflowRuns }: Transcript): boolean =>
  hasUnreadRun || Array.from(workflowRuns.values()).some(({ status }) => status === "created" || status === "running")

const endingOf = (
  reason: Exclude<SessionEvent.StopReason, SessionEvent.RequiresAction>,
  { interrupted, stopDetails }: Extract<Status, { readonly _tag: "Idle" }>
): Ending => {
  switch (reason.type) {
    case "end_turn":
      return { _tag: interrupted ? "Interrupted" : "EndTurn" }
    case "retries_exhausted":
      return { _tag: "RetriesExhausted" }
    case "budget_reached":
      return { _tag: "BudgetReached" }
    case "refusal": {
      const { category, explanation } = stopDetails?.type === "refusal"
        ? stopDetails
        : { category: null, explanation: null }
      return { _tag: "Refusal", category: category ?? undefined, explanation: explanation ?? undefined }
    }
    default:
      return { _tag: "UnknownStopReason", stopReason: reason }
  }
}

/**
 * {@link Transcript.count} when the session's status last changed. An input that was taken in later is not part of what
 * that status ended.
 * @category accessors
 */
export const statusSince = (self: Transcript): number => self[internal].since

/**
 * Tells that a thread of the session is at work.
 * @category accessors
 */
export const isAnyThreadRunning = ({ threads }: Transcript): boolean => {
  for (const { status } of threads.values()) if (status === "running" || status === "rescheduling") return true
  return false
}

/** The thread of a call, or `undefined` if it is the primary one, whose id its calls do not tell. */
const isThreadRunning = (self: Transcript, { session_thread_id }: ToolCall["call"]): boolean =>
  typeof session_thread_id === "string"
    ? self.threads.get(session_thread_id)?.status === "running"
    : self.status._tag === "Running"

/**
 * The calls that block the session by what it said last, except those that were answered since. One that was made before
 * the first event is not among {@link Transcript.toolCalls}.
 * @category accessors
 */
export const waitingFor = (self: Transcript): ReadonlyArray<EventId> => {
  const { answered, blocking } = self[internal]
  return blocking.filter((id) => {
    const known = self.toolCalls.findLast((one) => one.call.id === id)
    return known === undefined ? !HashSet.has(answered, id) : needOf(self, known) !== undefined
  })
}

/** The need of a call for a client. */
const needOf = (self: Transcript, one: ToolCall): PendingAction.Repliable["_tag"] | undefined => {
  if (isEnded(one)) return undefined
  const { call, confirmation } = one
  if (call.type === "agent.custom_tool_use") return "CustomToolCall"
  if (asks(call) && confirmation === undefined) return "Confirmation"
  if (isBlockedWithoutPermission(self, one)) return "Confirmation"
  // Allowed, and the session still says that it waits for it: the client is to run it. While the thread of the call runs,
  // what was said before is out of date.
  return call.type === "agent.tool_use" && confirmation?.result !== "deny" &&
      self[internal].blocking.includes(call.id) && !isThreadRunning(self, call)
    ? "SelfHostedToolCall"
    : undefined
}

/**
 * Tells a call that blocks the session and of which it is not said whether it may run. The service runs calls of MCP servers
 * by itself, so these can only be waiting for approval, whatever is said.
 */
const isBlockedWithoutPermission = (self: Transcript, { call, confirmation }: ToolCall): boolean =>
  confirmation === undefined && call.type !== "agent.custom_tool_use" &&
  (call.type === "agent.mcp_tool_use" || typeof call.evaluated_permission !== "string") &&
  self[internal].blocking.includes(call.id) && !isThreadRunning(self, call)

/** Only what is known to run or to be refused needs no approval. */
const asks = ({ evaluated_permission }: AgentEvent.ToolUse | AgentEvent.McpToolUse): boolean =>
  typeof evaluated_permission === "string" && evaluated_permission !== "allow" && evaluated_permission !== "deny"

/**
 * The actions that the session waits for, in the order of the calls: those of all threads, also while others go on, and
 * only what is still unanswered.
 * @category accessors
 */
export const pendingActions = (
  self: Transcript,
  sessionId: SessionIdInput
): ReadonlyArray<PendingAction.Repliable> =>
  self.toolCalls.flatMap((one): ReadonlyArray<PendingAction.Repliable> => {
    const { call } = one
    const need = needOf(self, one)
    if (need === undefined) return []
    const { id, input, name, session_thread_id: threadId } = call
    const common = {
      sessionId: SessionId.make(sessionId),
      id,
      name,
      input,
      ...(typeof threadId === "string" && { threadId })
    }
    return need === "Confirmation" && call.type === "agent.mcp_tool_use"
      ? [{ _tag: need, ...common, server: call.mcp_server_name }]
      : [{ _tag: need, ...common }]
  })

/**
 * The text of the last message.
 * @category accessors
 */
export const reply = (self: Transcript): string => Content.textOf(self.messages.at(-1)?.content)

/**
 * All tokens that were counted: those of model requests and of graders.
 * @category accessors
 */
export const tokens = ({ usage: { grading, model } }: Transcript): Tokens => ({
  input: model.input + grading.input,
  output: model.output + grading.output,
  cacheRead: model.cacheRead + grading.cacheRead,
  cacheCreation: model.cacheCreation + grading.cacheCreation
})
