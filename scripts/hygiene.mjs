// What no linter looks at: the lockfile, the versions that the documents install, and that every exception in the code says
// why it is one.
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "./lib.mjs"

const problems = []

// Dependencies come from whatever registry npm is configured to use.
readFileSync(join(root, "pnpm-lock.yaml"), "utf8").split("\n").forEach((line, index) => {
  if (/https?:\/\/|tarball:/.test(line)) problems.push(`pnpm-lock.yaml:${index + 1}: names a host: ${line.trim()}`)
})

// What a document says to install is what the workspace is tested with: `latest` may be for another Effect.
const catalog = new Map(
  [...readFileSync(join(root, "pnpm-workspace.yaml"), "utf8").matchAll(/^ {2}"?([\w@/-]+)"?: [\^~]?(\d\S*)$/gm)]
    .map(([, name, version]) => [name, version])
)
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
      if (bare === undefined || bare.startsWith("@effect-managed-agents/")) continue
      const tested = catalog.get(bare) ?? "none"
      if (version === undefined || !`${tested}.`.startsWith(`${version}.`)) {
        problems.push(`${file}: installs ${name}, and is tested with ${tested}`)
      }
    }
  }
}

const folders = [
  "scripts",
  ...readdirSync(join(root, "packages")).flatMap((name) =>
    ["src", "test", "typetest", "bench"].map((folder) => `packages/${name}/${folder}`)
  )
]
const files = folders.filter((folder) => existsSync(join(root, folder))).flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((file) => /\.(ts|mts|mjs|js)$/.test(file))
    .map((file) => `${folder}/${file}`)
)

/** Doc comments begin with a noun or a verb, never with a nominal clause. */
const checkDocComments = (file, text) => {
  for (const { index } of text.matchAll(/\/\*\*\s*(?:\*\s*)?(?:What|Whether|How|Where)\b/g)) {
    problems.push(`${file}:${text.slice(0, index).split("\n").length}: a doc comment begins with a nominal clause`)
  }
}

for (const file of files) {
  const text = readFileSync(join(root, file), "utf8")
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
