/**
 * Where the service is and how to talk to it: address, credential, versions, limits.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"

/**
 * The complete configuration of a client.
 *
 * @category services
 * @since 0.1.0
 */
export interface Service {
  /** Where the API is, without a trailing slash. A path prefix is kept. */
  readonly baseUrl: string
  /** The credential and the header it goes into, if the client is to send one. */
  readonly credential: Credential | undefined
  /** The value of the `anthropic-version` header. */
  readonly apiVersion: string
  /** The beta names sent with every request, in order; a call can add to them. */
  readonly betas: ReadonlyArray<string>
  /** Further headers sent with every request. */
  readonly headers: { readonly [name: string]: string | Redacted.Redacted }
  /** How long one attempt may wait for the response head. Reading a body or an event stream has no limit. */
  readonly timeout: Duration.Duration
  /** The largest event that is accepted on a stream, in characters. */
  readonly maxEventSize: number
}

/**
 * A credential, and how it is sent: `x-api-key: <secret>` or `Authorization: Bearer <secret>`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Credential {
  readonly header: "x-api-key" | "authorization"
  readonly secret: Redacted.Redacted
}

/**
 * Tag for {@link Service}.
 *
 * @category services
 * @since 0.1.0
 */
export class ClientConfig extends Context.Tag("@effect-managed-agents/core/ClientConfig")<ClientConfig, Service>() {}

/**
 * What can be configured. Everything has a default but the credential, which may only be left out where something else,
 * such as a proxy, adds it.
 *
 * @category options
 * @since 0.1.0
 */
export interface Options {
  /**
   * Where the API is. A path prefix is kept, a trailing slash is dropped.
   *
   * @default "https://api.anthropic.com"
   */
  readonly baseUrl?: string | undefined
  /** An API key. Give this or `authToken`; if both are given, the API key is used. */
  readonly apiKey?: Redacted.Redacted | undefined
  /** A token, sent as `Authorization: Bearer …`. */
  readonly authToken?: Redacted.Redacted | undefined
  /**
   * How the API key is sent. Newer clients of the service send it as a bearer token, older servers know only
   * `x-api-key`; the service accepts both.
   *
   * @default "x-api-key"
   */
  readonly apiKeyHeader?: "x-api-key" | "authorization" | undefined
  /**
   * The value of the `anthropic-version` header.
   *
   * @default "2023-06-01"
   */
  readonly apiVersion?: string | undefined
  /**
   * Beta names to send in addition to `managed-agents-2026-04-01`, which every request needs and always carries.
   *
   * @default []
   */
  readonly betas?: ReadonlyArray<string> | undefined
  /** The workspace to act in (`anthropic-workspace-id`), for credentials that are valid in several. */
  readonly workspaceId?: string | undefined
  /**
   * Further headers. A secret goes in as `Redacted`, so that it is shown nowhere.
   *
   * @default {}
   */
  readonly headers?: { readonly [name: string]: string | Redacted.Redacted } | undefined
  /**
   * How long one attempt may wait for the response head.
   *
   * @default "10 minutes"
   */
  readonly timeout?: Duration.DurationInput | undefined
  /**
   * The largest event that is accepted on a stream, in characters. A larger one fails the stream, so that a broken
   * server cannot fill the memory.
   *
   * @default 33554432 (32 Mi)
   */
  readonly maxEventSize?: number | undefined
}

/**
 * The beta that opens the Sessions API.
 *
 * @category constants
 * @since 0.1.0
 */
export const beta = "managed-agents-2026-04-01"

const problems = (options: Options): ReadonlyArray<string> => {
  const out: Array<string> = []
  if (options.baseUrl !== undefined && !/^https?:\/\/[^\s?#]+$/.test(options.baseUrl)) {
    out.push(`baseUrl: expected an http or https URL without query or fragment, got ${JSON.stringify(options.baseUrl)}`)
  }
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    const text = Redacted.isRedacted(value) ? Redacted.value(value) : value
    // the value is not shown: it may be a secret
    if (/[\r\n\0]/.test(String(text))) out.push(`headers.${name}: a header value cannot contain a line break`)
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) out.push(`headers: ${JSON.stringify(name)} is not a header name`)
  }
  for (const [name, secret] of [["apiKey", options.apiKey], ["authToken", options.authToken]] as const) {
    if (secret === undefined) continue
    const text = Redacted.value(secret)
    if (text.trim() === "") out.push(`${name}: is empty`)
    else if (!/^[\x21-\x7e]+$/.test(text)) {
      out.push(`${name}: contains characters that cannot stand in a header, perhaps a line break at its end`)
    }
  }
  if (options.maxEventSize !== undefined && !(options.maxEventSize > 0)) {
    out.push(`maxEventSize: expected a number above 0, got ${options.maxEventSize}`)
  }
  return out
}

/**
 * Completes the options. Fails with what is wrong with them; a secret is never part of the message.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options = {}): Effect.Effect<Service, ConfigError.ConfigError> => {
  const wrong = problems(options)
  if (wrong.length > 0) return Effect.fail(ConfigError.InvalidData([], wrong.join("; ")))
  const apiKey = options.apiKey === undefined
    ? undefined
    : { header: options.apiKeyHeader ?? "x-api-key", secret: options.apiKey } as const
  const authToken = options.authToken === undefined
    ? undefined
    : { header: "authorization", secret: options.authToken } as const
  return Effect.succeed({
    baseUrl: (options.baseUrl ?? "https://api.anthropic.com").replace(/\/+$/, ""),
    credential: apiKey ?? authToken,
    apiVersion: options.apiVersion ?? "2023-06-01",
    betas: [...new Set([...(options.betas ?? []), beta])],
    headers: {
      ...options.headers,
      ...(options.workspaceId === undefined ? {} : { "anthropic-workspace-id": options.workspaceId })
    },
    timeout: Duration.decode(options.timeout ?? "10 minutes"),
    maxEventSize: options.maxEventSize ?? 32 * 1024 * 1024
  })
}

/**
 * Provides {@link ClientConfig} from options.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options = {}): Layer.Layer<ClientConfig, ConfigError.ConfigError> =>
  Layer.effect(ClientConfig, make(options))

/**
 * Provides {@link ClientConfig} from Effect `Config` values.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (
  options: Config.Config.Wrap<Options>
): Layer.Layer<ClientConfig, ConfigError.ConfigError> =>
  Layer.effect(ClientConfig, Effect.flatMap(Config.unwrap(options), make))

const optional = <A>(config: Config.Config<A>): Config.Config<A | undefined> =>
  Config.map(Config.option(config), Option.getOrUndefined)

const fromEnv: Config.Config<Options> = Config.all({
  apiKey: optional(Config.redacted("ANTHROPIC_API_KEY")),
  authToken: optional(Config.redacted("ANTHROPIC_AUTH_TOKEN")),
  baseUrl: optional(Config.nonEmptyString("ANTHROPIC_BASE_URL")),
  workspaceId: optional(Config.nonEmptyString("ANTHROPIC_WORKSPACE_ID"))
}).pipe(
  Config.mapOrFail((options) =>
    options.apiKey === undefined && options.authToken === undefined
      ? Either.left(ConfigError.MissingData(["ANTHROPIC_API_KEY"], "expected ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN"))
      : Either.right(options)
  )
)

/**
 * Provides {@link ClientConfig} from the variables that the service's own tools read, through the current
 * `ConfigProvider` (by default the environment): `ANTHROPIC_API_KEY` or else `ANTHROPIC_AUTH_TOKEN`, one of which must be
 * set, and optionally `ANTHROPIC_BASE_URL` and `ANTHROPIC_WORKSPACE_ID`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerEnv: Layer.Layer<ClientConfig, ConfigError.ConfigError> = Layer.effect(
  ClientConfig,
  Effect.flatMap(fromEnv, make)
)
