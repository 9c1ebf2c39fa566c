/** Databases in files. */
import * as LibsqlClient from "@effect/sql-libsql/LibsqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** A client of its own of the database in a file, or of one in memory. */
export const layer = (path: string | undefined) =>
  LibsqlClient.layer({ url: path === undefined ? "file::memory:" : `file:${path}` })

/** A new file, which is removed with the scope. Each layer opens it anew, as a process does that has restarted. */
export const make = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "sqlite-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  ),
  (folder) => () => Layer.fresh(layer(join(folder, "store.db")))
)
