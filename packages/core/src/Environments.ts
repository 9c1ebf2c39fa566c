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
import type { Ensured } from "./Ensured.ts"
import type {
  ConfigParams,
  CreateParams,
  DeletedEnvironment,
  Environment,
  ListParams,
  UpdateParams
} from "./Environment.ts"
import type { EnvironmentIdInput } from "./Ids.ts"
import { paginate } from "./internal/http/paginate.ts"
import * as setup from "./internal/setup/ensure.ts"
import * as span from "./internal/telemetry/span.ts"
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

/**
 * Options of {@link ensure}.
 * @category options
 */
export interface EnsureOptions extends setup.Options {}

/** A configuration with all defaults, because an update leaves what it does not mention. */
const complete = (config: CreateParams["config"]): ConfigParams => {
  if (config && config.type !== "cloud") return config
  const network = config?.networking ?? { type: "unrestricted" }
  const { apt, cargo, gem, go, npm, pip } = config?.packages ?? {}
  return {
    type: "cloud",
    networking: network.type !== "limited" ? network : {
      type: "limited",
      allowed_hosts: network.allowed_hosts ?? [],
      allow_mcp_servers: network.allow_mcp_servers ?? false,
      allow_package_managers: network.allow_package_managers ?? false
    },
    packages: {
      apt: apt ?? [],
      cargo: cargo ?? [],
      gem: gem ?? [],
      go: go ?? [],
      npm: npm ?? [],
      pip: pip ?? []
    }
  }
}

/**
 * Makes the environment of a key what its definition says: creates it, or changes it. What the definition leaves out gets its
 * default, and metadata is removed. The kind of an environment cannot change.
 *
 * The key and a mark of the definition are kept in the environment's metadata, as `ensure` and `ensure_mark`; archived
 * environments do not count. Several processes may do it at once: of environments that were created at once, the oldest is used
 * and the others are archived.
 *
 * @example
 * ```ts
 * import * as Environments from "@effect-managed-agents/core/Environments"
 *
 * export const environment = Environments.ensure(
 *   { name: "Analysis", config: { type: "cloud", packages: { pip: ["pandas"] } } },
 *   { key: "analysis" }
 * )
 * ```
 *
 * @category combinators
 */
export const ensure = (
  definition: CreateParams,
  { key, request }: EnsureOptions
): Effect.Effect<Ensured<Environment>, ApiError, Environments> =>
  Effect.flatMap(Environments, (environments) => {
    const config = complete(definition.config)
    const description = definition.description ?? null
    const scope = definition.scope ? { scope: definition.scope } : {}
    const mark = setup.digestOf({ ...definition, config })
    const metadata = setup.metadataOf(definition.metadata, key, mark)
    return setup.ensure(key, {
      list: environments.list({}, request),
      create: environments.create({ ...definition, metadata }, request),
      discard: ({ id }) => environments.archive(id, request),
      isCurrent: (environment) =>
        environment.metadata[setup.markKey] === mark && environment.name === definition.name &&
        environment.description === description && setup.covers(config, environment.config),
      update: (environment) =>
        environments.update(environment.id, {
          name: definition.name,
          description,
          config,
          ...scope,
          metadata: setup.patchOf(environment, metadata)
        }, request)
    })
  }).pipe(span.within("Environments.ensure"))
