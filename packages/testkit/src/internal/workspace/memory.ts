import type * as Core from "@effect-managed-agents/core/Memory"
import type * as Store from "@effect-managed-agents/core/MemoryStore"
import type * as Version from "@effect-managed-agents/core/MemoryVersion"
import * as Either from "effect/Either"
import * as metadata from "../session/metadata.ts"
import type { Ruling } from "../session/refusal.ts"
import * as refusal from "../session/refusal.ts"
import type { Micros } from "../session/timestamp.ts"
import * as time from "../session/timestamp.ts"
import { sha256 } from "./sha256.ts"

type View = typeof Core.View.Type
/** Who makes a change. */
export type Actor = typeof Version.ApiActor.Encoded

/** A memory store, also one that was deleted: its id is known for ever. */
export interface KeptStore {
  readonly id: string
  /** The order of creation, which breaks ties of `created_at`. */
  readonly seq: number
  readonly name: string
  /** Undefined if nobody has ever said. */
  readonly description: string | undefined
  readonly metadata: Readonly<Record<string, string>>
  readonly createdAt: Micros
  readonly updatedAt: Micros
  readonly archivedAt: Micros | null
  readonly isDeleted: boolean
}

/** A text with what is said about it without saying it. */
interface Text {
  readonly content: string
  readonly digest: string
  readonly size: number
}

/** A memory that is there. */
export interface KeptMemory extends Text {
  readonly id: string
  readonly seq: number
  readonly storeId: string
  readonly path: string
  readonly versionId: string
  readonly createdAt: Micros
  readonly updatedAt: Micros
}

/** A version of a memory. */
export interface KeptVersion {
  readonly id: string
  readonly seq: number
  readonly memoryId: string
  readonly storeId: string
  readonly operation: "created" | "modified" | "deleted"
  readonly path: string | null
  /** Null for a deletion, and when it is redacted. */
  readonly text: Text | null
  readonly createdAt: Micros
  readonly createdBy: Actor
  readonly redacted: { readonly at: Micros; readonly by: Actor } | null
}

/** All memory stores and what is in them, by id. */
export interface Memory {
  readonly stores: ReadonlyMap<string, KeptStore>
  readonly memories: ReadonlyMap<string, KeptMemory>
  readonly versions: ReadonlyMap<string, KeptVersion>
}

/** No memory stores. */
export const empty: Memory = { stores: new Map(), memories: new Map(), versions: new Map() }

/** Result of a change: all memory stores, and what was changed. */
export type Change<A> = readonly [memory: Memory, changed: A]

/** Moment and author of a change, and the id of the version that it makes. */
export interface Writing {
  readonly now: Micros
  readonly by: Actor
  readonly versionId: string
}

// ---------------------------------------------------------------------------------------------------------------------
// Stores
// ---------------------------------------------------------------------------------------------------------------------

const setStore = (self: Memory, kept: KeptStore): Change<KeptStore> => [
  { ...self, stores: new Map(self.stores).set(kept.id, kept) },
  kept
]

const freshStore = (self: Memory, id: string, now: Micros) => ({
  id,
  seq: self.stores.size,
  metadata: {},
  createdAt: now,
  updatedAt: now,
  archivedAt: null,
  isDeleted: false
})

/** A memory store that a test has. */
export interface MemoryStore {
  readonly id: string
  readonly name: string
  readonly description?: string | undefined
  /** True if it is archived, so that no session can attach it any more. */
  readonly archived?: boolean | undefined
}

/** Adds a store that a test has. */
export const put = (self: Memory, { archived = false, description, id, name }: MemoryStore, now: Micros): Memory =>
  setStore(self, { ...freshStore(self, id, now), name, description, archivedAt: archived ? now : null })[0]

/** A store that is there. */
export const findStore = (self: Memory, id: string): Ruling<KeptStore> => {
  const kept = self.stores.get(id)
  return kept === undefined || kept.isDeleted ? refusal.notFound(`Memory store ${id} not found.`) : Either.right(kept)
}

/** A store that is there and can change. */
const findActive = (self: Memory, id: string): Ruling<KeptStore> =>
  Either.flatMap(
    findStore(self, id),
    (kept) => kept.archivedAt === null ? Either.right(kept) : refusal.invalid(`Memory store ${id} is archived.`)
  )

/** A store as the API shows it. */
export const viewStore = (kept: KeptStore): typeof Store.MemoryStore.Encoded => ({
  type: "memory_store",
  id: kept.id,
  name: kept.name,
  description: kept.description ?? "",
  metadata: kept.metadata,
  created_at: time.format(kept.createdAt),
  updated_at: time.format(kept.updatedAt),
  archived_at: kept.archivedAt === null ? null : time.format(kept.archivedAt)
})

/** Creates a store. */
export const createStore = (
  self: Memory,
  id: string,
  params: typeof Store.CreateParams.Encoded,
  now: Micros
): Ruling<Change<KeptStore>> =>
  Either.map(metadata.patch({}, params.metadata ?? {}), (metadata) =>
    setStore(self, {
      ...freshStore(self, id, now),
      name: params.name,
      description: params.description ?? "",
      metadata
    }))

/** Changes a store. Sessions keep the name that it had. */
export const updateStore = (
  self: Memory,
  id: string,
  params: typeof Store.UpdateParams.Encoded,
  now: Micros
): Ruling<Change<KeptStore>> =>
  Either.gen(function*() {
    const kept = yield* findActive(self, id)
    return setStore(self, {
      ...kept,
      name: params.name ?? kept.name,
      description: params.description ?? kept.description,
      metadata: yield* metadata.patch(kept.metadata, params.metadata ?? {}),
      updatedAt: now
    })
  })

/** Archives a store, for good. Doing it again changes nothing. */
export const archiveStore = (self: Memory, id: string, now: Micros): Ruling<Change<KeptStore>> =>
  Either.map(
    findStore(self, id),
    (kept) => kept.archivedAt === null ? setStore(self, { ...kept, archivedAt: now, updatedAt: now }) : [self, kept]
  )

/** Deletes a store, with what is in it. */
export const removeStore = (self: Memory, id: string): Ruling<Change<KeptStore>> =>
  Either.map(findStore(self, id), (kept) => setStore(self, { ...kept, isDeleted: true }))

// ---------------------------------------------------------------------------------------------------------------------
// Memories
// ---------------------------------------------------------------------------------------------------------------------

const textOf = (content: string): Text => ({ content, ...sha256(content) })

/** A memory in a store that is there. */
export const find = (self: Memory, storeId: string, id: string): Ruling<KeptMemory> =>
  Either.flatMap(findStore(self, storeId), () => {
    const kept = self.memories.get(id)
    return kept === undefined || kept.storeId !== storeId
      ? refusal.notFound(`Memory ${id} not found.`)
      : Either.right(kept)
  })

/** A memory as the API shows it. */
export const view = (kept: KeptMemory, view: View): typeof Core.Memory.Encoded => ({
  type: "memory",
  id: kept.id,
  memory_store_id: kept.storeId,
  path: kept.path,
  content: view === "full" ? kept.content : null,
  content_sha256: kept.digest,
  content_size_bytes: kept.size,
  memory_version_id: kept.versionId,
  created_at: time.format(kept.createdAt),
  updated_at: time.format(kept.updatedAt)
})

/** The memories in a store. */
const memoriesOf = (self: Memory, storeId: string): ReadonlyArray<KeptMemory> =>
  [...self.memories.values()].filter((kept) => kept.storeId === storeId)

/** Refuses a path that another memory has, or that is above or below that of another. */
const checkPath = (self: Memory, storeId: string, path: string, own?: string): Ruling<void> => {
  const other = memoriesOf(self, storeId).find((kept) =>
    kept.id !== own &&
    (kept.path === path || kept.path.startsWith(`${path}/`) || path.startsWith(`${kept.path}/`))
  )
  return other === undefined ? Either.void : refusal.pathConflict(other.path, other.id)
}

/** A memory as a change leaves it, with the version that the change makes. */
const write = (
  self: Memory,
  next: KeptMemory,
  operation: "created" | "modified",
  { by, now, versionId }: Writing
): Change<KeptMemory> => {
  const kept = { ...next, versionId, updatedAt: now }
  const { content, digest, id, path, size, storeId } = kept
  const version: KeptVersion = {
    id: versionId,
    seq: self.versions.size,
    memoryId: id,
    storeId,
    operation,
    path,
    text: { content, digest, size },
    createdAt: now,
    createdBy: by,
    redacted: null
  }
  return [{
    ...self,
    memories: new Map(self.memories).set(id, kept),
    versions: new Map(self.versions).set(versionId, version)
  }, kept]
}

/** Creates a memory. */
export const create = (
  self: Memory,
  storeId: string,
  id: string,
  params: typeof Core.CreateParams.Encoded,
  writing: Writing
): Ruling<Change<KeptMemory>> =>
  Either.gen(function*() {
    yield* findActive(self, storeId)
    const { content, path } = params
    if (content === null) return yield* refusal.invalid("content: value is required")
    yield* checkPath(self, storeId, path)
    const { now, versionId } = writing
    const fresh = { id, seq: self.versions.size, storeId, path, versionId, createdAt: now, updatedAt: now }
    return write(self, { ...fresh, ...textOf(content) }, "created", writing)
  })

/**
 * Changes a memory, if its text is the one that is expected or if it already is as it is to become. A change of nothing makes
 * no version.
 */
export const update = (
  self: Memory,
  storeId: string,
  id: string,
  params: typeof Core.UpdateParams.Encoded,
  writing: Writing
): Ruling<Change<KeptMemory>> =>
  Either.gen(function*() {
    yield* findActive(self, storeId)
    const kept = yield* find(self, storeId, id)
    const path = params.path ?? kept.path
    const content = params.content ?? kept.content
    const isSaid = typeof params.path === "string" || typeof params.content === "string"
    const isSame = path === kept.path && content === kept.content
    const expected = params.precondition?.content_sha256
    if (expected !== undefined && expected !== kept.digest && !(isSaid && isSame)) {
      return yield* refusal.preconditionFailed
    }
    if (isSame) return [self, kept]
    yield* checkPath(self, storeId, path, id)
    return write(self, { ...kept, path, ...(content !== kept.content && textOf(content)) }, "modified", writing)
  })

/** Deletes a memory, if its text is the one that is expected, also in an archived store. Its versions stay. */
export const remove = (
  self: Memory,
  storeId: string,
  id: string,
  expected: string | undefined,
  { by, now, versionId }: Writing
): Ruling<Change<KeptMemory>> =>
  Either.gen(function*() {
    const kept = yield* find(self, storeId, id)
    if (expected !== undefined && expected !== kept.digest) return yield* refusal.preconditionFailed
    const memories = new Map(self.memories)
    memories.delete(id)
    const version: KeptVersion = {
      id: versionId,
      seq: self.versions.size,
      memoryId: id,
      storeId,
      operation: "deleted",
      path: kept.path,
      text: null,
      createdAt: now,
      createdBy: by,
      redacted: null
    }
    return [{ ...self, memories, versions: new Map(self.versions).set(versionId, version) }, kept]
  })

/** An item of a list: a memory, or a directory, with the place of the newest memory in it. */
export interface Item {
  readonly createdAt: Micros
  readonly seq: number
  readonly shown: KeptMemory | string
}

/** The memories below a prefix; with a depth of 1, directories stand for what is below them. */
export const list = (
  self: Memory,
  storeId: string,
  { depth = 0, path_prefix: prefix = "/" }: typeof Core.ListParams.Encoded
): Ruling<ReadonlyArray<Item>> =>
  Either.gen(function*() {
    yield* findStore(self, storeId)
    if (depth > 1) return yield* refusal.invalid("depth: must be 0 or 1")
    const items = new Map<string, Item>()
    for (const kept of memoriesOf(self, storeId)) {
      if (!kept.path.startsWith(prefix)) continue
      const end = kept.path.indexOf("/", prefix.length)
      const shown = depth === 1 && end !== -1 ? kept.path.slice(0, end + 1) : kept
      // memories come in the order of creation, so that the last one of a directory is its newest
      items.set(typeof shown === "string" ? shown : kept.path, { createdAt: kept.createdAt, seq: kept.seq, shown })
    }
    return [...items.values()]
  })

// ---------------------------------------------------------------------------------------------------------------------
// Versions
// ---------------------------------------------------------------------------------------------------------------------

/** A version in a store that is there. */
export const findVersion = (self: Memory, storeId: string, id: string): Ruling<KeptVersion> =>
  Either.flatMap(findStore(self, storeId), () => {
    const kept = self.versions.get(id)
    return kept === undefined || kept.storeId !== storeId
      ? refusal.notFound(`Memory version ${id} not found.`)
      : Either.right(kept)
  })

/** A version as the API shows it. */
export const viewVersion = (kept: KeptVersion, view: View): typeof Version.MemoryVersion.Encoded => ({
  type: "memory_version",
  id: kept.id,
  memory_id: kept.memoryId,
  memory_store_id: kept.storeId,
  operation: kept.operation,
  path: kept.path,
  content: view === "full" ? kept.text?.content ?? null : null,
  content_sha256: kept.text?.digest ?? null,
  content_size_bytes: kept.text?.size ?? null,
  created_at: time.format(kept.createdAt),
  created_by: kept.createdBy,
  redacted_at: kept.redacted === null ? null : time.format(kept.redacted.at),
  redacted_by: kept.redacted === null ? null : kept.redacted.by
})

/** The versions in a store that match. */
export const versionsOf = (
  self: Memory,
  storeId: string,
  query: typeof Version.ListParams.Encoded
): Ruling<ReadonlyArray<KeptVersion>> =>
  Either.map(findStore(self, storeId), () =>
    [...self.versions.values()].filter((kept) =>
      kept.storeId === storeId &&
      (query.memory_id === undefined || kept.memoryId === query.memory_id) &&
      (query.operation === undefined || kept.operation === query.operation) &&
      (query.api_key_id === undefined || kept.createdBy.api_key_id === query.api_key_id) &&
      // nobody but callers of the API writes here
      query.session_id === undefined && query.service_account_id === undefined
    ))

/** Removes text and path of a version, for good. Doing it again changes nothing. */
export const redact = (
  self: Memory,
  storeId: string,
  id: string,
  { by, now }: Omit<Writing, "versionId">
): Ruling<Change<KeptVersion>> =>
  Either.gen(function*() {
    const kept = yield* findVersion(self, storeId, id)
    if (kept.redacted !== null) return [self, kept]
    if (self.memories.get(kept.memoryId)?.versionId === id) {
      return yield* refusal.invalid(
        `Memory version ${id} is the current version of a memory: update or delete the memory first.`
      )
    }
    const next = { ...kept, path: null, text: null, redacted: { at: now, by } }
    return [{ ...self, versions: new Map(self.versions).set(id, next) }, next]
  })
