import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { TransportError } from "../../ApiError.ts"
import { requestId } from "./response.ts"
import type { Scrub } from "./secrets.ts"
import { describe } from "./transport.ts"

/** How much of an error page is read: enough for any error of the API, while a proxy's page may be endless. */
const maxErrorBody = 64 * 1024

/** The whole body. There is no limit on how long it may take. */
export const whole = (
  operation: string,
  response: HttpClientResponse,
  scrub: Scrub
): Effect.Effect<string, TransportError> =>
  Effect.mapError(response.text, (error) =>
    new TransportError({
      operation,
      reason: "Body",
      status: response.status,
      requestId: requestId(response.headers, scrub),
      detail: `the response ended before it was complete: ${describe(error, scrub)}`
    }))

/**
 * What can be had of a body that only explains a failure: the beginning of one that is endless, breaks off or stalls. Its
 * status counts all the same.
 *
 * It is pulled rather than run: that takes no fiber, whose failure the runtime would log, request and all.
 */
export const beginning = (
  response: HttpClientResponse,
  timeout: Duration.Duration
): Effect.Effect<string, never, Scope.Scope> =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    let text = ""
    const read = Effect.flatMap(Stream.toPull(response.stream), (pull) => {
      const loop: Effect.Effect<void> = Effect.matchEffect(pull, {
        onSuccess: (chunks) => {
          for (const bytes of chunks) text += decoder.decode(bytes, { stream: true })
          return text.length < maxErrorBody ? loop : Effect.void
        },
        onFailure: () => Effect.void
      })
      return loop
    })
    return Effect.map(Effect.timeoutOption(read, timeout), () => text)
  })

/** The media type of a response, without parameters. */
export const mediaType = (response: HttpClientResponse): string | undefined =>
  response.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase()

/** Whether a media type is JSON. A server that leaves the type out may still mean JSON; parsing decides. */
export const isJson = (type: string | undefined): boolean =>
  type === undefined || type === "application/json" || type.endsWith("+json")

/** Whether a media type is that of an event stream. */
export const isEventStream = (type: string | undefined): boolean => type === "text/event-stream"
