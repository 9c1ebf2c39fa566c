import { assert, describe, it } from "@effect/vitest"
import * as ParseResult from "effect/ParseResult"
import { readdirSync, readFileSync } from "node:fs"
import * as Api from "../src/Api.ts"
import * as guard from "../src/internal/schema/guard.ts"

const directory = new URL("./fixtures/seeds/", import.meta.url)

const examples = readdirSync(directory).filter((file) => file.endsWith(".json")).map((file) => ({
  file,
  // `Sessions.create.2.json` is another example of `Sessions.create`
  endpoint: file.split(".").slice(0, 2).join("."),
  json: readFileSync(new URL(file, directory), "utf8")
}))

const endpoints = [Api.sessions, Api.events, Api.resources, Api.threads].flatMap((group) => Object.values(group))

describe("the examples of the API reference of mid-2026", () => {
  it("are there for every endpoint", () => {
    const covered = new Set(examples.map(({ endpoint }) => endpoint))
    assert.deepStrictEqual(endpoints.map(({ name }) => name).filter((name) => !covered.has(name)), [])
    assert.strictEqual(endpoints.length, 19)
  })

  it.each(examples)("$file is read and written back as it was", ({ endpoint, json }) => {
    const schema = endpoints.find(({ name }) => name === endpoint)?.success
    assert.isDefined(schema)
    const value: unknown = JSON.parse(json)
    assert.deepStrictEqual(ParseResult.decodeUnknownSync(schema)(value), value)
    assert.deepStrictEqual(ParseResult.encodeUnknownSync(schema)(value), value)
    // the client's own path: what is checked is handed on, not copied
    assert.isTrue(guard.make(schema)(value))
  })
})
