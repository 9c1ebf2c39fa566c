/** Processes of a cluster on the virtual clock. */
import * as AgentCluster from "@effect-managed-agents/core/AgentCluster"
import * as Journal from "@effect-managed-agents/core/Journal"
import * as TurnStore from "@effect-managed-agents/core/TurnStore"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as MessageStorage from "@effect/cluster/MessageStorage"
import * as RunnerAddress from "@effect/cluster/RunnerAddress"
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import * as Runners from "@effect/cluster/Runners"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as Sharding from "@effect/cluster/Sharding"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { agentThat, inTime } from "./conversation.ts"

/** A payment, which must not be made twice. */
const Pay = Toolkit.make(Tool.make("pay", { parameters: { amount: Schema.Int }, success: Schema.String }))

/** What was paid. */
export const payments: Array<number> = []
export const PayLive = Pay.toLayer({
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
export const shared = Layer.effect(TurnStore.TurnStore, Effect.map(TurnStore.makeMemory, (store) => ({ ...store })))

export const world = (turns: Parameters<typeof agentThat>[0]) =>
  Layer.mergeAll(agentThat(turns), shared, Journal.layerMemory(), RunnerStorage.layerMemory, PayLive)

export const statusOf = (id: string) =>
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
export const start = <E, R>(cluster: AgentCluster.AgentCluster<E, R>, port = 1, config = {}) =>
  Layer.build(
    Layer.fresh(Layer.provideMerge(
      cluster.layer,
      sharding({ ...quiet, ...config, runnerAddress: Option.some(RunnerAddress.make("localhost", port)) })
    ))
  )

/** A client in a process that runs turns. */
export const client = <E, R>(cluster: AgentCluster.AgentCluster<E, R>, port?: number) =>
  Effect.flatMap(inTime(start(cluster, port)), (context) => Effect.provide(cluster.client, context))

export const Desk = AgentCluster.make("Desk", { tools: Pay, follow: { previews: ["agent.message"] } })
