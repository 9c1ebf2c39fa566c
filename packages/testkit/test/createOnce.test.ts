/** Sessions that are created once, whatever becomes of the answer. */
import * as Events from "@effect-managed-agents/core/Events"
import * as SessionLifecycle from "@effect-managed-agents/core/SessionLifecycle"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
import * as Usage from "@effect-managed-agents/core/Usage"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../src/AgentScript.ts"
import * as Fault from "../src/Fault.ts"
import * as Simulator from "../src/Simulator.ts"
import { agentThat, create, inTime, params } from "./utils/conversation.ts"

const once = (key: string) => inTime(SessionLifecycle.createOnce(params, { key }))

const sessions = Effect.flatMap(Simulator.Simulator, (simulator) => simulator.sessions)

const faulty = (...faults: ReadonlyArray<Fault.Fault>) => agentThat([[AgentScript.say("Hi")]], { faults })

const creation = { match: { method: "POST", path: "/v1/sessions" } } as const

describe("createOnce", () => {
  it.effect("finds what it has created, also when that is archived, and nothing else", () =>
    Effect.gen(function*() {
      const service = yield* Sessions.Sessions
      const { id } = yield* once("ticket-1")
      assert.strictEqual((yield* once("ticket-1")).id, id)
      yield* service.archive(id)
      assert.strictEqual((yield* once("ticket-1")).id, id)
      assert.notStrictEqual((yield* once("ticket-2")).id, id)
      assert.lengthOf(yield* sessions, 2)
      yield* TestClock.adjust("25 hours")
      assert.notStrictEqual((yield* once("ticket-1")).id, id)
    }).pipe(Effect.provide(faulty())))

  it.effect("finds the session whose creation was not answered", () =>
    Effect.gen(function*() {
      const { id } = yield* once("ticket-1")
      assert.deepStrictEqual((yield* sessions).map(({ id }) => id), [id])
    }).pipe(Effect.provide(faulty(Fault.drop("after", creation)))))

  it.effect("creates again what was not created", () =>
    Effect.gen(function*() {
      const { id } = yield* once("ticket-1")
      assert.deepStrictEqual((yield* sessions).map(({ id }) => id), [id])
    }).pipe(Effect.provide(faulty(Fault.status(500, creation)))))

  it.effect("fails where it cannot be known, and nothing is doubled by asking again", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(once("ticket-1"))
      assert.strictEqual(error._tag, "ServerError")
      yield* once("ticket-1")
      assert.lengthOf(yield* sessions, 1)
    }).pipe(Effect.provide(faulty(Fault.status(504, creation)))))

  it.effect("fails with a refusal at once", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Effect.flip(once("ticket-1")))._tag, "InvalidRequest")
      assert.isEmpty(yield* sessions)
    }).pipe(Effect.provide(faulty(Fault.status(400, creation)))))
})

describe("parameters", () => {
  it.effect("of a budget are dollars or cents", () =>
    Effect.gen(function*() {
      const service = yield* Sessions.Sessions
      const withBudget = (budget: Usage.BudgetParams) => service.create(Object.assign({}, params, { budget }))
      const session = yield* withBudget(Usage.budget({ dollars: 19.99 }))
      assert.strictEqual(session.budget?.max_list_cost.amount, "1999")
      assert.strictEqual((yield* withBudget(Usage.budget({ cents: 5 }))).budget?.max_list_cost.amount, "5")
      for (const amount of [{ dollars: 0.001 }, { cents: 1.5 }, { cents: Number.NaN }, { dollars: -1 }]) {
        const error = yield* Effect.flip(withBudget(Usage.budget(amount)))
        assert.include(error.message, "budget.max_list_cost.amount")
      }
    }).pipe(Effect.provide(faulty())))

  it.effect("of an agent with more tools keep those that it has, and replace one of the same name", () =>
    Effect.gen(function*() {
      const service = yield* Sessions.Sessions
      const first = Toolkit.make(Tool.make("find"), Tool.make("drop", { description: "old" }))
      const second = Toolkit.make(Tool.make("drop", { description: "new", parameters: { id: Schema.Int } }))
      const { agent } = yield* service.retrieve(yield* create)
      const one = yield* service.create({ agent: ToolRunner.withTools(agent, first), environment_id: "env_1" })
      const two = yield* service.create({ agent: ToolRunner.withTools(one.agent, second), environment_id: "env_1" })
      const names = two.agent.tools.map((tool) => tool.type === "custom" ? [tool.name, tool.description] : tool.type)
      assert.deepStrictEqual(names, [
        ...agent.tools.map(({ type }) => type),
        ["find", ""],
        ["drop", "new"]
      ])
    }).pipe(Effect.provide(faulty())))
})

describe("a message to a session that waits", () => {
  it.effect("is refused with the calls that it waits for", () =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      const id = yield* create
      yield* events.send(id, UserEvent.message("Hello"))
      yield* TestClock.adjust("1 second")
      const error = yield* Effect.flip(events.send(id, UserEvent.message("Hello?")))
      if (error._tag !== "InvalidRequest") return assert.fail(error._tag)
      const simulator = yield* Simulator.Simulator
      const calls = (yield* simulator.events(id)).flatMap((event) =>
        event.type === "agent.custom_tool_use" ? [event.id] : []
      )
      assert.lengthOf(calls, 2)
      assert.deepStrictEqual<ReadonlyArray<string>>(error.waitingFor, calls)
    }).pipe(Effect.provide(agentThat([[
      AgentScript.together(AgentScript.customTool({ name: "one" }), AgentScript.customTool({ name: "two" }))
    ]]))))
})
