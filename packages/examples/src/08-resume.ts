// Resume after a crash: a worker that handles each event of a session once, also if it dies in the middle.
//
// It acknowledges an event when it has dealt with it. Whoever comes after it, perhaps another process, begins there. In
// place of the store in memory, use `CursorStore.layer` on a `KeyValueStore` of files, of a database, or of your own.
import { Content, CursorStore, Events, type Ids, Sessions, UserEvent } from "@effect-managed-agents/core"
import { AgentScript, type Simulator } from "@effect-managed-agents/testkit"
import { Console, Effect, Stream } from "effect"
import { Target } from "./target.ts"

/** Prints what the agent says, and dies after so many messages. */
const worker = (name: string, id: Ids.SessionId, diesAfter = Number.POSITIVE_INFINITY) =>
  Effect.gen(function*() {
    const events = yield* Events.Events
    let handled = 0
    yield* CursorStore.follow(`printer/${id}`, (cursor) => events.follow(id, { from: cursor ?? "start" })).pipe(
      Stream.mapEffect(({ acknowledge, update }) =>
        Effect.gen(function*() {
          const event = update._tag === "Event" && update.state === "processed" ? update.event : undefined
          if (event?.type === "agent.message") {
            if (handled++ === diesAfter) return yield* Effect.dieMessage("out of memory")
            yield* Console.log(`${name}: ${Content.textOf(event.content)}`)
          }
          yield* acknowledge
          return event
        })
      ),
      Stream.takeUntil((event) => event?.type === "session.status_idle"),
      Stream.runDrain
    )
  })

export const program = Effect.gen(function*() {
  const { agent, environment } = yield* Target
  const sessions = yield* Sessions.Sessions
  const events = yield* Events.Events
  const session = yield* sessions.scoped({ agent, environment_id: environment, title: "Resume" })
  yield* events.deliver(session.id, UserEvent.message("Count to four."))

  yield* worker("first worker", session.id, 2).pipe(
    Effect.catchAllDefect((defect) => Console.log(`first worker: died, ${String(defect)}`))
  )
  // the agent went on meanwhile
  yield* Effect.sleep("2 seconds")
  yield* worker("second worker", session.id)
}).pipe(Effect.scoped, Effect.provide(CursorStore.layerMemory))

export const agent: Simulator.AgentOptions = {
  agent: { name: "Counter" },
  script: AgentScript.make({
    turns: [
      ["One.", "Two.", "Three.", "Four."].flatMap((count) => [AgentScript.say(count), AgentScript.sleep("500 millis")])
    ]
  })
}
