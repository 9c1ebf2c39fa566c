import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { SessionId } from "../src/Ids.ts"
import * as SessionPool from "../src/SessionPool.ts"

const id = (name: string) => SessionId.make(name)

describe("SessionPool", () => {
  it.effect("gives every session its turn, however much another has to do", () =>
    Effect.gen(function*() {
      const pool = yield* SessionPool.make({ concurrency: 1 })
      const order: Array<string> = []
      const job = (name: string) =>
        Effect.fork(pool.run(id(name), Effect.zipRight(Effect.sleep("1 second"), Effect.sync(() => order.push(name)))))
      for (const name of ["a", "a", "a", "a", "b", "c", "b"]) yield* Effect.zipRight(job(name), Effect.yieldNow())
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(order, ["a", "b", "c", "a", "b", "a", "a"])
      assert.deepStrictEqual(yield* pool.load, { running: 0, waiting: 0 })
    }))

  it.effect.prop(
    "never runs more than it may, nor a session twice at once; and does all, in each session's order",
    [
      FastCheck.integer({ min: 1, max: 4 }),
      FastCheck.array(FastCheck.tuple(FastCheck.integer({ min: 0, max: 4 }), FastCheck.integer({ min: 0, max: 50 })), {
        maxLength: 40
      }),
      FastCheck.array(FastCheck.tuple(FastCheck.nat(39), FastCheck.integer({ min: 0, max: 200 })), { maxLength: 5 })
    ],
    ([concurrency, jobs, interrupts]) =>
      Effect.gen(function*() {
        const pool = yield* SessionPool.make({ concurrency })
        const busy = new Set<number>()
        const done: Array<readonly [session: number, n: number]> = []
        const fibers = yield* Effect.forEach(jobs, ([session, millis], n) =>
          Effect.fork(pool.run(
            id(`sesn_${session}`),
            Effect.acquireUseRelease(
              Effect.sync(() => {
                assert.isFalse(busy.has(session))
                busy.add(session)
                assert.isAtMost(busy.size, concurrency)
              }),
              () => Effect.zipRight(Effect.sleep(millis), Effect.sync(() => done.push([session, n]))),
              () => Effect.sync(() => busy.delete(session))
            )
          )))
        const gone = new Set<number>()
        for (const [n, at] of interrupts) {
          yield* TestClock.setTime(Math.max(at, yield* Clock.currentTimeMillis))
          const fiber = fibers[n]
          if (fiber !== undefined && Exit.isInterrupted(yield* Fiber.interrupt(fiber))) gone.add(n)
        }
        yield* TestClock.adjust("1 minute")
        const left = jobs.flatMap(([session], n) => gone.has(n) ? [] : [[session, n] as const])
        for (const session of [0, 1, 2, 3, 4]) {
          const of = (all: typeof done) => all.filter(([one]) => one === session)
          assert.deepStrictEqual(of(done), of(left))
        }
        assert.deepStrictEqual(yield* pool.load, { running: 0, waiting: 0 })
      }),
    { fastCheck: { numRuns: 40 } }
  )

  it.effect("gives each job its own result", () =>
    Effect.gen(function*() {
      const fiber = yield* Stream.range(1, 6).pipe(
        SessionPool.forEach({
          session: (n) => id(`sesn_${n % 2}`),
          run: (n) => n === 3 ? Effect.fail("three" as const) : n === 4 ? Effect.die("four") : Effect.succeed(n)
        }),
        Stream.runCollect,
        Effect.provide(SessionPool.layer({ concurrency: 2 })),
        Effect.fork
      )
      const results = Chunk.toReadonlyArray(yield* Fiber.join(fiber)).toSorted((a, b) => a.job - b.job)
      deepStrictEqual(results.map(({ exit, job }) => [job, exit]), [
        [1, Exit.succeed(1)],
        [2, Exit.succeed(2)],
        [3, Exit.fail("three" as const)],
        [4, Exit.die("four")],
        [5, Exit.succeed(5)],
        [6, Exit.succeed(6)]
      ])
    }))

  it.effect("does nothing more once its stream is left", () =>
    Effect.gen(function*() {
      const pool = yield* SessionPool.make({ concurrency: 2 })
      yield* Stream.range(1, 10).pipe(
        SessionPool.forEach({
          session: (n) => id(`sesn_${n}`),
          run: (n) => n === 1 ? Effect.void : Effect.never
        }),
        Stream.runHead,
        Effect.provideService(SessionPool.SessionPool, pool)
      )
      assert.deepStrictEqual(yield* pool.load, { running: 0, waiting: 0 })
    }))
})
