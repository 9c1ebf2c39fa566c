import type { ResponseError } from "@effect/platform/HttpClientError"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { TransportError } from "../ApiError.ts"
import { requestId } from "./response.ts"
import type { Scrub } from "./secrets.ts"
import { excerpt } from "./secrets.ts"
import { describe } from "./transport.ts"

/** How much of an error page is read: enough for any error of the API, while a proxy's page may be endless. */
const maxErrorBody = 64 * 1024

/**
 * Reads a body. What has been read can be looked at however the reading ends.
 *
 * It is pulled rather than run: that takes no fiber, which would cost more than the rest and whose failure the runtime
 * would log, request and all.
 */
const reader = (response: HttpClientResponse, limit: number) => {
  const decoder = new TextDecoder()
  const found: { text: string; failure: ResponseError | undefined } = { text: "", failure: undefined }
  const read = Effect.flatMap(Stream.toPull(response.stream), (pull) => {
    const loop: Effect.Effect<void> = Effect.matchEffect(pull, {
      onSuccess: (chunks) => {
        for (const bytes of chunks) found.text += decoder.decode(bytes, { stream: true })
        return found.text.length < limit ? loop : Effect.void
      },
      onFailure: (end) => {
        found.failure = Option.getOrUndefined(Option.filter(end, (error) => error.reason !== "EmptyBody"))
        return Effect.void
      }
    })
    return loop
  })
  return { found, read }
}

/** The whole body. There is no limit on how long it may take. */
export const whole = (
  operation: string,
  response: HttpClientResponse,
  scrub: Scrub
): Effect.Effect<string, TransportError, Scope.Scope> =>
  Effect.suspend(() => {
    const { found, read } = reader(response, Infinity)
    return Effect.flatMap(read, () =>
      found.failure === undefined ? Effect.succeed(found.text) : Effect.fail(
        new TransportError({
          operation,
          reason: "Body",
          status: response.status,
          requestId: requestId(response.headers, scrub),
          detail: `the response ended before it was complete: ${describe(found.failure, scrub)}`,
          excerpt: excerpt(found.text, scrub)
        })
      ))
  })

/**
 * What can be had of a body that only explains a failure: the beginning of one that is endless, breaks off or stalls. Its
 * status counts all the same.
 */
export const beginning = (
  response: HttpClientResponse,
  timeout: Duration.Duration
): Effect.Effect<string, never, Scope.Scope> =>
  Effect.suspend(() => {
    const { found, read } = reader(response, maxErrorBody)
    return Effect.map(Effect.timeoutOption(read, timeout), () => found.text)
  })

/** The media type of a response, without parameters. */
export const mediaType = (response: HttpClientResponse): string | undefined =>
  response.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase()

/** Whether a media type is JSON. A server that leaves the type out may still mean JSON; parsing decides. */
export const isJson = (type: string | undefined): boolean =>
  type === undefined || type === "application/json" || type.endsWith("+json")

/** Whether a media type is that of an event stream. */
export const isEventStream = (type: string | undefined): boolean => type === "text/event-stream"
