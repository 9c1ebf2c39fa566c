// What no linter looks at: the lockfile, the versions that the documents install, the rules of AGENTS.md that are about
// text, and that every exception in the code says why it is one.
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { catalog, root } from "./lib.mjs"

const problems = []

// Dependencies come from whatever registry npm is configured to use.
readFileSync(join(root, "pnpm-lock.yaml"), "utf8").split("\n").forEach((line, index) => {
  if (/https?:\/\/|tarball:/.test(line)) problems.push(`pnpm-lock.yaml:${index + 1}: names a host: ${line.trim()}`)
})

// Generated from what is looked at here.
const generated = "core-effect-4"

// What a document says to install is what the workspace is tested with, of one line or the other.
const lines = [catalog(), catalog("effect-4")]
const documents = [
  "README.md",
  ...readdirSync(join(root, "packages")).map((name) => `packages/${name}/README.md`),
  ...readdirSync(join(root, "docs"), { recursive: true }).map((file) => `docs/${file}`)
].filter((file) => file.endsWith(".md") && existsSync(join(root, file)))
for (const file of documents) {
  const text = readFileSync(join(root, file), "utf8")
  for (const [, line] of text.matchAll(/^npm install (.*)$/gm)) {
    for (const name of line.split(" ").filter((word) => !word.startsWith("-"))) {
      const [, bare, version] = /^(@?[^@]+)(?:@(.+))?$/.exec(name) ?? []
      if (bare === undefined || /^(@effect-managed-agents\/.*|managed-agents)$/.test(bare)) continue
      const tested = lines.flatMap((ranges) => ranges.get(bare)?.replace(/^[\^~]/, "") ?? [])
      if (version === undefined || !tested.some((one) => `${one}.`.startsWith(`${version}.`))) {
        problems.push(`${file}: installs ${name}, and is tested with ${tested.join(" and ") || "none"}`)
      }
    }
  }
}

// One pnpm: the one that package.json names.
const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const workflows = readdirSync(join(root, ".github", "workflows")).map((file) => `.github/workflows/${file}`)
for (const file of ["CONTRIBUTING.md", "AGENTS.md", ...documents, ...workflows]) {
  for (const [named] of readFileSync(join(root, file), "utf8").matchAll(/\bpnpm@\d[\w.-]*\b/g)) {
    if (named !== packageManager) problems.push(`${file}: names ${named}, and package.json ${packageManager}`)
  }
}

const folders = [
  "scripts",
  ...readdirSync(join(root, "packages")).filter((name) => name !== generated).flatMap((name) =>
    ["src", "test", "typetest", "bench"].map((folder) => `packages/${name}/${folder}`)
  )
]
const files = folders.filter((folder) => existsSync(join(root, folder))).flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((file) => /\.(tsx?|mts|mjs|js)$/.test(file))
    .map((file) => `${folder}/${file}`)
)

/** Doc comments begin with a noun or a verb, never with a nominal clause. */
const checkDocComments = (file, text) => {
  for (const { index } of text.matchAll(/\/\*\*\s*(?:\*\s*)?(?:What|Whether|How|Where)\b/g)) {
    problems.push(`${file}:${text.slice(0, index).split("\n").length}: a doc comment begins with a nominal clause`)
  }
}

/** A module of a service has its interface, its tag, `make` and `layer` in this order. */
const checkService = (file, module, text) => {
  if (!new RegExp(`^export class ${module} extends Context\\.(?:Tag|Reference)`, "m").test(text)) return
  const places = ["interface Service\\b", `class ${module}\\b`, "const make\\b", "const layer\\b"]
    .map((part) => text.search(new RegExp(`^export ${part}`, "m")))
    .filter((place) => place >= 0)
  if (places.some((place, index) => place < places[index - 1])) {
    problems.push(`${file}: a service is written as Service, ${module}, make, layer`)
  }
}

/** A public module has its version, and every export its category; descriptions are docgen's business. */
const checkExports = (file, text) => {
  const exported = /^(?:export (?:declare )?(?:const|class|interface|type|namespace|function) (\w+)|export \{)/gm
  const seen = new Set()
  if (!/^\/\*\*(?:(?!\*\/)[\s\S])*@since \d/.test(text)) {
    problems.push(`${file}: does not begin with a comment with @since`)
  }
  for (const { 1: name, index } of text.matchAll(exported)) {
    // The second half of a value and a type, or of overloads, needs no comment of its own.
    if (name !== undefined && seen.has(name)) continue
    seen.add(name)
    const before = text.slice(0, index).replace(/(?:\/\/.*\n)*$/, "")
    const doc = before.endsWith("*/\n") ? before.slice(before.lastIndexOf("/**")) : ""
    if (!/@category \S/.test(doc)) problems.push(`${file}: ${name ?? "an export"} has no @category`)
  }
}

const checkModule = (file, text) => {
  const [, module] = /^packages\/(?:core|testkit)\/src\/([A-Z]\w*)\.ts$/.exec(file) ?? []
  if (module !== undefined) {
    checkService(file, module, text)
    checkExports(file, text)
    for (const [, name] of text.matchAll(/Effect\.fn\("([^"]*)"/g)) {
      if (!name.startsWith(`${module}.`)) problems.push(`${file}: the span ${name} is not named ${module}.…`)
    }
  }
  if (!/^packages\/\w+\/src\//.test(file)) return
  for (const [, name] of text.matchAll(/\bclass (\w*Exception)\b/g)) {
    problems.push(`${file}: an error is a noun without Exception: ${name}`)
  }
  for (const [, path] of text.matchAll(/ from "(\.[^"]*)"/g)) {
    if (!/\.(tsx?|css)$/.test(path)) problems.push(`${file}: a relative import ends in .ts: ${path}`)
  }
  if (!file.startsWith("packages/core/")) return
  for (const [, name, body] of text.matchAll(/^export class (\w+)\s+extends (\w+\.\w*Error\b[\s\S]*?^\})/gm)) {
    if (!body.startsWith("Schema.TaggedError") || !body.includes("isRetryable")) {
      problems.push(`${file}: ${name} is no Schema.TaggedError that knows isRetryable`)
    }
  }
}

for (const file of files) {
  const text = readFileSync(join(root, file), "utf8")
  checkModule(file, text)
  const lines = text.split("\n")
  if (file.includes("/src/")) checkDocComments(file, text)
  lines.forEach((line, index) => {
    const at = `${file}:${index + 1}`
    const above = lines[index - 1]?.trim() ?? ""
    const exception = /(?:\/\/|\/\*)\s*(?:oxlint-disable|eslint-disable|@ts-|@effect-diagnostics)\S*(.*)$/.exec(line)
    // A reason follows ` -- ` (or the directive, for @ts-expect-error), or stands on the line above.
    if (
      exception !== null && !/ -- \S/.test(exception[1]) && !/^(?:\/\/|\*)\s*\S+\s+\S+/.test(above) &&
      !/@ts-expect-error:? +\S/.test(line)
    ) {
      problems.push(`${at}: an exception without a reason: ${line.trim()}`)
    }
    if (/^\s*(?:it|test|describe|layer)(?:\.\w+)*\.(?:only|todo|skip)\b/.test(line)) {
      problems.push(`${at}: a test that is left out or singled out: ${line.trim()}`)
    }
  })
}

for (const problem of problems) console.log(problem)
process.exit(problems.length === 0 ? 0 : 1)
