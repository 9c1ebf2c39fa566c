/** Turns by id, run by owners that take over from each other. */
import * as Content from "@effect-managed-agents/core/Content"
import * as DurableTurn from "@effect-managed-agents/core/DurableTurn"
import type { SessionId } from "@effect-managed-agents/core/Ids"
import * as Journal from "@effect-managed-agents/core/Journal"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as SessionOwner from "@effect-managed-agents/core/SessionOwner"
import * as TurnStore from "@effect-managed-agents/core/TurnStore"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../src/AgentScript.ts"
import * as Ledger from "../src/Ledger.ts"
import { agentThat, create, inTime } from "./utils/conversation.ts"

const { customTool, say, sleep, tool } = AgentScript

/** A payment, which must not be made twice. */
const Pay = Toolkit.make(Tool.make("pay", { parameters: { amount: Schema.Int }, success: Schema.String }))

const payments: Array<number> = []
const PayLive = Pay.toLayer({
  pay: ({ amount }) =>
    Effect.sync(() => {
      payments.push(amount)
      return `paid ${amount}`
    }).pipe(Effect.delay("2 seconds"))
})

const stores = Layer.merge(TurnStore.layerMemory, Journal.layerMemory())

const world = (turns: Parameters<typeof agentThat>[0], options?: Parameters<typeof agentThat>[1]) =>
  Layer.mergeAll(agentThat(turns, options), stores, PayLive)

/** Runs something as the owner that takes the session over now. */
const owning = <A, E, R>(id: SessionId, self: Effect.Effect<A, E, R>) =>
  Effect.flatMap(
    TurnStore.TurnStore,
    (store) =>
      Effect.flatMap(store.own(id, "test"), (owner) => Effect.provideService(self, SessionOwner.SessionOwner, owner))
  )

const statusOf = (id: string) =>
  Effect.flatMap(TurnStore.TurnStore, (store) => Effect.map(store.get(id), (turn) => Option.getOrThrow(turn).status))

describe("a turn by id", () => {
  it.effect("runs to its end, once, however often it is started", () =>
    Effect.gen(function*() {
      payments.length = 0
      const id = yield* create
      const run = owning(id, DurableTurn.run("t1", id, "Pay 3.", { tools: Pay }))
      const record = yield* inTime(run)
      assert.deepInclude(record, { _tag: "EndTurn", reply: "paid 3", version: 1 })
      assert.lengthOf(record.toolCalls, 1)
      assert.deepStrictEqual(yield* inTime(run), record)
      assert.deepStrictEqual(yield* inTime(DurableTurn.result("t1")), record)
      assert.strictEqual(yield* statusOf("t1"), "ended")
      // nobody goes on with it, so that nobody has to know where it began
      const stored = Option.getOrThrow(yield* Effect.flatMap(TurnStore.TurnStore, (store) => store.get("t1")))
      assert.hasAllKeys(stored, ["id", "sessionId", "input", "status", "wakes", "sent", "record"])
      assert.deepStrictEqual(payments, [3])
      yield* Ledger.assertAll
    }).pipe(Effect.provide(world([[customTool({ name: "pay", input: { amount: 3 } }), say("{{result}}")]]))))

  it.effect("waits for its answer, holds back those after it, and goes on in another process", () =>
    Effect.gen(function*() {
      const id = yield* create
      yield* DurableTurn.start("t1", id, "one")
      yield* DurableTurn.start("t2", id, "two")
      assert.strictEqual(yield* inTime(owning(id, DurableTurn.serve())), "waiting")
      assert.strictEqual(yield* statusOf("t1"), "waiting")
      assert.strictEqual(yield* statusOf("t2"), "queued")
      const record = yield* inTime(DurableTurn.result("t1"))
      if (record._tag !== "RequiresAction") return assert.fail(record._tag)
      const [action] = record.actions
      if (action?._tag !== "Confirmation") return assert.fail(action?._tag)
      yield* DurableTurn.answer(action, PendingAction.allow)
      assert.strictEqual(yield* statusOf("t1"), "running")
      assert.strictEqual(yield* inTime(owning(id, DurableTurn.serve())), "done")
      assert.deepInclude(yield* inTime(DurableTurn.result("t1")), { _tag: "EndTurn", reply: "It ran." })
      assert.deepInclude(yield* inTime(DurableTurn.result("t2")), { _tag: "EndTurn", reply: "second" })
      yield* Ledger.assertAll
    }).pipe(
      Effect.provide(
        world([[say("May I?"), tool({ name: "bash", permission: "ask" }), say("It ran.")], [say("second")]])
      )
    ))

  for (const operation of ["get", "put"] as const) {
    it.effect(`lets a tool run on while the journal does not ${operation} another call`, () =>
      Effect.gen(function*() {
        payments.length = 0
        const journal = yield* Journal.Journal
        const calls: Array<string> = []
        let attempts = 0
        const down = (call: Journal.Call) =>
          new Journal.JournalError({
            operation,
            sessionId: call.sessionId,
            id: call.id,
            reason: "Unavailable",
            detail: "the database restarts"
          })
        /** The second call is not taken for a while, longer than the tool of the first one runs. */
        const passing = <A>(call: Journal.Call, self: Effect.Effect<A, Journal.JournalError>) =>
          Effect.suspend(() => {
            if (!calls.includes(call.id)) calls.push(call.id)
            return calls.indexOf(call.id) === 1 && attempts++ < 6 ? Effect.fail(down(call)) : self
          })
        const restarting: Journal.Service = {
          ...journal,
          get: (call, owner) =>
            operation === "get" ? passing(call, journal.get(call, owner)) : journal.get(call, owner),
          put: (call, entry, owner) =>
            operation === "put" ? passing(call, journal.put(call, entry, owner)) : journal.put(call, entry, owner)
        }
        const id = yield* create
        const run = owning(id, DurableTurn.run("t1", id, "Pay.", { tools: Pay }))
        const record = yield* inTime(Effect.provideService(run, Journal.Journal, restarting), "100 millis")
        assert.isAbove(attempts, 6)
        assert.deepStrictEqual(
          record.toolCalls.map(({ result }) =>
            result !== undefined && "content" in result ? Content.textOf(result.content ?? []) : undefined
          ),
          ["paid 1", "paid 2"]
        )
        assert.deepStrictEqual(payments, [1, 2])
        yield* Ledger.assertAll
      }).pipe(Effect.provide(world([[
        AgentScript.together(
          customTool({ name: "pay", input: { amount: 1 } }),
          customTool({ name: "pay", input: { amount: 2 } })
        ),
        say("Done.")
      ]]))))
  }

  it.effect("goes on in another process after the first was stopped at any moment", () =>
    Effect.gen(function*() {
      const whole = yield* Effect.gen(function*() {
        const id = yield* create
        return yield* inTime(owning(id, DurableTurn.run("whole", id, "Pay.", { tools: Pay })), "250 millis")
      })
      for (let left = 0; left <= 6000; left += 250) {
        payments.length = 0
        const id = yield* create
        const first = yield* Effect.fork(owning(id, DurableTurn.run(`t${left}`, id, "Pay.", { tools: Pay })))
        yield* TestClock.adjust(left)
        yield* Fiber.interrupt(first)
        yield* inTime(owning(id, DurableTurn.serve({ tools: Pay })), "250 millis")
        const record = yield* inTime(DurableTurn.result(`t${left}`))
        assert.strictEqual(record._tag, "EndTurn", `left after ${left} ms`)
        assert.deepStrictEqual(record.usage.cost, whole.usage.cost, `left after ${left} ms`)
        assert.isAtMost(payments.length, 1)
      }
      yield* Ledger.assertAll
    }).pipe(
      Effect.provide(
        world([[
          sleep("1 second"),
          customTool({ name: "pay", input: { amount: 3 } }),
          sleep("1 second"),
          say("{{result}}")
        ]])
      )
    ), 60_000)
})
