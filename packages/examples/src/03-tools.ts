// Tools: the agent calls functions of this program, with inputs that are checked and failures that it can read.
//
// Tools are those of `@effect/ai`, so that they can be shared with the Messages API. Calls of one response run at the same
// time, each at most once. With an agent of your own, give it `ToolRunner.definitions(OrderTools)`.
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as SessionLifecycle from "@effect-managed-agents/core/SessionLifecycle"
import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import type * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Orders from "./orders.ts"
import { Target } from "./target.ts"

const OrderNumber = Schema.String.pipe(Schema.pattern(/^\d+$/))

const OrderTools = Toolkit.make(
  Tool.make("find_order", {
    description: "Finds an order by its number",
    parameters: { number: OrderNumber },
    success: Orders.Order,
    failure: Schema.String
  }),
  Tool.make("cancel_order", {
    description: "Cancels an order that has not been shipped",
    parameters: { number: OrderNumber, reason: Schema.optional(Schema.String) },
    success: Schema.String,
    failure: Schema.String
  }).annotate(ToolRunner.Limits, { concurrency: 1, timeout: "10 seconds" })
)

const Handlers = OrderTools.toLayer(Effect.gen(function*() {
  const { find } = yield* Orders.Orders
  return {
    find_order: ({ number }) => Effect.delay(Effect.mapError(find(number), ({ message }) => message), "1 second"),
    cancel_order: ({ number }) =>
      find(number).pipe(
        Effect.mapError(({ message }) => message),
        Effect.filterOrFail(({ status }) => status === "processing", ({ status }) => `It is ${status}.`),
        Effect.as(`Order ${number} is cancelled.`)
      )
  }
})).pipe(Layer.provide(Orders.layer))

export const program = Effect.gen(function*() {
  const { agent, environment } = yield* Target
  const session = yield* SessionLifecycle.scoped({ agent, environment_id: environment, title: "Tools" })

  const outcome = yield* Conversation.turn(session.id, "Where are my orders? Cancel what you can.", {
    tools: OrderTools
  })
  for (const { call, result } of outcome.toolCalls) {
    const how = result?.is_error === true ? "failed" : "done"
    yield* Console.log(`${call.name} ${JSON.stringify(call.input)}: ${how}`)
  }
  yield* Console.log(outcome.reply)
}).pipe(Effect.scoped, Effect.provide(Handlers))

export const agent: Simulator.AgentOptions = {
  agent: { name: "Order assistant", tools: ToolRunner.definitions(OrderTools) },
  script: AgentScript.make({
    turns: [[
      AgentScript.effect((agent) =>
        Effect.gen(function*() {
          yield* agent.together([
            AgentScript.customTool({ name: "find_order", input: { number: "1234" } }),
            AgentScript.customTool({ name: "find_order", input: { number: "1235" } }),
            AgentScript.customTool({ name: "find_order", input: { number: "twelve" } })
          ])
          const first = yield* agent.customTool({ name: "cancel_order", input: { number: "1234" } })
          const second = yield* agent.customTool({ name: "cancel_order", input: { number: "1235" } })
          yield* agent.say(`I cannot cancel the first: ${first.text} ${second.text}`)
        })
      )
    ]]
  })
}
