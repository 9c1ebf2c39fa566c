// Many sessions: a help desk in one process, with a session for each customer, as long as there is something to ask.
//
// `SessionPool` says how many sessions are at work at a time. One session does one thing at a time, in the order in which
// it came, those that wait take turns, and what fails stays alone with it. `RateLimit` keeps all of them together below
// what the service accepts in a minute: calls wait instead of running into a 429.
import * as Conversation from "@effect-managed-agents/core/Conversation"
import type * as Ids from "@effect-managed-agents/core/Ids"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as RateLimit from "@effect-managed-agents/core/RateLimit"
import * as SessionLifecycle from "@effect-managed-agents/core/SessionLifecycle"
import * as SessionPool from "@effect-managed-agents/core/SessionPool"
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import * as Rules from "@effect-managed-agents/testkit/Rules"
import type * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as Arr from "effect/Array"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Target } from "./target.ts"

/** A client that stays within the limits, and a pool. */
const Live = Layer.merge(
  Layer.provide(ManagedAgents.layer, RateLimit.layer()),
  SessionPool.layer({ concurrency: 5 })
)

/** Customers with their sessions, which go when the scope closes. */
const customers = Effect.gen(function*() {
  const { agent, environment } = yield* Target
  return yield* Effect.forEach(
    Arr.range(1, 12),
    (n) => SessionLifecycle.scoped({ agent, environment_id: environment, title: `Customer ${n}` }, { by: "delete" }),
    { concurrency: "unbounded" }
  )
})

/** The answer, or the outcome in its place. */
const ask = (id: Ids.SessionId, question: string) =>
  Effect.flatMap(
    Conversation.turn(id, question),
    ({ _tag, reply }) => _tag === "EndTurn" ? Effect.succeed(reply) : Effect.fail(_tag)
  )

export const program = Effect.gen(function*() {
  const sessions = yield* customers
  // in a program of your own a queue, a socket or a table
  const questions = Stream.fromIterable(
    Arr.range(1, 3).flatMap((k) =>
      sessions.map((session, n) => ({ session, text: `What is the square of ${n * 3 + k}?` }))
    )
  )
  const results = yield* questions.pipe(
    SessionPool.forEach({ session: ({ session }) => session.id, run: ({ session, text }) => ask(session.id, text) }),
    Stream.tap(({ exit, job }) =>
      Console.log(`${job.session.title}: ${job.text} ${Exit.match(exit, { onSuccess: String, onFailure: () => "—" })}`)
    ),
    Stream.runCollect
  )
  const [answers, failures] = Arr.partition(results, ({ exit }) => Exit.isFailure(exit))
  yield* Console.log(`${answers.length} answers, ${failures.length} without one`)
}).pipe(Effect.scoped, Effect.provide(Live))

/** The service is strict: it refuses what comes too fast. */
export const simulation: Simulator.Options = {
  rules: { rateLimits: { ...Rules.documentedRateLimits, burst: Duration.seconds(1) } }
}

export const agent: Simulator.AgentOptions = {
  agent: { name: "Calculator" },
  script: AgentScript.make({
    otherwise: [
      AgentScript.effect((agent) =>
        Effect.gen(function*() {
          const n = Number(agent.text.match(/\d+/)?.[0])
          yield* agent.sleep("1 second")
          if (n === 13) return yield* agent.refuse({ explanation: "That is an unlucky number." })
          yield* agent.say(String(n ** 2))
        })
      )
    ]
  })
}
