import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Cursor from "../../Cursor.ts"
import * as CursorStore from "../../CursorStore.ts"
import type * as SessionOwner from "../../SessionOwner.ts"
import * as database from "./database.ts"

const Saved = Schema.parseJson(Cursor.Cursor)

/** Builds a store of cursors. Each operation is one statement. */
export const make = (db: database.Database): CursorStore.Service => {
  const { now, sql, tables } = db
  const { cursors } = tables

  const attempt = <A, R>(
    operation: CursorStore.CursorStoreError["operation"],
    key: string,
    self: Parameters<typeof database.run<A, R>>[0]
  ) =>
    Effect.mapError(
      database.run(self),
      ({ detail, reason }) => new CursorStore.CursorStoreError({ operation, key, reason, detail })
    )

  const malformed = (operation: "get" | "set", key: string) =>
    new CursorStore.CursorStoreError({ operation, key, reason: "Malformed", detail: "expected a cursor of version 1" })

  const set = Effect.fnUntraced(function*(
    key: string,
    cursor: Cursor.Cursor,
    owner?: SessionOwner.Service
  ) {
    const text = yield* Effect.mapError(Schema.encode(Saved)(cursor), () => malformed("set", key))
    const written = yield* attempt(
      "set",
      key,
      sql`
      INSERT INTO ${cursors} AS saved (key, session_id, cursor, fence, written_at)
      SELECT ${key}, ${owner?.sessionId ?? null}, ${text}, ${database.fenceOf(db, owner)}, ${now} ${
        database.ifOwned(db, owner)
      }
      ON CONFLICT (key) DO UPDATE SET session_id = excluded.session_id, cursor = excluded.cursor,
        fence = excluded.fence, written_at = excluded.written_at
      RETURNING key`
    )
    if (written.length > 0) return
    return yield* new CursorStore.CursorStoreError({
      operation: "set",
      key,
      reason: "FencedOut",
      detail: database.fencedOut(owner)
    })
  })

  return CursorStore.CursorStore.of({
    get: (key) =>
      Effect.flatMap(
        attempt("get", key, sql<{ readonly cursor: string }>`SELECT cursor FROM ${cursors} WHERE key = ${key}`),
        ([row]) =>
          row === undefined
            ? Effect.succeedNone
            : Effect.asSome(Effect.mapError(Schema.decode(Saved)(row.cursor), () => malformed("get", key)))
      ),
    set,
    remove: (key) => Effect.asVoid(attempt("remove", key, sql`DELETE FROM ${cursors} WHERE key = ${key}`))
  })
}
