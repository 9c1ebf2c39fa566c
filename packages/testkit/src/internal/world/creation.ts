import type * as Session from "@effect-managed-agents/core/Session"
import * as Either from "effect/Either"
import * as ids from "../session/ids.ts"
import type { Ruling } from "../session/refusal.ts"
import * as resources from "../session/resources.ts"
import * as state from "../session/state.ts"
import type { Micros } from "../session/timestamp.ts"
import * as transitions from "../session/transitions.ts"
import * as usage from "../session/usage.ts"
import * as agents from "../workspace/agents.ts"
import * as environments from "../workspace/environments.ts"
import * as workspace from "../workspace/workspace.ts"
import type { Cell, World } from "./world.ts"

type CreateParams = typeof Session.CreateParams.Encoded

/** A session to be created. */
export interface Plan {
  readonly key: ids.Key
  readonly params: Omit<CreateParams, "initial_events">
  readonly events: ReadonlyArray<transitions.SendableEncoded>
  readonly deploymentId: string | null
  readonly now: Micros
}

/** Reference to an agent, with the versions of the skills that it puts in place of the agent's. */
const agentOf = ({ env, workspace: known }: World, agent: CreateParams["agent"]): Ruling<CreateParams["agent"]> =>
  typeof agent === "string" || agent.type !== "agent_with_overrides"
    ? Either.right(agent)
    : workspace.withSkills(known, env.rules, agent)

/** Checks that a session can be created, and answers what creates it. */
export const prepare = (world: World, { deploymentId, events, key, now, params }: Plan): Ruling<() => Cell> =>
  Either.gen(function*() {
    const { env, workspace: known } = world
    const agent = yield* agents.resolve(known.agents, yield* agentOf(world, params.agent))
    yield* workspace.checkSkills(known, env.rules, agent.skills)
    if (params.budget !== undefined) yield* usage.checkPriced(agent, env.rules)
    const environment = yield* environments.resolve(known.environments, params.environment_id, agent.mcp_servers)
    const mounted = yield* resources.mountAll(
      { agent, environment, issued: { event: 0, resource: 0, thread: 1, file: 0, outcome: 0 }, key, resources: [] },
      known,
      env.rules,
      now,
      params.resources ?? []
    )
    for (const id of params.vault_ids ?? []) yield* workspace.checkReference(known, env.rules, "vault", id)
    const session = state.makeSession({
      id: ids.format("sesn", key),
      key,
      seq: world.created,
      agent,
      environment,
      title: params.title ?? null,
      metadata: params.metadata ?? {},
      vaultIds: params.vault_ids ?? [],
      deploymentId,
      budget: params.budget ?? null,
      createdAt: now,
      ...mounted
    })
    const begun = yield* transitions.begin(session, now, env, events)
    return () => {
      world.created++
      for (const [i, resource] of (params.resources ?? []).entries()) {
        const value = mounted.resources[i]?.value
        world.workspace = workspace.mountFile(world.workspace, session.id, resource, value, now)
      }
      const cell = world.add(session)
      world.announce({ type: "session.created", id: session.id })
      world.commit(cell, begun)
      return cell
    }
  })
