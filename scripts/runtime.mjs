// Runtimes from npm, each in a folder of its own that is kept. No install script runs: the executable is in the package
// for this machine, or in a dependency that npm chooses for it.
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { npm } from "./bootstrap.mjs"
import { root, run } from "./lib.mjs"

const { arch, platform } = process

const packages = {
  node20: [`node-${platform}-${arch}`, "20.20.2", "bin/node"],
  node22: [`node-${platform}-${arch}`, "22.23.3", "bin/node"],
  node24: [`node-${platform}-${arch}`, "24.21.0", "bin/node"],
  bun: [`@oven/bun-${platform}-${arch === "arm64" ? "aarch64" : arch}`, "1.4.5", "bin/bun"],
  deno: [`@deno/${platform}-${arch}${platform === "linux" ? "-glibc" : ""}`, "2.9.6", "deno"],
  miniflare: ["miniflare", "4.20260730.0", "dist/src/index.js"]
}

/** The path of a runtime's executable, which npm brings if it is not there yet; none if npm does not. */
export const bring = async (name) => {
  if (process.versions.node.startsWith(`${name.replace("node", "")}.`)) return process.execPath
  const [id, version, file] = packages[name]
  const folder = join(root, "node_modules", ".cache", "runtimes", `${name}-${version}`)
  const path = join(folder, "node_modules", id, file)
  // npm writes this when everything is there
  if (existsSync(join(folder, "node_modules", ".package-lock.json"))) return path
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "package.json"), "{}")
  const [command, ...args] = npm(
    "install",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    `${id}@${version}`
  )
  const { code, output } = await run(command, args, { cwd: folder, quiet: true, seconds: 300 })
  if (code === 0) return path
  console.log(output)
  return undefined
}
