/**
 * The work queue of a self-hosted environment.
 *
 * Workers `list`, `poll`, `ack` and send a `heartbeat` with the key of the environment, or with what came with the item
 * (`Work.credentials`): pass it as `authToken` of the call. `retrieve` and `update` take an API key only.
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
import type { EnvironmentIdInput, WorkIdInput } from "./Ids.ts"
import { paginate } from "./internal/http/paginate.ts"
import type { Page } from "./Page.ts"
import type {
  Heartbeat,
  HeartbeatParams,
  ListParams,
  PollParams,
  Stats,
  StopParams,
  UpdateParams,
  Work
} from "./Work.ts"
import * as Api from "./WorkspaceApi.ts"

/**
 * Operations on the work queue of an environment.
 * @category services
 */
export interface Service {
  /** Reads a work item. */
  readonly retrieve: (
    id: EnvironmentIdInput,
    workId: WorkIdInput,
    options?: RequestOptions
  ) => Effect.Effect<Work, ApiError>
  /** All work items, page by page as they are consumed. */
  readonly list: (
    id: EnvironmentIdInput,
    params?: ListParams,
    options?: RequestOptions
  ) => Stream.Stream<Work, ApiError>
  /** One page of work items. Pass its `next_page` as `page` to go on. */
  readonly listPage: (
    id: EnvironmentIdInput,
    params?: ListParams,
    options?: RequestOptions
  ) => Effect.Effect<Page<Work>, ApiError>
  /** Changes the metadata of a work item. */
  readonly update: (
    id: EnvironmentIdInput,
    workId: WorkIdInput,
    params: UpdateParams,
    options?: RequestOptions
  ) => Effect.Effect<Work, ApiError>
  /**
   * Takes the next work item, or `null` if there is none. An item that is not acknowledged in time is given again, so that
   * nothing is lost with an answer. The service counts workers by the header `anthropic-worker-id`, an option of the call.
   */
  readonly poll: (
    id: EnvironmentIdInput,
    params?: PollParams,
    options?: RequestOptions
  ) => Effect.Effect<Work | null, ApiError>
  /** Acknowledges a work item: it leaves the queue. */
  readonly ack: (
    id: EnvironmentIdInput,
    workId: WorkIdInput,
    options?: RequestOptions
  ) => Effect.Effect<Work, ApiError>
  /** Keeps the lease of a work item. Refused with status 412 if another worker may hold it. */
  readonly heartbeat: (
    id: EnvironmentIdInput,
    workId: WorkIdInput,
    params?: HeartbeatParams,
    options?: RequestOptions
  ) => Effect.Effect<Heartbeat, ApiError>
  /** Stops a work item, by default after what it is doing. */
  readonly stop: (
    id: EnvironmentIdInput,
    workId: WorkIdInput,
    params?: StopParams,
    options?: RequestOptions
  ) => Effect.Effect<Work, ApiError>
  /** The state of the queue. */
  readonly stats: (
    id: EnvironmentIdInput,
    options?: RequestOptions
  ) => Effect.Effect<Stats, ApiError>
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class EnvironmentWork
  extends Context.Tag("@effect-managed-agents/core/EnvironmentWork")<EnvironmentWork, Service>()
{}

/**
 * Builds the service.
 * @category constructors
 */
export const make: Effect.Effect<Service, never, ApiClient> = Effect.map(ApiClient, (api) => {
  const queue = (environment_id: EnvironmentIdInput) => ({ path: { environment_id } })
  const path = (environment_id: EnvironmentIdInput, work_id: WorkIdInput) => ({ path: { environment_id, work_id } })
  const listPage: Service["listPage"] = (id, query, options) =>
    api.call(Api.environmentWork.list, { ...queue(id), query }, options)
  return EnvironmentWork.of({
    retrieve: (id, workId, options) => api.call(Api.environmentWork.retrieve, path(id, workId), options),
    list: (id, params, options) => paginate((page) => listPage(id, { ...params, ...page }, options)),
    listPage,
    update: (id, workId, body, options) => api.call(Api.environmentWork.update, { ...path(id, workId), body }, options),
    poll: (id, query, options) => api.call(Api.environmentWork.poll, { ...queue(id), query }, options),
    ack: (id, workId, options) => api.call(Api.environmentWork.ack, path(id, workId), options),
    heartbeat: (id, workId, query, options) =>
      api.call(Api.environmentWork.heartbeat, { ...path(id, workId), query }, options),
    stop: (id, workId, body = {}, options) =>
      api.call(Api.environmentWork.stop, { ...path(id, workId), body }, options),
    stats: (id, options) => api.call(Api.environmentWork.stats, queue(id), options)
  })
})

/**
 * Provides {@link EnvironmentWork}.
 * @category layers
 */
export const layer: Layer.Layer<EnvironmentWork, never, ApiClient> = Layer.effect(EnvironmentWork, make)
