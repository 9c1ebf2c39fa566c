/**
 * What was asked of a simulator and how it answered.
 *
 * The ledger has one entry for each request to the API, in the order of arrival. It can be printed and shared: the
 * values of credentials, and of `authorization_token` wherever it stands, are not in it.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const Entry_ = Schema.Struct({
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
  /** What went wrong on purpose. */
  fault: Schema.optionalWith(Schema.Unknown, { exact: true })
}).annotations({ identifier: "LedgerEntry" })

/**
 * One request and its answer.
 *
 * @category models
 * @since 0.1.0
 */
export interface Entry extends Schema.Schema.Type<typeof Entry_> {}

/**
 * Schema of {@link Entry}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Entry: Schema.Schema<Entry> = Entry_

const queryText = (query: Entry["query"]): string => {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (typeof value === "string" ? [value] : value).map((one) => `${name}=${one}`)
  )
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`
}

/**
 * Prints entries as a readable timeline, one line for each request and one for its body.
 *
 * @category destructors
 * @since 0.1.0
 */
export const timeline = (entries: ReadonlyArray<Entry>): string =>
  entries.map((entry) => {
    const head = `${entry.at} ${entry.method} ${entry.path}${queryText(entry.query)} -> ${entry.status ?? "no answer"}`
    return entry.body === undefined ? head : `${head}\n  ${JSON.stringify(entry.body)}`
  }).join("\n")
