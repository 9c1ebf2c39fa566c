/**
 * Work on thousands of sessions in one process: not too much of it at once, each session's in order, and every session in
 * its turn.
 *
 * A pool does not hold fibers: work runs in the fiber of whoever brings it, who gets its result, its failure, and may
 * interrupt it. What the pool decides is when: at most `concurrency` at a time, one at a time in each session, and the
 * sessions that wait go round, so that one with much to do holds up itself only.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { SessionIdInput } from "./Ids.ts"

/**
 * A pool.
 * @category services
 */
export interface Service {
  /** Does something with a session when it is its turn. */
  readonly run: <A, E, R>(sessionId: SessionIdInput, self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** The numbers of effects that run and that wait. */
  readonly load: Effect.Effect<{ readonly running: number; readonly waiting: number }>
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class SessionPool extends Context.Tag("@effect-managed-agents/core/SessionPool")<SessionPool, Service>() {}

/**
 * Options of a pool.
 * @category options
 */
export interface Options {
  /** The number of sessions in which something may run at the same time: an integer above zero, or `Infinity`. */
  readonly concurrency: number
}

/** The work of one session: what waits, in order. It is in the round while something waits and nothing runs. */
interface Line {
  readonly waiting: Set<Deferred.Deferred<void>>
  isBusy: boolean
}

/**
 * Makes a pool. A concurrency that is not above zero is a defect.
 * @category constructors
 */
export const make = ({ concurrency }: Options): Effect.Effect<Service> =>
  Effect.sync(() => {
    if (!(concurrency >= 1)) throw new Error("SessionPool: concurrency: expected a number above zero")
    const lines = new Map<SessionIdInput, Line>()
    /** The sessions whose turn comes, the next first. */
    const round = new Set<SessionIdInput>()
    let running = 0
    let waiting = 0

    /** Begins what can begin. */
    const advance = (): void => {
      for (const id of round) {
        if (running >= concurrency) return
        round.delete(id)
        const line = lines.get(id)
        const [next] = line?.waiting ?? []
        if (line === undefined || next === undefined) continue
        line.waiting.delete(next)
        line.isBusy = true
        running++
        waiting--
        Deferred.unsafeDone(next, Exit.void)
      }
    }

    /** A session goes to the end of the round, or is forgotten if nothing waits in it. */
    const settle = (id: SessionIdInput, line: Line): void => {
      if (line.isBusy) return
      if (line.waiting.size > 0) round.add(id)
      else {
        round.delete(id)
        lines.delete(id)
      }
    }

    const enter = (id: SessionIdInput): readonly [line: Line, turn: Deferred.Deferred<void>] => {
      const turn = Deferred.unsafeMake<void>(FiberId.none)
      const line = lines.get(id) ?? { waiting: new Set(), isBusy: false }
      lines.set(id, line)
      line.waiting.add(turn)
      waiting++
      settle(id, line)
      advance()
      return [line, turn]
    }

    const leave = (id: SessionIdInput, line: Line, turn: Deferred.Deferred<void>): void => {
      if (line.waiting.delete(turn)) waiting--
      else {
        line.isBusy = false
        running--
      }
      settle(id, line)
      advance()
    }

    return {
      run: (id, self) =>
        Effect.acquireUseRelease(
          Effect.sync(() => enter(id)),
          ([, turn]) => Effect.zipRight(Deferred.await(turn), self),
          ([line, turn]) => Effect.sync(() => leave(id, line, turn))
        ),
      load: Effect.sync(() => ({ running, waiting }))
    }
  })

/**
 * Provides a pool.
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<SessionPool> => Layer.effect(SessionPool, make(options))

/**
 * The result of a job.
 * @category models
 */
export interface Result<out Job, out A, out E> {
  readonly job: Job
  readonly exit: Exit.Exit<A, E>
}

/**
 * Options of {@link forEach}.
 * @category options
 */
export interface ForEachOptions<Job, A, E, R> {
  /** The session that a job is for. */
  readonly session: (job: Job) => SessionIdInput
  readonly run: (job: Job) => Effect.Effect<A, E, R>
  /**
   * The number of jobs that are taken from the stream before they are done. Among these, sessions take turns; so it should
   * be more than the pool runs at once.
   *
   * @default 1000
   */
  readonly lookahead?: number | undefined
}

/**
 * Does jobs as they come, on a pool, and gives each result as it comes. A job that fails does so for itself; all others go
 * on. Leaving the stream interrupts what runs.
 * @category combinators
 */
export const forEach: {
  <Job, A, E, R>(
    options: ForEachOptions<Job, A, E, R>
  ): <E2, R2>(
    jobs: Stream.Stream<Job, E2, R2>
  ) => Stream.Stream<Result<Job, A, E>, E2, R | R2 | SessionPool>
  <Job, E2, R2, A, E, R>(
    jobs: Stream.Stream<Job, E2, R2>,
    options: ForEachOptions<Job, A, E, R>
  ): Stream.Stream<Result<Job, A, E>, E2, R | R2 | SessionPool>
} = dual(2, <Job, E2, R2, A, E, R>(
  jobs: Stream.Stream<Job, E2, R2>,
  { lookahead = 1000, run, session }: ForEachOptions<Job, A, E, R>
): Stream.Stream<Result<Job, A, E>, E2, R | R2 | SessionPool> =>
  Stream.unwrap(Effect.map(SessionPool, (pool) =>
    Stream.mapEffect(
      jobs,
      (job) => Effect.map(Effect.exit(pool.run(session(job), run(job))), (exit) => ({ job, exit })),
      { concurrency: lookahead, unordered: true }
    ))))
