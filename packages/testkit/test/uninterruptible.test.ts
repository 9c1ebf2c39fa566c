/** Programs that cannot be interrupted: handlers of an `HttpApp` on a server, and what acquires a resource. */
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as Events from "@effect-managed-agents/core/Events"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as Threads from "@effect-managed-agents/core/Threads"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import * as Fixtures from "@effect-managed-agents/testkit/Fixtures"
import * as Testkit from "@effect-managed-agents/testkit/Testkit"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

const script = AgentScript.make({ otherwise: [AgentScript.say("Hello")] })

describe("a program that cannot be interrupted", () => {
  it.effect("leaves a follower", () =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      yield* events.send(Fixtures.sessionId, UserEvent.message("Hi"))
      const seen = yield* events.follow(Fixtures.sessionId, { from: "start" }).pipe(
        Stream.takeUntil(({ _tag }) => _tag === "CaughtUp"),
        Stream.runCount,
        Effect.uninterruptible
      )
      assert.isAbove(seen, 1)
    }).pipe(Effect.provide(Testkit.layer({ script }))))

  it.effect("leaves a stream and the followers of all threads", () =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      const threads = yield* Threads.Threads
      const opened = events.open(Fixtures.sessionId, {}, { maxSilence: "1 minute" })
      yield* Effect.uninterruptible(Effect.scoped(Effect.flatMap(opened, Stream.runHead)).pipe(Effect.fork))
      yield* events.send(Fixtures.sessionId, UserEvent.message("Hi"))
      yield* threads.followAll(Fixtures.sessionId, { from: "start" }).pipe(
        Stream.takeUntil(({ update }) => update._tag === "Event" && update.event.type === "agent.message"),
        Stream.runDrain,
        Effect.uninterruptible
      )
    }).pipe(Effect.provide(Testkit.layer({ script }))))

  it.effect("runs a turn, with a call to answer", () =>
    Effect.gen(function*() {
      const { _tag, reply } = yield* Effect.uninterruptible(
        Conversation.turn(Fixtures.sessionId, "Hi", {
          answer: () => Effect.succeedSome(PendingAction.result("shipped"))
        })
      )
      assert.deepStrictEqual([_tag, reply], ["EndTurn", "shipped"])
    }).pipe(Effect.provide(Testkit.layer({
      tools: [{ type: "custom", name: "find", description: "Finds", input_schema: { type: "object" } }],
      script: AgentScript.make({
        otherwise: [AgentScript.customTool({ name: "find", input: {} }), AgentScript.say("{{result}}")]
      })
    }))))
})
