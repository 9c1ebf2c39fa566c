import type * as Store from "@effect-managed-agents/core/MemoryStore"
import type * as Page from "@effect-managed-agents/core/Page"
import * as Either from "effect/Either"
import * as ids from "../../session/ids.ts"
import type { Ruling } from "../../session/refusal.ts"
import * as memory from "../../workspace/memory.ts"
import type { World } from "../../world/world.ts"
import type { Call } from "./context.ts"
import * as pages from "./pages.ts"

type View = typeof Store.MemoryStore.Encoded

/** Verbs of webhooks: there is none for updates. */
type Verb = "created" | "archived" | "deleted"

const commit = (world: World, change: memory.Change<memory.KeptStore>, verb?: Verb): View =>
  memory.viewStore(world.keep("memory", change, verb && (({ id }) => ({ type: `memory_store.${verb}`, id }))))

const idOf = ({ path }: Call<unknown, unknown>): string => path["memory_store_id"] ?? ""

export const create = (call: Call<unknown, typeof Store.CreateParams.Encoded>): Ruling<View> => {
  const { body, key, world } = call
  const id = ids.format("memstore", ids.child(key, "memory store"))
  const created = memory.createStore(world.workspace.memory, id, body, world.now())
  return Either.map(created, (change) => commit(world, change, "created"))
}

export const retrieve = (call: Call<unknown, unknown>): Ruling<View> =>
  Either.map(memory.findStore(call.world.workspace.memory, idOf(call)), memory.viewStore)

export const update = (call: Call<unknown, typeof Store.UpdateParams.Encoded>): Ruling<View> => {
  const { body, world } = call
  const updated = memory.updateStore(world.workspace.memory, idOf(call), body, world.now())
  return Either.map(updated, (change) => commit(world, change))
}

export const archive = (call: Call<unknown, unknown>): Ruling<View> => {
  const { world } = call
  const archived = memory.archiveStore(world.workspace.memory, idOf(call), world.now())
  return Either.map(archived, (change) => commit(world, change, "archived"))
}

const remove = (call: Call<unknown, unknown>): Ruling<typeof Store.DeletedMemoryStore.Encoded> => {
  const { world } = call
  const id = idOf(call)
  return Either.map(memory.removeStore(world.workspace.memory, id), (change) => {
    commit(world, change, "deleted")
    return { id, type: "memory_store_deleted" as const }
  })
}

export const list = (call: Call<typeof Store.ListParams.Encoded, unknown>): Ruling<Page.Page<View>> => {
  const shown = [...call.world.workspace.memory.stores.values()].filter(({ archivedAt, isDeleted }) =>
    !isDeleted && (archivedAt === null || call.query.include_archived === true)
  )
  return Either.map(pages.list(call, shown, { list: "memory stores" }), (page) => ({
    ...page,
    data: page.data.map(memory.viewStore)
  }))
}

export { remove as delete }
