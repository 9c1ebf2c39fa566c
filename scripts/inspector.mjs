// Builds the inspector into packages/inspector/dist, unless what is there is current.
//
//   node scripts/inspector.mjs
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { root, run } from "./lib.mjs"

const cwd = join(root, "packages", "inspector")
const dist = join(cwd, "dist")
const mark = join(dist, ".fingerprint")

const filesOf = (path) =>
  existsSync(path) && !/\.\w+$/.test(path)
    ? readdirSync(path, { recursive: true }).map((file) => join(path, file)).filter((file) => /\.\w+$/.test(file))
      .sort()
    : [path]

const fingerprint = () => {
  const hash = createHash("sha256")
  const sources = ["inspector/src", "inspector/public", "inspector/index.html", "inspector/vite.config.ts", "core/src"]
  for (
    const file of [...sources.map((path) => join(root, "packages", path)), join(root, "pnpm-lock.yaml")].flatMap(
      filesOf
    )
  ) {
    hash.update(file.slice(root.length)).update("\0").update(readFileSync(file))
  }
  return hash.digest("hex")
}

/** Builds the page if it has to; `false` if that fails. Says what it does on standard error only. */
export const buildInspector = async () => {
  const wanted = fingerprint()
  if (existsSync(mark) && readFileSync(mark, "utf8") === wanted) return true
  console.error("Building the inspector (once, and again when its sources change)")
  // into a directory of its own, so that nobody is served half a page
  const fresh = join(cwd, "build", `page-${process.pid}`)
  const { code, output } = await run(
    process.execPath,
    [join(cwd, "node_modules/vite/bin/vite.js"), "build", "--outDir", fresh, "--emptyOutDir", "--logLevel", "error"],
    // as it is published, also when a test asks for it
    { cwd, quiet: true, env: { NODE_ENV: "production" } }
  )
  if (code !== 0) {
    console.error(`The inspector could not be built:\n${output}`)
    return false
  }
  writeFileSync(join(fresh, ".fingerprint"), wanted)
  rmSync(dist, { recursive: true, force: true })
  renameSync(fresh, dist)
  return true
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) process.exit(await buildInspector() ? 0 : 1)
