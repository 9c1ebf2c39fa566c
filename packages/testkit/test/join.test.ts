/** Turns that others have begun, run to their end. */
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as Events from "@effect-managed-agents/core/Events"
import type { SessionId } from "@effect-managed-agents/core/Ids"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../src/AgentScript.ts"
import * as Ledger from "../src/Ledger.ts"
import * as Simulator from "../src/Simulator.ts"
import { agentThat, create, inTime, params, typesOf } from "./utils/conversation.ts"

const { customTool, delegate, say, sleep, together, tool } = AgentScript

const options = {
  approve: () => Effect.delay(Effect.succeed(PendingAction.allow), "3 seconds"),
  answer: () => Effect.delay(Effect.succeedSome(PendingAction.result("42")), "1 second")
} satisfies Conversation.Options

const child = { otherwise: [customTool({ name: "lookup" }), sleep("2 seconds"), say("found {{result}}")] }

const busy = agentThat([
  [say("first")],
  [
    say("I begin."),
    together(tool({ name: "bash", permission: "ask" }), customTool({ name: "lookup" })),
    sleep("5 seconds"),
    delegate({ agent: "Researcher", message: "Look" }),
    say("team {{result}}")
  ],
  [say("third")]
], { child })

const summary = ({ _tag, messages, reply, toolCalls, usage }: Conversation.TurnResult) => ({
  _tag,
  reply,
  messages: messages.length,
  tools: toolCalls.map(({ call }) => call.name),
  cost: usage.cost?.amount
})

const send = (id: SessionId, text: string) =>
  Effect.flatMap(Events.Events, (events) => events.send(id, UserEvent.message(text)))

describe("a turn that is joined", () => {
  it.effect("gives the same result as one that was never left, wherever it was left", () =>
    Effect.gen(function*() {
      const whole = yield* Effect.gen(function*() {
        const id = yield* create
        yield* inTime(Conversation.turn(id, "one", options))
        return summary(yield* inTime(Conversation.turn(id, "two", options), "250 millis"))
      })
      assert.strictEqual(whole.reply, "team found 42")
      assert.deepStrictEqual(whole.tools, ["bash", "lookup", "lookup"])
      for (let left = 0; left <= 15_000; left += 500) {
        const id = yield* create
        yield* inTime(Conversation.turn(id, "one", options))
        const turn = yield* Effect.fork(Conversation.turn(id, "two", options))
        // the message is on its way
        yield* TestClock.adjust(left)
        yield* Fiber.interrupt(turn)
        const joined = yield* inTime(Conversation.join(id, options), "250 millis")
        assert.deepStrictEqual(summary(joined), whole, `left after ${left} ms`)
      }
      yield* Ledger.assertAll
    }).pipe(Effect.provide(busy)), 60_000)

  it.effect("is the last one where none is under way", () =>
    Effect.gen(function*() {
      const id = yield* create
      const first = yield* inTime(Conversation.turn(id, "one"))
      assert.deepStrictEqual(summary(yield* inTime(Conversation.join(id))), summary(first))
      const second = yield* inTime(Conversation.turn(id, "two", options))
      assert.deepStrictEqual(summary(yield* inTime(Conversation.join(id))), summary(second))
    }).pipe(Effect.provide(busy)))

  it.effect("is empty in a session that was never sent anything", () =>
    Effect.gen(function*() {
      const id = yield* create
      const joined = yield* inTime(Conversation.join(id))
      assert.strictEqual(joined._tag, "EndTurn")
      assert.isEmpty(joined.messages)
    }).pipe(Effect.provide(busy)))

  it.effect("is waited for where the message is only queued", () =>
    Effect.gen(function*() {
      const id = yield* create
      yield* send(id, "one")
      assert.strictEqual((yield* inTime(Conversation.join(id))).reply, "late")
      yield* send(id, "two")
      assert.strictEqual((yield* inTime(Conversation.join(id))).reply, "later")
    }).pipe(Effect.provide(agentThat([[say("late")], [say("later")]], { rules: { runningLag: Duration.seconds(3) } }))))

  it.effect("goes on after an approval that was given elsewhere", () =>
    Effect.gen(function*() {
      const id = yield* create
      const asked = yield* inTime(Conversation.turn(id, "one"))
      if (asked._tag !== "RequiresAction") return assert.fail(asked._tag)
      const again = yield* inTime(Conversation.join(id))
      if (again._tag !== "RequiresAction") return assert.fail(again._tag)
      assert.deepStrictEqual(again.actions, asked.actions)
      for (const action of asked.actions) {
        if (action._tag === "Confirmation") yield* Conversation.answer(action, PendingAction.allow)
      }
      const joined = yield* inTime(Conversation.join(id))
      assert.strictEqual(joined.reply, "It ran.")
      assert.lengthOf(joined.messages, 2)
    }).pipe(
      Effect.provide(agentThat([[say("May I?"), tool({ name: "bash", permission: "ask" }), say("It ran.")]]))
    ))

  it.effect("goes on after the budget was raised", () =>
    Effect.gen(function*() {
      const sessions = yield* Sessions.Sessions
      const { id } = yield* sessions.create(withBudget("5"))
      const paused = yield* inTime(Conversation.turn(id, "one"), "1 minute")
      assert.strictEqual(paused._tag, "BudgetReached")
      assert.strictEqual((yield* inTime(Conversation.join(id)))._tag, "BudgetReached")
      yield* sessions.update(id, { budget: budget("100") })
      const joined = yield* inTime(Conversation.join(id), "1 minute")
      assert.strictEqual(joined.reply, "done")
      assert.lengthOf(joined.toolCalls, 1)
    }).pipe(Effect.provide(agentThat([[sleep("1 hour"), tool({ name: "bash" }), say("done")]]))))

  it.effect("is the last one in a session that was archived, and not found in one that was deleted", () =>
    Effect.gen(function*() {
      const sessions = yield* Sessions.Sessions
      const id = yield* create
      yield* inTime(Conversation.turn(id, "one"))
      yield* sessions.archive(id)
      assert.deepInclude(yield* inTime(Conversation.join(id)), { _tag: "EndTurn", reply: "first" })
      yield* sessions.delete(id)
      assert.strictEqual((yield* Effect.flip(inTime(Conversation.join(id))))._tag, "NotFound")
    }).pipe(Effect.provide(busy)))

  it.effect("is shown from its first event", () =>
    Effect.gen(function*() {
      const id = yield* create
      yield* inTime(Conversation.turn(id, "one"))
      yield* send(id, "two")
      yield* TestClock.adjust("2 seconds")
      const updates = Chunk.toReadonlyArray(yield* inTime(Stream.runCollect(Conversation.joinStream(id, options))))
      const seen = updates.flatMap((update) =>
        update._tag === "Event" && update.state === "processed" ? [String(update.event.type)] : []
      )
      const all = yield* typesOf(id)
      assert.deepStrictEqual(seen, all.slice(all.indexOf("session.status_idle") + 1))
      assert.strictEqual(updates.at(-1)?._tag, "Finished")
    }).pipe(Effect.provide(busy)))

  it.effect("is found without reading what came before it", () =>
    Effect.gen(function*() {
      const id = yield* create
      yield* inTime(Conversation.turn(id, "long"))
      yield* inTime(Conversation.turn(id, "short"))
      const simulator = yield* Simulator.Simulator
      const requests = Effect.map(simulator.ledger, ({ length }) => length)
      const before = yield* requests
      yield* inTime(Conversation.join(id))
      assert.isAtMost((yield* requests) - before, 4)
    }).pipe(Effect.provide(agentThat([Array.from({ length: 400 }, () => say("word")), [say("short")]]))))
})

/** Parameters of a session of that agent with a budget in cents. */
const withBudget = (amount: string) => Object.assign({}, params, { budget: budget(amount) })

const budget = (amount: string) => ({ type: "limit", max_list_cost: { amount, currency: "USD" } }) as const
