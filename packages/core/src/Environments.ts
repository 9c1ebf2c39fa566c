/**
 * Environments: create, read, change, archive and delete them.
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
import type { CreateParams, DeletedEnvironment, Environment, ListParams, UpdateParams } from "./Environment.ts"
import type { EnvironmentIdInput } from "./Ids.ts"
import { paginate } from "./internal/http/paginate.ts"
import type { Page } from "./Page.ts"
import * as Api from "./WorkspaceApi.ts"

/**
 * Operations on environments.
 * @category services
 */
export interface Service {
  /** Creates an environment. Not repeated after a failure that may have created one. */
  readonly create: (params: CreateParams, options?: RequestOptions) => Effect.Effect<Environment, ApiError>
  /** Reads an environment. */
  readonly retrieve: (id: EnvironmentIdInput, options?: RequestOptions) => Effect.Effect<Environment, ApiError>
  /** All environments, page by page as they are consumed; by default without archived ones. */
  readonly list: (params?: ListParams, options?: RequestOptions) => Stream.Stream<Environment, ApiError>
  /** One page of environments. Pass its `next_page` as `page` to go on. */
  readonly listPage: (params?: ListParams, options?: RequestOptions) => Effect.Effect<Page<Environment>, ApiError>
  /** Changes an environment; what is left out stays. Refused if it is archived, or of another kind. */
  readonly update: (
    id: EnvironmentIdInput,
    params: UpdateParams,
    options?: RequestOptions
  ) => Effect.Effect<Environment, ApiError>
  /** Deletes an environment. Refused (`Conflict`) while it has active sessions. */
  readonly delete: (id: EnvironmentIdInput, options?: RequestOptions) => Effect.Effect<DeletedEnvironment, ApiError>
  /** Archives an environment: no session can be created in it any more. */
  readonly archive: (id: EnvironmentIdInput, options?: RequestOptions) => Effect.Effect<Environment, ApiError>
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class Environments extends Context.Tag("@effect-managed-agents/core/Environments")<Environments, Service>() {}

/**
 * Builds the service.
 * @category constructors
 */
export const make: Effect.Effect<Service, never, ApiClient> = Effect.map(ApiClient, (api) => {
  const path = (environment_id: EnvironmentIdInput) => ({ path: { environment_id } })
  const listPage: Service["listPage"] = (query, options) => api.call(Api.environments.list, { query }, options)
  return Environments.of({
    create: (body, options) => api.call(Api.environments.create, { body }, options),
    retrieve: (id, options) => api.call(Api.environments.retrieve, path(id), options),
    list: (params, options) => paginate((page) => listPage({ ...params, ...page }, options)),
    listPage,
    update: (id, body, options) => api.call(Api.environments.update, { ...path(id), body }, options),
    delete: (id, options) => api.call(Api.environments.delete, path(id), options),
    archive: (id, options) => api.call(Api.environments.archive, path(id), options)
  })
})

/**
 * Provides {@link Environments}.
 * @category layers
 */
export const layer: Layer.Layer<Environments, never, ApiClient> = Layer.effect(Environments, make)
