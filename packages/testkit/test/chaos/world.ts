/** What the processes of a chaos run share: the database, the tools, and the engines that say who owns a session. */
import * as AgentCluster from "@effect-managed-agents/core/AgentCluster"
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as DurableTurn from "@effect-managed-agents/core/DurableTurn"
import type * as Ids from "@effect-managed-agents/core/Ids"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as SqlStore from "@effect-managed-agents/core/SqlStore"
import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
import * as TurnWorker from "@effect-managed-agents/core/TurnWorker"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as RunnerAddress from "@effect/cluster/RunnerAddress"
import * as NodeClusterSocket from "@effect/platform-node/NodeClusterSocket"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

export type Engine = "lease" | "cluster"

/** What a runner has to know. */
export interface Settings {
  readonly engine: Engine
  /** The name of the process, which the database writes beside what it does. */
  readonly name: string
  /** The port of the runner in the cluster. */
  readonly port: number
  readonly postgres: number
  readonly url: string
  /** The milliseconds for which a worker leases a session. */
  readonly lease: number
  /** The milliseconds that a payment takes, before and after the money goes. */
  readonly payTime: number
  /** Requests a minute that all runners share, if they do. */
  readonly perMinute?: { readonly writes: number; readonly reads: number } | undefined
}

// ---------------------------------------------------------------------------------------------------------------------
// Database
// ---------------------------------------------------------------------------------------------------------------------

export const database = (port: number, name: string, maxConnections = 10) =>
  PgClient.layer({
    host: "127.0.0.1",
    port,
    username: "test",
    database: "postgres",
    applicationName: name,
    maxConnections
  })

/** Payments have no key, so that a second one is seen; triggers write down who has done what. */
const tables = [
  `CREATE TABLE payments (turn text, number integer, process text, at timestamptz DEFAULT clock_timestamp())`,
  `CREATE TABLE history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz DEFAULT clock_timestamp(),
    process text DEFAULT current_setting('application_name'), what text, session_id text, key text, detail text
  )`,
  `CREATE FUNCTION note_owner() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'UPDATE' THEN
      IF OLD.fence = NEW.fence AND OLD.owner IS NOT DISTINCT FROM NEW.owner THEN RETURN NULL; END IF;
    END IF;
    INSERT INTO history (what, session_id, key, detail)
    VALUES ('owner', NEW.session_id, NEW.fence::text, CASE WHEN NEW.owner IS NULL THEN 'free' ELSE 'taken' END);
    RETURN NULL;
  END $$`,
  `CREATE FUNCTION note_turn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'UPDATE' THEN
      IF OLD.status = NEW.status THEN RETURN NULL; END IF;
    END IF;
    INSERT INTO history (what, session_id, key, detail) VALUES ('turn', NEW.session_id, NEW.turn_id, NEW.status);
    RETURN NULL;
  END $$`,
  `CREATE FUNCTION note_call() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO history (what, session_id, key, detail) VALUES ('call', NEW.session_id, NEW.event_id, NEW.entry);
    RETURN NULL;
  END $$`,
  ...Object.entries({ owner: "sessions", turn: "turns", call: "calls" }).map(([what, table]) =>
    `CREATE TRIGGER note AFTER INSERT OR UPDATE ON ema_${table} FOR EACH ROW EXECUTE FUNCTION note_${what}()`
  )
]

/** The number of statements that the database has run, of which it hears some time later. */
export const statements = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) =>
    Effect.map(
      sql<{ readonly count: number }>`SELECT xact_commit::integer AS count FROM pg_stat_database
        WHERE datname = current_database()`,
      ([row]) => row?.count ?? 0
    )
)

export const migrate = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* SqlStore.migrate()
  yield* Effect.forEach(tables, (text) => sql.unsafe(text), { discard: true })
})

// ---------------------------------------------------------------------------------------------------------------------
// Tools
// ---------------------------------------------------------------------------------------------------------------------

const Pay = Tool.make("pay", {
  parameters: { turn: Schema.String, number: Schema.Int },
  success: Schema.String,
  failure: Schema.String
})

/** The same, once somebody has allowed it. */
const PayMuch = ToolRunner.needsApproval(
  Tool.make("pay_much", {
    parameters: { turn: Schema.String, number: Schema.Int },
    success: Schema.String,
    failure: Schema.String
  }),
  () => true
)

const Tools = Toolkit.make(Pay, PayMuch)

const handlers = ({ name, payTime }: Settings) =>
  Tools.toLayer(Effect.map(SqlClient.SqlClient, (sql) => {
    const pay = ({ number, turn }: { readonly number: number; readonly turn: string }) =>
      sql`INSERT INTO payments (turn, number, process) VALUES (${turn}, ${number}, ${name})`.pipe(
        Effect.delay(payTime),
        Effect.zipLeft(Effect.sleep(payTime)),
        Effect.as("paid"),
        // it may have been committed
        Effect.mapError(() => "The bank was cut off.")
      )
    return { pay, pay_much: pay }
  }))

// ---------------------------------------------------------------------------------------------------------------------
// Engines
// ---------------------------------------------------------------------------------------------------------------------

const Desk = AgentCluster.make("Desk", { tools: Tools })

const service = (settings: Settings) => {
  const client = ManagedAgents.layer.pipe(
    Layer.provide(ClientConfig.layer({ apiKey: Redacted.make("sk-test"), baseUrl: settings.url })),
    Layer.provide(FetchHttpClient.layer)
  )
  return settings.perMinute === undefined ? client : client.pipe(
    Layer.provide(SqlStore.rateLimit({
      key: "organization",
      writesPerMinute: settings.perMinute.writes,
      readsPerMinute: settings.perMinute.reads
    }))
  )
}

const engines = {
  lease: (settings: Settings) => TurnWorker.layer({ tools: Tools, owner: settings.name, lease: settings.lease }),
  cluster: ({ port }: Settings) =>
    Desk.layer.pipe(
      Layer.provide(NodeClusterSocket.layer({
        shardingConfig: { ...AgentCluster.config, runnerAddress: Option.some(RunnerAddress.make("127.0.0.1", port)) }
      }))
    )
}

/** All that a runner is. */
export const runner = (settings: Settings) =>
  Layer.suspend((): ReturnType<typeof engines.lease | typeof engines.cluster> => engines[settings.engine](settings))
    .pipe(
      Layer.provide([handlers(settings), service(settings), SqlStore.layer()]),
      Layer.provide(database(settings.postgres, settings.name))
    )

/** What starts turns and answers them, from a process that runs none. */
export const clients = {
  lease: Effect.succeed({
    start: (sessionId: Ids.SessionIdInput, id: string, input: string) => DurableTurn.start(id, sessionId, input),
    answer: DurableTurn.answer,
    wake: (sessionId: Ids.SessionIdInput) => DurableTurn.wake(sessionId)
  }),
  cluster: Effect.flatMap(
    Layer.build(NodeClusterSocket.layer({ clientOnly: true, shardingConfig: AgentCluster.config })),
    (context) =>
      Effect.provide(
        Effect.map(Desk.client, (desk) => ({
          start: (sessionId: Ids.SessionIdInput, id: string, input: string) => desk.start(sessionId, { id, input }),
          answer: desk.answer,
          wake: (sessionId: Ids.SessionIdInput) => desk.wake(sessionId)
        })),
        context
      )
  )
}
