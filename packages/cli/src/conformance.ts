import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import { AgentId, EnvironmentId, FileId } from "@effect-managed-agents/core/Ids"
import * as Conformance from "@effect-managed-agents/testkit/Conformance"
import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as SimulatorServer from "@effect-managed-agents/testkit/SimulatorServer"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as connection from "./connection.ts"
import { code, Failure, usage } from "./failure.ts"
import * as options from "./options.ts"
import { Stdio } from "./stdio.ts"

const flags = {
  simulatorPort: options.optional(options.integer("simulator-port", 0, 65_535)).pipe(
    Options.withDescription("Run on the simulator through a port, 0 for any that is free; without it, in memory.")
  ),
  live: Options.boolean("live").pipe(
    Options.withDescription("Run on the service, WHICH COSTS MONEY, with the credential of the environment.")
  ),
  baseUrl: options.optional(options.notEmpty("base-url")).pipe(
    Options.withDescription("As --live, on the server at this address.")
  ),
  agent: options.optional(options.notEmpty("agent")).pipe(
    Options.withDescription("An agent of the service; most sessions override its tools and system prompt.")
  ),
  environment: options.optional(options.notEmpty("environment")).pipe(
    Options.withDescription("An environment of the service.")
  ),
  coordinator: options.optional(options.notEmpty("coordinator")).pipe(
    Options.withDescription("An agent of the service that may delegate, for thread.delegation.")
  ),
  file: options.optional(options.notEmpty("file")).pipe(
    Options.withDescription("An uploaded file of the service, for resource.file.")
  ),
  yes: Options.boolean("yes").pipe(
    Options.withDescription("Agree to the cost; without it nothing is sent to a service.")
  ),
  only: options.notEmpty("only").pipe(
    Options.withDescription("Only some scenarios, such as turn.*,tool.allow."),
    Options.withDefault("*")
  ),
  timeout: options.optional(options.integer("timeout", 1, 86_400)).pipe(
    Options.withDescription("How many seconds to wait for one thing (120, on the simulator 10).")
  ),
  dryRun: Options.boolean("dry-run").pipe(
    Options.withDescription("List scenarios, needs and model turns; send nothing.")
  ),
  json: Options.boolean("json").pipe(Options.withDescription("Print the report as JSON."))
}

type Given = Command.Command.ParseConfig<typeof flags>

/** The target that the command line names. */
type Where =
  | { readonly _tag: "Memory" }
  | { readonly _tag: "Port"; readonly port: number }
  | { readonly _tag: "Service"; readonly agent: string; readonly environment: string }

const ofService = ["agent", "environment", "coordinator", "file", "yes"] as const

const whereOf = (given: Given): Effect.Effect<Where, Failure> => {
  const { agent, baseUrl, environment, live, simulatorPort: port } = given
  if (live || baseUrl !== undefined) {
    if (port !== undefined) return usage("--simulator-port cannot be combined with --live or --base-url")
    if (agent === undefined) return usage("A service needs --agent")
    if (environment === undefined) return usage("A service needs --environment")
    return Effect.succeed({ _tag: "Service", agent, environment })
  }
  const stray = ofService.find((name) => given[name] !== undefined && given[name] !== false)
  if (stray !== undefined) return usage(`--${stray} is for a service: add --live or --base-url`)
  return Effect.succeed(port === undefined ? { _tag: "Memory" } : { _tag: "Port", port })
}

const onPort = (port: number, timeout: `${number} seconds` | undefined) =>
  Layer.unwrapScoped(Effect.gen(function*() {
    const simulator = yield* Layer.build(Simulator.layer())
    const { url } = yield* Effect.mapError(
      Effect.provide(SimulatorServer.start({ port }), simulator),
      ({ message }) => usage(message)
    )
    return Layer.merge(
      Layer.provide(
        Conformance.layerTargetSimulator({ title: `the simulator on ${url}`, timeout }),
        Layer.succeedContext(simulator)
      ),
      Layer.provide(
        Conformance.layerClient,
        Layer.orDie(ClientConfig.layer({ baseUrl: url, apiKey: Redacted.make("conformance") }))
      )
    )
  }))

const layerOf = (where: Where, { baseUrl, coordinator, file, timeout: seconds }: Given) => {
  const timeout = seconds === undefined ? undefined : `${seconds} seconds` as const
  switch (where._tag) {
    case "Memory":
      return Conformance.layerSimulator({ timeout })
    case "Port":
      return onPort(where.port, timeout)
    case "Service":
      return Layer.provide(
        Conformance.layer({
          agentId: AgentId.make(where.agent),
          environmentId: EnvironmentId.make(where.environment),
          coordinatorId: coordinator === undefined ? undefined : AgentId.make(coordinator),
          fileId: file === undefined ? undefined : FileId.make(file),
          timeout
        }),
        connection.layerConfig(Option.fromNullable(baseUrl))
      )
  }
}

const price = ({ length }: ReadonlyArray<Conformance.Scenario>, turns: number): string =>
  `This runs ${length} ${length === 1 ? "scenario" : "scenarios"} with about ${turns} ${
    turns === 1 ? "turn" : "turns"
  } of a model, at your cost.`

/** Ends with an exit code of the suite's own: 1 if anything drifts, 2 if the run itself failed. */
const end = (message: string, code: number) => Effect.fail(new Failure({ message, code }))

const examine = (where: Where, scenarios: ReadonlyArray<Conformance.Scenario>, given: Given) =>
  Effect.gen(function*() {
    const { write } = yield* Stdio
    const report = yield* Conformance.run({
      scenarios,
      onResult: (result) => given.json ? Effect.void : Effect.ignore(write(`${Conformance.formatResult(result)}\n`))
    })
    yield* write(given.json ? `${JSON.stringify(report, null, 2)}\n` : `\n${Conformance.formatSummary(report)}\n`)
    if (report.results.some(({ outcome }) => outcome._tag === "Drifts")) {
      return yield* end("the server drifts from what is documented and known", code.unexpected)
    }
    if (!Conformance.conforms(report)) return yield* end("not everything could be run", code.usage)
  }).pipe(Effect.provide(layerOf(where, given)))

/** `conformance`: the suite that compares a server with what is documented and known. */
export const command = Command.make("conformance", flags, (given) =>
  Effect.gen(function*() {
    const { warn, write } = yield* Stdio
    const where = yield* whereOf(given)
    const scenarios = Conformance.select(...given.only.split(","))
    if (scenarios.length === 0) return yield* usage(`--only ${given.only} matches no scenario`)
    if (given.dryRun) return yield* write(`${Conformance.formatPlan(scenarios)}\n`)
    if (where._tag === "Service") {
      const cost = price(scenarios, scenarios.reduce((sum, { turns }) => sum + turns, 0))
      if (!given.yes) {
        return yield* usage(`${cost} Nothing was sent: add --yes to run them, or --dry-run to list them.`)
      }
      yield* warn(`${cost}\n`)
    }
    yield* examine(where, scenarios, given)
  })).pipe(
    Command.withDescription("Compare a server with what is documented and known of the API; by default the simulator.")
  )
