import type { StreamEvent } from "../../Event.ts"
import * as Event from "../../Event.ts"
import * as Timestamp from "../../Timestamp.ts"

/** Whether an event came from a client. */
export const isSubmitted = (event: StreamEvent): boolean => {
  // at run time the type is a string, whether it is known or not
  const type = event.type as string
  return type.startsWith("user.") || type.startsWith("system.")
}

const dash = 0x2d
const upperZ = 0x5a

/**
 * The stamp of an event, as {@link Event.processedAtOf} has it. That looks at the calendar, which is not needed for what
 * the decoder has let through; of an event of an unknown type only the form is looked at.
 */
export const stampOf = (event: StreamEvent): Timestamp.Timestamp | undefined => {
  const at = "processed_at" in event ? event.processed_at : undefined
  return typeof at === "string" && at.charCodeAt(4) === dash && at.charCodeAt(at.length - 1) === upperZ
    // by its form
    ? at as Timestamp.Timestamp
    : Event.processedAtOf(event)
}

/**
 * Whether an input waits to be processed. Only what clients send is queued; anything else without a stamp is something
 * that the service does not store.
 */
export const isQueued = (event: StreamEvent): boolean => isSubmitted(event) && Event.processedAtOf(event) === undefined

/**
 * What two copies of one event have in common. That is its id; an interrupt may have an empty one and is known by its
 * stamp. What has neither cannot be recognised.
 */
export const keyOf = (event: StreamEvent, at: Timestamp.Timestamp | undefined): string | undefined => {
  const id = "id" in event ? event.id : undefined
  if (typeof id === "string" && id !== "") return id
  return at === undefined ? undefined : `${String(event.type)} ${at}`
}

/** Whether the first stamp is later than the second one. */
export const isLater = (one: Timestamp.Timestamp, other: Timestamp.Timestamp): boolean => {
  if (one === other) return false
  // the service writes UTC, mostly with as many digits; then texts are in the order of time
  if (one.endsWith("Z") && other.endsWith("Z")) {
    return one.length === other.length ? one > other : one.slice(0, -1) > other.slice(0, -1)
  }
  return Timestamp.Order(one, other) > 0
}
