import * as DateTime from "effect/DateTime"

/** Microseconds since the Unix epoch: the resolution of the service's stamps. A safe integer until the year 2255. */
export type Micros = number

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

const rfc3339 = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:\d{2})$/

/** The instant of an RFC 3339 text; digits after the microsecond are dropped. */
export const parse = (text: string): Micros | undefined => {
  const match = rfc3339.exec(text)
  if (match === null) return undefined
  const [, date, time, fraction = "", zone = "Z"] = match
  const millis = Date.parse(`${date}T${time}${zone.toUpperCase()}`)
  return Number.isNaN(millis) ? undefined : millis * 1000 + Number(fraction.padEnd(6, "0").slice(0, 6))
}
