/** The traffic of a busy session: ten kinds of events, each about 240 bytes of data. */

const stamp = (n: number): string => {
  const two = (x: number) => String(x).padStart(2, "0")
  return `2026-03-15T${two(Math.floor(n / 3600) % 24)}:${two(Math.floor(n / 60) % 60)}:${two(n % 60)}.${
    String((n * 7919) % 1_000_000).padStart(6, "0")
  }Z`
}

const text =
  "The order left the warehouse on Tuesday and is now with the carrier in Lyon; it should arrive on Friday morning."

type Kind = (id: string, at: string, n: number) => { readonly type: string; readonly [field: string]: unknown }

const kinds: ReadonlyArray<Kind> = [
  (id, at) => ({ type: "agent.message", id, processed_at: at, content: [{ type: "text", text }] }),
  (id, at, n) => ({
    type: "agent.tool_use",
    id,
    processed_at: at,
    name: "bash",
    input: { command: `grep -rn "order-${n}" /workspace/logs | sort -k2 | tail -n 20`, restart: false },
    evaluated_permission: "allow"
  }),
  (id, at) => ({
    type: "agent.tool_result",
    id,
    processed_at: at,
    tool_use_id: "sevt_01HqR2k7vXbZ9mNpL3wYcT8f",
    content: [{ type: "text", text: text.slice(0, 60) }],
    is_error: false
  }),
  (id, at, n) => ({
    type: "agent.custom_tool_use",
    id,
    processed_at: at,
    name: "lookup_order",
    input: { order: `#${n}`, fields: ["status", "carrier", "eta"], options: { history: true, limit: 20 } }
  }),
  (id, at) => ({ type: "agent.thinking", id, processed_at: at, note: text }),
  (id, at) => ({ type: "span.model_request_start", id, processed_at: at, note: text }),
  (id, at, n) => ({
    type: "span.model_request_end",
    id,
    processed_at: at,
    model_request_start_id: "sevt_01HqR2k7vXbZ9mNpL3wYcT8f",
    is_error: false,
    model_usage: {
      input_tokens: 1200 + n,
      output_tokens: 340,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 5600
    }
  }),
  (id, at) => ({ type: "user.message", id, processed_at: at, content: [{ type: "text", text: `${text} Thanks! 🙏` }] }),
  (id, at) => ({
    type: "session.status_idle",
    id,
    processed_at: at,
    stop_reason: {
      type: "requires_action",
      event_ids: ["sevt_01HqR2k7vXbZ9mNpL3wYcT8f", "sevt_01HqR2k7vXbZ9mNpL3wYcT9g"]
    }
  }),
  (_id, _at) => ({
    type: "event_delta",
    event_id: "sevt_01HqR2k7vXbZ9mNpL3wYcT8f",
    delta: { type: "content_delta", index: 0, content: { type: "text", text: text.slice(0, 70) } }
  })
]

/** The number of kinds of events. */
export const variety = kinds.length

/** The nth event. */
export const event = (n: number) => {
  const kind = kinds[n % kinds.length]!
  return kind(`sevt_01HqR2k7vXbZ9m${String(n).padStart(8, "0")}`, stamp(n), n)
}

/** The number of events in one {@link block}. */
export const blockSize = 500

/** The frames of {@link blockSize} events; without previews if they are to be events of a list, too. */
export const block = (previews = true): Uint8Array => {
  let frames = ""
  for (let n = 0; n < blockSize; n++) {
    const next = event(n)
    const value = previews || next.type !== "event_delta" ? next : event(n - 1)
    frames += `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`
  }
  return new TextEncoder().encode(frames)
}

/** The average size of a frame in bytes. */
export const frameSize = block().length / blockSize
