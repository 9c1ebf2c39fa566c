import type * as Event from "@effect-managed-agents/core/Event"
import type * as Page from "@effect-managed-agents/core/Page"
import type * as Thread from "@effect-managed-agents/core/Thread"
import * as Either from "effect/Either"
import * as refusal from "../../session/refusal.ts"
import type { Ruling } from "../../session/refusal.ts"
import type * as state from "../../session/state.ts"
import * as transitions from "../../session/transitions.ts"
import * as views from "../../session/views.ts"
import type { Cell } from "../../world/world.ts"
import type { Call } from "./context.ts"
import * as context from "./context.ts"
import { listOfThread, previewed as previewedTypes } from "./events.ts"
import * as pages from "./pages.ts"

/** The thread in the path, and its session. */
const locate = (
  call: Call<unknown, unknown>
): Ruling<{ readonly cell: Cell; readonly thread: state.Thread }> =>
  Either.flatMap(context.session(call), (cell) => {
    const id = call.path["thread_id"] ?? ""
    if (!/^sthr_\w+$/.test(id)) return refusal.invalid(`Invalid thread ID: ${id}`)
    const thread = cell.session.threads.find((one) => one.id === id)
    return thread === undefined ? refusal.notFound(`Thread not found: ${id}`) : Either.right({ cell, thread })
  })

export const list = (
  call: Call<typeof Thread.ListParams.Encoded, unknown>
): Ruling<Page.Page<typeof Thread.Thread.Encoded>> =>
  Either.gen(function*() {
    const { query, world } = call
    const { session } = yield* context.session(call)
    const { rules } = world.env
    const limit = yield* pages.limit(query.limit, 1000, rules.maxItemsPerPage)
    const name = `threads:${session.id}`
    const cursor = yield* pages.cursor(query.page, name, "asc")
    const statuses = query.statuses === undefined ? undefined : new Set<string>(query.statuses)
    const threads = session.threads
      .map((thread, i) => ({ thread, i }))
      .filter(({ thread }) => statuses === undefined || statuses.has(thread.status))
    const page = pages.cut(threads, rules, {
      list: name,
      order: "asc",
      limit,
      cursor,
      key: ({ i }) => [i, 0],
      bidirectional: false
    })
    const now = world.now()
    return { ...page, data: page.data.map(({ thread }) => views.thread(session, thread, now, world.env)) }
  })

export const retrieve = (call: Call<unknown, unknown>): Ruling<typeof Thread.Thread.Encoded> =>
  Either.map(locate(call), ({ cell, thread }) => views.thread(cell.session, thread, call.world.now(), call.world.env))

export const archive = (call: Call<unknown, unknown>): Ruling<typeof Thread.Thread.Encoded> =>
  Either.gen(function*() {
    const { world } = call
    const { cell, thread } = yield* locate(call)
    const now = world.now()
    world.commit(cell, yield* transitions.archiveThread(cell.session, now, world.env, thread.id))
    const archived = cell.session.threads.find((one) => one.id === thread.id) ?? thread
    return views.thread(cell.session, archived, now, world.env)
  })

export const listEvents = (
  call: Call<typeof Event.ThreadListParams.Encoded, unknown>
): Ruling<Page.Page<typeof Event.Event.Encoded>> =>
  Either.flatMap(locate(call), ({ cell, thread }) => listOfThread(call, cell, thread.id))

export const stream = (call: Call<typeof Event.StreamParams.Encoded, unknown>): Ruling<context.Stream> =>
  Either.gen(function*() {
    const previewed = yield* previewedTypes(call.query)
    const { cell, thread } = yield* locate(call)
    return { cell, thread: thread.id, previewed }
  })
