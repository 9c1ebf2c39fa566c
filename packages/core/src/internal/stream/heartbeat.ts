import type * as Sse from "../../Sse.ts"

/** Heartbeats of the service and of gateways, and the sentinel with which other services end a stream. */
const ignored = new Set<string | undefined>(["ping", "keepalive", "keep-alive", "heartbeat", "[DONE]"])

/** Tells a frame that keeps a connection alive, and says nothing. */
export const isHeartbeat = ({ data, event }: Sse.Frame): boolean =>
  data === "" || ignored.has(event) || ignored.has(data)
