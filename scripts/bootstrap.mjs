// Makes a fresh checkout runnable with nothing but Node and npm: installs the dependencies with the pinned pnpm
// when the lockfile or a manifest has changed since the last time. Says what it does on standard error only.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { root } from "./lib.mjs"

const stampFile = join(root, "node_modules", ".bootstrap")

const fingerprint = () => {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch} ${process.versions.modules}\n`)
  const manifests = readdirSync(join(root, "packages")).toSorted().map((name) => `packages/${name}/package.json`)
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json", ...manifests]) {
    if (existsSync(join(root, file))) hash.update(file).update("\0").update(readFileSync(join(root, file)))
  }
  return hash.digest("hex")
}

/** The command line of the npm that started us, or else of the one on the path. */
export const npm = (...args) => {
  const path = process.env.npm_execpath
  return path !== undefined && basename(path) === "npm-cli.js" ? [process.execPath, path, ...args] : ["npm", ...args]
}

/** The command line of the pinned pnpm. */
export const pnpm = (...args) => {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  return npm("exec", "--yes", "--no-update-notifier", `--package=${packageManager}`, "--", "pnpm", ...args)
}

export const bootstrap = () => {
  const [major, minor] = process.versions.node.split(".").map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`Node 20.19 or newer is needed; this is ${process.version}`)
    process.exit(1)
  }
  const wanted = fingerprint()
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === wanted) return

  console.error("Installing dependencies (once, and again when the lockfile changes)")
  const [command, ...args] = pnpm(
    "install",
    "--frozen-lockfile",
    "--ignore-scripts",
    "--reporter=append-only",
    "--config.confirmModulesPurge=false"
  )
  const result = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2], shell: process.platform === "win32" })
  if (result.status !== 0) {
    console.error(`Installing the dependencies failed${result.error === undefined ? "" : `: ${result.error.message}`}`)
    process.exit(1)
  }
  // What another compiler found good must be looked at again.
  for (const name of readdirSync(join(root, "packages"))) {
    rmSync(join(root, "packages", name, "build"), { recursive: true, force: true })
  }
  writeFileSync(stampFile, wanted)
}
