import * as Content from "../../Content.ts"
import type * as Conversation from "../../Conversation.ts"
import type * as Event from "../../Event.ts"
import type * as Follow from "../../Follow.ts"
import type * as Transcript from "../../Transcript.ts"
import type * as UserEvent from "../../UserEvent.ts"

/** A turn in the pieces that user interfaces show, which their protocols have different names for. */
export type Part =
  | { readonly _tag: "StepStart"; readonly id: string }
  | { readonly _tag: "StepEnd"; readonly id: string }
  | { readonly _tag: "TextStart"; readonly id: string }
  | { readonly _tag: "TextDelta"; readonly id: string; readonly delta: string }
  | { readonly _tag: "TextEnd"; readonly id: string }
  | { readonly _tag: "ReasoningStart"; readonly id: string }
  | { readonly _tag: "ReasoningEnd"; readonly id: string }
  | {
    readonly _tag: "Call"
    readonly id: string
    readonly name: string
    readonly input: unknown
    /** The service runs it; otherwise the client. */
    readonly isRemote: boolean
  }
  | {
    readonly _tag: "Result"
    readonly callId: string
    readonly content: ReadonlyArray<Content.ToolResultContent>
    readonly isError: boolean
  }
  | { readonly _tag: "Denied"; readonly callId: string; readonly reason: string | undefined }
  | { readonly _tag: "Finished"; readonly result: Conversation.TurnResult }
  /** The turn was over before; there is nothing more to come of it. */
  | { readonly _tag: "Past" }

/** An update of a turn, or of one that goes on after decisions. */
export type Update = Conversation.Update | Conversation.Decided

/** Record of what is open. */
export interface State {
  readonly step: string | undefined
  readonly open: ReadonlyMap<string, "text" | "reasoning">
  /** The number of characters of each text that is not complete. */
  readonly sent: ReadonlyMap<string, number>
  /** The calls without a result, also those of an earlier turn that this one answers. */
  readonly calls: ReadonlySet<string>
}

/** The state before the first update. */
export const initial: State = { step: undefined, open: new Map(), sent: new Map(), calls: new Set() }

const none: ReadonlyArray<Part> = []

type Step = readonly [State, ReadonlyArray<Part>]

/** Takes an update in. */
export const step = (state: State, update: Update): Step => {
  switch (update._tag) {
    case "Preview":
      return preview(state, update)
    case "Event":
      return update.state === "processed" ? event(state, update.event) : [state, none]
    case "Delivered":
      return [delivered(state, update), none]
    case "Decided":
      return decided(state, update)
    case "Finished":
      return finish(state, update.result)
    default:
      return [state, none]
  }
}

const preview = (state: State, { blocks, id, phase, type }: Follow.Preview): Step => {
  // what is complete or given up is closed when its event comes, or with the model request
  if (phase === "final" || phase === "abandoned") return [state, none]
  return type === "agent.thinking" ? think(state, id) : show(state, id, blocks)
}

const think = (state: State, id: string): Step =>
  state.open.has(id)
    ? [state, none]
    : [{ ...state, open: new Map(state.open).set(id, "reasoning") }, [{ _tag: "ReasoningStart", id }]]

/** A message is one text, block after block. Of what has been sent nothing is taken back. */
const show = (state: State, id: string, blocks: ReadonlyArray<string>): Step => {
  const text = blocks.filter((block) => block !== "").join("\n\n")
  const sent = state.sent.get(id) ?? 0
  if (text.length <= sent) return [state, none]
  const delta: Part = { _tag: "TextDelta", id, delta: text.slice(sent) }
  return [
    { ...state, open: new Map(state.open).set(id, "text"), sent: new Map(state.sent).set(id, text.length) },
    state.open.has(id) ? [delta] : [{ _tag: "TextStart", id }, delta]
  ]
}

const event = (state: State, event: Event.Event): Step => {
  switch (event.type) {
    case "span.model_request_start":
      return startStep(state, event.id)
    case "span.model_request_end":
      return closeStep(state)
    case "agent.message": {
      const texts = event.content.map((block) => block.type === "text" ? block.text : "")
      const [shown, parts] = show(state, event.id, texts)
      const [closed, ends] = close(shown, event.id)
      return [forget(closed, event.id), [...parts, ...ends]]
    }
    case "agent.thinking": {
      const [shown, parts] = think(state, event.id)
      const [closed, ends] = close(shown, event.id)
      return [closed, [...parts, ...ends]]
    }
    case "agent.tool_use":
    case "agent.mcp_tool_use":
    case "agent.custom_tool_use":
      return call(state, {
        id: event.id,
        name: event.name,
        input: event.input,
        isRemote: event.type !== "agent.custom_tool_use"
      })
    case "agent.tool_result":
    case "user.tool_result":
      return result(state, event.tool_use_id, event)
    case "agent.mcp_tool_result":
      return result(state, event.mcp_tool_use_id, event)
    case "user.custom_tool_result":
      return result(state, event.custom_tool_use_id, event)
    case "user.tool_confirmation":
      return confirmation(state, event)
    default:
      return [state, none]
  }
}

const startStep = (state: State, id: string): Step => {
  const [closed, parts] = closeStep(state)
  return [{ ...closed, step: id }, [...parts, { _tag: "StepStart", id }]]
}

const closeStep = (state: State): Step => {
  let current = state
  const parts: Array<Part> = []
  for (const id of state.open.keys()) {
    const [next, ends] = close(current, id)
    current = next
    parts.push(...ends)
  }
  if (current.step === undefined) return [current, parts]
  return [{ ...current, step: undefined }, [...parts, { _tag: "StepEnd", id: current.step }]]
}

const close = (state: State, id: string): Step => {
  const kind = state.open.get(id)
  if (kind === undefined) return [state, none]
  const open = new Map(state.open)
  open.delete(id)
  return [{ ...state, open }, [{ _tag: kind === "text" ? "TextEnd" : "ReasoningEnd", id }]]
}

const forget = (state: State, id: string): State => {
  if (!state.sent.has(id)) return state
  const sent = new Map(state.sent)
  sent.delete(id)
  return { ...state, sent }
}

const call = (state: State, call: Omit<Extract<Part, { readonly _tag: "Call" }>, "_tag">): Step => [
  { ...state, calls: new Set(state.calls).add(call.id) },
  [{ _tag: "Call", ...call }]
]

const result = (
  state: State,
  callId: string,
  { content, is_error }: {
    readonly content?: ReadonlyArray<Content.ToolResultContent> | null | undefined
    readonly is_error?: boolean | null | undefined
  }
): Step => settle(state, callId, { _tag: "Result", callId, content: content ?? [], isError: is_error === true })

const confirmation = (
  state: State,
  { deny_message, result, session_thread_id, tool_use_id }: UserEvent.ToolConfirmation
): Step => {
  if (result === "deny") {
    return settle(state, tool_use_id, { _tag: "Denied", callId: tool_use_id, reason: deny_message ?? undefined })
  }
  // the result of a sub-agent's call is in its own thread, and an interface waits for each
  return session_thread_id ? settleWith(state, tool_use_id, "Allowed.", false) : [state, none]
}

const settleWith = (state: State, callId: string, text: string, isError: boolean): Step =>
  settle(state, callId, { _tag: "Result", callId, content: [Content.text(text)], isError })

/** An interface knows only calls that it has been shown, and takes one result of each. */
const settle = (state: State, callId: string, part: Part): Step => {
  if (!state.calls.has(callId)) return [state, none]
  const calls = new Set(state.calls)
  calls.delete(callId)
  return [{ ...state, calls }, [part]]
}

/** The input answers calls that an earlier turn has shown. */
const delivered = (state: State, { delivery }: Conversation.Delivered): State => {
  if (delivery._tag === "Indeterminate") return state
  const answered = delivery.events.flatMap((event) =>
    event.type === "user.tool_confirmation" ? [String(event.tool_use_id)] : []
  )
  return answered.length === 0 ? state : { ...state, calls: new Set([...state.calls, ...answered]) }
}

/** An earlier turn has shown the calls that were decided on; some may have been settled meanwhile. */
const decided = (state: State, { calls, isOver }: Conversation.Decided): Step => {
  let current: State = { ...state, calls: new Set([...state.calls, ...calls.map(({ id }) => id)]) }
  const parts: Array<Part> = []
  for (const { id, known } of calls) {
    const [next, made] = settled(current, id, known)
    current = next
    parts.push(...made)
  }
  return [current, isOver ? [...parts, { _tag: "Past" }] : parts]
}

const settled = (state: State, id: string, known: Transcript.ToolCall | undefined): Step => {
  const { confirmation: decision, result: found } = known ?? {}
  if (found === undefined) {
    return known === undefined || known.closed
      ? settleWith(state, id, "This call is not open any more.", true)
      : [state, none]
  }
  const [denied, parts] = decision === undefined ? [state, none] : confirmation(state, decision)
  const [next, more] = event(denied, found)
  return [next, [...parts, ...more]]
}

const finish = (state: State, result: Conversation.TurnResult): Step => {
  const [closed, parts] = closeStep(state)
  const unseen: ReadonlyArray<Part> = result._tag !== "RequiresAction" ? none : result.actions
    .filter(({ id }) => !state.calls.has(id))
    .map(({ _tag, id, input, name }) => ({
      _tag: "Call",
      id,
      name,
      input,
      isRemote: _tag === "Confirmation" || _tag === "SelfHostedToolCall"
    }))
  return [closed, [...parts, ...unseen, { _tag: "Finished", result }]]
}

/** The text of a result. `undefined` if it has more than texts. */
export const textOf = (content: ReadonlyArray<Content.ToolResultContent>): string | undefined => {
  const texts = content.flatMap((block) => block.type === "text" && typeof block.text === "string" ? [block.text] : [])
  return texts.length === content.length ? texts.join("\n") : undefined
}
