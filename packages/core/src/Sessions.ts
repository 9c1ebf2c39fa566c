/**
 * Sessions: create, read, change, archive and delete them.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import * as Api from "./Api.ts"
import type { RequestOptions } from "./ApiClient.ts"
import { ApiClient } from "./ApiClient.ts"
import type { ApiError } from "./ApiError.ts"
import type { SessionIdInput } from "./Ids.ts"
import { paginate } from "./internal/http/paginate.ts"
import type { Page } from "./Page.ts"
import type { CreateParams, DeletedSession, ListParams, Session, UpdateParams } from "./Session.ts"

/**
 * Operations on sessions.
 * @category services
 */
export interface Service {
  /**
   * Creates a session. It is idle and does nothing until it is sent an event, unless it is created with
   * `initial_events`. Not repeated after a failure that may have created one.
   */
  readonly create: (params: CreateParams, options?: RequestOptions) => Effect.Effect<Session, ApiError>
  /** Reads a session. */
  readonly retrieve: (id: SessionIdInput, options?: RequestOptions) => Effect.Effect<Session, ApiError>
  /** All sessions that match, page by page as they are consumed; by default newest first, without archived ones. */
  readonly list: (params?: ListParams, options?: RequestOptions) => Stream.Stream<Session, ApiError>
  /** One page of sessions. Pass its `next_page` or `prev_page` as `page` to go on or back. */
  readonly listPage: (params?: ListParams, options?: RequestOptions) => Effect.Effect<Page<Session>, ApiError>
  /**
   * Changes a session's title, metadata, budget or agent configuration. What is left out stays; a metadata key set to
   * `null` is removed. The agent can only be changed while the session is not running.
   */
  readonly update: (
    id: SessionIdInput,
    params: UpdateParams,
    options?: RequestOptions
  ) => Effect.Effect<Session, ApiError>
  /** Deletes a session with its history, for good. Refused while it is running. */
  readonly delete: (id: SessionIdInput, options?: RequestOptions) => Effect.Effect<DeletedSession, ApiError>
  /** Makes a session read-only, for good; its history stays readable. Refused while it is running. */
  readonly archive: (id: SessionIdInput, options?: RequestOptions) => Effect.Effect<Session, ApiError>
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class Sessions extends Context.Tag("@effect-managed-agents/core/Sessions")<Sessions, Service>() {}

/**
 * Builds the service.
 * @category constructors
 */
export const make: Effect.Effect<Service, never, ApiClient> = Effect.map(ApiClient, (api) => {
  const path = (session_id: SessionIdInput) => ({ path: { session_id } })
  const listPage: Service["listPage"] = (query, options) => api.call(Api.sessions.list, { query }, options)
  return Sessions.of({
    create: (body, options) => api.call(Api.sessions.create, { body }, options),
    retrieve: (id, options) => api.call(Api.sessions.retrieve, path(id), options),
    list: (params, options) => paginate((page) => listPage({ ...params, ...page }, options)),
    listPage,
    update: (id, body, options) => api.call(Api.sessions.update, { ...path(id), body }, options),
    delete: (id, options) => api.call(Api.sessions.delete, path(id), options),
    archive: (id, options) => api.call(Api.sessions.archive, path(id), options)
  })
})

/**
 * Provides {@link Sessions}.
 * @category layers
 */
export const layer: Layer.Layer<Sessions, never, ApiClient> = Layer.effect(Sessions, make)
