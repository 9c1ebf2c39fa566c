import type { File } from "../http/form.ts"
import * as eventLog from "../session/eventLog.ts"
import type { Session } from "../session/state.ts"

/** The folder whose files become those of the session. */
const folder = "/mnt/session/outputs/"

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  // the members of any object are unknown
  typeof value === "object" && value !== null ? value as Readonly<Record<string, unknown>> : {}

/** The file that an agent has written, if an event is the result of such a call: there is no sandbox to look into. */
export const outputOf = ({ threads }: Session, event: eventLog.LiveEvent): File | undefined => {
  const { is_error: isError, tool_use_id: callId } = record(event)
  if (event.type !== "agent.tool_result" || isError === true) return undefined
  for (const { log } of threads) {
    const call = eventLog.toArray(log).findLast(({ id }) => id === callId)
    const { input, name } = record(call)
    const { content, file_path: path } = record(input)
    if (name !== "write" || typeof content !== "string" || typeof path !== "string") continue
    if (!path.startsWith(folder) || path.endsWith("/")) continue
    const bytes = new TextEncoder().encode(content)
    return { name: path.split("/").at(-1) ?? path, mediaType: "text/plain", size: bytes.length, chunks: [bytes] }
  }
  return undefined
}
