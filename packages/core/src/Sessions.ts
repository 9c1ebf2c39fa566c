/**
 * Create, read and retire sessions.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import * as Api from "./Api.ts"
import type { RequestOptions } from "./ApiClient.ts"
import { ApiClient } from "./ApiClient.ts"
import type { ApiError } from "./ApiError.ts"
import type { SessionId } from "./Ids.ts"
import { paginate } from "./internal/http/paginate.ts"
import * as sessionSpan from "./internal/telemetry/sessionSpan.ts"
import type { Page } from "./Page.ts"
import type { CreateParams, DeletedSession, ListParams, Session, UpdateParams } from "./Session.ts"
import * as UserEvent from "./UserEvent.ts"

/**
 * Operations on sessions.
 *
 * @category services
 * @since 0.1.0
 */
export interface Service {
  /**
   * Creates a session. It is idle and does nothing until it is sent an event, unless it is created with
   * `initial_events`. Not repeated after a failure that may have created one.
   */
  readonly create: (params: CreateParams, options?: RequestOptions) => Effect.Effect<Session, ApiError>
  /** Reads a session. */
  readonly retrieve: (id: SessionId, options?: RequestOptions) => Effect.Effect<Session, ApiError>
  /** All sessions that match, page by page as they are consumed; by default newest first, without archived ones. */
  readonly list: (params?: ListParams, options?: RequestOptions) => Stream.Stream<Session, ApiError>
  /** One page of sessions. Pass its `next_page` or `prev_page` as `page` to go on or back. */
  readonly listPage: (params?: ListParams, options?: RequestOptions) => Effect.Effect<Page<Session>, ApiError>
  /**
   * Changes a session's title, metadata, budget or agent configuration. What is left out stays; a metadata key set to
   * `null` is removed. The agent can only be changed while the session is not running.
   */
  readonly update: (id: SessionId, params: UpdateParams, options?: RequestOptions) => Effect.Effect<Session, ApiError>
  /** Deletes a session with its history, for good. Refused while it is running. */
  readonly delete: (id: SessionId, options?: RequestOptions) => Effect.Effect<DeletedSession, ApiError>
  /** Makes a session read-only, for good; its history stays readable. Refused while it is running. */
  readonly archive: (id: SessionId, options?: RequestOptions) => Effect.Effect<Session, ApiError>
  /**
   * Archives or deletes a session whatever it is doing: interrupts it if it runs, and waits until it reads as idle, which
   * is a moment after it says so. A session that is gone is fine. Fails with what it is refused with in the end.
   */
  readonly retire: (id: SessionId, options?: RetireOptions) => Effect.Effect<void, ApiError>
  /**
   * Creates a session that is retired when the scope closes: also after a failure and when the program is interrupted, so
   * that nothing is left running and billed. That takes no longer than `patience`; if it does not succeed, it is logged.
   */
  readonly scoped: (
    params: CreateParams,
    options?: ScopedOptions
  ) => Effect.Effect<Session, ApiError, Scope.Scope>
  /** Lets a session that {@link Service.scoped} created outlive its scope, as it is. */
  readonly detach: (id: SessionId) => Effect.Effect<void>
}

/**
 * How to retire a session.
 *
 * @category options
 * @since 0.1.0
 */
export interface RetireOptions {
  /**
   * What becomes of it: its history stays readable, or goes with it.
   *
   * @default "archive"
   */
  readonly by?: "archive" | "delete" | undefined
  /**
   * How long to wait for the session to come to rest.
   *
   * @default "30 seconds"
   */
  readonly patience?: Duration.DurationInput | undefined
}

/**
 * How to end a session that lives in a scope.
 *
 * @category options
 * @since 0.1.0
 */
export interface ScopedOptions extends RetireOptions {
  /** What is added to the request that creates it. */
  readonly request?: RequestOptions | undefined
}

/**
 * Tag for {@link Service}.
 *
 * @category services
 * @since 0.1.0
 */
export class Sessions extends Context.Tag("@effect-managed-agents/core/Sessions")<Sessions, Service>() {}

/**
 * Builds the service.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: Effect.Effect<Service, never, ApiClient> = Effect.map(ApiClient, (api) => {
  const listPage: Service["listPage"] = (query, options) => api.call(Api.sessions.list, { query }, options)
  const { archive, create, retrieve, ...rest }: Operations = {
    create: (body, options) => api.call(Api.sessions.create, { body }, options),
    retrieve: (id, options) => api.call(Api.sessions.retrieve, { path: { session_id: id } }, options),
    list: (params, options) => paginate((page) => listPage({ ...params, ...page }, options)),
    listPage,
    update: (id, body, options) => api.call(Api.sessions.update, { path: { session_id: id }, body }, options),
    delete: (id, options) => api.call(Api.sessions.delete, { path: { session_id: id } }, options),
    archive: (id, options) => api.call(Api.sessions.archive, { path: { session_id: id } }, options)
  }

  const interrupt = (id: SessionId) =>
    api.call(Api.events.send, { path: { session_id: id }, body: { events: [UserEvent.interrupt()] } })

  type By = NonNullable<RetireOptions["by"]>

  const end = (id: SessionId, by: By): Effect.Effect<unknown, ApiError> =>
    by === "archive" ? archive(id) : rest.delete(id)

  const untilRetired = (id: SessionId, by: By): Effect.Effect<void, ApiError> =>
    Effect.suspend(() => {
      let interrupted = -Infinity
      /** One attempt: whether the session is retired. */
      const attempt = (n: number): Effect.Effect<boolean, ApiError> =>
        Effect.flatMap(retrieve(id), ({ archived_at, status }) => {
          if (archived_at !== null && by === "archive") return Effect.succeed(true)
          if (status !== "running" && status !== "rescheduling") return Effect.as(end(id, by), true)
          // what is queued starts another turn after the one that was stopped
          if (n < interrupted + 5) return Effect.succeed(false)
          return Effect.map(interrupt(id), () => {
            interrupted = n
            return false
          })
        }).pipe(
          Effect.catchAll((error) => {
            if (error._tag === "NotFound") return Effect.succeed(true)
            // it runs again, or does not read as idle everywhere
            return error._tag === "InvalidRequest" || error.isRetryable ? Effect.succeed(false) : Effect.fail(error)
          })
        )
      const loop = (n: number): Effect.Effect<void, ApiError> =>
        Effect.flatMap(attempt(n), (done) =>
          done ? Effect.void : Effect.delay(Effect.suspend(() => loop(n + 1)), Math.min(100 * 2 ** n, 2000)))
      return loop(0)
    })

  const retire: Service["retire"] = (id, { by = "archive", patience = "30 seconds" } = {}) =>
    Effect.timeoutOption(untilRetired(id, by), patience).pipe(
      // the service says best why it is not possible
      Effect.flatMap(Option.match({ onNone: () => end(id, by), onSome: () => Effect.void })),
      Effect.asVoid,
      sessionSpan.within("Sessions.retire", id)
    )

  const detached = new Set<SessionId>()
  const held = new Set<SessionId>()

  const release = (id: SessionId, { by = "archive", patience = "30 seconds" }: ScopedOptions): Effect.Effect<void> =>
    Effect.suspend(() => {
      held.delete(id)
      if (detached.delete(id)) return Effect.void
      return untilRetired(id, by).pipe(
        Effect.timeout(patience),
        sessionSpan.within("Sessions.retire", id),
        Effect.catchAllCause((cause) =>
          Effect.logWarning(`Session ${id} could not be retired and may be running`, cause)
        ),
        // The time limit needs something that can be interrupted. But whoever interrupts the program meanwhile would
        // interrupt that as well if it were a child of the program's fiber.
        Effect.interruptible,
        Effect.forkDaemon,
        Effect.flatMap(Fiber.join)
      )
    })

  const scoped: Service["scoped"] = (params, options = {}) =>
    Effect.gen(function*() {
      const span = yield* sessionSpan.open
      const created = Effect.withParentSpan(create(params, options.request), span.span)
      const session = yield* Effect.acquireRelease(
        // Whoever gives up while it is created leaves at most an idle session behind, which costs nothing; unless it is
        // created with something to do.
        (params.initial_events ?? []).length > 0
          ? created
          : Effect.interruptible(created),
        ({ id }) => Effect.withParentSpan(release(id, options), span.span)
      )
      held.add(session.id)
      yield* sessionSpan.identify(span, session.id)
      return session
    })

  return Sessions.of({
    ...rest,
    archive,
    create,
    retrieve,
    retire,
    scoped,
    detach: (id) =>
      Effect.sync(() => {
        if (held.has(id)) detached.add(id)
      })
  })
})

type Operations = Omit<Service, "detach" | "retire" | "scoped">

/**
 * Provides {@link Sessions}.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Sessions, never, ApiClient> = Layer.effect(Sessions, make)
