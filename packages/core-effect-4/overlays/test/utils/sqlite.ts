/** Databases in files. Effect has no client for SQLite in this line yet: this one is as small as the tests allow. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as SqlClient from "effect/sql/SqlClient"
import type * as SqlConnection from "effect/sql/SqlConnection"
import { classifySqliteError, SqlError } from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"
import * as Stream from "effect/Stream"
import { DatabaseSync } from "node:sqlite"
import type { SQLInputValue } from "node:sqlite"

const codes = new Map([[1, "ERROR"], [5, "BUSY"], [8, "READONLY"], [19, "CONSTRAINT"], [20, "MISMATCH"], [23, "AUTH"]])

/** The error of the driver, with the code as other drivers have it. */
const failure = (error: unknown): SqlError => {
  const { errcode = 1, message = "" } = Object(error)
  const cause = Object.assign(new Error(message), { code: `SQLITE_${codes.get(errcode & 0xff) ?? "ERROR"}` })
  return new SqlError({ reason: classifySqliteError(cause, { message: "Failed to execute statement" }) })
}

const connect = (database: DatabaseSync): SqlConnection.Connection => {
  const run = (sql: string, params: ReadonlyArray<unknown>): Effect.Effect<ReadonlyArray<object>, SqlError> =>
    Effect.try({
      // the compiler makes no other values
      try: () => database.prepare(sql).all(...params as ReadonlyArray<SQLInputValue>),
      catch: failure
    })
  const values = (sql: string, params: ReadonlyArray<unknown>) =>
    Effect.map(run(sql, params), (rows) => rows.map((row): ReadonlyArray<unknown> => Object.values(row)))
  const execute: SqlConnection.Connection["execute"] = (sql, params, transform) =>
    Effect.map(run(sql, params), (rows) => transform === undefined ? rows : transform(rows))
  return {
    execute,
    executeRaw: run,
    executeStream: (sql, params, transform) => Stream.fromIterableEffect(execute(sql, params, transform)),
    executeValues: values,
    executeValuesUnprepared: values,
    executeUnprepared: execute
  }
}

/** A client of its own of the database in a file, or of one in memory. */
export const layer = (path: string | undefined) =>
  Layer.effect(
    SqlClient.SqlClient,
    Effect.gen(function*() {
      const database = yield* Effect.acquireRelease(
        Effect.sync(() => new DatabaseSync(path ?? ":memory:")),
        (database) => Effect.sync(() => database.close())
      )
      return yield* SqlClient.make({
        acquirer: Effect.succeed(connect(database)),
        compiler: Statement.makeCompilerSqlite(),
        driver: "node:sqlite",
        spanAttributes: [["db.system.name", "sqlite"]]
      })
    })
  ).pipe(Layer.provide(Reactivity.layer))
