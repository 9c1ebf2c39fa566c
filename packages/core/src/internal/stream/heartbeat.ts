import type * as Sse from "../../Sse.ts"

/** Heartbeats of the service and of gateways, and the sentinel with which other services end a stream. */
const ignored = new Set<string | undefined>(["ping", "keepalive", "keep-alive", "heartbeat", "[DONE]"])

/** The length of the longest of them. What is longer is not looked up: its hash would take all of its text. */
const longest = "keep-alive".length

/** Tells a frame that keeps a connection alive, and says nothing. */
export const isHeartbeat = ({ data, event }: Sse.Frame): boolean =>
  data.length <= longest && (data === "" || ignored.has(data)) ||
  event !== undefined && event.length <= longest && ignored.has(event)
