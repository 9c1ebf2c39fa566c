// Approvals: what the agent may do without asking, what a person decides, and what happens if nobody is there.
//
// With an agent of your own, let the permission policy of its tools be `always_ask`.
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as SessionLifecycle from "@effect-managed-agents/core/SessionLifecycle"
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import type * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { Prompt } from "./prompt.ts"
import { Target } from "./target.ts"

/** Reading is harmless; about everything else somebody is asked, who has a minute to answer. */
const approve = (call: PendingAction.ApprovalRequest) =>
  Effect.gen(function*() {
    if (call.name === "read") return PendingAction.allow
    const { ask } = yield* Prompt
    const answer = yield* ask(`The agent wants to run ${call.name} ${JSON.stringify(call.input)}. Allow? [y/N] `).pipe(
      Effect.timeoutTo({ duration: "1 minute", onSuccess: (answer) => answer, onTimeout: () => "" })
    )
    return /^y(es)?$/i.test(answer.trim())
      ? PendingAction.allow
      : PendingAction.deny(answer === "" ? "Nobody is here to allow it." : `No: ${answer}`)
  })

export const program = Effect.gen(function*() {
  const { agent, environment } = yield* Target
  const session = yield* SessionLifecycle.scoped({ agent, environment_id: environment, title: "Approvals" })

  const outcome = yield* Conversation.turn(session.id, "Tidy up the build folder.", { approve })
  for (const { call, confirmation } of outcome.toolCalls) {
    yield* Console.log(`${call.name}: ${confirmation?.result ?? "not asked"}`)
  }
  yield* Console.log(outcome.reply)
}).pipe(Effect.scoped)

export const agent: Simulator.AgentOptions = {
  agent: {
    name: "Janitor",
    tools: [{
      type: "agent_toolset_20260401",
      default_config: { enabled: true, permission_policy: { type: "always_ask" } }
    }]
  },
  script: AgentScript.make({
    turns: [[
      AgentScript.effect((agent) =>
        Effect.gen(function*() {
          yield* agent.tool({ name: "read", input: { file_path: "build" }, result: "main.js main.js.map" })
          const { is_error, text } = yield* agent.tool({ name: "bash", input: { command: "rm -r build" } })
          yield* agent.say(is_error ? `I have left it as it is. ${text}` : "The build folder is gone.")
        })
      )
    ]]
  })
}
