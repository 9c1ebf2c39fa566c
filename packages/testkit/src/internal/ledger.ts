import * as Effect from "effect/Effect"
import type { Entry } from "../Ledger.ts"
import type { Handle } from "./door.ts"
import type { Request } from "./http.ts"

/** Keeps the ledger of a simulator. */
export interface Recorder {
  /** The same handler, writing down what it does. */
  readonly recording: (handle: Handle) => Handle
  readonly entries: Effect.Effect<ReadonlyArray<Entry>>
  readonly clear: Effect.Effect<void>
}

/** A simulator that runs for weeks forgets its oldest requests. */
const maxEntries = 10_000

/** An empty ledger. `now` is the time of the simulated service. */
export const make = (now: Effect.Effect<string>): Recorder => {
  let entries: Array<{ current: Entry }> = []
  return {
    recording: (handle) => (request) =>
      Effect.gen(function*() {
        const entry = { current: describe(request, yield* now) }
        entries.push(entry)
        if (entries.length > maxEntries) entries.shift()
        const response = yield* handle(request)
        const requestId = response.headers["request-id"]
        entry.current = {
          ...entry.current,
          status: response.status,
          ...(requestId !== undefined && { request_id: requestId })
        }
        return response
      }),
    entries: Effect.sync(() => entries.map((entry) => entry.current)),
    clear: Effect.sync(() => {
      entries = []
    })
  }
}

const describe = (request: Request, at: string): Entry => {
  const secrets = new Set<string>()
  const headers = redactRecord(request.headers, secrets)
  const query = redactRecord(collect(request.query), secrets)
  const body = request.body === "" ? undefined : redact(parse(request.body), secrets)
  // a secret stands for itself wherever else it turns up, unless it is so short that it may be a word
  const known = [...secrets].filter((secret) => secret.length >= 8)
  return conceal({
    at,
    method: request.method,
    path: request.path,
    query,
    headers,
    ...(body !== undefined && { body })
  }, known)
}

const redacted = "<redacted>"
const secretName = /authorization|api[-_]?key|token|secret|password|cookie|credential/i

const parse = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    // it may hold a secret that cannot be told from the rest
    return "(not JSON)"
  }
}

const collect = (pairs: Request["query"]): Record<string, string | ReadonlyArray<string>> => {
  const out = new Map<string, string | ReadonlyArray<string>>()
  for (const [name, value] of pairs) {
    const before = out.get(name)
    if (before !== undefined) out.set(name, [before, value].flat())
    else out.set(name, name.endsWith("[]") ? [value] : value)
  }
  return Object.fromEntries(out)
}

const redactRecord = <V extends string | ReadonlyArray<string>>(
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

/** Takes the values of `authorization_token` out of JSON, and what stands before the `@` of a URL. */
const redact = (value: unknown, secrets: Set<string>): unknown => {
  if (typeof value === "string") return value.replace(/(\w:\/\/)[^/?#\s@]+@/g, `$1${redacted}@`)
  if (Array.isArray(value)) return value.map((item) => redact(item, secrets))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      if (name !== "authorization_token") return [name, redact(item, secrets)]
      if (typeof item === "string") secrets.add(item)
      return [name, redacted]
    })
  )
}

const conceal = <A>(value: A, secrets: ReadonlyArray<string>): A => {
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
