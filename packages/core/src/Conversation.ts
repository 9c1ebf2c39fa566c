/**
 * Run a turn: send input to a session and await its result.
 *
 * {@link turn} succeeds when the turn is over, whatever happens to connections in between; {@link stream} emits its
 * updates. {@link join} goes on with a turn that others have begun, {@link decide} with one that has asked for decisions. A {@link TurnResult} has one of nine tags, and carries what was said, called and consumed.
 *
 * To leave a turn, interrupt its fiber: the agent goes on. To stop the agent, {@link interrupt} it.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { ApiError } from "./ApiError.ts"
import type * as Content from "./Content.ts"
import type * as Delivery from "./Delivery.ts"
import * as Event from "./Event.ts"
import * as Events from "./Events.ts"
import type * as Follow from "./Follow.ts"
import type { EventIdInput, SessionIdInput, ThreadIdInput } from "./Ids.ts"
import { EventId, SessionId } from "./Ids.ts"
import { readAgain } from "./internal/http/foreign.ts"
import * as pull from "./internal/stream/pull.ts"
import * as sessionSpan from "./internal/telemetry/sessionSpan.ts"
import * as decidedTurn from "./internal/turn/decidedTurn.ts"
import * as defaultJournal from "./internal/turn/defaultJournal.ts"
import { toEvents } from "./internal/turn/input.ts"
import { run, toolCalls } from "./internal/turn/interpreter.ts"
import * as cases from "./internal/turn/match.ts"
import * as runOnce from "./internal/turn/runOnce.ts"
import { noResult, untilFinished } from "./internal/turn/untilFinished.ts"
import * as Journal from "./Journal.ts"
import * as PendingAction from "./PendingAction.ts"
import type * as SessionEvent from "./SessionEvent.ts"
import type { SessionFailure } from "./SessionFailure.ts"
import * as Sessions from "./Sessions.ts"
import * as ToolRunner from "./ToolRunner.ts"
import * as Transcript from "./Transcript.ts"
import type * as Usage from "./Usage.ts"
import * as UserEvent from "./UserEvent.ts"

// ---------------------------------------------------------------------------------------------------------------------
// Input
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Input of a turn: a text, blocks of content such as images and documents, or events, such as an outcome to reach or
 * the answers to what an earlier turn left open.
 * @category models
 */
export type Input =
  | string
  | ReadonlyArray<Content.MessageContentParams>
  | Event.EventParams
  | ReadonlyArray<Event.EventParams>

// ---------------------------------------------------------------------------------------------------------------------
// Results
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Record of a turn.
 * @category models
 */
export interface Report {
  readonly sessionId: SessionId
  /** The text of the agent's last message. */
  readonly reply: string
  /** The agent's messages, from when it was attached to until the end. */
  readonly messages: Transcript.Transcript["messages"]
  readonly toolCalls: ReadonlyArray<Transcript.ToolCall>
  /** The failures in the session, also those that it recovered from. */
  readonly errors: ReadonlyArray<SessionFailure>
  readonly usage: Consumption
  /** Everything else that is known from the turn's events. */
  readonly transcript: Transcript.Transcript
}

/**
 * Consumption of a turn.
 * @category models
 */
export interface Consumption {
  /** The tokens of the primary thread's model requests and of graders. */
  readonly tokens: Transcript.Tokens
  /** The cost at list prices according to the session, with all its threads; `undefined` where it did not say. */
  readonly cost: Usage.ListCost | undefined
  /** Everything that the session had consumed since its creation when the turn ended. */
  readonly session: Usage.UsageSnapshot | undefined
}

/**
 * The agent has finished.
 * @category models
 */
export interface EndTurn extends Report {
  readonly _tag: "EndTurn"
}

/**
 * The session waits for something that nobody here answers.
 * @category models
 */
export interface RequiresAction extends Report {
  readonly _tag: "RequiresAction"
  /**
   * The actions that it waits for. To go on, answer all of them: with {@link answer}, or as the input of the next turn.
   */
  readonly actions: ReadonlyArray<PendingAction.PendingAction>
}

/**
 * The agent was stopped by an interrupt.
 * @category models
 */
export interface Interrupted extends Report {
  readonly _tag: "Interrupted"
}

/**
 * The model refused.
 * @category models
 */
export interface Refusal extends Report {
  readonly _tag: "Refusal"
  readonly category: SessionEvent.RefusalCategory | undefined
  readonly explanation: string | undefined
}

/**
 * The session's budget is used up. A new budget makes it go on.
 * @category models
 */
export interface BudgetReached extends Report {
  readonly _tag: "BudgetReached"
}

/**
 * The service has given up on the turn; `errors` says why. The session takes new messages.
 * @category models
 */
export interface RetriesExhausted extends Report {
  readonly _tag: "RetriesExhausted"
}

/**
 * The session is over.
 * @category models
 */
export interface Terminated extends Report {
  readonly _tag: "Terminated"
  /** True if somebody archived it; otherwise an error has ended it, and `errors` says which. */
  readonly archived: boolean
}

/**
 * Somebody deleted the session.
 * @category models
 */
export interface Deleted extends Report {
  readonly _tag: "Deleted"
}

/**
 * The turn ended for a reason that this version does not know.
 * @category models
 */
export interface UnknownStopReason extends Report {
  readonly _tag: "UnknownStopReason"
  readonly stopReason: Extract<Transcript.Ending, { readonly _tag: "UnknownStopReason" }>["stopReason"]
}

/**
 * The end of a turn, and a report of it. {@link match} handles every case.
 * @category models
 */
export type TurnResult =
  | EndTurn
  | RequiresAction
  | Interrupted
  | Refusal
  | BudgetReached
  | RetriesExhausted
  | Terminated
  | Deleted
  | UnknownStopReason

/**
 * Handles every case of a {@link TurnResult}.
 *
 * @example
 * ```ts
 * import * as Conversation from "@effect-managed-agents/core/Conversation"
 *
 * export const explain = Conversation.match({
 *   EndTurn: ({ reply }) => reply,
 *   RequiresAction: ({ actions }) => `It waits for ${actions.map(({ name }) => name).join(", ")}.`,
 *   Interrupted: () => "Stopped.",
 *   Refusal: ({ explanation }) => `Refused: ${explanation ?? "no reason was given"}`,
 *   BudgetReached: () => "The budget is used up.",
 *   RetriesExhausted: ({ errors }) => `Failed: ${errors.map(({ type }) => String(type)).join(", ")}`,
 *   Terminated: () => "The session is over.",
 *   Deleted: () => "The session is gone.",
 *   UnknownStopReason: () => "It ended for a reason that is newer than this program."
 * })
 * ```
 *
 * @category combinators
 */
export const match: cases.Match<TurnResult> = cases.match<TurnResult>()

/**
 * The input has been sent.
 * @category models
 */
export interface Delivered {
  readonly _tag: "Delivered"
  readonly delivery: Delivery.Delivery
}

/**
 * The turn is over. The last update.
 * @category models
 */
export interface Finished {
  readonly _tag: "Finished"
  readonly result: TurnResult
}

/**
 * Update of a turn: those that a follower of the session gets, and the turn's own milestones.
 * @category models
 */
export type Update = Follow.Update | Delivered | Finished

// ---------------------------------------------------------------------------------------------------------------------
// Turns
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Options of a turn.
 * @category options
 */
export interface Options<E1 = never, R1 = never, E2 = never, R2 = never, T extends ToolRunner.Source = never> {
  /**
   * Decides about the tool calls that wait for approval, each in a fiber of its own, those of sub-agents included: what
   * the service asks about, and calls of `tools` that need approval. A decision that is not needed any more is interrupted.
   */
  readonly approve?:
    | ((action: PendingAction.ApprovalRequest) => Effect.Effect<PendingAction.Decision, E1, R1>)
    | undefined
  /**
   * The tools that answer the agent's calls, each call at most once, those of sub-agents included: a `Toolkit` of
   * `@effect/ai`, or what `ToolRunner.make` makes of it.
   */
  readonly tools?: T | undefined
  /**
   * Answers the calls of custom tools that are not among `tools`, and of the tools that a self-hosted environment runs,
   * each in a fiber of its own. `none` leaves the call to others.
   */
  readonly answer?:
    | ((
      call: PendingAction.CustomToolCall | PendingAction.SelfHostedToolCall
    ) => Effect.Effect<Option.Option<PendingAction.ToolResult>, E2, R2>)
    | undefined
  /** Options of following the session meanwhile, such as previews. */
  readonly follow?: Omit<Follow.Options, "from"> | undefined
  /** Options of delivering the input and the answers. */
  readonly delivery?: Omit<Events.DeliverOptions, "since"> | undefined
}

/**
 * Sends input and runs to the end of the turn.
 *
 * It attaches before it sends. A turn is over only when its own input was taken up before: a session may read as idle for
 * a while after it was sent something. Input for a session that runs steers the turn that runs. A call that waits ends the
 * turn only if nothing here answers it.
 *
 * Fails if the input was rejected, or if it is indeterminate whether it arrived, with the error of the last attempt.
 *
 * @example
 * ```ts
 * import * as Conversation from "@effect-managed-agents/core/Conversation"
 * import type { SessionId } from "@effect-managed-agents/core/Ids"
 * import * as PendingAction from "@effect-managed-agents/core/PendingAction"
 * import * as Effect from "effect/Effect"
 *
 * const ask = (sessionId: SessionId, question: string) =>
 *   Conversation.turn(sessionId, question, {
 *     approve: (call) => Effect.succeed(call.name === "read" ? PendingAction.allow : PendingAction.deny("Only reading."))
 *   }).pipe(
 *     Effect.map(Conversation.match({
 *       EndTurn: ({ reply }) => reply,
 *       RequiresAction: ({ actions }) => `It waits for ${actions.map(({ name }) => name).join(", ")}.`,
 *       Interrupted: () => "Stopped.",
 *       Refusal: ({ explanation }) => `Refused: ${explanation ?? "no reason was given"}`,
 *       BudgetReached: () => "The budget is used up.",
 *       RetriesExhausted: ({ errors }) => `Failed: ${errors.map(({ type }) => String(type)).join(", ")}`,
 *       Terminated: () => "The session is over.",
 *       Deleted: () => "The session is gone.",
 *       UnknownStopReason: () => "It ended for a reason that is newer than this program."
 *     }))
 *   )
 * ```
 *
 * @category constructors
 */
export const turn = <E1 = never, R1 = never, E2 = never, R2 = never, T extends ToolRunner.Source = never>(
  sessionId: SessionIdInput,
  input: Input,
  options?: Options<E1, R1, E2, R2, T>
): Effect.Effect<
  TurnResult,
  ApiError | E1 | E2 | ToolRunner.Error<T>,
  Events.Events | R1 | R2 | ToolRunner.Context<T>
> =>
  Effect.flatMap(start("Conversation.turn", sessionId, toEvents(input), options ?? {}), untilFinished).pipe(
    Effect.scoped
  )

/**
 * Emits the updates of a {@link turn}. The last one holds the result.
 * @category constructors
 */
export const stream = <E1 = never, R1 = never, E2 = never, R2 = never, T extends ToolRunner.Source = never>(
  sessionId: SessionIdInput,
  input: Input,
  options: Options<E1, R1, E2, R2, T> = {}
): Stream.Stream<
  Update,
  ApiError | E1 | E2 | ToolRunner.Error<T>,
  Events.Events | R1 | R2 | ToolRunner.Context<T>
> => pull.toStream(start("Conversation.turn", sessionId, toEvents(input), options))

/**
 * Runs to the end of the turn that is under way, and sends nothing but answers to its calls: after a restart, after an
 * approval that was given elsewhere, after a budget was raised. Where no turn is under way it is the last one that is
 * reported.
 *
 * The report covers the whole turn, from the end of the one before. A session that was never sent anything reports an
 * `EndTurn` without a message. Calls of tools that wait are answered as in {@link turn}; what a `Journal` knows of does not
 * run again.
 *
 * @example
 * ```ts
 * import * as Conversation from "@effect-managed-agents/core/Conversation"
 * import type { SessionId } from "@effect-managed-agents/core/Ids"
 * import * as PendingAction from "@effect-managed-agents/core/PendingAction"
 * import * as Effect from "effect/Effect"
 *
 * // days after a turn has ended as `RequiresAction`
 * export const approve = (action: PendingAction.Confirmation) =>
 *   Effect.zipRight(Conversation.answer(action, PendingAction.allow), Conversation.join(action.sessionId))
 * ```
 *
 * @category constructors
 */
export const join = <E1 = never, R1 = never, E2 = never, R2 = never, T extends ToolRunner.Source = never>(
  sessionId: SessionIdInput,
  options?: Options<E1, R1, E2, R2, T>
): Effect.Effect<
  TurnResult,
  ApiError | E1 | E2 | ToolRunner.Error<T>,
  Events.Events | R1 | R2 | ToolRunner.Context<T>
> => Effect.flatMap(start("Conversation.join", sessionId, undefined, options ?? {}), untilFinished).pipe(Effect.scoped)

/**
 * Emits the updates of a turn that is {@link join}ed, from its first event. The last one holds the result.
 * @category constructors
 */
export const joinStream = <E1 = never, R1 = never, E2 = never, R2 = never, T extends ToolRunner.Source = never>(
  sessionId: SessionIdInput,
  options: Options<E1, R1, E2, R2, T> = {}
): Stream.Stream<
  Update,
  ApiError | E1 | E2 | ToolRunner.Error<T>,
  Events.Events | R1 | R2 | ToolRunner.Context<T>
> => pull.toStream(start("Conversation.join", sessionId, undefined, options))

/**
 * Runs a {@link stream} to its end, for its result.
 * @category destructors
 */
export const runResult = <E, R>(self: Stream.Stream<Update, E, R>): Effect.Effect<TurnResult, E, R> =>
  self.pipe(
    Stream.runFold<TurnResult | undefined, Update>(
      undefined,
      (result, update) => update._tag === "Finished" ? update.result : result
    ),
    Effect.flatMap((result) => result === undefined ? noResult : Effect.succeed(result))
  )

/**
 * A decision about a call, by the id of its event.
 * @category models
 */
export interface CallDecision {
  readonly id: EventIdInput
  readonly decision: PendingAction.Decision
}

/**
 * The decisions were taken, those that are still wanted. The first update of {@link decide}.
 * @category models
 */
export interface Decided {
  readonly _tag: "Decided"
  /** The calls that they are about, as they were known before: with a result, if they had one; `undefined` if unknown. */
  readonly calls: ReadonlyArray<{ readonly id: EventId; readonly known: Transcript.ToolCall | undefined }>
  /** True if their turn is over and a later one has begun, or if it was never there. No update follows. */
  readonly isOver: boolean
}

/**
 * Takes decisions about calls that an earlier {@link RequiresAction} has asked for, and goes on with the turn after it: such
 * as those that a page posts, which has shown the turn until then.
 *
 * They may be about what the service asks and about `tools` that need approval. A decision about a call that was decided
 * on before has no effect, and waits for nothing: what is known of the call is in the first update.
 *
 * @example
 * ```ts
 * import * as Conversation from "@effect-managed-agents/core/Conversation"
 * import type { EventId, SessionId } from "@effect-managed-agents/core/Ids"
 * import * as PendingAction from "@effect-managed-agents/core/PendingAction"
 *
 * export const allowed = (sessionId: SessionId, id: EventId) =>
 *   Conversation.decide(sessionId, [{ id, decision: PendingAction.allow }])
 * ```
 *
 * @category constructors
 */
export const decide = <E1 = never, R1 = never, E2 = never, R2 = never, T extends ToolRunner.Source = never>(
  sessionId: SessionIdInput,
  decisions: ReadonlyArray<CallDecision>,
  options: Options<E1, R1, E2, R2, T> = {}
): Stream.Stream<
  Update | Decided,
  ApiError | E1 | E2 | ToolRunner.Error<T>,
  Events.Events | R1 | R2 | ToolRunner.Context<T>
> =>
  Stream.unwrap(Effect.gen(function*() {
    const events = yield* Events.Events
    const ids = decisions.map(({ id }) => EventId.make(id))
    const { isOver, last, transcript } = yield* Stream.runFold(
      events.list(sessionId, { types: decisive }),
      decidedTurn.start,
      decidedTurn.add(ids)
    )
    const actions = yield* pendingOf(transcript, sessionId, options)
    for (const { decision, id } of decisions) {
      const action = actions.find((action) => action.id === id)
      if (action?._tag !== "Confirmation" && action?._tag !== "ToolApproval") continue
      // where there are tools, the errors include those of the journal
      const delivery = yield* answer(action, decision, options.delivery) as Effect.Effect<
        Delivery.Delivery,
        ApiError | ToolRunner.Error<T>,
        Events.Events
      >
      if (delivery._tag === "Indeterminate") return yield* delivery.error
    }
    const calls = ids.map((id) => ({ id, known: transcript.toolCalls.findLast(({ call }) => call.id === id) }))
    const decided = Stream.make<[Decided]>({ _tag: "Decided", calls, isOver })
    return isOver ? decided : Stream.concat(decided, afterEvent(last)(joinStream(sessionId, options)))
  }))

/** Leaves out the updates until an event, but not the last one. */
const afterEvent =
  (id: EventId | undefined) => <E, R>(self: Stream.Stream<Update, E, R>): Stream.Stream<Update, E, R> =>
    Stream.filter(
      Stream.mapAccum(self, id === undefined, (isAfter, update) => [
        isAfter || (update._tag === "Event" && Event.idOf(update.event) === id),
        isAfter || update._tag === "Finished" ? update : undefined
      ]),
      (update) => update !== undefined
    )

const start = <E1, R1, E2, R2, T extends ToolRunner.Source>(
  name: "Conversation.turn" | "Conversation.join",
  sessionId: SessionIdInput,
  sent: ReadonlyArray<Event.EventParams> | undefined,
  options: Options<E1, R1, E2, R2, T>
) => sessionSpan.withinPull(name, sessionId)(run(SessionId.make(sessionId), sent, options))

// ---------------------------------------------------------------------------------------------------------------------
// Answers from elsewhere
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Options of {@link pending}: the tools of the program, whose calls may need approval.
 * @category options
 */
export interface PendingOptions<T extends ToolRunner.Source = never> {
  readonly tools?: T | undefined
}

/**
 * Reads from the history of a session the actions that it waits for, for a program that was not there when it asked. With
 * `tools`, calls of them that wait for approval are a `ToolApproval`.
 * @category constructors
 */
export const pending = <T extends ToolRunner.Source = never>(
  sessionId: SessionIdInput,
  options: PendingOptions<T> = {}
): Effect.Effect<
  ReadonlyArray<PendingAction.PendingAction>,
  ApiError | ToolRunner.Error<T>,
  Events.Events | ToolRunner.Context<T>
> =>
  Effect.gen(function*() {
    const events = yield* Events.Events
    const transcript = yield* Stream.runFold(
      events.list(sessionId, { types: decisive }),
      Transcript.empty,
      Transcript.add
    )
    return yield* pendingOf(transcript, sessionId, options)
  }).pipe(sessionSpan.within("Conversation.pending", sessionId))

const pendingOf = <T extends ToolRunner.Source>(
  transcript: Transcript.Transcript,
  sessionId: SessionIdInput,
  options: PendingOptions<T>
): Effect.Effect<
  ReadonlyArray<PendingAction.PendingAction>,
  ToolRunner.Error<T>,
  Events.Events | ToolRunner.Context<T>
> =>
  Effect.gen(function*() {
    const actions = Transcript.pendingActions(transcript, sessionId)
    if (options.tools === undefined) return actions
    const tools = yield* ToolRunner.make(options.tools)
    return yield* Effect.forEach(actions, (action) =>
      action._tag === "CustomToolCall"
        // where there are tools, the errors include those of the journal
        ? Effect.map(
          tools.isUndecided(action) as Effect.Effect<boolean, ToolRunner.Error<T>, ToolRunner.Context<T>>,
          (isUndecided): PendingAction.PendingAction => isUndecided ? { ...action, _tag: "ToolApproval" } : action
        )
        : Effect.succeed(action))
  })

/** The events that decide about what is pending. */
const decisive: ReadonlyArray<Event.EventType> = [
  ...toolCalls,
  "agent.tool_result",
  "agent.mcp_tool_result",
  "user.tool_confirmation",
  "user.custom_tool_result",
  "user.tool_result",
  "session.status_running",
  "session.status_idle",
  "session.status_terminated",
  "session.thread_status_running",
  "session.thread_status_idle",
  "session.thread_status_terminated"
]

/**
 * Answers an action, wherever it was found: it names its session. The session goes on once all that it waits for is
 * answered; a second answer has no effect.
 *
 * The decision about a `ToolApproval` is written into the `Journal`, and nothing is sent: whoever has the tools then runs
 * the call, or denies it to the agent. Unless a turn or a worker with them is there, {@link join} one.
 *
 * @category constructors
 */
export const answer = <A extends PendingAction.PendingAction>(
  action: A,
  answer: PendingAction.AnswerTo<NoInfer<A>>,
  options?: Events.DeliverOptions
): Effect.Effect<Delivery.Delivery, AnswerError<A>, Events.Events> =>
  Effect.gen(function*() {
    const events = yield* Events.Events
    const reply = replyTo(action, answer)
    if ("type" in reply) return yield* events.deliver(action.sessionId, reply, options)
    const journal = defaultJournal.resolve(yield* Journal.Journal, events)
    yield* runOnce.decide(journal, action, reply)
    return { _tag: "Accepted", events: [] } as const
  }).pipe(
    sessionSpan.within("Conversation.answer", action.sessionId),
    // only a decision about a tool of one's own goes to the journal
    (self) => self as Effect.Effect<Delivery.Delivery, AnswerError<A>, Events.Events>
  )

/** The event that answers an action, or the decision to be written down. */
const replyTo = <A extends PendingAction.PendingAction>(
  action: A,
  answer: PendingAction.AnswerTo<NoInfer<A>>
): PendingAction.Reply | PendingAction.Decision => {
  // the compiler does not relate the kind of the action to the kind of the answer
  const given: PendingAction.Decision | PendingAction.ToolResult = answer
  const of: PendingAction.PendingAction = action
  return of._tag === "ToolApproval"
    ? given as PendingAction.Decision
    : PendingAction.reply<PendingAction.Repliable>(of, given as never)
}

/**
 * Errors of answering an action.
 * @category type-level
 */
export type AnswerError<A> =
  | ApiError
  | (Extract<A, PendingAction.ToolApproval> extends never ? never
    : Journal.JournalError)

/**
 * Options of interrupting: the thread to stop.
 * @category options
 */
export interface InterruptOptions extends Events.DeliverOptions {
  /** Only this thread. Without it every thread of the session is stopped. */
  readonly threadId?: ThreadIdInput | undefined
}

/**
 * Stops the agent and waits until it has stopped: until the session is not running any more, so that it can be archived,
 * deleted or changed. With `threadId`, until the interrupt was taken up.
 *
 * A turn that is under way ends as `Interrupted`. What was queued before is taken up after it, and waited for as well.
 *
 * @category constructors
 */
export const interrupt = (
  sessionId: SessionIdInput,
  { threadId, ...options }: InterruptOptions = {}
): Effect.Effect<void, ApiError, Events.Events | Sessions.Sessions> =>
  Effect.gen(function*() {
    const events = yield* Events.Events
    const sessions = yield* Sessions.Sessions
    const delivery = yield* events.deliver(sessionId, UserEvent.interrupt(threadId), options)
    if (delivery._tag === "Indeterminate") return yield* delivery.error
    const ids = delivery.events.flatMap((event) => Event.idOf(event) ?? [])
    /** An interrupt that is in no list has found nothing to stop. */
    const isQueued = Effect.map(
      readAgain(events.listPage(sessionId, { order: "desc", limit: 100, types: ["user.interrupt"] })),
      ({ data }) =>
        data.some((event) => Event.processedAtOf(event) === undefined && ids.some((id) => id === Event.idOf(event)))
    )
    const isAtWork = threadId !== undefined ? Effect.succeed(false) : Effect.map(
      readAgain(sessions.retrieve(sessionId)),
      ({ status }) => status === "running" || status === "rescheduling"
    )
    yield* Effect.repeat(Effect.flatMap(isAtWork, (busy) => busy ? Effect.succeed(true) : isQueued), {
      while: (busy) => busy,
      schedule: settling
    })
  }).pipe(sessionSpan.within("Conversation.interrupt", sessionId))

/** The times at which to check whether a session has come to rest. */
const settling = Schedule.union(Schedule.exponential("100 millis"), Schedule.spaced("2 seconds"))
