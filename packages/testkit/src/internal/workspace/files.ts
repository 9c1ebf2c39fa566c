import type * as StoredFile from "@effect-managed-agents/core/StoredFile"
import * as Either from "effect/Either"
import type { File } from "../http/form.ts"
import type { Ruling } from "../session/refusal.ts"
import * as refusal from "../session/refusal.ts"
import type { Micros } from "../session/timestamp.ts"
import * as time from "../session/timestamp.ts"

/** A file, also one that was deleted: its id is known for ever, its content is not. */
export interface Kept {
  readonly id: string
  /** The order of creation, which breaks ties of `created_at`. */
  readonly seq: number
  readonly createdAt: Micros
  readonly file: File
  readonly isDownloadable: boolean
  /** The session that it belongs to; null for a file of the workspace. */
  readonly sessionId: string | null
  readonly expiresAt: Micros | null
  readonly isDeleted: boolean
}

/** All files, by id. */
export type Files = ReadonlyMap<string, Kept>

/** No files. */
export const empty: Files = new Map()

const set = (self: Files, kept: Kept): Files => new Map(self).set(kept.id, kept)

const none: File = { name: "unnamed", mediaType: "application/octet-stream", size: 0, chunks: [] }

/** Adds a file. */
export const add = (
  self: Files,
  id: string,
  options: { readonly now: Micros } & Partial<Pick<Kept, "expiresAt" | "file" | "isDownloadable" | "sessionId">>
): Files => {
  const { expiresAt = null, file = none, isDownloadable = true, now, sessionId = null } = options
  return set(self, {
    id,
    seq: self.size,
    createdAt: now,
    file,
    isDownloadable,
    sessionId,
    expiresAt,
    isDeleted: false
  })
}

/** A file that is there. */
export const find = (self: Files, id: string): Ruling<Kept> => {
  const kept = self.get(id)
  return kept === undefined || kept.isDeleted ? refusal.notFound(`File ${id} not found.`) : Either.right(kept)
}

/** A file as the API shows it. */
export const view = (kept: Kept): typeof StoredFile.StoredFile.Encoded => ({
  type: "file",
  id: kept.id,
  filename: kept.file.name,
  mime_type: kept.file.mediaType,
  size_bytes: kept.file.size,
  created_at: time.format(kept.createdAt),
  downloadable: kept.isDownloadable,
  expires_at: kept.expiresAt === null ? null : time.format(kept.expiresAt),
  scope: kept.sessionId === null ? null : { type: "session", id: kept.sessionId }
})

/** The name of a file without the folders that it came with. */
const lastPart = (name: string): string => name.split(/[/\\]/).filter((part) => part !== "").pop() ?? none.name

/** Stores an upload. */
export const upload = (
  self: Files,
  id: string,
  params: { readonly file: File; readonly expires_in_seconds?: number | undefined },
  options: { readonly now: Micros; readonly isDownloadable: boolean }
): Files => {
  const { expires_in_seconds, file } = params
  const { now } = options
  return add(self, id, {
    ...options,
    file: { ...file, name: lastPart(file.name) },
    expiresAt: expires_in_seconds === undefined ? null : now + expires_in_seconds * 1_000_000
  })
}

/** Mounts a file in a session: the copy has an id of its own and cannot be downloaded. */
export const mount = (
  self: Files,
  id: string,
  copy: { readonly id: string; readonly sessionId: string; readonly now: Micros }
): Files => {
  const kept = self.get(id)
  // a test may make ids up
  if (kept === undefined) return self
  return add(self, copy.id, { file: kept.file, isDownloadable: false, sessionId: copy.sessionId, now: copy.now })
}

/** The content of a file. */
export const content = (self: Files, id: string, now: Micros): Ruling<File> =>
  Either.flatMap(find(self, id), ({ expiresAt, file, isDownloadable }) => {
    if (!isDownloadable) return refusal.invalid(`File ${id} is not downloadable.`, "file_not_downloadable")
    return expiresAt !== null && expiresAt <= now
      ? refusal.notFound(`File ${id} has expired.`, "file_expired")
      : Either.right(file)
  })

const forget = (kept: Kept): Kept => ({ ...kept, file: { ...kept.file, chunks: [] }, isDeleted: true })

/** Deletes a file. Copies in sessions stay. */
export const remove = (self: Files, id: string): Ruling<Files> =>
  Either.map(find(self, id), (kept) => set(self, forget(kept)))

/** Deletes the files of a session. */
export const removeOf = (self: Files, sessionId: string): Files =>
  new Map([...self].map(([id, kept]) => [id, kept.sessionId === sessionId ? forget(kept) : kept]))
