import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { ApiError } from "../../ApiError.ts"
import * as Events from "../../Events.ts"
import type * as Follow from "../../Follow.ts"
import type { SessionIdInput } from "../../Ids.ts"
import type * as Journal from "../../Journal.ts"
import * as PendingAction from "../../PendingAction.ts"
import type * as ToolRunner from "../../ToolRunner.ts"
import * as Transcript from "../../Transcript.ts"
import * as background from "./background.ts"
import * as drain from "./drain.ts"
import { reconcile } from "./reconcile.ts"
import { sendReply } from "./sendReply.ts"

/** Answers the calls of a session until it ends. */
export const run = <R>(
  sessionId: SessionIdInput,
  runner: ToolRunner.ToolRunner<R>,
  options: ToolRunner.RunOptions
): Effect.Effect<Follow.EndReason, ApiError | Journal.JournalError, Events.Events | R> =>
  serve(sessionId, runner, options, {
    onCurrent: () => {},
    onUndelivered: undelivered,
    drain: Effect.never
  }) as Effect.Effect<
    // it never drains
    Follow.EndReason,
    ApiError | Journal.JournalError,
    Events.Events | R
  >

/** Wishes of whoever leads a worker. */
export interface Control {
  /** Gets the transcript whenever all that has happened is known. */
  readonly onCurrent: (transcript: Transcript.Transcript) => void
  /** Decides about a result that was not delivered. It is in the journal: whoever sees the call next sends it. */
  readonly onUndelivered: (
    call: ToolRunner.Call,
    error: ApiError | Journal.JournalError
  ) => Effect.Effect<void, ApiError | Journal.JournalError>
  /** Comes when the calls that are under way shall be the last ones. */
  readonly drain: Effect.Effect<void>
}

/** Answers the calls of a session until it ends, or is to drain and no call is under way. */
export const serve = <R>(
  sessionId: SessionIdInput,
  runner: ToolRunner.ToolRunner<R>,
  options: ToolRunner.RunOptions,
  control: Control
): Effect.Effect<Follow.EndReason | "drained", ApiError | Journal.JournalError, Events.Events | R> =>
  Effect.gen(function*() {
    const events = yield* Events.Events
    const failed = yield* Deferred.make<never, ApiError | Journal.JournalError>()
    const fibers = yield* background.make<ApiError | Journal.JournalError, R | Events.Events>((cause) =>
      Deferred.unsafeDone(failed, Effect.failCause(cause))
    )
    let transcript = Transcript.make({ keep: 100 })
    let reason: Follow.EndReason = "terminated"
    /** All that has happened is known. Otherwise a call that looks open may have been answered. */
    let isCurrent = false
    /** The calls that were taken on, and are still open. */
    const taken = new Set<string>()
    const gate = yield* drain.current

    const pending = (): ReadonlyArray<ToolRunner.Call> =>
      Transcript.pendingActions(transcript, sessionId).filter((action) => action._tag !== "Confirmation")
    const isPending = (call: ToolRunner.Call): boolean => pending().some(({ id }) => id === call.id)
    const send = (call: ToolRunner.Call, result: PendingAction.ToolResult) =>
      sendReply(events, sessionId, PendingAction.reply(call, result), () => isPending(call), options.delivery)
    const answer = (call: ToolRunner.Call) =>
      runner.answer(call, (result) => send(call, result), options.approve).pipe(
        // somebody may decide elsewhere
        Effect.repeat({ while: (answered) => answered === "undecided", schedule: Schedule.spaced("5 seconds") }),
        Effect.catchAll((error) => control.onUndelivered(call, error)),
        Effect.provideService(drain.CurrentGate, gate)
      )

    const respond: Effect.Effect<void> = Effect.suspend(() => {
      const { added, gone } = reconcile(taken, pending().filter(runner.owns), ({ id }) => id)
      const more = gate.isDraining() ? [] : added
      for (const id of gone) taken.delete(id)
      for (const { id } of more) taken.add(id)
      control.onCurrent(transcript)
      return Effect.zipRight(
        Effect.forEach(gone, fibers.cancel, { discard: true }),
        Effect.forEach(more, (call) => fibers.run(call.id, answer(call)), { discard: true })
      )
    })

    const take = (update: Follow.Update): Effect.Effect<void> => {
      switch (update._tag) {
        case "Event":
          transcript = Transcript.add(transcript, update.event)
          return isCurrent ? respond : Effect.void
        case "CaughtUp":
          isCurrent = true
          return respond
        case "Connected":
        case "Reconnecting":
          isCurrent = false
          return Effect.void
        case "Ended":
          reason = update.reason
          return Effect.void
        default:
          return Effect.void
      }
    }

    const following = Stream.runForEach(events.follow(sessionId, { ...options.follow, from: "start" }), take)
    const ended = Effect.raceFirst(following, Deferred.await(failed))
    return yield* Effect.raceFirst(
      Effect.map(ended, () => reason),
      Effect.as(Effect.zipRight(control.drain, gate.drain), "drained" as const)
    )
  }).pipe(Effect.scoped)

/** Goes on without a result that was not delivered. */
const undelivered = (
  call: ToolRunner.Call,
  error: ApiError | Journal.JournalError
): Effect.Effect<void, Journal.JournalError> =>
  error._tag === "JournalError"
    ? Effect.fail(error)
    : Effect.logError(`The result of a call of ${call.name} could not be delivered`, error)
