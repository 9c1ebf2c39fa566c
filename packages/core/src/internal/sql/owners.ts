import * as Effect from "effect/Effect"
import * as Ids from "../../Ids.ts"
import type * as SessionOwner from "../../SessionOwner.ts"
import type * as TurnStore from "../../TurnStore.ts"
import * as database from "./database.ts"
import { attempt } from "./turnErrors.ts"

interface Row {
  readonly session_id: string
  /** Drivers of PostgreSQL have large numbers as texts. */
  readonly fence: number | string
}

const ownersOf = (rows: ReadonlyArray<Row>): ReadonlyArray<SessionOwner.Service> =>
  rows.map(({ fence, session_id }) => ({ sessionId: Ids.SessionId.make(session_id), fence: Number(fence) }))

/** The turn is the next one of its session, and does not wait, or not any longer. */
const isDue = (db: database.Database) =>
  db.sql`turn.due_at <= ${db.now} AND NOT EXISTS (
    SELECT 1 FROM ${db.tables.turns} AS earlier WHERE earlier.session_id = turn.session_id AND earlier.status <> 'ended'
    AND (${database.place(db, "earlier")}) < (${database.place(db, "turn")}))`

const claim = (db: database.Database): TurnStore.Service["claim"] => {
  const { fromNow, millis, now, skip, sql, tables: { sessions, turns } } = db
  /** The session has no owner, or one whose lease is over. */
  const isFree = sql`session.owner IS NULL OR coalesce(session.expires_at <= ${now}, false)`
  return ({ expiresAfter, limit, owner }) => {
    if (limit < 1) return Effect.succeed([])
    const claimed = sql<Row>`
      WITH due AS (SELECT turn.session_id FROM ${turns} AS turn
        WHERE ${isDue(db)} AND NOT EXISTS (SELECT 1 FROM ${sessions} AS session
          WHERE session.session_id = turn.session_id AND NOT (${isFree}))
        ORDER BY turn.due_at, turn.seq LIMIT ${limit} ${skip})
      INSERT INTO ${sessions} AS session (session_id, fence, owner, owned_at, expires_at)
      SELECT session_id, ${millis}, ${owner}, ${now}, ${fromNow(expiresAfter)} FROM due WHERE true
      ON CONFLICT (session_id) DO UPDATE SET fence = session.fence + 1,
        owner = excluded.owner, owned_at = excluded.owned_at, expires_at = excluded.expires_at
      WHERE ${isFree}
      RETURNING session_id, fence`
    return Effect.map(attempt("claim", owner, claimed), ownersOf)
  }
}

/**
 * Builds what a store of turns knows of owners. Each operation is one statement.
 *
 * The first fence of a session is a time, and those after it count more slowly than time goes by. So a session that was
 * forgotten does not use a fence again.
 */
export const make = (
  db: database.Database
): Pick<TurnStore.Service, "own" | "claim" | "renew" | "release" | "due"> => {
  const { fromNow, millis, now, pairs, sql, tables: { sessions, turns } } = db

  const held = (owners: ReadonlyArray<SessionOwner.Service>) =>
    pairs(owners.map(({ fence, sessionId }) => [sessionId, fence]))

  return {
    own: (sessionId, owner) => {
      const owned = sql<Pick<Row, "fence">>`
        INSERT INTO ${sessions} AS session (session_id, fence, owner, owned_at)
        VALUES (${sessionId}, ${millis}, ${owner}, ${now})
        ON CONFLICT (session_id) DO UPDATE SET fence = session.fence + 1,
          owner = excluded.owner, owned_at = excluded.owned_at, expires_at = NULL
        RETURNING fence`
      return Effect.map(attempt("own", sessionId, owned), ([row]) => ({ sessionId, fence: Number(row?.fence) }))
    },
    claim: claim(db),
    renew: (owners, expiresAfter) => {
      if (owners.length === 0) return Effect.succeed([])
      const renewed = sql<Row>`
        WITH held AS (${held(owners)})
        UPDATE ${sessions} AS session SET expires_at = ${fromNow(expiresAfter)} FROM held
        WHERE session.session_id = held.key AND session.fence = held.value AND session.owner IS NOT NULL
        RETURNING session_id, fence`
      return Effect.map(attempt("renew", undefined, renewed), ownersOf)
    },
    release: (owners) => {
      if (owners.length === 0) return Effect.void
      const released = sql`
        WITH held AS (${held(owners)})
        UPDATE ${sessions} AS session SET owner = NULL, expires_at = NULL FROM held
        WHERE session.session_id = held.key AND session.fence = held.value`
      return Effect.asVoid(attempt("release", undefined, released))
    },
    due: ({ after, limit }) => {
      const found = sql<Pick<Row, "session_id">>`
        SELECT turn.session_id FROM ${turns} AS turn
        WHERE ${isDue(db)} AND turn.session_id > ${after ?? ""} ORDER BY turn.session_id LIMIT ${limit}`
      return Effect.map(
        attempt("due", undefined, found),
        (rows) => rows.map((row) => Ids.SessionId.make(row.session_id))
      )
    }
  }
}
