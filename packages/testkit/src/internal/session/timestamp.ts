import * as Timestamp from "@effect-managed-agents/core/Timestamp"
import type * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

/** Microseconds since the Unix epoch: the resolution of the service's stamps. A safe integer until the year 2255. */
export type Micros = number

/** The time of a clock. */
export const now = (clock: Clock.Clock): Micros => Math.floor(clock.unsafeCurrentTimeMillis() * 1000)

/** A duration in microseconds. */
export const micros = (duration: Duration.Duration): Micros => Math.round(Duration.toMillis(duration) * 1000)

let second = NaN
let prefix = ""

/** RFC 3339 to the microsecond; like the service, without a fraction where there is none. */
export const format = (micros: Micros): string => {
  const s = Math.floor(micros / 1_000_000)
  if (s !== second) {
    second = s
    prefix = DateTime.formatIso(DateTime.unsafeMake(s * 1000)).slice(0, 19)
  }
  const fraction = micros - s * 1_000_000
  return fraction === 0 ? `${prefix}Z` : `${prefix}.${String(fraction).padStart(6, "0")}Z`
}

const isTimestamp = Schema.is(Timestamp.Timestamp)

/** The instant as other libraries take it. */
export const toDate = (micros: Micros): Date => DateTime.toDateUtc(DateTime.unsafeMake(Math.floor(micros / 1000)))

/** The instant of an RFC 3339 text; digits after the microsecond are dropped. */
export const parse = (text: string): Micros | undefined =>
  isTimestamp(text) ? Number(Timestamp.toEpochMicros(text)) : undefined
