/**
 * Versions of memories: who changed a memory, when, and into what.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { MemoryIdInput, SessionIdInput } from "./Ids.ts"
import { MemoryId, MemoryStoreId, MemoryVersionId, SessionId } from "./Ids.ts"
import * as params from "./internal/schema/params.ts"
import * as wire from "./internal/schema/wire.ts"
import { View } from "./Memory.ts"
import { Timestamp } from "./Timestamp.ts"

/**
 * An agent in its session.
 * @category schemas
 */
export class SessionActor extends wire.Struct<SessionActor>()("SessionActor", {
  type: Schema.Literal("session_actor"),
  /** The session. */
  session_id: SessionId
}) {}

/**
 * A caller of the API.
 * @category schemas
 */
export class ApiActor extends wire.Struct<ApiActor>()("ApiActor", {
  type: Schema.Literal("api_actor"),
  /** The id of the key (`apikey_…`), which is no secret. */
  api_key_id: Schema.String
}) {}

/**
 * A person.
 * @category schemas
 */
export class UserActor extends wire.Struct<UserActor>()("UserActor", {
  type: Schema.Literal("user_actor"),
  /** The id of the person (`user_…`). */
  user_id: Schema.String
}) {}

/**
 * A program with an account of its own.
 * @category schemas
 */
export class ServiceAccountActor extends wire.Struct<ServiceAccountActor>()("ServiceAccountActor", {
  type: Schema.Literal("service_account_actor"),
  /** The id of the account (`svac_…`). */
  service_account_id: Schema.String
}) {}

/**
 * Who did something. What it names may be gone by now.
 * @category schemas
 */
export const Actor = wire.openUnion("MemoryActor", [SessionActor, ApiActor, UserActor, ServiceAccountActor])

/**
 * The values of {@link Actor}.
 * @category models
 */
export type Actor = wire.Named<typeof Actor>["union" | "name"]

const operations = ["created", "modified", "deleted"] as const

/**
 * A version of a memory. It stays when the memory is deleted, and only a redaction changes it.
 * @category schemas
 */
export class MemoryVersion extends wire.Struct<MemoryVersion>()("MemoryVersion", {
  type: Schema.Literal("memory_version"),
  /** Names the version in every other call. */
  id: MemoryVersionId,
  /** The memory, which may be deleted. */
  memory_id: MemoryId,
  /** The store that it is in. */
  memory_store_id: MemoryStoreId,
  /** The change that made this version. */
  operation: wire.openString("MemoryOperation", ...operations),
  /** The path at that time; `null` only if the version is redacted. */
  path: wire.nullish(Schema.String),
  /** The text; `null` in the view `basic`, of a deletion, and if the version is redacted. */
  content: wire.nullish(Schema.String),
  /** The SHA-256 of the text; `null` of a deletion, and if the version is redacted. */
  content_sha256: wire.nullish(Schema.String),
  /** The size of the text in UTF-8; `null` of a deletion, and if the version is redacted. */
  content_size_bytes: wire.nullish(wire.number),
  /** When the change was made. */
  created_at: Timestamp,
  /** Who made it; absent or `null` if that is not known. */
  created_by: wire.nullish(Actor),
  /** When the version was redacted; absent or `null` if it was not. */
  redacted_at: wire.nullish(Timestamp),
  /** Who redacted it; absent or `null` if nobody did. */
  redacted_by: wire.nullish(Actor)
}) {}

/**
 * Which versions of a store's memories to list.
 * @category schemas
 */
export class ListParams extends wire.Struct<ListParams>()("ListMemoryVersionsParams", {
  /** Only of this memory, which may be deleted. */
  memory_id: Schema.optional(params.id<MemoryIdInput>(MemoryId)),
  /** Only changes of this kind. */
  operation: Schema.optional(Schema.Literal(...operations)),
  /** Only changes made with the API key that has this id. */
  api_key_id: Schema.optional(Schema.String),
  /** Only changes by this service account. */
  service_account_id: Schema.optional(Schema.String),
  /** Only changes in this session. */
  session_id: Schema.optional(params.id<SessionIdInput>(SessionId)),
  /** Made at or after. */
  "created_at[gte]": Schema.optional(Timestamp),
  /** Made at or before. */
  "created_at[lte]": Schema.optional(Timestamp),
  /** The default is `basic`; a page that is `full` has at most 20 items. */
  view: Schema.optional(View),
  /** Versions per page. */
  limit: Schema.optional(params.integer({ min: 1 })),
  /** The cursor of a page; `null` stands for the first one. */
  page: Schema.optional(Schema.NullOr(Schema.String))
}) {}
