// The tools of the desk, and the simulated agent that calls them.
import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import type * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** Shop that the desk works for. Put one of your own in its place. */
export class Shop extends Effect.Service<Shop>()("support-desk/Shop", {
  sync: () => ({
    statusOf: (order: number) => Effect.succeed(`Order ${order} arrived broken.`),
    refund: (order: number, amount: number) => Effect.log(`paid back ${amount} dollars for order ${order}`)
  })
}) {}

const FindOrder = Tool.make("find_order", {
  description: "Finds an order by its number",
  parameters: { order: Schema.Int },
  success: Schema.String
})

/** Somebody has to approve what is more than 50 dollars. */
const Refund = ToolRunner.needsApproval(
  Tool.make("refund", {
    description: "Pays money back for an order, in dollars",
    parameters: { order: Schema.Int, amount: Schema.Positive },
    success: Schema.String
  }),
  ({ amount }) => amount > 50
)

export const Tools = Toolkit.make(FindOrder, Refund)

export const Handlers = Tools.toLayer(Effect.map(Shop, (shop) =>
  Tools.of({
    find_order: ({ order }) => shop.statusOf(order),
    refund: ({ amount, order }) => Effect.as(shop.refund(order, amount), `Paid back ${amount} dollars.`)
  })))

export const agent: Simulator.AgentOptions = {
  agent: { name: "Support", tools: ToolRunner.definitions(Tools) },
  script: AgentScript.make({
    turns: [[
      AgentScript.say("Let me look."),
      AgentScript.customTool({ name: "find_order", input: { order: 7 } }),
      AgentScript.customTool({ name: "refund", input: { order: 7, amount: 80 } }),
      AgentScript.say("{{result}}")
    ]],
    otherwise: [AgentScript.say("You said: {{text}}")]
  })
}
