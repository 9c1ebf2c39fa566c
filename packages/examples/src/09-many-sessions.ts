// Many sessions: a turn for each of a hundred, in one process, a few at a time, where one that fails stays alone with it.
import { Conversation, Sessions } from "@effect-managed-agents/core"
import { AgentScript, type Simulator } from "@effect-managed-agents/testkit"
import { Array as Arr, Console, Effect } from "effect"
import { Target } from "./target.ts"

/** A session of its own for each question, retired when its answer is there. */
const ask = (question: string) =>
  Effect.gen(function*() {
    const { agent, environment } = yield* Target
    const sessions = yield* Sessions.Sessions
    const session = yield* sessions.scoped({ agent, environment_id: environment, title: question }, { by: "delete" })
    const outcome = yield* Conversation.turn(session.id, question)
    return outcome._tag === "EndTurn" ? outcome.reply : yield* Effect.fail(outcome._tag)
  }).pipe(Effect.scoped)

const questions = Arr.makeBy(100, (n) => `What is the square of ${n + 1}?`)

export const program = Effect.gen(function*() {
  // Twenty at a time. A client that is built on `RateLimit.layer()` also waits for its turn instead of running into a 429,
  // and where sessions have work again and again, `SessionPool` lets each have its turn.
  const answers = yield* Effect.forEach(questions, (question) => Effect.either(ask(question)), { concurrency: 20 })

  const [failures, replies] = Arr.partitionMap(answers, (answer) => answer)
  yield* Console.log(`${replies.length} answers, the last is ${replies.at(-1)}`)
  yield* Console.log(`${failures.length} failures: ${Arr.dedupe(failures.map(String)).join(", ")}`)
})

export const agent: Simulator.AgentOptions = {
  agent: { name: "Calculator" },
  script: AgentScript.make({
    otherwise: [
      AgentScript.effect((agent) =>
        Effect.gen(function*() {
          const n = Number(agent.text.match(/\d+/)?.[0])
          yield* agent.sleep("1 second")
          if (n % 50 === 13) return yield* agent.refuse({ explanation: "That is an unlucky number." })
          yield* agent.say(String(n ** 2))
        })
      )
    ]
  })
}
