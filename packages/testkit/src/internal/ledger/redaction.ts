import * as Either from "effect/Either"
import * as json from "../http/json.ts"
import type { Request } from "../http/message.ts"

/** Replacement of a secret. */
export const redacted = "<redacted>"
const secretName = /authorization|api[-_]?key|token|secret|password|cookie|credential/i

/** The JSON of a body. What is none may hold a secret that cannot be told from the rest. */
export const parse = (body: string): unknown => Either.getOrElse(json.parse(body), () => "(not JSON)")

/** A query as a record. A name that ends in `[]` or that came more than once has a list. */
export const collect = (pairs: Request["query"]): Record<string, string | ReadonlyArray<string>> => {
  const out = new Map<string, string | ReadonlyArray<string>>()
  for (const [name, value] of pairs) {
    const before = out.get(name)
    if (before !== undefined) out.set(name, [before, value].flat())
    else out.set(name, name.endsWith("[]") ? [value] : value)
  }
  return Object.fromEntries(out)
}

/** Takes the values out of headers or of a query whose names say that they are secret, and adds them to `secrets`. */
export const redactRecord = <V extends string | ReadonlyArray<string>>(
  record: Readonly<Record<string, V>>,
  secrets: Set<string>
): Record<string, V | string> =>
  Object.fromEntries(
    Object.entries(record).map(([name, value]) => {
      if (!secretName.test(name)) return [name, value]
      for (const secret of [value].flat()) {
        secrets.add(secret)
        // without the scheme of `Authorization`
        secrets.add(secret.replace(/^\S+\s+/, ""))
      }
      return [name, redacted]
    })
  )

/** Fields of bodies that hold a secret wherever they are. */
const secretFields = new Set([
  "access_token",
  "authorization_token",
  "client_secret",
  "refresh_token",
  "secret_value"
])

/** Fields with names that are common, by the type of the object that holds the secret in them. */
const secretFieldOf: ReadonlyMap<unknown, string> = new Map([["static_bearer", "token"], ["work", "secret"]])

/**
 * Takes the secrets of repositories, credentials and work items out of JSON, and adds them to `secrets`; and what stands
 * before the `@` of a URL.
 */
export const redact = (value: unknown, secrets: Set<string>): unknown => {
  if (typeof value === "string") return value.replace(/(\w:\/\/)[^/?#\s@]+@/g, `$1${redacted}@`)
  if (Array.isArray(value)) return value.map((item) => redact(item, secrets))
  if (typeof value !== "object" || value === null) return value
  const own = "type" in value ? secretFieldOf.get(value.type) : undefined
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      // null in place of a secret says that there is none
      if (item === null || (name !== own && !secretFields.has(name))) return [name, redact(item, secrets)]
      if (typeof item === "string") secrets.add(item)
      return [name, redacted]
    })
  )
}

/** Takes secrets out of all texts of a value, whatever they are a part of. */
export const conceal = <A>(value: A, secrets: ReadonlyArray<string>): A => {
  if (secrets.length === 0) return value
  const go = (value: unknown): unknown => {
    if (typeof value === "string") return secrets.reduce((text, secret) => text.replaceAll(secret, redacted), value)
    if (Array.isArray(value)) return value.map(go)
    if (typeof value !== "object" || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [go(name), go(item)]))
  }
  // only texts change, and only into texts
  return go(value) as A
}

/** A secret stands for itself wherever else it turns up, unless it is so short that it may be a word. */
export const isTelling = (secret: string): boolean => secret.length >= 8
