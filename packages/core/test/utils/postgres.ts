/** A PostgreSQL of its own: in a temporary folder, on a free loopback port, as an ordinary user. */
// where the database is depends on the machine that runs the test
// @effect-diagnostics processEnv:off
import type * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as TestServices from "effect/TestServices"
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { listen } from "./listen.ts"

const debian = "/usr/lib/postgresql"

/** The folder of the programs of this machine's PostgreSQL, the newest one, if it has any. */
const bin = [
  process.env["POSTGRES_BIN"],
  ...(existsSync(debian) ? readdirSync(debian) : [])
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(debian, version, "bin")),
  ...(process.env["PATH"] ?? "").split(delimiter)
].find((path) => path !== undefined && path !== "" && existsSync(join(path, "initdb")))

/** There is a PostgreSQL, or there must be one. */
export const available = bin !== undefined || process.env["POSTGRES"] === "required"

if (!available) {
  // so that a skipped test is not taken for a passed one
  // oxlint-disable-next-line eslint/no-console
  console.warn(
    "Tests on PostgreSQL are skipped: there is none on this machine. POSTGRES_BIN names the folder of its programs."
  )
}

/** Root may not run it: Debian's package comes with a user who may. */
const user = process.getuid?.() === 0
  ? { uid: Number(execFileSync("id", ["-u", "postgres"])), gid: Number(execFileSync("id", ["-g", "postgres"])) }
  : {}

const program = (name: string): string => {
  if (bin === undefined) throw new Error("PostgreSQL is required, and there is none on this machine")
  return join(bin, name)
}

/** A database that runs until its scope closes. */
export interface Postgres {
  readonly port: number
  /** Stops it as a power cut does, and returns when it is gone. */
  readonly stop: Effect.Effect<void>
  /** Starts it again, and returns when it answers. */
  readonly start: Effect.Effect<void>
  /** The settings of a client. */
  readonly config: PgClient.PgClientConfig
}

const freePort = Effect.scoped(listen(createServer()))

/** Makes a database and starts it. */
export const make: Effect.Effect<Postgres, never, Scope.Scope> = Effect.gen(function*() {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "postgres-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true, maxRetries: 10 }))
  )
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid)
  const data = join(folder, "data")
  const port = yield* freePort
  execFileSync(
    program("initdb"),
    ["--pgdata", data, "--username", "test", "--auth", "trust", "--no-sync", "--encoding", "UTF8", "--locale", "C"],
    { ...user, cwd: folder, stdio: ["ignore", "ignore", "inherit"] }
  )

  let child: ChildProcess | undefined
  const stop = Effect.async<void>((resume) => {
    const running = child
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return resume(Effect.void)
    running.once("exit", () => resume(Effect.void))
    running.kill("SIGQUIT")
  })
  const answers = Effect.async<void, string>((resume) => {
    const asking = spawn(program("pg_isready"), ["--host", "127.0.0.1", "--port", String(port)], { stdio: "ignore" })
    asking.once("exit", (code) => resume(code === 0 ? Effect.void : Effect.fail(`pg_isready: ${code}`)))
  })
  // what was committed outlives the process, not the machine
  const settings = ["fsync=off", "full_page_writes=off", "unix_socket_directories="]
  const start = Effect.sync(() => {
    child = spawn(
      program("postgres"),
      ["-D", data, "-p", String(port), "-h", "127.0.0.1", ...settings.flatMap((setting) => ["-c", setting])],
      { ...user, cwd: folder, stdio: "ignore" }
    )
  }).pipe(
    Effect.zipRight(Effect.retry(answers, { times: 600, schedule: Schedule.spaced("50 millis") })),
    Effect.orDie,
    TestServices.provideLive
  )
  // a test that is cut off leaves nothing behind either
  const end = () => void child?.kill("SIGQUIT")
  yield* Effect.acquireRelease(
    Effect.zipRight(Effect.sync(() => process.once("exit", end)), start),
    () => Effect.zipRight(stop, Effect.sync(() => process.off("exit", end)))
  )
  const config = { host: "127.0.0.1", port, username: "test", database: "postgres" }
  return { port, stop, start, config }
})
