import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiError } from "../../ApiError.ts"
import { MalformedResponse, TransportError } from "../../ApiError.ts"
import type * as Endpoint from "../../Endpoint.ts"
import { explain, fromParseIssue } from "../schema/explain.ts"
import * as guard from "../schema/guard.ts"
import type { Call } from "./request.ts"
import { isError, requestId } from "./response.ts"
import type { Scrub } from "./secrets.ts"
import { excerpt, scrubber } from "./secrets.ts"
import type { Connection } from "./transport.ts"
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
  bytes: { accepts: () => true, name: "bytes" },
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
      // of a text that may hold a secret, nothing is safe to show
      excerpt: text !== "" && hidesSecrets(endpoint) ? "(not shown: it may hold a secret)" : excerpt(text, scrub)
    })
  )

/** Refuses a response of another media type. The beginning of its body says what it is instead. */
export const checkType = (
  call: Call,
  head: HttpClientResponse,
  { scope, timeout }: Connection
): Effect.Effect<void, MalformedResponse> => {
  const { accepts, name } = expected[call.endpoint.kind]
  const type = mediaType(head)
  if (accepts(type)) return Effect.void
  const message = excerpt(`expected ${name}, got content type ${type ?? "(none)"}`, call.scrub)
  return Effect.flatMap(
    Scope.extend(beginning(head, timeout), scope),
    (text) => malformed(call, head, text, "MediaType", [{ path: "", message }])
  )
}

/** Decodes an answer, or says what is wrong with it. */
type Decode = (value: unknown, scrub: Scrub) => Either.Either<unknown, MalformedResponse["issues"]>

const decoders = new WeakMap<Endpoint.Any, Decode>()

/** Secrets are all that an answer is ever transformed for. */
const hidesSecrets = ({ success: { ast } }: Endpoint.Any): boolean => AST.typeAST(ast) !== ast

const validating = (schema: Schema.Schema.AnyNoContext): Decode => {
  const is = guard.make(schema)
  return (value, scrub) => is(value) ? Either.right(value) : Either.left(explain(schema, value, scrub))
}

const transforming = (schema: Schema.Schema.AnyNoContext): Decode => {
  const decode = ParseResult.decodeUnknownEither(schema, { errors: "all" })
  return (value, scrub) =>
    Either.mapLeft(decode(value), (issue) => {
      const mask = scrubber(longTexts(value))
      return fromParseIssue(issue, (text) => mask(scrub(text)))
    })
}

/** The texts of a value that are long enough for a secret, as secrets. */
const longTexts = (value: unknown): ReadonlyArray<Redacted.Redacted> => {
  if (typeof value === "string") return value.length < 20 ? [] : [Redacted.make(value)]
  return typeof value === "object" && value !== null ? Object.entries(value).flat().flatMap(longTexts) : []
}

const decoderOf = (endpoint: Endpoint.Any): Decode => {
  let decode = decoders.get(endpoint)
  if (decode === undefined) {
    decode = hidesSecrets(endpoint) ? transforming(endpoint.success) : validating(endpoint.success)
    decoders.set(endpoint, decode)
  }
  return decode
}

/** Tells a value that is nothing of the API's: every answer of it has a type, or is a list. */
const isForeign = (value: unknown): boolean =>
  !(Predicate.hasProperty(value, "type") || Predicate.hasProperty(value, "data"))

/** Reads a JSON body and validates it. */
export const json = (call: Call, head: HttpClientResponse): Effect.Effect<unknown, ApiError> =>
  Effect.flatMap(whole(call.endpoint.name, head, call.scrub), (text) => {
    const decode = decoderOf(call.endpoint)
    let value: unknown
    try {
      // where there may be nothing to answer, an empty body says so as well
      value = text === "" && Either.isRight(decode(null, call.scrub)) ? null : JSON.parse(text)
    } catch {
      const coding = head.headers["content-encoding"]
      const message = text === ""
        ? "expected JSON, got an empty body"
        // not every `HttpClient` decompresses
        : coding === undefined
        ? "expected JSON"
        : excerpt(`expected JSON (content encoding ${coding})`, call.scrub)
      return malformed(call, head, text, "Syntax", [{ path: "", message }])
    }
    if (isError(value)) {
      const message = `expected an answer, got an error with status ${head.status}`
      return malformed(call, head, text, "Syntax", [{ path: "", message }])
    }
    return Either.match(decode(value, call.scrub), {
      onLeft: (issues) => malformed(call, head, text, isForeign(value) ? "Syntax" : "Schema", issues),
      onRight: Effect.succeed
    })
  })
