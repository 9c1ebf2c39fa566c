// Writes the API reference to packages/*/docs and, on the way, checks it: every public export has a description, and every
// struct on the wire the list of its fields.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { withFields } from "./descriptions.mjs"
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
  const structs = name === "core" ? withFields() : new Map()
  for (const file of readdirSync(join(copy, "src")).filter((file) => file.endsWith(".ts"))) {
    const path = join(copy, "src", file)
    const text = structs.get(file)?.text ?? readFileSync(path, "utf8")
    writeFileSync(path, text.replace(/^( \* )@example$/gm, "$1**Example**\n *"))
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
  for (const [file, { lines }] of structs) {
    if (lines.length === 0) continue
    const page = readFileSync(join(copy, "docs", "modules", `${file}.md`), "utf8")
    for (const line of lines.filter((line) => !page.includes(line))) {
      console.log(`the page of ${file} lacks the field ${line}`)
      failed = true
    }
  }
  rmSync(join(source, "docs"), { recursive: true, force: true })
  cpSync(join(copy, "docs"), join(source, "docs"), { recursive: true })
}
process.exit(failed ? 1 : 0)
