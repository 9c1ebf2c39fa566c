import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ApiError } from "../../ApiError.ts"
import * as Cursor from "../../Cursor.ts"
import * as Event from "../../Event.ts"
import type * as Events from "../../Events.ts"
import type { SessionId } from "../../Ids.ts"
import type { Page } from "../follow/observer.ts"
import { isStatus } from "./statuses.ts"

/** The turn of a session that is under way, or else its last one. */
export interface Found {
  /** Its events so far. */
  readonly events: ReadonlyArray<Event.Event>
  /** The place in the history before the first of them. */
  readonly since: Cursor.Cursor
  /** The events before that place. */
  readonly baseline: Page
}

/** The number of events to read before the turn, among which is what the session had consumed. */
const context = 10

/** Reads the history backwards to the end of the turn before. */
export const findTurn = (events: Events.Service, sessionId: SessionId): Effect.Effect<Found, ApiError> =>
  Effect.suspend(() => {
    const found: Array<Event.Event> = []
    const earlier: Array<Event.Event> = []
    let hasBegun = false
    return events.list(sessionId, { order: "desc", limit: 100 }).pipe(
      Stream.runForEachWhile((event) =>
        Effect.sync(() => {
          if (earlier.length > 0 || (hasBegun && isEnd(event))) return earlier.push(event) < context
          found.push(event)
          hasBegun ||= isActivity(event)
          return true
        })
      ),
      Effect.map(() => ({
        events: found.toReversed(),
        since: cursorAfter(earlier),
        baseline: { _tag: "Baseline", events: earlier, isWhole: earlier.length < context }
      }))
    )
  })

/** Tells the end of a turn. What waits for an answer or a budget goes on. */
export const isEnd = (event: Event.Event): boolean =>
  event.type === "session.status_idle" && event.stop_reason.type !== "requires_action" &&
  event.stop_reason.type !== "budget_reached"

const isActivity = (event: Event.Event): boolean =>
  event.type === "user.message" || event.type === "user.define_outcome" || isStatus(event)

/** The cursor after some events, newest first. */
const cursorAfter = (events: ReadonlyArray<Event.Event>): Cursor.Cursor => {
  const newest = events[0]
  const before = newest === undefined ? undefined : Event.processedAtOf(newest)
  return events.toReversed().reduce(Cursor.add, before === undefined ? Cursor.start : { ...Cursor.start, before })
}
