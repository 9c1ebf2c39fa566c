// Installs the packed packages as the README says, with plain npm in an empty folder, and looks whether the README's first
// test compiles and passes there. On this Node with the current TypeScript; with CONSUMERS=all, on every Node and with
// every TypeScript that we promise.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { npm } from "./bootstrap.mjs"
import { root, run } from "./lib.mjs"
import * as outside from "./outside.mjs"
import { bring } from "./runtime.mjs"

const all = process.env.CONSUMERS === "all"
const nodes = all ? ["20", "22", "24"] : [process.versions.node.split(".")[0]]
const typescripts = all ? ["5.4", "5.9", "7"] : ["5.9"]

/** Beside `nodenext` and exact optional properties. */
const settings = [
  [],
  ["--module", "node16"],
  ["--module", "esnext", "--moduleResolution", "bundler", "--exactOptionalPropertyTypes", "false"]
]

/** The `sh` block under "Install" and the first test of the README. */
const readme = readFileSync(join(root, "README.md"), "utf8")
const commands = /^## Install\n[\s\S]*?```sh\n([\s\S]*?)```/m.exec(readme)?.[1].trim().split("\n") ?? []
const test = /^## A first test\n[\s\S]*?```ts\n([\s\S]*?)```/m.exec(readme)?.[1]

const aliases = typescripts.map((version) => `typescript-${version}@npm:typescript@${version}`)

const consumer = async (major, tarballs, problems) => {
  const node = await bring(`node${major}`)
  if (node === undefined) return problems.push(`a consumer on Node ${major}: npm has not brought it`)
  const folder = mkdtempSync(join(tmpdir(), `consumer-${major}-`))
  const env = outside.environment(node)
  const execute = (what, command, args, seconds) =>
    run(command, args, { cwd: folder, env, quiet: true, seconds }).then(({ code, output }) => {
      console.log(`${code === 0 ? "passed" : "FAILED"} Node ${major}: ${what}`)
      if (code === 0) return true
      console.log(output)
      problems.push(`a consumer on Node ${major}: ${what}`)
      return false
    })
  try {
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }))
    for (const command of [...commands, `npm install --save-dev ${aliases.join(" ")}`]) {
      const words = command.split(" ").slice(1).map((word) =>
        tarballs[/^@effect-managed-agents\/(\w+)(?:@effect-3)?$/.exec(word)?.[1]] ?? word
      )
      const [program, ...args] = npm(...words, "--engine-strict", "--no-audit", "--no-fund", "--prefer-offline")
      const installed = await execute(command, program === process.execPath ? node : program, args, 180)
      if (!installed) return
    }
    writeFileSync(join(folder, "first.test.ts"), test)
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions: outside.compilerOptions, include: ["*.ts"] })
    )
    await execute("vitest", node, ["node_modules/vitest/vitest.mjs", "run"], 120)
    for (const version of typescripts) {
      for (const options of settings) {
        const what = `TypeScript ${[version, ...options].join(" ")}`
        await execute(what, node, [`node_modules/typescript-${version}/bin/tsc`, ...options], 120)
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Problems that those who install the tarballs will have. */
export const consumers = async (tarballs) => {
  const problems = []
  if (commands.length === 0 || test === undefined) problems.push("README.md: no Install or no first test")
  else for (const major of nodes) await consumer(major, tarballs, problems)
  return problems
}
