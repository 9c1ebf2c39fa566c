// The agent and the environment of an example on the API: those that AGENT_ID and ENVIRONMENT_ID name, or else of its own,
// which are made once and found again.
import * as Agents from "@effect-managed-agents/core/Agents"
import type { Ensured } from "@effect-managed-agents/core/Ensured"
import * as Environments from "@effect-managed-agents/core/Environments"
import * as Ids from "@effect-managed-agents/core/Ids"
import * as SavedAgent from "@effect-managed-agents/core/SavedAgent"
import type * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

const model = Config.withDefault(Config.nonEmptyString("ANTHROPIC_MODEL"), "claude-sonnet-5-5")

const show = ({ _tag, value }: Ensured<{ readonly id: string; readonly name: string }>) =>
  Console.log(`${_tag === "Unchanged" ? "Found" : _tag} ${value.name} (${value.id})`)

const ensureAgent = (key: string, params: object = {}) =>
  Effect.gen(function*() {
    // parameters of the simulator have the form of requests
    const definition = yield* Schema.decodeUnknown(SavedAgent.CreateParams)({
      name: "Example",
      model: yield* model,
      ...params
    })
    const ensured = yield* Agents.ensure(definition, { key: `example/${key}` })
    yield* show(ensured)
    return ensured.value.id
  })

/** Makes the agents of the roster as well. */
const ensureTeam = (
  name: string,
  { agent = {} }: Simulator.AgentOptions,
  others: Simulator.Options["agents"] = {}
) =>
  Effect.gen(function*() {
    const ids = new Map<unknown, string>()
    for (const [id, other] of Object.entries(others)) ids.set(id, yield* ensureAgent(`${name}/${id}`, other.agent))
    const { multiagent } = agent
    return yield* ensureAgent(
      name,
      multiagent?.type !== "coordinator"
        ? agent
        : {
          ...agent,
          multiagent: { ...multiagent, agents: multiagent.agents.map((entry: unknown) => ids.get(entry) ?? entry) }
        }
    )
  })

const ensureEnvironment = Effect.gen(function*() {
  const ensured = yield* Environments.ensure({ name: "Examples", config: { type: "cloud" } }, { key: "examples" })
  yield* show(ensured)
  return ensured.value.id
})

/** An id from the environment of the process, or else what the effect makes. */
const givenOr = <A, E, R>(id: Config.Config<A>, make: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Config.option(id), Option.match({ onNone: () => make, onSome: Effect.succeed }))

/** Whom to talk to. */
export const target = (name: string, agent: Simulator.AgentOptions, others?: Simulator.Options["agents"]) =>
  Effect.all({
    agent: givenOr(Schema.Config("AGENT_ID", Ids.AgentId), ensureTeam(name, agent, others)),
    environment: givenOr(Schema.Config("ENVIRONMENT_ID", Ids.EnvironmentId), ensureEnvironment)
  })
