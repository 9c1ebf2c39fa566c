import type * as Credential from "@effect-managed-agents/core/Credential"
import type * as Page from "@effect-managed-agents/core/Page"
import * as Either from "effect/Either"
import * as ids from "../../session/ids.ts"
import type { Ruling } from "../../session/refusal.ts"
import * as vaults from "../../workspace/vaults.ts"
import type { Call } from "./context.ts"
import * as pages from "./pages.ts"

type View = typeof Credential.Credential.Encoded

const vaultOf = ({ path }: Call<unknown, unknown>): string => path["vault_id"] ?? ""
const idOf = ({ path }: Call<unknown, unknown>): string => path["credential_id"] ?? ""

/** Verbs of webhooks: there is none for updates. */
type Verb = "created" | "archived" | "deleted"

/** Commits the change of one credential. */
const changing = (
  call: Call<unknown, unknown>,
  change: Ruling<vaults.Change<vaults.KeptCredential>>,
  verb?: Verb
): Ruling<View> =>
  Either.map(change, (done) =>
    vaults.viewCredential(
      call.world.keep(
        "vaults",
        done,
        verb && (({ id }) => ({ type: `vault_credential.${verb}`, id, vault_id: vaultOf(call) }))
      )
    ))

export const create = (call: Call<unknown, typeof Credential.CreateParams.Encoded>): Ruling<View> => {
  const { body, key, world } = call
  const id = ids.format("vcrd", ids.child(key, "credential"))
  return changing(
    call,
    vaults.createCredential(world.workspace.vaults, vaultOf(call), id, body, world.now()),
    "created"
  )
}

export const retrieve = (call: Call<unknown, unknown>): Ruling<View> =>
  Either.map(
    vaults.findCredential(call.world.workspace.vaults, vaultOf(call), idOf(call)),
    vaults.viewCredential
  )

export const update = (call: Call<unknown, typeof Credential.UpdateParams.Encoded>): Ruling<View> => {
  const { body, world } = call
  return changing(call, vaults.updateCredential(world.workspace.vaults, vaultOf(call), idOf(call), body, world.now()))
}

export const archive = (call: Call<unknown, unknown>): Ruling<View> => {
  const { world } = call
  return changing(
    call,
    vaults.archiveCredential(world.workspace.vaults, vaultOf(call), idOf(call), world.now()),
    "archived"
  )
}

const remove = (call: Call<unknown, unknown>): Ruling<typeof Credential.DeletedCredential.Encoded> => {
  const removed = changing(
    call,
    vaults.removeCredential(call.world.workspace.vaults, vaultOf(call), idOf(call)),
    "deleted"
  )
  return Either.map(removed, ({ id }) => ({ id, type: "vault_credential_deleted" as const }))
}

export const mcpOAuthValidate = (call: Call<unknown, unknown>): Ruling<typeof Credential.Validation.Encoded> => {
  const { world } = call
  const [vault, id] = [vaultOf(call), idOf(call)]
  const { tokensAreRenewed } = world.env.rules
  return Either.map(vaults.validate(world.workspace.vaults, vault, id, world.now(), tokensAreRenewed), (change) => {
    const validation = world.keep("vaults", change)
    if (validation.refresh?.status === "failed") {
      world.announce({ type: "vault_credential.refresh_failed", id, vault_id: vault })
    }
    return validation
  })
}

export const list = (call: Call<typeof Credential.ListParams.Encoded, unknown>): Ruling<Page.Page<View>> =>
  Either.flatMap(vaults.find(call.world.workspace.vaults, vaultOf(call)), ({ id }) => {
    const shown = vaults.credentialsOf(call.world.workspace.vaults, id).filter(({ archivedAt }) =>
      archivedAt === null || call.query.include_archived === true
    )
    return Either.map(pages.list(call, shown, { list: "credentials" }), (page) => ({
      ...page,
      data: page.data.map(vaults.viewCredential)
    }))
  })

export { remove as delete }
