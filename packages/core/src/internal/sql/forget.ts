import type * as SqlError from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as database from "./database.ts"

/** The number of rows that one transaction deletes: it is short, and what it holds is soon free. */
const batch = 1000

/** Repeats a deletion of up to so many rows until none are left, and answers with the number of all. */
const inBatches = (some: Effect.Effect<number, SqlError.SqlError>, sum = 0): Effect.Effect<number, SqlError.SqlError> =>
  Effect.flatMap(some, (count) => count < batch ? Effect.succeed(sum + count) : inBatches(some, sum + count))

/**
 * Deletes the turns that ended before a moment; then what is kept of sessions that have no turn left, and no owner since that
 * moment: owner, calls and cursors. Breaking off in between loses nothing: the next time deletes the rest.
 */
export const forget = (db: database.Database, endedBefore: number): Effect.Effect<number, SqlError.SqlError> => {
  const { sql, tables: { calls, cursors, sessions, turns } } = db
  const before = db.at(endedBefore)
  const limit = sql.literal(String(batch))

  const someTurns = Effect.map(
    sql`DELETE FROM ${turns} WHERE turn_id IN (
        SELECT turn_id FROM ${turns} WHERE status = 'ended' AND ended_at < ${before}
        ORDER BY ended_at LIMIT ${limit} ${db.skip})
      RETURNING turn_id`,
    (rows) => rows.length
  )

  const isOver = sql`session.owned_at < ${before}
    AND (session.owner IS NULL OR coalesce(session.expires_at <= ${db.now}, false))
    AND NOT EXISTS (SELECT 1 FROM ${turns} AS turn WHERE turn.session_id = session.session_id)`

  const someSessions = database.together(
    db,
    Effect.gen(function*() {
      const rows = yield* sql<{ readonly session_id: string }>`
      SELECT session_id FROM ${sessions} AS session WHERE ${isOver} LIMIT ${limit} ${db.skip}`
      if (rows.length === 0) return 0
      const ids = db.pairs(rows.map((row) => [row.session_id, 0]))
      const over = sql`SELECT session.session_id FROM ${sessions} AS session, (${ids}) AS found
      WHERE session.session_id = found.key AND ${isOver}`
      yield* sql`DELETE FROM ${calls} WHERE session_id IN (${over})`
      yield* sql`DELETE FROM ${cursors} WHERE session_id IN (${over}) OR key IN (${over})`
      yield* sql`DELETE FROM ${sessions} WHERE session_id IN (${over})`
      return rows.length
    })
  )

  return Effect.zipLeft(inBatches(someTurns), inBatches(someSessions))
}
