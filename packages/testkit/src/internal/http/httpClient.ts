import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as exchange from "./exchange.ts"
import { MemoryResponse } from "./memoryResponse.ts"
import * as http from "./message.ts"

/** An `HttpClient` whose every request goes to `handle`, whatever the host. */
export const make = (handle: exchange.Handle): Effect.Effect<HttpClient.HttpClient, never, Scope.Scope> =>
  Effect.map(exchange.open(handle), (send) =>
    HttpClient.make((request, url, signal) =>
      bodyBytes(request).pipe(
        Effect.flatMap((bytes) =>
          send({
            method: request.method,
            ...exchange.fromUrl(url),
            headers: request.headers,
            ...http.bodyOf(bytes)
          }, signal)
        ),
        Effect.map(({ response, scope }) =>
          new MemoryResponse(
            request,
            response,
            response.body._tag === "Events"
              ? Stream.ensuringWith(response.body.stream, (exit) => Scope.close(scope, exit))
              : http.text(response.body)
          )
        ),
        Effect.mapError((cause) =>
          cause._tag === "RequestError"
            ? cause
            : new HttpClientError.RequestError({ request, reason: "Transport", cause, description: cause.message })
        )
      )
    ))

const bodyBytes = (
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<Uint8Array, HttpClientError.RequestError> => {
  const body = request.body
  const failed = (cause: unknown) => new HttpClientError.RequestError({ request, reason: "Encode", cause })
  const read = (raw: BodyInit) =>
    Effect.tryPromise({
      try: async () => new Uint8Array(await new globalThis.Response(raw).arrayBuffer()),
      catch: failed
    })
  switch (body._tag) {
    case "Empty":
      return Effect.succeed(new Uint8Array())
    case "Uint8Array":
      return Effect.succeed(body.body)
    case "Stream":
      return body.stream.pipe(
        Stream.mapConcat((bytes) => bytes),
        Stream.runCollect,
        Effect.mapBoth({
          onFailure: failed,
          onSuccess: (bytes) => Uint8Array.from(bytes)
        })
      )
    case "Raw":
      // whatever the platform's own client accepts as a body
      return read(body.body as BodyInit)
    case "FormData":
      return read(body.formData)
  }
}
