import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiError } from "../../ApiError.ts"
import { MalformedResponse, TransportError } from "../../ApiError.ts"
import type * as Endpoint from "../../Endpoint.ts"
import { explain } from "../schema/explain.ts"
import * as guard from "../schema/guard.ts"
import type { Call } from "./request.ts"
import { requestId } from "./response.ts"
import type { Scrub } from "./secrets.ts"
import { excerpt } from "./secrets.ts"
import { describe } from "./transport.ts"

/** The size at which reading an error page ends: enough for any error of the API, while a proxy's page may be endless. */
const maxErrorBody = 64 * 1024

/** The whole body. There is no limit on how long it may take. */
const whole = (
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
 * The beginning of a body that only explains a failure. It may be endless, break off or stall: the status counts all the
 * same.
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
const mediaType = (response: HttpClientResponse): string | undefined =>
  response.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase()

const expected = {
  json: {
    // a server that leaves the type out may still mean JSON; parsing decides
    accepts: (type: string | undefined) => type === undefined || type === "application/json" || type.endsWith("+json"),
    name: "JSON"
  },
  events: { accepts: (type: string | undefined) => type === "text/event-stream", name: "an event stream" }
}

const malformed = (
  { endpoint, scrub }: Call,
  head: HttpClientResponse,
  text: string,
  reason: MalformedResponse["reason"],
  issues: MalformedResponse["issues"]
): Effect.Effect<never, MalformedResponse> =>
  Effect.fail(
    new MalformedResponse({
      operation: endpoint.name,
      reason,
      issues,
      status: head.status,
      requestId: requestId(head.headers, scrub),
      excerpt: excerpt(text, scrub)
    })
  )

/** Refuses a response of another media type. The beginning of its body says what it is instead. */
export const checkType = (
  call: Call,
  head: HttpClientResponse,
  timeout: Duration.Duration
): Effect.Effect<void, MalformedResponse, Scope.Scope> => {
  const { accepts, name } = expected[call.endpoint.kind]
  const type = mediaType(head)
  if (accepts(type)) return Effect.void
  const message = excerpt(`expected ${name}, got content type ${type ?? "(none)"}`, call.scrub)
  return Effect.flatMap(
    beginning(head, timeout),
    (text) => malformed(call, head, text, "MediaType", [{ path: "", message }])
  )
}

const guards = new WeakMap<Endpoint.Any, (value: unknown) => boolean>()

const guardOf = (endpoint: Endpoint.Any): (value: unknown) => boolean => {
  let is = guards.get(endpoint)
  if (is === undefined) {
    is = guard.make(endpoint.success)
    guards.set(endpoint, is)
  }
  return is
}

/** Reads a JSON body and validates it. */
export const json = (call: Call, head: HttpClientResponse): Effect.Effect<unknown, ApiError> =>
  Effect.flatMap(whole(call.endpoint.name, head, call.scrub), (text) => {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      const message = text === "" ? "expected JSON, got an empty body" : "expected JSON"
      return malformed(call, head, text, "Syntax", [{ path: "", message }])
    }
    return guardOf(call.endpoint)(value)
      ? Effect.succeed(value)
      : malformed(call, head, text, "Schema", explain(call.endpoint.success, value, call.scrub))
  })
