/** Events as the service emits them, made from what differs between them. */
import * as Content from "../../src/Content.ts"
import type * as Event from "../../src/Event.ts"
import { EventId } from "../../src/Ids.ts"

let issued = 0

/** An event with an id of its own, processed a moment after the one made before it. */
export const event = (type: string, fields: Record<string, unknown> = {}): Event.Event => {
  issued++
  const stamp = new Date(Date.UTC(2026, 2, 15) + issued).toISOString()
  // the tests say what they need; the laws are tested with values drawn from the schemas
  return { type, id: `sevt_${issued}`, processed_at: stamp, ...fields } as unknown as Event.Event
}

export const idOf = (event: Event.Event): EventId => EventId.make(String((event as { readonly id?: unknown }).id))

export const message = (text: string, fields: Record<string, unknown> = {}) =>
  event("user.message", { content: [Content.text(text)], ...fields })

export const say = (text: string) => event("agent.message", { content: [Content.text(text)] })

export const thread = (id: string) => ({ session_thread_id: id, agent_name: id })

export const running = () => [event("session.status_running"), threadRunning("sthr_primary")]

export const threadRunning = (id: string) => event("session.thread_status_running", thread(id))

export const threadIdle = (id: string, stop_reason: object = { type: "end_turn" }) =>
  event("session.thread_status_idle", { ...thread(id), stop_reason })

export const idle = (stop_reason: object = { type: "end_turn" }, fields: Record<string, unknown> = {}) => [
  threadIdle("sthr_primary", stop_reason),
  event("session.usage", { usage: { input_tokens: 7, list_cost: { amount: "3", currency: "USD" } } }),
  event("session.status_idle", { stop_reason, ...fields })
]

export const waiting = (...calls: ReadonlyArray<Event.Event>) =>
  idle({ type: "requires_action", event_ids: calls.map(idOf) })

const modelUsage = {
  input_tokens: 1,
  output_tokens: 2,
  cache_read_input_tokens: 3,
  cache_creation_input_tokens: 4
}

export const requestStart = () => event("span.model_request_start")
export const requestEnd = (is_error = false) =>
  event("span.model_request_end", { model_request_start_id: "sevt_start", is_error, model_usage: modelUsage })

export const customCall = (fields: Record<string, unknown> = {}) =>
  event("agent.custom_tool_use", { name: "lookup", input: { order: 1 }, ...fields })

export const toolCall = (evaluated_permission: string, fields: Record<string, unknown> = {}) =>
  event("agent.tool_use", { name: "bash", input: { command: "ls" }, evaluated_permission, ...fields })

export const customResult = (call: Event.Event, fields: Record<string, unknown> = {}) =>
  event("user.custom_tool_result", { custom_tool_use_id: idOf(call), content: [Content.text("42")], ...fields })

export const confirmation = (call: Event.Event, result: "allow" | "deny", fields: Record<string, unknown> = {}) =>
  event("user.tool_confirmation", { tool_use_id: idOf(call), result, ...fields })

export const toolResult = (call: Event.Event, fields: Record<string, unknown> = {}) =>
  event("agent.tool_result", { tool_use_id: idOf(call), content: [Content.text("done")], ...fields })

export const interrupt = (fields: Record<string, unknown> = {}) => event("user.interrupt", fields)
