/** `docs/what-happens-when.md`, each row of whose tables a test shows to be true. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readFileSync } from "node:fs"

/** What a row says beside its first cell, column by column. */
export type Claims = readonly [first: string, ...rest: ReadonlyArray<string>]

const text = readFileSync(new URL("../../../../docs/what-happens-when.md", import.meta.url), "utf8")

const rowsOf = (section: string): ReadonlyMap<string, Claims> => {
  const rows = section.split("\n").filter((line) => line.startsWith("|")).slice(2).map((line) => {
    const [when = "", first = "", ...rest] = line.split("|").slice(1, -1).map((cell) => cell.trim())
    return [when, [first, ...rest]] as const
  })
  assert.deepStrictEqual([...new Map(rows).keys()], rows.map(([when]) => when), "a row is there twice")
  return new Map(rows)
}

/** The sections that have a table, with its rows. */
const sections = new Map(
  text.split(/^## /m).slice(1).map((section) => [section.split("\n", 1)[0] ?? "", rowsOf(section)] as const)
    .filter(([, rows]) => rows.size > 0)
)

export const titles: ReadonlyArray<string> = [...sections.keys()]

/** The sections that have been given to {@link section}. */
export const tested: Array<string> = []

/** A claim names in backticks what the program sees. */
export const says = (claim: string | undefined, name: string) => assert.include(claim, `\`${name}\``)

/** Runs the test of each row of a section. A row without a test fails, and so does a test without a row. */
export const section = (
  title: string,
  tests: { readonly [when: string]: (claims: Claims) => Effect.Effect<unknown, unknown> }
) => {
  tested.push(title)
  describe(`what happens when: ${title}`, () => {
    const rows = sections.get(title) ?? new Map<string, Claims>()

    it("has a row for each test", () => {
      assert.deepStrictEqual(Object.keys(tests).filter((when) => !rows.has(when)), [])
    })

    for (const [when, claims] of rows) {
      it.effect(when, () => tests[when]?.(claims) ?? Effect.sync(() => assert.fail("no test shows this row")))
    }
  })
}
