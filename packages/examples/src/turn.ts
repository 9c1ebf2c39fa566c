// What a turn amounts to, as a pure fold over its events.
import { Content, type Event, type SessionEvent, SessionFailure, Unknown } from "@effect-managed-agents/core"

export interface Turn {
  /** What the agent said last. */
  readonly reply: string
  /** The tokens of all model requests. */
  readonly usage: {
    readonly input: number
    readonly output: number
    readonly cacheRead: number
    readonly cacheWritten: number
  }
  /** How it ended, once it has. */
  readonly outcome: Outcome | undefined
  /** The tool calls so far, by id. */
  readonly calls: ReadonlyMap<string, { readonly name: string; readonly answered: boolean }>
  /** What the last `session.error` said. */
  readonly failure: string | undefined
}

export interface Outcome {
  /** The service's stop reason, such as `end_turn`; `terminated` or `deleted` if the session is gone. */
  readonly reason: string
  /** For people, unless the turn ended as it should. */
  readonly explanation?: string
}

export const start: Turn = {
  reply: "",
  usage: { input: 0, output: 0, cacheRead: 0, cacheWritten: 0 },
  outcome: undefined,
  calls: new Map(),
  failure: undefined
}

/** The outcome of a turn whose events end without one. */
export const cutOff: Outcome = { reason: "unknown", explanation: "The events ended before the turn did." }

/** Takes one event into account, and whether it was a call that this program has answered. */
export const step = (
  turn: Turn,
  { answered, event }: { readonly event: Event.StreamEvent; readonly answered: boolean }
): Turn => {
  switch (event.type) {
    case "agent.message":
      return { ...turn, reply: Content.textOf(event.content) }
    case "agent.custom_tool_use":
    case "agent.mcp_tool_use":
    case "agent.tool_use":
      return { ...turn, calls: new Map(turn.calls).set(event.id, { name: event.name, answered }) }
    case "span.model_request_end": {
      const { input, output, cacheRead, cacheWritten } = turn.usage
      const used = event.model_usage
      return {
        ...turn,
        usage: {
          input: input + used.input_tokens,
          output: output + used.output_tokens,
          cacheRead: cacheRead + used.cache_read_input_tokens,
          cacheWritten: cacheWritten + used.cache_creation_input_tokens
        }
      }
    }
    case "session.error":
      return { ...turn, failure: SessionFailure.messageOf(event.error) }
    case "session.status_idle":
      return { ...turn, outcome: whyIdle(turn, event) }
    case "session.status_terminated":
      return { ...turn, outcome: { reason: "terminated", explanation: because(turn, "The session was terminated") } }
    case "session.deleted":
      return { ...turn, outcome: { reason: "deleted", explanation: "The session was deleted." } }
    default:
      return turn
  }
}

const because = (turn: Turn, what: string): string =>
  turn.failure === undefined ? `${what}.` : `${what}: ${turn.failure}`

/** An idle session has not always finished its turn: it may wait for the answer to a call. */
const whyIdle = (turn: Turn, { stop_details, stop_reason }: SessionEvent.StatusIdle): Outcome | undefined => {
  switch (stop_reason.type) {
    case "end_turn":
      return { reason: "end_turn" }
    case "requires_action": {
      const waiting = stop_reason.event_ids.filter((id) => turn.calls.get(id)?.answered !== true)
      // every call has its answer already: the session goes on by itself
      if (waiting.length === 0) return undefined
      const names = waiting.map((id) => turn.calls.get(id)?.name ?? id).join(", ")
      return { reason: "requires_action", explanation: `The agent waits for a tool that this program lacks: ${names}` }
    }
    case "retries_exhausted":
      return { reason: "retries_exhausted", explanation: because(turn, "The service gave up on the turn") }
    case "budget_reached":
      return { reason: "budget_reached", explanation: "The session's budget is used up." }
    case "refusal": {
      const why = stop_details?.type === "refusal" ? stop_details.explanation ?? stop_details.category : undefined
      return { reason: "refusal", explanation: `The model refused${typeof why === "string" ? `: ${why}` : "."}` }
    }
    default: {
      const reason = Unknown.tagOf(stop_reason)
      return { reason, explanation: `The turn ended for a reason that is newer than this program: ${reason}` }
    }
  }
}
