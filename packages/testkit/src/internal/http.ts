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
}

/** The body of a {@link Response}. */
export type Body =
  | { readonly _tag: "Json"; readonly value: unknown }
  | { readonly _tag: "Empty" }
  | {
    readonly _tag: "Events"
    /**
     * Server-sent events, one chunk of bytes per frame. It is pull-based and may be consumed once. The subscription
     * behind it exists already and belongs to the scope of the request: close that scope when the body is done with.
     */
    readonly stream: Stream.Stream<Uint8Array>
  }

/** An HTTP response as plain data. */
export interface Response {
  readonly status: number
  /** Names in lower case. `content-type` is among them; lengths and connection headers are the transport's. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Body
}
