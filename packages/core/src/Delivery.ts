/**
 * Delivery results: the answer of `Events.deliver`, which never sends the same twice.
 *
 * The service has no idempotency keys, so after a lost connection or a 5xx nobody can tell from the answer whether the
 * events arrived. They are then looked for in the event list, among what is new there.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import type { ApiError } from "./ApiError.ts"
import * as Content from "./Content.ts"
import type { Cursor } from "./Cursor.ts"
import * as Event from "./Event.ts"
import * as identity from "./internal/follow/identity.ts"
import type { UserEvent } from "./UserEvent.ts"

/**
 * The service confirmed that it took the events.
 * @category models
 */
export interface Accepted {
  readonly _tag: "Accepted"
  /** The events as they were stored, in the order in which they were sent. */
  readonly events: ReadonlyArray<UserEvent>
}

/**
 * The answer was lost, or nobody waited for it, but the events are in the session's list.
 * @category models
 */
export interface AlreadyLanded {
  readonly _tag: "AlreadyLanded"
  /** The events as they were stored, in the order in which they were sent; without interrupts that left no trace. */
  readonly events: ReadonlyArray<UserEvent>
  /** The failure that the answer was lost to; `undefined` where the events were there before they were sent. */
  readonly error: ApiError | undefined
}

/**
 * The answer was lost, and the session's list does not settle the question: the events may be there, or arrive yet.
 * @category models
 */
export interface Indeterminate {
  readonly _tag: "Indeterminate"
  /** The failure that the answer was lost to. */
  readonly error: ApiError
}

/**
 * The result of sending events. `Match.valueTags` handles every case.
 * @category models
 */
export type Delivery = Accepted | AlreadyLanded | Indeterminate

/**
 * Options of a delivery.
 * @category options
 */
export interface Options {
  /**
   * The end of the event list before anything was sent, such as the cursor of `CaughtUp`. Unless it is given,
   * the list is read first, if the events are of a kind that could be confused with earlier ones: an answer names its
   * call, a message names nothing.
   */
  readonly since?: Cursor | undefined
  /**
   * True if an earlier process may have sent these events, after `since`: they are looked for, for as long as `settle`
   * says, and sent only if they are absent. Such a process keeps the cursor of `Events.before` before it sends anything.
   *
   * @default false
   */
  readonly lookFirst?: boolean | undefined
  /**
   * The time in which to look for the events after the answer was lost. Events that are absent after it, and were not cut
   * off while the service might still have been at work on them, count as not delivered.
   *
   * @default "5 seconds"
   */
  readonly settle?: Duration.DurationInput | undefined
  /**
   * The number of times to send again what was not delivered.
   *
   * @default 2
   */
  readonly resends?: number | undefined
}

/** Tells the events that came after all that was read. One that was queued then may have been processed since. */
const isNew = (since: Cursor): (event: Event.Event) => boolean => {
  const known = new Set([...since.queued, ...since.read.map(([key]) => key)].map(identity.digestOf))
  const latest = identity.latestOf(since.before, since.read.map(([, at]) => at))
  return (event) => {
    const at = Event.processedAtOf(event)
    const key = identity.keyOf(event, at)
    if (key !== undefined && known.has(identity.digestOf(key))) return false
    return at === undefined || latest === undefined || identity.isLater(at, latest)
  }
}

/**
 * Finds events that were sent among some of the session's events, in any order: all of them, because the service takes
 * all or none. `undefined` if they are not there. Only what came after the cursor is taken into account.
 * @category combinators
 */
export const find = (
  sent: ReadonlyArray<Event.EventParams>,
  stored: Iterable<Event.Event>,
  since: Cursor
): ReadonlyArray<UserEvent> | undefined => {
  const candidates = Array.from(stored).filter(isNew(since))
  const found: Array<UserEvent> = []
  for (const params of sent) {
    const at = candidates.findIndex((event) => isCopy(params, event))
    // what was stored under the tag of an event to send came from a client
    if (at >= 0) found.push(...candidates.splice(at, 1) as Array<UserEvent>)
    // an interrupt that has nothing to stop may leave no trace
    else if (params.type !== "user.interrupt") return undefined
  }
  return found.length === 0 ? undefined : found
}

/** Tells an event that the service made of one that was sent. It may complete and move all but text. */
const isCopy = (sent: Event.EventParams, stored: Event.Event): boolean => {
  if (sent.type !== stored.type) return false
  switch (sent.type) {
    case "user.message":
    case "system.message":
      return "content" in stored && Array.isArray(stored.content) && sameContent(sent.content, stored.content)
    case "user.tool_confirmation":
      return covers(sent, stored, "tool_use_id", "result")
    case "user.custom_tool_result":
      return covers(sent, stored, "custom_tool_use_id")
    case "user.tool_result":
      return covers(sent, stored, "tool_use_id")
    case "user.define_outcome":
      return covers(sent, stored, "description")
    case "user.interrupt":
      return (sent.session_thread_id ?? null) === (("session_thread_id" in stored && stored.session_thread_id) || null)
    default:
      return covers(sent, stored, ...Object.keys(sent).filter((key) => typeof sent[key] !== "object"))
  }
}

const covers = (sent: object, stored: object, ...keys: ReadonlyArray<string>): boolean => {
  const [a, b] = [new Map(Object.entries(sent)), new Map(Object.entries(stored))]
  return keys.every((key) => a.get(key) === b.get(key))
}

type Block = { readonly type: unknown }

const sameContent = (sent: ReadonlyArray<Block>, stored: ReadonlyArray<Block>): boolean =>
  sent.length === stored.length &&
  sent.every((block, i) => {
    const other = stored[i]
    return other !== undefined && block.type === other.type && Content.textOf([block]) === Content.textOf([other])
  })

/**
 * Tells an event to send that can be recognised by itself, because it answers a call.
 * @category predicates
 */
export const isAnswer = ({ type }: Event.EventParams): boolean =>
  type === "user.tool_confirmation" || type === "user.custom_tool_result" || type === "user.tool_result"

/**
 * The state of events after a failure to send them:
 *
 * - `rejected`: they did not arrive;
 * - `indeterminate`: they may have arrived, and will not any more;
 * - `in-flight`: they may arrive yet, or did with an answer that nobody can read.
 *
 * @category predicates
 */
export const verdict = (error: ApiError): "rejected" | "indeterminate" | "in-flight" => {
  switch (error._tag) {
    case "TransportError":
      return error.reason === "Refused" ? "rejected" : error.reason === "Connection" ? "indeterminate" : "in-flight"
    case "ServerError":
    case "UnexpectedStatus":
      // a gateway that gave up does not know what the server behind it does
      return [408, 499, 504, 520, 524].includes(error.status ?? 0) ? "in-flight" : "indeterminate"
    case "MalformedResponse":
      return "in-flight"
    case "NotFound":
      // a gateway that knows no way to the service has handed nothing on
      return error.isFromApi ? "rejected" : "indeterminate"
    default:
      return "rejected"
  }
}
