import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll } from "vitest"
import * as SqlStore from "../src/SqlStore.ts"
import { sqlStoreLaws } from "./support/sqlStoreLaws.ts"
import * as sqlite from "./utils/sqlite.ts"

const folder = mkdtempSync(join(tmpdir(), "sqlite-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

sqlStoreLaws("SqlStore on SQLite", () => sqlite.layer(join(folder, "store.db")), 1)

describe("SqlStore", () => {
  for (const dialect of ["mysql", "mssql", "clickhouse"] as const) {
    it.effect(`does not begin on ${dialect}`, () =>
      Effect.gen(function*() {
        const sqlite = yield* SqlClient.SqlClient
        const sql: SqlClient.SqlClient = Object.assign(
          (...args: Parameters<typeof sqlite>) => sqlite(...args),
          sqlite,
          {
            withoutTransforms: () => sql,
            onDialectOrElse: (cases: { readonly [dialect: string]: () => unknown }) =>
              (cases[dialect] ?? cases["orElse"])?.()
          }
        )
        const provide = Effect.provideService(SqlClient.SqlClient, sql)
        const errors = [
          yield* Effect.flip(provide(SqlStore.migrate())),
          yield* Effect.flip(provide(Layer.build(SqlStore.layer()))),
          yield* Effect.flip(provide(Layer.build(SqlStore.rateLimit({ key: "k" }))))
        ]
        for (const error of errors) {
          assert.strictEqual(error.reason, "UnsupportedDialect")
          assert.strictEqual(error.message, "SqlStore: the database is neither PostgreSQL nor SQLite")
        }
      }).pipe(Effect.scoped, Effect.provide(sqlite.layer(undefined))))
  }
})
