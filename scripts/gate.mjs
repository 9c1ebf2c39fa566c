// npm test: every check there is. A failing one does not stop the others; the last line adds them up.
//
//   node scripts/gate.mjs                 all
//   node scripts/gate.mjs lint types      some
//   node scripts/gate.mjs --list          their names
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs"
import { delimiter, join } from "node:path"
import { bootstrap } from "./bootstrap.mjs"
import * as fidelity from "./fidelity.mjs"
import { published, root, run } from "./lib.mjs"

const reports = join(root, ".reports")
const notices = []

/** A command that passes or fails as one. */
const one = (command, args, options) => async () => {
  const { code } = await run(command, args, options)
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

const script = (name, ...args) => one(process.execPath, [join("scripts", `${name}.mjs`), ...args])

/** Several commands that pass or fail as one; all of them run. */
const all = (...gates) => async () => {
  let failed = 0
  for (const gate of gates) failed += (await gate()).failed
  return failed === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

/** Measuring an old dist, or none, would be no news. */
const ofDist = (gate) => async () => {
  if (published.every((name) => existsSync(join(root, "packages", name, "dist", "index.js")))) return gate()
  console.log("there is no dist: build first")
  return { passed: 0, failed: 1 }
}

const findChromium = () => {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
  return [
    process.env.CHROMIUM_PATH,
    ...(process.env.PATH ?? "").split(delimiter).flatMap((directory) => names.map((name) => join(directory, name))),
    ...names.map((name) => `/usr/bin/${name}`),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium"
  ].find((path) => path !== undefined && path !== "" && existsSync(path))
}

const vitest = async () => {
  const report = join(reports, "vitest.json")
  const { code } = await run("vitest", [
    "run",
    "--passWithNoTests",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...(process.env.CI === undefined ? [] : ["--reporter=hanging-process"])
  ], { seconds: 1200 })
  if (!existsSync(report)) return { passed: 0, failed: 1 }
  const { numFailedTests, numPassedTests, testResults } = JSON.parse(readFileSync(report, "utf8"))
  for (const { assertionResults, name } of testResults) {
    for (const { fullName, status } of assertionResults) {
      if (status !== "passed" && status !== "failed") {
        notices.push(`skipped: ${name.slice(root.length + 1)}: ${fullName}`)
      }
    }
  }
  // A file that does not load, or an error outside any test, fails no test; it must still count.
  const broken = testResults.filter(({ assertionResults, status }) =>
    status === "failed" && assertionResults.every((result) => result.status !== "failed")
  )
  const unshown = fidelity.problems(testResults)
  for (const problem of unshown) console.log(problem)
  const failed = numFailedTests + broken.length + unshown.length
  return { passed: numPassedTests, failed: code !== 0 && failed === 0 ? 1 : failed }
}

const typeTests = async () => {
  const { code, output } = await run("tstyche", [], { env: { TSTYCHE_NO_COLOR: "true" } })
  const line = /^Tests:\s+(.*)$/m.exec(output)?.[1] ?? ""
  const count = (what) => Number(new RegExp(`(\\d+) ${what}`).exec(line)?.[1] ?? 0)
  const failed = count("failed")
  return { passed: count("passed"), failed: code !== 0 && failed === 0 ? 1 : failed }
}

const gates = {
  lint: ["oxlint", one("oxlint", [])],
  format: ["dprint: house style", one("dprint", ["check"])],
  codegen: ["index.ts is what codegen writes", script("codegen", "--check")],
  hygiene: ["lockfile and exceptions", script("hygiene")],
  cycles: ["no import cycles", one("oxlint", ["--config", ".oxlint-cycles.json"])],
  types: ["tsc, with the Effect diagnostics", all(script("patch-typescript"), one("tsc", ["-b", "--pretty"]))],
  test: ["vitest", vitest],
  "type-tests": ["tstyche", typeTests],
  docs: ["API reference; its examples run", script("docs")],
  readme: ["every block of the README compiles and runs", script("readme")],
  unused: ["knip: unused files, exports and dependencies", one("knip", ["--no-progress"])],
  build: ["dist", script("build")],
  packages: ["the tarballs: publint, attw, contents, a consumer", ofDist(script("packages"))],
  size: ["size-limit", ofDist(one("size-limit", []))]
}

const asked = process.argv.slice(2)
if (asked.includes("--list")) {
  for (const [name, [title]] of Object.entries(gates)) console.log(`${name.padEnd(12)} ${title}`)
  process.exit(0)
}
const unknown = asked.filter((name) => !(name in gates))
if (unknown.length > 0) {
  console.error(`no such check: ${unknown.join(", ")}; there are ${Object.keys(gates).join(", ")}`)
  process.exit(1)
}

bootstrap()
rmSync(reports, { recursive: true, force: true })
mkdirSync(reports, { recursive: true })

// Nothing here may reach the real service.
for (const name of Object.keys(process.env)) if (name.startsWith("ANTHROPIC_")) delete process.env[name]

const chromium = findChromium()
if (chromium !== undefined) {
  process.env.CHROMIUM_PATH = chromium
} else if (process.env.BROWSER_TEST !== "required") {
  notices.push("no Chromium on this machine: the browser test was skipped (set CHROMIUM_PATH to run it)")
}

const results = []
for (const name of asked.length > 0 ? asked : Object.keys(gates)) {
  const [title, gate] = gates[name]
  console.log(`\n=== ${name}: ${title}`)
  const start = performance.now()
  const result = await gate()
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  results.push({ name, seconds, ...result })
  console.log(`--- ${name}: ${result.failed === 0 ? "passed" : "FAILED"} in ${seconds} s`)
}

console.log("\n=== summary")
for (const { failed, name, passed, seconds } of results) {
  const counts = passed + failed === 1 ? "" : `${passed} passed, ${failed} failed`
  console.log(
    `${failed === 0 ? "passed" : "FAILED"}  ${name.padEnd(12)} ${`${seconds} s`.padStart(8)}  ${counts}`.trimEnd()
  )
}
for (const notice of notices) console.log(`note: ${notice}`)
const sum = (key) => results.reduce((total, result) => total + result[key], 0)
console.log(`\n${sum("passed")} passed, ${sum("failed")} failed`)
process.exitCode = sum("failed") === 0 ? 0 : 1
