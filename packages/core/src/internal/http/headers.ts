import * as Redacted from "effect/Redacted"

/** Headers as an option has them. */
export interface Headers {
  readonly [name: string]: string | Redacted.Redacted
}

/** Headers that options or the kind of a request determine. */
const reserved = new Set(["accept", "anthropic-beta", "anthropic-version", "content-length", "content-type"])

/** Tells a text that can be the name of a header. */
const isName = (text: string): boolean => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text)

/** Tells a text that can be the value of a header; other transports refuse or mangle what this refuses. */
const isValue = (text: string): boolean => /^[\t\x20-\x7e\x80-\xff]*$/.test(text)

/** Tells a text that can be one word of a header: a credential, or an item of a list separated by commas. */
export const isWord = (text: string): boolean => /^[\x21-\x7e]+$/.test(text)

/** Tells a text that can be the name of a beta. */
const isBeta = (text: string): boolean => isWord(text) && !text.includes(",")

/** The text of a value. */
export const textOf = (value: string | Redacted.Redacted): string =>
  Redacted.isRedacted(value) ? Redacted.value(value) : value

/** A problem of an option that becomes a header, and where it is. */
export interface Problem {
  readonly path: string
  readonly message: string
}

/** Problems of names of betas and of headers. What is no name may be a secret in the wrong place, so it is not shown. */
export const problemsOf = (betas: ReadonlyArray<string>, headers: Headers): ReadonlyArray<Problem> => {
  const problems: Array<Problem> = []
  for (const [index, beta] of betas.entries()) {
    if (!isBeta(beta)) problems.push({ path: `betas.${index}`, message: "is not the name of a beta" })
  }
  for (const [index, [name, value]] of Object.entries(headers).entries()) {
    const path = `headers.${name}`
    if (!isName(name)) {
      problems.push({ path: "headers", message: `name number ${index + 1} is not the name of a header` })
    } else if (reserved.has(name.toLowerCase())) problems.push({ path, message: "is set by the client" })
    else if (!isValue(textOf(value))) {
      problems.push({ path, message: "contains characters that cannot stand in a header" })
    }
  }
  return problems
}
