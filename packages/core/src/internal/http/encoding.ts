import * as HttpBody from "@effect/platform/HttpBody"
import * as Effect from "effect/Effect"
import type { Issue } from "../../ApiError.ts"

/** The state of the sources of a request's body while they are read. */
export interface Sources {
  /** The reason why one of them could not be read to its end. */
  failure: unknown
  /** True once one has been read that cannot be read again. */
  isSpent: boolean
  /** Options of `fetch` without which it would keep all that it sends. */
  init?: RequestInit
}

/** The way in which a body is written. */
export interface Encoding {
  readonly mediaType: "application/json" | "multipart/form-data"
  /** Writes a body, or says why it cannot be written. */
  readonly write: (body: unknown, sources: Sources) => Effect.Effect<HttpBody.HttpBody, ReadonlyArray<Issue>>
}

/** Bodies in JSON. */
export const json: Encoding = {
  mediaType: "application/json",
  write: (body) =>
    Effect.mapError(HttpBody.json(body), () => [{ path: "", message: "expected values that can be written as JSON" }])
}
