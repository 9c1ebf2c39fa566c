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
      readBody(request).pipe(
        Effect.flatMap((read) =>
          send({ method: request.method, ...exchange.fromUrl(url), headers: request.headers, ...read }, signal)
        ),
        Effect.map(({ response, scope }) =>
          new MemoryResponse(
            request,
            { status: response.status, headers: http.headersOf(response) },
            http.isStream(response.body)
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

/** The parts of a request that its body makes. */
const readBody = (
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<Pick<http.Request, "body"> & Partial<http.Request>, HttpClientError.RequestError> => {
  const { body, headers } = request
  const failed = (cause: unknown) => new HttpClientError.RequestError({ request, reason: "Encode", cause })
  const whole = (bytes: Uint8Array, contentType: string | undefined) => {
    const reader = http.bodyReader(contentType)
    reader.push(bytes)
    return reader.end()
  }
  // the content type of what the platform has a type for, such as a form, is up to it
  const web = (raw: BodyInit) =>
    Effect.tryPromise({
      try: async () => {
        const response = new globalThis.Response(raw)
        const type = headers["content-type"] ?? response.headers.get("content-type") ?? undefined
        const read = whole(new Uint8Array(await response.arrayBuffer()), type)
        return type === undefined ? read : { ...read, headers: { ...headers, "content-type": type } }
      },
      catch: failed
    })
  switch (body._tag) {
    case "Empty":
      return Effect.succeed({ body: "" })
    case "Uint8Array":
      return Effect.succeed(whole(body.body, headers["content-type"]))
    case "Stream":
      return Effect.suspend(() => {
        const reader = http.bodyReader(headers["content-type"])
        return Stream.mapError(body.stream, failed).pipe(
          Stream.runForEach((bytes) => Effect.sync(() => reader.push(bytes))),
          Effect.map(reader.end)
        )
      })
    case "Raw":
      // whatever the platform's own client accepts as a body
      return web(body.body as BodyInit)
    case "FormData":
      return web(body.formData)
  }
}
