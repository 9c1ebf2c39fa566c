import type { StreamEvent } from "../../Event.ts"
import * as Event from "../../Event.ts"
import * as Timestamp from "../../Timestamp.ts"
import { digest } from "../schema/hash.ts"

/** Fields that any event may have. At run time the type is a string, whether it is known or not. */
interface Common {
  readonly type: string
  readonly id?: unknown
  readonly processed_at?: unknown
}

// events have too many shapes for `in` to be quick, or for reading the same twice
const common = (event: StreamEvent): Common => event as Common

const code = { s: 0x73, u: 0x75, y: 0x79, dash: 0x2d, upperZ: 0x5a }

/** The type of an event, whether it is known or not. */
export const typeOf = (event: StreamEvent): string => common(event).type

/** Tells the type of an event that came from a client. */
export const isSubmitted = (type: string): boolean => {
  const first = type.charCodeAt(0)
  // most events are neither, which is seen from their first letters
  return (first === code.u && type.startsWith("user.")) ||
    (first === code.s && type.charCodeAt(1) === code.y && type.startsWith("system."))
}

/**
 * The timestamp of an event, as {@link Event.processedAtOf} has it. That looks at the calendar, which is not needed for what
 * the decoder has let through; of an event of an unknown type only the form is looked at.
 */
export const timestampOf = (event: StreamEvent): Timestamp.Timestamp | undefined => {
  const at = common(event).processed_at
  return typeof at === "string" && at.charCodeAt(4) === code.dash && at.charCodeAt(at.length - 1) === code.upperZ
    // by its form
    ? at as Timestamp.Timestamp
    : Event.processedAtOf(event)
}

/**
 * Tells an input that waits to be processed. Only what clients send is queued; anything else without a timestamp is
 * something that the service does not store.
 */
export const isQueued = (event: StreamEvent): boolean =>
  isSubmitted(typeOf(event)) && Event.processedAtOf(event) === undefined

/**
 * Key that two copies of one event have in common. That is its id; an interrupt may have an empty one and is known by
 * its timestamp. What has neither cannot be recognised.
 */
export const keyOf = (event: StreamEvent, at: Timestamp.Timestamp | undefined): string | undefined => {
  const { id } = common(event)
  if (typeof id === "string" && id !== "") return id
  return at === undefined ? undefined : `${common(event).type} ${at}`
}

/** 30-bit hash of the last five characters of a key, in which ids differ. */
export const hashOf = (key: string): number => {
  let mark = 0
  for (let at = Math.max(0, key.length - 5); at < key.length; at++) mark = (mark << 6) ^ key.charCodeAt(at)
  return mark
}

/** First character of a digest, which no id begins with. */
const digestSign = "#"

/** Digest of a key, which tells it from the other keys of one session. What a digest already is stays as it is. */
export const digestOf = (key: string): string => isDigest(key) ? key : digestSign + digest(key)

/** Tells the digest of a key from a key. */
export const isDigest = (key: string): boolean => key.startsWith(digestSign)

/** Tells that the first timestamp is later than the second one. */
export const isLater = (one: Timestamp.Timestamp, other: Timestamp.Timestamp): boolean => {
  // the service writes UTC, mostly with as many digits; then texts are in the order of time
  if (one.charCodeAt(one.length - 1) === code.upperZ && other.charCodeAt(other.length - 1) === code.upperZ) {
    return one.length === other.length ? one > other : toMicros(one) > toMicros(other)
  }
  return Timestamp.Order(one, other) > 0
}

/** The latest of some moments; what has none does not count. */
export const latestOf = (
  first: Timestamp.Timestamp | undefined,
  others: Iterable<Timestamp.Timestamp | null | undefined>
): Timestamp.Timestamp | undefined => {
  let latest = first
  for (const at of others) if (at && (latest === undefined || isLater(at, latest))) latest = at
  return latest
}

/** A timestamp of UTC with six digits. */
const toMicros = (at: Timestamp.Timestamp): string =>
  at.length === 20 ? `${at.slice(0, 19)}.000000` : at.slice(0, -1).padEnd(26, "0")
