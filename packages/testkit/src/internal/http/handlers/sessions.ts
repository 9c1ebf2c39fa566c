import * as Api from "@effect-managed-agents/core/Api"
import type * as Page from "@effect-managed-agents/core/Page"
import * as Session from "@effect-managed-agents/core/Session"
import * as Either from "effect/Either"
import * as ids from "../../session/ids.ts"
import * as refusal from "../../session/refusal.ts"
import type { Ruling } from "../../session/refusal.ts"
import type * as state from "../../session/state.ts"
import * as transitions from "../../session/transitions.ts"
import * as validate from "../../session/validate.ts"
import * as views from "../../session/views.ts"
import * as files from "../../workspace/files.ts"
import * as creation from "../../world/creation.ts"
import type { Cell, World } from "../../world/world.ts"
import type { Call } from "./context.ts"
import * as context from "./context.ts"
import * as pages from "./pages.ts"

const view = (world: World, cell: Cell): typeof Session.Session.Encoded =>
  views.session(cell.session, world.now(), world.env)

const checkCreate = validate.body(Session.CreateParams)

/** Reads the body of a create. */
export const createBody = (body: unknown): Ruling<typeof Session.CreateParams.Encoded> =>
  // the one field whose absence has a code of its own
  hasNoModel(body)
    ? refusal.invalid("agent.model: value is required", "agent_model_required")
    : checkCreate(body)

const hasNoModel = (body: unknown): boolean => {
  const agent = typeof body === "object" && body !== null && "agent" in body ? body.agent : undefined
  return typeof agent === "object" && agent !== null && "type" in agent && agent.type === "agent_with_overrides" &&
    "model" in agent && agent.model === null
}

export const create = (
  call: Call<unknown, typeof Session.CreateParams.Encoded>
): Ruling<typeof Session.Session.Encoded> =>
  Either.map(
    creation.prepare(call.world, {
      key: ids.child(call.key, "session"),
      params: call.body,
      // the schema of the body admits only events of the two kinds that may start a session
      events: (call.body.initial_events ?? []) as ReadonlyArray<transitions.SendableEncoded>,
      deploymentId: null,
      now: call.world.now()
    }),
    (create) => view(call.world, create())
  )

type ListQuery = typeof Session.ListParams.Encoded & {
  /** Known from recordings alone. */
  readonly created_by_ids?: ReadonlyArray<string>
}

/** Reads the query of a list of sessions. */
export const listQuery = validate.query(Api.sessions.list.query, ["created_by_ids"])

export const list = (call: Call<ListQuery, unknown>): Ruling<Page.Page<typeof Session.Session.Encoded>> =>
  Either.gen(function*() {
    const { query, world } = call
    const { rules } = world.env
    const order = query.order ?? "desc"
    const limit = yield* pages.limit(query.limit, rules.sessionsPerPage, rules.maxSessionsPerPage)
    const cursor = yield* pages.cursor(query.page, "sessions", order)
    const inside = pages.within(query)
    yield* pages.checkBounds(cursor?.key[0], inside)
    const now = world.now()
    const statuses = query.statuses === undefined ? undefined : new Set<string>(query.statuses)
    const cells = world.all().filter(({ session }) => {
      if (inside !== undefined && !inside(session.createdAt)) return false
      if (query.agent_id !== undefined && session.agent.id !== query.agent_id) return false
      if (query.agent_version !== undefined && session.agent.version !== query.agent_version) return false
      if (query.deployment_id !== undefined && session.deploymentId !== query.deployment_id) return false
      if (query.memory_store_id !== undefined && !hasMemory(session, query.memory_store_id)) return false
      if (statuses !== undefined && !statuses.has(transitions.visibleStatus(session, now, world.env))) return false
      // sessions have no creator that anybody could ask for
      if (query.created_by_ids !== undefined) return false
      if (session.status !== "terminated" || query.include_archived === true) return true
      // whoever asks for terminated sessions, which archived ones are too, wants to see them
      return rules.statusesShowEnded && statuses?.has("terminated") === true
    })
    const page = pages.cut(cells, rules, {
      list: "sessions",
      order,
      limit,
      cursor,
      key: ({ session }) => [session.createdAt, session.seq],
      bidirectional: true
    })
    return { ...page, data: page.data.map((cell) => view(world, cell)) }
  })

const hasMemory = (session: state.Session, id: string): boolean =>
  session.resources.some(({ value }) => value.type === "memory_store" && value.memory_store_id === id)

export const retrieve = (call: Call<unknown, unknown>): Ruling<typeof Session.Session.Encoded> =>
  Either.map(context.session(call), (cell) => view(call.world, cell))

export const update = (
  call: Call<unknown, typeof Session.UpdateParams.Encoded>
): Ruling<typeof Session.Session.Encoded> =>
  Either.gen(function*() {
    const { world } = call
    const cell = yield* context.session(call)
    world.commit(cell, yield* transitions.update(cell.session, world.now(), world.env, call.body))
    return view(world, cell)
  })

export const archive = (call: Call<unknown, unknown>): Ruling<typeof Session.Session.Encoded> =>
  Either.gen(function*() {
    const { world } = call
    const cell = yield* context.session(call)
    const { archivedAt } = cell.session
    world.commit(cell, yield* transitions.archive(cell.session, world.now(), world.env))
    if (archivedAt === null) world.announce({ type: "session.archived", id: cell.session.id })
    return view(world, cell)
  })

const remove = (call: Call<unknown, unknown>): Ruling<typeof Session.DeletedSession.Encoded> =>
  Either.gen(function*() {
    const { world } = call
    const cell = yield* context.session(call)
    world.commit(cell, yield* transitions.remove(cell.session, world.now(), world.env))
    world.remove(cell)
    world.workspace = { ...world.workspace, files: files.removeOf(world.workspace.files, cell.session.id) }
    return { id: cell.session.id, type: "session_deleted" as const }
  })

export { remove as delete }
