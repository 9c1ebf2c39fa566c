// A whole application, from nothing to a result: it makes its agent and its environment, gives the agent a file and a tool,
// leaves while the agent works, is called by a webhook, and saves what the agent has made.
import * as Agents from "@effect-managed-agents/core/Agents"
import * as Environments from "@effect-managed-agents/core/Environments"
import * as Files from "@effect-managed-agents/core/Files"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
import * as Upload from "@effect-managed-agents/core/Upload"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as WebhookApp from "../src/webhookApp.ts"

const Rates = Toolkit.make(
  Tool.make("exchange_rate", {
    description: "The rate of a currency in euros",
    parameters: { currency: Schema.String },
    success: Schema.Number
  })
)

const Handlers = Rates.toLayer({ exchange_rate: () => Effect.succeed(0.5) })

const setUp = Effect.all({
  agent: Agents.ensure({
    name: "Accountant",
    model: "claude-sonnet-5-5",
    tools: [{ type: "agent_toolset_20260401" }, ...ToolRunner.definitions(Rates)]
  }, { key: "example/accountant" }),
  environment: Environments.ensure({ name: "Accounts", config: { type: "cloud" } }, { key: "example/accounts" })
})

/** An `HttpApp` for the webhooks of the service, and the sum of a table, which the agent is asked for. */
export const make = Effect.gen(function*() {
  const done = yield* Deferred.make<string>()
  const files = yield* Files.Files
  const app = yield* WebhookApp.make((data) =>
    Effect.gen(function*() {
      if (data.type !== "session.status_idled") return
      const ends = yield* Stream.runCollect(Stream.filter(
        WebhookApp.news(data.id),
        (event) => event.type === "session.status_idle" && event.stop_reason.type === "end_turn"
      ))
      if (ends.length === 0) return
      const result = files.list({ scope_id: data.id }).pipe(
        Stream.filter(({ downloadable }) => downloadable === true),
        Stream.flatMap(({ id }) => Stream.decodeText(files.download(id)))
      )
      yield* Deferred.succeed(done, yield* Stream.mkString(result))
    })
  )
  const sumOf = (table: string) =>
    Effect.gen(function*() {
      const sessions = yield* Sessions.Sessions
      const { agent, environment } = yield* setUp
      const file = yield* files.upload({ file: Upload.fromBytes(table, { name: "table.csv", mediaType: "text/csv" }) })
      const session = yield* sessions.create({
        agent: agent.value.id,
        environment_id: environment.value.id,
        resources: [{ type: "file", file_id: file.id, mount_path: "/mnt/session/uploads/table.csv" }],
        initial_events: [UserEvent.message("Add up table.csv, in euros.")]
      })
      // the tools are answered until the result is there
      const sum = yield* Effect.raceFirst(
        Deferred.await(done),
        Effect.zipRight(ToolRunner.run(session.id, Rates), Effect.never)
      )
      yield* sessions.archive(session.id)
      yield* files.delete(file.id)
      return sum
    }).pipe(Effect.provide(Handlers))
  return { app, sumOf }
})

/** The script of the agents that are created on the simulator. */
export const script = (work: Duration.DurationInput) =>
  AgentScript.make({
    turns: [[
      AgentScript.customTool({ name: "exchange_rate", input: { currency: "USD" } }),
      AgentScript.sleep(work),
      AgentScript.tool({ name: "write", input: { file_path: "/mnt/session/outputs/sum.txt", content: "21 euros" } }),
      AgentScript.say("It is in sum.txt.")
    ]]
  })
