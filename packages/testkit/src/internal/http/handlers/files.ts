import type * as Page from "@effect-managed-agents/core/Page"
import type * as StoredFile from "@effect-managed-agents/core/StoredFile"
import * as Either from "effect/Either"
import * as ids from "../../session/ids.ts"
import type { Ruling } from "../../session/refusal.ts"
import * as files from "../../workspace/files.ts"
import type { File } from "../form.ts"
import type { Call, Download } from "./context.ts"
import * as pages from "./pages.ts"

type View = typeof StoredFile.StoredFile.Encoded

const idOf = ({ path }: Call<unknown, unknown>): string => path["file_id"] ?? ""

export const upload = (
  { body, key, world }: Call<unknown, { readonly file: File; readonly expires_in_seconds?: number }>
): Ruling<View> => {
  const id = ids.format("file", ids.child(key, "file"))
  const next = files.upload(world.workspace.files, id, body, {
    now: world.now(),
    isDownloadable: world.env.rules.uploadsAreDownloadable
  })
  world.workspace = { ...world.workspace, files: next }
  return Either.map(files.find(next, id), files.view)
}

export const retrieveMetadata = (call: Call<unknown, unknown>): Ruling<View> =>
  Either.map(files.find(call.world.workspace.files, idOf(call)), files.view)

export const list = (call: Call<typeof StoredFile.ListParams.Encoded, unknown>): Ruling<Page.Page<View>> => {
  const { ids, scope_id } = call.query
  const shown = [...call.world.workspace.files.values()].filter(({ id, isDeleted, sessionId }) =>
    !isDeleted && (scope_id === undefined || sessionId === scope_id) && (!ids || ids.includes(id))
  )
  // files that are asked for by their ids are all on one page
  const asked = ids ? { ...call, query: { limit: 100 } } : call
  return Either.map(pages.list(asked, shown, { list: "files", nullEdges: true }), (page) => ({
    ...page,
    data: page.data.map(files.view)
  }))
}

export const download = (call: Call<unknown, unknown>): Ruling<Download> =>
  files.content(call.world.workspace.files, idOf(call), call.world.now())

const remove = (call: Call<unknown, unknown>): Ruling<typeof StoredFile.DeletedFile.Encoded> => {
  const { world } = call
  const id = idOf(call)
  return Either.map(files.remove(world.workspace.files, id), (next) => {
    world.workspace = { ...world.workspace, files: next }
    return { id, type: "file_deleted" as const }
  })
}

export { remove as delete }
