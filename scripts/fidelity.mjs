// FIDELITY.md of the testkit says which test shows which fact: a fact is a number, with which the names of its tests begin.
import { readFileSync } from "node:fs"
import { join, sep } from "node:path"
import { root } from "./lib.mjs"

const tests = join(root, "packages", "testkit", "test") + sep

/** The numbers with which a name begins: "2.3.1, 2.3.4 …". */
const numbersOf = (title) => /^\d+(?:\.\d+)+(?:, \d+(?:\.\d+)+)*(?= )/.exec(title)?.[0].split(", ") ?? []

/** What the table says and no test has shown, and the reverse, given the results of all tests in Vitest's JSON. */
export const problems = (testResults) => {
  const shown = new Map()
  for (const { assertionResults, name } of testResults) {
    if (!name.startsWith(tests)) continue
    const file = name.slice(tests.length).replaceAll(sep, "/")
    for (const { title } of assertionResults) {
      for (const number of numbersOf(title)) shown.set(number, (shown.get(number) ?? new Set()).add(file))
    }
  }
  const found = []
  const claimed = new Map()
  for (const line of readFileSync(join(tests, "..", "FIDELITY.md"), "utf8").split("\n")) {
    if (!/^\| *\d/.test(line)) continue
    const [, number, , , shownBy] = line.split(/(?<!\\)\|/).map((cell) => cell.trim())
    const files = [...shownBy.matchAll(/`([^`]+)`/g)].map(([, file]) => file)
    claimed.set(number, new Set(files))
    if (shownBy.startsWith("not modelled: ")) continue
    if (files.length === 0) found.push(`${number} names no test`)
    for (const file of files) if (!shown.get(number)?.has(file)) found.push(`no test in ${file} begins with ${number}`)
  }
  for (const [number, files] of shown) {
    for (const file of files) {
      if (!claimed.get(number)?.has(file)) found.push(`${number} of ${file} is not in the table`)
    }
  }
  return found.map((problem) => `FIDELITY.md: ${problem}`)
}
