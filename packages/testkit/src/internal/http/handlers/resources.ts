import type * as Page from "@effect-managed-agents/core/Page"
import type * as Resource from "@effect-managed-agents/core/Resource"
import * as Either from "effect/Either"
import type { Ruling } from "../../session/refusal.ts"
import * as resources from "../../session/resources.ts"
import * as transitions from "../../session/transitions.ts"
import * as workspace from "../../workspace/workspace.ts"
import type { Call } from "./context.ts"
import * as context from "./context.ts"
import * as pages from "./pages.ts"

export const add = (
  call: Call<unknown, typeof Resource.FileParams.Encoded>
): Ruling<typeof Resource.Resource.Encoded> =>
  Either.gen(function*() {
    const { body, world } = call
    const cell = yield* context.session(call)
    yield* transitions.mayChangeResources(cell.session)
    const now = world.now()
    const mounted = yield* resources.add(cell.session, world.workspace, world.env.rules, now, body)
    world.commit(cell, transitions.setResources(cell.session, now, world.env, mounted.resources, mounted.issued))
    world.workspace = workspace.mountFile(world.workspace, cell.session.id, body, mounted.value, now)
    return mounted.value
  })

export const list = (
  call: Call<typeof Resource.ListParams.Encoded, unknown>
): Ruling<Page.Page<typeof Resource.Resource.Encoded>> =>
  Either.gen(function*() {
    const { query, world } = call
    const { session } = yield* context.session(call)
    const name = `resources:${session.id}`
    const cursor = yield* pages.cursor(query.page, name, "asc")
    const page = pages.cut(session.resources, world.env.rules, {
      list: name,
      order: "asc",
      limit: query.limit ?? Infinity,
      cursor,
      key: ({ seq }) => [seq, 0],
      bidirectional: false
    })
    return { ...page, data: page.data.map(({ value }) => value) }
  })

const resourceId = (call: Call<unknown, unknown>): string => call.path["resource_id"] ?? ""

export const retrieve = (call: Call<unknown, unknown>): Ruling<typeof Resource.Resource.Encoded> =>
  Either.gen(function*() {
    const { session } = yield* context.session(call)
    const { value } = yield* resources.find(session.resources, resourceId(call))
    return value
  })

export const update = (
  call: Call<unknown, typeof Resource.UpdateParams.Encoded>
): Ruling<typeof Resource.Resource.Encoded> =>
  Either.gen(function*() {
    const { world } = call
    const cell = yield* context.session(call)
    yield* transitions.mayChangeResources(cell.session)
    const now = world.now()
    const rotated = yield* resources.rotate(cell.session.resources, resourceId(call), now)
    const { issued } = cell.session
    world.commit(cell, transitions.setResources(cell.session, now, world.env, rotated.resources, issued))
    return rotated.value
  })

const remove = (call: Call<unknown, unknown>): Ruling<typeof Resource.DeletedResource.Encoded> =>
  Either.gen(function*() {
    const { world } = call
    const cell = yield* context.session(call)
    yield* transitions.mayChangeResources(cell.session)
    const id = resourceId(call)
    const left = yield* resources.remove(cell.session.resources, id)
    const { issued } = cell.session
    world.commit(cell, transitions.setResources(cell.session, world.now(), world.env, left, issued))
    return { id, type: "session_resource_deleted" as const }
  })

export { remove as delete }
