// Whom the examples talk to: an agent and an environment that exist on the service, or on the simulator.
import type * as Ids from "@effect-managed-agents/core/Ids"
import * as Context from "effect/Context"

export class Target extends Context.Tag("examples/Target")<Target, {
  readonly agent: Ids.AgentId
  readonly environment: Ids.EnvironmentId
}>() {}
