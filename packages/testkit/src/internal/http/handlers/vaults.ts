import type * as Page from "@effect-managed-agents/core/Page"
import type * as Vault from "@effect-managed-agents/core/Vault"
import * as Either from "effect/Either"
import * as ids from "../../session/ids.ts"
import type { Ruling } from "../../session/refusal.ts"
import * as vaults from "../../workspace/vaults.ts"
import type { World } from "../../world/world.ts"
import type { Call } from "./context.ts"
import * as pages from "./pages.ts"

type View = typeof Vault.Vault.Encoded

/** Verbs of webhooks: there is none for updates. */
type Verb = "created" | "archived" | "deleted"

const commit = (world: World, change: vaults.Change<vaults.KeptVault>, verb?: Verb): View =>
  vaults.view(world.keep("vaults", change, verb && (({ id }) => ({ type: `vault.${verb}`, id }))))

const idOf = ({ path }: Call<unknown, unknown>): string => path["vault_id"] ?? ""

export const create = (call: Call<unknown, typeof Vault.CreateParams.Encoded>): Ruling<View> => {
  const { body, key, world } = call
  const created = vaults.create(world.workspace.vaults, ids.format("vlt", ids.child(key, "vault")), body, world.now())
  return Either.map(created, (change) => commit(world, change, "created"))
}

export const retrieve = (call: Call<unknown, unknown>): Ruling<View> =>
  Either.map(vaults.find(call.world.workspace.vaults, idOf(call)), vaults.view)

export const update = (call: Call<unknown, typeof Vault.UpdateParams.Encoded>): Ruling<View> => {
  const { body, world } = call
  const updated = vaults.update(world.workspace.vaults, idOf(call), body, world.now())
  return Either.map(updated, (change) => commit(world, change))
}

export const archive = (call: Call<unknown, unknown>): Ruling<View> => {
  const { world } = call
  const archived = vaults.archive(world.workspace.vaults, idOf(call), world.now())
  return Either.map(archived, (change) => commit(world, change, "archived"))
}

const remove = (call: Call<unknown, unknown>): Ruling<typeof Vault.DeletedVault.Encoded> => {
  const { world } = call
  const id = idOf(call)
  return Either.map(vaults.remove(world.workspace.vaults, id), (change) => {
    commit(world, change, "deleted")
    return { id, type: "vault_deleted" as const }
  })
}

export const list = (call: Call<typeof Vault.ListParams.Encoded, unknown>): Ruling<Page.Page<View>> => {
  const shown = [...call.world.workspace.vaults.vaults.values()].filter(({ archivedAt, isDeleted }) =>
    !isDeleted && (archivedAt === null || call.query.include_archived === true)
  )
  return Either.map(pages.list(call, shown, { list: "vaults" }), (page) => ({
    ...page,
    data: page.data.map(vaults.view)
  }))
}

export { remove as delete }
