/** Turns by id on a cluster of one runner in memory: started, woken, swept, handed over. */
import * as AgentCluster from "@effect-managed-agents/core/AgentCluster"
import * as DurableTurn from "@effect-managed-agents/core/DurableTurn"
import * as Journal from "@effect-managed-agents/core/Journal"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as TurnStore from "@effect-managed-agents/core/TurnStore"
import * as WebhookEvent from "@effect-managed-agents/core/WebhookEvent"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as MessageStorage from "@effect/cluster/MessageStorage"
import * as RunnerAddress from "@effect/cluster/RunnerAddress"
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import * as Runners from "@effect/cluster/Runners"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as Sharding from "@effect/cluster/Sharding"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../src/AgentScript.ts"
import * as Ledger from "../src/Ledger.ts"
import { agentThat, create, inTime } from "./utils/conversation.ts"

const { customTool, say, sleep, tool } = AgentScript

const Pay = Toolkit.make(Tool.make("pay", { parameters: { amount: Schema.Int }, success: Schema.String }))

const payments: Array<number> = []
const PayLive = Pay.toLayer({
  pay: ({ amount }) =>
    Effect.sync(() => {
      payments.push(amount)
      return `paid ${amount}`
    }).pipe(Effect.delay("2 seconds"))
})

/** The cluster's side of a process, on the virtual clock. */
const sharding = (config: Partial<ShardingConfig.ShardingConfig["Type"]>) =>
  Sharding.layer.pipe(
    Layer.provide(Runners.layerNoop),
    Layer.provide(MessageStorage.layerNoop),
    Layer.provide(RunnerHealth.layerNoop),
    Layer.provide(ShardingConfig.layer(config))
  )

/** As far as the cluster knows, other processes reach it. */
const shared = Layer.effect(TurnStore.TurnStore, Effect.map(TurnStore.makeMemory, (store) => ({ ...store })))

const world = (turns: Parameters<typeof agentThat>[0]) =>
  Layer.mergeAll(agentThat(turns), shared, Journal.layerMemory(), RunnerStorage.layerMemory, PayLive)

const statusOf = (id: string) =>
  Effect.flatMap(TurnStore.TurnStore, (store) => Effect.map(store.get(id), (turn) => Option.getOrThrow(turn).status))

/** In virtual time each look of the cluster is dear. */
const quiet = {
  ...AgentCluster.config,
  shardLockExpiration: "2 minutes",
  shardLockRefreshInterval: "30 seconds",
  refreshAssignmentsInterval: "30 seconds",
  entityMessagePollInterval: "30 seconds"
} as const

/** A process that runs turns, until the scope closes. Processes share stores, and the storage that says who is there. */
const start = <E, R>(cluster: AgentCluster.AgentCluster<E, R>, port = 1, config = {}) =>
  Layer.build(
    Layer.fresh(Layer.provideMerge(
      cluster.layer,
      sharding({ ...quiet, ...config, runnerAddress: Option.some(RunnerAddress.make("localhost", port)) })
    ))
  )

/** A client in a process that runs turns. */
const client = <E, R>(cluster: AgentCluster.AgentCluster<E, R>, port?: number) =>
  Effect.flatMap(inTime(start(cluster, port)), (context) => Effect.provide(cluster.client, context))

const Desk = AgentCluster.make("Desk", { tools: Pay, follow: { previews: ["agent.message"] } })

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

  it.scoped("finds turns whose wake was lost", () =>
    Effect.gen(function*() {
      yield* client(Desk)
      const id = yield* create
      yield* TestClock.adjust("10 seconds")
      yield* DurableTurn.start("t1", id, "Hello")
      yield* TestClock.adjust("20 seconds")
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(yield* statusOf("t1"), "ended")
    }).pipe(Effect.provide(world([[say("Hello.")]]))))

  it.scoped("serves as many sessions at a time as it has room for, and the others after them", () =>
    Effect.gen(function*() {
      const desk = yield* client(AgentCluster.make("Desk", { maxLive: 2 }))
      const turns = ["t1", "t2", "t3", "t4", "t5"]
      for (const turn of turns) yield* inTime(desk.start(yield* create, { id: turn, input: "Hello" }))
      yield* TestClock.adjust("10 seconds")
      const statuses = yield* Effect.forEach(turns, statusOf)
      assert.deepStrictEqual(statuses.toSorted(), ["queued", "queued", "queued", "running", "running"])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Effect.forEach(turns, statusOf), turns.map(() => "ended"))
    }).pipe(Effect.provide(world([[sleep("20 seconds"), say("Hello.")]]))))

  it.scoped("says nothing more in a session that somebody else has taken over, until a sweep finds it", () =>
    Effect.gen(function*() {
      const desk = yield* client(Desk)
      const store = yield* TurnStore.TurnStore
      const id = yield* create
      yield* inTime(desk.start(id, { id: "t1", input: "Think." }))
      yield* TestClock.adjust("10 seconds")
      const other = yield* store.own(id, "other")
      // the agent is done, and the result is not stored by who does not own the session
      yield* TestClock.adjust("55 seconds")
      assert.strictEqual(yield* statusOf("t1"), "running")
      yield* inTime(desk.wake(id))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* statusOf("t1"), "running")
      assert.strictEqual((yield* store.own(id, "other")).fence, other.fence + 1)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* statusOf("t1"), "ended")
      yield* Ledger.assertAll
    }).pipe(Effect.provide(world([[sleep("1 minute"), say("done")]]))))

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

  it.scoped("follows nobody who is silent, and looks again when a webhook comes", () =>
    Effect.gen(function*() {
      const desk = yield* client(AgentCluster.make("Desk", { parkAfter: "10 seconds", lookAfter: "1 day" }))
      const id = yield* create
      yield* inTime(desk.start(id, { id: "t1", input: "Think." }))
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(yield* statusOf("t1"), "waiting")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* statusOf("t1"), "waiting")
      const webhook = (type: string, object: string) =>
        Effect.flatMap(
          Schema.decodeUnknown(WebhookEvent.WebhookEvent)({
            type: "event",
            id: "whe_1",
            created_at: "2026-01-01T00:00:00Z",
            data: { type, id: object, organization_id: "org_1", workspace_id: "wrkspc_1" }
          }),
          (event) => inTime(desk.webhook(event))
        )
      yield* webhook("agent.updated", "agent_1")
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* statusOf("t1"), "waiting")
      yield* webhook("session.status_idled", id)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* statusOf("t1"), "ended")
    }).pipe(Effect.provide(world([[sleep("1 minute"), say("done")]]))))
})

describe("processes of a cluster", () => {
  it.scoped("hand sessions over: tools come to their end, and others go on at once", () =>
    Effect.gen(function*() {
      payments.length = 0
      const first = yield* Scope.make()
      const desk = yield* Scope.extend(client(Desk), first)
      const id = yield* create
      yield* inTime(desk.start(id, { id: "t1", input: "Pay 3." }))
      yield* TestClock.adjust("3 seconds")
      const closing = yield* Clock.currentTimeMillis
      yield* inTime(Scope.close(first, Exit.void), "250 millis")
      assert.deepStrictEqual(payments, [3])
      // the tool, and no longer: the cluster would wait for the turn
      assert.isBelow((yield* Clock.currentTimeMillis) - closing, 5000)
      const second = yield* client(Desk, 2)
      assert.deepInclude(yield* inTime(second.result("t1")), { _tag: "EndTurn", reply: "paid 3" })
      assert.deepStrictEqual(payments, [3])
      yield* Ledger.assertAll
    }).pipe(
      Effect.provide(world([[
        sleep("2 seconds"),
        customTool({ name: "pay", input: { amount: 3 } }),
        sleep("1 minute"),
        say("{{result}}")
      ]]))
    ))
})

describe("a runner is refused", () => {
  const refused = (options: AgentCluster.Options, config?: Partial<ShardingConfig.ShardingConfig["Type"]>) =>
    inTime(Effect.flip(Effect.scoped(
      start(AgentCluster.make("Desk", options), 2, config)
    )))

  it.scoped("with a configuration that is known to go wrong", () =>
    Effect.gen(function*() {
      const error = yield* refused({ maxLive: 0, sweepEvery: "1 milli" })
      if (error._tag !== "InvalidParams") return assert.fail(error._tag)
      assert.deepStrictEqual(error.issues.map(({ path }) => path), ["maxLive", "sweepEvery"])
      const other = yield* refused({ grace: "1 minute" }, { shardLockRefreshInterval: "2 seconds" })
      if (other._tag !== "InvalidParams") return assert.fail(other._tag)
      assert.deepStrictEqual(other.issues.map(({ path }) => path), [
        "shardingConfig.shardLockRefreshInterval",
        "shardingConfig.entityTerminationTimeout"
      ])
    }).pipe(Effect.provide(world([]))))

  it.scoped("with turns in memory, where there are others", () =>
    Effect.gen(function*() {
      yield* client(Desk)
      yield* TestClock.adjust("10 seconds")
      const error = yield* Effect.provide(refused({}), TurnStore.layerMemory)
      if (error._tag !== "InvalidParams") return assert.fail(error._tag)
      assert.deepStrictEqual(error.issues.map(({ path }) => path), ["TurnStore"])
    }).pipe(Effect.provide(world([]))))

  it.scoped("without a journal for its tools", () =>
    Effect.gen(function*() {
      const error = yield* inTime(Effect.flip(Effect.scoped(start(Desk))))
      assert.strictEqual(error._tag, "MissingJournal")
    }).pipe(Effect.provide(Layer.mergeAll(agentThat([]), shared, RunnerStorage.layerMemory, PayLive))))
})
