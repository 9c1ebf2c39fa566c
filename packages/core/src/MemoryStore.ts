/**
 * Memory stores: directories of texts that agents keep from session to session.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { MemoryStoreId } from "./Ids.ts"
import { Metadata, MetadataPatch } from "./internal/schema/metadata.ts"
import * as params from "./internal/schema/params.ts"
import * as wire from "./internal/schema/wire.ts"
import { Timestamp } from "./Timestamp.ts"

/**
 * A memory store.
 * @category schemas
 */
export class MemoryStore extends wire.Struct<MemoryStore>()("MemoryStore", {
  type: Schema.Literal("memory_store"),
  /** Names the store in every other call, and in `resources` of a session. */
  id: MemoryStoreId,
  /** The name, from which sessions make the directory below `/mnt/memory/`. */
  name: Schema.String,
  /** The content of the store in words for the agent; empty if there are none. */
  description: Schema.String,
  /** Pairs of one's own, which the agent does not see. */
  metadata: Schema.Record({ key: Schema.String, value: Schema.String }),
  /** When the store was created. */
  created_at: Timestamp,
  /** When the store itself last changed; its memories do not count. */
  updated_at: Timestamp,
  /** `null` for a store that is not archived. */
  archived_at: Schema.NullOr(Timestamp)
}) {}

/**
 * The confirmation that a memory store is gone, with all that was in it.
 * @category schemas
 */
export class DeletedMemoryStore extends wire.Struct<DeletedMemoryStore>()("DeletedMemoryStore", {
  type: Schema.Literal("memory_store_deleted"),
  /** The store that is gone. */
  id: MemoryStoreId
}) {}

const name = params.text({ nonEmpty: true, max: 255 }).pipe(
  Schema.filter((name) => !/\p{Cc}/u.test(name) || "must have no control characters", { jsonSchema: {} })
)
const description = params.text({ max: 1024 })

/**
 * Parameters of a new memory store.
 * @category schemas
 */
export class CreateParams extends wire.Struct<CreateParams>()("CreateMemoryStoreParams", {
  /** 1 to 255 characters, without control characters; need not be unique. */
  name,
  /** The content of the store in words for the agent, at most 1,024 characters. */
  description: Schema.optional(description),
  /** At most 16 pairs, keys of at most 64 and values of at most 512 characters. */
  metadata: Schema.optional(Metadata)
}) {}

/**
 * Changes to a memory store; what is absent or `null` stays.
 * @category schemas
 */
export class UpdateParams extends wire.Struct<UpdateParams>()("UpdateMemoryStoreParams", {
  /** The name, for sessions that are created from now on. */
  name: Schema.optional(Schema.NullOr(name)),
  /** The content of the store in words for the agent; empty for none. */
  description: Schema.optional(Schema.NullOr(description)),
  /** A patch: `null` removes a key, and keys that are not mentioned stay. */
  metadata: Schema.optional(Schema.NullOr(MetadataPatch))
}) {}

/**
 * Which memory stores to list.
 * @category schemas
 */
export class ListParams extends wire.Struct<ListParams>()("ListMemoryStoresParams", {
  /** True to include archived stores; the default is `false`. */
  include_archived: Schema.optional(Schema.Boolean),
  /** Created at or after. */
  "created_at[gte]": Schema.optional(Timestamp),
  /** Created at or before. */
  "created_at[lte]": Schema.optional(Timestamp),
  /** Stores per page. */
  limit: Schema.optional(params.integer({ min: 1 })),
  /** The cursor of a page; `null` stands for the first one. */
  page: Schema.optional(Schema.NullOr(Schema.String))
}) {}
