import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import { TransportError } from "../../ApiError.ts"
import type { Call } from "./request.ts"
import type { Scrub } from "./secrets.ts"
import { excerpt } from "./secrets.ts"
import { timeLimitWithin } from "./timeLimit.ts"

/** The depth to which chains of causes are followed; they may be circular. */
const maxDepth = 6

/** The report of a transport: the messages of an error and of its causes, without repetition. */
export const describe = (error: unknown, scrub: Scrub): string => {
  const messages: Array<string> = []
  // the platform's own error says no more than the request; what happened is in its cause
  let current = HttpClientError.isHttpClientError(error) && error.cause !== undefined ? error.cause : error
  for (let depth = 0; depth < maxDepth && current instanceof Error; depth++) {
    const { message } = current
    if (message !== "" && !messages.some((m) => m.includes(message))) messages.push(message)
    current = current.cause
  }
  return excerpt(messages.length === 0 ? String(error) : messages.join(": "), scrub)
}

/** Failures of the attempt to connect, in Node, undici and Bun: not a byte of the request can have reached a server. */
const refused = new Set<unknown>([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT",
  "ConnectionRefused"
])

const wasRefused = (error: unknown, depth = 0): boolean => {
  if (typeof error !== "object" || error === null || depth === maxDepth) return false
  if ("code" in error && refused.has(error.code)) return true
  // an unreachable host, for example, may also be reported by a connection that has been in use
  if ("syscall" in error && (error.syscall === "connect" || error.syscall === "getaddrinfo")) return true
  if ("errors" in error && Array.isArray(error.errors) && error.errors.length > 0) {
    // several addresses of one host were tried
    return error.errors.every((each) => wasRefused(each, depth + 1))
  }
  return "cause" in error && wasRefused(error.cause, depth + 1)
}

/** The connection of a request. */
export interface Connection {
  /** It is released when this scope closes, also when the body was not read to its end. */
  readonly scope: Scope.Scope
  /** The time that the head of the response may take. */
  readonly timeout: Duration.Duration
}

/** Sends the request of a call and awaits the response head, whatever its status. */
export type Transport = (
  call: Call,
  message: HttpClientRequest,
  connection: Connection
) => Effect.Effect<HttpClientResponse, TransportError>

/** The transport on the given `HttpClient`. */
export const make: Effect.Effect<Transport, never, HttpClient.HttpClient> = Effect.map(
  HttpClient.HttpClient,
  (client): Transport => {
    const http = HttpClient.withScope(client)
    return (call, message, { scope, timeout }) =>
      Effect.flatMap(Effect.runtime<never>(), (runtime) =>
        timeLimitWithin(
          within(runtime, scope, { redirect: "manual", ...call.sources.init }),
          Effect.catchAll(http.execute(message), recover(call)),
          {
            duration: timeout,
            onTimeout: () =>
              new TransportError({
                operation: call.endpoint.name,
                reason: "Timeout",
                detail: `no response within ${Duration.format(timeout)}`
              })
          }
        ))
  }
)

/**
 * The runtime of a request.
 *
 * It follows no redirect: `fetch` would make a GET of a POST, take its answer for that of the POST, and hand the credentials
 * to another origin. The span of a call is made elsewhere, without headers and query; nothing about the caller's traces is
 * sent out.
 */
const within = (
  runtime: Runtime.Runtime<never>,
  scope: Scope.Scope,
  init: RequestInit
): Runtime.Runtime<Scope.Scope> =>
  runtime.pipe(
    Runtime.updateContext((context: Context.Context<never>) =>
      context.pipe(
        Context.add(Scope.Scope, scope),
        Context.add(FetchHttpClient.RequestInit, {
          ...Option.getOrUndefined(Context.getOption(context, FetchHttpClient.RequestInit)),
          ...init
        })
      )
    ),
    Runtime.setFiberRef(HttpClient.currentTracerDisabledWhen, untraced)
  )

const untraced = () => true

/**
 * The only place that classifies an `HttpClientError`. A client that fails by itself on some statuses has a response; any
 * other failure came before a response head.
 */
const recover =
  ({ endpoint, scrub, sources }: Call) =>
  (error: HttpClientError.HttpClientError): Effect.Effect<HttpClientResponse, TransportError> => {
    if (error._tag === "ResponseError" && error.reason === "StatusCode") return Effect.succeed(error.response)
    if (sources.failure !== undefined) {
      const detail = `a source could not be sent: ${describe(sources.failure, scrub)}`
      return Effect.fail(new TransportError({ operation: endpoint.name, reason: "Source", detail }))
    }
    const unsent = error._tag === "RequestError" && (error.reason !== "Transport" || wasRefused(error.cause))
    return Effect.fail(
      new TransportError({
        operation: endpoint.name,
        reason: unsent ? "Refused" : "Connection",
        detail: describe(error, scrub)
      })
    )
  }
