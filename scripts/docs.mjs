// Writes the API reference to packages/*/docs and, on the way, checks it: every public export has a description.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { root, run } from "./lib.mjs"

let failed = false
for (const name of process.argv[2] === undefined ? ["core", "testkit"] : process.argv.slice(2)) {
  const source = join(root, "packages", name)
  // In a copy, because docgen takes its settings from package.json and insists on fields that ours has no use for.
  const copy = join(source, "build", "docgen")
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(copy, { recursive: true })
  cpSync(join(source, "src"), join(copy, "src"), { recursive: true })
  // `pnpm readme` compiles and runs the examples, together with all others; here they are text.
  for (const file of readdirSync(join(copy, "src")).filter((file) => file.endsWith(".ts"))) {
    const path = join(copy, "src", file)
    writeFileSync(path, readFileSync(path, "utf8").replace(/^( \* )@example$/gm, "$1**Example**\n *"))
  }
  const manifest = JSON.parse(readFileSync(join(source, "package.json"), "utf8"))
  writeFileSync(
    join(copy, "package.json"),
    JSON.stringify({ name: manifest.name, homepage: "#", type: "module", exports: manifest.exports })
  )
  cpSync(join(source, "docgen.json"), join(copy, "docgen.json"))

  console.log(`${manifest.name}`)
  const { code } = await run("docgen", [], { cwd: copy })
  if (code !== 0) {
    failed = true
    continue
  }
  rmSync(join(source, "docs"), { recursive: true, force: true })
  cpSync(join(copy, "docs"), join(source, "docs"), { recursive: true })
}
process.exit(failed ? 1 : 0)
