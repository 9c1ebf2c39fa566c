// Cluster: three processes share the turns of all sessions, in a PostgreSQL. Whoever pays one of the first two invoices is
// killed, and another process goes on with what it has left.
//
// The program starts itself as the three runners, and only waits for the result. DATABASE_URL names the database, such as
// `postgres://user@localhost:5432/cluster`: one that no other cluster uses.
import * as AgentCluster from "@effect-managed-agents/core/AgentCluster"
import * as Content from "@effect-managed-agents/core/Content"
import * as SessionLifecycle from "@effect-managed-agents/core/SessionLifecycle"
import * as SqlStore from "@effect-managed-agents/core/SqlStore"
import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as SimulatorServer from "@effect-managed-agents/testkit/SimulatorServer"
import * as RunnerAddress from "@effect/cluster/RunnerAddress"
import * as NodeClusterSocket from "@effect/platform-node/NodeClusterSocket"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeKeyValueStore from "@effect/platform-node/NodeKeyValueStore"
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { randomInt, randomUUID } from "node:crypto"
import { fileURLToPath } from "node:url"
import * as Invoices from "./invoices.ts"
import { Target } from "./target.ts"

/** Nobody knows what a call did that was cut off: the agent is told so, unless to run it again does no harm. */
const Accounts = AgentCluster.make("Accounts", {
  tools: Invoices.Tools,
  unfinished: ({ name }) => name === "is_paid" ? "run" : "fail"
})

const Database = PgClient.layerConfig({ url: Config.redacted("DATABASE_URL") })
const Stores = SqlStore.layer().pipe(Layer.provide(Layer.effectDiscard(SqlStore.migrate())))
const Bank = Layer.unwrapEffect(Effect.map(Config.string("STATE"), NodeKeyValueStore.layerFileSystem))

const runner = (port: number) =>
  Accounts.layer.pipe(
    Layer.provide([Layer.provide(Invoices.Handlers, Bank), Stores]),
    Layer.provide(NodeClusterSocket.layer({
      shardingConfig: { ...AgentCluster.config, runnerAddress: Option.some(RunnerAddress.make("localhost", port)) }
    })),
    Layer.provide(Database)
  )

const npmRun = fileURLToPath(new URL("../../../scripts/run.mjs", import.meta.url))

/** Starts a runner as a process, which is killed if it pays one of the first two invoices before any other does. */
const start = (port: number, env: { readonly [name: string]: string }, killedAt: Set<string>) =>
  Effect.gen(function*() {
    const command = Command.make(process.execPath, npmRun, "example", "19-cluster")
    const child = yield* Command.start(Command.env(command, { ...env, RUNNER_PORT: String(port) }))
    yield* child.stdout.pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.filter((line) => line.startsWith("paying")),
      Stream.runForEach((line) =>
        Effect.gen(function*() {
          const isToDie = killedAt.size < 2 && !killedAt.has(line)
          yield* Console.log(`runner ${port}: ${line}${isToDie ? ", and is killed" : ""}`)
          if (isToDie) yield* Effect.zipRight(Effect.sync(() => killedAt.add(line)), child.kill("SIGKILL"))
        })
      ),
      Effect.forkScoped
    )
  })

/** Lets the runners reach the simulator. On the API, they have the credentials of this process. */
const credentials = Effect.gen(function*() {
  const simulator = yield* Effect.serviceOption(Simulator.Simulator)
  if (Option.isNone(simulator)) return {}
  const { url } = yield* Effect.provideService(SimulatorServer.start(), Simulator.Simulator, simulator.value)
  return { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "simulated" }
})

const payInvoices = Effect.gen(function*() {
  const { agent, environment } = yield* Target
  const accounts = yield* Accounts.client
  const session = yield* SessionLifecycle.scoped({ agent, environment_id: environment, title: "Cluster" })
  const STATE = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
  const env = { ...(yield* credentials), AGENT_ID: agent, ENVIRONMENT_ID: environment, STATE }
  const killedAt = new Set<string>()
  yield* Effect.forEach([35001, 35002, 35003], (port) => start(port, env, killedAt))

  // whoever uses the id again gets the same result
  const id = `invoices-${randomUUID()}`
  yield* accounts.start(session.id, { id, input: "Pay invoices 1, 2 and 3." })
  const { messages } = yield* accounts.result(id)
  for (const { content } of messages) yield* Console.log(`agent: ${Content.textOf(content)}`)
}).pipe(
  Effect.scoped,
  Effect.provide([
    NodeContext.layer,
    Stores,
    NodeClusterSocket.layer({ clientOnly: true, shardingConfig: AgentCluster.config })
  ]),
  Effect.provide(Database)
)

export const program = Effect.gen(function*() {
  const port = yield* Config.option(Config.integer("RUNNER_PORT"))
  if (Option.isSome(port)) return yield* Layer.launch(runner(port.value))
  const isGiven = Option.isSome(yield* Config.option(Config.string("DATABASE_URL")))
  yield* isGiven ? payInvoices : Console.log("Skipped: DATABASE_URL names no PostgreSQL.")
})

export const agent = Invoices.agent

/** The database remembers sessions of earlier runs: those of this simulator have other ids. */
export const simulation = { seed: randomInt(2 ** 31) }
