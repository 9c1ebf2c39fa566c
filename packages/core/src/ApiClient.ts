/**
 * The transport: calls any endpoint of the API over whatever `HttpClient` is provided.
 *
 * `Sessions`, `Events` and the other services are built on it; use it directly for an endpoint of your own.
 *
 * @since 0.1.0
 */
import type { HttpClient } from "@effect/platform/HttpClient"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ApiError } from "./ApiError.ts"
import { ClientConfig } from "./ClientConfig.ts"
import type * as Endpoint from "./Endpoint.ts"
import * as body from "./internal/http/body.ts"
import * as progress from "./internal/http/progress.ts"
import type { Call } from "./internal/http/request.ts"
import * as request from "./internal/http/request.ts"
import * as response from "./internal/http/response.ts"
import { repeat } from "./internal/http/retry.ts"
import type { Transport } from "./internal/http/transport.ts"
import * as transport from "./internal/http/transport.ts"
import * as eventStream from "./internal/stream/eventStream.ts"
import * as pull from "./internal/stream/pull.ts"
import { countEvents } from "./internal/telemetry/metrics.ts"
import { observeCall } from "./internal/telemetry/observeCall.ts"
import * as RateLimit from "./RateLimit.ts"
import * as RetryPolicy from "./RetryPolicy.ts"

/**
 * Options of a single call, beside the configuration.
 * @category options
 */
export interface RequestOptions extends request.Options {}

/**
 * Options of a stream, beside the configuration.
 * @category options
 */
export interface StreamOptions extends request.StreamOptions {}

/**
 * Calls endpoints.
 * @category services
 */
export interface Service {
  /** Calls an endpoint that answers JSON. */
  readonly call: <Path extends string, Query, Body, A>(
    endpoint: Endpoint.Endpoint<Path, Query, Body, A, "json">,
    input: Endpoint.Input<Path, Query, Body>,
    options?: RequestOptions
  ) => Effect.Effect<A, ApiError>
  /**
   * Opens a stream, of events or of bytes. Succeeds when the response head has arrived: from then on no event is missed. The
   * connection is released when the stream ends, fails or is left, and at the latest when the scope closes. The stream is
   * that one connection: run it once. Bytes are read from it as they are consumed; if they break off, that is a failure
   * (`TransportError` with reason `Body`), never an end.
   */
  readonly open: <Path extends string, Query, Body, A>(
    endpoint: Endpoint.Endpoint<Path, Query, Body, A, "events" | "bytes">,
    input: Endpoint.Input<Path, Query, Body>,
    options?: StreamOptions
  ) => Effect.Effect<Stream.Stream<A, ApiError>, ApiError, Scope.Scope>
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class ApiClient extends Context.Tag("@effect-managed-agents/core/ApiClient")<ApiClient, Service>() {}

/** The parts that a client is built from. */
interface Parts {
  readonly config: ClientConfig["Type"]
  readonly limit: RateLimit.RateLimit | undefined
  readonly policy: RetryPolicy.RetryPolicy
  readonly transport: Transport
}

/** Sends one request and awaits the head of a response that reports success and is of the right type. */
const execute = (
  { config: { timeout }, transport }: Parts,
  call: Call,
  message: HttpClientRequest,
  scope: Scope.Scope
): Effect.Effect<HttpClientResponse, ApiError> => {
  const { endpoint: { name: operation }, scrub } = call
  const connection = { scope, timeout }
  return transport(call, message, connection).pipe(
    Effect.tap((head) => {
      const id = response.requestId(head.headers, scrub)
      return Effect.annotateCurrentSpan({
        "http.response.status_code": head.status,
        ...(id === undefined ? {} : { "request.id": id })
      })
    }),
    Effect.tap((head) =>
      head.status >= 200 && head.status < 300
        ? body.checkType(call, head, connection)
        : Scope.extend(body.beginning(head, timeout), scope).pipe(
          Effect.flatMap((text) => response.fromResponse(operation, head.status, head.headers, text, scrub)),
          Effect.flatMap(Effect.fail)
        )
    )
  )
}

/** Executes a request when it is its turn. Waiting for that counts towards no timeout. */
const attempt: typeof execute = (parts, call, message, scope) => {
  const { limit } = parts
  if (limit === undefined) return execute(parts, call, message, scope)
  const kind = call.endpoint.method === "GET" ? "read" : "write"
  return Effect.zipRight(limit.take(kind), execute(parts, call, message, scope)).pipe(
    Effect.tapError((error) =>
      error._tag === "RateLimited" && error.retryAfter !== undefined
        ? pause(limit, kind, Duration.min(error.retryAfter, parts.policy.maxRetryAfter))
        : Effect.void
    )
  )
}

/** Pauses all requests of a kind. */
const pause = (limit: RateLimit.RateLimit, kind: "read" | "write", duration: Duration.Duration) =>
  Effect.zipRight(
    limit.pause(kind, duration),
    Effect.logWarning(`The service limits the rate: the next ${kind} waits ${Duration.format(duration)}`)
  )

/** Attempts to open a stream in a scope of its own: the connection can go before the caller's scope does. */
const connect = (parts: Parts, call: Call, message: HttpClientRequest, scope: Scope.Scope) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(
      Scope.fork(scope, ExecutionStrategy.sequential),
      (connection) =>
        restore(attempt(parts, call, message, connection)).pipe(
          Effect.onError((cause) => Scope.close(connection, Exit.failCause(cause))),
          Effect.map((head) => ({ head, connection }))
        )
    )
  )

const call = (parts: Parts) => (endpoint: Endpoint.Any, input: request.Input, options: RequestOptions = {}) =>
  Effect.suspend(() => {
    const call = request.begin(endpoint, parts.config, input, options)
    return request.make(call, parts.config, input, options).pipe(
      Effect.flatMap((message) =>
        Effect.flatMap(Scope.make(), (scope) =>
          attempt(parts, call, message, scope).pipe(
            Effect.flatMap((head) => body.json(call, head)),
            Effect.tap(progress.check(endpoint.name, input.query)),
            // what was read to its end has nothing to release
            Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
          )).pipe(repeat(call, parts.policy))
      ),
      observeCall(endpoint, input)
    )
  })

/** Reads the events of an open stream. */
const events = (parts: Parts, call: Call, head: HttpClientResponse, { maxSilence }: StreamOptions) =>
  Effect.map(countEvents(call.endpoint.name), (onEvents) =>
    eventStream.read(head.stream, {
      operation: call.endpoint.name,
      requestId: response.requestId(head.headers, call.scrub),
      schema: call.endpoint.success,
      maxEventSize: parts.config.maxEventSize,
      scrub: call.scrub,
      onEvents,
      maxSilence
    }))

/** A body that is read once its head has arrived. */
type Read = Effect.Effect<pull.Pull<unknown, ApiError>, never, Scope.Scope>

/** Opens a stream. The span of the call ends with the stream as its value, of which it sees nothing else. */
const open = (parts: Parts) => (endpoint: Endpoint.Any, input: request.Input, options: StreamOptions = {}) =>
  Effect.scopeWith((scope) => {
    const call = request.begin(endpoint, parts.config, input, options)
    return request.make(call, parts.config, input, options).pipe(
      Effect.flatMap((message) => repeat(call, parts.policy)(connect(parts, call, message, scope))),
      Effect.flatMap(({ connection, head }) =>
        Effect.map(
          endpoint.reader === undefined
            ? events(parts, call, head, options)
            : Effect.succeed(endpoint.reader(call, head, options.maxSilence)),
          (read: Read) =>
            pull.toStream(Effect.zipRight(
              Effect.scopeWith((scope) => Scope.addFinalizerExit(scope, (exit) => Scope.close(connection, exit))),
              Scope.extend(read, connection)
            ))
        )
      ),
      observeCall(endpoint, input)
    )
  })

/**
 * Builds the service.
 * @category constructors
 */
export const make: Effect.Effect<Service, never, ClientConfig | HttpClient> = Effect.gen(function*() {
  const parts: Parts = {
    config: yield* ClientConfig,
    limit: yield* RateLimit.Current,
    policy: yield* RetryPolicy.Current,
    transport: yield* transport.make
  }
  // `Service` relates input and answer to the endpoint, which the body need not: the guard that is compiled from the
  // endpoint's schema has checked the answer
  return ApiClient.of({ call: call(parts), open: open(parts) } as Service)
})

/**
 * Provides {@link ApiClient} on the given `HttpClient`.
 * @category layers
 */
export const layer: Layer.Layer<ApiClient, never, ClientConfig | HttpClient> = Layer.effect(ApiClient, make)
