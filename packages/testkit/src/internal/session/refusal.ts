import * as Either from "effect/Either"

/** A request that is answered with an error. */
export interface Refusal {
  readonly status: number
  readonly type: string
  readonly message: string
  /** `error.details.error_code`. */
  readonly code?: string
  /** More of `error.details`. */
  readonly details?: Readonly<Record<string, unknown>>
  /** Further fields of `error`. */
  readonly fields?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  /** As a run of a deployment names it when its session is refused. */
  readonly reason?: Reason
}

/** The reasons for which no session of a deployment can be created until somebody changes something. */
export type Reason =
  | "agent_archived_error"
  | "environment_archived_error"
  | "environment_not_found_error"
  | "file_not_found_error"
  | "mcp_egress_blocked_error"
  | "memory_store_archived_error"
  | "self_hosted_resources_unsupported_error"
  | "session_resource_not_found_error"
  | "skill_not_found_error"
  | "vault_archived_error"
  | "vault_not_found_error"

/** Result of a request: an answer or a refusal. */
export type Ruling<A> = Either.Either<A, Refusal>

const refuse = (refusal: Refusal): Either.Either<never, Refusal> => Either.left(refusal)

/** 400: nearly everything that may not be done. */
export const invalid = (message: string, code?: string): Either.Either<never, Refusal> =>
  refuse({ status: 400, type: "invalid_request_error", message, ...(code !== undefined && { code }) })

/** Names the reason of a refusal. */
export const because = <A>(reason: Reason, ruling: Ruling<A>): Ruling<A> =>
  Either.mapLeft(ruling, (wrong) => ({ ...wrong, reason }))

/** 401. */
export const unauthenticated = (message: string): Either.Either<never, Refusal> =>
  refuse({ status: 401, type: "authentication_error", message })

/** 403. */
export const forbidden = (message: string): Either.Either<never, Refusal> =>
  refuse({ status: 403, type: "permission_error", message })

/** 404. */
export const notFound = (message: string, code?: string): Either.Either<never, Refusal> =>
  refuse({ status: 404, type: "not_found_error", message, ...(code !== undefined && { code }) })

/** 404 of a path that does not exist, which a client must not try again. */
export const noSuchPath: Either.Either<never, Refusal> = refuse({
  status: 404,
  type: "not_found_error",
  message: "Not found",
  headers: { "x-should-retry": "false" }
})

/** 405. */
export const wrongMethod = (allowed: ReadonlyArray<string>): Either.Either<never, Refusal> =>
  refuse({
    status: 405,
    type: "invalid_request_error",
    message: "Method Not Allowed",
    headers: { allow: allowed.join(", "), "x-should-retry": "false" }
  })

/** 409: what is to be changed has changed meanwhile, or is in use. */
export const conflict = (message: string): Either.Either<never, Refusal> =>
  refuse({ status: 409, type: "invalid_request_error", message, headers: { "x-should-retry": "false" } })

/** 412: what is to be changed is not as the client takes it to be. */
export const precondition = (message: string, code: string, current: object): Either.Either<never, Refusal> =>
  refuse({
    status: 412,
    type: "precondition_failed_error",
    message,
    code,
    details: { current_state: current },
    headers: { "x-should-retry": "false" }
  })

const final = { "x-should-retry": "false" }

/** 409: a memory is in the way of another. */
export const pathConflict = (path: string, memoryId: string): Either.Either<never, Refusal> =>
  refuse({
    status: 409,
    type: "memory_path_conflict_error",
    message: `The path is taken by, or overlaps, ${path}.`,
    fields: { conflicting_memory_id: memoryId, conflicting_path: path },
    headers: final
  })

/** 409: a memory is not as it was expected. */
export const preconditionFailed: Either.Either<never, Refusal> = refuse({
  status: 409,
  type: "memory_precondition_failed_error",
  message: "The content of the memory does not have the expected hash.",
  headers: final
})

/** 413. */
export const tooLarge: Either.Either<never, Refusal> = refuse({
  status: 413,
  type: "request_too_large",
  message: "Request exceeds the maximum size"
})

/** 415. */
export const unsupported = (
  message: string,
  headers: Readonly<Record<string, string>> = {}
): Either.Either<never, Refusal> => refuse({ status: 415, type: "invalid_request_error", message, headers })

/** 429. */
export const rateLimited = (retryAfter: number): Either.Either<never, Refusal> =>
  refuse({
    status: 429,
    type: "rate_limit_error",
    message: "This request would exceed the rate limit of your organization. Please try again later.",
    headers: { "retry-after": String(retryAfter) }
  })

/** 501: the service can do it and the simulator cannot. */
export const notImplemented = (what: string): Either.Either<never, Refusal> =>
  refuse({
    status: 501,
    type: "not_implemented",
    message: `The simulator does not model ${what}.`,
    headers: { "x-should-retry": "false" }
  })
