import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import type * as Statement from "@effect/sql/Statement"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as SessionOwner from "../../SessionOwner.ts"

/** The tables, without their prefix. */
const names = ["schema", "applications", "sessions", "turns", "calls", "cursors", "rates"] as const

/** The words of a dialect. Times are those of the database. */
interface Words {
  readonly dialect: "pg" | "sqlite"
  readonly now: Statement.Fragment
  /** A moment moved by milliseconds. */
  readonly plus: (moment: Statement.Fragment, millis: number) => Statement.Fragment
  /** The milliseconds from now until a moment. */
  readonly until: (moment: Statement.Fragment) => Statement.Fragment
  /** The later of two moments. */
  readonly later: (one: Statement.Fragment, other: Statement.Fragment) => Statement.Fragment
  /** A moment that the program knows. */
  readonly at: (epochMillis: number) => Statement.Fragment
  /** Now, in milliseconds since the epoch. */
  readonly millis: Statement.Fragment
  /** Keeps a row that is read as it is until the transaction ends. */
  readonly share: Statement.Fragment
  /** Takes rows for this transaction, and passes over those that others have taken. */
  readonly skip: Statement.Fragment
  /** The rows `(key, value)` of pairs, of which there may be any number. */
  readonly pairs: (pairs: ReadonlyArray<readonly [key: string, value: number]>) => Statement.Fragment
}

/** A database with the tables of one program. */
export interface Database extends Words {
  readonly sql: SqlClient.SqlClient
  readonly prefix: string
  readonly tables: { readonly [name in typeof names[number]]: Statement.Fragment }
  /** A moment that far from now. */
  readonly fromNow: (duration: Duration.DurationInput) => Statement.Fragment
}

const pg = (sql: SqlClient.SqlClient): Words => {
  const now = sql.literal("clock_timestamp()")
  return {
    dialect: "pg",
    now,
    plus: (moment, millis) => sql`(${moment} + CAST(${millis} AS double precision) * interval '1 millisecond')`,
    until: (moment) => sql`CAST(extract(epoch FROM ${moment} - ${now}) * 1000 AS double precision)`,
    later: (one, other) => sql`greatest(${one}, ${other})`,
    at: (epochMillis) => sql`to_timestamp(CAST(${epochMillis} AS double precision) / 1000)`,
    millis: sql`CAST(floor(extract(epoch FROM ${now}) * 1000) AS bigint)`,
    share: sql.literal("FOR SHARE"),
    skip: sql.literal("FOR UPDATE SKIP LOCKED"),
    pairs: (pairs) =>
      sql`SELECT pair ->> 0 AS key, CAST(pair ->> 1 AS bigint) AS value FROM json_array_elements(CAST(${
        JSON.stringify(pairs)
      } AS json)) AS pairs (pair)`
  }
}

const sqlite = (sql: SqlClient.SqlClient): Words => {
  const now = sql.literal("CAST(round((julianday('now') - 2440587.5) * 86400000) AS integer)")
  return {
    dialect: "sqlite",
    now,
    plus: (moment, millis) => sql`(${moment} + ${millis})`,
    until: (moment) => sql`(${moment} - ${now})`,
    later: (one, other) => sql`max(${one}, ${other})`,
    at: (epochMillis) => sql`CAST(${epochMillis} AS integer)`,
    millis: now,
    // a statement that writes has the whole database to itself
    share: sql.literal(""),
    skip: sql.literal(""),
    pairs: (pairs) =>
      sql`SELECT json_extract(value, '$[0]') AS key, json_extract(value, '$[1]') AS value FROM json_each(${
        JSON.stringify(pairs)
      })`
  }
}

/** The part of a name that every database takes, and that leaves room for the names of tables and indexes. */
const isPrefix = (prefix: string): boolean => /^[a-z_][a-z0-9_]{0,39}$/.test(prefix)

/** The database, or which of client and prefix is none that it can be made of. */
export const make = (client: SqlClient.SqlClient, prefix: string): Database | "dialect" | "prefix" => {
  if (!isPrefix(prefix)) return "prefix"
  // the names of columns are ours
  const sql = client.withoutTransforms()
  const words = sql.onDialectOrElse({ pg: () => pg(sql), sqlite: () => sqlite(sql), orElse: () => undefined })
  if (words === undefined) return "dialect"
  const table = (name: typeof names[number]) => sql.literal(`${prefix}${name}`)
  return {
    ...words,
    sql,
    prefix,
    fromNow: (duration) => words.plus(words.now, Duration.toMillis(duration)),
    tables: {
      schema: table("schema"),
      applications: table("applications"),
      sessions: table("sessions"),
      turns: table("turns"),
      calls: table("calls"),
      cursors: table("cursors"),
      rates: table("rates")
    }
  }
}

/** A failure of the database, in words that hold nothing of what is stored. */
export interface Failure {
  readonly reason: "Unavailable" | "Malformed"
  /** A table is not there. */
  readonly isMissing: boolean
  readonly detail: string
}

/** The code of the driver's error, such as an SQLSTATE or `ECONNREFUSED`. */
const codeOf = (error: SqlError.SqlError): string | undefined => {
  for (let cause: unknown = error.cause, depth = 0; Predicate.isRecord(cause) && depth < 5; depth++) {
    if (typeof cause["code"] === "string") return cause["code"]
    cause = cause["cause"]
  }
  return undefined
}

/** The driver's words, which are looked at and never shown: they may quote a value. */
const wordsOf = (error: SqlError.SqlError): string =>
  Predicate.hasProperty(error.cause, "message") ? String(error.cause.message) : ""

const failureOf = (error: SqlError.SqlError): Failure => {
  const code = codeOf(error)
  const words = `${error.message ?? "the statement failed"}${code === undefined ? "" : ` (${code})`}`
  if (code === "42P01" || /no such table/.test(wordsOf(error))) {
    return { reason: "Malformed", isMissing: true, detail: `${words}: a table is not there, SqlStore.migrate makes it` }
  }
  // data that the database does not take, statements that it does not know, rights that are missing
  const isFinal = code !== undefined &&
    /^(22|23|42|0A)...$|^SQLITE_(ERROR|CONSTRAINT|MISMATCH|READONLY|AUTH)/.test(code)
  return { reason: isFinal ? "Malformed" : "Unavailable", isMissing: false, detail: words }
}

/**
 * Has a statement or a transaction fail with what became of it. A transaction whose connection is lost cannot be rolled back
 * either, which the client reports as a defect: it is the same failure.
 */
export const run = <A, R>(self: Effect.Effect<A, SqlError.SqlError, R>): Effect.Effect<A, Failure, R> =>
  self.pipe(
    Effect.catchAllCause((cause) =>
      Effect.failCause(
        Option.match(Cause.find(cause, sqlErrorOf), { onNone: () => cause, onSome: (error) => Cause.fail(error) })
      )
    ),
    Effect.mapError(failureOf)
  )

/** By its tag: there may be two copies of the class. */
const isSqlError = (u: unknown): u is SqlError.SqlError => Predicate.isTagged(u, "SqlError")

const sqlErrorOf = (cause: Cause.Cause<SqlError.SqlError>): Option.Option<SqlError.SqlError> => {
  const error = cause._tag === "Fail" ? cause.error : cause._tag === "Die" ? cause.defect : undefined
  return isSqlError(error) ? Option.some(error) : Option.none()
}

/** Words for a row that was written by another version, or torn. */
export const mismatch = (what: string, found: number, known: number): string =>
  found > known
    ? `found ${what} of version ${found}, and this library reads version ${known}`
    : `expected ${what} of version ${known}`

/**
 * The end of a `SELECT` of values: without a row unless the owner of a session, if there is one, is its owner still. Who
 * would take the session over waits until the transaction is over.
 */
export const ifOwned = (
  { share, sql, tables }: Database,
  owner: SessionOwner.Service | undefined
): Statement.Fragment =>
  owner === undefined
    ? sql`WHERE true`
    : sql`FROM ${tables.sessions} WHERE session_id = ${owner.sessionId} AND fence = CAST(${owner.fence} AS bigint) ${share}`

/** The fence to keep with a row. */
export const fenceOf = ({ sql }: Database, owner: SessionOwner.Service | undefined): Statement.Fragment =>
  owner === undefined ? sql`CAST(NULL AS bigint)` : sql`CAST(${owner.fence} AS bigint)`

/** Words for a write that was refused. */
export const fencedOut = (owner: SessionOwner.Service | undefined): string =>
  `session ${owner?.sessionId} has another owner since fence ${owner?.fence}`

/**
 * The order in which a session runs its turns. One that was begun comes first: of two that were added at the same time, the
 * one with the earlier number may have become visible later.
 */
export const place = ({ sql }: Database, turn: string): Statement.Fragment =>
  sql.literal(`CASE WHEN ${turn}.status = 'queued' THEN 1 ELSE 0 END, ${turn}.seq`)

/**
 * Has statements take effect together, and what they have locked stay so until then. On SQLite they are one after the other:
 * they must each be right by themselves, and do no harm when repeated. (The client for libSQL waits forever after a
 * transaction that could not begin.)
 */
export const together = <A, E, R>(
  { dialect, sql }: Database,
  self: Effect.Effect<A, E, R>
): Effect.Effect<A, E | SqlError.SqlError, R> => dialect === "pg" ? sql.withTransaction(self) : self
