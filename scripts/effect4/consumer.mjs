// Looks at the packed core for Effect 4 as who installs it would: with plain npm in an empty folder, on Node 22, against the
// simulator of the Effect 3 line on a port.
import * as esbuild from "esbuild"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { npm } from "../bootstrap.mjs"
import { root, run } from "../lib.mjs"
import * as outside from "../outside.mjs"
import { startSimulator } from "../simulator.mjs"
import { callOf, prepare, problemOf } from "../turn.mjs"
import { rewriteDocument } from "./pack.mjs"

const line = join(root, "packages", "core-effect-4")

/** What is there to look at: a folder in which the tarball is installed, with the Node that it asks for. */
const install = async (folder, env, tarball) => {
  const { version } = JSON.parse(readFileSync(join(line, "node_modules", "effect", "package.json"), "utf8"))
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }))
  const [command, ...args] = npm(
    "install",
    "--engine-strict",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    tarball,
    `effect@${version}`
  )
  const { code, output } = await run(command, args, { cwd: folder, env, quiet: true, seconds: 300 })
  return code === 0 ? outside.effectProblems(folder, env) : [`it cannot be installed:\n${output}`]
}

/** The programs of a document that need nothing but this package, as files by the document's line. */
const programsOf = async (path) => {
  const text = await rewriteDocument(readFileSync(join(root, path), "utf8"), path)
  return [...text.matchAll(/^```ts\b(.*)\n([\s\S]*?)^```$/gm)]
    .filter(([, tags, code]) =>
      !tags.includes("no-check") && !/"@effect-managed-agents\/testkit|"@effect\/(?!vitest)/.test(code)
    )
    .map(([, , code], index) => ({ file: `${path.replaceAll(/\W/g, "-")}-${index + 1}.ts`, code }))
}

const compile = (folder, file) =>
  esbuild.build({
    entryPoints: [join(folder, file)],
    outfile: join(folder, file.replace(/\.ts$/, ".mjs")),
    format: "esm",
    target: "es2022",
    logLevel: "error"
  })

/** The documents' programs compile; the first one of the README has its conversation. */
const runPrograms = async (folder, node, simulator) => {
  const programs = [
    ...await programsOf("README.md"),
    ...await programsOf("docs/effect-4.md"),
    ...await programsOf("packages/core/README.md")
  ]
  for (const { code, file } of programs) writeFileSync(join(folder, file), `${code}\nexport {}\n`)
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: { ...outside.compilerOptions, lib: ["es2023", "dom", "dom.iterable"] },
      include: ["*.ts"]
    })
  )
  const checked = await run("tsc", ["-p", folder], { cwd: folder, quiet: true })
  if (checked.code !== 0) return [`the documents' programs do not compile:\n${checked.output}`]
  console.log(`${programs.length} programs of the documents compile`)
  const [first] = programs
  const ids = [/"(agent_\w+)"/, /"(env_\w+)"/].map((id) => id.exec(first.code)?.[1])
  await simulator.control("POST", "reset")
  await simulator.control("PUT", `environments/${ids[1]}`, {})
  await simulator.control("PUT", `agents/${ids[0]}`, { agent: {}, script: { turns: [[{ say: "It has shipped." }]] } })
  await compile(folder, first.file)
  const env = { ANTHROPIC_BASE_URL: simulator.url, ANTHROPIC_API_KEY: "test" }
  const { code, output } = await run(node, [first.file.replace(/\.ts$/, ".mjs")], { cwd: folder, env, quiet: true })
  console.log(`the first program of the README: ${output.trim()}`)
  return code === 0 && output === "EndTurn It has shipped.\n" ? [] : [`the first program ended with ${code}`]
}

/** The turn that the other line has on every runtime: with a tool, on a stream that is cut, redirected, refused. */
const haveTurn = async (folder, node, simulator) => {
  const { codemod } = await import(pathToFileURL(join(line, "codemod.mjs")).href)
  const turn = readFileSync(join(root, "packages", "testkit", "test", "runtimes", "turn.ts"), "utf8")
  writeFileSync(join(folder, "turn.ts"), codemod(turn, "turn.ts").text)
  await compile(folder, "turn.ts")
  const call = await callOf(simulator.url)
  writeFileSync(
    join(folder, "command.mjs"),
    `import { turn } from "./turn.mjs"\nconsole.log(JSON.stringify(await ${call}))\n`
  )
  await prepare(simulator)
  const { code, output } = await run(node, ["command.mjs"], { cwd: folder, quiet: true, seconds: 60 })
  console.log(`a turn with a tool: ${output.trim()}`)
  const problem = code === 0
    ? problemOf(output, "Refused", await simulator.control("GET", "requests"))
    : `the program ended with ${code}`
  return problem === undefined ? [] : [`a turn: ${problem}`]
}

/** The conformance suite, whose scenarios are programs on the client. */
const conform = async (folder, node, simulator) => {
  const path = join(folder, "conform.mjs")
  await esbuild.build({
    entryPoints: [join(line, "conform.mjs")],
    outfile: path,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    logLevel: "error",
    external: ["effect", "@effect-managed-agents/*"],
    plugins: [{
      name: "testkit",
      setup: (build) => {
        // the one module of the testkit that the suite shares, which knows nothing of Effect
        build.onResolve({ filter: /\/session\/canonical\.ts$/ }, () => ({
          path: join(root, "packages", "testkit", "src", "internal", "session", "canonical.ts")
        }))
      }
    }]
  })
  await simulator.control("POST", "reset")
  const { code } = await run(node, [path, simulator.url], { cwd: folder, seconds: 120 })
  return code === 0 ? [] : ["the conformance suite drifts"]
}

/** Whether all modules can be imported, and none of those that are internal. */
const importAll = async (folder, node) => {
  const { exports } = JSON.parse(
    readFileSync(join(folder, "node_modules", "@effect-managed-agents", "core", "package.json"), "utf8")
  )
  if (exports["./internal/*"] !== null) return ["internal/ is open"]
  const script = `
    import { readdirSync } from "node:fs"
    const folder = "node_modules/@effect-managed-agents/core/dist"
    for (const file of readdirSync(folder).filter((file) => /^[A-Z]\\w*\\.js$/.test(file))) {
      await import("@effect-managed-agents/core/" + file.slice(0, -3))
    }
    const index = await import("@effect-managed-agents/core")
    console.log(Object.keys(index).length + " modules in the index")`
  const { code } = await run(node, ["--input-type=module", "--eval", script], { cwd: folder })
  return code === 0 ? [] : ["not every module can be imported"]
}

/** What those who install the tarball will find wrong. */
export const consume = async (tarball, node) => {
  const folder = mkdtempSync(join(tmpdir(), "effect-4-"))
  const env = outside.environment(node)
  let simulator
  try {
    const uninstalled = await install(folder, env, tarball)
    if (uninstalled.length > 0) return uninstalled
    simulator = await startSimulator()
    const problems = []
    for (const look of [importAll, runPrograms, haveTurn, conform]) {
      problems.push(...await look(folder, node, simulator))
    }
    return problems
  } finally {
    simulator?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
