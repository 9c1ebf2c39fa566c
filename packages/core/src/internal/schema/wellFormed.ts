/** A lone surrogate: half a character, left by a text that was cut by UTF-16 units. No JSON text may hold one. */
const lone = /\p{Surrogate}/u

/** A text with a replacement character for each half of one. */
export const text = (text: string): string => lone.test(text) ? text.replace(/\p{Surrogate}/gu, "\ufffd") : text

/** A value of JSON whose texts are well-formed; the value itself if they are. */
export const json = <A>(value: A): A =>
  // replacing texts does not change the shape of a value
  paths(value).length === 0
    ? value
    : JSON.parse(JSON.stringify(value), (_, one) => typeof one === "string" ? text(one) : one) as A

/** The places of texts that are not well-formed in a value of JSON. */
export const paths = (value: unknown, path = ""): ReadonlyArray<string> => {
  if (typeof value === "string") return lone.test(value) ? [path] : []
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([key, one]) => {
    const at = path === "" ? key : `${path}.${key}`
    return lone.test(key) ? [at] : paths(one, at)
  })
}
