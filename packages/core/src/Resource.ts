/**
 * Resources in a session's sandbox: files, repositories and memory stores.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { FileIdInput, MemoryStoreIdInput } from "./Ids.ts"
import { FileId, MemoryStoreId, ResourceId } from "./Ids.ts"
import * as params from "./internal/schema/params.ts"
import * as wire from "./internal/schema/wire.ts"
import { Timestamp } from "./Timestamp.ts"

/**
 * Check out the tip of a branch.
 * @category schemas
 */
export class BranchCheckout extends wire.Struct<BranchCheckout>()("BranchCheckout", {
  type: Schema.Literal("branch"),
  /** The branch. */
  name: Schema.String
}) {}

/**
 * Check out one commit.
 * @category schemas
 */
export class CommitCheckout extends wire.Struct<CommitCheckout>()("CommitCheckout", {
  type: Schema.Literal("commit"),
  /** The full hash. */
  sha: Schema.String
}) {}

/**
 * Part of a repository that is checked out.
 * @category schemas
 */
export const Checkout = wire.openUnion("Checkout", [BranchCheckout, CommitCheckout])

/**
 * The values of {@link Checkout}.
 * @category models
 */
export type Checkout = wire.Named<typeof Checkout>["union" | "name"]

/**
 * An uploaded file, mounted as a read-only copy.
 * @category schemas
 */
export class FileResource extends wire.Struct<FileResource>()("FileResource", {
  type: Schema.Literal("file"),
  /** Names the resource in updates and deletes. */
  id: ResourceId,
  /** The id of the session's own copy, not that of the upload. */
  file_id: FileId,
  /** The path of the copy. */
  mount_path: Schema.String,
  /** When the file was mounted. */
  created_at: Timestamp,
  /** When the resource last changed. */
  updated_at: Timestamp
}) {}

/**
 * A clone of a GitHub repository; its token is never sent back.
 * @category schemas
 */
export class GitHubRepositoryResource extends wire.Struct<GitHubRepositoryResource>()("GitHubRepositoryResource", {
  type: Schema.Literal("github_repository"),
  /** Names the resource in updates. */
  id: ResourceId,
  /** The repository. */
  url: Schema.String,
  /** The path of the clone. */
  mount_path: Schema.String,
  /** Absent or `null` for the default branch. */
  checkout: wire.nullish(Checkout),
  /** When the repository was mounted. */
  created_at: Timestamp,
  /** When the resource last changed. */
  updated_at: Timestamp
}) {}

/**
 * An attached memory store, which has neither a resource id nor timestamps.
 * @category schemas
 */
export class MemoryStoreResource extends wire.Struct<MemoryStoreResource>()("MemoryStoreResource", {
  type: Schema.Literal("memory_store"),
  /** The store. */
  memory_store_id: MemoryStoreId,
  /** The access that the agent has to the store; absent or `null` stands for `read_write`. */
  access: wire.nullish(wire.openString("MemoryStoreAccess", "read_write", "read_only")),
  /** The name of the store when it was attached. */
  name: wire.nullish(Schema.String),
  /** The description of the store when it was attached, empty if it had none. */
  description: wire.optional(Schema.String),
  /** Instructions for the agent about using the store in this session. */
  instructions: wire.nullish(Schema.String),
  /** The path of the store, derived from its name. */
  mount_path: wire.nullish(Schema.String)
}) {}

/**
 * Something mounted in a session's sandbox.
 * @category schemas
 */
export const Resource = wire.openUnion("Resource", [FileResource, GitHubRepositoryResource, MemoryStoreResource])

/**
 * The values of {@link Resource}.
 * @category models
 */
export type Resource = wire.Named<typeof Resource>["union" | "name"]

/**
 * The confirmation that a resource was removed from a session.
 * @category schemas
 */
export class DeletedResource extends wire.Struct<DeletedResource>()("DeletedResource", {
  type: Schema.Literal("session_resource_deleted"),
  /** The resource that was removed. */
  id: ResourceId
}) {}

/**
 * Mounts a copy of an uploaded file.
 * @category schemas
 */
export class FileParams extends wire.Struct<FileParams>()("FileResourceParams", {
  type: Schema.Literal("file"),
  /** The id of the upload. */
  file_id: params.id<FileIdInput>(FileId),
  /** A path below `/mnt/session/uploads`; the default is `/mnt/session/uploads/<file_id>`. */
  mount_path: Schema.optional(Schema.NullOr(Schema.String))
}) {}

/**
 * Clones a GitHub repository.
 * @category schemas
 */
export class GitHubRepositoryParams extends wire.Struct<GitHubRepositoryParams>()("GitHubRepositoryResourceParams", {
  type: Schema.Literal("github_repository"),
  /** `https://github.com/<owner>/<repo>`. */
  url: Schema.String,
  /** The token to clone with; public repositories need none. */
  authorization_token: Schema.optional(Schema.Redacted(Schema.String)),
  /** The default is the repository's default branch. */
  checkout: Schema.optional(Schema.NullOr(Checkout)),
  /** A path below `/workspace`; the default is `/workspace/<repo>`. */
  mount_path: Schema.optional(Schema.NullOr(Schema.String))
}) {}

/**
 * Attaches a memory store.
 * @category schemas
 */
export class MemoryStoreParams extends wire.Struct<MemoryStoreParams>()("MemoryStoreResourceParams", {
  type: Schema.Literal("memory_store"),
  /** The store, of the same workspace. */
  memory_store_id: params.id<MemoryStoreIdInput>(MemoryStoreId),
  /** The default is `read_write`. */
  access: Schema.optional(Schema.NullOr(Schema.Literal("read_write", "read_only"))),
  /** Instructions for the agent about using the store in this session; at most 4,096 characters. */
  instructions: Schema.optional(Schema.NullOr(params.text({ max: 4_096 })))
}) {}

/**
 * Something to mount when a session is created.
 * @category schemas
 */
export const Params = wire.openUnion("ResourceParams", [FileParams, GitHubRepositoryParams, MemoryStoreParams])

/**
 * The values of {@link Params}.
 * @category models
 */
export type Params = wire.Named<typeof Params>["union" | "name"]

/**
 * Resource to mount in a session that exists: files only.
 * @category schemas
 */
export const AddParams = FileParams

/**
 * Resource to mount in a session that exists: files only.
 * @category models
 */
export type AddParams = FileParams

/**
 * Replaces the token of a GitHub repository; nothing else of a resource can change.
 * @category schemas
 */
export class UpdateParams extends wire.Struct<UpdateParams>()("ResourceUpdateParams", {
  /** The new token. */
  authorization_token: Schema.Redacted(Schema.String)
}) {}

/**
 * Which page of a session's resources to list.
 * @category schemas
 */
export class ListParams extends wire.Struct<ListParams>()("ResourceListParams", {
  /** Resources per page, 1 to 1,000; without it, one page has them all. */
  limit: Schema.optional(params.integer({ min: 1, max: 1000 })),
  /** The cursor of a page; `null` stands for the first one. */
  page: Schema.optional(Schema.NullOr(Schema.String))
}) {}
