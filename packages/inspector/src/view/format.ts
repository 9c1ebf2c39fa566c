// Times, durations and amounts for people.

const pad = (n: number, digits: number): string => String(n).padStart(digits, "0")

/** A time of day with milliseconds, UTC as on the wire. */
export const clock = (at: number): string => {
  const date = new Date(at)
  return `${pad(date.getUTCHours(), 2)}:${pad(date.getUTCMinutes(), 2)}:${pad(date.getUTCSeconds(), 2)}.${
    pad(date.getUTCMilliseconds(), 3)
  }`
}

/** A length of time. */
export const duration = (millis: number): string => {
  if (millis < 1000) return `${Math.round(millis)} ms`
  if (millis < 60_000) return `${Number((millis / 1000).toFixed(millis < 10_000 ? 2 : 1))} s`
  if (millis < 3_600_000) return `${Math.floor(millis / 60_000)} m ${Math.round((millis % 60_000) / 1000)} s`
  return `${Math.floor(millis / 3_600_000)} h ${Math.round((millis % 3_600_000) / 60_000)} m`
}

/** A number of tokens. */
export const count = (n: number): string =>
  n < 10_000 ? n.toLocaleString("en") : n < 1_000_000 ? `${(n / 1000).toFixed(1)}k` : `${(n / 1_000_000).toFixed(2)}M`

/** An amount of cents. */
export const money = (cents: number | undefined): string => cents === undefined ? "–" : `$${(cents / 100).toFixed(2)}`
