// What recurs in the events of every turn.
import type { Json } from "./wire.ts"

/** A turn begins. */
export const running = ["session.status_running", "session.thread_status_running"]

/** A turn ends, or waits. */
export const idle = ["session.thread_status_idle", "session.usage", "session.status_idle"]

/** A model request, and what comes of it. */
export const modelRequest = (...output: ReadonlyArray<string>) => [
  "span.model_request_start",
  ...output,
  "span.model_request_end"
]

/** Why the session went idle, each time. */
export const stopReasons = (events: ReadonlyArray<Json>): ReadonlyArray<Json> =>
  events.flatMap((event) => event.type === "session.status_idle" ? [event.stop_reason] : [])
