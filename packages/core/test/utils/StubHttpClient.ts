/**
 * A stub of the network: records what is sent and answers as declared. It uses no timers, so `TestClock` rules, and its
 * event streams are pulled by the consumer like a socket is.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import { RequestError, ResponseError } from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { readFileSync } from "node:fs"
import * as ClientConfig from "../../src/ClientConfig.ts"
import * as ManagedAgents from "../../src/ManagedAgents.ts"

/** One request, as the network sees it. */
export interface Sent {
  /** The time of the clock. */
  readonly at: number
  readonly method: string
  readonly url: URL
  readonly headers: { readonly [name: string]: string }
  /** The text of the body; `undefined` if there was none. */
  readonly body: string | undefined
  /** Aborted once the client has let go of the connection. */
  readonly signal: AbortSignal
}

/** How to answer a request. */
export type Answer = (
  request: HttpClientRequest
) => Effect.Effect<HttpClientResponse.HttpClientResponse, RequestError | ResponseError>

export interface Head {
  readonly status?: number
  readonly headers?: Record<string, string>
}

const head = (request: HttpClientRequest, { headers = {}, status = 200 }: Head, body: string | null = null) =>
  HttpClientResponse.fromWeb(request, new Response(body, { status, headers }))

/** A body of any kind; without a content type, unless one is given. */
export const text = (body: string, options: Head = {}): Answer => (request) =>
  Effect.sync(() => {
    const response = new Response(new TextEncoder().encode(body), {
      status: options.status ?? 200,
      headers: options.headers ?? {}
    })
    return HttpClientResponse.fromWeb(request, response)
  })

/** A response without a body. */
export const empty = (options: Head = {}): Answer => (request) => Effect.sync(() => head(request, options))

export const json = (body: unknown, { headers = {}, status = 200 }: Head = {}): Answer =>
  text(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } })

/** The answer to events that were sent: the events as they were stored. */
export const stored: Answer = (request) => {
  const { events } = JSON.parse(bodyOf(request) ?? "{}") as { readonly events: ReadonlyArray<object> }
  return json({ data: events.map((event, n) => ({ id: `sevt_${n}`, outcome_id: `outc_${n}`, ...event })) })(request)
}

/** The answer of the documentation to an operation such as `Sessions.create`. */
export const documented = (operation: string): unknown =>
  JSON.parse(readFileSync(new URL(`../fixtures/seeds/${operation}.json`, import.meta.url), "utf8"))

/** An error as the API reports it. */
export const apiError = (status: number, type: string, message: string, headers: Record<string, string> = {}): Answer =>
  json({ type: "error", error: { type, message }, request_id: "req_body" }, { status, headers })

/** A response whose body comes from a stream; everything else is that of a real one. */
const withBody = (
  response: HttpClientResponse.HttpClientResponse,
  stream: Stream.Stream<Uint8Array, ResponseError>
): HttpClientResponse.HttpClientResponse => {
  // pulled, not run by a fiber, whose failure the runtime would log: no client of a platform does that
  const text = Effect.scoped(Effect.flatMap(Stream.toPull(Stream.decodeText(stream)), (pull) => {
    const read = (before: string): Effect.Effect<string, ResponseError> =>
      Effect.matchEffect(pull, {
        onSuccess: (pieces) => read(before + Chunk.join(pieces, "")),
        onFailure: Option.match({ onNone: () => Effect.succeed(before), onSome: (error) => Effect.fail(error) })
      })
    return read("")
  }))
  return Object.create(response, { stream: { value: stream }, text: { value: text } })
}

/** A body that comes in pieces and may fail or never end. */
export const body = (pieces: Stream.Stream<string, unknown>, options: Head = {}): Answer => (request) =>
  Effect.sync(() => {
    const response = head(request, options)
    const stream = pieces.pipe(
      Stream.map((piece) => new TextEncoder().encode(piece)),
      Stream.mapError((cause) => new ResponseError({ request, response, reason: "Decode", cause }))
    )
    return withBody(response, stream)
  })

/** An event stream of raw text. */
export const sse = (pieces: Stream.Stream<string, unknown>, headers: Record<string, string> = {}): Answer =>
  body(pieces, { headers: { "content-type": "text/event-stream; charset=utf-8", ...headers } })

/** Where a body or an event stream breaks off. */
export const breaks = (message: string): Stream.Stream<never, unknown> => Stream.fail<unknown>(new Error(message))

/** An event as a frame. */
export const frame = (event: { readonly type: string }): string =>
  `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`

/** The connection cannot be made, or breaks before there is a response. */
export const fail = (cause: unknown): Answer => (request) =>
  Effect.suspend(() => new RequestError({ request, reason: "Transport", cause }))

/** There is never a response. */
export const never: Answer = () => Effect.never

/** The response head takes some time. */
export const after = (duration: Duration.DurationInput, answer: Answer): Answer => (request) =>
  Effect.delay(answer(request), duration)

/** What a refused connection looks like in Node's `fetch`. */
export const connectionRefused = (): Error =>
  new TypeError("fetch failed", {
    cause: Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED", syscall: "connect" })
  })

/** What a connection that was reset looks like in Node's `fetch`. */
export const connectionReset = (): Error =>
  new TypeError("fetch failed", {
    cause: Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET", syscall: "read" })
  })

const bodyOf = (request: HttpClientRequest): string | undefined =>
  request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : undefined

/**
 * A network that gives these answers in this order, or always the same one, and dies on a request too many.
 */
export const make = (answers: Answer | ReadonlyArray<Answer>) => {
  const sent: Array<Sent> = []
  const client = HttpClient.make((request, url, signal) =>
    Effect.flatMap(Clock.currentTimeMillis, (at) => {
      const answer = typeof answers === "function" ? answers : answers[sent.length]
      sent.push({ at, method: request.method, url, headers: request.headers, body: bodyOf(request), signal })
      return answer === undefined ? Effect.dieMessage(`no answer to request number ${sent.length}`) : answer(request)
    })
  )
  const network = Layer.succeed(HttpClient.HttpClient, client)
  return {
    sent,
    network,
    /** Every service of the client on this network. */
    client: (options: ClientConfig.Options = {}) =>
      ManagedAgents.layer.pipe(Layer.provide(ClientConfig.layer(options)), Layer.provide(network), Layer.orDie)
  }
}
