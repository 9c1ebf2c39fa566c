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
      bodyText(request).pipe(
        Effect.flatMap((body) =>
          send({ method: request.method, ...exchange.fromUrl(url), headers: request.headers, body }, signal)
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
