import type * as Event from "@effect-managed-agents/core/Event"
import type * as Session from "@effect-managed-agents/core/Session"
import * as Schema from "effect/Schema"
import * as Fault from "../../Fault.ts"

const Exchange_ = Schema.Struct({
  /** When the request came, RFC 3339. */
  at: Schema.String,
  method: Schema.String,
  /** As it was on the wire, percent-encoded, without the query. */
  path: Schema.String,
  /** Decoded. A name that ends in `[]` or that came more than once has a list. */
  query: Schema.Record({ key: Schema.String, value: Schema.Union(Schema.String, Schema.Array(Schema.String)) }),
  /** Names in lower case. */
  headers: Schema.Record({ key: Schema.String, value: Schema.String }),
  /** The JSON of the body. Absent without a body; the text `(not JSON)` for a body that is none. */
  body: Schema.optionalWith(Schema.Unknown, { exact: true }),
  /** Absent while the request is being handled, and for good if it never was answered. */
  status: Schema.optionalWith(Schema.Number, { exact: true }),
  request_id: Schema.optionalWith(Schema.String, { exact: true }),
  /** The injected fault. */
  fault: Schema.optionalWith(Fault.Fault, { exact: true })
}).annotations({ identifier: "LedgerExchange" })

/** One request and its answer. */
export interface Exchange extends Schema.Schema.Type<typeof Exchange_> {}

/** Schema of {@link Exchange}. */
export const Exchange: Schema.Schema<Exchange> = Exchange_

/** A request that came. */
export interface Asked {
  readonly _tag: "Asked"
  readonly at: string
  readonly exchange: Exchange
  /** When it was answered; absent until then. */
  readonly answeredAt?: string | undefined
}

/** Events of a client that the service took, whatever became of the answer. They are processed later. */
export interface Took {
  readonly _tag: "Took"
  readonly at: string
  readonly sessionId: string
  readonly events: ReadonlyArray<typeof Event.Event.Encoded>
}

/** An event that the service emitted, whether or not a stream was there to carry it. */
export interface Emitted {
  readonly _tag: "Emitted"
  readonly at: string
  readonly sessionId: string
  /** The child thread whose event it is; null for what the session's own stream carries. */
  readonly threadId: string | null
  readonly event: typeof Event.StreamEvent.Encoded
}

/** An event stream that was opened. Streams are numbered from 1. */
export interface Opened {
  readonly _tag: "Opened"
  readonly at: string
  readonly stream: number
  readonly sessionId: string
  /** The thread that it follows, or null for the session. */
  readonly threadId: string | null
}

/** An event stream that was closed. */
export interface Closed {
  readonly _tag: "Closed"
  readonly at: string
  readonly stream: number
  readonly sessionId: string
  readonly by: "client" | "service"
}

/** Something that happened on one of the two sides. */
export type Moment = Asked | Took | Emitted | Opened | Closed

/** All that happened, in order, and what the sessions are doing now. */
export interface History {
  readonly moments: ReadonlyArray<Moment>
  /** True if there was more than is kept: the last 10,000 requests, and the last 20,000 moments of the service. */
  readonly truncated: boolean
  /** The sessions that are not deleted, also archived ones. */
  readonly sessions: ReadonlyArray<{ readonly id: string; readonly status: typeof Session.Session.Encoded["status"] }>
}

/** Violation of a law, as a law reports it. */
export interface Offence {
  readonly message: string
  /** The session that it concerns. */
  readonly sessionId: string
  /** Those of the history that show it, which the timeline marks. */
  readonly moments: ReadonlyArray<Moment>
}

/** An {@link Offence}, and against what. */
export interface Violation extends Offence {
  /** The name of the law. */
  readonly law: string
}
