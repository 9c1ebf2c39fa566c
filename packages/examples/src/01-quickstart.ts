// The quickstart: create a session, ask, answer the agent's tool call, show what happens, read the reply.
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as SessionFailure from "@effect-managed-agents/core/SessionFailure"
import * as SessionLifecycle from "@effect-managed-agents/core/SessionLifecycle"
import * as Unknown from "@effect-managed-agents/core/Unknown"
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import type * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Orders from "./orders.ts"
import { Target } from "./target.ts"
import * as Timeline from "./timeline.ts"
import * as Watch from "./watch.ts"

export const program = Effect.gen(function*() {
  const { agent, environment } = yield* Target
  // When the scope closes it is interrupted, if it runs, and archived: also after a failure and on Ctrl-C.
  const session = yield* SessionLifecycle.scoped(
    { agent, environment_id: environment, title: "Quickstart" },
    { timeout: "10 seconds" }
  )
  yield* Console.log(`Session ${session.id} with ${Timeline.harmless(session.agent.name)}\n`)
  const timeline = yield* Timeline.make(session)

  const outcome = yield* Conversation.stream(session.id, "Where is my order #1234?", {
    answer: Orders.answer,
    approve: () => Effect.succeed(PendingAction.deny("Nobody is here to approve this. Do without it."))
  }).pipe(
    Stream.tap((update) =>
      update._tag === "Event" && update.state === "processed" ? timeline.show(update.event) : Effect.void
    ),
    Conversation.runResult
  )
  yield* report(outcome)
  yield* Watch.session(session.id)
  return outcome
}).pipe(Effect.scoped, Effect.provide(Orders.layer))

/** A turn ends in one of nine ways. One that is forgotten here does not compile. */
export const explain = (outcome: Conversation.TurnResult): string => {
  const error = outcome.errors.at(-1)
  const because = error === undefined ? "" : `: ${SessionFailure.messageOf(error)}`
  return Conversation.match(outcome, {
    EndTurn: () => "",
    RequiresAction: ({ actions }) =>
      `The agent waits for a tool that this program lacks: ${actions.map(({ name }) => name).join(", ")}`,
    Interrupted: () => "Somebody stopped the agent.",
    Refusal: ({ category, explanation }) => `The model refused: ${explanation ?? category ?? "it did not say why"}`,
    BudgetReached: () => "The session's budget is used up.",
    RetriesExhausted: () => `The service gave up on the turn${because}`,
    Terminated: ({ archived }) => archived ? "Somebody archived it." : `The session was terminated${because}`,
    Deleted: () => "The session was deleted.",
    UnknownStopReason: ({ stopReason }) =>
      `It ended for a reason that is newer than this program: ${Unknown.tagOf(stopReason)}`
  })
}

const report = (outcome: Conversation.TurnResult) =>
  Effect.gen(function*() {
    const { cacheCreation, cacheRead, input, output } = outcome.usage.tokens
    const usage = `${input} tokens in, ${output} out, ${cacheRead} read from the cache, ${cacheCreation} written to it`
    const why = explain(outcome)
    const lines = { Reply: outcome.reply, Outcome: why === "" ? outcome._tag : `${outcome._tag}. ${why}`, Usage: usage }
    yield* Console.log("")
    for (const [label, text] of Object.entries(lines)) {
      yield* Console.log((yield* Timeline.paint(label.padEnd(9), "bold")) + Timeline.harmless(text))
    }
  })

export const agent: Simulator.AgentOptions = {
  agent: { name: "Order assistant", tools: [Orders.tool] },
  script: AgentScript.make({
    turns: [[
      AgentScript.think,
      AgentScript.sleep("600 millis"),
      AgentScript.customTool({ name: Orders.tool.name, input: { order_id: "1234" } }),
      AgentScript.sleep("900 millis"),
      AgentScript.effect((agent) =>
        Effect.flatMap(
          Schema.decode(Schema.parseJson(Orders.Order))(agent.result),
          (order) => agent.say(`Your order #${order.order_id} has ${order.status} and arrives on ${order.arrives}.`)
        )
      )
    ]]
  })
}
