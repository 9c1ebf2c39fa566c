// Holds the tree against docs/architecture.md: every public module of core has a level and imports nothing from above it,
// every folder of internal/ has its line, and every file that the page names exists.
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, posix } from "node:path"
import { libraries, publicModules, root } from "./lib.mjs"

const page = readFileSync(join(root, "docs", "architecture.md"), "utf8")
const problems = []

/** The rows of the table of levels: number, name, modules. */
const rows = [...page.matchAll(/^\| (\d) +\| ([^|]+) \| ([^|]+) \|$/gm)].map(([, level, name, modules]) => ({
  level: Number(level),
  name: name.trim(),
  modules: [...modules.matchAll(/`(\w+)`/g)].map(([, module]) => module)
}))
const levels = new Map(rows.flatMap((row) => row.modules.map((module) => [module, row])))

for (const module of publicModules("core")) {
  if (!levels.has(module)) problems.push(`packages/core/src/${module}.ts: has no level in docs/architecture.md`)
}
for (const module of levels.keys()) {
  if (!existsSync(join(root, "packages/core/src", `${module}.ts`))) {
    problems.push(`docs/architecture.md: there is no module ${module}`)
  }
}

/** The relative imports of a file of core, and the others. */
const source = join(root, "packages/core/src")
const importsOf = (file) =>
  [...readFileSync(join(source, file), "utf8").matchAll(/^(?:(?:import|export|\}).* from|import) "([^"]+)"/gm)].map((
    [, from]
  ) => from.startsWith(".") ? posix.join(dirname(file), from) : from)

/** What a file imports of public modules and of packages; what a file of internal/ imports counts as its importer's. */
const reach = (file, seen = new Set()) =>
  importsOf(file).flatMap((from) => {
    if (!from.startsWith("internal/")) return [{ from, by: file }]
    if (seen.has(from)) return []
    seen.add(from)
    return reach(from, seen)
  })

for (const [module, { level, name }] of levels) {
  const file = `${module}.ts`
  if (!existsSync(join(source, file))) continue
  for (const { by, from } of reach(file)) {
    const through = by === file ? "" : ` (through ${by})`
    const imported = levels.get(from.replace(/\.ts$/, ""))
    if (imported !== undefined && imported.level > level) {
      problems.push(`${file}: level ${level} imports ${from}, level ${imported.level}${through}`)
    }
    if (imported !== undefined && from !== file && imported.level === level && name === "services") {
      problems.push(`${file}: a service imports the service ${from}${through}; what combines them stands above`)
    }
    if (level < 2 && /^(@effect\/platform|effect\/(Layer|Context)$)/.test(from)) {
      problems.push(`${file}: a schema imports ${from}${through}: no services, no platform`)
    }
  }
}

for (const name of libraries) {
  const section = new RegExp(`^## .*${name}\\b[\\s\\S]*?(?=^## |$(?![\\s\\S]))`, "gm")
  const described = [...page.matchAll(section)]
    .flatMap(([text]) => [...text.matchAll(/^\| `internal\/(\w+)\/` +\| /gm)])
    .map(([, folder]) => folder)
  const internal = readdirSync(join(root, "packages", name, "src", "internal"), { withFileTypes: true })
  for (const entry of internal) {
    const path = `packages/${name}/src/internal/${entry.name}`
    if (!entry.isDirectory()) problems.push(`${path}: internal modules live in folders`)
    else if (!described.includes(entry.name)) problems.push(`${path}/: has no line in docs/architecture.md`)
  }
  for (const folder of described) {
    if (!internal.some((entry) => entry.name === folder)) {
      problems.push(`docs/architecture.md: ${name} has no folder internal/${folder}`)
    }
  }
}

for (const [, path] of page.matchAll(/`((?:core|testkit|cli|inspector|examples)\/[^`*]+)`/g)) {
  if (!existsSync(join(root, "packages", path))) problems.push(`docs/architecture.md: there is no packages/${path}`)
}

for (const problem of new Set(problems)) console.log(problem)
process.exit(problems.length === 0 ? 0 : 1)
