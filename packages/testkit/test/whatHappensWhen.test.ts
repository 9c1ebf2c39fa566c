/** Each section of `docs/what-happens-when.md` has its tests in a file beside this one. */
import { assert, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { titles } from "./utils/page.ts"

const here = fileURLToPath(new URL(".", import.meta.url))

it("what happens when …: the sections of the page are those that are tested", () => {
  const tested = readdirSync(here)
    .filter((file) => /^whatHappensWhen\.\w+\.test\.ts$/.test(file))
    .flatMap((file) => [...readFileSync(`${here}${file}`, "utf8").matchAll(/^section\("([^"]+)"/gm)])
    .map(([, title]) => title)
  assert.isAbove(titles.length, 0)
  assert.deepStrictEqual(tested.toSorted(), titles.toSorted())
})
