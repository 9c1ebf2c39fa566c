import type * as Fiber from "effect/Fiber"
import type * as Scheduler from "effect/Scheduler"

/** Tasks that run before other fibers have a turn: enough for all but those that never end. */
const maxTasks = 1000

/**
 * Runs script fibers to their next suspension inside the transition that resumed them, so that the result does not depend
 * on the order in which other fibers run.
 */
export class SynchronousScheduler implements Scheduler.Scheduler {
  private readonly behind: Scheduler.Scheduler
  private tasks: Array<() => void> = []
  private open = false

  constructor(behind: Scheduler.Scheduler) {
    this.behind = behind
  }

  shouldYield(fiber: Fiber.RuntimeFiber<unknown, unknown>): number | false {
    return this.behind.shouldYield(fiber)
  }

  scheduleTask(task: Scheduler.Task, priority: number, fiber?: Fiber.RuntimeFiber<unknown, unknown>): void {
    if (this.open) this.tasks.push(task)
    else this.behind.scheduleTask(task, priority, fiber)
  }

  /** Takes a step of the world, and everything that follows from it. */
  run(step: () => void): void {
    if (this.open) return step()
    this.open = true
    try {
      step()
      for (let i = 0; i < maxTasks; i++) {
        const task = this.tasks.shift()
        if (task === undefined) break
        task()
      }
    } finally {
      this.open = false
      const rest = this.tasks
      this.tasks = []
      for (const task of rest) this.behind.scheduleTask(task, 0)
    }
  }
}
