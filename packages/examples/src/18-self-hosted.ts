// A self-hosted environment: the agent's own tools, such as `bash` and `write`, run in this program, in a directory for each
// session.
//
// The worker takes sessions from the queue of the environment and holds a lease on each. Interrupted, it lets running tools
// end; what a crash leaves behind another worker takes over, and with a journal in common no call runs twice. On the API, set
// ANTHROPIC_ENVIRONMENT_ID and ANTHROPIC_ENVIRONMENT_KEY to those of a self-hosted environment.
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as Environments from "@effect-managed-agents/core/Environments"
import * as EnvironmentWorker from "@effect-managed-agents/core/EnvironmentWorker"
import * as Ids from "@effect-managed-agents/core/Ids"
import * as Journal from "@effect-managed-agents/core/Journal"
import * as SessionLifecycle from "@effect-managed-agents/core/SessionLifecycle"
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import type * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Sandbox from "./sandbox.ts"
import { Target } from "./target.ts"

const environmentKey = Config.withDefault(
  Config.redacted("ANTHROPIC_ENVIRONMENT_KEY"),
  Redacted.make("sk-ant-oat01-of-the-simulator")
)

const environmentId = Effect.orElse(
  Schema.Config("ANTHROPIC_ENVIRONMENT_ID", Ids.EnvironmentId),
  () =>
    Effect.gen(function*() {
      const environments = yield* Environments.Environments
      const { id } = yield* environments.create({ name: "Self-hosted", config: { type: "self_hosted" } })
      return id
    })
)

const worker = (environment: Ids.EnvironmentId, directory: string) =>
  Effect.gen(function*() {
    const tools = ({ sessionId }: EnvironmentWorker.Job) => Sandbox.make(`${directory}/${sessionId}`)
    return yield* EnvironmentWorker.run(environment, tools, {
      environmentKey: yield* environmentKey,
      concurrency: 4,
      journal: "required"
    })
  }).pipe(Effect.provide(Layer.provide(Journal.layer(), KeyValueStore.layerFileSystem(`${directory}/journal`))))

export const program = Effect.gen(function*() {
  const { agent } = yield* Target
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped()
  const environment = yield* environmentId
  // in production a program of its own
  yield* Effect.forkScoped(worker(environment, directory))

  const session = yield* SessionLifecycle.scoped({ agent, environment_id: environment, title: "Self-hosted" })
  const outcome = yield* Conversation.turn(session.id, "Count the words of a poem that you write into poem.txt.", {
    answer: () => Effect.never
  })
  yield* Console.log(outcome.reply)
  return outcome
}).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

export const agent: Simulator.AgentOptions = {
  agent: { name: "Clerk", tools: [{ type: "agent_toolset_20260401" }] },
  script: AgentScript.make({
    turns: [[
      AgentScript.tool({ name: "write", input: { file_path: "poem.txt", content: "Roses are red" } }),
      AgentScript.tool({ name: "read", input: { file_path: "../journal" } }),
      AgentScript.tool({ name: "bash", input: { command: "echo -n $(wc -w < poem.txt)" } }),
      AgentScript.say("It has {{result}} words.")
    ]]
  })
}
