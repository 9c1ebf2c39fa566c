// npm start | npm run example -- <name>: runs an example, on the embedded simulator or, with credentials, on the API.
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import type * as Conversation from "@effect-managed-agents/core/Conversation"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as Workspace from "@effect-managed-agents/core/Workspace"
import type * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Prompt from "./prompt.ts"
import * as Provision from "./provision.ts"
import * as Simulation from "./simulation.ts"
import { Target } from "./target.ts"
import { Terminal } from "./timeline.ts"
import * as Watch from "./watch.ts"

/** If it succeeds with the outcome of a turn, the exit code says whether that is `EndTurn`. */
type Program<R> = Effect.Effect<Conversation.TurnResult | void, { readonly message: string }, R>

type Services =
  | ManagedAgents.Services
  | Workspace.Services
  | ClientConfig.ClientConfig
  | HttpClient.HttpClient
  | Prompt.Prompt

interface Options {
  /** Further options of the simulation. */
  readonly simulation?: Simulator.Options
  /** On the simulator it runs as a process that is killed when it prints this, and started again. */
  readonly diesAt?: string
}

interface WithTarget extends Options {
  readonly program: Program<Services | Target>
  /** The simulated agent. */
  readonly agent: Simulator.AgentOptions
}

/** An example that makes all that it needs. */
interface OnItsOwn extends Options {
  readonly program: Program<Services>
  readonly agent?: undefined
}

type Example = WithTarget | OnItsOwn

/** The programs by name, in the order in which to read them. */
const examples: { readonly [name: string]: () => Promise<Example> } = {
  "01-quickstart": () => import("./01-quickstart.ts"),
  "02-streaming": () => import("./02-streaming.ts"),
  "03-tools": () => import("./03-tools.ts"),
  "04-approvals": () => import("./04-approvals.ts"),
  "05-interrupt-and-steer": () => import("./05-interrupt-and-steer.ts"),
  "06-sub-agents": () => import("./06-sub-agents.ts"),
  "07-outcomes": () => import("./07-outcomes.ts"),
  "08-resume": () => import("./08-resume.ts"),
  "09-many-sessions": () => import("./09-many-sessions.ts"),
  "11-record-and-replay": () => import("./11-record-and-replay.ts"),
  "12-observability": () => import("./12-observability.ts"),
  "13-setup": () => import("./13-setup.ts"),
  "14-files": () => import("./14-files.ts"),
  "15-secrets": () => import("./15-secrets.ts"),
  "16-memory": () => import("./16-memory.ts"),
  "17-webhooks": () => import("./17-webhooks.ts"),
  "18-self-hosted": () => import("./18-self-hosted.ts"),
  "19-cluster": () => import("./19-cluster.ts"),
  "support-desk": () => import("./support-desk/main.ts")
}

/** An example that is a test is run by the test runner. */
const tests = ["10-testing-with-faults"]

const hasCredentials = Effect.map(Config.option(Config.nonEmptyString("ANTHROPIC_API_KEY")), Option.isSome)

const exitCode = (outcome: Conversation.TurnResult | void) =>
  outcome === undefined || outcome._tag === "EndTurn" ? 0 : 1

const withTarget = (name: string, { agent, program, simulation }: WithTarget) =>
  Effect.provideServiceEffect(program, Target, Provision.target(name, agent, simulation?.agents))

const onApi = (name: string, example: Example) =>
  Effect.gen(function*() {
    const { baseUrl } = yield* ClientConfig.ClientConfig
    yield* Console.log(`Running on ${baseUrl}`)
    return exitCode(yield* example.agent === undefined ? example.program : withTarget(name, example))
  }).pipe(
    Effect.provide(Workspace.layer.pipe(
      Layer.provideMerge(ManagedAgents.layer),
      Layer.provideMerge(ClientConfig.layerEnv),
      Layer.provideMerge(FetchHttpClient.layer)
    ))
  )

const onSimulator = (name: string, { agent = {}, diesAt, program, simulation }: Example) =>
  Effect.gen(function*() {
    yield* Console.log("Running on the embedded simulator. To run on the API, set ANTHROPIC_API_KEY.")
    if (diesAt === undefined) {
      const watched = name === "01-quickstart"
        ? Effect.scoped(
          Effect.provideServiceEffect(program, Watch.Watch, Watch.make(process.argv.includes("--watch")))
        )
        : program
      return exitCode(yield* Effect.provide(watched, Simulation.layer(agent, simulation)))
    }
    const restart = yield* Effect.promise(() => import("./restart.ts"))
    return yield* restart.run(name, agent, diesAt)
  })

const main = Effect.gen(function*() {
  const name = process.argv[2] ?? ""
  const load = Object.hasOwn(examples, name) ? examples[name] : undefined
  if (load === undefined) {
    yield* Console.error(
      ["usage: npm run example -- <name>", ...[...Object.keys(examples), ...tests].sort()].join("\n  ")
    )
    return 1
  }
  const example = yield* Effect.promise(load)
  return yield* (yield* hasCredentials) ? onApi(name, example) : onSimulator(name, example)
}).pipe(
  Effect.catchAll((error) => Effect.as(Console.error(error.message), 1)),
  Effect.provide(Prompt.layer),
  Effect.provideService(Terminal, {
    color: process.stdout.isTTY && (process.env.NO_COLOR ?? "") === "",
    columns: process.stdout.columns ?? 200
  })
)

NodeRuntime.runMain(main, {
  teardown: (exit, onExit) =>
    onExit(Exit.match(exit, {
      onSuccess: Number,
      // 130 is what shells expect after Ctrl-C
      onFailure: (cause) => Cause.isInterruptedOnly(cause) ? 130 : 1
    }))
})
