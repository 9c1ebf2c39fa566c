// Compiles every ```ts block of the README, of docs/ and of doc comments in one program, and runs each, as a stranger would
// paste it.
//
//   ```ts            compiled and run; with vitest if it imports @effect/vitest
//   ```ts no-run     compiled only
//   ```ts no-check   neither: a sketch
//   ```ts effect-4   neither: the check effect4 compiles it
//
//   node scripts/readme.mjs                        all
//   node scripts/readme.mjs docs/guides/setup.md   those of some documents
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { check } from "./assertions.mjs"
import { bundlePrograms } from "./bundle.mjs"
import { published, root, run, tsc } from "./lib.mjs"

const directory = join(root, "packages", "examples", ".readme")
rmSync(directory, { recursive: true, force: true })
mkdirSync(directory, { recursive: true })

const only = process.argv.slice(2)
const documents = [
  "README.md",
  ...published.map((name) => `packages/${name}/README.md`),
  ...(existsSync(join(root, "docs")) ? readdirSync(join(root, "docs"), { recursive: true }) : [])
    .map((file) => `docs/${file}`)
    .filter((file) => file.endsWith(".md")),
  ...published.flatMap((name) =>
    readdirSync(join(root, "packages", name, "src"))
      .filter((file) => /^[A-Z].*\.ts$/.test(file))
      .map((file) => `packages/${name}/src/${file}`)
  )
].filter((document) => only.length === 0 || only.includes(document))

const blocks = []
for (const document of documents) {
  const lines = readFileSync(join(root, document), "utf8").split("\n")
  for (let index = 0; index < lines.length; index++) {
    // in a doc comment, what precedes the fence is ` * `
    const fence = /^(\s*(?:\* )?)(`{3,})(?:ts|typescript)\b(.*)$/.exec(lines[index])
    if (fence === null) continue
    const end = lines.findIndex((line, at) => at > index && line.replace(/^\s*(?:\* )?/, "").trimEnd() === fence[2])
    const tags = fence[3].trim().split(/\s+/)
    const code = lines.slice(index + 1, end).map((line) => line.slice(fence[1].length)).join("\n")
    if (!tags.includes("no-check") && !tags.includes("effect-4")) {
      const test = /from "(?:@effect\/)?vitest"/.test(code)
      const name = document.replace(/\.(?:md|ts)$/, "").replaceAll("/", "-")
      // as docgen does
      const asserts = document.endsWith(".ts") && /\bassert\./.test(code)
        ? "import * as assert from \"node:assert\""
        : ""
      const file = `${name}-${index + 2}.${test ? "test.ts" : "ts"}`
      // As many empty lines before it as in the document, so that errors name the document's line.
      writeFileSync(join(directory, file), `${"\n".repeat(index)}${asserts}\n${code}\nexport {}\n`)
      blocks.push({ where: `${document}:${index + 2}`, file, test, runs: !tags.includes("no-run") })
    }
    index = end
  }
}

writeFileSync(
  join(directory, "tsconfig.json"),
  JSON.stringify({
    extends: "../../../tsconfig.test.json",
    include: ["*.ts"],
    references: published.map((name) => ({ path: `../../${name}/tsconfig.src.json` })),
    compilerOptions: { noUnusedLocals: false, noUnusedParameters: false, incremental: false }
  })
)
writeFileSync(
  join(directory, "vitest.config.mjs"),
  `export default {
  test: {
    include: ["*.test.ts"],
    setupFiles: ["../../../vitest.setup.ts"],
    poolOptions: { forks: { isolate: false } },
    testTimeout: 120_000
  }
}
`
)

console.log(`${blocks.length} blocks`)
if (blocks.length === 0) process.exit(0)
let failed = false

const checked = await tsc(["-b", directory])
failed ||= checked.code !== 0
for (const problem of check([join(directory, "tsconfig.json")])) {
  console.log(problem)
  failed = true
}

const programs = blocks.filter(({ runs, test }) => runs && !test)
// bundled, and in one process, since most of them take longer to load than to run
const bundles = join(directory, ".bundles")
await bundlePrograms(programs.map(({ file }) => join(directory, file)), bundles)
const bundled = new Map(programs.map(({ file, where }) => [join(bundles, file.replace(/\.ts$/, ".mjs")), where]))
const inTurn = ["--enable-source-maps", join(root, "scripts", "inTurn.mjs"), ...bundled.keys()]
const { code, output } = await run(process.execPath, inTurn, { quiet: true, seconds: 600 })
const [before, ...shown] = output.split(/^begins (.*)\n/m)
if (code !== 0) console.log(before)
for (let index = 0; index < shown.length; index += 2) {
  const isLast = index + 2 === shown.length
  console.log(`${isLast && code !== 0 ? "FAILED" : "ran"} ${bundled.get(shown[index])}`)
  if (isLast && code !== 0) console.log(shown[index + 1])
}
failed ||= code !== 0

const tests = blocks.filter(({ runs, test }) => runs && test)
if (tests.length > 0) {
  const { code } = await run("vitest", [
    "run",
    "--root",
    directory,
    "--config",
    join(directory, "vitest.config.mjs"),
    ...tests.map(({ file }) => basename(file))
  ])
  failed ||= code !== 0
}
process.exit(failed ? 1 : 0)
