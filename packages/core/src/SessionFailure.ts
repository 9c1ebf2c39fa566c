/**
 * Failures inside a session, as `session.error` events report it.
 *
 * These are values in the event stream, not failures of a request: for those see `ApiError`. What a program should do
 * is in `retry_status`, which every one of them has, including those this version does not know: read it with
 * {@link retryStatusOf}.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Ids from "./Ids.ts"
import * as wire from "./internal/schema/wire.ts"

/**
 * The service retries by itself: wait. The same error may come again, and at last as exhausted.
 * @category schemas
 */
export class Retrying extends wire.Struct<Retrying>()("RetryStatusRetrying", {
  type: Schema.Literal("retrying")
}) {}

/**
 * The turn is dead and queued inputs are dropped; the session goes idle and takes a new message.
 * @category schemas
 */
export class Exhausted extends wire.Struct<Exhausted>()("RetryStatusExhausted", {
  type: Schema.Literal("exhausted")
}) {}

/**
 * The session cannot go on and will be terminated.
 * @category schemas
 */
export class Terminal extends wire.Struct<Terminal>()("RetryStatusTerminal", {
  type: Schema.Literal("terminal")
}) {}

/**
 * Reaction to an error in a session.
 * @category schemas
 */
export const RetryStatus = wire.openUnion("RetryStatus", [
  Retrying,
  Exhausted,
  Terminal
])

/**
 * The values of {@link RetryStatus}.
 * @category models
 */
export type RetryStatus = wire.Named<typeof RetryStatus>["union" | "name"]

const common = {
  /** The message, for people. */
  message: Schema.String,
  /** The reaction. */
  retry_status: RetryStatus
}

const mcp = {
  ...common,
  /** The MCP server, by its name in the agent's definition. */
  mcp_server_name: Schema.String
}

const repository = {
  /** The message, for people. */
  message: Schema.String,
  /** The reaction. Said to be always `retrying`: the session goes on without the repository. */
  retry_status: RetryStatus,
  /** The repository. Absent or `null` when the service could not tell which. */
  repository_url: wire.nullish(Schema.String)
}

/**
 * An error that has no type of its own.
 * @category schemas
 */
export class UnknownError extends wire.Struct<UnknownError>()("UnknownError", {
  type: Schema.Literal("unknown_error"),
  ...common
}) {}

/**
 * The model is overloaded.
 * @category schemas
 */
export class ModelOverloadedError extends wire.Struct<ModelOverloadedError>()("ModelOverloadedError", {
  type: Schema.Literal("model_overloaded_error"),
  ...common
}) {}

/**
 * A request to the model was rate limited.
 * @category schemas
 */
export class ModelRateLimitedError extends wire.Struct<ModelRateLimitedError>()("ModelRateLimitedError", {
  type: Schema.Literal("model_rate_limited_error"),
  ...common
}) {}

/**
 * A request to the model failed for another reason than load or rate.
 * @category schemas
 */
export class ModelRequestFailedError extends wire.Struct<ModelRequestFailedError>()("ModelRequestFailedError", {
  type: Schema.Literal("model_request_failed_error"),
  ...common
}) {}

/**
 * An MCP server could not be reached.
 * @category schemas
 */
export class McpConnectionFailedError extends wire.Struct<McpConnectionFailedError>()("McpConnectionFailedError", {
  type: Schema.Literal("mcp_connection_failed_error"),
  ...mcp
}) {}

/**
 * An MCP server refused the credentials.
 * @category schemas
 */
export class McpAuthenticationFailedError
  extends wire.Struct<McpAuthenticationFailedError>()("McpAuthenticationFailedError", {
    type: Schema.Literal("mcp_authentication_failed_error"),
    ...mcp
  })
{}

/**
 * The organization or workspace may not use a model: it is out of credits or at its spend limit. Only a change of
 * its billing helps.
 * @category schemas
 */
export class BillingError extends wire.Struct<BillingError>()("BillingError", {
  type: Schema.Literal("billing_error"),
  ...common
}) {}

/**
 * A credential may go to a host that the environment's network policy does not allow.
 * @category schemas
 */
export class CredentialHostUnreachableError
  extends wire.Struct<CredentialHostUnreachableError>()("CredentialHostUnreachableError", {
    type: Schema.Literal("credential_host_unreachable_error"),
    ...common,
    /** The credential. */
    credential_id: Ids.CredentialId,
    /** The vault that holds it. */
    vault_id: Ids.VaultId
  })
{}

/**
 * The turn was stopped at the limit on rounds of tool calls. The next message starts a new turn.
 * @category schemas
 */
export class ToolUseLimitReachedError extends wire.Struct<ToolUseLimitReachedError>()("ToolUseLimitReachedError", {
  type: Schema.Literal("tool_use_limit_reached_error"),
  ...common
}) {}

/**
 * The turn was stopped because the context was compacted too often in a row without a message or a tool call. The next
 * message starts a new turn.
 * @category schemas
 */
export class CompactionLimitReachedError
  extends wire.Struct<CompactionLimitReachedError>()("CompactionLimitReachedError", {
    type: Schema.Literal("compaction_limit_reached_error"),
    ...common
  })
{}

/**
 * The host of a repository refused the credentials, or wants some.
 * @category schemas
 */
export class RepositoryAuthenticationError
  extends wire.Struct<RepositoryAuthenticationError>()("RepositoryAuthenticationError", {
    type: Schema.Literal("repository_authentication_error"),
    ...repository
  })
{}

/**
 * The host of a repository refused access to it.
 * @category schemas
 */
export class RepositoryForbiddenError extends wire.Struct<RepositoryForbiddenError>()("RepositoryForbiddenError", {
  type: Schema.Literal("repository_forbidden_error"),
  ...repository
}) {}

/**
 * The host of a repository does not know it.
 * @category schemas
 */
export class RepositoryNotFoundError extends wire.Struct<RepositoryNotFoundError>()("RepositoryNotFoundError", {
  type: Schema.Literal("repository_not_found_error"),
  ...repository
}) {}

/**
 * The branch or commit to check out is not in the repository.
 * @category schemas
 */
export class RepositoryCheckoutError extends wire.Struct<RepositoryCheckoutError>()("RepositoryCheckoutError", {
  type: Schema.Literal("repository_checkout_error"),
  ...repository
}) {}

/**
 * A repository could not be cloned.
 * @category schemas
 */
export class RepositoryCloneError extends wire.Struct<RepositoryCloneError>()("RepositoryCloneError", {
  type: Schema.Literal("repository_clone_error"),
  ...repository
}) {}

/**
 * Failure in a `session.error` event.
 * @category schemas
 */
export const SessionFailure = wire.openUnion("SessionFailure", [
  UnknownError,
  ModelOverloadedError,
  ModelRateLimitedError,
  ModelRequestFailedError,
  McpConnectionFailedError,
  McpAuthenticationFailedError,
  BillingError,
  CredentialHostUnreachableError,
  ToolUseLimitReachedError,
  CompactionLimitReachedError,
  RepositoryAuthenticationError,
  RepositoryForbiddenError,
  RepositoryNotFoundError,
  RepositoryCheckoutError,
  RepositoryCloneError
])

/**
 * The values of {@link SessionFailure}.
 * @category models
 */
export type SessionFailure = wire.Named<typeof SessionFailure>["union" | "name"]

/**
 * The message of the error, whichever it is.
 * @category accessors
 */
export const messageOf = (failure: SessionFailure): string => typeof failure.message === "string" ? failure.message : ""

/**
 * The reaction to the error, whichever it is: `retrying`, `exhausted`, `terminal`, or a word that this version does
 * not know. `undefined` if an error that this version does not know says nothing about it.
 * @category accessors
 */
export const retryStatusOf = (failure: SessionFailure): string | undefined => {
  const status = failure.retry_status
  return typeof status === "object" && status !== null && "type" in status && typeof status.type === "string"
    ? status.type
    : undefined
}
