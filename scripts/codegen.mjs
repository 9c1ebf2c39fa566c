// Writes packages/{core,testkit}/src/index.ts from the file list, and core's descriptions from the doc comments of its
// wire schemas.
//
//   node scripts/codegen.mjs           write
//   node scripts/codegen.mjs --check   write nothing, exit 1 if something would change
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import * as descriptions from "./descriptions.mjs"
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

/**
 * Modules that need Node or an optional peer are subpaths only, so that the index loads everywhere; so is the one with all
 * descriptions.
 */
const isSubpath = (source) =>
  /^\s*(?:import|export)\b[^"]*"(?:node:|@effect\/(?:platform-node|sql|cluster|rpc)\b|\.\/internal\/(?:node\/|schema\/descriptions))/m
    .test(source)

const barrel = (directory) => {
  const modules = readdirSync(directory)
    .filter((name) => /^[A-Z]\w*\.ts$/.test(name))
    .map((name) => ({ name: name.slice(0, -3), source: readFileSync(join(directory, name), "utf8") }))
    .filter(({ source }) => !isSubpath(source))
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

/** A literal of an object, a line for each property. */
const literal = (value, indent = "") => {
  if (typeof value === "string") return JSON.stringify(value)
  const properties = Object.entries(value).map(([key, value]) =>
    `${indent}  ${/^[A-Za-z_]\w*$/.test(key) ? key : JSON.stringify(key)}: ${literal(value, `${indent}  `)}`
  )
  return `{\n${properties.join(",\n")}\n${indent}}`
}

const table = () =>
  [
    "// Written by scripts/codegen.mjs from the doc comments of the wire schemas. Do not edit.",
    "// dprint-ignore-file",
    "",
    "interface Description {",
    "  readonly text?: string",
    "  readonly fields?: { readonly [field: string]: string }",
    "}",
    "",
    "/** The doc comments of the wire schemas, by their identifiers. */",
    `export const descriptions: { readonly [identifier: string]: Description } = ${literal(descriptions.table())}`,
    ""
  ].join("\n")

let stale = 0
let undocumented = 0
const write = (target, text) => {
  const current = existsSync(target) ? readFileSync(target, "utf8") : ""
  if (current === text) return
  if (check) {
    stale++
    console.error(`${relative(root, target)} is not current: run \`pnpm codegen\` and commit the result`)
  } else {
    writeFileSync(target, text)
    console.error(`wrote ${relative(root, target)}`)
  }
}
for (const name of ["core", "testkit"]) {
  const directory = join(root, "packages", name, "src")
  const { problems, text } = barrel(directory)
  undocumented += problems.length
  write(join(directory, "index.ts"), text)
}
write(join(root, "packages/core/src/internal/schema/descriptions.ts"), table())
process.exit(check && stale + undocumented > 0 ? 1 : 0)
