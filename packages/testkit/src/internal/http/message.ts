import * as Data from "effect/Data"
import type * as Stream from "effect/Stream"

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
}

const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/** The body of a request from its bytes. */
export const bodyOf = (bytes: Uint8Array): Pick<Request, "body" | "isUtf8"> => {
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
