// Makes a fresh checkout runnable with nothing but Node and npm: installs the pinned pnpm's idea of the dependencies
// when the lockfile or a manifest has changed since the last time. Says what it does on standard error only.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
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

/** The npm that started us, or else the one on the path. */
const npm = () => {
  const path = process.env.npm_execpath
  return path !== undefined && basename(path) === "npm-cli.js"
    ? [process.execPath, [path]]
    : ["npm", []]
}

export const bootstrap = () => {
  const [major, minor] = process.versions.node.split(".").map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`Node 20.19 or newer is needed; this is ${process.version}`)
    process.exit(1)
  }
  const wanted = fingerprint()
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === wanted) return

  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  console.error(`Installing dependencies with ${packageManager} (once, and again when the lockfile changes)`)
  const [command, prefix] = npm()
  const result = spawnSync(
    command,
    [
      ...prefix,
      "exec",
      "--yes",
      `--package=${packageManager}`,
      "--",
      "pnpm",
      "install",
      "--frozen-lockfile",
      "--ignore-scripts",
      "--reporter=append-only",
      "--config.confirmModulesPurge=false"
    ],
    { cwd: root, stdio: ["ignore", 2, 2], shell: process.platform === "win32" }
  )
  if (result.status !== 0) {
    console.error(`Installing the dependencies failed${result.error === undefined ? "" : `: ${result.error.message}`}`)
    process.exit(1)
  }
  writeFileSync(stampFile, wanted)
}
