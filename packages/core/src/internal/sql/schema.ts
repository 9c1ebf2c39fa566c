import type * as SqlError from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type { Database } from "./database.ts"
import { together } from "./database.ts"

type Migration = Effect.Effect<void, SqlError.SqlError>

/**
 * Makes the tables. Contents are text: `jsonb` refuses texts that JSON allows, and says in its errors what they were. A turn
 * is due from `due_at` on; it has none while it waits for a wake, and when it has ended.
 */
const first = ({ dialect, prefix, sql }: Database): Migration => {
  const types = dialect === "pg"
    ? { bigint: "bigint", time: "timestamptz", seq: "bigint GENERATED ALWAYS AS IDENTITY", turnId: "PRIMARY KEY" }
    : { bigint: "integer", time: "integer", seq: "integer PRIMARY KEY AUTOINCREMENT", turnId: "UNIQUE" }
  const statements = [
    `CREATE TABLE IF NOT EXISTS ${prefix}sessions (
      session_id text PRIMARY KEY NOT NULL,
      fence ${types.bigint} NOT NULL,
      owner text,
      owned_at ${types.time} NOT NULL,
      expires_at ${types.time}
    )`,
    `CREATE TABLE IF NOT EXISTS ${prefix}turns (
      seq ${types.seq},
      turn_id text ${types.turnId} NOT NULL,
      session_id text NOT NULL,
      version integer NOT NULL,
      status text NOT NULL,
      wakes integer NOT NULL,
      input text NOT NULL,
      state text NOT NULL,
      created_at ${types.time} NOT NULL,
      due_at ${types.time},
      ended_at ${types.time}
    )`,
    `CREATE INDEX IF NOT EXISTS ${prefix}turns_session ON ${prefix}turns (session_id, seq)`,
    `CREATE INDEX IF NOT EXISTS ${prefix}turns_open ON ${prefix}turns (session_id, seq) WHERE status <> 'ended'`,
    `CREATE INDEX IF NOT EXISTS ${prefix}turns_due ON ${prefix}turns (due_at, seq) WHERE due_at IS NOT NULL`,
    `CREATE INDEX IF NOT EXISTS ${prefix}turns_ended ON ${prefix}turns (ended_at) WHERE status = 'ended'`,
    `CREATE TABLE IF NOT EXISTS ${prefix}calls (
      session_id text NOT NULL,
      event_id text NOT NULL,
      version integer NOT NULL,
      entry text NOT NULL,
      fence ${types.bigint},
      written_at ${types.time} NOT NULL,
      PRIMARY KEY (session_id, event_id)
    )`,
    `CREATE TABLE IF NOT EXISTS ${prefix}cursors (
      key text PRIMARY KEY NOT NULL,
      session_id text,
      cursor text NOT NULL,
      fence ${types.bigint},
      written_at ${types.time} NOT NULL
    )`,
    `CREATE INDEX IF NOT EXISTS ${prefix}cursors_session ON ${prefix}cursors (session_id)`,
    `CREATE TABLE IF NOT EXISTS ${prefix}rates (
      key text NOT NULL,
      kind text NOT NULL,
      last_at ${types.time} NOT NULL,
      PRIMARY KEY (key, kind)
    )`
  ]
  return Effect.forEach(statements, (text) => sql.unsafe(text), { discard: true })
}

/** All migrations; the one at index n leads to version n + 1. Each does no harm where it was applied before. */
const migrations = { tables: first }

/** The names of the migrations, in order. */
export const names: ReadonlyArray<string> = Object.keys(migrations)

/** The version of the tables that this library makes. */
export const version = names.length

/**
 * The lowest version whose programs can use the tables that this library makes: programs of two versions can run while one
 * replaces the other.
 */
const oldest = 1

const makeVersion = ({ sql, tables }: Database): Migration =>
  Effect.zipRight(
    sql`
    CREATE TABLE IF NOT EXISTS ${tables.schema} (
      id integer PRIMARY KEY NOT NULL,
      version integer NOT NULL,
      oldest integer NOT NULL
    )`,
    Effect.asVoid(sql`
    CREATE TABLE IF NOT EXISTS ${tables.applications} (
      id integer PRIMARY KEY NOT NULL,
      name text NOT NULL
    )`)
  )

/** The version of tables, and the lowest of programs that can use them. */
export interface Versions {
  readonly version: number
  readonly oldest: number
}

export const versions = ({ sql, tables }: Database): Effect.Effect<Versions | undefined, SqlError.SqlError> =>
  Effect.map(sql<Versions>`SELECT version, oldest FROM ${tables.schema} WHERE id = 1`, ([row]) => row)

/** The name of the application whose tables they are: of the first that has given one. */
export const applicationOf = (
  { sql, tables: { applications } }: Database,
  name: string | undefined
): Effect.Effect<string | undefined, SqlError.SqlError> =>
  Effect.zipRight(
    name === undefined
      ? Effect.void
      : Effect.asVoid(sql`INSERT INTO ${applications} (id, name) VALUES (1, ${name}) ON CONFLICT (id) DO NOTHING`),
    Effect.map(
      sql<{ readonly name: string }>`SELECT name FROM ${applications} WHERE id = 1`,
      ([row]) => row?.name
    )
  )

const write = ({ sql, tables }: Database, to: number): Migration =>
  Effect.asVoid(sql`
    INSERT INTO ${tables.schema} (id, version, oldest) VALUES (1, CAST(${to} AS integer), CAST(${oldest} AS integer))
    ON CONFLICT (id) DO UPDATE SET version = excluded.version, oldest = excluded.oldest
    WHERE ${tables.schema}.version < excluded.version`)

/** The steps, for who applies each when it is due. */
export const steps = (database: Database): ReadonlyArray<Migration> =>
  Object.values(migrations).map((step, index) =>
    makeVersion(database).pipe(Effect.zipRight(step(database)), Effect.zipRight(write(database, index + 1)))
  )

/**
 * Applies what is missing. Others who do the same at that time wait, or do it as well. Answers with the versions that the
 * tables had before, if they were there.
 */
export const migrate = (db: Database): Effect.Effect<Versions | undefined, SqlError.SqlError> => {
  const { dialect, prefix, sql } = db
  const alone = dialect === "pg"
    ? sql`SELECT pg_advisory_xact_lock(hashtext('@effect-managed-agents/core/SqlStore'), hashtext(${prefix}))`
    : Effect.void
  return together(
    db,
    Effect.gen(function*() {
      yield* alone
      yield* makeVersion(db)
      const found = yield* versions(db)
      yield* Effect.all(steps(db).slice(found?.version ?? 0), { discard: true })
      return found
    })
  )
}
