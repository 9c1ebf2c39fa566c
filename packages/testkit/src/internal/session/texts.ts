import type * as Content from "@effect-managed-agents/core/Content"
import type { Message } from "../../AgentScript.ts"
import type { ThreadDraft } from "./draft.ts"

/** Puts the last texts in the place of `{{text}}` and `{{result}}`, unless an Effect says what it means. */
export const fill = (thread: ThreadDraft, text: string): string =>
  text.includes("{{") && thread.play?.literal !== true
    ? text.replace(/\{\{(text|result)\}\}/g, (_, name) => name === "text" ? thread.lastText : thread.lastResult)
    : text

const fillJson = (thread: ThreadDraft, value: unknown): unknown => {
  if (typeof value === "string") return fill(thread, value)
  if (Array.isArray(value)) return value.map((item) => fillJson(thread, item))
  return typeof value === "object" && value !== null ? fillAll(thread, value) : value
}

/** The same in all strings of an object, at any depth. */
export const fillAll = (thread: ThreadDraft, value: object): { readonly [key: string]: unknown } =>
  Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillJson(thread, item)]))

/** A text as content. */
export const blocks = (text: string): ReadonlyArray<typeof Content.TextBlock.Encoded> =>
  text === "" ? [] : [{ type: "text", text }]

/** Message of another agent. */
export const said = (text: string): Message => ({
  type: "agent.thread_message_received",
  text,
  content: blocks(text)
})

/** Message of an event from the client to an agent. */
export const messageOf = (event: { readonly type: string }): Message => ({
  type: event.type,
  text: "description" in event && typeof event.description === "string" ? event.description : of(event),
  // the content was validated when the event was sent
  content: "content" in event && Array.isArray(event.content) ? event.content : []
})

/** The text in the content of an event. */
export const of = (event: object): string => {
  const content = "content" in event && Array.isArray(event.content) ? event.content : []
  return content.flatMap((block: unknown) =>
    typeof block === "object" && block !== null && "text" in block && typeof block.text === "string" ? [block.text] : []
  ).join("\n")
}
