// How packages/core-effect-4 is written from packages/core: by the codemod and the overlays beside it.
//
// An overlay is a patch of what the codemod writes (`overlays/<path>.patch`) or a whole file (`overlays/<path>`), and knows
// in `overlays/seen.json` which text of Effect 3 it was made for. When that text changes, somebody has to look: generating
// fails, with its name, until `overlay` has been run again.
import { applyPatch, createTwoFilesPatch, parsePatch } from "diff"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"
import { root } from "../lib.mjs"

/** The folders that are generated, and what from; the conformance suite drives a client, so it is rewritten as well. */
const folders = {
  src: "core/src",
  test: "core/test",
  typetest: "core/typetest",
  conformance: "testkit/src/internal/conformance"
}

/** Where packages are. */
const packages = join(root, "packages")

const hash = (text) => createHash("sha256").update(text).digest("hex")

/** Paths of all files below a folder. */
const filesOf = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1).replaceAll("\\", "/"))
      .toSorted()
    : []

const read = (path) => existsSync(path) ? readFileSync(path) : undefined
const readText = (path) => read(path)?.toString("utf8")
const readJson = (path) => JSON.parse(readText(path) ?? "{}")

const write = (path, content) => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

const toJson = (object) =>
  `${JSON.stringify(Object.fromEntries(Object.entries(object).toSorted(([a], [b]) => a < b ? -1 : 1)), null, 2)}\n`

/** The line with its overlays, by the file that they are for, and what they have seen. */
const open = (packages) => {
  const line = join(packages, "core-effect-4")
  const overlays = filesOf(join(line, "overlays")).filter((file) => file !== "seen.json").map((file) => {
    const isPatch = file.endsWith(".patch")
    return [isPatch ? file.slice(0, -".patch".length) : file, { file: `overlays/${file}`, isPatch }]
  })
  // tests that do not run on Effect 4
  const exceptions = readJson(join(line, "exceptions.json"))
  const sources = Object.entries(folders).flatMap(([folder, from]) =>
    filesOf(join(packages, from)).map((file) => [`${folder}/${file}`, `${from}/${file}`])
  ).filter(([path]) => !(path in exceptions))
  return {
    packages,
    line,
    // what is generated, and what from
    sources: new Map(sources),
    overlays: new Map(overlays),
    seenFile: join(line, "overlays", "seen.json"),
    seen: readJson(join(line, "overlays", "seen.json")),
    // hashes of what was written the last time, so that edits since then are noticed
    writtenFile: join(line, "build", "written.json"),
    written: readJson(join(line, "build", "written.json"))
  }
}

const sourceOf = ({ packages, sources }, path) => readFileSync(join(packages, sources.get(path)))

/** What the codemod makes of a file of core. */
const rewrite = async (place, path) => {
  const content = sourceOf(place, path)
  if (!path.endsWith(".ts")) return { content, todo: [] }
  const { codemod } = await import(pathToFileURL(join(place.line, "codemod.mjs")).href)
  const { text, todo } = codemod(content.toString("utf8"), path)
  return { content: text, todo }
}

/** The text with its overlay; where that does not fit, without it. */
const lay = (place, path, text, problems) => {
  const { file, isPatch } = place.overlays.get(path)
  const name = `packages/core-effect-4/${file}`
  if (place.seen[path] !== hash(sourceOf(place, path))) {
    problems.push(
      `packages/${
        place.sources.get(path)
      } has changed, and its overlay for Effect 4 has not seen that: look at ${name}, ` +
        `edit packages/core-effect-4/${path}, and run \`node scripts/effect4.mjs overlay ${path}\``
    )
  }
  const content = readText(join(place.line, file))
  if (!isPatch) return content
  const patched = applyPatch(text.toString(), content)
  if (patched !== false) return patched
  problems.push(`${name} does not apply any more to what the codemod makes of packages/${place.sources.get(path)}`)
  return text
}

/** Writes one generated file if it has changed, unless somebody has edited it. */
const renew = (place, path, text, { discard, problems }) => {
  const current = read(join(place.line, path))
  const [is, was, wanted] = [current && hash(current), place.written[path], hash(text)]
  if (is === wanted) return wanted
  if (is !== undefined && !discard && was !== undefined && is !== was) {
    problems.push(
      `packages/core-effect-4/${path} was edited: \`node scripts/effect4.mjs overlay ${path}\` keeps that, ` +
        "`node scripts/effect4.mjs generate --discard` does not"
    )
    return was
  }
  write(join(place.line, path), text)
  return wanted
}

/**
 * Writes the generated files that have changed, and resolves with what is wrong: files that an overlay has not seen, patches
 * that do not apply, edits that no overlay has.
 */
export const generate = async (where = packages, { discard = false } = {}) => {
  const place = open(where)
  const problems = []
  const written = {}
  for (const [path, source] of place.sources) {
    const { content, todo } = await rewrite(place, path)
    const isLaid = place.overlays.has(path)
    if (!isLaid) problems.push(...todo.map((what) => `packages/${source}: the codemod cannot rewrite ${what}`))
    const text = isLaid ? lay(place, path, content, problems) : content
    written[path] = renew(place, path, text, { discard, problems })
  }
  for (const folder of Object.keys(folders)) {
    for (const file of filesOf(join(place.line, folder))) {
      if (!(`${folder}/${file}` in written)) rmSync(join(place.line, folder, file))
    }
  }
  for (const [path, { file }] of place.overlays) {
    if (!(path in written)) problems.push(`packages/core-effect-4/${file} is for a file that is gone`)
  }
  for (const path of Object.keys(place.seen)) {
    if (!place.overlays.has(path)) problems.push(`packages/core-effect-4/overlays/seen.json: ${path} has no overlay`)
  }
  write(place.writtenFile, toJson(written))
  return problems
}

/** Makes the edits of a generated file its overlay, which has then seen what core has now. */
export const record = async (path, where = packages, { whole = false } = {}) => {
  const place = open(where)
  const content = (await rewrite(place, path)).content.toString()
  const edited = readText(join(place.line, path))
  const known = place.overlays.get(path)
  if (known !== undefined) rmSync(join(place.line, known.file))
  const { [path]: _, ...seen } = place.seen
  if (edited !== content) {
    const isPatch = !whole && known?.isPatch !== false
    const patch = createTwoFilesPatch(path, path, content, edited, undefined, undefined, { context: 3 })
    write(join(place.line, "overlays", isPatch ? `${path}.patch` : path), isPatch ? patch : edited)
    seen[path] = hash(sourceOf(place, path))
  }
  write(place.seenFile, toJson(seen))
  write(place.writtenFile, toJson({ ...place.written, [path]: hash(edited) }))
}

/** The numbers of patches, of the lines that they add and remove, and of whole files. */
export const size = (where = packages) => {
  const place = open(where)
  const counts = { patches: 0, lines: 0, whole: 0 }
  for (const { file, isPatch } of place.overlays.values()) {
    if (isPatch) {
      counts.patches++
      const [patch] = parsePatch(readText(join(place.line, file)))
      counts.lines += patch.hunks.flatMap(({ lines }) => lines).filter((line) => /^[+-]/.test(line)).length
    } else {
      counts.whole++
    }
  }
  return counts
}
