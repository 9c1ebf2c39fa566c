// The accounts: tools to pay invoices, and an agent that is to pay three of them.
import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import type * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const parameters = { invoice: Schema.Int }

export const Tools = Toolkit.make(
  Tool.make("pay", { description: "Pays an invoice", parameters, success: Schema.String }),
  Tool.make("is_paid", { description: "Asks the bank whether an invoice is paid", parameters, success: Schema.Boolean })
)

/** The bank is a store as well: it does not forget what was paid. */
export const Handlers = Tools.toLayer(Effect.gen(function*() {
  const bank = yield* KeyValueStore.KeyValueStore
  return {
    pay: ({ invoice }) =>
      Effect.gen(function*() {
        yield* Console.log(`paying invoice ${invoice}`)
        yield* Effect.sleep("1 second")
        yield* Effect.orDie(bank.set(`paid/${invoice}`, "yes"))
        return `Invoice ${invoice} is paid.`
      }),
    is_paid: ({ invoice }) => Effect.orDie(bank.has(`paid/${invoice}`))
  }
}))

/** When it does not know whether an invoice is paid, it asks before it pays it again. */
export const agent: Simulator.AgentOptions = {
  agent: { name: "Accountant", tools: ToolRunner.definitions(Tools) },
  script: AgentScript.make({
    turns: [[
      AgentScript.effect((agent) =>
        Effect.gen(function*() {
          for (const invoice of [1, 2, 3]) {
            yield* agent.say(`Invoice ${invoice} comes next.`)
            yield* agent.sleep("500 millis")
            const { is_error } = yield* agent.customTool({ name: "pay", input: { invoice } })
            if (!is_error) continue
            const { text } = yield* agent.customTool({ name: "is_paid", input: { invoice } })
            yield* agent.say(`I cannot tell whether invoice ${invoice} is paid. The bank says: ${text}.`)
            yield* agent.sleep("500 millis")
            if (text === "false") yield* agent.customTool({ name: "pay", input: { invoice } })
          }
          yield* agent.say("All three are paid.")
        })
      )
    ]]
  })
}
