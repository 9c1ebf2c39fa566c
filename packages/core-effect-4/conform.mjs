// Runs the conformance suite, rewritten for Effect 4, with the client for Effect 4 on a simulator that listens at a URL.
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as report from "./conformance/report.ts"
import { run } from "./conformance/run.ts"
import { all } from "./conformance/suite.ts"
import * as wire from "./conformance/wire.ts"

const [url = ""] = process.argv.slice(2)

const put = async (path, body) => {
  const response = await fetch(`${url}/_sim/${path}`, { method: "PUT", body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`PUT ${path}: ${response.status} ${await response.text()}`)
}

const tools = [{ type: "agent_toolset_20260401" }]
const agents = {
  agent_conformance: { name: "Conformance", tools },
  agent_conformance_worker: { name: "Worker", tools },
  agent_conformance_coordinator: {
    name: "Coordinator",
    tools,
    multiagent: { type: "coordinator", agents: ["agent_conformance_worker"] }
  }
}
for (const [id, agent] of Object.entries(agents)) await put(`agents/${id}`, { agent })
await put("environments/env_conformance", {})

const target = {
  title: `the client for Effect 4 on ${url}`,
  timeout: Duration.seconds(10),
  agentId: "agent_conformance",
  coordinatorId: "agent_conformance_coordinator",
  environmentId: "env_conformance",
  // a fixture of the simulator
  fileId: "file_011CNha8iCJcU1wXNR6q4V8w",
  prepare: (script) =>
    Effect.promise(async () => {
      for (const id of ["agent_conformance", "agent_conformance_coordinator"]) await put(`agents/${id}`, { script })
    })
}

const client = ManagedAgents.layer.pipe(
  Layer.provideMerge(wire.layer),
  Layer.provide(ClientConfig.layer({ baseUrl: url, apiKey: Redacted.make("conformance") })),
  Layer.provide(FetchHttpClient.layer)
)

const result = await Effect.runPromise(Effect.provide(run(target, all, () => Effect.void), client))
for (const one of result.results) {
  if (one.outcome._tag !== "Conforms") console.log(report.formatResult(one))
}
console.log(report.formatSummary(result))
const { Conforms, Drifts, Failed } = report.count(result)
process.exit(Conforms > 0 && Drifts + Failed === 0 ? 0 : 1)
