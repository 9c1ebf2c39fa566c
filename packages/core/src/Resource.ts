/**
 * What is mounted in a session's sandbox: files, repositories and memory stores.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { FileId, MemoryStoreId, ResourceId } from "./Ids.ts"
import * as params from "./internal/params.ts"
import * as wire from "./internal/wire.ts"
import { Timestamp } from "./Timestamp.ts"

const BranchCheckout_ = wire.struct("BranchCheckout", {
  type: Schema.Literal("branch"),
  /** The branch. */
  name: Schema.String
})

/**
 * Check out the tip of a branch.
 *
 * @category models
 * @since 0.1.0
 */
export interface BranchCheckout extends Schema.Schema.Type<typeof BranchCheckout_> {}

/**
 * {@link BranchCheckout} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface BranchCheckoutEncoded extends Schema.Schema.Encoded<typeof BranchCheckout_> {}

/**
 * Schema of {@link BranchCheckout}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const BranchCheckout: Schema.Schema<BranchCheckout, BranchCheckoutEncoded> = BranchCheckout_

const CommitCheckout_ = wire.struct("CommitCheckout", {
  type: Schema.Literal("commit"),
  /** The full hash. */
  sha: Schema.String
})

/**
 * Check out one commit.
 *
 * @category models
 * @since 0.1.0
 */
export interface CommitCheckout extends Schema.Schema.Type<typeof CommitCheckout_> {}

/**
 * {@link CommitCheckout} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface CommitCheckoutEncoded extends Schema.Schema.Encoded<typeof CommitCheckout_> {}

/**
 * Schema of {@link CommitCheckout}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const CommitCheckout: Schema.Schema<CommitCheckout, CommitCheckoutEncoded> = CommitCheckout_

/**
 * What of a repository is checked out.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Checkout = wire.openUnion("Checkout", [BranchCheckout, CommitCheckout])

/**
 * The values of {@link Checkout}.
 *
 * @category models
 * @since 0.1.0
 */
export type Checkout = typeof Checkout.Type

/**
 * {@link Checkout} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export type CheckoutEncoded = typeof Checkout.Encoded

const FileResource_ = wire.struct("FileResource", {
  type: Schema.Literal("file"),
  /** Names the resource in updates and deletes. */
  id: ResourceId,
  /** The id of the session's own copy, not that of the upload. */
  file_id: FileId,
  /** Where the copy is. */
  mount_path: Schema.String,
  /** When the file was mounted. */
  created_at: Timestamp,
  /** When the resource last changed. */
  updated_at: Timestamp
})

/**
 * An uploaded file, mounted as a read-only copy.
 *
 * @category models
 * @since 0.1.0
 */
export interface FileResource extends Schema.Schema.Type<typeof FileResource_> {}

/**
 * {@link FileResource} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface FileResourceEncoded extends Schema.Schema.Encoded<typeof FileResource_> {}

/**
 * Schema of {@link FileResource}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const FileResource: Schema.Schema<FileResource, FileResourceEncoded> = FileResource_

const GitHubRepositoryResource_ = wire.struct("GitHubRepositoryResource", {
  type: Schema.Literal("github_repository"),
  /** Names the resource in updates. */
  id: ResourceId,
  /** The repository. */
  url: Schema.String,
  /** Where the clone is. */
  mount_path: Schema.String,
  /** Absent or `null` for the default branch. */
  checkout: wire.nullish(Checkout),
  /** When the repository was mounted. */
  created_at: Timestamp,
  /** When the resource last changed. */
  updated_at: Timestamp
})

/**
 * A clone of a GitHub repository; its token is never sent back.
 *
 * @category models
 * @since 0.1.0
 */
export interface GitHubRepositoryResource extends Schema.Schema.Type<typeof GitHubRepositoryResource_> {}

/**
 * {@link GitHubRepositoryResource} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface GitHubRepositoryResourceEncoded extends Schema.Schema.Encoded<typeof GitHubRepositoryResource_> {}

/**
 * Schema of {@link GitHubRepositoryResource}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const GitHubRepositoryResource: Schema.Schema<GitHubRepositoryResource, GitHubRepositoryResourceEncoded> =
  GitHubRepositoryResource_

const MemoryStoreResource_ = wire.struct("MemoryStoreResource", {
  type: Schema.Literal("memory_store"),
  /** The store. */
  memory_store_id: MemoryStoreId,
  /** Whether the agent may write to the store; absent or `null` stands for `read_write`. */
  access: wire.nullish(wire.openString("MemoryStoreAccess", "read_write", "read_only")),
  /** The name of the store when it was attached. */
  name: wire.nullish(Schema.String),
  /** The description of the store when it was attached, empty if it had none. */
  description: wire.optional(Schema.String),
  /** What the agent is told about using the store in this session. */
  instructions: wire.nullish(Schema.String),
  /** Where the store is mounted, derived from its name. */
  mount_path: wire.nullish(Schema.String)
})

/**
 * An attached memory store, which has neither a resource id nor timestamps.
 *
 * @category models
 * @since 0.1.0
 */
export interface MemoryStoreResource extends Schema.Schema.Type<typeof MemoryStoreResource_> {}

/**
 * {@link MemoryStoreResource} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface MemoryStoreResourceEncoded extends Schema.Schema.Encoded<typeof MemoryStoreResource_> {}

/**
 * Schema of {@link MemoryStoreResource}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const MemoryStoreResource: Schema.Schema<MemoryStoreResource, MemoryStoreResourceEncoded> = MemoryStoreResource_

/**
 * Something mounted in a session's sandbox.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Resource = wire.openUnion("Resource", [FileResource, GitHubRepositoryResource, MemoryStoreResource])

/**
 * The values of {@link Resource}.
 *
 * @category models
 * @since 0.1.0
 */
export type Resource = typeof Resource.Type

/**
 * {@link Resource} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export type ResourceEncoded = typeof Resource.Encoded

const DeletedResource_ = wire.struct("DeletedResource", {
  type: Schema.Literal("session_resource_deleted"),
  /** What was removed. */
  id: ResourceId
})

/**
 * The confirmation that a resource was removed from a session.
 *
 * @category models
 * @since 0.1.0
 */
export interface DeletedResource extends Schema.Schema.Type<typeof DeletedResource_> {}

/**
 * {@link DeletedResource} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface DeletedResourceEncoded extends Schema.Schema.Encoded<typeof DeletedResource_> {}

/**
 * Schema of {@link DeletedResource}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const DeletedResource: Schema.Schema<DeletedResource, DeletedResourceEncoded> = DeletedResource_

const FileParams_ = wire.struct("FileResourceParams", {
  type: Schema.Literal("file"),
  /** The id of the upload. */
  file_id: FileId,
  /** A path below `/mnt/session/uploads`; the default is `/mnt/session/uploads/<file_id>`. */
  mount_path: Schema.optional(Schema.NullOr(Schema.String))
})

/**
 * Mounts a copy of an uploaded file.
 *
 * @category models
 * @since 0.1.0
 */
export interface FileParams extends Schema.Schema.Type<typeof FileParams_> {}

/**
 * {@link FileParams} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface FileParamsEncoded extends Schema.Schema.Encoded<typeof FileParams_> {}

/**
 * Schema of {@link FileParams}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const FileParams: Schema.Schema<FileParams, FileParamsEncoded> = FileParams_

const GitHubRepositoryParams_ = wire.struct("GitHubRepositoryResourceParams", {
  type: Schema.Literal("github_repository"),
  /** `https://github.com/<owner>/<repo>`. */
  url: Schema.String,
  /** The token to clone with; public repositories need none. */
  authorization_token: Schema.optional(Schema.Redacted(Schema.String)),
  /** The default is the repository's default branch. */
  checkout: Schema.optional(Schema.NullOr(Checkout)),
  /** A path below `/workspace`; the default is `/workspace/<repo>`. */
  mount_path: Schema.optional(Schema.NullOr(Schema.String))
})

/**
 * Clones a GitHub repository.
 *
 * @category models
 * @since 0.1.0
 */
export interface GitHubRepositoryParams extends Schema.Schema.Type<typeof GitHubRepositoryParams_> {}

/**
 * {@link GitHubRepositoryParams} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface GitHubRepositoryParamsEncoded extends Schema.Schema.Encoded<typeof GitHubRepositoryParams_> {}

/**
 * Schema of {@link GitHubRepositoryParams}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const GitHubRepositoryParams: Schema.Schema<GitHubRepositoryParams, GitHubRepositoryParamsEncoded> =
  GitHubRepositoryParams_

const MemoryStoreParams_ = wire.struct("MemoryStoreResourceParams", {
  type: Schema.Literal("memory_store"),
  /** The store, of the same workspace. */
  memory_store_id: MemoryStoreId,
  /** The default is `read_write`. */
  access: Schema.optional(Schema.NullOr(Schema.Literal("read_write", "read_only"))),
  /** What to tell the agent about using the store in this session; at most 4,096 characters. */
  instructions: Schema.optional(Schema.NullOr(params.text({ max: 4_096 })))
})

/**
 * Attaches a memory store.
 *
 * @category models
 * @since 0.1.0
 */
export interface MemoryStoreParams extends Schema.Schema.Type<typeof MemoryStoreParams_> {}

/**
 * {@link MemoryStoreParams} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface MemoryStoreParamsEncoded extends Schema.Schema.Encoded<typeof MemoryStoreParams_> {}

/**
 * Schema of {@link MemoryStoreParams}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const MemoryStoreParams: Schema.Schema<MemoryStoreParams, MemoryStoreParamsEncoded> = MemoryStoreParams_

/**
 * Something to mount when a session is created.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Params = wire.openUnion("ResourceParams", [FileParams, GitHubRepositoryParams, MemoryStoreParams])

/**
 * The values of {@link Params}.
 *
 * @category models
 * @since 0.1.0
 */
export type Params = typeof Params.Type

/**
 * {@link Params} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export type ParamsEncoded = typeof Params.Encoded

/**
 * What can be mounted in a session that exists: files only.
 *
 * @category schemas
 * @since 0.1.0
 */
export const AddParams = FileParams

/**
 * What can be mounted in a session that exists: files only.
 *
 * @category models
 * @since 0.1.0
 */
export type AddParams = FileParams

const UpdateParams_ = wire.struct("ResourceUpdateParams", {
  /** The new token. */
  authorization_token: Schema.Redacted(Schema.String)
})

/**
 * Replaces the token of a GitHub repository; nothing else of a resource can change.
 *
 * @category models
 * @since 0.1.0
 */
export interface UpdateParams extends Schema.Schema.Type<typeof UpdateParams_> {}

/**
 * {@link UpdateParams} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface UpdateParamsEncoded extends Schema.Schema.Encoded<typeof UpdateParams_> {}

/**
 * Schema of {@link UpdateParams}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const UpdateParams: Schema.Schema<UpdateParams, UpdateParamsEncoded> = UpdateParams_

const ListParams_ = wire.struct("ResourceListParams", {
  /** Resources per page, 1 to 1,000; without it, one page has them all. */
  limit: Schema.optional(params.integer({ min: 1, max: 1000 })),
  /** The cursor of a page; `null` stands for the first one. */
  page: Schema.optional(Schema.NullOr(Schema.String))
})

/**
 * Which page of a session's resources to list.
 *
 * @category models
 * @since 0.1.0
 */
export interface ListParams extends Schema.Schema.Type<typeof ListParams_> {}

/**
 * {@link ListParams} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ListParamsEncoded extends Schema.Schema.Encoded<typeof ListParams_> {}

/**
 * Schema of {@link ListParams}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ListParams: Schema.Schema<ListParams, ListParamsEncoded> = ListParams_
