import * as Sse from "@effect-managed-agents/core/Sse"
import * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"

/** One request and its answer, without headers of the request: nothing in it is secret. */
export interface Exchange {
  readonly method: string
  readonly path: string
  readonly query: ReadonlyArray<readonly [name: string, value: string]>
  /** The JSON of the request, if it had a body. */
  readonly body: unknown
  readonly status: number
  /** The `request-id` header. */
  readonly requestId: string | undefined
  /** The JSON of the answer; undefined for a stream and for what is no JSON. */
  readonly answer: unknown
  /** The frames of a stream so far; undefined for any other answer. */
  readonly frames: ReadonlyArray<Sse.Frame> | undefined
}

/** Writes down what goes over the wire. */
export interface Service {
  /** The exchanges since the last call of `clear`, in the order of the answers. */
  readonly exchanges: Effect.Effect<ReadonlyArray<Exchange>>
  readonly clear: Effect.Effect<void>
}

/** Tag for {@link Service}. */
export class Wire extends Context.Tag("@effect-managed-agents/testkit/Conformance/Wire")<Wire, Service>() {}

/** The JSON that a text is; undefined if it is none. */
export const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const bodyOf = ({ body }: HttpClientRequest): unknown =>
  body._tag === "Uint8Array" ? parse(new TextDecoder().decode(body.body)) : undefined

/** An exchange whose answer is still being read. */
const record = (
  response: HttpClientResponse
): { readonly exchange: () => Exchange; readonly tap: HttpClientResponse } => {
  const { headers, request, status } = response
  const url = new URL(request.url, "http://localhost")
  const isStream = headers["content-type"]?.startsWith("text/event-stream") === true
  const frames: Array<Sse.Frame> = []
  const decoder = new TextDecoder()
  let text = ""
  const parser = Sse.makeParser({ onFrame: (frame) => frames.push(frame) })
  const read = (bytes: Uint8Array): void => {
    if (isStream) parser.feed(bytes)
    else text += decoder.decode(bytes, { stream: true })
  }
  return {
    exchange: () => ({
      method: request.method,
      path: url.pathname,
      query: [...url.searchParams],
      body: bodyOf(request),
      status,
      requestId: headers["request-id"],
      answer: isStream ? undefined : parse(text),
      frames: isStream ? frames : undefined
    }),
    // the same response, but for who else reads its body
    tap: Object.create(response, {
      stream: { get: () => Stream.tap(response.stream, (bytes) => Effect.sync(() => read(bytes))) },
      text: {
        get: () =>
          Effect.tap(response.text, (whole) =>
            Effect.sync(() => {
              text = whole
            }))
      }
    }) as HttpClientResponse
  }
}

/** An `HttpClient` whose exchanges are written down. Bodies are seen as they are read. */
export const layer: Layer.Layer<Wire | HttpClient.HttpClient, never, HttpClient.HttpClient> = Layer.effectContext(
  Effect.map(HttpClient.HttpClient, (client) => {
    let records: Array<() => Exchange> = []
    const recording = HttpClient.transformResponse(
      client,
      Effect.map((response) => {
        const { exchange, tap } = record(response)
        records.push(exchange)
        return tap
      })
    )
    return Context.make(HttpClient.HttpClient, recording).pipe(
      Context.add(Wire, {
        exchanges: Effect.sync(() => records.map((exchange) => exchange())),
        clear: Effect.sync(() => {
          records = []
        })
      })
    )
  })
)
