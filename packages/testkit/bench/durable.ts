/**
 * Processor time of a turn with two tools: of the turn itself, and what it costs more that it can go on in another process.
 * The simulator is in this process, so that a client's figures are its own.
 */
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as Ids from "@effect-managed-agents/core/Ids"
import * as Journal from "@effect-managed-agents/core/Journal"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as SqlStore from "@effect-managed-agents/core/SqlStore"
import * as TurnStore from "@effect-managed-agents/core/TurnStore"
import * as TurnWorker from "@effect-managed-agents/core/TurnWorker"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { writeFileSync } from "node:fs"
import { Session as Inspector } from "node:inspector/promises"
import { loadavg } from "node:os"
import * as postgres from "../../core/test/utils/postgres.ts"
import * as AgentScript from "../src/AgentScript.ts"
import { Simulator } from "../src/Simulator.ts"
import { beside, create, pay } from "../test/chaos/place.ts"
import { database, statements as statementsSoFar } from "../test/chaos/world.ts"
import { ask } from "./processes.ts"
import { table } from "./report.ts"

/** How turns are run: by nobody but their fiber, or by id with stores in memory or in a database. */
const kinds = ["Conversation.turn", "TurnWorker in memory", "TurnWorker on PostgreSQL"] as const
type Kind = typeof kinds[number]

interface Settings {
  readonly kind: Kind
  readonly url: string
  readonly postgres: number
  readonly sessions: ReadonlyArray<string>
  readonly warmUp: ReadonlyArray<string>
  /** The number of turns at a time. */
  readonly live: number
  /** The file for a profile of the processor. */
  readonly profile?: string | undefined
}

const Tools = Toolkit.make(
  Tool.make("pay", { parameters: { turn: Schema.String, number: Schema.Int }, success: Schema.String })
)
const ToolsLive = Tools.toLayer({ pay: () => Effect.as(Effect.sleep(5), "paid") })

/** Runs a turn in each session. */
const plain = (sessions: ReadonlyArray<string>, live: number) =>
  Effect.forEach(sessions, (id) => Conversation.turn(Ids.SessionId.make(id), "Pay.", { tools: Tools }), {
    concurrency: live,
    discard: true
  })

/** The same by a worker, of turns that were added before. */
const durable = (sessions: ReadonlyArray<string>, live: number) =>
  Effect.gen(function*() {
    const store = yield* TurnStore.TurnStore
    const done = yield* Deferred.make<void>()
    let left = sessions.length
    const watched = TurnStore.TurnStore.of({
      ...store,
      put: (owner, id, state, options) =>
        Effect.tap(
          store.put(owner, id, state, options),
          () => state.status === "ended" && --left === 0 ? Deferred.succeed(done, undefined) : Effect.void
        )
    })
    yield* TurnWorker.run({ tools: Tools, maxLive: live }).pipe(
      Effect.provideService(TurnStore.TurnStore, watched),
      Effect.raceFirst(Deferred.await(done))
    )
  })

const add = (sessions: ReadonlyArray<string>) =>
  Effect.flatMap(TurnStore.TurnStore, (store) =>
    Effect.forEach(
      sessions,
      (id) => store.add({ id: `turn of ${id}`, sessionId: Ids.SessionId.make(id), input: [UserEvent.message("Pay.")] }),
      { discard: true }
    ))

/** Measures milliseconds of processor time a turn. In a process of its own. */
export const measure = (text: string): Promise<number> => {
  // written below
  const { kind, live, postgres, profile, sessions, url, warmUp } = JSON.parse(text) as Settings
  const isPlain = kind === "Conversation.turn"
  const play = isPlain ? plain : durable
  const client = ManagedAgents.layer.pipe(
    Layer.provide(ClientConfig.layer({ apiKey: Redacted.make("bench"), baseUrl: url })),
    Layer.provide(FetchHttpClient.layer)
  )
  const memory = Layer.merge(TurnStore.layerMemory, Journal.layerMemory())
  const stores = kind === "TurnWorker on PostgreSQL"
    ? Layer.provide(SqlStore.layer(), database(postgres, "bench"))
    : memory
  return Effect.gen(function*() {
    if (!isPlain) yield* add(warmUp)
    yield* play(warmUp, live)
    if (!isPlain) yield* add(sessions)
    const inspector = new Inspector()
    if (profile !== undefined) {
      inspector.connect()
      yield* Effect.promise(() => inspector.post("Profiler.enable"))
      yield* Effect.promise(() => inspector.post("Profiler.start"))
    }
    const before = process.cpuUsage()
    yield* play(sessions, live)
    const { system, user } = process.cpuUsage(before)
    if (profile !== undefined) {
      const stopped = yield* Effect.promise(() => inspector.post("Profiler.stop"))
      writeFileSync(profile, JSON.stringify(stopped.profile))
    }
    return (system + user) / 1000 / sessions.length
  }).pipe(Effect.provide(Layer.mergeAll(client, stores, ToolsLive)), Effect.scoped, Effect.runPromise)
}

/** Measures turns of a kind. */
const runTurns = (kind: Kind, count: number, live: number, profile?: string) =>
  beside({ turns: [[pay(1), pay(2), AgentScript.say("Done.")]] }, ({ server, url }) =>
    Effect.gen(function*() {
      const simulator = yield* Simulator
      const ids = (count: number) =>
        Effect.map(Effect.replicateEffect(create, count), (sessions) => sessions.map(({ id }) => id))
      const warmUp = yield* ids(50)
      const sessions = yield* ids(count)
      const settings: Settings = { kind, live, postgres: server.port, profile, sessions, url, warmUp }
      const statements = Effect.delay(statementsSoFar, "2 seconds")
      const before = [yield* statements, (yield* simulator.ledger).length] as const
      const cpu = yield* Effect.promise(() => ask<number>("durable", JSON.stringify(settings)))
      const after = yield* statements
      const requests = (yield* simulator.ledger).slice(before[1])
      const turns = warmUp.length + count
      return {
        cpu,
        statements: kind === "TurnWorker on PostgreSQL" ? (after - before[0]) / turns : 0,
        writes: requests.filter(({ method }) => method === "POST").length / turns,
        reads: requests.filter(({ method }) => method === "GET").length / turns
      }
    })).pipe(Effect.runPromise)

export const run = async (count: number, live: number, profiles?: string): Promise<void> => {
  if (!postgres.available) return console.log("\nskipped: there is no PostgreSQL on this machine")
  console.log(`\n${count} turns with two tools, ${live} at a time, load ${loadavg()[0]?.toFixed(1)}\n`)
  const rows: Array<ReadonlyArray<string>> = []
  for (const kind of kinds) {
    const profile = profiles === undefined ? undefined : `${profiles}/${kind.replaceAll(" ", "-")}.cpuprofile`
    const { cpu, reads, statements, writes } = await runTurns(kind, count, live, profile)
    rows.push([kind, cpu.toFixed(1), statements.toFixed(1), writes.toFixed(1), reads.toFixed(1)])
  }
  console.log(table(["", "processor ms a turn", "statements", "requests that write", "requests that read"], rows))
}
