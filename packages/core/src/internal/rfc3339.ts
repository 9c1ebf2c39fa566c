const zero = 0x30

/** The two-digit number at a position, or -1. */
const pair = (text: string, at: number): number => {
  const tens = text.charCodeAt(at) - zero
  const units = text.charCodeAt(at + 1) - zero
  return tens >= 0 && tens <= 9 && units >= 0 && units <= 9 ? tens * 10 + units : -1
}

const isDigit = (code: number): boolean => code >= zero && code <= 0x39

const daysIn = (year: number, month: number): number =>
  month === 2
    ? year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
    : month === 4 || month === 6 || month === 9 || month === 11
    ? 30
    : 31

/**
 * Whether a text is an RFC 3339 timestamp that names a real instant. Leap seconds are refused, as `Date` has no place for
 * them.
 *
 * Every event has one, so this is written for speed: a regular expression and `Date.parse` take as long as all other
 * checks of an event together.
 */
export const isTimestamp = (text: string): boolean => {
  const { length } = text
  if (length < 20) return false
  const century = pair(text, 0)
  const year = pair(text, 2)
  const month = pair(text, 5)
  const day = pair(text, 8)
  const hour = pair(text, 11)
  const minute = pair(text, 14)
  const second = pair(text, 17)
  if (
    century < 0 || year < 0 || text.charCodeAt(4) !== 0x2d /* - */ || text.charCodeAt(7) !== 0x2d ||
    month < 1 || month > 12 || day < 1 || day > 28 && day > daysIn(century * 100 + year, month) ||
    // T or t
    (text.charCodeAt(10) | 0x20) !== 0x74 || text.charCodeAt(13) !== 0x3a /* : */ || text.charCodeAt(16) !== 0x3a ||
    hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59
  ) return false
  let at = 19
  if (text.charCodeAt(at) === 0x2e /* . */) {
    at++
    while (at < length && isDigit(text.charCodeAt(at))) at++
    if (at === 20 || at === length) return false
  }
  const zone = text.charCodeAt(at)
  // Z or z
  if ((zone | 0x20) === 0x7a) return at === length - 1
  if ((zone !== 0x2b /* + */ && zone !== 0x2d /* - */) || at !== length - 6 || text.charCodeAt(at + 3) !== 0x3a) {
    return false
  }
  const hours = pair(text, at + 1)
  const minutes = pair(text, at + 4)
  return hours >= 0 && hours <= 23 && minutes >= 0 && minutes <= 59
}
