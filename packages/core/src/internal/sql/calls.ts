import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Journal from "../../Journal.ts"
import type * as SessionOwner from "../../SessionOwner.ts"
import * as database from "./database.ts"

/** The version of what is written into a row. */
const version = 1

interface Row {
  readonly version: number
  readonly entry: string
}

const Entry = Schema.parseJson(Journal.Entry)

/** Builds a journal. Each operation is one statement. */
export const make = (db: database.Database): Journal.Service => {
  const { now, sql, tables } = db
  const { calls } = tables

  const error = (
    operation: Journal.JournalError["operation"],
    call: Pick<Journal.Call, "sessionId"> & { readonly id?: Journal.Call["id"] },
    reason: Journal.JournalError["reason"],
    detail: string
  ) => new Journal.JournalError({ operation, sessionId: call.sessionId, id: call.id, reason, detail })

  const get = Effect.fnUntraced(function*(call: Journal.Call) {
    const [row] = yield* Effect.mapError(
      database.run(sql<Row>`SELECT version, entry FROM ${calls}
        WHERE session_id = ${call.sessionId} AND event_id = ${call.id}`),
      ({ detail, reason }) => error("get", call, reason, detail)
    )
    if (row === undefined) return Option.none()
    const found = row.version === version ? Schema.decodeOption(Entry)(row.entry) : Option.none()
    return yield* Option.match(found, {
      // a call that nothing is known about could run again
      onNone: () => error("get", call, "Malformed", database.mismatch("an entry", row.version, version)),
      onSome: (entry) => Effect.succeedSome(entry)
    })
  })

  const put = Effect.fnUntraced(function*(
    call: Journal.Call,
    entry: Journal.Entry,
    owner?: SessionOwner.Service
  ) {
    const text = yield* Effect.mapError(
      Schema.encode(Entry)(entry),
      () => error("put", call, "Malformed", "the entry is none of a journal")
    )
    // a decision about a call that has an entry is left out
    const change = entry._tag === "Decided"
      ? sql`version = call.version`
      : sql`version = excluded.version, entry = excluded.entry, fence = excluded.fence, written_at = excluded.written_at`
    const written = yield* Effect.mapError(
      database.run(sql`
        INSERT INTO ${calls} AS call (session_id, event_id, version, entry, fence, written_at)
        SELECT ${call.sessionId}, ${call.id}, CAST(${version} AS integer), ${text}, ${
        database.fenceOf(db, owner)
      }, ${now} ${database.ifOwned(db, owner)}
        ON CONFLICT (session_id, event_id) DO UPDATE SET ${change} RETURNING event_id`),
      ({ detail, reason }) => error("put", call, reason, detail)
    )
    if (written.length === 0) return yield* error("put", call, "FencedOut", database.fencedOut(owner))
  })

  return Journal.fromStorage({
    get,
    put,
    forget: (sessionId) =>
      Effect.asVoid(Effect.mapError(
        database.run(sql`DELETE FROM ${calls} WHERE session_id = ${sessionId}`),
        ({ detail, reason }) =>
          new Journal.JournalError({
            operation: "forget",
            sessionId,
            reason,
            detail
          })
      ))
  })
}
