/**
 * What can go wrong inside a session, as `session.error` events report it.
 *
 * These are values in the event stream, not failures of a request: for those see `ApiError`. What a program should do is
 * in `retry_status`, which every one of them has, including those this version does not know: read it with
 * {@link retryStatusOf}.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Ids from "./Ids.ts"
import * as wire from "./internal/wire.ts"

const Retrying_ = wire.struct("RetryStatusRetrying", {
  type: Schema.Literal("retrying")
})

/**
 * The service retries by itself: wait. The same error may come again, and at last as exhausted.
 *
 * @category models
 * @since 0.1.0
 */
export interface Retrying extends Schema.Schema.Type<typeof Retrying_> {}

/**
 * {@link Retrying} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface RetryingEncoded extends Schema.Schema.Encoded<typeof Retrying_> {}

/**
 * Schema of {@link Retrying}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Retrying: Schema.Schema<Retrying, RetryingEncoded> = Retrying_

const Exhausted_ = wire.struct("RetryStatusExhausted", {
  type: Schema.Literal("exhausted")
})

/**
 * The turn is dead and queued inputs are dropped; the session goes idle and takes a new message.
 *
 * @category models
 * @since 0.1.0
 */
export interface Exhausted extends Schema.Schema.Type<typeof Exhausted_> {}

/**
 * {@link Exhausted} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ExhaustedEncoded extends Schema.Schema.Encoded<typeof Exhausted_> {}

/**
 * Schema of {@link Exhausted}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Exhausted: Schema.Schema<Exhausted, ExhaustedEncoded> = Exhausted_

const Terminal_ = wire.struct("RetryStatusTerminal", {
  type: Schema.Literal("terminal")
})

/**
 * The session cannot go on and will be terminated.
 *
 * @category models
 * @since 0.1.0
 */
export interface Terminal extends Schema.Schema.Type<typeof Terminal_> {}

/**
 * {@link Terminal} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface TerminalEncoded extends Schema.Schema.Encoded<typeof Terminal_> {}

/**
 * Schema of {@link Terminal}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Terminal: Schema.Schema<Terminal, TerminalEncoded> = Terminal_

/**
 * What happens after an error in a session.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RetryStatus = wire.openUnion("RetryStatus", [
  Retrying,
  Exhausted,
  Terminal
])

/**
 * The values of {@link RetryStatus}.
 *
 * @category models
 * @since 0.1.0
 */
export type RetryStatus = typeof RetryStatus.Type

/**
 * {@link RetryStatus} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export type RetryStatusEncoded = typeof RetryStatus.Encoded

const common = {
  /** What went wrong, for people. */
  message: Schema.String,
  /** What happens next. */
  retry_status: RetryStatus
}

const mcp = {
  ...common,
  /** The MCP server, by its name in the agent's definition. */
  mcp_server_name: Schema.String
}

const repository = {
  /** What went wrong, for people. */
  message: Schema.String,
  /** What happens next. Said to be always `retrying`: the session goes on without the repository. */
  retry_status: RetryStatus,
  /** The repository. Absent or `null` when the service could not tell which. */
  repository_url: wire.nullish(Schema.String)
}

const UnknownError_ = wire.struct("UnknownError", {
  type: Schema.Literal("unknown_error"),
  ...common
})

/**
 * An error that has no type of its own.
 *
 * @category models
 * @since 0.1.0
 */
export interface UnknownError extends Schema.Schema.Type<typeof UnknownError_> {}

/**
 * {@link UnknownError} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface UnknownErrorEncoded extends Schema.Schema.Encoded<typeof UnknownError_> {}

/**
 * Schema of {@link UnknownError}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const UnknownError: Schema.Schema<UnknownError, UnknownErrorEncoded> = UnknownError_

const ModelOverloadedError_ = wire.struct("ModelOverloadedError", {
  type: Schema.Literal("model_overloaded_error"),
  ...common
})

/**
 * The model is overloaded.
 *
 * @category models
 * @since 0.1.0
 */
export interface ModelOverloadedError extends Schema.Schema.Type<typeof ModelOverloadedError_> {}

/**
 * {@link ModelOverloadedError} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ModelOverloadedErrorEncoded extends Schema.Schema.Encoded<typeof ModelOverloadedError_> {}

/**
 * Schema of {@link ModelOverloadedError}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ModelOverloadedError: Schema.Schema<ModelOverloadedError, ModelOverloadedErrorEncoded> =
  ModelOverloadedError_

const ModelRateLimitedError_ = wire.struct("ModelRateLimitedError", {
  type: Schema.Literal("model_rate_limited_error"),
  ...common
})

/**
 * A request to the model was rate limited.
 *
 * @category models
 * @since 0.1.0
 */
export interface ModelRateLimitedError extends Schema.Schema.Type<typeof ModelRateLimitedError_> {}

/**
 * {@link ModelRateLimitedError} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ModelRateLimitedErrorEncoded extends Schema.Schema.Encoded<typeof ModelRateLimitedError_> {}

/**
 * Schema of {@link ModelRateLimitedError}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ModelRateLimitedError: Schema.Schema<ModelRateLimitedError, ModelRateLimitedErrorEncoded> =
  ModelRateLimitedError_

const ModelRequestFailedError_ = wire.struct("ModelRequestFailedError", {
  type: Schema.Literal("model_request_failed_error"),
  ...common
})

/**
 * A request to the model failed for another reason than load or rate.
 *
 * @category models
 * @since 0.1.0
 */
export interface ModelRequestFailedError extends Schema.Schema.Type<typeof ModelRequestFailedError_> {}

/**
 * {@link ModelRequestFailedError} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ModelRequestFailedErrorEncoded extends Schema.Schema.Encoded<typeof ModelRequestFailedError_> {}

/**
 * Schema of {@link ModelRequestFailedError}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ModelRequestFailedError: Schema.Schema<ModelRequestFailedError, ModelRequestFailedErrorEncoded> =
  ModelRequestFailedError_

const McpConnectionFailedError_ = wire.struct("McpConnectionFailedError", {
  type: Schema.Literal("mcp_connection_failed_error"),
  ...mcp
})

/**
 * An MCP server could not be reached.
 *
 * @category models
 * @since 0.1.0
 */
export interface McpConnectionFailedError extends Schema.Schema.Type<typeof McpConnectionFailedError_> {}

/**
 * {@link McpConnectionFailedError} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface McpConnectionFailedErrorEncoded extends Schema.Schema.Encoded<typeof McpConnectionFailedError_> {}

/**
 * Schema of {@link McpConnectionFailedError}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const McpConnectionFailedError: Schema.Schema<McpConnectionFailedError, McpConnectionFailedErrorEncoded> =
  McpConnectionFailedError_

const McpAuthenticationFailedError_ = wire.struct("McpAuthenticationFailedError", {
  type: Schema.Literal("mcp_authentication_failed_error"),
  ...mcp
})

/**
 * An MCP server refused the credentials.
 *
 * @category models
 * @since 0.1.0
 */
export interface McpAuthenticationFailedError extends Schema.Schema.Type<typeof McpAuthenticationFailedError_> {}

/**
 * {@link McpAuthenticationFailedError} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface McpAuthenticationFailedErrorEncoded
  extends Schema.Schema.Encoded<typeof McpAuthenticationFailedError_>
{}

/**
 * Schema of {@link McpAuthenticationFailedError}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const McpAuthenticationFailedError: Schema.Schema<
  McpAuthenticationFailedError,
  McpAuthenticationFailedErrorEncoded
> = McpAuthenticationFailedError_

const BillingError_ = wire.struct("BillingError", {
  type: Schema.Literal("billing_error"),
  ...common
})

/**
 * The organization or workspace may not use a model: it is out of credits or at its spend limit. Only a change of
 * its billing helps.
 *
 * @category models
 * @since 0.1.0
 */
export interface BillingError extends Schema.Schema.Type<typeof BillingError_> {}

/**
 * {@link BillingError} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface BillingErrorEncoded extends Schema.Schema.Encoded<typeof BillingError_> {}

/**
 * Schema of {@link BillingError}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const BillingError: Schema.Schema<BillingError, BillingErrorEncoded> = BillingError_

const CredentialHostUnreachableError_ = wire.struct("CredentialHostUnreachableError", {
  type: Schema.Literal("credential_host_unreachable_error"),
  ...common,
  /** The credential. */
  credential_id: Ids.CredentialId,
  /** The vault that holds it. */
  vault_id: Ids.VaultId
})

/**
 * A credential may go to a host that the environment's network policy does not allow.
 *
 * @category models
 * @since 0.1.0
 */
export interface CredentialHostUnreachableError extends Schema.Schema.Type<typeof CredentialHostUnreachableError_> {}

/**
 * {@link CredentialHostUnreachableError} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface CredentialHostUnreachableErrorEncoded
  extends Schema.Schema.Encoded<typeof CredentialHostUnreachableError_>
{}

/**
 * Schema of {@link CredentialHostUnreachableError}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const CredentialHostUnreachableError: Schema.Schema<
  CredentialHostUnreachableError,
  CredentialHostUnreachableErrorEncoded
> = CredentialHostUnreachableError_

const ToolUseLimitReachedError_ = wire.struct("ToolUseLimitReachedError", {
  type: Schema.Literal("tool_use_limit_reached_error"),
  ...common
})

/**
 * The turn was stopped at the limit on rounds of tool calls. The next message starts a new turn.
 *
 * @category models
 * @since 0.1.0
 */
export interface ToolUseLimitReachedError extends Schema.Schema.Type<typeof ToolUseLimitReachedError_> {}

/**
 * {@link ToolUseLimitReachedError} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ToolUseLimitReachedErrorEncoded extends Schema.Schema.Encoded<typeof ToolUseLimitReachedError_> {}

/**
 * Schema of {@link ToolUseLimitReachedError}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ToolUseLimitReachedError: Schema.Schema<ToolUseLimitReachedError, ToolUseLimitReachedErrorEncoded> =
  ToolUseLimitReachedError_

const CompactionLimitReachedError_ = wire.struct("CompactionLimitReachedError", {
  type: Schema.Literal("compaction_limit_reached_error"),
  ...common
})

/**
 * The turn was stopped because the context was compacted too often in a row without a message or a tool call. The next
 * message starts a new turn.
 *
 * @category models
 * @since 0.1.0
 */
export interface CompactionLimitReachedError extends Schema.Schema.Type<typeof CompactionLimitReachedError_> {}

/**
 * {@link CompactionLimitReachedError} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface CompactionLimitReachedErrorEncoded
  extends Schema.Schema.Encoded<typeof CompactionLimitReachedError_>
{}

/**
 * Schema of {@link CompactionLimitReachedError}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const CompactionLimitReachedError: Schema.Schema<
  CompactionLimitReachedError,
  CompactionLimitReachedErrorEncoded
> = CompactionLimitReachedError_

const RepositoryAuthenticationError_ = wire.struct("RepositoryAuthenticationError", {
  type: Schema.Literal("repository_authentication_error"),
  ...repository
})

/**
 * The host of a repository refused the credentials, or wants some.
 *
 * @category models
 * @since 0.1.0
 */
export interface RepositoryAuthenticationError extends Schema.Schema.Type<typeof RepositoryAuthenticationError_> {}

/**
 * {@link RepositoryAuthenticationError} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface RepositoryAuthenticationErrorEncoded
  extends Schema.Schema.Encoded<typeof RepositoryAuthenticationError_>
{}

/**
 * Schema of {@link RepositoryAuthenticationError}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RepositoryAuthenticationError: Schema.Schema<
  RepositoryAuthenticationError,
  RepositoryAuthenticationErrorEncoded
> = RepositoryAuthenticationError_

const RepositoryForbiddenError_ = wire.struct("RepositoryForbiddenError", {
  type: Schema.Literal("repository_forbidden_error"),
  ...repository
})

/**
 * The host of a repository refused access to it.
 *
 * @category models
 * @since 0.1.0
 */
export interface RepositoryForbiddenError extends Schema.Schema.Type<typeof RepositoryForbiddenError_> {}

/**
 * {@link RepositoryForbiddenError} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface RepositoryForbiddenErrorEncoded extends Schema.Schema.Encoded<typeof RepositoryForbiddenError_> {}

/**
 * Schema of {@link RepositoryForbiddenError}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RepositoryForbiddenError: Schema.Schema<RepositoryForbiddenError, RepositoryForbiddenErrorEncoded> =
  RepositoryForbiddenError_

const RepositoryNotFoundError_ = wire.struct("RepositoryNotFoundError", {
  type: Schema.Literal("repository_not_found_error"),
  ...repository
})

/**
 * The host of a repository does not know it.
 *
 * @category models
 * @since 0.1.0
 */
export interface RepositoryNotFoundError extends Schema.Schema.Type<typeof RepositoryNotFoundError_> {}

/**
 * {@link RepositoryNotFoundError} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface RepositoryNotFoundErrorEncoded extends Schema.Schema.Encoded<typeof RepositoryNotFoundError_> {}

/**
 * Schema of {@link RepositoryNotFoundError}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RepositoryNotFoundError: Schema.Schema<RepositoryNotFoundError, RepositoryNotFoundErrorEncoded> =
  RepositoryNotFoundError_

const RepositoryCheckoutError_ = wire.struct("RepositoryCheckoutError", {
  type: Schema.Literal("repository_checkout_error"),
  ...repository
})

/**
 * The branch or commit to check out is not in the repository.
 *
 * @category models
 * @since 0.1.0
 */
export interface RepositoryCheckoutError extends Schema.Schema.Type<typeof RepositoryCheckoutError_> {}

/**
 * {@link RepositoryCheckoutError} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface RepositoryCheckoutErrorEncoded extends Schema.Schema.Encoded<typeof RepositoryCheckoutError_> {}

/**
 * Schema of {@link RepositoryCheckoutError}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RepositoryCheckoutError: Schema.Schema<RepositoryCheckoutError, RepositoryCheckoutErrorEncoded> =
  RepositoryCheckoutError_

const RepositoryCloneError_ = wire.struct("RepositoryCloneError", {
  type: Schema.Literal("repository_clone_error"),
  ...repository
})

/**
 * A repository could not be cloned.
 *
 * @category models
 * @since 0.1.0
 */
export interface RepositoryCloneError extends Schema.Schema.Type<typeof RepositoryCloneError_> {}

/**
 * {@link RepositoryCloneError} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface RepositoryCloneErrorEncoded extends Schema.Schema.Encoded<typeof RepositoryCloneError_> {}

/**
 * Schema of {@link RepositoryCloneError}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RepositoryCloneError: Schema.Schema<RepositoryCloneError, RepositoryCloneErrorEncoded> =
  RepositoryCloneError_

/**
 * What a `session.error` event carries.
 *
 * @category schemas
 * @since 0.1.0
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
 *
 * @category models
 * @since 0.1.0
 */
export type SessionFailure = typeof SessionFailure.Type

/**
 * {@link SessionFailure} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export type SessionFailureEncoded = typeof SessionFailure.Encoded

/**
 * What is said about the error, whichever it is.
 *
 * @category accessors
 * @since 0.1.0
 */
export const messageOf = (failure: SessionFailure): string => typeof failure.message === "string" ? failure.message : ""

/**
 * What happens after the error, whichever it is: `retrying`, `exhausted`, `terminal`, or a word that this version does
 * not know. `undefined` if an error that this version does not know says nothing about it.
 *
 * @category accessors
 * @since 0.1.0
 */
export const retryStatusOf = (failure: SessionFailure): string | undefined => {
  const status = failure.retry_status
  return typeof status === "object" && status !== null && "type" in status && typeof status.type === "string"
    ? status.type
    : undefined
}
