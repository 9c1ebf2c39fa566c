/** Turns by id on a cluster of one runner in memory: started, woken, swept, handed over. */
import * as AgentCluster from "@effect-managed-agents/core/AgentCluster"
import * as DurableTurn from "@effect-managed-agents/core/DurableTurn"
import type { SessionId } from "@effect-managed-agents/core/Ids"
import * as Journal from "@effect-managed-agents/core/Journal"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as TurnStore from "@effect-managed-agents/core/TurnStore"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as MessageStorage from "@effect/cluster/MessageStorage"
import * as Runner from "@effect/cluster/Runner"
import * as RunnerAddress from "@effect/cluster/RunnerAddress"
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import * as Runners from "@effect/cluster/Runners"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as Sharding from "@effect/cluster/Sharding"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
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
import { agentThat, create, inTime, typesOf } from "./utils/conversation.ts"

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

/** A cluster whose storage of runners is at hand, on the virtual clock. */
const sharding = (config: Partial<ShardingConfig.ShardingConfig["Type"]> = AgentCluster.config) =>
  Sharding.layer.pipe(
    Layer.provide(Runners.layerNoop),
    Layer.provide(MessageStorage.layerNoop),
    Layer.provide(RunnerHealth.layerNoop),
    Layer.provide(ShardingConfig.layer(config))
  )

type Turns = Parameters<typeof agentThat>[0]

const world = (turns: Turns, config?: Partial<ShardingConfig.ShardingConfig["Type"]>) =>
  sharding(config).pipe(
    Layer.provideMerge(Layer.mergeAll(
      agentThat(turns),
      TurnStore.layerMemory,
      Journal.layerMemory(),
      RunnerStorage.layerMemory,
      PayLive
    ))
  )

const statusOf = (id: string) =>
  Effect.flatMap(TurnStore.TurnStore, (store) => Effect.map(store.get(id), (turn) => Option.getOrThrow(turn).status))

/** A runner until the scope closes. */
const runner = <E, R>(cluster: AgentCluster.AgentCluster<E, R>) => Layer.launch(cluster.layer).pipe(Effect.forkScoped)

const Desk = AgentCluster.make("Desk", { tools: Pay, follow: { previews: ["agent.message"] } })

describe("a cluster", () => {
  it.scoped("runs a turn once, however often it is started", () =>
    Effect.gen(function*() {
      payments.length = 0
      yield* runner(Desk)
      const desk = yield* Desk.client
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
      yield* runner(Desk)
      const desk = yield* Desk.client
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
      yield* runner(Desk)
      const desk = yield* Desk.client
      const id = yield* create
      yield* inTime(desk.start(id, { id: "t1", input: "Think." }))
      yield* TestClock.adjust("10 seconds")
      yield* inTime(desk.interrupt(id))
      assert.deepInclude(yield* inTime(desk.result("t1")), { _tag: "Interrupted" })
    }).pipe(Effect.provide(world([[sleep("1 hour"), say("done")]]))))

  it.scoped("says which session there is none of, to who wants to stop it", () =>
    Effect.gen(function*() {
      yield* runner(Desk)
      const desk = yield* Desk.client
      const error = yield* inTime(Effect.flip(desk.interrupt("sesn_none")))
      assert.strictEqual(error._tag, "NotFound")
    }).pipe(Effect.provide(world([]))))
})
