import type * as ShardId from "@effect/cluster/ShardId"
import type * as Sharding from "@effect/cluster/Sharding"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as DurableTurn from "../../DurableTurn.ts"
import type { SessionId } from "../../Ids.ts"
import type * as SessionOwner from "../../SessionOwner.ts"
import type * as TurnStore from "../../TurnStore.ts"
import { countSweep, countSwept, noteDue } from "../telemetry/metrics.ts"
import * as span from "../telemetry/span.ts"
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
  /** Asks the entity of a session to serve it, if it is here. */
  readonly begin: (sessionId: SessionId) => Effect.Effect<void>
  /** Runs the turns of a session as its owner. */
  readonly serve: (owner: SessionOwner.Service, session: Session<Update>) => Effect.Effect<DurableTurn.Served, E>
}

/** A session whose entity is here. */
export interface Session<Update> {
  readonly sessionId: SessionId
  readonly shardId: ShardId.ShardId
  /** Comes when the session is to be handed over. */
  readonly handOver: Deferred.Deferred<void>
  /** Those who look on. Each loses the oldest updates when it is too slow. */
  readonly listeners: Set<Queue.Queue<Update>>
  isWoken: boolean
  /** The time until which it is left to whoever has fenced this process out. */
  silentUntil: number
}

/** Service of a process for the sessions that the cluster gives it. */
export interface Runner<Update> {
  /** Notes that the entity of a session is here, until the scope closes. */
  readonly attach: (sessionId: SessionId) => Effect.Effect<Session<Update>, never, Scope.Scope>
  /** Lets a session be served: at once, or once there is room. */
  readonly wake: (session: Session<Update>) => Effect.Effect<void>
  /** Serves a session until nothing is left to do. */
  readonly serve: (session: Session<Update>) => Effect.Effect<void>
  /** Tells that the session is this process's, as far as it knows. */
  readonly isHeld: (session: Session<Update>) => Effect.Effect<boolean>
  /** Shows what is seen of a session, until it is handed over. */
  readonly updates: (session: Session<Update>) => Stream.Stream<Update>
  /** Watches the cluster, which gives and takes, and sweeps. */
  readonly run: Effect.Effect<never>
  /** Hands all sessions over. */
  readonly close: Effect.Effect<void>
}

/** The wait between two looks at what the cluster has given and taken, in milliseconds. */
const watchEvery = 1000

/** The number of updates that are kept for one who looks on. */
const capacity = 1024

/** The number of sessions to read at once. */
const page = 1000

/** State of a runner. */
interface State<Update, E> {
  readonly parts: Parts<Update, E>
  readonly now: () => number
  /** The sessions whose entities are here. */
  readonly sessions: Set<Session<Update>>
  /** Those that are served. */
  readonly live: Set<SessionId>
  /** Signals that there may be something to serve. */
  readonly toSweep: Queue.Queue<void>
  /** The shards of this process, as last seen. */
  held: ReadonlySet<ShardId.ShardId>
  watchedAt: number
  /** The time until which this process does not know what others have taken while it was frozen. */
  sureFrom: number
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
      sessions: new Set(),
      live: new Set(),
      toSweep: yield* Queue.sliding<void>(1),
      held: new Set(),
      watchedAt: now(),
      sureFrom: 0,
      isBehind: false,
      isClosing: false,
      sweptTo: undefined
    }
    return {
      attach: (sessionId) => attach(state, sessionId),
      wake: (session) =>
        Effect.suspend(() => {
          session.isWoken = true
          return mayBegin(state, session) ? parts.begin(session.sessionId) : Effect.void
        }),
      serve: (session) => serve(state, session),
      isHeld: (session) => Effect.sync(() => isHeld(state, session)),
      updates,
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
        for (const { handOver } of state.sessions) Deferred.unsafeDone(handOver, Effect.void)
      })
    }
  })

// ---------------------------------------------------------------------------------------------------------------------
// What is here
// ---------------------------------------------------------------------------------------------------------------------

/** False after a process was frozen, until the cluster has had time to find out what others have taken meanwhile. */
const isSure = <Update, E>({ now, parts, sureFrom, watchedAt }: State<Update, E>): boolean =>
  now() - watchedAt <= parts.refreshEvery && now() >= sureFrom

const isHeld = <Update, E>(state: State<Update, E>, { shardId }: Session<Update>): boolean =>
  isSure(state) && state.parts.sharding.hasShardId(shardId)

const mayBegin = <Update, E>(state: State<Update, E>, session: Session<Update>): boolean =>
  !state.isClosing && isHeld(state, session) && state.now() >= session.silentUntil &&
  !state.live.has(session.sessionId)

const attach = <Update, E>({ parts, sessions }: State<Update, E>, sessionId: SessionId) =>
  Effect.acquireRelease(
    Effect.map(Deferred.make<void>(), (handOver) => {
      const session: Session<Update> = {
        sessionId,
        shardId: parts.shardOf(sessionId),
        handOver,
        listeners: new Set(),
        isWoken: false,
        silentUntil: 0
      }
      sessions.add(session)
      return session
    }),
    (session) => Effect.sync(() => sessions.delete(session))
  )

/** Lets go of what is not this process's any more, and sweeps where there is more than before. */
const watch = <Update, E>(state: State<Update, E>): Effect.Effect<void> =>
  Effect.suspend(() => {
    const { now, parts: { refreshEvery, sharding, shards }, sessions, toSweep } = state
    const at = now()
    const wasSure = state.sureFrom <= state.watchedAt
    if (at - state.watchedAt > refreshEvery) state.sureFrom = at + refreshEvery + watchEvery
    state.watchedAt = at
    for (const { handOver, shardId } of sessions) {
      if (!sharding.hasShardId(shardId)) Deferred.unsafeDone(handOver, Effect.void)
    }
    const before = state.held
    state.held = new Set(shards.filter(sharding.hasShardId))
    const isMore = Array.from(state.held).some((shard) => !before.has(shard))
    return isMore || (!wasSure && state.sureFrom <= at) ? toSweep.offer(undefined) : Effect.void
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
    if (state.isClosing || !isSure(state)) return
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
    Effect.catchAll((error) => Effect.logWarning("Sessions with turns to run could not be looked for", error)),
    span.within("AgentCluster.sweep", { root: true })
  )

/** Lets sessions be served, and tells that there was room for all. */
const take = <Update, E>(state: State<Update, E>, found: ReadonlyArray<SessionId>): Effect.Effect<boolean> =>
  Effect.gen(function*() {
    const { begin, maxLive, shardOf, sharding } = state.parts
    for (const sessionId of found) {
      if (state.live.has(sessionId) || !sharding.hasShardId(shardOf(sessionId))) continue
      if (state.live.size >= maxLive) {
        state.isBehind = true
        return false
      }
      state.sweptTo = sessionId
      yield* begin(sessionId)
      yield* countSwept
    }
    return true
  })

// ---------------------------------------------------------------------------------------------------------------------
// Service
// ---------------------------------------------------------------------------------------------------------------------

const serve = <Update, E>(state: State<Update, E>, session: Session<Update>): Effect.Effect<void> =>
  Effect.suspend(() => {
    const { live, parts, toSweep } = state
    if (!mayBegin(state, session)) return Effect.void
    if (live.size >= parts.maxLive) {
      state.isBehind = true
      return Effect.void
    }
    live.add(session.sessionId)
    return Effect.ensuring(
      turns(state, session),
      Effect.suspend(() => {
        live.delete(session.sessionId)
        return state.isBehind || session.isWoken ? toSweep.offer(undefined) : Effect.void
      })
    )
  })

/** Serves a session, and again if it was woken meanwhile. */
const turns = <Update, E>(state: State<Update, E>, session: Session<Update>): Effect.Effect<void> =>
  Effect.suspend(() => {
    session.isWoken = false
    return Effect.flatMap(once(state, session), (outcome) => {
      if (outcome === "lost") session.silentUntil = state.now() + state.parts.sweepEvery
      return session.isWoken && mayGoOn(outcome) ? turns(state, session) : Effect.void
    })
  })

const updates = <Update>({ handOver, listeners }: Session<Update>): Stream.Stream<Update> =>
  Stream.unwrapScoped(Effect.map(
    Effect.acquireRelease(
      Effect.tap(Queue.sliding<Update>(capacity), (queue) => listeners.add(queue)),
      (queue) => Effect.sync(() => listeners.delete(queue))
    ),
    (queue) => Stream.interruptWhenDeferred(Stream.fromQueue(queue), handOver)
  ))

/** Tells that the session is still here after its turns were served. */
const mayGoOn = (outcome: Outcome): boolean => outcome === "done" || outcome === "waiting"

/** Takes a session over, serves it until nothing is due, and gives it back. */
const once = <Update, E>(state: State<Update, E>, session: Session<Update>): Effect.Effect<Outcome> => {
  const { name, serve, store } = state.parts
  return store.own(session.sessionId, name).pipe(
    Effect.tap(({ fence }) => Effect.annotateCurrentSpan("session.fence", fence)),
    Effect.flatMap((owned) =>
      Effect.zipLeft(
        serve({ ...owned, isHeld: Effect.sync(() => isHeld(state, session)) }, session),
        Effect.ignoreLogged(store.release([owned]))
      )
    ),
    outcomeOf,
    span.within("AgentCluster.session", { root: true, attributes: { "session.id": session.sessionId } })
  )
}
