/**
 * Turns, their owners, tool calls, cursors and a rate limit in a database: PostgreSQL, which several processes share, or a
 * file of SQLite for one process.
 *
 * It needs `@effect/sql` and the client of the database, such as `@effect/sql-pg`. Other modules of this package do not.
 *
 * Each write of an owner is one statement that names the fence: whoever was fenced out writes nothing. Times are those of the
 * database, so the clocks of the processes may differ. Inputs and results are in the rows only, never in errors, logs or
 * spans.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as CursorStore from "./CursorStore.ts"
import * as calls from "./internal/sql/calls.ts"
import * as cursors from "./internal/sql/cursors.ts"
import * as database from "./internal/sql/database.ts"
import * as rate from "./internal/sql/rate.ts"
import * as tables from "./internal/sql/schema.ts"
import * as turns from "./internal/sql/turns.ts"
import * as Journal from "./Journal.ts"
import * as RateLimit from "./RateLimit.ts"
import * as TurnStore from "./TurnStore.ts"

/**
 * A database cannot be used.
 * @category errors
 */
export class SqlStoreError extends Schema.TaggedError<SqlStoreError>("@effect-managed-agents/core/SqlStoreError")(
  "SqlStoreError",
  {
    /**
     * - `Unavailable`: the database cannot be reached, or failed;
     * - `UnsupportedDialect`: it is neither PostgreSQL nor SQLite;
     * - `InvalidPrefix`: the prefix is none that the names of tables may begin with;
     * - `NotMigrated`: the tables are not there, or older than this library;
     * - `NewerVersion`: the tables are newer than this library, which could not use them without harm;
     * - `OtherApplication`: the tables belong to another application, whose sessions this one would take;
     * - `Rejected`: the database does not let this program do it.
     */
    reason: Schema.Literal(
      "Unavailable",
      "UnsupportedDialect",
      "InvalidPrefix",
      "NotMigrated",
      "NewerVersion",
      "OtherApplication",
      "Rejected"
    ),
    /** A description of the failure. */
    detail: Schema.String
  }
) {
  override get message(): string {
    return `SqlStore: ${this.detail}`
  }
  /** True if trying again may help. */
  get isRetryable(): boolean {
    return this.reason === "Unavailable"
  }
}

/**
 * Options of a store.
 * @category options
 */
export interface Options {
  /**
   * The beginning of the names of the tables, so that two programs may share a database: lower-case letters, digits and
   * underscores, at most 40.
   *
   * @default "ema_"
   */
  readonly prefix?: string | undefined
  /**
   * The name of the application, such as the cluster's: any text. The tables belong to the first that has named itself, and any
   * other fails as `OtherApplication` before it does anything: it would run turns with the wrong tools.
   *
   * @default none, which fails on tables that belong to an application
   */
  readonly application?: string | undefined
}

const open = ({ prefix = "ema_" }: Options = {}): Effect.Effect<
  database.Database,
  SqlStoreError,
  SqlClient.SqlClient
> =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => {
    const opened = database.make(sql, prefix)
    switch (opened) {
      case "dialect":
        return new SqlStoreError({
          reason: "UnsupportedDialect",
          detail: "the database is neither PostgreSQL nor SQLite"
        })
      case "prefix":
        return new SqlStoreError({
          reason: "InvalidPrefix",
          detail: `expected a prefix of lower-case letters, digits and underscores, at most 40, got ${
            JSON.stringify(prefix.slice(0, 60))
          }`
        })
      default:
        return Effect.succeed(opened)
    }
  })

const fromFailure = ({ detail, reason }: database.Failure): SqlStoreError =>
  new SqlStoreError({ reason: reason === "Unavailable" ? reason : "Rejected", detail })

const notMigrated = ({ prefix }: database.Database, found: tables.Versions | undefined): SqlStoreError => {
  const state = found === undefined ? "are not there" : `are of version ${found.version}`
  return new SqlStoreError({
    reason: "NotMigrated",
    detail: `the tables ${prefix}… ${state}: SqlStore.migrate brings them to version ${tables.version}`
  })
}

/** Fails if tables of such a version cannot be used. */
const usable = (
  db: database.Database,
  found: tables.Versions | undefined
): Effect.Effect<void, SqlStoreError> => {
  if (found === undefined || found.version < tables.version) return notMigrated(db, found)
  if (found.oldest > tables.version) {
    return new SqlStoreError({
      reason: "NewerVersion",
      detail:
        `the tables ${db.prefix}… are of version ${found.version}, and this library knows version ${tables.version}`
    })
  }
  return Effect.void
}

/** Fails if the tables belong to another application. */
const owned = (
  db: database.Database,
  { application }: Options = {}
): Effect.Effect<void, SqlStoreError> =>
  Effect.flatMap(
    Effect.mapError(
      database.run(tables.applicationOf(db, application)),
      (failure) => failure.isMissing ? notMigrated(db, undefined) : fromFailure(failure)
    ),
    (owner) => {
      if (owner === application || owner === undefined) return Effect.void
      const other = application === undefined ? "this one has no name" : `this one is ${JSON.stringify(application)}`
      return new SqlStoreError({
        reason: "OtherApplication",
        detail: `the tables ${db.prefix}… belong to the application ${JSON.stringify(owner)}, and ${other}: ` +
          "give each application a prefix of its own"
      })
    }
  )

/**
 * Makes the tables, or brings them up to date. Nothing is done where nothing is missing, and several processes may do it at
 * the same time. Tables that a newer library has made are left as they are, and are an error if this one cannot use them.
 * @category combinators
 */
export const migrate = (options?: Options): Effect.Effect<void, SqlStoreError, SqlClient.SqlClient> =>
  Effect.gen(function*() {
    const db = yield* open(options)
    const found = yield* Effect.mapError(database.run(tables.migrate(db)), fromFailure)
    if (found !== undefined && found.version > tables.version) yield* usable(db, found)
    // a deploy step need not know whose they are
    if (options?.application !== undefined) yield* owned(db, options)
  })

/**
 * Migrations by name, for a program that has migrations of its own: `Migrator.fromRecord` of `@effect/sql` takes them. Their
 * numbers may be changed, not their order.
 * @category combinators
 */
export const migrations = (
  options?: Options
): { readonly [name: string]: Effect.Effect<void, SqlError.SqlError | SqlStoreError, SqlClient.SqlClient> } =>
  Object.fromEntries(tables.names.map((name, index) => [
    `${index + 1}_${name}`,
    Effect.flatMap(open(options), (db) => tables.steps(db)[index] ?? Effect.void)
  ]))

/**
 * Provides {@link TurnStore}, {@link Journal} and {@link CursorStore} in a database. Fails where the tables are not there, or
 * are of a version that it cannot use, see {@link migrate}, and where they belong to another application.
 * @category layers
 */
export const layer = (
  options?: Options
): Layer.Layer<TurnStore.TurnStore | CursorStore.CursorStore, SqlStoreError, SqlClient.SqlClient> =>
  Layer.unwrapEffect(Effect.gen(function*() {
    const db = yield* open(options)
    const found = yield* Effect.catchAll(
      database.run(tables.versions(db)),
      (failure) => failure.isMissing ? Effect.succeed(undefined) : fromFailure(failure)
    )
    yield* usable(db, found)
    yield* owned(db, options)
    return Layer.mergeAll(
      Layer.succeed(TurnStore.TurnStore, turns.make(db)),
      Layer.succeed(CursorStore.CursorStore, cursors.make(db)),
      Layer.succeed(Journal.Journal, calls.make(db))
    )
  }))

/**
 * Options of a shared limit.
 * @category options
 */
export interface RateLimitOptions extends RateLimit.Options, Pick<Options, "prefix"> {
  /** The name of the limit, such as the organization's: all who use it share it. */
  readonly key: string
}

/**
 * Sets one limit for all processes that use this database, as {@link RateLimit.layer} does for one. Each request asks the
 * database once. While that gives no answer, each process keeps to the limit by itself. Rates that are not above zero are a
 * defect.
 * @category layers
 */
export const rateLimit = (options: RateLimitOptions): Layer.Layer<never, SqlStoreError, SqlClient.SqlClient> =>
  Layer.effect(
    RateLimit.Current,
    Effect.flatMap(open(options), (db) => rate.make(db, options.key, options))
  )
