import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import type { Issue } from "../../ApiError.ts"
import { InvalidParams } from "../../ApiError.ts"
import type * as ClientConfig from "../../ClientConfig.ts"
import { beta, memoryBeta } from "../../ClientConfig.ts"
import type * as Endpoint from "../../Endpoint.ts"
import { fromParseIssue } from "../schema/explain.ts"
import * as wellFormed from "../schema/wellFormed.ts"
import type { Sources } from "./encoding.ts"
import { type Headers, isWord, problemsOf as headerProblemsOf, textOf } from "./headers.ts"
import type { Scrub } from "./secrets.ts"
import { scrubber } from "./secrets.ts"

/** The arguments of a call, whatever its endpoint. */
export interface Input {
  readonly path?: { readonly [name: string]: string }
  readonly query?: unknown
  readonly body?: unknown
}

/** One call of an endpoint, while it runs. */
export interface Call {
  readonly endpoint: Endpoint.Any
  readonly scrub: Scrub
  readonly sources: Sources
}

/** A call that begins. */
export const begin = (endpoint: Endpoint.Any, config: ClientConfig.Service, input: Input, options: Options): Call => ({
  endpoint,
  scrub: scrubber(config, input, options),
  sources: { failure: undefined, isSpent: false }
})

/** Options of a single call, beside the configuration. */
export interface Options {
  /** Beta names to send in addition to the configured ones. */
  readonly betas?: ReadonlyArray<string> | undefined
  /**
   * A token, sent as `Authorization: Bearer …` in place of the configured credential: such as the key of an environment, or
   * what a work item of it came with.
   */
  readonly authToken?: Redacted.Redacted | undefined
  /** Further headers, in place of configured ones of the same name, except those that other options determine. */
  readonly headers?: Headers | undefined
}

/** Options of opening a stream. */
export interface StreamOptions extends Options {
  /**
   * The longest silence while the stream is read. In an event stream the service sends a heartbeat about every 15 seconds,
   * which counts; a reader that is busy with something else does not. When the time is up, the stream fails with
   * `StreamStalled`.
   *
   * @default no limit
   */
  readonly maxSilence?: Duration.DurationInput | undefined
}

const percentEncode = (text: string): string | undefined => {
  try {
    return encodeURIComponent(text)
  } catch {
    // a lone surrogate
    return undefined
  }
}

const invalidText: Issue["message"] = "expected a text that is valid Unicode"

/** Ids that a server would read as another path, or not at all. */
const unsafeId = /^(\.|\.\.|;.*)?$/s

const pathname = (path: string, params: { readonly [name: string]: string }, issues: Array<Issue>): string =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const id: unknown = params[name]
    const valid = typeof id === "string" && !unsafeId.test(id)
    const encoded = valid ? percentEncode(id) : undefined
    if (encoded === undefined) {
      issues.push({
        path: name,
        message: valid ? invalidText : "expected an id: not empty, not a path of dots, no `;` first"
      })
    }
    return encoded ?? ""
  })

const queryString = (query: unknown, issues: Array<Issue>): string => {
  if (typeof query !== "object" || query === null) return ""
  const pairs: Array<string> = []
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined) continue
    const name = percentEncode(Array.isArray(value) ? `${key}[]` : key)
    for (const item of Array.isArray(value) ? value : [value]) {
      const text = item === null ? "" : percentEncode(String(item))
      if (name === undefined || text === undefined) issues.push({ path: key, message: invalidText })
      else pairs.push(`${name}=${text}`)
    }
  }
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`
}

/** The problem of a member of a body, if it has one. */
type Check = (key: string, item: unknown) => string | undefined

/** Collects the problems of a body's members, however deep. What is wrong is not looked into. */
const inspect = (
  value: unknown,
  check: Check,
  issues: Array<Issue>,
  path: ReadonlyArray<string> = [],
  seen = new Set<unknown>()
): void => {
  if (typeof value !== "object" || value === null || seen.has(value)) return
  seen.add(value)
  for (const [key, item] of Object.entries(value)) {
    const message = check(key, item)
    if (message !== undefined) issues.push({ path: [...path, key].join("."), message })
    else if (typeof item === "object") inspect(item, check, issues, [...path, key], seen)
  }
}

/** Encoding would lose such a member. */
const checkName: Check = (key) =>
  key === "__proto__" ? "expected another name: no object can have a property of this one" : undefined

const checkEncoded: Check = (key, item) => {
  if (wellFormed.isLone(key) || (typeof item === "string" && wellFormed.isLone(item))) {
    return "expected whole characters: the text was cut inside of one"
  }
  // a part of a kind that this version does not know is sent as it is
  return Redacted.isRedacted(item) ? "expected a plain value: no secret is known to be here" : undefined
}

const encoders = new WeakMap<object, (value: unknown) => Effect.Effect<unknown, ParseResult.ParseIssue>>()

/** A value as the schema writes it. */
const encode = (
  schema: Schema.Schema.All | undefined,
  value: unknown
): Effect.Effect<unknown, ParseResult.ParseIssue> => {
  if (schema === undefined) return Effect.succeed(undefined)
  let encoder = encoders.get(schema)
  if (encoder === undefined) {
    // all errors at once, so that a caller can mend them at once; no schema of a request needs services
    encoder = ParseResult.encodeUnknown(schema as Schema.Schema<unknown>, { errors: "all" })
    encoders.set(schema, encoder)
  }
  return encoder(value)
}

/** Errors are JSON whatever is asked for. */
const accepted: { readonly [Kind in Endpoint.Any["kind"]]: string } = {
  json: "application/json",
  events: "text/event-stream, application/json",
  bytes: "application/binary, application/json"
}

const betasOf = (endpoint: Endpoint.Any, config: ClientConfig.Service, options: Options): ReadonlySet<string> =>
  new Set([...(options.betas ?? []), ...config.betas, ...endpoint.betas])

const headersOf = (
  endpoint: Endpoint.Any,
  config: ClientConfig.Service,
  options: Options
): Record<string, string> => {
  const credential = options.authToken === undefined
    ? config.credential
    : { header: "authorization", secret: options.authToken }
  const out: Record<string, string> = {}
  for (const [name, value] of Object.entries(config.headers)) out[name] = textOf(value)
  for (const [name, value] of Object.entries(options.headers ?? {})) out[name.toLowerCase()] = textOf(value)
  out["accept"] = accepted[endpoint.kind]
  // a gateway that compresses holds events back until it has enough of them, and leaves no length to check
  if (endpoint.kind !== "json") out["accept-encoding"] = "identity"
  out["anthropic-version"] = config.apiVersion
  const betas = betasOf(endpoint, config, options)
  if (betas.size > 0) out["anthropic-beta"] = [...betas].join(",")
  if (credential !== undefined) {
    const secret = Redacted.value(credential.secret)
    out[credential.header] = credential.header === "authorization" ? `Bearer ${secret}` : secret
  }
  return out
}

const isPositive = (duration: Duration.DurationInput): boolean =>
  Option.exists(Duration.decodeUnknown(duration), Duration.greaterThan(Duration.zero))

const problemsOf = ({ authToken, betas = [], headers = {} }: Options): ReadonlyArray<Issue> => {
  const problems = headerProblemsOf(betas, headers)
  return authToken === undefined || (Redacted.isRedacted(authToken) && isWord(Redacted.value(authToken)))
    ? problems
    : [...problems, { path: "authToken", message: "expected a redacted token that can stand in a header" }]
}

/** Builds the request of a call, or says what is wrong with its arguments. */
export const make = (
  { endpoint, scrub, sources }: Call,
  config: ClientConfig.Service,
  input: Input,
  options: StreamOptions
): Effect.Effect<HttpClientRequest.HttpClientRequest, InvalidParams> =>
  Effect.gen(function*() {
    const issues: Array<Issue> = []
    const path = pathname(endpoint.path, input.path ?? {}, issues)
    const collect = (issue: ParseResult.ParseIssue) =>
      Effect.sync(() => void issues.push(...fromParseIssue(issue, scrub)))
    const query = input.query === undefined
      ? ""
      : queryString(yield* Effect.catchAll(encode(endpoint.query, input.query), collect), issues)
    const body = yield* Effect.catchAll(encode(endpoint.body, input.body), collect)
    issues.push(...problemsOf(options))
    const betas = betasOf(endpoint, config, options)
    if (betas.has(beta) && betas.has(memoryBeta)) {
      const message = `must not have both ${beta} and ${memoryBeta}`
      issues.push({ path: "betas", message })
    }
    if (options.maxSilence !== undefined && !isPositive(options.maxSilence)) {
      issues.push({ path: "maxSilence", message: "expected a duration above zero" })
    }
    inspect(input.body, checkName, issues)
    inspect(body, checkEncoded, issues)
    if (issues.length > 0) return yield* new InvalidParams({ operation: endpoint.name, issues })
    const request = HttpClientRequest.make(endpoint.method)(`${config.baseUrl}${path}${query}`, {
      headers: headersOf(endpoint, config, options)
    })
    if (body === undefined) return request
    return yield* Effect.matchEffect(endpoint.encoding.write(body, sources), {
      onFailure: (issues) => Effect.fail(new InvalidParams({ operation: endpoint.name, issues })),
      onSuccess: (written) => Effect.succeed(HttpClientRequest.setBody(request, written))
    })
  })
