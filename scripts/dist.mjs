import { cpSync, existsSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { run } from "./lib.mjs"

/** Makes dist/ of a package of what tsc has put into build/, with pure calls marked by babel so that bundlers can drop them. */
export const distil = async (cwd) => {
  const [build, dist] = [join(cwd, "build"), join(cwd, "dist")]
  rmSync(dist, { recursive: true, force: true })
  // What tsc emitted for modules that are gone must not be published.
  const modules = readdirSync(build, { recursive: true })
    .filter((file) => file.endsWith(".d.ts") && existsSync(join(cwd, "src", file.replace(/\.d\.ts$/, ".ts"))))
    .map((file) => file.slice(0, -".d.ts".length))
  const files = modules.map((module) => join(build, `${module}.js`))
  // As deep as build/, so that the maps still lead to src/.
  const { code } = await run("babel", [
    "build",
    "--out-dir=dist",
    "--plugins=annotate-pure-calls",
    "--source-maps",
    "--no-babelrc",
    `--only=${files.join(",")}`
  ], { cwd })
  if (code !== 0) return false
  for (const module of modules) {
    for (const end of [".d.ts", ".d.ts.map"]) cpSync(join(build, module + end), join(dist, module + end))
  }
  return true
}
