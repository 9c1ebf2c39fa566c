import { assert, describe, it } from "@effect/vitest"
import { assertNone } from "@effect/vitest/utils"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { provide } from "../src/internal/node/virtualTime.ts"
import { VirtualClock } from "../src/internal/time/virtualClock.ts"

const live = (name: string, test: Effect.Effect<void, never, VirtualClock>) =>
  it.live(name, () => Effect.scoped(provide(1000)(test)))

describe("the virtual clock", () => {
  live(
    "stands still, and moves when told",
    Effect.gen(function*() {
      const clock = yield* VirtualClock
      assert.strictEqual(yield* Clock.currentTimeMillis, 1000)
      yield* clock.advance(250)
      assert.strictEqual(yield* Clock.currentTimeMillis, 1250)
      assert.strictEqual(yield* Clock.currentTimeNanos, 1_250_000_000n)
      yield* clock.reset
      assert.strictEqual(yield* Clock.currentTimeMillis, 1000)
    })
  )

  live(
    "wakes who sleeps in the order of waking, each at its own time, also who goes to sleep on the way",
    Effect.gen(function*() {
      const clock = yield* VirtualClock
      const seen: Array<readonly [string, number]> = []
      const sleeper = (name: string, millis: number, times: number): Effect.Effect<void> =>
        Effect.gen(function*() {
          for (let i = 0; i < times; i++) {
            yield* Effect.sleep(millis)
            // work that takes turns of the scheduler and of the platform
            yield* Effect.promise(() => Promise.resolve().then(() => Promise.resolve()))
            yield* Effect.yieldNow()
            seen.push([name, yield* Clock.currentTimeMillis])
          }
        })
      const slow = yield* Effect.fork(sleeper("slow", 100, 2))
      const fast = yield* Effect.fork(sleeper("fast", 60, 3))
      yield* clock.advance(199)
      assert.deepStrictEqual(seen, [["fast", 1060], ["slow", 1100], ["fast", 1120], ["fast", 1180]])
      yield* clock.advance(1)
      assert.deepStrictEqual(seen.at(-1), ["slow", 1200])
      yield* Fiber.joinAll([slow, fast])
    })
  )

  live(
    "waits for fibers that the scheduler has put off",
    Effect.gen(function*() {
      const clock = yield* VirtualClock
      let turns = 0
      yield* Effect.fork(Effect.zipRight(
        Effect.sleep(10),
        // more turns than the scheduler takes before it lets the platform have one
        Effect.repeatN(Effect.zipRight(Effect.sync(() => turns++), Effect.yieldNow()), 9999)
      ))
      yield* clock.advance(10)
      assert.strictEqual(turns, 10_000)
    })
  )

  live(
    "forgets who is interrupted",
    Effect.gen(function*() {
      const clock = yield* VirtualClock
      let woken = false
      const fiber = yield* Effect.fork(Effect.zipRight(Effect.sleep(10), Effect.sync(() => woken = true)))
      yield* clock.advance(5)
      yield* Fiber.interrupt(fiber)
      yield* clock.advance(10)
      assert.isFalse(woken)
    })
  )

  live(
    "is moved by one at a time",
    Effect.gen(function*() {
      const clock = yield* VirtualClock
      const at: Array<number> = []
      yield* Effect.fork(Effect.forever(Effect.zipRight(
        Effect.sleep(10),
        Effect.map(Clock.currentTimeMillis, (now) => at.push(now))
      )))
      yield* Effect.all([clock.advance(25), clock.advance(25)], { concurrency: "unbounded" })
      assert.strictEqual(yield* Clock.currentTimeMillis, 1050)
      assert.deepStrictEqual(at, [1010, 1020, 1030, 1040, 1050])
    })
  )

  live(
    "lets who sleeps have the rest of their sleep after a reset",
    Effect.gen(function*() {
      const clock = yield* VirtualClock
      const fiber = yield* Effect.fork(Effect.zipRight(Effect.sleep(100), Clock.currentTimeMillis))
      yield* clock.advance(60)
      yield* clock.reset
      yield* clock.advance(39)
      assertNone(yield* Fiber.poll(fiber))
      yield* clock.advance(1)
      assert.strictEqual(yield* Fiber.join(fiber), 1040)
    })
  )

  live(
    "is moved no further by who asked before a reset",
    Effect.gen(function*() {
      const clock = yield* VirtualClock
      yield* Effect.fork(Effect.zipRight(Effect.sleep(10), clock.reset))
      yield* Effect.all([clock.advance(100), clock.advance(50)], { concurrency: "unbounded" })
      assert.strictEqual(yield* Clock.currentTimeMillis, 1000)
      yield* clock.advance(7)
      assert.strictEqual(yield* Clock.currentTimeMillis, 1007)
    })
  )

  live(
    "moves on when who asked gives up",
    Effect.gen(function*() {
      const clock = yield* VirtualClock
      const halfway = yield* Deferred.make<void>()
      yield* Effect.fork(Effect.zipRight(Effect.sleep(10), Deferred.succeed(halfway, undefined)))
      const asking = yield* Effect.fork(clock.advance(25))
      yield* Deferred.await(halfway)
      yield* Fiber.interrupt(asking)
      // waits for its turn
      yield* clock.advance(0)
      assert.strictEqual(yield* Clock.currentTimeMillis, 1025)
    })
  )
})
