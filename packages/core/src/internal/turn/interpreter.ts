import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiError } from "../../ApiError.ts"
import type * as Conversation from "../../Conversation.ts"
import type * as Cursor from "../../Cursor.ts"
import type * as Delivery from "../../Delivery.ts"
import * as Event from "../../Event.ts"
import * as Events from "../../Events.ts"
import type * as Follow from "../../Follow.ts"
import type { EventId, SessionId } from "../../Ids.ts"
import * as PendingAction from "../../PendingAction.ts"
import * as ToolRunner from "../../ToolRunner.ts"
import type * as Usage from "../../Usage.ts"
import { isLater, latestOf } from "../follow/identity.ts"
import * as observer from "../follow/observer.ts"
import { readAgain } from "../http/foreign.ts"
import * as fork from "../stream/fork.ts"
import type { Pull } from "../stream/pull.ts"
import * as pull from "../stream/pull.ts"
import { AutoResetSignal } from "../stream/signal.ts"
import { countTurn } from "../telemetry/metrics.ts"
import * as span from "../telemetry/span.ts"
import * as background from "./background.ts"
import type { Found } from "./findTurn.ts"
import { findTurn } from "./findTurn.ts"
import { sendReply } from "./sendReply.ts"
import { liveStatuses } from "./statuses.ts"
import type { Command, Resumed, Signal, State } from "./step.ts"
import { initial, isPending, joined, resumed, step } from "./step.ts"

/** An entry of the inbox. */
type Entry<E> = Signal | { readonly _tag: "Failed"; readonly cause: Cause.Cause<E> }

/** A turn that runs: what its commands work with. */
interface Running<E, R, E1, R1, E2, R2> {
  readonly events: Events.Service
  readonly sessionId: SessionId
  readonly sent: ReadonlyArray<Event.EventParams>
  readonly options: Conversation.Options<E1, R1, E2, R2, never>
  readonly tools: ToolRunner.ToolRunner<R> | undefined
  readonly fibers: background.Background<E, R>
  readonly durable: Durable<E, R> | undefined
  readonly baseline: () => observer.Page | undefined
  readonly state: () => State
  readonly post: (entry: Entry<E>) => void
}

/** A turn that may go on in another process. */
export interface Durable<E, R> extends Resumed {
  /** Sends the input, given the place before it, and what the session had consumed by then, if that is known yet. */
  readonly deliver: (
    since: Cursor.Cursor,
    usageBefore: () => Usage.UsageSnapshot | undefined
  ) => Effect.Effect<Delivery.Delivery, E, R>
}

/**
 * Runs a turn: feeds updates of the follower and results of commands to {@link step}, one at a time, and obeys it. Without
 * input it joins the turn that is under way.
 */
export const run = <E1, R1, E2, R2, T extends ToolRunner.Source, E3 = never, R3 = never>(
  sessionId: SessionId,
  sent: ReadonlyArray<Event.EventParams> | undefined,
  options: Conversation.Options<E1, R1, E2, R2, T>,
  durable?: Durable<E3, R3>
): Effect.Effect<
  Pull<Conversation.Update, ApiError | E1 | E2 | E3 | ToolRunner.Error<T>>,
  ApiError | ToolRunner.Error<T>,
  Events.Events | R1 | R2 | R3 | ToolRunner.Context<T> | Scope.Scope
> =>
  Effect.gen(function*() {
    type E = ApiError | E1 | E2 | E3 | ToolRunner.Error<T>
    type R = Events.Events | R1 | R2 | R3 | ToolRunner.Context<T>
    const events = yield* Events.Events
    const tools = options.tools === undefined ? undefined : yield* ToolRunner.make(options.tools)
    const inbox: Array<Entry<E>> = []
    const arrived = new AutoResetSignal()
    const post = (entry: Entry<E>): void => {
      inbox.push(entry)
      arrived.raise()
    }
    const fibers = yield* background.make<E, R>((cause) => post({ _tag: "Failed", cause }))
    const found = sent === undefined ? yield* readAgain(findTurn(events, sessionId)) : undefined
    let baseline = found?.baseline
    let state = begin(sessionId, sent ?? [], handles(options, tools), found, durable)
    // where there are tools, `E` includes the errors of the journal
    const perform = performer({
      events,
      sessionId,
      sent: sent ?? [],
      options: options as Conversation.Options<E1, R1, E2, R2, never>,
      tools: tools as ToolRunner.ToolRunner<R> | undefined,
      fibers,
      durable,
      baseline: () => baseline,
      state: () => state,
      post
    })
    const following: Follow.Options & observer.Options = {
      ...options.follow,
      from: found?.since ?? durable?.since ?? "now",
      [observer.key]: (learnt) => {
        if (learnt._tag === "Baseline") baseline = learnt
        post(learnt)
      }
    }
    const updates = yield* reader(yield* pull.fromStream(events.follow(sessionId, following)), inbox, arrived)
    return consume({
      inbox,
      updates,
      perform,
      advance: (signal) => {
        const [next, commands] = step(state, signal)
        state = next
        return commands
      }
    })
  })

/** The state before the first signal. */
const begin = (
  sessionId: SessionId,
  sent: ReadonlyArray<Event.EventParams>,
  handles: State["input"]["handles"],
  found: Found | undefined,
  durable: Resumed | undefined
): State => {
  if (found !== undefined) return joined(sessionId, found, handles)
  return durable === undefined ? initial(sessionId, sent, handles) : resumed(sessionId, sent, handles, durable)
}

/** Takes in what arrives, one entry after another, and yields the updates that come of it. */
const consume = <E>({ advance, inbox, perform, updates }: {
  readonly inbox: Array<Entry<E>>
  /** Waits until something is in the inbox. */
  readonly updates: Effect.Effect<void>
  readonly perform: (command: Exclude<Command, { readonly _tag: "Fail" | "Finish" }>) => Effect.Effect<void>
  /** Steps the state. */
  readonly advance: (signal: Signal) => ReadonlyArray<Command>
}): Pull<Conversation.Update, E | ApiError> => {
  let isFinished = false
  let failure: Cause.Cause<E | ApiError> | undefined

  const obey = (commands: ReadonlyArray<Command>, out: Array<Conversation.Update>): Effect.Effect<void, ApiError> =>
    Effect.forEach(commands, (command) => {
      if (command._tag === "Fail") return Effect.fail(command.error)
      if (command._tag !== "Finish") return perform(command)
      isFinished = true
      out.push({ _tag: "Finished", result: command.result })
      return report(command.result)
    }, { discard: true })

  /** Takes in all that has arrived. What came before a failure is emitted before it. */
  const drain = (out: Array<Conversation.Update>): Effect.Effect<ReadonlyArray<Conversation.Update>> =>
    Effect.suspend(() => {
      while (!isFinished) {
        const entry = inbox.shift()
        if (entry === undefined) break
        if (entry._tag === "Failed") {
          failure = entry.cause
          break
        }
        const commands = advance(entry)
        const update = updateOf(entry)
        if (update !== undefined) out.push(update)
        if (commands.length > 0) {
          return Effect.matchCauseEffect(obey(commands, out), {
            onFailure: (cause) => {
              failure = cause
              return Effect.succeed(out)
            },
            onSuccess: () => drain(out)
          })
        }
      }
      return Effect.succeed(out)
    })

  const next: Pull<Conversation.Update, E | ApiError> = Effect.suspend(() => {
    if (failure !== undefined) return Effect.failCause(failure)
    if (isFinished) return Effect.succeed(undefined)
    if (inbox.length === 0) return Effect.zipRight(updates, next)
    return Effect.flatMap(drain([]), (out) => out.length === 0 ? next : Effect.succeed(pull.chunk(out)))
  })
  return next
}

/** Waits until something has arrived, from the follower or from the background. */
const reader = <E, E2>(
  follower: Pull<Follow.Update, E>,
  inbox: Array<Entry<E | E2>>,
  arrived: AutoResetSignal
): Effect.Effect<Effect.Effect<void>, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    let isReading = false
    let hasEnded = false
    const read = Effect.matchCause(follower, {
      onFailure: (cause) => {
        inbox.push({ _tag: "Failed", cause })
      },
      onSuccess: (updates) => {
        if (updates === undefined) hasEnded = true
        else inbox.push(...updates)
      }
    })
    const readAside = fork.into(scope)(Effect.map(read, () => {
      isReading = false
      arrived.raise()
    }))
    return Effect.suspend(() => {
      // what has ended says nothing more; what is under way in the background still may
      if (isReading || hasEnded) return arrived.wait
      isReading = true
      return Effect.zipRight(readAside, arrived.wait)
    })
  })

const updateOf = (signal: Signal): Conversation.Update | undefined => {
  switch (signal._tag) {
    case "InputDelivered":
      return signal.delivery._tag === "Indeterminate" ? undefined : { _tag: "Delivered", delivery: signal.delivery }
    case "Baseline":
    case "Audited":
    case "BaselineFound":
    case "ReplySending":
    case "ReplySettled":
    case "CallsFound":
    case "DropChecked":
    case "QuietElapsed":
    case "QuietChecked":
      return undefined
    default:
      return signal
  }
}

const report = (result: Conversation.TurnResult): Effect.Effect<void> =>
  Effect.zipRight(
    countTurn(result._tag, result.usage),
    Effect.annotateCurrentSpan("turn.result", result._tag)
  )

// ---------------------------------------------------------------------------------------------------------------------
// Commands
// ---------------------------------------------------------------------------------------------------------------------

/** The time to wait for an effect of input that asks nothing of the agent. */
const quietTimeout = "5 seconds"

/** The types of the calls of tools. */
export const toolCalls = ["agent.tool_use", "agent.mcp_tool_use", "agent.custom_tool_use"] as const

const performer = <E, R, E1 extends E, R1 extends R, E2 extends E, R2 extends R>(
  turn: Running<E | ApiError, R | Events.Events, E1, R1, E2, R2>
) =>
(command: Exclude<Command, { readonly _tag: "Fail" | "Finish" }>): Effect.Effect<void> => {
  const { durable, events, fibers, options, post, sent, sessionId, state } = turn
  const newest = (types: ReadonlyArray<Event.EventType>, limit = 1) =>
    Effect.map(readAgain(events.listPage(sessionId, { order: "desc", limit, types })), ({ data }) => data)
  const run = (key: string, effect: Effect.Effect<Signal, E | ApiError, R | Events.Events>): Effect.Effect<void> =>
    fibers.run(key, Effect.map(effect, post))

  switch (command._tag) {
    case "Deliver": {
      const delivery = durable === undefined
        ? events.deliver(sessionId, sent, { ...options.delivery, since: command.since })
        : durable.deliver(command.since, () => state().baseline)
      return run("input", Effect.map(delivery, (delivery) => ({ _tag: "InputDelivered", delivery })))
    }
    case "FindBaseline":
      return run(
        "baseline",
        usageBefore(turn).pipe(
          Effect.map((usage) => ({ _tag: "BaselineFound", usage } as const)),
          // a cost that cannot be read does not fail the turn
          Effect.orElseSucceed(() => ({ _tag: "BaselineFound", usage: undefined } as const))
        )
      )
    case "Reply":
      return run(
        command.key,
        Effect.map(
          reply(turn, command.key, command.action),
          (answered) => ({ _tag: "ReplySettled", key: command.key, answered })
        )
      )
    case "CancelReplies":
      return Effect.forEach(command.keys, fibers.cancel, { discard: true })
    case "FindCalls":
      return run(
        `calls ${command.ids.join(" ")}`,
        Effect.map(readAgain(findCalls(events, sessionId, command.ids)), (calls) => ({ _tag: "CallsFound", calls }))
      )
    case "CheckDropped":
      return run(
        "dropped",
        Effect.map(newest(["user.message", "user.define_outcome"], 100), (inputs) => ({
          _tag: "DropChecked",
          isDropped: !inputs.some((event) => command.ids.some((id) => id === Event.idOf(event)))
        }))
      )
    case "AwaitEffect":
      return run("quiet", Effect.as(Effect.sleep(quietTimeout), { _tag: "QuietElapsed" }))
    case "CheckStatus":
      return run("status", Effect.map(newest(liveStatuses), (statuses) => ({ _tag: "QuietChecked", statuses })))
  }
}

/** The newest consumption that is not later than the newest event before the turn. */
const usageBefore = (
  { baseline, durable, events, sessionId }:
    & Pick<
      Running<never, never, never, never, never, never>,
      "baseline" | "events" | "sessionId"
    >
    & { readonly durable: Resumed | undefined }
): Effect.Effect<Usage.UsageSnapshot | undefined, ApiError> => {
  const since = durable?.since
  const last = since === undefined
    ? baseline()?.events.map(Event.processedAtOf).find((at) => at !== undefined)
    : latestOf(since.before, since.read.map(([, at]) => at))
  const isBefore = (event: Event.Event): boolean => {
    const at = Event.processedAtOf(event)
    return last === undefined ? since === undefined : at !== undefined && !isLater(at, last)
  }
  const query = { order: "desc", limit: since === undefined ? 20 : 100, types: ["session.usage"] } as const
  return Effect.map(readAgain(events.listPage(sessionId, query)), ({ data, next_page }) => {
    const usage = data.find(isBefore)
    if (usage?.type === "session.usage") return usage.usage
    // a session that has told of nothing before had consumed nothing
    return since !== undefined && !next_page ? {} : undefined
  })
}

const findCalls = (
  events: Events.Service,
  sessionId: SessionId,
  ids: ReadonlyArray<EventId>
): Effect.Effect<ReadonlyArray<Event.Event>, ApiError> =>
  events.list(sessionId, { order: "desc", types: toolCalls }).pipe(
    Stream.filter((event) => ids.some((id) => id === Event.idOf(event))),
    Stream.take(ids.length),
    Stream.runCollect,
    Effect.map((found) => Array.from(found).toReversed())
  )

// ---------------------------------------------------------------------------------------------------------------------
// Replies
// ---------------------------------------------------------------------------------------------------------------------

const handles = <E1, R1, E2, R2, T extends ToolRunner.Source>(
  { answer, approve }: Conversation.Options<E1, R1, E2, R2, T>,
  tools: ToolRunner.ToolRunner<ToolRunner.Context<T>> | undefined
) =>
(action: PendingAction.Repliable): boolean =>
  action._tag === "Confirmation" ? approve !== undefined : answer !== undefined || tools?.owns(action) === true

/** Decides about an action and sends the answer. */
const reply = <E, R, E1 extends E, R1 extends R, E2 extends E, R2 extends R>(
  { events, fibers, options, post, sessionId, state, tools }: Running<E | ApiError, R | Events.Events, E1, R1, E2, R2>,
  key: string,
  action: PendingAction.Repliable
): Effect.Effect<ToolRunner.Answered, E | ApiError, R | Events.Events> => {
  const send = (reply: PendingAction.Reply): Effect.Effect<boolean, ApiError> =>
    Effect.suspend(() => {
      post({ _tag: "ReplySending", key })
      fibers.finish(key)
      return sendReply(events, sessionId, reply, () => isPending(state(), key), options.delivery)
    })
  const { answer, approve } = options
  const ask = approve && ((request: PendingAction.ApprovalRequest) =>
    Effect.suspend(() => approve(request)).pipe(
      span.within("Conversation.approve", {
        attributes: { "session.id": sessionId, "event.id": request.id, "tool.name": request.name }
      })
    ))
  if (action._tag === "Confirmation") {
    if (ask === undefined) return Effect.succeed("declined")
    return ask(action).pipe(
      Effect.flatMap((decision) => send(PendingAction.reply(action, decision))),
      Effect.as("answered")
    )
  }
  if (tools?.owns(action) === true) {
    // where there are tools, `E` includes the errors of the journal
    return tools.answer<E1 | ApiError, R1>(
      action,
      (result) => send(PendingAction.reply(action, result)),
      ask
    ) as Effect.Effect<
      ToolRunner.Answered,
      E | ApiError,
      R | Events.Events
    >
  }
  if (answer === undefined) return Effect.succeed("declined")
  return Effect.flatMap(
    Effect.suspend(() => answer(action)),
    Option.match({
      onNone: () => Effect.succeed("declined"),
      onSome: (result) => Effect.as(send(PendingAction.reply(action, result)), "answered")
    })
  )
}
