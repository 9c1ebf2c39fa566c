import type * as ShardId from "@effect/cluster/ShardId"
import type * as Sharding from "@effect/cluster/Sharding"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as DurableTurn from "../../DurableTurn.ts"
import type { SessionId } from "../../Ids.ts"
import type * as SessionOwner from "../../SessionOwner.ts"
import type * as TurnStore from "../../TurnStore.ts"
import { countLeft, countSweep, countSwept, noteDue, whileOwned } from "../telemetry/metrics.ts"
import * as span from "../telemetry/span.ts"

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

/** What a process does for the sessions that the cluster gives it. */
export interface Runner<Update> {
  /** Notes that the entity of a session is here, until the scope closes. */
  readonly attach: (sessionId: SessionId) => Effect.Effect<Session<Update>, never, Scope.Scope>
  /** Lets a session be served: at once, or once there is room. */
  readonly wake: (session: Session<Update>) => Effect.Effect<void>
  /** Serves a session until nothing is left to do. */
  readonly serve: (session: Session<Update>) => Effect.Effect<void>
  /** Tells that the session is this process's, as far as it knows. */
  readonly isHeld: (session: Session<Update>) => Effect.Effect<boolean>
  /** What is seen of a session, until it is handed over. */
  readonly updates: (session: Session<Update>) => Stream.Stream<Update>
  /** Watches what the cluster gives and takes, and sweeps. */
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

/** Makes a runner. */
export const make = <Update, E>(parts: Parts<Update, E>): Effect.Effect<Runner<Update>> =>
  Effect.gen(function*() {
    const { begin, maxLive, refreshEvery, sharding, shardOf, sweepEvery } = parts
    const clock = yield* Effect.clock
    const now = () => clock.unsafeCurrentTimeMillis()
    const sessions = new Set<Session<Update>>()
    const live = new Set<SessionId>()
    const toSweep = yield* Queue.sliding<void>(1)
    let held = new Set<ShardId.ShardId>()
    let watchedAt = now()
    let sureFrom = 0
    let isBehind = false
    let isClosing = false
    let sweptTo: SessionId | undefined

    /** False after a process was frozen, until the cluster has had time to find out what others have taken meanwhile. */
    const isSure = () => now() - watchedAt <= refreshEvery && now() >= sureFrom
    const isHeld = ({ shardId }: Session<Update>) => isSure() && sharding.hasShardId(shardId)
    const mayBegin = (session: Session<Update>) =>
      !isClosing && isHeld(session) && now() >= session.silentUntil && !live.has(session.sessionId)

    const watch = Effect.suspend(() => {
      const at = now()
      const wasSure = sureFrom <= watchedAt
      if (at - watchedAt > refreshEvery) sureFrom = at + refreshEvery + watchEvery
      watchedAt = at
      for (const { handOver, shardId } of sessions) {
        if (!sharding.hasShardId(shardId)) Deferred.unsafeDone(handOver, Effect.void)
      }
      const before = held
      held = new Set(parts.shards.filter(sharding.hasShardId))
      const isMore = Array.from(held).some((shard) => !before.has(shard))
      return isMore || (!wasSure && sureFrom <= at) ? toSweep.offer(undefined) : Effect.void
    })

    /** Lets sessions of a page be served, as long as there is room, and tells whether there was room for all. */
    const take = (found: ReadonlyArray<SessionId>): Effect.Effect<boolean> =>
      Effect.gen(function*() {
        for (const sessionId of found) {
          if (live.has(sessionId) || !sharding.hasShardId(shardOf(sessionId))) continue
          if (live.size >= maxLive) {
            isBehind = true
            return false
          }
          sweptTo = sessionId
          yield* begin(sessionId)
          yield* countSwept
        }
        return true
      })

    const sweep = Effect.gen(function*() {
      if (isClosing || !isSure()) return
      isBehind = false
      yield* countSweep
      const start = sweptTo
      let after = start
      let count = 0
      for (;;) {
        const found = yield* parts.store.due({ limit: page, ...(after !== undefined && { after }) })
        count += found.length
        if (!(yield* take(found))) return
        after = found.at(-1)
        if (found.length < page) break
      }
      sweptTo = undefined
      if (start === undefined) yield* noteDue(count)
      else yield* toSweep.offer(undefined)
    }).pipe(
      Effect.catchAll((error) => Effect.logWarning("Sessions with turns to run could not be looked for", error)),
      span.within("AgentCluster.sweep", { root: true })
    )

    const pause = Effect.flatMap(
      Random.nextRange(0.8, 1.2),
      (factor) => Effect.raceFirst(toSweep.take, Effect.sleep(Duration.millis(factor * sweepEvery)))
    )

    const turns = (session: Session<Update>): Effect.Effect<void> =>
      Effect.suspend(() => {
        session.isWoken = false
        return Effect.flatMap(once(parts, session, isHeld), (outcome) => {
          if (outcome === "lost") session.silentUntil = now() + sweepEvery
          return session.isWoken && mayGoOn(outcome) ? turns(session) : Effect.void
        })
      })

    return {
      attach: (sessionId) =>
        Effect.acquireRelease(
          Effect.map(Deferred.make<void>(), (handOver) => {
            const session: Session<Update> = {
              sessionId,
              shardId: shardOf(sessionId),
              handOver,
              listeners: new Set(),
              isWoken: false,
              silentUntil: 0
            }
            sessions.add(session)
            return session
          }),
          (session) => Effect.sync(() => sessions.delete(session))
        ),
      wake: (session) =>
        Effect.suspend(() => {
          session.isWoken = true
          return mayBegin(session) ? begin(session.sessionId) : Effect.void
        }),
      serve: (session) =>
        Effect.suspend(() => {
          if (!mayBegin(session)) return Effect.void
          if (live.size >= maxLive) {
            isBehind = true
            return Effect.void
          }
          live.add(session.sessionId)
          return Effect.ensuring(
            turns(session),
            Effect.suspend(() => {
              live.delete(session.sessionId)
              return isBehind || session.isWoken ? toSweep.offer(undefined) : Effect.void
            })
          )
        }),
      isHeld: (session) => Effect.sync(() => isHeld(session)),
      updates: (session) =>
        Stream.unwrapScoped(Effect.map(
          Effect.acquireRelease(
            Effect.tap(Queue.sliding<Update>(capacity), (queue) => session.listeners.add(queue)),
            (queue) => Effect.sync(() => session.listeners.delete(queue))
          ),
          (queue) => Stream.interruptWhenDeferred(Stream.fromQueue(queue), session.handOver)
        )),
      run: Effect.zipRight(
        Effect.zip(
          Effect.forever(Effect.zipRight(watch, Effect.sleep(watchEvery))),
          // not more often than each second, however many sessions wait for room
          Effect.forever(pause.pipe(Effect.zipRight(sweep), Effect.zipRight(Effect.sleep("1 second")))),
          { concurrent: true }
        ),
        Effect.never
      ),
      close: Effect.sync(() => {
        isClosing = true
        for (const { handOver } of sessions) Deferred.unsafeDone(handOver, Effect.void)
      })
    }
  })

/** Tells that the session is still here after its turns were served. */
const mayGoOn = (outcome: Outcome): boolean => outcome === "done" || outcome === "waiting"

type Outcome = DurableTurn.Served | "lost" | "failed"

/** Takes a session over, serves it until nothing is due, and gives it back. */
const once = <Update, E>(
  { name, serve, store }: Parts<Update, E>,
  session: Session<Update>,
  isHeld: (session: Session<Update>) => boolean
): Effect.Effect<Outcome> =>
  store.own(session.sessionId, name).pipe(
    Effect.tap(({ fence }) => Effect.annotateCurrentSpan("session.fence", fence)),
    Effect.flatMap((owned) =>
      Effect.zipLeft(
        serve({ ...owned, isHeld: Effect.sync(() => isHeld(session)) }, session),
        Effect.ignoreLogged(store.release([owned]))
      )
    ),
    Effect.matchCauseEffect({
      onSuccess: (served): Effect.Effect<Outcome> => Effect.succeed(served),
      onFailure: (cause): Effect.Effect<Outcome> =>
        // whoever has it now goes on
        isFencedOut(cause) || Cause.isInterruptedOnly(cause)
          ? Effect.succeed("lost")
          : Effect.as(Effect.logError("A session could not be served", cause), "failed")
    }),
    Effect.tap((outcome) =>
      Effect.zipRight(Effect.annotateCurrentSpan("session.outcome", outcome), countLeft(outcome))
    ),
    whileOwned,
    span.within("AgentCluster.session", { root: true, attributes: { "session.id": session.sessionId } })
  )

const isFencedOut = (cause: Cause.Cause<unknown>): boolean =>
  Option.exists(Cause.failureOption(cause), Predicate.isTagged("FencedOut"))
