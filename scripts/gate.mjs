// npm test: every check there is. A failing one does not stop the others; the last line adds them up.
//
//   node scripts/gate.mjs                 all
//   node scripts/gate.mjs lint types      some
//   node scripts/gate.mjs --list          their names
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs"
import { availableParallelism } from "node:os"
import { delimiter, join } from "node:path"
import { bootstrap } from "./bootstrap.mjs"
import * as fidelity from "./fidelity.mjs"
import { buildInspector } from "./inspector.mjs"
import { published, root, run } from "./lib.mjs"

const reports = join(root, ".reports")
const notices = []

/** A command that passes or fails as one. */
const one = (command, args, options) => async (show) => {
  const { code } = await run(command, args, { ...options, show })
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

const script = (name, args = [], options = {}) =>
  one(process.execPath, [join("scripts", `${name}.mjs`), ...args], options)

/** Measuring an old dist, or none, would be no news. */
const ofDist = (gate) => async (show) => {
  if (published.every((name) => existsSync(join(root, "packages", name, "dist")))) return gate(show)
  show("there is no dist: build first\n")
  return { passed: 0, failed: 1 }
}

/** A script that prints why it was skipped, where it was. */
const skippable = (gate) => async (show) => {
  let text = ""
  const result = await gate((chunk) => {
    text += chunk
    show(chunk)
  })
  notices.push(.../^skipped: .*$/m.exec(text) ?? [])
  return result
}

/** A check that `npm test` leaves to `.ci/run` and to whoever asks for it by name. */
const atLength = (name, gate) => (show) => {
  if (process.env.CI !== undefined || asked.length > 0) return gate(show)
  notices.push(`skipped: ${name}, which .ci/run runs, and node scripts/gate.mjs ${name}`)
  return { passed: 0, failed: 0 }
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

/** Results of tests by gate. */
const tested = new Map()

const reportOf = (name) => join(reports, `vitest-${name}.json`)

/** The results that vitest has written, and notices of what did not pass. */
const readReport = (report) => {
  const { numFailedTests, numPassedTests, testResults } = JSON.parse(readFileSync(report, "utf8"))
  for (const { assertionResults, name } of testResults) {
    for (const { failureMessages, fullName, status } of assertionResults) {
      if (status === "passed") continue
      const why = status === "failed" ? `: ${failureMessages?.[0]?.split("\n", 1)[0] ?? ""}` : ""
      notices.push(`${status === "failed" ? "failed" : "skipped"}: ${name.slice(root.length + 1)}: ${fullName}${why}`)
    }
  }
  // A file that does not load, or an error outside any test, fails no test; it must still count.
  const broken = testResults.filter(({ assertionResults, status }) =>
    status === "failed" && assertionResults.every((result) => result.status !== "failed")
  )
  for (const { message, name } of broken) {
    notices.push(`failed: ${name.slice(root.length + 1)}: ${message.split("\n", 1)[0]}`)
  }
  return { passed: numPassedTests, failed: numFailedTests + broken.length, testResults }
}

/** The line for Effect 4, whose tests are counted one by one. */
const effect4 = async (show) => {
  const { failed } = await skippable(script("effect4", [], { seconds: 900 }))(show)
  if (!existsSync(reportOf("effect4"))) return { passed: 1 - failed, failed }
  const results = readReport(reportOf("effect4"))
  return { passed: results.passed + 1 - failed, failed: Math.max(failed, results.failed) }
}

/** The gates of tests: what a document says is shown is looked for in all of them. */
const suites = ["test", "realtime", "programs"]

const vitest = (name, project, folders = []) => async (show) => {
  const report = reportOf(name)
  const { code } = await run("vitest", [
    "run",
    ...folders,
    `--project=${project}`,
    "--passWithNoTests",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...(process.env.CI === undefined ? [] : ["--reporter=hanging-process"])
  ], { seconds: 2400, show })
  if (!existsSync(report)) return { passed: 0, failed: 1 }
  const { failed: broken, passed, testResults } = readReport(report)
  tested.set(name, testResults)
  const unshown = tested.size === suites.length ? fidelity.problems([...tested.values()].flat()) : []
  for (const problem of unshown) notices.push(`failed: ${problem}`)
  const seconds = (file) => ((file.endTime - file.startTime) / 1000).toFixed(0)
  const slowest = [...testResults].sort((a, b) => seconds(b) - seconds(a)).slice(0, 12)
  show(`slowest: ${slowest.map((file) => `${file.name.slice(root.length + 1)} ${seconds(file)} s`).join(", ")}\n`)
  const failed = broken + unshown.length
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed }
}

const typeTests = async (show) => {
  const { code, output } = await run("tstyche", [], { env: { TSTYCHE_NO_COLOR: "true" }, show })
  const line = /^Tests:\s+(.*)$/m.exec(output)?.[1] ?? ""
  const count = (what) => Number(new RegExp(`(\\d+) ${what}`).exec(line)?.[1] ?? 0)
  const failed = count("failed")
  return { passed: count("passed"), failed: code !== 0 && failed === 0 ? 1 : failed }
}

/** In the order in which they begin; the one that is named last must be over before. */
const gates = {
  lint: ["oxlint", one("oxlint", [])],
  hygiene: ["lockfile and exceptions", script("hygiene")],
  architecture: ["levels and folders are those of docs/architecture.md", script("architecture")],
  cycles: ["no import cycles", one("oxlint", ["--config", ".oxlint-cycles.json"])],
  test: ["vitest", vitest("test", "!realtime")],
  realtime: [
    "vitest: sockets, processes and memory, one file after the other",
    vitest("realtime", "realtime", ["packages/core", "packages/testkit"])
  ],
  programs: [
    "vitest: the command line, the page and the examples, as processes, one file after the other",
    vitest("programs", "realtime", ["packages/cli", "packages/inspector", "packages/examples"])
  ],
  format: ["dprint: house style", one("dprint", ["check"])],
  codegen: ["index.ts is what codegen writes", script("codegen", ["--check"])],
  types: ["tsc, with the Effect diagnostics", script("tsc", ["-b", "--pretty"])],
  assertions: ["no assertion that cannot fail", script("assertions"), "types"],
  "type-tests": ["tstyche", typeTests],
  readme: ["every block of the README, the guides and doc comments compiles and runs", script("readme"), "types"],
  docs: ["API reference", atLength("docs", script("docs"))],
  unused: ["knip: unused files, exports and dependencies", one("knip", ["--no-progress"])],
  effect4: ["the line for Effect 4: generated, and with EFFECT_4=required checked, tested, packed and used", effect4],
  build: ["dist", script("build"), "types"],
  packages: [
    "the tarballs: publint, attw, contents, consumers",
    atLength("packages", ofDist(script("packages", [], { seconds: 900 }))),
    "build"
  ],
  runtimes: [
    "the packed core holds a conversation on every runtime",
    atLength("runtimes", ofDist(script("runtimes", [], { seconds: 900 }))),
    "packages"
  ],
  python: ["the official SDK for Python makes all calls, validated strictly", skippable(script("python"))],
  chaos: [
    "processes that run turns on PostgreSQL are killed, frozen and replaced",
    // less than four minutes, unless others take the machine
    skippable(script("chaos", ["--short"], { seconds: 900 }))
  ],
  size: ["size-limit", ofDist(one("size-limit", [])), "build"]
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

const wanted = asked.length > 0 ? Object.keys(gates).filter((name) => asked.includes(name)) : Object.keys(gates)

// two gates need it, and run at once
if (["test", "build"].some((name) => wanted.includes(name)) && !await buildInspector()) process.exitCode = 1

/** What gates print, in the order in which they began: the first of those that run as it comes, the others' after it. */
const printing = []
const print = () => {
  while (printing.length > 0) {
    process.stdout.write(printing[0].text.splice(0).join(""))
    if (!printing[0].isOver) return
    printing.shift()
  }
}

const results = []
const perform = async (name) => {
  const [title, gate] = gates[name]
  const printer = { text: [], isOver: false }
  printing.push(printer)
  const show = (text) => {
    printer.text.push(text)
    print()
  }
  show(`\n=== ${name}: ${title}\n`)
  const start = performance.now()
  const result = await gate(show)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  results.push({ name, seconds, ...result })
  show(`--- ${name}: ${result.failed === 0 ? "passed" : "FAILED"} in ${seconds} s\n`)
  printer.isOver = true
  print()
}

// The tests that run side by side, beside them those that do not, and then all others: tests of time wait for much of
// theirs.
const waiting = [...wanted]
const running = new Map()
while (waiting.length + running.size > 0) {
  const isReady = (name) => {
    const before = gates[name][2]
    // what it measures is time
    if (name === "chaos" && running.size > 1) return false
    return before === undefined || (!waiting.includes(before) && !running.has(before) && isReady(before))
  }
  const next = running.size < Math.min(4, availableParallelism() + 1) ? waiting.find(isReady) : undefined
  if (next === undefined) {
    await Promise.race(running.values())
    continue
  }
  waiting.splice(waiting.indexOf(next), 1)
  running.set(next, perform(next).finally(() => running.delete(next)))
}
results.sort((a, b) => wanted.indexOf(a.name) - wanted.indexOf(b.name))

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
if (sum("failed") > 0) process.exitCode = 1
