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

/** The content of one of the two places of a cursor. */
const Saved = Schema.parseJson(Schema.Struct({ turn: Schema.Number, cursor: Cursor.Cursor }))

type Saved = typeof Saved.Type

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
 * Writing to a file or to a browser's storage may break off half way. So every cursor has two places that are written in
 * turn, and what is not whole does not count.
 *
 * @category constructors
 */
export const make = Effect.fnUntraced(function*({ prefix = "cursor/" }: Options = {}) {
  const store = KeyValueStore.prefix(yield* KeyValueStore.KeyValueStore, prefix)
  const mutex = yield* Effect.makeSemaphore(1)
  const known = fences.make()
  /** The turn of the last write of each key. */
  const turns = new Map<string, number>()
  const places = (key: string) => [`${key}.0`, `${key}.1`] as const
  const attempt = <A>(
    operation: CursorStoreError["operation"],
    key: string,
    self: Effect.Effect<A, { readonly message: string }>
  ) =>
    Effect.mapError(
      self,
      ({ message }) => new CursorStoreError({ operation, key, reason: "Unavailable", detail: message })
    )

  const latest = (operation: "get" | "set", key: string): Effect.Effect<Option.Option<Saved>, CursorStoreError> =>
    Effect.gen(function*() {
      let found: Option.Option<Saved> = Option.none()
      let broken = 0
      for (const place of places(key)) {
        const text = yield* attempt(operation, key, store.get(place))
        if (Option.isNone(text)) continue
        const saved = Schema.decodeOption(Saved)(text.value)
        if (Option.isNone(saved)) broken++
        else if (Option.isNone(found) || saved.value.turn > found.value.turn) found = saved
      }
      if (broken === 2) {
        return yield* new CursorStoreError({
          operation,
          key,
          reason: "Malformed",
          detail: "expected a cursor of version 1"
        })
      }
      return found
    })

  const turnOf = (key: string): Effect.Effect<number, CursorStoreError> => {
    const turn = turns.get(key)
    return turn === undefined
      ? Effect.map(latest("set", key), Option.match({ onNone: () => 0, onSome: (saved) => saved.turn }))
      : Effect.succeed(turn)
  }

  return CursorStore.of({
    get: (key) => Effect.map(latest("get", key), Option.map((saved) => saved.cursor)),
    set: (key, cursor, owner) =>
      mutex.withPermits(1)(Effect.gen(function*() {
        if (owner !== undefined && !known.admit(owner)) {
          return yield* new CursorStoreError({
            operation: "set",
            key,
            reason: "FencedOut",
            detail: `session ${owner.sessionId} has another owner since fence ${owner.fence}`
          })
        }
        const turn = (yield* turnOf(key)) + 1
        const text = yield* attempt("set", key, Schema.encode(Saved)({ turn, cursor }))
        yield* attempt("set", key, store.set(places(key)[turn % 2 === 0 ? 0 : 1], text))
        turns.set(key, turn)
      })),
    remove: (key) =>
      mutex.withPermits(1)(Effect.gen(function*() {
        turns.delete(key)
        for (const place of places(key)) yield* attempt("remove", key, store.remove(place))
      }))
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
  Stream.unwrap(Effect.gen(function*() {
    const store = yield* CursorStore
    const stored = Option.getOrUndefined(yield* store.get(key))
    let number = 0
    let acknowledged = -1
    const mutex = yield* Effect.makeSemaphore(1)

    const deliver = ({ cursor, update }: Follow.Positioned): Tracked => {
      const mine = number++
      return {
        update,
        // what is acknowledged late does not take back what was acknowledged since
        acknowledge: mutex.withPermits(1)(Effect.suspend(() => {
          if (cursor === undefined || mine <= acknowledged) return Effect.void
          return Effect.map(store.set(key, cursor), () => {
            acknowledged = mine
          })
        }))
      }
    }

    let begun = stored !== undefined
    return Follow.withCursor(stored)(source(stored)).pipe(Stream.mapEffect((positioned) => {
      const { cursor, update } = positioned
      const isFirst = !begun && cursor !== undefined
      begun ||= isFirst
      // The first run of a consumer that begins now: if nothing is acknowledged, the next one begins here as well.
      return isFirst && update._tag === "CaughtUp"
        ? Effect.as(store.set(key, cursor), deliver(positioned))
        : Effect.succeed(deliver(positioned))
    }))
  }))
