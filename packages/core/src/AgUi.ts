/**
 * A turn as events of AG-UI, the protocol between agents and user interfaces.
 *
 * A client posts the input of a run and reads its events: {@link turn} runs the turn that it asks for, {@link respond} makes
 * the response of it.
 *
 * @since 0.1.0
 */
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiError } from "./ApiError.ts"
import * as Conversation from "./Conversation.ts"
import type * as Event_ from "./Event.ts"
import type * as Events from "./Events.ts"
import type { SessionIdInput } from "./Ids.ts"
import { EventId } from "./Ids.ts"
import { eventResponse } from "./internal/sse/response.ts"
import * as pull from "./internal/stream/pull.ts"
import type { Part } from "./internal/turn/parts.ts"
import * as parts from "./internal/turn/parts.ts"
import type { File } from "./internal/turn/posted.ts"
import { toMessage } from "./internal/turn/posted.ts"
import * as PendingAction from "./PendingAction.ts"
import type * as ToolRunner from "./ToolRunner.ts"

/**
 * A decision that a run waits for, by the id of the tool call.
 * @category models
 */
export interface Interrupt {
  readonly id: string
  readonly reason: "tool_approval"
  readonly toolCallId: string
}

/**
 * Event of a run: those of AG-UI 1.0 that a turn has.
 * @category models
 */
export type Event =
  | { readonly type: "RUN_STARTED"; readonly threadId: string; readonly runId: string }
  | { readonly type: "STEP_STARTED" | "STEP_FINISHED"; readonly stepName: string }
  | { readonly type: "TEXT_MESSAGE_START"; readonly messageId: string; readonly role: "assistant" }
  | { readonly type: "TEXT_MESSAGE_CONTENT"; readonly messageId: string; readonly delta: string }
  | { readonly type: "TEXT_MESSAGE_END" | "REASONING_START" | "REASONING_END"; readonly messageId: string }
  | { readonly type: "TOOL_CALL_START"; readonly toolCallId: string; readonly toolCallName: string }
  | { readonly type: "TOOL_CALL_ARGS"; readonly toolCallId: string; readonly delta: string }
  | { readonly type: "TOOL_CALL_END"; readonly toolCallId: string }
  | {
    readonly type: "TOOL_CALL_RESULT"
    readonly messageId: string
    readonly toolCallId: string
    readonly content: string
    readonly role: "tool"
  }
  | {
    readonly type: "RUN_FINISHED"
    readonly threadId: string
    readonly runId: string
    readonly outcome:
      | { readonly type: "success" | "cancelled" }
      | { readonly type: "interrupt"; readonly interrupts: ReadonlyArray<Interrupt> }
  }
  | { readonly type: "RUN_ERROR"; readonly message: string; readonly code: string }

/**
 * Options of a run.
 * @category options
 */
export interface Options {
  /** The ids that the client has given the thread and the run. */
  readonly threadId: string
  readonly runId: string
  /**
   * The text that a user is shown when the turn has failed. The cause is logged and stays on the server.
   *
   * @default "The agent could not finish."
   */
  readonly errorText?: string | undefined
}

/**
 * Options of {@link respond}.
 * @category options
 */
export interface ResponseOptions extends Options {
  /**
   * The time without an event after which a comment is sent, so that nothing in between takes the connection for dead.
   *
   * @default "15 seconds"
   */
  readonly heartbeat?: Duration.DurationInput | undefined
}

/**
 * Events of a turn. If the turn fails, the last one is a `RUN_ERROR`.
 * @category combinators
 */
export const events =
  (options: Options) =>
  <E, R>(self: Stream.Stream<Conversation.Update | Conversation.Decided, E, R>): Stream.Stream<Event, never, R> => {
    const { errorText = "The agent could not finish.", runId, threadId } = options
    const start: Event = { type: "RUN_STARTED", threadId, runId }
    return Stream.make(start).pipe(
      Stream.concat(
        self.pipe(
          Stream.mapAccum(parts.initial, parts.step),
          Stream.mapConcat((all) => all.flatMap((part) => toEvents(part, { errorText, runId, threadId })))
        )
      ),
      Stream.catchAllCause((cause) =>
        Stream.fromEffect(Effect.as(
          Effect.logError("a turn has failed while it was streamed", cause),
          { type: "RUN_ERROR", message: errorText, code: "Failed" } satisfies Event
        ))
      )
    )
  }

type Complete = Required<{ [K in keyof Options]: NonNullable<Options[K]> }>

const toEvents = (part: Part, options: Complete): ReadonlyArray<Event> => {
  switch (part._tag) {
    case "StepStart":
      return [{ type: "STEP_STARTED", stepName: part.id }]
    case "StepEnd":
      return [{ type: "STEP_FINISHED", stepName: part.id }]
    case "TextStart":
      return [{ type: "TEXT_MESSAGE_START", messageId: part.id, role: "assistant" }]
    case "TextDelta":
      return [{ type: "TEXT_MESSAGE_CONTENT", messageId: part.id, delta: part.delta }]
    case "TextEnd":
      return [{ type: "TEXT_MESSAGE_END", messageId: part.id }]
    case "ReasoningStart":
      return [{ type: "REASONING_START", messageId: part.id }]
    case "ReasoningEnd":
      return [{ type: "REASONING_END", messageId: part.id }]
    case "Call":
      return [
        { type: "TOOL_CALL_START", toolCallId: part.id, toolCallName: part.name },
        { type: "TOOL_CALL_ARGS", toolCallId: part.id, delta: JSON.stringify(part.input) },
        { type: "TOOL_CALL_END", toolCallId: part.id }
      ]
    case "Result":
      return [toolResult(part.callId, parts.textOf(part.content) ?? JSON.stringify(part.content))]
    case "Denied":
      return [toolResult(part.callId, `Denied${part.reason === undefined ? "." : `: ${part.reason}`}`)]
    case "Finished":
      return [toEnd(part.result, options)]
    case "Past":
      return [finished(options, { type: "success" })]
  }
}

const toolResult = (toolCallId: string, content: string): Event => ({
  type: "TOOL_CALL_RESULT",
  messageId: `${toolCallId}-result`,
  toolCallId,
  content,
  role: "tool"
})

const finished = (
  { runId, threadId }: Options,
  outcome: Extract<Event, { readonly type: "RUN_FINISHED" }>["outcome"]
): Event => ({ type: "RUN_FINISHED", threadId, runId, outcome })

const toEnd = (result: Conversation.TurnResult, options: Complete): Event => {
  const failed: Event = { type: "RUN_ERROR", message: options.errorText, code: result._tag }
  switch (result._tag) {
    case "EndTurn":
      return finished(options, { type: "success" })
    case "RequiresAction": {
      const interrupts = result.actions.flatMap(({ _tag, id }): ReadonlyArray<Interrupt> =>
        _tag === "Confirmation" || _tag === "ToolApproval" ? [{ id, reason: "tool_approval", toolCallId: id }] : []
      )
      return interrupts.length === 0 ? failed : finished(options, { type: "interrupt", interrupts })
    }
    case "Interrupted":
      return finished(options, { type: "cancelled" })
    default:
      return failed
  }
}

/**
 * Responds with a turn as events of AG-UI. The turn runs as the socket drains, until it is over or the client leaves; the
 * agent goes on in either case.
 *
 * @example
 * ```ts
 * import * as AgUi from "@effect-managed-agents/core/AgUi"
 * import { SessionId } from "@effect-managed-agents/core/Ids"
 * import * as HttpRouter from "@effect/platform/HttpRouter"
 * import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
 * import * as Effect from "effect/Effect"
 *
 * export const router = HttpRouter.empty.pipe(
 *   HttpRouter.post(
 *     "/agents/:id",
 *     Effect.gen(function*() {
 *       const id = SessionId.make((yield* HttpRouter.params)["id"] ?? "")
 *       const run = yield* HttpServerRequest.schemaBodyJson(AgUi.RunInput)
 *       const turn = AgUi.turn(id, run, { follow: { previews: ["agent.message"] } })
 *       return yield* AgUi.respond(turn, run)
 *     })
 *   )
 * )
 * ```
 *
 * @category constructors
 */
export const respond = <E, R>(
  turn: Stream.Stream<Conversation.Update | Conversation.Decided, E, R>,
  options: ResponseOptions
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, R | Scope.Scope> =>
  turn.pipe(
    events(options),
    Stream.map((event) => `data: ${JSON.stringify(event)}\n\n`),
    pull.fromStream,
    Effect.interruptible,
    Effect.flatMap((texts) => eventResponse(texts, { heartbeat: options.heartbeat }))
  )

// ---------------------------------------------------------------------------------------------------------------------
// Input
// ---------------------------------------------------------------------------------------------------------------------

const Content = Schema.Union(
  Schema.String,
  Schema.Array(Schema.Struct({
    type: Schema.String,
    text: Schema.optional(Schema.String),
    source: Schema.optional(Schema.Struct({
      type: Schema.String,
      value: Schema.String,
      mimeType: Schema.optional(Schema.String)
    }))
  }))
)

const RunInput_ = Schema.Struct({
  threadId: Schema.String,
  runId: Schema.String,
  messages: Schema.Array(Schema.Struct({ role: Schema.String, content: Schema.optional(Content) })),
  /** The answers to the interrupts that the last run ended with. */
  resume: Schema.optional(Schema.Array(Schema.Struct({
    interruptId: EventId,
    status: Schema.String,
    payload: Schema.optional(Schema.Unknown)
  })))
})

/**
 * The input of a run.
 * @category models
 */
export interface RunInput extends Schema.Schema.Type<typeof RunInput_> {}

/**
 * Schema of the body that a client posts, as far as {@link turn} reads it.
 * @category schemas
 */
export const RunInput: Schema.Schema<RunInput, typeof RunInput_.Encoded> = RunInput_

const Decision = Schema.Struct({ approved: Schema.Boolean, reason: Schema.optional(Schema.String) })

const decisionOf = Schema.decodeUnknownOption(Decision)

/**
 * Input of the turn that a run asks for: what the user wrote last, with images and PDF documents. Other parts are left out.
 * @category constructors
 */
export const toInput = ({ messages }: RunInput): ReadonlyArray<Event_.EventParams> => {
  const last = messages.at(-1)
  if (last?.role !== "user" || last.content === undefined) return []
  if (typeof last.content === "string") return toMessage([last.content], [])
  return toMessage(
    last.content.flatMap(({ text, type }) => type === "text" && text !== undefined ? [text] : []),
    last.content.flatMap(({ source, type }): ReadonlyArray<File> => {
      const mediaType = source?.mimeType ?? mediaTypes.get(type)
      if (source === undefined || mediaType === undefined) return []
      if (source.type === "data") return [{ mediaType, source: { data: source.value } }]
      return source.type === "url" ? [{ mediaType, source: { url: source.value } }] : []
    })
  )
}

/** The types of parts whose address does not say what is behind it. */
const mediaTypes: ReadonlyMap<string, string> = new Map([["image", "image/*"], ["document", "application/pdf"]])

/**
 * The decisions of a run about calls that waited for approval. A call is allowed only by `{ approved: true }` as the payload
 * of a resolved interrupt.
 * @category constructors
 */
export const decisions = ({ resume = [] }: RunInput): ReadonlyArray<Conversation.CallDecision> =>
  resume.map(({ interruptId, payload, status }) => {
    const { approved, reason } = Option.getOrElse(decisionOf(payload), () => denied)
    return {
      id: interruptId,
      decision: status === "resolved" && approved ? PendingAction.allow : PendingAction.deny(reason)
    }
  })

const denied: typeof Decision.Type = { approved: false }

/**
 * Updates of the turn that a run asks for: of one with what the user wrote, or, after {@link decisions}, of the rest of the
 * turn that waited for them.
 * @category constructors
 */
export const turn = <E1 = never, R1 = never, E2 = never, R2 = never, T extends ToolRunner.Source = never>(
  sessionId: SessionIdInput,
  run: RunInput,
  options?: Conversation.Options<E1, R1, E2, R2, T>
): Stream.Stream<
  Conversation.Update | Conversation.Decided,
  ApiError | E1 | E2 | ToolRunner.Error<T>,
  Events.Events | R1 | R2 | ToolRunner.Context<T>
> => {
  const decided = decisions(run)
  return decided.length === 0
    ? Conversation.stream(sessionId, toInput(run), options)
    : Conversation.decide(sessionId, decided, options)
}
