import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Scheduler from "effect/Scheduler"

/** The number of fibers that wait for their turn, of those that it is told of. */
export interface Turns {
  waiting: number
}

/** Counts who waits for its turn. Several schedulers may count together. */
export class CountingScheduler implements Scheduler.Scheduler {
  readonly turns: Turns
  private readonly inner: Scheduler.Scheduler

  constructor(inner: Scheduler.Scheduler, turns: Turns = { waiting: 0 }) {
    this.inner = inner
    this.turns = turns
  }

  shouldYield(fiber: Fiber.RuntimeFiber<unknown, unknown>): number | false {
    return this.inner.shouldYield(fiber)
  }

  scheduleTask(task: Scheduler.Task, priority: number, fiber?: Fiber.RuntimeFiber<unknown, unknown>): void {
    this.turns.waiting++
    this.inner.scheduleTask(
      () => {
        this.turns.waiting--
        task()
      },
      priority,
      fiber
    )
  }
}

/**
 * Waits until no fiber has anything to do, and says whether that came about within so many looks. `hop` calls back when
 * the platform has nothing else to call, which is after all promises are settled; a fiber that was resumed by one has its
 * turn at once or is counted by the scheduler.
 */
export const settled = (turns: Turns, hop: (next: () => void) => void, looks = Infinity): Effect.Effect<boolean> =>
  Effect.async<boolean>((resume) => {
    let looked = 0
    const look = () => {
      if (turns.waiting === 0) resume(Effect.succeed(true))
      else if (++looked >= looks) resume(Effect.succeed(false))
      else hop(look)
    }
    hop(() => hop(look))
  })
