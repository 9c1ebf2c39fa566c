// Teaches the installed `tsc` the Effect diagnostics. Does nothing when it already knows them.
import { spawnSync } from "node:child_process"
import { readFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const require = createRequire(join(root, "package.json"))
const manifest = require.resolve("@effect/language-service/package.json")
const { bin, version } = JSON.parse(readFileSync(manifest, "utf8"))
const typescript = dirname(require.resolve("typescript/package.json"))

const isPatched = () =>
  readFileSync(join(typescript, "lib/_tsc.js"), "utf8").includes(`effect-lsp-patch-version ${version}"`)

if (!isPatched()) {
  const cli = join(dirname(manifest), bin["effect-language-service"])
  const result = spawnSync(process.execPath, [cli, "patch", "--module", "tsc", "--force", "--dir", typescript], {
    cwd: root,
    stdio: ["ignore", 2, 2]
  })
  if (result.status !== 0 || !isPatched()) {
    console.error("could not add the Effect diagnostics to tsc")
    process.exit(1)
  }
  // What an unpatched compiler found good must be looked at again.
  for (const name of ["core", "testkit", "examples"]) {
    rmSync(join(root, "packages", name, "build"), { recursive: true, force: true })
  }
}
