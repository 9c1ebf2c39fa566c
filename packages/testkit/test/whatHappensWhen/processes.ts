/** The rows of `docs/what-happens-when.md` about turns by id. */
import * as Content from "@effect-managed-agents/core/Content"
import * as DurableTurn from "@effect-managed-agents/core/DurableTurn"
import type * as Events from "@effect-managed-agents/core/Events"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as SessionOwner from "@effect-managed-agents/core/SessionOwner"
import type * as TurnRecord from "@effect-managed-agents/core/TurnRecord"
import * as TurnStore from "@effect-managed-agents/core/TurnStore"
import * as TurnWorker from "@effect-managed-agents/core/TurnWorker"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../../src/AgentScript.ts"
import * as Fault from "../../src/Fault.ts"
import * as Ledger from "../../src/Ledger.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as TestCluster from "../../src/TestCluster.ts"
import { agentThat, create, inTime } from "../utils/conversation.ts"
import { says, section } from "../utils/page.ts"
import { Pay, pay, statusOf, world } from "../utils/processes.ts"

const { say, sleep, tool } = AgentScript

const paying = [[sleep("5 seconds"), pay(1), sleep("1 second"), say("{{result}}")]]
const asking = [[tool({ name: "bash", permission: "ask" }), say("It ran.")], [say("second")]]

const laws = Effect.flatMap(
  TestCluster.Effects,
  ({ once }) => Ledger.assert(...Ledger.defaults, Ledger.messagesOnce, once)
)

/** A turn whose process goes through something, and its result. */
const turn = <E, R>(
  input: string,
  happen: (cluster: TestCluster.Service, owner: string) => Effect.Effect<unknown, E, R>
) =>
  Effect.gen(function*() {
    const cluster = yield* TestCluster.TestCluster
    const id = yield* create
    yield* DurableTurn.start("t1", id, input)
    yield* TestClock.adjust("3 seconds")
    yield* happen(cluster, (yield* cluster.ownerOf(id)) ?? "nobody")
    const record = yield* inTime(DurableTurn.result("t1"))
    yield* laws
    return record
  })

const paid = (record: TurnRecord.TurnRecord) => assert.deepInclude(record, { _tag: "EndTurn", reply: "paid 1" })

/** Runs something as the owner that takes a session over now. */
const owning = <A, E, R>(id: Parameters<TurnStore.Service["own"]>[0], self: Effect.Effect<A, E, R>) =>
  Effect.flatMap(
    TurnStore.TurnStore,
    (store) =>
      Effect.flatMap(store.own(id, "test"), (owner) => Effect.provideService(self, SessionOwner.SessionOwner, owner))
  )

const asked = Effect.gen(function*() {
  const record = yield* inTime(DurableTurn.result("t1"))
  return record._tag === "RequiresAction" ? record.actions : assert.fail(record._tag)
})

const allowAll = (actions: ReadonlyArray<PendingAction.PendingAction>) =>
  Effect.forEach(
    actions,
    (action) => action._tag === "Confirmation" ? DurableTurn.answer(action, PendingAction.allow) : Effect.void
  )

const said = (id: string) =>
  Effect.flatMap(
    Simulator.Simulator,
    (simulator) =>
      Effect.map(simulator.events(id), (events) =>
        events.flatMap((event) => event.type === "user.message" ? [Content.textOf(event.content)] : []))
  )

section("Turns by id, and the processes that run them", {
  "a process dies": () =>
    Effect.map(turn("Pay.", (cluster, owner) => cluster.kill(owner)), paid).pipe(Effect.provide(world(paying))),
  "it dies while it sends the input": () =>
    Effect.gen(function*() {
      const cluster = yield* TestCluster.TestCluster
      const id = yield* create
      // it gets no answer to what it has sent
      yield* DurableTurn.start("t1", id, "Pay.")
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(yield* statusOf("t1"), "sending")
      yield* cluster.kill((yield* cluster.ownerOf(id)) ?? "nobody")
      paid(yield* inTime(DurableTurn.result("t1")))
      assert.deepStrictEqual(yield* said(id), ["Pay."])
    }).pipe(
      Effect.provide(world(paying, {}, {
        faults: [Fault.delay("10 seconds", { match: { method: "POST", path: "/v1/sessions/*/events", times: 1 } })]
      }))
    ),
  "it dies while a tool runs": () =>
    Effect.gen(function*() {
      const effects = yield* TestCluster.Effects
      const record = yield* turn("Pay.", (cluster, owner) =>
        Effect.zipRight(TestClock.adjust("3300 millis"), cluster.kill(owner)))
      assert.match(record.reply, /not known/)
      assert.isAtMost((yield* effects.noted).length, 1)
    }).pipe(Effect.provide(world(paying))),
  "it is frozen, and goes on when another has taken over": () =>
    turn("Pay.", (cluster, owner) =>
      Effect.gen(function*() {
        yield* cluster.freeze(owner)
        yield* TestClock.adjust("20 seconds")
        yield* cluster.thaw(owner)
      })).pipe(Effect.map(paid), Effect.provide(world(paying))),
  "a process ends in order": () =>
    Effect.gen(function*() {
      const record = yield* turn("Pay.", (cluster, owner) =>
        Effect.zipRight(TestClock.adjust("3300 millis"), inTime(cluster.stop(owner))))
      paid(record)
    }).pipe(Effect.provide(world(paying))),
  "a turn waits for somebody": ([, sees]) =>
    Effect.gen(function*() {
      const id = yield* create
      yield* DurableTurn.start("t1", id, "one")
      yield* DurableTurn.start("t2", id, "two")
      const actions = yield* asked
      says(sees, "RequiresAction")
      yield* TestClock.adjust("1 minute")
      yield* Ledger.assert(Ledger.noneOpen)
      assert.strictEqual(yield* statusOf("t2"), "queued")
      yield* allowAll(actions)
      assert.strictEqual((yield* inTime(DurableTurn.result("t2"))).reply, "second")
    }).pipe(Effect.provide(world(asking))),
  "it is answered while its owner stores that it waits": () =>
    Effect.gen(function*() {
      const store = yield* TurnStore.TurnStore
      const id = yield* create
      yield* DurableTurn.start("t1", id, "one")
      const context = yield* Effect.context<Events.Events>()
      let isAnswered = false
      const slow = TurnStore.TurnStore.of({
        ...store,
        put: (owner, turn, state, options) =>
          state.record?._tag === "RequiresAction" && !isAnswered
            ? Effect.zipRight(
              Effect.suspend(() => {
                isAnswered = true
                return allowAll(state.record?._tag === "RequiresAction" ? state.record.actions : [])
              }).pipe(Effect.provideService(TurnStore.TurnStore, store), Effect.orDie, Effect.provide(context)),
              store.put(owner, turn, state, options)
            )
            : store.put(owner, turn, state, options)
      })
      yield* inTime(owning(id, DurableTurn.serve()).pipe(Effect.provideService(TurnStore.TurnStore, slow)))
      assert.isTrue(isAnswered)
      assert.strictEqual((yield* DurableTurn.result("t1")).reply, "It ran.")
    }).pipe(Effect.provide(world(asking, { processes: [] }))),
  "the agent is silent for `parkAfter`": () =>
    Effect.gen(function*() {
      const id = yield* create
      yield* DurableTurn.start("t1", id, "Work.")
      yield* TestClock.adjust("70 seconds")
      assert.strictEqual(yield* statusOf("t1"), "waiting")
      yield* Ledger.assert(Ledger.noneOpen)
      yield* DurableTurn.wake(id)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* statusOf("t1"), "running")
      assert.strictEqual((yield* inTime(DurableTurn.result("t1"))).reply, "at last")
    }).pipe(
      Effect.provide(world([[sleep("2 minutes"), say("at last")]], { parkAfter: "1 minute", lookAfter: "3 minutes" }))
    ),
  "the service refuses the input for good": ([, sees]) =>
    Effect.gen(function*() {
      const id = yield* create
      yield* DurableTurn.start("t1", id, [])
      yield* DurableTurn.start("t2", id, "Hello")
      const record = yield* inTime(DurableTurn.result("t1"))
      says(sees, record._tag)
      assert.match(record._tag === "Failed" ? record.error._tag : "", /^Invalid/)
      assert.strictEqual((yield* inTime(DurableTurn.result("t2"))).reply, "hi")
    }).pipe(Effect.provide(world([[say("hi")]]))),
  "the store fails in passing": () =>
    Effect.gen(function*() {
      const store = yield* TurnStore.TurnStore
      const id = yield* create
      yield* DurableTurn.start("t1", id, "Pay.")
      const owner = yield* store.own(id, "test")
      let calls = 0
      const down = <A, E>(self: Effect.Effect<A, E>) =>
        Effect.suspend((): Effect.Effect<A, E | TurnStore.TurnStoreError> =>
          calls++ % 3 < 2
            ? new TurnStore.TurnStoreError({ operation: "put", reason: "Unavailable", detail: "down" })
            : self
        )
      const failing = TurnStore.TurnStore.of({
        ...store,
        get: (id) => down(store.get(id)),
        next: (id) => down(store.next(id)),
        put: (owner, id, state, options) => down(store.put(owner, id, state, options))
      })
      const served = yield* inTime(
        DurableTurn.serve({ tools: Pay }).pipe(
          Effect.provideService(SessionOwner.SessionOwner, owner),
          Effect.provideService(TurnStore.TurnStore, failing)
        )
      )
      assert.strictEqual(served, "done")
      assert.isAbove(calls, 6)
      paid(yield* DurableTurn.result("t1"))
      yield* laws
    }).pipe(Effect.provide(world(paying, { processes: [] }))),
  "the API key is wrong": () =>
    Effect.gen(function*() {
      const logged: Array<string> = []
      const logger = Logger.make(({ message }) => {
        logged.push(String(message))
      })
      const id = yield* create
      yield* DurableTurn.start("t1", id, "Hello")
      const worker = yield* Effect.fork(Effect.provide(TurnWorker.run(), Logger.replace(Logger.defaultLogger, logger)))
      yield* TestClock.adjust("5 seconds")
      assert.isTrue(logged.some((text) => text.includes("could not be served")))
      assert.strictEqual((yield* inTime(DurableTurn.result("t1"))).reply, "hi")
      yield* inTime(Fiber.interrupt(worker))
    }).pipe(
      Effect.provide(world([[say("hi")]], { processes: [] }, {
        faults: [Fault.status(401, { match: { path: "/v1/sessions/*/events/stream", times: 1 } })]
      }))
    ),
  "a process lacks a tool that the agent calls": ([, sees]) =>
    Effect.gen(function*() {
      const store = yield* TurnStore.TurnStore
      const id = yield* create
      yield* DurableTurn.start("t1", id, "Pay.")
      const Others = Toolkit.make(Tool.make("other"))
      const others = Others.toLayer({ other: () => Effect.void })
      yield* inTime(Effect.provide(owning(id, DurableTurn.serve({ tools: Others })), others))
      says(sees, (yield* DurableTurn.result("t1"))._tag)
      assert.deepStrictEqual(yield* store.due({ limit: 1 }), [])
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(yield* store.due({ limit: 1 }), [id])
      yield* inTime(owning(id, DurableTurn.serve({ tools: Pay })))
      paid(yield* DurableTurn.result("t1"))
    }).pipe(Effect.provide(world(paying, { processes: [] }))),
  "a turn is started twice": ([, sees]) =>
    Effect.gen(function*() {
      const id = yield* create
      const first = yield* DurableTurn.start("t1", id, "one")
      assert.deepStrictEqual(yield* DurableTurn.start("t1", id, "one"), first)
      says(sees, (yield* Effect.flip(DurableTurn.start("t1", id, "two"))).reason)
      assert.strictEqual((yield* inTime(DurableTurn.result("t1"))).reply, "second")
      assert.deepStrictEqual(yield* said(id), ["one"])
    }).pipe(Effect.provide(world([[say("second")]]))),
  "tools are given and no journal": ([, sees]) =>
    Effect.gen(function*() {
      const id = yield* create
      yield* DurableTurn.start("t1", id, "Pay.")
      const error = yield* Effect.flip(owning(id, DurableTurn.serve({ tools: Pay })))
      says(sees, error._tag)
      assert.strictEqual(yield* statusOf("t1"), "queued")
    }).pipe(
      Effect.provide(TurnStore.layerMemory),
      Effect.provide(agentThat(paying)),
      Effect.provide(Pay.toLayer({ pay: () => Effect.succeed("paid") }))
    )
})
