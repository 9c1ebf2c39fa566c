import * as Events from "@effect-managed-agents/core/Events"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import { assert } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../../src/AgentScript.ts"
import * as Fixtures from "../../src/Fixtures.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as Testkit from "../../src/Testkit.ts"
import { section } from "../utils/page.ts"
import { settle } from "../utils/wire.ts"

/** Says something to the agent of the fixtures, and looks why its script fails, if it does. */
const failure = (script: AgentScript.Script, options: Testkit.Options = {}) =>
  Effect.gen(function*() {
    const events = yield* Events.Events
    yield* events.send(Fixtures.sessionId, UserEvent.message("Hello"))
    const { failures } = yield* Simulator.Simulator
    return (yield* failures)[0]?.message
  }).pipe(Effect.provide(Testkit.layer({ script, ...options })))

section("A test", {
  "a script calls a tool that its agent lacks": () =>
    Effect.gen(function*() {
      const script = { turns: [[AgentScript.customTool({ name: "find_order" })]] }
      const why = yield* failure(script)
      assert.include(
        why,
        "at turns[0][0] (custom_tool): the agent has no custom tool named \"find_order\"; it has \"bash\""
      )
      const tools = [
        { type: "custom", name: "find_order", description: "", input_schema: { type: "object" } } as const
      ]
      assert.isUndefined(yield* failure(script, { tools }))
    }),

  "an Effect of a script fails or hangs": () =>
    Effect.gen(function*() {
      const script = { turns: [[AgentScript.effect(() => Effect.fail("no such order"))]] }
      assert.include(yield* failure(script), "no such order")
    }),

  "a script or a setting is malformed, or has no effect": () =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(failure({ turns: [[{ say: "Hello", think: true }]] }))
      assert.isTrue(Exit.isFailure(exit))
      assert.include(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", "script.turns[0][0]: expected an object")
      assert.isTrue(Either.isLeft(yield* Effect.either(AgentScript.decode({ turn: [] }))))
      const fixtures = JSON.parse("{ \"sessions\": [{ \"id\": \"sesn_1\" }] }")
      const refused = yield* Effect.exit(failure({}, { fixtures }))
      assert.include(
        Exit.isFailure(refused) ? Cause.pretty(refused.cause) : "",
        "fixtures.sessions[0].type: is missing"
      )
    }),

  "a stream is opened after the message was sent": () =>
    Effect.gen(function*() {
      for (const pace of [0, "1 second"] as const) {
        const seen = yield* Effect.gen(function*() {
          const events = yield* Events.Events
          yield* events.send(Fixtures.sessionId, UserEvent.message("Hello"))
          const types: Array<string> = []
          const live = yield* events.open(Fixtures.sessionId)
          yield* Effect.forkScoped(Stream.runForEach(live, ({ type }) => Effect.sync(() => types.push(String(type)))))
          yield* TestClock.adjust("1 second")
          yield* settle
          return types
        }).pipe(Effect.scoped, Effect.provide(Testkit.layer({ pace })))
        assert.strictEqual(seen.includes("agent.message"), pace !== 0)
        assert.strictEqual(seen.at(-1), pace === 0 ? undefined : "session.status_idle")
      }
    })
})
