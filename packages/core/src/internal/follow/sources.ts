import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import * as Api from "../../Api.ts"
import type { Service } from "../../ApiClient.ts"
import type { ApiError } from "../../ApiError.ts"
import type { Event, ListParams, StreamEvent, StreamParams } from "../../Event.ts"
import type * as Follow from "../../Follow.ts"
import type { SessionIdInput, ThreadIdInput } from "../../Ids.ts"
import type { Page } from "../../Page.ts"
import type { Options, StreamOptions } from "../http/request.ts"

/** A source of events that can be followed: a session or a thread. */
export interface Source {
  /** Name for errors and metrics. */
  readonly operation: string
  /** Attaches to the live stream. */
  readonly open: (
    params: StreamParams,
    options: StreamOptions
  ) => Effect.Effect<Stream.Stream<StreamEvent, ApiError>, ApiError, Scope.Scope>
  /** Reads a page of the list. */
  readonly page: (query: ListParams) => Effect.Effect<Page<Event>, ApiError>
  /** The list can be read backwards, and from a moment on. */
  readonly isOrdered: boolean
  /** Asks what became of the source; `undefined` while it goes on. */
  readonly end: Effect.Effect<Follow.EndReason | undefined, ApiError>
  /** Tells whether nothing comes after this event, of this type. */
  readonly isLast: (event: StreamEvent, type: string) => boolean
}

/** The end of something that has a status; `undefined` while it goes on. */
const endOf = (
  { archived_at, status }: { readonly archived_at: string | null; readonly status: string }
): Follow.EndReason | undefined => {
  if (archived_at !== null) return "archived"
  return status === "terminated" ? "terminated" : undefined
}

/** A session: its own events, and what its threads post to it. */
export const session = (api: Service, session_id: SessionIdInput, options: Options): Source => {
  const path = { session_id }
  return {
    operation: "Events.follow",
    open: (query, options) => api.open(Api.events.stream, { path, query }, options),
    page: (query) => api.call(Api.events.list, { path, query }, options),
    isOrdered: true,
    end: Effect.map(api.call(Api.sessions.retrieve, { path }, options), endOf),
    isLast: (_, type) => type === "session.status_terminated" || type === "session.deleted"
  }
}

/** One thread of a session. */
export const thread = (
  api: Service,
  session_id: SessionIdInput,
  thread_id: ThreadIdInput,
  options: Options
): Source => {
  const path = { session_id, thread_id }
  return {
    operation: "Threads.follow",
    open: (query, options) => api.open(Api.threads.stream, { path, query }, options),
    page: ({ limit, page }) => api.call(Api.threads.listEvents, { path, query: { limit, page } }, options),
    isOrdered: false,
    // the primary thread of an archived session reads as if nothing had happened
    end: Effect.flatMap(api.call(Api.threads.retrieve, { path }, options), (thread) => {
      const end = endOf(thread)
      return end === undefined ? session(api, session_id, options).end : Effect.succeed(end)
    }),
    isLast: (event, type) =>
      type === "session.deleted" || type === "session.status_terminated" ||
      (event.type === "session.thread_status_terminated" && event.session_thread_id === thread_id)
  }
}
