import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"

/** Runs something, and gives back what it prints as well. */
export const printed = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const console = yield* Effect.console
    const lines: Array<string> = []
    const write = (...parts: ReadonlyArray<unknown>) => Effect.sync(() => void lines.push(parts.join(" ")))
    const result = yield* Effect.withConsole(self, { ...console, log: write, error: write })
    return [result, lines.join("\n")] as const
  })

/** Lets time pass until something is done. */
export const inTime = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(self)
    yield* Effect.repeat(Effect.zipRight(TestClock.adjust("10 seconds"), Fiber.poll(fiber)), {
      until: ({ _tag }) => _tag === "Some",
      schedule: Schedule.recurs(10_000)
    })
    return yield* Fiber.join(fiber)
  })
