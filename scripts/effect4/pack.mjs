// What is published as core for Effect 4: the built line, under core's name.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { npm } from "../bootstrap.mjs"
import { distil } from "../dist.mjs"
import { catalog, root, run } from "../lib.mjs"

const core = join(root, "packages", "core")
const line = join(root, "packages", "core-effect-4")

const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))

/** The ranges of a manifest's `catalog:` and `catalog:effect-4`. */
const resolve = (dependencies) =>
  Object.fromEntries(
    Object.entries(dependencies).map(([name, range]) => {
      const [, which] = /^catalog:(.*)$/.exec(range) ?? []
      return [name, which === undefined ? range : catalog(which).get(name)]
    })
  )

/** Both lines change together, so the version of this one follows from that of the other. */
export const versionOf4 = () => `1.0.0-next.${manifestOf(core).version}`

const manifest = () => {
  const { publishConfig, ...of3 } = manifestOf(core)
  const { dependencies, engines, peerDependencies } = manifestOf(line)
  const { devDependencies: _, peerDependenciesMeta: __, ...kept } = of3
  return {
    ...kept,
    version: versionOf4(),
    repository: { ...kept.repository, directory: "packages/core-effect-4" },
    exports: publishConfig.exports,
    dependencies: resolve(dependencies),
    peerDependencies: resolve(peerDependencies),
    engines,
    publishConfig: { access: "public", provenance: true, tag: "latest" }
  }
}

/** A document whose programs and commands are for Effect 4. */
export const rewriteDocument = async (text, path) => {
  const { codemod } = await import(pathToFileURL(join(line, "codemod.mjs")).href)
  return text
    .replace(
      /^(```ts\b(?! no-check)(?! effect-4).*\n)([\s\S]*?)^```$/gm,
      (_, fence, code) => `${fence}${codemod(code, `${path}.ts`).text}\`\`\``
    )
    .replace(
      /^npm install .*$/gm,
      (command) =>
        command.replace("core@effect-3", "core").replace("effect@3", "effect@4").replace(/ @effect\/platform@\S+/, "")
    )
    .replace("for Effect 3.", "for Effect 4.")
}

/** Builds the line, which has been type-checked, and packs it into the folder. The path of the tarball; none if that fails. */
export const pack = async (folder) => {
  if (!await distil(line)) return undefined
  const staged = join(line, "build", "package")
  rmSync(staged, { recursive: true, force: true })
  mkdirSync(staged, { recursive: true })
  for (const part of ["src", "dist"]) cpSync(join(line, part), join(staged, part), { recursive: true })
  for (const file of ["LICENSE", "CHANGELOG.md"]) cpSync(join(core, file), join(staged, file))
  writeFileSync(
    join(staged, "README.md"),
    await rewriteDocument(readFileSync(join(core, "README.md"), "utf8"), "README")
  )
  writeFileSync(join(staged, "package.json"), `${JSON.stringify(manifest(), null, 2)}\n`)
  mkdirSync(folder, { recursive: true })
  const [command, ...args] = npm("pack", "--ignore-scripts", "--pack-destination", folder)
  const { code, output } = await run(command, args, { cwd: staged, quiet: true })
  const tarball = readdirSync(folder).find((file) => /^effect-managed-agents-core-1\..*\.tgz$/.test(file))
  if (code === 0 && tarball !== undefined) return join(folder, tarball)
  console.log(output)
  return undefined
}
