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
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ApiError } from "./ApiError.ts"
import { MalformedResponse, TransportError } from "./ApiError.ts"
import { ClientConfig } from "./ClientConfig.ts"
import type * as Endpoint from "./Endpoint.ts"
import * as body from "./internal/http/body.ts"
import * as request from "./internal/http/request.ts"
import * as response from "./internal/http/response.ts"
import * as retry from "./internal/http/retry.ts"
import type { Scrub } from "./internal/http/secrets.ts"
import { excerpt, scrubber } from "./internal/http/secrets.ts"
import { timeLimit } from "./internal/http/timeLimit.ts"
import { fromClientError } from "./internal/http/transport.ts"
import { explain } from "./internal/schema/explain.ts"
import * as guard from "./internal/schema/guard.ts"
import * as eventStream from "./internal/stream/eventStream.ts"
import * as pull from "./internal/stream/pull.ts"
import { countEvents, countRequest, countRetry } from "./internal/telemetry/metrics.ts"
import * as RateLimit from "./RateLimit.ts"
import * as RetryPolicy from "./RetryPolicy.ts"

/**
 * What a single call adds to the configuration.
 *
 * @category options
 * @since 0.1.0
 */
export interface RequestOptions extends request.Options {}

/**
 * What opening a single event stream adds to the configuration.
 *
 * @category options
 * @since 0.1.0
 */
export interface StreamOptions extends request.StreamOptions {}

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
   * released when the stream ends, fails or is left, and at the latest when the scope closes. The stream is that one
   * connection: run it once.
   */
  readonly open: <Path extends string, Query, Body, A>(
    endpoint: Endpoint.Endpoint<Path, Query, Body, A, "events">,
    input: Endpoint.Input<Path, Query, Body>,
    options?: StreamOptions
  ) => Effect.Effect<Stream.Stream<A, ApiError>, ApiError, Scope.Scope>
}

/**
 * Tag for {@link Service}.
 *
 * @category services
 * @since 0.1.0
 */
export class ApiClient extends Context.Tag("@effect-managed-agents/core/ApiClient")<ApiClient, Service>() {}

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

/** Makes a call one span, counts it and logs how it ended. */
const observe =
  (endpoint: Endpoint.Any, input: request.Input) =>
  <A, R>(self: Effect.Effect<A, ApiError, R>): Effect.Effect<A, ApiError, R> =>
    self.pipe(
      Effect.onExit((exit) => {
        const ended = outcome(exit)
        return countRequest(endpoint.name, ended).pipe(
          Effect.zipRight(Exit.isSuccess(exit) ? Effect.void : Effect.annotateCurrentSpan("error.type", ended)),
          Effect.zipRight(Effect.logDebug(`${endpoint.name}: ${ended}`))
        )
      }),
      Effect.withSpan(endpoint.name, {
        kind: "client",
        attributes: attributes(endpoint, input),
        captureStackTrace: false
      })
    )

/** One call of an endpoint, while it runs. */
interface Call {
  readonly endpoint: Endpoint.Any
  readonly scrub: Scrub
}

const malformed = (
  { endpoint, scrub }: Call,
  head: HttpClientResponse,
  text: string,
  issues: MalformedResponse["issues"]
): Effect.Effect<never, MalformedResponse> =>
  Effect.fail(
    new MalformedResponse({
      operation: endpoint.name,
      issues,
      status: head.status,
      requestId: response.requestId(head.headers, scrub),
      excerpt: excerpt(text, scrub)
    })
  )

const expected = {
  json: { accepts: body.isJson, name: "JSON" },
  events: { accepts: body.isEventStream, name: "an event stream" }
}

/** Refuses a response of another media type. What it is instead can be told from the beginning of its body. */
const checkType = (
  call: Call,
  head: HttpClientResponse,
  timeout: Duration.Duration
): Effect.Effect<void, MalformedResponse, Scope.Scope> => {
  const { accepts, name } = expected[call.endpoint.kind]
  const type = body.mediaType(head)
  if (accepts(type)) return Effect.void
  const message = excerpt(`expected ${name}, got content type ${type ?? "(none)"}`, call.scrub)
  return Effect.flatMap(body.beginning(head, timeout), (text) => malformed(call, head, text, [{ path: "", message }]))
}

const guards = new WeakMap<Endpoint.Any, (value: unknown) => boolean>()

const guardOf = (endpoint: Endpoint.Any): (value: unknown) => boolean => {
  let is = guards.get(endpoint)
  if (is === undefined) {
    is = guard.make(endpoint.success)
    guards.set(endpoint, is)
  }
  return is
}

const decodeJson = (call: Call, head: HttpClientResponse): Effect.Effect<unknown, ApiError, Scope.Scope> =>
  Effect.flatMap(body.whole(call.endpoint.name, head, call.scrub), (text) => {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      const message = text === "" ? "expected JSON, got an empty body" : "expected JSON"
      return malformed(call, head, text, [{ path: "", message }])
    }
    return guardOf(call.endpoint)(value)
      ? Effect.succeed(value)
      : malformed(call, head, text, explain(call.endpoint.success, value, call.scrub))
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
  const limit = yield* RateLimit.Current
  const http = (yield* HttpClient.HttpClient).pipe(
    // the span of a call is made here, without headers and query; nothing about the caller's traces is sent out
    HttpClient.withTracerDisabledWhen(() => true),
    // closing the scope releases the connection, also when the body was not read to its end
    HttpClient.withScope
  )

  /** One request, up to the head of a response that reports success and is of the right type. */
  const execute = (
    call: Call,
    message: HttpClientRequest
  ): Effect.Effect<HttpClientResponse, ApiError, Scope.Scope> => {
    const { endpoint, scrub } = call
    return timeLimit(http.execute(message), {
      duration: config.timeout,
      onTimeout: () =>
        new TransportError({
          operation: endpoint.name,
          reason: "Timeout",
          detail: `no response within ${Duration.format(config.timeout)}`
        })
    }).pipe(
      Effect.catchAll((error) => {
        if (error._tag === "TransportError") return Effect.fail(error)
        // a client that fails by itself on some statuses has the response nevertheless
        return error._tag === "ResponseError" && error.reason === "StatusCode"
          ? Effect.succeed(error.response)
          : Effect.fail(fromClientError(endpoint.name, error, scrub))
      }),
      Effect.tap((head) => {
        const id = response.requestId(head.headers, scrub)
        return Effect.annotateCurrentSpan({
          "http.response.status_code": head.status,
          ...(id === undefined ? {} : { "request.id": id })
        })
      }),
      Effect.tap((head) =>
        head.status >= 200 && head.status < 300
          ? checkType(call, head, config.timeout)
          : body.beginning(head, config.timeout).pipe(
            Effect.flatMap((text) => response.fromResponse(endpoint.name, head.status, head.headers, text, scrub)),
            Effect.flatMap(Effect.fail)
          )
      )
    )
  }

  /** One attempt: a request when it is its turn. Waiting for that counts towards no time limit. */
  const attempt: typeof execute = limit === undefined ? execute : (call, message) => {
    const kind = call.endpoint.method === "GET" ? "read" : "write"
    return Effect.zipRight(limit.take(kind), execute(call, message)).pipe(
      Effect.tapError((error) =>
        error._tag === "RateLimited" && error.retryAfter !== undefined
          ? limit.pause(kind, error.retryAfter)
          : Effect.void
      )
    )
  }

  const retrying = <A, R>(
    { name, method }: Endpoint.Any,
    self: Effect.Effect<A, ApiError, R>
  ): Effect.Effect<A, ApiError, R> =>
    Effect.contextWithEffect((context: Context.Context<R>) => {
      // what is set around the call wins over what the layer was built with
      const policy = context.unsafeMap.has(RetryPolicy.Current.key)
        ? Context.get(context, RetryPolicy.Current)
        : policyOfLayer
      const loop = (count: number): Effect.Effect<A, ApiError, R> =>
        Effect.catchAll(self, (error) => {
          if (count >= policy.maxRetries || !retry.mayRepeat(error, method === "GET")) return Effect.fail(error)
          return Effect.flatMap(retry.delay(error, policy, count), (delay) => {
            if (delay === undefined) return Effect.fail(error)
            return Effect.logDebug(`${name} is tried again in ${Duration.format(delay)}: ${error._tag}`).pipe(
              Effect.zipRight(countRetry(name, error._tag)),
              Effect.zipRight(Effect.annotateCurrentSpan("http.request.resend_count", count + 1)),
              Effect.zipRight(Effect.sleep(delay)),
              Effect.zipRight(Effect.suspend(() => loop(count + 1)))
            )
          })
        })
      return loop(0)
    })

  const call = (endpoint: Endpoint.Any, input: request.Input, options: RequestOptions = {}) =>
    Effect.suspend(() => {
      const call: Call = { endpoint, scrub: scrubber(config, input) }
      return request.make(endpoint, config, input, options, call.scrub).pipe(
        Effect.flatMap((message) =>
          retrying(endpoint, Effect.scoped(Effect.flatMap(attempt(call, message), (head) => decodeJson(call, head))))
        ),
        observe(endpoint, input)
      )
    })

  /** One attempt to open a stream, in a scope of its own: the connection can go before the caller's scope does. */
  const connect = (call: Call, message: HttpClientRequest, scope: Scope.Scope) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Scope.fork(scope, ExecutionStrategy.sequential), (connection) =>
        attempt(call, message).pipe(
          Scope.extend(connection),
          restore,
          Effect.onError((cause) => Scope.close(connection, Exit.failCause(cause))),
          Effect.map((head) => ({ head, connection }))
        ))
    )

  const open = (endpoint: Endpoint.Any, input: request.Input, options: StreamOptions = {}) =>
    Effect.scopeWith((scope) => {
      const call: Call = { endpoint, scrub: scrubber(config, input) }
      return request.make(endpoint, config, input, options, call.scrub).pipe(
        Effect.flatMap((message) => retrying(endpoint, connect(call, message, scope))),
        Effect.zipWith(Effect.metricLabels, ({ connection, head }, labels) => {
          const operation = endpoint.name
          const read = eventStream.read(head.stream, {
            operation,
            requestId: response.requestId(head.headers, call.scrub),
            schema: endpoint.success,
            maxEventSize: config.maxEventSize,
            scrub: call.scrub,
            onEvents: countEvents(operation, labels),
            maxSilence: options.maxSilence
          })
          return pull.toStream(Effect.zipRight(
            Effect.addFinalizer((exit) => Scope.close(connection, exit)),
            Scope.extend(read, connection)
          ))
        }),
        observe(endpoint, input)
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
