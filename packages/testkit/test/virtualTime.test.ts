import * as Events from "@effect-managed-agents/core/Events"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../src/AgentScript.ts"
import * as Fixtures from "../src/Fixtures.ts"
import * as quickClock from "../src/internal/quickClock.ts"
import { Timers } from "../src/internal/timers.ts"
import * as timers from "../src/internal/timers.ts"
import * as Testkit from "../src/Testkit.ts"
import { createSession, layer, open } from "./utils/wire.ts"

const create = Effect.flatMap(
  Sessions.Sessions,
  (sessions) => sessions.create({ agent: Fixtures.agentId, environment_id: Fixtures.environmentId })
)

const sleepers = FastCheck.array(
  FastCheck.record({
    naps: FastCheck.array(FastCheck.integer({ min: 0, max: 50 }), { maxLength: 4 }),
    work: FastCheck.constantFrom("none", "promises", "turns")
  }),
  { minLength: 1, maxLength: 4 }
)

/** Sleepers that note when they wake up, and what they do then before they sleep again. */
const nap = (plan: typeof sleepers extends FastCheck.Arbitrary<infer A> ? A : never) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(0)
    const seen: Array<readonly [number, number]> = []
    const fibers = yield* Effect.forEach(plan, ({ naps, work }, i) =>
      Effect.fork(Effect.forEach(naps, (millis) =>
        Effect.gen(function*() {
          yield* Effect.sleep(millis)
          if (work === "promises") {
            yield* Effect.promise(() =>
              Promise.resolve().then(() => Promise.resolve())
            )
          }
          if (work === "turns") yield* Effect.repeatN(Effect.yieldNow(), 3000)
          seen.push([i, yield* Clock.currentTimeMillis])
        }))))
    yield* TestClock.adjust(60)
    yield* TestClock.setTime(90)
    yield* TestClock.adjust(200)
    yield* Fiber.joinAll(fibers)
    return seen
  })

describe("the clock of a test on the testkit", () => {
  it.effect.prop(
    "wakes who sleeps when and in the order in which a TestClock would",
    [sleepers],
    ([plan]) =>
      Effect.gen(function*() {
        const plain = yield* nap(plan)
        assert.deepStrictEqual(yield* Effect.provide(nap(plan), quickClock.layer), plain)
      }),
    { fastCheck: { numRuns: 10 } }
  )

  it.effect("shares its time with that of the test, also when two worlds are side by side", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(1000)
      yield* Effect.provide(
        Effect.provide(
          Effect.zipRight(Effect.fork(Effect.sleep("1 hour")), TestClock.adjust("1 hour")),
          quickClock.layer
        ),
        Layer.fresh(quickClock.layer)
      )
      assert.strictEqual(yield* Clock.currentTimeMillis, 3_601_000)
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* Clock.currentTimeMillis, 3_601_001)
    }))

  it.live("leaves a live clock alone", () =>
    Effect.gen(function*() {
      const clock = yield* Effect.clock
      assert.strictEqual(yield* Effect.provide(Effect.clock, quickClock.layer), clock)
    }))
})

describe("a two-hour session, in tests that run side by side", () => {
  for (const k of [1, 2, 3]) {
    it.scoped(`with heartbeats, back-off and idle time-outs (${k})`, () =>
      Effect.gen(function*() {
        const events = yield* Events.Events
        const { id } = yield* create
        const live = yield* events.open(id)
        yield* events.send(id, UserEvent.message("Go"))
        let attempts = 0
        const patient = yield* Effect.sync(() => attempts++).pipe(
          Effect.zipRight(Effect.fail("busy")),
          Effect.retry(Schedule.exponential("1 second").pipe(Schedule.intersect(Schedule.recurs(11)))),
          Effect.ignore,
          Effect.fork
        )
        const reader = yield* live.pipe(
          Stream.timeoutFail(() => "idle", "90 minutes"),
          Stream.runFold(0, (n) => n + 1),
          Effect.flip,
          Effect.zipWith(Clock.currentTimeMillis, (why, at) => ({ why, at })),
          Effect.fork
        )
        yield* TestClock.adjust("2 hours")
        yield* Fiber.join(patient)
        assert.strictEqual(attempts, 12)
        // half an hour of work, then ninety minutes of nothing but heartbeats
        assert.deepStrictEqual(yield* Fiber.join(reader), { why: "idle", at: 7_200_000 })
      }).pipe(Effect.provide(Testkit.layer({
        script: { otherwise: [AgentScript.sleep("30 minutes"), AgentScript.say("done")] }
      }))))
  }

  it.scoped("however many readers there are, one fiber sleeps for all of them", () =>
    Effect.gen(function*() {
      const readers = []
      for (let i = 0; i < 20; i++) readers.push(yield* open(`/v1/sessions/${yield* createSession()}/events/stream`))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(readers.map(({ state }) => state.pings), Array(20).fill(4))
      const clock = yield* TestClock.testClock()
      assert.lengthOf(Array.from(yield* clock.sleeps), 1)
    }).pipe(Effect.provide(layer())))
})

describe("timers", () => {
  const command = FastCheck.record({
    timer: FastCheck.nat(5),
    due: FastCheck.option(FastCheck.nat(20), { nil: undefined }),
    now: FastCheck.option(FastCheck.nat(20), { nil: undefined })
  })

  it.prop("come due in their order, those of one time in the order of setting", [FastCheck.array(command)], ([all]) => {
    const heap = new Timers()
    const known = Array.from({ length: 6 }, () => timers.make(() => {}))
    let model: ReadonlyArray<{ readonly timer: timers.Timer; readonly due: number }> = []
    for (const { due, now, timer: i } of all) {
      const timer = known[i]!
      if (model.find((one) => one.timer === timer)?.due !== due) {
        model = model.filter((one) => one.timer !== timer)
        if (due !== undefined) model = [...model, { timer, due }]
      }
      heap.set(timer, due)
      const next = () => [...model].sort((a, b) => a.due - b.due)[0]
      assert.strictEqual(heap.next, next()?.due)
      if (now === undefined) continue
      for (let one = next(); one !== undefined && one.due <= now; one = next()) {
        const taken = one.timer
        assert.strictEqual(heap.take(now), taken)
        model = model.filter((other) => other.timer !== taken)
      }
      assert.strictEqual(heap.take(now), undefined)
    }
  })
})
