// Events in words.
import * as Content from "@effect-managed-agents/core/Content"
import type * as Event from "@effect-managed-agents/core/Event"
import { field, type Item, stopReason } from "./recording.ts"

/** Kind of an event, which decides about its colour and the filter that shows it. */
export type Kind = "input" | "agent" | "tool" | "model" | "status" | "error" | "note"

/** An event in words. */
export interface Words {
  readonly kind: Kind
  readonly title: string
  readonly text: string
}

const oneLine = (value: unknown): string => {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? ""
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}

const content = (event: Event.Event): string => {
  const blocks = field(event, "content")
  if (typeof blocks === "string") return blocks
  if (!Array.isArray(blocks)) return ""
  const text = Content.textOf(blocks)
  const others = blocks.filter(({ type }) => type !== "text").map(({ type }) => `[${String(type)}]`)
  return [text, ...others].filter((part) => part !== "").join(" ")
}

// made once: it is slow to make, and rows are made while the list is scrolled
const counts = new Intl.NumberFormat("en")

const tokens = (usage: unknown): string => {
  if (typeof usage !== "object" || usage === null) return ""
  const n = (name: string) => counts.format(Number(field(usage, name) ?? 0))
  return `${n("input_tokens")} tokens in, ${n("output_tokens")} out`
}

const reasons: Readonly<Record<string, string>> = {
  end_turn: "the turn is over",
  requires_action: "waits for the client",
  retries_exhausted: "gave up after retries",
  budget_reached: "the budget is used up",
  refusal: "the model refused"
}

const idle = (event: Event.Event): string => {
  const { type, waiting } = stopReason(event)
  const calls = waiting.length === 0 ? "" : `: ${waiting.length} ${waiting.length === 1 ? "call" : "calls"}`
  return `${reasons[type] ?? type}${calls}`
}

const messageOf = (error: unknown): string =>
  typeof error === "object" && error !== null
    ? [field(error, "type"), field(error, "message")].filter((part) => typeof part === "string").join(": ")
    : ""

const agentName = (event: Event.Event, name: string): string => String(field(event, name) ?? "an agent")

const spoken: Readonly<Record<string, (event: Event.Event) => Words>> = {
  "user.message": (event) => ({ kind: "input", title: "Message to the agent", text: content(event) }),
  "system.message": (event) => ({ kind: "input", title: "Instruction to the agent", text: content(event) }),
  "user.interrupt": () => ({ kind: "input", title: "Interrupt", text: "" }),
  "user.define_outcome": (event) => ({
    kind: "input",
    title: "Outcome defined",
    text: oneLine(field(event, "description"))
  }),
  "user.tool_confirmation": (event) => ({
    kind: "input",
    title: field(event, "result") === "deny" ? "Call denied" : "Call allowed",
    text: oneLine(field(event, "deny_message") ?? "")
  }),
  "user.custom_tool_result": (event) => ({ kind: "input", title: "Result of a custom tool", text: content(event) }),
  "user.tool_result": (event) => ({ kind: "input", title: "Result of a tool", text: content(event) }),
  "agent.message": (event) => ({ kind: "agent", title: "Agent says", text: content(event) }),
  "agent.thinking": () => ({ kind: "agent", title: "Agent thinks", text: "" }),
  "agent.thread_message_sent": (event) => ({
    kind: "agent",
    title: `To ${agentName(event, "to_agent_name")}`,
    text: content(event)
  }),
  "agent.thread_message_received": (event) => ({
    kind: "agent",
    title: `From ${agentName(event, "from_agent_name")}`,
    text: content(event)
  }),
  "agent.thread_context_compacted": () => ({ kind: "agent", title: "Context compacted", text: "" }),
  "span.model_request_start": () => ({ kind: "model", title: "Model request", text: "" }),
  "span.model_request_end": (event) => ({
    kind: field(event, "is_error") === true ? "error" : "model",
    title: field(event, "is_error") === true ? "Model request failed" : "Model response",
    text: tokens(field(event, "model_usage"))
  }),
  "span.outcome_evaluation_start": () => ({ kind: "model", title: "Grading", text: "" }),
  "span.outcome_evaluation_end": (event) => ({
    kind: "model",
    title: `Grade: ${String(field(event, "result"))}`,
    text: oneLine(field(event, "explanation") ?? "")
  }),
  "session.error": (event) => ({ kind: "error", title: "Error", text: messageOf(field(event, "error")) }),
  "session.usage": (event) => ({ kind: "status", title: "Usage", text: tokens(field(event, "usage")) }),
  "session.updated": () => ({ kind: "status", title: "Session changed", text: "" }),
  "session.thread_created": (event) => ({
    kind: "status",
    title: `Thread of ${agentName(event, "agent_name")} created`,
    text: ""
  }),
  "session.status_idle": (event) => ({ kind: "status", title: "Session idle", text: idle(event) }),
  "session.thread_status_idle": (event) => ({ kind: "status", title: "Thread idle", text: idle(event) })
}

/** Says what an event is. */
const describe = (event: Event.Event): Words => {
  const type = String(event.type)
  const say = Object.hasOwn(spoken, type) ? spoken[type] : undefined
  if (say !== undefined) return say(event)
  if (type.endsWith("tool_use")) {
    const ask = field(event, "evaluated_permission") === "ask" ? " (asks for approval)" : ""
    return { kind: "tool", title: `Calls ${String(field(event, "name"))}${ask}`, text: oneLine(field(event, "input")) }
  }
  if (type.endsWith("tool_result")) {
    const isError = field(event, "is_error") === true
    return { kind: isError ? "error" : "tool", title: isError ? "Tool failed" : "Tool result", text: content(event) }
  }
  const [, thread, status] = /^session\.(thread_)?status_(\w+)$/.exec(type) ?? []
  if (status !== undefined) {
    return { kind: "status", title: `${thread === undefined ? "Session" : "Thread"} ${status}`, text: "" }
  }
  return { kind: "status", title: type, text: "" }
}

/** Says what a line of the list is. */
export const ofItem = ({ event, note }: Item): Words =>
  event === undefined ? { kind: "note", title: "This page", text: note ?? "" } : describe(event)
