// The other side of example 17 on the simulator: an agent that reads logs, and a service that calls when it has done so.
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import type * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as WebhookEndpoint from "@effect-managed-agents/testkit/WebhookEndpoint"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

export const secret = Redacted.make("whsec_b25seSBvbiB0aGUgc2ltdWxhdG9y")
export const port = 3000

export const agent: Simulator.AgentOptions = {
  agent: { name: "Operator", tools: [{ type: "agent_toolset_20260401" }] },
  script: AgentScript.make({
    turns: [[
      AgentScript.say("I am reading them."),
      AgentScript.sleep("2 seconds"),
      AgentScript.tool({ name: "bash", input: { command: "grep ERROR *.log" }, result: "nothing" }),
      AgentScript.say("Nothing went wrong.")
    ]]
  })
}

const types = ["session.status_run_started", "session.status_idled"]
const endpoint = WebhookEndpoint.toUrl(`http://127.0.0.1:${port}`, { secret, types })

/** The simulated service calls the server, as an endpoint in the Console would. */
export const simulation: Simulator.Options = {
  webhooks: [{
    ...endpoint,
    deliver: (delivery) => Effect.provide(endpoint.deliver(delivery), FetchHttpClient.layer)
  }]
}
