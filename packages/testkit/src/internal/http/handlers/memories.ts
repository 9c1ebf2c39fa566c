import type * as Memory from "@effect-managed-agents/core/Memory"
import type * as Page from "@effect-managed-agents/core/Page"
import * as Either from "effect/Either"
import * as ids from "../../session/ids.ts"
import type { Ruling } from "../../session/refusal.ts"
import * as memory from "../../workspace/memory.ts"
import { sha256 } from "../../workspace/sha256.ts"
import type { Call } from "./context.ts"
import * as context from "./context.ts"
import * as pages from "./pages.ts"

type View = typeof Memory.Memory.Encoded
type Query = typeof Memory.ViewParams.Encoded

/** Path parameters of a call on a memory. */
const storeOf = ({ path }: Call<unknown, unknown>): string => path["memory_store_id"] ?? ""
const idOf = ({ path }: Call<unknown, unknown>): string => path["memory_id"] ?? ""

/** The caller, by the id of its key, from which nobody can tell the key. */
export const actor = ({ request, world }: Call<unknown, unknown>): memory.Actor => ({
  type: "api_actor",
  api_key_id: ids.format("apikey", ids.child(world.root, sha256(context.credentials(request)[0] ?? "").digest))
})

const writing = (call: Call<unknown, unknown>): memory.Writing => ({
  now: call.world.now(),
  by: actor(call),
  versionId: ids.format("memver", ids.child(call.key, "memory version"))
})

export const create = (call: Call<Query, typeof Memory.CreateParams.Encoded>): Ruling<View> => {
  const { body, key, query, world } = call
  const id = ids.format("mem", ids.child(key, "memory"))
  const created = memory.create(world.workspace.memory, storeOf(call), id, body, writing(call))
  return Either.map(created, (change) => memory.view(world.keep("memory", change), query.view ?? "basic"))
}

export const retrieve = (call: Call<Query, unknown>): Ruling<View> =>
  Either.map(
    memory.find(call.world.workspace.memory, storeOf(call), idOf(call)),
    (kept) => memory.view(kept, call.query.view ?? "full")
  )

export const update = (call: Call<Query, typeof Memory.UpdateParams.Encoded>): Ruling<View> => {
  const { body, query, world } = call
  const updated = memory.update(world.workspace.memory, storeOf(call), idOf(call), body, writing(call))
  return Either.map(updated, (change) => memory.view(world.keep("memory", change), query.view ?? "basic"))
}

const remove = (
  call: Call<typeof Memory.DeleteParams.Encoded, unknown>
): Ruling<typeof Memory.DeletedMemory.Encoded> => {
  const { query, world } = call
  const id = idOf(call)
  const expected = query.expected_content_sha256
  const removed = memory.remove(world.workspace.memory, storeOf(call), id, expected, writing(call))
  return Either.map(removed, (change) => {
    world.keep("memory", change)
    return { id, type: "memory_deleted" as const }
  })
}

/** The most items on a page that has their texts. */
const mostFull = 20

/** The query of a list, with no more texts on a page than there may be. */
export const bounded = <
  Q extends { readonly view?: "basic" | "full" | undefined; readonly limit?: number | undefined }
>(
  query: Q
): Q => query.view === "full" ? { ...query, limit: Math.min(query.limit ?? mostFull, mostFull) } : query

export const list = (
  call: Call<typeof Memory.ListParams.Encoded, unknown>
): Ruling<Page.Page<typeof Memory.ListItem.Encoded>> =>
  Either.gen(function*() {
    const { query, world } = call
    const items = yield* memory.list(world.workspace.memory, storeOf(call), query)
    const page = yield* pages.list({ ...call, query: bounded(query) }, items, { list: "memories" })
    return {
      ...page,
      data: page.data.map(({ shown }) =>
        typeof shown === "string"
          ? { type: "memory_prefix" as const, path: shown }
          : memory.view(shown, query.view ?? "basic")
      )
    }
  })

export { remove as delete }
