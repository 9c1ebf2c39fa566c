// Resume: a program that may be killed at any time, and goes on when it is started again.
//
// Three things outlive it, here as files: which session it was, which events were dealt with (`CursorStore`), and which
// tools have run (`Journal`). On the simulator it is killed while it pays an invoice, and started again. With an agent of
// your own, kill it yourself. Other stores are other layers in place of `Files`.
import * as Content from "@effect-managed-agents/core/Content"
import * as CursorStore from "@effect-managed-agents/core/CursorStore"
import * as Events from "@effect-managed-agents/core/Events"
import * as Ids from "@effect-managed-agents/core/Ids"
import * as Journal from "@effect-managed-agents/core/Journal"
import * as SessionLifecycle from "@effect-managed-agents/core/SessionLifecycle"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as NodeKeyValueStore from "@effect/platform-node/NodeKeyValueStore"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Invoices from "./invoices.ts"
import { Target } from "./target.ts"

/** The session of an earlier life, or else a new one, which begins with the task. */
const findSession = Effect.gen(function*() {
  const { agent, environment } = yield* Target
  const sessions = yield* Sessions.Sessions
  const store = (yield* KeyValueStore.KeyValueStore).forSchema(Schema.Struct({ id: Ids.SessionId }))
  const known = yield* store.get("session")
  if (Option.isSome(known)) return known.value.id
  const { id } = yield* sessions.create({
    agent,
    environment_id: environment,
    title: "Resume",
    initial_events: [UserEvent.message("Pay invoices 1, 2 and 3.")]
  })
  yield* store.set("session", { id })
  return id
})

/** Prints what the agent says, each message once, up to the end of the turn. */
const print = (id: Ids.SessionId) =>
  Effect.gen(function*() {
    const events = yield* Events.Events
    yield* CursorStore.follow("print", (cursor) => events.follow(id, { from: cursor ?? "start" })).pipe(
      // The end is not acknowledged: whoever comes after a crash is told again.
      Stream.takeWhile(({ update }) =>
        update._tag !== "Event" || update.event.type !== "session.status_idle" ||
        update.event.stop_reason.type !== "end_turn"
      ),
      Stream.runForEach(({ acknowledge, update }) =>
        update._tag === "Event" && update.event.type === "agent.message"
          ? Effect.zipRight(Console.log(`agent: ${Content.textOf(update.event.content)}`), acknowledge)
          : acknowledge
      )
    )
  })

export const payInvoices = Effect.gen(function*() {
  const id = yield* findSession
  // Nobody knows what a tool did that was running when the program died: the agent is told so, unless to run it again
  // does no harm.
  const unfinished = (call: ToolRunner.Call) => call.name === "is_paid" ? "run" : "fail"
  const tools = yield* ToolRunner.make(Invoices.Tools, { unfinished })
  yield* Effect.raceFirst(print(id), ToolRunner.run(id, tools))

  // done: the next one begins anew
  yield* SessionLifecycle.retire(id)
  yield* Effect.flatMap(KeyValueStore.KeyValueStore, (store) => store.clear)
}).pipe(Effect.provide(Layer.mergeAll(Invoices.Handlers, CursorStore.layer(), Journal.layer())))

const Files = Layer.unwrapEffect(
  Effect.map(Config.withDefault(Config.string("STATE"), ".state"), NodeKeyValueStore.layerFileSystem)
)

export const program = Effect.provide(payInvoices, Files)

export const agent = Invoices.agent

/** On the simulator, the program is killed when it prints this for the first time, and started again. */
export const diesAt = "paying invoice 2"
