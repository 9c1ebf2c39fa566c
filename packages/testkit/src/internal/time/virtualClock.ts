import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** A clock that stands still until it is told to move. */
export interface VirtualClock extends Clock.Clock {
  /**
   * Moves time on. Everything that comes due on the way happens in order, and has happened when this returns. A reset ends
   * it.
   */
  readonly advance: (millis: number) => Effect.Effect<void>
  /** The time at which the next thing comes due, in milliseconds since the epoch, once all that can run has run. */
  readonly next: Effect.Effect<number | undefined>
  /** Sets the time back to the start. Whoever still sleeps has as long to sleep as before. */
  readonly reset: Effect.Effect<void>
}

/** The clock of a simulator whose time is virtual; there is none otherwise. */
export const VirtualClock = Context.GenericTag<VirtualClock>("@effect-managed-agents/testkit/VirtualClock")

interface Task {
  due: number
  readonly run: () => void
}

/**
 * Makes a clock that starts at `start`, in milliseconds since the epoch.
 *
 * `settle` waits, in real time, until the fibers that can run have run, up to their next sleep: the clock itself cannot
 * know when they have.
 */
export const make = (start: number, settle: Effect.Effect<void>): VirtualClock => {
  let now = start
  let resets = 0
  // by due time, and of one time in the order of scheduling
  let tasks: ReadonlyArray<Task> = []

  const schedule = (run: () => void, duration: Duration.Duration): () => void => {
    const task: Task = { due: now + Math.max(0, Duration.toMillis(duration)), run }
    const index = tasks.findIndex((other) => other.due > task.due)
    tasks = index === -1 ? [...tasks, task] : [...tasks.slice(0, index), task, ...tasks.slice(index)]
    return () => {
      tasks = tasks.filter((other) => other !== task)
    }
  }

  const oneAtATime = Effect.unsafeMakeSemaphore(1).withPermits(1)

  const advance = (millis: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      const asked = resets
      return oneAtATime(Effect.gen(function*() {
        const target = now + millis
        while (true) {
          yield* settle
          if (resets !== asked) return
          const next = tasks[0]
          if (next === undefined || next.due > target) break
          now = Math.max(now, next.due)
          tasks = tasks.slice(1)
          next.run()
        }
        now = target
      }))
    })

  return {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: () => now,
    unsafeCurrentTimeNanos: () => BigInt(Math.round(now * 1_000_000)),
    currentTimeMillis: Effect.sync(() => now),
    currentTimeNanos: Effect.sync(() => BigInt(Math.round(now * 1_000_000))),
    sleep: (duration) =>
      Effect.async<void>((resume) => {
        const cancel = schedule(() => resume(Effect.void), duration)
        return Effect.sync(cancel)
      }),
    advance,
    next: Effect.map(settle, () => tasks[0]?.due),
    reset: Effect.sync(() => {
      resets++
      for (const task of tasks) task.due -= now - start
      now = start
    })
  }
}
