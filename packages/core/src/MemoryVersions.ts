/**
 * The versions of a store's memories: read them, and redact what must not be kept.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import type { RequestOptions } from "./ApiClient.ts"
import { ApiClient } from "./ApiClient.ts"
import type { ApiError } from "./ApiError.ts"
import type { MemoryStoreIdInput, MemoryVersionIdInput } from "./Ids.ts"
import { paginate } from "./internal/http/paginate.ts"
import type { ViewParams } from "./Memory.ts"
import type { ListParams, MemoryVersion } from "./MemoryVersion.ts"
import type { Page } from "./Page.ts"
import * as Api from "./WorkspaceApi.ts"

/**
 * Operations on the versions of a store's memories.
 * @category services
 */
export interface Service {
  /** Reads a version, by default with its text. */
  readonly retrieve: (
    store: MemoryStoreIdInput,
    id: MemoryVersionIdInput,
    params?: ViewParams,
    options?: RequestOptions
  ) => Effect.Effect<MemoryVersion, ApiError>
  /** All versions that match, page by page as they are consumed; by default without their texts. */
  readonly list: (
    store: MemoryStoreIdInput,
    params?: ListParams,
    options?: RequestOptions
  ) => Stream.Stream<MemoryVersion, ApiError>
  /** One page of versions. Pass its `next_page` as `page` to go on. */
  readonly listPage: (
    store: MemoryStoreIdInput,
    params?: ListParams,
    options?: RequestOptions
  ) => Effect.Effect<Page<MemoryVersion>, ApiError>
  /** Removes text and path of a version, for good. That the version was made, when and by whom stays. */
  readonly redact: (
    store: MemoryStoreIdInput,
    id: MemoryVersionIdInput,
    options?: RequestOptions
  ) => Effect.Effect<MemoryVersion, ApiError>
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class MemoryVersions
  extends Context.Tag("@effect-managed-agents/core/MemoryVersions")<MemoryVersions, Service>()
{}

/**
 * Builds the service.
 * @category constructors
 */
export const make: Effect.Effect<Service, never, ApiClient> = Effect.map(ApiClient, (api) => {
  const path = (memory_store_id: MemoryStoreIdInput, memory_version_id: MemoryVersionIdInput) => ({
    path: { memory_store_id, memory_version_id }
  })
  const listPage: Service["listPage"] = (memory_store_id, query, options) =>
    api.call(Api.memoryVersions.list, { path: { memory_store_id }, query }, options)
  return MemoryVersions.of({
    retrieve: (store, id, query, options) =>
      api.call(Api.memoryVersions.retrieve, { ...path(store, id), query }, options),
    list: (store, params, options) => paginate((page) => listPage(store, { ...params, ...page }, options)),
    listPage,
    redact: (store, id, options) => api.call(Api.memoryVersions.redact, path(store, id), options)
  })
})

/**
 * Provides {@link MemoryVersions}.
 * @category layers
 */
export const layer: Layer.Layer<MemoryVersions, never, ApiClient> = Layer.effect(MemoryVersions, make)
