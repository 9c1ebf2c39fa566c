import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import type * as Journal from "../../Journal.ts"
import type * as PendingAction from "../../PendingAction.ts"
import type * as ToolRunner from "../../ToolRunner.ts"
import { countToolCall } from "../telemetry/metrics.ts"
import * as span from "../telemetry/span.ts"
import * as drain from "./drain.ts"
import { patiently } from "./patiently.ts"
import type { Execution } from "./runTool.ts"
import * as runTool from "./runTool.ts"

/** A tool that is ready to run. */
export interface Runnable<R> {
  readonly tool: ToolRunner.Tool
  readonly run: (call: ToolRunner.Call) => Effect.Effect<Execution, never, R>
  /** Waits until the tool may run. */
  readonly limit: <A, E, R2>(self: Effect.Effect<A, E, R2>) => Effect.Effect<A, E, R2>
  readonly unfinished: (call: ToolRunner.Call) => ToolRunner.Unfinished
  readonly needsApproval: (call: ToolRunner.Call) => Effect.Effect<boolean, never, R>
}

/** A tool of the owner of a session, or of a program that has no owners. */
interface Owned<R> extends Runnable<R> {
  /** Waits as long as it takes until the start of a call is written down, instead of failing soon. */
  readonly isPatient: boolean
}

/**
 * Runs a call unless the journal has it, and sends its result unless it was sent. A call that needs approval waits for
 * `approve`, while others may decide about it.
 */
export const answer = <R, E, R2>(
  journal: Journal.Service,
  call: ToolRunner.Call,
  runnable: Owned<R>,
  send: (result: PendingAction.ToolResult) => Effect.Effect<boolean, E, R2>,
  approve: ToolRunner.Approve<E, R2> | undefined
): Effect.Effect<ToolRunner.Answered, E | Journal.JournalError, R | R2> => {
  const attempt = (decision?: PendingAction.Decision) =>
    journal.exclusively(
      call,
      Effect.gen(function*() {
        const { enter, leave } = (yield* drain.current).ticket()
        return yield* Effect.gen(function*() {
          if (decision !== undefined) yield* keep(journal, call, decision)
          const entry = Option.getOrUndefined(yield* journal.get(call))
          if (entry === undefined && (yield* runnable.needsApproval(call))) return "undecided"
          const result = yield* resultOf(journal, call, { ...runnable, enter }, entry)
          if (result === undefined) return entry?._tag === "Posted" ? "answered" : "declined"
          yield* enter
          yield* post(journal, call, send(result))
          return "answered"
        }).pipe(Effect.ensuring(leave))
      })
    )
  return Effect.flatMap(attempt(), (answered) =>
    answered !== "undecided" || approve === undefined
      ? Effect.succeed(answered)
      : Effect.flatMap(approve({ ...call, _tag: "ToolApproval" }), attempt))
}

/** Tells a call that needs an approval and has none. */
export const isUndecided = <R>(
  journal: Journal.Service,
  call: ToolRunner.Call,
  { needsApproval }: Runnable<R>
): Effect.Effect<boolean, Journal.JournalError, R> =>
  Effect.flatMap(journal.get(call), (entry) => Option.isSome(entry) ? Effect.succeed(false) : needsApproval(call))

/** Keeps a decision about a call for whoever runs it. What was decided before stays. */
export const decide = (
  journal: Journal.Service,
  call: Journal.Call,
  decision: PendingAction.Decision
): Effect.Effect<void, Journal.JournalError> => journal.exclusively(call, keep(journal, call, decision))

const keep = (
  journal: Journal.Service,
  call: Journal.Call,
  decision: PendingAction.Decision
): Effect.Effect<void, Journal.JournalError> =>
  Effect.flatMap(
    journal.get(call),
    Option.match({
      onNone: () => journal.put(call, { _tag: "Decided", decision }),
      onSome: () => Effect.void
    })
  )

/** A tool that is ready to run once it is let in. */
interface Admitted<R> extends Owned<R> {
  /** Waits until the call may begin. */
  readonly enter: Effect.Effect<void>
}

/** The result of a call, where it is this program's to send. */
const resultOf = <R>(
  journal: Journal.Service,
  call: ToolRunner.Call,
  runnable: Admitted<R>,
  entry: Journal.Entry | undefined
): Effect.Effect<PendingAction.ToolResult | undefined, Journal.JournalError, R> => {
  switch (entry?._tag) {
    case undefined:
      return start(journal, call, runnable)
    case "Decided":
      return entry.decision._tag === "Allow"
        ? start(journal, call, runnable)
        : Effect.succeed(runTool.denied(runnable.tool, entry.decision.reason))
    case "Ran":
      return Effect.succeed(entry.result)
    case "Started":
      return resume(journal, call, runnable)
    case "Posted":
    case "Rejected":
      return Effect.succeed(undefined)
  }
}

/** Treats a call that was cut off before it had a result. */
const resume = <R>(
  journal: Journal.Service,
  call: ToolRunner.Call,
  runnable: Admitted<R>
): Effect.Effect<PendingAction.ToolResult | undefined, Journal.JournalError, R> => {
  switch (runnable.unfinished(call)) {
    case "ask":
      return Effect.succeed(undefined)
    case "run":
      return start(journal, call, runnable)
    case "fail": {
      const result = runTool.unfinished(runnable.tool)
      return Effect.as(Effect.uninterruptibleMask(record(journal, call, { _tag: "Ran", result })), result)
    }
  }
}

/** Runs a tool between two entries of the journal. */
const start = <R>(
  journal: Journal.Service,
  call: ToolRunner.Call,
  { enter, isPatient, limit, run, tool }: Admitted<R>
): Effect.Effect<PendingAction.ToolResult, Journal.JournalError, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const begin = journal.put(call, { _tag: "Started" })
      yield* isPatient ? patiently(begin, restore) : Effect.retry(begin, {
        while: ({ isRetryable }) => isRetryable,
        schedule: startRetries
      })
      const exit = yield* Effect.exit(restore(run(call)))
      // a call that is not needed any more; otherwise the tool has interrupted itself
      if (Exit.isInterrupted(exit)) yield* restore(Effect.void)
      const { outcome, result } = Exit.isSuccess(exit) ? exit.value : yield* runTool.defect(tool, exit.cause)
      yield* countToolCall(tool.name, outcome)
      yield* record(journal, call, { _tag: "Ran", result })(restore)
      return result
    })
  ).pipe((self) => Effect.zipRight(enter, self), limit)

/**
 * The journal of the owner of a session. What fails in passing is tried again, for as long as the session is held: if it failed
 * the turn, whatever else runs in it would be cut off, and nobody would know what it did.
 */
export const patient = (journal: Journal.Service): Journal.Service => ({
  ...journal,
  get: (call) => patiently(journal.get(call)),
  // what is written while a tool runs is tried again there
  put: (call, entry) => entry._tag === "Decided" ? patiently(journal.put(call, entry)) : journal.put(call, entry)
})

/** Sends a result and records what became of it. */
const post = <E, R>(
  journal: Journal.Service,
  call: ToolRunner.Call,
  send: Effect.Effect<boolean, E, R>
): Effect.Effect<void, E | Journal.JournalError, R> =>
  Effect.uninterruptibleMask((restore) =>
    restore(send).pipe(
      Effect.tapError((error) => {
        const detail = rejectionOf(error)
        return detail === undefined ? Effect.void : record(journal, call, { _tag: "Rejected", detail })(restore)
      }),
      Effect.flatMap((arrived) => arrived ? record(journal, call, { _tag: "Posted" })(restore) : Effect.void)
    )
  )

/** A tool that has not run yet is in no hurry, but whoever waits for it should learn soon that it cannot. */
const startRetries = Schedule.intersect(Schedule.exponential("200 millis"), Schedule.recurs(3))

const recordRetries = Schedule.union(Schedule.exponential("500 millis"), Schedule.spaced("15 seconds"))

/** Writes down what has happened already, again and again while that may help: until it is there, or is interrupted. */
const record = (journal: Journal.Service, call: ToolRunner.Call, entry: Journal.Entry) =>
(
  restore: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
): Effect.Effect<void, Journal.JournalError> => {
  const put = journal.put(call, entry)
  return Effect.catchIf(
    put,
    ({ isRetryable }) => isRetryable,
    (error) =>
      Effect.logWarning(
        `The journal does not take "${entry._tag}" of a call of ${call.name}, and is asked again`,
        error
      )
        .pipe(
          Effect.zipRight(span.event("journal.retry", { "journal.entry": entry._tag, "event.id": call.id })),
          Effect.zipRight(Effect.retry(Effect.zipRight(restore(Effect.sleep("500 millis")), put), {
            while: ({ isRetryable }) => isRetryable,
            schedule: recordRetries
          }))
        )
  )
}

/** The words of a service that will never take a result, whoever sends it and whenever. */
const rejectionOf = (error: unknown): string | undefined =>
  Predicate.isTagged(error, "InvalidRequest") || Predicate.isTagged(error, "RequestTooLarge")
    ? String(Predicate.hasProperty(error, "message") ? error.message : error._tag)
    : undefined
