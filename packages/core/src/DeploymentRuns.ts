/**
 * The runs of deployments: list and read them.
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
import type { DeploymentRun, ListParams } from "./DeploymentRun.ts"
import type { DeploymentRunIdInput } from "./Ids.ts"
import { paginate } from "./internal/http/paginate.ts"
import type { Page } from "./Page.ts"
import * as Api from "./WorkspaceApi.ts"

/**
 * Operations on the runs of deployments.
 * @category services
 */
export interface Service {
  /** All runs that match, page by page as they are consumed. */
  readonly list: (
    params?: ListParams,
    options?: RequestOptions
  ) => Stream.Stream<DeploymentRun, ApiError>
  /** One page of runs. Pass its `next_page` as `page` to go on. */
  readonly listPage: (
    params?: ListParams,
    options?: RequestOptions
  ) => Effect.Effect<Page<DeploymentRun>, ApiError>
  /** Reads a run. */
  readonly retrieve: (
    id: DeploymentRunIdInput,
    options?: RequestOptions
  ) => Effect.Effect<DeploymentRun, ApiError>
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class DeploymentRuns
  extends Context.Tag("@effect-managed-agents/core/DeploymentRuns")<DeploymentRuns, Service>()
{}

/**
 * Builds the service.
 * @category constructors
 */
export const make: Effect.Effect<Service, never, ApiClient> = Effect.map(ApiClient, (api) => {
  const listPage: Service["listPage"] = (query, options) => api.call(Api.deploymentRuns.list, { query }, options)
  return DeploymentRuns.of({
    list: (params, options) => paginate((page) => listPage({ ...params, ...page }, options)),
    listPage,
    retrieve: (deployment_run_id, options) =>
      api.call(Api.deploymentRuns.retrieve, { path: { deployment_run_id } }, options)
  })
})

/**
 * Provides {@link DeploymentRuns}.
 * @category layers
 */
export const layer: Layer.Layer<DeploymentRuns, never, ApiClient> = Layer.effect(DeploymentRuns, make)
