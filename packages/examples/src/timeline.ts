// Events as a timeline for people: when, who, what, and a short text.
import * as Content from "@effect-managed-agents/core/Content"
import * as Event from "@effect-managed-agents/core/Event"
import type * as Session from "@effect-managed-agents/core/Session"
import * as SessionFailure from "@effect-managed-agents/core/SessionFailure"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/** Abilities of the output: by default plain lines of 200 columns. */
export class Terminal extends Context.Reference<Terminal>()("examples/Terminal", {
  defaultValue: (): { readonly color: boolean; readonly columns: number } => ({ color: false, columns: 200 })
}) {}

const codes = { plain: 0, bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 }

export const paint = (text: string, color: keyof typeof codes): Effect.Effect<string> =>
  Effect.map(
    Terminal,
    (terminal) => terminal.color && color !== "plain" && text !== "" ? `\u001b[${codes[color]}m${text}\u001b[0m` : text
  )

/** Agents and users may write anything, and to a terminal control characters are commands. Line breaks stay. */
export const harmless = (text: string): string => text.replace(/(?!\n)\p{Cc}/gu, " ")

const oneLine = (text: string, columns: number): string => {
  const characters = Array.from(harmless(text).replace(/\s+/g, " ").trim())
  return characters.length <= columns ? characters.join("") : `${characters.slice(0, columns - 1).join("")}…`
}

/** Prints events with the time since this moment. */
export const make = (session: Session.Session) =>
  Effect.gen(function*() {
    const { columns } = yield* Terminal
    const start = yield* Clock.currentTimeMillis
    // what the agents of the session's threads are called
    const agents = new Map<unknown, string>()

    const who = (event: Event.StreamEvent): string => {
      const thread = "session_thread_id" in event ? event.session_thread_id : undefined
      if ("agent_name" in event && typeof event.agent_name === "string") agents.set(thread, event.agent_name)
      const [family] = String(event.type).split(".")
      if (family === "user" || family === "system") return "you"
      return agents.get(thread) ?? (family === "agent" || family === "span" ? session.agent.name : "session")
    }

    const show = (event: Event.StreamEvent): Effect.Effect<void> =>
      Effect.gen(function*() {
        const elapsed = (yield* Clock.currentTimeMillis) - start
        const { color, text } = describe(event)
        // housekeeping stays in the background as a whole
        const rest = color === "dim" ? "dim" : "plain"
        const cells = [
          yield* paint(`+${(elapsed / 1000).toFixed(2)}s`.padStart(8), "dim"),
          yield* paint(oneLine(who(event), 16).padEnd(16), rest),
          yield* paint(String(event.type).padEnd(29), color),
          yield* paint(oneLine(text, Math.max(20, columns - 60)), rest)
        ]
        yield* Console.log(cells.join("  ").trimEnd())
      })

    return { show }
  })

/** The rest of what there is to say about an event, in a few words. */
const describe = (event: Event.StreamEvent): { readonly color: keyof typeof codes; readonly text: string } => {
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
