import * as Effect from "effect/Effect"
import * as Scheduler from "effect/Scheduler"
import { setImmediate } from "node:timers"
import * as virtualClock from "../virtualClock.ts"

/** Runs a program in virtual time, which begins at `start` and which it can move by {@link virtualClock.VirtualClock}. */
export const provide = (start: number) => <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const scheduler = new CountingScheduler()
    const clock = virtualClock.make(start, settled(scheduler))
    return self.pipe(
      Effect.withClock(clock),
      Effect.withScheduler(scheduler),
      Effect.provideService(virtualClock.VirtualClock, clock)
    )
  })

/** Knows whether a fiber waits for its turn. */
class CountingScheduler implements Scheduler.Scheduler {
  waiting = 0
  private readonly inner = Scheduler.defaultScheduler

  shouldYield: Scheduler.Scheduler["shouldYield"] = (fiber) => this.inner.shouldYield(fiber)

  scheduleTask(task: Scheduler.Task, priority: number): void {
    this.waiting++
    this.inner.scheduleTask(() => {
      this.waiting--
      task()
    }, priority)
  }
}

/**
 * Waits until no fiber has anything to do. Promises are settled before the platform calls back, and a fiber that was
 * resumed by one has its turn at once or is counted by the scheduler.
 */
const settled = (scheduler: CountingScheduler): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    const look = () => scheduler.waiting === 0 ? resume(Effect.void) : setImmediate(look)
    setImmediate(() => setImmediate(look))
  })
