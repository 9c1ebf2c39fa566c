import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Redacted from "effect/Redacted"
import { InvalidParams } from "../ApiError.ts"
import type * as Schema from "effect/Schema"
import type { Issue } from "../ApiError.ts"
import type * as ClientConfig from "../ClientConfig.ts"
import type * as Endpoint from "../Endpoint.ts"
import { fromParseIssue } from "./explain.ts"

/** What every call may carry, whatever its endpoint. */
export interface Input {
  readonly path?: { readonly [name: string]: string }
  readonly query?: unknown
  readonly body?: unknown
}

const invalid = (operation: string, issues: ReadonlyArray<Issue>) => new InvalidParams({ operation, issues })

/** Ids that a server would read as another path, or not at all. */
const unsafeId = /^(|\.|\.\.|;.*)$/

const path = (endpoint: Endpoint.Any, params: { readonly [name: string]: string }): string | InvalidParams => {
  const issues: Array<Issue> = []
  const out = endpoint.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value: unknown = params[name]
    if (typeof value !== "string" || unsafeId.test(value)) {
      issues.push({ path: name, message: `expected an id, got ${JSON.stringify(value)}` })
      return ""
    }
    try {
      return encodeURIComponent(value)
    } catch {
      issues.push({ path: name, message: "expected an id that is valid Unicode" })
      return ""
    }
  })
  return issues.length > 0 ? invalid(endpoint.name, issues) : out
}

const queryString = (encoded: unknown): string => {
  if (typeof encoded !== "object" || encoded === null) return ""
  const pairs: Array<string> = []
  const push = (key: string, value: unknown) =>
    pairs.push(`${encodeURIComponent(key)}=${value === null ? "" : encodeURIComponent(String(value))}`)
  for (const [key, value] of Object.entries(encoded)) {
    if (value === undefined) continue
    if (Array.isArray(value)) for (const item of value) push(`${key}[]`, item)
    else push(key, value)
  }
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`
}

const encoders = new WeakMap<object, (value: unknown) => Effect.Effect<unknown, ParseResult.ParseIssue>>()

const encode = (
  endpoint: Endpoint.Any,
  schema: Schema.Schema.All,
  value: unknown
): Effect.Effect<unknown, InvalidParams> => {
  let encoder = encoders.get(schema)
  if (encoder === undefined) {
    // all errors at once, so that a caller can mend them at once; a field this version does not know is passed on
    // no schema of a request needs services
    encoder = ParseResult.encodeUnknown(schema as Schema.Schema<unknown>, { errors: "all", onExcessProperty: "preserve" })
    encoders.set(schema, encoder)
  }
  return Effect.mapError(
    encoder(value),
    (issue) => invalid(endpoint.name, fromParseIssue(issue))
  )
}

/** What one call adds to, or replaces in, what the configuration says. */
export interface Options {
  /** Beta names to send in addition to the configured ones. */
  readonly betas?: ReadonlyArray<string> | undefined
}

/** Builds the request of a call, or says what is wrong with its arguments. */
export const make = (
  endpoint: Endpoint.Any,
  config: ClientConfig.Service,
  input: Input,
  options: Options
): Effect.Effect<HttpClientRequest.HttpClientRequest, InvalidParams> =>
  Effect.gen(function*() {
    const pathname = path(endpoint, input.path ?? {})
    if (typeof pathname !== "string") return yield* pathname
    const query = endpoint.query === undefined || input.query === undefined
      ? undefined
      : yield* encode(endpoint, endpoint.query, input.query)
    const body = endpoint.body === undefined ? undefined : yield* encode(endpoint, endpoint.body, input.body)
    const betas = options.betas === undefined ? config.betas : [...new Set([...options.betas, ...config.betas])]
    const headers: Record<string, string> = {
      accept: endpoint.kind === "events" ? "text/event-stream" : "application/json",
      "anthropic-version": config.apiVersion,
      "anthropic-beta": betas.join(",")
    }
    for (const [name, value] of Object.entries(config.headers)) {
      headers[name.toLowerCase()] = Redacted.isRedacted(value) ? Redacted.value(value) : value
    }
    if (config.credential !== undefined) {
      const secret = Redacted.value(config.credential.secret)
      headers[config.credential.header] = config.credential.header === "authorization" ? `Bearer ${secret}` : secret
    }
    const request = HttpClientRequest.make(endpoint.method)(`${config.baseUrl}${pathname}${queryString(query)}`, { headers })
    return body === undefined ? request : HttpClientRequest.bodyUnsafeJson(request, body)
  })
