// The agent that the quickstart talks to when there are no credentials: a script for the embedded simulator.
import { Ids } from "@effect-managed-agents/core"
import { AgentScript, type Simulator, Testkit } from "@effect-managed-agents/testkit"
import { Effect, type Layer, Schema } from "effect"
import * as Orders from "./orders.ts"

export const agent = Ids.AgentId.make("agent_order_assistant")
export const environment = Ids.EnvironmentId.make("env_cloud")

export const script = AgentScript.make({
  turns: [[
    AgentScript.think,
    AgentScript.sleep("600 millis"),
    AgentScript.customTool({ name: Orders.toolName, input: { order_id: "1234" } }),
    AgentScript.sleep("900 millis"),
    AgentScript.effect((agent) =>
      Effect.flatMap(
        Schema.decode(Schema.parseJson(Orders.Order))(agent.result),
        (order) => agent.say(`Your order #${order.order_id} has ${order.status} and arrives on ${order.arrives}.`)
      )
    )
  ]]
})

/** A simulated service with one agent, which plays the script. */
export const simulator = (script: AgentScript.Script): Simulator.Options => ({
  fixtures: { environments: [{ id: environment, type: "cloud" }] },
  agents: {
    [agent]: {
      agent: {
        name: "Order assistant",
        tools: [{
          type: "custom",
          name: Orders.toolName,
          description: "Looks up an order",
          input_schema: { type: "object", properties: { order_id: { type: "string" } }, required: ["order_id"] }
        }]
      },
      script
    }
  }
})

/** The client's services on that simulator, in this process. No network is involved. */
export const layer = (script: AgentScript.Script): Layer.Layer<Testkit.Services> => Testkit.layer(simulator(script))
