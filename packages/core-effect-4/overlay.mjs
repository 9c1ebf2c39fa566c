// What the codemod cannot know is kept as overlays: a patch on its output, or a whole file where most differs.
import { applyPatch, createPatch } from "diff"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

const folder = join(import.meta.dirname, "overlays")
const seenFile = join(folder, "seen.json")

const textOf = (path) => existsSync(path) ? readFileSync(path, "utf8") : undefined

/** The hashes of the files of Effect 3 that overlays were made for, by path. */
export const seen = () => JSON.parse(textOf(seenFile) ?? "{}")

/** The hash by which an overlay knows what it was made for. */
export const hash = (text) => createHash("sha256").update(text).digest("hex")

/** The output of the codemod with the overlay of a path. It fails if the overlay does not fit any more. */
export const apply = (path, output) => {
  const whole = textOf(join(folder, path))
  if (whole !== undefined) return whole
  const patch = textOf(join(folder, `${path}.patch`))
  if (patch === undefined) return output
  const patched = applyPatch(output, patch)
  if (patched === false) throw new Error(`packages/core-effect-4/overlays/${path}.patch does not fit: make it anew`)
  return patched
}

/** Keeps what was edited in the output of the codemod, for this source. */
export const record = (path, source, output, edited) => {
  const file = join(folder, path)
  const known = seen()
  for (const old of [file, `${file}.patch`]) rmSync(old, { force: true })
  delete known[path]
  if (edited !== output) {
    mkdirSync(dirname(file), { recursive: true })
    const patch = createPatch(path, output, edited, undefined, undefined, { context: 2 }).replace(/^Index.*\n=+\n/, "")
    if (patch.length < edited.length) writeFileSync(`${file}.patch`, patch)
    else writeFileSync(file, edited)
    known[path] = hash(source)
  }
  const sorted = Object.fromEntries(Object.entries(known).sort(([a], [b]) => a < b ? -1 : 1))
  writeFileSync(seenFile, `${JSON.stringify(sorted, undefined, 2)}\n`)
}
