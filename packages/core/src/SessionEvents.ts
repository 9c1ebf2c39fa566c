/**
 * Updates of a follower as server-sent events: the response of a server to a browser, and a client for the other end.
 *
 * {@link respond} answers a request with a follower that goes on after the request's `Last-Event-ID`; {@link follow} reads
 * such a response, and reconnects. What leaves the server is a projection of the updates.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerRespondable from "@effect/platform/HttpServerRespondable"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ParseError } from "effect/ParseResult"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiError } from "./ApiError.ts"
import { MalformedResponse, StreamInterrupted } from "./ApiError.ts"
import * as Cursor from "./Cursor.ts"
import * as Event from "./Event.ts"
import * as Follow from "./Follow.ts"
import { EventId } from "./Ids.ts"
import { isForeign, most as mostForeign } from "./internal/http/foreign.ts"
import { fromErrorFrame, isError } from "./internal/http/response.ts"
import { excerpt } from "./internal/http/secrets.ts"
import { fromParseIssue } from "./internal/schema/explain.ts"
import { connect, scrub } from "./internal/sse/connection.ts"
import { eventResponse } from "./internal/sse/response.ts"
import { isHeartbeat } from "./internal/stream/heartbeat.ts"
import type { Pull } from "./internal/stream/pull.ts"
import * as pull from "./internal/stream/pull.ts"
import * as Sse from "./Sse.ts"

// ---------------------------------------------------------------------------------------------------------------------
// What is sent
// ---------------------------------------------------------------------------------------------------------------------

const EndReason = Schema.Literal("archived", "terminated", "deleted")

const Update_ = Schema.Union(
  Schema.Struct({
    _tag: Schema.Literal("Event"),
    event: Event.Event,
    state: Schema.Literal("queued", "processed")
  }),
  Schema.Struct({
    _tag: Schema.Literal("Preview"),
    id: EventId,
    type: Event.DeltaType,
    phase: Schema.Literal("opened", "growing", "final", "abandoned"),
    index: Schema.Number,
    blocks: Schema.Array(Schema.String)
  }),
  Schema.Struct({ _tag: Schema.Literal("CaughtUp") }),
  Schema.Struct({ _tag: Schema.Literal("Gap"), reason: Schema.Literal("deleted", "overflow") })
).annotations({ identifier: "Update" })

/**
 * An update as it is sent unless a projection says otherwise: events, previews, the end of the history, and gaps. The
 * server's own connection to the service is not the browser's business.
 * @category models
 */
export type Update = Schema.Schema.Type<typeof Update_>

/**
 * {@link Update} as JSON.
 * @category models
 */
export type UpdateEncoded = Schema.Schema.Encoded<typeof Update_>

/**
 * Schema of {@link Update}.
 * @category schemas
 */
export const Update: Schema.Schema<Update, UpdateEncoded> = Update_

/**
 * Selection of what leaves the server, and its form as JSON. Both ends use the same schema.
 * @category models
 */
export interface Projection<A, I> {
  readonly schema: Schema.Schema<A, I>
  /** The value to send for an update; `undefined` sends nothing. */
  readonly project: (update: Follow.Update) => A | undefined
}

/**
 * Sends every {@link Update} whole.
 * @category constructors
 */
export const everything: Projection<Update, UpdateEncoded> = {
  schema: Update,
  project: (update) => {
    switch (update._tag) {
      case "Event":
      case "Preview":
        return update
      case "CaughtUp":
        return { _tag: "CaughtUp" }
      case "Gap":
        return { _tag: "Gap", reason: update.reason }
      default:
        return undefined
    }
  }
}

/**
 * The last event of a response, named `end`. The session has ended and nothing more will come: close the `EventSource`.
 * @category schemas
 */
export const End = Schema.Struct({ reason: EndReason })

/**
 * The end of a session, as it is sent.
 * @category models
 */
export type End = typeof End.Type

const encodeEnd = Schema.encodeSync(Schema.parseJson(End))

// ---------------------------------------------------------------------------------------------------------------------
// Server
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The `Last-Event-ID` of a request is no cursor, or none that may be trusted. Where a handler fails with it, the response has status 400.
 * @category errors
 */
export class InvalidLastEventId
  extends Schema.TaggedError<InvalidLastEventId>("@effect-managed-agents/core/InvalidLastEventId")(
    "InvalidLastEventId",
    {
      /** The field of the cursor that is wrong, and the form that it should have; or what is wrong with its signature. */
      detail: Schema.String
    }
  )
{
  override get message(): string {
    return `invalid Last-Event-ID: ${this.detail}`
  }
  /** Always false: the same text stays wrong. */
  get isRetryable(): boolean {
    return false
  }
  /** The response of a handler that fails with this error. */
  [HttpServerRespondable.symbol](): Effect.Effect<HttpServerResponse.HttpServerResponse> {
    return Effect.succeed(HttpServerResponse.text(this.message, { status: 400 }))
  }
}

/**
 * Options of a response.
 * @category options
 */
export interface ResponseOptions {
  /**
   * The time without an event after which a comment is sent, so that nothing in between takes the connection for dead.
   *
   * @default "15 seconds"
   */
  readonly heartbeat?: Duration.DurationInput | undefined
  /**
   * The delay of a browser before it reconnects, as the `retry` field.
   *
   * @default "2 seconds"
   */
  readonly retry?: Duration.DurationInput | undefined
}

/**
 * Options of {@link respond}.
 * @category options
 */
export interface Options<A, I> extends ResponseOptions {
  /**
   * Selection of what leaves the server, and its form.
   *
   * @default SessionEvents.everything
   */
  readonly projection?: Projection<A, I> | undefined
  /**
   * The texts of cursors, as in the `id` of an event and in `Last-Event-ID`. By {@link Cursor.makeSigned} a browser cannot
   * make one up.
   *
   * @default Cursor.plain
   */
  readonly cursors?: Cursor.TextFormat | undefined
}

/** The id of the last event of a session that has ended. A browser sends it when it reconnects. */
const endId = "end"

/**
 * Responds to a request with the updates of a follower as server-sent events.
 *
 * `source` is given the cursor of the request's `Last-Event-ID`; without one, it begins wherever it likes. Each event has
 * its cursor as `id`, so that a browser that reconnects gets every event once. The follower is pulled only as the socket
 * drains. When the session has ended, the last event is named `end` and holds an {@link End}; a browser that reconnects
 * after it gets status 204, which makes an `EventSource` stop.
 *
 * The effect succeeds with the follower's first update and fails if the follower does so before: with an `ApiError` such
 * as `NotFound`, which the application makes a response of, or with {@link InvalidLastEventId}.
 *
 * @example
 * ```ts
 * import * as Events from "@effect-managed-agents/core/Events"
 * import { SessionId } from "@effect-managed-agents/core/Ids"
 * import * as SessionEvents from "@effect-managed-agents/core/SessionEvents"
 * import * as HttpRouter from "@effect/platform/HttpRouter"
 * import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
 * import * as Effect from "effect/Effect"
 *
 * export const router = HttpRouter.empty.pipe(
 *   HttpRouter.get(
 *     "/sessions/:id/events",
 *     Effect.gen(function*() {
 *       const id = SessionId.make((yield* HttpRouter.params)["id"] ?? "")
 *       const events = yield* Events.Events
 *       return yield* SessionEvents.respond((from) => events.follow(id, { from, previews: ["agent.message"] }))
 *     }).pipe(Effect.catchTag("NotFound", () => HttpServerResponse.empty({ status: 404 })))
 *   )
 * )
 * ```
 *
 * @category constructors
 */
export const respond = <E, R, A = Update, I = UpdateEncoded>(
  source: (from: Cursor.Cursor | undefined) => Stream.Stream<Follow.Update, E, R>,
  options: Options<A, I> = {}
): Effect.Effect<
  HttpServerResponse.HttpServerResponse,
  E | InvalidLastEventId,
  R | HttpServerRequest.HttpServerRequest | Scope.Scope
> =>
  Effect.gen(function*() {
    const { cursors = Cursor.plain } = options
    const { headers } = yield* HttpServerRequest.HttpServerRequest
    const last = headers["last-event-id"]
    if (last === endId) return HttpServerResponse.empty({ status: 204 })
    const from = last === undefined || last === "" ? undefined : yield* Effect.mapError(
      cursors.parse(last),
      ({ detail }) => new InvalidLastEventId({ detail })
    )
    const updates = yield* pull.fromStream(Follow.withCursor(from)(source(from)))
    const first = yield* updates
    const retry = Duration.toMillis(options.retry ?? "2 seconds")
    return yield* eventResponse(toTexts(first, updates, projectionOf(options), cursors), {
      heartbeat: options.heartbeat,
      first: `retry: ${Math.round(retry)}\n\n`
    })
    // a handler may run where it cannot be interrupted; then nothing that starts here could be, either
  }).pipe(Effect.interruptible)

// `A` and `I` are those of the default unless a projection is given
const projectionOf = <A, I>({ projection }: Options<A, I>) => projection ?? everything as unknown as Projection<A, I>

type Positions = Effect.Effect.Success<Pull<Follow.Positioned, never>>

/** Texts of events, one for each chunk of updates. */
const toTexts = <A, I, E, R>(
  first: Positions,
  updates: Pull<Follow.Positioned, E, R>,
  { project, schema }: Projection<A, I>,
  cursors: Cursor.TextFormat
): Pull<string, E, R> => {
  const encode = Schema.encodeSync(Schema.parseJson(schema))
  let lastId: string | undefined
  const toText = ({ cursor, update }: Follow.Positioned): Effect.Effect<string> => {
    if (update._tag === "Ended") {
      return Effect.succeed(Sse.encode({ event: "end", id: endId, data: encodeEnd({ reason: update.reason }) }))
    }
    const value = project(update)
    if (value === undefined) return Effect.succeed("")
    const data = encode(value)
    if (cursor === undefined) return Effect.succeed(Sse.encode({ data }))
    return Effect.map(cursors.format(cursor), (id) => {
      // a browser keeps the id until another one comes
      if (id === lastId) return Sse.encode({ data })
      lastId = id
      return Sse.encode({ id, data })
    })
  }
  let waiting: Positions | null = first
  const next: Pull<string, E, R> = Effect.suspend(() => {
    const chunk = waiting === null ? updates : Effect.succeed(waiting)
    waiting = null
    return Effect.flatMap(chunk, (positioned): Pull<string, E, R> => {
      if (positioned === undefined) return Effect.succeed(undefined)
      return Effect.flatMap(Effect.forEach(pull.toArray(positioned), toText), (texts) => {
        const text = texts.join("")
        return text === "" ? next : Effect.succeed(pull.chunk([text]))
      })
    })
  })
  return next
}

// ---------------------------------------------------------------------------------------------------------------------
// Client
// ---------------------------------------------------------------------------------------------------------------------

/**
 * An update that has been received.
 * @category models
 */
export interface Received<A> {
  readonly _tag: "Received"
  readonly value: A
  /** The id to go on after it, as `lastEventId`. */
  readonly lastEventId: string | undefined
}

/**
 * Options of {@link follow}.
 * @category options
 */
export interface FollowOptions<A, I> {
  /**
   * The schema of the server's projection.
   *
   * @default SessionEvents.Update
   */
  readonly schema?: Schema.Schema<A, I> | undefined
  /** The id of the last event that was received before. */
  readonly lastEventId?: string | undefined
  /**
   * The longest silence of the connection, heartbeats included.
   *
   * @default "45 seconds"
   */
  readonly maxSilence?: Duration.DurationInput | undefined
  /**
   * When to reconnect after the connection was lost, or refused by an error that may pass; begun anew after each update.
   * An answer that is not the server's, such as the page of a gateway, may pass a few times.
   * The server's `retry` is for browsers and does not count.
   *
   * @default Follow.backoff
   */
  readonly reconnect?: Schedule.Schedule<unknown, ApiError> | undefined
}

/**
 * Follows what {@link respond} sends, from a program: each update once, across lost connections, until the session has
 * ended.
 *
 * @example
 * ```ts
 * import * as SessionEvents from "@effect-managed-agents/core/SessionEvents"
 * import * as Console from "effect/Console"
 * import * as Stream from "effect/Stream"
 *
 * export const program = SessionEvents.follow("https://example.com/sessions/sesn_1/events").pipe(
 *   Stream.runForEach((update) => Console.log(update._tag === "Ended" ? update.reason : update.value._tag))
 * )
 * ```
 *
 * @category constructors
 */
export const follow = <A = Update, I = UpdateEncoded>(
  request: string | HttpClientRequest.HttpClientRequest,
  options: FollowOptions<A, I> = {}
): Stream.Stream<Received<A> | Follow.Ended, ApiError, HttpClient.HttpClient> =>
  Stream.suspend(() => {
    const decode = makeDecode(options)
    const message = HttpClientRequest.setHeaders(
      typeof request === "string" ? HttpClientRequest.get(request) : request,
      // a gateway that compresses holds events back until it has enough of them
      { accept: "text/event-stream", "accept-encoding": "identity" }
    )
    const maxSilence = Duration.decode(options.maxSilence ?? "45 seconds")
    let { lastEventId } = options
    let isOver = false
    const frames = pull.toStream(
      Effect.suspend(() =>
        connect(
          lastEventId === undefined ? message : HttpClientRequest.setHeader(message, "last-event-id", lastEventId),
          {
            operation,
            maxSilence
          }
        )
      ).pipe(Effect.map((frames) => {
        isOver = frames === undefined
        return frames ?? Effect.succeed(undefined)
      }))
    )
    /** Answers of gateways in a row, and no update among them. */
    let foreign = 0
    const mayPass = (error: ApiError): boolean => error.isRetryable || (isForeign(error) && foreign++ < mostForeign)
    return frames.pipe(
      Stream.filter((frame) => !isHeartbeat(frame)),
      Stream.mapEffect((frame) =>
        Effect.map(decode(frame, frame.id ?? lastEventId), (received) => {
          isOver = frame.event === "end"
          lastEventId = frame.id ?? lastEventId
          foreign = 0
          return received
        })
      ),
      Stream.takeUntil(({ _tag }) => _tag === "Ended"),
      Stream.concat(Stream.suspend(() =>
        isOver
          ? Stream.empty
          : Stream.fail(new StreamInterrupted({ operation, detail: "the server closed the stream" }))
      )),
      Stream.retry(Schedule.whileInput(options.reconnect ?? Follow.backoff, mayPass))
    )
  })

const operation = "SessionEvents.follow"

// `A` and `I` are those of the default unless a schema is given
const makeDecode = <A, I>({ schema = Update as unknown as Schema.Schema<A, I> }: FollowOptions<A, I>) => {
  const decodeUpdate = Schema.decodeUnknown(schema)
  const decodeEnd = Schema.decodeUnknown(End)
  return (frame: Sse.Frame, lastEventId: string | undefined): Effect.Effect<Received<A> | Follow.Ended, ApiError> => {
    const malformed = (reason: MalformedResponse["reason"], issues: MalformedResponse["issues"]) =>
      new MalformedResponse({ operation, reason, issues, eventId: frame.id, excerpt: excerpt(frame.data, scrub) })
    const refused = ({ issue }: ParseError) => malformed("Schema", fromParseIssue(issue, scrub))
    if (frame.event === "error") return Effect.fail(fromErrorFrame(operation, undefined, frame.data, scrub))
    let value: unknown
    try {
      value = JSON.parse(frame.data)
    } catch {
      return Effect.fail(malformed("Syntax", [{ path: "", message: "expected JSON" }]))
    }
    return frame.event === "end"
      ? Effect.mapBoth(decodeEnd(value), {
        onFailure: refused,
        onSuccess: ({ reason }) => ({ _tag: "Ended", reason })
      })
      : Effect.mapBoth(decodeUpdate(value), {
        onFailure: (error) => isError(value) ? fromErrorFrame(operation, undefined, frame.data, scrub) : refused(error),
        onSuccess: (value) => ({ _tag: "Received", value, lastEventId })
      })
  }
}
