/** Turns with payments and approvals in several processes. */
import * as TurnStore from "@effect-managed-agents/core/TurnStore"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as AgentScript from "../../src/AgentScript.ts"
import * as TestCluster from "../../src/TestCluster.ts"
import { agentThat } from "./conversation.ts"

export const Pay = Toolkit.make(Tool.make("pay", { parameters: { invoice: Schema.Int }, success: Schema.String }))

/** A payment happens after a second, and another one passes until that is known. */
const PayLive = Pay.toLayer(
  Effect.map(TestCluster.Effects, (effects) => ({
    pay: ({ invoice }: { readonly invoice: number }) =>
      Effect.sleep("1 second").pipe(
        Effect.zipRight(effects.note(`payment of invoice ${invoice}`)),
        Effect.zipRight(Effect.sleep("1 second")),
        Effect.as(`paid ${invoice}`)
      )
  }))
)

export const pay = (invoice: number) => AgentScript.customTool({ name: "pay", input: { invoice } })

/** A cluster, the service, and a record of payments. */
export const world = (
  turns: Parameters<typeof agentThat>[0],
  options: TestCluster.Options<never, never, never, never, typeof Pay> = {},
  more: Parameters<typeof agentThat>[1] = {}
) =>
  TestCluster.layer({ tools: Pay, ...options }).pipe(
    Layer.provideMerge(PayLive),
    Layer.provideMerge(TestCluster.layerEffects),
    Layer.provideMerge(agentThat(turns, more))
  )

/** The status of a turn. */
export const statusOf = (id: string) =>
  Effect.flatMap(TurnStore.TurnStore, (store) => Effect.map(Effect.flatten(store.get(id)), ({ status }) => status))
