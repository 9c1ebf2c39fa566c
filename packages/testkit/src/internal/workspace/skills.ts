import type * as Skill from "@effect-managed-agents/core/Skill"
import { SkillFiles } from "@effect-managed-agents/core/Skill"
import * as Upload from "@effect-managed-agents/core/Upload"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Fflate from "fflate"
import type { File } from "../http/form.ts"
import { concat } from "../http/message.ts"
import * as ids from "../session/ids.ts"
import type { Ruling } from "../session/refusal.ts"
import * as refusal from "../session/refusal.ts"
import type { Micros } from "../session/timestamp.ts"
import * as time from "../session/timestamp.ts"
import * as validate from "../session/validate.ts"

/** A version of a skill. */
export interface Version {
  readonly id: string
  /** Counts from 0 within the skill, also those that were deleted. */
  readonly seq: number
  readonly createdAt: Micros
  readonly description: string
  /** By path, which begins with the folder. */
  readonly files: ReadonlyMap<string, Uint8Array>
}

/** A skill with its versions. */
export interface Kept {
  readonly id: string
  /** The order of creation, which breaks ties of `created_at`. */
  readonly seq: number
  readonly createdAt: Micros
  readonly updatedAt: Micros
  /** The folder of its files, the same in all versions. */
  readonly name: string
  readonly displayName: string
  /** The number of versions that there ever were. */
  readonly issued: number
  /** The oldest first. */
  readonly versions: readonly [Version, ...Array<Version>]
}

/** All skills, by id, and how many there ever were. */
export interface Skills {
  readonly issued: number
  readonly all: ReadonlyMap<string, Kept>
}

/** No skills. */
export const empty: Skills = { issued: 0, all: new Map() }

/** Result of a change: all skills, and the one that was changed. */
export type Change = readonly [skills: Skills, skill: Kept]

const set = (self: Skills, kept: Kept): Change => [
  { issued: Math.max(self.issued, kept.seq + 1), all: new Map(self.all).set(kept.id, kept) },
  kept
]

/** A skill by its id. */
export const find = (self: Skills, id: string): Ruling<Kept> => {
  const kept = self.all.get(id)
  return kept === undefined ? refusal.notFound(`Skill ${id} not found.`) : Either.right(kept)
}

const latest = ({ versions }: Kept): Version => versions[versions.length - 1] ?? versions[0]

/** A version of a skill. `latest` is the newest. */
export const findVersion = (kept: Kept, id: string): Ruling<Version> => {
  const found = id === "latest" ? latest(kept) : kept.versions.find((version) => version.id === id)
  return found === undefined
    ? refusal.notFound(`Version ${id} of skill ${kept.id} not found.`)
    : Either.right(found)
}

/** A skill as the API shows it. */
export const view = (kept: Kept): typeof Skill.Skill.Encoded => ({
  type: "skill",
  id: kept.id,
  display_name: kept.displayName,
  latest_version_id: latest(kept).id,
  source: { type: "custom" },
  created_at: time.format(kept.createdAt),
  updated_at: time.format(kept.updatedAt)
})

/** A version as the API shows it. */
export const versionView = (kept: Kept, version: Version): typeof Skill.SkillVersion.Encoded => ({
  type: "skill_version",
  id: version.id,
  skill_id: kept.id,
  name: kept.name,
  description: version.description,
  created_at: time.format(version.createdAt)
})

// ---------------------------------------------------------------------------------------------------------------------
// Files
// ---------------------------------------------------------------------------------------------------------------------

/** The most bytes that the files of a skill may have, unpacked. */
const maxSize = 30 * 1024 * 1024

/** The files of an archive, or the files as they were sent. */
const unpack = (files: ReadonlyArray<File>): Ruling<ReadonlyArray<readonly [path: string, bytes: Uint8Array]>> => {
  const [first] = files
  if (files.length !== 1 || first === undefined || !/^[^/\\]+\.zip$/i.test(first.name)) {
    return Either.right(files.map(({ chunks, name }) => [name, concat(chunks)] as const))
  }
  let size = 0
  try {
    const found = Fflate.unzipSync(concat(first.chunks), {
      filter: ({ name, originalSize }) => !name.endsWith("/") && (size += originalSize) <= maxSize
    })
    return size > maxSize ? refusal.tooLarge : Either.right(Object.entries(found))
  } catch {
    return refusal.invalid("files.0: is not a zip archive")
  }
}

const checkFiles = validate.body(Schema.Struct({ files: SkillFiles }))

/** A value in the head of a `SKILL.md`: plain, quoted, or folded over the lines that follow. */
const headValue = (head: string, key: string): string | undefined => {
  const [, text = "", more = ""] = new RegExp(`^${key}:[ \\t]*(.*)((?:\\n[ \\t]+.*)*)`, "m").exec(head) ?? []
  const folded = [/^[>|][+-]?$/.test(text.trim()) ? "" : text, ...more.split("\n")].map((line) => line.trim())
    .filter((line) => line !== "").join(" ")
  return folded === "" ? undefined : folded.replace(/^(["'])(.*)\1$/, "$2")
}

/** The parts of a version that its files determine. */
interface Content extends Pick<Version, "description" | "files"> {
  readonly name: string
}

/** Reads the files of a version: they have one folder with a `SKILL.md` at its top. */
const read = (files: ReadonlyArray<File>): Ruling<Content> =>
  Either.gen(function*() {
    const unpacked = yield* unpack(files)
    yield* checkFiles({ files: unpacked.map(([name, bytes]) => Upload.fromBytes(bytes, { name })) })
    const folder = unpacked[0]?.[0].split("/")[0] ?? ""
    const text = new TextDecoder().decode(new Map(unpacked).get(`${folder}/SKILL.md`)).replace(/\r\n/g, "\n")
    const head = /^\ufeff?---\n([^]*?)\n---(\n|$)/.exec(text)?.[1] ?? ""
    const name = headValue(head, "name") ?? folder
    if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) || name.length > 64) {
      return yield* refusal.invalid(
        `SKILL.md: name: ${JSON.stringify(name)} must be of lowercase letters, numbers and hyphens, at most 64`
      )
    }
    const description = headValue(head, "description") ?? ""
    if (description.length > 1024) return yield* refusal.invalid("SKILL.md: description: at most 1024 characters")
    // also where the folder had another name
    const paths = unpacked.map(([path, bytes]) => [`${name}${path.slice(folder.length)}`, bytes] as const)
    return { name, description, files: new Map(paths) }
  })

/** The files of a version as a zip archive, the same bytes each time. */
export const archive = (version: Version): Uint8Array =>
  Fflate.zipSync(Object.fromEntries(version.files), { mtime: "1980-01-01T00:00:00" })

// ---------------------------------------------------------------------------------------------------------------------
// Through the API
// ---------------------------------------------------------------------------------------------------------------------

const versionOf = (key: ids.Key, seq: number, { description, files }: Content, now: Micros): Version => ({
  id: ids.format("skver", ids.child(key, "version")),
  seq,
  createdAt: now,
  description,
  files
})

/** Creates a skill with its first version. */
export const create = (
  self: Skills,
  key: ids.Key,
  params: { readonly files: ReadonlyArray<File>; readonly display_name?: string | null | undefined },
  now: Micros
): Ruling<Change> =>
  Either.gen(function*() {
    if (/[\r\n]/.test(params.display_name ?? "")) return yield* refusal.invalid("display_name: must be one line")
    const content = yield* read(params.files)
    return set(self, {
      id: ids.format("skill", ids.child(key, "skill")),
      seq: self.issued,
      createdAt: now,
      updatedAt: now,
      name: content.name,
      displayName: params.display_name || content.name,
      issued: 1,
      versions: [versionOf(key, 0, content, now)]
    })
  })

/** Adds a version to a skill. */
export const addVersion = (
  self: Skills,
  id: string,
  key: ids.Key,
  files: ReadonlyArray<File>,
  now: Micros
): Ruling<Change> =>
  Either.gen(function*() {
    const kept = yield* find(self, id)
    const content = yield* read(files)
    if (content.name !== kept.name) {
      return yield* refusal.invalid(
        `SKILL.md: name: ${JSON.stringify(content.name)} must be ${JSON.stringify(kept.name)}, as in the first version`
      )
    }
    const [first, ...rest] = kept.versions
    return set(self, {
      ...kept,
      updatedAt: now,
      issued: kept.issued + 1,
      versions: [first, ...rest, versionOf(key, kept.issued, content, now)]
    })
  })

/** Deletes a skill with its versions. */
export const remove = (self: Skills, id: string): Ruling<Skills> =>
  Either.map(find(self, id), () => ({ ...self, all: new Map([...self.all].filter(([other]) => other !== id)) }))

/** Deletes a version. A skill keeps at least one. */
export const removeVersion = (self: Skills, id: string, versionId: string, now: Micros): Ruling<Change> =>
  Either.gen(function*() {
    const kept = yield* find(self, id)
    const version = yield* findVersion(kept, versionId)
    const [first, ...rest] = kept.versions.filter((one) => one !== version)
    return first === undefined
      ? yield* refusal.invalid("Cannot delete the only version of a skill. Delete the skill instead.")
      : set(self, { ...kept, updatedAt: now, versions: [first, ...rest] })
  })
