/**
 * Position in the events of a session or of a thread up to which they have been read, as a value that can be stored.
 *
 * The service has no cursor of its own that stays valid while a session runs. This one holds the ids of the latest
 * events, and the moment before which everything is behind it. It is bounded, whatever the length of the history.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { StreamEvent } from "./Event.ts"
import * as Event from "./Event.ts"
import * as identity from "./internal/follow/identity.ts"
import { Timestamp } from "./Timestamp.ts"

const Cursor_ = Schema.Struct({
  /** The version of this format. */
  version: Schema.Literal(1),
  /** Everything that was processed before this moment has been read. */
  before: Schema.optionalWith(Timestamp, { exact: true }),
  /** The latest events that have been read, in the order of reading: what identifies each, and its `processed_at`. */
  read: Schema.Array(Schema.Tuple(Schema.String, Schema.NullOr(Timestamp))),
  /** The inputs that have been read while they were queued, and not yet as processed. */
  queued: Schema.Array(Schema.String)
}).annotations({ identifier: "Cursor" })

/**
 * A place in the events of a session or of a thread.
 * @category models
 */
export interface Cursor extends Schema.Schema.Type<typeof Cursor_> {}

/**
 * Schema of {@link Cursor}.
 * @category schemas
 */
export const Cursor: Schema.Schema<Cursor, typeof Cursor_.Encoded> = Cursor_

/**
 * The cursor before the first event.
 * @category constructors
 */
export const start: Cursor = { version: 1, read: [], queued: [] }

/**
 * The number of the latest events that a cursor names. Events that the service orders in before an earlier one are
 * recognised as new as long as they are among so many.
 * @category constants
 */
export const size = 64

/**
 * Moves a cursor past an event that has been read. An event that is behind it already changes nothing.
 * @category combinators
 */
export const add = (self: Cursor, event: StreamEvent): Cursor => {
  const at = Event.processedAtOf(event)
  const key = identity.keyOf(event, at)
  if (key === undefined || self.read.some(([known]) => known === key)) return self
  if (identity.isQueued(event)) {
    return self.queued.includes(key) ? self : { ...self, queued: [...self.queued, key].slice(-size) }
  }
  const read = [...self.read, [key, at ?? null] as const]
  const queued = self.queued.includes(key) ? self.queued.filter((one) => one !== key) : self.queued
  const dropped = read.length > size ? read.shift()?.[1] ?? undefined : undefined
  return dropped === undefined || (self.before !== undefined && !identity.isLater(dropped, self.before))
    ? { ...self, read, queued }
    : { ...self, before: dropped, read, queued }
}
