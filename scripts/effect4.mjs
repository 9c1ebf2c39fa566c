// The line for Effect 4: packages/core-effect-4/{src,test,typetest,conformance} are written from packages/core (and the suite
// of the testkit) by a codemod and overlays. They are never edited where they stand, and never committed.
//
//   node scripts/effect4.mjs generate            writes what has changed
//   node scripts/effect4.mjs generate --discard  the same, and gives up edits that no overlay has
//   node scripts/effect4.mjs overlay <path>      makes the edits of a generated file its overlay; --whole: all of the file
//   node scripts/effect4.mjs check               generates and type-checks
//   node scripts/effect4.mjs test [pattern]      generates and runs core's tests, on Node 22
//   node scripts/effect4.mjs pack [folder]       generates, builds and packs what is published as core for Effect 4
//   node scripts/effect4.mjs                     generates; with EFFECT_4=required it does all of that, and looks at the
//                                                tarball as who installs it would
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { consume } from "./effect4/consumer.mjs"
import { generate, record, size } from "./effect4/overlays.mjs"
import { pack } from "./effect4/pack.mjs"
import { root, run, tsc } from "./lib.mjs"
import { bring } from "./runtime.mjs"

const line = join(root, "packages", "core-effect-4")

const { positionals: [command = "all", ...args], values } = parseArgs({
  allowPositionals: true,
  options: { discard: { type: "boolean", default: false }, whole: { type: "boolean", default: false } }
})

const fail = (...problems) => {
  for (const problem of problems) console.log(problem)
  process.exit(1)
}

/** A step, and how long it took. */
const step = async (title, perform) => {
  const start = performance.now()
  const problems = await perform()
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${problems.length === 0 ? "passed" : "FAILED"} ${title} in ${seconds} s`)
  if (problems.length > 0) fail(...problems)
}

const write = () =>
  step("generated", async () => {
    const problems = await generate(undefined, values)
    const { lines, patches, whole } = size()
    console.log(`${patches} patches with ${lines} lines, ${whole} whole files`)
    return problems
  })

const problemsOf = (title, { code }) => code === 0 ? [] : [`${title} ended with ${code}`]

const ran = async (title, ...command) => problemsOf(title, await run(...command))

const overlays = () =>
  step(
    "overlays",
    () => ran("node --test", process.execPath, ["--test", join(root, "scripts", "effect4", "overlays.test.mjs")])
  )

const check = () => step("types", async () => problemsOf("tsc", await tsc(["-b", line, "--pretty"])))

const typeTests = () => step("type tests", () => ran("tstyche", "tstyche", ["--config", join(line, "tstyche.json")]))

/** The Node that Effect 4 asks for. */
const findNode = async () => {
  const node = Number(process.versions.node.split(".")[0]) >= 22 ? process.execPath : await bring("node22")
  if (node !== undefined) return node
  console.log("FAILED: the line for Effect 4 was not run: npm has not brought Node 22")
  process.exit(1)
}

const test = (node, pattern = []) => {
  const reports = join(root, ".reports")
  mkdirSync(reports, { recursive: true })
  // what the line for Effect 3 is tested with at length is here tested once
  const env = { FOLLOW_PLANS: undefined, ENDURANCE: undefined }
  return step("tests", () =>
    ran("vitest", node, [
      join(line, "node_modules", "vitest", "vitest.mjs"),
      "run",
      `--root=${line}`,
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${join(reports, "vitest-effect4.json")}`,
      ...pattern
    ], { env, seconds: 400 }))
}

if (command === "overlay") {
  for (const path of args) await record(path.replace(/^packages\/core-effect-4\//, ""), undefined, values)
  process.exit()
}

await write()
if (command === "all") await overlays()
if (command === "all" && process.env.EFFECT_4 !== "required") {
  console.log("skipped: types, tests and the tarball on Effect 4, which EFFECT_4=required looks at")
  process.exit()
}
if (["all", "check", "pack"].includes(command)) await check()
if (command === "all") await typeTests()
if (command === "test") await test(await findNode(), args)
if (command === "all" || command === "pack") {
  let tarball
  await step("built and packed", async () => {
    tarball = await pack(args[0] ?? join(line, "build"))
    return tarball === undefined ? ["it could not be packed"] : []
  })
  console.log(tarball)
  if (command === "all") {
    const node = await findNode()
    await step("installed and used", () => consume(tarball, node))
    await test(node)
  }
}
