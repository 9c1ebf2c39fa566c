// pnpm release: publishes what is not on npm yet, in the versions of the manifests. The packages for Effect 3 get the tag
// `effect-3`, core for Effect 4 is `latest`, and so is the command line, which brings its own Effect.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { npm } from "./bootstrap.mjs"
import { packageName, root, run } from "./lib.mjs"

const split = ([command, ...args]) => [command, args]

const perform = async (...words) => {
  const { code } = await run(...split(words))
  if (code !== 0) process.exit(code)
}

await perform("changeset", "publish", "--tag", "effect-3")

const { version } = JSON.parse(readFileSync(join(root, "packages", "cli", "package.json"), "utf8"))
await perform(...npm("dist-tag", "add", `${packageName("cli")}@${version}`, "latest"))

const { pack, versionOf4 } = await import("./effect4/pack.mjs")
const name = `${packageName("core")}@${versionOf4()}`
const known = await run(...split(npm("view", name, "version")), { quiet: true })
if (known.code !== 0 || known.output.trim() === "") {
  await perform(process.execPath, join(root, "scripts", "effect4.mjs"), "check")
  const tarball = await pack(join(root, "packages", "core-effect-4", "build"))
  if (tarball === undefined) process.exit(1)
  await perform(...npm("publish", tarball, "--tag", "latest", "--access", "public"))
}
