import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import * as RateLimit from "../src/RateLimit.ts"

/** Lets many ask at the same time, and tells when each had its turn. */
const rush = (limit: RateLimit.RateLimit, count: number) =>
  Effect.fork(Effect.forEach(
    Array.from({ length: count }, (_, n) => n),
    (n) => Effect.zipRight(limit.take("write"), Effect.map(Clock.currentTimeMillis, (at) => [n, at] as const)),
    { concurrency: "unbounded" }
  ))

describe("RateLimit", () => {
  it.effect("lets the documented rates through, in the order of arrival", () =>
    Effect.gen(function*() {
      const limit = yield* RateLimit.make()
      const fiber = yield* rush(limit, 305)
      yield* TestClock.adjust("1 minute")
      const turns = yield* Fiber.join(fiber)
      // a second's worth at once, then five a second
      assert.deepStrictEqual(turns, turns.map((_, n) => [n, Math.max(0, (n - 4) * 200)] as const))
    }))

  it.effect("counts reads and writes apart", () =>
    Effect.gen(function*() {
      const limit = yield* RateLimit.make({ writesPerMinute: 1 })
      yield* limit.take("write")
      const write = yield* Effect.fork(limit.take("write"))
      yield* Effect.replicateEffect(limit.take("read"), 20)
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual((yield* Fiber.poll(write))._tag, "None")
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(write)
    }))

  it.effect("makes room for the next when one gives up", () =>
    Effect.gen(function*() {
      const limit = yield* RateLimit.make({ writesPerMinute: 60 })
      yield* limit.take("write")
      const [first, second, third] = [
        yield* Effect.fork(limit.take("write")),
        yield* Effect.fork(limit.take("write")),
        yield* Effect.fork(Effect.zipRight(limit.take("write"), Clock.currentTimeMillis))
      ]
      yield* TestClock.adjust("500 millis")
      yield* Fiber.interrupt(second)
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* Fiber.join(third), 1000)
    }))

  it.effect("lets no newcomer overtake", () =>
    Effect.gen(function*() {
      const limit = yield* RateLimit.make({ writesPerMinute: 60 })
      const order: Array<string> = []
      const asks = (name: string) => Effect.zipRight(limit.take("write"), Effect.sync(() => order.push(name)))
      yield* asks("first")
      // wakes at the moment of the next token, and before the one who waits for it
      yield* Effect.fork(asks("second"))
      yield* Effect.yieldNow()
      yield* Effect.fork(Effect.delay(asks("newcomer"), "1 second"))
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(order, ["first", "second", "newcomer"])
    }))

  it.effect("pauses, also for those who wait already", () =>
    Effect.gen(function*() {
      const limit = yield* RateLimit.make({ writesPerMinute: 60 })
      const fiber = yield* rush(limit, 3)
      yield* TestClock.adjust("500 millis")
      yield* limit.pause("write", "10 seconds")
      yield* limit.pause("write", "1 second")
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Fiber.join(fiber), [[0, 0], [1, 10_500], [2, 11_500]])
    }))

  it.effect.prop(
    "never lets more through than the rate and the burst allow",
    [
      FastCheck.integer({ min: 1, max: 6000 }),
      FastCheck.integer({ min: 0, max: 5000 }),
      FastCheck.array(FastCheck.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 30 })
    ],
    ([perMinute, burst, pauses]) =>
      Effect.gen(function*() {
        const limit = yield* RateLimit.make({ writesPerMinute: perMinute, burst: Duration.millis(burst) })
        const turns: Array<number> = []
        const fiber = yield* Effect.fork(Effect.forEach(pauses, (pause, n) =>
          Effect.sleep(n % 2 === 0 ? 0 : pause).pipe(
            Effect.zipRight(limit.take("write")),
            Effect.zipRight(Clock.currentTimeMillis),
            Effect.map((at) => turns.push(at))
          ), { concurrency: "unbounded" }))
        yield* TestClock.adjust("40 minutes")
        yield* Fiber.join(fiber)
        const perMilli = perMinute / 60_000
        turns.forEach((from, i) =>
          turns.slice(i).forEach((to, n) =>
            assert.isAtMost(n + 1, Math.max(1, perMilli * burst) + (to - from) * perMilli + 1e-3)
          )
        )
      }),
    { fastCheck: { numRuns: 20 } }
  )

  it.effect("refuses rates that make no sense", () =>
    Effect.gen(function*() {
      const cause = yield* Effect.flip(Effect.sandbox(RateLimit.make({ readsPerMinute: 0 })))
      assert.include(Cause.pretty(cause), "readsPerMinute: expected a number above zero")
    }))
})
