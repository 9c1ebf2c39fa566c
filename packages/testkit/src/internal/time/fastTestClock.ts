import type * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Turns } from "./quiescence.ts"
import { CountingScheduler, settled } from "./quiescence.ts"

/** The part of a `TestClock` besides its interface: how it waits, in real time, until all fibers are suspended. */
interface TestClock extends Clock.Clock {
  adjust(duration: Duration.DurationInput): Effect.Effect<void>
  setTime(instant: number): Effect.Effect<void>
  awaitSuspended(): Effect.Effect<void>
}

const isTestClock = (clock: Clock.Clock): clock is TestClock =>
  "adjust" in clock && typeof clock.adjust === "function" && "setTime" in clock &&
  typeof clock.setTime === "function" && "awaitSuspended" in clock && typeof clock.awaitSuspended === "function"

/** Calls back when all promises are settled, at the cost of microseconds, of which a timer takes a thousand. */
const makeHop: Effect.Effect<(next: () => void) => void, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => new MessageChannel()),
  ({ port1, port2 }) =>
    Effect.sync(() => {
      port1.close()
      port2.close()
    })
).pipe(Effect.map(({ port1, port2 }) => {
  const waiting: Array<() => void> = []
  port1.addEventListener("message", () => waiting.shift()?.())
  port1.start()
  return (next) => {
    waiting.push(next)
    port2.postMessage(undefined)
  }
}))

/** The number of looks for the fibers to come to rest: one that spins for something in real time never does. */
const looks = 100

/**
 * The same clock, which moves on faster. A `TestClock` waits for several timers of the platform before it wakes the next
 * sleeper, which makes an hour of heartbeats take a second. This one waits so at the start and at the end, for what a test
 * may be doing in the outside world; in between it waits until no fiber has anything to do, and if some always has, as a
 * `TestClock` does.
 *
 * It needs nothing but the other, and is good for as long: it may outlive the layer that put it in place, because Effect
 * does not put back what one of several merged layers has set for the fiber.
 */
const quicken = (clock: TestClock, turns: Turns): TestClock => {
  const moving = (move: (self: TestClock) => Effect.Effect<void>): Effect.Effect<void> =>
    Effect.scoped(Effect.flatMap(makeHop, (hop) => {
      const settle = Effect.flatMap(
        settled(turns, hop, looks),
        (atRest) => atRest ? Effect.void : clock.awaitSuspended()
      )
      let waits = 0
      const self = derive(clock, {
        // what it waits in the beginning is a fixed time, which a busy machine may need for other things
        awaitSuspended: () => waits++ === 0 ? Effect.zipRight(clock.awaitSuspended(), settle) : settle
      })
      return Effect.zipRight(move(self), Effect.suspend(() => waits > 1 ? clock.adjust(0) : Effect.void))
    }))
  return derive(clock, {
    adjust: (duration) => moving((self) => clock.adjust.call(self, duration)),
    setTime: (instant) => moving((self) => clock.setTime.call(self, instant))
  })
}

/** An object that is another in all but some methods: the time and the sleepers are shared. */
const derive = (clock: TestClock, methods: Partial<TestClock>): TestClock =>
  // `Object.create` does not know what it makes
  Object.assign(Object.create(clock) as TestClock, methods)

interface Quick {
  readonly clock: TestClock
  /** Of the fibers in all worlds that share the clock. */
  readonly turns: Turns
}

/** By the clock that is quickened, and by the quick one. */
const known = new WeakMap<Clock.Clock, Quick>()

const quickOf = (clock: Clock.Clock): Quick | undefined => {
  const before = known.get(clock)
  if (before !== undefined || !isTestClock(clock)) return before
  const turns: Turns = { waiting: 0 }
  const quick: Quick = { clock: quicken(clock, turns), turns }
  known.set(clock, quick)
  known.set(quick.clock, quick)
  return quick
}

/** Makes the `TestClock` of a test a quick one, if it has one. */
export const layer: Layer.Layer<never> = Layer.scopedDiscard(Effect.gen(function*() {
  const quick = quickOf(yield* Effect.clock)
  if (quick === undefined) return
  yield* Effect.withClockScoped(quick.clock)
  const scheduler = yield* FiberRef.get(FiberRef.currentScheduler)
  if (scheduler instanceof CountingScheduler && scheduler.turns === quick.turns) return
  yield* Effect.locallyScoped(FiberRef.currentScheduler, new CountingScheduler(scheduler, quick.turns))
}))
