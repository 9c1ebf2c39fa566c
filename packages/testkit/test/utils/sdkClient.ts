/**
 * The client's services on the vendor's SDK, so that a program written for the one runs on the other.
 */
import Anthropic from "@anthropic-ai/sdk"
import * as ApiError from "@effect-managed-agents/core/ApiError"
import type * as Event from "@effect-managed-agents/core/Event"
import * as Events from "@effect-managed-agents/core/Events"
import type { Page } from "@effect-managed-agents/core/Page"
import * as Resources from "@effect-managed-agents/core/Resources"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as Threads from "@effect-managed-agents/core/Threads"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/** A `fetch` on an `HttpClient`: the SDK's requests take the way of all others. */
const fetchOf: Effect.Effect<typeof fetch, never, HttpClient.HttpClient> = Effect.gen(function*() {
  const client = yield* HttpClient.HttpClient
  const runtime = yield* Effect.runtime()
  return async (input, init) => {
    const request = new Request(input, init)
    const text = await request.text()
    const message = HttpClientRequest.make(request.method as "GET")(request.url, {
      headers: Object.fromEntries(request.headers)
    })
    const response = await Runtime.runPromise(runtime)(
      client.execute(text === "" ? message : HttpClientRequest.bodyText(message, text, "application/json")),
      init?.signal ? { signal: init.signal } : {}
    )
    return new Response(Stream.toReadableStreamRuntime(response.stream, runtime), {
      status: response.status,
      headers: response.headers
    })
  }
})

const errors: Readonly<Record<number, new(fields: ApiError.ResponseErrorFields) => ApiError.ApiError>> = {
  400: ApiError.InvalidRequest,
  401: ApiError.Unauthorized,
  403: ApiError.Forbidden,
  404: ApiError.NotFound,
  409: ApiError.Conflict,
  429: ApiError.RateLimited
}

const errorOf = (operation: string) => (cause: unknown): ApiError.ApiError => {
  if (!(cause instanceof Anthropic.APIError) || cause.status === undefined) {
    return new ApiError.TransportError({ operation, reason: "Connection", detail: String(cause) })
  }
  const Class = errors[cause.status] ?? ApiError.UnexpectedStatus
  const { error } = (cause.error ?? {}) as { error?: { message?: string } }
  return new Class({
    operation,
    status: cause.status,
    detail: error?.message ?? cause.message,
    ...(typeof cause.type === "string" && { type: cause.type }),
    ...(typeof cause.requestID === "string" && { requestId: cause.requestID })
  })
}

const call = (operation: string, run: () => Promise<unknown>): Effect.Effect<any, ApiError.ApiError> =>
  Effect.tryPromise({ try: run, catch: errorOf(operation) })

const list = (operation: string, run: () => AsyncIterable<any>): Stream.Stream<any, ApiError.ApiError> =>
  Stream.suspend(() => Stream.fromAsyncIterable(run(), errorOf(operation)))

const page = (operation: string, run: () => Promise<any>): Effect.Effect<Page<any>, ApiError.ApiError> =>
  Effect.map(call(operation, run), ({ data, next_page, prev_page }) => ({ data, next_page, prev_page }))

/** An event stream of the SDK, which is left by its controller. */
const open = (
  operation: string,
  run: () => Promise<AsyncIterable<Event.StreamEvent> & { readonly controller: AbortController }>
): Effect.Effect<Stream.Stream<any, ApiError.ApiError>, ApiError.ApiError, Scope.Scope> =>
  Effect.acquireRelease(call(operation, run), (stream) => Effect.sync(() => stream.controller.abort())).pipe(
    Effect.map((stream) => Stream.fromAsyncIterable(stream, errorOf(operation)))
  )

/** A service of the operations that the SDK has: one for each endpoint. What is made of several is not called. */
const basic = <S>(operations: Partial<S>): S => operations as S

/** Provides the client's services on the SDK. */
export const layer: Layer.Layer<
  Sessions.Sessions | Events.Events | Threads.Threads | Resources.Resources,
  never,
  HttpClient.HttpClient
> = Layer.effectContext(Effect.map(fetchOf, (fetch) => {
  const client = new Anthropic({ apiKey: "sk-test", maxRetries: 0, baseURL: "http://simulator", fetch })
  // the two have types of their own for the same calls; what is tried is what they do on the wire
  const { sessions } = (client as any).beta
  const { events, resources, threads } = sessions
  const asArray = <A>(one: A | ReadonlyArray<A>) => [one].flat()
  return Context.make(
    Sessions.Sessions,
    basic<Sessions.Service>({
      create: (params) => call("Sessions.create", () => sessions.create(params)),
      retrieve: (id) => call("Sessions.retrieve", () => sessions.retrieve(id)),
      list: (params) => list("Sessions.list", () => sessions.list(params)),
      listPage: (params) => page("Sessions.list", () => sessions.list(params)),
      update: (id, params) => call("Sessions.update", () => sessions.update(id, params)),
      delete: (id) => call("Sessions.delete", () => sessions.delete(id)),
      archive: (id) => call("Sessions.archive", () => sessions.archive(id))
    })
  ).pipe(
    Context.add(
      Events.Events,
      basic<Events.Service>({
        list: (id, params) => list("Events.list", () => events.list(id, params)),
        listPage: (id, params) => page("Events.list", () => events.list(id, params)),
        send: (id, batch) => call("Events.send", () => events.send(id, { events: asArray(batch) })),
        open: (id, params) => open("Events.stream", () => events.stream(id, params)),
        stream: (id, params) => Stream.unwrapScoped(open("Events.stream", () => events.stream(id, params)))
      })
    ),
    Context.add(
      Threads.Threads,
      basic<Threads.Service>({
        list: (id, params) => list("Threads.list", () => threads.list(id, params)),
        listPage: (id, params) => page("Threads.list", () => threads.list(id, params)),
        retrieve: (id, thread) => call("Threads.retrieve", () => threads.retrieve(thread, { session_id: id })),
        archive: (id, thread) => call("Threads.archive", () => threads.archive(thread, { session_id: id })),
        listEvents: (id, thread, params) =>
          list("Threads.listEvents", () => threads.events.list(thread, { session_id: id, ...params })),
        listEventsPage: (id, thread, params) =>
          page("Threads.listEvents", () => threads.events.list(thread, { session_id: id, ...params })),
        open: (id, thread, params) =>
          open("Threads.stream", () => threads.events.stream(thread, { session_id: id, ...params })),
        stream: (id, thread, params) =>
          Stream.unwrapScoped(
            open("Threads.stream", () => threads.events.stream(thread, { session_id: id, ...params }))
          )
      })
    ),
    Context.add(
      Resources.Resources,
      basic<Resources.Service>({
        add: (id, params) => call("Resources.add", () => resources.add(id, params)),
        list: (id, params) => list("Resources.list", () => resources.list(id, params)),
        listPage: (id, params) => page("Resources.list", () => resources.list(id, params)),
        retrieve: (id, resource) => call("Resources.retrieve", () => resources.retrieve(resource, { session_id: id })),
        update: (id, resource, params) =>
          call("Resources.update", () => resources.update(resource, { session_id: id, ...params })),
        delete: (id, resource) => call("Resources.delete", () => resources.delete(resource, { session_id: id }))
      })
    )
  )
}))
