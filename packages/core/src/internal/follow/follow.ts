import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Decision from "effect/ScheduleDecision"
import * as Intervals from "effect/ScheduleIntervals"
import * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ApiError, Issue } from "../../ApiError.ts"
import { InvalidParams, StreamInterrupted, StreamStalled, TransportError } from "../../ApiError.ts"
import * as Cursor from "../../Cursor.ts"
import type { ListParams, StreamEvent, StreamParams } from "../../Event.ts"
import * as Event from "../../Event.ts"
import * as Follow from "../../Follow.ts"
import type { Page } from "../../Page.ts"
import * as RetryPolicy from "../../RetryPolicy.ts"
import type { StreamOptions } from "../http/request.ts"
import { timeLimit } from "../http/timeLimit.ts"
import * as pull from "../stream/pull.ts"
import { countReconnect, countRecovered } from "../telemetry/metrics.ts"
import * as baseline from "./baseline.ts"
import * as identity from "./identity.ts"
import type { Reading } from "./position.ts"
import { Position } from "./position.ts"
import { Previews } from "./previews.ts"

type State = Follow.Event["state"]

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
  /** Whether nothing comes after this event, of this type. */
  readonly isLast: (event: StreamEvent, type: string) => boolean
}

/**
 * An event that is delivered: a plain object, made by a constructor. A literal that is evaluated for every event is
 * allocated in the old generation once V8 has seen a consumer hold the first ones for a while, and keeps them all alive.
 */
function Delivered(this: { -readonly [K in keyof Follow.Event]: Follow.Event[K] }, event: Event.Event, state: State) {
  this._tag = "Event"
  this.event = event
  this.state = state
}
Delivered.prototype = Object.prototype
// to the compiler a function is no constructor
const DeliveredEvent = Delivered as unknown as new(event: Event.Event, state: State) => Follow.Event

/** What is done next: it yields updates, or none, and says what comes after it. */
type Step = Effect.Effect<ReadonlyArray<Follow.Update>, ApiError>

/** Events on one page of the history. */
const pageSize = 1000

/** Events that are read after a reconnect in the hope that they are all that is new. */
const peekSize = 100

/** How many times longer than the silence of a stream a page may take. */
const pagePatience = 4

interface Settings extends Follow.Options, baseline.Options {
  readonly reconnect: NonNullable<Follow.Options["reconnect"]>
  readonly from: "start" | "now" | Cursor.Cursor
  readonly maxSilence: Duration.Duration
  readonly audit: Duration.Duration
  readonly overlap: Duration.Duration
  readonly remember: number
}

const settingsOf = (operation: string, options: Follow.Options): Effect.Effect<Settings, InvalidParams> => {
  const issues: Array<Issue> = []
  const duration = (name: "maxSilence" | "audit" | "overlap", byDefault: Duration.DurationInput): Duration.Duration =>
    Option.getOrElse(Duration.decodeUnknown(options[name] ?? byDefault), () => {
      issues.push({ path: name, message: "expected a duration" })
      return Duration.zero
    })
  const settings: Settings = {
    ...options,
    reconnect: options.reconnect ?? Follow.backoff,
    from: options.from ?? "start",
    maxSilence: duration("maxSilence", "45 seconds"),
    audit: duration("audit", "1 minute"),
    overlap: duration("overlap", "10 seconds"),
    remember: options.remember ?? 256
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
export const follow = (source: Source, options: Follow.Options): Stream.Stream<Follow.Update, ApiError> =>
  pull.toStream(makePull(source, options))

const makePull = Effect.fnUntraced(function*(
  { end, isLast, isOrdered, open, operation, page }: Source,
  options: Follow.Options
) {
  const settings = yield* settingsOf(operation, options)
  const { audit, from, maxSilence, overlap, reconnect: schedule, remember } = settings
  const scope = yield* Effect.scope
  const clock = yield* Effect.clock
  const onRecovered = countRecovered(operation, yield* Effect.metricLabels)

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
  /** How many chunks have come, and whether the next one is waited for. */
  let heard = 0
  let isListening = false
  /** Why the connection was given up although it is alive. */
  let deaf: StreamStalled | undefined

  const deliver = (
    event: Event.Event,
    type: string,
    state: State,
    out: Array<Follow.Update>
  ): void => {
    previews.event(event, out)
    out.push(new DeliveredEvent(event, state))
    progressed = true
    if (isLast(event, type)) ended = type === "session.deleted" ? "deleted" : "event"
  }

  const limited = <A>(self: Effect.Effect<A, ApiError>): Effect.Effect<A, ApiError> =>
    timeLimit(self, {
      duration: Duration.times(maxSilence, pagePatience),
      onTimeout: () => new TransportError({ operation, reason: "Timeout", detail: "the history did not come in time" })
    })

  // -------------------------------------------------------------------------------------------------------------------
  // The list
  // -------------------------------------------------------------------------------------------------------------------

  const read = (events: Iterable<Event.Event>, reading: Reading): ReadonlyArray<Follow.Update> => {
    const out: Array<Follow.Update> = []
    for (const event of events) {
      const verdict = position.listed(event, reading)
      if (verdict !== undefined) deliver(event, identity.typeOf(event), verdict, out)
    }
    if (isReconnect && out.length > 0) onRecovered(out.length)
    return out
  }

  /** Reads pages, and then goes on. A page that does not exist any more is the first one. */
  const pages = (query: ListParams, then: Step, first?: string): Step =>
    Effect.suspend(() => {
      const reading: Reading = { anchored: false }
      let queue = false
      const from = (at: string | undefined): Step => {
        const self = Effect.map(
          limited(page({ ...query, limit: pageSize, ...(at === undefined ? {} : { page: at }) })),
          ({ data, next_page }) => {
            lastPage = at
            // What waits is listed last. So everything from before the attaching has been listed when it comes, and the
            // rest of the list may be out of order by now; the stream has it.
            const events = queue ? data.filter(identity.isQueued) : data
            queue ||= data.some(identity.isQueued)
            step = next_page ? from(next_page) : then
            return read(events, reading)
          }
        )
        return first === undefined ? self : Effect.catchTag(self, "InvalidRequest", () => pages(query, then))
      }
      return from(first)
    })

  const peek = (at?: string) =>
    limited(page({ order: "desc", limit: peekSize, ...(at === undefined ? {} : { page: at }) }))

  /** What is new among the latest events, if that is all; else from where it was left off. */
  const news = (bound: Event.ListParams["created_at[gte]"] & string, then: Step): Step =>
    Effect.flatMap(peek(), ({ data, next_page }) => {
      const oldest = stampOfLast(data)
      const whole = !next_page || (oldest !== undefined && identity.isLater(bound, oldest))
      if (!whole) {
        // a bound hides what waits
        const waiting = Effect.sync(() => {
          step = then
          return read(data.filter(identity.isQueued).toReversed(), { anchored: true })
        })
        return pages({ "created_at[gte]": bound }, waiting)
      }
      step = then
      return Effect.succeed(read(data.toReversed(), { anchored: false }))
    })

  /** What is in the list and has not been delivered. */
  const history = (then: Step): Step =>
    Effect.suspend(() => {
      const bound = isOrdered ? position.bound(overlap) : undefined
      return bound === undefined ? pages({}, then, lastPage) : news(bound, then)
    })

  /** Takes what is in the list for delivered. */
  const skip = (at?: string): Effect.Effect<void, ApiError> => {
    if (!isOrdered) return skipPages(pages({}, skipped))
    return Effect.flatMap(peek(at), ({ data, next_page }) => {
      settings[baseline.key]?.({ _tag: "Baseline", events: data, isWhole: !next_page })
      const reading: Reading = { anchored: true }
      for (const event of data.toReversed()) position.listed(event, reading)
      if (!next_page) return Effect.void
      const oldest = stampOfLast(data)
      if (oldest === undefined) return skip(next_page)
      position.forget(oldest)
      return Effect.void
    })
  }

  const skipped: Step = Effect.succeed([])
  const skipPages = (pages: Step): Effect.Effect<void, ApiError> =>
    Effect.flatMap(pages, () => step === skipped ? Effect.void : skipPages(step))

  // -------------------------------------------------------------------------------------------------------------------
  // A connection
  // -------------------------------------------------------------------------------------------------------------------

  let connection: Scope.CloseableScope | undefined

  const disconnect = Effect.suspend(() => {
    if (connection === undefined) return Effect.void
    const closing = Scope.close(connection, Exit.void)
    connection = undefined
    return closing
  })

  const connect = Effect.suspend(() =>
    timeLimit(open(settings.previews === undefined ? {} : { event_deltas: settings.previews }, settings), {
      duration: maxSilence,
      onTimeout: () => new StreamStalled({ operation, silence: maxSilence })
    })
  ).pipe(RetryPolicy.provide(RetryPolicy.none), Effect.flatMap(pull.fromStream))

  const attach: Step = Effect.gen(function*() {
    const own = yield* Scope.fork(scope, ExecutionStrategy.sequential)
    connection = own
    const connecting = Scope.extend(connect, own)
    const live = yield* lost === undefined ? connecting : Effect.withSpan(
      Effect.zipRight(lost.wait, connecting),
      "Follow.reconnect",
      {
        attributes: { operation, "reconnect.attempt": attempt, "error.type": lost.error._tag },
        captureStackTrace: false
      }
    )
    tail = Effect.matchEffect(live, { onFailure: over, onSuccess: take })
    known = true
    openedAt = clock.unsafeCurrentTimeMillis()
    if (begun) {
      step = history(unlessEnded(caughtUp))
      return [{ _tag: "Connected" }]
    }
    yield* skip()
    begun = true
    step = unlessEnded(caughtUp)
    return [{ _tag: "Connected" }]
  })

  const unlessEnded = (self: Step): Step => Effect.suspend(() => ended === undefined ? self : over())

  const caughtUp: Step = Effect.sync(() => {
    step = suspect ? vet : tail
    return [{ _tag: "CaughtUp", cursor: position.cursor }]
  })

  /** Looks whether it has ended meanwhile. */
  const vet: Step = Effect.suspend(() =>
    Effect.map(limited(end), (reason) => {
      suspect = false
      step = reason === undefined ? tail : complete(reason)
      return []
    })
  )

  /** After the end the list is complete. */
  const complete = (reason: Follow.EndReason): Step =>
    history(Effect.suspend(() => {
      ended = reason
      return over()
    }))

  const preview = (event: StreamEvent, out: Array<Follow.Update>): void => {
    if (event.type === "event_start") previews.start(event, out)
    else if (event.type === "event_delta") previews.delta(event, out)
  }

  const take = (events: Chunk.Chunk<StreamEvent> | undefined): Step => {
    isListening = false
    if (events === undefined) return over()
    heard++
    const out: Array<Follow.Update> = []
    for (const event of Chunk.toReadonlyArray(events)) {
      const type = identity.typeOf(event)
      if (type === "event_start" || type === "event_delta") preview(event, out)
      else {
        const verdict = position.live(event, type)
        // what is no preview is stored
        if (verdict !== undefined) deliver(event as Event.Event, type, verdict, out)
      }
      if (ended !== undefined) {
        step = over()
        break
      }
    }
    return Effect.succeed(out)
  }

  /** What the connection brings; it deals with its errors itself. */
  let tail: Step = Effect.succeed([])

  /** A connection may be alive, heartbeats and all, and yet deliver nothing: the list tells. */
  const listen = Effect.gen(function*() {
    const most = Duration.times(audit, 10)
    let silence = audit
    for (let before = heard;; before = heard) {
      yield* Effect.sleep(silence)
      const waited = silence
      silence = heard === before ? Duration.min(Duration.times(silence, 2), most) : audit
      if (heard !== before || !isListening) continue
      const missed = yield* limited(page({ order: "desc", limit: 10 })).pipe(
        Effect.map(({ data }) => data.some((event) => position.misses(event))),
        Effect.orElseSucceed(() => false)
      )
      if (!missed || heard !== before || !isListening) continue
      deaf = new StreamStalled({ operation, silence: waited })
      yield* disconnect
    }
  })
  if (isOrdered && Duration.isFinite(audit)) yield* Effect.forkScoped(listen)

  // -------------------------------------------------------------------------------------------------------------------
  // Connections, one after the other
  // -------------------------------------------------------------------------------------------------------------------

  /** Whether an error is one of the connection. */
  let connecting = true
  let isDone = false

  /** A connection is over: with an error, or because the service closed it. */
  const over = (error?: ApiError): Step =>
    Effect.suspend(() => {
      const abandoned: Array<Follow.Update> = []
      previews.abandon(abandoned)
      connecting = isListening = false
      step = resume(deaf ?? error)
      deaf = undefined
      return Effect.as(disconnect, abandoned)
    })

  const finish = (...updates: ReadonlyArray<Follow.Update>): ReadonlyArray<Follow.Update> => {
    isDone = true
    return updates
  }

  const deleted: Step = Effect.sync(() =>
    finish({ _tag: "Gap", reason: "deleted", missing: undefined }, { _tag: "Ended", reason: "deleted" })
  )

  /** The last event does not tell an archived session from one that an error has terminated. */
  const reason: Effect.Effect<Follow.EndReason> = Effect.suspend(() => {
    if (ended !== "event") return Effect.succeed(ended ?? "terminated")
    return limited(end).pipe(
      Effect.map((reason): Follow.EndReason => reason ?? "terminated"),
      Effect.catchAll((error) => Effect.succeed(error._tag === "NotFound" ? "deleted" as const : "terminated" as const))
    )
  })

  const again = (next: Step): void => {
    connecting = true
    step = next
  }

  const retry = (error: ApiError): Step =>
    Effect.gen(function*() {
      const now = clock.unsafeCurrentTimeMillis()
      if (progressed || now - openedAt >= Duration.toMillis(maxSilence)) {
        attempt = 0
        scheduleState = schedule.initial
      }
      progressed = false
      openedAt = Number.POSITIVE_INFINITY
      const [state, , decision] = yield* schedule.step(now, error, scheduleState)
      if (Decision.isDone(decision)) return yield* Effect.fail(error)
      scheduleState = state
      attempt++
      suspect = true
      isReconnect ||= known
      yield* countReconnect(operation, error._tag)
      const asked = "retryAfter" in error && error.retryAfter !== undefined ? error.retryAfter : Duration.zero
      const delay = Duration.max(Duration.millis(Intervals.start(decision.intervals) - now), asked)
      lost = { error, wait: Duration.equals(delay, Duration.zero) ? Effect.void : Effect.sleep(delay) }
      again(attach)
      return [{ _tag: "Reconnecting", error, attempt, delay }]
    })

  /** What to do when a connection is over. */
  const resume = (error: ApiError | undefined): Step => {
    if (ended !== undefined) return Effect.map(reason, (reason) => finish({ _tag: "Ended", reason }))
    if (error === undefined) {
      return mayHaveEnded(retry(new StreamInterrupted({ operation, detail: "the service closed the stream" })))
    }
    switch (error._tag) {
      case "NotFound":
        return known ? deleted : Effect.fail(error)
      case "InvalidRequest":
        return mayHaveEnded(Effect.fail(error))
      default:
        return error.isRetryable ? retry(error) : Effect.fail(error)
    }
  }

  const mayHaveEnded = (otherwise: Step): Step =>
    Effect.matchEffect(limited(end), {
      onSuccess: (reason) => {
        if (reason === undefined) return otherwise
        again(complete(reason))
        return Effect.succeed([])
      },
      onFailure: (error) => error._tag === "NotFound" && known ? deleted : otherwise
    })

  // -------------------------------------------------------------------------------------------------------------------
  // One step after the other
  // -------------------------------------------------------------------------------------------------------------------

  let step: Step = attach
  const current: Step = Effect.suspend(() => step)
  const guarded: Step = Effect.catchAll(current, over)
  // what is made anew for each chunk of a busy stream is what it costs
  const emit = (updates: ReadonlyArray<Follow.Update>): pull.Pull<Follow.Update, ApiError> =>
    updates.length === 0 ? next : Effect.succeed(Chunk.unsafeFromArray(updates))
  const next: pull.Pull<Follow.Update, ApiError> = Effect.suspend(() => {
    if (isDone) return Effect.succeed(undefined)
    isListening = step === tail
    return Effect.flatMap(isListening ? tail : connecting ? guarded : current, emit)
  })
  return next
})

const stampOfLast = (events: ReadonlyArray<Event.Event>) => {
  const last = events.at(-1)
  return last === undefined ? undefined : Event.processedAtOf(last)
}
