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
import type { Ensured } from "./Ensured.ts"
import type { AgentIdInput } from "./Ids.ts"
import { paginate } from "./internal/http/paginate.ts"
import * as setup from "./internal/setup/ensure.ts"
import * as span from "./internal/telemetry/span.ts"
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

/**
 * Options of {@link ensure}.
 * @category options
 */
export interface EnsureOptions extends setup.Options {}

/** `multiagent_20261001` is merged into what there is, so that everything has to be said. */
const whole = (multiagent: CreateParams["multiagent"]): UpdateParams["multiagent"] =>
  multiagent?.type === "multiagent_20261001"
    ? { advisor: null, subagents: null, workflows: null, ...multiagent }
    : multiagent ?? null

/**
 * Makes the agent of a key what its definition says: creates it, or makes another version of it if the definition or the
 * agent has changed since. What the definition leaves out is removed, metadata as well.
 *
 * The key and a mark of the definition are kept in the agent's metadata, as `ensure` and `ensure_mark`. Archived agents do
 * not count. Several processes may do it at once: a version that somebody else made meanwhile is read again, and of agents
 * that were created at once, the oldest is used and the others are archived. Sessions keep the version that they have.
 *
 * @example
 * ```ts
 * import * as Agents from "@effect-managed-agents/core/Agents"
 * import * as Effect from "effect/Effect"
 *
 * export const agent = Effect.map(
 *   Agents.ensure({ name: "Clerk", model: "claude-opus-5-5", system: "Be brief." }, { key: "clerk" }),
 *   ({ value }) => value.id
 * )
 * ```
 *
 * @category combinators
 */
export const ensure = (
  definition: CreateParams,
  { key, request }: EnsureOptions
): Effect.Effect<Ensured<SavedAgent>, ApiError, Agents> =>
  Effect.flatMap(Agents, (agents) => {
    const digest = setup.digestOf(definition)
    const metadata = (version: number) => setup.metadataOf(definition.metadata, key, `${digest}.${version}`)
    return setup.ensure(key, {
      list: agents.list({}, request),
      create: agents.create({ ...definition, metadata: metadata(1) }, request),
      discard: ({ id }) => agents.archive(id, request),
      isCurrent: (agent) => agent.metadata[setup.markKey] === `${digest}.${agent.version}`,
      update: (agent) => {
        const { description = null, execution_identity, mcp_servers = [], skills = [], system = null, tools = [] } =
          definition
        return agents.update(agent.id, {
          version: agent.version,
          name: definition.name,
          model: definition.model,
          description,
          system,
          tools,
          mcp_servers,
          skills,
          multiagent: whole(definition.multiagent),
          // older servers do not know it
          ...((execution_identity ?? agent.execution_identity) && { execution_identity: execution_identity ?? null }),
          metadata: setup.patchOf(agent, metadata(agent.version + 1))
        }, request)
      }
    })
  }).pipe(span.within("Agents.ensure"))
