import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ApiError } from "../../ApiError.ts"
import { StreamInterrupted, StreamStalled, TransportError } from "../../ApiError.ts"
import type { Call } from "../http/request.ts"
import { requestId } from "../http/response.ts"
import { describe } from "../http/transport.ts"
import type { Pull } from "./pull.ts"
import { fromStream } from "./pull.ts"
import { watch } from "./watchdog.ts"

/** The number of bytes that a response announces, unless they are compressed. */
const lengthOf = ({ headers }: HttpClientResponse): number | undefined => {
  const coding = headers["content-encoding"] ?? "identity"
  const length = headers["content-length"]
  return coding === "identity" && length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined
}

/** Reads the bytes of an answer. */
export type Reader = (
  call: Call,
  head: HttpClientResponse,
  maxSilence: Duration.DurationInput | undefined
) => Effect.Effect<Pull<Uint8Array, ApiError>, never, Scope.Scope>

/** Starts a body, until the scope closes. Not every transport notices that it ended too early. */
export const read: Reader = ({ endpoint: { name: operation }, scrub }, head, maxSilence) => {
  const id = requestId(head.headers, scrub)
  const length = lengthOf(head)
  const broken = (detail: string) =>
    Effect.fail(
      new TransportError({
        operation,
        reason: "Body",
        status: head.status,
        requestId: id,
        detail: `the response ended before it was complete: ${detail}`
      })
    )
  let count = 0
  const start = fromStream(head.stream)
  const pull = maxSilence === undefined ? start : Effect.flatMap(start, watch(operation, id, maxSilence))
  return Effect.map(pull, (bytes) =>
    Effect.matchEffect(bytes, {
      onFailure: (error): Effect.Effect<never, ApiError> =>
        error instanceof StreamStalled || error instanceof StreamInterrupted
          ? Effect.fail(error)
          : broken(describe(error, scrub)),
      onSuccess: (chunk) => {
        if (chunk === undefined) {
          return length !== undefined && count < length
            ? broken(`it has ${count} of ${length} bytes`)
            : Effect.succeed(undefined)
        }
        for (const piece of chunk) count += piece.length
        return Effect.succeed(chunk)
      }
    }))
}
