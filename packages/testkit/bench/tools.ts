/** Turns with tools, beside the tool runner of the vendor's SDK, on a simulator in memory. */
import Anthropic from "@anthropic-ai/sdk"
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as SimulatorFetch from "@effect-managed-agents/testkit/SimulatorFetch"
import * as SimulatorHttpClient from "@effect-managed-agents/testkit/SimulatorHttpClient"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { table } from "./report.ts"

const call = AgentScript.customTool({ name: "wait", input: {} })

/** Two calls in each turn. */
const simulator = Simulator.layer({
  script: AgentScript.make({ otherwise: [AgentScript.together(call, call), AgentScript.say("Done.")] }),
  agents: {
    agent_1: { agent: { tools: [{ type: "custom", name: "wait", description: "", input_schema: { type: "object" } }] } }
  },
  environments: { env_1: {} }
})

const client = ManagedAgents.layer.pipe(
  Layer.provide(ClientConfig.layer({ apiKey: Redacted.make("bench"), baseUrl: "http://simulator" })),
  Layer.provide(SimulatorHttpClient.layer)
)

const Tools = Toolkit.make(Tool.make("wait"))

// branded for users; there is nothing to confuse here
const params = { agent: "agent_1", environment_id: "env_1" } as never

/** Milliseconds a turn, on average, with tools that take so long. */
const ours = (turns: number, millis: number): Promise<number> =>
  Effect.gen(function*() {
    const sessions = yield* Sessions.Sessions
    const { id } = yield* sessions.create(params)
    const start = performance.now()
    for (let n = 0; n < turns; n++) yield* Conversation.turn(id, "Go on.", { tools: Tools })
    return (performance.now() - start) / turns
  }).pipe(
    Effect.provide(client),
    Effect.provide(Layer.merge(simulator, Tools.toLayer({ wait: () => Effect.sleep(millis) }))),
    Effect.runPromise
  )

const theirs = (turns: number, millis: number): Promise<number> =>
  Effect.gen(function*() {
    const fetch = yield* SimulatorFetch.make
    return yield* Effect.promise(async () => {
      const { sessions } = new Anthropic({ apiKey: "bench", baseURL: "http://simulator", fetch, logLevel: "off" }).beta
      const { id } = await sessions.create(params)
      const left = new AbortController()
      const tool = {
        type: "custom",
        name: "wait",
        description: "",
        input_schema: { type: "object" },
        parse: (input: unknown) => input,
        run: () => new Promise((resolve) => setTimeout(() => resolve(""), millis))
      }
      const running = (async () => {
        const runner = sessions.events.toolRunner(id, { tools: [tool as never], maxIdleMs: 0, signal: left.signal })
        for await (const _ of runner);
      })().catch(() => undefined)
      const start = performance.now()
      for (let n = 0; n < turns; n++) {
        const stream = await sessions.events.stream(id)
        await sessions.events.send(id, {
          events: [{ type: "user.message", content: [{ type: "text", text: "Go on." }] }]
        })
        for await (const event of stream) {
          if (event.type === "session.status_idle" && event.stop_reason.type !== "requires_action") break
        }
      }
      const took = (performance.now() - start) / turns
      left.abort()
      await running
      return took
    })
  }).pipe(Effect.scoped, Effect.provide(simulator), Effect.runPromise)

export const run = async (turns: number): Promise<void> => {
  await ours(turns, 0)
  await theirs(turns, 0)
  const quick = [await ours(turns, 0), await theirs(turns, 0)] as const
  const slow = [await ours(1, 1000), await theirs(1, 1000)] as const
  const row = (name: string, of: 0 | 1) => [
    name,
    (1000 / quick[of]).toFixed(0),
    (quick[of] / quick[1]).toFixed(2),
    (slow[of] / 1000).toFixed(2)
  ]
  console.log("\nturns with two tool calls, in memory\n")
  console.log(table(
    ["", "turns/s", "time, ratio to the SDK", "seconds with two tools of a second each"],
    [row("this client", 0), row("@anthropic-ai/sdk", 1)]
  ))
}
