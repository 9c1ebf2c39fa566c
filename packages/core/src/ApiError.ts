/**
 * Everything that can go wrong when talking to the service, as one flat union of tagged errors.
 *
 * Each error names the operation, says what happened in `message`, and knows whether trying again may help
 * (`isRetryable`). Errors that came with a response keep its `status`, the service's error `type` and `errorCode`, the
 * `requestId` to quote to support, and the `retryAfter` the service asked for. Branch on the tag, never on `message`.
 *
 * What happens *inside* a session (a model that is overloaded, a tool server that is down) is not an error of the
 * client: it arrives as a `session.error` event.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { EventId, MemoryId } from "./Ids.ts"

const responseFields = {
  /** The operation that failed, for example `Sessions.create`. */
  operation: Schema.String,
  /** The HTTP status. Absent when the failure was announced inside an event stream that had been opened with 200. */
  status: Schema.optional(Schema.Number),
  /** The service's error type, for example `invalid_request_error`. Not unique to a status; branch on the tag instead. */
  type: Schema.optional(Schema.String),
  /** The service's finer-grained code (`error.details.error_code`), where it gives one. */
  errorCode: Schema.optional(Schema.String),
  /** The service's own words, or a bounded excerpt of a body that is not an API error. */
  detail: Schema.String,
  /** The request's id, to quote when asking the service's operators about it. */
  requestId: Schema.optional(Schema.String),
  /** The delay before the next try that the service asked for. */
  retryAfter: Schema.optional(Schema.DurationFromMillis),
  /** The service's own verdict on trying again (`x-should-retry`), which overrides every rule of the client. */
  shouldRetry: Schema.optional(Schema.Boolean)
}

/**
 * Fields of every error that came with a response.
 * @category models
 */
export interface ResponseErrorFields {
  readonly operation: string
  readonly status?: number | undefined
  readonly type?: string | undefined
  readonly errorCode?: string | undefined
  readonly detail: string
  readonly requestId?: string | undefined
  readonly retryAfter?: Duration.Duration | undefined
  readonly shouldRetry?: boolean | undefined
}

const describe = (error: ResponseErrorFields): string => {
  const parts = [error.status, error.type, error.errorCode].filter((part) => part !== undefined)
  const request = error.requestId === undefined ? "" : ` (request ${error.requestId})`
  return `${error.operation} failed: ${[parts.join(" "), error.detail].filter((s) => s !== "").join(": ")}${request}`
}

/**
 * One thing that is wrong with a value, and where.
 * @category models
 */
export const Issue = Schema.Struct({
  /** The path to it, for example `events.0.content.1.text`; empty for the value as a whole. */
  path: Schema.String,
  /** The expectation that it does not meet. */
  message: Schema.String
})

/**
 * One thing that is wrong with a value, and where.
 * @category models
 */
export interface Issue extends Schema.Schema.Type<typeof Issue> {}

const list = (issues: ReadonlyArray<Issue>): string =>
  issues.map((issue) => issue.path === "" ? issue.message : `${issue.path}: ${issue.message}`).join("; ")

/**
 * The arguments of a call break a rule of the API that the client can check. Nothing was sent.
 * @category errors
 */
export class InvalidParams extends Schema.TaggedError<InvalidParams>("@effect-managed-agents/core/InvalidParams")(
  "InvalidParams",
  {
    /** The operation that was refused. */
    operation: Schema.String,
    /** The issues, each with its path. */
    issues: Schema.Array(Issue)
  }
) {
  override get message(): string {
    return `${this.operation} was not sent: ${list(this.issues)}`
  }
  /**
   * Sending the same again cannot help.
   */
  readonly isRetryable = false
}

/**
 * The service refused the request (400 or 422): it is malformed, or the session is not in a state that allows it.
 * @category errors
 */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>("@effect-managed-agents/core/InvalidRequest")(
  "InvalidRequest",
  responseFields
) {
  override get message(): string {
    return describe(this)
  }
  /**
   * The calls that have to be answered before the session takes a message, if it was refused for that; otherwise empty.
   * `Conversation.pending` tells more of them.
   */
  get waitingFor(): ReadonlyArray<EventId> {
    const ids = /waiting on responses to events \[([^\]]*)\]/.exec(this.detail)?.[1] ?? ""
    return ids.split(/[\s,]+/).filter((id) => id !== "").map((id) => EventId.make(id))
  }
  /** True if trying again may help: only if the service said so. */
  get isRetryable(): boolean {
    return this.shouldRetry ?? false
  }
}

/**
 * The credential is missing, wrong or expired (401).
 * @category errors
 */
export class Unauthorized extends Schema.TaggedError<Unauthorized>("@effect-managed-agents/core/Unauthorized")(
  "Unauthorized",
  responseFields
) {
  override get message(): string {
    return describe(this)
  }
  /** True if trying again may help: only if the service said so. */
  get isRetryable(): boolean {
    return this.shouldRetry ?? false
  }
}

/**
 * The organisation has to pay before it can go on (402).
 * @category errors
 */
export class PaymentRequired extends Schema.TaggedError<PaymentRequired>("@effect-managed-agents/core/PaymentRequired")(
  "PaymentRequired",
  responseFields
) {
  override get message(): string {
    return describe(this)
  }
  /** True if trying again may help: only if the service said so. */
  get isRetryable(): boolean {
    return this.shouldRetry ?? false
  }
}

/**
 * The credential is valid but may not do this (403).
 * @category errors
 */
export class Forbidden extends Schema.TaggedError<Forbidden>("@effect-managed-agents/core/Forbidden")(
  "Forbidden",
  responseFields
) {
  override get message(): string {
    return describe(this)
  }
  /** True if trying again may help: only if the service said so. */
  get isRetryable(): boolean {
    return this.shouldRetry ?? false
  }
}

/**
 * There is no such session, thread, event or resource, or it belongs to another workspace (404).
 * @category errors
 */
export class NotFound extends Schema.TaggedError<NotFound>("@effect-managed-agents/core/NotFound")(
  "NotFound",
  responseFields
) {
  override get message(): string {
    return describe(this)
  }
  /** True if trying again may help: only if the service said so. */
  get isRetryable(): boolean {
    return this.shouldRetry ?? false
  }
  /** True if the API itself says so. Any other 404 may be a gateway that has a bad moment. */
  get isFromApi(): boolean {
    return this.type === "not_found_error"
  }
}

/**
 * The request conflicts with the state of what it changes (409).
 * @category errors
 */
export class Conflict extends Schema.TaggedError<Conflict>("@effect-managed-agents/core/Conflict")(
  "Conflict",
  {
    ...responseFields,
    /** The path that is in the way of a memory, if that is the conflict. */
    conflictingPath: Schema.optional(Schema.String),
    /** The memory at that path, if the service knows. */
    conflictingMemoryId: Schema.optional(MemoryId)
  }
) {
  override get message(): string {
    return describe(this)
  }
  /** True if trying again may help. Reading the current state first is usually better. */
  get isRetryable(): boolean {
    return this.shouldRetry ?? true
  }
}

/**
 * The request body is larger than the service takes, 32 MB (413).
 * @category errors
 */
export class RequestTooLarge extends Schema.TaggedError<RequestTooLarge>("@effect-managed-agents/core/RequestTooLarge")(
  "RequestTooLarge",
  responseFields
) {
  override get message(): string {
    return describe(this)
  }
  /** True if trying again may help: only if the service said so. */
  get isRetryable(): boolean {
    return this.shouldRetry ?? false
  }
}

/**
 * Too many requests, or a spending cap is reached (429). `retryAfter` says when to come back; a spending cap gives none.
 * @category errors
 */
export class RateLimited extends Schema.TaggedError<RateLimited>("@effect-managed-agents/core/RateLimited")(
  "RateLimited",
  responseFields
) {
  override get message(): string {
    return describe(this)
  }
  /** True if trying again may help. */
  get isRetryable(): boolean {
    return this.shouldRetry ?? true
  }
}

/**
 * The service has no capacity at the moment (529).
 * @category errors
 */
export class Overloaded extends Schema.TaggedError<Overloaded>("@effect-managed-agents/core/Overloaded")(
  "Overloaded",
  responseFields
) {
  override get message(): string {
    return describe(this)
  }
  /** True if trying again may help. */
  get isRetryable(): boolean {
    return this.shouldRetry ?? true
  }
}

/**
 * The service failed (any other 5xx). Whether the request took effect is not known.
 * @category errors
 */
export class ServerError extends Schema.TaggedError<ServerError>("@effect-managed-agents/core/ServerError")(
  "ServerError",
  responseFields
) {
  override get message(): string {
    return describe(this)
  }
  /** True if trying again may help. */
  get isRetryable(): boolean {
    return this.shouldRetry ?? true
  }
}

/**
 * A status that the API does not document for this call, most often from a proxy in between.
 * @category errors
 */
export class UnexpectedStatus
  extends Schema.TaggedError<UnexpectedStatus>("@effect-managed-agents/core/UnexpectedStatus")(
    "UnexpectedStatus",
    responseFields
  )
{
  override get message(): string {
    return describe(this)
  }
  /** True if trying again may help: for 408, or if the service said so. */
  get isRetryable(): boolean {
    return this.shouldRetry ?? this.status === 408
  }
}

/**
 * No complete response: the connection could not be made, broke, no response head came in time, or there was no more to send.
 * @category errors
 */
export class TransportError extends Schema.TaggedError<TransportError>("@effect-managed-agents/core/TransportError")(
  "TransportError",
  {
    /** The operation that failed. */
    operation: Schema.String,
    /**
     * - `Refused`: there was no connection, so the request cannot have taken effect;
     * - `Connection`: the connection broke; the request may have taken effect;
     * - `Timeout`: no response head within the configured time; the request may have taken effect;
     * - `Body`: the response ended before its body was complete; the request was answered with `status`;
     * - `Source`: the file that was to be sent could not be read to its end, so the request was broken off.
     */
    reason: Schema.Literal("Refused", "Connection", "Timeout", "Body", "Source"),
    /** The report of the transport. */
    detail: Schema.String,
    /** The HTTP status, once a response head had come. */
    status: Schema.optional(Schema.Number),
    /** The request's id, once a response head had come. */
    requestId: Schema.optional(Schema.String)
  }
) {
  override get message(): string {
    return `${this.operation} failed: ${this.detail}`
  }
  /**
   * True if trying again may help: not if it is the source that failed. It is the caller's business whether the request may
   * take effect twice.
   */
  get isRetryable(): boolean {
    return this.reason !== "Source"
  }
}

/**
 * A response, or an event of a stream, that does not fit the API: another content type, a body that is not JSON, or a
 * value that breaks the schema of a type this version knows.
 * @category errors
 */
export class MalformedResponse
  extends Schema.TaggedError<MalformedResponse>("@effect-managed-agents/core/MalformedResponse")(
    "MalformedResponse",
    {
      /** The operation whose response it was. */
      operation: Schema.String,
      /**
       * The kind of damage: `Schema` is a response of the service that is not as it is documented; `MediaType` (a page in
       * place of JSON or events) and `Syntax` (no JSON, no event, or an answer of no kind) are the doing of a gateway or of
       * the transport.
       */
      reason: Schema.Literal("MediaType", "Syntax", "Schema"),
      /** The issues, each with its path. */
      issues: Schema.Array(Issue),
      /** The HTTP status. */
      status: Schema.optional(Schema.Number),
      /** The request's id. */
      requestId: Schema.optional(Schema.String),
      /** The id of the event, if an event of a stream was malformed and had one. */
      eventId: Schema.optional(Schema.String),
      /** The beginning of what arrived, without secrets. */
      excerpt: Schema.String
    }
  )
{
  override get message(): string {
    const event = this.eventId === undefined ? "" : ` in event ${this.eventId}`
    const request = this.requestId === undefined ? "" : ` (request ${this.requestId})`
    return `${this.operation} got a malformed response${event}: ${list(this.issues)}${request}`
  }
  /**
   * The same request would most likely get the same answer.
   */
  readonly isRetryable = false
}

/**
 * An event stream broke off: the connection died after it had been opened. What was emitted meanwhile is not replayed by
 * the service.
 * @category errors
 */
export class StreamInterrupted
  extends Schema.TaggedError<StreamInterrupted>("@effect-managed-agents/core/StreamInterrupted")(
    "StreamInterrupted",
    {
      /** The operation that had opened the stream. */
      operation: Schema.String,
      /** The report of the transport. */
      detail: Schema.String,
      /** The id of the request that had opened the stream. */
      requestId: Schema.optional(Schema.String)
    }
  )
{
  override get message(): string {
    return `${this.operation} was interrupted: ${this.detail}`
  }
  /**
   * Opening the stream again may help.
   */
  readonly isRetryable = true
}

/**
 * An event stream went silent: no byte came for longer than the caller allows, not even a heartbeat. Connections die so
 * when a network changes or a machine sleeps.
 * @category errors
 */
export class StreamStalled extends Schema.TaggedError<StreamStalled>("@effect-managed-agents/core/StreamStalled")(
  "StreamStalled",
  {
    /** The operation that had opened the stream. */
    operation: Schema.String,
    /** The time in which nothing had come. */
    silence: Schema.DurationFromMillis,
    /** The id of the request that had opened the stream. */
    requestId: Schema.optional(Schema.String)
  }
) {
  override get message(): string {
    return `${this.operation} was silent for ${Duration.format(this.silence)}`
  }
  /**
   * Opening the stream again may help.
   */
  readonly isRetryable = true
}

/**
 * Everything that can go wrong when talking to the service.
 * @category errors
 */
export const ApiError = Schema.Union(
  InvalidParams,
  InvalidRequest,
  Unauthorized,
  PaymentRequired,
  Forbidden,
  NotFound,
  Conflict,
  RequestTooLarge,
  RateLimited,
  Overloaded,
  ServerError,
  UnexpectedStatus,
  TransportError,
  MalformedResponse,
  StreamInterrupted,
  StreamStalled
)

/**
 * Everything that can go wrong when talking to the service.
 * @category errors
 */
export type ApiError =
  | InvalidParams
  | InvalidRequest
  | Unauthorized
  | PaymentRequired
  | Forbidden
  | NotFound
  | Conflict
  | RequestTooLarge
  | RateLimited
  | Overloaded
  | ServerError
  | UnexpectedStatus
  | TransportError
  | MalformedResponse
  | StreamInterrupted
  | StreamStalled
