// Builds packages/{core,testkit}/dist: what tsc emits, with pure calls marked so that bundlers can drop them.
import { transformFileAsync } from "@babel/core"
import annotatePureCalls from "babel-plugin-annotate-pure-calls"
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { published, root, run } from "./lib.mjs"

for (const name of published) rmSync(join(root, "packages", name, "dist"), { recursive: true, force: true })
const { code } = await run("tsc", ["-b", ...published.map((name) => `packages/${name}/tsconfig.src.json`)])
if (code !== 0) process.exit(code)

for (const name of published) {
  const directory = join(root, "packages", name)
  const modules = readdirSync(join(directory, "src"), { recursive: true })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.slice(0, -3))
  for (const module of modules) {
    const from = join(directory, "build", module)
    // As deep as build/, so that the maps still lead to src/.
    const to = join(directory, "dist", module)
    mkdirSync(dirname(to), { recursive: true })
    for (const extension of [".d.ts", ".d.ts.map"]) copyFileSync(from + extension, to + extension)
    const { code, map } = await transformFileAsync(`${from}.js`, {
      babelrc: false,
      configFile: false,
      compact: false,
      inputSourceMap: true,
      sourceMaps: true,
      plugins: [annotatePureCalls]
    })
    writeFileSync(`${to}.js`, `${code}\n//# sourceMappingURL=${basename(to)}.js.map\n`)
    writeFileSync(`${to}.js.map`, JSON.stringify(map))
  }
  console.log(`packages/${name}/dist: ${modules.length} modules`)
}
