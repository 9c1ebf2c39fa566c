import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Scheduler from "effect/Scheduler"

/** Knows whether a fiber waits for its turn. */
export class CountingScheduler implements Scheduler.Scheduler {
  waiting = 0
  private readonly inner: Scheduler.Scheduler

  constructor(inner: Scheduler.Scheduler) {
    this.inner = inner
  }

  shouldYield(fiber: Fiber.RuntimeFiber<unknown, unknown>): number | false {
    return this.inner.shouldYield(fiber)
  }

  scheduleTask(task: Scheduler.Task, priority: number, fiber?: Fiber.RuntimeFiber<unknown, unknown>): void {
    this.waiting++
    this.inner.scheduleTask(
      () => {
        this.waiting--
        task()
      },
      priority,
      fiber
    )
  }
}

/**
 * Waits until no fiber has anything to do. `hop` calls back when the platform has nothing else to call, which is after
 * all promises are settled; a fiber that was resumed by one has its turn at once or is counted by the scheduler.
 */
export const settled = (scheduler: CountingScheduler, hop: (next: () => void) => void): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    const look = () => scheduler.waiting === 0 ? resume(Effect.void) : hop(look)
    hop(() => hop(look))
  })
