import * as Cookies from "@effect/platform/Cookies"
import * as Headers from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import type * as UrlParams from "@effect/platform/UrlParams"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { concat } from "./message.ts"

const encoder = new TextEncoder()

/** The head of an answer. */
export interface Head {
  readonly status: number
  readonly headers: Headers.Input
  readonly cookies?: Cookies.Cookies
  readonly remoteAddress?: Option.Option<string>
}

/** An answer as a client sees it. A text is there at once; a stream is handed on as it is, and can be read once. */
export class MemoryResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly request: HttpClientRequest.HttpClientRequest
  readonly status: number
  readonly headers: Headers.Headers
  readonly cookies: Cookies.Cookies
  readonly remoteAddress: Option.Option<string>
  private readonly content: string | Stream.Stream<Uint8Array, HttpClientError.ResponseError>

  constructor(
    request: HttpClientRequest.HttpClientRequest,
    head: Head,
    content: string | Stream.Stream<Uint8Array, { readonly _tag: string }>
  ) {
    super()
    this.request = request
    this.status = head.status
    this.headers = Headers.fromInput(head.headers)
    this.cookies = head.cookies ?? Cookies.empty
    this.remoteAddress = head.remoteAddress ?? Option.none()
    this.content = typeof content === "string"
      ? content
      // as the platform's own client puts a body that breaks off
      : Stream.mapError(
        content,
        (cause) =>
          cause instanceof HttpClientError.ResponseError
            ? cause
            : new HttpClientError.ResponseError({ request, response: this, reason: "Decode", cause })
      )
  }

  get stream(): Stream.Stream<Uint8Array, HttpClientError.ResponseError> {
    return typeof this.content === "string" ? Stream.make(encoder.encode(this.content)) : this.content
  }

  get text(): Effect.Effect<string, HttpClientError.ResponseError> {
    return typeof this.content === "string"
      ? Effect.succeed(this.content)
      : Effect.map(whole(this.content), (bytes) => new TextDecoder().decode(bytes))
  }

  get json(): Effect.Effect<unknown, HttpClientError.ResponseError> {
    return Effect.tryMap(this.text, {
      try: (text): unknown => text === "" ? null : JSON.parse(text),
      catch: (cause) =>
        new HttpClientError.ResponseError({ request: this.request, response: this, reason: "Decode", cause })
    })
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer, HttpClientError.ResponseError> {
    // a copy has a buffer of its own, which is not shared
    return Effect.map(whole(this.stream), (bytes) => bytes.slice().buffer)
  }

  get formData(): Effect.Effect<FormData, HttpClientError.ResponseError> {
    return Effect.flatMap(this.web, (response) => response.formData)
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, HttpClientError.ResponseError> {
    return Effect.flatMap(this.web, (response) => response.urlParamsBody)
  }

  private get web(): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.ResponseError> {
    return Effect.map(this.text, (text) =>
      HttpClientResponse.fromWeb(
        this.request,
        new globalThis.Response(text, { headers: this.headers })
      ))
  }

  toJSON(): unknown {
    return HttpIncomingMessage.inspect(this, {
      _id: "@effect-managed-agents/testkit/MemoryResponse",
      request: this.request.toJSON(),
      status: this.status
    })
  }
}

/** The bytes of a stream. It is pulled, not run by a fiber, whose failure the runtime would log, request and all. */
const whole = <E>(stream: Stream.Stream<Uint8Array, E>): Effect.Effect<Uint8Array, E> =>
  Effect.scoped(Effect.flatMap(Stream.toPull(stream), (pull) => {
    const pieces: Array<Uint8Array> = []
    const read: Effect.Effect<Uint8Array, E> = Effect.matchEffect(pull, {
      onSuccess: (chunk) => {
        pieces.push(...chunk)
        return read
      },
      onFailure: Option.match({ onNone: () => Effect.succeed(concat(pieces)), onSome: (error) => Effect.fail(error) })
    })
    return read
  }))
