// npm start: one conversation with an agent, on the embedded simulator or, with credentials, on the API.
import { ClientConfig, Ids, ManagedAgents } from "@effect-managed-agents/core"
import { FetchHttpClient } from "@effect/platform"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Cause, Config, Console, Effect, Exit, Layer, Option, Schema } from "effect"
import * as Orders from "./orders.ts"
import * as Quickstart from "./quickstart.ts"
import * as Simulation from "./simulation.ts"
import { Terminal } from "./timeline.ts"

const variables = ["ANTHROPIC_API_KEY", "AGENT_ID", "ENVIRONMENT_ID"] as const

const isSet = (name: string) => Effect.map(Config.option(Config.nonEmptyString(name)), Option.isSome)

const question = "Where is my order #1234?"

const onApi = Effect.gen(function*() {
  const { baseUrl } = yield* ClientConfig.ClientConfig
  yield* Console.log(`Running on ${baseUrl}`)
  const agent = yield* Schema.Config("AGENT_ID", Ids.AgentId)
  const environment = yield* Schema.Config("ENVIRONMENT_ID", Ids.EnvironmentId)
  return yield* Quickstart.program({ agent, environment, question })
}).pipe(
  Effect.provide(ManagedAgents.layer.pipe(
    Layer.provideMerge(ClientConfig.layerEnv),
    Layer.provide(FetchHttpClient.layer)
  ))
)

const onSimulator = Effect.gen(function*() {
  const missing = yield* Effect.filter(variables, (name) => Effect.map(isSet(name), (set) => !set))
  yield* Console.log(
    missing.length === variables.length
      ? `Running on the embedded simulator. To run on the API, set ${variables.join(", ")}.`
      : `Running on the embedded simulator. To run on the API, also set ${missing.join(", ")}.`
  )
  return yield* Quickstart.program({ ...Simulation, question })
}).pipe(Effect.provide(Simulation.layer(Simulation.script)))

const main = Effect.gen(function*() {
  const { _tag } = yield* (yield* Effect.every(variables, isSet)) ? onApi : onSimulator
  return _tag === "EndTurn" ? 0 : 1
}).pipe(
  Effect.catchAll((error) => Effect.as(Console.error(error.message), 1)),
  Effect.provide(Orders.layer),
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
