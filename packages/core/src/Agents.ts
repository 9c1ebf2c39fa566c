/**
 * Saved agents: create, read, change and archive them, version by version.
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
import type { AgentIdInput } from "./Ids.ts"
import { paginate } from "./internal/http/paginate.ts"
import type { Page } from "./Page.ts"
import type {
  CreateParams,
  ListParams,
  ListVersionsParams,
  RetrieveParams,
  SavedAgent,
  UpdateParams
} from "./SavedAgent.ts"
import * as Api from "./WorkspaceApi.ts"

/**
 * Operations on saved agents.
 * @category services
 */
export interface Service {
  /** Creates an agent, at version 1. Not repeated after a failure that may have created one. */
  readonly create: (params: CreateParams, options?: RequestOptions) => Effect.Effect<SavedAgent, ApiError>
  /** Reads an agent, by default at its latest version. */
  readonly retrieve: (
    id: AgentIdInput,
    params?: RetrieveParams,
    options?: RequestOptions
  ) => Effect.Effect<SavedAgent, ApiError>
  /** All agents that match, page by page as they are consumed; by default without archived ones. */
  readonly list: (params?: ListParams, options?: RequestOptions) => Stream.Stream<SavedAgent, ApiError>
  /** One page of agents. Pass its `next_page` as `page` to go on. */
  readonly listPage: (params?: ListParams, options?: RequestOptions) => Effect.Effect<Page<SavedAgent>, ApiError>
  /**
   * Makes another version of an agent. What is left out stays; sessions keep the version that they were created with. With
   * a `version` that is not the latest any more, the update is refused (`Conflict`): read the agent again, and decide anew.
   */
  readonly update: (
    id: AgentIdInput,
    params: UpdateParams,
    options?: RequestOptions
  ) => Effect.Effect<SavedAgent, ApiError>
  /** Archives an agent, for good: no session can be created with it any more. There is no way to delete one. */
  readonly archive: (id: AgentIdInput, options?: RequestOptions) => Effect.Effect<SavedAgent, ApiError>
  /** All versions of an agent, page by page as they are consumed. */
  readonly listVersions: (
    id: AgentIdInput,
    params?: ListVersionsParams,
    options?: RequestOptions
  ) => Stream.Stream<SavedAgent, ApiError>
  /** One page of an agent's versions. Pass its `next_page` as `page` to go on. */
  readonly listVersionsPage: (
    id: AgentIdInput,
    params?: ListVersionsParams,
    options?: RequestOptions
  ) => Effect.Effect<Page<SavedAgent>, ApiError>
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class Agents extends Context.Tag("@effect-managed-agents/core/Agents")<Agents, Service>() {}

/**
 * Builds the service.
 * @category constructors
 */
export const make: Effect.Effect<Service, never, ApiClient> = Effect.map(ApiClient, (api) => {
  const path = (agent_id: AgentIdInput) => ({ path: { agent_id } })
  const listPage: Service["listPage"] = (query, options) => api.call(Api.agents.list, { query }, options)
  const listVersionsPage: Service["listVersionsPage"] = (id, query, options) =>
    api.call(Api.agents.listVersions, { ...path(id), query }, options)
  return Agents.of({
    create: (body, options) => api.call(Api.agents.create, { body }, options),
    retrieve: (id, query, options) => api.call(Api.agents.retrieve, { ...path(id), query }, options),
    list: (params, options) => paginate((page) => listPage({ ...params, ...page }, options)),
    listPage,
    update: (id, body, options) => api.call(Api.agents.update, { ...path(id), body }, options),
    archive: (id, options) => api.call(Api.agents.archive, path(id), options),
    listVersions: (id, params, options) => paginate((page) => listVersionsPage(id, { ...params, ...page }, options)),
    listVersionsPage
  })
})

/**
 * Provides {@link Agents}.
 * @category layers
 */
export const layer: Layer.Layer<Agents, never, ApiClient> = Layer.effect(Agents, make)
