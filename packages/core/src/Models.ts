/**
 * The models of the service: list and read them.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { RequestOptions } from "./ApiClient.ts"
import { ApiClient } from "./ApiClient.ts"
import type { ApiError } from "./ApiError.ts"
import type { ListParams, Model, ModelPage } from "./Model.ts"
import * as Api from "./WorkspaceApi.ts"

/**
 * Operations on models.
 * @category services
 */
export interface Service {
  /** All models that match, the newest first, page by page as they are consumed. */
  readonly list: (params?: ListParams, options?: RequestOptions) => Stream.Stream<Model, ApiError>
  /** One page of models. Pass its `last_id` as `after_id` to go on while it `has_more`. */
  readonly listPage: (params?: ListParams, options?: RequestOptions) => Effect.Effect<ModelPage, ApiError>
  /** Reads a model, also by an alias. */
  readonly retrieve: (id: string, options?: RequestOptions) => Effect.Effect<Model, ApiError>
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class Models extends Context.Tag("@effect-managed-agents/core/Models")<Models, Service>() {}

/**
 * Builds the service.
 * @category constructors
 */
export const make: Effect.Effect<Service, never, ApiClient> = Effect.map(ApiClient, (api) => {
  const listPage: Service["listPage"] = (query, options) => api.call(Api.models.list, { query }, options)
  return Models.of({
    list: (params, options) =>
      Stream.flattenIterables(
        Stream.paginateEffect(params, (query: ListParams | undefined) =>
          Effect.map(listPage(query, options), ({ data, has_more, last_id }) => [
            data,
            has_more && last_id ? Option.some({ ...query, after_id: last_id }) : Option.none()
          ]))
      ),
    listPage,
    retrieve: (model_id, options) => api.call(Api.models.retrieve, { path: { model_id } }, options)
  })
})

/**
 * Provides {@link Models}.
 * @category layers
 */
export const layer: Layer.Layer<Models, never, ApiClient> = Layer.effect(Models, make)
