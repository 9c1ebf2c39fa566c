/**
 * Storage of turns, and of who owns the sessions that they are in.
 *
 * A turn has an id that the program chooses, and is begun at most once. The turns of a session run one at a time, in the
 * order in which they were added; one that waits for an answer holds back those after it, since the service takes no
 * message meanwhile.
 *
 * Every write names the fence of the owner and has no effect under another.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Cursor from "./Cursor.ts"
import * as Event from "./Event.ts"
import * as Ids from "./Ids.ts"
import type * as SessionOwner from "./SessionOwner.ts"
import * as TurnRecord from "./TurnRecord.ts"
import * as Usage from "./Usage.ts"

// ---------------------------------------------------------------------------------------------------------------------
// Models
// ---------------------------------------------------------------------------------------------------------------------

/**
 * State of a turn in its store.
 *
 * - `queued`: nothing was sent;
 * - `sending`: its input is being sent, or was when its owner died;
 * - `running`: the service has its input;
 * - `waiting`: the session waits for an answer of somebody;
 * - `ended`: it has a result.
 *
 * @category schemas
 */
export const Status = Schema.Literal("queued", "sending", "running", "waiting", "ended")

/**
 * Values of {@link Status}.
 * @category models
 */
export type Status = typeof Status.Type

/** The parts of a turn that its owner changes. */
const state = {
  status: Status,
  /** The place in the history before anything was sent; absent while it is queued. */
  since: Schema.optionalWith(Cursor.Cursor, { exact: true }),
  /** The events of its input as the service stored them; absent until that is known. */
  sent: Schema.optionalWith(Schema.Array(Ids.EventId), { exact: true }),
  /** The consumption of the session before it. */
  usageBefore: Schema.optionalWith(Usage.UsageSnapshot, { exact: true }),
  /** The number of times that the turn was woken, as far as its owner knew when it made this state. */
  wakes: Schema.Int,
  /** The result: final where the turn has ended, otherwise what it waits for. */
  record: Schema.optionalWith(TurnRecord.TurnRecord, { exact: true })
}

const State_ = Schema.Struct(state).annotations({ identifier: "TurnState" })

/**
 * State of a turn, which its owner replaces as a whole.
 * @category models
 */
export interface State extends Schema.Schema.Type<typeof State_> {}

/**
 * Schema of {@link State}.
 * @category schemas
 */
export const State: Schema.Schema<State, typeof State_.Encoded> = State_

const StoredTurn_ = Schema.Struct({
  /** The id that the program chose. */
  id: Schema.NonEmptyString,
  sessionId: Ids.SessionId,
  /** The events to send. */
  input: Schema.Array(Event.EventParams),
  ...state
}).annotations({ identifier: "StoredTurn" })

/**
 * A turn as it is stored.
 * @category models
 */
export interface StoredTurn extends Schema.Schema.Type<typeof StoredTurn_> {}

/**
 * Schema of {@link StoredTurn}.
 * @category schemas
 */
export const StoredTurn: Schema.Schema<StoredTurn, typeof StoredTurn_.Encoded> = StoredTurn_

/**
 * A turn to add.
 * @category models
 */
export interface NewTurn {
  readonly id: string
  readonly sessionId: Ids.SessionId
  readonly input: ReadonlyArray<Event.EventParams>
}

// ---------------------------------------------------------------------------------------------------------------------
// Errors
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Turns could not be read or written.
 * @category errors
 */
export class TurnStoreError extends Schema.TaggedError<TurnStoreError>("@effect-managed-agents/core/TurnStoreError")(
  "TurnStoreError",
  {
    /** The operation that failed. */
    operation: Schema.Literal("add", "get", "next", "put", "wake", "due", "own", "claim", "renew", "release", "forget"),
    /** The turn, session or owner that it is about, if it is about one. */
    key: Schema.optional(Schema.String),
    /**
     * - `Unavailable`: the store cannot be reached, or failed;
     * - `Malformed`: what it holds is not what was written, or of a newer version;
     * - `Conflict`: a turn of this id is there, for another session or with other input.
     */
    reason: Schema.Literal("Unavailable", "Malformed", "Conflict"),
    /** A description of the failure, without any content. */
    detail: Schema.String
  }
) {
  override get message(): string {
    return `TurnStore.${this.operation}${
      this.key === undefined ? "" : ` of ${JSON.stringify(this.key)}`
    } failed: ${this.detail}`
  }
  /** True if trying again may help. */
  get isRetryable(): boolean {
    return this.reason === "Unavailable"
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Service
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Options of {@link Service.claim}.
 * @category options
 */
export interface ClaimOptions {
  /** The name of the process, which is unique among those that are alive. */
  readonly owner: string
  /** The time after which a lease that was not renewed is free again. */
  readonly expiresAfter: Duration.DurationInput
  /** The number of sessions to claim at most. */
  readonly limit: number
}

/**
 * Keeps turns and the owners of sessions.
 * @category services
 */
export interface Service {
  /**
   * Adds a turn behind those of its session. Where one of the same id is there, that one is the answer, and nothing is
   * added; if it differs in session or input, it is a `Conflict`.
   */
  readonly add: (turn: NewTurn) => Effect.Effect<StoredTurn, TurnStoreError>
  /** Reads a turn. */
  readonly get: (id: string) => Effect.Effect<Option.Option<StoredTurn>, TurnStoreError>
  /** Reads the first turn of a session that has not ended. */
  readonly next: (sessionId: Ids.SessionId) => Effect.Effect<Option.Option<StoredTurn>, TurnStoreError>
  /**
   * Replaces the state of a turn. Does nothing and fails if the session has another owner. A turn that has ended stays as it
   * is, and one that was woken more often than `state.wakes` says is `running` where it would be `waiting`.
   */
  readonly put: (
    owner: SessionOwner.Service,
    id: string,
    state: State
  ) => Effect.Effect<void, TurnStoreError | SessionOwner.FencedOut>
  /**
   * Counts a wake of a turn that has not ended, and makes it due if it waits: what it waited for was answered. Needs no
   * ownership.
   */
  readonly wake: (id: string) => Effect.Effect<void, TurnStoreError>
  /** Takes a session over, whoever had it. For engines that know who is to own it. */
  readonly own: (
    sessionId: Ids.SessionId,
    owner: string
  ) => Effect.Effect<SessionOwner.Service, TurnStoreError>
  /** Takes over sessions whose next turn is due (neither ended nor waiting) and whose lease is free. */
  readonly claim: (options: ClaimOptions) => Effect.Effect<ReadonlyArray<SessionOwner.Service>, TurnStoreError>
  /** Renews leases that were claimed, and answers with those that are still held. */
  readonly renew: (
    owned: ReadonlyArray<SessionOwner.Service>,
    expiresAfter: Duration.DurationInput
  ) => Effect.Effect<ReadonlyArray<SessionOwner.Service>, TurnStoreError>
  /** Gives sessions back at once; those that somebody else owns by now stay his. */
  readonly release: (owned: ReadonlyArray<SessionOwner.Service>) => Effect.Effect<void, TurnStoreError>
  /** Lists sessions with turns that are due, for a sweep by an engine that has no leases. */
  readonly due: (options: {
    readonly limit: number
    /** Only sessions after this one, in the order of their ids. */
    readonly after?: Ids.SessionId | undefined
  }) => Effect.Effect<ReadonlyArray<Ids.SessionId>, TurnStoreError>
  /** Deletes turns that ended before a moment, and what is kept of sessions without turns. Answers how many turns. */
  readonly forget: (options: { readonly endedBefore: DateTime.Utc }) => Effect.Effect<number, TurnStoreError>
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class TurnStore extends Context.Tag("@effect-managed-agents/core/TurnStore")<TurnStore, Service>() {}
