/** How a turn reads its follower. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import * as Conversation from "../src/Conversation.ts"
import * as Cursor from "../src/Cursor.ts"
import * as Events from "../src/Events.ts"
import type * as Follow from "../src/Follow.ts"
import * as pull from "../src/internal/stream/pull.ts"
import { sessionId } from "./utils/calls.ts"

const updates: ReadonlyArray<Follow.Update> = [
  { _tag: "Connected" },
  { _tag: "CaughtUp", cursor: Cursor.start },
  { _tag: "Ended", reason: "deleted" }
]

describe("a follower that has ended", () => {
  it.effect("is not asked again while the input is under way", () =>
    Effect.gen(function*() {
      let pulls = 0
      const follow = pull.toStream(Effect.succeed(Effect.suspend(() => {
        // a turn that asks for ever would never end
        if (++pulls > 100) return Effect.never
        return Effect.succeed(pulls === 1 ? pull.chunk(updates) : undefined)
      })))
      // the turn needs no other calls
      const events = {
        follow: () => follow,
        listPage: () => Effect.succeed({ data: [], next_page: null }),
        deliver: () => Effect.as(Effect.sleep("1 minute"), { _tag: "Accepted", events: [] })
      } as unknown as Events.Service
      const turn = yield* Effect.fork(
        Effect.provideService(Conversation.turn(sessionId, "Hello"), Events.Events, events)
      )
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(turn))._tag, "Deleted")
      assert.isAtMost(pulls, 2)
    }))
})
