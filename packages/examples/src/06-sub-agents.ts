// Sub-agents: an agent gives work to others, and a program follows them all in one stream.
//
// With an agent of your own, let it be a coordinator (`multiagent`) with a researcher and a writer.
import * as Content from "@effect-managed-agents/core/Content"
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as SessionLifecycle from "@effect-managed-agents/core/SessionLifecycle"
import * as Threads from "@effect-managed-agents/core/Threads"
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import type * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Target } from "./target.ts"

export const program = Effect.gen(function*() {
  const { agent, environment } = yield* Target
  const threads = yield* Threads.Threads
  const session = yield* SessionLifecycle.scoped({ agent, environment_id: environment, title: "Sub-agents" })

  // Each event once, with the thread it belongs to. Threads join when they are created and leave when they end.
  const names = new Map<string | null, string>([[null, session.agent.name]])
  yield* threads.followAll(session.id).pipe(
    Stream.runForEach(({ threadId, update }) => {
      if (update._tag !== "Event") return Effect.void
      const { event } = update
      if (event.type === "session.thread_created") names.set(event.session_thread_id, event.agent_name)
      if (event.type !== "agent.message") return Effect.void
      return Console.log(`${names.get(threadId) ?? threadId}: ${Content.textOf(event.content)}`)
    }),
    Effect.forkScoped
  )

  // The turn ends when the coordinator has its reports and has finished, not when it first has nothing to do.
  const outcome = yield* Conversation.turn(session.id, "Write an article about bees.")
  yield* Console.log(`\n${outcome._tag}: ${outcome.reply}`)
  yield* Stream.runForEach(
    threads.list(session.id),
    ({ id, parent_thread_id, status }) => Console.log(`${names.get(parent_thread_id === null ? null : id)}: ${status}`)
  )
}).pipe(Effect.scoped)

export const simulation: Simulator.Options = {
  agents: {
    agent_researcher: {
      agent: { name: "Researcher" },
      script: AgentScript.make({ turns: [[AgentScript.sleep("1 second"), AgentScript.say("Bees dance.")]] })
    },
    agent_writer: {
      agent: { name: "Writer" },
      script: AgentScript.make({ turns: [[AgentScript.sleep("2 seconds"), AgentScript.say("A draft about bees.")]] })
    }
  }
}

export const agent: Simulator.AgentOptions = {
  agent: { name: "Editor", multiagent: { type: "coordinator", agents: ["agent_researcher", "agent_writer"] } },
  script: AgentScript.make({
    turns: [[
      AgentScript.effect((agent) =>
        Effect.gen(function*() {
          const [facts, draft] = yield* agent.delegateAll([
            { agent: "Researcher", message: "What is known about bees?" },
            { agent: "Writer", message: "Draft an article about bees." }
          ])
          yield* agent.sleep("500 millis")
          yield* agent.say(`${draft?.text} ${facts?.text}`)
        })
      )
    ]]
  })
}
