/**
 * Record of the tool calls that were run, so that none runs twice: not after a lost connection, not after a restart.
 *
 * A call is recorded before its tool runs, again with the result before that is sent, and once more when the service
 * has taken or rejected it. A call that was started and has no result was cut off: nobody knows what it did.
 *
 * It knows about calls that a process has run before, or is running. Of several processes, the one that owns the session
 * answers its calls: with its {@link ownedBy} journal, which refuses what earlier owners still write.
 *
 * @since 0.1.0
 */
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { ParseError } from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Content from "./Content.ts"
import * as Ids from "./Ids.ts"
import * as defaultJournal from "./internal/turn/defaultJournal.ts"
import * as exclusive from "./internal/turn/exclusive.ts"
import * as fences from "./internal/turn/fences.ts"
import type * as SessionOwner from "./SessionOwner.ts"

// ---------------------------------------------------------------------------------------------------------------------
// Entries
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The call that an entry is about; every pending action is one.
 * @category models
 */
export interface Call {
  readonly sessionId: Ids.SessionId
  /** The event of the call. */
  readonly id: Ids.EventId
}

const Started_ = Schema.TaggedStruct("Started", {
  /** The fence of the owner who was about to run it. One that is lower than that of the owner now was cut off. */
  fence: Schema.optionalWith(Schema.Int, { exact: true })
}).annotations({ identifier: "JournalStarted" })

/**
 * The tool was about to run. Whether it did is not known.
 * @category models
 */
export interface Started extends Schema.Schema.Type<typeof Started_> {}

const Ran_ = Schema.TaggedStruct("Ran", {
  /** The result as it is sent, which is an instance of `PendingAction.ToolResult`. */
  result: Schema.TaggedStruct("ToolResult", {
    content: Schema.Union(Schema.String, Schema.Array(Content.ToolResultContentParams)),
    isError: Schema.Boolean
  })
}).annotations({ identifier: "JournalRan" })

/**
 * The tool has run, and its result is still to be sent.
 * @category models
 */
export interface Ran extends Schema.Schema.Type<typeof Ran_> {}

const Posted_ = Schema.TaggedStruct("Posted", {}).annotations({ identifier: "JournalPosted" })

/**
 * The service has the result.
 * @category models
 */
export interface Posted extends Schema.Schema.Type<typeof Posted_> {}

const Rejected_ = Schema.TaggedStruct("Rejected", {
  /** The reason in the words of the service. */
  detail: Schema.String
}).annotations({ identifier: "JournalRejected" })

/**
 * The service has rejected the result, for good.
 * @category models
 */
export interface Rejected extends Schema.Schema.Type<typeof Rejected_> {}

const Decided_ = Schema.TaggedStruct("Decided", {
  /** The decision, which is a `PendingAction.Decision`. */
  decision: Schema.Union(
    Schema.TaggedStruct("Allow", {}),
    Schema.TaggedStruct("Deny", { reason: Schema.optional(Schema.String) })
  )
}).annotations({ identifier: "JournalDecided" })

/**
 * Somebody has allowed or denied a call that needs approval. Its tool has not run.
 * @category models
 */
export interface Decided extends Schema.Schema.Type<typeof Decided_> {}

/**
 * Entry about a call.
 * @category models
 */
export type Entry = Decided | Started | Ran | Posted | Rejected

const Entry_ = Schema.Union(Decided_, Started_, Ran_, Posted_, Rejected_)

/**
 * Schema of {@link Entry}.
 * @category schemas
 */
export const Entry: Schema.Schema<Entry, typeof Entry_.Encoded> = Entry_

// ---------------------------------------------------------------------------------------------------------------------
// Service
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The journal could not be read or written. A tool whose start cannot be recorded does not run.
 * @category errors
 */
export class JournalError extends Schema.TaggedError<JournalError>("@effect-managed-agents/core/JournalError")(
  "JournalError",
  {
    /** The operation that failed. */
    operation: Schema.Literal("get", "put", "forget"),
    /** The session whose entries they are. */
    sessionId: Schema.String,
    /** The event of the call; absent where all calls of a session are forgotten. */
    id: Schema.optional(Ids.EventId),
    /**
     * - `Unavailable`: the store cannot be reached, or failed;
     * - `Malformed`: what it holds is not what was written, or of a newer version;
     * - `FencedOut`: somebody else owns the session now.
     */
    reason: Schema.Literal("Unavailable", "Malformed", "FencedOut"),
    /** A description of the failure. */
    detail: Schema.String
  }
) {
  override get message(): string {
    return `Journal.${this.operation} of ${this.id ?? this.sessionId} failed: ${this.detail}`
  }
  /** True if trying again may help: writing the same once more does no harm, and by then the store may work. */
  get isRetryable(): boolean {
    return this.reason === "Unavailable"
  }
}

/**
 * The journal was required, and none is provided.
 * @category errors
 */
export class MissingJournal extends Schema.TaggedError<MissingJournal>("@effect-managed-agents/core/MissingJournal")(
  "MissingJournal",
  {}
) {
  override get message(): string {
    return "No Journal is provided. Provide Journal.layer, or Journal.layerMemory to do without one that lasts."
  }
  /**
   * Trying again does not help.
   */
  readonly isRetryable = false
}

/**
 * Place where the entries of calls are kept.
 * @category models
 */
export interface Storage {
  /**
   * The last entry of a call, if there is any. From the first time that an owner of the session reads, those before it
   * write nothing more.
   */
  readonly get: (call: Call, owner?: SessionOwner.Service) => Effect.Effect<Option.Option<Entry>, JournalError>
  /**
   * Adds an entry. Succeeds when it is as safe as it can be: after a crash it is there. If it is cut off itself, either it
   * or the entry before it is the last one. A decision about a call that has an entry is left out.
   *
   * With an owner who is not the owner of the session any more, it does nothing and fails as `FencedOut`.
   */
  readonly put: (call: Call, entry: Entry, owner?: SessionOwner.Service) => Effect.Effect<void, JournalError>
  /** Removes the entries of a session that is over. A call of one that is not could run again. */
  readonly forget: (sessionId: Ids.SessionIdInput) => Effect.Effect<void, JournalError>
}

/**
 * Storage, and a lock for each call.
 * @category services
 */
export interface Service extends Storage {
  /**
   * Runs an effect while no other runs for the same call. Two turns of one session see the same call: one answers it, the
   * other waits, and takes over if the first gives up. An owner does not wait for those before it.
   */
  readonly exclusively: <A, E, R>(
    call: Call,
    self: Effect.Effect<A, E, R>,
    owner?: SessionOwner.Service
  ) => Effect.Effect<A, E | JournalError, R>
}

/**
 * Builds a journal of storage that the program brings, with a lock for this process, which also knows the owners that it
 * has seen. Storage that several processes share checks the fence itself, in the write.
 * @category constructors
 */
export const fromStorage = (storage: Storage): Service => {
  const run = exclusive.make()
  const known = fences.make()
  return {
    get: (call, owner) =>
      Effect.suspend(() => {
        if (owner !== undefined) known.admit(owner)
        return storage.get(call, owner)
      }),
    put: (call, entry, owner) =>
      Effect.suspend(() =>
        owner === undefined || known.admit(owner)
          ? storage.put(call, entry, owner)
          : fencedOut(call, owner)
      ),
    forget: storage.forget,
    exclusively: ({ id, sessionId }, self, owner) => run(`${sessionId}/${id}/${owner?.fence ?? ""}`, self)
  }
}

const fencedOut = ({ id, sessionId }: Call, { fence }: SessionOwner.Service): JournalError =>
  new JournalError({
    operation: "put",
    sessionId,
    id,
    reason: "FencedOut",
    detail: `the session has another owner since fence ${fence}`
  })

/**
 * The journal of the owner of a session, which names its fence in all that it does.
 * @category combinators
 */
export const ownedBy = (journal: Service, owner: SessionOwner.Service): Service => ({
  get: (call) => journal.get(call, owner),
  put: (call, entry) => {
    const check = Effect.flatMap(
      owner.isHeld ?? Effect.succeed(true),
      (held) => held ? Effect.void : fencedOut(call, owner)
    )
    // what was written in time may be long ago when the process goes on
    return entry._tag === "Started"
      ? check.pipe(
        Effect.zipRight(journal.put(call, { ...entry, fence: owner.fence }, owner)),
        Effect.zipRight(check)
      )
      : Effect.zipRight(journal.put(call, entry, owner), check)
  },
  forget: journal.forget,
  exclusively: (call, self) => journal.exclusively(call, self, owner)
})

// ---------------------------------------------------------------------------------------------------------------------
// In memory
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Options of a journal in memory.
 * @category options
 */
export interface MemoryOptions {
  /**
   * The number of calls to remember, of all sessions together: the last ones.
   *
   * @default 10_000
   */
  readonly capacity?: number | undefined
  /**
   * The age at which a call is not remembered any more, since its last entry.
   *
   * @default Infinity
   */
  readonly maxAge?: Duration.DurationInput | undefined
}

/**
 * Builds a journal in memory. It outlives connections, not the process.
 * @category constructors
 */
export const makeMemory = ({ capacity = 10_000, maxAge = Duration.infinity }: MemoryOptions = {}): Service => {
  const ageLimit = Duration.toMillis(maxAge)
  /** The last entries, those that were written last at the end. */
  const entries = new Map<string, { readonly entry: Entry; readonly at: number }>()
  const keyOf = ({ id, sessionId }: Call) => `${sessionId}/${id}`
  return fromStorage({
    get: (call) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const known = entries.get(keyOf(call))
        return known === undefined || now - known.at > ageLimit ? Option.none() : Option.some(known.entry)
      }),
    put: (call, entry) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const last = entries.get(keyOf(call))
        if (entry._tag === "Decided" && last !== undefined && now - last.at <= ageLimit) return
        entries.delete(keyOf(call))
        entries.set(keyOf(call), { entry, at: now })
        for (const [key, { at }] of entries) {
          if (entries.size <= capacity && now - at <= ageLimit) return
          entries.delete(key)
        }
      }),
    forget: (sessionId) =>
      Effect.sync(() => {
        for (const key of entries.keys()) if (key.startsWith(`${sessionId}/`)) entries.delete(key)
      })
  })
}

/**
 * The journal in force. Where none is provided, each client remembers in memory, for as long as it lives: a tool may then
 * run again after a restart. `ToolRunner.Options.journal` refuses that default.
 * @category services
 */
export const Journal: Context.Reference<never, Service> = Context.Reference<never>()(
  "@effect-managed-agents/core/Journal",
  { defaultValue: (): Service => defaultJournal.make(makeMemory) }
)

/**
 * Provides {@link Journal} in memory, which lives as long as the layer.
 * @category layers
 */
export const layerMemory = (options?: MemoryOptions): Layer.Layer<never> =>
  Layer.sync(Journal, () => makeMemory(options))

// ---------------------------------------------------------------------------------------------------------------------
// In a store
// ---------------------------------------------------------------------------------------------------------------------

/** The keys of a call. */
const kinds = ["decided", "started", "ran", "settled"] as const
type Kind = typeof kinds[number]

const keyOf = ({ id, sessionId }: Call, kind: Kind) => `${sessionId}/${id}.${kind}`

/** The stored form of an entry. */
const saved = <A extends Entry, I>(entry: Schema.Schema<A, I>) =>
  Schema.parseJson(Schema.Struct({ version: Schema.Literal(1), entry }))

const decided = saved(Decided_)
const started = saved(Started_)
const ran = saved(Ran_)
const settled = saved(Schema.Union(Posted_, Rejected_))

/**
 * Options of a journal in a store.
 * @category options
 */
export interface StoreOptions {
  /**
   * The beginning of each key, so that other things may be kept in the same store.
   *
   * @default "journal/"
   */
  readonly prefix?: string | undefined
  /**
   * The number of calls of a session to remember: the last ones.
   *
   * @default 1_000
   */
  readonly capacity?: number | undefined
  /**
   * The age at which a call is not remembered any more, since its first entry. It is removed when the session's next call is
   * written down.
   *
   * @default Infinity
   */
  readonly maxAge?: Duration.DurationInput | undefined
}

/** The calls of a session, each with the time of its first entry. */
const Calls = Schema.parseJson(Schema.Array(Schema.Tuple(Ids.EventId, Schema.Number)))

type Calls = typeof Calls.Type

/** The lists of the calls of sessions, by which calls are removed. */
const makeIndex = (store: KeyValueStore.KeyValueStore, capacity: number, maxAge: Duration.DurationInput) => {
  const alone = exclusive.make()

  /** The list of a session's calls. Of one that is torn nothing is known. */
  const listed = (sessionId: Ids.SessionIdInput) =>
    Effect.map(
      store.get(sessionId),
      (text): Calls => Option.getOrElse(Option.flatMap(text, Schema.decodeOption(Calls)), () => [])
    )

  const remove = (sessionId: Ids.SessionId, calls: Calls) =>
    Effect.forEach(calls, ([id]) => Effect.forEach(kinds, (kind) => store.remove(keyOf({ sessionId, id }, kind))), {
      discard: true
    })

  /** Lists a call before its first entry, and removes those that are too many or too old. */
  const list = ({ id, sessionId }: Call) =>
    alone(
      sessionId,
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const calls = yield* listed(sessionId)
        if (calls.some(([known]) => known === id)) return
        const all = [...calls, [id, now] as const]
        const kept = all.slice(-capacity).filter(([, at]) => now - at <= Duration.toMillis(maxAge))
        yield* store.set(sessionId, yield* Schema.encode(Calls)(kept))
        yield* remove(sessionId, all.filter((one) => !kept.includes(one)))
      })
    )

  /** Removes all calls of a session. */
  const clear = (sessionId: Ids.SessionId) =>
    alone(
      sessionId,
      Effect.flatMap(listed(sessionId), (calls) => Effect.zipRight(remove(sessionId, calls), store.remove(sessionId)))
    )

  return { list, clear }
}

/**
 * Builds a journal on a `KeyValueStore`.
 *
 * Each call has up to four keys, for a decision, its start, its result and its end, each written once: a write that breaks
 * off half way does no harm to what was there before, and what is not whole does not count. But the start counts however
 * little of it is there. One more key lists the calls of a session. `forget` a session when it is over.
 *
 * @category constructors
 */
export const make = (
  { capacity = 1000, maxAge = Duration.infinity, prefix = "journal/" }: StoreOptions = {}
): Effect.Effect<Service, never, KeyValueStore.KeyValueStore> =>
  Effect.map(KeyValueStore.KeyValueStore, (unprefixed) => {
    const store = KeyValueStore.prefix(unprefixed, prefix)
    const index = makeIndex(store, capacity, maxAge)
    const attempt = <A>(
      operation: JournalError["operation"],
      { id, sessionId }: { readonly sessionId: Ids.SessionIdInput; readonly id?: Ids.EventId },
      self: Effect.Effect<A, { readonly message: string }>
    ) =>
      Effect.mapError(
        self,
        ({ message }) => new JournalError({ operation, sessionId, id, reason: "Unavailable", detail: message })
      )

    const read = (call: Call, kind: Kind) => attempt("get", call, store.get(keyOf(call, kind)))

    const write = (call: Call, kind: Kind, text: Effect.Effect<string, ParseError>) =>
      attempt("put", call, Effect.flatMap(text, (text) => store.set(keyOf(call, kind), text)))

    const first = (call: Call, kind: Kind, text: Effect.Effect<string, ParseError>) =>
      Effect.zipRight(attempt("put", call, index.list(call)), write(call, kind, text))

    return fromStorage({
      get: Effect.fnUntraced(function*(call) {
        const begun = yield* read(call, "started")
        const isStarted = Option.isSome(begun)
        const decision = isStarted
          ? Option.none()
          : Option.flatMap(yield* read(call, "decided"), Schema.decodeOption(decided))
        if (!isStarted && Option.isNone(decision)) return Option.none()
        const end = Option.flatMap(yield* read(call, "settled"), Schema.decodeOption(settled))
        if (Option.isSome(end)) return Option.some(end.value.entry)
        if (Option.isSome(decision)) return Option.some(decision.value.entry)
        const result = Option.flatMap(yield* read(call, "ran"), Schema.decodeOption(ran))
        if (Option.isSome(result)) return Option.some(result.value.entry)
        const start = Option.flatMap(begun, Schema.decodeOption(started))
        return Option.some(Option.isSome(start) ? start.value.entry : { _tag: "Started" })
      }),
      put: (call, entry) => {
        switch (entry._tag) {
          case "Decided":
            return first(call, "decided", Schema.encode(decided)({ version: 1, entry }))
          case "Started":
            return first(call, "started", Schema.encode(started)({ version: 1, entry }))
          case "Ran":
            return write(call, "ran", Schema.encode(ran)({ version: 1, entry }))
          case "Posted":
          case "Rejected":
            return write(call, "settled", Schema.encode(settled)({ version: 1, entry }))
        }
      },
      forget: (id) => {
        const sessionId = Ids.SessionId.make(id)
        return attempt("forget", { sessionId }, index.clear(sessionId))
      }
    })
  })

/**
 * Provides {@link Journal} on a `KeyValueStore`: files, a browser's storage, or anything else that lasts.
 * @category layers
 */
export const layer = (options?: StoreOptions): Layer.Layer<never, never, KeyValueStore.KeyValueStore> =>
  Layer.effect(Journal, make(options))
