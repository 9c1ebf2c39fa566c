#!/usr/bin/env node
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import { AgentId, EnvironmentId, FileId } from "@effect-managed-agents/core/Ids"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Conformance from "./Conformance.ts"
import type { Run, Where } from "./internal/node/conformanceFlags.ts"
import * as flags from "./internal/node/conformanceFlags.ts"
import * as Simulator from "./Simulator.ts"
import * as SimulatorServer from "./SimulatorServer.ts"

/** Exit codes. */
const code = { conforms: 0, drifts: 1, untold: 2, interrupted: 130 }

const say = (text: string) => Effect.sync(() => console.log(text))
const warn = (text: string) => Effect.sync(() => console.error(text))

const onPort = (port: number, timeout: number | undefined) =>
  Layer.unwrapScoped(Effect.gen(function*() {
    const simulator = yield* Layer.build(Simulator.layer())
    const { url } = yield* Effect.provide(SimulatorServer.start({ port }), simulator)
    return Layer.merge(
      Conformance.layerTargetSimulator({ title: `the simulator on ${url}`, timeout: inSeconds(timeout) }).pipe(
        Layer.provide(Layer.succeedContext(simulator))
      ),
      Layer.provide(
        Conformance.layerClient,
        Layer.merge(FetchHttpClient.layer, ClientConfig.layer({ baseUrl: url, apiKey: Redacted.make("conformance") }))
      )
    )
  }))

const onService = (
  { agent, baseUrl, coordinator, environment, file }: Extract<Where, { readonly _tag: "Service" }>,
  timeout: number | undefined
) =>
  Conformance.layer({
    agentId: AgentId.make(agent),
    environmentId: EnvironmentId.make(environment),
    coordinatorId: coordinator === undefined ? undefined : AgentId.make(coordinator),
    fileId: file === undefined ? undefined : FileId.make(file),
    timeout: inSeconds(timeout)
  }).pipe(
    Layer.provide(Layer.merge(
      FetchHttpClient.layer,
      baseUrl === undefined ? ClientConfig.layerEnv : Layer.provide(
        ClientConfig.layerEnv,
        Layer.setConfigProvider(
          ConfigProvider.orElse(
            ConfigProvider.fromMap(new Map([["ANTHROPIC_BASE_URL", baseUrl]])),
            ConfigProvider.fromEnv
          )
        )
      )
    ))
  )

const inSeconds = (timeout: number | undefined) => timeout === undefined ? undefined : `${timeout} seconds` as const

const layerOf = ({ timeout, where }: Run) => {
  switch (where._tag) {
    case "Memory":
      return Conformance.layerSimulator({ timeout: inSeconds(timeout) })
    case "Port":
      return onPort(where.port, timeout)
    case "Service":
      return onService(where, timeout)
  }
}

const price = ({ length }: ReadonlyArray<Conformance.Scenario>, turns: number): string =>
  `This runs ${length} ${length === 1 ? "scenario" : "scenarios"} with about ${turns} ${
    turns === 1 ? "turn" : "turns"
  } of a model, at your cost.`

const examine = (command: Run) =>
  Effect.gen(function*() {
    const report = yield* Conformance.run({
      scenarios: command.scenarios,
      onResult: (result) => command.json ? Effect.void : say(Conformance.formatResult(result))
    })
    yield* say(command.json ? JSON.stringify(report, null, 2) : `\n${Conformance.formatSummary(report)}`)
    if (report.results.some(({ outcome }) => outcome._tag === "Drifts")) return code.drifts
    return Conformance.conforms(report) ? code.conforms : code.untold
  }).pipe(Effect.provide(layerOf(command)))

const main = Effect.gen(function*() {
  const command = yield* flags.parse(process.argv.slice(2))
  if (command._tag === "Help") {
    yield* Effect.sync(() => process.stdout.write(flags.usage))
    return code.conforms
  }
  if (command._tag === "Plan") {
    yield* say(Conformance.formatPlan(command.scenarios))
    return code.conforms
  }
  if (command.where._tag === "Service") {
    const cost = price(command.scenarios, command.scenarios.reduce((sum, { turns }) => sum + turns, 0))
    if (!command.yes) {
      yield* warn(`${cost} Nothing was sent: add --yes to run them, or --dry-run to list them.`)
      return code.untold
    }
    yield* warn(cost)
  }
  return yield* examine(command)
}).pipe(
  // standard output is for the report
  Effect.provide(Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.logfmtLogger)))
)

// whoever started this may stop listening to it
for (const output of [process.stdout, process.stderr]) output.on("error", () => {})

const fiber = Effect.runFork(main)
let signals = 0
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    signals++
    if (signals > 1) process.exit(code.interrupted)
    console.error("Stopping: sessions are being cleaned up. Once more to leave them behind.")
    fiber.unsafeInterruptAsFork(FiberId.none)
  })
}
fiber.addObserver((exit) => {
  if (Exit.isSuccess(exit)) process.exit(exit.value)
  if (Cause.isInterruptedOnly(exit.cause)) process.exit(code.interrupted)
  const error = Cause.squash(exit.cause)
  console.error(`managed-agents-conformance: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(code.untold)
})
