/** The page for those who come from the official SDK has every call. */
import * as Api from "@effect-managed-agents/core/Api"
import type * as Endpoint from "@effect-managed-agents/core/Endpoint"
import * as WorkspaceApi from "@effect-managed-agents/core/WorkspaceApi"
import { assert, it } from "@effect/vitest"
import { readFileSync } from "node:fs"

const page = readFileSync(new URL("../../../docs/coming-from-the-official-sdk.md", import.meta.url), "utf8")

/** In the last column of a table, `Agents.create`, `update` stands for both. */
const inTables = page.split("\n").filter((line) => line.startsWith("|")).flatMap((line) => {
  let service = ""
  return Array.from(line.split("|").at(-2)?.matchAll(/`(?:([A-Z]\w+)\.)?([a-z]\w+)`/g) ?? [], ([, prefix, method]) => {
    service = prefix ?? service
    return `${service}.${method}`
  })
})

/** In the programs, services are variables. */
const inPrograms = Array.from(
  page.matchAll(/\b(sessions|events|resources|threads)\.(\w+)\(/g),
  ([, service = "", method]) => `${service.charAt(0).toUpperCase()}${service.slice(1)}.${method}`
)

const groups: ReadonlyArray<Readonly<Record<string, Endpoint.Any>>> = [Api, WorkspaceApi].flatMap((api) =>
  Object.values(api)
)
const endpoints = groups.flatMap((group) => Object.values(group).map(({ name }) => name))

it("has a counterpart of each endpoint", () => {
  const known = new Set([...inTables, ...inPrograms])
  assert.isAbove(endpoints.length, 90)
  assert.deepStrictEqual(endpoints.filter((name) => !known.has(name)), [])
})
