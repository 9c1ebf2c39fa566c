import type * as Page from "@effect-managed-agents/core/Page"
import type * as SavedAgent from "@effect-managed-agents/core/SavedAgent"
import * as Either from "effect/Either"
import * as ids from "../../session/ids.ts"
import * as refusal from "../../session/refusal.ts"
import type { Ruling } from "../../session/refusal.ts"
import * as agents from "../../workspace/agents.ts"
import * as workspace from "../../workspace/workspace.ts"
import type { World } from "../../world/world.ts"
import type { Call } from "./context.ts"
import * as pages from "./pages.ts"

type View = typeof SavedAgent.SavedAgent.Encoded

/** The agent in the path. */
const locate = ({ path, world }: Call<unknown, unknown>): Ruling<agents.Saved> => {
  const id = path["agent_id"] ?? ""
  const { agents: known } = world.workspace
  return known.has(id) || /^agent_\w+$/.test(id) ? agents.find(known, id) : refusal.invalid("Invalid agent ID.")
}

const commit = (world: World, verb: "created" | "updated" | "archived", change: agents.Change): View =>
  agents.view(world.keep("agents", change, ({ id }) => ({ type: `agent.${verb}`, id })))

export const create = (call: Call<unknown, typeof SavedAgent.CreateParams.Encoded>): Ruling<View> => {
  const { body, key, world } = call
  const id = ids.format("agent", ids.child(key, "agent"))
  return workspace.withSkills(world.workspace, world.env.rules, body).pipe(
    Either.flatMap((params) => agents.create(world.workspace.agents, id, params, world.now())),
    Either.map((change) => commit(world, "created", change))
  )
}

export const retrieve = (call: Call<typeof SavedAgent.RetrieveParams.Encoded, unknown>): Ruling<View> =>
  Either.flatMap(
    locate(call),
    (saved) => Either.map(agents.versionOf(saved, call.query.version), (version) => agents.view(saved, version))
  )

export const update = (call: Call<unknown, typeof SavedAgent.UpdateParams.Encoded>): Ruling<View> =>
  Either.gen(function*() {
    const { body, world } = call
    const { id } = yield* locate(call)
    const params = yield* workspace.withSkills(world.workspace, world.env.rules, body)
    return commit(world, "updated", yield* agents.update(world.workspace.agents, id, params, world.now()))
  })

export const archive = (call: Call<unknown, unknown>): Ruling<View> =>
  Either.gen(function*() {
    const { world } = call
    const { id } = yield* locate(call)
    return commit(world, "archived", yield* agents.archive(world.workspace.agents, id, world.now()))
  })

export const list = (call: Call<typeof SavedAgent.ListParams.Encoded, unknown>): Ruling<Page.Page<View>> => {
  const all = [...call.world.workspace.agents.values()]
  const shown = call.query.include_archived === true ? all : all.filter(({ archivedAt }) => archivedAt === null)
  return Either.map(pages.list(call, shown, { list: "agents" }), (page) => ({
    ...page,
    data: page.data.map((saved) => agents.view(saved))
  }))
}

export const listVersions = (
  call: Call<typeof SavedAgent.ListVersionsParams.Encoded, unknown>
): Ruling<Page.Page<View>> =>
  Either.gen(function*() {
    const saved = yield* locate(call)
    const versions = saved.versions.map((version, seq) => ({ version, seq, createdAt: 0 }))
    const page = yield* pages.list(call, versions, { list: `versions:${saved.id}` })
    return { ...page, data: page.data.map(({ version }) => agents.view(saved, version)) }
  })
