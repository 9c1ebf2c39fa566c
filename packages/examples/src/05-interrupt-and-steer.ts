// Interrupt and steer: say something to an agent at work, stop it, and go on with something else.
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as SessionLifecycle from "@effect-managed-agents/core/SessionLifecycle"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import type * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Target } from "./target.ts"

export const program = Effect.gen(function*() {
  const { agent, environment } = yield* Target
  const session = yield* SessionLifecycle.scoped({ agent, environment_id: environment, title: "Interrupt and steer" })
  const say = (input: Conversation.Input) =>
    Conversation.turn(session.id, input).pipe(
      Effect.tap(({ _tag, reply }) => Console.log(`${_tag}: ${reply}`))
    )

  // A message to an agent at work joins its turn, and both turns end together.
  const report = yield* Effect.fork(say("Write a report about our suppliers."))
  yield* Effect.sleep("1 second")
  yield* say("Leave out those abroad.")
  yield* Fiber.join(report)

  // To stop the agent is one thing, to stop waiting for it another: interrupting the fiber would leave it at work.
  const translation = yield* Effect.fork(say("Translate it into Latin."))
  yield* Effect.sleep("1 second")
  yield* Conversation.interrupt(session.id)
  yield* Fiber.join(translation)

  // Stop it and say what to do instead, in one request.
  const poem = yield* Effect.fork(say("Make it rhyme."))
  yield* Effect.sleep("1 second")
  yield* say([UserEvent.interrupt(), UserEvent.message("On second thought, a summary will do.")])
  yield* Fiber.join(poem)
}).pipe(Effect.scoped)

export const agent: Simulator.AgentOptions = {
  agent: { name: "Writer" },
  script: AgentScript.make({
    turns: [
      [AgentScript.sleep("2 seconds"), AgentScript.say("A report. ({{text}})")],
      [AgentScript.say("The report, without suppliers abroad.")],
      [AgentScript.say("Relatio."), AgentScript.sleep("1 hour")],
      [AgentScript.say("Roses are red,"), AgentScript.sleep("1 hour")],
      [AgentScript.sleep("1 second"), AgentScript.say("In short: all is well.")]
    ]
  })
}
