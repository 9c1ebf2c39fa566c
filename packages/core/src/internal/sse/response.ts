import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as fork from "../stream/fork.ts"
import type { Pull } from "../stream/pull.ts"
import * as pull from "../stream/pull.ts"

/** Options of {@link eventResponse}. */
export interface Options {
  readonly heartbeat?: Duration.DurationInput | undefined
  readonly headers?: { readonly [name: string]: string } | undefined
  /** Sent before anything else, so that the head of the response is not held back. */
  readonly first?: string | undefined
}

/** A comment, which readers skip. */
const comment = ":\n\n"

/**
 * Response of server-sent events. The texts are pulled when the socket takes more. It begins with those that have come
 * already.
 */
export const eventResponse = <E, R>(
  texts: Pull<string, E, R>,
  { first = comment, headers, heartbeat = "15 seconds" }: Options
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, R> =>
  Effect.map(Effect.context<R>(), (context) => {
    const encoder = new TextEncoder()
    let begun = false
    const make = Effect.map(withHeartbeats(texts, heartbeat), (beating): Pull<Uint8Array, E, R> =>
      Effect.suspend(() => {
        if (!begun) {
          begun = true
          return Effect.succeed(pull.chunk([encoder.encode(first)]))
        }
        return Effect.map(beating, (chunk) => chunk && pull.chunk([encoder.encode(pull.toArray(chunk).join(""))]))
      }))
    const body = pull.toStream(Effect.map(make, Effect.provide(context)))
    return HttpServerResponse.stream(body, {
      contentType: "text/event-stream",
      headers: {
        // a proxy that compresses or buffers holds events back
        "cache-control": "no-cache, no-transform",
        "x-accel-buffering": "no",
        ...headers
      }
    })
  })

/** Puts a comment into each silence. One pull is under way at a time, and none before the consumer asks. */
const withHeartbeats = <E, R>(
  texts: Pull<string, E, R>,
  interval: Duration.DurationInput
): Effect.Effect<Pull<string, E, R>, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    let pending: Fiber.Fiber<Effect.Effect.Success<typeof texts>, E> | undefined
    return Effect.gen(function*() {
      pending ??= yield* fork.into(scope)(texts)
      const exit = yield* Effect.timeoutOption(Fiber.await(pending), interval)
      if (Option.isNone(exit)) return pull.chunk([comment])
      pending = undefined
      return yield* exit.value
    })
  })
