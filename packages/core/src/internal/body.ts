import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { TransportError } from "../ApiError.ts"
import { requestId } from "./response.ts"
import type { Scrub } from "./secrets.ts"
import { excerpt } from "./secrets.ts"
import { describe } from "./transport.ts"

/** How much of an error page is read: enough for any error of the API, while a proxy's page may be endless. */
const maxErrorBody = 64 * 1024

/** Reads a body into a text that can be looked at however the reading ends. */
const reader = (response: HttpClientResponse, limit: number) => {
  const decoder = new TextDecoder()
  let text = ""
  return {
    text: () => text,
    run: response.stream.pipe(
      Stream.runForEachWhile((bytes) =>
        Effect.sync(() => {
          text += decoder.decode(bytes, { stream: true })
          return text.length < limit
        })
      ),
      Effect.catchIf((error) => error.reason === "EmptyBody", () => Effect.void)
    )
  }
}

/** The whole body. There is no limit on how long it may take. */
export const whole = (
  operation: string,
  response: HttpClientResponse,
  scrub: Scrub
): Effect.Effect<string, TransportError> =>
  Effect.suspend(() => {
    const { run, text } = reader(response, Infinity)
    return Effect.mapBoth(run, {
      onSuccess: text,
      onFailure: (error) =>
        new TransportError({
          operation,
          reason: "Body",
          status: response.status,
          requestId: requestId(response.headers, scrub),
          detail: `the response ended before it was complete: ${describe(error, scrub)}`,
          excerpt: excerpt(text(), scrub)
        })
    })
  })

/**
 * What can be had of a body that only explains a failure: the beginning of one that is endless, breaks off or stalls. Its
 * status counts all the same.
 */
export const beginning = (response: HttpClientResponse, timeout: Duration.Duration): Effect.Effect<string> =>
  Effect.suspend(() => {
    const { run, text } = reader(response, maxErrorBody)
    return run.pipe(Effect.timeout(timeout), Effect.ignore, Effect.map(text))
  })

/** The media type of a response, without parameters. */
export const mediaType = (response: HttpClientResponse): string | undefined =>
  response.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase()

/** Whether a media type is JSON. A server that leaves the type out may still mean JSON; parsing decides. */
export const isJson = (type: string | undefined): boolean =>
  type === undefined || type === "application/json" || type.endsWith("+json")

/** Whether a media type is that of an event stream. */
export const isEventStream = (type: string | undefined): boolean => type === "text/event-stream"
