// Outcomes: give the agent a goal and a rubric; a grader sends it back to work until the goal is reached.
import * as Content from "@effect-managed-agents/core/Content"
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as SessionLifecycle from "@effect-managed-agents/core/SessionLifecycle"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import type * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Target } from "./target.ts"

const goal = UserEvent.defineOutcome({
  description: "A letter that tells our customers about the new opening hours.",
  rubric: "- It names the hours of each day.\n- It apologises for the change.",
  maxIterations: 5
})

export const program = Effect.gen(function*() {
  const { agent, environment } = yield* Target
  const sessions = yield* Sessions.Sessions
  const session = yield* SessionLifecycle.scoped({ agent, environment_id: environment, title: "Outcomes" })

  // The turn goes on until the grader has given its last verdict.
  yield* Conversation.stream(session.id, goal).pipe(
    Stream.runForEach((update) => {
      if (update._tag === "Finished") return Console.log(`\n${update.result._tag}`)
      if (update._tag !== "Event") return Effect.void
      switch (update.event.type) {
        case "agent.message":
          return Console.log(`agent   ${Content.textOf(update.event.content)}`)
        case "span.outcome_evaluation_end":
          return Console.log(`grader  ${update.event.result}: ${update.event.explanation}`)
        default:
          return Effect.void
      }
    })
  )

  const { outcome_evaluations: evaluations } = yield* sessions.retrieve(session.id)
  yield* Console.log(`The service says: ${evaluations?.map(({ result }) => result).join(", ")}`)
}).pipe(Effect.scoped)

export const agent: Simulator.AgentOptions = {
  agent: { name: "Secretary" },
  script: AgentScript.make({
    turns: [
      [AgentScript.say("Dear customers, we now open at nine.")],
      [AgentScript.say("Dear customers, from Monday to Friday we now open at nine. We are sorry for the change.")]
    ],
    grades: [
      { result: "needs_revision", explanation: "It does not apologise.", millis: 500 },
      { result: "satisfied", explanation: "It has everything." }
    ]
  })
}
