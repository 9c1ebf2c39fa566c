/** Runs programs in time of their own, which passes as fast as they allow: thousands fit into a few seconds. */
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import type * as Scheduler from "effect/Scheduler"
import * as virtualClock from "../../src/internal/time/virtualClock.ts"

/** Nothing that the program does may need the platform, such as a timer or a promise. */
export const exit = <A, E>(
  program: Effect.Effect<A, E>,
  limit: number
): Exit.Exit<A, E> | undefined => {
  const tasks: Array<() => void> = []
  const scheduler: Scheduler.Scheduler = {
    scheduleTask: (task) => {
      tasks.push(task)
    },
    shouldYield: () => false
  }
  const flush = () => {
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) task()
  }
  const clock = virtualClock.make(Date.UTC(2026, 2, 15, 10), Effect.sync(flush))
  // a run that fails, fails again
  const repeatable = Effect.withRandom(program, Random.make("instant"))
  const fiber = Effect.runFork(Effect.withClock(repeatable, clock), { scheduler })
  flush()
  const step = 60_000
  for (let at = 0; fiber.unsafePoll() === null && at < limit; at += step) Effect.runSync(clock.advance(step))
  const ended = fiber.unsafePoll()
  if (ended === null) {
    // what does not end must not outlive the test either
    Effect.runFork(Fiber.interruptFork(fiber), { scheduler })
    flush()
  }
  return ended ?? undefined
}
