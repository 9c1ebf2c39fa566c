import type * as Environment from "@effect-managed-agents/core/Environment"
import type * as Page from "@effect-managed-agents/core/Page"
import * as Either from "effect/Either"
import * as ids from "../../session/ids.ts"
import type { Ruling } from "../../session/refusal.ts"
import * as environments from "../../workspace/environments.ts"
import type { World } from "../../world/world.ts"
import type { Call } from "./context.ts"
import * as pages from "./pages.ts"

type View = typeof Environment.Environment.Encoded

type Verb = "created" | "updated" | "archived" | "deleted"

const commit = (world: World, verb: Verb, change: environments.Change): View =>
  environments.view(world.keep("environments", change, ({ id }) => ({ type: `environment.${verb}`, id })))

const idOf = ({ path }: Call<unknown, unknown>): string => path["environment_id"] ?? ""

export const create = (call: Call<unknown, typeof Environment.CreateParams.Encoded>): Ruling<View> => {
  const { body, key, world } = call
  const id = ids.format("env", ids.child(key, "environment"))
  const created = environments.create(world.workspace.environments, id, body, world.now())
  return Either.map(created, (change) => commit(world, "created", change))
}

export const retrieve = (call: Call<unknown, unknown>): Ruling<View> =>
  Either.map(environments.find(call.world.workspace.environments, idOf(call)), environments.view)

export const update = (call: Call<unknown, typeof Environment.UpdateParams.Encoded>): Ruling<View> => {
  const { body, world } = call
  const updated = environments.update(world.workspace.environments, idOf(call), body, world.now())
  return Either.map(updated, (change) => commit(world, "updated", change))
}

export const archive = (call: Call<unknown, unknown>): Ruling<View> => {
  const { world } = call
  const archived = environments.archive(world.workspace.environments, idOf(call), world.now())
  return Either.map(archived, (change) => commit(world, "archived", change))
}

const remove = (call: Call<unknown, unknown>): Ruling<typeof Environment.DeletedEnvironment.Encoded> => {
  const { world } = call
  const id = idOf(call)
  const active = world.all().filter(({ session }) => session.environment.id === id && session.status !== "terminated")
  return Either.map(environments.remove(world.workspace.environments, id, active.length), (change) => {
    commit(world, "deleted", change)
    return { id, type: "environment_deleted" as const }
  })
}

export const list = (call: Call<typeof Environment.ListParams.Encoded, unknown>): Ruling<Page.Page<View>> => {
  const shown = [...call.world.workspace.environments.values()].filter(({ archivedAt, isDeleted }) =>
    !isDeleted && (archivedAt === null || call.query.include_archived === true)
  )
  return Either.map(pages.list(call, shown, { list: "environments", nullEdges: true }), (page) => ({
    ...page,
    data: page.data.map(environments.view)
  }))
}

export { remove as delete }
