// Sessions while they are followed, and what is sent to them.
import { Atom } from "@effect-atom/atom-react"
import type * as Event from "@effect-managed-agents/core/Event"
import * as Events from "@effect-managed-agents/core/Events"
import * as Ids from "@effect-managed-agents/core/Ids"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as Threads from "@effect-managed-agents/core/Threads"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { acting, reading } from "./client.ts"
import * as Control from "./control.ts"
import * as few from "./few.ts"
import { Recording, type Snapshot } from "./model/recording.ts"
import * as Source from "./source.ts"

const runtime = reading(Layer.merge(Sessions.layer, Threads.layer), few.make)
const actor = acting(Events.layer)

/** A session while it is followed. */
export const recording = Atom.family((id: string) =>
  runtime.atom(Stream.unwrapScoped(Effect.gen(function*() {
    const threads = yield* Threads.Threads
    const recording = new Recording("Session")
    const changed = yield* Queue.sliding<void>(1)
    /** Open once all of the history has been read. */
    const caughtUp = yield* Effect.makeLatch(false)
    const health = yield* Control.health
    yield* threads.followAll(Ids.SessionId.make(id), {
      previews: ["agent.message", "agent.thinking"],
      // where time stands still there are no heartbeats
      ...(health?.clock === "virtual" && { maxSilence: "1 day", audit: "1 day" })
    }).pipe(
      // what the page itself does to streams is no news
      Stream.filter(({ update }) => update._tag !== "Reconnecting" || !update.error.message.includes(few.reason)),
      Stream.runForEachChunk((updates) =>
        Effect.sync(() => {
          recording.addAll(updates)
          if (recording.isCaughtUp) caughtUp.unsafeOpen()
          changed.unsafeOffer(undefined)
        })
      ),
      Effect.catchAll((error) =>
        Effect.sync(() => {
          recording.fail(error.message)
          caughtUp.unsafeOpen()
          changed.unsafeOffer(undefined)
        })
      ),
      Effect.forkScoped
    )
    return Stream.fromQueue(changed, { maxChunkSize: 1 }).pipe(
      // drawn as often as eyes can follow, and seldom while a long history is read, of which nobody waits for the middle
      Stream.mapEffect(() =>
        recording.isCaughtUp || recording.version < 3
          ? Effect.sleep("40 millis")
          : Effect.raceFirst(Effect.sleep("1 second"), caughtUp.await)
      ),
      Stream.map((): Snapshot => ({ recording, version: recording.version }))
    )
  })))
)

/** A session as the API shows it, or why it does not, read again and again. */
export const session = Atom.family((id: string) =>
  runtime.atom(
    Stream.unwrap(Effect.map(Sessions.Sessions, (service) =>
      Stream.repeatEffectWithSchedule(
        Effect.match(Effect.zipRight(Source.seen, service.retrieve(Ids.SessionId.make(id))), {
          onFailure: ({ message }) => ({ session: undefined, failure: message }),
          onSuccess: (session) => ({ session, failure: undefined })
        }),
        Schedule.spaced("2 seconds")
      )))
  )
)

/** Sends events to a session. */
export const send = actor.fn((
  { events, id }: { readonly id: string; readonly events: Event.EventParams }
) =>
  Effect.flatMap(Events.Events, (service) => service.deliver(Ids.SessionId.make(id), events)).pipe(
    Effect.flatMap((delivery) =>
      delivery._tag === "Indeterminate" ? Effect.fail(delivery.error) : Effect.succeed(delivery._tag)
    )
  )
)
