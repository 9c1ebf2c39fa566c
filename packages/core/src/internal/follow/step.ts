import * as Duration from "effect/Duration"
import type { ApiError } from "../../ApiError.ts"
import { StreamInterrupted } from "../../ApiError.ts"
import * as Cursor from "../../Cursor.ts"
import type { ListParams, StreamEvent } from "../../Event.ts"
import * as Event from "../../Event.ts"
import type * as Follow from "../../Follow.ts"
import type { Page } from "../../Page.ts"
import * as foreign from "../http/foreign.ts"
import * as identity from "./identity.ts"
import type { Reading } from "./position.ts"
import { Position } from "./position.ts"
import { Previews } from "./previews.ts"
import type { Settings } from "./settings.ts"
import type { Source } from "./sources.ts"

/**
 * The state of a follower, which does one thing at a time: its task. `position` and `previews` change in place, because a
 * copy for each event would cost more than all the rest; every other field is only replaced.
 */
export interface State {
  readonly source: Pick<Source, "operation" | "isOrdered" | "isLast">
  readonly settings: Pick<Settings, "overlap" | "maxSilence">
  readonly position: Position
  readonly previews: Previews
  readonly task: Task
  /** It is settled which event is the first to deliver. */
  readonly hasBegun: boolean
  /** The session has existed; a later 404 therefore means that it was deleted. */
  readonly isSeen: boolean
  /** The session may have ended unnoticed. */
  readonly mayHaveEnded: boolean
  readonly ended: "event" | Follow.EndReason | undefined
  readonly isReconnect: boolean
  /** An event was delivered since the last reconnect. */
  readonly hasProgressed: boolean
  /** Time at which the connection was made, in milliseconds; infinite without one. */
  readonly openedAt: number
  /** Reconnects since the last progress. */
  readonly attempt: number
  /** Token of the last page of a list that can only be read forwards. */
  readonly lastPage: string | undefined
}

/** The next thing after the history was read. */
type Then = { readonly _tag: "CatchUp" } | { readonly _tag: "End"; readonly reason: Follow.EndReason }

/** The thing that a follower is doing, with what it needs to know when that is done. */
export type Task =
  | { readonly _tag: "Connect" }
  /** Reads over everything that was there before. */
  | { readonly _tag: "Skip" }
  /** Reads the newest events in the hope that they are all that is new. */
  | { readonly _tag: "Peek"; readonly bound: ListParams["created_at[gte]"] & string; readonly then: Then }
  /** Reads the list forwards. */
  | {
    readonly _tag: "Pages"
    readonly query: ListParams
    readonly page: string | undefined
    /** It began at a page that may not exist any more. */
    readonly isResumed: boolean
    readonly isSkipping: boolean
    readonly hasQueue: boolean
    readonly reading: Reading
    /** Inputs that wait, which a bound hides from the list. */
    readonly waiting: ReadonlyArray<Event.Event>
    readonly then: Then
  }
  /** Looks whether the session has ended meanwhile. */
  | { readonly _tag: "CheckEnd" }
  | { readonly _tag: "Listen" }
  /** Finds out whether a connection was lost because the session has ended. */
  | {
    readonly _tag: "ConfirmEnd"
    readonly error: ApiError
    readonly isRetryable: boolean
    /** A first look has found that the session is gone. */
    readonly isSecond: boolean
  }
  /** Finds out what became of a session that has ended. */
  | { readonly _tag: "FindReason" }
  | { readonly _tag: "Reschedule"; readonly error: ApiError }
  | { readonly _tag: "Stop" }

/** The result of the last command. */
export type Signal =
  | { readonly _tag: "Connected" }
  | { readonly _tag: "PageRead"; readonly page: Page<Event.Event> }
  | { readonly _tag: "EndChecked"; readonly reason: Follow.EndReason | undefined }
  | { readonly _tag: "Received"; readonly events: ReadonlyArray<StreamEvent> }
  | { readonly _tag: "Closed" }
  | { readonly _tag: "Failed"; readonly error: ApiError }
  | { readonly _tag: "Rescheduled"; readonly delay: Duration.Duration }
  | { readonly _tag: "Exhausted" }

/** A lost connection that is to be made again. */
export interface Loss {
  readonly error: ApiError
  readonly attempt: number
  readonly delay: Duration.Duration
}

/** The order to the interpreter, which answers with a {@link Signal}. */
export type Command =
  | { readonly _tag: "Open"; readonly loss: Loss | undefined }
  | { readonly _tag: "List"; readonly query: ListParams }
  | { readonly _tag: "CheckEnd" }
  | { readonly _tag: "Receive" }
  /** Asks the schedule for the delay of the next attempt; `isFresh` starts the schedule over. */
  | { readonly _tag: "Reschedule"; readonly error: ApiError; readonly isFresh: boolean }
  | { readonly _tag: "Fail"; readonly error: ApiError }
  | { readonly _tag: "Stop" }

/** One step: the next state, the updates to emit, and the command that leads on. */
export interface Step {
  readonly state: State
  readonly updates: ReadonlyArray<Follow.Update>
  readonly command: Command
  /** The connection is to be closed before anything else. */
  readonly disconnects: boolean
  /** The page that was skipped, newest event first. */
  readonly skipped?: Page<Event.Event>
  /** Events that the stream had missed and the list had. */
  readonly recovered: number
}

/** Events on one page of the history. */
const pageSize = 1000

/** Events that are read after a reconnect in the hope that they are all that is new. */
const peekSize = 100

const none: ReadonlyArray<Follow.Update> = []

/** The first step. */
export const start = (source: State["source"], settings: Settings): Step => {
  const { from, remember } = settings
  const position = new Position(typeof from === "object" ? from : Cursor.start, remember)
  const isSeen = typeof from === "object"
  const state: State = {
    source,
    settings,
    position,
    previews: new Previews((id) => position.knows(id)),
    task: { _tag: "Connect" },
    hasBegun: from !== "now",
    isSeen,
    mayHaveEnded: isSeen,
    ended: undefined,
    isReconnect: false,
    hasProgressed: false,
    openedAt: Number.POSITIVE_INFINITY,
    attempt: 0,
    lastPage: undefined
  }
  return go(state, { _tag: "Open", loss: undefined })
}

/** Takes the result of the last command in. `now` is the time in milliseconds. */
export const step = (state: State, signal: Signal, now: number): Step => {
  switch (signal._tag) {
    case "Connected":
      return connected(state, now)
    case "PageRead":
      return pageRead(state, signal.page)
    case "EndChecked":
      return endChecked(state, signal.reason, now)
    case "Received":
      return received(state, signal.events)
    case "Closed":
      return lose(state, undefined, now)
    case "Failed":
      return failed(state, signal.error, now)
    case "Rescheduled":
      return rescheduled(state, signal.delay)
    case "Exhausted":
      return state.task._tag === "Reschedule" ? fail(state, state.task.error) : stop(state, none)
  }
}

const go = (state: State, command: Command, updates = none, recovered = 0): Step => ({
  state,
  updates,
  command,
  disconnects: false,
  recovered
})

const fail = (state: State, error: ApiError): Step => go({ ...state, task: { _tag: "Stop" } }, { _tag: "Fail", error })

const stop = (state: State, updates: ReadonlyArray<Follow.Update>): Step =>
  go({ ...state, task: { _tag: "Stop" } }, { _tag: "Stop" }, updates)

// ---------------------------------------------------------------------------------------------------------------------
// Delivering
// ---------------------------------------------------------------------------------------------------------------------

type EventState = Follow.Event["state"]

/**
 * An event that is delivered: a plain object, made by a constructor. A literal that is evaluated for every event is
 * allocated in the old generation once V8 has seen a consumer hold the first ones for a while, and keeps them all alive.
 */
function Delivered(
  this: { -readonly [K in keyof Follow.Event]: Follow.Event[K] },
  event: Event.Event,
  state: EventState
) {
  this._tag = "Event"
  this.event = event
  this.state = state
}
Delivered.prototype = Object.prototype
// to the compiler a function is no constructor
const DeliveredEvent = Delivered as unknown as new(event: Event.Event, state: EventState) => Follow.Event

/** Delivers an event, and tells whether nothing comes after it. */
const deliver = (
  { previews, source }: State,
  event: Event.Event,
  type: string,
  state: EventState,
  out: Array<Follow.Update>
): State["ended"] => {
  previews.event(event, out)
  out.push(new DeliveredEvent(event, state))
  if (!source.isLast(event, type)) return undefined
  return type === "session.deleted" ? "deleted" : "event"
}

const progressed = (state: State, ended: State["ended"]): State =>
  state.hasProgressed && ended === undefined ? state : { ...state, hasProgressed: true, ended: ended ?? state.ended }

/** Delivers what is new among events of the list. */
const read = (
  state: State,
  events: Iterable<Event.Event>,
  reading: Reading,
  out: Array<Follow.Update>
): State => {
  let ended: State["ended"]
  for (const event of events) {
    const verdict = state.position.listed(event, reading)
    if (verdict !== undefined) ended = deliver(state, event, identity.typeOf(event), verdict, out) ?? ended
  }
  return out.length === 0 ? state : progressed(state, ended)
}

/** Takes events of the live stream in. */
export const received = (state: State, events: ReadonlyArray<StreamEvent>): Step => {
  const { position, previews } = state
  const out: Array<Follow.Update> = []
  let ended: State["ended"]
  let hasProgressed = state.hasProgressed
  for (const event of events) {
    const type = identity.typeOf(event)
    if (type === "event_start" || type === "event_delta") preview(previews, event, out)
    else {
      const verdict = position.live(event, type)
      if (verdict !== undefined) {
        hasProgressed = true
        // what is no preview is stored
        ended = deliver(state, event as Event.Event, type, verdict, out)
        if (ended !== undefined) break
      }
    }
  }
  const next = hasProgressed ? progressed(state, ended) : state
  if (ended === undefined) return go(next, receive, out)
  const over = lose(next, undefined, 0)
  return { ...over, updates: [...out, ...over.updates] }
}

const receive: Command = { _tag: "Receive" }

const preview = (previews: Previews, event: StreamEvent, out: Array<Follow.Update>): void => {
  if (event.type === "event_start") previews.start(event, out)
  else if (event.type === "event_delta") previews.delta(event, out)
}

// ---------------------------------------------------------------------------------------------------------------------
// The list
// ---------------------------------------------------------------------------------------------------------------------

const list = (state: State, task: Task, query: ListParams, page?: string, updates = none, recovered = 0): Step =>
  go(
    { ...state, task },
    { _tag: "List", query: page === undefined ? query : { ...query, page } },
    updates,
    recovered
  )

const peek: ListParams = { order: "desc", limit: peekSize }

/** Reads what is in the list and has not been delivered. */
const history = (state: State, then: Then, updates = none): Step => {
  const bound = state.source.isOrdered ? state.position.bound(state.settings.overlap) : undefined
  return bound === undefined
    ? pages(state, {}, then, { first: state.lastPage, updates })
    : list(state, { _tag: "Peek", bound, then }, peek, undefined, updates)
}

const pages = (
  state: State,
  query: ListParams,
  then: Then,
  { first, isSkipping = false, updates = none, waiting = [] }: {
    readonly first?: string | undefined
    readonly isSkipping?: boolean
    readonly updates?: ReadonlyArray<Follow.Update>
    readonly waiting?: ReadonlyArray<Event.Event>
  } = {}
): Step =>
  list(
    state,
    {
      _tag: "Pages",
      query,
      page: first,
      isResumed: first !== undefined,
      isSkipping,
      hasQueue: false,
      reading: { anchored: false },
      waiting,
      then
    },
    { ...query, limit: pageSize },
    first,
    updates
  )

const pageRead = (state: State, page: Page<Event.Event>): Step => {
  const { task } = state
  switch (task._tag) {
    case "Skip":
      return skipped(state, page)
    case "Peek":
      return peeked(state, task, page)
    case "Pages":
      return onePageRead(state, task, page)
    default:
      return go(state, receive)
  }
}

/** Takes what is in the list for delivered. */
const skip = (state: State): Step =>
  state.source.isOrdered
    ? list(state, { _tag: "Skip" }, peek)
    : pages(state, {}, { _tag: "CatchUp" }, { isSkipping: true })

const skipped = (state: State, page: Page<Event.Event>): Step => {
  const reading: Reading = { anchored: true }
  for (const event of page.data.toReversed()) state.position.listed(event, reading)
  const oldest = timestampOfLast(page.data)
  if (page.next_page && oldest === undefined) {
    return { ...list(state, { _tag: "Skip" }, peek, page.next_page), skipped: page }
  }
  if (page.next_page && oldest !== undefined) state.position.forget(oldest)
  return { ...begin(state), skipped: page }
}

const begin = (state: State): Step => catchUp({ ...state, hasBegun: true }, [{ _tag: "Connected" }])

const peeked = (state: State, task: Extract<Task, { _tag: "Peek" }>, { data, next_page }: Page<Event.Event>): Step => {
  const oldest = timestampOfLast(data)
  const isWhole = !next_page || (oldest !== undefined && identity.isLater(task.bound, oldest))
  if (!isWhole) {
    return pages(state, { "created_at[gte]": task.bound }, task.then, {
      // a bound hides what waits
      waiting: data.filter(identity.isQueued).toReversed()
    })
  }
  const out: Array<Follow.Update> = []
  return proceed(read(state, data.toReversed(), { anchored: false }, out), task.then, out)
}

const onePageRead = (
  state: State,
  task: Extract<Task, { _tag: "Pages" }>,
  { data, next_page }: Page<Event.Event>
): Step => {
  // What waits is listed last. So everything from before the attaching has been listed when it comes, and the rest of the
  // list may be out of order by now; the stream has it.
  const events = task.hasQueue ? data.filter(identity.isQueued) : data
  const hasQueue = task.hasQueue || data.some(identity.isQueued)
  const out: Array<Follow.Update> = []
  const next: State = { ...read(state, events, task.reading, out), lastPage: task.page }
  const emitted = task.isSkipping ? none : out
  if (next_page) {
    return list(
      next,
      { ...task, page: next_page, isResumed: false, hasQueue },
      { ...task.query, limit: pageSize },
      next_page,
      emitted,
      recoveredOf(state, emitted)
    )
  }
  if (task.isSkipping) return begin(next)
  return proceed(read(next, task.waiting, { anchored: true }, out), task.then, out)
}

const recoveredOf = ({ isReconnect }: State, updates: ReadonlyArray<unknown>) => isReconnect ? updates.length : 0

/** Goes on after the history. */
const proceed = (state: State, then: Then, updates: ReadonlyArray<Follow.Update>): Step => {
  const next = then._tag === "End"
    ? lose({ ...state, ended: then.reason }, undefined, 0)
    : catchUp(state, none)
  return { ...next, updates: [...updates, ...next.updates], recovered: recoveredOf(state, updates) }
}

const catchUp = (state: State, updates: ReadonlyArray<Follow.Update>): Step => {
  if (state.ended !== undefined) {
    const over = lose(state, undefined, 0)
    return { ...over, updates: [...updates, ...over.updates] }
  }
  const all: ReadonlyArray<Follow.Update> = [...updates, { _tag: "CaughtUp", cursor: state.position.cursor }]
  return state.mayHaveEnded
    ? go({ ...state, task: { _tag: "CheckEnd" } }, { _tag: "CheckEnd" }, all)
    : listen(state, all)
}

const listen = (state: State, updates = none): Step => go({ ...state, task: { _tag: "Listen" } }, receive, updates)

const timestampOfLast = (events: ReadonlyArray<Event.Event>) => {
  const last = events.at(-1)
  return last === undefined ? undefined : Event.processedAtOf(last)
}

// ---------------------------------------------------------------------------------------------------------------------
// Connections
// ---------------------------------------------------------------------------------------------------------------------

const connected = (state: State, now: number): Step => {
  const next = { ...state, isSeen: true, openedAt: now }
  return state.hasBegun ? history(next, { _tag: "CatchUp" }, [{ _tag: "Connected" }]) : skip(next)
}

const failed = (state: State, error: ApiError, now: number): Step => {
  const { task } = state
  switch (task._tag) {
    case "Pages":
      // a page that does not exist any more is the first one
      return task.isResumed && error._tag === "InvalidRequest"
        ? pages(state, task.query, task.then, task)
        : lose(state, error, now)
    case "ConfirmEnd":
      if (isGone(state, error)) return task.isSecond ? deleted(state) : confirmEnd(state, error, true, true)
      return task.isRetryable ? reschedule(state, task.error, now) : fail(state, task.error)
    case "FindReason":
      return stop(state, [{ _tag: "Ended", reason: isGone(state, error) ? "deleted" : "terminated" }])
    default:
      return lose(state, error, now)
  }
}

/** Deals with a connection that is over: with an error, or because the service closed it. */
const lose = (state: State, error: ApiError | undefined, now: number): Step => {
  const abandoned: Array<Follow.Update> = []
  state.previews.abandon(abandoned)
  const next = resume(state, error, now)
  return {
    ...next,
    updates: abandoned.length === 0 ? next.updates : [...abandoned, ...next.updates],
    disconnects: true
  }
}

const resume = (state: State, error: ApiError | undefined, now: number): Step => {
  const { ended, isSeen, source: { operation } } = state
  if (ended === "event") return go({ ...state, task: { _tag: "FindReason" } }, { _tag: "CheckEnd" })
  if (ended !== undefined) return stop(state, [{ _tag: "Ended", reason: ended }])
  if (error === undefined) {
    return confirmEnd(
      state,
      new StreamInterrupted({ operation, detail: "the service closed the stream" }),
      true
    )
  }
  switch (error._tag) {
    case "NotFound":
      // one look may have met a gateway that has a bad moment
      if (isSeen && error.isFromApi) return confirmEnd(state, error, true, true)
      return mayPass(state, error) ? reschedule(state, error, now) : fail(state, error)
    case "InvalidRequest":
      return confirmEnd(state, error, false)
    default:
      return error.isRetryable || mayPass(state, error) ? reschedule(state, error, now) : fail(state, error)
  }
}

/** The list has every event that is damaged on the way. Before the service has answered at all, the address may be wrong. */
const mayPass = ({ attempt, isSeen }: State, error: ApiError): boolean =>
  foreign.isForeign(error) && (isSeen || attempt < foreign.most)

/** Tells a 404 of the API for a session that has existed. */
const isGone = ({ isSeen }: State, error: ApiError): boolean => isSeen && error._tag === "NotFound" && error.isFromApi

const confirmEnd = (state: State, error: ApiError, isRetryable: boolean, isSecond = false): Step =>
  go({ ...state, task: { _tag: "ConfirmEnd", error, isRetryable, isSecond } }, { _tag: "CheckEnd" })

const endChecked = (state: State, reason: Follow.EndReason | undefined, now: number): Step => {
  const { task } = state
  switch (task._tag) {
    case "FindReason":
      // the last event does not tell an archived session from one that an error has terminated
      return stop(state, [{ _tag: "Ended", reason: reason ?? "terminated" }])
    case "ConfirmEnd":
      if (reason !== undefined) return history(state, { _tag: "End", reason })
      return task.isRetryable ? reschedule(state, task.error, now) : fail(state, task.error)
    default: {
      const next = { ...state, mayHaveEnded: false }
      // after the end the list is complete
      return reason === undefined ? listen(next) : history(next, { _tag: "End", reason })
    }
  }
}

const deleted = (state: State): Step =>
  stop(state, [{ _tag: "Gap", reason: "deleted", missing: undefined }, { _tag: "Ended", reason: "deleted" }])

const reschedule = (state: State, error: ApiError, now: number): Step => {
  const isFresh = state.hasProgressed || now - state.openedAt >= Duration.toMillis(state.settings.maxSilence)
  return go(
    {
      ...state,
      task: { _tag: "Reschedule", error },
      attempt: isFresh ? 0 : state.attempt,
      hasProgressed: false,
      openedAt: Number.POSITIVE_INFINITY
    },
    { _tag: "Reschedule", error, isFresh }
  )
}

/** The longest delay that the service may ask for: no program should hear nothing for an hour because a header says so. */
const longestAsked = Duration.minutes(5)

const rescheduled = (state: State, scheduled: Duration.Duration): Step => {
  if (state.task._tag !== "Reschedule") return go(state, receive)
  const { error } = state.task
  const asked = "retryAfter" in error && error.retryAfter !== undefined ? error.retryAfter : Duration.zero
  const delay = Duration.max(scheduled, Duration.min(asked, longestAsked))
  const attempt = state.attempt + 1
  const next: State = {
    ...state,
    task: { _tag: "Connect" },
    attempt,
    mayHaveEnded: true,
    isReconnect: state.isReconnect || state.isSeen
  }
  return go(next, { _tag: "Open", loss: { error, attempt, delay } }, [{ _tag: "Reconnecting", error, attempt, delay }])
}
