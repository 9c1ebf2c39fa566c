import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as Timestamp from "../src/Timestamp.ts"

const is = Schema.is(Timestamp.Timestamp)

/** The format and the calendar, the slow way. */
const reference = (text: string): boolean => {
  const match = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(\.\d+)?([Zz]|[+-](\d{2}):(\d{2}))$/.exec(text)
  if (match === null) return false
  const [, date, hour, minute, second, , , offsetHour = "0", offsetMinute = "0"] = match
  const midnight = new Date(`${date}T00:00:00.000Z`)
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(String(date)) &&
    Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60 &&
    Number(offsetHour) < 24 && Number(offsetMinute) < 60
}

const two = (max: number) => FastCheck.integer({ min: 0, max }).map((n) => String(n).padStart(2, "0"))

/** Texts of the right form whose numbers are often, but not always, in range. */
const formed = FastCheck.tuple(
  FastCheck.constantFrom("0000", "1900", "2000", "2023", "2024", "2100", "9999"),
  two(13),
  two(32),
  FastCheck.constantFrom("T", "t", " "),
  two(25),
  two(61),
  two(61),
  FastCheck.constantFrom("", ".5", ".899001", ".", ".123456789012"),
  FastCheck.oneof(
    FastCheck.constantFrom("Z", "z", "", "ZZ", "+0200", "+02"),
    FastCheck.tuple(FastCheck.constantFrom("+", "-"), two(25), two(61)).map(([sign, h, m]) => `${sign}${h}:${m}`)
  )
).map(([y, mo, d, t, h, mi, s, f, z]) => `${y}-${mo}-${d}${t}${h}:${mi}:${s}${f}${z}`)

/** One character of such a text replaced, added or removed. */
const damaged = FastCheck.tuple(
  formed,
  FastCheck.nat(30),
  FastCheck.constantFrom("", "0", "9", ":", "-", "/", "é"),
  FastCheck.nat(1)
)
  .map(([text, at, by, cut]) => text.slice(0, at) + by + text.slice(at + cut))

describe("Timestamp", () => {
  it("accepts exactly the RFC 3339 timestamps of the calendar", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.oneof(formed, damaged), (text) => is(text) === reference(text)),
      { numRuns: 20_000 }
    )
  })

  it("knows leap years", () => {
    for (const year of ["2000", "2024", "2028"]) assert.isTrue(is(`${year}-02-29T00:00:00Z`), year)
    for (const year of ["1900", "2023", "2100"]) assert.isFalse(is(`${year}-02-29T00:00:00Z`), year)
  })

  it("refuses other values", () => {
    for (const value of [undefined, null, 1, {}, new Date(0), "", "now", "2026-03-15"]) assert.isFalse(is(value))
  })

  it("accepts only what can be read as an instant", () => {
    FastCheck.assert(
      FastCheck.property(
        formed.filter((text): text is Timestamp.Timestamp => is(text)),
        (stamp) => {
          const micros = Timestamp.toEpochMicros(stamp)
          assert.strictEqual(
            Timestamp.toDateTime(stamp).epochMillis,
            Number((micros - (micros % 1000n + 1000n) % 1000n) / 1000n)
          )
        }
      )
    )
  })

  it("orders by the instant, to the microsecond", () => {
    const stamps = [
      "2026-03-15T10:00:00Z",
      "2026-03-15T10:00:00.000001Z",
      "2026-03-15T10:00:00.5Z",
      "2026-03-15T12:00:00.899001+02:00",
      "2026-03-15T10:00:00.899002Z"
    ].map((text) => Timestamp.Timestamp.make(text))
    assert.deepStrictEqual([...stamps].sort().sort(Timestamp.Order), stamps)
  })
})
