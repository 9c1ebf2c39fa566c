import type * as Page from "@effect-managed-agents/core/Page"
import type * as Session from "@effect-managed-agents/core/Session"
import * as Either from "effect/Either"
import * as ids from "../ids.ts"
import * as refusal from "../refusal.ts"
import type { Ruling } from "../refusal.ts"
import * as registry from "../registry.ts"
import * as resources from "../resources.ts"
import * as state from "../state.ts"
import * as transitions from "../transitions.ts"
import * as usage from "../usage.ts"
import * as views from "../views.ts"
import * as wire from "../wire.ts"
import type { Cell, World } from "../world.ts"
import type { Call } from "./context.ts"
import * as context from "./context.ts"
import * as pages from "./pages.ts"

const view = (world: World, cell: Cell): Session.SessionEncoded => views.session(cell.session, world.now(), world.env)

export const create = (call: Call<unknown, Session.CreateParamsEncoded>): Ruling<Session.SessionEncoded> =>
  Either.gen(function*() {
    const { body, world } = call
    const now = world.now()
    const agent = yield* registry.resolveAgent(world.registry, body.agent)
    if (body.budget !== undefined) yield* usage.checkPriced(agent, world.env.rules)
    const environment = yield* registry.resolveEnvironment(world.registry, body.environment_id)
    const key = ids.child(call.key, "session")
    const mounted = yield* resources.mountAll(
      { agent, environment, issued: { event: 0, resource: 0, thread: 1, file: 0, outcome: 0 }, key, resources: [] },
      world.registry,
      now,
      body.resources ?? []
    )
    const session = state.makeSession({
      id: ids.format("sesn", key),
      key,
      seq: world.created,
      agent,
      environment,
      title: body.title ?? null,
      metadata: body.metadata ?? {},
      vaultIds: body.vault_ids ?? [],
      budget: body.budget ?? null,
      createdAt: now,
      ...mounted
    })
    // the schema of the body admits only events of the two kinds that may start a session
    const events = (body.initial_events ?? []) as ReadonlyArray<transitions.SendableEncoded>
    const begun = yield* transitions.begin(session, now, world.env, events)
    world.created++
    const cell = world.add(session)
    world.commit(cell, begun)
    return view(world, cell)
  })

export const list = (call: Call<Session.ListParamsEncoded, unknown>): Ruling<Page.Page<Session.SessionEncoded>> =>
  Either.gen(function*() {
    const { query, world } = call
    const { rules } = world.env
    const order = query.order ?? "desc"
    if (query.limit !== undefined && query.limit > rules.maxSessionsPerPage) {
      yield* refusal.invalid(`limit: must be at most ${rules.maxSessionsPerPage}`)
    }
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
      // whoever asks for terminated sessions, which archived ones are too, wants to see them
      return session.status !== "terminated" || query.include_archived === true || statuses?.has("terminated") === true
    })
    const page = wire.paginate(cells, {
      list: "sessions",
      order,
      limit: query.limit ?? rules.sessionsPerPage,
      cursor,
      key: ({ session }) => [session.createdAt, session.seq],
      bidirectional: true
    })
    return { ...page, data: page.data.map((cell) => view(world, cell)) }
  })

const hasMemory = (session: state.Session, id: string): boolean =>
  session.resources.some(({ value }) => value.type === "memory_store" && value.memory_store_id === id)

export const retrieve = (call: Call<unknown, unknown>): Ruling<Session.SessionEncoded> =>
  Either.map(context.session(call), (cell) => view(call.world, cell))

export const update = (call: Call<unknown, Session.UpdateParamsEncoded>): Ruling<Session.SessionEncoded> =>
  Either.gen(function*() {
    const { world } = call
    const cell = yield* context.session(call)
    world.commit(cell, yield* transitions.update(cell.session, world.now(), world.env, call.body))
    return view(world, cell)
  })

export const archive = (call: Call<unknown, unknown>): Ruling<Session.SessionEncoded> =>
  Either.gen(function*() {
    const { world } = call
    const cell = yield* context.session(call)
    world.commit(cell, yield* transitions.archive(cell.session, world.now(), world.env))
    return view(world, cell)
  })

export const remove = (call: Call<unknown, unknown>): Ruling<Session.DeletedSessionEncoded> =>
  Either.gen(function*() {
    const { world } = call
    const cell = yield* context.session(call)
    world.commit(cell, yield* transitions.remove(cell.session, world.now(), world.env))
    world.remove(cell)
    return { id: cell.session.id, type: "session_deleted" as const }
  })
