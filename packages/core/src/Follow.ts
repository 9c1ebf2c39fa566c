/**
 * Updates for a follower of a session or of a thread: its events, each exactly once, and changes of the connection.
 *
 * `Events.follow` and `Threads.follow` attach to the live stream, read in the event list what it does not replay, and
 * stay attached: they reconnect by themselves until the session ends or the service refuses for good.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Mailbox from "effect/Mailbox"
import * as Match from "effect/Match"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiError } from "./ApiError.ts"
import * as Cursor from "./Cursor.ts"
import type * as Event_ from "./Event.ts"
import type { EventId, ThreadId } from "./Ids.ts"
import type * as request from "./internal/http/request.ts"
import * as fork from "./internal/stream/fork.ts"
import { chunk, toArray } from "./internal/stream/pull.ts"

/**
 * An event of the session or of the thread.
 *
 * An input appears as `queued` when it was seen before the agent took it up, and then as `processed`. Everything is
 * `processed` exactly once, in the order of the event list.
 *
 * @category models
 */
export interface Event {
  readonly _tag: "Event"
  /** The event as it is on the wire. */
  readonly event: Event_.Event
  /** The state of the event: waiting for the agent, or part of the history. */
  readonly state: "queued" | "processed"
}

/**
 * An event that is being produced, as far as it has come. A snapshot: it never changes, the next one replaces it.
 * @category models
 */
export interface Preview {
  readonly _tag: "Preview"
  /** The id that the event will have. */
  readonly id: EventId
  /** The type that the event will have: `agent.message`, or `agent.thinking`, which has no text. */
  readonly type: Event_.DeltaType
  /**
   * - `opened`: the agent has begun;
   * - `growing`: there is more text;
   * - `final`: the event is there, and follows as an {@link Event}: it alone is authoritative;
   * - `abandoned`: it will not be continued. The connection was lost, in which case the event comes without previews, or
   *   the model request failed.
   */
  readonly phase: "opened" | "growing" | "final" | "abandoned"
  /** The block that has grown; 0 in the other phases. */
  readonly index: number
  /** The text of each block so far. Parts may be missing at the end, never in the middle. */
  readonly blocks: ReadonlyArray<string>
}

/**
 * The live stream is open: what is emitted from now on will be delivered, what is sent now will be seen.
 * @category models
 */
export interface Connected {
  readonly _tag: "Connected"
}

/**
 * Everything up to the moment of attaching has been delivered; what follows is live.
 * @category models
 */
export interface CaughtUp {
  readonly _tag: "CaughtUp"
  /** The position of the follower: all that was delivered is behind it. */
  readonly cursor: Cursor.Cursor
}

/**
 * The connection is lost, or could not be made, and will be made again.
 * @category models
 */
export interface Reconnecting {
  readonly _tag: "Reconnecting"
  /** Why. A stream that the service ended without a reason is a `StreamInterrupted`. */
  readonly error: ApiError
  /** The number of attempts since the last progress, this one included. */
  readonly attempt: number
  /** The delay before that attempt. */
  readonly delay: Duration.Duration
}

/**
 * Something may be missing here, and nothing can bring it back.
 * @category models
 */
export interface Gap {
  readonly _tag: "Gap"
  /**
   * - `deleted`: the session was deleted while the connection was lost, with all that had happened in between;
   * - `overflow`: this consumer was too slow for what {@link broadcast} holds for it.
   */
  readonly reason: "deleted" | "overflow"
  /** The number of updates that are missing, where that is known. */
  readonly missing: number | undefined
}

/**
 * There will be no more events. The last update, after which the stream ends.
 * @category models
 */
export interface Ended {
  readonly _tag: "Ended"
  /** The end of the session, or of the thread. */
  readonly reason: EndReason
}

/**
 * End of a session or a thread: it is archived, terminated by an error that cannot be recovered from, or deleted.
 * @category models
 */
export type EndReason = "archived" | "terminated" | "deleted"

/**
 * Update for a follower.
 * @category models
 */
export type Update = Event | Preview | Connected | CaughtUp | Reconnecting | Gap | Ended

/**
 * Options of a follower.
 * @category options
 */
export interface Options extends request.Options {
  /**
   * The point to start from: the first event of the history, now, or the position of a cursor.
   *
   * @default "start"
   */
  readonly from?: "start" | "now" | Cursor.Cursor | undefined
  /**
   * Preview events of these types while they are produced.
   *
   * @default []
   */
  readonly previews?: ReadonlyArray<Event_.DeltaType> | undefined
  /**
   * The longest silence of the connection. The service sends a heartbeat about every 15 seconds, so that silence means
   * a dead connection, not an agent that is slow.
   *
   * @default "45 seconds"
   */
  readonly maxSilence?: Duration.DurationInput | undefined
  /**
   * The time without an event after which the event list is asked for one: a connection can be alive, heartbeats and
   * all, and yet deliver nothing. If so, it is given up as a `StreamStalled`. The time doubles while nothing happens,
   * up to ten times as long. Not for threads, whose list cannot be read backwards.
   *
   * @default "1 minute"
   */
  readonly audit?: Duration.DurationInput | undefined
  /**
   * When to try again after the connection was lost or refused; begun anew after progress. If the service asks for a longer
   * delay, that is kept, up to five minutes. When the schedule is done, the stream fails with the error.
   *
   * @default Follow.backoff
   */
  readonly reconnect?: Schedule.Schedule<unknown, ApiError> | undefined
  /**
   * The time before the latest event that is read again after a reconnect, to find what the service has ordered in
   * late.
   *
   * @default "10 seconds"
   */
  readonly overlap?: Duration.DurationInput | undefined
  /**
   * The least number of the latest events that are remembered in order to recognise them.
   *
   * @default 256
   */
  readonly remember?: number | undefined
}

/**
 * An update with the thread that it is about.
 * @category models
 */
export interface Threaded {
  /** The child thread; `null` for the session and its primary thread. */
  readonly threadId: ThreadId | null
  readonly update: Update
}

/**
 * Options of following a session with all its threads.
 * @category options
 */
export interface AllOptions extends Omit<Options, "from"> {
  /**
   * The point to start from: the first event of the history, or now; the latter for each thread from the
   * moment at which it has caught up. A thread that is created later is always followed from its start, and so is one that
   * is not named in the `threads` of a cursor.
   *
   * @default "start"
   */
  readonly from?: Options["from"]
  /**
   * The number of child threads that are followed at a time. Further ones wait until one of these has ended.
   *
   * @default 100
   */
  readonly concurrency?: number | undefined
}

/**
 * Half a second, doubling up to ten seconds, each up to a fifth longer or shorter; for ever.
 * @category constants
 */
export const backoff: Schedule.Schedule<unknown> = Schedule.jittered(
  Schedule.union(Schedule.exponential("500 millis"), Schedule.spaced("10 seconds"))
)

/**
 * Handles an update by its `_tag`. Every case must be there.
 * @category combinators
 */
export const match = Match.typeTags<Update>()

const pick =
  (select: (update: Update) => Event_.Event | undefined) =>
  <E, R>(self: Stream.Stream<Update, E, R>): Stream.Stream<Event_.Event, E, R> =>
    Stream.mapChunks(self, (updates) => {
      const out: Array<Event_.Event> = []
      for (const update of updates) {
        const event = select(update)
        if (event !== undefined) out.push(event)
      }
      return chunk(out)
    })

/**
 * Only the events, without markers and previews. An input that was queued appears twice, as on the wire.
 * @category combinators
 */
export const events: <E, R>(self: Stream.Stream<Update, E, R>) => Stream.Stream<Event_.Event, E, R> = pick((update) =>
  update._tag === "Event" ? update.event : undefined
)

/**
 * Only the history: each event once, when it has been processed.
 * @category combinators
 */
export const history: <E, R>(self: Stream.Stream<Update, E, R>) => Stream.Stream<Event_.Event, E, R> = pick((update) =>
  update._tag === "Event" && update.state === "processed" ? update.event : undefined
)

/**
 * An update, with the cursor that goes on after it.
 * @category models
 */
export interface Positioned {
  readonly update: Update
  /** `undefined` before the first event and `CaughtUp` of a follower that began without a cursor. */
  readonly cursor: Cursor.Cursor | undefined
}

/**
 * Pairs each update with the cursor that goes on after it. `from` is the point that the follower starts from.
 *
 * @example
 * ```ts
 * import * as Cursor from "@effect-managed-agents/core/Cursor"
 * import * as Events from "@effect-managed-agents/core/Events"
 * import * as Follow from "@effect-managed-agents/core/Follow"
 * import type { SessionId } from "@effect-managed-agents/core/Ids"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * export const texts = (id: SessionId, from: "start" | Cursor.Cursor) =>
 *   Effect.map(Events.Events, (events) =>
 *     events.follow(id, { from }).pipe(
 *       Follow.withCursor(from),
 *       Stream.map(({ cursor, update }) => [update._tag, cursor && Cursor.format(cursor)])
 *     ))
 * ```
 *
 * @category combinators
 */
export const withCursor =
  (from?: Options["from"]) => <E, R>(self: Stream.Stream<Update, E, R>): Stream.Stream<Positioned, E, R> =>
    Stream.mapAccum(self, typeof from === "object" ? from : undefined, (before, update) => {
      const cursor = cursorAfter(before, update)
      return [cursor, { update, cursor }]
    })

const cursorAfter = (before: Cursor.Cursor | undefined, update: Update): Cursor.Cursor | undefined => {
  if (update._tag === "Event") return Cursor.add(before ?? Cursor.start, update.event)
  // a follower that starts now has skipped what is behind this
  return update._tag === "CaughtUp" ? before ?? update.cursor : before
}

/**
 * An update of a session or one of its threads, with the cursor that goes on after it.
 * @category models
 */
export interface ThreadedPosition extends Threaded {
  /** `undefined` before the session's first event and `CaughtUp` of a follower that began without a cursor. */
  readonly cursor: Cursor.ThreadCursors | undefined
}

/**
 * Pairs each update of a session and its threads with the cursor that goes on after it: as {@link withCursor}, for
 * `Threads.followAll`.
 * @category combinators
 */
export const withThreadCursors =
  (from?: AllOptions["from"]) => <E, R>(self: Stream.Stream<Threaded, E, R>): Stream.Stream<ThreadedPosition, E, R> => {
    const begin: Places = typeof from === "object"
      ? { session: from, threads: new Map(Object.entries(from.threads ?? {})) }
      : { session: undefined, threads: new Map() }
    return Stream.mapAccum(self, begin, (before, { threadId, update }) => {
      const places = placesAfter(before, threadId, update)
      const cursor = places.session && { ...places.session, threads: Object.fromEntries(places.threads) }
      return [places, { threadId, update, cursor }]
    })
  }

interface Places {
  readonly session: Cursor.Cursor | undefined
  readonly threads: ReadonlyMap<string, Cursor.Cursor>
}

const placesAfter = (before: Places, threadId: ThreadId | null, update: Update): Places => {
  if (threadId === null) {
    const session = cursorAfter(before.session, update)
    return session === before.session ? before : { ...before, session }
  }
  const known = before.threads.get(threadId)
  const place = cursorAfter(known, update)
  if (place === undefined || place === known) return before
  return { ...before, threads: new Map(before.threads).set(threadId, place) }
}

/**
 * Treatment of updates for a consumer that has not taken those before.
 * @category options
 */
export interface Overflow {
  /** The number of updates that are held for each consumer. */
  readonly capacity: number
  /**
   * - `suspend`: wait for it, and let all others wait;
   * - `sliding`: drop the oldest ones that are held;
   * - `dropping`: drop the new ones.
   *
   * Where updates were dropped, that consumer gets a {@link Gap}.
   */
  readonly strategy: "suspend" | "sliding" | "dropping"
}

interface Numbered {
  readonly number: number
  readonly update: Update
}

/**
 * Broadcasts a stream to `n` consumers, each of which gets every update. It begins at once and runs until the scope closes or
 * every consumer has left.
 * @category combinators
 */
export const broadcast = <N extends number>(n: N, overflow: Overflow) =>
<E, R>(
  self: Stream.Stream<Update, E, R>
): Effect.Effect<Stream.Stream.DynamicTuple<Stream.Stream<Update, E>, N>, never, R | Scope.Scope> =>
  Effect.gen(function*() {
    const mailboxes = yield* Effect.replicateEffect(Mailbox.make<Numbered, E>(overflow), n)
    const waiting = new Set(mailboxes)
    let count = 0
    yield* Stream.runForEachWhile(Stream.chunks(self), (updates) => {
      const numbered = toArray(updates).map((update) => ({ number: count++, update }))
      return Effect.as(
        Effect.forEach(waiting, (mailbox) => mailbox.offerAll(numbered), { discard: true }),
        waiting.size > 0
      )
    }).pipe(
      Effect.onExit((exit) => Effect.forEach(mailboxes, (mailbox) => mailbox.done(exit), { discard: true })),
      fork.inScope
    )
    const consumers = mailboxes.map((mailbox) => {
      let next = 0
      const gapUntil = (number: number): ReadonlyArray<Update> =>
        number > next ? [{ _tag: "Gap", reason: "overflow", missing: number - next }] : []
      return Mailbox.toStream(mailbox).pipe(
        Stream.mapConcat(({ number, update }): ReadonlyArray<Update> => {
          const gap = gapUntil(number)
          next = number + 1
          return [...gap, update]
        }),
        Stream.concat(Stream.suspend(() => Stream.fromIterable(gapUntil(count)))),
        Stream.ensuring(Effect.suspend(() => {
          waiting.delete(mailbox)
          return mailbox.shutdown
        }))
      )
    })
    // there are as many as there were mailboxes
    return consumers as unknown as Stream.Stream.DynamicTuple<Stream.Stream<Update, E>, N>
  })
