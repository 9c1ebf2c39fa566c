import * as Ids from "../../Ids.ts"
import * as Timestamp from "../../Timestamp.ts"
import * as wire from "./wire.ts"

/** Fields of every event that the service emits. */
export const emitted = {
  /** Identifies this event within its session. */
  id: Ids.EventId,
  /** When the service processed the event: the order of the event list. */
  processed_at: Timestamp.Timestamp
}

/** Fields of every event that came from a client, once it is stored. */
export const submitted = {
  /** Identifies this event within its session. An interrupt may have an empty one. */
  id: Ids.EventId,
  /** When the service processed the event. Absent or `null` while it is queued. */
  processed_at: wire.nullish(Timestamp.Timestamp)
}
