// The simulator behind the page, and what is done with it.
import * as Events from "@effect-managed-agents/core/Events"
import * as Ids from "@effect-managed-agents/core/Ids"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { acting } from "./client.ts"
import * as Control from "./control.ts"

const actor = acting(Layer.merge(Sessions.layer, Events.layer))

/** Everything that the simulator knows about itself, or why it is not known. */
export const simulator = actor.atom(Stream.repeatEffectWithSchedule(
  Effect.match(Effect.all({ faults: Control.faults, history: Control.history }), {
    onFailure: ({ message }) => ({ known: undefined, failure: message }),
    onSuccess: (known) => ({ known, failure: undefined })
  }),
  Schedule.spaced("2 seconds")
))

/** The scripts of agents. */
export const scripts = actor.atom(Control.scripts)

/** Does something with the simulator. */
export const control = actor.fn((
  act: Effect.Effect<unknown, Control.ControlError, Effect.Effect.Context<typeof Control.next>>
) => act)

/** Creates a session and sends a message to it. Answers its id. */
export const tryAgent = actor.fn(({ agent, text }: { readonly agent: string; readonly text: string }) =>
  Effect.gen(function*() {
    const service = yield* Sessions.Sessions
    const environment = yield* Control.environment
    const session = yield* service.create({
      agent: Ids.AgentId.make(agent),
      environment_id: Ids.EnvironmentId.make(environment),
      title: `Try ${agent}`
    })
    yield* Effect.flatMap(
      Events.Events,
      (events) => events.send(session.id, { type: "user.message", content: [{ type: "text", text }] })
    )
    return session.id
  })
)
