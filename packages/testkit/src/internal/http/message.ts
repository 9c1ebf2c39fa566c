import * as Data from "effect/Data"
import type * as Stream from "effect/Stream"
import * as form from "./form.ts"

/** An HTTP request as plain data: what both the in-memory client and the real port hand to the simulator. */
export interface Request {
  /** In capitals, such as `GET`. */
  readonly method: string
  /** As it was on the wire, still percent-encoded, without the query. */
  readonly path: string
  /** Decoded pairs in wire order; a name may repeat. */
  readonly query: ReadonlyArray<readonly [name: string, value: string]>
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The whole body as text; empty when there is none. */
  readonly body: string
  /** False if the bytes of the body are no UTF-8; then the text has replacement characters. */
  readonly isUtf8?: boolean | undefined
  /** The body as a form, if it is one; then the text is empty. */
  readonly form?: form.Form | undefined
  /** True if the body was too large to be kept; then it is empty. */
  readonly isTooLarge?: boolean | undefined
}

/** The most bytes that any body may have, and that a form may have, which is mostly a file. */
export const maxBodySize = 32 * 1024 * 1024
const maxFormSize = 500 * 1024 * 1024 + 64 * 1024

/** The parts of a request that its body makes. */
type FromBody = Pick<Request, "body" | "form" | "isTooLarge" | "isUtf8">

/** Reads a body piece by piece. Of one that is too large nothing is kept. */
export const bodyReader = (contentType: string | undefined): {
  readonly push: (bytes: Uint8Array) => void
  readonly end: () => FromBody
} => {
  const reader = form.isForm(contentType) ? form.reader(contentType) : undefined
  const max = reader === undefined ? maxBodySize : maxFormSize
  let chunks: Array<Uint8Array> = []
  let size = 0
  return {
    push: (bytes) => {
      size += bytes.length
      if (size > max) chunks = []
      else if (reader !== undefined) reader.push(bytes)
      else chunks.push(bytes)
    },
    end: () => {
      if (size > max) return { body: "", isTooLarge: true }
      return reader === undefined ? bodyOf(concat(chunks)) : { body: "", form: reader.end() }
    }
  }
}

/** One piece of bytes of several. */
export const concat = (chunks: ReadonlyArray<Uint8Array>): Uint8Array => {
  const [first] = chunks
  if (chunks.length === 1 && first !== undefined) return first
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}

const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/** The body of a request from its bytes. */
const bodyOf = (bytes: Uint8Array): Pick<Request, "body" | "isUtf8"> => {
  try {
    return { body: strictDecoder.decode(bytes) }
  } catch {
    return { body: decoder.decode(bytes), isUtf8: false }
  }
}

/** The connection dies, because a fault says so. A door reports it as a real transport would. */
export class ConnectionReset extends Data.TaggedError("ConnectionReset") {
  readonly code = "ECONNRESET"
  override readonly message = "The connection was reset on purpose: by a fault of the simulator"
}

/** The body of a {@link Response}. */
export type Body =
  | { readonly _tag: "Json"; readonly value: unknown }
  | { readonly _tag: "Text"; readonly value: string }
  | { readonly _tag: "Empty" }
  | {
    readonly _tag: "Bytes"
    /** In bytes. */
    readonly size: number
    /** It is pull-based. */
    readonly stream: Stream.Stream<Uint8Array, ConnectionReset>
  }
  | {
    readonly _tag: "Events"
    /**
     * Server-sent events, one chunk of bytes per frame unless a fault cuts it up. It is pull-based and may be consumed once. The subscription
     * behind it exists already and belongs to the scope of the request: close that scope when the body is done with.
     */
    readonly stream: Stream.Stream<Uint8Array, ConnectionReset>
  }

/** An HTTP response as plain data. */
export interface Response {
  readonly status: number
  /** Names in lower case. `content-type` is among them; lengths and connection headers are the transport's. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Body
}

/** A body that is read bit by bit, for which the scope of the request stays open. */
export type StreamBody = Extract<Body, { readonly stream: unknown }>

/** Tells a body that is a stream. */
export const isStream = (body: Body): body is StreamBody => body._tag === "Events" || body._tag === "Bytes"

/** The headers of a response, with the length if it is known of a stream. */
export const headersOf = ({ body, headers }: Response): Readonly<Record<string, string>> =>
  body._tag === "Bytes" ? { ...headers, "content-length": String(body.size) } : headers

/** A body that is not a stream, as it is on the wire. */
export const text = (body: Body): string => {
  switch (body._tag) {
    case "Json":
      return JSON.stringify(body.value)
    case "Text":
      return body.value
    default:
      return ""
  }
}
