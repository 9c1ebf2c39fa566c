/**
 * Vaults: create, read, change, archive and delete them. `Credentials` has what is in them.
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
import type { VaultIdInput } from "./Ids.ts"
import { paginate } from "./internal/http/paginate.ts"
import type { Page } from "./Page.ts"
import type { CreateParams, DeletedVault, ListParams, UpdateParams, Vault } from "./Vault.ts"
import * as Api from "./WorkspaceApi.ts"

/**
 * Operations on vaults.
 * @category services
 */
export interface Service {
  /** Creates a vault. Not repeated after a failure that may have created one. */
  readonly create: (params: CreateParams, options?: RequestOptions) => Effect.Effect<Vault, ApiError>
  /** Reads a vault. */
  readonly retrieve: (id: VaultIdInput, options?: RequestOptions) => Effect.Effect<Vault, ApiError>
  /** All vaults, page by page as they are consumed; by default without archived ones. */
  readonly list: (params?: ListParams, options?: RequestOptions) => Stream.Stream<Vault, ApiError>
  /** One page of vaults. Pass its `next_page` as `page` to go on. */
  readonly listPage: (params?: ListParams, options?: RequestOptions) => Effect.Effect<Page<Vault>, ApiError>
  /** Changes a vault; what is left out stays. */
  readonly update: (
    id: VaultIdInput,
    params: UpdateParams,
    options?: RequestOptions
  ) => Effect.Effect<Vault, ApiError>
  /** Deletes a vault, with the credentials in it. */
  readonly delete: (id: VaultIdInput, options?: RequestOptions) => Effect.Effect<DeletedVault, ApiError>
  /** Archives a vault: no session can be created with it any more. */
  readonly archive: (id: VaultIdInput, options?: RequestOptions) => Effect.Effect<Vault, ApiError>
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class Vaults extends Context.Tag("@effect-managed-agents/core/Vaults")<Vaults, Service>() {}

/**
 * Builds the service.
 * @category constructors
 */
export const make: Effect.Effect<Service, never, ApiClient> = Effect.map(ApiClient, (api) => {
  const path = (vault_id: VaultIdInput) => ({ path: { vault_id } })
  const listPage: Service["listPage"] = (query, options) => api.call(Api.vaults.list, { query }, options)
  return Vaults.of({
    create: (body, options) => api.call(Api.vaults.create, { body }, options),
    retrieve: (id, options) => api.call(Api.vaults.retrieve, path(id), options),
    list: (params, options) => paginate((page) => listPage({ ...params, ...page }, options)),
    listPage,
    update: (id, body, options) => api.call(Api.vaults.update, { ...path(id), body }, options),
    delete: (id, options) => api.call(Api.vaults.delete, path(id), options),
    archive: (id, options) => api.call(Api.vaults.archive, path(id), options)
  })
})

/**
 * Provides {@link Vaults}.
 * @category layers
 */
export const layer: Layer.Layer<Vaults, never, ApiClient> = Layer.effect(Vaults, make)
