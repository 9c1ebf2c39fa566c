/**
 * The credentials in a vault: create, read, change, validate, archive and delete them. Their secrets are `Redacted` here and
 * in no answer.
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
import type { CreateParams, Credential, DeletedCredential, ListParams, UpdateParams, Validation } from "./Credential.ts"
import type { CredentialIdInput, VaultIdInput } from "./Ids.ts"
import { paginate } from "./internal/http/paginate.ts"
import type { Page } from "./Page.ts"
import * as Api from "./WorkspaceApi.ts"

/**
 * Operations on the credentials in a vault.
 * @category services
 */
export interface Service {
  /** Puts a credential into a vault. Not repeated after a failure that may have created one. */
  readonly create: (
    vault: VaultIdInput,
    params: CreateParams,
    options?: RequestOptions
  ) => Effect.Effect<Credential, ApiError>
  /** Reads a credential, without its secrets. */
  readonly retrieve: (
    vault: VaultIdInput,
    id: CredentialIdInput,
    options?: RequestOptions
  ) => Effect.Effect<Credential, ApiError>
  /** All credentials in a vault, page by page as they are consumed; by default without archived ones. */
  readonly list: (
    vault: VaultIdInput,
    params?: ListParams,
    options?: RequestOptions
  ) => Stream.Stream<Credential, ApiError>
  /** One page of the credentials in a vault. Pass its `next_page` as `page` to go on. */
  readonly listPage: (
    vault: VaultIdInput,
    params?: ListParams,
    options?: RequestOptions
  ) => Effect.Effect<Page<Credential>, ApiError>
  /** Changes a credential; what is left out stays. Its kind, and what it is for, can never change. */
  readonly update: (
    vault: VaultIdInput,
    id: CredentialIdInput,
    params: UpdateParams,
    options?: RequestOptions
  ) => Effect.Effect<Credential, ApiError>
  /** Deletes a credential. */
  readonly delete: (
    vault: VaultIdInput,
    id: CredentialIdInput,
    options?: RequestOptions
  ) => Effect.Effect<DeletedCredential, ApiError>
  /** Archives a credential: it is not used any more. */
  readonly archive: (
    vault: VaultIdInput,
    id: CredentialIdInput,
    options?: RequestOptions
  ) => Effect.Effect<Credential, ApiError>
  /** Tries an OAuth credential on its MCP server, and renews its access token if the server refuses that. */
  readonly mcpOAuthValidate: (
    vault: VaultIdInput,
    id: CredentialIdInput,
    options?: RequestOptions
  ) => Effect.Effect<Validation, ApiError>
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class Credentials extends Context.Tag("@effect-managed-agents/core/Credentials")<Credentials, Service>() {}

/**
 * Builds the service.
 * @category constructors
 */
export const make: Effect.Effect<Service, never, ApiClient> = Effect.map(ApiClient, (api) => {
  const vaultPath = (vault_id: VaultIdInput) => ({ path: { vault_id } })
  const path = (vault_id: VaultIdInput, credential_id: CredentialIdInput) => ({ path: { vault_id, credential_id } })
  const listPage: Service["listPage"] = (vault, query, options) =>
    api.call(Api.credentials.list, { ...vaultPath(vault), query }, options)
  return Credentials.of({
    create: (vault, body, options) => api.call(Api.credentials.create, { ...vaultPath(vault), body }, options),
    retrieve: (vault, id, options) => api.call(Api.credentials.retrieve, path(vault, id), options),
    list: (vault, params, options) => paginate((page) => listPage(vault, { ...params, ...page }, options)),
    listPage,
    update: (vault, id, body, options) => api.call(Api.credentials.update, { ...path(vault, id), body }, options),
    delete: (vault, id, options) => api.call(Api.credentials.delete, path(vault, id), options),
    archive: (vault, id, options) => api.call(Api.credentials.archive, path(vault, id), options),
    mcpOAuthValidate: (vault, id, options) => api.call(Api.credentials.mcpOAuthValidate, path(vault, id), options)
  })
})

/**
 * Provides {@link Credentials}.
 * @category layers
 */
export const layer: Layer.Layer<Credentials, never, ApiClient> = Layer.effect(Credentials, make)
