/**
 * A worker of self-hosted environments, of the vendor's SDK or of core, whose tool leaves a line in a file, and may kill the
 * process then: after the item was acknowledged, and before it is stopped.
 *
 * node crash <url> <theirs|ours> <directory> <dies|lives>
 */
import Anthropic from "@anthropic-ai/sdk"
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as EnvironmentWorker from "@effect-managed-agents/core/EnvironmentWorker"
import * as Journal from "@effect-managed-agents/core/Journal"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as Workspace from "@effect-managed-agents/core/Workspace"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { appendFileSync } from "node:fs"

const [baseURL = "", whose, directory = "", fate] = process.argv.slice(2)

const environmentKey = "sk-ant-oat01-key"

const bash = (): string => {
  appendFileSync(`${directory}/ran.txt`, "ran\n")
  if (fate === "dies") process.kill(process.pid, "SIGKILL")
  return "done"
}

const theirs = () =>
  new Anthropic({ apiKey: "sk-test", baseURL, logLevel: "off" }).beta.environments.work.worker({
    environmentId: "env_self",
    environmentKey,
    tools: [{
      name: "bash",
      type: "custom",
      description: "",
      input_schema: { type: "object" },
      parse: (input: unknown) => input,
      run: async () => bash()
      // a tool of the type of custom ones stands in for one of the toolset
    } as never],
    maxIdleMs: 100
  }).run()

const Tools = Toolkit.make(Tool.make("bash", { success: Schema.String }))

const journal = Layer.effect(Journal.Journal, Journal.make()).pipe(
  Layer.provide(KeyValueStore.layerFileSystem(`${directory}/journal`)),
  Layer.provide([NodeFileSystem.layer, NodePath.layer])
)

const ours = EnvironmentWorker.run("env_self", Tools, {
  environmentKey: Redacted.make(environmentKey),
  lease: "2 seconds",
  reclaimOlderThan: "200 millis",
  maxIdle: "100 millis",
  journal: "required"
}).pipe(
  Effect.provide(Tools.toLayer({ bash: () => Effect.sync(bash) })),
  Effect.provide(Layer.mergeAll(
    journal,
    Workspace.layer.pipe(
      Layer.provideMerge(ManagedAgents.layer),
      Layer.provide(ClientConfig.layer({ apiKey: Redacted.make("sk-test"), baseUrl: baseURL })),
      Layer.provide(FetchHttpClient.layer)
    )
  ))
)

await (whose === "theirs" ? theirs() : Effect.runPromise(ours))
