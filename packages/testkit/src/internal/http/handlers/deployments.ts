import type * as Deployment from "@effect-managed-agents/core/Deployment"
import type * as DeploymentRun from "@effect-managed-agents/core/DeploymentRun"
import type * as Page from "@effect-managed-agents/core/Page"
import * as Either from "effect/Either"
import * as ids from "../../session/ids.ts"
import type { Ruling } from "../../session/refusal.ts"
import * as agents from "../../workspace/agents.ts"
import * as deployments from "../../workspace/deployments.ts"
import * as runs from "../../world/deployments.ts"
import type { World } from "../../world/world.ts"
import type { Call } from "./context.ts"
import * as pages from "./pages.ts"

type View = typeof Deployment.Deployment.Encoded

const idOf = ({ path }: Call<unknown, unknown>): string => path["deployment_id"] ?? ""

type Verb = "created" | "updated" | "archived" | "paused" | "unpaused"

const commit = (world: World, verb: Verb, change: deployments.Change): View => {
  const [next, { id }] = change
  if (next !== world.workspace.deployments) world.announce({ type: `deployment.${verb}`, id })
  return deployments.view(runs.commit(world, change), world.now())
}

/** The agent at the version that is named, or that is the latest now. */
const pin = (world: World, params: typeof Deployment.CreateParams.Encoded["agent"]) =>
  Either.map(
    agents.resolve(world.workspace.agents, params),
    ({ id, version }) => ({ type: "agent" as const, id, version })
  )

/** Checks that sessions can be created from a template. */
const check = ({ key, world }: Call<unknown, unknown>, template: deployments.Template): Ruling<unknown> =>
  runs.prepare(world, template, { key, deploymentId: null, now: world.now() })

export const create = (call: Call<unknown, typeof Deployment.CreateParams.Encoded>): Ruling<View> =>
  Either.gen(function*() {
    const { body, world } = call
    const template: deployments.Template = { ...body, agent: yield* pin(world, body.agent) }
    yield* check(call, template)
    const key = ids.child(call.key, "deployment")
    const identity = { id: ids.format("depl", key), key }
    return commit(
      world,
      "created",
      yield* deployments.create(world.workspace.deployments, identity, body, template, world.now())
    )
  })

export const retrieve = (call: Call<unknown, unknown>): Ruling<View> =>
  Either.map(
    deployments.find(call.world.workspace.deployments, idOf(call)),
    (kept) => deployments.view(kept, call.world.now())
  )

export const update = (call: Call<unknown, typeof Deployment.UpdateParams.Encoded>): Ruling<View> =>
  Either.gen(function*() {
    const { body, world } = call
    const { agent, budget, environment_id, initial_events, resources, vault_ids } = body
    const { template: stored } = yield* deployments.find(world.workspace.deployments, idOf(call))
    const template: deployments.Template = {
      ...stored,
      ...(agent !== undefined && { agent: yield* pin(world, agent) }),
      ...(budget !== undefined && { budget }),
      ...(environment_id !== undefined && { environment_id }),
      ...(initial_events !== undefined && { initial_events }),
      ...(resources !== undefined && { resources: resources ?? [] }),
      ...(vault_ids !== undefined && { vault_ids: vault_ids ?? [] })
    }
    const updated = yield* deployments.update(world.workspace.deployments, idOf(call), body, template, world.now())
    // what is not changed may be broken: each run says so
    if ([agent, budget, environment_id, initial_events, resources, vault_ids].some((one) => one !== undefined)) {
      yield* check(call, template)
    }
    return commit(world, "updated", updated)
  })

const changing = (verb: Verb, change: typeof deployments.archive) => (call: Call<unknown, unknown>): Ruling<View> => {
  const { world } = call
  const changed = change(world.workspace.deployments, idOf(call), world.now())
  return Either.map(changed, (one) => commit(world, verb, one))
}

export const archive = changing("archived", deployments.archive)

export const pause = changing("paused", deployments.pause)

export const unpause = changing("unpaused", deployments.unpause)

export const run = (call: Call<unknown, unknown>): Ruling<typeof DeploymentRun.DeploymentRun.Encoded> => {
  const { world } = call
  return Either.map(
    deployments.mayRun(world.workspace.deployments, idOf(call)),
    (kept) => deployments.runView(runs.run(world, kept, { type: "manual" }, world.now()))
  )
}

export const list = (call: Call<typeof Deployment.ListParams.Encoded, unknown>): Ruling<Page.Page<View>> => {
  const { query, world } = call
  const shown = [...world.workspace.deployments.all.values()].filter(({ archivedAt, pausedReason, template }) => {
    if (archivedAt !== null && query.include_archived !== true) return false
    if (query.agent_id !== undefined && template.agent.id !== query.agent_id) return false
    return query.status === undefined || (query.status === "paused") === (pausedReason !== null)
  })
  return Either.map(pages.list(call, shown, { list: "deployments" }), (page) => ({
    ...page,
    data: page.data.map((kept) => deployments.view(kept, world.now()))
  }))
}
