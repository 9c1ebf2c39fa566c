/** An application as an `HttpClient`, without a socket: what it responds is handed on as it is. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { MemoryResponse } from "../../src/internal/http/memoryResponse.ts"

/** A connection that breaks off after so many bytes. */
export const cut = (bytes: number) => <E, R>(body: Stream.Stream<Uint8Array, E, R>) =>
  Stream.mapAccum(body, bytes, (left, chunk) => [left - chunk.length, chunk.subarray(0, Math.max(0, left))]).pipe(
    Stream.takeUntil((chunk) => chunk.length === 0)
  )

/** `change` is applied to the bodies that are streams. */
export const make = <E, R>(
  app: HttpApp.Default<E, R | Scope.Scope>,
  change: (body: Stream.Stream<Uint8Array, unknown>) => Stream.Stream<Uint8Array, unknown> = (body) => body
): Effect.Effect<HttpClient.HttpClient, never, Exclude<R, HttpServerRequest.HttpServerRequest | Scope.Scope>> =>
  Effect.map(
    // what the application needs is there; the request and its scope are provided to each run
    Effect.context<any>(),
    (context) =>
      HttpClient.make((request) =>
        Effect.gen(function*() {
          const scope = yield* Scope.make()
          const { body, headers, status } = yield* app.pipe(
            Effect.catchAllCause((cause) => Effect.map(HttpServerError.causeResponse(cause), ([response]) => response)),
            Effect.provideService(
              HttpServerRequest.HttpServerRequest,
              HttpServerRequest.fromWeb(new Request(request.url, { headers: request.headers }))
            ),
            // before the context, which may have a scope of its own
            Scope.extend(scope),
            Effect.provide(context)
          )
          if (body._tag !== "Stream") {
            yield* Scope.close(scope, Exit.void)
            return new MemoryResponse(
              request,
              { status, headers },
              body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : ""
            )
          }
          const broken = Stream.mapError(change(body.stream), () => ({ _tag: "Broken" }))
          return new MemoryResponse(
            request,
            { status, headers: { ...headers, "content-type": body.contentType } },
            Stream.ensuringWith(broken, (exit) => Scope.close(scope, exit))
          )
        })
      )
  )
