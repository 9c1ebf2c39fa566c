import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import * as Rules from "../src/Rules.ts"

// FIDELITY.md lists what is known of the service. That each fact has a test is looked at when all tests have run.

interface Row {
  readonly number: string
  readonly fact: string
  readonly mark: string
}

const table: ReadonlyArray<Row> = readFileSync(new URL("../FIDELITY.md", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => /^\| *\d/.test(line))
  .map((line) => {
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim())
    assert.strictEqual(cells.length, 6, `four columns: ${line}`)
    const [, number = "", fact = "", mark = ""] = cells
    return { number, fact, mark }
  })

describe("FIDELITY.md", () => {
  it("has each fact once, with its mark", () => {
    const numbers = table.map((row) => row.number)
    assert.deepStrictEqual(numbers.filter((number, i) => numbers.indexOf(number) !== i), [])
    for (const { mark, number } of table) assert.match(mark, /^(stated|observed|inferred)$/, `the mark of ${number}`)
  })

  it("names rules that exist", () => {
    const rules = Object.keys(Rules.defaults)
    const named = table.flatMap(({ fact }) =>
      [...fact.matchAll(/Rules?: ((?:`[\w.]+`(?:, )?)+)/g)].flatMap(([, names = ""]) =>
        [...names.matchAll(/`(\w+)/g)].map(([, name]) => name)
      )
    )
    assert.isAbove(named.length, 0)
    for (const name of named) assert.include(rules, name)
  })
})
