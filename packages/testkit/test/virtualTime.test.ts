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
import { Timers } from "../src/internal/world/timers.ts"
import * as timers from "../src/internal/world/timers.ts"
import * as Testkit from "../src/Testkit.ts"
import { createSession, layer, open } from "./utils/wire.ts"

const create = Effect.flatMap(
  Sessions.Sessions,
  (sessions) => sessions.create({ agent: Fixtures.agentId, environment_id: Fixtures.environmentId })
)

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
  const layers = { alone: Testkit.layer(), merged: Layer.merge(Testkit.layer(), Layer.empty) }

  for (const [name, layer] of Object.entries(layers)) {
    it.effect(`is the clock of the test, as the scheduler is (${name})`, () =>
      Effect.gen(function*() {
        const look = Effect.zip(Effect.clock, FiberRef.get(FiberRef.currentScheduler))
        const [clock, scheduler] = yield* look
        const inside = yield* Effect.provide(look, layer)
        assert.strictEqual(inside[0], clock)
        assert.strictEqual(inside[1], scheduler)
      }))

    it.effect(`moves on in one world after the other (${name})`, () =>
      Effect.gen(function*() {
        for (let i = 1; i <= 3; i++) {
          const { at } = yield* Effect.provide(minute, layer)
          assert.strictEqual(at, i * 60_000)
        }
      }))
  }

  it.effect("lets a fiber outside the layer finish its work before it moves on", () =>
    Effect.gen(function*() {
      const outside = yield* Effect.sleep(1).pipe(
        // more turns than the scheduler takes before it lets the platform have one
        Effect.zipRight(Effect.repeatN(Effect.yieldNow(), 3000)),
        Effect.zipRight(Clock.currentTimeMillis),
        Effect.fork
      )
      yield* Effect.provide(TestClock.adjust("1 minute"), Testkit.layer())
      assert.strictEqual(yield* Fiber.join(outside), 1)
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

describe.concurrent("a two-hour session, in tests that run side by side", () => {
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
