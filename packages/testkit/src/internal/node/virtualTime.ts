import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"
import { setImmediate } from "node:timers"
import { CountingScheduler, quiescence } from "../time/quiescence.ts"
import * as virtualClock from "../time/virtualClock.ts"

/** Runs a program in virtual time, which begins at `start` and which it can move by {@link virtualClock.VirtualClock}. */
export const provide = (start: number) => <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.scopedWith((scope) => {
    const scheduler = new CountingScheduler(Scheduler.defaultScheduler)
    const clock = virtualClock.make(start, quiescence(scheduler, setImmediate))
    // a client that gives up waiting does not stop time wherever it is
    const advance = (millis: number) => Effect.flatMap(Effect.forkIn(clock.advance(millis), scope), Fiber.join)
    return self.pipe(
      Effect.withClock(clock),
      Effect.withScheduler(scheduler),
      Effect.provideService(virtualClock.VirtualClock, { ...clock, advance })
    )
  })
