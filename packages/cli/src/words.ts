import * as Content from "@effect-managed-agents/core/Content"
import * as Event from "@effect-managed-agents/core/Event"
import * as SessionFailure from "@effect-managed-agents/core/SessionFailure"

/** A colour of the terminal. */
export type Color = "bold" | "dim" | "red" | "green" | "yellow" | "blue" | "magenta" | "cyan" | "plain"

const codes: { readonly [C in Color]: number } = {
  plain: 0,
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36
}

/** Colours a text, where there are colours. */
export const paint = (isColored: boolean) => (text: string, color: Color): string =>
  isColored && color !== "plain" && text !== "" ? `\u001b[${codes[color]}m${text}\u001b[0m` : text

/** Agents and users may write anything, and to a terminal control characters are commands. Line breaks stay. */
export const harmless = (text: string): string => text.replace(/(?!\n)\p{Cc}/gu, " ")

/** A text in one line that is at most so wide. */
export const oneLine = (text: string, columns: number): string => {
  const characters = Array.from(harmless(text).replace(/\s+/g, " ").trim())
  return characters.length <= columns
    ? characters.join("")
    : `${characters.slice(0, Math.max(0, columns - 1)).join("")}…`
}

/** An amount of money. */
export const money = ({ amount, currency }: { readonly amount: string; readonly currency: unknown }): string =>
  `${String(currency)} ${(Number(amount) / 100).toFixed(2)}`

/** Words for an event, beside its type. */
export const describe = (event: Event.StreamEvent): { readonly color: Color; readonly text: string } => {
  switch (event.type) {
    case "user.message":
    case "system.message":
      return { color: "cyan", text: Content.textOf(event.content) }
    case "user.custom_tool_result":
    case "user.tool_result":
    case "agent.tool_result":
    case "agent.mcp_tool_result":
      return { color: event.is_error === true ? "red" : "yellow", text: Content.textOf(event.content) }
    case "user.tool_confirmation":
      return { color: "yellow", text: `${event.result} ${event.deny_message ?? ""}` }
    case "agent.message":
      return { color: "green", text: Content.textOf(event.content) }
    case "agent.tool_use":
    case "agent.mcp_tool_use":
    case "agent.custom_tool_use":
      return { color: "yellow", text: `${event.name} ${JSON.stringify(event.input)}` }
    case "span.model_request_end": {
      const { input_tokens, output_tokens } = event.model_usage
      return {
        color: "dim",
        text: event.is_error === true ? "failed" : `${input_tokens} tokens in, ${output_tokens} out`
      }
    }
    case "session.status_idle":
      return { color: "blue", text: String(event.stop_reason.type) }
    case "session.thread_status_idle":
      return { color: "dim", text: String(event.stop_reason.type) }
    case "session.error":
      return { color: "red", text: `${event.error.type}: ${SessionFailure.messageOf(event.error)}` }
    case "session.status_terminated":
    case "session.deleted":
      return { color: "red", text: "" }
    case "session.status_running":
    case "session.status_rescheduled":
      return { color: "blue", text: "" }
    default:
      return { color: "dim", text: Event.isUnknown(event) ? JSON.stringify(event) : "" }
  }
}
