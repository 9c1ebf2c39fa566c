import * as Events from "@effect-managed-agents/core/Events"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../src/AgentScript.ts"
import * as Fixtures from "../src/Fixtures.ts"
import * as quickClock from "../src/internal/time/fastTestClock.ts"
import { Timers } from "../src/internal/world/timers.ts"
import * as timers from "../src/internal/world/timers.ts"
import * as Testkit from "../src/Testkit.ts"
import { createSession, layer, open } from "./utils/wire.ts"

const create = Effect.flatMap(
  Sessions.Sessions,
  (sessions) => sessions.create({ agent: Fixtures.agentId, environment_id: Fixtures.environmentId })
)

type Place = "outside" | "inside" | "nested" | "merged"

/** Where a fiber runs, in a test with a `TestClock`. */
const places: Readonly<Record<Place, <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>>> = {
  outside: (self) => self,
  inside: (self) => Effect.provide(self, quickClock.layer),
  nested: (self) => Effect.provide(Effect.provide(self, quickClock.layer), Layer.fresh(quickClock.layer)),
  // the clock stays in place when this layer is closed
  merged: (self) => Effect.provide(self, Layer.merge(quickClock.layer, Layer.empty))
}

const somewhere = FastCheck.constantFrom<Array<Place>>("outside", "inside", "nested", "merged")

interface Sleeper {
  readonly naps: ReadonlyArray<number>
  readonly work: "none" | "promises" | "turns"
  readonly place: Place
}

const sleepers = (place: FastCheck.Arbitrary<Place>): FastCheck.Arbitrary<ReadonlyArray<Sleeper>> =>
  FastCheck.array(
    FastCheck.record({
      naps: FastCheck.array(FastCheck.integer({ min: 0, max: 50 }), { maxLength: 4 }),
      work: FastCheck.constantFrom("none", "promises", "turns"),
      place
    }),
    { minLength: 1, maxLength: 4 }
  )

/** Sleepers that note when they wake up, and what they do then before they sleep again, while another moves time. */
const nap = (plan: ReadonlyArray<Sleeper>, turns: number, mover: Place = "outside") =>
  Effect.gen(function*() {
    yield* TestClock.setTime(0)
    const seen: Array<readonly [number, number]> = []
    const fibers = yield* Effect.forEach(plan, ({ naps, place, work }, i) =>
      Effect.fork(places[place](Effect.forEach(naps, (millis) =>
        Effect.gen(function*() {
          yield* Effect.sleep(millis)
          if (work === "promises") {
            yield* Effect.promise(() =>
              Promise.resolve().then(() => Promise.resolve())
            )
          }
          if (work === "turns") yield* Effect.repeatN(Effect.yieldNow(), turns)
          seen.push([i, yield* Clock.currentTimeMillis])
        })))))
    const asleep = yield* places[mover](Effect.gen(function*() {
      yield* TestClock.adjust(60)
      yield* TestClock.setTime(90)
      const asleep = Array.from(yield* TestClock.sleeps())
      yield* TestClock.adjustWith(Effect.sleep(20), 30)
      yield* TestClock.adjust(200)
      return asleep.sort()
    }))
    yield* Fiber.joinAll(fibers)
    return { seen, asleep, now: yield* Clock.currentTimeMillis }
  })

/** Whoever begins later, since a layer takes its time, goes earlier among those that wake at the same time. */
const sorted = ({ seen, ...rest }: Effect.Effect.Success<ReturnType<typeof nap>>) => ({
  ...rest,
  seen: seen.map(([i, at]) => ({ i, at })).sort((a, b) => a.at - b.at || a.i - b.i)
})

/** Reads a stream for a minute. */
const minute = Effect.gen(function*() {
  const events = yield* Events.Events
  const { id } = yield* create
  const live = yield* events.open(id)
  const reader = yield* Effect.forkDaemon(Stream.runCollect(live))
  yield* events.send(id, UserEvent.message("Hello"))
  yield* TestClock.adjust("1 minute")
  return { reader, at: yield* Clock.currentTimeMillis }
}).pipe(Effect.scoped)

describe("the clock of a test on the testkit", () => {
  it.effect.prop(
    "wakes who sleeps when and in the order in which a TestClock would",
    [sleepers(FastCheck.constant("outside"))],
    ([plan]) =>
      Effect.gen(function*() {
        // so many turns that the scheduler waits for timers in between
        const plain = yield* nap(plan, 3000)
        assert.deepStrictEqual(yield* Effect.provide(nap(plan, 3000), quickClock.layer), plain)
      }),
    { fastCheck: { numRuns: 5 } }
  )

  it.effect.prop(
    "does so wherever those are who sleep and who moves the time",
    [sleepers(somewhere), somewhere],
    ([plan, mover]) =>
      Effect.gen(function*() {
        const plain = yield* nap(plan.map((sleeper) => ({ ...sleeper, place: "outside" })), 1000)
        assert.deepStrictEqual(sorted(yield* nap(plan, 1000, mover)), sorted(plain))
      }),
    { fastCheck: { numRuns: 8 } }
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

  it.effect("is put away with its layer", () =>
    Effect.gen(function*() {
      const clock = yield* Effect.clock
      const scheduler = yield* FiberRef.get(FiberRef.currentScheduler)
      yield* Effect.provide(Effect.void, quickClock.layer)
      assert.strictEqual(yield* Effect.clock, clock)
      assert.strictEqual(yield* FiberRef.get(FiberRef.currentScheduler), scheduler)
    }))

  it.effect("makes no more of it when layers follow each other", () =>
    Effect.gen(function*() {
      const look = Effect.zip(Effect.clock, FiberRef.get(FiberRef.currentScheduler))
      const first = yield* places.merged(look)
      assert.deepStrictEqual(yield* places.merged(look), first)
      assert.deepStrictEqual(yield* places.nested(look), first)
    }))

  for (
    const [name, layer] of Object.entries({ alone: Testkit.layer(), merged: Layer.merge(Testkit.layer(), Layer.empty) })
  ) {
    it.effect(`moves on in one world after the other (${name})`, () =>
      Effect.gen(function*() {
        for (let i = 1; i <= 3; i++) {
          const { at } = yield* Effect.provide(minute, layer)
          assert.strictEqual(at, i * 60_000)
        }
      }))
  }

  it.effect("moves on when its layer is closed meanwhile", () =>
    Effect.gen(function*() {
      const mover = yield* Effect.gen(function*() {
        yield* Effect.forkDaemon(Effect.repeatN(Effect.sleep("1 minute"), 99))
        return yield* Effect.forkDaemon(TestClock.adjust("1 hour"))
      }).pipe(places.inside)
      yield* Fiber.join(mover)
      assert.strictEqual(yield* Clock.currentTimeMillis, 3_600_000)
    }))

  it.scoped("moves on beside one who never rests, as a TestClock does", () =>
    Effect.gen(function*() {
      yield* Effect.forkScoped(Effect.forever(Effect.yieldNow()))
      const sleeper = yield* Effect.fork(Effect.repeatN(Effect.sleep("1 second"), 4))
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(sleeper)
    }).pipe(places.inside))

  it.live("leaves a live clock alone", () =>
    Effect.gen(function*() {
      const clock = yield* Effect.clock
      assert.strictEqual(yield* Effect.provide(Effect.clock, quickClock.layer), clock)
    }))
})

describe("a world that is closed", () => {
  const worlds = {
    "on a stream": {},
    "on a stream that stalls": { faults: [{ do: { stream: { stall_after_events: 1 } } }] },
    "on a stream that stalls and beats": { faults: [{ do: { stream: { stall_after_events: 1, heartbeats: true } } }] }
  } satisfies Record<string, Testkit.Options>

  for (const [name, options] of Object.entries(worlds)) {
    it.effect(`leaves nobody waiting ${name}`, () =>
      Effect.gen(function*() {
        const { reader } = yield* Effect.provide(minute, Testkit.layer(options))
        const seen = yield* Fiber.join(reader)
        assert.strictEqual(Array.from(seen)[0]?.type, "session.status_running")
      }))
  }
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

// the last in the file: what follows `it.layer` shares its services, since it changes the `it` that all share
it.layer(Testkit.layer())("the clock of tests that share a world", (it) => {
  it.effect("moves on", () =>
    Effect.gen(function*() {
      const { at } = yield* minute
      assert.strictEqual((yield* minute).at, at + 60_000)
    }))
})
