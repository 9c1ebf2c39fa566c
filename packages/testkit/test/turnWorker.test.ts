/** A worker of turns: what it takes up and when, what it leaves to others, and what it tells about itself. */
import * as DurableTurn from "@effect-managed-agents/core/DurableTurn"
import * as Journal from "@effect-managed-agents/core/Journal"
import * as TurnStore from "@effect-managed-agents/core/TurnStore"
import * as TurnWorker from "@effect-managed-agents/core/TurnWorker"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { readFileSync } from "node:fs"
import * as AgentScript from "../src/AgentScript.ts"
import { agentThat, create, inTime } from "./utils/conversation.ts"
import { Pay } from "./utils/processes.ts"
import { metricsOf, traced } from "./utils/telemetry.ts"

const { say, sleep } = AgentScript

const stores = Layer.merge(TurnStore.layerMemory, Journal.layerMemory())

const statusOf = (id: string) =>
  Effect.flatMap(TurnStore.TurnStore, (store) => Effect.map(Effect.flatten(store.get(id)), ({ status }) => status))

/** Sessions that a process could take over now. */
const free = Effect.flatMap(
  TurnStore.TurnStore,
  (store) =>
    Effect.map(
      store.claim({ owner: "another", expiresAfter: "1 minute", limit: 9 }),
      (claimed) => claimed.map(({ sessionId }) => sessionId)
    )
)

/** Starts turns in as many sessions, and answers with what a worker claimed of them: how many it asked for, and got. */
const claimsOf = (sessions: number, options: TurnWorker.Options) =>
  Effect.gen(function*() {
    const claims: Array<readonly [asked: number, got: number]> = []
    const store = yield* TurnStore.makeMemory
    const Watched = Layer.succeed(TurnStore.TurnStore, {
      ...store,
      claim: (options) =>
        Effect.tap(store.claim(options), (got) => Effect.sync(() => claims.push([options.limit, got.length])))
    })
    yield* Effect.gen(function*() {
      for (let n = 0; n < sessions; n++) yield* DurableTurn.start(`t${n}`, yield* create, "Hello")
      yield* Effect.forkScoped(TurnWorker.run(options))
      for (let n = 0; n < sessions; n++) {
        assert.strictEqual((yield* inTime(DurableTurn.result(`t${n}`)))._tag, "EndTurn")
      }
    }).pipe(Effect.scoped, Effect.provide([Watched, Journal.layerMemory()]))
    return claims.filter(([, got]) => got > 0)
  }).pipe(Effect.provide(agentThat([[AgentScript.sleep("5 seconds"), AgentScript.say("Done.")]])))

describe("a worker", () => {
  it.effect("takes up few sessions at a time, and all of them", () =>
    Effect.gen(function*() {
      const claims = yield* claimsOf(40, {})
      assert.strictEqual(claims.reduce((sum, [, got]) => sum + got, 0), 40)
      for (const [asked] of claims) assert.isAtMost(asked, 32)
    }))

  it.effect("is held up by those that are slow for a moment only", () =>
    Effect.gen(function*() {
      const store = yield* TurnStore.TurnStore
      let claimed = 0
      const Slow = Layer.succeed(TurnStore.TurnStore, {
        ...store,
        claim: (options) => Effect.tap(store.claim(options), (got) => Effect.sync(() => claimed += got.length)),
        // what a session has to do is found out slowly
        next: (id) => Effect.delay(store.next(id), "20 seconds")
      })
      for (let n = 1; n <= 40; n++) yield* DurableTurn.start(`t${n}`, yield* create, "Hello")
      const worker = yield* Effect.fork(Effect.provide(TurnWorker.run(), Slow))
      yield* TestClock.adjust("4 seconds")
      assert.strictEqual(claimed, 32)
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(claimed, 40)
      yield* inTime(Fiber.interrupt(worker))
    }).pipe(Effect.provide(Layer.merge(agentThat([[say("hi")]]), stores))))

  it.effect("has no more sessions than it is allowed", () =>
    Effect.gen(function*() {
      const claims = yield* claimsOf(6, { maxLive: 2 })
      assert.strictEqual(claims.reduce((sum, [, got]) => sum + got, 0), 6)
      for (const [asked] of claims) assert.isAtMost(asked, 2)
    }))

  it.effect("looks for turns when it is told to, long before it would by itself", () =>
    Effect.gen(function*() {
      const signals = yield* Queue.unbounded<void>()
      yield* Effect.forkScoped(TurnWorker.run({ pollEvery: "1 day", wakeUps: Stream.fromQueue(signals) }))
      yield* TestClock.adjust("1 minute")
      yield* DurableTurn.start("t1", yield* create, "Hello")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* statusOf("t1"), "queued")
      yield* signals.offer(undefined)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* statusOf("t1"), "ended")
    }).pipe(Effect.scoped, Effect.provide(Layer.merge(agentThat([[say("hi")]]), stores))))

  it.effect("goes on polling after the last of its signals", () =>
    Effect.gen(function*() {
      yield* Effect.forkScoped(TurnWorker.run({ wakeUps: Stream.empty }))
      yield* TestClock.adjust("1 minute")
      yield* DurableTurn.start("t1", yield* create, "Hello")
      assert.strictEqual((yield* inTime(DurableTurn.result("t1"))).reply, "hi")
    }).pipe(Effect.scoped, Effect.provide(Layer.merge(agentThat([[say("hi")]]), stores))))

  it.effect("runs turns as long as its layer lives, and then lets others have them at once", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const id = yield* create
      yield* DurableTurn.start("t1", id, "Hello")
      yield* Scope.extend(Layer.build(TurnWorker.layer()), scope)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* statusOf("t1"), "running")
      assert.deepStrictEqual(yield* free, [])
      yield* inTime(Scope.close(scope, Exit.void))
      assert.deepStrictEqual(yield* free, [id])
    }).pipe(Effect.provide(Layer.merge(agentThat([[sleep("1 hour"), say("hi")]]), stores))))

  it.effect("is refused as its layer is built", () =>
    Effect.gen(function*() {
      const build = <E, R>(layer: Layer.Layer<never, E, R>) => Effect.flip(Effect.scoped(Layer.build(layer)))
      assert.strictEqual((yield* build(TurnWorker.layer({ lease: "10 millis" })))._tag, "InvalidParams")
      const missing = yield* Effect.provide(
        build(TurnWorker.layer({ tools: Pay })),
        Pay.toLayer({ pay: () => Effect.succeed("paid") })
      )
      assert.strictEqual(missing._tag, "MissingJournal")
    }).pipe(Effect.provide(Layer.merge(agentThat([]), TurnStore.layerMemory))))

  it.effect("keeps its sessions although the clocks of processes are twenty minutes apart", () =>
    Effect.gen(function*() {
      const clock = yield* Effect.clock
      const base = yield* TurnStore.makeMemory
      const owners: Array<string> = []
      // leases are on the clock of the store
      const store = TurnStore.TurnStore.of({
        ...base,
        claim: (options) =>
          Effect.withClock(
            Effect.tap(base.claim(options), (claimed) =>
              Effect.sync(() => {
                if (claimed.length > 0) owners.push(options.owner)
              })),
            clock
          ),
        renew: (owned, expiresAfter) => Effect.withClock(base.renew(owned, expiresAfter), clock)
      })
      const shifted = (minutes: number): Clock.Clock => ({
        ...clock,
        [Clock.ClockTypeId]: Clock.ClockTypeId,
        unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis() + minutes * 60_000,
        unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos() + BigInt(minutes) * 60_000_000_000n,
        currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => now + minutes * 60_000),
        currentTimeNanos: Effect.map(clock.currentTimeNanos, (now) => now + BigInt(minutes) * 60_000_000_000n),
        sleep: (duration) => clock.sleep(duration)
      })
      const provided = Effect.provideService(TurnStore.TurnStore, store)
      yield* provided(DurableTurn.start("t1", yield* create, "Hello"))
      const slow = yield* Effect.fork(Effect.withClock(provided(TurnWorker.run({ owner: "slow" })), shifted(-10)))
      yield* TestClock.adjust("5 seconds")
      const fast = yield* Effect.fork(Effect.withClock(provided(TurnWorker.run({ owner: "fast" })), shifted(10)))
      yield* TestClock.adjust("1 minute")
      // and the fast one has it as soon as it is free
      yield* inTime(Fiber.interrupt(slow))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(owners, ["slow", "fast"])
      assert.strictEqual((yield* provided(inTime(DurableTurn.result("t1")))).reply, "hi")
      yield* inTime(Fiber.interrupt(fast))
    }).pipe(Effect.provide(Layer.merge(agentThat([[sleep("90 seconds"), say("hi")]]), Journal.layerMemory()))))

  it.effect("tells what the guide says that it tells", () =>
    Effect.gen(function*() {
      const values = metricsOf("worker")
      const spans = yield* traced(
        Effect.gen(function*() {
          yield* DurableTurn.start("t1", yield* create, "Work.")
          yield* Effect.forkScoped(TurnWorker.run({ parkAfter: "1 minute", lookAfter: "2 minutes" }))
          yield* TestClock.adjust("20 seconds")
          const live = yield* values
          assert.strictEqual(live["managed_agents_turns_live"], 1)
          assert.strictEqual(live["managed_agents_sessions_owned"], 1)
          assert.strictEqual(live["managed_agents_sessions_due"], 1)
          yield* TestClock.adjust("1 minute")
          const silent = yield* values
          assert.strictEqual(silent["managed_agents_turns_parked"], 1)
          assert.strictEqual(silent["managed_agents_turns_live"], 0)
          assert.strictEqual(silent["managed_agents_sessions_owned"], 0)
          assert.strictEqual(silent["managed_agents_sessions_left outcome=waiting"], 1)
          assert.strictEqual(silent["managed_agents_sessions_due"], 0)
          yield* TestClock.adjust("5 minutes")
          const later = yield* values
          assert.isAtLeast(later["managed_agents_turns_resumed status=waiting"] ?? 0, 1)
          assert.strictEqual(later["managed_agents_sessions_left outcome=done"], 1)
          const guide = readFileSync(new URL("../../../docs/guides/many-machines.md", import.meta.url), "utf8")
          const names = [...new Set(guide.match(/managed_agents_\w+/g))]
          assert.lengthOf(names, 6)
          for (const name of names) assert.isTrue(Object.keys(later).some((key) => key.split(" ")[0] === name), name)
        }).pipe(Effect.scoped)
      )
      const lines = new Set(spans.map(({ line }) => line))
      for (
        const line of [
          "TurnWorker.session < -",
          "DurableTurn.serve < TurnWorker.session",
          "DurableTurn.turn < DurableTurn.serve"
        ]
      ) {
        assert.isTrue(lines.has(line), line)
      }
      const session = spans.find(({ span }) => span.name === "TurnWorker.session")?.span
      assert.includeMembers([...session?.attributes.keys() ?? []], ["session.id", "fence", "session.outcome"])
      const turn = spans.find(({ span }) => span.name === "DurableTurn.turn")?.span
      assert.includeMembers([...turn?.attributes.keys() ?? []], ["turn.id", "turn.left"])
    }).pipe(
      Effect.tagMetrics("test", "worker"),
      Effect.provide(Layer.merge(stores, agentThat([[sleep("4 minutes"), say("at last")]])))
    ))
})
