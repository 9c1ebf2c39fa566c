import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SessionOwner from "../../SessionOwner.ts"
import * as TurnStore from "../../TurnStore.ts"
import { canonical } from "../schema/canonical.ts"
import * as wellFormed from "../schema/wellFormed.ts"
import * as database from "./database.ts"
import { forget } from "./forget.ts"
import * as owners from "./owners.ts"
import type { Operation } from "./turnErrors.ts"
import { attempt, malformed } from "./turnErrors.ts"

/** The version of what is written into a row. */
const version = 1

interface Row {
  readonly turn_id: string
  readonly session_id: string
  readonly version: number
  readonly status: string
  readonly wakes: number
  readonly input: string
  /** The parts of the state that have no column. */
  readonly state: string
}

const columns = "turn_id, session_id, version, status, wakes, input, state"

const encode = Schema.encode(TurnStore.StoredTurn)
const encodeState = Schema.encode(TurnStore.State)
const decode = Schema.decodeUnknown(TurnStore.StoredTurn)
const json = Schema.decode(Schema.parseJson())

/** Reads a row. Nothing of a row that cannot be read gets into the error. */
const read = (operation: Operation, row: Row): Effect.Effect<TurnStore.StoredTurn, TurnStore.TurnStoreError> => {
  const { session_id: sessionId, status, turn_id: id, wakes } = row
  // an error has a trace of the stack, which is too dear for each row
  const mismatch = () => malformed(operation, id, database.mismatch("a turn", row.version, version))
  if (row.version > version) return mismatch()
  return Effect.mapError(
    Effect.flatMap(
      Effect.zip(json(row.state), json(row.input)),
      ([state, input]) => decode({ ...Object(state), id, sessionId, input, status, wakes })
    ),
    mismatch
  )
}

/** No database keeps these as they are. */
const isStorable = (id: string): boolean => id !== "" && !id.includes("\0") && wellFormed.text(id) === id

/** One statement; two where the turn is there. */
const add = (db: database.Database) => {
  const { now, sql, tables: { turns } } = db
  return Effect.fnUntraced(function*({ id, input, sessionId }: TurnStore.NewTurn) {
    if (!isStorable(id) || !isStorable(sessionId)) {
      return yield* malformed("add", id, "expected ids that are not empty, and without NUL and lone surrogates")
    }
    const turn: TurnStore.StoredTurn = { id, sessionId, input, status: "queued", wakes: 0 }
    const encoded = yield* Effect.mapError(encode(turn), () => malformed("add", id, "the input is no list of events"))
    const text = JSON.stringify(encoded.input)
    const added = yield* attempt(
      "add",
      id,
      sql`
      INSERT INTO ${turns} (turn_id, session_id, version, status, wakes, input, state, created_at, due_at)
      VALUES (${id}, ${sessionId}, CAST(${version} AS integer), 'queued', 0, ${text}, '{}', ${now}, ${now})
      ON CONFLICT (turn_id) DO NOTHING RETURNING turn_id`
    )
    if (added.length > 0) return turn
    const [row] = yield* attempt("add", id, byId(db, id))
    // deleted since
    if (row === undefined) return turn
    const stored = yield* read("add", row)
    const isSame = stored.sessionId === sessionId && canonical(stored.input) === canonical(turn.input)
    if (isSame) return stored
    return yield* new TurnStore.TurnStoreError({
      operation: "add",
      key: id,
      reason: "Conflict",
      detail: stored.sessionId === sessionId
        ? "a turn of this id has other input"
        : `a turn of this id is in session ${stored.sessionId}`
    })
  })
}

const byId = ({ sql, tables: { turns } }: database.Database, id: string) =>
  sql<Row>`SELECT ${sql.literal(columns)} FROM ${turns} WHERE turn_id = ${id}`

/** One statement; two where nothing was written, since nobody knows why. */
const put = ({ fromNow, now, share, sql, tables: { sessions, turns } }: database.Database) =>
  Effect.fnUntraced(function*(
    { fence, sessionId }: SessionOwner.Service,
    id: string,
    state: TurnStore.State,
    { dueAfter = Duration.infinity }: TurnStore.PutOptions = {}
  ) {
    const { status, wakes, ...rest } = yield* Effect.mapError(
      encodeState(state),
      () => malformed("put", id, "the state is none of a turn")
    )
    const isMine = sql`session_id = ${sessionId} AND fence = CAST(${fence} AS bigint)`
    const waits = sql`${status} = 'waiting' AND turn.wakes <= CAST(${wakes} AS integer)`
    const dueLater = Duration.isFinite(Duration.decode(dueAfter)) ? fromNow(dueAfter) : sql.literal("NULL")
    const written = yield* attempt(
      "put",
      id,
      sql`
      WITH mine AS (SELECT session_id FROM ${sessions} WHERE ${isMine} ${share})
      UPDATE ${turns} AS turn SET
        state = CASE WHEN turn.status = 'ended' THEN turn.state ELSE ${JSON.stringify(rest)} END,
        ended_at = CASE WHEN turn.status <> 'ended' AND ${status} = 'ended' THEN ${now} ELSE turn.ended_at END,
        due_at = CASE WHEN turn.status = 'ended' OR ${status} = 'ended' THEN NULL
          WHEN ${waits} THEN ${dueLater} ELSE ${now} END,
        wakes = CASE WHEN turn.status <> 'ended' AND turn.wakes < CAST(${wakes} AS integer)
          THEN CAST(${wakes} AS integer) ELSE turn.wakes END,
        status = CASE WHEN turn.status = 'ended' THEN turn.status
          WHEN ${status} <> 'waiting' OR ${waits} THEN ${status} ELSE 'running' END
      FROM mine WHERE turn.turn_id = ${id} AND turn.session_id = mine.session_id
      RETURNING turn_id`
    )
    if (written.length > 0) return
    const mine = yield* attempt("put", id, sql`SELECT session_id FROM ${sessions} WHERE ${isMine}`)
    if (mine.length === 0) return yield* new SessionOwner.FencedOut({ sessionId, fence })
    return yield* new TurnStore.TurnStoreError({
      operation: "put",
      key: id,
      reason: "NotFound",
      detail: `session ${sessionId} has no turn of this id`
    })
  })

/** Builds a store of turns. Each operation is one statement, but for what is said beside it. */
export const make = (db: database.Database): TurnStore.Service => {
  const { now, sql, tables: { turns } } = db

  const first = (operation: Operation, key: string, rows: Parameters<typeof attempt<ReadonlyArray<Row>, never>>[2]) =>
    Effect.flatMap(
      attempt(operation, key, rows),
      ([row]) => row === undefined ? Effect.succeedNone : Effect.asSome(read(operation, row))
    )

  return {
    ...owners.make(db),
    add: add(db),
    get: (id) => first("get", id, byId(db, id)),
    next: (sessionId) =>
      first(
        "next",
        sessionId,
        sql<Row>`
        SELECT ${sql.literal(columns)} FROM ${turns} AS turn WHERE session_id = ${sessionId} AND status <> 'ended'
        ORDER BY ${database.place(db, "turn")} LIMIT 1`
      ),
    put: put(db),
    wake: (id) =>
      Effect.asVoid(attempt(
        "wake",
        id,
        sql`
        UPDATE ${turns} SET wakes = wakes + 1,
          due_at = CASE WHEN status = 'waiting' THEN ${now} ELSE due_at END,
          status = CASE WHEN status = 'waiting' THEN 'running' ELSE status END
        WHERE turn_id = ${id} AND status <> 'ended'`
      )),
    forget: ({ endedBefore }) => attempt("forget", undefined, forget(db, DateTime.toEpochMillis(endedBefore)))
  }
}
