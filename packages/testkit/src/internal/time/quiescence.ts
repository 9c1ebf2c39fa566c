import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Scheduler from "effect/Scheduler"

/** Counts the tasks that are scheduled and have not begun. */
export class CountingScheduler implements Scheduler.Scheduler {
  pending = 0
  private readonly inner: Scheduler.Scheduler

  constructor(inner: Scheduler.Scheduler) {
    this.inner = inner
  }

  shouldYield(fiber: Fiber.RuntimeFiber<unknown, unknown>): number | false {
    return this.inner.shouldYield(fiber)
  }

  scheduleTask(task: Scheduler.Task, priority: number, fiber?: Fiber.RuntimeFiber<unknown, unknown>): void {
    this.pending++
    this.inner.scheduleTask(
      () => {
        this.pending--
        task()
      },
      priority,
      fiber
    )
  }
}

/**
 * Waits until no fiber of the scheduler can run. `hop` calls back when the platform has nothing else to call, which is
 * after all promises are settled; a fiber that one of them resumes runs at once or is counted by the scheduler.
 */
export const quiescence = (scheduler: CountingScheduler, hop: (next: () => void) => void): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    const look = () => {
      if (scheduler.pending === 0) resume(Effect.void)
      else hop(look)
    }
    hop(() => hop(look))
  })
