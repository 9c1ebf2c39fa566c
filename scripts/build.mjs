// Builds packages/{core,testkit,cli}/dist: what tsc emits, with pure calls marked by babel so that bundlers can drop them.
// The testkit gets the built inspector as well, which its server serves.
import { cpSync, existsSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { buildInspector } from "./inspector.mjs"
import { published, root, run } from "./lib.mjs"

const stop = ({ code }) => code !== 0 && process.exit(code)

stop(await run("tsc", ["-b", ...published.map((name) => `packages/${name}/tsconfig.src.json`)]))

for (const name of published) {
  const cwd = join(root, "packages", name)
  const [build, dist] = [join(cwd, "build"), join(cwd, "dist")]
  rmSync(dist, { recursive: true, force: true })
  // What tsc emitted for modules that are gone must not be published.
  const modules = readdirSync(build, { recursive: true })
    .filter((file) => file.endsWith(".d.ts") && existsSync(join(cwd, "src", file.replace(/\.d\.ts$/, ".ts"))))
    .map((file) => file.slice(0, -".d.ts".length))
  const files = modules.map((module) => join(build, `${module}.js`))
  // As deep as build/, so that the maps still lead to src/.
  stop(
    await run("babel", [
      "build",
      "--out-dir=dist",
      "--plugins=annotate-pure-calls",
      "--source-maps",
      "--no-babelrc",
      `--only=${files.join(",")}`
    ], { cwd })
  )
  for (const module of modules) {
    for (const end of [".d.ts", ".d.ts.map"]) cpSync(join(build, module + end), join(dist, module + end))
  }
}

if (!await buildInspector()) process.exit(1)
cpSync(join(root, "packages/inspector/dist"), join(root, "packages/testkit/dist/inspector"), {
  recursive: true,
  filter: (path) => !path.endsWith(".fingerprint")
})
