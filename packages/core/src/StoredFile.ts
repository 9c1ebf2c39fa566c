/**
 * Files as they are stored in a workspace, and what it takes to upload and list them.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { FileIdInput, SessionIdInput } from "./Ids.ts"
import { FileId, SessionId } from "./Ids.ts"
import * as params from "./internal/schema/params.ts"
import * as wire from "./internal/schema/wire.ts"
import { Timestamp } from "./Timestamp.ts"
import { Upload } from "./Upload.ts"

/**
 * The session in which a file was made.
 * @category schemas
 */
export class SessionScope extends wire.Struct<SessionScope>()("SessionScope", {
  type: Schema.Literal("session"),
  /** The session. */
  id: SessionId
}) {}

/**
 * The place in which a file was made.
 * @category schemas
 */
export const Scope = wire.openUnion("FileScope", [SessionScope])

/**
 * The values of {@link Scope}.
 * @category models
 */
export type Scope = wire.Named<typeof Scope>["union" | "name"]

/**
 * A stored file, without its content.
 * @category schemas
 */
export class StoredFile extends wire.Struct<StoredFile>()("StoredFile", {
  type: Schema.Literal("file"),
  /** Names the file in every other call. */
  id: FileId,
  /** The name that it was uploaded with, without folders. */
  filename: Schema.String,
  /** The media type. */
  mime_type: Schema.String,
  /** The number of bytes. */
  size_bytes: wire.number,
  /** True if it can be downloaded: only files that a tool made can. */
  downloadable: wire.optional(Schema.Boolean),
  /** The session that made the file; `null` for a file of the workspace. */
  scope: wire.nullish(Scope),
  /** When the file was created. */
  created_at: Timestamp,
  /** When its content is gone; `null` for never. */
  expires_at: wire.nullish(Timestamp)
}) {}

/**
 * The confirmation that a file is gone.
 * @category schemas
 */
export class DeletedFile extends wire.Struct<DeletedFile>()("DeletedFile", {
  type: wire.optional(Schema.Literal("file_deleted")),
  /** The file that is gone. */
  id: FileId
}) {}

/**
 * A file to upload.
 * @category schemas
 */
export class UploadParams extends wire.Struct<UploadParams>()("UploadFileParams", {
  /** Name, media type and content. Of a name with folders, the last part counts. */
  file: Upload,
  /** The seconds until the content is gone: from an hour (3,600) to ninety days (7,776,000). The default is never. */
  expires_in_seconds: Schema.optional(params.integer({ min: 3600, max: 7_776_000 }))
}) {}

const maxIds = 100

const ListParams_ = wire.struct("ListFilesParams", {
  /** Only these files, at most 100; not together with `page` or `limit`. One that there is not is left out. */
  ids: Schema.optional(Schema.NullOr(Schema.Array(params.id<FileIdInput>(FileId)))),
  /** Only files that were made in this session. */
  scope_id: Schema.optional(params.id<SessionIdInput>(SessionId)),
  /** Files per page. */
  limit: Schema.optional(params.integer({ min: 1 })),
  /** The cursor of a page; `null` stands for the first one. */
  page: Schema.optional(Schema.NullOr(Schema.String))
}).pipe(Schema.filter(({ ids, limit, page }) => {
  if (ids === undefined || ids === null) return []
  return [
    ...(new Set(ids).size > maxIds ? [{ path: ["ids"], message: `must have at most ${maxIds} items` }] : []),
    ...(limit !== undefined || (page !== undefined && page !== null)
      ? [{ path: ["ids"], message: "must not be combined with page or limit" }]
      : [])
  ]
}, { identifier: "ListFilesParams", jsonSchema: {} }))

/**
 * Which files to list.
 * @category models
 */
export interface ListParams extends Schema.Schema.Type<typeof ListParams_> {}

/**
 * Schema of {@link ListParams}.
 * @category schemas
 */
export const ListParams: Schema.Schema<ListParams, typeof ListParams_.Encoded> = ListParams_
