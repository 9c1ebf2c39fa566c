/**
 * Worker that runs the turns of a `TurnStore`: it leases the sessions that have something to do, several at a time, and runs
 * each as its owner.
 *
 * Any number of processes may run one on the same store. A session whose worker dies is taken over by another once its
 * lease has run out; one that is handed over, such as at a deploy, at once.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import type { Issue } from "./ApiError.ts"
import { InvalidParams } from "./ApiError.ts"
import * as DurableTurn from "./DurableTurn.ts"
import type * as Events from "./Events.ts"
import type { SessionId } from "./Ids.ts"
import { durations } from "./internal/options/durations.ts"
import { randomHex } from "./internal/options/randomHex.ts"
import * as fork from "./internal/stream/fork.ts"
import { noteDue } from "./internal/telemetry/metrics.ts"
import * as span from "./internal/telemetry/span.ts"
import { CurrentLead, slow, startingAtOnce } from "./internal/turn/lead.ts"
import { outcomeOf } from "./internal/turn/outcome.ts"
import type * as Journal from "./Journal.ts"
import * as SessionOwner from "./SessionOwner.ts"
import * as ToolRunner from "./ToolRunner.ts"
import * as TurnStore from "./TurnStore.ts"

/**
 * Options of a worker.
 * @category options
 */
export interface Options<E1 = never, R1 = never, E2 = never, R2 = never, T extends ToolRunner.Source = never>
  extends Omit<DurableTurn.ServeOptions<E1, R1, E2, R2, T>, "drain">
{
  /**
   * The name of this process, unique among those that are alive.
   *
   * @default a random one
   */
  readonly owner?: string | undefined
  /**
   * The time for which to have the lease of a session, which is as long as others wait after a crash. It is renewed three times
   * as often.
   *
   * @default "15 seconds"
   */
  readonly lease?: Duration.DurationInput | undefined
  /**
   * The wait between two looks for sessions that have something to do, a fifth longer or shorter.
   *
   * @default "1 second"
   */
  readonly pollEvery?: Duration.DurationInput | undefined
  /** Signals that there may be something to do, such as notifications of the database: each makes the worker look at once. */
  readonly wakeUps?: Stream.Stream<unknown> | undefined
  /**
   * The number of sessions to have at a time. Further ones wait in the store, or are taken by others.
   *
   * @default 2_000
   */
  readonly maxLive?: number | undefined
}

/**
 * Runs turns until it is interrupted. One session that cannot be served does not end it: it is logged, and taken up again
 * once its lease has run out, by whoever comes first.
 *
 * Interrupting it hands all sessions over: nothing new begins, running tools come to their end, for `grace` at most, and
 * what is left is free for others at once.
 *
 * @example
 * ```ts
 * import * as Journal from "@effect-managed-agents/core/Journal"
 * import * as TurnStore from "@effect-managed-agents/core/TurnStore"
 * import * as TurnWorker from "@effect-managed-agents/core/TurnWorker"
 * import * as Tool from "@effect/ai/Tool"
 * import * as Toolkit from "@effect/ai/Toolkit"
 * import * as Layer from "effect/Layer"
 * import * as Schema from "effect/Schema"
 *
 * const OrderTools = Toolkit.make(
 *   Tool.make("cancel_order", { parameters: { number: Schema.Int }, success: Schema.String })
 * )
 *
 * // stores in memory are for one process
 * export const Worker = TurnWorker.layer({ tools: OrderTools }).pipe(
 *   Layer.provide([TurnStore.layerMemory, Journal.layerMemory()])
 * )
 * ```
 *
 * @category constructors
 */
export const run = <E1 = never, R1 = never, E2 = never, R2 = never, T extends ToolRunner.Source = never>(
  options: Options<E1, R1, E2, R2, T> = {}
): Effect.Effect<
  never,
  InvalidParams | ToolRunner.MakeError<T> | Journal.MissingJournal,
  TurnStore.TurnStore | Events.Events | R1 | R2 | ToolRunner.Context<T>
> => Effect.flatten(prepare(options)).pipe(span.within("TurnWorker.run"))

/**
 * Runs turns as long as the layer lives, and hands them over when it is released.
 * @category layers
 */
export const layer = <E1 = never, R1 = never, E2 = never, R2 = never, T extends ToolRunner.Source = never>(
  options: Options<E1, R1, E2, R2, T> = {}
): Layer.Layer<
  never,
  InvalidParams | ToolRunner.MakeError<T> | Journal.MissingJournal,
  TurnStore.TurnStore | Events.Events | R1 | R2 | ToolRunner.Context<T>
> =>
  Layer.scopedDiscard(
    Effect.flatMap(prepare(options), (work) => fork.inScope(work.pipe(span.within("TurnWorker.run", { root: true }))))
  )

/** Checks what a worker is made of, and makes it. */
const prepare = <E1, R1, E2, R2, T extends ToolRunner.Source>(
  options: Options<E1, R1, E2, R2, T>
): Effect.Effect<
  Effect.Effect<never, never, TurnStore.TurnStore | Events.Events | R1 | R2 | ToolRunner.Context<T>>,
  InvalidParams | ToolRunner.MakeError<T> | Journal.MissingJournal,
  TurnStore.TurnStore | Events.Events | R1 | R2 | ToolRunner.Context<T>
> =>
  Effect.gen(function*() {
    const settings = yield* settingsOf(options)
    // a mistake in the tools is the worker's, not that of each session
    const runner = options.tools === undefined
      ? undefined
      : yield* ToolRunner.make(options.tools, { journal: "required" })
    const store = yield* TurnStore.TurnStore
    const toDrain = yield* Deferred.make<void>()
    // a runner that was made of a source stands for it
    const serving = { ...options, tools: runner as unknown as T }
    return loop({
      settings,
      store,
      serve: (owner) =>
        // the owner is provided
        Effect.provideService(
          DurableTurn.serve<E1, R1, E2, R2, T>(serving),
          SessionOwner.SessionOwner,
          owner
        ) as Effect.Effect<
          DurableTurn.Served,
          DurableTurn.ServeError<E1, E2, T>,
          TurnStore.TurnStore | Events.Events | R1 | R2 | ToolRunner.Context<T>
        >,
      toDrain,
      wakeUps: options.wakeUps ?? Stream.never
    })
  })

// ---------------------------------------------------------------------------------------------------------------------
// Options
// ---------------------------------------------------------------------------------------------------------------------

/** Options, checked and complete. */
interface Settings {
  readonly owner: string
  readonly lease: number
  readonly pollEvery: number
  readonly maxLive: number
  /** The time that a session has to be handed over. */
  readonly patience: number
}

const settingsOf = (
  options: Pick<Options, "owner" | "lease" | "pollEvery" | "grace" | "maxLive">
): Effect.Effect<Settings, InvalidParams> =>
  Effect.gen(function*() {
    const issues: Array<Issue> = []
    const duration = durations<"lease" | "pollEvery" | "grace">(options, issues, "1 second")
    const settings: Settings = {
      owner: options.owner ?? `worker-${yield* randomHex(2)}`,
      lease: Duration.toMillis(duration("lease", "15 seconds")),
      pollEvery: Duration.toMillis(duration("pollEvery", "1 second")),
      maxLive: options.maxLive ?? 2000,
      patience: Duration.toMillis(duration("grace", "10 seconds")) + 5000
    }
    if (!(settings.lease >= 1000 && settings.lease < Infinity)) {
      issues.push({ path: "lease", message: "expected a second or more, and an end" })
    }
    if (!(settings.pollEvery > 0)) issues.push({ path: "pollEvery", message: "expected a duration above 0" })
    if (!(settings.maxLive >= 1)) issues.push({ path: "maxLive", message: "expected a number above 0" })
    return issues.length === 0
      ? settings
      : yield* new InvalidParams({ operation: "TurnWorker.run", issues })
  })

// ---------------------------------------------------------------------------------------------------------------------
// Work
// ---------------------------------------------------------------------------------------------------------------------

/** The parts that a worker is made of. */
interface Parts<E, R> {
  readonly settings: Settings
  readonly store: TurnStore.Service
  readonly serve: (owner: SessionOwner.Service) => Effect.Effect<DurableTurn.Served, E, R>
  readonly toDrain: Deferred.Deferred<void>
  readonly wakeUps: Stream.Stream<unknown>
}

/** A session that is leased. */
interface Leased {
  readonly owned: SessionOwner.Service
  /** The moment until which nobody else takes it, as far as this process knows. */
  until: number
  fiber: Fiber.RuntimeFiber<void> | undefined
}

/** Claims sessions and serves them. However it ends, those that it has are handed over. */
const loop = <E, R>(parts: Parts<E, R>): Effect.Effect<never, never, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const { settings, store, toDrain } = parts
      const leased = new Map<SessionId, Leased>()
      const signal = yield* Queue.sliding<void>(1)
      /** The sessions that are being taken up. */
      const starting = new Set<Leased>()
      const started = (lease: Leased) =>
        Effect.suspend(() => starting.delete(lease) ? Effect.asVoid(signal.offer(undefined)) : Effect.void)
      const begin = (owned: SessionOwner.Service, until: number) =>
        Effect.suspend(() => {
          const lease: Leased = { owned, until, fiber: undefined }
          leased.set(owned.sessionId, lease)
          starting.add(lease)
          return serveLease(parts, lease).pipe(
            Effect.provideService(CurrentLead, {
              onUpdates: (_, updates) =>
                starting.has(lease) && Array.from(updates).some(({ _tag }) => _tag === "CaughtUp")
                  ? started(lease)
                  : Effect.void,
              handOver: Deferred.await(toDrain)
            }),
            Effect.ensuring(Effect.suspend(() => {
              if (leased.get(owned.sessionId) === lease) leased.delete(owned.sessionId)
              starting.delete(lease)
              return signal.offer(undefined)
            })),
            Effect.interruptible,
            Effect.forkDaemon,
            Effect.map((fiber) => {
              lease.fiber = fiber
              return lease
            })
          )
        })
      /** Claims as many sessions as there is room for, and tells whether there may be more. */
      const claim = Effect.gen(function*() {
        // half of them at a time, so that one statement claims several
        const room = startingAtOnce - starting.size
        const limit = Math.min(settings.maxLive - leased.size, room)
        if (limit <= 0 || room < startingAtOnce / 2) return false
        const now = yield* Clock.currentTimeMillis
        const claimed = yield* restore(
          store.claim({ owner: settings.owner, expiresAfter: settings.lease, limit })
        )
        const begun = yield* Effect.forEach(claimed, (owned) => begin(owned, now + settings.lease))
        if (begun.length > 0) {
          yield* Effect.fork(
            Effect.interruptible(Effect.delay(Effect.forEach(begun, started, { discard: true }), slow))
          )
        }
        return claimed.length === limit
      }).pipe(
        Effect.catchAll((error) => Effect.as(Effect.logWarning("No sessions could be claimed", error), false))
      )
      const pause = Effect.flatMap(
        Random.nextRange(0.8, 1.2),
        (factor) => Effect.raceFirst(signal.take, Effect.sleep(Duration.millis(factor * settings.pollEvery)))
      )
      const claiming: Effect.Effect<never, never, R> = Effect.flatMap(
        claim,
        (more) => more ? Effect.void : restore(pause)
      ).pipe(Effect.forever)
      const background = yield* Effect.forkDaemon(Effect.interruptible(Effect.all([
        renewing(parts, leased),
        // by itself, because no lease waits for a metric
        noting(parts),
        Stream.runForEach(parts.wakeUps, () => signal.offer(undefined))
      ], { concurrency: "unbounded", discard: true })))
      return yield* Effect.ensuring(
        claiming,
        Deferred.succeed(toDrain, undefined).pipe(
          Effect.zipRight(Effect.suspend(() => awaitAll(Array.from(leased.values()), settings.patience))),
          Effect.zipRight(Fiber.interrupt(background))
        )
      )
    })
  )

/** Waits until sessions are handed over; those that take too long are left as they are. */
const awaitAll = (leases: ReadonlyArray<Leased>, patience: number): Effect.Effect<void> => {
  const fibers = leases.flatMap(({ fiber }) => fiber ?? [])
  return Effect.forEach(fibers, Fiber.await, { discard: true, concurrency: "unbounded" }).pipe(
    Effect.interruptible,
    Effect.timeoutOption(patience),
    Effect.zipRight(Effect.forEach(fibers, Fiber.interruptFork, { discard: true }))
  )
}

/** Serves a session until nothing is left to do, and gives it back. */
const serveLease = <E, R>({ serve, store }: Parts<E, R>, lease: Leased): Effect.Effect<void, never, R> => {
  const { fence, sessionId } = lease.owned
  const owner: SessionOwner.Service = {
    sessionId,
    fence,
    isHeld: Effect.map(Clock.currentTimeMillis, (now) => now < lease.until)
  }
  // one that failed is kept: until its lease has run out nobody tries it again
  return outcomeOf(Effect.tap(serve(owner), () => Effect.ignoreLogged(store.release([lease.owned])))).pipe(
    Effect.asVoid,
    span.within("TurnWorker.session", { root: true, attributes: { "session.id": sessionId, fence } })
  )
}

/** Renews leases, and stops at once what is not held any more. */
const renewing = <E, R>(
  { settings: { lease }, store }: Parts<E, R>,
  leased: ReadonlyMap<SessionId, Leased>
): Effect.Effect<never> => {
  const stop = ({ fiber }: Leased) => fiber === undefined ? Effect.void : Fiber.interruptFork(fiber)
  const renew = Effect.gen(function*() {
    const all = Array.from(leased.values())
    const start = yield* Clock.currentTimeMillis
    const held = yield* store.renew(all.map(({ owned }) => owned), lease).pipe(
      Effect.timeout(lease / 3),
      Effect.map((held) => new Set(held.map(({ fence, sessionId }) => `${sessionId} ${fence}`))),
      Effect.catchAll((error) => Effect.as(Effect.logWarning("Leases could not be renewed", error), undefined))
    )
    const now = yield* Clock.currentTimeMillis
    for (const one of all) {
      if (held?.has(`${one.owned.sessionId} ${one.owned.fence}`) === true) one.until = start + lease
      else if (held !== undefined || one.until <= now) yield* stop(one)
    }
  })
  return Effect.forever(Effect.zipRight(Effect.sleep(lease / 3), renew))
}

/** Notes how many sessions have something to do. */
const noting = <E, R>({ settings: { lease }, store }: Parts<E, R>): Effect.Effect<never> =>
  Effect.forever(
    Effect.zipRight(
      Effect.sleep(lease / 3),
      Effect.ignore(Effect.flatMap(store.due({ limit: 1000 }), (due) => noteDue(due.length)))
    )
  )
