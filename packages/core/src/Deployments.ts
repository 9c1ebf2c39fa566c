/**
 * Deployments: create, read, change, pause, run and archive them.
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
import type { CreateParams, Deployment, ListParams, UpdateParams } from "./Deployment.ts"
import type { DeploymentRun } from "./DeploymentRun.ts"
import type { DeploymentIdInput } from "./Ids.ts"
import { paginate } from "./internal/http/paginate.ts"
import type { Page } from "./Page.ts"
import * as Api from "./WorkspaceApi.ts"

/**
 * Operations on deployments.
 * @category services
 */
export interface Service {
  /** Creates a deployment. Not repeated after a failure that may have created one. */
  readonly create: (
    params: CreateParams,
    options?: RequestOptions
  ) => Effect.Effect<Deployment, ApiError>
  /** Reads a deployment. */
  readonly retrieve: (
    id: DeploymentIdInput,
    options?: RequestOptions
  ) => Effect.Effect<Deployment, ApiError>
  /** All deployments that match, page by page as they are consumed; by default without archived ones. */
  readonly list: (
    params?: ListParams,
    options?: RequestOptions
  ) => Stream.Stream<Deployment, ApiError>
  /** One page of deployments. Pass its `next_page` as `page` to go on. */
  readonly listPage: (
    params?: ListParams,
    options?: RequestOptions
  ) => Effect.Effect<Page<Deployment>, ApiError>
  /** Changes a deployment; what is left out stays. */
  readonly update: (
    id: DeploymentIdInput,
    params: UpdateParams,
    options?: RequestOptions
  ) => Effect.Effect<Deployment, ApiError>
  /** Archives a deployment, for good. */
  readonly archive: (
    id: DeploymentIdInput,
    options?: RequestOptions
  ) => Effect.Effect<Deployment, ApiError>
  /** Keeps the schedule from running. Runs on demand stay possible. */
  readonly pause: (
    id: DeploymentIdInput,
    options?: RequestOptions
  ) => Effect.Effect<Deployment, ApiError>
  /** Lets the schedule run again. */
  readonly unpause: (
    id: DeploymentIdInput,
    options?: RequestOptions
  ) => Effect.Effect<Deployment, ApiError>
  /** Runs a deployment now. The run names its session, or says why there is none. Not repeated after a failure that may have run it. */
  readonly run: (
    id: DeploymentIdInput,
    options?: RequestOptions
  ) => Effect.Effect<DeploymentRun, ApiError>
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class Deployments extends Context.Tag("@effect-managed-agents/core/Deployments")<Deployments, Service>() {}

/**
 * Builds the service.
 * @category constructors
 */
export const make: Effect.Effect<Service, never, ApiClient> = Effect.map(ApiClient, (api) => {
  const path = (deployment_id: DeploymentIdInput) => ({ path: { deployment_id } })
  const listPage: Service["listPage"] = (query, options) => api.call(Api.deployments.list, { query }, options)
  return Deployments.of({
    create: (body, options) => api.call(Api.deployments.create, { body }, options),
    retrieve: (id, options) => api.call(Api.deployments.retrieve, path(id), options),
    list: (params, options) => paginate((page) => listPage({ ...params, ...page }, options)),
    listPage,
    update: (id, body, options) => api.call(Api.deployments.update, { ...path(id), body }, options),
    archive: (id, options) => api.call(Api.deployments.archive, path(id), options),
    pause: (id, options) => api.call(Api.deployments.pause, path(id), options),
    unpause: (id, options) => api.call(Api.deployments.unpause, path(id), options),
    run: (id, options) => api.call(Api.deployments.run, path(id), options)
  })
})

/**
 * Provides {@link Deployments}.
 * @category layers
 */
export const layer: Layer.Layer<Deployments, never, ApiClient> = Layer.effect(Deployments, make)
