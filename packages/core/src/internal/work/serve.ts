import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { RequestOptions } from "../../ApiClient.ts"
import type { ApiError } from "../../ApiError.ts"
import { TransportError } from "../../ApiError.ts"
import type * as EnvironmentWork from "../../EnvironmentWork.ts"
import type * as EnvironmentWorker from "../../EnvironmentWorker.ts"
import type * as Journal from "../../Journal.ts"
import * as Transcript from "../../Transcript.ts"
import type { HeartbeatParams, Work } from "../../Work.ts"
import * as fork from "../stream/fork.ts"
import { unsafeNow } from "../telemetry/clock.ts"
import type { Command, Settings, Signal, State } from "./step.ts"
import * as step from "./step.ts"

/** The things that a worker needs to serve an item. */
export interface Options<R> {
  readonly queue: EnvironmentWork.Service
  readonly work: Work
  /** Options of the calls on the item. */
  readonly request: RequestOptions
  readonly settings: Settings
  /** Answers the calls of the session until it ends, or until `drain` comes and no call is under way. */
  readonly tools: (control: {
    readonly onCurrent: (transcript: Transcript.Transcript) => void
    readonly drain: Effect.Effect<void>
  }) => Effect.Effect<string, ApiError | Journal.JournalError, R>
  /** Comes when the worker is to end. */
  readonly drain: Effect.Effect<void>
}

/** The longest wait for the service to take note that a worker is done. */
const lastCallTimeout = 10_000

const heartbeat = <R>({ queue, request, work }: Options<R>, params: HeartbeatParams, timeout: number) =>
  queue.heartbeat(work.environment_id, work.id, params, request).pipe(
    Effect.timeoutFail({
      duration: Math.max(1, timeout),
      onTimeout: () =>
        new TransportError({ operation: "EnvironmentWork.heartbeat", reason: "Timeout", detail: "no answer in time" })
    })
  )

/** Sends a heartbeat, and says what came of it. */
const beat = <R>(
  options: Options<R>,
  { expected, timeout }: Extract<Command, { readonly _tag: "Beat" }>
): Effect.Effect<Signal> =>
  Effect.flatMap(Clock.currentTimeMillis, (sentAt) =>
    heartbeat(options, {
      desired_ttl_seconds: Math.max(1, Math.round(options.settings.ttl / 1000)),
      ...(expected !== undefined && { expected_last_heartbeat: expected })
    }, timeout).pipe(
      Effect.map((heartbeat): Signal => ({ _tag: "Beaten", sentAt, heartbeat })),
      Effect.catchAll((error) =>
        Effect.map(Clock.currentTimeMillis, (now): Signal => ({ _tag: "BeatFailed", now, error }))
      )
    ))

/** Runs the tools, and says how they ended. */
const runTools = <R>(
  { tools }: Options<R>,
  control: Parameters<Options<R>["tools"]>[0]
): Effect.Effect<Signal, never, R> =>
  Effect.suspend(() => tools(control)).pipe(
    Effect.map((reason): Signal => ({ _tag: "ToolsEnded", reason: reason === "drained" ? reason : "session" })),
    Effect.catchAllCause((cause) =>
      Effect.as(
        Effect.logError("The tools of a work item have failed", cause),
        { _tag: "ToolsEnded", reason: "failed" } satisfies Signal
      )
    )
  )

/** The last thing for an item; what comes of it is the service's to sort out, since a lease ends by itself. */
const last = <R>(
  options: Options<R>,
  { lease }: State,
  kind: Extract<Command, { readonly _tag: "End" }>["last"]
): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const { queue, request, work } = options
    // what is not this worker's any more may be another's
    const left = lease.until === undefined ? lastCallTimeout : lease.until - now
    if (kind === "leave" || left <= 0) return Effect.void
    const call = kind === "stop"
      ? Effect.asVoid(queue.stop(work.environment_id, work.id, { force: true }, request))
      : Effect.asVoid(heartbeat(options, { desired_ttl_seconds: 1, expected_last_heartbeat: lease.last }, left))
    return call.pipe(
      Effect.retry({ while: (error) => error.isRetryable, schedule: Schedule.spaced("1 second") }),
      Effect.timeoutOption(Math.min(left, lastCallTimeout)),
      Effect.catchAll((error) =>
        error._tag === "Conflict" || error._tag === "NotFound"
          ? Effect.void
          : Effect.logWarning("The service did not take note that a work item is done with", error)
      )
    )
  })

/** An alarm, which can be set again and again. */
const makeAlarm = (post: (signal: Signal) => void) => {
  let set: { readonly at: number; readonly fiber: Fiber.RuntimeFiber<void> } | undefined
  return (at: number): Effect.Effect<void, never, Scope.Scope> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (set?.at === at) return Effect.void
      const before = set?.fiber
      set = undefined
      const ring = Effect.map(Clock.currentTimeMillis, (now) => {
        set = undefined
        post({ _tag: "Alarm", now })
      })
      const arm = Number.isFinite(at)
        ? Effect.map(fork.inScope(Effect.delay(ring, Math.max(0, at - now))), (fiber) => {
          set = { at, fiber }
        })
        : Effect.void
      return before === undefined ? arm : Effect.zipRight(Fiber.interruptFork(before), arm)
    })
}

/** Holds the lease of an item that was acknowledged, and runs the tools of its session meanwhile. */
export const serve = <R>(options: Options<R>): Effect.Effect<EnvironmentWorker.Outcome, never, R> =>
  Effect.gen(function*() {
    const signals = yield* Queue.unbounded<Signal>()
    const post = (signal: Signal): void => {
      Queue.unsafeOffer(signals, signal)
    }
    const now = yield* unsafeNow
    const toDrain = yield* Deferred.make<void>()
    const wake = makeAlarm(post)
    let running: Fiber.RuntimeFiber<void> | undefined

    const control: Parameters<typeof options.tools>[0] = {
      onCurrent: (transcript) => {
        const { _tag } = Transcript.turn(transcript)
        post(_tag === "Idle" || _tag === "Ended" ? { _tag: "Rests", now: now() } : { _tag: "Works" })
      },
      drain: Deferred.await(toDrain)
    }
    const perform = (
      command: Exclude<Command, { readonly _tag: "End" }>
    ): Effect.Effect<void, never, R | Scope.Scope> => {
      switch (command._tag) {
        case "Beat":
          return Effect.asVoid(fork.inScope(Effect.map(beat(options, command), post)))
        case "StartTools":
          return Effect.map(fork.inScope(Effect.map(runTools(options, control), post)), (fiber) => {
            running = fiber
          })
        case "DrainTools":
          return Effect.asVoid(Deferred.succeed(toDrain, undefined))
        case "Wake":
          return wake(command.at)
      }
    }

    yield* fork.inScope(Effect.zipRight(options.drain, Effect.sync(() => post({ _tag: "Drain", now: now() }))))
    let [state, commands] = step.start(options.settings, now())
    for (;;) {
      for (const command of commands) {
        if (command._tag !== "End") {
          yield* perform(command)
          continue
        }
        if (running !== undefined) yield* Fiber.interruptFork(running)
        yield* last(options, state, command.last)
        return command.outcome
      }
      const next = step.step(state, yield* Queue.take(signals))
      state = next[0]
      commands = next[1]
    }
  }).pipe(Effect.scoped)
