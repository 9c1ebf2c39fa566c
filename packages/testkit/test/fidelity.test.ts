import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

// FIDELITY.md says which test shows which fact. A fact is a number, and the names of its tests begin with it.

const here = fileURLToPath(new URL(".", import.meta.url))

/** The numbers that names of tests begin with, by file. A test of several facts has a list: "2.3.1, 2.3.4 …". */
const shown = new Map(
  readdirSync(here, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => {
      const text = readFileSync(`${here}${file}`, "utf8")
      const names = text.matchAll(/\bit(?:\.\w+)*\(\s*["'`](\d+(?:\.\d+)+(?:, \d+(?:\.\d+)+)*) /g)
      return [file, new Set([...names].flatMap(([, numbers = ""]) => numbers.split(", ")))] as const
    })
)

interface Row {
  readonly number: string
  readonly fact: string
  readonly mark: string
  readonly shownBy: string
}

const table: ReadonlyArray<Row> = readFileSync(`${here}../FIDELITY.md`, "utf8")
  .split("\n")
  .filter((line) => /^\| *\d/.test(line))
  .map((line) => {
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim())
    assert.strictEqual(cells.length, 6, `four columns: ${line}`)
    const [, number = "", fact = "", mark = "", shownBy = ""] = cells
    return { number, fact, mark, shownBy }
  })

const files = ({ shownBy }: Row): ReadonlyArray<string> =>
  [...shownBy.matchAll(/`([^`]+)`/g)].map(([, file = ""]) => file)

const isModelled = ({ shownBy }: Row): boolean => !shownBy.startsWith("not modelled: ")

describe("FIDELITY.md", () => {
  it("has each fact once, with its mark", () => {
    const numbers = table.map((row) => row.number)
    assert.deepStrictEqual(numbers.filter((number, i) => numbers.indexOf(number) !== i), [])
    for (const { mark, number } of table) assert.match(mark, /^(stated|observed|inferred)$/, `the mark of ${number}`)
  })

  it("names tests that exist", () => {
    for (const row of table.filter(isModelled)) {
      assert.isAbove(files(row).length, 0, `${row.number} names no test`)
      for (const file of files(row)) {
        assert.isTrue(shown.get(file)?.has(row.number), `no test in ${file} begins with ${row.number}`)
      }
    }
  })

  it("names rules that exist", () => {
    const rules = readFileSync(`${here}../src/Rules.ts`, "utf8")
    const named = table.flatMap(({ fact }) =>
      [...fact.matchAll(/Rules?: ((?:`[\w.]+`(?:, )?)+)/g)].flatMap((
        [, names = ""]
      ) => [...names.matchAll(/\w+(?=[`.])/g)])
    )
    assert.isAbove(named.length, 0)
    for (const [name] of named) assert.include(rules, `readonly ${name}:`)
  })

  it("has a row for each test of a fact", () => {
    for (const [file, numbers] of shown) {
      for (const number of numbers) {
        const row = table.find((row) => row.number === number)
        assert.isTrue(row !== undefined && files(row).includes(file), `${number} of ${file} is not in the table`)
      }
    }
  })
})
