/**
 * A program that has an agent pay invoices, and kills itself at a step of its own choice; started again, it goes on.
 *
 * node payer <url> <step> <session> <directory> [<session> <directory> ...]
 */
import * as Events from "@effect-managed-agents/core/Events"
import { SessionId } from "@effect-managed-agents/core/Ids"
import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
import * as Transcript from "@effect-managed-agents/core/Transcript"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { append, journal, run } from "./doomed.ts"

const Tools = Toolkit.make(
  Tool.make("pay", { parameters: { invoice: Schema.Int }, success: Schema.String })
)

const pay = (id: SessionId, directory: string) =>
  Effect.gen(function*() {
    const events = yield* Events.Events
    yield* Effect.fork(ToolRunner.run(id, Tools))
    const known = yield* Stream.runCount(events.list(id, { types: ["user.message"] }))
    if (known === 0) yield* events.deliver(id, UserEvent.message("Pay."))
    yield* events.follow(id).pipe(
      Stream.filter(({ _tag }) => _tag === "Event"),
      Stream.mapAccum(Transcript.empty, (transcript, update) => {
        const next = update._tag === "Event" ? Transcript.add(transcript, update.event) : transcript
        return [next, Transcript.turn(next)]
      }),
      Stream.takeUntil(({ _tag }) => _tag === "Ended"),
      Stream.runDrain
    )
  }).pipe(
    Effect.scoped,
    Effect.provide(Tools.toLayer({
      pay: ({ invoice }) => Effect.as(append(`${directory}/paid.txt`, invoice), "paid")
    })),
    Effect.provide(journal(directory))
  )

await run((id, directory) => pay(SessionId.make(id), directory))
