/**
 * Storage of a follower's position, so that it goes on there after a restart.
 *
 * An event is acknowledged when it has been dealt with. Whatever happens in between, an event that was acknowledged is
 * not delivered again, and one that was not, is.
 *
 * @since 0.1.0
 */
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Cursor from "./Cursor.ts"
import * as Follow from "./Follow.ts"
import * as fences from "./internal/turn/fences.ts"
import type * as SessionOwner from "./SessionOwner.ts"

/**
 * A cursor could not be read or written.
 * @category errors
 */
export class CursorStoreError
  extends Schema.TaggedError<CursorStoreError>("@effect-managed-agents/core/CursorStoreError")(
    "CursorStoreError",
    {
      /** The operation that failed. */
      operation: Schema.Literal("get", "set", "remove"),
      /** Whose cursor it is. */
      key: Schema.String,
      /**
       * - `Unavailable`: the store cannot be reached, or failed;
       * - `Malformed`: what it holds is no cursor, or one of a newer version;
       * - `FencedOut`: somebody else owns the session now.
       */
      reason: Schema.Literal("Unavailable", "Malformed", "FencedOut"),
      /** A description of the failure. */
      detail: Schema.String
    }
  )
{
  override get message(): string {
    return `CursorStore.${this.operation} of ${JSON.stringify(this.key)} failed: ${this.detail}`
  }
  /** True if trying again may help. */
  get isRetryable(): boolean {
    return this.reason === "Unavailable"
  }
}

/**
 * Keeps cursors by key.
 * @category services
 */
export interface Service {
  /** The cursor that was last set, if any. */
  readonly get: (key: string) => Effect.Effect<Option.Option<Cursor.Cursor>, CursorStoreError>
  /**
   * Replaces the cursor. If that is interrupted, by a crash for example, either the old or the new one is there. With an
   * owner who is not the owner of the session any more, it does nothing and fails as `FencedOut`.
   */
  readonly set: (
    key: string,
    cursor: Cursor.Cursor,
    owner?: SessionOwner.Service
  ) => Effect.Effect<void, CursorStoreError>
  /** Forgets the cursor. */
  readonly remove: (key: string) => Effect.Effect<void, CursorStoreError>
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class CursorStore extends Context.Tag("@effect-managed-agents/core/CursorStore")<CursorStore, Service>() {}

/** The content of a place of a cursor. */
const Saved = Schema.parseJson(Cursor.Cursor)

/**
 * Options of a store of cursors.
 * @category options
 */
export interface Options {
  /**
   * The beginning of each key, so that other things may be kept in the same store.
   *
   * @default "cursor/"
   */
  readonly prefix?: string | undefined
}

/**
 * Builds the service on a `KeyValueStore`.
 *
 * Writing to a file or to a browser's storage may break off half way, and what is not whole does not count. So every cursor
 * has a second place, to which the last one is copied before the first is written. Nothing of a store is remembered, so
 * that several processes may use one: the cursor that was written last is the one that is read.
 *
 * @category constructors
 */
export const make = Effect.fnUntraced(function*({ prefix = "cursor/" }: Options = {}) {
  const store = KeyValueStore.prefix(yield* KeyValueStore.KeyValueStore, prefix)
  const mutex = yield* Effect.makeSemaphore(1)
  const known = fences.make()
  const places = (key: string) => ({ first: `${key}.0`, copy: `${key}.1` })
  const attempt = <A>(
    operation: CursorStoreError["operation"],
    key: string,
    self: Effect.Effect<A, { readonly message: string }>
  ) =>
    Effect.mapError(
      self,
      ({ message }) => new CursorStoreError({ operation, key, reason: "Unavailable", detail: message })
    )
  const isWhole = (text: string) => Option.isSome(Schema.decodeOption(Saved)(text))

  const get: Service["get"] = Effect.fnUntraced(function*(key) {
    const { copy, first } = places(key)
    let broken = 0
    for (const place of [first, copy]) {
      const text = yield* attempt("get", key, store.get(place))
      if (Option.isNone(text)) continue
      const saved = Schema.decodeOption(Saved)(text.value)
      if (Option.isSome(saved)) return saved
      broken++
    }
    if (broken < 2) return Option.none()
    return yield* new CursorStoreError({
      operation: "get",
      key,
      reason: "Malformed",
      detail: "expected a cursor of version 1"
    })
  })

  const set: Service["set"] = Effect.fnUntraced(function*(key, cursor, owner) {
    if (owner !== undefined && !known.admit(owner)) {
      return yield* new CursorStoreError({
        operation: "set",
        key,
        reason: "FencedOut",
        detail: `session ${owner.sessionId} has another owner since fence ${owner.fence}`
      })
    }
    const { copy, first } = places(key)
    const text = yield* attempt("set", key, Schema.encode(Saved)(cursor))
    const last = yield* attempt("set", key, store.get(first))
    // a first place that is not whole is written anew, while the copy is
    if (Option.isSome(last) && isWhole(last.value)) yield* attempt("set", key, store.set(copy, last.value))
    yield* attempt("set", key, store.set(first, text))
  })

  return CursorStore.of({
    get,
    set: (key, cursor, owner) => mutex.withPermits(1)(set(key, cursor, owner)),
    remove: (key) => {
      const { copy, first } = places(key)
      // without the first place, the copy would count
      return mutex.withPermits(1)(
        Effect.zipRight(attempt("remove", key, store.remove(copy)), attempt("remove", key, store.remove(first)))
      )
    }
  })
})

/**
 * Provides {@link CursorStore} on a `KeyValueStore`: files, a browser's storage, or anything else.
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<CursorStore, never, KeyValueStore.KeyValueStore> =>
  Layer.effect(CursorStore, make(options))

/**
 * Provides {@link CursorStore} in memory: cursors live as long as the layer.
 * @category layers
 */
export const layerMemory: Layer.Layer<CursorStore> = Layer.provide(layer(), KeyValueStore.layerMemory)

/**
 * An update, and the means to acknowledge it.
 * @category models
 */
export interface Tracked {
  readonly update: Follow.Update
  /** Remembers that this update, and every one before it, has been dealt with. */
  readonly acknowledge: Effect.Effect<void, CursorStoreError>
}

/**
 * Follows from where the consumer of this key has left off. `source` is given the stored cursor; where there is none yet,
 * it begins wherever it likes, and goes on from there.
 *
 * @example
 * ```ts
 * import * as CursorStore from "@effect-managed-agents/core/CursorStore"
 * import * as Events from "@effect-managed-agents/core/Events"
 * import type * as Follow from "@effect-managed-agents/core/Follow"
 * import type { SessionId } from "@effect-managed-agents/core/Ids"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * declare const record: (update: Follow.Update) => Effect.Effect<void>
 *
 * export const program = (id: SessionId) =>
 *   Effect.flatMap(Events.Events, (events) =>
 *     CursorStore.follow(id, (cursor) => events.follow(id, { from: cursor ?? "start" })).pipe(
 *       Stream.runForEach(({ acknowledge, update }) => Effect.zipRight(record(update), acknowledge))
 *     ))
 * ```
 *
 * @category combinators
 */
export const follow = <E, R>(
  key: string,
  source: (from: Cursor.Cursor | undefined) => Stream.Stream<Follow.Update, E, R>
): Stream.Stream<Tracked, E | CursorStoreError, R | CursorStore> =>
  track(key, (from) => Follow.withCursor(from)(source(from)), ({ update }, acknowledge) => ({ update, acknowledge }))

/**
 * An update of a session or one of its threads, and the means to acknowledge it.
 * @category models
 */
export interface TrackedThread extends Follow.Threaded, Tracked {}

/**
 * Follows a session and all its threads from where the consumer of this key has left off, as {@link follow} does. The
 * places in all of them are stored as one cursor.
 *
 * @example
 * ```ts
 * import * as CursorStore from "@effect-managed-agents/core/CursorStore"
 * import type * as Follow from "@effect-managed-agents/core/Follow"
 * import type { SessionId } from "@effect-managed-agents/core/Ids"
 * import * as Threads from "@effect-managed-agents/core/Threads"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * declare const record: (update: Follow.Threaded) => Effect.Effect<void>
 *
 * export const program = (id: SessionId) =>
 *   Effect.flatMap(Threads.Threads, (threads) =>
 *     CursorStore.followAll(id, (cursor) => threads.followAll(id, { from: cursor ?? "start" })).pipe(
 *       Stream.runForEach(({ acknowledge, ...update }) => Effect.zipRight(record(update), acknowledge))
 *     ))
 * ```
 *
 * @category combinators
 */
export const followAll = <E, R>(
  key: string,
  source: (from: Cursor.Cursor | undefined) => Stream.Stream<Follow.Threaded, E, R>
): Stream.Stream<TrackedThread, E | CursorStoreError, R | CursorStore> =>
  track(
    key,
    (from) => Follow.withThreadCursors(from)(source(from)),
    ({ threadId, update }, acknowledge) => ({ threadId, update, acknowledge })
  )

/** Follows from the stored cursor on, and gives each update the means to store the one after it. */
const track = <P extends Follow.Positioned, A, E, R>(
  key: string,
  source: (from: Cursor.Cursor | undefined) => Stream.Stream<P, E, R>,
  tracked: (positioned: P, acknowledge: Tracked["acknowledge"]) => A
): Stream.Stream<A, E | CursorStoreError, R | CursorStore> =>
  Stream.unwrap(Effect.gen(function*() {
    const store = yield* CursorStore
    const stored = Option.getOrUndefined(yield* store.get(key))
    let number = 0
    let acknowledged = -1
    const mutex = yield* Effect.makeSemaphore(1)

    const deliver = (positioned: P): A => {
      const { cursor } = positioned
      const mine = number++
      // what is acknowledged late does not take back what was acknowledged since
      const acknowledge = mutex.withPermits(1)(Effect.suspend(() => {
        if (cursor === undefined || mine <= acknowledged) return Effect.void
        return Effect.map(store.set(key, cursor), () => {
          acknowledged = mine
        })
      }))
      return tracked(positioned, acknowledge)
    }

    let begun = stored !== undefined
    return source(stored).pipe(Stream.mapEffect((positioned) => {
      const { cursor, update } = positioned
      const isFirst = !begun && cursor !== undefined
      begun ||= isFirst
      // The first run of a consumer that begins now: if nothing is acknowledged, the next one begins here as well.
      return isFirst && update._tag === "CaughtUp"
        ? Effect.as(store.set(key, cursor), deliver(positioned))
        : Effect.succeed(deliver(positioned))
    }))
  }))
