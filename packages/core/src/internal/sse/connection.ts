import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ApiError } from "../../ApiError.ts"
import { MalformedResponse, StreamInterrupted, StreamStalled, TransportError } from "../../ApiError.ts"
import * as Sse from "../../Sse.ts"
import { beginning } from "../http/body.ts"
import { fromResponse } from "../http/response.ts"
import { excerpt } from "../http/secrets.ts"
import { timeLimit } from "../http/timeLimit.ts"
import { describe } from "../http/transport.ts"
import type { Pull } from "../stream/pull.ts"
import * as pull from "../stream/pull.ts"
import { watch } from "../stream/watchdog.ts"

/** Options of {@link connect}. */
export interface Options {
  readonly operation: string
  readonly maxSilence: Duration.Duration
}

/** Nothing is known of the secrets in a request that the application has made. */
export const scrub = (text: string): string => text

/** The characters that one frame may have. */
const maxFrameSize = 10_000_000

/** Connects, until the scope closes, and reads frames. `undefined` if the server says that there will be none. */
export const connect = (
  request: HttpClientRequest.HttpClientRequest,
  { maxSilence, operation }: Options
): Effect.Effect<Pull<Sse.Frame, ApiError> | undefined, ApiError, HttpClient.HttpClient | Scope.Scope> =>
  Effect.gen(function*() {
    const client = yield* HttpClient.HttpClient
    const failed = (error: unknown) =>
      new TransportError({ operation, reason: "Connection", detail: describe(error, scrub) })
    const head = yield* timeLimit(
      Effect.catchAll(
        HttpClient.withScope(client).execute(request),
        (error) =>
          error._tag === "ResponseError" && error.reason === "StatusCode"
            ? Effect.succeed(error.response)
            : Effect.fail(failed(error))
      ),
      { duration: maxSilence, onTimeout: () => new StreamStalled({ operation, silence: maxSilence }) }
    )
    if (head.status === 204) return undefined
    if (head.status !== 200) {
      const body = yield* beginning(head, Duration.seconds(5))
      return yield* yield* fromResponse(operation, head.status, head.headers, body, scrub)
    }
    const type = head.headers["content-type"] ?? "(none)"
    if (!type.toLowerCase().startsWith("text/event-stream")) {
      const body = yield* beginning(head, Duration.seconds(5))
      return yield* new MalformedResponse({
        operation,
        reason: "MediaType",
        status: head.status,
        issues: [{ path: "", message: `expected an event stream, got content type ${excerpt(type, scrub)}` }],
        excerpt: excerpt(body, scrub)
      })
    }
    const bytes = yield* Effect.flatMap(pull.fromStream(head.stream), watch(operation, undefined, maxSilence))
    return toFrames(operation, bytes)
  })

const toFrames = <E>(operation: string, bytes: Pull<Uint8Array, E>): Pull<Sse.Frame, ApiError> => {
  let frames: Array<Sse.Frame> = []
  let failure: ApiError | undefined
  const parser = Sse.makeParser({
    onFrame: (frame) => {
      if (failure === undefined) frames.push(frame)
    },
    maxFrameSize,
    onOverflow: () => {
      failure = new MalformedResponse({
        operation,
        reason: "Schema",
        issues: [{ path: "", message: `expected an event of at most ${maxFrameSize} characters` }],
        excerpt: ""
      })
    }
  })
  const read: Pull<Sse.Frame, ApiError> = Effect.matchEffect(bytes, {
    onFailure: (error) =>
      Effect.fail(
        error instanceof StreamStalled || error instanceof StreamInterrupted
          ? error
          : new StreamInterrupted({ operation, detail: describe(error, scrub) })
      ),
    onSuccess: (chunk): Pull<Sse.Frame, ApiError> => {
      if (chunk === undefined) return Effect.succeed(undefined)
      frames = []
      for (const part of chunk) parser.feed(part)
      return frames.length > 0 ? Effect.succeed(pull.chunk(frames)) : next
    }
  })
  const next: Pull<Sse.Frame, ApiError> = Effect.suspend(() => failure === undefined ? read : Effect.fail(failure))
  return next
}
