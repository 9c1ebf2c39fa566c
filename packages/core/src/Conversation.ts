/**
 * Turns: say something to an agent, and get to know how it ended.
 *
 * {@link turn} sends input and runs until the turn is over, whatever happens to connections in between; {@link stream} is
 * the same, told as it happens. An {@link Outcome} is one of nine, and carries what was said, called and consumed.
 *
 * To leave a turn, interrupt its fiber: the agent goes on. To stop the agent, {@link interrupt} it.
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberMap from "effect/FiberMap"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiError } from "./ApiError.ts"
import type * as Content from "./Content.ts"
import type { Cursor } from "./Cursor.ts"
import type * as Delivery from "./Delivery.ts"
import * as Event from "./Event.ts"
import * as Events from "./Events.ts"
import type * as Follow from "./Follow.ts"
import type { EventId, SessionId, ThreadId } from "./Ids.ts"
import { timeLimit } from "./internal/http/timeLimit.ts"
import type { Pull } from "./internal/stream/pull.ts"
import * as pull from "./internal/stream/pull.ts"
import { Bell } from "./internal/stream/signal.ts"
import { countTurn } from "./internal/telemetry/metrics.ts"
import * as sessionSpan from "./internal/telemetry/sessionSpan.ts"
import { sendReply } from "./internal/turn/sendReply.ts"
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
 * What to say: a text, blocks of content such as images and documents, or events, such as an outcome to reach or the
 * answers to what an earlier turn left open.
 *
 * @category models
 * @since 0.1.0
 */
export type Input =
  | string
  | ReadonlyArray<Content.MessageContentParams>
  | Event.EventParams
  | ReadonlyArray<Event.EventParams>

const isEvent = (value: { readonly type: unknown }): value is Event.EventParams =>
  /^(user|system)\./.test(String(value.type))

const toEvents = (input: Input): ReadonlyArray<Event.EventParams> => {
  if (typeof input === "string") return [UserEvent.message(input)]
  const list: ReadonlyArray<Content.MessageContentParams | Event.EventParams> = Symbol.iterator in input
    ? input
    : [input]
  const events = list.filter(isEvent)
  // what is not an event is a block of a message; a mixture is refused like any other wrong block
  return events.length === list.length
    ? events
    : [UserEvent.message(list as ReadonlyArray<Content.MessageContentParams>)]
}

// ---------------------------------------------------------------------------------------------------------------------
// Outcomes
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What happened in a turn.
 *
 * @category models
 * @since 0.1.0
 */
export interface Report {
  readonly sessionId: SessionId
  /** The text of the agent's last message. */
  readonly reply: string
  /** What the agent said, from when it was attached to until the end. */
  readonly messages: Transcript.Transcript["messages"]
  readonly toolCalls: ReadonlyArray<Transcript.ToolCall>
  /** What went wrong in the session. What it recovered from is there as well. */
  readonly errors: ReadonlyArray<SessionFailure>
  readonly usage: Consumption
  /** Everything else that is known from the turn's events. */
  readonly transcript: Transcript.Transcript
}

/**
 * What a turn consumed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Consumption {
  /** The tokens of the primary thread's model requests and of graders. */
  readonly tokens: Transcript.Tokens
  /** What the session says that it cost at list prices, with all its threads; `undefined` where it did not say. */
  readonly cost: Usage.ListCost | undefined
  /** Everything that the session had consumed since its creation when the turn ended. */
  readonly session: Usage.UsageSnapshot | undefined
}

/**
 * The agent has finished.
 *
 * @category models
 * @since 0.1.0
 */
export interface EndTurn extends Report {
  readonly _tag: "EndTurn"
}

/**
 * The session waits for something that nobody here answers.
 *
 * @category models
 * @since 0.1.0
 */
export interface RequiresAction extends Report {
  readonly _tag: "RequiresAction"
  /** What it waits for. To go on, answer all of it: with {@link answer}, or as the input of the next turn. */
  readonly actions: ReadonlyArray<PendingAction.PendingAction>
}

/**
 * The agent was stopped by an interrupt.
 *
 * @category models
 * @since 0.1.0
 */
export interface Interrupted extends Report {
  readonly _tag: "Interrupted"
}

/**
 * The model refused.
 *
 * @category models
 * @since 0.1.0
 */
export interface Refused extends Report {
  readonly _tag: "Refused"
  readonly category: SessionEvent.RefusalCategory | undefined
  readonly explanation: string | undefined
}

/**
 * The session's budget is used up. A new budget makes it go on.
 *
 * @category models
 * @since 0.1.0
 */
export interface BudgetReached extends Report {
  readonly _tag: "BudgetReached"
}

/**
 * The service has given up on the turn; `errors` says why. The session takes new messages.
 *
 * @category models
 * @since 0.1.0
 */
export interface RetriesExhausted extends Report {
  readonly _tag: "RetriesExhausted"
}

/**
 * The session is over.
 *
 * @category models
 * @since 0.1.0
 */
export interface Terminated extends Report {
  readonly _tag: "Terminated"
  /** Whether somebody archived it; otherwise an error has ended it, and `errors` says which. */
  readonly archived: boolean
}

/**
 * Somebody deleted the session.
 *
 * @category models
 * @since 0.1.0
 */
export interface Deleted extends Report {
  readonly _tag: "Deleted"
}

/**
 * The turn ended for a reason that this version does not know.
 *
 * @category models
 * @since 0.1.0
 */
export interface Unknown extends Report {
  readonly _tag: "Unknown"
  readonly stopReason: Extract<Transcript.Ending, { readonly _tag: "Unknown" }>["stopReason"]
}

/**
 * How a turn ended, and what happened in it. `Match.valueTags` handles every case.
 *
 * @category models
 * @since 0.1.0
 */
export type Outcome =
  | EndTurn
  | RequiresAction
  | Interrupted
  | Refused
  | BudgetReached
  | RetriesExhausted
  | Terminated
  | Deleted
  | Unknown

/**
 * The input has been sent.
 *
 * @category models
 * @since 0.1.0
 */
export interface Delivered {
  readonly _tag: "Delivered"
  readonly delivery: Delivery.Delivery
}

/**
 * The turn is over. The last update.
 *
 * @category models
 * @since 0.1.0
 */
export interface Finished {
  readonly _tag: "Finished"
  readonly outcome: Outcome
}

/**
 * What happens in a turn: what a follower of the session is told, and the turn's own milestones.
 *
 * @category models
 * @since 0.1.0
 */
export type Update = Follow.Update | Delivered | Finished

// ---------------------------------------------------------------------------------------------------------------------
// Turns
// ---------------------------------------------------------------------------------------------------------------------

/**
 * How to run a turn.
 *
 * @category options
 * @since 0.1.0
 */
export interface Options<E1 = never, R1 = never, E2 = never, R2 = never, T extends ToolRunner.Source = never> {
  /**
   * Decides about the tool calls that wait for approval, each in a fiber of its own, those of sub-agents included. A
   * decision that is not needed any more is interrupted.
   */
  readonly approve?: ((action: PendingAction.Confirmation) => Effect.Effect<PendingAction.Decision, E1, R1>) | undefined
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
    ) => Effect.Effect<Option.Option<PendingAction.Result>, E2, R2>)
    | undefined
  /** How to follow the session meanwhile, such as with previews. */
  readonly follow?: Omit<Follow.Options, "from"> | undefined
  /** How hard to try to deliver the input and the answers. */
  readonly delivery?: Omit<Events.DeliverOptions, "since"> | undefined
}

/**
 * Sends input and runs to the end of the turn.
 *
 * It attaches before it sends, and takes a turn for over only when its own input was taken up before: a session may read
 * as idle for a while after it was sent something. Input for a session that runs steers the turn that runs. What waits
 * for an answer ends the turn only if neither `approve` nor `answer` is there for it.
 *
 * Fails if the input was refused, or if it cannot be found out whether it arrived, with what its answer was lost to.
 *
 * @example
 * ```ts
 * import * as Conversation from "@effect-managed-agents/core/Conversation"
 * import type { SessionId } from "@effect-managed-agents/core/Ids"
 * import * as PendingAction from "@effect-managed-agents/core/PendingAction"
 * import * as Effect from "effect/Effect"
 * import * as Match from "effect/Match"
 *
 * const ask = (sessionId: SessionId, question: string) =>
 *   Conversation.turn(sessionId, question, {
 *     approve: (call) => Effect.succeed(call.name === "read" ? PendingAction.allow : PendingAction.deny("Only reading."))
 *   }).pipe(
 *     Effect.map(Match.valueTags({
 *       EndTurn: ({ reply }) => reply,
 *       RequiresAction: ({ actions }) => `It waits for ${actions.map(({ name }) => name).join(", ")}.`,
 *       Interrupted: () => "Stopped.",
 *       Refused: ({ explanation }) => `Refused: ${explanation ?? "no reason was given"}`,
 *       BudgetReached: () => "The budget is used up.",
 *       RetriesExhausted: ({ errors }) => `Failed: ${errors.map(({ type }) => String(type)).join(", ")}`,
 *       Terminated: () => "The session is over.",
 *       Deleted: () => "The session is gone.",
 *       Unknown: () => "It ended for a reason that is newer than this program."
 *     }))
 *   )
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const turn = <E1 = never, R1 = never, E2 = never, R2 = never, T extends ToolRunner.Source = never>(
  sessionId: SessionId,
  input: Input,
  options?: Options<E1, R1, E2, R2, T>
): Effect.Effect<Outcome, ApiError | E1 | E2 | ToolRunner.Error<T>, Events.Events | R1 | R2 | ToolRunner.Context<T>> =>
  Effect.flatMap(start(sessionId, input, options ?? {}), untilFinished).pipe(Effect.scoped)

/**
 * The same as {@link turn}, told as it happens. The last update is the outcome.
 *
 * @category constructors
 * @since 0.1.0
 */
export const stream = <E1 = never, R1 = never, E2 = never, R2 = never, T extends ToolRunner.Source = never>(
  sessionId: SessionId,
  input: Input,
  options: Options<E1, R1, E2, R2, T> = {}
): Stream.Stream<
  Update,
  ApiError | E1 | E2 | ToolRunner.Error<T>,
  Events.Events | R1 | R2 | ToolRunner.Context<T>
> => pull.toStream(start(sessionId, input, options))

/**
 * Runs a {@link stream} to its end, for its outcome.
 *
 * @category destructors
 * @since 0.1.0
 */
export const runOutcome = <E, R>(self: Stream.Stream<Update, E, R>): Effect.Effect<Outcome, E, R> =>
  self.pipe(
    Stream.runFold<Outcome | undefined, Update>(
      undefined,
      (outcome, update) => update._tag === "Finished" ? update.outcome : outcome
    ),
    Effect.flatMap((outcome) => outcome === undefined ? noOutcome : Effect.succeed(outcome))
  )

const start = <E1, R1, E2, R2, T extends ToolRunner.Source>(
  sessionId: SessionId,
  input: Input,
  options: Options<E1, R1, E2, R2, T>
) => sessionSpan.withinPull("Conversation.turn", sessionId)(run(sessionId, toEvents(input), options))

const untilFinished = <E, R>(pull: Pull<Update, E, R>): Effect.Effect<Outcome, E, R> =>
  Effect.flatMap(pull, (updates) => {
    if (updates === undefined) return noOutcome
    const last = Option.getOrUndefined(Chunk.last(updates))
    return last?._tag === "Finished" ? Effect.succeed(last.outcome) : untilFinished(pull)
  })

const noOutcome = Effect.dieMessage("a turn without its last update")

/** What happens beside the events of the session. */
type Signal<E> =
  | { readonly _tag: "Failed"; readonly cause: Cause.Cause<E> }
  | { readonly _tag: "Sent"; readonly delivery: Delivery.Delivery }
  /** A call was answered, or is left to others. */
  | { readonly _tag: "Settled" }
  /** Calls from before the turn, which the session waits for. */
  | { readonly _tag: "Found"; readonly calls: ReadonlyArray<Event.Event> }
  /** Whether the service has dropped the input. */
  | { readonly _tag: "Dropped"; readonly dropped: boolean }
  /** Nothing came of the input: the session is as idle as it was, for the reason that this event gives. */
  | { readonly _tag: "Quiet"; readonly idle: ReadonlyArray<Event.Event> }

/** An answer in the making: being thought about, being sent, sent, or left to others. */
type Reply = "asking" | "sending" | "sent" | "declined"

const run = <E1, R1, E2, R2, T extends ToolRunner.Source>(
  sessionId: SessionId,
  sent: ReadonlyArray<Event.EventParams>,
  options: Options<E1, R1, E2, R2, T>
): Effect.Effect<
  Pull<Update, ApiError | E1 | E2 | ToolRunner.Error<T>>,
  ToolRunner.Error<T>,
  Events.Events | R1 | R2 | ToolRunner.Context<T> | Scope.Scope
> =>
  Effect.gen(function*() {
    type E = ApiError | E1 | E2 | ToolRunner.Error<T>
    type R = Events.Events | R1 | R2 | ToolRunner.Context<T>
    const events = yield* Events.Events
    const context = yield* Effect.context<R>()
    const tools = options.tools === undefined ? undefined : yield* ToolRunner.make(options.tools)
    /** What is still to be dealt with, in order. */
    const inbox: Array<Follow.Update | Signal<E>> = []
    const news = new Bell()
    const post = (...items: ReadonlyArray<Follow.Update | Signal<E>>): void => {
      inbox.push(...items)
      news.ring()
    }
    /** What is done beside: the answers in the making, by action, and the questions to the service. */
    const fibers = yield* FiberMap.make<string>()

    let transcript = Transcript.empty
    let isAttached = false
    /** Whether all that has happened is known. Otherwise what looks open may have been answered. */
    let isCurrent = false
    let delivery: Delivery.Accepted | Delivery.AlreadyLanded | undefined
    let ended: Follow.EndReason | undefined
    /** Whether there is nothing to be taken up: it had no effect, or was dropped. */
    let isVoid = false
    /** The status for which it was asked whether the input was dropped. */
    let dropAskedAt: number | undefined
    const replies = new Map<string, Reply>()
    /** Calls from before the turn, which were looked for. */
    const searched = new Set<EventId>()
    let isSearching = false
    /** What the input itself answers. */
    const answered = new Set<EventId>(sent.flatMap((event) => {
      if (event.type === "user.custom_tool_result") return [event.custom_tool_use_id]
      return event.type === "user.tool_confirmation" || event.type === "user.tool_result" ? [event.tool_use_id] : []
    }))

    /** Does something beside, unless it is being done, and tells what comes of it. */
    const fork = (key: string, effect: Effect.Effect<Signal<E>, E, R>): Effect.Effect<void> =>
      effect.pipe(
        Effect.catchAllCause((cause) => Effect.succeed<Signal<E>>({ _tag: "Failed", cause })),
        Effect.map((signal) => post(signal)),
        Effect.provide(context),
        FiberMap.run(fibers, key, { onlyIfMissing: true }),
        Effect.asVoid
      )

    // -----------------------------------------------------------------------------------------------------------------
    // Sending
    // -----------------------------------------------------------------------------------------------------------------

    const newest = (types: ReadonlyArray<Event.EventType> | undefined, limit = 1) =>
      Effect.map(events.listPage(sessionId, { order: "desc", limit, ...(types && { types }) }), ({ data }) => data)

    /** What had been consumed before. If that cannot be told, the turn is none the worse for it. */
    const consumed = yield* timeLimit(newest(["session.usage"]), {
      duration: Duration.seconds(5),
      onTimeout: () => undefined
    }).pipe(
      Effect.map(([event]) => event?.type === "session.usage" ? event.usage : {}),
      Effect.orElseSucceed(() => undefined),
      Effect.forkScoped
    )
    let before: Usage.UsageSnapshot | undefined

    const deliver = (since: Cursor): Effect.Effect<void> =>
      fork(
        "input",
        Effect.gen(function*() {
          before = yield* Fiber.join(consumed)
          return { _tag: "Sent", delivery: yield* events.deliver(sessionId, sent, { ...options.delivery, since }) }
        })
      )

    /** Whether the input was dropped when the service gave up on the turn that it was to steer. */
    const askIfDropped = Effect.suspend(() => {
      const since = Transcript.statusSince(transcript)
      if (dropAskedAt === since) return Effect.void
      dropAskedAt = since
      const ids = ownIds()
      return fork(
        "dropped",
        Effect.map(newest(["user.message", "user.define_outcome"], 100), (inputs) => ({
          _tag: "Dropped",
          dropped: !inputs.some((event) => ids.some((id) => id === Event.idOf(event)))
        }))
      )
    })

    /** Input that says nothing to the agent need not change anything. */
    const watch: Effect.Effect<Signal<E>, ApiError> = Effect.gen(function*() {
      for (;;) {
        yield* Effect.sleep(patience)
        if (transcript.status._tag !== "Fresh") return { _tag: "Settled" }
        const idle = yield* newest(["session.status_running", "session.status_idle", "session.status_rescheduled"])
        if (idle.every(({ type }) => type === "session.status_idle")) return { _tag: "Quiet", idle }
      }
    })

    // -----------------------------------------------------------------------------------------------------------------
    // Answering
    // -----------------------------------------------------------------------------------------------------------------

    const isPending = (key: string): boolean =>
      Transcript.pendingActions(transcript, sessionId).some((action) => keyOf(action) === key)

    const send = (key: string, reply: PendingAction.Reply): Effect.Effect<boolean, ApiError> => {
      replies.set(key, "sending")
      return sendReply(events, sessionId, reply, () => isPending(key), options.delivery)
    }

    /** Does what leads to an answer, and remembers whether there is one. */
    const settle = (
      key: string,
      answer: Effect.Effect<boolean, E, R>
    ): Effect.Effect<void> => {
      replies.set(key, "asking")
      return fork(
        key,
        Effect.map(answer, (isAnswered) => {
          replies.set(key, isAnswered ? "sent" : "declined")
          return { _tag: "Settled" }
        })
      )
    }

    const makeReply = <A extends PendingAction.PendingAction>(
      action: A,
      decide: Effect.Effect<Option.Option<PendingAction.AnswerTo<A>>, E1 | E2, R1 | R2>
    ): Effect.Effect<void> => {
      const key = keyOf(action)
      return settle(
        key,
        Effect.flatMap(
          decide,
          Option.match({
            onNone: () => Effect.succeed(false),
            onSome: (answer) => Effect.as(send(key, PendingAction.reply(action, answer)), true)
          })
        )
      )
    }

    const respond = (action: PendingAction.PendingAction): Effect.Effect<void> => {
      const { answer, approve } = options
      const key = keyOf(action)
      if (replies.has(key) || isBeingAnswered(action.id)) return Effect.void
      if (action._tag !== "Confirmation") {
        if (tools?.owns(action) === true) {
          const answer = tools.answer(action, (result) => send(key, PendingAction.reply(action, result)))
          // where there are tools, `E` includes the errors of the journal
          return settle(key, answer as Effect.Effect<boolean, E, R>)
        }
        return answer === undefined
          ? Effect.void
          : makeReply(action, Effect.suspend(() => answer(action)))
      }
      if (approve === undefined || !isAsked(transcript, action.id)) return Effect.void
      return makeReply(
        action,
        Effect.asSome(Effect.suspend(() => approve(action))).pipe(
          Effect.withSpan("Conversation.approve", {
            attributes: { "session.id": sessionId, "event.id": action.id, "tool.name": action.name },
            captureStackTrace: false
          })
        )
      )
    }

    /** Answers what is new, and gives up answers that are not needed any more. */
    const respondToAll: Effect.Effect<void> = Effect.suspend(() => {
      if (!isCurrent) return Effect.void
      const pending = Transcript.pendingActions(transcript, sessionId)
      if (pending.length === 0 && replies.size === 0) return Effect.void
      const keys = new Set(pending.map(keyOf))
      const gone = [...replies].flatMap(([key, reply]) => reply === "asking" && !keys.has(key) ? [key] : [])
      for (const key of gone) replies.set(key, "declined")
      return Effect.zipRight(
        // a tool that takes its time to stop does not keep others waiting
        Effect.forEach(gone, (key) => Effect.forkDaemon(FiberMap.remove(fibers, key)), { discard: true }),
        Effect.forEach(pending, respond, { discard: true })
      )
    })

    // -----------------------------------------------------------------------------------------------------------------
    // The end
    // -----------------------------------------------------------------------------------------------------------------

    /** The inputs that the agent has to take up before the turn can be over. */
    const ownIds = (): ReadonlyArray<EventId> =>
      (delivery?.events ?? []).flatMap((event) => {
        const id = Event.idOf(event)
        return id === undefined || event.type === "user.interrupt" || event.type === "system.message" ? [] : [id]
      })

    /** Whether the agent had taken up the input when the status last changed. */
    const isTakenUp = (): boolean => {
      if (delivery === undefined) return false
      const since = Transcript.statusSince(transcript)
      const taken = transcript.inputs.filter(({ at, processed }) => processed && at < since)
      // a server that does not say what it stored leaves only the kind to go by
      return delivery.events.length === 0
        ? taken.some(({ type }) => sent.some((event) => event.type === type))
        : ownIds().every((id) => taken.some((input) => input.id === id))
    }

    const isBeingAnswered = (id: EventId): boolean => answered.has(id) && !isTakenUp()

    const report = (): Report => {
      const { errors, messages, toolCalls, usage } = transcript
      const cost = costOf(before, usage.session)
      return {
        sessionId,
        reply: Transcript.reply(transcript),
        messages,
        toolCalls,
        errors,
        usage: { tokens: Transcript.tokens(transcript), cost, session: usage.session },
        transcript
      }
    }

    /** What is left open if nobody here answers it. */
    const requiresAction = (ids: ReadonlyArray<EventId>): Effect.Effect<Outcome | undefined> => {
      const known = new Map(Transcript.pendingActions(transcript, sessionId).map((action) => [action.id, action]))
      const wanted = ids.filter((id) => !known.has(id) && !searched.has(id))
      if (wanted.length > 0) {
        for (const id of wanted) searched.add(id)
        isSearching = true
        const found = Effect.map(findCalls(events, sessionId, wanted), (calls) => ({ _tag: "Found", calls } as const))
        return Effect.as(fork(`calls ${wanted.join(" ")}`, found), undefined)
      }
      const replyTo = (id: EventId): Reply => {
        const action = known.get(id)
        if (isBeingAnswered(id)) return "sending"
        return action === undefined ? "declined" : replies.get(keyOf(action)) ?? "declined"
      }
      // an answer that was sent may have to wait for that to an earlier call
      const open = ids.filter((id) => replyTo(id) !== "sent")
      return Effect.succeed(
        open.length > 0 && open.every((id) => replyTo(id) === "declined") && !isSearching
          ? { _tag: "RequiresAction", ...report(), actions: open.flatMap((id) => known.get(id) ?? []) }
          : undefined
      )
    }

    const decide: Effect.Effect<Outcome | undefined> = Effect.suspend(() => {
      if (delivery === undefined) return Effect.succeed(undefined)
      if (ended !== undefined) {
        return Effect.succeed(
          ended === "deleted"
            ? { _tag: "Deleted", ...report() }
            : { _tag: "Terminated", ...report(), archived: ended === "archived" }
        )
      }
      const now = Transcript.turn(transcript)
      switch (now._tag) {
        case "Waiting":
          return isCurrent ? requiresAction(now.ids) : Effect.succeed(undefined)
        case "Ended": {
          const { ending } = now
          // what became of the session is told at the end of the stream
          if (ending._tag === "Terminated" || ending._tag === "Deleted") return Effect.succeed(undefined)
          if (isVoid || isTakenUp() || ending._tag === "BudgetReached") {
            return Effect.succeed({ ...ending, ...report() })
          }
          return ending._tag === "RetriesExhausted" ? Effect.as(askIfDropped, undefined) : Effect.succeed(undefined)
        }
        case "Idle":
          return Effect.succeed(isVoid ? { _tag: "EndTurn", ...report() } : undefined)
        case "Queued":
        case "Rescheduling":
        case "Running":
          return Effect.succeed(undefined)
      }
    })

    const take = (item: Follow.Update | Signal<E>): Effect.Effect<void, E> => {
      switch (item._tag) {
        case "Connected":
        case "Reconnecting":
          isCurrent = false
          return Effect.void
        case "CaughtUp":
          isCurrent = true
          if (isAttached) return respondToAll
          isAttached = true
          return deliver(item.cursor)
        case "Event":
          transcript = Transcript.add(transcript, item.event)
          return respondToAll
        case "Ended":
          ended = item.reason
          return Effect.void
        case "Failed":
          return Effect.failCause(item.cause)
        case "Sent": {
          if (item.delivery._tag === "Unknown") return Effect.fail(item.delivery.error)
          delivery = item.delivery
          return sent.some(({ type }) => type === "user.message" || type === "user.define_outcome")
            ? Effect.void
            : fork("quiet", watch)
        }
        case "Found":
          isSearching = false
          transcript = item.calls.reduce(Transcript.add, transcript)
          return respondToAll
        case "Dropped":
          isVoid = item.dropped
          return Effect.void
        case "Quiet":
          isVoid = transcript.status._tag === "Fresh"
          // it happened before all that is known
          if (isVoid) transcript = Transcript.fromEvents(item.idle)
          return Effect.void
        default:
          return Effect.void
      }
    }

    const finish = (outcome: Outcome): Effect.Effect<Update> =>
      countTurn(outcome._tag, outcome.usage).pipe(
        Effect.zipRight(Effect.annotateCurrentSpan("turn.outcome", outcome._tag)),
        Effect.as({ _tag: "Finished", outcome })
      )

    const show = (item: Follow.Update | Signal<E>): ReadonlyArray<Update> => {
      switch (item._tag) {
        case "Sent":
          return item.delivery._tag === "Unknown" ? [] : [{ _tag: "Delivered", delivery: item.delivery }]
        case "Failed":
        case "Settled":
        case "Found":
        case "Dropped":
        case "Quiet":
          return []
        default:
          return [item]
      }
    }

    // -----------------------------------------------------------------------------------------------------------------
    // One thing after the other
    // -----------------------------------------------------------------------------------------------------------------

    /** Reads what the session does, a chunk when there is nothing else to deal with. */
    const asked = new Bell()
    let isReading = false
    const updates = yield* pull.fromStream(events.follow(sessionId, { ...options.follow, from: "now" }))
    const reading: Effect.Effect<void> = Effect.zipRight(
      asked.wait,
      Effect.matchCauseEffect(updates, {
        onFailure: (cause) => Effect.sync(() => post({ _tag: "Failed", cause })),
        onSuccess: (chunk) => {
          isReading = false
          if (chunk === undefined) return Effect.void
          post(...chunk)
          return reading
        }
      })
    )
    yield* Effect.forkScoped(reading)

    let isFinished = false
    let failure: Cause.Cause<E> | undefined

    /** Deals with what is there. What came before a failure is told before it. */
    const deal = (out: Array<Update>): Effect.Effect<ReadonlyArray<Update>> =>
      Effect.suspend(() => {
        const item = isFinished ? undefined : inbox.shift()
        if (item === undefined) return Effect.succeed(out)
        return Effect.matchCauseEffect(Effect.zipRight(take(item), decide), {
          onFailure: (cause) => {
            failure = cause
            return Effect.succeed(out)
          },
          onSuccess: (outcome) => {
            out.push(...show(item))
            if (outcome === undefined) return deal(out)
            isFinished = true
            return Effect.map(finish(outcome), (last) => [...out, last])
          }
        })
      })

    const wait = Effect.suspend(() => {
      if (!isReading) {
        isReading = true
        asked.ring()
      }
      return news.wait
    })

    const next: Pull<Update, E> = Effect.suspend(() => {
      if (failure !== undefined) return Effect.failCause(failure)
      if (isFinished) return Effect.succeed(undefined)
      if (inbox.length === 0) return Effect.zipRight(wait, next)
      return Effect.flatMap(deal([]), (out) => out.length === 0 ? next : Effect.succeed(Chunk.unsafeFromArray(out)))
    })
    return next
  })

/** How long to wait for something to come of input that says nothing to the agent. */
const patience = "5 seconds"

const keyOf = ({ _tag, id }: PendingAction.PendingAction): string => `${_tag} ${id}`

/** A call whose permission is a word that is not known may be confirmed once the session says that it waits for it. */
const isAsked = (transcript: Transcript.Transcript, id: EventId): boolean => {
  const call = transcript.toolCalls.findLast(({ call }) => call.id === id)?.call
  return (call !== undefined && "evaluated_permission" in call && call.evaluated_permission === "ask") ||
    Transcript.waitingFor(transcript).includes(id)
}

const calls = ["agent.tool_use", "agent.mcp_tool_use", "agent.custom_tool_use"] as const

const findCalls = (
  events: Events.Service,
  sessionId: SessionId,
  ids: ReadonlyArray<EventId>
): Effect.Effect<ReadonlyArray<Event.Event>, ApiError> =>
  events.list(sessionId, { order: "desc", types: calls }).pipe(
    Stream.filter((event) => ids.some((id) => id === Event.idOf(event))),
    Stream.take(ids.length),
    Stream.runCollect,
    Effect.map((found) => Chunk.toReadonlyArray(found).toReversed())
  )

/** What the session cost from one moment to another. Before anything was consumed it says nothing. */
const costOf = (
  before: Usage.UsageSnapshot | undefined,
  after: Usage.UsageSnapshot | undefined
): Usage.ListCost | undefined => {
  const now = after?.list_cost
  const then = before?.list_cost ?? { amount: "0", currency: now?.currency }
  if (before === undefined || now === undefined || then.currency !== now.currency) return undefined
  const isWhole = /^\d+$/.test(now.amount) && /^\d+$/.test(then.amount)
  return isWhole ? { ...now, amount: String(BigInt(now.amount) - BigInt(then.amount)) } : undefined
}

// ---------------------------------------------------------------------------------------------------------------------
// Answers from elsewhere
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What a session waits for, read from its history: for a program that was not there when it was asked.
 *
 * @category constructors
 * @since 0.1.0
 */
export const pending = (
  sessionId: SessionId
): Effect.Effect<ReadonlyArray<PendingAction.PendingAction>, ApiError, Events.Events> =>
  Effect.flatMap(Events.Events, (events) =>
    events.list(sessionId, { types: decisive }).pipe(
      Stream.runFold(Transcript.empty, Transcript.add),
      Effect.map((transcript) => Transcript.pendingActions(transcript, sessionId))
    )).pipe(sessionSpan.within("Conversation.pending", sessionId))

/** The events that decide about what is pending. */
const decisive: ReadonlyArray<Event.EventType> = [
  ...calls,
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
 * @category constructors
 * @since 0.1.0
 */
export const answer = <A extends PendingAction.PendingAction>(
  action: A,
  answer: PendingAction.AnswerTo<NoInfer<A>>,
  options?: Events.DeliverOptions
): Effect.Effect<Delivery.Delivery, ApiError, Events.Events> =>
  Effect.flatMap(
    Events.Events,
    (events) => events.deliver(action.sessionId, PendingAction.reply(action, answer), options)
  ).pipe(sessionSpan.within("Conversation.answer", action.sessionId))

/**
 * Whom to stop.
 *
 * @category options
 * @since 0.1.0
 */
export interface InterruptOptions extends Events.DeliverOptions {
  /** Only this thread. Without it every thread of the session is stopped. */
  readonly threadId?: ThreadId | undefined
}

/**
 * Stops the agent and waits until it has stopped: until the session is not running any more, so that it can be archived,
 * deleted or changed. With `threadId`, until the interrupt was taken up.
 *
 * A turn that is under way ends as `Interrupted`. What was queued before is taken up after it, and waited for as well.
 *
 * @category constructors
 * @since 0.1.0
 */
export const interrupt = (
  sessionId: SessionId,
  { threadId, ...options }: InterruptOptions = {}
): Effect.Effect<void, ApiError, Events.Events | Sessions.Sessions> =>
  Effect.gen(function*() {
    const events = yield* Events.Events
    const sessions = yield* Sessions.Sessions
    const delivery = yield* events.deliver(sessionId, UserEvent.interrupt(threadId), options)
    if (delivery._tag === "Unknown") return yield* delivery.error
    const ids = delivery.events.flatMap((event) => Event.idOf(event) ?? [])
    /** An interrupt that is in no list has found nothing to stop. */
    const isQueued = Effect.map(
      events.listPage(sessionId, { order: "desc", limit: 100, types: ["user.interrupt"] }),
      ({ data }) =>
        data.some((event) => Event.processedAtOf(event) === undefined && ids.some((id) => id === Event.idOf(event)))
    )
    const isAtWork = threadId !== undefined ? Effect.succeed(false) : Effect.map(
      sessions.retrieve(sessionId),
      ({ status }) => status === "running" || status === "rescheduling"
    )
    yield* Effect.repeat(Effect.if(isAtWork, { onTrue: () => Effect.succeed(true), onFalse: () => isQueued }), {
      while: (busy) => busy,
      schedule: settling
    })
  }).pipe(sessionSpan.within("Conversation.interrupt", sessionId))

/** How often to look whether a session has come to rest. */
const settling = Schedule.exponential("100 millis").pipe(Schedule.union(Schedule.spaced("2 seconds")))
