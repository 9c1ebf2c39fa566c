/**
 * Turns by id, which outlive the process that began them: in a `TurnStore`, and run by whoever owns their session.
 *
 * {@link start} stores a turn, {@link serve} runs what a session has to do, {@link result} waits in any process, and
 * {@link answer} lets a turn go on that waits for somebody. A turn is begun once however often it is started, its input is
 * sent once, and each of its tool calls runs once, whichever processes die meanwhile.
 *
 * What passes, such as a store that is down, is tried again and never stored as a result. What the service refuses for
 * good ends the turn as `Failed`, so that those after it have their turn.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type { ApiError } from "./ApiError.ts"
import * as Conversation from "./Conversation.ts"
import type * as Delivery from "./Delivery.ts"
import type * as Events from "./Events.ts"
import type { SessionIdInput } from "./Ids.ts"
import { SessionId } from "./Ids.ts"
import { isForeign } from "./internal/http/foreign.ts"
import * as fork from "./internal/stream/fork.ts"
import * as span from "./internal/telemetry/span.ts"
import { attend } from "./internal/turn/durable.ts"
import { toEvents } from "./internal/turn/input.ts"
import { CurrentLead } from "./internal/turn/lead.ts"
import { patiently, pauseAfter } from "./internal/turn/patiently.ts"
import type * as Journal from "./Journal.ts"
import type * as PendingAction from "./PendingAction.ts"
import * as SessionOwner from "./SessionOwner.ts"
import * as ToolRunner from "./ToolRunner.ts"
import * as TurnRecord from "./TurnRecord.ts"
import * as TurnStore from "./TurnStore.ts"

// ---------------------------------------------------------------------------------------------------------------------
// From anywhere
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Stores a turn behind those of its session, for whoever owns that. The same id again does nothing, and is a `Conflict` with
 * another session or other input.
 * @category constructors
 */
export const start = (
  id: string,
  sessionId: SessionIdInput,
  input: Conversation.Input
): Effect.Effect<TurnStore.StoredTurn, TurnStore.TurnStoreError, TurnStore.TurnStore> =>
  Effect.flatMap(
    TurnStore.TurnStore,
    (store) => store.add({ id, sessionId: SessionId.make(sessionId), input: toEvents(input) })
  ).pipe(span.within("DurableTurn.start", { attributes: { "session.id": sessionId, "turn.id": id } }))

/**
 * Options of {@link result}.
 * @category options
 */
export interface ResultOptions {
  /**
   * The longest wait between two looks at the store. The first ones are shorter.
   *
   * @default "2 seconds"
   */
  readonly pollEvery?: Duration.DurationInput | undefined
}

/**
 * Waits until a turn has ended, or waits for an answer: a `RequiresAction`, after which it goes on once it is answered.
 * A store that fails in passing is asked again.
 * @category constructors
 */
export const result = (
  id: string,
  options: ResultOptions = {}
): Effect.Effect<TurnRecord.TurnRecord, TurnStore.TurnStoreError, TurnStore.TurnStore> =>
  Effect.gen(function*() {
    const store = yield* TurnStore.TurnStore
    const most = Duration.toMillis(options.pollEvery ?? "2 seconds")
    for (let pause = Math.min(100, most);; pause = Math.min(pause * 2, most)) {
      const turn = yield* patiently(store.get(id))
      if (Option.isNone(turn)) return yield* missing(id)
      const { record, status } = turn.value
      if (record !== undefined && (status === "ended" || status === "waiting")) return record
      yield* Effect.sleep(pause)
    }
  }).pipe(span.within("DurableTurn.result", { attributes: { "turn.id": id } }))

const missing = (id: string): TurnStore.TurnStoreError =>
  new TurnStore.TurnStoreError({ operation: "get", key: id, reason: "NotFound", detail: "there is no turn of this id" })

/**
 * Answers an action that a turn waits for, in any process, and lets the turn go on. A second answer has no effect.
 *
 * The decision about a `ToolApproval` is written into the `Journal`, which has to be that of the owner.
 *
 * @category constructors
 */
export const answer = <A extends PendingAction.PendingAction>(
  action: A,
  answer: PendingAction.AnswerTo<NoInfer<A>>,
  options?: Events.DeliverOptions
): Effect.Effect<
  Delivery.Delivery,
  Conversation.AnswerError<A> | TurnStore.TurnStoreError,
  Events.Events | TurnStore.TurnStore
> => Effect.zipLeft(Conversation.answer(action, answer, options), wake(action.sessionId))

/**
 * Lets the owner of a session look what there is to do, such as for a webhook that says that the session is idle: a turn
 * that waits is looked at again.
 * @category constructors
 */
export const wake = (
  sessionId: SessionIdInput
): Effect.Effect<void, TurnStore.TurnStoreError, TurnStore.TurnStore> =>
  Effect.flatMap(TurnStore.TurnStore, (store) =>
    Effect.flatMap(
      patiently(store.next(SessionId.make(sessionId))),
      Option.match({ onNone: () => Effect.void, onSome: ({ id }) => patiently(store.wake(id)) })
    )).pipe(span.within("DurableTurn.wake", { attributes: { "session.id": sessionId } }))

// ---------------------------------------------------------------------------------------------------------------------
// By the owner
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Options of running turns: those of a conversation, and when to leave a turn that is silent or waits.
 * @category options
 */
export interface Options<E1 = never, R1 = never, E2 = never, R2 = never, T extends ToolRunner.Source = never>
  extends Conversation.Options<E1, R1, E2, R2, T>
{
  /**
   * The time without an event after which nobody follows a turn any more. It is looked at again after `lookAfter`, or once
   * somebody {@link wake}s it. A turn whose tools run is followed all the time.
   *
   * @default "5 minutes"
   */
  readonly parkAfter?: Duration.DurationInput | undefined
  /**
   * The time after which to look again at a turn that is silent, or waits for an answer: somebody may have answered it past
   * this library, or been cut off before it was woken.
   *
   * @default "10 minutes"
   */
  readonly lookAfter?: Duration.DurationInput | undefined
}

/**
 * Options of {@link serve}.
 * @category options
 */
export interface ServeOptions<E1 = never, R1 = never, E2 = never, R2 = never, T extends ToolRunner.Source = never>
  extends Options<E1, R1, E2, R2, T>
{
  /**
   * Comes when the session is to be handed over: calls that are under way come to their end, for `grace` at most, and no new
   * ones begin.
   *
   * @default Effect.never
   */
  readonly drain?: Effect.Effect<void> | undefined
  /**
   * The longest time that tools have to end once the session is to be handed over.
   *
   * @default "10 seconds"
   */
  readonly grace?: Duration.DurationInput | undefined
}

/**
 * Errors of running turns.
 * @category type-level
 */
export type ServeError<E1, E2, T extends ToolRunner.Source> =
  | ApiError
  | E1
  | E2
  | ToolRunner.Error<T>
  | TurnStore.TurnStoreError
  | SessionOwner.FencedOut
  | Journal.MissingJournal

/**
 * Requirements of running turns.
 * @category type-level
 */
export type ServeContext<R1, R2, T extends ToolRunner.Source> =
  | TurnStore.TurnStore
  | SessionOwner.SessionOwner
  | Events.Events
  | R1
  | R2
  | ToolRunner.Context<T>

/**
 * End of {@link serve}: nothing is left to do, the next turn waits, or the session is to be handed over.
 * @category models
 */
export type Served = "done" | "waiting" | "drained"

/**
 * Runs the turns of the session that is owned, in order, until nothing is due. Both a turn that waits and one that runs
 * are gone on with, wherever an earlier owner has left them.
 *
 * It needs a `Journal` that lasts and a store that other processes reach, if there are any. What passes is tried again, with
 * pauses that grow to half a minute. It fails as `FencedOut` once somebody else owns the session, and with what concerns
 * more than one turn, such as a wrong API key; nothing is lost then.
 *
 * @category constructors
 */
export const serve = <E1 = never, R1 = never, E2 = never, R2 = never, T extends ToolRunner.Source = never>(
  options: ServeOptions<E1, R1, E2, R2, T> = {}
): Effect.Effect<Served, ServeError<E1, E2, T>, ServeContext<R1, R2, T>> =>
  Effect.flatMap(SessionOwner.SessionOwner, (owner) =>
    Effect.gen(function*() {
      const store = yield* TurnStore.TurnStore
      const runner = options.tools === undefined
        ? undefined
        : yield* ToolRunner.make(options.tools, { journal: "required" })
      const drained = yield* drainOf(options)
      for (let isFirst = true;; isFirst = false) {
        const next = Option.getOrUndefined(yield* patiently(store.next(owner.sessionId)))
        if (next === undefined) return "done"
        // what waits is due when its owner begins, and not again when he has just looked
        if (!isFirst && next.status === "waiting") return "waiting"
        if ((yield* persist(next, owner, options, runner, drained)) === "drained") return "drained"
      }
    }).pipe(
      Effect.scoped,
      span.within("DurableTurn.serve", { attributes: { "session.id": owner.sessionId, fence: owner.fence } })
    ))

/** One signal for all waits. Those who lead many sessions have one. */
const drainOf = ({ drain }: { readonly drain?: Effect.Effect<void> | undefined }) =>
  Effect.gen(function*() {
    const lead = yield* Effect.serviceOption(CurrentLead)
    if (Option.isSome(lead)) return lead.value.handOver
    const drained = yield* Deferred.make<void>()
    yield* fork.inScope(Effect.flatMap(drain ?? Effect.never, () => Deferred.succeed(drained, undefined)))
    return Deferred.await(drained)
  })

/** Runs a turn until it ends, waits or is left, whatever passes meanwhile. */
const persist = <E1, R1, E2, R2, T extends ToolRunner.Source>(
  first: TurnStore.StoredTurn,
  owner: SessionOwner.Service,
  options: ServeOptions<E1, R1, E2, R2, T>,
  runner: ToolRunner.ToolRunner<ToolRunner.CallContext<T>> | undefined,
  drain: Effect.Effect<void>
): Effect.Effect<"left" | "drained", ServeError<E1, E2, T>, ServeContext<R1, R2, T>> =>
  Effect.gen(function*() {
    const store = yield* TurnStore.TurnStore
    let turn = first
    for (let failures = 0;; failures++) {
      const attended = yield* Effect.match(attend(turn, owner, options, runner, drain), {
        onFailure: (error) => ({ error: fencedOut(error, owner) }),
        onSuccess: (why) => why
      })
      if (typeof attended === "string") return attended
      const { error } = attended
      if (isRefused(error)) {
        const record = TurnRecord.failed(owner.sessionId, error)
        yield* patiently(store.put(owner, turn.id, { status: "ended", wakes: turn.wakes, record }))
        return "left"
      }
      if (!isPassing(error)) return yield* Effect.fail(error)
      yield* Effect.logDebug("A turn is tried again", error)
      const isToDrain = yield* pauseAfter(failures).pipe(
        Effect.as(false),
        Effect.raceFirst(Effect.as(drain, true))
      )
      if (isToDrain) return "drained"
      const again = Option.getOrUndefined(yield* patiently(store.get(turn.id)))
      if (again === undefined || again.status === "ended") return "left"
      turn = again
    }
  })

/** The failure of whatever an earlier owner does is that he is one. */
const fencedOut = <E>(error: E, { fence, sessionId }: SessionOwner.Service): E | SessionOwner.FencedOut =>
  Predicate.isTagged(error, "JournalError") && Predicate.hasProperty(error, "reason") && error.reason === "FencedOut"
    ? new SessionOwner.FencedOut({ sessionId, fence })
    : error

/** Tells that the service refuses this turn for good, and not whoever runs it. */
const isRefused = (error: unknown): error is ApiError =>
  isApiError(error) && !error.isRetryable && !isForeign(error) && refusals.includes(error._tag)

const refusals: ReadonlyArray<string> = ["InvalidRequest", "InvalidParams", "RequestTooLarge", "NotFound"]

const isApiError = (error: unknown): error is ApiError =>
  Predicate.hasProperty(error, "_tag") && Predicate.hasProperty(error, "isRetryable")

const isPassing = (error: unknown): boolean => isApiError(error) && (error.isRetryable || isForeign(error))

/**
 * Stores a turn, and runs the turns of its session until it has ended or waits for an answer. For a program that has its own
 * lock or queue, and therefore owns the session: `TurnStore.own` takes it over.
 *
 * Turns that were stored before it run first.
 *
 * @category constructors
 */
export const run = <E1 = never, R1 = never, E2 = never, R2 = never, T extends ToolRunner.Source = never>(
  id: string,
  sessionId: SessionIdInput,
  input: Conversation.Input,
  options: Options<E1, R1, E2, R2, T> = {}
): Effect.Effect<TurnRecord.TurnRecord, ServeError<E1, E2, T>, ServeContext<R1, R2, T>> =>
  Effect.gen(function*() {
    const store = yield* TurnStore.TurnStore
    yield* patiently(start(id, sessionId, input))
    for (;;) {
      // somebody waits here, so nobody has to be called
      yield* serve<E1, R1, E2, R2, T>({ ...options, parkAfter: options.parkAfter ?? Duration.infinity })
      const turn = Option.getOrUndefined(yield* patiently(store.get(id)))
      if (turn === undefined) return yield* missing(id)
      if (turn.record !== undefined && turn.status !== "running") return turn.record
      // one before it waits for an answer
      yield* Effect.sleep("2 seconds")
    }
  })
