import type * as Page from "@effect-managed-agents/core/Page"
import type * as Core from "@effect-managed-agents/core/Work"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as refusal from "../../session/refusal.ts"
import type { Ruling } from "../../session/refusal.ts"
import * as time from "../../session/timestamp.ts"
import * as environments from "../../workspace/environments.ts"
import * as work from "../../workspace/work.ts"
import type { World } from "../../world/world.ts"
import type { Call } from "./context.ts"
import * as context from "./context.ts"
import * as pages from "./pages.ts"

type View = typeof Core.Work.Encoded

/** The self-hosted environment in the path, for a caller with a credential of the given kind. */
const environment = (
  call: Call<unknown, unknown>,
  allowed: ReadonlyArray<"api key" | "environment key">
): Ruling<string> =>
  Either.gen(function*() {
    const kind = context.credentials(call.request).some(context.isEnvironmentKey) ? "environment key" : "api key"
    if (!allowed.includes(kind)) {
      return yield* refusal.forbidden(
        `This endpoint does not accept ${kind === "api key" ? "API keys" : "environment keys"}.`
      )
    }
    const { config, id } = yield* environments.find(
      call.world.workspace.environments,
      call.path["environment_id"] ?? ""
    )
    return config.type === "self_hosted"
      ? id
      : yield* refusal.invalid(`Environment ${id} is not a self-hosted environment.`)
  })

/** The item in the path. A credential that came with an item is good for that one only. */
const locate = (
  call: Call<unknown, unknown>,
  allowed: Parameters<typeof environment>[1]
): Ruling<work.Item> =>
  Either.gen(function*() {
    const id = yield* environment(call, allowed)
    const item = yield* work.find(call.world.workspace.work, id, call.path["work_id"] ?? "")
    const own = yield* context.itemOfCredential(call)
    return own === undefined || own.id === item.id
      ? item
      : yield* refusal.forbidden("The credential is that of another work item.")
  })

const change = (world: World, ruling: Ruling<work.Change>): Ruling<View> =>
  Either.map(ruling, (change) => work.view(world.keep("work", change)))

export const retrieve = (call: Call<unknown, unknown>): Ruling<View> =>
  Either.map(locate(call, ["api key"]), (item) => work.view(item))

export const update = (call: Call<unknown, typeof Core.UpdateParams.Encoded>): Ruling<View> =>
  Either.flatMap(
    locate(call, ["api key"]),
    (item) => change(call.world, work.update(call.world.workspace.work, item, call.body))
  )

export const list = (call: Call<typeof Core.ListParams.Encoded, unknown>): Ruling<Page.Page<View>> =>
  Either.gen(function*() {
    const id = yield* environment(call, ["environment key"])
    const page = yield* pages.list(call, work.of(call.world.workspace.work, id), {
      list: `work:${id}`,
      nullEdges: true
    })
    return { ...page, data: page.data.map((item) => work.view(item)) }
  })

export const poll = (
  call: Call<typeof Core.PollParams.Encoded, unknown>
): Ruling<View | null | context.Later> =>
  Either.map(environment(call, ["environment key"]), (id) => {
    const { query, request, world } = call
    const take = (): View | null => {
      // what is due in a session may be work
      world.all()
      const polled = work.poll(
        world.workspace.work,
        id,
        query,
        request.headers["anthropic-worker-id"],
        world.now()
      )
      const item = world.keep("work", polled)
      return item === undefined ? null : work.view(item, true)
    }
    const found = take()
    const block = query.block_ms ?? undefined
    if (found !== null || block === undefined) return found
    const until = world.now() + block * 1000
    const wait: Effect.Effect<View | null> = Effect.flatMap(world.workBefore(until), () => {
      const found = take()
      return found !== null || world.now() >= until ? Effect.succeed(found) : wait
    })
    return new context.Later(wait)
  })

export const ack = (call: Call<unknown, unknown>): Ruling<View> =>
  Either.flatMap(
    locate(call, ["environment key"]),
    (item) => change(call.world, work.ack(call.world.workspace.work, item, call.world.now()))
  )

export const heartbeat = (
  call: Call<typeof Core.HeartbeatParams.Encoded, unknown>
): Ruling<typeof Core.Heartbeat.Encoded> =>
  Either.gen(function*() {
    const item = yield* locate(call, ["environment key"])
    const { query, world } = call
    const beaten = yield* work.heartbeat(
      world.workspace.work,
      item,
      query,
      world.now(),
      time.micros(world.env.rules.workLease)
    )
    return world.keep("work", beaten)
  })

export const stop = (call: Call<unknown, typeof Core.StopParams.Encoded>): Ruling<View> =>
  Either.gen(function*() {
    const item = yield* locate(call, ["api key", "environment key"])
    const { body, world } = call
    const view = yield* change(world, work.stop(world.workspace.work, item, body.force === true, world.now()))
    const cell = world.find(item.sessionId)
    if (cell !== undefined) world.ensureWork(cell)
    return view
  })

export const stats = (call: Call<unknown, unknown>): Ruling<typeof Core.Stats.Encoded> =>
  Either.map(
    environment(call, ["api key", "environment key"]),
    (id) => work.stats(call.world.workspace.work, id, call.world.now())
  )
