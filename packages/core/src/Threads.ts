/**
 * The threads of a session: the primary one, and one for each sub-agent at work.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Api from "./Api.ts"
import type { RequestOptions, StreamOptions } from "./ApiClient.ts"
import { ApiClient } from "./ApiClient.ts"
import type { ApiError } from "./ApiError.ts"
import type { Event, StreamParams, ThreadListParams, ThreadStreamEvent } from "./Event.ts"
import type * as Follow from "./Follow.ts"
import type { SessionIdInput, ThreadIdInput } from "./Ids.ts"
import { follow } from "./internal/follow/follow.ts"
import { followAll } from "./internal/follow/followAll.ts"
import * as sources from "./internal/follow/sources.ts"
import { paginate } from "./internal/http/paginate.ts"
import type { Page } from "./Page.ts"
import type { ListParams, Thread } from "./Thread.ts"

/**
 * Operations on the threads of a session.
 * @category services
 */
export interface Service {
  /** All threads of a session, the primary one first, archived ones included. */
  readonly list: (id: SessionIdInput, params?: ListParams, options?: RequestOptions) => Stream.Stream<Thread, ApiError>
  /** One page of threads. Pass its `next_page` as `page` to go on. */
  readonly listPage: (
    id: SessionIdInput,
    params?: ListParams,
    options?: RequestOptions
  ) => Effect.Effect<Page<Thread>, ApiError>
  /** Reads a thread. */
  readonly retrieve: (
    id: SessionIdInput,
    threadId: ThreadIdInput,
    options?: RequestOptions
  ) => Effect.Effect<Thread, ApiError>
  /** Ends a sub-agent's thread, for good. It must be idle; the primary thread can only be archived with its session. */
  readonly archive: (
    id: SessionIdInput,
    threadId: ThreadIdInput,
    options?: RequestOptions
  ) => Effect.Effect<Thread, ApiError>
  /** The history of one thread, oldest first. */
  readonly listEvents: (
    id: SessionIdInput,
    threadId: ThreadIdInput,
    params?: ThreadListParams,
    options?: RequestOptions
  ) => Stream.Stream<Event, ApiError>
  /** One page of a thread's history. Pass its `next_page` as `page` to go on. */
  readonly listEventsPage: (
    id: SessionIdInput,
    threadId: ThreadIdInput,
    params?: ThreadListParams,
    options?: RequestOptions
  ) => Effect.Effect<Page<Event>, ApiError>
  /** Attaches to the live stream of one thread; see `Events.open`. */
  readonly open: (
    id: SessionIdInput,
    threadId: ThreadIdInput,
    params?: StreamParams,
    options?: StreamOptions
  ) => Effect.Effect<Stream.Stream<ThreadStreamEvent, ApiError>, ApiError, Scope.Scope>
  /** The live stream of one thread, attached when it is run; see `Events.stream`. */
  readonly stream: (
    id: SessionIdInput,
    threadId: ThreadIdInput,
    params?: StreamParams,
    options?: StreamOptions
  ) => Stream.Stream<ThreadStreamEvent, ApiError>
  /**
   * Every event of the thread exactly once, whatever happens to the connection; see `Events.follow`. The list of a thread
   * cannot be read from a moment on, so that reconnecting reads its last page again, and starting all of it.
   */
  readonly follow: (
    id: SessionIdInput,
    threadId: ThreadIdInput,
    options?: Follow.Options
  ) => Stream.Stream<Follow.Update, ApiError>
  /**
   * Every event of a session and of all its child threads exactly once, each with its thread. Children are followed from
   * the moment they are created until they end. What a child posts to the session as well is emitted once, as the child's.
   *
   * The order is that of the list within a thread; between threads there is none.
   */
  readonly followAll: (
    id: SessionIdInput,
    options?: Follow.AllOptions
  ) => Stream.Stream<Follow.Threaded, ApiError>
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class Threads extends Context.Tag("@effect-managed-agents/core/Threads")<Threads, Service>() {}

/**
 * Builds the service.
 * @category constructors
 */
export const make: Effect.Effect<Service, never, ApiClient> = Effect.map(ApiClient, (api) => {
  const path = (session_id: SessionIdInput, thread_id: ThreadIdInput) => ({ path: { session_id, thread_id } })
  const listPage: Service["listPage"] = (id, query, options) =>
    api.call(Api.threads.list, { path: { session_id: id }, query }, options)
  const listEventsPage: Service["listEventsPage"] = (id, threadId, query, options) =>
    api.call(Api.threads.listEvents, { ...path(id, threadId), query }, options)
  const open: Service["open"] = (id, threadId, query, options) =>
    api.open(Api.threads.stream, { ...path(id, threadId), query }, options)
  return Threads.of({
    list: (id, params, options) => paginate((page) => listPage(id, { ...params, ...page }, options)),
    listPage,
    retrieve: (id, threadId, options) => api.call(Api.threads.retrieve, path(id, threadId), options),
    archive: (id, threadId, options) => api.call(Api.threads.archive, path(id, threadId), options),
    listEvents: (id, threadId, params, options) =>
      paginate((page) => listEventsPage(id, threadId, { ...params, ...page }, options)),
    listEventsPage,
    open,
    stream: (id, threadId, params, options) => Stream.unwrapScoped(open(id, threadId, params, options)),
    follow: (id, threadId, options = {}) => follow(sources.thread(api, id, threadId, options), options),
    followAll: (id, options = {}) => followAll(api, id, options)
  })
})

/**
 * Provides {@link Threads}.
 * @category layers
 */
export const layer: Layer.Layer<Threads, never, ApiClient> = Layer.effect(Threads, make)
