/**
 * The files of a workspace: upload, list, download and delete them.
 *
 * Contents are streams in both directions, so that a file need not fit into memory.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import { SystemError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { RequestOptions, StreamOptions } from "./ApiClient.ts"
import { ApiClient } from "./ApiClient.ts"
import type { ApiError } from "./ApiError.ts"
import type { FileIdInput } from "./Ids.ts"
import { paginate } from "./internal/http/paginate.ts"
import type { Page } from "./Page.ts"
import type { DeletedFile, ListParams, StoredFile, UploadParams } from "./StoredFile.ts"
import * as Upload from "./Upload.ts"
import * as Api from "./WorkspaceApi.ts"

/**
 * Operations on files.
 * @category services
 */
export interface Service {
  /**
   * Uploads a file. Not repeated after a failure that may have stored one, nor if a stream has been read that cannot be read
   * again. If the source fails or has another number of bytes than it says, the request is broken off, nothing is stored,
   * and the error is a `TransportError` with reason `Source`.
   */
  readonly upload: (params: UploadParams, options?: RequestOptions) => Effect.Effect<StoredFile, ApiError>
  /** Reads what is known of a file beside its content. */
  readonly retrieveMetadata: (id: FileIdInput, options?: RequestOptions) => Effect.Effect<StoredFile, ApiError>
  /** All files that match, page by page as they are consumed. */
  readonly list: (params?: ListParams, options?: RequestOptions) => Stream.Stream<StoredFile, ApiError>
  /** One page of files. Pass its `next_page` as `page` to go on. */
  readonly listPage: (params?: ListParams, options?: RequestOptions) => Effect.Effect<Page<StoredFile>, ApiError>
  /**
   * The content of a file, read from the connection as it is consumed. If it breaks off, the stream fails; it never ends
   * early.
   */
  readonly download: (id: FileIdInput, options?: StreamOptions) => Stream.Stream<Uint8Array, ApiError>
  /** Deletes a file. Sessions keep the copies that they have. */
  readonly delete: (id: FileIdInput, options?: RequestOptions) => Effect.Effect<DeletedFile, ApiError>
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class Files extends Context.Tag("@effect-managed-agents/core/Files")<Files, Service>() {}

/**
 * Builds the service.
 * @category constructors
 */
export const make: Effect.Effect<Service, never, ApiClient> = Effect.map(ApiClient, (api) => {
  const path = (file_id: FileIdInput) => ({ path: { file_id } })
  const listPage: Service["listPage"] = (query, options) => api.call(Api.files.list, { query }, options)
  return Files.of({
    upload: (body, options) => api.call(Api.files.upload, { body }, options),
    retrieveMetadata: (id, options) => api.call(Api.files.retrieveMetadata, path(id), options),
    list: (params, options) => paginate((page) => listPage({ ...params, ...page }, options)),
    listPage,
    download: (id, options) => Stream.unwrapScoped(api.open(Api.files.download, path(id), options)),
    delete: (id, options) => api.call(Api.files.delete, path(id), options)
  })
})

/**
 * Provides {@link Files}.
 * @category layers
 */
export const layer: Layer.Layer<Files, never, ApiClient> = Layer.effect(Files, make)

/**
 * A file on disk, to upload. It is read when it is sent; its name is the last part of the path, unless one is given.
 * @category constructors
 */
export const fromPath = (
  path: string,
  options?: Partial<Upload.Options>
): Effect.Effect<Upload.Upload, PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const { size, type } = yield* fs.stat(path)
    if (type === "Directory") {
      return yield* new SystemError({
        reason: "BadResource",
        module: "FileSystem",
        method: "stream",
        pathOrDescriptor: path,
        description: "expected a file, got a folder"
      })
    }
    return Upload.fromStream(fs.stream(path), {
      name: options?.name ?? path.split(/[\\/]/).pop() ?? path,
      mediaType: options?.mediaType,
      size: type === "File" ? Number(size) : undefined,
      isRepeatable: type === "File"
    })
  })
