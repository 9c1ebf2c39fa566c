import type * as Core from "@effect-managed-agents/core/Work"
import { noHeartbeat } from "@effect-managed-agents/core/Work"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as ids from "../session/ids.ts"
import * as metadata from "../session/metadata.ts"
import type { Ruling } from "../session/refusal.ts"
import * as refusal from "../session/refusal.ts"
import type { Session } from "../session/state.ts"
import type { Micros } from "../session/timestamp.ts"
import * as time from "../session/timestamp.ts"

/** A work item. */
export interface Item {
  readonly id: string
  readonly seq: number
  readonly environmentId: string
  readonly sessionId: string
  /** The credential for the calls on it and on its session. */
  readonly token: string
  readonly state: "queued" | "starting" | "active" | "stopping" | "stopped"
  readonly metadata: Readonly<Record<string, string>>
  readonly createdAt: Micros
  /** When it was last given to a worker. */
  readonly polledAt: Micros | null
  readonly acknowledgedAt: Micros | null
  readonly startedAt: Micros | null
  readonly heartbeatAt: Micros | null
  /** For how long the last heartbeat holds the lease. */
  readonly ttl: Micros
  readonly stopRequestedAt: Micros | null
  readonly stoppedAt: Micros | null
}

/** The queues of all environments. */
export interface Work {
  /** By id, the oldest first. */
  readonly items: ReadonlyMap<string, Item>
  /** When each worker has last polled, by environment and its name. */
  readonly workers: ReadonlyMap<string, Micros>
}

/** No work. */
export const empty: Work = { items: new Map(), workers: new Map() }

/** Result of a change: all work, and the item that was changed. */
export type Change = readonly [work: Work, item: Item]

/** The longest time for which a lease is valid. */
const maxTtl = 600_000_000
/** The age at which an item that was given and not acknowledged is given again. */
const usualReclaim = 5_000_000
/** The time for which a worker counts as polling. */
const pollingTime = 30_000_000

const set = (self: Work, item: Item): Change => [{ ...self, items: new Map(self.items).set(item.id, item) }, item]

/** Tells a session for which something is to be run, or may be. */
const needsWorker = ({ status, threads }: Session): boolean =>
  status !== "terminated" &&
  (status === "running" || threads.some(({ play }) =>
    play?.blocked?._tag === "Calls" && play.blocked.calls.some((call) =>
      call.kind === "tool" && call.remote && !call.settled && call.needs !== "nothing"
    )
  ))

/**
 * Queues an item for a session that has begun a turn, however short, or needs a worker otherwise, and has no item. If it
 * has, there is nothing to change.
 */
export const ensure = (self: Work, session: Session, hasBegun: boolean, now: Micros): Work => {
  if (!hasBegun && !needsWorker(session)) return self
  let count = 0
  for (const item of self.items.values()) {
    if (item.sessionId !== session.id) continue
    if (item.state !== "stopped") return self
    count++
  }
  const key = ids.nth(ids.child(session.key, "work"), count)
  const [next] = set(self, {
    id: ids.format("work", key),
    seq: self.items.size,
    environmentId: session.environment.id,
    sessionId: session.id,
    token: ids.format("sk-ant-req", ids.child(key, "token")).replace("_", "-"),
    state: "queued",
    metadata: {},
    createdAt: now,
    polledAt: null,
    acknowledgedAt: null,
    startedAt: null,
    heartbeatAt: null,
    ttl: 0,
    stopRequestedAt: null,
    stoppedAt: null
  })
  return next
}

/** The item that a token came with. */
export const ofToken = (self: Work, token: string): Item | undefined => {
  for (const item of self.items.values()) if (item.token === token) return item
  return undefined
}

/** An item as the API shows it. Only a poll gives its secret. */
export const view = (item: Item, isPolled = false): typeof Core.Work.Encoded => {
  const at = (micros: Micros | null) => micros === null ? null : time.format(micros)
  return {
    type: "work",
    id: item.id,
    environment_id: item.environmentId,
    data: { type: "session", id: item.sessionId },
    state: item.state,
    secret: isPolled ? Encoding.encodeBase64Url(JSON.stringify({ sessions_token: item.token })) : null,
    metadata: item.metadata,
    created_at: time.format(item.createdAt),
    acknowledged_at: at(item.acknowledgedAt),
    started_at: at(item.startedAt),
    latest_heartbeat_at: at(item.heartbeatAt),
    stop_requested_at: at(item.stopRequestedAt),
    stopped_at: at(item.stoppedAt)
  }
}

/** The items of an environment, the oldest first. */
export const of = (self: Work, environmentId: string): ReadonlyArray<Item> =>
  [...self.items.values()].filter((item) => item.environmentId === environmentId)

/** An item of an environment. */
export const find = (self: Work, environmentId: string, id: string): Ruling<Item> => {
  const item = self.items.get(id)
  return item === undefined || item.environmentId !== environmentId
    ? refusal.notFound(`Work ${id} not found.`)
    : Either.right(item)
}

const hasLapsed = ({ heartbeatAt, ttl }: Item, now: Micros): boolean => heartbeatAt !== null && heartbeatAt + ttl <= now

/** True if an item may be given to a worker: nobody has it, or whoever had it is silent for too long. */
const isAvailable = (item: Item, now: Micros, reclaim: Micros): boolean => {
  const isOld = (at: Micros | null) => at === null || at + reclaim <= now
  switch (item.state) {
    case "queued":
      return isOld(item.polledAt)
    case "starting":
      return isOld(item.acknowledgedAt)
    case "active":
      return hasLapsed(item, now) && isOld(item.heartbeatAt)
    default:
      return false
  }
}

/** Gives the oldest item that is available, and ends those whose workers were to stop and are silent. */
export const poll = (
  self: Work,
  environmentId: string,
  params: typeof Core.PollParams.Encoded,
  worker: string | undefined,
  now: Micros
): readonly [work: Work, item: Item | undefined] => {
  const workers = worker === undefined
    ? self.workers
    : new Map(self.workers).set(`${environmentId} ${worker}`, now)
  let next: Work = { ...self, workers }
  for (const item of of(self, environmentId)) {
    if (item.state === "stopping" && hasLapsed(item, now)) {
      next = set(next, { ...item, state: "stopped", stoppedAt: now })[0]
    }
  }
  const reclaim = params.reclaim_older_than_ms ?? undefined
  const found = of(next, environmentId).find((item) =>
    isAvailable(item, now, reclaim === undefined ? usualReclaim : reclaim * 1000)
  )
  return found === undefined ? [next, undefined] : set(next, {
    ...found,
    state: "queued",
    polledAt: now,
    acknowledgedAt: null,
    startedAt: null,
    heartbeatAt: null
  })
}

/** Acknowledges an item. Doing it again changes nothing. */
export const ack = (self: Work, item: Item, now: Micros): Ruling<Change> => {
  if (item.state === "stopped") return refusal.conflict(`Work ${item.id} is stopped.`)
  return Either.right(
    item.state === "queued" ? set(self, { ...item, state: "starting", acknowledgedAt: now }) : [self, item]
  )
}

type Beat = typeof Core.Heartbeat.Encoded

const lease = (item: Item, extended: boolean): Beat => ({
  type: "work_heartbeat",
  last_heartbeat: item.heartbeatAt === null ? "" : time.format(item.heartbeatAt),
  lease_extended: extended,
  state: item.state,
  ttl_seconds: item.ttl / 1_000_000
})

/** Takes a heartbeat, which holds the lease if it is the next one to the last. */
export const heartbeat = (
  self: Work,
  item: Item,
  params: typeof Core.HeartbeatParams.Encoded,
  now: Micros,
  usualTtl: Micros
): Ruling<readonly [work: Work, beat: Beat]> => {
  if (item.state === "stopping" || item.state === "stopped") return Either.right([self, lease(item, false)])
  const { desired_ttl_seconds, expected_last_heartbeat: expected } = params
  const stored = item.heartbeatAt === null ? noHeartbeat : time.format(item.heartbeatAt)
  if (expected !== undefined && expected !== null && expected !== stored) {
    return refusal.precondition("expected_last_heartbeat does not match", "heartbeat_precondition_failed", {
      ...lease(item, false),
      last_heartbeat: item.heartbeatAt === null ? null : time.format(item.heartbeatAt)
    })
  }
  if (item.state === "queued") return refusal.conflict(`Work ${item.id} is not acknowledged.`)
  const asked = desired_ttl_seconds ?? undefined
  const [next, beaten] = set(self, {
    ...item,
    state: "active",
    startedAt: item.startedAt ?? now,
    // each is another than the one before
    heartbeatAt: item.heartbeatAt === null ? now : Math.max(now, item.heartbeatAt + 1),
    ttl: asked === undefined ? usualTtl : Math.min(asked * 1_000_000, maxTtl)
  })
  return Either.right([next, lease(beaten, true)])
}

/** Stops an item: by itself, if a worker can learn of it with its next heartbeat, or at once. */
export const stop = (self: Work, item: Item, force: boolean, now: Micros): Ruling<Change> => {
  if (item.state === "stopped") return refusal.conflict(`Work ${item.id} is stopped already.`)
  const requested: Item = { ...item, stopRequestedAt: item.stopRequestedAt ?? now }
  if (!force && item.state === "stopping") return Either.right([self, item])
  return Either.right(set(
    self,
    !force && item.state === "active"
      ? { ...requested, state: "stopping" }
      : { ...requested, state: "stopped", stoppedAt: now }
  ))
}

/** Changes the metadata of an item. */
export const update = (self: Work, item: Item, params: typeof Core.UpdateParams.Encoded): Ruling<Change> =>
  Either.map(metadata.patch(item.metadata, params.metadata), (metadata) => set(self, { ...item, metadata }))

/** The state of a queue. */
export const stats = (self: Work, environmentId: string, now: Micros): typeof Core.Stats.Encoded => {
  const queued = of(self, environmentId).filter(({ state }) => state === "queued")
  const depth = queued.filter(({ polledAt }) => polledAt === null).length
  const oldest = queued[0]
  const polling = [...self.workers].filter(([name, at]) =>
    name.startsWith(`${environmentId} `) && now - at <= pollingTime
  )
  return {
    type: "work_queue_stats",
    depth,
    pending: queued.length - depth,
    oldest_queued_at: oldest === undefined ? null : time.format(oldest.createdAt),
    workers_polling: polling.length
  }
}
