// Streaming: the reply while it is written, for a reader that is slower than the agent.
//
// Updates are pulled: while the screen is busy nothing is read from the connection, and nothing piles up in memory. A
// reader that would rather skip than be late puts a `Stream.buffer({ capacity: 16, strategy: "sliding" })` before it.
import * as Content from "@effect-managed-agents/core/Content"
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as SessionLifecycle from "@effect-managed-agents/core/SessionLifecycle"
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import type * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Match from "effect/Match"
import * as Stream from "effect/Stream"
import { Target } from "./target.ts"

/** A screen that needs a tenth of a second to draw. */
const draw = (line: string) => Effect.delay(Console.log(line), "100 millis")

const show = Match.type<Conversation.Update>().pipe(
  Match.tag("Delivered", () => draw("you    Where is my order #1234?")),
  Match.tag("Preview", ({ blocks, phase }) => phase === "growing" ? draw(`…      ${blocks.join("")}`) : Effect.void),
  Match.tag(
    "Event",
    ({ event }) => event.type === "agent.message" ? draw(`agent  ${Content.textOf(event.content)}`) : Effect.void
  ),
  Match.tag("Reconnecting", ({ error }) => draw(`       (${error.message})`)),
  Match.tag("Finished", ({ result }) => draw(`\n${result._tag}, ${result.usage.tokens.output} tokens written`)),
  Match.orElse(() => Effect.void)
)

export const program = Effect.gen(function*() {
  const { agent, environment } = yield* Target
  const session = yield* SessionLifecycle.scoped({ agent, environment_id: environment, title: "Streaming" })

  yield* Conversation.stream(session.id, "Where is my order #1234?", { follow: { previews: ["agent.message"] } }).pipe(
    Stream.runForEach(show)
  )
}).pipe(Effect.scoped)

export const agent: Simulator.AgentOptions = {
  agent: { name: "Storyteller" },
  script: AgentScript.make({
    turns: [[
      AgentScript.sleep("300 millis"),
      AgentScript.say(
        "Your order #1234 has left the warehouse this morning. It is on its way to you and arrives on Friday."
      )
    ]]
  })
}
