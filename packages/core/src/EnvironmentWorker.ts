/**
 * Runs the tools of sessions in a self-hosted environment: takes work items from the queue of the environment, and answers
 * the calls of each session with the tools of a program, each call at most once.
 *
 * An item is this worker's for as long as it has the lease, which it keeps by heartbeats. No tool runs before the lease is
 * confirmed; when it is lost, or may be another worker's by now, the tools of that item are interrupted at once and nothing
 * more is sent for it. What a crash leaves behind is given to another worker once the lease has ended. Workers that are to
 * take over from each other need a `Journal` in common: it keeps a call that one has run from running again in another.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Function from "effect/Function"
import * as Random from "effect/Random"
import type * as Redacted from "effect/Redacted"
import type { RequestOptions } from "./ApiClient.ts"
import * as ApiClient from "./ApiClient.ts"
import type { ApiError, Issue } from "./ApiError.ts"
import { InvalidParams } from "./ApiError.ts"
import * as EnvironmentWork from "./EnvironmentWork.ts"
import * as Events from "./Events.ts"
import type { EnvironmentIdInput, SessionId } from "./Ids.ts"
import { durations } from "./internal/options/durations.ts"
import { randomHex } from "./internal/options/randomHex.ts"
import { countWorkItem, whileWorking } from "./internal/telemetry/metrics.ts"
import * as span from "./internal/telemetry/span.ts"
import * as defaultJournal from "./internal/turn/defaultJournal.ts"
import * as drain from "./internal/turn/drain.ts"
import * as worker from "./internal/turn/worker.ts"
import * as poll from "./internal/work/poll.ts"
import { serve } from "./internal/work/serve.ts"
import type { Settings } from "./internal/work/step.ts"
import * as Journal from "./Journal.ts"
import * as ToolRunner from "./ToolRunner.ts"
import type { SessionData, Work } from "./Work.ts"
import { credentials } from "./Work.ts"

/**
 * End of a work item, as far as this worker is concerned:
 *
 * - `ended`: its session has ended, and the item was stopped;
 * - `idle`: its session had nothing to do for `maxIdle`, and the item was stopped;
 * - `stopped`: somebody had the item stopped;
 * - `drained`: the worker was to end, and the item was stopped if its session had nothing to do, else released;
 * - `lost`: the lease was not obtained or not kept, and another worker may have the item;
 * - `failed`: its tools could not be run, or the service refused its credential; the item is given again after its lease;
 * - `skipped`: it was no session, and the item was stopped;
 * - `unclaimed`: it could not be acknowledged.
 *
 * @category models
 */
export type Outcome = "ended" | "idle" | "stopped" | "drained" | "lost" | "failed" | "skipped" | "unclaimed"

/**
 * A session to make tools for.
 * @category models
 */
export interface Job {
  readonly sessionId: SessionId
  readonly work: Work
}

/**
 * Options of a worker.
 * @category options
 */
export interface Options extends Pick<ToolRunner.Options, "timeout" | "unfinished" | "journal"> {
  /**
   * The key of the environment, for taking items. What comes with an item is preferred for the calls on it.
   *
   * @default the credential of the client
   */
  readonly environmentKey?: Redacted.Redacted | undefined
  /**
   * The name by which the service counts this worker.
   *
   * @default a random one
   */
  readonly workerId?: string | undefined
  /**
   * The number of sessions to serve at a time.
   *
   * @default 10
   */
  readonly concurrency?: number | undefined
  /**
   * The time for which to have the lease of an item, which is as long as others wait after a crash. It is renewed three times
   * as often.
   *
   * @default "1 minute"
   */
  readonly lease?: Duration.DurationInput | undefined
  /**
   * The age at which to take an item that another worker has polled and not acknowledged.
   *
   * @default the service's, 5 seconds
   */
  readonly reclaimOlderThan?: Duration.DurationInput | undefined
  /**
   * The longest time to stay with a session that has nothing to do.
   *
   * @default "1 minute"
   */
  readonly maxIdle?: Duration.DurationInput | undefined
  /**
   * The longest time that tools have to end by themselves when the worker is interrupted, or when an item is to be stopped.
   *
   * @default "30 seconds"
   */
  readonly grace?: Duration.DurationInput | undefined
  /** Options of following the sessions and of sending results. */
  readonly session?: Pick<ToolRunner.RunOptions, "follow" | "delivery" | "approve"> | undefined
}

/**
 * Serves the sessions of an environment until it is interrupted, or until the service will not have it poll.
 *
 * `tools` is what `ToolRunner.run` takes, or a function that makes it for each session, such as for tools in a directory of
 * their own. They answer the calls of built-in tools by their names, and of custom tools.
 *
 * Interrupting it lets running calls come to their end, for `grace` at most, and takes no new ones.
 *
 * @example
 * ```ts
 * import * as EnvironmentWorker from "@effect-managed-agents/core/EnvironmentWorker"
 * import * as Ids from "@effect-managed-agents/core/Ids"
 * import * as Tool from "@effect/ai/Tool"
 * import * as Toolkit from "@effect/ai/Toolkit"
 * import * as Config from "effect/Config"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 *
 * const Tools = Toolkit.make(
 *   Tool.make("read", { parameters: { file_path: Schema.String }, success: Schema.String })
 * )
 *
 * export const main = Effect.gen(function*() {
 *   const environmentKey = yield* Config.redacted("ANTHROPIC_ENVIRONMENT_KEY")
 *   const environmentId = yield* Schema.Config("ANTHROPIC_ENVIRONMENT_ID", Ids.EnvironmentId)
 *   return yield* EnvironmentWorker.run(environmentId, Tools, { environmentKey, journal: "required" })
 * })
 * ```
 *
 * @category constructors
 */
export const run = <T extends ToolRunner.Source, J extends "required" | undefined = undefined>(
  environmentId: EnvironmentIdInput,
  tools: T | ((job: Job) => T),
  options?: Options & { readonly journal?: J }
): Effect.Effect<
  never,
  ApiError | ToolRunner.MakeError<T> | ToolRunner.JournalRequirement<J>,
  ApiClient.ApiClient | EnvironmentWork.EnvironmentWork | Events.Events | ToolRunner.Context<T>
> =>
  Effect.gen(function*() {
    const settings = yield* settingsOf(options ?? {})
    const journal = yield* Journal.Journal
    if (options?.journal === "required" && defaultJournal.isDefault(journal)) return yield* new Journal.MissingJournal()
    const events = yield* Events.Events
    const workerId = options?.workerId ?? `worker-${yield* randomHex(2)}`
    const toolOptions = { selfHosted: true, timeout: options?.timeout, unfinished: options?.unfinished }
    const make = (source: T) => ToolRunner.make(source, toolOptions)
    const runnerOf = isMaker(tools)
      ? (job: Job) => Effect.suspend(() => make(tools(job)))
      // a mistake in it is the worker's, not that of each item
      : Function.constant(Effect.succeed(yield* make(tools)))
    const { environmentKey, session = {} } = options ?? {}
    const parts: Parts<ToolRunner.CallContext<T>, ToolRunner.MakeError<T>, ToolRunner.MakeContext<T>> = {
      environmentId,
      request: { authToken: environmentKey, headers: { "anthropic-worker-id": workerId } },
      settings,
      session,
      runnerOf,
      api: yield* ApiClient.ApiClient,
      queue: yield* EnvironmentWork.EnvironmentWork
    }
    // the results of all items are remembered in one place, whatever credential they are sent with
    return yield* Effect.provideService(loop(parts), Journal.Journal, defaultJournal.resolve(journal, events))
  }).pipe(span.within("EnvironmentWorker.run", { attributes: { "environment.id": environmentId } })) as Effect.Effect<
    // the journal is missing only where it is required
    never,
    ApiError | ToolRunner.MakeError<T> | ToolRunner.JournalRequirement<J>,
    ApiClient.ApiClient | EnvironmentWork.EnvironmentWork | Events.Events | ToolRunner.Context<T>
  >

/** Tells a function that makes tools from a `Toolkit`, which is a function to JavaScript. */
const isMaker = <T>(tools: T | ((job: Job) => T)): tools is (job: Job) => T =>
  typeof tools === "function" && !Effect.isEffect(tools)

/** Options, checked and complete. */
interface Complete extends Settings {
  readonly concurrency: number
  readonly reclaimOlderThan: number | undefined
}

/** The parts that a worker is made of. */
interface Parts<R, E, R2> {
  readonly environmentId: EnvironmentIdInput
  /** Options of the calls that are about no session yet. */
  readonly request: RequestOptions
  readonly settings: Complete
  readonly session: NonNullable<Options["session"]>
  readonly runnerOf: (job: Job) => Effect.Effect<ToolRunner.ToolRunner<R>, E, R2>
  readonly api: ApiClient.Service
  readonly queue: EnvironmentWork.Service
}

const settingsOf = (options: Options): Effect.Effect<Complete, InvalidParams> => {
  const issues: Array<Issue> = []
  const duration = durations<"lease" | "maxIdle" | "grace" | "reclaimOlderThan">(options, issues, 0)
  const settings: Complete = {
    ttl: Duration.toMillis(duration("lease", "1 minute")),
    maxIdle: Duration.toMillis(duration("maxIdle", "1 minute")),
    grace: Duration.toMillis(duration("grace", "30 seconds")),
    concurrency: options.concurrency ?? 10,
    reclaimOlderThan: options.reclaimOlderThan === undefined
      ? undefined
      : Duration.toMillis(duration("reclaimOlderThan", 0))
  }
  if (!(settings.ttl >= 1000 && settings.ttl < Infinity)) {
    issues.push({ path: "lease", message: "expected a second or more, and an end" })
  }
  if (!(settings.concurrency >= 1)) issues.push({ path: "concurrency", message: "expected a number above 0" })
  return issues.length === 0
    ? Effect.succeed(settings)
    : Effect.fail(new InvalidParams({ operation: "EnvironmentWorker.run", issues }))
}

/** Takes items and serves them. However it ends, the items that it has are served to their end, or given back. */
const loop = <R, E, R2>(parts: Parts<R, E, R2>): Effect.Effect<never, ApiError, R | R2> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const permits = yield* Effect.makeSemaphore(parts.settings.concurrency)
      const toDrain = yield* Deferred.make<void>()
      const fibers = new Set<Fiber.RuntimeFiber<void>>()
      const begin = (work: Work) =>
        handle(parts, work, Deferred.await(toDrain)).pipe(
          Effect.ensuring(permits.release(1)),
          Effect.interruptible,
          Effect.forkDaemon,
          Effect.map((fiber) => {
            fibers.add(fiber)
            fiber.addObserver(() => fibers.delete(fiber))
          })
        )
      const take = (failures: number): Effect.Effect<number, ApiError, R | R2> =>
        Effect.gen(function*() {
          yield* restore(permits.take(1))
          const answer = yield* Effect.onInterrupt(restore(ask(parts)), () => permits.release(1))
          const next = poll.next(failures, answer)
          if (next._tag === "Take") return yield* Effect.as(begin(next.work), 0)
          yield* permits.release(1)
          if (next._tag === "Fail") return yield* next.error
          if (answer._tag === "Error") yield* Effect.logWarning("The queue could not be polled", answer.error)
          yield* restore(Effect.flatMap(Random.nextRange(next.least, next.most), Effect.sleep))
          return next.failures
        })
      const forever = (failures: number): Effect.Effect<never, ApiError, R | R2> =>
        Effect.flatMap(take(failures), forever)
      return yield* Effect.ensuring(
        forever(0),
        Effect.zipRight(
          Deferred.succeed(toDrain, undefined),
          Effect.suspend(() => Effect.forEach([...fibers], Fiber.await, { discard: true }))
        )
      )
    })
  )

const ask = (
  { environmentId, queue, request, settings: { reclaimOlderThan } }: Parts<unknown, unknown, unknown>
): Effect.Effect<poll.Answer> =>
  Effect.match(
    queue.poll(environmentId, {
      block_ms: 999,
      ...(reclaimOlderThan !== undefined && { reclaim_older_than_ms: Math.max(1, Math.round(reclaimOlderThan)) })
    }, request),
    {
      onFailure: (error): poll.Answer => ({ _tag: "Error", error }),
      onSuccess: (work): poll.Answer => ({ _tag: "Work", work })
    }
  )

/** Serves an item. Whatever goes wrong with it is no concern of the others. */
const handle = <R, E, R2>(
  parts: Parts<R, E, R2>,
  work: Work,
  toDrain: Effect.Effect<void>
): Effect.Effect<void, never, R | R2> =>
  claim(parts, work).pipe(
    Effect.flatMap((isClaimed) => isClaimed ? serveItem(parts, work, toDrain) : Effect.succeed<Outcome>("unclaimed")),
    Effect.catchAllCause((cause) =>
      Effect.as(Effect.logError("A work item could not be served", cause), "failed" satisfies Outcome)
    ),
    whileWorking,
    Effect.tap((outcome) =>
      Effect.zipRight(Effect.annotateCurrentSpan("work.outcome", outcome), countWorkItem(outcome))
    ),
    span.within("EnvironmentWorker.item", {
      root: true,
      attributes: {
        "environment.id": work.environment_id,
        "work.id": work.id,
        ...(isSession(work) && { "session.id": work.data.id })
      }
    })
  )

const isSession = (work: Work): work is Work & { readonly data: SessionData } => work.data.type === "session"

/** Acknowledges an item. One whose acknowledgement is lost goes back to the queue by itself. */
const claim = ({ queue, request }: Parts<unknown, unknown, unknown>, work: Work): Effect.Effect<boolean> =>
  Effect.matchEffect(queue.ack(work.environment_id, work.id, request), {
    onSuccess: () => Effect.succeed(true),
    onFailure: (error) =>
      Effect.as(Effect.logWarning("A work item could not be acknowledged, and is left to the queue", error), false)
  })

const serveItem = <R, E, R2>(
  parts: Parts<R, E, R2>,
  work: Work,
  toDrain: Effect.Effect<void>
): Effect.Effect<Outcome, E | ApiError, R | R2> =>
  Effect.gen(function*() {
    const authToken = credentials(work)?.token ?? parts.request.authToken
    const request: RequestOptions = { ...parts.request, authToken }
    if (!isSession(work)) {
      yield* parts.queue.stop(work.environment_id, work.id, { force: true }, request)
      return "skipped"
    }
    const runner = yield* parts.runnerOf({ sessionId: work.data.id, work })
    const events = yield* Effect.provideService(Events.make, ApiClient.ApiClient, withToken(parts.api, authToken))
    const { settings } = parts
    // an item that comes to its end stops no other
    const gate = yield* drain.make
    return yield* serve({
      queue: parts.queue,
      work,
      request,
      settings,
      drain: toDrain,
      tools: (control) =>
        worker.serve(work.data.id, runner, parts.session, {
          ...control,
          // whoever has the item next sends it
          onUndelivered: (_call, error) => Effect.fail(error)
        }).pipe(Effect.provideService(Events.Events, events), Effect.provideService(drain.CurrentGate, gate))
    })
  })

/** A client whose calls have a credential of their own. */
const withToken = (api: ApiClient.Service, authToken: RequestOptions["authToken"]): ApiClient.Service =>
  authToken === undefined ? api : ApiClient.ApiClient.of({
    call: (endpoint, input, options) => api.call(endpoint, input, { ...options, authToken }),
    open: (endpoint, input, options) => api.open(endpoint, input, { ...options, authToken })
  })
