// What the examples talk to when there are no credentials: a simulated service with one agent, in this process.
import * as Ids from "@effect-managed-agents/core/Ids"
import type * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as Testkit from "@effect-managed-agents/testkit/Testkit"
import * as Layer from "effect/Layer"
import { Target } from "./target.ts"

export const target = {
  agent: Ids.AgentId.make("agent_example"),
  environment: Ids.EnvironmentId.make("env_cloud")
}

/** A service with this agent, and perhaps with others that it may delegate to. */
export const options = (agent: Simulator.AgentOptions, more: Simulator.Options = {}): Simulator.Options => ({
  ...more,
  fixtures: { environments: [{ id: target.environment, type: "cloud" }] },
  agents: { ...more.agents, [target.agent]: agent }
})

/** The client's services on such a service. No network is involved. */
export const layer = (
  agent: Simulator.AgentOptions,
  more?: Simulator.Options
): Layer.Layer<Testkit.Services | Target> =>
  Layer.merge(Testkit.layer(options(agent, more)), Layer.succeed(Target, target))
