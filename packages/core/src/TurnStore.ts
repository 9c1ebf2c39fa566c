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
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Cursor from "./Cursor.ts"
import * as Event from "./Event.ts"
import * as Ids from "./Ids.ts"
import { canonical } from "./internal/schema/canonical.ts"
import * as inMemory from "./internal/turn/inMemory.ts"
import * as SessionOwner from "./SessionOwner.ts"
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
 * - `waiting`: the session waits for an answer of somebody, and `record` says for which; without a record the agent has been
 *   silent for long, and nobody follows it meanwhile;
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
  /** The place in the history before anything was sent; absent while it is queued, and when it has ended. */
  since: Schema.optionalWith(Cursor.Cursor, { exact: true }),
  /** The events of its input that the agent takes up, as the service stored them; absent until that is known. */
  sent: Schema.optionalWith(Schema.Array(Ids.EventId), { exact: true }),
  /** The consumption of the session before it; absent when it has ended. */
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
     * - `Conflict`: a turn of this id is there, for another session or with other input;
     * - `NotFound`: there is no turn of this id, or not any more.
     */
    reason: Schema.Literal("Unavailable", "Malformed", "Conflict", "NotFound"),
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
 * Options of {@link Service.put}.
 * @category options
 */
export interface PutOptions {
  /** The time after which a turn that waits is due again by itself, on the clock of the store. Without it, only a wake helps. */
  readonly dueAfter?: Duration.DurationInput | undefined
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
   * is, and one that was woken more often than `state.wakes` says is `running` where it would be `waiting`. The number of
   * wakes is the store's: it never falls.
   */
  readonly put: (
    owner: SessionOwner.Service,
    id: string,
    state: State,
    options?: PutOptions
  ) => Effect.Effect<void, TurnStoreError | SessionOwner.FencedOut>
  /**
   * Counts a wake of a turn that has not ended, and makes it `running`, hence due, if it waits: what it waited for was
   * answered. Needs no ownership. Does nothing where there is no such turn.
   */
  readonly wake: (id: string) => Effect.Effect<void, TurnStoreError>
  /** Takes a session over, whoever had it. For engines that know who is to own it. */
  readonly own: (
    sessionId: Ids.SessionId,
    owner: string
  ) => Effect.Effect<SessionOwner.Service, TurnStoreError>
  /** Takes over sessions whose next turn is due (it does not wait, or waits for no longer) and whose lease is free. */
  readonly claim: (options: ClaimOptions) => Effect.Effect<ReadonlyArray<SessionOwner.Service>, TurnStoreError>
  /** Renews leases that were claimed, and answers with those that are still held. */
  readonly renew: (
    owned: ReadonlyArray<SessionOwner.Service>,
    expiresAfter: Duration.DurationInput
  ) => Effect.Effect<ReadonlyArray<SessionOwner.Service>, TurnStoreError>
  /** Gives sessions back at once; those that somebody else owns by now stay his. */
  readonly release: (owned: ReadonlyArray<SessionOwner.Service>) => Effect.Effect<void, TurnStoreError>
  /** Lists sessions whose next turn is due, owned or not, for a sweep by an engine that has no leases. */
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

// ---------------------------------------------------------------------------------------------------------------------
// In memory
// ---------------------------------------------------------------------------------------------------------------------

/** A session in memory. */
interface Owned {
  fence: number
  /** The name of the owner, unless it is free. */
  owner: string | undefined
  expiresAt: number
  /** The turns that have not ended, in order. */
  readonly open: Array<Kept>
}

/** A turn in memory. */
interface Kept {
  turn: StoredTurn
  dueAt: number
  endedAt: number | undefined
}

/** The state of a turn that its owner replaces, as it is to be kept. */
const replaced = ({ id, input, sessionId, wakes }: StoredTurn, state: State): StoredTurn => ({
  id,
  sessionId,
  input,
  ...state,
  status: state.status === "waiting" && wakes > state.wakes ? "running" : state.status,
  wakes: Math.max(wakes, state.wakes)
})

const isDue = ({ open: [first] }: Owned, now: number): boolean =>
  first !== undefined && (first.turn.status !== "waiting" || first.dueAt <= now)

const isFree = ({ expiresAt, owner }: Owned, now: number): boolean => owner === undefined || expiresAt <= now

/** All that is in memory. */
interface Memory {
  readonly turns: Map<string, Kept>
  readonly sessions: Map<Ids.SessionId, Owned>
  /** The last fence of all sessions, so that none comes again once its session was forgotten. */
  fence: number
}

const sessionOf = ({ sessions }: Memory, id: Ids.SessionId): Owned => {
  const known = sessions.get(id) ?? { fence: 0, owner: undefined, expiresAt: 0, open: [] }
  sessions.set(id, known)
  return known
}

type TurnOperation = "add" | "get" | "next" | "put" | "wake"

const turnsInMemory = (memory: Memory): Pick<Service, TurnOperation> => {
  const { sessions, turns } = memory
  return {
    add: ({ id, input, sessionId }) =>
      Effect.suspend(() => {
        const known = turns.get(id)?.turn
        if (known !== undefined) {
          return known.sessionId === sessionId && canonical(known.input) === canonical(input)
            ? Effect.succeed(known)
            : new TurnStoreError({ operation: "add", key: id, reason: "Conflict", detail: conflict })
        }
        const kept: Kept = {
          turn: { id, sessionId, input, status: "queued", wakes: 0 },
          dueAt: Infinity,
          endedAt: undefined
        }
        turns.set(id, kept)
        sessionOf(memory, sessionId).open.push(kept)
        return Effect.succeed(kept.turn)
      }),
    get: (id) => Effect.sync(() => Option.fromNullable(turns.get(id)?.turn)),
    next: (sessionId) => Effect.sync(() => Option.fromNullable(sessions.get(sessionId)?.open[0]?.turn)),
    put: (owner, id, state, { dueAfter = Duration.infinity } = {}) =>
      Effect.flatMap(Clock.currentTimeMillis, (now): Effect.Effect<void, TurnStoreError | SessionOwner.FencedOut> => {
        const { fence, sessionId } = owner
        const session = sessions.get(sessionId)
        if (session?.fence !== fence) return new SessionOwner.FencedOut({ sessionId, fence })
        const kept = turns.get(id)
        if (kept?.turn.sessionId !== sessionId) {
          return new TurnStoreError({ operation: "put", key: id, reason: "NotFound", detail: notFound })
        }
        if (kept.turn.status === "ended") return Effect.void
        kept.turn = replaced(kept.turn, state)
        kept.dueAt = now + Duration.toMillis(dueAfter)
        if (state.status === "ended") {
          kept.endedAt = now
          session.open.splice(session.open.indexOf(kept), 1)
        }
        return Effect.void
      }),
    wake: (id) =>
      Effect.sync(() => {
        const kept = turns.get(id)
        if (kept === undefined || kept.turn.status === "ended") return
        const { status, wakes } = kept.turn
        kept.turn = { ...kept.turn, status: status === "waiting" ? "running" : status, wakes: wakes + 1 }
      })
  }
}

const ownersInMemory = (memory: Memory): Omit<Service, TurnOperation> => {
  const { sessions, turns } = memory
  const take = (sessionId: Ids.SessionId, owner: string, expiresAt: number): SessionOwner.Service => {
    const fence = ++memory.fence
    Object.assign(sessionOf(memory, sessionId), { owner, expiresAt, fence })
    return { sessionId, fence }
  }
  const isHeld = (owned: SessionOwner.Service): boolean => {
    const known = sessions.get(owned.sessionId)
    return known?.owner !== undefined && known.fence === owned.fence
  }
  const at = <A>(f: (now: number) => A): Effect.Effect<A> => Effect.map(Clock.currentTimeMillis, f)
  return {
    own: (sessionId, owner) => Effect.sync(() => take(sessionId, owner, Infinity)),
    claim: ({ expiresAfter, limit, owner }) =>
      at((now) => {
        const free = [...sessions].filter(([, session]) => isFree(session, now) && isDue(session, now)).slice(0, limit)
        return free.map(([id]) => take(id, owner, now + Duration.toMillis(expiresAfter)))
      }),
    renew: (owned, expiresAfter) =>
      at((now) => {
        const held = owned.filter(isHeld)
        for (const { sessionId } of held) sessionOf(memory, sessionId).expiresAt = now + Duration.toMillis(expiresAfter)
        return held
      }),
    release: (owned) =>
      Effect.sync(() => {
        for (const one of owned) if (isHeld(one)) sessionOf(memory, one.sessionId).owner = undefined
      }),
    due: ({ after, limit }) =>
      at((now) =>
        [...sessions.entries()].flatMap(([id, session]) =>
          isDue(session, now) && (after === undefined || id > after) ? [id] : []
        ).sort((a, b) => a < b ? -1 : 1).slice(0, limit)
      ),
    forget: ({ endedBefore }) =>
      at((now) => {
        const limit = DateTime.toEpochMillis(endedBefore)
        const gone = [...turns].filter(([, { endedAt }]) => endedAt !== undefined && endedAt < limit)
        for (const [id] of gone) turns.delete(id)
        const busy = new Set(Array.from(turns.values(), ({ turn }) => turn.sessionId))
        for (const [id, session] of sessions) if (!busy.has(id) && isFree(session, now)) sessions.delete(id)
        return gone.length
      })
  }
}

/**
 * Builds a store in memory, for a program of one process and for tests. All owners that share it are processes to it.
 * @category constructors
 */
export const makeMemory: Effect.Effect<Service> = Effect.sync(() => {
  const memory: Memory = { turns: new Map(), sessions: new Map(), fence: 0 }
  return inMemory.mark(TurnStore.of({ ...turnsInMemory(memory), ...ownersInMemory(memory) }))
})

const conflict = "a turn of this id is there, for another session or with other input"
const notFound = "there is no turn of this id"

/**
 * Provides {@link TurnStore} in memory: turns live as long as the layer.
 * @category layers
 */
export const layerMemory: Layer.Layer<TurnStore> = Layer.effect(TurnStore, makeMemory)
