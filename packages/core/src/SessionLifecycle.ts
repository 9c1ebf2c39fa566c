/**
 * Sessions from creation to retirement: verbs that take several calls.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { RequestOptions } from "./ApiClient.ts"
import type { ApiError } from "./ApiError.ts"
import * as Delivery from "./Delivery.ts"
import { Events } from "./Events.ts"
import type { AgentIdInput, SessionIdInput } from "./Ids.ts"
import { isForeign } from "./internal/http/foreign.ts"
import { appears } from "./internal/setup/appears.ts"
import * as sessionSpan from "./internal/telemetry/sessionSpan.ts"
import * as span from "./internal/telemetry/span.ts"
import type { CreateParams, Session } from "./Session.ts"
import { Sessions } from "./Sessions.ts"
import * as Timestamp from "./Timestamp.ts"
import * as UserEvent from "./UserEvent.ts"

/**
 * Options of {@link retire}.
 * @category options
 */
export interface RetireOptions {
  /**
   * The end of the session: `archive` keeps its history readable, `delete` does not.
   *
   * @default "archive"
   */
  readonly by?: "archive" | "delete" | undefined
  /**
   * The time that the session has to come to rest.
   *
   * @default "30 seconds"
   */
  readonly timeout?: Duration.DurationInput | undefined
}

/**
 * Options of {@link scoped}.
 * @category options
 */
export interface ScopedOptions extends RetireOptions {
  /** Options of the request that creates the session. */
  readonly request?: RequestOptions | undefined
}

/**
 * A session that is retired when its scope closes.
 * @category models
 */
export interface ScopedSession extends Session {
  /** Lets the session outlive its scope, as it is. */
  readonly detach: Effect.Effect<void>
}

type By = NonNullable<RetireOptions["by"]>

/** A session ends the turn that it was interrupted in, but starts another one if something is queued. */
const attemptsBetweenInterrupts = 5

const end = (id: SessionIdInput, by: By): Effect.Effect<unknown, ApiError, Sessions> =>
  Effect.flatMap(Sessions, (sessions): Effect.Effect<unknown, ApiError> => sessions[by](id))

const isGone = (error: ApiError): boolean => error._tag === "NotFound" && error.isFromApi

const untilRetired = (id: SessionIdInput, by: By): Effect.Effect<void, ApiError, Events | Sessions> =>
  Effect.gen(function*() {
    const events = yield* Events
    const sessions = yield* Sessions
    let interrupted = -Infinity
    /** Succeeds with `true` once the session is retired. */
    const attempt = Effect.fnUntraced(
      function*(n: number) {
        const { archived_at, status } = yield* sessions.retrieve(id)
        if (archived_at !== null && by === "archive") return true
        if (status !== "running" && status !== "rescheduling") return yield* Effect.as(end(id, by), true)
        if (n >= interrupted + attemptsBetweenInterrupts) {
          yield* events.send(id, UserEvent.interrupt())
          interrupted = n
        }
        return false
      },
      Effect.catchAll((error) => {
        if (isGone(error)) return Effect.succeed(true)
        // it runs again, does not read as idle everywhere, or a gateway has a bad moment
        const isPassing = error._tag === "InvalidRequest" || isForeign(error) || error.isRetryable
        return isPassing ? Effect.succeed(false) : Effect.fail(error)
      })
    )
    for (let n = 0; !(yield* attempt(n)); n++) yield* Effect.sleep(Math.min(100 * 2 ** n, 2000))
  })

/**
 * Archives or deletes a session whatever it is doing: interrupts it if it runs, and waits until it reads as idle, which is
 * a moment after it says so. A session that is gone is fine. After the timeout it fails with the service's last refusal.
 * @category combinators
 */
export const retire = (
  id: SessionIdInput,
  { by = "archive", timeout = "30 seconds" }: RetireOptions = {}
): Effect.Effect<void, ApiError, Events | Sessions> =>
  Effect.timeoutTo(untilRetired(id, by), {
    duration: timeout,
    onSuccess: () => Effect.void,
    // the service says best why it is not possible
    onTimeout: () => Effect.catchIf(Effect.asVoid(end(id, by)), isGone, () => Effect.void)
  }).pipe(Effect.flatten, sessionSpan.within("SessionLifecycle.retire", id))

const release = (
  id: SessionIdInput,
  { by = "archive", timeout = "30 seconds" }: ScopedOptions
): Effect.Effect<void, never, Events | Sessions> =>
  untilRetired(id, by).pipe(
    Effect.timeout(timeout),
    sessionSpan.within("SessionLifecycle.retire", id),
    Effect.catchAllCause((cause) => Effect.logWarning(`Session ${id} could not be retired and may be running`, cause)),
    // The time limit needs something that can be interrupted. But whoever interrupts the program meanwhile would interrupt
    // that as well if it were a child of the program's fiber.
    Effect.interruptible,
    Effect.forkDaemon,
    Effect.flatMap(Fiber.join)
  )

/**
 * Options of {@link createOnce}.
 * @category options
 */
export interface CreateOnceOptions {
  /** The name of what the session is for, such as the id of a ticket: at most 512 characters, unique to the agent. */
  readonly key: string
  /**
   * The age up to which an earlier session with the same key is found.
   *
   * @default "1 day"
   */
  readonly maxAge?: Duration.DurationInput | undefined
  /**
   * The time in which to look for the session after the answer was lost.
   *
   * @default "5 seconds"
   */
  readonly settle?: Duration.DurationInput | undefined
  /** Options of the request that creates the session. */
  readonly request?: RequestOptions | undefined
}

/**
 * The key of a session's metadata under which {@link createOnce} keeps its key.
 * @category constants
 */
export const onceKey = "once"

/** The number of times to create a session again that is not there. */
const recreations = 2

/**
 * Creates a session unless there is one of this key: also if the answer was lost, and after a restart. The service has no
 * idempotency keys, so the key is kept in the session's metadata, and looked for among the agent's sessions. Archived ones
 * count. Fails with the error of the last attempt if it is unknown whether the session was created.
 *
 * It does not lock: two processes that create at the same time may make two.
 *
 * @category constructors
 */
export const createOnce = (
  params: CreateParams,
  { key, maxAge = "1 day", request, settle = "5 seconds" }: CreateOnceOptions
): Effect.Effect<Session, ApiError, Sessions> =>
  Effect.gen(function*() {
    const sessions = yield* Sessions
    const agent = typeof params.agent === "string" ? params.agent : params.agent.id
    const oldest = DateTime.subtractDuration(yield* DateTime.now, maxAge)
    const find = sessions.list({
      // what is no id is refused when the session is created
      ...(typeof agent === "string" && { agent_id: agent as AgentIdInput }),
      "created_at[gte]": Timestamp.fromDateTime(oldest),
      include_archived: true,
      order: "asc"
    }).pipe(
      Stream.filter(({ metadata }) => metadata[onceKey] === key),
      Stream.runHead,
      Effect.map(Option.getOrUndefined)
    )
    const known = yield* find
    if (known !== undefined) return known
    const create = sessions.create({ ...params, metadata: { ...params.metadata, [onceKey]: key } }, request)
    for (let attempt = 0;; attempt++) {
      const { error, session } = yield* Effect.match(create, {
        onFailure: (error) => ({ error, session: undefined }),
        onSuccess: (session) => ({ error: undefined, session })
      })
      if (session !== undefined) return session
      const verdict = Delivery.verdict(error)
      if (verdict === "rejected") return yield* error
      const found = yield* appears(find, settle)
      if (found._tag === "Found") return found.value
      if (found._tag === "Unknown" || verdict === "in-flight" || attempt >= recreations) return yield* error
    }
  }).pipe(span.within("SessionLifecycle.createOnce"))

/**
 * Creates a session that is retired when the scope closes: also after a failure and when the program is interrupted, so
 * that nothing is left running and billed. That takes no longer than `timeout`; if it does not succeed, it is logged.
 * @category constructors
 */
export const scoped = (
  params: CreateParams,
  options: ScopedOptions = {}
): Effect.Effect<ScopedSession, ApiError, Events | Scope.Scope | Sessions> =>
  Effect.gen(function*() {
    const sessions = yield* Sessions
    const span = yield* sessionSpan.open
    const create = Effect.withParentSpan(sessions.create(params, options.request), span.span)
    let detached = false
    const session = yield* Effect.acquireRelease(
      // Whoever gives up while it is created leaves at most an idle session behind, which costs nothing; unless it is
      // created with something to do.
      (params.initial_events ?? []).length > 0 ? create : Effect.interruptible(create),
      ({ id }) => Effect.suspend(() => detached ? Effect.void : Effect.withParentSpan(release(id, options), span.span))
    )
    yield* sessionSpan.identify(span, session.id)
    const detach = Effect.sync(() => {
      detached = true
    })
    return { ...session, detach }
  })
