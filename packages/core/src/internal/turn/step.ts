import type { ApiError } from "../../ApiError.ts"
import type * as Conversation from "../../Conversation.ts"
import type { Cursor } from "../../Cursor.ts"
import type * as Delivery from "../../Delivery.ts"
import * as Event from "../../Event.ts"
import type * as Follow from "../../Follow.ts"
import type { EventId, EventIdInput, SessionId } from "../../Ids.ts"
import type * as PendingAction from "../../PendingAction.ts"
import type * as ToolRunner from "../../ToolRunner.ts"
import * as Transcript from "../../Transcript.ts"
import type * as Usage from "../../Usage.ts"
import type { Audited, Page } from "../follow/observer.ts"
import type { Found } from "./findTurn.ts"
import { reconcile } from "./reconcile.ts"
import { isStatus } from "./statuses.ts"

/** The state of a turn. Every field is plain data: {@link step} is the only code that changes one. */
export interface State {
  readonly input: Input
  readonly transcript: Transcript.Transcript
  /** The follower has caught up once, and the input is on its way. */
  readonly isAttached: boolean
  /** All that has happened is known. Otherwise a call that looks open may have been answered. */
  readonly isCurrent: boolean
  /** The input as the service stored it; `undefined` until it has. */
  readonly delivery: Delivered | undefined
  readonly ended: Follow.EndReason | undefined
  /** The service discarded the input or had nothing to do for it, so no turn starts for it. */
  readonly isIgnored: boolean
  /** The status for which the service was asked whether it dropped the input. */
  readonly dropCheckedAt: number | undefined
  readonly replies: ReadonlyMap<string, Reply>
  /** Calls from before the turn that were looked up. */
  readonly searched: ReadonlySet<EventId>
  readonly isSearching: boolean
  /** The status at which the session was found at rest, whatever else looks as if it were under way. */
  readonly restsAt: number | undefined
  /** Consumption of the session before the turn, where it is known. */
  readonly baseline: Usage.UsageSnapshot | undefined
}

/** The part of the state that never changes. */
interface Input {
  readonly sessionId: SessionId
  readonly sent: ReadonlyArray<Event.EventParams>
  /** Calls that the input itself answers. */
  readonly answered: ReadonlySet<EventIdInput>
  /** Tells whether this program answers an action. */
  readonly handles: (action: PendingAction.Repliable) => boolean
  /** Nothing is sent: the turn is one that others have begun. */
  readonly isJoined: boolean
  /** The place in the history before the turn, if its input was or may have been sent before. */
  readonly since: Cursor | undefined
}

/** Input that the service has. */
interface Delivered {
  /** The events that the agent has to take up before the turn can be over. */
  readonly ids: ReadonlyArray<EventId>
  /** The service said what it stored. Otherwise there is only the kind to go by. */
  readonly isKnown: boolean
}

/** A turn that an earlier process has begun: the place before it, and its input, as far as they are known. */
export interface Resumed {
  readonly since: Cursor | undefined
  readonly sent: ReadonlyArray<EventId> | undefined
  readonly usageBefore: Usage.UsageSnapshot | undefined
}

/** Progress of the reply to one action; a declined one is left to others, an undecided one waits for their approval. */
export type Reply = "pending" | "sending" | "sent" | "declined" | "undecided"

/** An input of {@link step}: an update of the follower, or the result of a command. */
export type Signal =
  | Follow.Update
  | Page
  | Audited
  | { readonly _tag: "BaselineFound"; readonly usage: Usage.UsageSnapshot | undefined }
  | { readonly _tag: "InputDelivered"; readonly delivery: Delivery.Delivery }
  | { readonly _tag: "ReplySending"; readonly key: string }
  | { readonly _tag: "ReplySettled"; readonly key: string; readonly answered: ToolRunner.Answered }
  | { readonly _tag: "CallsFound"; readonly calls: ReadonlyArray<Event.Event> }
  | { readonly _tag: "DropChecked"; readonly isDropped: boolean }
  | { readonly _tag: "QuietElapsed" }
  | { readonly _tag: "QuietChecked"; readonly statuses: ReadonlyArray<Event.Event> }

/** An order to the interpreter, which posts the result as a {@link Signal}. */
export type Command =
  | { readonly _tag: "Deliver"; readonly since: Cursor }
  /** Looks up the consumption of the session, as of the event that was the newest before the turn. */
  | { readonly _tag: "FindBaseline" }
  | { readonly _tag: "Reply"; readonly key: string; readonly action: PendingAction.Repliable }
  | { readonly _tag: "CancelReplies"; readonly keys: ReadonlyArray<string> }
  | { readonly _tag: "FindCalls"; readonly ids: ReadonlyArray<EventId> }
  /** Asks whether the service dropped the input when it gave up on the turn that the input was to steer. */
  | { readonly _tag: "CheckDropped"; readonly ids: ReadonlyArray<EventId> }
  /** Waits a while for an effect of input that asks nothing of the agent. */
  | { readonly _tag: "AwaitEffect" }
  /** Asks for the newest status of the session. */
  | { readonly _tag: "CheckStatus" }
  | { readonly _tag: "Fail"; readonly error: ApiError }
  | { readonly _tag: "Finish"; readonly result: Conversation.TurnResult }

/** A state and the commands that lead on from it. */
export type Step = readonly [state: State, commands: ReadonlyArray<Command>]

const none: ReadonlyArray<Command> = []

/** The state before the first signal. */
export const initial = (
  sessionId: SessionId,
  sent: ReadonlyArray<Event.EventParams>,
  handles: Input["handles"]
): State => ({
  input: {
    sessionId,
    sent,
    handles,
    answered: new Set<EventIdInput>(sent.flatMap((event) => {
      if (event.type === "user.custom_tool_result") return [event.custom_tool_use_id]
      return event.type === "user.tool_confirmation" || event.type === "user.tool_result" ? [event.tool_use_id] : []
    })),
    isJoined: false,
    since: undefined
  },
  transcript: Transcript.empty,
  isAttached: false,
  isCurrent: false,
  delivery: undefined,
  ended: undefined,
  isIgnored: false,
  dropCheckedAt: undefined,
  replies: new Map(),
  searched: new Set(),
  isSearching: false,
  restsAt: undefined,
  baseline: undefined
})

/** The state before the first signal of a turn that others have begun. */
export const joined = (sessionId: SessionId, { baseline, events }: Found, handles: Input["handles"]): State => {
  const state = initial(sessionId, [], handles)
  return {
    ...state,
    input: { ...state.input, isJoined: true },
    transcript: Transcript.fromEvents(events),
    delivery: { ids: [], isKnown: true },
    baseline: baselineOf(baseline)
  }
}

/** The state before the first signal of a turn that may have begun in an earlier process. */
export const resumed = (
  sessionId: SessionId,
  sent: ReadonlyArray<Event.EventParams>,
  handles: Input["handles"],
  { sent: ids, since, usageBefore }: Resumed
): State => {
  const state = initial(sessionId, sent, handles)
  return {
    ...state,
    input: { ...state.input, since },
    delivery: ids === undefined ? undefined : { ids, isKnown: ids.length > 0 || !sent.some(isToBeTakenUp) },
    baseline: usageBefore
  }
}

/** Name of an action among the replies. */
const keyOf = ({ _tag, id }: PendingAction.Repliable): string => `${_tag} ${id}`

/** Tells whether an action is still to be answered. */
export const isPending = ({ input, transcript }: State, key: string): boolean =>
  Transcript.pendingActions(transcript, input.sessionId).some((action) => keyOf(action) === key)

/** Takes one signal in. */
export const step = (state: State, signal: Signal): Step => {
  const reacted = react(state, signal)
  const [next, commands] = reacted
  // what changes nothing decides nothing
  if (next === state) return reacted
  const [decided, more] = decide(next)
  return [decided, commands.length === 0 ? more : [...commands, ...more]]
}

const react = (state: State, signal: Signal): Step => {
  switch (signal._tag) {
    case "Connected":
    case "Reconnecting":
      return [{ ...state, isCurrent: false }, none]
    case "CaughtUp":
      return state.isAttached ? respond({ ...state, isCurrent: true }) : attach(state, signal.cursor)
    case "Event":
      return respond(withTranscript(state, Transcript.add(state.transcript, signal.event)))
    case "Ended":
      return [{ ...state, ended: signal.reason }, none]
    case "Baseline":
      return [{ ...state, baseline: baselineOf(signal) }, none]
    case "BaselineFound":
      return [{ ...state, baseline: signal.usage }, none]
    case "InputDelivered":
      return delivered(state, signal.delivery)
    case "ReplySending":
      return [withReply(state, signal.key, "sending"), none]
    case "ReplySettled":
      return [withReply(state, signal.key, signal.answered === "answered" ? "sent" : signal.answered), none]
    case "CallsFound":
      return respond({
        ...state,
        isSearching: false,
        transcript: signal.calls.reduce(Transcript.add, state.transcript)
      })
    case "DropChecked":
      return [signal.isDropped ? dropQueued({ ...state, isIgnored: true }) : state, none]
    case "Audited":
      return audited(state, signal.events)
    case "QuietElapsed":
      return [state, isFresh(state) ? [{ _tag: "CheckStatus" }] : none]
    case "QuietChecked":
      return quiet(state, signal.statuses)
    default:
      return [state, none]
  }
}

const withTranscript = (state: State, transcript: Transcript.Transcript): State =>
  transcript === state.transcript ? state : { ...state, transcript }

const withReply = (state: State, key: string, reply: Reply): State => ({
  ...state,
  replies: new Map(state.replies).set(key, reply)
})

const attach = (state: State, since: Cursor): Step => {
  const attached = { ...state, isAttached: true, isCurrent: true }
  if (state.input.isJoined) return respond(attached)
  const { baseline, delivery, input } = state
  // a turn that an earlier process has begun may have calls that wait
  const [next, replies] = respond(attached)
  const first: ReadonlyArray<Command> = delivery === undefined
    ? [{ _tag: "Deliver", since: input.since ?? since }]
    : asks(input.sent)
    ? none
    : awaitEffect
  // a message never waits for a metric
  const metric: ReadonlyArray<Command> = baseline === undefined ? [{ _tag: "FindBaseline" }] : none
  return [next, [...first, ...metric, ...replies]]
}

/** Consumption before the turn; none in a session that never reported any. */
const baselineOf = ({ events, isWhole }: Page): Usage.UsageSnapshot | undefined => {
  const newest = events.find((event) => event.type === "session.usage")
  if (newest !== undefined) return newest.usage
  return isWhole ? {} : undefined
}

const delivered = (state: State, delivery: Delivery.Delivery): Step => {
  if (delivery._tag === "Indeterminate") return [state, [{ _tag: "Fail", error: delivery.error }]]
  const { events } = delivery
  const ids = events.filter(isToBeTakenUp).flatMap((event) => Event.idOf(event) ?? [])
  return [{ ...state, delivery: { ids, isKnown: events.length > 0 } }, asks(state.input.sent) ? none : awaitEffect]
}

const awaitEffect: ReadonlyArray<Command> = [{ _tag: "AwaitEffect" }]

/** Tells input that asks something of the agent. */
const asks = (sent: ReadonlyArray<Event.EventParams>): boolean =>
  sent.some(({ type }) => type === "user.message" || type === "user.define_outcome")

/** Tells an event that the agent has to take up. */
export const isToBeTakenUp = ({ type }: { readonly type: unknown }): boolean =>
  type !== "user.interrupt" && type !== "system.message"

/** The connection is silent and complete: a session whose last status is idle rests, unless it is to take something up. */
const audited = (state: State, newestFirst: ReadonlyArray<Event.Event>): Step => {
  const status = newestFirst.find(isStatus)
  if (state.delivery === undefined || (status !== undefined && status.type !== "session.status_idle")) {
    return [state, none]
  }
  switch (Transcript.turn(state.transcript)._tag) {
    case "Queued": {
      const ids = queuedIds(state)
      return [state, ids.length === 0 ? none : [{ _tag: "CheckDropped", ids }]]
    }
    case "Running":
      return [{ ...state, restsAt: Transcript.statusSince(state.transcript) }, none]
    default:
      return [state, none]
  }
}

const queuedIds = ({ transcript }: State): ReadonlyArray<EventId> =>
  transcript.inputs.flatMap(({ id, processed, type }) =>
    !processed && (type === "user.message" || type === "user.define_outcome") ? [id] : []
  )

const dropQueued = (state: State): State =>
  withTranscript(state, { ...state.transcript, inputs: state.transcript.inputs.filter(({ processed }) => processed) })

const isFresh = ({ transcript }: State): boolean => transcript.status._tag === "Fresh"

/** Input that asks nothing of the agent need not change anything. */
const quiet = (state: State, statuses: ReadonlyArray<Event.Event>): Step => {
  if (!statuses.every(({ type }) => type === "session.status_idle")) return [state, [{ _tag: "AwaitEffect" }]]
  if (!isFresh(state)) return [state, none]
  // it happened before all that is known
  return [{ ...state, isIgnored: true, transcript: Transcript.fromEvents(statuses) }, none]
}

// ---------------------------------------------------------------------------------------------------------------------
// Replies
// ---------------------------------------------------------------------------------------------------------------------

/** Replies to new actions, and cancels replies that are not needed any more. */
const respond = (state: State): Step => {
  const { input, isCurrent, replies, transcript } = state
  if (!isCurrent || (transcript.toolCalls.length === 0 && replies.size === 0)) return [state, none]
  const pending = Transcript.pendingActions(transcript, input.sessionId)
  const { added, gone } = reconcile(replies, pending, keyOf)
  const cancelled = gone.filter((key) => replies.get(key) === "pending")
  const handled = added.filter((action) => isHandled(state, action))
  if (cancelled.length === 0 && handled.length === 0) return [state, none]
  const now = new Map(replies)
  for (const key of cancelled) now.set(key, "declined")
  for (const action of handled) now.set(keyOf(action), "pending")
  return [{ ...state, replies: now }, [
    ...cancelled.length === 0 ? none : [{ _tag: "CancelReplies", keys: cancelled } as const],
    ...handled.map((action) => ({ _tag: "Reply", key: keyOf(action), action } as const))
  ]]
}

const isHandled = (state: State, action: PendingAction.Repliable): boolean =>
  !isBeingAnswered(state, action.id) &&
  (action._tag !== "Confirmation" || isAsked(state.transcript, action.id)) &&
  state.input.handles(action)

/** A call whose permission is a word that is not known may be confirmed once the session says that it waits for it. */
const isAsked = (transcript: Transcript.Transcript, id: EventId): boolean => {
  const call = transcript.toolCalls.findLast(({ call }) => call.id === id)?.call
  return (call !== undefined && "evaluated_permission" in call && call.evaluated_permission === "ask") ||
    Transcript.waitingFor(transcript).includes(id)
}

// ---------------------------------------------------------------------------------------------------------------------
// The end
// ---------------------------------------------------------------------------------------------------------------------

const decide = (state: State): Step => {
  if (state.delivery === undefined || !(state.isAttached || state.ended !== undefined)) return [state, none]
  if (state.ended !== undefined) {
    return finish(
      state,
      state.ended === "deleted"
        ? { _tag: "Deleted", ...report(state) }
        : { _tag: "Terminated", ...report(state), archived: state.ended === "archived" }
    )
  }
  const isResting = state.restsAt !== undefined && state.restsAt === Transcript.statusSince(state.transcript)
  const turn = Transcript.turn(state.transcript, { isResting })
  switch (turn._tag) {
    case "Waiting":
      return state.isCurrent ? requiresAction(state, turn.ids) : [state, none]
    case "Ended":
      return conclude(state, turn.ending)
    case "Idle":
      return state.isIgnored || state.input.isJoined
        ? finish(state, { _tag: "EndTurn", ...report(state) })
        : [state, none]
    case "Queued":
    case "Rescheduling":
    case "Running":
      return [state, none]
  }
}

const finish = (state: State, result: Conversation.TurnResult): Step => [state, [{ _tag: "Finish", result }]]

const conclude = (state: State, ending: Transcript.Ending): Step => {
  // the follower tells what became of the session
  if (ending._tag === "Terminated" || ending._tag === "Deleted") return [state, none]
  if (state.isIgnored || isTakenUp(state) || ending._tag === "BudgetReached") {
    return finish(state, { ...ending, ...report(state) })
  }
  if (ending._tag !== "RetriesExhausted") return [state, none]
  const since = Transcript.statusSince(state.transcript)
  return state.dropCheckedAt === since
    ? [state, none]
    : [{ ...state, dropCheckedAt: since }, [{ _tag: "CheckDropped", ids: state.delivery?.ids ?? [] }]]
}

/** Ends a turn that waits for actions which nobody here answers. */
const requiresAction = (state: State, ids: ReadonlyArray<EventId>): Step => {
  const { input, isSearching, searched, transcript } = state
  const known = new Map(Transcript.pendingActions(transcript, input.sessionId).map((action) => [action.id, action]))
  const wanted = ids.filter((id) => !known.has(id) && !searched.has(id))
  if (wanted.length > 0) {
    return [{ ...state, isSearching: true, searched: new Set([...searched, ...wanted]) }, [{
      _tag: "FindCalls",
      ids: wanted
    }]]
  }
  const replyTo = (id: EventId): Reply => {
    const action = known.get(id)
    if (isBeingAnswered(state, id)) return "sending"
    return action === undefined ? "declined" : state.replies.get(keyOf(action)) ?? "declined"
  }
  // an answer that was sent may have to wait for that to an earlier call
  const open = ids.filter((id) => replyTo(id) !== "sent")
  const isLeft = (id: EventId) => replyTo(id) === "declined" || replyTo(id) === "undecided"
  if (isSearching || !open.every(isLeft)) return [state, none]
  // everything was answered, unless the session did not say what it waits for
  if (open.length === 0 && ids.length > 0) return [state, none]
  const actions = open.flatMap((id): PendingAction.PendingAction | ReadonlyArray<never> => {
    const action = known.get(id)
    if (action === undefined) return []
    return replyTo(id) === "undecided" ? { ...action, _tag: "ToolApproval" } : action
  })
  return finish(state, { _tag: "RequiresAction", ...report(state), actions })
}

/** Tells whether the agent had taken up the input when the status last changed. */
const isTakenUp = (state: State): boolean => {
  const { delivery, input, transcript } = state
  if (delivery === undefined) return false
  if (input.isJoined) return true
  const since = Transcript.statusSince(transcript)
  const taken = transcript.inputs.filter(({ at, processed }) => processed && at < since)
  return delivery.isKnown
    ? delivery.ids.every((id) => taken.some((input) => input.id === id))
    : taken.some(({ type }) => input.sent.some((event) => event.type === type))
}

const isBeingAnswered = (state: State, id: EventId): boolean => state.input.answered.has(id) && !isTakenUp(state)

const report = ({ baseline, input, transcript }: State): Conversation.Report => {
  const { errors, messages, toolCalls, usage } = transcript
  return {
    sessionId: input.sessionId,
    reply: Transcript.reply(transcript),
    messages,
    toolCalls,
    errors,
    usage: { tokens: Transcript.tokens(transcript), cost: costOf(baseline, usage.session), session: usage.session },
    transcript
  }
}

/** The cost of a session between two snapshots. Before anything was consumed a session tells none. */
const costOf = (
  before: Usage.UsageSnapshot | undefined,
  after: Usage.UsageSnapshot | undefined
): Usage.ListCost | undefined => {
  const now = after?.list_cost
  const then = before?.list_cost ?? { amount: "0", currency: now?.currency }
  if (before === undefined || now === undefined || then.currency !== now.currency) return undefined
  const isWhole = /^\d+$/.test(now.amount) && /^\d+$/.test(then.amount)
  return isWhole ? { ...now, amount: String(BigInt(now.amount) - BigInt(then.amount)) } : undefined
}
