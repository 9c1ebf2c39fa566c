/**
 * Errors of the service as an HTTP server answers them: with a status, a body that says what a client of the server may know,
 * and tags of their own, so that they stand beside the errors of an `HttpApi`.
 *
 * The detail of a failure that is the server's business (a wrong key, an answer that does not fit) is left out.
 *
 * @since 0.1.0
 */
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import type { ApiError } from "./ApiError.ts"
import { Issue } from "./ApiError.ts"

const statuses = {
  UpstreamInvalidRequest: 400,
  UpstreamNotFound: 404,
  UpstreamConflict: 409,
  UpstreamFailure: 502,
  UpstreamUnavailable: 503
}

const fields = {
  /** For people to read. */
  message: Schema.String,
  /** The request to the service, to quote when asking its operators. */
  requestId: Schema.optional(Schema.String)
}

/**
 * The service does not take what it was sent, such as a text that is too long (400).
 * @category errors
 */
export class UpstreamInvalidRequest
  extends Schema.TaggedError<UpstreamInvalidRequest>("@effect-managed-agents/core/UpstreamInvalidRequest")(
    "UpstreamInvalidRequest",
    {
      ...fields,
      /** The issues that the client found by itself, each with its path. */
      issues: Schema.optional(Schema.Array(Issue))
    },
    HttpApiSchema.annotations({ status: statuses.UpstreamInvalidRequest })
  )
{
  /** Sending the same again cannot help. */
  readonly isRetryable = false
}

/**
 * There is no such session, or no such thing in it (404).
 * @category errors
 */
export class UpstreamNotFound
  extends Schema.TaggedError<UpstreamNotFound>("@effect-managed-agents/core/UpstreamNotFound")(
    "UpstreamNotFound",
    fields,
    HttpApiSchema.annotations({ status: statuses.UpstreamNotFound })
  )
{
  /** Sending the same again cannot help. */
  readonly isRetryable = false
}

/**
 * The session is in another state (409).
 * @category errors
 */
export class UpstreamConflict
  extends Schema.TaggedError<UpstreamConflict>("@effect-managed-agents/core/UpstreamConflict")(
    "UpstreamConflict",
    {
      ...fields,
      /** The calls that have to be answered first; empty if it is something else. */
      waitingFor: Schema.Array(Schema.String)
    },
    HttpApiSchema.annotations({ status: statuses.UpstreamConflict })
  )
{
  /** Sending the same again cannot help. */
  readonly isRetryable = false
}

/**
 * The service did not do it, or gave an answer that is of no use (502).
 * @category errors
 */
export class UpstreamFailure extends Schema.TaggedError<UpstreamFailure>("@effect-managed-agents/core/UpstreamFailure")(
  "UpstreamFailure",
  fields,
  HttpApiSchema.annotations({ status: statuses.UpstreamFailure })
) {
  /** Sending the same again cannot help. */
  readonly isRetryable = false
}

/**
 * The service cannot be reached, or has no capacity; trying again may help (503).
 * @category errors
 */
export class UpstreamUnavailable
  extends Schema.TaggedError<UpstreamUnavailable>("@effect-managed-agents/core/UpstreamUnavailable")(
    "UpstreamUnavailable",
    {
      ...fields,
      /** The delay before the next try that the service asked for, in seconds. */
      retryAfter: Schema.optional(Schema.Number)
    },
    HttpApiSchema.annotations({ status: statuses.UpstreamUnavailable })
  )
{
  /** Trying again may help. */
  readonly isRetryable = true
}

/**
 * Every error, for `addError` of an endpoint.
 * @category errors
 */
export const UpstreamError = Schema.Union(
  UpstreamInvalidRequest,
  UpstreamNotFound,
  UpstreamConflict,
  UpstreamFailure,
  UpstreamUnavailable
)

/**
 * Every error.
 * @category errors
 */
export type UpstreamError =
  | UpstreamInvalidRequest
  | UpstreamNotFound
  | UpstreamConflict
  | UpstreamFailure
  | UpstreamUnavailable

/**
 * The error to answer with.
 *
 * @example
 * ```ts
 * import * as Conversation from "@effect-managed-agents/core/Conversation"
 * import type { SessionId } from "@effect-managed-agents/core/Ids"
 * import * as UpstreamError from "@effect-managed-agents/core/UpstreamError"
 * import * as Effect from "effect/Effect"
 *
 * // the handler of an endpoint with `.addError(UpstreamError.UpstreamError)`
 * export const ask = (id: SessionId, text: string) =>
 *   Effect.mapError(Conversation.turn(id, text), UpstreamError.fromApiError)
 * ```
 *
 * @category conversions
 */
export const fromApiError = (error: ApiError): UpstreamError => {
  const requestId = "requestId" in error ? error.requestId : undefined
  switch (error._tag) {
    case "InvalidParams":
      return new UpstreamInvalidRequest({ message: "The request does not fit.", issues: error.issues })
    case "InvalidRequest":
      return error.waitingFor.length > 0
        ? new UpstreamConflict({
          message: "The session waits for answers to calls.",
          waitingFor: error.waitingFor,
          requestId
        })
        : new UpstreamInvalidRequest({ message: error.detail, requestId })
    case "RequestTooLarge":
      return new UpstreamInvalidRequest({ message: "The request is too large.", requestId })
    case "Conflict":
      return new UpstreamConflict({ message: error.detail, waitingFor: [], requestId })
    case "NotFound":
      return error.isFromApi
        ? new UpstreamNotFound({ message: "There is no such session.", requestId })
        : failure(requestId)
    case "RateLimited":
    case "Overloaded":
      return new UpstreamUnavailable({
        message: "The agents are busy.",
        requestId,
        ...(error.retryAfter !== undefined && { retryAfter: Math.ceil(Duration.toSeconds(error.retryAfter)) })
      })
    case "TransportError":
    case "StreamInterrupted":
    case "StreamStalled":
      return new UpstreamUnavailable({ message: "The agents cannot be reached.", requestId })
    default:
      return failure(requestId)
  }
}

const failure = (requestId: string | undefined) =>
  new UpstreamFailure({ message: "The agents could not be used.", requestId })

/**
 * The response of a server without an `HttpApi`: the same status and body, and `retry-after` where the service asked for one.
 * @category conversions
 */
export const toResponse = (error: ApiError): HttpServerResponse.HttpServerResponse => {
  const answer = fromApiError(error)
  const retryAfter = "retryAfter" in answer ? answer.retryAfter : undefined
  return HttpServerResponse.unsafeJson(Schema.encodeSync(UpstreamError)(answer), {
    status: statuses[answer._tag],
    ...(retryAfter !== undefined && { headers: { "retry-after": String(retryAfter) } })
  })
}
