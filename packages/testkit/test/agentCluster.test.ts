/** Turns by id on a cluster of one process, from its client's side. */
import * as DurableTurn from "@effect-managed-agents/core/DurableTurn"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as TurnStore from "@effect-managed-agents/core/TurnStore"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../src/AgentScript.ts"
import * as Ledger from "../src/Ledger.ts"
import { client, Desk, PayLive, payments, shared, start, statusOf, world } from "./utils/cluster.ts"
import { agentThat, create, inTime } from "./utils/conversation.ts"
import { metricsOf } from "./utils/telemetry.ts"

const { customTool, say, sleep, tool } = AgentScript

describe("a cluster", () => {
  it.scoped("runs a turn once, however often it is started", () =>
    Effect.gen(function*() {
      payments.length = 0
      const desk = yield* client(Desk)
      const id = yield* create
      const turn = { id: "t1", input: "Pay 3." }
      yield* inTime(desk.start(id, turn))
      const record = yield* inTime(desk.result("t1"))
      assert.deepInclude(record, { _tag: "EndTurn", reply: "paid 3" })
      yield* inTime(desk.start(id, turn))
      assert.deepStrictEqual(yield* inTime(desk.result("t1")), record)
      assert.deepStrictEqual(payments, [3])
      yield* Ledger.assertAll
    }).pipe(Effect.provide(world([[customTool({ name: "pay", input: { amount: 3 } }), say("{{result}}")]]))))

  it.scoped("goes on with a turn that is answered, and then with the next one", () =>
    Effect.gen(function*() {
      const desk = yield* client(Desk)
      const id = yield* create
      yield* inTime(desk.start(id, { id: "t1", input: "one" }))
      yield* inTime(desk.start(id, { id: "t2", input: "two" }))
      const record = yield* inTime(desk.result("t1"))
      if (record._tag !== "RequiresAction") return assert.fail(record._tag)
      const [action] = record.actions
      if (action?._tag !== "Confirmation") return assert.fail(action?._tag)
      assert.strictEqual(yield* statusOf("t2"), "queued")
      yield* inTime(desk.answer(action, PendingAction.allow))
      assert.deepInclude(yield* inTime(desk.result("t2")), { _tag: "EndTurn", reply: "second" })
      assert.deepInclude(yield* inTime(desk.result("t1")), { _tag: "EndTurn", reply: "It ran." })
      yield* Ledger.assertAll
    }).pipe(
      Effect.provide(
        world([[say("May I?"), tool({ name: "bash", permission: "ask" }), say("It ran.")], [say("second")]])
      )
    ))

  it.scoped("stops the agent in a process that is asked to", () =>
    Effect.gen(function*() {
      const desk = yield* client(Desk)
      const id = yield* create
      yield* inTime(desk.start(id, { id: "t1", input: "Think." }))
      yield* TestClock.adjust("10 seconds")
      yield* inTime(desk.interrupt(id))
      assert.deepInclude(yield* inTime(desk.result("t1")), { _tag: "Interrupted" })
    }).pipe(Effect.provide(world([[sleep("1 hour"), say("done")]]))))

  it.scoped("says which session there is none of, to who wants to stop it", () =>
    Effect.gen(function*() {
      const desk = yield* client(Desk)
      const error = yield* inTime(Effect.flip(desk.interrupt("sesn_none")))
      assert.strictEqual(error._tag, "NotFound")
    }).pipe(Effect.provide(world([]))))

  it.scoped("shows what the owner sees", () =>
    Effect.gen(function*() {
      const desk = yield* client(Desk)
      const id = yield* create
      const seen = yield* desk.updates(id).pipe(
        Stream.takeUntil(({ _tag }) => _tag === "Finished"),
        Stream.runCollect,
        Effect.fork
      )
      yield* TestClock.adjust("5 seconds")
      yield* inTime(desk.start(id, { id: "t1", input: "Hello" }))
      const updates = Chunk.toReadonlyArray(yield* inTime(Fiber.join(seen)))
      assert.deepStrictEqual(new Set(updates.map(({ turnId }) => turnId)), new Set(["t1"]))
      assert.isTrue(updates.some((update) => update._tag === "Preview" && update.blocks[0] === "Hello."))
      assert.isTrue(updates.some((update) => update._tag === "Event" && update.event.type === "agent.message"))
      const last = updates.at(-1)
      assert.strictEqual(last?._tag === "Finished" ? last.record.reply : undefined, "Hello.")
    }).pipe(Effect.provide(world([[say("Hello.")]]))))

  it.scoped("takes a session up soon after its store was down", () =>
    Effect.gen(function*() {
      const store = yield* TurnStore.TurnStore
      let isDown = false
      const failing = <A>(operation: "own" | "due", self: Effect.Effect<A, TurnStore.TurnStoreError>) =>
        Effect.suspend(() =>
          isDown
            ? new TurnStore.TurnStoreError({ operation, reason: "Unavailable", detail: "The database is down." })
            : self
        )
      const desk = yield* client(Desk).pipe(
        Effect.provideService(TurnStore.TurnStore, {
          ...store,
          own: (id, owner) => failing("own", store.own(id, owner)),
          due: (options) => failing("due", store.due(options))
        })
      )
      const id = yield* create
      isDown = true
      yield* inTime(desk.start(id, { id: "t1", input: "Hello" }))
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(yield* statusOf("t1"), "queued")
      isDown = false
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* statusOf("t1"), "ended")
    }).pipe(Effect.provide(world([[say("Hello.")]]))))

  it.scoped("takes few sessions up at once, and one that is slow holds up the others for a moment only", () =>
    Effect.gen(function*() {
      const store = yield* TurnStore.TurnStore
      let owned = 0
      yield* client(Desk).pipe(
        Effect.provideService(TurnStore.TurnStore, {
          ...store,
          own: (id, owner) => Effect.tap(store.own(id, owner), () => void owned++),
          // what a session has to do is found out slowly
          next: (id) => Effect.delay(store.next(id), "20 seconds")
        })
      )
      for (let n = 1; n <= 40; n++) yield* DurableTurn.start(`t${n}`, yield* create, "Hello")
      yield* TestClock.adjust("7 seconds")
      assert.strictEqual(owned, 32)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(owned, 40)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* statusOf("t40"), "ended")
    }).pipe(Effect.provide(world([[say("Hello.")]]))))

  it.scoped("counts its sweeps, and the sessions that they find", () =>
    Effect.gen(function*() {
      yield* Effect.tagMetrics(client(Desk), "test", "sweeps")
      yield* TestClock.adjust("10 seconds")
      yield* DurableTurn.start("t1", yield* create, "Hello")
      const before = yield* metricsOf("sweeps")
      yield* TestClock.adjust("15 seconds")
      const after = yield* metricsOf("sweeps")
      assert.isAbove(after["managed_agents_sweeps"] ?? 0, before["managed_agents_sweeps"] ?? 0)
      assert.strictEqual(before["managed_agents_sessions_swept"] ?? 0, 0)
      assert.strictEqual(after["managed_agents_sessions_swept"], 1)
    }).pipe(Effect.provide(world([[say("Hello.")]]))))

  it.scoped("refuses tools without a journal", () =>
    Effect.gen(function*() {
      const error = yield* inTime(Effect.flip(Effect.scoped(start(Desk))))
      assert.strictEqual(error._tag, "MissingJournal")
    }).pipe(Effect.provide(Layer.mergeAll(agentThat([]), shared, RunnerStorage.layerMemory, PayLive))))
})
