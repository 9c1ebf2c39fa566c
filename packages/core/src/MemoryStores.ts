/**
 * Memory stores: create, read, change, archive and delete them. `Memories` has what is in them.
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
import type { MemoryStoreIdInput } from "./Ids.ts"
import { paginate } from "./internal/http/paginate.ts"
import type { CreateParams, DeletedMemoryStore, ListParams, MemoryStore, UpdateParams } from "./MemoryStore.ts"
import type { Page } from "./Page.ts"
import * as Api from "./WorkspaceApi.ts"

/**
 * Operations on memory stores.
 * @category services
 */
export interface Service {
  /** Creates a store. Not repeated after a failure that may have created one. */
  readonly create: (params: CreateParams, options?: RequestOptions) => Effect.Effect<MemoryStore, ApiError>
  /** Reads a store. */
  readonly retrieve: (id: MemoryStoreIdInput, options?: RequestOptions) => Effect.Effect<MemoryStore, ApiError>
  /** All stores that match, page by page as they are consumed; by default without archived ones. */
  readonly list: (params?: ListParams, options?: RequestOptions) => Stream.Stream<MemoryStore, ApiError>
  /** One page of stores. Pass its `next_page` as `page` to go on. */
  readonly listPage: (params?: ListParams, options?: RequestOptions) => Effect.Effect<Page<MemoryStore>, ApiError>
  /** Changes a store; what is left out stays. Refused if it is archived. */
  readonly update: (
    id: MemoryStoreIdInput,
    params: UpdateParams,
    options?: RequestOptions
  ) => Effect.Effect<MemoryStore, ApiError>
  /** Deletes a store, with its memories and their versions. */
  readonly delete: (id: MemoryStoreIdInput, options?: RequestOptions) => Effect.Effect<DeletedMemoryStore, ApiError>
  /**
   * Archives a store, for good: no session can be created with it, and neither it nor its memories can change. They can still
   * be read and deleted.
   */
  readonly archive: (id: MemoryStoreIdInput, options?: RequestOptions) => Effect.Effect<MemoryStore, ApiError>
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class MemoryStores extends Context.Tag("@effect-managed-agents/core/MemoryStores")<MemoryStores, Service>() {}

/**
 * Builds the service.
 * @category constructors
 */
export const make: Effect.Effect<Service, never, ApiClient> = Effect.map(ApiClient, (api) => {
  const path = (memory_store_id: MemoryStoreIdInput) => ({ path: { memory_store_id } })
  const listPage: Service["listPage"] = (query, options) => api.call(Api.memoryStores.list, { query }, options)
  return MemoryStores.of({
    create: (body, options) => api.call(Api.memoryStores.create, { body }, options),
    retrieve: (id, options) => api.call(Api.memoryStores.retrieve, path(id), options),
    list: (params, options) => paginate((page) => listPage({ ...params, ...page }, options)),
    listPage,
    update: (id, body, options) => api.call(Api.memoryStores.update, { ...path(id), body }, options),
    delete: (id, options) => api.call(Api.memoryStores.delete, path(id), options),
    archive: (id, options) => api.call(Api.memoryStores.archive, path(id), options)
  })
})

/**
 * Provides {@link MemoryStores}.
 * @category layers
 */
export const layer: Layer.Layer<MemoryStores, never, ApiClient> = Layer.effect(MemoryStores, make)
