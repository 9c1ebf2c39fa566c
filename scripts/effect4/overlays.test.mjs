// What generating the line for Effect 4 does when core changes, on a small core of its own: node --test scripts/effect4/overlays.test.mjs
import assert from "node:assert/strict"
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, test } from "node:test"
import { root } from "../lib.mjs"
import { generate, record } from "./overlays.mjs"

const line = join(root, "packages", "core-effect-4")

const plain = `import * as Effect from "effect/Effect"

/** One. */
export const one = Effect.catchAll(Effect.fail("a"), () => Effect.succeed(1))
`
const laid = `${plain.replace("one", "two")}
// a patch has three lines of context
// so that these
// are between the two

/** Three. */
export const three = 3
`

let packages = ""
const at = (path) => join(packages, path)
const read = (path) => readFileSync(at(path), "utf8")
const edit = (path, from, to) => {
  assert.ok(read(path).includes(from), `${path} has ${from}`)
  writeFileSync(at(path), read(path).replace(from, to))
}

beforeEach(async () => {
  // inside the repository, so that the codemod finds its packages
  mkdirSync(join(line, "build"), { recursive: true })
  packages = mkdtempSync(join(line, "build", "overlays-"))
  for (const part of ["codemod", "codemod.mjs"]) {
    cpSync(join(line, part), at(`core-effect-4/${part}`), { recursive: true })
  }
  mkdirSync(at("core/src"), { recursive: true })
  writeFileSync(at("core/src/Plain.ts"), plain)
  writeFileSync(at("core/src/Laid.ts"), laid)
  assert.deepEqual(await generate(packages), [])
  edit("core-effect-4/src/Laid.ts", "three = 3", "three = 4")
  await record("src/Laid.ts", packages)
  assert.deepEqual(await generate(packages), [])
})

afterEach(() => rmSync(packages, { recursive: true, force: true }))

test("a change under no overlay follows by itself", async () => {
  assert.ok(read("core-effect-4/src/Plain.ts").includes("Effect.catch("))
  edit("core/src/Plain.ts", "succeed(1)", "succeed(1.5)")
  assert.deepEqual(await generate(packages), [])
  assert.ok(read("core-effect-4/src/Plain.ts").includes("succeed(1.5)"))
})

test("a change under an overlay fails, and says which overlay to look at", async () => {
  edit("core/src/Laid.ts", "succeed(1)", "succeed(1.5)")
  const problems = await generate(packages)
  assert.equal(problems.length, 1)
  assert.match(
    problems[0],
    /packages\/core\/src\/Laid\.ts has changed.*packages\/core-effect-4\/overlays\/src\/Laid\.ts\.patch/
  )
  // both changes are there to look at, and once somebody has, all is well
  assert.match(read("core-effect-4/src/Laid.ts"), /succeed\(1\.5\)[\s\S]*three = 4/)
  await record("src/Laid.ts", packages)
  assert.deepEqual(await generate(packages), [])
})

test("a change of what an overlay changes leaves the overlay out, and fails", async () => {
  edit("core/src/Laid.ts", "three = 3", "three = 33")
  const problems = await generate(packages)
  assert.match(problems.join("\n"), /overlays\/src\/Laid\.ts\.patch does not apply any more/)
  assert.match(read("core-effect-4/src/Laid.ts"), /three = 33/)
})

test("an overlay of a file that is gone fails", async () => {
  rmSync(at("core/src/Laid.ts"))
  const problems = await generate(packages)
  assert.match(problems.join("\n"), /overlays\/src\/Laid\.ts\.patch is for a file that is gone/)
  assert.ok(!existsSync(at("core-effect-4/src/Laid.ts")))
})

test("edits that no overlay has are kept, and fail", async () => {
  edit("core-effect-4/src/Plain.ts", "succeed(1)", "succeed(7)")
  assert.match((await generate(packages)).join("\n"), /packages\/core-effect-4\/src\/Plain\.ts was edited/)
  assert.ok(read("core-effect-4/src/Plain.ts").includes("succeed(7)"))
  assert.deepEqual(await generate(packages, { discard: true }), [])
  assert.ok(read("core-effect-4/src/Plain.ts").includes("succeed(1)"))
})

test("an overlay is a patch, or a whole file where that is asked for", async () => {
  const overlays = () =>
    ["src/Laid.ts", "src/Laid.ts.patch"].filter((path) => existsSync(at(`core-effect-4/overlays/${path}`)))
  assert.deepEqual(overlays(), ["src/Laid.ts.patch"])
  await record("src/Laid.ts", packages, { whole: true })
  assert.deepEqual(overlays(), ["src/Laid.ts"])
  assert.deepEqual(await generate(packages), [])
  assert.ok(read("core-effect-4/src/Laid.ts").includes("three = 4"))
  // without a difference there is no overlay
  edit("core-effect-4/src/Laid.ts", "three = 4", "three = 3")
  await record("src/Laid.ts", packages)
  assert.deepEqual(overlays(), [])
  assert.deepEqual(await generate(packages), [])
})
