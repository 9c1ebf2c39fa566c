/**
 * The transport: calls any endpoint of the API over whatever `HttpClient` is provided.
 *
 * `Sessions`, `Events`, `Resources` and `Threads` are built on it; use it directly for an endpoint of your own.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiError } from "./ApiError.ts"
import { MalformedResponse, TransportError } from "./ApiError.ts"
import { ClientConfig } from "./ClientConfig.ts"
import type * as Endpoint from "./Endpoint.ts"
import * as eventStream from "./internal/eventStream.ts"
import { explain } from "./internal/explain.ts"
import * as guard from "./internal/guard.ts"
import * as request from "./internal/request.ts"
import * as response from "./internal/response.ts"
import * as retry from "./internal/retry.ts"
import { excerpt, scrubber } from "./internal/secrets.ts"
import { describe, fromClientError } from "./internal/transport.ts"
import * as RetryPolicy from "./RetryPolicy.ts"

/**
 * What a single call adds to the configuration.
 *
 * @category options
 * @since 0.1.0
 */
export interface RequestOptions extends request.Options {}

/**
 * Calls endpoints.
 *
 * @category services
 * @since 0.1.0
 */
export interface Service {
  /** Calls an endpoint that answers JSON. */
  readonly call: <Path extends string, Query, Body, A>(
    endpoint: Endpoint.Endpoint<Path, Query, Body, A, "json">,
    input: Endpoint.Input<Path, Query, Body>,
    options?: RequestOptions
  ) => Effect.Effect<A, ApiError>
  /**
   * Opens an event stream. Succeeds when the response head has arrived: from then on no event is missed. The connection is
   * released when the stream ends, fails or is left, and at the latest when the scope closes.
   */
  readonly open: <Path extends string, Query, Body, A>(
    endpoint: Endpoint.Endpoint<Path, Query, Body, A, "events">,
    input: Endpoint.Input<Path, Query, Body>,
    options?: RequestOptions
  ) => Effect.Effect<Stream.Stream<A, ApiError>, ApiError, Scope.Scope>
}

/**
 * Tag for {@link Service}.
 *
 * @category services
 * @since 0.1.0
 */
export class ApiClient extends Context.Tag("@effect-managed-agents/core/ApiClient")<ApiClient, Service>() {}

/** How much of an error page is read: enough for any API error, while a proxy's page may be endless. */
const maxErrorBody = 64 * 1024

const requests = Metric.counter("managed_agents_requests", {
  description: "Calls of the Sessions API, by operation and outcome (`ok`, `interrupted`, or the tag of the error)",
  incremental: true
})

const retries = Metric.counter("managed_agents_retries", {
  description: "Attempts that were repeated, by operation and the tag of the error that caused it",
  incremental: true
})

/** Making a labelled metric is too slow to do per call, so each is made once. */
const labelled = (metric: Metric.Metric.Counter<number>, label: string) => {
  const known = new Map<string, Effect.Effect<void>>()
  return (operation: string, value: string): Effect.Effect<void> => {
    const key = `${operation} ${value}`
    let increment = known.get(key)
    if (increment === undefined) {
      const own: Metric.Metric.Counter<number> = Metric.tagged(Metric.tagged(metric, "operation", operation), label, value)
      increment = Metric.increment(own)
      known.set(key, increment)
    }
    return increment
  }
}

const countRequest = labelled(requests, "outcome")
const countRetry = labelled(retries, "error")

const outcome = (exit: Exit.Exit<unknown, ApiError>): string =>
  Exit.match(exit, {
    onSuccess: () => "ok",
    onFailure: (cause) =>
      Option.match(Cause.failureOption(cause), {
        onSome: (error) => error._tag,
        onNone: () => Cause.isInterrupted(cause) ? "interrupted" : "defect"
      })
  })

/** Ids are no secrets; everything else of a request is content and stays out of spans. */
const attributes = (endpoint: Endpoint.Any, input: request.Input): Record<string, unknown> => {
  const out: Record<string, unknown> = { "http.request.method": endpoint.method, "url.template": endpoint.path }
  for (const [name, id] of Object.entries(input.path ?? {})) out[name.replace("_", ".")] = id
  return out
}

const observe = (endpoint: Endpoint.Any, input: request.Input) =>
<A, R>(self: Effect.Effect<A, ApiError, R>): Effect.Effect<A, ApiError, R> =>
  self.pipe(
    Effect.onExit((exit) => countRequest(endpoint.name, outcome(exit))),
    Effect.withSpan(endpoint.name, { kind: "client", attributes: attributes(endpoint, input), captureStackTrace: false })
  )

/** Reads a body as text; stops early at `limit` characters. */
const readText = (
  operation: string,
  scrub: (text: string) => string,
  head: HttpClientResponse,
  limit = Infinity
): Effect.Effect<string, TransportError> =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    let text = ""
    return head.stream.pipe(
      Stream.runForEachWhile((bytes) =>
        Effect.sync(() => {
          text += decoder.decode(bytes, { stream: true })
          return text.length < limit
        })
      ),
      Effect.catchIf((error) => error.reason === "EmptyBody", () => Effect.void),
      Effect.mapBoth({
        onSuccess: () => text + decoder.decode(),
        onFailure: (error) =>
          new TransportError({
            operation,
            reason: "Body",
            status: head.status,
            requestId: response.requestId(head.headers, scrub),
            detail: `the response ended before it was complete: ${scrub(describe(error.cause ?? error))}`,
            excerpt: excerpt(text, scrub)
          })
      })
    )
  })

/** The media type of a response, without parameters. */
const mediaType = (head: HttpClientResponse): string | undefined =>
  head.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase()

const isJson = (type: string | undefined): boolean =>
  // a server that leaves the type out may still mean JSON; parsing decides
  type === undefined || type === "application/json" || type.endsWith("+json")

const malformed = (
  operation: string,
  scrub: (text: string) => string,
  head: HttpClientResponse,
  body: string,
  issues: MalformedResponse["issues"]
) =>
  new MalformedResponse({
    operation,
    issues,
    status: head.status,
    requestId: response.requestId(head.headers, scrub),
    excerpt: excerpt(body, scrub)
  })

const guards = new WeakMap<Endpoint.Any, (value: unknown) => boolean>()

const guardOf = (endpoint: Endpoint.Any): (value: unknown) => boolean => {
  let is = guards.get(endpoint)
  if (is === undefined) {
    is = guard.make(endpoint.success)
    guards.set(endpoint, is)
  }
  return is
}

const decodeJson = (
  endpoint: Endpoint.Any,
  scrub: (text: string) => string,
  head: HttpClientResponse
): Effect.Effect<unknown, ApiError> =>
  Effect.flatMap(readText(endpoint.name, scrub, head), (body) => {
    const fail = (issues: MalformedResponse["issues"]) => Effect.fail(malformed(endpoint.name, scrub, head, body, issues))
    const type = mediaType(head)
    if (!isJson(type)) return fail([{ path: "", message: `expected JSON, got content type ${type}` }])
    let value: unknown
    try {
      value = JSON.parse(body)
    } catch {
      return fail([{ path: "", message: body === "" ? "expected JSON, got an empty body" : "expected JSON" }])
    }
    return guardOf(endpoint)(value) ? Effect.succeed(value) : fail(explain(endpoint.success, value))
  })

/**
 * Builds the service.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: Effect.Effect<Service, never, ClientConfig | HttpClient.HttpClient> = Effect.gen(function*() {
  const config = yield* ClientConfig
  const policyOfLayer = yield* RetryPolicy.Current
  const http = (yield* HttpClient.HttpClient).pipe(
    // the span of a call is made here, without headers and query; nothing about the caller's traces is sent out
    HttpClient.withTracerDisabledWhen(() => true),
    HttpClient.withTracerPropagation(false),
    // closing the scope releases the connection, also when the body was not read to its end
    HttpClient.withScope
  )

  /** One attempt, up to the head of a response that reports success. */
  const attempt = (
    endpoint: Endpoint.Any,
    scrub: (text: string) => string,
    message: HttpClientRequest
  ): Effect.Effect<HttpClientResponse, ApiError, Scope.Scope> =>
    http.execute(message).pipe(
      Effect.mapError((error) => fromClientError(endpoint.name, error, scrub)),
      Effect.timeoutFail({
        duration: config.timeout,
        onTimeout: () =>
          new TransportError({
            operation: endpoint.name,
            reason: "Timeout",
            detail: `no response within ${Duration.format(config.timeout)}`
          })
      }),
      Effect.tap((head) =>
        Effect.annotateCurrentSpan({
          "http.response.status_code": head.status,
          "request.id": response.requestId(head.headers, scrub)
        })
      ),
      Effect.flatMap((head) => {
        if (head.status >= 200 && head.status < 300) return Effect.succeed(head)
        return readText(endpoint.name, scrub, head, maxErrorBody).pipe(
          // an error page that breaks off is still the answer: its status counts
          Effect.catchAll((error) => Effect.succeed(error.excerpt ?? "")),
          Effect.flatMap((body) => response.fromResponse(endpoint.name, head.status, head.headers, body, scrub)),
          Effect.flatMap(Effect.fail)
        )
      })
    )

  const retrying = <A, R>(
    endpoint: Endpoint.Any,
    self: Effect.Effect<A, ApiError, R>
  ): Effect.Effect<A, ApiError, R> =>
    Effect.contextWithEffect((context: Context.Context<R>) => {
      // what is set around the call wins over what the layer was built with
      const policy = context.unsafeMap.has(RetryPolicy.Current.key)
        ? Context.get(context, RetryPolicy.Current)
        : policyOfLayer
      const loop = (count: number): Effect.Effect<A, ApiError, R> =>
        Effect.catchAll(self, (error) => {
          if (count >= policy.maxRetries || !retry.mayRepeat(error, endpoint.method === "GET")) return Effect.fail(error)
          return Effect.flatMap(retry.delay(error, policy, count), (delay) => {
            if (delay === undefined) return Effect.fail(error)
            return Effect.logDebug(`${endpoint.name} is tried again in ${Duration.format(delay)}: ${error._tag}`).pipe(
              Effect.zipRight(countRetry(endpoint.name, error._tag)),
              Effect.zipRight(Effect.sleep(delay)),
              Effect.zipRight(Effect.suspend(() => loop(count + 1)))
            )
          })
        })
      return loop(0)
    })

  const call = (endpoint: Endpoint.Any, input: request.Input, options: RequestOptions = {}) =>
    Effect.suspend(() => {
      const scrub = scrubber(config, input)
      return request.make(endpoint, config, input, options).pipe(
        Effect.flatMap((message) =>
          retrying(
            endpoint,
            Effect.scoped(Effect.flatMap(attempt(endpoint, scrub, message), (head) => decodeJson(endpoint, scrub, head)))
          )
        ),
        Effect.tap(() => Effect.logDebug(`${endpoint.name} succeeded`)),
        observe(endpoint, input)
      )
    })

  const open = (endpoint: Endpoint.Any, input: request.Input, options: RequestOptions = {}) =>
    Effect.suspend(() => {
      const scrub = scrubber(config, input)
      const connect = (message: HttpClientRequest, scope: Scope.Scope) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.flatMap(Scope.fork(scope, ExecutionStrategy.sequential), (connection) =>
            restore(attempt(endpoint, scrub, message)).pipe(
              Effect.flatMap((head) => {
                const type = mediaType(head)
                if (type === "text/event-stream") return Effect.succeed(head)
                return readText(endpoint.name, scrub, head, maxErrorBody).pipe(
                  Effect.catchAll((error) => Effect.succeed(error.excerpt ?? "")),
                  Effect.flatMap((body) =>
                    Effect.fail(malformed(endpoint.name, scrub, head, body, [{
                      path: "",
                      message: `expected an event stream, got content type ${type ?? "(none)"}`
                    }]))
                  )
                )
              }),
              Scope.extend(connection),
              Effect.onError((cause) => Scope.close(connection, Exit.failCause(cause))),
              Effect.map((head) => ({ head, connection }))
            ))
        )
      return Effect.scopeWith((scope) =>
        request.make(endpoint, config, input, options).pipe(
          Effect.flatMap((message) => retrying(endpoint, connect(message, scope))),
          Effect.tap(() => Effect.logDebug(`${endpoint.name} is open`)),
          observe(endpoint, input)
        )
      ).pipe(
        Effect.map(({ connection, head }) =>
          head.stream.pipe(
            eventStream.decode({
              operation: endpoint.name,
              requestId: response.requestId(head.headers, scrub),
              schema: endpoint.success,
              maxEventSize: config.maxEventSize,
              scrub
            }),
            Stream.ensuringWith((exit) => Scope.close(connection, exit))
          )
        )
      )
    })

  // `Service` relates input and answer to the endpoint, which the body need not: the guard that is compiled from the
  // endpoint's schema has checked the answer
  return ApiClient.of({ call, open } as Service)
})

/**
 * Provides {@link ApiClient} on the given `HttpClient`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<ApiClient, never, ClientConfig | HttpClient.HttpClient> = Layer.effect(ApiClient, make)
