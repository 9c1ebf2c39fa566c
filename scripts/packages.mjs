// Packs the packages as npm would get them (`pnpm build` first) and looks at the tarballs: publint, Are The Types Wrong,
// what is inside, whether a consumer without our toolchain can import every module, start the simulator and run the
// conformance suite, and whether the README's first test passes for those who install them.
import * as esbuild from "esbuild"
import { spawn } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { consumers } from "./consumers.mjs"
import { libraries, packageName, publicModules, published, root, run } from "./lib.mjs"
import { pack } from "./pack.mjs"

const repository = "https://github.com/effect-managed-agents/effect-managed-agents"
const problems = []
const directory = mkdtempSync(join(tmpdir(), "packages-"))
process.on("exit", () => rmSync(directory, { recursive: true, force: true }))

const consumer = join(directory, "consumer", "node_modules")
const installed = (name) => join(consumer, packageName(name))
mkdirSync(consumer, { recursive: true })

const tarballs = {}
for (const name of published) {
  const tarball = await pack(name, directory)
  if (tarball === undefined) {
    problems.push(`${name}: could not be packed`)
    continue
  }
  tarballs[name] = tarball
  const unpacked = join(directory, name)
  mkdirSync(unpacked)
  await run("tar", ["-xzf", tarballs[name], "-C", unpacked])
  cpSync(join(unpacked, "package"), installed(name), { recursive: true })
}

for (const [name, tarball] of Object.entries(tarballs)) {
  const inside = installed(name)
  const isLibrary = libraries.includes(name)
  const modules = isLibrary ? publicModules(name) : []
  console.log(`\n${packageName(name)}: ${modules.length} modules`)

  const files = readdirSync(inside, { recursive: true }).map(String)
  const wanted = ["package.json", "README.md", "CHANGELOG.md", "LICENSE"]
  wanted.push(...isLibrary ? ["src/index.ts", "dist/index.js"] : ["src/bin.ts", "dist/bin.js"])
  for (const module of modules) {
    wanted.push(...[".js", ".js.map", ".d.ts", ".d.ts.map"].map((end) => `dist/${module}${end}`), `src/${module}.ts`)
  }
  if (name === "testkit") wanted.push("dist/inspector/index.html", "dist/inspector/licenses.md")
  for (const file of wanted) if (!files.includes(file)) problems.push(`${name}: the tarball lacks ${file}`)
  for (const file of files) {
    if (!/^(package\.json|README\.md|LICENSE|CHANGELOG\.md|FIDELITY\.md|(dist|src)(\/.*)?)$/.test(file)) {
      problems.push(`${name}: the tarball should not have ${file}`)
    }
  }

  const manifest = JSON.parse(readFileSync(join(inside, "package.json"), "utf8"))
  if (/workspace:|catalog:|\.\/src\//.test(JSON.stringify({ ...manifest, files: [] }))) {
    problems.push(`${name}: the packed package.json still speaks of the workspace`)
  }
  // Types that a reader of errors and events should not have to know, or that the next Effect does without.
  for (const module of modules) {
    const types = readFileSync(join(inside, "dist", `${module}.d.ts`), "utf8")
    const leak = /"effect\/(?:Chunk|Either|FiberRef|ParseResult)"|"@effect\/platform\/HttpClientError"/.exec(types)
    if (leak !== null) problems.push(`${name}: the types of ${module} mention ${leak[0]}`)
  }

  const url = `git+${repository}.git`
  if (manifest.repository?.url !== url || manifest.repository.directory !== `packages/${name}`) {
    problems.push(`${name}: provenance needs the repository ${url}, directory packages/${name}`)
  }
  for (const range of Object.values({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    if (!/^\^?\d+\.\d+\.\d+$/.test(range)) problems.push(`${name}: odd dependency range ${range}`)
  }

  const lint = await run("publint", ["run", tarball, "--strict"])
  if (lint.code !== 0) problems.push(`${name}: publint`)

  const types = isLibrary && await run("attw", [
    tarball,
    "--profile=esm-only",
    "--format=table-flipped",
    "--no-emoji",
    "--no-color",
    "--entrypoints",
    ".",
    ...modules.map((module) => `./${module}`)
  ], { quiet: true })
  if (isLibrary && types.code !== 0) {
    console.log(types.output)
    problems.push(`${name}: attw`)
  }

  // The consumer has what the manifest asks for, and nothing else of ours.
  for (const dependency of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    const target = join(consumer, dependency)
    const source = join(root, "packages", name, "node_modules", dependency)
    if (existsSync(target)) continue
    mkdirSync(join(target, ".."), { recursive: true })
    symlinkSync(source, target)
  }
}

if (Object.keys(tarballs).length === published.length) {
  for (const name of libraries) {
    const modules = ["", ...publicModules(name).map((module) => `/${module}`)]
    const script = modules.map((module) => `await import("@effect-managed-agents/${name}${module}")`).join("\n")
    const closed = `await import("@effect-managed-agents/${name}/internal/x").then(
      () => { throw new Error("internal/ is open") },
      (error) => { if (error.code !== "ERR_PACKAGE_PATH_NOT_EXPORTED") throw error }
    )`
    const imported = await run(process.execPath, ["--input-type=module", "--eval", `${script}\n${closed}`], {
      cwd: join(consumer, ".."),
      seconds: 60
    })
    if (imported.code !== 0) problems.push(`${name}: a consumer cannot import it`)

    // Bundled for a platform without Node's modules, the index must leave nothing unresolved.
    const bundled = await esbuild.build({
      stdin: {
        contents: `export * from "@effect-managed-agents/${name}"`,
        resolveDir: join(consumer, "..")
      },
      bundle: true,
      format: "esm",
      logLevel: "error",
      platform: "browser",
      write: false
    }).then(() => true, () => false)
    if (!bundled) problems.push(`${name}: the index needs more than a browser has`)
  }

  const program = join(installed("cli"), "dist", "bin.js")
  const started = await new Promise((resolve) => {
    const server = spawn(
      process.execPath,
      [program, "dev", "--port", "0"],
      { cwd: join(consumer, ".."), stdio: ["ignore", "pipe", "inherit"] }
    )
    let heard = ""
    const timer = setTimeout(() => server.kill("SIGKILL"), 20_000)
    server.stdout.setEncoding("utf8").on("data", (chunk) => {
      heard += chunk
      if (heard.includes("Simulator listening on http://127.0.0.1:")) server.kill("SIGTERM")
    })
    server.on("close", (code) => {
      clearTimeout(timer)
      resolve(code === 0 && heard.includes("Simulator listening on http://127.0.0.1:"))
    })
  })
  if (!started) problems.push("cli: the packed simulator does not start, or does not end with 0 on SIGTERM")

  const conforms = await run(process.execPath, [program, "conformance", "--only", "turn.first"], {
    cwd: join(consumer, ".."),
    seconds: 60
  })
  if (conforms.code !== 0) problems.push("cli: the packed conformance suite does not run on the simulator")

  problems.push(...await consumers(tarballs))
}

for (const problem of problems) console.log(problem)
process.exit(problems.length === 0 ? 0 : 1)
