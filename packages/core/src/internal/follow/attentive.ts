import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { ApiError } from "../../ApiError.ts"
import * as Cursor from "../../Cursor.ts"
import * as Event from "../../Event.ts"
import type * as Events from "../../Events.ts"
import type * as Follow from "../../Follow.ts"
import type { SessionId } from "../../Ids.ts"

/** After how many milliseconds without an event to ask the list, at first and at most. */
const silences = { first: 60_000, most: 600_000 }

/**
 * Follows a session, and does not trust the connection: it may be alive, heartbeats and all, and yet deliver nothing. So
 * when nothing has come for a while, the list is asked whether something should have.
 */
export const follow = (
  events: Events.Service,
  sessionId: SessionId,
  options: Follow.Options
): Stream.Stream<Follow.Update, ApiError> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    /** Where to follow from: at first as asked, then where a connection went deaf. */
    const origins = yield* Queue.unbounded<Follow.Options["from"]>()
    yield* Queue.offer(origins, options.from)

    let cursor: Cursor.Cursor | undefined
    let isRestarted = false
    let count = 0

    const listen = Effect.gen(function*() {
      let silence = silences.first
      for (let heard = count;; heard = count) {
        yield* Effect.sleep(silence)
        if (cursor === undefined) continue
        silence = count === heard ? Math.min(silence * 2, silences.most) : silences.first
        if (count !== heard) continue
        const latest = yield* events.listPage(sessionId, { order: "desc", limit: 10 }).pipe(
          Effect.map(({ data }) => data),
          Effect.orElseSucceed(() => [])
        )
        const here = cursor
        if (latest.some((event) => Event.processedAtOf(event) !== undefined && Cursor.add(here, event) !== here)) {
          isRestarted = true
          yield* Queue.offer(origins, here)
        }
      }
    })
    yield* Effect.forkScoped(listen)

    /** Takes note of an update. One that came late on a connection that was deaf, and again on the new one, is dropped. */
    const isNew = (update: Follow.Update): boolean => {
      if (update._tag === "CaughtUp") cursor ??= update.cursor
      if (update._tag !== "Event") return true
      count++
      if (cursor === undefined) return true
      const before = cursor
      cursor = Cursor.add(cursor, update.event)
      return !isRestarted || cursor !== before
    }

    return Stream.fromQueue(origins).pipe(
      Stream.flatMap((from) => events.follow(sessionId, { ...options, from }), { switch: true }),
      Stream.filter(isNew),
      Stream.takeUntil(({ _tag }) => _tag === "Ended")
    )
  }))
