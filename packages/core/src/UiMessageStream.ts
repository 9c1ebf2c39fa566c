/**
 * A turn as a UI message stream of the Vercel AI SDK, which `useChat` reads.
 *
 * `useChat` posts the messages of a chat and reads the stream of one answer: {@link turn} runs the turn that the messages ask
 * for, {@link respond} makes the response of it.
 *
 * @since 0.1.0
 */
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiError } from "./ApiError.ts"
import * as Conversation from "./Conversation.ts"
import type * as Event from "./Event.ts"
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
 * Chunk of a UI message stream: those of protocol `v1` that a turn has.
 * @category models
 */
export type Chunk =
  | { readonly type: "start"; readonly messageId?: string }
  | { readonly type: "start-step" | "finish-step" }
  | { readonly type: "text-start" | "text-end" | "reasoning-start" | "reasoning-end"; readonly id: string }
  | { readonly type: "text-delta"; readonly id: string; readonly delta: string }
  | {
    readonly type: "tool-input-available"
    readonly toolCallId: string
    readonly toolName: string
    readonly input: unknown
    readonly dynamic: true
    readonly providerExecuted?: true
  }
  | { readonly type: "tool-approval-request"; readonly approvalId: string; readonly toolCallId: string }
  | { readonly type: "tool-output-available"; readonly toolCallId: string; readonly output: unknown }
  | { readonly type: "tool-output-error"; readonly toolCallId: string; readonly errorText: string }
  | { readonly type: "tool-output-denied"; readonly toolCallId: string }
  | { readonly type: "error"; readonly errorText: string }
  | { readonly type: "abort"; readonly reason: string }
  | { readonly type: "finish"; readonly finishReason: "stop" | "content-filter" | "tool-calls" | "error" | "other" }

/**
 * Options of a UI message stream.
 * @category options
 */
export interface Options {
  /**
   * The id of the message. Without one the page makes it up, or goes on with the message whose tool calls were answered.
   *
   * @default none
   */
  readonly messageId?: string | undefined
  /**
   * The text that a page shows when the turn has failed. The cause is logged and stays on the server.
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
   * The time without a chunk after which a comment is sent, so that nothing in between takes the connection for dead.
   *
   * @default "15 seconds"
   */
  readonly heartbeat?: Duration.DurationInput | undefined
}

/**
 * Chunks of a turn. If the turn fails, the last one is an `error`.
 * @category combinators
 */
export const chunks =
  ({ errorText = "The agent could not finish.", messageId }: Options = {}) =>
  <E, R>(self: Stream.Stream<Conversation.Update | Conversation.Decided, E, R>): Stream.Stream<Chunk, never, R> => {
    const start: Chunk = { type: "start", ...(messageId !== undefined && { messageId }) }
    return Stream.make(start).pipe(
      Stream.concat(
        self.pipe(
          Stream.mapAccum(parts.initial, parts.step),
          Stream.mapConcat((all) => all.flatMap((part) => toChunks(part, errorText)))
        )
      ),
      Stream.catchAllCause((cause) =>
        Stream.fromEffect(Effect.as(
          Effect.logError("a turn has failed while it was streamed", cause),
          { type: "error", errorText } satisfies Chunk
        ))
      )
    )
  }

const toChunks = (part: Part, errorText: string): ReadonlyArray<Chunk> => {
  switch (part._tag) {
    case "StepStart":
      return [{ type: "start-step" }]
    case "StepEnd":
      return [{ type: "finish-step" }]
    case "TextStart":
      return [{ type: "text-start", id: part.id }]
    case "TextDelta":
      return [{ type: "text-delta", id: part.id, delta: part.delta }]
    case "TextEnd":
      return [{ type: "text-end", id: part.id }]
    case "ReasoningStart":
      return [{ type: "reasoning-start", id: part.id }]
    case "ReasoningEnd":
      return [{ type: "reasoning-end", id: part.id }]
    case "Call":
      return [{
        type: "tool-input-available",
        toolCallId: part.id,
        toolName: part.name,
        input: part.input,
        dynamic: true,
        ...(part.isRemote && { providerExecuted: true })
      }]
    case "Result": {
      const text = parts.textOf(part.content)
      return part.isError
        ? [{ type: "tool-output-error", toolCallId: part.callId, errorText: text ?? "The tool failed." }]
        : [{ type: "tool-output-available", toolCallId: part.callId, output: text ?? part.content }]
    }
    case "Denied":
      return [{ type: "tool-output-denied", toolCallId: part.callId }]
    case "Finished":
      return toEnd(part.result, errorText)
    case "Past":
      return [{ type: "finish", finishReason: "other" }]
  }
}

const toEnd = (result: Conversation.TurnResult, errorText: string): ReadonlyArray<Chunk> => {
  switch (result._tag) {
    case "EndTurn":
      return [{ type: "finish", finishReason: "stop" }]
    case "RequiresAction":
      return [
        ...result.actions.flatMap(({ _tag, id }): ReadonlyArray<Chunk> =>
          _tag === "Confirmation" || _tag === "ToolApproval"
            ? [{ type: "tool-approval-request", approvalId: id, toolCallId: id }]
            : []
        ),
        { type: "finish", finishReason: "tool-calls" }
      ]
    case "Interrupted":
      return [{ type: "abort", reason: "interrupted" }]
    case "Refusal":
      return [{ type: "finish", finishReason: "content-filter" }]
    case "RetriesExhausted":
    case "Terminated":
    case "Deleted":
      return [{ type: "error", errorText }, { type: "finish", finishReason: "error" }]
    default:
      return [{ type: "finish", finishReason: "other" }]
  }
}

/**
 * Responds with a turn as a UI message stream. The turn runs as the socket drains, until it is over or the page leaves; the
 * agent goes on in either case.
 *
 * @example
 * ```ts
 * import { SessionId } from "@effect-managed-agents/core/Ids"
 * import * as UiMessageStream from "@effect-managed-agents/core/UiMessageStream"
 * import * as HttpRouter from "@effect/platform/HttpRouter"
 * import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
 * import * as Effect from "effect/Effect"
 *
 * export const router = HttpRouter.empty.pipe(
 *   HttpRouter.post(
 *     "/chat/:id",
 *     Effect.gen(function*() {
 *       const id = SessionId.make((yield* HttpRouter.params)["id"] ?? "")
 *       const { messages } = yield* HttpServerRequest.schemaBodyJson(UiMessageStream.Body)
 *       const turn = UiMessageStream.turn(id, messages, {
 *         follow: { previews: ["agent.message", "agent.thinking"] }
 *       })
 *       return yield* UiMessageStream.respond(turn)
 *     })
 *   )
 * )
 * ```
 *
 * @category constructors
 */
export const respond = <E, R>(
  turn: Stream.Stream<Conversation.Update | Conversation.Decided, E, R>,
  options: ResponseOptions = {}
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, R | Scope.Scope> =>
  turn.pipe(
    chunks(options),
    Stream.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`),
    Stream.concat(Stream.make("data: [DONE]\n\n")),
    pull.fromStream,
    Effect.interruptible,
    Effect.flatMap((texts) =>
      eventResponse(texts, {
        heartbeat: options.heartbeat,
        headers: { "x-vercel-ai-ui-message-stream": "v1" }
      })
    )
  )

// ---------------------------------------------------------------------------------------------------------------------
// Input
// ---------------------------------------------------------------------------------------------------------------------

const Message_ = Schema.Struct({
  role: Schema.String,
  parts: Schema.Array(Schema.Struct({
    type: Schema.String,
    text: Schema.optional(Schema.String),
    mediaType: Schema.optional(Schema.String),
    url: Schema.optional(Schema.String),
    filename: Schema.optional(Schema.String),
    state: Schema.optional(Schema.String),
    toolCallId: Schema.optional(EventId),
    approval: Schema.optional(Schema.Struct({
      approved: Schema.optional(Schema.Boolean),
      reason: Schema.optional(Schema.String)
    }))
  }))
})

/**
 * Schema of a message of the page, as far as {@link turn} reads it.
 * @category schemas
 */
export const Message: Schema.Schema<Message, typeof Message_.Encoded> = Message_

/**
 * A message of the page.
 * @category models
 */
export interface Message extends Schema.Schema.Type<typeof Message_> {}

/**
 * The body that `useChat` posts.
 * @category schemas
 */
export const Body = Schema.Struct({ messages: Schema.Array(Message) })

/**
 * Input of the turn that the last message asks for: what the user wrote, with images and PDF documents. Other files are left
 * out. The messages before it are in the session already.
 * @category constructors
 */
export const toInput = (messages: ReadonlyArray<Message>): ReadonlyArray<Event.EventParams> => {
  const last = messages.at(-1)
  if (last?.role !== "user") return []
  return toMessage(
    last.parts.flatMap(({ text, type }) => type === "text" && text !== undefined ? [text] : []),
    last.parts.flatMap(({ filename, mediaType, type, url }) =>
      type === "file" && mediaType !== undefined && url !== undefined
        ? [{ mediaType, source: sourceOf(url), title: filename }]
        : []
    )
  )
}

const sourceOf = (url: string): File["source"] => {
  const comma = url.indexOf(",")
  return url.startsWith("data:") && url.slice(0, comma).endsWith(";base64") ? { data: url.slice(comma + 1) } : { url }
}

/**
 * The decisions that the last message has about calls that waited for approval. Anything but an explicit approval denies.
 * @category constructors
 */
export const decisions = (messages: ReadonlyArray<Message>): ReadonlyArray<Conversation.CallDecision> => {
  const last = messages.at(-1)
  if (last === undefined || last.role === "user") return []
  return last.parts.flatMap(({ approval, state, toolCallId }) => {
    if (state !== "approval-responded" || toolCallId === undefined) return []
    const decision = approval?.approved === true ? PendingAction.allow : PendingAction.deny(approval?.reason)
    return [{ id: toolCallId, decision }]
  })
}

/**
 * Updates of the turn that the last message asks for: of one with what the user wrote, or, after {@link decisions}, of the
 * rest of the turn that waited for them.
 * @category constructors
 */
export const turn = <E1 = never, R1 = never, E2 = never, R2 = never, T extends ToolRunner.Source = never>(
  sessionId: SessionIdInput,
  messages: ReadonlyArray<Message>,
  options?: Conversation.Options<E1, R1, E2, R2, T>
): Stream.Stream<
  Conversation.Update | Conversation.Decided,
  ApiError | E1 | E2 | ToolRunner.Error<T>,
  Events.Events | R1 | R2 | ToolRunner.Context<T>
> =>
  messages.at(-1)?.role === "user"
    ? Conversation.stream(sessionId, toInput(messages), options)
    : Conversation.decide(sessionId, decisions(messages), options)
