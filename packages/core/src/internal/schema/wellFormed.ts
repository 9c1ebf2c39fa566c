/** A lone surrogate: half a character, left by a text that was cut by UTF-16 units. No JSON text may hold one. */
const lone = /\p{Surrogate}/u

/** Tells a text that is not well-formed. */
export const isLone = (text: string): boolean => lone.test(text)

/** A text with a replacement character for each half of one. */
export const text = (text: string): string => lone.test(text) ? text.replace(/\p{Surrogate}/gu, "\ufffd") : text

/** A value of JSON whose texts are well-formed; the value itself if they are. */
export const json = <A>(value: A): A =>
  // replacing texts does not change the shape of a value
  isWellFormed(value)
    ? value
    : JSON.parse(JSON.stringify(value), (_, one) => typeof one === "string" ? text(one) : one) as A

const isWellFormed = (value: unknown): boolean => {
  if (typeof value === "string") return !lone.test(value)
  if (typeof value !== "object" || value === null) return true
  return Object.entries(value).every(([key, one]) => !lone.test(key) && isWellFormed(one))
}
