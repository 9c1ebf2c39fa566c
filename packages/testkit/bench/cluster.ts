/**
 * Turns by id on a PostgreSQL, in processes of their own: what takes over how soon, and what a turn costs. The simulator is
 * in this process, so that a runner's figures are its own.
 */
import * as DurableTurn from "@effect-managed-agents/core/DurableTurn"
import type * as TurnStore from "@effect-managed-agents/core/TurnStore"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { mkdtempSync, rmSync } from "node:fs"
import { loadavg, tmpdir } from "node:os"
import { join } from "node:path"
import * as postgres from "../../core/test/utils/postgres.ts"
import * as AgentScript from "../src/AgentScript.ts"
import { documentedRateLimits } from "../src/Rules.ts"
import { Simulator } from "../src/Simulator.ts"
import type * as Testkit from "../src/Testkit.ts"
import type { Options } from "../test/chaos/place.ts"
import { beside, create, pay } from "../test/chaos/place.ts"
import * as processes from "../test/chaos/processes.ts"
import type { Engine } from "../test/chaos/world.ts"
import { clients, statements as statementsSoFar } from "../test/chaos/world.ts"
import { median, table } from "./report.ts"

const { say, sleep } = AgentScript

const program = [process.argv[1] ?? "", "--task", "runner"]

interface World extends Options {
  readonly engine: Engine
  readonly slots: number
  readonly perMinute?: { readonly writes: number; readonly reads: number }
}

/** Runs something beside runners that have come up. */
const world = <A, E>(
  { engine, perMinute, slots, ...options }: World,
  self: (
    runners: processes.Runners,
    client: Effect.Effect.Success<typeof clients.lease>
  ) => Effect.Effect<A, E, TurnStore.TurnStore | SqlClient.SqlClient | Testkit.Services>
) =>
  beside(options, ({ server, url }) =>
    Effect.gen(function*() {
      const logs = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "bench-"))),
        (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
      )
      const settings = { engine, postgres: server.port, url, lease: 6000, payTime: 5, perMinute }
      const runners = yield* processes.make({ ...settings, slots, program, logs })
      for (let slot = 0; slot < slots; slot++) {
        runners.start(slot)
        yield* Effect.sleep("4 seconds")
      }
      return yield* self(runners, yield* clients[engine])
    }))

/** The moment at which a session was taken over after another, and by whom. */
const takenAfter = (session: string, at: number) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    for (;;) {
      const [row] = yield* sql<{ readonly at: number; readonly process: string }>`
        SELECT extract(epoch from at)::float8 * 1000 AS at, process FROM history
        WHERE what = 'owner' AND detail = 'taken' AND session_id = ${session}
        AND at > to_timestamp(${at}::float8 / 1000) ORDER BY id LIMIT 1`
      if (row !== undefined) return row
      yield* Effect.sleep("100 millis")
    }
  })

const ownerOf = (session: string) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql<{ readonly process: string }>`SELECT process FROM history
      WHERE what = 'owner' AND detail = 'taken' AND session_id = ${session} ORDER BY id DESC LIMIT 1`
    return row?.process ?? ""
  })

/** Kills the owner of a session, or ends it in order, several times. */
const takeover = (engine: Engine, how: "kill" | "end", rounds: number) =>
  world(
    { engine, slots: 3, turns: [[sleep("10 minutes"), say("Done.")]] },
    (runners, client) =>
      Effect.gen(function*() {
        const { id } = yield* create
        yield* client.start(id, "long", "long")
        yield* takenAfter(id, 0)
        const times: Array<number> = []
        for (let round = 0; round < rounds; round++) {
          yield* Effect.sleep("6 seconds")
          // the cluster may have moved it since
          const owner = yield* ownerOf(id)
          const slot = Number(owner.split(".")[0])
          const runner = runners.at(slot)
          if (runner === undefined) return yield* Effect.dieMessage(`no runner ${owner}`)
          const start = Date.now()
          void runners[how](runner).then(() => runners.start(slot))
          const taken = yield* takenAfter(id, start)
          times.push(taken.at - start)
        }
        return times
      })
  )

/** Turns with two tools on one runner, all at once. */
const throughput = (engine: Engine, count: number) =>
  world({ engine, slots: 1, turns: [[pay(1), pay(2), say("Done.")]] }, (runners, client) =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const simulator = yield* Simulator
      const sessions = yield* Effect.replicateEffect(create, count)
      const runner = runners.at(0)
      if (runner === undefined) return yield* Effect.dieMessage("the runner has gone")
      // the first turns find a cold process
      yield* client.start(sessions[0]!.id, "first", "first")
      yield* DurableTurn.result("first")
      const statements = Effect.delay(statementsSoFar, "3 seconds")
      const statementsBefore = yield* statements
      const before = processes.usage(runner)
      const start = Date.now()
      yield* Effect.forEach(sessions.slice(1), ({ id }, n) => client.start(id, `turn-${n}`, `turn-${n}`), {
        discard: true
      })
      const open = sql<
        { readonly count: number }
      >`SELECT count(*)::integer AS count FROM ema_turns WHERE status <> 'ended'`
      let polls = 0
      while (((yield* open)[0]?.count ?? 0) > 0) {
        polls++
        yield* Effect.sleep("500 millis")
      }
      const seconds = (Date.now() - start) / 1000
      const after = processes.usage(runner)
      const statementsAfter = yield* statements
      const ledger = yield* simulator.ledger
      const [bytes] = yield* sql<{ readonly bytes: number }>`SELECT (
        (SELECT coalesce(sum(pg_column_size(t.*)), 0) FROM ema_turns t) +
        (SELECT coalesce(sum(pg_column_size(c.*)), 0) FROM ema_calls c) +
        (SELECT coalesce(sum(pg_column_size(s.*)), 0) FROM ema_sessions s))::float8 AS bytes`
      // those of sessions that are made are this process's
      const requests = ledger.filter(({ path }) => !path.endsWith("/sessions"))
      return {
        perSecond: (count - 1) / seconds,
        cpu: ((after?.cpu ?? NaN) - (before?.cpu ?? NaN)) / (count - 1),
        // without those of this process, which starts turns, and of the tools
        statements: (statementsAfter - statementsBefore - polls) / (count - 1) - 3,
        bytes: (bytes?.bytes ?? NaN) / count,
        writes: requests.filter(({ method }) => method === "POST").length / count,
        reads: requests.filter(({ method }) => method === "GET").length / count
      }
    }))

/**
 * Turns that are under way together, and what is left of them. A turn is weighed by the second half of them, so that what a
 * process grows by once, such as its young generation and compiled code, is no part of it.
 */
const memory = (engine: Engine, count: number) =>
  world(
    { engine, slots: 1, turns: [[sleep(20_000 + count * 20), say("Done.")]] },
    (runners, client) =>
      Effect.gen(function*() {
        const simulator = yield* Simulator
        const runner = runners.at(0)
        if (runner === undefined) return yield* Effect.dieMessage("the runner has gone")
        const sessions = yield* Effect.replicateEffect(create, count + 1)
        yield* client.start(sessions[count]!.id, "first", "first")
        while ((yield* simulator.openStreams()) < 1) yield* Effect.sleep("200 millis")
        const ask = Effect.promise(() => processes.memoryOf(runner))
        const before = yield* ask
        const start = (from: number, to: number) =>
          Effect.gen(function*() {
            yield* Effect.forEach(
              sessions.slice(from, to),
              ({ id }, n) => client.start(id, `turn-${from + n}`, `turn-${from + n}`),
              { concurrency: 10, discard: true }
            )
            while ((yield* simulator.openStreams()) < to + 1) yield* Effect.sleep("500 millis")
            yield* Effect.sleep("2 seconds")
            return yield* ask
          })
        const half = Math.floor(count / 2)
        const some = yield* start(0, half)
        const live = yield* start(half, count)
        yield* Effect.forEach(sessions.slice(0, count), (_, n) => DurableTurn.result(`turn-${n}`), {
          concurrency: "unbounded",
          discard: true
        })
        yield* Effect.sleep("3 seconds")
        const rest = yield* ask
        return {
          heap: (live.heapUsed - some.heapUsed) / (count - half),
          rss: (live.rss - some.rss) / (count - half),
          rest: (rest.heapUsed - before.heapUsed) / count
        }
      })
  )

/** Three runners that share a limit which the service has as well: the share of requests that it refuses. */
const refused = (engine: Engine, count: number) =>
  world({
    engine,
    slots: 3,
    turns: [[pay(1), pay(2), say("Done.")]],
    rules: { rateLimits: { ...documentedRateLimits, createPerMinute: 600 } },
    perMinute: { writes: 600, reads: 1200 }
  }, (_, client) =>
    Effect.gen(function*() {
      const simulator = yield* Simulator
      const sessions = yield* Effect.replicateEffect(Effect.delay(create, "100 millis"), count)
      yield* Effect.sleep("5 seconds")
      const before = (yield* simulator.ledger).length
      yield* Effect.forEach(sessions, ({ id }, n) => client.start(id, `turn-${n}`, `turn-${n}`), { discard: true })
      yield* Effect.forEach(sessions, (_, n) => DurableTurn.result(`turn-${n}`), {
        concurrency: "unbounded",
        discard: true
      })
      const exchanges = (yield* simulator.ledger).slice(before)
      return {
        requests: exchanges.length,
        refused: exchanges.filter(({ status }) => status === 429).length
      }
    }))

const seconds = (times: ReadonlyArray<number>) =>
  `${(median(times) / 1000).toFixed(1)} s (${times.map((time) => (time / 1000).toFixed(1)).join(", ")})`

export const run = async (turns: number, live: number, rounds: number): Promise<void> => {
  if (!postgres.available) return console.log("\nskipped: there is no PostgreSQL on this machine")
  const rows = new Map<string, Array<string>>()
  for (const engine of ["lease", "cluster"] as const) {
    const note = (name: string, value: string) => {
      console.log(`${engine}, load ${loadavg()[0]?.toFixed(1)}: ${name}: ${value}`)
      rows.set(name, [...rows.get(name) ?? [], value])
    }
    const kb = (bytes: number) => `${(bytes / 1024).toFixed(1)} KB`
    note("takeover after SIGKILL", seconds(await Effect.runPromise(takeover(engine, "kill", rounds))))
    note("takeover after SIGTERM", seconds(await Effect.runPromise(takeover(engine, "end", rounds))))
    const speed = await Effect.runPromise(throughput(engine, turns))
    note("turns with two tools a second, one runner", speed.perSecond.toFixed(1))
    note("processor time of such a turn", `${speed.cpu.toFixed(1)} ms`)
    note("statements of such a turn", speed.statements.toFixed(1))
    note("rows of such a turn", kb(speed.bytes))
    note("requests of such a turn", `${speed.writes.toFixed(1)} writes, ${speed.reads.toFixed(1)} reads`)
    const costs = await Effect.runPromise(memory(engine, live))
    note("a live turn, heap", kb(costs.heap))
    note("a live turn, RSS", kb(costs.rss))
    note("a session at rest, heap", kb(costs.rest))
    const limited = await Effect.runPromise(refused(engine, Math.ceil(turns / 3)))
    note("requests refused with 429", `${limited.refused} of ${limited.requests}`)
  }
  console.log(`\n${table(["", "lease", "cluster"], [...rows].map(([name, values]) => [name, ...values]))}`)
}
