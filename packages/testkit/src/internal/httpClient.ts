import * as Cookies from "@effect/platform/Cookies"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import type * as UrlParams from "@effect/platform/UrlParams"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as door from "./door.ts"
import type { ConnectionReset, Response } from "./http.ts"
import * as http from "./http.ts"

/** An `HttpClient` whose every request goes to `handle`, whatever the host. */
export const make = (handle: door.Handle): Effect.Effect<HttpClient.HttpClient, never, Scope.Scope> =>
  Effect.map(door.open(handle), (send) =>
    HttpClient.make((request, url, signal) =>
      Effect.gen(function*() {
        const body = yield* bodyText(request)
        const { response, scope } = yield* send(
          { method: request.method, ...door.fromUrl(url), headers: request.headers, body },
          signal
        )
        return new MemoryResponse(
          request,
          response,
          response.body._tag === "Events"
            ? Stream.ensuringWith(response.body.stream, (exit) => Scope.close(scope, exit))
            : http.text(response.body)
        )
      }).pipe(
        Effect.mapError((cause) =>
          cause._tag === "RequestError"
            ? cause
            : new HttpClientError.RequestError({ request, reason: "Transport", cause, description: cause.message })
        )
      )
    ))

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const bodyText = (
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<string, HttpClientError.RequestError> => {
  const body = request.body
  const failed = (cause: unknown) => new HttpClientError.RequestError({ request, reason: "Encode", cause })
  switch (body._tag) {
    case "Empty":
      return Effect.succeed("")
    case "Uint8Array":
      return Effect.sync(() => decoder.decode(body.body))
    case "Stream":
      return body.stream.pipe(Stream.decodeText(), Stream.mkString, Effect.mapError(failed))
    case "Raw":
      // whatever the platform's own client accepts as a body
      return Effect.tryPromise({ try: () => new globalThis.Response(body.body as BodyInit).text(), catch: failed })
    case "FormData":
      return Effect.tryPromise({ try: () => new globalThis.Response(body.formData).text(), catch: failed })
  }
}

/** The answer as the client sees it. A text is there at once; events are the simulator's own stream. */
class MemoryResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly request: HttpClientRequest.HttpClientRequest
  readonly status: number
  readonly headers: Headers.Headers
  readonly cookies = Cookies.empty
  readonly remoteAddress = Option.none<string>()
  private readonly content: string | Stream.Stream<Uint8Array, HttpClientError.ResponseError>

  constructor(
    request: HttpClientRequest.HttpClientRequest,
    response: Response,
    content: string | Stream.Stream<Uint8Array, ConnectionReset>
  ) {
    super()
    this.request = request
    this.status = response.status
    this.headers = Headers.fromInput(response.headers)
    this.content = typeof content === "string"
      ? content
      // as the platform's own client puts a body that breaks off
      : Stream.mapError(
        content,
        (cause) => new HttpClientError.ResponseError({ request, response: this, reason: "Decode", cause })
      )
  }

  get stream(): Stream.Stream<Uint8Array, HttpClientError.ResponseError> {
    return typeof this.content === "string" ? Stream.make(encoder.encode(this.content)) : this.content
  }

  get text(): Effect.Effect<string, HttpClientError.ResponseError> {
    return typeof this.content === "string"
      ? Effect.succeed(this.content)
      : this.content.pipe(Stream.decodeText(), Stream.mkString)
  }

  get json(): Effect.Effect<unknown, HttpClientError.ResponseError> {
    return Effect.tryMap(this.text, {
      try: (text): unknown => text === "" ? null : JSON.parse(text),
      catch: (cause) =>
        new HttpClientError.ResponseError({ request: this.request, response: this, reason: "Decode", cause })
    })
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer, HttpClientError.ResponseError> {
    return Effect.map(this.text, (text) => encoder.encode(text).slice().buffer)
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
