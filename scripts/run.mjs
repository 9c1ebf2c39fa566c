// npm start | npm run example -- <name> | npm run cli -- <command> | npm run simulator -- <flags> |
// npm run conformance -- <flags> | npm run bench
//
// The program runs in this very process, so that signals, exit codes and standard output are its own.
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { bootstrap } from "./bootstrap.mjs"
import { buildInspector } from "./inspector.mjs"
import { root, run } from "./lib.mjs"

const programs = {
  start: "packages/examples/src/run.ts",
  example: "packages/examples/src/run.ts",
  cli: "packages/cli/src/bin.ts",
  simulator: "packages/cli/src/bin.ts",
  conformance: "packages/cli/src/bin.ts",
  bench: "packages/testkit/bench/main.ts",
  inspectorBench: "packages/inspector/bench/main.ts"
}

const [asked, ...args] = process.argv.slice(2)
// it measures a browser, and no part of the others
const name = asked === "bench" && /^--only[ =]inspector$/.test(args.join(" ")) ? "inspectorBench" : asked
const program = programs[name]
if (program === undefined) {
  console.error(`usage: node scripts/run.mjs start|example|cli|simulator|conformance|bench [arguments]`)
  process.exit(1)
}
const file = join(root, program)
if (!existsSync(file)) {
  console.error(`${program} does not exist`)
  process.exit(1)
}

bootstrap()
// without it there is everything but the page
if (["start", "simulator", "inspectorBench"].includes(name) || (name === "cli" && args[0] === "dev")) {
  await buildInspector()
}

const test = `packages/examples/test/${args[0]}.test.ts`
if (name === "example" && args.length > 0 && existsSync(join(root, test))) {
  const { code } = await run("vitest", ["run", "--project", "examples", "--reporter", "verbose", test])
  process.exit(code)
} else if (name === "bench" && args.includes("--lines")) {
  const { compareLines } = await import("./effect4/bench.mjs")
  process.exit(await compareLines(args) ? 0 : 1)
} else if (name === "bench") {
  // Measured as published, not as a loader would rewrite it.
  const { bundleForNode } = await import("./bundle.mjs")
  const output = join(root, "packages/testkit/build/bench.mjs")
  await bundleForNode(file, output)
  const child = spawn(process.execPath, ["--expose-gc", "--enable-source-maps", output, ...args], { stdio: "inherit" })
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal))
  child.on("exit", (code) => process.exit(code ?? 1))
} else {
  const { register } = await import("tsx/esm/api")
  register()
  const before = { start: ["01-quickstart"], simulator: ["dev"], conformance: ["conformance"] }
  process.argv = [process.execPath, file, ...(before[name] ?? []), ...args]
  // Paths among the arguments are meant from where the user stands.
  if (process.env.INIT_CWD !== undefined && existsSync(process.env.INIT_CWD)) process.chdir(process.env.INIT_CWD)
  await import(pathToFileURL(file).href)
}
