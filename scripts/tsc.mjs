// TypeScript's native compiler with the Effect diagnostics of tsconfig.base.json; it takes the flags of tsc. Tools that use
// the compiler as a library have TypeScript 5.9 beside it.
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { root } from "./lib.mjs"

const modules = join(root, "node_modules")

/** The compiler for this platform; without the diagnostics where they are not built for it. */
const compiler = () => {
  const cli = join(modules, "@effect", "tsgo", "dist", "effect-tsgo.cjs")
  const { status, stderr, stdout } = spawnSync(process.execPath, [cli, "get-exe-path"], { cwd: root, encoding: "utf8" })
  if (status === 0) return [stdout.trim()]
  console.error(`note: no Effect diagnostics here: ${stderr.trim() || stdout.trim()}`)
  return [process.execPath, join(modules, "@typescript", "native", "bin", "tsc")]
}

const [command, ...args] = compiler()
const { error, status } = spawnSync(command, [...args, ...process.argv.slice(2)], { stdio: "inherit" })
if (error !== undefined) console.error(error.message)
process.exit(status ?? 1)
