// One conversation: create a session, attach to its events, ask, answer the agent's tool call, read the reply.
import {
  type ApiError,
  type Event,
  Events,
  type Ids,
  type Session,
  Sessions,
  UserEvent
} from "@effect-managed-agents/core"
import { Console, Effect, Option, Schedule, type Scope, Stream } from "effect"
import * as Orders from "./orders.ts"
import * as Timeline from "./timeline.ts"
import * as Turn from "./turn.ts"

export interface Options {
  readonly agent: Ids.AgentId
  readonly environment: Ids.EnvironmentId
  readonly question: string
}

/** Asks the agent a question, shows what happens, and succeeds with what came of it, however the turn ended. */
export const program = (
  options: Options
): Effect.Effect<Turn.Turn, ApiError.ApiError, Sessions.Sessions | Events.Events | Orders.Orders> =>
  Effect.gen(function*() {
    const events = yield* Events.Events
    const session = yield* openSession(options)
    yield* Console.log(`Session ${session.id} with ${Timeline.harmless(session.agent.name)}\n`)
    const timeline = yield* Timeline.make(session)

    // Attach first: the service sends nothing twice, and what happens from here on is not missed.
    const stream = yield* events.open(session.id)
    yield* events.send(session.id, UserEvent.message(options.question))

    const turn = yield* stream.pipe(
      Stream.tap(timeline.show),
      Stream.mapEffect((event) =>
        Effect.gen(function*() {
          const response = yield* respond(event)
          if (Option.isSome(response)) yield* events.send(session.id, response.value)
          return { event, answered: Option.isSome(response) }
        })
      ),
      Stream.runFoldWhile(Turn.start, (turn) => turn.outcome === undefined, Turn.step)
    )
    yield* report(turn)
    return turn
  }).pipe(Effect.scoped)

/** What this program does about an event: it answers its own tool, and refuses what waits for approval. */
const respond = (event: Event.StreamEvent): Effect.Effect<Option.Option<Event.EventParams>, never, Orders.Orders> => {
  switch (event.type) {
    case "agent.custom_tool_use":
      return event.name === Orders.toolName ? Effect.asSome(Orders.answer(event)) : Effect.succeedNone
    case "agent.tool_use":
    case "agent.mcp_tool_use":
      return event.evaluated_permission === "ask"
        ? Effect.succeedSome(UserEvent.deny(event.id, "Nobody is here to approve this. Do without it."))
        : Effect.succeedNone
    default:
      return Effect.succeedNone
  }
}

/** A session that is archived at the end, also after a failure and on Ctrl-C. */
const openSession = (
  options: Options
): Effect.Effect<Session.Session, ApiError.ApiError, Sessions.Sessions | Scope.Scope> =>
  Effect.flatMap(Sessions.Sessions, (sessions) =>
    Effect.acquireRelease(
      // whoever gives up while it is created leaves at most an idle session behind, which costs nothing
      Effect.interruptible(
        sessions.create({ agent: options.agent, environment_id: options.environment, title: "Quickstart" })
      ),
      ({ id }) =>
        sessions.archive(id).pipe(
          // a session may read as running for a moment after it went idle
          Effect.retry({ while: (error) => error._tag === "InvalidRequest", schedule: retireSchedule }),
          // a finalizer cannot be interrupted, unless it says so
          Effect.interruptible,
          Effect.timeout("10 seconds"),
          Effect.match({
            onSuccess: () => "now archived",
            onFailure: (error) =>
              error._tag === "NotFound" ? "gone" : `left as it is, because it cannot be archived: ${error.message}`
          }),
          Effect.flatMap((fate) => line("Session", `${id}, ${fate}`))
        )
    ))

const retireSchedule = Schedule.spaced("250 millis").pipe(Schedule.upTo("2 seconds"))

const line = (label: string, text: string) =>
  Effect.flatMap(
    Timeline.paint(label.padEnd(9), "bold"),
    (label) => Console.log(label + Timeline.harmless(text))
  )

const report = (turn: Turn.Turn) =>
  Effect.gen(function*() {
    const { explanation, reason } = turn.outcome ?? Turn.cutOff
    const { cacheRead, cacheWritten, input, output } = turn.usage
    yield* Console.log("")
    yield* line("Reply", turn.reply)
    yield* line("Outcome", explanation === undefined ? reason : `${reason}. ${explanation}`)
    yield* line(
      "Usage",
      `${input} tokens in, ${output} out, ${cacheRead} read from the cache, ${cacheWritten} written to it`
    )
  })
