/** Approval of a program's own tools. */
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as Events from "@effect-managed-agents/core/Events"
import type { SessionId } from "@effect-managed-agents/core/Ids"
import * as Journal from "@effect-managed-agents/core/Journal"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../src/AgentScript.ts"
import * as Ledger from "../src/Ledger.ts"
import { agentThat, create, inTime } from "./utils/conversation.ts"

const refund = ToolRunner.needsApproval(
  Tool.make("refund", { parameters: { amount: Schema.Number }, success: Schema.String }),
  ({ amount }) => {
    if (amount < 0) throw new Error("negative")
    return amount > 100
  }
)
const Refunds = Toolkit.make(refund)

/** The tools, and the amounts that were paid. */
const paying = () => {
  const paid: Array<number> = []
  const Handlers = Refunds.toLayer({
    refund: ({ amount }) =>
      Effect.sync(() => {
        paid.push(amount)
        return `paid ${amount}`
      }).pipe(Effect.delay("1 second"))
  })
  return { paid, Handlers }
}

const agent = (input: Record<string, unknown>) =>
  agentThat([[AgentScript.customTool({ name: "refund", input }), AgentScript.say("{{result}}")]])

const turn = (options: Omit<Conversation.Options, "tools"> = {}) =>
  Effect.flatMap(create, (id) => inTime(Conversation.turn(id, "Refund", { ...options, tools: Refunds })))

const approval = (result: Conversation.TurnResult): PendingAction.ToolApproval => {
  const action = result._tag === "RequiresAction" ? result.actions[0] : undefined
  return action?._tag === "ToolApproval" ? action : assert.fail(`${result._tag} ${action?._tag}`)
}

const Stored = Schema.parseJson(PendingAction.PendingAction)

describe("in process", () => {
  for (const [input, requests] of [[{ amount: 101 }, 1], [{ amount: 100 }, 0], [{ amount: -1 }, 1]] as const) {
    it.effect(`a call with ${JSON.stringify(input)} is asked about ${requests} times, and runs when it is allowed`, () =>
      Effect.gen(function*() {
        const { Handlers, paid } = paying()
        const asked: Array<PendingAction.ApprovalRequest> = []
        const result = yield* turn({
          approve: (action) => {
            asked.push(action)
            return Effect.delay(Effect.succeed(PendingAction.allow), "1 minute")
          }
        }).pipe(Effect.provide(Handlers))
        assert.strictEqual(result.reply, `paid ${input.amount}`)
        assert.deepStrictEqual(
          asked.map(({ _tag, input, name }) => [_tag, name, input]),
          Array.from(
            { length: requests },
            () => ["ToolApproval", "refund", input]
          )
        )
        assert.deepStrictEqual(paid, [input.amount])
      }).pipe(Effect.provide(agent(input))))
  }

  it.effect("one that is denied does not run, and the agent reads why", () =>
    Effect.gen(function*() {
      const { Handlers, paid } = paying()
      const result = yield* turn({ approve: () => Effect.succeed(PendingAction.deny("Too much.")) }).pipe(
        Effect.provide(Handlers)
      )
      assert.strictEqual(result.reply, "This call of refund was not allowed, and did not run. Too much.")
      assert.deepStrictEqual(result.toolCalls.map(({ result }) => result?.is_error), [true])
      assert.isEmpty(paid)
    }).pipe(Effect.provide(agent({ amount: 500 }))))

  it.effect("one whose input does not fit is answered without asking", () =>
    Effect.gen(function*() {
      const { Handlers } = paying()
      const result = yield* turn({ approve: () => Effect.die("asked") }).pipe(Effect.provide(Handlers))
      assert.include(result.reply, "does not fit")
    }).pipe(Effect.provide(agent({ amount: "much" }))))
})

/** A turn that ends because nobody approves, and the request that another process gets. */
const asked = Effect.gen(function*() {
  const result = yield* turn()
  return yield* Schema.decode(Stored)(yield* Schema.encode(Stored)(approval(result)))
})

const joined = (id: SessionId) => inTime(Conversation.join(id, { tools: Refunds }))

const answer = (action: PendingAction.PendingAction, decision: PendingAction.Decision) =>
  action._tag === "ToolApproval" ? Conversation.answer(action, decision) : assert.fail(action._tag)

describe("in another process, days later", () => {
  /** Each process has a journal of its own on the same store. */
  const process = Effect.provide(Layer.fresh(Journal.layer()))
  const Stores = KeyValueStore.layerMemory

  it.effect("a call that is allowed runs once, whoever allows it how often", () =>
    Effect.gen(function*() {
      const { Handlers, paid } = paying()
      yield* Effect.gen(function*() {
        const action = yield* process(asked)
        yield* TestClock.adjust("3 days")
        const tags = Effect.map(
          Conversation.pending(action.sessionId, { tools: Refunds }),
          (actions) => actions.map(({ _tag }) => _tag)
        )
        assert.deepStrictEqual(yield* process(tags), ["ToolApproval"])
        assert.strictEqual(approval(yield* process(joined(action.sessionId))).id, action.id)
        yield* process(
          Effect.gen(function*() {
            yield* answer(action, PendingAction.allow)
            assert.deepStrictEqual(yield* tags, ["CustomToolCall"])
            const both = yield* Effect.fork(Effect.all(
              [1, 2].map(() =>
                Effect.zipRight(
                  answer(action, PendingAction.allow),
                  Conversation.join(action.sessionId, { tools: Refunds })
                )
              ),
              { concurrency: 2 }
            ))
            yield* TestClock.adjust("1 minute")
            const results = yield* Fiber.join(both)
            assert.deepStrictEqual(results.map(({ reply }) => reply), ["paid 500", "paid 500"])
            // it is too late now
            yield* answer(action, PendingAction.deny("No."))
          })
        )
        assert.strictEqual((yield* process(joined(action.sessionId))).reply, "paid 500")
      }).pipe(Effect.provide(Handlers))
      assert.deepStrictEqual(paid, [500])
      yield* Ledger.assertAll
    }).pipe(Effect.provide([agent({ amount: 500 }), Stores])))

  it.effect("a call that is denied does not run", () =>
    Effect.gen(function*() {
      const { Handlers, paid } = paying()
      yield* Effect.gen(function*() {
        const action = yield* process(asked)
        yield* process(answer(action, PendingAction.deny("No.")))
        yield* process(answer(action, PendingAction.allow))
        assert.include((yield* process(joined(action.sessionId))).reply, "was not allowed, and did not run. No.")
      }).pipe(Effect.provide(Handlers))
      assert.isEmpty(paid)
    }).pipe(Effect.provide([agent({ amount: 500 }), Stores])))

  it.effect("a worker with the tools goes on by itself", () =>
    Effect.gen(function*() {
      const { Handlers, paid } = paying()
      yield* Effect.gen(function*() {
        const id = yield* create
        yield* Effect.fork(process(ToolRunner.run(id, Refunds)))
        yield* Effect.flatMap(Events.Events, (events) => events.send(id, UserEvent.message("Refund")))
        yield* TestClock.adjust("5 minutes")
        assert.isEmpty(paid)
        yield* process(answer(approval(yield* process(joined(id))), PendingAction.allow))
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(paid, [500])
        assert.strictEqual((yield* process(joined(id))).reply, "paid 500")
      }).pipe(Effect.provide(Handlers))
    }).pipe(Effect.provide([agent({ amount: 500 }), Stores])))
})
