/**
 * Faults by chance, and the drill: bugs that are planted are found, and nothing else is.
 */
import * as Api from "@effect-managed-agents/core/Api"
import type * as Event from "@effect-managed-agents/core/Event"
import * as Events from "@effect-managed-agents/core/Events"
import * as RetryPolicy from "@effect-managed-agents/core/RetryPolicy"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as Fault from "../src/Fault.ts"
import * as Fixtures from "../src/Fixtures.ts"
import * as virtualTime from "../src/internal/node/virtualTime.ts"
import { VirtualClock } from "../src/internal/time/virtualClock.ts"
import { Simulator } from "../src/Simulator.ts"
import * as Testkit from "../src/Testkit.ts"

const id = Fixtures.sessionId

/** How the program under test is wrong. */
interface Bugs {
  /** Sends again whatever has become of the first try. */
  readonly sendsAgain?: boolean
  /** After a cut reads on where the new connection begins. */
  readonly skips?: boolean
  /** Takes an event that comes twice on one connection for two. */
  readonly doubles?: boolean
  /** Takes the end of a connection for the end of the turn. */
  readonly trusts?: boolean
  /** Waits for a stream however long nothing comes. */
  readonly waits?: boolean
}

/** Sends a message and reads the turn until it is over: what it has seen. */
const program = (bugs: Bugs) =>
  Effect.gen(function*() {
    const events = yield* Events.Events
    const seen: Array<Event.StreamEvent> = []
    let known = Infinity
    const note = (event: Event.StreamEvent) => {
      if (!("id" in event)) return
      // a message that waited comes again once it is processed
      const at = seen.findIndex((other, i) => i < known && "id" in other && other.id === event.id)
      if (at === -1) seen.push(event)
      else seen[at] = event
    }
    const over = () => seen.some((event) => event.type === "session.status_idle")

    const sent = Effect.map(
      Stream.runCollect(events.list(id)),
      (all) => [...all].some((event) => event.type === "user.message")
    )
    const send = events.send(id, UserEvent.message("Hi"))
    const sendOnce = bugs.sendsAgain === true
      ? Effect.retry(send, { times: 5 })
      : Effect.retry(Effect.flatMap(sent, (sent) => sent ? Effect.void : send), { times: 5 })

    const timeout = bugs.waits === true ? "1 hour" : "30 seconds"
    const connection = (first: boolean) =>
      Effect.scoped(Effect.gen(function*() {
        const live = yield* events.open(id)
        known = Infinity
        if (first) yield* sendOnce
        if (bugs.skips !== true) yield* Stream.runForEach(events.list(id), (event) => Effect.sync(() => note(event)))
        if (over()) return
        if (bugs.doubles === true) known = seen.length
        yield* live.pipe(
          Stream.timeoutFail(() => "silence" as const, timeout),
          Stream.tap((event) => Effect.sync(() => note(event))),
          Stream.takeUntil(over),
          Stream.runDrain,
          Effect.catchIf((error) => error === "silence" || error._tag === "StreamInterrupted", () => Effect.void)
        )
      }))
    yield* connection(true)
    if (bugs.trusts !== true) yield* Effect.repeat(connection(false), { until: over })
    return seen
  }).pipe(
    Effect.timeoutFail({ duration: "10 minutes", onTimeout: () => "never ends" as const }),
    RetryPolicy.provide({ maxRetries: 10 })
  )

/** One run in time of its own, and what must be true of it. */
const run = (bugs: Bugs) => (faults: Fault.Plan) =>
  Effect.gen(function*() {
    const simulator = yield* Simulator
    const clock = yield* VirtualClock
    const running = yield* Effect.fork(program(bugs))
    yield* clock.advance(600_000)
    const seen = yield* Fiber.join(running)
    const happened = yield* simulator.events(id)
    assert.deepStrictEqual(
      seen.map((event) => "id" in event ? event.id : event.type),
      happened.map((event) => "id" in event ? event.id : event.type)
    )
    assert.strictEqual(happened.filter((event) => event.type === "user.message").length, 1)
  }).pipe(
    Effect.provide(Testkit.layer({
      faults,
      script: { otherwise: [{ think: true }, { sleep: 2000 }, { say: "Grüße" }, { sleep: 2000 }, { say: "Bye" }] }
    })),
    virtualTime.provide(Date.UTC(2026, 2, 15, 10))
  )

describe("faults by chance", () => {
  it.effect("are valid, and the same for the same seed", () =>
    Effect.gen(function*() {
      const plans = new Set<string>()
      for (let seed = -100; seed < 1900; seed++) {
        const plan = Fault.random(seed)
        assert.isAtLeast(plan.length, 1)
        assert.isAtMost(plan.length, 4)
        assert.deepStrictEqual(yield* Fault.decode(plan), plan)
        assert.deepStrictEqual(Fault.random(seed), plan)
        plans.add(JSON.stringify(plan))
      }
      assert.isAbove(plans.size, 1800)
    }))

  it("are of every kind, and of every request of a conversation", () => {
    const text = JSON.stringify(Array.from({ length: 300 }, (_, seed) => Fault.random(seed)))
    for (
      const part of [
        "\"status\":429",
        "\"status\":529",
        "retry-after-ms",
        "\"landed\":true",
        "\"drop\":\"before\"",
        "\"drop\":\"after\"",
        "\"delay\":",
        "\"cut_after_events\":",
        "\"cut_after_bytes\":",
        "\"clean\":true",
        "\"stall_after_events\":",
        "\"heartbeats\":true",
        "\"repeat_event\":",
        "\"split_bytes\":",
        "\"insert\":",
        "\"skip\":2",
        "\"times\":3",
        ...[Api.events.send, Api.events.list, Api.events.stream, Api.sessions.retrieve].map((endpoint) =>
          JSON.stringify(Fault.on(endpoint)).slice(0, -1)
        )
      ]
    ) assert.include(text, part)
  })

  it("are only what is asked for", () => {
    for (let seed = 0; seed < 200; seed++) {
      const plan = Fault.random(seed, {
        kinds: ["landed", "cut_after_events"],
        endpoints: [Api.sessions.create, Api.threads.stream],
        max: 2
      })
      assert.isAtMost(plan.length, 2)
      for (const { do: action, match } of plan) {
        const { method, path } = "stream" in action ? Fault.on(Api.threads.stream) : Fault.on(Api.sessions.create)
        assert.deepInclude(match, { method, path })
        assert.isTrue("stream" in action ? "cut_after_events" in action.stream : "landed" in action)
      }
    }
    assert.deepStrictEqual(Fault.random(1, { kinds: [] }), [])
  })
})

describe("a search", () => {
  it.effect("leaves of a plan what matters, and of its numbers what it takes", () =>
    Effect.gen(function*() {
      const smallest = (fails: (fault: Fault.Fault) => boolean) =>
        Effect.map(
          Effect.flip(Fault.search({ runs: 1000 }, (plan) => plan.some(fails) ? Effect.fail("no") : Effect.void)),
          ({ smallest }) => smallest
        )
      const { method, path } = Fault.on(Api.events.send)
      assert.deepStrictEqual(
        yield* smallest(({ do: action, match }) => "drop" in action && (match?.skip ?? 0) >= 2),
        [{ match: { method, path, skip: 2 }, do: { drop: "before" } }]
      )
      const stream = Fault.on(Api.events.stream)
      assert.deepStrictEqual(
        yield* smallest(({ do: action }) => "stream" in action && (action.stream.cut_after_events ?? 0) >= 5),
        [Fault.cutAfterEvents(5, { match: stream })]
      )
      assert.deepStrictEqual(
        yield* smallest(({ do: action }) => "stream" in action && (action.stream.cut_after_bytes ?? 0) >= 777),
        [Fault.cutAfterBytes(777, { match: stream })]
      )
    }))

  it.effect("says so if the program fails anyway, and stops when it finds nothing", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Fault.search({ runs: 5 }, () => Effect.die(new Error("a bug"))))
      assert.deepStrictEqual(error.smallest, [])
      assert.include(error.message, "fails although nothing goes wrong")
      assert.include(error.message, "a bug")
      let runs = 0
      yield* Fault.search({ runs: 7, seed: 3 }, (plan) =>
        Effect.sync(() => assert.deepStrictEqual(plan, Fault.random(3 + runs++))))
      assert.strictEqual(runs, 7)
      // a program that never copes is tried only so often
      runs = 0
      yield* Effect.flip(Fault.search({ runs: 1, maxShrinks: 2 }, (plan) =>
        Effect.suspend(() =>
          runs++ === 0 || plan.length > 99 ? Effect.fail("no") : Effect.void
        )))
      assert.isAtMost(runs, 3)
    }))

  const found = (bugs: Bugs) => Effect.flip(Fault.search({ runs: 300 }, run(bugs)))

  it.effect("finds nothing wrong with what is right", () => Fault.search({ runs: 150 }, run({})))

  for (
    const [bug, cause] of Object.entries({
      sendsAgain: /^\{"(drop":"after"|status":50\d,"landed":true)\}$/,
      skips: /^\{"stream":\{"cut_after_(events|bytes)":\d+(,"clean":true)?\}\}$/,
      doubles: /^\{"stream":\{"(repeat_event|cut_after_events|cut_after_bytes)":\d+(,"clean":true)?\}\}$/,
      trusts: /^\{"stream":\{"(cut|stall)_after_(events|bytes)":\d+\}\}$/,
      waits: /^\{"stream":\{"stall_after_events":\d+\}\}$/
    })
  ) {
    it.effect(`finds a planted bug, and its one cause: ${bug}`, () =>
      Effect.gen(function*() {
        const { failure, message, plan, seed, smallest } = yield* found({ [bug]: true })
        assert.strictEqual(smallest.length, 1, message)
        assert.match(JSON.stringify(smallest[0]?.do), cause)
        assert.deepStrictEqual(Fault.random(seed), plan)
        // it is what it says
        const again = yield* Effect.exit(run({ [bug]: true })(smallest))
        assert.isTrue(Exit.isFailure(again))
        yield* run({})(smallest)
        for (const part of [`seed ${seed}: ${JSON.stringify(plan)}`, JSON.stringify(smallest), Cause.pretty(failure)]) {
          assert.include(message, part)
        }
      }))
  }
})
