/**
 * Points in time as the service writes them: RFC 3339 strings.
 *
 * The number of fractional digits varies from none to six, so two stamps must be compared as instants ({@link Order}),
 * never as strings.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Ord from "effect/Order"
import * as Schema from "effect/Schema"
import * as guard from "./internal/schema/guard.ts"
import { isTimestamp } from "./internal/schema/rfc3339.ts"

const is = (u: unknown): u is string => typeof u === "string" && isTimestamp(u)

/**
 * An RFC 3339 timestamp, for example `2026-03-15T10:00:00.899001Z`.
 * @category schemas
 */
export const Timestamp = Schema.String.pipe(
  Schema.filter(is, {
    description: "A timestamp in RFC 3339 format",
    jsonSchema: { type: "string", format: "date-time" },
    arbitrary: () => (fc) =>
      fc.tuple(
        // seconds since the epoch, until 2100
        fc.integer({ min: 0, max: 4_102_444_800 }),
        fc.constantFrom("Z", ".5Z", ".899Z", ".899001Z", "+02:00")
      ).map(([seconds, tail]) => `${DateTime.formatIso(DateTime.unsafeMake(seconds * 1000)).slice(0, 19)}${tail}`),
    [guard.PredicateId]: is
  }),
  Schema.brand("@effect-managed-agents/core/Timestamp")
).annotations({ identifier: "Timestamp" })

/**
 * An RFC 3339 timestamp.
 * @category models
 */
export type Timestamp = typeof Timestamp.Type

/**
 * The instant of a timestamp, in microseconds since the Unix epoch. A `bigint`, because microseconds of today need more
 * digits than are safe in a sum of floats.
 * @category accessors
 */
export const toEpochMicros = (self: Timestamp): bigint => {
  const millis = BigInt(Math.floor(Date.parse(self.replace(/\.\d+/, ""))))
  const fraction = /\.(\d+)/.exec(self)?.[1] ?? ""
  return millis * 1000n + BigInt(fraction.padEnd(6, "0").slice(0, 6))
}

/**
 * The timestamp as an Effect `DateTime`, which keeps whole milliseconds.
 * @category accessors
 */
export const toDateTime = (self: Timestamp): DateTime.Utc => DateTime.unsafeMake(Date.parse(self))

/**
 * The timestamp of an Effect `DateTime`.
 * @category constructors
 */
export const fromDateTime = (dateTime: DateTime.DateTime): Timestamp =>
  Timestamp.make(DateTime.formatIso(DateTime.toUtc(dateTime)))

/**
 * Orders timestamps by the instant they name, to the microsecond.
 * @category instances
 */
export const Order: Ord.Order<Timestamp> = Ord.mapInput(Ord.bigint, toEpochMicros)
