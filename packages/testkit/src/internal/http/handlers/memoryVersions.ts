import type * as Memory from "@effect-managed-agents/core/Memory"
import type * as Version from "@effect-managed-agents/core/MemoryVersion"
import type * as Page from "@effect-managed-agents/core/Page"
import * as Either from "effect/Either"
import type { Ruling } from "../../session/refusal.ts"
import * as memory from "../../workspace/memory.ts"
import type { Call } from "./context.ts"
import { actor, bounded } from "./memories.ts"
import * as pages from "./pages.ts"

type View = typeof Version.MemoryVersion.Encoded

/** Path parameters of a call on a version. */
const storeOf = ({ path }: Call<unknown, unknown>): string => path["memory_store_id"] ?? ""
const idOf = ({ path }: Call<unknown, unknown>): string => path["memory_version_id"] ?? ""

export const retrieve = (call: Call<typeof Memory.ViewParams.Encoded, unknown>): Ruling<View> =>
  Either.map(
    memory.findVersion(call.world.workspace.memory, storeOf(call), idOf(call)),
    (kept) => memory.viewVersion(kept, call.query.view ?? "full")
  )

export const redact = (call: Call<unknown, unknown>): Ruling<View> => {
  const { world } = call
  const by = { now: world.now(), by: actor(call) }
  return Either.map(
    memory.redact(world.workspace.memory, storeOf(call), idOf(call), by),
    (change) => memory.viewVersion(world.keep("memory", change), "basic")
  )
}

export const list = (call: Call<typeof Version.ListParams.Encoded, unknown>): Ruling<Page.Page<View>> =>
  Either.gen(function*() {
    const { query, world } = call
    const versions = yield* memory.versionsOf(world.workspace.memory, storeOf(call), query)
    const page = yield* pages.list({ ...call, query: bounded(query) }, versions, { list: "memory versions" })
    return { ...page, data: page.data.map((kept) => memory.viewVersion(kept, query.view ?? "basic")) }
  })
