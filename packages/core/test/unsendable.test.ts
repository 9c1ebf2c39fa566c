/** Texts and keys that no JSON can carry, in every place of every request: refused where they are, and nothing is sent. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import * as Api from "../src/Api.ts"
import * as ApiClient from "../src/ApiClient.ts"
import type * as Endpoint from "../src/Endpoint.ts"
import * as WorkspaceApi from "../src/WorkspaceApi.ts"
import { arbitrary } from "./support/arbitrary.ts"
import * as Stub from "./utils/StubHttpClient.ts"

const endpoints: ReadonlyArray<Endpoint.Any> = [Api, WorkspaceApi].flatMap((module) =>
  Object.values(module).flatMap((group) => Object.values<Endpoint.Any>(group))
)

const half = "\ud83d"

type Path = ReadonlyArray<string>

/** The places of texts in a value, and of its objects. */
const places = (value: unknown, kind: "text" | "object", path: Path = []): ReadonlyArray<Path> => {
  if (typeof value === "string" || Redacted.isRedacted(value)) return kind === "text" ? [path] : []
  if (typeof value !== "object" || value === null) return []
  const inner = Object.entries(value).flatMap(([key, item]) => places(item, kind, [...path, key]))
  return kind === "object" && !Array.isArray(value) ? [path, ...inner] : inner
}

/** A copy with another value in one place. */
const change = (value: unknown, [key, ...rest]: Path, to: (old: unknown) => unknown): unknown => {
  if (key === undefined) return to(value)
  const copy = Array.isArray(value) ? [...value] : { ...Object(value) }
  copy[key] = change(copy[key], rest, to)
  return copy
}

const withKey = (key: string) => (old: unknown) => Object.fromEntries([...Object.entries(Object(old)), [key, "x"]])

/** Values that the endpoint takes. */
const samples = (schema: Schema.Schema.All): ReadonlyArray<unknown> =>
  // the schemas of requests need no services
  FastCheck.sample(arbitrary(schema as Schema.Schema<unknown>), { numRuns: 2, seed: 1 })

const refused = (endpoint: Endpoint.Any, input: object, what: string) => {
  const stub = Stub.make([])
  return Effect.gen(function*() {
    const client = yield* ApiClient.ApiClient
    const path = Object.fromEntries([...endpoint.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, "x_1"]))
    // one function for every endpoint: what it takes is known at run time only
    const any = endpoint as unknown as Endpoint.Endpoint<"{p}", never, never, unknown, "json">
    const whole = { path, ...input } as unknown as Endpoint.Input<"{p}", never, never>
    const error = yield* Effect.flip(client.call(any, whole))
    assert.strictEqual(error._tag, "InvalidParams", what)
    assert.lengthOf(stub.sent, 0)
  }).pipe(Effect.provide(stub.client()))
}

for (const part of ["body", "query"] as const) {
  describe.each(endpoints.filter((endpoint) => endpoint[part] !== undefined))(`the ${part} of $name`, (endpoint) => {
    it.effect("takes no half of a character", () =>
      Effect.gen(function*() {
        // the filter leaves only endpoints that have it
        for (const sample of samples(endpoint[part]!)) {
          for (const place of places(sample, "text")) {
            const cut = change(sample, place, (old) => Redacted.isRedacted(old) ? Redacted.make(half) : `a${half}`)
            yield* refused(endpoint, { [part]: cut }, JSON.stringify(place))
          }
        }
      }))

    it.effect("takes no key that would be lost", () =>
      Effect.gen(function*() {
        for (const sample of samples(endpoint[part]!)) {
          for (const place of places(sample, "object")) {
            for (const key of part === "body" ? ["__proto__", `a${half}`] : [`a${half}`]) {
              const more = change(sample, place, withKey(key))
              yield* refused(endpoint, { [part]: more }, JSON.stringify([...place, key]))
            }
          }
        }
      }))
  })
}
