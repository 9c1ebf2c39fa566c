// Whom the examples talk to: an agent and an environment that exist on the service, or on the simulator.
import type { Ids } from "@effect-managed-agents/core"
import { Context } from "effect"

export class Target extends Context.Tag("examples/Target")<Target, {
  readonly agent: Ids.AgentId
  readonly environment: Ids.EnvironmentId
}>() {}
