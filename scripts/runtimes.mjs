// Whether the packed core holds a conversation on every runtime that the README names (`pnpm build` first): installed with
// plain npm in an empty folder, one program has a turn with a tool against the simulator's port. On this Node; with
// RUNTIMES=all, on every Node that we promise, on Bun, Deno and workerd.
import * as esbuild from "esbuild"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { npm } from "./bootstrap.mjs"
import { root, run } from "./lib.mjs"
import * as outside from "./outside.mjs"
import { pack } from "./pack.mjs"
import { bring } from "./runtime.mjs"
import { startSimulator } from "./simulator.mjs"
import { callOf, prepare, problemOf } from "./turn.mjs"

const folder = mkdtempSync(join(tmpdir(), "runtimes-"))
process.on("exit", () => rmSync(folder, { recursive: true, force: true }))

/** Installs the packed core with its peers, in the versions of the workspace. */
const install = async () => {
  const tarball = await pack("core", folder)
  if (tarball === undefined) return false
  const manifest = (path) => JSON.parse(readFileSync(join(root, "packages", "core", path, "package.json"), "utf8"))
  const { peerDependencies } = manifest("node_modules/@effect/ai")
  const peers = Object.keys({ ...manifest("").peerDependencies, ...peerDependencies })
    .map((name) => `${name}@${manifest(`node_modules/${name}`).version}`)
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }))
  const [command, ...args] = npm("install", "--no-audit", "--no-fund", "--prefer-offline", tarball, ...peers)
  const { code, output } = await run(command, args, { cwd: folder, quiet: true, seconds: 300 })
  const problems = code === 0 ? await outside.effectProblems(folder) : [output]
  for (const problem of problems) console.log(problem)
  return problems.length === 0
}

/** The program as a command, and as a worker in one file. */
const write = async (url) => {
  const call = await callOf(url)
  await esbuild.build({
    entryPoints: [join(root, "packages", "testkit", "test", "runtimes", "turn.ts")],
    outfile: join(folder, "turn.mjs"),
    format: "esm",
    target: "es2022"
  })
  writeFileSync(
    join(folder, "command.mjs"),
    `import { turn } from "./turn.mjs"\nconsole.log(JSON.stringify(await ${call}))\n`
  )
  await esbuild.build({
    stdin: {
      contents: `import { turn } from "./turn.mjs"
        export default {
          fetch: () => ${call}.then((result) => Response.json(result), ({ stack }) => new Response(stack, { status: 500 }))
        }`,
      resolveDir: folder
    },
    outfile: join(folder, "worker.mjs"),
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    logLevel: "error"
  })
}

const script = ["command.mjs"]
/** What a refused connection is called where the platform says that it was one, and elsewhere. */
const [known, unknown] = ["Refused", "Connection"]
const node = (major) => ({ [`Node ${major}`]: { brought: [`node${major}`], args: script, refused: known } })
const current = node(process.versions.node.split(".")[0])
const others = {
  ...node(20),
  ...node(22),
  ...node(24),
  Bun: { brought: ["bun"], args: script, refused: known },
  // all that it may do is to talk to the simulator
  Deno: { brought: ["deno"], args: ["run", "--no-prompt", "--allow-net=127.0.0.1", ...script], refused: unknown },
  // Miniflare, which starts it, needs a newer Node than this may be
  workerd: { brought: ["node24", "miniflare"], args: ["worker.mjs"], refused: unknown }
}

const perform = async (name, { args, brought, refused }, simulator) => {
  const paths = []
  for (const one of brought) paths.push(await bring(one))
  const missing = brought.find((_, index) => paths[index] === undefined)
  if (missing !== undefined) return `npm has not brought ${missing}`
  await prepare(simulator)
  const [command, ...miniflare] = paths
  const start = miniflare.length === 0 ? args : [join(root, "scripts", "workerd.mjs"), ...miniflare, ...args]
  const env = { DENO_NO_UPDATE_CHECK: "1", DO_NOT_TRACK: "1" }
  const { code, output } = await run(command, start, { cwd: folder, env, quiet: true, seconds: 60 })
  const problem = code === 0
    ? problemOf(output, refused, await simulator.control("GET", "requests"))
    : `the program ended with ${code}`
  if (problem === undefined) console.log(`passed ${name}: ${output.trim()}`)
  else console.log(`FAILED ${name}\n${output}`)
  return problem
}

if (!await install()) {
  console.log("the packed core could not be installed")
  process.exit(1)
}
const simulator = await startSimulator()
await write(simulator.url)
const problems = []
for (const [name, how] of Object.entries(process.env.RUNTIMES === "all" ? { ...current, ...others } : current)) {
  const problem = await perform(name, how, simulator)
  if (problem !== undefined) problems.push(`a turn on ${name}: ${problem}`)
}
for (const problem of problems) console.log(problem)
process.exit(problems.length === 0 ? 0 : 1)
