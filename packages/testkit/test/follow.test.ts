/** Following sessions and threads of the simulator. */
import * as Events from "@effect-managed-agents/core/Events"
import type * as Follow from "@effect-managed-agents/core/Follow"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Fixtures from "../src/Fixtures.ts"
import * as Simulator from "../src/Simulator.ts"
import * as Testkit from "../src/Testkit.ts"

const create = Effect.flatMap(Sessions.Sessions, (sessions) =>
  Effect.map(
    sessions.create({ agent: Fixtures.agentId, environment_id: Fixtures.environmentId }),
    (session) => session.id
  ))

/** Follows in the background; the updates so far. */
const collect = Effect.fnUntraced(function*(updates: Stream.Stream<Follow.Update, unknown>) {
  const seen: Array<Follow.Update> = []
  const state = { seen, ended: false }
  yield* updates.pipe(
    Stream.runForEach((update) => Effect.sync(() => seen.push(update))),
    Effect.zipRight(Effect.sync(() => {
      state.ended = true
    })),
    Effect.forkScoped
  )
  return state
})

const settle = Effect.repeatN(Effect.yieldNow(), 50)

const show = (update: Follow.Update): string => {
  switch (update._tag) {
    case "Event":
      return update.state === "queued" ? `(${String(update.event.type)})` : String(update.event.type)
    case "Preview":
      return `${update.phase} ${update.blocks.join("|")}`
    case "Reconnecting":
      return `Reconnecting: ${update.error._tag}, ${update.attempt}`
    case "Ended":
      return `Ended: ${update.reason}`
    default:
      return update._tag
  }
}

describe("Events.follow", () => {
  it.scoped("delivers the history, then what is live, and ends with the session", () =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      const simulator = yield* Simulator.Simulator
      const id = yield* create
      yield* events.send(id, UserEvent.message("one"))
      const { seen } = yield* collect(events.follow(id))
      yield* settle
      const before = (yield* simulator.events(id)).map((event) => event.type)
      assert.deepStrictEqual(seen.map(show), ["Connected", ...before, "CaughtUp"])
      yield* events.send(id, UserEvent.message("two"))
      yield* simulator.closeStreams(id)
      yield* settle
      yield* TestClock.adjust("1 second")
      yield* events.send(id, UserEvent.message("three"))
      yield* settle
      const all = yield* simulator.events(id)
      assert.deepStrictEqual(seen.flatMap((update) => update._tag === "Event" ? [update.event] : []), all as never)
      const sessions = yield* Sessions.Sessions
      yield* sessions.archive(id)
      yield* settle
      assert.deepStrictEqual(seen.slice(-2).map(show), ["session.status_terminated", "Ended: archived"])
    }).pipe(Effect.provide(Testkit.layer())))
})
