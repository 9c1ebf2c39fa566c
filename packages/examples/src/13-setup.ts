// Setup: the agent and the environment of a program, made on its first run and found, or brought up to date, on later ones.
//
// Every process calls `setUp` when it starts, also several at once. A session keeps the version of the agent that it was
// created with.
import * as Agents from "@effect-managed-agents/core/Agents"
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as Environments from "@effect-managed-agents/core/Environments"
import type * as SavedAgent from "@effect-managed-agents/core/SavedAgent"
import * as SessionLifecycle from "@effect-managed-agents/core/SessionLifecycle"
import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import type * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

const Hours = Toolkit.make(
  Tool.make("opening_hours", {
    description: "Looks up when the shop is open",
    parameters: { day: Schema.Literal("weekday", "weekend") },
    success: Schema.String
  })
)

const Handlers = Hours.toLayer({
  opening_hours: ({ day }) => Effect.succeed(day === "weekday" ? "9 to 18" : "10 to 14")
})

const definition: SavedAgent.CreateParams = {
  name: "Shop assistant",
  model: "claude-sonnet-5-5",
  system: "You answer the questions of customers.",
  tools: ToolRunner.definitions(Hours)
}

const setUp = (definition: SavedAgent.CreateParams) =>
  Effect.all({
    agent: Agents.ensure(definition, { key: "example/shop-assistant" }),
    environment: Environments.ensure({ name: "Shop", config: { type: "cloud" } }, { key: "example/shop" })
  }, { concurrency: 2 })

export const program = Effect.gen(function*() {
  const agents = yield* Agents.Agents
  // two processes that start at the same time use the same agent and the same environment
  const [{ agent, environment }, other] = yield* Effect.all([setUp(definition), setUp(definition)], { concurrency: 2 })
  const isSame = agent.value.id === other.agent.value.id && environment.value.id === other.environment.value.id
  yield* Console.log(`${agent.value.name}: ${[agent._tag, other.agent._tag].sort().join(", ")}; the same: ${isSame}`)

  const where = { agent: agent.value.id, environment_id: environment.value.id }
  const session = yield* SessionLifecycle.scoped({ ...where, title: "Before the change" })
  const changed = yield* setUp({ ...definition, system: "You answer the questions of customers in one sentence." })
  yield* Console.log(changed.agent._tag, changed.agent._tag === "Updated" ? changed.agent.fields.join(", ") : "")
  const next = yield* SessionLifecycle.scoped({ ...where, title: "After it" })
  const count = yield* Stream.runCount(agents.listVersions(agent.value.id))
  yield* Console.log(`Of ${count} versions, the sessions have ${session.agent.version} and ${next.agent.version}`)

  const { reply } = yield* Conversation.turn(next.id, "Are you open on Sunday?", { tools: Hours })
  yield* Console.log(reply)
}).pipe(Effect.scoped, Effect.provide(Handlers))

/** The simulated service has no agent to begin with; all that are created on it play this script. */
export const simulation: Simulator.Options = {
  script: AgentScript.make({
    turns: [[
      AgentScript.customTool({ name: "opening_hours", input: { day: "weekend" } }),
      AgentScript.say("Yes, from {{result}}.")
    ]]
  })
}
