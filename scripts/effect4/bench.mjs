// npm run bench -- --lines: both lines of core and the official SDK in one run on Node 22: processor time of an event, of an
// import, and the size of the first program. Nothing is asserted: only ratios within one run mean anything.
//
//   npm run bench -- --lines --rounds 3 --events 200000
import * as esbuild from "esbuild"
import { fork } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { cpus, loadavg } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { parseArgs } from "node:util"
import { gzipSync } from "node:zlib"
import { bundleForNode } from "../bundle.mjs"
import { distil } from "../dist.mjs"
import { root, run, tsc } from "../lib.mjs"
import { bring } from "../runtime.mjs"
import { generate } from "./overlays.mjs"
import { rewriteDocument } from "./pack.mjs"

const testkit = join(root, "packages", "testkit")

/** The lines, by the names of their folders. */
const lines = { 3: join(root, "packages", "core"), 4: join(root, "packages", "core-effect-4") }

/** Read before the measurement, so that it is not about starting up. */
const warmUp = 200_000

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

const build = async () => {
  const problems = await generate()
  for (const problem of problems) console.error(problem)
  const folders = Object.values(lines)
  const projects = folders.map((folder) => join(folder, "tsconfig.src.json"))
  const { code } = await tsc(["-b", ...projects])
  if (problems.length > 0 || code !== 0) return false
  for (const folder of folders) if (!await distil(folder)) return false
  return true
}

/** The modules of one line, as they are built. */
const builtOf = (line) => ({
  name: "built",
  setup: (build) =>
    build.onResolve({ filter: /^@effect-managed-agents\/core/ }, ({ path }) => ({
      path: join(lines[line], "dist", `${path.split("/")[2] ?? "index"}.js`)
    }))
})

/** The program that reads a stream with one line, and the module beside it, where the packages of that line are found. */
const readerOf = async (line) => {
  const folder = join(lines[line], "build", "bench")
  mkdirSync(folder, { recursive: true })
  const { codemod } = await import(pathToFileURL(join(lines[4], "codemod.mjs")).href)
  for (const file of ["line.ts", "readers.ts"]) {
    const text = readFileSync(join(testkit, "bench", file), "utf8")
    writeFileSync(join(folder, file), line === "4" ? codemod(text, `bench/${file}`).text : text)
  }
  const program = join(folder, "line.mjs")
  await bundleForNode(join(folder, "line.ts"), program, [builtOf(line)])
  return program
}

/** The first program of the README without its last line, and the least that one does with the SDK, as files. */
const programs = async () => {
  const readme = readFileSync(join(root, "README.md"), "utf8")
  const first = (text) => /^## A first program\n[\s\S]*?^```ts.*\n([\s\S]*?)^```$/m.exec(text)[1]
  const files = {
    "official SDK": [
      lines[3],
      "import Anthropic from \"@anthropic-ai/sdk\"\nconst program = new Anthropic({ apiKey: \"test\" }).beta.sessions\n"
    ],
    "Effect 3": [lines[3], first(readme)],
    "Effect 4": [lines[4], first(await rewriteDocument(readme, "README.md"))]
  }
  return Object.entries(files).map(([name, [folder, text]]) => {
    const file = join(folder, "build", "bench", `${name.replaceAll(" ", "-")}.ts`)
    writeFileSync(file, `${text.replace(/^Effect\.runPromise\(.*\)$/m, "")}\nObject.assign(globalThis, { program })\n`)
    return { name, file, line: name === "Effect 4" ? "4" : "3" }
  })
}

const ask = async (node, args) => {
  const { code, output } = await run(node, args, { quiet: true, seconds: 300 })
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}\n${output}`)
  return JSON.parse(output.trim().split("\n").at(-1))
}

const size = async ({ file, line }) => {
  const { outputFiles: [{ contents }] } = await esbuild.build({
    entryPoints: [file],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    write: false,
    logLevel: "error",
    // what the SDK needs of Node only where there is one
    external: ["node:*"],
    plugins: [builtOf(line)]
  })
  return gzipSync(contents, { level: 9 }).length
}

/** Processor time of starting Node and importing what the program imports, less that of starting Node. */
const importing = async (node, { file, line }, rounds) => {
  const program = file.replace(/\.ts$/, ".mjs")
  const end = "\nconst { system, user } = process.cpuUsage()\nconsole.log(JSON.stringify((user + system) / 1000))\n"
  const imports = /^[\s\S]*(?<=^import .*\n)/m.exec(readFileSync(file, "utf8"))[0]
  const dist = pathToFileURL(join(lines[line], "dist")).href
  const text = imports.replaceAll(/"@effect-managed-agents\/core\/(\w+)"/g, `"${dist}/$1.js"`) + end
  writeFileSync(program, text)
  const empty = program.replace(/\.mjs$/, "-empty.mjs")
  writeFileSync(empty, end)
  const samples = []
  for (let round = 0; round < rounds; round++) samples.push(await ask(node, [program]) - await ask(node, [empty]))
  return median(samples)
}

const serve = async (node) => {
  const program = join(testkit, "build", "bench.mjs")
  await bundleForNode(join(testkit, "bench", "main.ts"), program)
  const server = fork(program, ["--task", "serve"], { execPath: node })
  const port = await new Promise((resolve) => server.once("message", resolve))
  return { url: `http://127.0.0.1:${port}`, stop: () => server.kill() }
}

/** Measures, and prints. Resolves with false if there is nothing to measure. */
export const compareLines = async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      lines: { type: "boolean" },
      rounds: { type: "string", default: "5" },
      events: { type: "string", default: "500000" }
    }
  })
  const [rounds, events] = [Number(values.rounds), Number(values.events)]
  const node = await bring("node22")
  if (node === undefined || !await build()) return false
  const readers = [["official SDK", "for await", await readerOf("3"), "official"]]
  for (const line of ["3", "4"]) {
    const program = await readerOf(line)
    readers.push([`Effect ${line}`, "Stream.runFold", program, "fold"])
    readers.push([`Effect ${line}`, "Stream.runForEach", program, "forEach"])
  }
  const version = (folder, name) =>
    JSON.parse(readFileSync(join(folder, "node_modules", name, "package.json"), "utf8")).version
  console.log(
    `Node ${(await run(node, ["--version"], { quiet: true })).output.trim()}, ${cpus().length} × ${cpus()[0].model}, ` +
      `load ${loadavg()[0].toFixed(1)}\neffect ${version(lines[3], "effect")} and ${version(lines[4], "effect")}, ` +
      `@anthropic-ai/sdk ${version(lines[3], "@anthropic-ai/sdk")}\n`
  )
  const server = await serve(node)
  const cpu = readers.map(() => [])
  try {
    for (let round = 0; round < rounds; round++) {
      process.stderr.write(`round ${round + 1} `)
      // a different one begins every time, so that no one always runs on a cold or a busy machine
      for (let turn = 0; turn < readers.length; turn++) {
        const index = (turn + round) % readers.length
        const [, , program, reader] = readers[index]
        const result = await ask(node, ["--expose-gc", program, server.url, reader, events, warmUp].map(String))
        if (result.seen !== events) throw new Error(`${readers[index].join(" ")} saw ${result.seen} events`)
        cpu[index].push(result.cpu)
        process.stderr.write(".")
      }
      process.stderr.write("\n")
    }
  } finally {
    server.stop()
  }
  console.log(`${events} events after ${warmUp} to warm up, medians of ${rounds} interleaved rounds; ours validate\n`)
  readers.forEach(([name, consumer], index) => {
    const perSecond = (events / median(cpu[index])).toFixed(0)
    const ratio = median(cpu[index].map((one, round) => one / cpu[0][round])).toFixed(2)
    console.log(
      `${name.padEnd(14)}${consumer.padEnd(20)}${perSecond.padStart(6)}k events per CPU s   CPU / SDK ${ratio}`
    )
  })
  console.log("\nthe first program of the README")
  for (const program of await programs()) {
    const [time, bytes] = [await importing(node, program, 2 * rounds + 1), await size(program)]
    console.log(
      `${program.name.padEnd(14)}import ${time.toFixed(0).padStart(4)} ms CPU   bundle ${
        (bytes / 1000).toFixed(0)
      } kB gzip`
    )
  }
  return true
}
