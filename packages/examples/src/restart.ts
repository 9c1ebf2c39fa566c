// Runs an example on a simulator that outlives it: as a process that is killed in the middle, and as another one after it.
import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as SimulatorServer from "@effect-managed-agents/testkit/SimulatorServer"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { fileURLToPath } from "node:url"
import * as Simulation from "./simulation.ts"

/** The file that `npm run` starts. */
const npmRun = fileURLToPath(new URL("../../../scripts/run.mjs", import.meta.url))

export const run = (name: string, agent: Simulator.AgentOptions, diesAt: string) =>
  Effect.gen(function*() {
    const { url } = yield* SimulatorServer.SimulatorServer
    const fileSystem = yield* FileSystem.FileSystem
    const state = yield* fileSystem.makeTempDirectoryScoped()
    const command = Command.make(process.execPath, npmRun, "example", name).pipe(
      Command.env({
        ANTHROPIC_BASE_URL: url,
        ANTHROPIC_API_KEY: "simulated",
        AGENT_ID: Simulation.target.agent,
        ENVIRONMENT_ID: Simulation.target.environment,
        STATE: state
      }),
      Command.stderr("inherit")
    )

    const life = Effect.flatMap(Command.start(command), (child) =>
      Effect.gen(function*() {
        let isKilled = false
        yield* child.stdout.pipe(
          Stream.decodeText(),
          Stream.splitLines,
          Stream.runForEach((line) =>
            Effect.gen(function*() {
              yield* Console.log(line)
              if (line !== diesAt || starts > 1) return
              isKilled = true
              yield* child.kill("SIGKILL")
            })
          )
        )
        return isKilled ? "killed" : yield* child.exitCode
      }))

    let starts = 1
    yield* Console.log(`It was ${yield* life}. It is started again.`)
    starts++
    const code = yield* life
    return code === 0 ? 0 : 1
  }).pipe(
    Effect.scoped,
    Effect.provide(
      Layer.merge(
        Layer.provide(SimulatorServer.layer(), Simulator.layer(Simulation.options(agent))),
        NodeContext.layer
      )
    )
  )
