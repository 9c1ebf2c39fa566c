import * as Redacted from "effect/Redacted"

const mask = "<redacted>"

/** Every secret inside a value: the contents of what is `Redacted`, however deep. */
const collect = (value: unknown, into: Set<string>, seen: Set<object>): void => {
  if (typeof value !== "object" || value === null || seen.has(value)) return
  seen.add(value)
  if (Redacted.isRedacted(value)) {
    const secret = Redacted.value(value)
    if (typeof secret !== "string") return
    into.add(secret)
    // a header such as `Basic dXNlcjpwYXNz` is also echoed without its scheme
    for (const word of secret.split(/\s+/)) if (word.length >= 8) into.add(word)
  } else {
    for (const item of Object.values(value)) collect(item, into, seen)
  }
}

const entities: { readonly [character: string]: string } = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\"": "&quot;",
  "'": "&#39;"
}

/** Spellings of a secret: as it is, in JSON (some servers escape the slash), in a URL, in HTML. */
const spellings = (secret: string): ReadonlyArray<string> => {
  const json = JSON.stringify(secret).slice(1, -1)
  return [
    secret,
    json,
    json.replaceAll("/", "\\/"),
    // a lone surrogate has no spelling in a URL
    encodeURIComponent(secret.replace(/\p{Surrogate}/gu, "\ufffd")),
    secret.replace(/[&<>"']/g, (character) => entities[character] ?? character)
  ]
}

/** A text that was cut off may end with the beginning of a secret, of this length at least. */
const shortestBeginning = 4

const maskEnd = (text: string, secret: string): string => {
  for (let length = Math.min(secret.length - 1, text.length); length >= shortestBeginning; length--) {
    if (text.endsWith(secret.slice(0, length))) return text.slice(0, -length) + mask
  }
  return text
}

/** Masks secrets in a text. */
export type Scrub = (text: string) => string

/** The spellings of the secrets inside a value, the longest first, as one may contain another. */
const secretsIn = (value: unknown): ReadonlyArray<string> => {
  const found = new Set<string>()
  collect(value, found, new Set())
  return [...new Set([...found].flatMap(spellings))].filter((secret) => secret !== "").sort(byLength)
}

const byLength = (a: string, b: string): number => b.length - a.length

const known = new WeakMap<object, ReadonlyArray<string>>()

/** The same of what never changes, which is searched once. */
const secretsOf = (settings: object): ReadonlyArray<string> => {
  let secrets = known.get(settings)
  if (secrets === undefined) {
    secrets = secretsIn(settings)
    known.set(settings, secrets)
  }
  return secrets
}

/**
 * A function that masks the secrets of settings and of other values in a text: servers and proxies echo requests in their
 * error pages. They are searched when there is a text to clean, not before.
 */
export const scrubber = (settings: object, ...values: ReadonlyArray<unknown>): Scrub => {
  let secrets: ReadonlyArray<string> | undefined
  return (text) => {
    if (secrets === undefined) {
      const more = secretsIn(values)
      secrets = more.length === 0 ? secretsOf(settings) : [...secretsOf(settings), ...more].sort(byLength)
    }
    return secrets.reduce(
      // most texts hold no secret, nor the beginning of one
      (out, secret) =>
        out.includes(secret.slice(0, shortestBeginning)) ? maskEnd(out.replaceAll(secret, mask), secret) : out,
      text
    )
  }
}

const limit = 512

/** The beginning of a text for an error message, secrets masked before it is cut. */
export const excerpt = (text: string, scrub: Scrub): string => {
  const clean = scrub(text)
  return clean.length <= limit ? clean : `${clean.slice(0, limit)}… (${clean.length} characters)`
}
