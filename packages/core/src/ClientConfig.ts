/**
 * Configuration of a client: address, credential, versions, limits.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { isWord, problemsOf as headerProblemsOf } from "./internal/http/headers.ts"

/**
 * The complete configuration of a client.
 * @category services
 */
export interface Service {
  /** The address of the API, without a trailing slash. A path prefix is kept. */
  readonly baseUrl: string
  /** The credential and the header it goes into, if the client is to send one. */
  readonly credential: Credential | undefined
  /** The value of the `anthropic-version` header. */
  readonly apiVersion: string
  /** The beta names sent with every request before those of its endpoint, in order; a call can add to them. */
  readonly betas: ReadonlyArray<string>
  /** Further headers sent with every request; their names in lower case. */
  readonly headers: { readonly [name: string]: string | Redacted.Redacted }
  /** The longest wait of one attempt for the response head. Reading a body or an event stream has no limit. */
  readonly timeout: Duration.Duration
  /** The largest event that is accepted on a stream, in characters. */
  readonly maxEventSize: number
}

/**
 * A credential, and how it is sent: `x-api-key: <secret>` or `Authorization: Bearer <secret>`.
 * @category models
 */
export interface Credential {
  readonly header: "x-api-key" | "authorization"
  readonly secret: Redacted.Redacted
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class ClientConfig extends Context.Tag("@effect-managed-agents/core/ClientConfig")<ClientConfig, Service>() {}

/**
 * Options of a configuration. Everything has a default but the credential, which may only be left out where something else,
 * such as a proxy, adds it.
 * @category options
 */
export interface Options {
  /**
   * The address of the API. A path prefix is kept, a trailing slash is dropped.
   *
   * @default "https://api.anthropic.com"
   */
  readonly baseUrl?: string | undefined
  /** An API key. Give this or `authToken`; if both are given, the API key is used. */
  readonly apiKey?: Redacted.Redacted | undefined
  /** A token, sent as `Authorization: Bearer …`. */
  readonly authToken?: Redacted.Redacted | undefined
  /**
   * The header in which the API key is sent. Newer clients of the service send it as a bearer token, older servers know only
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
   * Beta names to send in addition to those that an endpoint needs and always carries, mostly `managed-agents-2026-04-01`.
   *
   * @default []
   */
  readonly betas?: ReadonlyArray<string> | undefined
  /** The workspace to act in (`anthropic-workspace-id`), for credentials that are valid in several. */
  readonly workspaceId?: string | undefined
  /**
   * Further headers, except those that other options determine. A secret goes in as `Redacted`, so that it is shown
   * nowhere; headers made to carry one, such as `authorization` and `cookie`, are always treated as secret.
   *
   * @default {}
   */
  readonly headers?: { readonly [name: string]: string | Redacted.Redacted } | undefined
  /**
   * The longest wait of one attempt for the response head.
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
 * @category constants
 */
export const beta = "managed-agents-2026-04-01"

/**
 * The beta of memory stores and their memories, which the service refuses beside {@link beta}.
 * @category constants
 */
export const memoryBeta = "agent-memory-2026-07-22"

/** Headers that exist to carry a secret. */
const secretHeaders = new Set(["authorization", "cookie", "proxy-authorization", "x-api-key"])

/** Something that is wrong with an option. */
interface Problem {
  /** The option, with a path into it. */
  readonly option: string
  readonly message: string
}

const problemOfUrl = (text: string): string | undefined => {
  // the address is not shown: a query or a user name may be a secret
  if (!/^https?:\/\/[^\s?#]+$/i.test(text) || !URL.canParse(text)) {
    return "expected an http or https URL without query or fragment"
  }
  const { password, username } = new URL(text)
  return username === "" && password === "" ? undefined : "put a user name or password into a header instead"
}

const problemsOf = (config: Service): ReadonlyArray<Problem> => {
  const problems: Array<Problem> = []
  const check = (valid: boolean, option: string, message: string) => {
    if (!valid) problems.push({ option, message })
  }
  const url = problemOfUrl(config.baseUrl)
  check(url === undefined, "baseUrl", url ?? "")
  if (config.credential !== undefined) {
    const secret = Redacted.value(config.credential.secret)
    check(secret.trim() !== "", "apiKey or authToken", "is empty")
    check(
      secret.trim() === "" || isWord(secret),
      "apiKey or authToken",
      "contains characters that cannot stand in a header, perhaps a line break at its end"
    )
  }
  check(isWord(config.apiVersion), "apiVersion", "cannot stand in a header")
  for (const { message, path } of headerProblemsOf(config.betas, config.headers)) check(false, path, message)
  const credential = config.credential?.header
  if (credential !== undefined) {
    check(!(credential in config.headers), `headers.${credential}`, "is set from the credential")
  }
  check(Duration.greaterThan(config.timeout, Duration.zero), "timeout", "expected a duration above zero")
  check(config.maxEventSize > 0, "maxEventSize", "expected a number above 0")
  return problems
}

const credentialOf = ({ apiKey, apiKeyHeader = "x-api-key", authToken }: Options): Credential | undefined => {
  if (apiKey !== undefined) return { header: apiKeyHeader, secret: apiKey }
  return authToken === undefined ? undefined : { header: "authorization", secret: authToken }
}

const headersOf = ({ headers = {}, workspaceId }: Options): Service["headers"] => {
  const out: Record<string, string | Redacted.Redacted> = {}
  for (const [name, value] of Object.entries(headers)) {
    const key = name.toLowerCase()
    out[key] = typeof value === "string" && secretHeaders.has(key) ? Redacted.make(value) : value
  }
  if (workspaceId !== undefined) out["anthropic-workspace-id"] = workspaceId
  return out
}

/**
 * Completes the options, or fails with all that is wrong with them; a secret is never part of the message.
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Service, ConfigError.ConfigError> =>
  complete(options, (option) => option)

/** Completes options that people know by other names. */
const complete = (
  options: Options,
  named: (option: string) => string
): Effect.Effect<Service, ConfigError.ConfigError> => {
  const config: Service = {
    baseUrl: (options.baseUrl ?? "https://api.anthropic.com").replace(/\/+$/, ""),
    credential: credentialOf(options),
    apiVersion: options.apiVersion ?? "2023-06-01",
    betas: [...new Set(options.betas)],
    headers: headersOf(options),
    // a duration that cannot be read is refused with those that are too short
    timeout: Option.getOrElse(Duration.decodeUnknown(options.timeout ?? "10 minutes"), () => Duration.zero),
    maxEventSize: options.maxEventSize ?? 32 * 1024 * 1024
  }
  const problems = problemsOf(config)
  return problems.length === 0
    ? Effect.succeed(config)
    : Effect.fail(
      ConfigError.InvalidData([], problems.map(({ message, option }) => `${named(option)}: ${message}`).join("; "))
    )
}

/**
 * Provides {@link ClientConfig} from options.
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<ClientConfig, ConfigError.ConfigError> =>
  Layer.effect(ClientConfig, make(options))

/**
 * Provides {@link ClientConfig} from Effect `Config` values.
 * @category layers
 */
export const layerConfig = (
  options: Config.Config.Wrap<Options>
): Layer.Layer<ClientConfig, ConfigError.ConfigError> =>
  Layer.effect(ClientConfig, Effect.flatMap(Config.unwrap(options), make))

const optional = <A>(config: Config.Config<A>): Config.Config<A | undefined> =>
  Config.map(Config.option(config), Option.getOrUndefined)

const fromEnv: Config.Config<Options> = Config.all({
  apiKey: optional(Config.redacted(Config.nonEmptyString("ANTHROPIC_API_KEY"))),
  authToken: optional(Config.redacted(Config.nonEmptyString("ANTHROPIC_AUTH_TOKEN"))),
  baseUrl: optional(Config.nonEmptyString("ANTHROPIC_BASE_URL")),
  workspaceId: optional(Config.nonEmptyString("ANTHROPIC_WORKSPACE_ID"))
})

/**
 * Provides {@link ClientConfig} from the variables that the service's own tools read, through the current
 * `ConfigProvider` (by default the environment): `ANTHROPIC_API_KEY` or else `ANTHROPIC_AUTH_TOKEN`, one of which must be
 * set, and optionally `ANTHROPIC_BASE_URL` and `ANTHROPIC_WORKSPACE_ID`. A variable that is empty counts as not set.
 * @category layers
 */
export const layerEnv: Layer.Layer<ClientConfig, ConfigError.ConfigError> = Layer.effect(
  ClientConfig,
  Effect.flatMap(fromEnv, (options) =>
    options.apiKey === undefined && options.authToken === undefined
      ? Effect.fail(
        ConfigError.MissingData(["ANTHROPIC_API_KEY"], "expected ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN")
      )
      : complete(options, (option) => variables(options)[option] ?? option))
)

/** The variables that options are read from. */
const variables = ({ apiKey }: Options): { readonly [option: string]: string } => ({
  baseUrl: "ANTHROPIC_BASE_URL",
  "apiKey or authToken": apiKey === undefined ? "ANTHROPIC_AUTH_TOKEN" : "ANTHROPIC_API_KEY",
  "headers.anthropic-workspace-id": "ANTHROPIC_WORKSPACE_ID"
})
