import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ApiError } from "../../ApiError.ts"
import type * as Conversation from "../../Conversation.ts"
import type * as DurableTurn from "../../DurableTurn.ts"
import * as Event from "../../Event.ts"
import * as Events from "../../Events.ts"
import * as SessionOwner from "../../SessionOwner.ts"
import type * as ToolRunner from "../../ToolRunner.ts"
import * as TurnRecord from "../../TurnRecord.ts"
import * as TurnStore from "../../TurnStore.ts"
import * as fork from "../stream/fork.ts"
import type { Pull } from "../stream/pull.ts"
import { countParked, countResumed, whileLive } from "../telemetry/metrics.ts"
import * as span from "../telemetry/span.ts"
import { deliverOnce } from "./deliverOnce.ts"
import * as drainGate from "./drain.ts"
import type { Durable } from "./interpreter.ts"
import { run } from "./interpreter.ts"
import { CurrentLead } from "./lead.ts"
import { patiently } from "./patiently.ts"
import { isToBeTakenUp } from "./step.ts"
import { untilFinished } from "./untilFinished.ts"

/** The time to look at a turn that was silent before, and may be so still. */
const glance = Duration.seconds(10)

/** The time after which a turn that calls tools which its owner lacks is there for others. */
const othersAfter = Duration.seconds(30)

/** Goes on with a turn until it ends, waits, has been silent for long, or is to be handed over. */
export const attend = <E1, R1, E2, R2, T extends ToolRunner.Source>(
  turn: TurnStore.StoredTurn,
  owner: SessionOwner.Service,
  options: DurableTurn.ServeOptions<E1, R1, E2, R2, T>,
  runner: ToolRunner.ToolRunner<ToolRunner.CallContext<T>> | undefined,
  drain: Effect.Effect<void>
): Effect.Effect<
  "left" | "drained",
  ApiError | E1 | E2 | ToolRunner.Error<T> | TurnStore.TurnStoreError | SessionOwner.FencedOut,
  TurnStore.TurnStore | Events.Events | R1 | R2 | ToolRunner.Context<T>
> =>
  Effect.gen(function*() {
    const store = yield* TurnStore.TurnStore
    if (turn.status !== "queued") yield* countResumed(turn.status)
    const gate = yield* drainGate.make
    const deciding: Deciding = { count: 0 }
    const { grace = "10 seconds", lookAfter = "10 minutes", parkAfter = "5 minutes" } = options
    const begun = yield* makeDurable(turn, owner, options.delivery)
    const pull = yield* Effect.provideService(
      run(owner.sessionId, turn.input, counting(options, runner, deciding), begun.durable),
      drainGate.CurrentGate,
      gate
    )
    const isParked = turn.status === "waiting" && turn.record === undefined
    const silence = yield* makeSilence(Duration.decode(parkAfter), isParked)
    const leave: ReadonlyArray<Effect.Effect<"silent" | "drained">> = [
      silence.lasts(() => gate.isIdle() && deciding.count === 0 && begun.state().sent !== undefined),
      Effect.zipRight(drain, Effect.as(Effect.timeoutOption(gate.drain, grace), "drained" as const))
    ]
    const followed = yield* unless(untilFinished(yield* overheard(turn.id, pull), silence.broken), leave)
    yield* Effect.annotateCurrentSpan("turn.left", typeof followed === "string" ? followed : followed._tag)
    if (followed === "drained") return "drained"
    const state = begun.state()
    // what is known is not to be found out again because a store is down
    const put = (state: TurnStore.State, options?: TurnStore.PutOptions) =>
      patiently(store.put(owner, turn.id, state, options))
    if (followed === "silent") {
      yield* countParked
      yield* put({ ...state, status: "waiting" }, { dueAfter: lookAfter })
    } else if (followed._tag === "RequiresAction") {
      const record = TurnRecord.make(followed)
      const missing = runner === undefined ? [] : followed.actions.filter(({ _tag }) => _tag === "CustomToolCall")
      if (missing.length > 0) {
        const names = [...new Set(missing.map(({ name }) => name))].join(", ")
        yield* Effect.logWarning(`Turn ${turn.id} calls tools that this process lacks: ${names}`)
      }
      const dueAfter = missing.length > 0 ? Duration.min(Duration.decode(lookAfter), othersAfter) : lookAfter
      yield* put({ ...state, status: "waiting", record }, { dueAfter })
    } else {
      // who goes on with a turn needs to know where it began; of one that has ended the record tells all
      const { sent, wakes } = state
      const record = TurnRecord.make(followed)
      yield* put({ status: "ended", wakes, ...(sent !== undefined && { sent }), record })
    }
    return "left"
  }).pipe(
    Effect.scoped,
    whileLive,
    span.within("DurableTurn.turn", {
      attributes: { "session.id": owner.sessionId, "turn.id": turn.id, "turn.status": turn.status, fence: owner.fence }
    })
  )

// ---------------------------------------------------------------------------------------------------------------------
// The beginning
// ---------------------------------------------------------------------------------------------------------------------

/** Makes the beginning of a turn, or its continuation, and the states of it to be stored. */
const makeDurable = (
  turn: TurnStore.StoredTurn,
  owner: SessionOwner.Service,
  delivery: Conversation.Options["delivery"]
) =>
  Effect.gen(function*() {
    const store = yield* TurnStore.TurnStore
    const events = yield* Events.Events
    const { input, sent, since, status, usageBefore, wakes } = turn
    let state: TurnStore.State = {
      status: "running",
      wakes,
      ...(since !== undefined && { since }),
      ...(sent !== undefined && { sent }),
      ...(usageBefore !== undefined && { usageBefore })
    }
    const keep = (next: TurnStore.State) =>
      Effect.map(patiently(store.put(owner, turn.id, next)), () => {
        state = next
      })
    const durable: Durable<TurnStore.TurnStoreError | SessionOwner.FencedOut | ApiError, never> = {
      since,
      sent,
      usageBefore,
      deliver: (since, usageBefore) => {
        const known = (): TurnStore.State => {
          const usage = usageBefore()
          return { status: "sending", wakes, since, ...(usage !== undefined && { usageBefore: usage }) }
        }
        return deliverOnce(events, owner.sessionId, {
          sent: input,
          since,
          isUncertain: status === "sending",
          beforeSending: Effect.suspend(() => keep(known())).pipe(Effect.zipRight(checkHeld(owner))),
          delivery
        }).pipe(
          Effect.tap(({ events }) => {
            const sent = events.filter(isToBeTakenUp).flatMap((event) => Event.idOf(event) ?? [])
            return keep({ ...known(), status: "running", sent })
          })
        )
      }
    }
    return { durable, state: () => state }
  })

/** Keeps whoever may have lost the session from acting in it. */
const checkHeld = ({ fence, isHeld, sessionId }: SessionOwner.Service): Effect.Effect<void, SessionOwner.FencedOut> =>
  isHeld === undefined
    ? Effect.void
    : Effect.flatMap(isHeld, (held) => held ? Effect.void : new SessionOwner.FencedOut({ sessionId, fence }))

// ---------------------------------------------------------------------------------------------------------------------
// The end
// ---------------------------------------------------------------------------------------------------------------------

/** The number of decisions and answers of this program that are under way, calls of tools not counted. */
interface Deciding {
  count: number
}

/** Options whose decisions and answers are counted while they are under way. */
const counting = <E1, R1, E2, R2, T extends ToolRunner.Source>(
  options: DurableTurn.ServeOptions<E1, R1, E2, R2, T>,
  runner: ToolRunner.ToolRunner<ToolRunner.CallContext<T>> | undefined,
  deciding: Deciding
): Conversation.Options<E1, R1, E2, R2, T> => {
  const { answer, approve } = options
  const count = <A, E, R>(self: () => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.suspend(() => {
      deciding.count++
      return Effect.ensuring(
        Effect.suspend(self),
        Effect.sync(() => {
          deciding.count--
        })
      )
    })
  return {
    ...options,
    approve: approve && ((request) => count(() => approve(request))),
    answer: answer && ((call) => count(() => answer(call))),
    // a runner that was made of a source stands for it
    tools: runner as unknown as T
  }
}

/** Silence of a turn: it may last long, but only for a moment if the turn was silent before and there is no news yet. */
const makeSilence = (parkAfter: Duration.Duration, isParked: boolean) =>
  Effect.map(Clock.clockWith(Effect.succeed), (clock) => {
    let isNews = !isParked
    let isLive = false
    let since = clock.unsafeCurrentTimeMillis()
    const patience = () => Duration.toMillis(isNews ? parkAfter : Duration.min(parkAfter, glance))
    const broken = (updates: ReadonlyArray<Conversation.Update>): void => {
      since = clock.unsafeCurrentTimeMillis()
      for (const { _tag } of updates) {
        if (_tag === "CaughtUp") isLive = true
        else if (_tag === "Event" && isLive) isNews = true
      }
    }
    /** Succeeds when the silence has lasted long enough, and the turn may be left. */
    const lasts = (mayLeave: () => boolean): Effect.Effect<"silent"> =>
      Effect.suspend(() => {
        const left = since + patience() - clock.unsafeCurrentTimeMillis()
        if (left === Infinity) return Effect.never
        if (left > 0) return Effect.zipRight(Effect.sleep(left), lasts(mayLeave))
        if (mayLeave()) return Effect.succeed("silent" as const)
        since = clock.unsafeCurrentTimeMillis()
        return lasts(mayLeave)
      })
    return { broken, lasts }
  })

/**
 * An effect, unless one of others ends before it. They cost a fiber each, and would cost two in a race; what wakes whoever
 * waits is no Effect, as each would keep some more kilobytes for each turn that is followed.
 */
const unless = <A, E, R, B>(
  self: Effect.Effect<A, E, R>,
  others: ReadonlyArray<Effect.Effect<B>>
): Effect.Effect<A | B, E, R> =>
  Effect.scoped(
    Effect.flatMap(Deferred.make<A | B, E>(), (first) => {
      const ended = {
        onFailure: (cause: Cause.Cause<E>) => Deferred.unsafeDone(first, Effect.failCause(cause)),
        onSuccess: (value: A | B) => Deferred.unsafeDone(first, Effect.succeed(value))
      }
      return Effect.forEach([self, ...others], (effect) => fork.inScope(Effect.matchCause(effect, ended)), {
        discard: true
      }).pipe(Effect.zipRight(Deferred.await(first)))
    })
  )

/** Updates that a worker gets as well, if there is one. */
const overheard = <E>(
  turnId: string,
  pull: Pull<Conversation.Update, E>
): Effect.Effect<Pull<Conversation.Update, E>> =>
  Effect.map(Effect.serviceOption(CurrentLead), (lead) =>
    lead._tag === "None"
      ? pull
      : Effect.tap(pull, (updates) => updates === undefined ? Effect.void : lead.value.onUpdates(turnId, updates)))
