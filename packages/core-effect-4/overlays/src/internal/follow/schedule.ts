import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Schedule from "effect/Schedule"

type Stepper<In> = (now: number, input: In) => Pull.Pull<[unknown, Duration.Duration], never, unknown>

/**
 * Steps a schedule by hand: the delay until the next attempt, or `undefined` when the schedule is done. `isFresh` starts it
 * over.
 */
export const driver = <In>(
  schedule: Schedule.Schedule<unknown, In>
): (input: In, isFresh: boolean) => Effect.Effect<Duration.Duration | undefined> => {
  let step: Stepper<In> | undefined
  return Effect.fnUntraced(function*(input, isFresh) {
    const now = yield* Clock.currentTimeMillis
    if (step === undefined || isFresh) step = yield* Schedule.toStep(schedule)
    return yield* Pull.catchDone(
      Effect.map(step(now, input), ([, delay]): Duration.Duration | undefined => delay),
      () => Effect.undefined
    )
  })
}
