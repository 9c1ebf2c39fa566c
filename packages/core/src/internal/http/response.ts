import * as Effect from "effect/Effect"
import * as ApiError from "../../ApiError.ts"
import type { MemoryId } from "../../Ids.ts"
import { retryAfter } from "./retry.ts"
import type { Scrub } from "./secrets.ts"
import { excerpt } from "./secrets.ts"

type Fields = ApiError.ResponseErrorFields

const byStatus = (fields: Fields): ApiError.ApiError => {
  switch (fields.status) {
    case 400:
    case 422:
      return new ApiError.InvalidRequest(fields)
    case 401:
      return new ApiError.Unauthorized(fields)
    case 402:
      return new ApiError.PaymentRequired(fields)
    case 403:
      return new ApiError.Forbidden(fields)
    case 404:
      return new ApiError.NotFound(fields)
    case 413:
      return new ApiError.RequestTooLarge(fields)
    case 429:
      return new ApiError.RateLimited(fields)
    case 529:
      return new ApiError.Overloaded(fields)
    default:
      return fields.status !== undefined && fields.status >= 500 && fields.status <= 599
        ? new ApiError.ServerError(fields)
        : new ApiError.UnexpectedStatus(fields)
  }
}

/** The kind of an error announced inside a stream, where only its type is known. */
const byType = (fields: Fields): ApiError.ApiError => {
  switch (fields.type) {
    case "invalid_request_error":
      return new ApiError.InvalidRequest(fields)
    case "authentication_error":
      return new ApiError.Unauthorized(fields)
    case "billing_error":
      return new ApiError.PaymentRequired(fields)
    case "permission_error":
      return new ApiError.Forbidden(fields)
    case "not_found_error":
      return new ApiError.NotFound(fields)
    case "conflict_error":
      return new ApiError.Conflict(fields)
    case "request_too_large":
      return new ApiError.RequestTooLarge(fields)
    case "rate_limit_error":
      return new ApiError.RateLimited(fields)
    case "overloaded_error":
      return new ApiError.Overloaded(fields)
    default:
      // `api_error`, `timeout_error`, and whatever the service adds: the stream was fine until the service failed
      return new ApiError.ServerError(fields)
  }
}

const field = (value: unknown, name: string): unknown =>
  // an object that is not null may be asked for any property
  typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined

const text = (value: unknown): string | undefined => typeof value === "string" && value !== "" ? value : undefined

const parse = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** Tells an error of the API by its envelope, where neither a status nor the name of a frame says so. */
export const isError = (value: unknown): boolean =>
  field(value, "type") === "error" && field(value, "error") !== undefined

/** Content of an error body, in the API's error shape or not. */
const fromBody = (body: string, scrub: Scrub) => {
  const json = parse(body)
  const error = field(json, "error")
  const clean = (value: unknown): string | undefined => {
    const found = text(value)
    return found === undefined ? undefined : excerpt(found, scrub)
  }
  return {
    type: clean(field(error, "type")),
    errorCode: clean(field(field(error, "details"), "error_code")),
    requestId: clean(field(json, "request_id")),
    detail: clean(field(error, "message")) ?? (body.trim() === "" ? "(empty body)" : excerpt(body, scrub))
  }
}

/** The memory that is in the way of another, as the error of memories names it. */
const inTheWay = (body: string, scrub: Scrub): Partial<ApiError.Conflict> => {
  const part = (name: string) => text(scrub(text(field(field(parse(body), "error"), name)) ?? ""))
  return {
    conflictingPath: part("conflicting_path"),
    // an id is any text
    conflictingMemoryId: part("conflicting_memory_id") as MemoryId | undefined
  }
}

/** The error that a response with a status outside 200–299 stands for. */
export const fromResponse = (
  operation: string,
  status: number,
  headers: { readonly [name: string]: string | undefined },
  body: string,
  scrub: Scrub
): Effect.Effect<ApiError.ApiError> =>
  Effect.map(retryAfter(headers), (after) => {
    const said = fromBody(body, scrub)
    const location = status >= 300 && status <= 399 ? text(headers["location"]) : undefined
    const verdict = headers["x-should-retry"]
    const fields: Fields = {
      operation,
      status,
      ...said,
      ...(location !== undefined && { detail: excerpt(`a redirect to ${location}, which is not followed`, scrub) }),
      requestId: requestId(headers, scrub) ?? said.requestId,
      retryAfter: after,
      shouldRetry: verdict === "true" ? true : verdict === "false" ? false : undefined
    }
    return status === 409 ? new ApiError.Conflict({ ...fields, ...inTheWay(body, scrub) }) : byStatus(fields)
  })

/** The error that an `error` frame inside an event stream stands for. */
export const fromErrorFrame = (
  operation: string,
  requestId: string | undefined,
  data: string,
  scrub: Scrub
): ApiError.ApiError => {
  const said = fromBody(data, scrub)
  return byType({ operation, ...said, requestId: said.requestId ?? requestId })
}

/** The request id in the response headers. */
export const requestId = (
  headers: { readonly [name: string]: string | undefined },
  scrub: Scrub
): string | undefined => {
  const id = text(headers["request-id"])
  return id === undefined ? undefined : excerpt(id, scrub)
}
