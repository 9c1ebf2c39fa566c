/** A client on a simulated agent. */
import * as Conversation from "@effect-managed-agents/core/Conversation"
import type { SessionId } from "@effect-managed-agents/core/Ids"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../../src/AgentScript.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as Testkit from "../../src/Testkit.ts"

const agent = "agent_1"

/** An agent that plays these turns, with a sub-agent to delegate to. */
export const agentThat = (
  turns: ReadonlyArray<ReadonlyArray<AgentScript.Step>>,
  options: Omit<Simulator.Options, "agents"> & {
    readonly child?: AgentScript.Script
    readonly grades?: NonNullable<AgentScript.Script["grades"]>
  } = {}
) => {
  const { child = AgentScript.echo, grades = [], ...more } = options
  return Testkit.layer({
    fixtures: { environments: [{ id: "env_1", type: "cloud" }, { id: "env_self", type: "self_hosted" }] },
    ...more,
    // what is shown is the same for any tool, and the tools are made up
    rules: { strictTools: false, ...more.rules },
    agents: {
      agent_r: { agent: { name: "Researcher" }, script: child },
      [agent]: {
        agent: { name: "Lead", multiagent: { type: "coordinator", agents: ["agent_r"] } },
        script: AgentScript.make({ turns, grades })
      }
    }
  })
}

export const params = { agent, environment_id: "env_1" } as never

/** Creates a session of that agent. */
export const create = Effect.flatMap(
  Sessions.Sessions,
  (sessions) => Effect.map(sessions.create(params), ({ id }) => id)
)

/** Runs something that waits now and then: the clock goes on until it is done. */
export const inTime = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  step: Duration.DurationInput = "1 second"
): Effect.Effect<A, E, R> =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(self)
    yield* Effect.repeat(
      Effect.zipRight(TestClock.adjust(step), Fiber.poll(fiber)),
      { until: ({ _tag }) => _tag === "Some", schedule: Schedule.recurs(10_000) }
    )
    return yield* Fiber.join(fiber)
  })

/** A turn under way, to which something happens a second later, and how it ends. */
export const runningTurn = <E, R>(
  act: (id: SessionId) => Effect.Effect<unknown, E, R>,
  options?: Conversation.Options
) =>
  Effect.gen(function*() {
    const id = yield* create
    const fiber = yield* Effect.fork(Conversation.turn(id, "Hello", options))
    yield* TestClock.adjust("1 second")
    yield* act(id)
    return { id, fiber, outcome: inTime(Fiber.join(fiber)) }
  })

export const typesOf = (id: string) =>
  Effect.flatMap(
    Simulator.Simulator,
    (simulator) => Effect.map(simulator.events(id), (events) => events.map(({ type }) => String(type)))
  )

export const countOf = (id: string, type: string) =>
  Effect.map(typesOf(id), (types) => types.filter((one) => one === type).length)
