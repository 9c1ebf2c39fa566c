import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Schedule from "effect/Schedule"
import * as Decision from "effect/ScheduleDecision"
import * as Intervals from "effect/ScheduleIntervals"

/**
 * Steps a schedule by hand: the delay until the next attempt, or `undefined` when the schedule is done. `isFresh` starts it
 * over.
 */
export const driver = <In>(
  schedule: Schedule.Schedule<unknown, In>
): (input: In, isFresh: boolean) => Effect.Effect<Duration.Duration | undefined> => {
  let state: unknown = schedule.initial
  return (input, isFresh) =>
    Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const [next, , decision] = yield* schedule.step(now, input, isFresh ? schedule.initial : state)
      if (Decision.isDone(decision)) return undefined
      state = next
      return Duration.millis(Intervals.start(decision.intervals) - now)
    })
}
