/**
 * The memories in a store: create, read, change and delete them, on the condition that nobody else has.
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
import type { MemoryIdInput, MemoryStoreIdInput } from "./Ids.ts"
import { paginate } from "./internal/http/paginate.ts"
import type {
  CreateParams,
  DeletedMemory,
  DeleteParams,
  ListItem,
  ListParams,
  Memory,
  UpdateParams,
  ViewParams
} from "./Memory.ts"
import type { Page } from "./Page.ts"
import * as Api from "./WorkspaceApi.ts"

/**
 * Operations on the memories in a store.
 * @category services
 */
export interface Service {
  /**
   * Creates a memory. Refused (`Conflict`) if its path is taken, or above or below one that is taken: the error names that
   * path and its memory. Not repeated after a failure that may have created one. The answer has no text unless `view` asks.
   */
  readonly create: (
    store: MemoryStoreIdInput,
    params: CreateParams & ViewParams,
    options?: RequestOptions
  ) => Effect.Effect<Memory, ApiError>
  /** Reads a memory, by default with its text. */
  readonly retrieve: (
    store: MemoryStoreIdInput,
    id: MemoryIdInput,
    params?: ViewParams,
    options?: RequestOptions
  ) => Effect.Effect<Memory, ApiError>
  /** All memories that match, page by page as they are consumed; by default without their texts. */
  readonly list: (
    store: MemoryStoreIdInput,
    params?: ListParams,
    options?: RequestOptions
  ) => Stream.Stream<ListItem, ApiError>
  /** One page of memories. Pass its `next_page` as `page` to go on. */
  readonly listPage: (
    store: MemoryStoreIdInput,
    params?: ListParams,
    options?: RequestOptions
  ) => Effect.Effect<Page<ListItem>, ApiError>
  /**
   * Changes the text or the path of a memory; what is left out stays. With a `precondition` on the text as it was read, an
   * update that somebody else was faster than is refused (`Conflict`): read the memory again, and decide anew. It is not
   * refused if the memory already is as the update would make it.
   */
  readonly update: (
    store: MemoryStoreIdInput,
    id: MemoryIdInput,
    params: UpdateParams & ViewParams,
    options?: RequestOptions
  ) => Effect.Effect<Memory, ApiError>
  /** Deletes a memory; its versions stay. With `expected_content_sha256`, refused (`Conflict`) if the text is another. */
  readonly delete: (
    store: MemoryStoreIdInput,
    id: MemoryIdInput,
    params?: DeleteParams,
    options?: RequestOptions
  ) => Effect.Effect<DeletedMemory, ApiError>
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class Memories extends Context.Tag("@effect-managed-agents/core/Memories")<Memories, Service>() {}

/**
 * Builds the service.
 * @category constructors
 */
export const make: Effect.Effect<Service, never, ApiClient> = Effect.map(ApiClient, (api) => {
  const storePath = (memory_store_id: MemoryStoreIdInput) => ({ path: { memory_store_id } })
  const path = (memory_store_id: MemoryStoreIdInput, memory_id: MemoryIdInput) => ({
    path: { memory_store_id, memory_id }
  })
  const listPage: Service["listPage"] = (store, query, options) =>
    api.call(Api.memories.list, { ...storePath(store), query }, options)
  return Memories.of({
    create: (store, { view, ...body }, options) =>
      api.call(Api.memories.create, { ...storePath(store), query: { view }, body }, options),
    retrieve: (store, id, query, options) => api.call(Api.memories.retrieve, { ...path(store, id), query }, options),
    list: (store, params, options) => paginate((page) => listPage(store, { ...params, ...page }, options)),
    listPage,
    update: (store, id, { view, ...body }, options) =>
      api.call(Api.memories.update, { ...path(store, id), query: { view }, body }, options),
    delete: (store, id, query, options) => api.call(Api.memories.delete, { ...path(store, id), query }, options)
  })
})

/**
 * Provides {@link Memories}.
 * @category layers
 */
export const layer: Layer.Layer<Memories, never, ApiClient> = Layer.effect(Memories, make)
