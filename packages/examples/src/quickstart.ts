// One conversation: create a session, ask, answer the agent's tool call, read the reply.
import {
  type ApiError,
  Conversation,
  type Events,
  type Ids,
  PendingAction,
  SessionFailure,
  Sessions,
  Unknown
} from "@effect-managed-agents/core"
import { Console, Effect, Match, Option, Stream } from "effect"
import * as Orders from "./orders.ts"
import * as Timeline from "./timeline.ts"

export interface Options {
  readonly agent: Ids.AgentId
  readonly environment: Ids.EnvironmentId
  readonly question: string
}

/** Asks the agent a question, shows what happens, and succeeds with what came of it, however the turn ended. */
export const program = (
  options: Options
): Effect.Effect<Conversation.Outcome, ApiError.ApiError, Sessions.Sessions | Events.Events | Orders.Orders> =>
  Effect.gen(function*() {
    const sessions = yield* Sessions.Sessions
    // archived at the end, also after a failure and on Ctrl-C; interrupted first if the agent is at work
    const session = yield* sessions.scoped(
      { agent: options.agent, environment_id: options.environment, title: "Quickstart" },
      { patience: "10 seconds" }
    )
    yield* Console.log(`Session ${session.id} with ${Timeline.harmless(session.agent.name)}\n`)
    const timeline = yield* Timeline.make(session)

    const outcome = yield* Conversation.stream(session.id, options.question, {
      approve: () => Effect.succeed(PendingAction.deny("Nobody is here to approve this. Do without it.")),
      answer: (call) => call.name === Orders.toolName ? Effect.asSome(Orders.answer(call.input)) : Effect.succeedNone
    }).pipe(
      Stream.tap((update) => update._tag === "Event" ? timeline.show(update.event) : Effect.void),
      Conversation.runOutcome
    )
    yield* report(outcome)
    return outcome
  }).pipe(Effect.scoped)

const line = (label: string, text: string) =>
  Effect.flatMap(
    Timeline.paint(label.padEnd(9), "bold"),
    (label) => Console.log(label + Timeline.harmless(text))
  )

const report = (outcome: Conversation.Outcome) =>
  Effect.gen(function*() {
    const { cacheCreation, cacheRead, input, output } = outcome.usage.tokens
    yield* Console.log("")
    yield* line("Reply", outcome.reply)
    yield* line(
      "Outcome",
      Option.match(explain(outcome), {
        onNone: () => outcome._tag,
        onSome: (why) => `${outcome._tag}. ${why}`
      })
    )
    yield* line(
      "Usage",
      `${input} tokens in, ${output} out, ${cacheRead} read from the cache, ${cacheCreation} written to it`
    )
  })

/** What there is to say about an outcome, unless the turn ended as it should. */
export const explain = (outcome: Conversation.Outcome): Option.Option<string> => {
  const because = (what: string) => {
    const error = outcome.errors.at(-1)
    return Option.some(error === undefined ? `${what}.` : `${what}: ${SessionFailure.messageOf(error)}`)
  }
  return Match.valueTags(outcome, {
    EndTurn: () => Option.none(),
    RequiresAction: ({ actions }) =>
      Option.some(`The agent waits for a tool that this program lacks: ${actions.map(({ name }) => name).join(", ")}`),
    Interrupted: () => Option.some("Somebody stopped the agent."),
    Refused: ({ category, explanation }) => {
      const why = explanation ?? category
      return Option.some(why === undefined ? "The model refused." : `The model refused: ${why}`)
    },
    BudgetReached: () => Option.some("The session's budget is used up."),
    RetriesExhausted: () => because("The service gave up on the turn"),
    Terminated: ({ archived }) =>
      archived ? Option.some("Somebody archived the session.") : because("The session was terminated"),
    Deleted: () => Option.some("The session was deleted."),
    Unknown: ({ stopReason }) =>
      Option.some(`The turn ended for a reason that is newer than this program: ${Unknown.tagOf(stopReason)}`)
  })
}
