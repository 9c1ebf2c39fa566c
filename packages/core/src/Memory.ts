/**
 * Memories: the texts in a memory store, each at a path.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { MemoryId, MemoryStoreId, MemoryVersionId } from "./Ids.ts"
import * as params from "./internal/schema/params.ts"
import * as wire from "./internal/schema/wire.ts"
import { Timestamp } from "./Timestamp.ts"

/**
 * A memory. It keeps its id when its path changes.
 * @category schemas
 */
export class Memory extends wire.Struct<Memory>()("Memory", {
  type: Schema.Literal("memory"),
  /** Names the memory in every other call. */
  id: MemoryId,
  /** The store that it is in. */
  memory_store_id: MemoryStoreId,
  /** The path in the store, such as `/projects/a/notes.md`. */
  path: Schema.String,
  /** The text; absent or `null` in the view `basic`. */
  content: wire.nullish(Schema.String),
  /** The SHA-256 of the text in UTF-8, 64 hexadecimal digits in lower case: what preconditions compare. */
  content_sha256: Schema.String,
  /** The size of the text in UTF-8. */
  content_size_bytes: wire.number,
  /** The version that has the text. */
  memory_version_id: MemoryVersionId,
  /** When the memory was created. */
  created_at: Timestamp,
  /** When the memory last changed. */
  updated_at: Timestamp
}) {}

/**
 * A directory in a list that does not go down into it.
 * @category schemas
 */
export class MemoryPrefix extends wire.Struct<MemoryPrefix>()("MemoryPrefix", {
  type: Schema.Literal("memory_prefix"),
  /** Its path with a `/` at the end: the `path_prefix` of a list of what is in it. */
  path: Schema.String
}) {}

/**
 * An item in a list of memories.
 * @category schemas
 */
export const ListItem = wire.openUnion("MemoryListItem", [Memory, MemoryPrefix])

/**
 * The values of {@link ListItem}.
 * @category models
 */
export type ListItem = wire.Named<typeof ListItem>["union" | "name"]

/**
 * The confirmation that a memory is gone. Its versions stay.
 * @category schemas
 */
export class DeletedMemory extends wire.Struct<DeletedMemory>()("DeletedMemory", {
  type: Schema.Literal("memory_deleted"),
  /** The memory that is gone. */
  id: MemoryId
}) {}

const bytes = (text: string): number => new TextEncoder().encode(text).length

const maxContent = 102_400

const content = Schema.String.pipe(
  Schema.filter(
    // no character has more than 3 bytes to a UTF-16 unit: most texts need no encoding
    (text) => text.length * 3 <= maxContent || bytes(text) <= maxContent || "must have at most 102,400 bytes in UTF-8",
    { jsonSchema: {} }
  )
)

const problemOfPath = (path: string): string | undefined => {
  const [root, ...segments] = path.split("/")
  if (root !== "" || segments.length === 0 || segments.length > 20) return "must begin with / and have 1 to 20 segments"
  if (segments.some((segment) => /^\.{0,2}$/.test(segment))) return "must have no segment that is empty, `.` or `..`"
  if (/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(path)) return "must have no control or format characters"
  if (path.normalize("NFC") !== path) return "must be in Unicode Normalization Form C"
  return bytes(path) <= 1024 ? undefined : "must have at most 1,024 bytes in UTF-8"
}

const path = Schema.String.pipe(
  Schema.filter((path) => problemOfPath(path), {
    jsonSchema: { pattern: "^/" },
    arbitrary: () => (fc) => fc.stringMatching(/^(\/[a-z]{1,8}){1,20}$/)
  })
)

const sha256 = params.matching(/^[0-9a-f]{64}$/, "64 hexadecimal digits in lower case")

/**
 * Amount of what is answered: `full` has the text, `basic` has `null` in its place. By default a list and the answer to a
 * change are `basic`, and a single memory or version is `full`.
 * @category schemas
 */
export const View = Schema.Literal("basic", "full").annotations({ identifier: "MemoryView" })

/**
 * The values of {@link View}.
 * @category models
 */
export type View = typeof View.Type

/**
 * Which view to answer.
 * @category schemas
 */
export class ViewParams extends wire.Struct<ViewParams>()("MemoryViewParams", {
  /** The default depends on the call. */
  view: Schema.optional(View)
}) {}

/**
 * Parameters of a new memory.
 * @category schemas
 */
export class CreateParams extends wire.Struct<CreateParams>()("CreateMemoryParams", {
  /** 1 to 20 segments, each after a `/` and neither empty nor `.` nor `..`; at most 1,024 bytes. */
  path,
  /** The text, which may be empty: at most 102,400 bytes. */
  content: Schema.NullOr(content)
}) {}

/**
 * Condition that the text is still the one that was read.
 * @category schemas
 */
export class ContentSha256 extends wire.Struct<ContentSha256>()("ContentSha256Params", {
  type: Schema.Literal("content_sha256"),
  /** The `content_sha256` of the memory as it was read. */
  content_sha256: sha256
}) {}

/**
 * Condition of an update.
 * @category schemas
 */
export const Precondition = wire.openUnion("MemoryPreconditionParams", [ContentSha256])

/**
 * The values of {@link Precondition}.
 * @category models
 */
export type Precondition = wire.Named<typeof Precondition>["union" | "name"]

/**
 * Changes to a memory; what is absent or `null` stays.
 * @category schemas
 */
export class UpdateParams extends wire.Struct<UpdateParams>()("UpdateMemoryParams", {
  /** The text: at most 102,400 bytes. */
  content: Schema.optional(Schema.NullOr(content)),
  /** The path: renames the memory. */
  path: Schema.optional(Schema.NullOr(path)),
  /** The update is refused (`Conflict`) if this does not hold. Absent for an update in any case. */
  precondition: Schema.optional(Precondition)
}) {}

/**
 * Condition of a deletion.
 * @category schemas
 */
export class DeleteParams extends wire.Struct<DeleteParams>()("DeleteMemoryParams", {
  /** The `content_sha256` of the memory as it was read: the deletion is refused (`Conflict`) if it is another by now. */
  expected_content_sha256: Schema.optional(sha256)
}) {}

/**
 * Which memories of a store to list.
 * @category schemas
 */
export class ListParams extends wire.Struct<ListParams>()("ListMemoriesParams", {
  /** Only below this directory, with a `/` at its end. It is part of the URL, so nothing for secrets. */
  path_prefix: Schema.optional(params.matching(/^\/(.*\/)?$/s, "a path with a / at its end")),
  /** 0, the default, for everything below; 1 for what is directly in the directory, with a `memory_prefix` for each other. */
  depth: Schema.optional(params.integer({ min: 0 })),
  /** The default is `basic`; a page that is `full` has at most 20 items. */
  view: Schema.optional(View),
  /** Items per page. */
  limit: Schema.optional(params.integer({ min: 1 })),
  /** The cursor of a page; `null` stands for the first one. */
  page: Schema.optional(Schema.NullOr(Schema.String))
}) {}
