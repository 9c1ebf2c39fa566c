/**
 * Send events to a session and read what happens in it.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Api from "./Api.ts"
import type { RequestOptions, StreamOptions } from "./ApiClient.ts"
import { ApiClient } from "./ApiClient.ts"
import type { ApiError } from "./ApiError.ts"
import { InvalidParams, MalformedResponse } from "./ApiError.ts"
import * as Cursor from "./Cursor.ts"
import * as Delivery from "./Delivery.ts"
import type { Event, EventParams, EventType, ListParams, SendResponse, StreamEvent, StreamParams } from "./Event.ts"
import type * as Follow from "./Follow.ts"
import type { SessionIdInput } from "./Ids.ts"
import { follow } from "./internal/follow/follow.ts"
import * as sources from "./internal/follow/sources.ts"
import { readAgain } from "./internal/http/foreign.ts"
import { paginate } from "./internal/http/paginate.ts"
import * as span from "./internal/telemetry/span.ts"
import type { Page } from "./Page.ts"

/**
 * Operations on the events of a session.
 * @category services
 */
export interface Service {
  /** The session's history, page by page as it is consumed; by default oldest first. */
  readonly list: (id: SessionIdInput, params?: ListParams, options?: RequestOptions) => Stream.Stream<Event, ApiError>
  /** One page of the history. Pass its `next_page` as `page` to go on. */
  readonly listPage: (
    id: SessionIdInput,
    params?: ListParams,
    options?: RequestOptions
  ) => Effect.Effect<Page<Event>, ApiError>
  /**
   * Sends one event, or several that are accepted or refused as a whole. Succeeds once they are queued, before the agent
   * acts on them. Not repeated after a failure that may have delivered them.
   */
  readonly send: (
    id: SessionIdInput,
    events: EventParams | ReadonlyArray<EventParams>,
    options?: RequestOptions
  ) => Effect.Effect<SendResponse, ApiError>
  /**
   * Sends events, at most once, and says whether they arrived. If the answer is lost, they are looked for in the event list, and
   * sent again only if they did not arrive; so the agent never acts on them twice. Fails if they were refused.
   */
  readonly deliver: (
    id: SessionIdInput,
    events: EventParams | ReadonlyArray<EventParams>,
    options?: DeliverOptions
  ) => Effect.Effect<Delivery.Delivery, ApiError>
  /**
   * Attaches to the live stream. Succeeds at the moment of attaching: every event from then on is delivered, none from
   * before is. Open first, then send. The connection is released when the stream ends or is left, at the latest when the
   * scope closes. The stream is that one connection: run it once.
   */
  readonly open: (
    id: SessionIdInput,
    params?: StreamParams,
    options?: StreamOptions
  ) => Effect.Effect<Stream.Stream<StreamEvent, ApiError>, ApiError, Scope.Scope>
  /**
   * The live stream as one value: it attaches when it is run. What is emitted before that is not delivered, so use
   * {@link Service.open} when something is sent afterwards.
   */
  readonly stream: (
    id: SessionIdInput,
    params?: StreamParams,
    options?: StreamOptions
  ) => Stream.Stream<StreamEvent, ApiError>
  /**
   * Every event of the session exactly once, in the order of the list, whatever happens to the connection: it attaches,
   * reads in the list what the stream does not replay, stays, and reconnects by itself. Ends when the session has ended,
   * and fails only with what trying again cannot mend. See `Follow` for what else it tells.
   */
  readonly follow: (id: SessionIdInput, options?: Follow.Options) => Stream.Stream<Follow.Update, ApiError>
}

/**
 * The end of the event list, for `since` of a delivery. What keeps it before it sends, can find out later, in another
 * process as well, whether the events have arrived: by delivering them with `lookFirst`.
 *
 * @example
 * ```ts
 * import type * as Cursor from "@effect-managed-agents/core/Cursor"
 * import * as Events from "@effect-managed-agents/core/Events"
 * import type { SessionId } from "@effect-managed-agents/core/Ids"
 * import * as UserEvent from "@effect-managed-agents/core/UserEvent"
 * import * as Effect from "effect/Effect"
 *
 * declare const keep: (since: Cursor.Cursor) => Effect.Effect<void>
 *
 * const message = UserEvent.message("Ship order 7.")
 *
 * export const send = (id: SessionId) =>
 *   Effect.gen(function*() {
 *     const events = yield* Events.Events
 *     const since = yield* Events.before(id, message)
 *     yield* keep(since)
 *     return yield* events.deliver(id, message, { since })
 *   })
 *
 * export const sendAfterCrash = (id: SessionId, since: Cursor.Cursor) =>
 *   Effect.flatMap(Events.Events, (events) => events.deliver(id, message, { since, lookFirst: true }))
 * ```
 *
 * @category combinators
 */
export const before = (
  id: SessionIdInput,
  events: EventParams | ReadonlyArray<EventParams>,
  options?: RequestOptions
): Effect.Effect<Cursor.Cursor, ApiError, Events> =>
  Effect.flatMap(Events, ({ listPage }) => Effect.map(newest(listPage, id, asArray(events), options), cursorOf))

/**
 * Options of {@link Service.deliver}.
 * @category options
 */
export interface DeliverOptions extends Delivery.Options {
  /** Options of each request. */
  readonly request?: RequestOptions | undefined
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class Events extends Context.Tag("@effect-managed-agents/core/Events")<Events, Service>() {}

/**
 * Builds the service.
 * @category constructors
 */
export const make: Effect.Effect<Service, never, ApiClient> = Effect.map(ApiClient, (api) => {
  const listPage: Service["listPage"] = (id, query, options) =>
    api.call(Api.events.list, { path: { session_id: id }, query }, options)
  const open: Service["open"] = (id, query, options) =>
    api.open(Api.events.stream, { path: { session_id: id }, query }, options)
  const send: Service["send"] = (id, events, options) => {
    const sent = asArray(events)
    return Effect.tap(
      api.call(Api.events.send, { path: { session_id: id }, body: { events: sent } }, options),
      (answer) => checkAcceptance(sent, answer)
    )
  }
  return Events.of({
    list: (id, params, options) => paginate((page) => listPage(id, { ...params, ...page }, options)),
    listPage,
    send,
    deliver: (id, events, options) =>
      span.within("Events.deliver")(deliver({ send, listPage }, id, asArray(events), options)),
    open,
    stream: (id, params, options) => Stream.unwrapScoped(open(id, params, options)),
    follow: (id, options = {}) => follow(sources.session(api, id, options), options)
  })
})

/** Refuses an answer that does not hold what was sent, such as the page of a portal or an error with status 200. */
const checkAcceptance = (
  sent: ReadonlyArray<EventParams>,
  answer: SendResponse
): Effect.Effect<void, MalformedResponse> => {
  const stored = answer.data?.length ?? 0
  if (stored === sent.length) return Effect.void
  const message = `expected the ${sent.length} events that were sent, got ${stored}`
  return new MalformedResponse({
    operation: Api.events.send.name,
    // without any list it is not the service's answer
    reason: answer.data ? "Schema" : "Syntax",
    issues: [{ path: "data", message }],
    excerpt: ""
  })
}

/** The parameters of a list of what may be copies of some events, newest first. */
const copiesOf = (sent: ReadonlyArray<EventParams>): ListParams => ({
  order: "desc",
  limit: 100,
  // the tag of an event that is newer than this version is a string as well
  types: [...new Set(sent.map(({ type }) => type as EventType))]
})

/** The newest events that may be copies of some. What was sent a moment ago is among them; what is queued comes first. */
const newest = (
  listPage: Service["listPage"],
  id: SessionIdInput,
  sent: ReadonlyArray<EventParams>,
  options: RequestOptions | undefined
) => readAgain(listPage(id, copiesOf(sent), options))

/** All events that may be copies of some. */
const copies = (
  listPage: Service["listPage"],
  id: SessionIdInput,
  sent: ReadonlyArray<EventParams>,
  options: RequestOptions | undefined
) => paginate((page) => listPage(id, { ...copiesOf(sent), ...page }, options))

const cursorOf = ({ data }: Page<Event>): Cursor.Cursor => data.toReversed().reduce(Cursor.add, Cursor.start)

const noSince = new InvalidParams({
  operation: "Events.deliver",
  issues: [{
    path: "since",
    message: "expected the place before the events were sent, where they are looked for first"
  }]
})

/** The wait between two looks at the event list, at first and at most. */
const looks = { first: 250, most: 2000 }

const deliver = (
  { listPage, send }: Pick<Service, "listPage" | "send">,
  id: SessionIdInput,
  sent: ReadonlyArray<EventParams>,
  options: DeliverOptions = {}
): Effect.Effect<Delivery.Delivery, ApiError> =>
  Effect.gen(function*() {
    const recent = newest(listPage, id, sent, options.request)
    const isAnswers = sent.every(Delivery.isAnswer)
    const lookFirst = options.lookFirst === true
    if (lookFirst && options.since === undefined && !isAnswers) return yield* noSince
    const since = options.since ?? (isAnswers ? Cursor.start : cursorOf(yield* recent))
    const { resends = 2 } = options
    const settle = Duration.toMillis(options.settle ?? "5 seconds")

    /** Looks for what was sent until it is found or the time is over: `undefined` if the list could not be read last. */
    const look = (millis: number) =>
      Effect.gen(function*() {
        const start = yield* Clock.currentTimeMillis
        for (let pause = looks.first;; pause = Math.min(pause * 2, looks.most)) {
          const page = yield* Effect.option(recent)
          const found = Option.isSome(page) ? Delivery.find(sent, page.value.data, since) : undefined
          if (found !== undefined) return found
          const left = start + millis - (yield* Clock.currentTimeMillis)
          if (left <= 0) return Option.isSome(page) ? [] : undefined
          yield* Effect.sleep(Math.min(pause, left))
        }
      })

    if (lookFirst) {
      const seen = yield* look(settle)
      // much may have been sent since then by others
      const found = seen !== undefined && seen.length > 0
        ? seen
        : Delivery.find(sent, yield* readAgain(Stream.runCollect(copies(listPage, id, sent, options.request))), since)
      if (found !== undefined) return { _tag: "AlreadyLanded", events: found, error: undefined }
    }

    for (let attempt = 0;; attempt++) {
      const answer = yield* Effect.match(send(id, sent, options.request), {
        onFailure: (error) => ({ error }),
        onSuccess: ({ data }) => ({ events: data ?? [] })
      })
      if ("events" in answer) return { _tag: "Accepted", events: answer.events }
      const { error } = answer
      const verdict = Delivery.verdict(error)
      const rejected = verdict === "rejected"
      if (rejected && attempt === 0) return yield* error
      // what is rejected now may have been so because an earlier attempt arrived after all
      const found = yield* look(rejected ? 0 : settle)
      if (found !== undefined && found.length > 0) return { _tag: "AlreadyLanded", events: found, error }
      if (rejected) return yield* error
      // a second answer to a call has no effect, so one may be sent whatever became of the first
      const surelyNot = found !== undefined && (verdict === "indeterminate" || isAnswers)
      if (!surelyNot || attempt >= resends) return { _tag: "Indeterminate", error }
    }
  })

const asArray = (events: EventParams | ReadonlyArray<EventParams>): ReadonlyArray<EventParams> =>
  isArray(events) ? events : [events]

// `Array.isArray` does not narrow to a read-only array
const isArray: (u: EventParams | ReadonlyArray<EventParams>) => u is ReadonlyArray<EventParams> = Array.isArray

/**
 * Provides {@link Events}.
 * @category layers
 */
export const layer: Layer.Layer<Events, never, ApiClient> = Layer.effect(Events, make)
