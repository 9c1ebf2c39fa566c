/** The laws of stores in databases whose clock cannot be turned, and what several connections and restarts do to them. */
import * as LibsqlClient from "@effect/sql-libsql/LibsqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import { describe } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as TestServices from "effect/TestServices"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import * as SqlStore from "../../src/SqlStore.ts"
import { turnStoreLaws } from "../support/turnStoreLaws.ts"
import * as postgres from "../utils/postgres.ts"

const elapse = (duration: Duration.Duration) => TestServices.provideLive(Effect.sleep(duration))
const lease = Duration.millis(1500)

let prefixes = 0
/** Tables of their own, which is a store that is empty. */
const fresh = () => {
  const options = { prefix: `law${++prefixes}_` }
  return Layer.provideMerge(SqlStore.layer(options), Layer.effectDiscard(SqlStore.migrate(options)))
}

const file = Layer.unwrapScoped(Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "sqlite-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  ),
  (folder) => LibsqlClient.layer({ url: `file:${join(folder, "store.db")}` })
))

turnStoreLaws("SqlStore on SQLite", { layer: Layer.suspend(() => Layer.provide(fresh(), file)), elapse, lease })

describe.skipIf(!postgres.available)("PostgreSQL", () => {
  const scope = Effect.runSync(Scope.make())
  let server: postgres.Postgres
  beforeAll(async () => {
    server = await Effect.runPromise(Scope.extend(postgres.make, scope))
  })
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  turnStoreLaws("SqlStore on PostgreSQL", {
    layer: Layer.suspend(() => Layer.provide(fresh(), PgClient.layer(server.config))),
    elapse,
    lease
  })
})
