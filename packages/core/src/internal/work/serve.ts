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

/** Holds the lease of an item that was acknowledged, and runs the tools of its session meanwhile. */
export const serve = <R>(options: Options<R>): Effect.Effect<EnvironmentWorker.Outcome, never, R> =>
  Effect.gen(function*() {
    const { drain, queue, request, settings, tools, work } = options
    const signals = yield* Queue.unbounded<Signal>()
    const post = (signal: Signal): void => {
      Queue.unsafeOffer(signals, signal)
    }
    const now = yield* Clock.clockWith((clock) => Effect.succeed(() => clock.unsafeCurrentTimeMillis()))
    const toDrain = yield* Deferred.make<void>()
    let running: Fiber.RuntimeFiber<void> | undefined
    let alarm: { readonly at: number; readonly fiber: Fiber.RuntimeFiber<void> } | undefined

    const heartbeat = (params: HeartbeatParams, timeout: number) =>
      queue.heartbeat(work.environment_id, work.id, params, request).pipe(
        Effect.timeoutFail({
          duration: Math.max(1, timeout),
          onTimeout: () =>
            new TransportError({
              operation: "EnvironmentWork.heartbeat",
              reason: "Timeout",
              detail: "no answer in time"
            })
        })
      )
    const desired_ttl_seconds = Math.max(1, Math.round(settings.ttl / 1000))
    const beat = ({ expected, timeout }: Extract<Command, { readonly _tag: "Beat" }>) =>
      Effect.suspend(() => {
        const sentAt = now()
        const params = { desired_ttl_seconds, ...(expected !== undefined && { expected_last_heartbeat: expected }) }
        return Effect.match(heartbeat(params, timeout), {
          onSuccess: (heartbeat) => post({ _tag: "Beaten", sentAt, heartbeat }),
          onFailure: (error) => post({ _tag: "BeatFailed", now: now(), error })
        })
      })

    const run = Effect.suspend(() =>
      tools({
        onCurrent: (transcript) => {
          const { _tag } = Transcript.turn(transcript)
          post(_tag === "Idle" || _tag === "Ended" ? { _tag: "Rests", now: now() } : { _tag: "Works" })
        },
        drain: Deferred.await(toDrain)
      })
    ).pipe(
      Effect.matchCauseEffect({
        onSuccess: (reason) =>
          Effect.sync(() => post({ _tag: "ToolsEnded", reason: reason === "drained" ? reason : "session" })),
        onFailure: (cause) =>
          Effect.zipRight(
            Effect.logError("The tools of a work item have failed", cause),
            Effect.sync(() => post({ _tag: "ToolsEnded", reason: "failed" }))
          )
      })
    )

    /** The last thing for an item; what comes of it is the service's to sort out, since a lease ends by itself. */
    const last = (state: State, kind: "stop" | "release" | "leave") => {
      const left = (state.lease.until ?? now() + lastCallTimeout) - now()
      if (kind === "leave" || left <= 0) return Effect.void
      const call = kind === "stop"
        ? Effect.asVoid(queue.stop(work.environment_id, work.id, { force: true }, request))
        : Effect.asVoid(heartbeat({ desired_ttl_seconds: 1, expected_last_heartbeat: state.lease.last }, left))
      return call.pipe(
        Effect.retry({ while: (error) => error.isRetryable, schedule: Schedule.spaced("1 second") }),
        Effect.timeoutOption(Math.min(left, lastCallTimeout)),
        Effect.catchAll((error) =>
          error._tag === "Conflict" || error._tag === "NotFound"
            ? Effect.void
            : Effect.logWarning("The service could not be told that a work item is done with", error)
        )
      )
    }

    const wake = (at: number): Effect.Effect<void, never, Scope.Scope> => {
      if (alarm?.at === at) return Effect.void
      const before = alarm?.fiber
      alarm = undefined
      const set = Number.isFinite(at)
        ? Effect.sleep(Math.max(0, at - now())).pipe(
          Effect.zipRight(Effect.sync(() => {
            alarm = undefined
            post({ _tag: "Alarm", now: now() })
          })),
          Effect.forkScoped,
          Effect.map((fiber) => {
            alarm = { at, fiber }
          })
        )
        : Effect.void
      return before === undefined ? set : Effect.zipRight(Fiber.interruptFork(before), set)
    }

    const perform = (
      command: Exclude<Command, { readonly _tag: "End" }>
    ): Effect.Effect<void, never, R | Scope.Scope> => {
      switch (command._tag) {
        case "Beat":
          return Effect.asVoid(Effect.forkScoped(beat(command)))
        case "StartTools":
          return Effect.map(Effect.forkScoped(run), (fiber) => {
            running = fiber
          })
        case "DrainTools":
          return Effect.asVoid(Deferred.succeed(toDrain, undefined))
        case "Wake":
          return wake(command.at)
      }
    }

    yield* Effect.forkScoped(Effect.zipRight(drain, Effect.sync(() => post({ _tag: "Drain", now: now() }))))
    let [state, commands] = step.start(settings, now())
    for (;;) {
      for (const command of commands) {
        if (command._tag !== "End") {
          yield* perform(command)
          continue
        }
        if (running !== undefined) yield* Fiber.interruptFork(running)
        yield* last(state, command.last)
        return command.outcome
      }
      const next = step.step(state, yield* Queue.take(signals))
      state = next[0]
      commands = next[1]
    }
  }).pipe(Effect.scoped)
