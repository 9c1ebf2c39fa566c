/**
 * The files, repositories and memory stores that are mounted in a session.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import * as Api from "./Api.ts"
import type { RequestOptions } from "./ApiClient.ts"
import { ApiClient } from "./ApiClient.ts"
import type { ApiError } from "./ApiError.ts"
import type { ResourceIdInput, SessionIdInput } from "./Ids.ts"
import { paginate } from "./internal/http/paginate.ts"
import type { Page } from "./Page.ts"
import type { AddParams, DeletedResource, FileResource, ListParams, Resource, UpdateParams } from "./Resource.ts"

/**
 * Operations on the resources of a session.
 * @category services
 */
export interface Service {
  /** Mounts a file in a session, which may be running. Repositories and memory stores are given at creation only. */
  readonly add: (
    id: SessionIdInput,
    params: AddParams,
    options?: RequestOptions
  ) => Effect.Effect<FileResource, ApiError>
  /** All resources of a session, in the order of their creation. */
  readonly list: (
    id: SessionIdInput,
    params?: ListParams,
    options?: RequestOptions
  ) => Stream.Stream<Resource, ApiError>
  /** One page of resources. Pass its `next_page` as `page` to go on. */
  readonly listPage: (
    id: SessionIdInput,
    params?: ListParams,
    options?: RequestOptions
  ) => Effect.Effect<Page<Resource>, ApiError>
  /** Reads a resource. */
  readonly retrieve: (
    id: SessionIdInput,
    resourceId: ResourceIdInput,
    options?: RequestOptions
  ) => Effect.Effect<Resource, ApiError>
  /** Replaces the token with which a repository is read. Nothing else of a resource can be changed. */
  readonly update: (
    id: SessionIdInput,
    resourceId: ResourceIdInput,
    params: UpdateParams,
    options?: RequestOptions
  ) => Effect.Effect<Resource, ApiError>
  /** Takes a file out of a session. */
  readonly delete: (
    id: SessionIdInput,
    resourceId: ResourceIdInput,
    options?: RequestOptions
  ) => Effect.Effect<DeletedResource, ApiError>
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class Resources extends Context.Tag("@effect-managed-agents/core/Resources")<Resources, Service>() {}

/**
 * Builds the service.
 * @category constructors
 */
export const make: Effect.Effect<Service, never, ApiClient> = Effect.map(ApiClient, (api) => {
  const path = (session_id: SessionIdInput, resource_id: ResourceIdInput) => ({ path: { session_id, resource_id } })
  const listPage: Service["listPage"] = (id, query, options) =>
    api.call(Api.resources.list, { path: { session_id: id }, query }, options)
  return Resources.of({
    add: (id, body, options) => api.call(Api.resources.add, { path: { session_id: id }, body }, options),
    list: (id, params, options) => paginate((page) => listPage(id, { ...params, ...page }, options)),
    listPage,
    retrieve: (id, resourceId, options) => api.call(Api.resources.retrieve, path(id, resourceId), options),
    update: (id, resourceId, body, options) =>
      api.call(Api.resources.update, { ...path(id, resourceId), body }, options),
    delete: (id, resourceId, options) => api.call(Api.resources.delete, path(id, resourceId), options)
  })
})

/**
 * Provides {@link Resources}.
 * @category layers
 */
export const layer: Layer.Layer<Resources, never, ApiClient> = Layer.effect(Resources, make)
