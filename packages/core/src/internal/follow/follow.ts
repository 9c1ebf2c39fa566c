import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Decision from "effect/ScheduleDecision"
import * as Intervals from "effect/ScheduleIntervals"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiError, Issue } from "../../ApiError.ts"
import { InvalidParams, StreamInterrupted, StreamStalled, TransportError } from "../../ApiError.ts"
import * as Cursor from "../../Cursor.ts"
import type { ListParams, StreamEvent, StreamParams } from "../../Event.ts"
import * as Event from "../../Event.ts"
import * as Follow from "../../Follow.ts"
import type { Page } from "../../Page.ts"
import * as RetryPolicy from "../../RetryPolicy.ts"
import { countReconnect, countRecovered } from "../metrics.ts"
import type { StreamOptions } from "../request.ts"
import * as identity from "./identity.ts"
import type { Reading } from "./position.ts"
import { Position } from "./position.ts"
import { Previews } from "./previews.ts"

/** What is followed: a session or a thread. */
export interface Source {
  /** For errors and metrics. */
  readonly operation: string
  /** Attaches. */
  readonly open: (
    params: StreamParams,
    options: StreamOptions
  ) => Effect.Effect<Stream.Stream<StreamEvent, ApiError>, ApiError, Scope.Scope>
  /** Reads a page of the list. */
  readonly page: (query: ListParams) => Effect.Effect<Page<Event.Event>, ApiError>
  /** Whether the list can be read backwards, and from a moment on. */
  readonly isOrdered: boolean
  /** What became of it, if it has ended. */
  readonly end: Effect.Effect<Follow.EndReason | undefined, ApiError>
  /** Whether nothing comes after this event. */
  readonly isLast: (event: StreamEvent) => boolean
}

type Updates = Stream.Stream<Follow.Update, ApiError>
type Updating = Channel.Channel<Chunk.Chunk<Follow.Update>, unknown, ApiError, unknown, unknown, unknown>

/** Events on one page of the history. */
const pageSize = 1000

/** Events that are read after a reconnect in the hope that they are all that is new. */
const peekSize = 100

/** How many times longer than the silence of a stream a page may take. */
const pagePatience = 4

interface Settings extends Follow.Options {
  readonly reconnect: NonNullable<Follow.Options["reconnect"]>
  readonly from: "start" | "now" | Cursor.Cursor
  readonly maxSilence: Duration.Duration
  readonly overlap: Duration.Duration
  readonly remember: number
}

const settingsOf = (operation: string, options: Follow.Options): Effect.Effect<Settings, InvalidParams> => {
  const issues: Array<Issue> = []
  const duration = (name: "maxSilence" | "overlap", byDefault: Duration.DurationInput): Duration.Duration =>
    Option.getOrElse(Duration.decodeUnknown(options[name] ?? byDefault), () => {
      issues.push({ path: name, message: "expected a duration" })
      return Duration.zero
    })
  const settings: Settings = {
    ...options,
    reconnect: options.reconnect ?? Follow.backoff,
    from: options.from ?? "start",
    maxSilence: duration("maxSilence", "45 seconds"),
    overlap: duration("overlap", "10 seconds"),
    remember: options.remember ?? 1024
  }
  if (!Number.isInteger(settings.remember) || settings.remember < 1) {
    issues.push({ path: "remember", message: "expected a whole number above 0" })
  }
  return issues.length === 0 ? Effect.succeed(settings) : Effect.fail(new InvalidParams({ operation, issues }))
}

/**
 * Follows a source: attach, read in the list what came before, then pass on what is live; and again when the connection
 * is lost. Attaching comes first, so that every event is in the list or on the stream, and those that are in both are
 * recognised.
 */
export const follow = (source: Source, options: Follow.Options): Updates =>
  Stream.unwrap(Effect.gen(function*() {
    const settings = yield* settingsOf(source.operation, options)
    const clock = yield* Effect.clock
    const onRecovered = countRecovered(source.operation, yield* Effect.metricLabels)
    return Stream.suspend(() => Stream.fromChannel(makeLoop(source, settings, clock, onRecovered)))
  }))

const stampOfLast = (events: ReadonlyArray<Event.Event>) => {
  const last = events.at(-1)
  return last === undefined ? undefined : Event.processedAtOf(last)
}

const makeLoop = (
  { end, isLast, isOrdered, open, operation, page }: Source,
  settings: Settings,
  clock: Clock.Clock,
  onRecovered: (count: number) => void
): Updating => {
  const { from, maxSilence, overlap, reconnect: schedule, remember } = settings
  const position = new Position(typeof from === "object" ? from : Cursor.start, remember)
  const previews = new Previews((id) => position.knows(id))
  /** Whether it is settled what is delivered. */
  let begun = from !== "now"
  /** Whether the source was there before, so that it is deleted when it is not. */
  let known = typeof from === "object"
  /** Whether it may have ended unnoticed. */
  let suspect = known
  let ended: "event" | Follow.EndReason | undefined
  let isReconnect = false
  let progressed = false
  let openedAt = Number.POSITIVE_INFINITY
  let attempt = 0
  let scheduleState: unknown = schedule.initial
  /** Why the next connection has to be made again, and how long to wait before. */
  let lost: { readonly error: ApiError; readonly wait: Effect.Effect<void> } | undefined
  /** Where the last page of an unordered list began. */
  let lastPage: string | undefined

  const deliver = (event: Event.Event, state: "queued" | "processed", out: Array<Follow.Update>): void => {
    previews.event(event, out)
    out.push({ _tag: "Event", event, state })
    progressed = true
    if (isLast(event)) ended = event.type === "session.deleted" ? "deleted" : "event"
  }

  const limited = <A>(self: Effect.Effect<A, ApiError>): Effect.Effect<A, ApiError> =>
    Effect.timeoutFail(self, {
      duration: Duration.times(maxSilence, pagePatience),
      onTimeout: () => new TransportError({ operation, reason: "Timeout", detail: "the history did not come in time" })
    })

  // -------------------------------------------------------------------------------------------------------------------
  // The list
  // -------------------------------------------------------------------------------------------------------------------

  const read = (events: Iterable<Event.Event>, reading: Reading): Chunk.Chunk<Follow.Update> => {
    const out: Array<Follow.Update> = []
    for (const event of events) {
      const verdict = position.listed(event, reading)
      if (verdict !== undefined) deliver(event, verdict, out)
    }
    if (isReconnect && out.length > 0) onRecovered(out.length)
    return Chunk.unsafeFromArray(out)
  }

  const pages = (query: ListParams, first?: string): Updates =>
    Stream.suspend(() => {
      const reading: Reading = { anchored: false }
      let queue = false
      return Stream.paginateChunkEffect(
        first,
        (at) =>
          Effect.map(
            limited(page({ ...query, limit: pageSize, ...(at === undefined ? {} : { page: at }) })),
            ({ data, next_page }) => {
              lastPage = at
              // What waits is listed last. So everything from before the attaching has been listed when it comes, and the
              // rest of the list may be out of order by now; the stream has it.
              const events = queue ? data.filter(identity.isQueued) : data
              queue ||= data.some(identity.isQueued)
              return [read(events, reading), next_page ? Option.some(next_page) : Option.none()]
            }
          )
      )
    })

  const peek = (at?: string) =>
    limited(page({ order: "desc", limit: peekSize, ...(at === undefined ? {} : { page: at }) }))

  /** What is new among the latest events, if that is all; else from where it was left off. */
  const news = (bound: Event.ListParams["created_at[gte]"] & string): Updates =>
    Stream.unwrap(Effect.map(peek(), ({ data, next_page }) => {
      const oldest = stampOfLast(data)
      const whole = !next_page || (oldest !== undefined && identity.isLater(bound, oldest))
      if (whole) return Stream.fromChunk(read(data.toReversed(), { anchored: false }))
      return Stream.concat(
        pages({ "created_at[gte]": bound }),
        // a bound hides what waits
        Stream.suspend(() => Stream.fromChunk(read(data.filter(identity.isQueued).toReversed(), { anchored: true })))
      )
    }))

  /** What is in the list and has not been delivered. */
  const history: Updates = Stream.suspend(() => {
    const bound = isOrdered ? position.bound(overlap) : undefined
    if (bound !== undefined) return news(bound)
    const first = lastPage
    if (first === undefined) return pages({})
    return Stream.catchTag(pages({}, first), "InvalidRequest", () => pages({}))
  })

  /** Takes what is in the list for delivered. */
  const skip = (at?: string): Effect.Effect<void, ApiError> => {
    if (!isOrdered) return Stream.runDrain(pages({}))
    return Effect.flatMap(peek(at), ({ data, next_page }) => {
      const reading: Reading = { anchored: true }
      for (const event of data.toReversed()) position.listed(event, reading)
      if (!next_page) return Effect.void
      const oldest = stampOfLast(data)
      if (oldest === undefined) return skip(next_page)
      position.forget(oldest)
      return Effect.void
    })
  }

  // -------------------------------------------------------------------------------------------------------------------
  // The stream
  // -------------------------------------------------------------------------------------------------------------------

  const take = (events: Chunk.Chunk<StreamEvent>): Array<Follow.Update> => {
    const out: Array<Follow.Update> = []
    for (const event of events) {
      switch (event.type) {
        case "event_start":
          previews.start(event, out)
          break
        case "event_delta":
          previews.delta(event, out)
          break
        default: {
          const verdict = position.live(event)
          if (verdict !== undefined) deliver(event, verdict, out)
        }
      }
      if (ended !== undefined) break
    }
    return out
  }

  const tail: Channel.Channel<
    Chunk.Chunk<Follow.Update>,
    Chunk.Chunk<StreamEvent>,
    ApiError,
    ApiError,
    unknown,
    unknown
  > = Channel.readWith({
    onInput: (events: Chunk.Chunk<StreamEvent>) => {
      const out = take(events)
      const next = ended === undefined ? tail : Channel.void
      return out.length === 0 ? next : Channel.zipRight(Channel.write(Chunk.unsafeFromArray(out)), next)
    },
    onFailure: Channel.fail,
    onDone: () => Channel.void
  })

  const connected = Stream.succeed<Follow.Update>({ _tag: "Connected" })
  const caughtUp: Updates = Stream.sync(() => ({ _tag: "CaughtUp", cursor: position.cursor }))

  /** After the end the list is complete. */
  const complete = (reason: Follow.EndReason): Updates =>
    Stream.concat(
      history,
      Stream.execute(Effect.sync(() => {
        ended = reason
      }))
    )

  /** Looks whether it has ended meanwhile. */
  const vet: Updates = Stream.suspend(() =>
    suspect
      ? Stream.unwrap(Effect.map(limited(end), (reason) => {
        suspect = false
        return reason === undefined ? Stream.empty : complete(reason)
      }))
      : Stream.empty
  )

  const beginning: Updates = Stream.suspend(() =>
    begun
      ? Stream.concat(connected, history)
      : Stream.concat(
        Stream.execute(Effect.tap(skip(), () => {
          begun = true
        })),
        connected
      )
  )

  const unlessEnded = (self: Updates): Updates => Stream.suspend(() => ended === undefined ? self : Stream.empty)

  const attach = open(settings.previews === undefined ? {} : { event_deltas: settings.previews }, settings).pipe(
    RetryPolicy.provide(RetryPolicy.none),
    Effect.timeoutFail({
      duration: maxSilence,
      onTimeout: () => new StreamStalled({ operation, silence: maxSilence })
    })
  )

  const connection: Updates = Stream.unwrapScoped(
    Effect.suspend(() => {
      if (lost === undefined) return attach
      const { error, wait } = lost
      return Effect.withSpan(Effect.zipRight(wait, attach), "Follow.reconnect", {
        attributes: { operation, "reconnect.attempt": attempt, "error.type": error._tag },
        captureStackTrace: false
      })
    }).pipe(
      Effect.map((live) => {
        known = true
        openedAt = clock.unsafeCurrentTimeMillis()
        return beginning.pipe(
          Stream.concat(unlessEnded(Stream.concat(caughtUp, vet))),
          Stream.concat(unlessEnded(Stream.pipeThroughChannel(live, tail)))
        )
      })
    )
  )

  // -------------------------------------------------------------------------------------------------------------------
  // Connections, one after the other
  // -------------------------------------------------------------------------------------------------------------------

  const emit = (...updates: ReadonlyArray<Follow.Update>): Updating => Channel.write(Chunk.fromIterable(updates))

  const deleted = emit({ _tag: "Gap", reason: "deleted", missing: undefined }, { _tag: "Ended", reason: "deleted" })

  /** The last event does not tell an archived session from one that an error has terminated. */
  const reason: Effect.Effect<Follow.EndReason> = Effect.suspend(() => {
    if (ended !== "event") return Effect.succeed(ended ?? "terminated")
    return limited(end).pipe(
      Effect.map((reason): Follow.EndReason => reason ?? "terminated"),
      Effect.catchAll((error) => Effect.succeed(error._tag === "NotFound" ? "deleted" as const : "terminated" as const))
    )
  })

  const finish: Updating = Channel.unwrap(Effect.map(reason, (reason) => emit({ _tag: "Ended", reason })))

  const retry = (error: ApiError): Effect.Effect<Updating> =>
    Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      if (progressed || now - openedAt >= Duration.toMillis(maxSilence)) {
        attempt = 0
        scheduleState = schedule.initial
      }
      progressed = false
      openedAt = Number.POSITIVE_INFINITY
      const [state, , decision] = yield* schedule.step(now, error, scheduleState)
      if (Decision.isDone(decision)) return Channel.fail(error)
      scheduleState = state
      attempt++
      suspect = true
      isReconnect ||= known
      yield* countReconnect(operation, error._tag)
      const asked = "retryAfter" in error && error.retryAfter !== undefined ? error.retryAfter : Duration.zero
      const delay = Duration.max(Duration.millis(Intervals.start(decision.intervals) - now), asked)
      lost = { error, wait: Duration.equals(delay, Duration.zero) ? Effect.void : Effect.sleep(delay) }
      return Channel.flatMap(emit({ _tag: "Reconnecting", error, attempt, delay }), () => loop)
    })

  /** What to do when a connection is over: with an error, or because the service closed it. */
  const after = (error: ApiError | undefined): Updating => {
    const abandoned: Array<Follow.Update> = []
    previews.abandon(abandoned)
    return abandoned.length === 0 ? resume(error) : Channel.flatMap(emit(...abandoned), () => resume(error))
  }

  const resume = (error: ApiError | undefined): Updating => {
    if (ended !== undefined) return finish
    if (error === undefined) {
      return mayHaveEnded(retry(new StreamInterrupted({ operation, detail: "the service closed the stream" })))
    }
    switch (error._tag) {
      case "NotFound":
        return known ? deleted : Channel.fail(error)
      case "InvalidRequest":
        return mayHaveEnded(Effect.succeed(Channel.fail(error)))
      default:
        return error.isRetryable ? Channel.unwrap(retry(error)) : Channel.fail(error)
    }
  }

  const mayHaveEnded = (otherwise: Effect.Effect<Updating>): Updating =>
    Channel.unwrap(Effect.matchEffect(limited(end), {
      onSuccess: (reason) => {
        if (reason === undefined) return otherwise
        return Effect.succeed(
          Channel.foldChannel(Stream.toChannel(complete(reason)), { onFailure: after, onSuccess: () => finish })
        )
      },
      onFailure: (error) => error._tag === "NotFound" && known ? Effect.succeed(deleted) : otherwise
    }))

  const loop: Updating = Channel.foldChannel(Stream.toChannel(connection), {
    onFailure: after,
    onSuccess: () => after(undefined)
  })
  return loop
}
