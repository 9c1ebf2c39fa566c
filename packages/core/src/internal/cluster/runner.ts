import type * as ShardId from "@effect/cluster/ShardId"
import type * as Sharding from "@effect/cluster/Sharding"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as DurableTurn from "../../DurableTurn.ts"
import type { SessionId } from "../../Ids.ts"
import type * as SessionOwner from "../../SessionOwner.ts"
import type * as TurnStore from "../../TurnStore.ts"
import { countSweep, countSwept, noteDue } from "../telemetry/metrics.ts"
import * as span from "../telemetry/span.ts"
import { slow, startingAtOnce } from "../turn/lead.ts"
import type { Outcome } from "../turn/outcome.ts"
import { outcomeOf } from "../turn/outcome.ts"

/** The parts that a runner is made of. */
export interface Parts<Update, E> {
  /** The name of this process, as owner. */
  readonly name: string
  readonly maxLive: number
  /** The wait between two sweeps, in milliseconds. */
  readonly sweepEvery: number
  /** The wait between two looks of the cluster at what it holds, in milliseconds. */
  readonly refreshEvery: number
  readonly sharding: Sharding.Sharding["Type"]
  /** All shards that sessions are in. */
  readonly shards: ReadonlyArray<ShardId.ShardId>
  readonly shardOf: (sessionId: SessionId) => ShardId.ShardId
  readonly store: TurnStore.Service
  /** Renews locks where the cluster keeps them, and answers which of them this process has, if anybody can tell. */
  readonly confirm: (
    shards: ReadonlyArray<ShardId.ShardId>
  ) => Effect.Effect<Option.Option<ReadonlyArray<ShardId.ShardId>>>
  /** Asks the entity of a shard to keep that shard here, and does not wait for an answer. */
  readonly keep: (shardId: ShardId.ShardId) => Effect.Effect<void>
  /** Runs in the background what serves a session. */
  readonly fork: (self: Effect.Effect<void>) => Effect.Effect<void>
  /** Runs the turns of a session as its owner. */
  readonly serve: (owner: SessionOwner.Service, session: Session<Update>) => Effect.Effect<DurableTurn.Served, E>
}

/**
 * A shard that this process has, and the sessions in it. The cluster moves shards, and waits with one until its entity has no
 * request any more: so a request is made of it, by this process, that lasts while sessions are served.
 */
interface Shard<Update> {
  readonly shardId: ShardId.ShardId
  /** Comes when the sessions of the shard are to be handed over. */
  readonly handOver: Deferred.Deferred<void>
  /** Sessions that are served or looked at. */
  readonly sessions: Map<SessionId, Session<Update>>
  isLeft: boolean
  /** The request to keep it, while a session is served. */
  keeping: Keeping | undefined
}

/** A request to keep a shard. */
interface Keeping {
  /** Comes when the cluster has the request: from then on it waits before it moves the shard. */
  readonly begun: Deferred.Deferred<void>
  /** Comes when no session of the shard is served any more. */
  readonly over: Deferred.Deferred<void>
  isBegun: boolean
  /** The number of sessions that are served. */
  count: number
}

/** A session that is served, or that somebody looks at. */
export interface Session<Update> {
  readonly sessionId: SessionId
  readonly shard: Shard<Update>
  /** Those who look on. Each loses the oldest updates when it is too slow. */
  readonly listeners: Set<Queue.Queue<Update>>
  isWoken: boolean
  isServed: boolean
  /** The turn is known as far as it has gone: another session may be taken up. */
  started: Effect.Effect<void>
}

/** Comes when a session is to be handed over. */
export const handOverOf = <Update>({ shard }: Session<Update>): Effect.Effect<void> => Deferred.await(shard.handOver)

/** Service of a process for the sessions that the cluster gives it. */
export interface Runner<Update> {
  /** Lets a session be served: at once, or once there is room. */
  readonly wake: (sessionId: SessionId) => Effect.Effect<void>
  /** Keeps a shard here as long as sessions of it are served. */
  readonly keep: (shardId: ShardId.ShardId) => Effect.Effect<void>
  /** Tells that the session is this process's, as far as it knows. */
  readonly isHeld: (sessionId: SessionId) => Effect.Effect<boolean>
  /** Shows what is seen of a session, until it is handed over. */
  readonly updates: (sessionId: SessionId) => Stream.Stream<Update>
  /** Watches the cluster, which gives and takes, and sweeps. */
  readonly run: Effect.Effect<never>
  /** Hands all sessions over. */
  readonly close: Effect.Effect<void>
}

/** The wait between two looks at what the cluster has given and taken, in milliseconds. */
const watchEvery = 500

/** The time after which what failed in passing is tried again, in milliseconds. */
const againAfter = 2000

/** The number of updates that are kept for one who looks on. */
const capacity = 1024

/** The number of sessions to read at once. */
const page = 1000

/** State of a runner. */
interface State<Update, E> {
  readonly parts: Parts<Update, E>
  readonly now: () => number
  /** Shards with sessions that are served or looked at, by their names. */
  readonly shards: Map<string, Shard<Update>>
  /** Sessions that are served. */
  readonly live: Set<SessionId>
  /** Sessions that are left to whoever has fenced this process out, and until when. */
  readonly silent: Map<SessionId, number>
  /** Signals that there may be something to serve. */
  readonly toSweep: Queue.Queue<void>
  /** Sessions that are taken up at the same time. */
  readonly starting: Effect.Semaphore
  /** The shards of this process, as last seen. */
  held: ReadonlySet<ShardId.ShardId>
  watchedAt: number
  /** The time until which this process does not know by itself what others have taken while it was frozen. */
  sureFrom: number
  /** The shards that it knows to have kept all the same. */
  kept: ReadonlySet<ShardId.ShardId>
  /** The time at which to sweep, whatever happens until then. */
  sweepAt: number
  /** There was no room for a session. */
  isBehind: boolean
  isClosing: boolean
  /** The last session of a sweep that found no room for more. */
  sweptTo: SessionId | undefined
}

/** Makes a runner. */
export const make = <Update, E>(parts: Parts<Update, E>): Effect.Effect<Runner<Update>> =>
  Effect.gen(function*() {
    const clock = yield* Effect.clock
    const now = () => clock.unsafeCurrentTimeMillis()
    const state: State<Update, E> = {
      parts,
      now,
      shards: new Map(),
      live: new Set(),
      silent: new Map(),
      toSweep: yield* Queue.sliding<void>(1),
      starting: yield* Effect.makeSemaphore(startingAtOnce),
      held: new Set(),
      watchedAt: now(),
      sureFrom: 0,
      kept: new Set(),
      sweepAt: Infinity,
      isBehind: false,
      isClosing: false,
      sweptTo: undefined
    }
    return {
      wake: (sessionId) =>
        Effect.suspend(() => {
          const session = served(state, sessionId)
          if (session === undefined) return begin(state, sessionId)
          session.isWoken = true
          return Effect.void
        }),
      keep: (shardId) => keep(state, shardId),
      isHeld: (sessionId) => isHeld(state, parts.shardOf(sessionId)),
      updates: (sessionId) => updates(state, sessionId),
      run: Effect.zipRight(
        Effect.zip(
          Effect.forever(Effect.zipRight(watch(state), Effect.sleep(watchEvery))),
          // not more often than each second, however many sessions wait for room
          Effect.forever(
            pause(state).pipe(Effect.zipRight(sweep(state)), Effect.zipRight(Effect.sleep("1 second")))
          ),
          { concurrent: true }
        ),
        Effect.never
      ),
      close: Effect.sync(() => {
        state.isClosing = true
        for (const shard of state.shards.values()) letGo(state, shard)
      })
    }
  })

// ---------------------------------------------------------------------------------------------------------------------
// What is here
// ---------------------------------------------------------------------------------------------------------------------

/** False after a process was frozen, until it has looked at what the cluster has given and taken. */
const isAwake = <Update, E>({ now, parts, watchedAt }: State<Update, E>): boolean =>
  now() - watchedAt <= parts.refreshEvery

/** Tells whether a shard is this process's: `undefined` after it was frozen, until it has found that out. */
const holds = <Update, E>(state: State<Update, E>, shardId: ShardId.ShardId): boolean | undefined => {
  const { kept, now, parts, sureFrom } = state
  if (!parts.sharding.hasShardId(shardId)) return false
  return isAwake(state) && (now() >= sureFrom || kept.has(shardId)) ? true : undefined
}

/** Tells whether a shard is this process's, once that is known. */
const isHeld = <Update, E>(state: State<Update, E>, shardId: ShardId.ShardId): Effect.Effect<boolean> =>
  Effect.suspend(() => {
    const held = holds(state, shardId)
    return held === undefined
      ? Effect.zipRight(Effect.sleep("100 millis"), isHeld(state, shardId))
      : Effect.succeed(held)
  })

const mayBegin = <Update, E>(state: State<Update, E>, sessionId: SessionId): boolean =>
  !state.isClosing && !state.live.has(sessionId) && holds(state, state.parts.shardOf(sessionId)) === true &&
  state.now() >= (state.silent.get(sessionId) ?? 0)

/** The session, if it is served by this process. */
const served = <Update, E>(state: State<Update, E>, sessionId: SessionId): Session<Update> | undefined => {
  const session = state.shards.get(String(state.parts.shardOf(sessionId)))?.sessions.get(sessionId)
  return session?.isServed === true ? session : undefined
}

/** The session, with the shard that it is in. */
const attach = <Update, E>({ parts, shards }: State<Update, E>, sessionId: SessionId): Session<Update> => {
  const shardId = parts.shardOf(sessionId)
  const key = String(shardId)
  let shard = shards.get(key)
  if (shard === undefined) {
    shard = {
      shardId,
      handOver: Deferred.unsafeMake(FiberId.none),
      sessions: new Map(),
      isLeft: false,
      keeping: undefined
    }
    shards.set(key, shard)
  }
  let session = shard.sessions.get(sessionId)
  if (session === undefined) {
    session = { sessionId, shard, listeners: new Set(), isWoken: false, isServed: false, started: Effect.void }
    shard.sessions.set(sessionId, session)
  }
  return session
}

/** Forgets a session that is neither served nor looked at. */
const detach = <Update, E>(
  { shards }: State<Update, E>,
  { isServed, listeners, sessionId, shard }: Session<Update>
) => {
  if (isServed || listeners.size > 0) return
  shard.sessions.delete(sessionId)
  const key = String(shard.shardId)
  if (shard.sessions.size === 0 && shards.get(key) === shard) shards.delete(key)
}

/** Hands the sessions of a shard over. One that is given again is another. */
const letGo = <Update, E>({ shards }: State<Update, E>, shard: Shard<Update>): void => {
  shard.isLeft = true
  Deferred.unsafeDone(shard.handOver, Effect.void)
  const key = String(shard.shardId)
  if (shards.get(key) === shard) shards.delete(key)
}

/** Keeps a shard here as long as sessions of it are served. Who cuts that off has taken the shard away. */
const keep = <Update, E>(state: State<Update, E>, shardId: ShardId.ShardId): Effect.Effect<void> =>
  Effect.suspend(() => {
    const shard = state.shards.get(String(shardId))
    const keeping = shard?.keeping
    if (shard === undefined || keeping === undefined || keeping.isBegun) return Effect.void
    keeping.isBegun = true
    Deferred.unsafeDone(keeping.begun, Effect.void)
    return Effect.onInterrupt(Deferred.await(keeping.over), () => Effect.sync(() => letGo(state, shard)))
  })

/** Lets go of what is not this process's any more, and sweeps where there is more than before. */
const watch = <Update, E>(state: State<Update, E>): Effect.Effect<void> =>
  Effect.suspend(() => {
    const { now, parts: { refreshEvery, sharding, shards }, silent, toSweep } = state
    const at = now()
    const wasSure = state.sureFrom <= state.watchedAt
    const wasFrozen = at - state.watchedAt > refreshEvery
    if (wasFrozen) {
      state.sureFrom = at + refreshEvery + watchEvery
      state.kept = new Set()
    }
    state.watchedAt = at
    for (const shard of state.shards.values()) {
      if (!sharding.hasShardId(shard.shardId)) letGo(state, shard)
    }
    for (const [sessionId, until] of silent) if (until <= at) silent.delete(sessionId)
    const before = state.held
    state.held = new Set(shards.filter(sharding.hasShardId))
    const isMore = Array.from(state.held).some((shard) => !before.has(shard))
    const isTime = (!wasSure && state.sureFrom <= at) || state.sweepAt <= at
    if (isTime) state.sweepAt = Infinity
    return Effect.zipRight(
      wasFrozen ? Effect.asVoid(Effect.fork(confirm(state))) : Effect.void,
      isMore || isTime ? toSweep.offer(undefined) : Effect.void
    )
  })

/** Finds out what a process that was frozen has kept, sooner than it could be sure of it by itself. */
const confirm = <Update, E>(state: State<Update, E>): Effect.Effect<void> =>
  Effect.suspend(() => {
    const { held, now, parts, toSweep } = state
    const asked = now()
    return Effect.flatMap(parts.confirm(Array.from(held)), (found) => {
      // it may have been frozen again since
      if (found._tag === "None" || now() - asked > parts.refreshEvery) return Effect.void
      const names = new Set(found.value.map(String))
      state.kept = new Set(Array.from(held).filter((shard) => names.has(String(shard))))
      return toSweep.offer(undefined)
    })
  })

// ---------------------------------------------------------------------------------------------------------------------
// Sweeps
// ---------------------------------------------------------------------------------------------------------------------

const pause = <Update, E>({ parts, toSweep }: State<Update, E>): Effect.Effect<void> =>
  Effect.flatMap(
    Random.nextRange(0.8, 1.2),
    (factor) => Effect.raceFirst(toSweep.take, Effect.sleep(Duration.millis(factor * parts.sweepEvery)))
  )

/** Lets sessions with turns to run be served, as far as there is room. */
const sweep = <Update, E>(state: State<Update, E>): Effect.Effect<void> =>
  Effect.gen(function*() {
    if (state.isClosing || !isAwake(state)) return
    state.isBehind = false
    yield* countSweep
    const start = state.sweptTo
    let after = start
    let count = 0
    for (;;) {
      const found = yield* state.parts.store.due({ limit: page, ...(after !== undefined && { after }) })
      count += found.length
      if (!(yield* take(state, found))) return
      after = found.at(-1)
      if (found.length < page) break
    }
    state.sweptTo = undefined
    if (start === undefined) yield* noteDue(count)
    else yield* state.toSweep.offer(undefined)
  }).pipe(
    Effect.catchAll((error) => {
      sweepAfter(state, againAfter)
      return Effect.logWarning("Sessions with turns to run could not be looked for", error)
    }),
    span.within("AgentCluster.sweep", { root: true })
  )

/** Sweeps after some milliseconds at the latest. */
const sweepAfter = <Update, E>(state: State<Update, E>, millis: number): void => {
  state.sweepAt = Math.min(state.sweepAt, state.now() + millis)
}

/** Lets sessions be served, and tells that there was room for all. */
const take = <Update, E>(state: State<Update, E>, found: ReadonlyArray<SessionId>): Effect.Effect<boolean> =>
  Effect.gen(function*() {
    const { maxLive, shardOf } = state.parts
    for (const sessionId of found) {
      if (state.live.has(sessionId) || holds(state, shardOf(sessionId)) !== true) continue
      if (state.live.size >= maxLive) {
        state.isBehind = true
        return false
      }
      state.sweptTo = sessionId
      yield* begin(state, sessionId)
      yield* countSwept
    }
    return true
  })

// ---------------------------------------------------------------------------------------------------------------------
// Service
// ---------------------------------------------------------------------------------------------------------------------

/** Serves a session in the background, if it may be. */
const begin = <Update, E>(state: State<Update, E>, sessionId: SessionId): Effect.Effect<void> =>
  Effect.suspend(() => {
    const { live, parts, toSweep } = state
    if (!mayBegin(state, sessionId)) return Effect.void
    if (live.size >= parts.maxLive) {
      state.isBehind = true
      return Effect.void
    }
    const session = attach(state, sessionId)
    const { shard } = session
    session.isServed = true
    live.add(sessionId)
    const keeping = shard.keeping ??= {
      begun: Deferred.unsafeMake(FiberId.none),
      over: Deferred.unsafeMake(FiberId.none),
      isBegun: false,
      count: 0
    }
    const isFirst = keeping.count++ === 0
    const serving = Effect.ensuring(
      Effect.zipRight(kept(shard, keeping), turns(state, session)),
      Effect.suspend(() => {
        live.delete(sessionId)
        session.isServed = false
        detach(state, session)
        if (--keeping.count === 0) {
          shard.keeping = undefined
          Deferred.unsafeDone(keeping.over, Effect.void)
        }
        // the shard may have come back meanwhile
        return state.isBehind || session.isWoken || shard.isLeft ? toSweep.offer(undefined) : Effect.void
      })
    )
    return Effect.zipRight(isFirst ? parts.fork(ask(parts, shard, keeping)) : Effect.void, parts.fork(serving))
  })

/** Asks that a shard be kept here until it is. */
const ask = <Update, E>(parts: Parts<Update, E>, shard: Shard<Update>, keeping: Keeping): Effect.Effect<void> =>
  Effect.suspend(() =>
    keeping.isBegun || shard.isLeft || keeping.count === 0
      ? Effect.void
      : parts.keep(shard.shardId).pipe(
        Effect.zipRight(Effect.sleep("1 second")),
        Effect.zipRight(ask(parts, shard, keeping))
      )
  )

/** Waits until a shard is kept here, or is not this process's any more. */
const kept = <Update>({ handOver, isLeft }: Shard<Update>, { begun, isBegun }: Keeping): Effect.Effect<void> =>
  isBegun || isLeft ? Effect.void : Effect.raceFirst(Deferred.await(begun), Deferred.await(handOver))

/** Serves a session, and again if it was woken meanwhile. */
const turns = <Update, E>(state: State<Update, E>, session: Session<Update>): Effect.Effect<void> =>
  Effect.suspend(() => {
    session.isWoken = false
    return Effect.flatMap(once(state, session), (outcome) => {
      if (outcome === "lost") {
        // by then whoever took it over by mistake knows that
        const silence = state.parts.refreshEvery + watchEvery
        state.silent.set(session.sessionId, state.now() + silence)
        sweepAfter(state, silence)
      }
      return session.isWoken && mayGoOn(outcome) ? turns(state, session) : Effect.void
    })
  })

const updates = <Update, E>(state: State<Update, E>, sessionId: SessionId): Stream.Stream<Update> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const session = attach(state, sessionId)
    const queue = yield* Effect.acquireRelease(
      Effect.tap(Queue.sliding<Update>(capacity), (queue) => Effect.sync(() => session.listeners.add(queue))),
      (queue) =>
        Effect.sync(() => {
          session.listeners.delete(queue)
          detach(state, session)
        })
    )
    return Stream.interruptWhenDeferred(Stream.fromQueue(queue), session.shard.handOver)
  }))

/** Tells that the session is still here after its turns were served. */
const mayGoOn = (outcome: Outcome): boolean => outcome === "done" || outcome === "waiting"

/** Takes a session over, serves it until nothing is due, and gives it back. */
const once = <Update, E>(state: State<Update, E>, session: Session<Update>): Effect.Effect<Outcome> => {
  const { serve, store } = state.parts
  const held = isHeld(state, session.shard.shardId)
  return takingUp(state, session).pipe(
    Effect.zipRight(own(state, session)),
    Effect.tap(({ fence }) => Effect.annotateCurrentSpan("session.fence", fence)),
    Effect.flatMap((owned) =>
      Effect.zipLeft(
        serve({ ...owned, isHeld: held }, session),
        Effect.ignoreLogged(store.release([owned]))
      )
    ),
    Effect.scoped,
    outcomeOf,
    span.within("AgentCluster.session", { root: true, attributes: { "session.id": session.sessionId } })
  )
}

/** Takes a session over, unless it is not this process's any more. A store that is down is asked again. */
const own = <Update, E>(state: State<Update, E>, session: Session<Update>) => {
  const { name, store } = state.parts
  return Effect.flatMap(isHeld(state, session.shard.shardId), (held) =>
    // nobody has to be fenced out by who only thinks that the session is his
    held && !state.isClosing ? store.own(session.sessionId, name) : Effect.interrupt).pipe(
      Effect.retry({ while: ({ isRetryable }) => isRetryable, schedule: Schedule.spaced("1 second") })
    )
}

/** Waits until a session may be taken up, and lets the next one be once that is done. */
const takingUp = <Update, E>(
  { starting }: State<Update, E>,
  session: Session<Update>
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function*() {
    let isStarted = false
    const started = Effect.suspend(() => {
      if (isStarted) return Effect.void
      isStarted = true
      return Effect.asVoid(starting.release(1))
    })
    yield* Effect.acquireRelease(Effect.interruptible(starting.take(1)), () => started)
    session.started = started
    yield* Effect.forkScoped(Effect.delay(started, slow))
  })
