/**
 * Credentials in a vault. Their secrets go in, as `Redacted`, and no answer has them.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { CredentialId, VaultId } from "./Ids.ts"
import { Metadata, MetadataPatch } from "./internal/schema/metadata.ts"
import * as params from "./internal/schema/params.ts"
import * as wire from "./internal/schema/wire.ts"
import { Timestamp } from "./Timestamp.ts"

/**
 * Every host that the environment lets a sandbox reach.
 * @category schemas
 */
export class UnrestrictedHosts extends wire.Struct<UnrestrictedHosts>()("UnrestrictedHosts", {
  type: Schema.Literal("unrestricted")
}) {}

/**
 * Some hosts only.
 * @category schemas
 */
export class LimitedHosts extends wire.Struct<LimitedHosts>()("LimitedHosts", {
  type: Schema.Literal("limited"),
  /** The hosts. `*.example.com` stands for every host below `example.com`, without that itself. */
  allowed_hosts: Schema.Array(Schema.String)
}) {}

/**
 * The hosts that a secret is sent to.
 * @category schemas
 */
export const Hosts = wire.openUnion("CredentialHosts", [UnrestrictedHosts, LimitedHosts])

/**
 * The values of {@link Hosts}.
 * @category models
 */
export type Hosts = wire.Named<typeof Hosts>["union" | "name"]

/**
 * The parts of a request in which a placeholder becomes the secret.
 * @category schemas
 */
export class InjectionLocation extends wire.Struct<InjectionLocation>()("InjectionLocation", {
  /** True for the body. */
  body: Schema.Boolean,
  /** True for the values of headers. */
  header: Schema.Boolean
}) {}

/**
 * A client that the token endpoint does not authenticate.
 * @category schemas
 */
export class NoClientAuth extends wire.Struct<NoClientAuth>()("NoClientAuth", {
  type: Schema.Literal("none")
}) {}

const BasicClientAuth = wire.struct("BasicClientAuth", { type: Schema.Literal("client_secret_basic") })
const PostClientAuth = wire.struct("PostClientAuth", { type: Schema.Literal("client_secret_post") })

/**
 * Authentication of the client at the token endpoint.
 * @category schemas
 */
export const ClientAuth = wire.openUnion("ClientAuth", [NoClientAuth, BasicClientAuth, PostClientAuth])

/**
 * The values of {@link ClientAuth}.
 * @category models
 */
export type ClientAuth = wire.Named<typeof ClientAuth>["union" | "name"]

/**
 * Renewal of an access token that has expired.
 * @category schemas
 */
export class Refresh extends wire.Struct<Refresh>()("CredentialRefresh", {
  /** The OAuth client. */
  client_id: Schema.String,
  /** The address that gives new tokens. */
  token_endpoint: Schema.String,
  /** Authentication of the client at that address. */
  token_endpoint_auth: ClientAuth,
  /** The OAuth resource indicator. */
  resource: wire.nullish(Schema.String),
  /** The OAuth scope. */
  scope: wire.nullish(Schema.String)
}) {}

/**
 * An OAuth token for an MCP server.
 * @category schemas
 */
export class McpOAuth extends wire.Struct<McpOAuth>()("McpOAuth", {
  type: Schema.Literal("mcp_oauth"),
  /** The server. */
  mcp_server_url: Schema.String,
  /** When the access token expires; absent or `null` if nobody knows. */
  expires_at: wire.nullish(Timestamp),
  /** Absent or `null` for a token that cannot be renewed. */
  refresh: wire.nullish(Refresh)
}) {}

/**
 * A token for an MCP server that is always the same.
 * @category schemas
 */
export class StaticBearer extends wire.Struct<StaticBearer>()("StaticBearer", {
  type: Schema.Literal("static_bearer"),
  /** The server. */
  mcp_server_url: Schema.String
}) {}

/**
 * A secret for what runs in the sandbox: there, an environment variable holds a placeholder, which becomes the secret in
 * requests that leave it.
 * @category schemas
 */
export class EnvironmentVariable extends wire.Struct<EnvironmentVariable>()("EnvironmentVariable", {
  type: Schema.Literal("environment_variable"),
  /** The name of the variable. */
  secret_name: Schema.String,
  /** The hosts that the secret is sent to. */
  networking: Hosts,
  /** The parts of a request that may have it. */
  injection_location: InjectionLocation
}) {}

/**
 * The kind of a credential, without its secrets.
 * @category schemas
 */
export const Auth = wire.openUnion("CredentialAuth", [McpOAuth, StaticBearer, EnvironmentVariable])

/**
 * The values of {@link Auth}.
 * @category models
 */
export type Auth = wire.Named<typeof Auth>["union" | "name"]

/**
 * A credential in a vault, without its secrets.
 * @category schemas
 */
export class Credential extends wire.Struct<Credential>()("Credential", {
  type: Schema.Literal("vault_credential"),
  /** Names the credential in every other call. */
  id: CredentialId,
  /** The vault that it is in. */
  vault_id: VaultId,
  /** For people to read; absent or `null` if there is none. */
  display_name: wire.nullish(Schema.String),
  /** Its kind, and what it is for. */
  auth: Auth,
  /** Pairs of one's own. */
  metadata: Schema.Record({ key: Schema.String, value: Schema.String }),
  /** When the credential was created. */
  created_at: Timestamp,
  /** When the credential last changed. */
  updated_at: Timestamp,
  /** `null` for a credential that is not archived. */
  archived_at: Schema.NullOr(Timestamp)
}) {}

/**
 * The confirmation that a credential is gone.
 * @category schemas
 */
export class DeletedCredential extends wire.Struct<DeletedCredential>()("DeletedCredential", {
  type: Schema.Literal("vault_credential_deleted"),
  /** The credential that is gone. */
  id: CredentialId
}) {}

/**
 * The answer of a server that was tried, without secrets.
 * @category schemas
 */
export class HttpResponse extends wire.Struct<HttpResponse>()("CredentialHttpResponse", {
  /** The HTTP status. */
  status_code: wire.number,
  /** The `content-type`. */
  content_type: Schema.String,
  /** The body, or its beginning. */
  body: Schema.String,
  /** True if it is the beginning. */
  body_truncated: Schema.Boolean
}) {}

/**
 * The step at which an MCP server refused a credential.
 * @category schemas
 */
export class McpProbe extends wire.Struct<McpProbe>()("McpProbe", {
  /** The method that failed, such as `initialize`. */
  method: Schema.String,
  /** `null` if the server gave none. */
  http_response: Schema.NullOr(HttpResponse)
}) {}

/**
 * An attempt to renew an access token.
 * @category schemas
 */
export class RefreshAttempt extends wire.Struct<RefreshAttempt>()("RefreshAttempt", {
  /** Its end; `connect_error` if the token endpoint could not be reached. */
  status: wire.openString("RefreshStatus", "succeeded", "failed", "connect_error", "no_refresh_token"),
  /** The answer of the token endpoint, if it is `failed`. */
  http_response: Schema.NullOr(HttpResponse)
}) {}

/**
 * The result of a validation.
 * @category schemas
 */
export class Validation extends wire.Struct<Validation>()("CredentialValidation", {
  type: Schema.Literal("vault_credential_validation"),
  /** The credential. */
  credential_id: CredentialId,
  /** The vault that it is in. */
  vault_id: VaultId,
  /**
   * The verdict. `invalid`: the server refused the credential, or there is no token, and most often its owner has to authorize
   * again. `unknown`: the service could not find out; validate again.
   */
  status: wire.openString("ValidationStatus", "valid", "invalid", "unknown"),
  /** True if there is a refresh token. */
  has_refresh_token: Schema.Boolean,
  /** The step that failed; `null` if none did, or if there was no token to try. */
  mcp_probe: Schema.NullOr(McpProbe),
  /** The attempt to renew the token after a 401; `null` if there was none. */
  refresh: Schema.NullOr(RefreshAttempt),
  /** When the credential was tried. */
  validated_at: Timestamp
}) {}

const secret = Schema.Redacted(params.nonEmptyText)
const newSecret = Schema.optional(Schema.NullOr(Schema.Redacted(params.nonEmptyText)))

const host = params.matching(
  /^(\*\.)?[^\s:/?#@*[\]]+$/,
  "a host name, an IPv4 address or `*.` and a host name, without port and path"
)

/**
 * The hosts that a secret may be sent to, at most 16.
 * @category schemas
 */
export class LimitedHostsParams extends wire.Struct<LimitedHostsParams>()("LimitedHostsParams", {
  type: Schema.Literal("limited"),
  /** Host names, IPv4 addresses, or `*.example.com` for every host below `example.com`. */
  allowed_hosts: params.list(host, { max: 16 })
}) {}

/**
 * The hosts that a secret may be sent to.
 * @category schemas
 */
export const HostsParams = wire.openUnion("CredentialHostsParams", [UnrestrictedHosts, LimitedHostsParams])

/**
 * The values of {@link HostsParams}.
 * @category models
 */
export type HostsParams = wire.Named<typeof HostsParams>["union" | "name"]

/**
 * The parts of a request in which a placeholder may become the secret. In an update, what is absent stays, and one of the two
 * has to be left.
 * @category schemas
 */
export class InjectionLocationParams extends wire.Struct<InjectionLocationParams>()("InjectionLocationParams", {
  /** True for the body. */
  body: Schema.optional(Schema.Boolean),
  /** True for the values of headers. */
  header: Schema.optional(Schema.Boolean)
}) {}

const clientSecret = <const Type extends string>(identifier: string, type: Type) =>
  wire.struct(identifier, {
    type: Schema.Literal(type),
    /** The client secret. */
    client_secret: secret
  })

/**
 * Authentication of the client at the token endpoint, with its secret.
 * @category schemas
 */
export const ClientAuthParams = wire.openUnion("ClientAuthParams", [
  NoClientAuth,
  clientSecret("BasicClientAuthParams", "client_secret_basic"),
  clientSecret("PostClientAuthParams", "client_secret_post")
])

/**
 * The values of {@link ClientAuthParams}.
 * @category models
 */
export type ClientAuthParams = wire.Named<typeof ClientAuthParams>["union" | "name"]

/**
 * Renewal of an access token, with its secrets.
 * @category schemas
 */
export class RefreshParams extends wire.Struct<RefreshParams>()("CredentialRefreshParams", {
  /** The OAuth client, which can never change. */
  client_id: Schema.String,
  /** The refresh token. */
  refresh_token: secret,
  /** The address that gives new tokens. */
  token_endpoint: Schema.String,
  /** Authentication of the client at that address. */
  token_endpoint_auth: ClientAuthParams,
  /** The OAuth resource indicator. */
  resource: Schema.optional(Schema.NullOr(Schema.String)),
  /** The OAuth scope. */
  scope: Schema.optional(Schema.NullOr(Schema.String))
}) {}

/**
 * Parameters of an OAuth token for an MCP server.
 * @category schemas
 */
export class McpOAuthParams extends wire.Struct<McpOAuthParams>()("McpOAuthParams", {
  type: Schema.Literal("mcp_oauth"),
  /** The access token. */
  access_token: secret,
  /** The server, which can never change. */
  mcp_server_url: Schema.String,
  /** When the access token expires, in the future. */
  expires_at: Schema.optional(Schema.NullOr(Timestamp)),
  /** Renewal of the access token. */
  refresh: Schema.optional(Schema.NullOr(RefreshParams))
}) {}

/**
 * Parameters of a token for an MCP server that is always the same.
 * @category schemas
 */
export class StaticBearerParams extends wire.Struct<StaticBearerParams>()("StaticBearerParams", {
  type: Schema.Literal("static_bearer"),
  /** The token. */
  token: secret,
  /** The server, which can never change. */
  mcp_server_url: Schema.String
}) {}

/**
 * Parameters of a secret for what runs in the sandbox.
 * @category schemas
 */
export class EnvironmentVariableParams extends wire.Struct<EnvironmentVariableParams>()("EnvironmentVariableParams", {
  type: Schema.Literal("environment_variable"),
  /** The name of the variable, which can never change. */
  secret_name: Schema.String,
  /** The secret. */
  secret_value: secret,
  /** The hosts that it may be sent to. */
  networking: HostsParams,
  /** The parts of a request that may have it. */
  injection_location: Schema.optional(InjectionLocationParams)
}) {}

/**
 * Kind and secrets of a new credential.
 * @category schemas
 */
export const AuthParams = wire.openUnion("CredentialAuthParams", [
  McpOAuthParams,
  StaticBearerParams,
  EnvironmentVariableParams
])

/**
 * The values of {@link AuthParams}.
 * @category models
 */
export type AuthParams = wire.Named<typeof AuthParams>["union" | "name"]

const newClientSecret = <const Type extends string>(identifier: string, type: Type) =>
  wire.struct(identifier, {
    type: Schema.Literal(type),
    /** The new client secret. The credential keeps the way in which it is sent. */
    client_secret: newSecret
  })

/**
 * The new client secret of a credential that has one.
 * @category schemas
 */
export const ClientAuthUpdate = wire.openUnion("ClientAuthUpdate", [
  newClientSecret("BasicClientAuthUpdate", "client_secret_basic"),
  newClientSecret("PostClientAuthUpdate", "client_secret_post")
])

/**
 * The values of {@link ClientAuthUpdate}.
 * @category models
 */
export type ClientAuthUpdate = wire.Named<typeof ClientAuthUpdate>["union" | "name"]

/**
 * Changes to the renewal of an access token.
 * @category schemas
 */
export class RefreshUpdate extends wire.Struct<RefreshUpdate>()("CredentialRefreshUpdate", {
  /** The new refresh token. */
  refresh_token: newSecret,
  /** The new OAuth scope; empty for none. */
  scope: Schema.optional(Schema.NullOr(Schema.String)),
  /** The new client secret. */
  token_endpoint_auth: Schema.optional(ClientAuthUpdate)
}) {}

/**
 * Changes to an OAuth token for an MCP server.
 * @category schemas
 */
export class McpOAuthUpdate extends wire.Struct<McpOAuthUpdate>()("McpOAuthUpdate", {
  type: Schema.Literal("mcp_oauth"),
  /** The new access token. It has the expiry of the old one unless `expires_at` is given as well. */
  access_token: newSecret,
  /** When the access token expires, in the future. */
  expires_at: Schema.optional(Schema.NullOr(Timestamp)),
  /** Changes to the renewal. */
  refresh: Schema.optional(Schema.NullOr(RefreshUpdate))
}) {}

/**
 * Changes to a token for an MCP server that is always the same.
 * @category schemas
 */
export class StaticBearerUpdate extends wire.Struct<StaticBearerUpdate>()("StaticBearerUpdate", {
  type: Schema.Literal("static_bearer"),
  /** The new token. */
  token: newSecret
}) {}

/**
 * Changes to a secret for what runs in the sandbox.
 * @category schemas
 */
export class EnvironmentVariableUpdate extends wire.Struct<EnvironmentVariableUpdate>()("EnvironmentVariableUpdate", {
  type: Schema.Literal("environment_variable"),
  /** The new secret. */
  secret_value: newSecret,
  /** The hosts that it may be sent to; replaces all. */
  networking: Schema.optional(Schema.NullOr(HostsParams)),
  /** The parts of a request that may have it. */
  injection_location: Schema.optional(InjectionLocationParams)
}) {}

/**
 * Changes to the secrets of a credential, of the kind that it has.
 * @category schemas
 */
export const AuthUpdate = wire.openUnion("CredentialAuthUpdate", [
  McpOAuthUpdate,
  StaticBearerUpdate,
  EnvironmentVariableUpdate
])

/**
 * The values of {@link AuthUpdate}.
 * @category models
 */
export type AuthUpdate = wire.Named<typeof AuthUpdate>["union" | "name"]

/**
 * Parameters of a new credential. A vault has at most 20.
 * @category schemas
 */
export class CreateParams extends wire.Struct<CreateParams>()("CreateCredentialParams", {
  /** Kind and secrets. */
  auth: AuthParams,
  /** For people to read: at most 255 characters. */
  display_name: Schema.optional(Schema.NullOr(params.text({ max: 255 }))),
  /** At most 16 pairs, keys of at most 64 and values of at most 512 characters. */
  metadata: Schema.optional(Metadata)
}) {}

/**
 * Changes to a credential; what is absent or `null` stays.
 * @category schemas
 */
export class UpdateParams extends wire.Struct<UpdateParams>()("UpdateCredentialParams", {
  /** Of the kind that the credential has. */
  auth: Schema.optional(AuthUpdate),
  /** For people to read: 1 to 255 characters. */
  display_name: Schema.optional(Schema.NullOr(params.text({ nonEmpty: true, max: 255 }))),
  /** A patch: `null` removes a key, and keys that are not mentioned stay. */
  metadata: Schema.optional(Schema.NullOr(MetadataPatch))
}) {}

/**
 * Which credentials of a vault to list.
 * @category schemas
 */
export class ListParams extends wire.Struct<ListParams>()("ListCredentialsParams", {
  /** True to include archived credentials; the default is `false`. */
  include_archived: Schema.optional(Schema.Boolean),
  /** Credentials per page. */
  limit: Schema.optional(params.integer({ min: 1 })),
  /** The cursor of a page; `null` stands for the first one. */
  page: Schema.optional(Schema.NullOr(Schema.String))
}) {}
