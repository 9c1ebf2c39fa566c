import * as Redacted from "effect/Redacted"

const mask = "<redacted>"

/** Every secret inside a value: the contents of what is `Redacted`, however deep. */
const collect = (value: unknown, into: Set<string>): void => {
  if (Redacted.isRedacted(value)) {
    const secret = Redacted.value(value)
    if (typeof secret === "string" && secret !== "") into.add(secret)
  } else if (Array.isArray(value)) {
    for (const item of value) collect(item, into)
  } else if (typeof value === "object" && value !== null) {
    for (const item of Object.values(value)) collect(item, into)
  }
}

/**
 * A function that masks the secrets of the given values in a text: servers and proxies echo requests in their error
 * pages. The values are searched when there is a text to clean, not before.
 */
export const scrubber = (...values: ReadonlyArray<unknown>): (text: string) => string => {
  let secrets: ReadonlyArray<string> | undefined
  return (text) => {
    if (secrets === undefined) {
      const found = new Set<string>()
      for (const value of values) collect(value, found)
      // as JSON and as part of a URL a secret may be spelled differently; the longest spelling goes first
      secrets = [...found]
        .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
        .sort((a, b) => b.length - a.length)
    }
    return secrets.reduce((out, secret) => out.replaceAll(secret, mask), text)
  }
}

const limit = 512

/** The beginning of a text for an error message, secrets masked before it is cut. */
export const excerpt = (text: string, scrub: (text: string) => string): string => {
  const clean = scrub(text)
  return clean.length <= limit ? clean : `${clean.slice(0, limit)}… (${clean.length} characters)`
}
