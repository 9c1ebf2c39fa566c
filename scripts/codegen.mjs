// Writes packages/{core,testkit}/src/index.ts from the file list.
//
//   node scripts/codegen.mjs           write
//   node scripts/codegen.mjs --check   write nothing, exit 1 if something would change
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { root } from "./lib.mjs"

const check = process.argv.includes("--check")

/** The text between `/**` and `@tags` of the module's own comment, which is the first thing in the file. */
const moduleDoc = (source) => {
  const match = /^\s*\/\*\*([\s\S]*?)\*\//.exec(source)
  if (match === null) return undefined
  const lines = match[1].split("\n").map((line) => line.replace(/^\s*\*? ?/, "").trimEnd())
  const end = lines.findIndex((line) => line.startsWith("@"))
  const text = (end === -1 ? lines : lines.slice(0, end)).join("\n").trim()
  const paragraph = text.split(/\n\s*\n/)[0]
  return paragraph === "" ? undefined : paragraph.split("\n")
}

const since = (source) => /^\s*\/\*\*[\s\S]*?@since\s+(\S+)[\s\S]*?\*\//.exec(source)?.[1] ?? "0.1.0"

/** Modules that need Node are subpaths only, so that the index loads everywhere. */
const needsNode = (source) =>
  /^\s*(?:import|export)\b[^"]*"(?:node:|@effect\/platform-node|\.\/internal\/node\/)/m.test(source)

const barrel = (directory) => {
  const modules = readdirSync(directory)
    .filter((name) => /^[A-Z]\w*\.ts$/.test(name))
    .map((name) => ({ name: name.slice(0, -3), source: readFileSync(join(directory, name), "utf8") }))
    .filter(({ source }) => !needsNode(source))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const problems = modules.filter(({ source }) => moduleDoc(source) === undefined).map(({ name }) => name)
  for (const name of problems) {
    console.error(`${relative(root, join(directory, `${name}.ts`))}: the file must begin with a module comment`)
  }
  if (modules.length === 0) return { text: "export {}\n", problems }
  const text = modules
    .map(({ name, source }) =>
      [
        "/**",
        ...(moduleDoc(source) ?? [name]).map((line) => ` * ${line}`),
        " *",
        ` * @since ${since(source)}`,
        " */",
        `export * as ${name} from "./${name}.ts"`,
        ""
      ].join("\n")
    )
    .join("\n")
  return { text: `// Written by scripts/codegen.mjs from the files beside it. Do not edit.\n\n${text}`, problems }
}

let stale = 0
let undocumented = 0
for (const name of ["core", "testkit"]) {
  const directory = join(root, "packages", name, "src")
  const target = join(directory, "index.ts")
  const { problems, text } = barrel(directory)
  undocumented += problems.length
  const current = existsSync(target) ? readFileSync(target, "utf8") : ""
  if (current === text) continue
  if (check) {
    stale++
    console.error(`${relative(root, target)} is not current: run \`pnpm codegen\` and commit the result`)
  } else {
    writeFileSync(target, text)
    console.error(`wrote ${relative(root, target)}`)
  }
}
process.exit(check && stale + undocumented > 0 ? 1 : 0)
