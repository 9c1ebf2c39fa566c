/** Turns by id in several processes that die, freeze and thaw. */
import * as DurableTurn from "@effect-managed-agents/core/DurableTurn"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as TurnStore from "@effect-managed-agents/core/TurnStore"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../src/AgentScript.ts"
import * as Ledger from "../src/Ledger.ts"
import * as TestCluster from "../src/TestCluster.ts"
import { agentThat, create, inTime } from "./utils/conversation.ts"

const { customTool, say, sleep, together, tool } = AgentScript

const Pay = Toolkit.make(Tool.make("pay", { parameters: { invoice: Schema.Int }, success: Schema.String }))

const PayLive = Pay.toLayer(
  Effect.map(TestCluster.Effects, (effects) => ({
    pay: ({ invoice }: { readonly invoice: number }) =>
      Effect.sleep("1 second").pipe(
        Effect.zipRight(effects.note(`payment of invoice ${invoice}`)),
        Effect.zipRight(Effect.sleep("1 second")),
        Effect.as(`paid ${invoice}`)
      )
  }))
)

const pay = (invoice: number) => customTool({ name: "pay", input: { invoice } })

const world = (
  turns: Parameters<typeof agentThat>[0],
  options: TestCluster.Options<never, never, never, never, typeof Pay> = {}
) =>
  TestCluster.layer({ tools: Pay, ...options }).pipe(
    Layer.provideMerge(PayLive),
    Layer.provideMerge(TestCluster.layerEffects),
    Layer.provideMerge(agentThat(turns))
  )

const assertLaws = Effect.flatMap(
  TestCluster.Effects,
  ({ once }) => Ledger.assert(...Ledger.defaults, Ledger.messagesOnce, once)
)

const simple = [[sleep("1 second"), pay(1), sleep("1 second"), say("{{result}}")], [say("second")]]

describe("a cluster", () => {
  it.effect("runs turns that any process has started", () =>
    Effect.gen(function*() {
      const id = yield* create
      yield* DurableTurn.start("t1", id, "Pay.")
      yield* DurableTurn.start("t2", id, "And?")
      assert.deepInclude(yield* inTime(DurableTurn.result("t1")), { _tag: "EndTurn", reply: "paid 1" })
      assert.deepInclude(yield* inTime(DurableTurn.result("t2")), { _tag: "EndTurn", reply: "second" })
      yield* assertLaws
    }).pipe(Effect.provide(world(simple))))

  it.effect("goes on when the owner is killed after any of its steps", () =>
    Effect.gen(function*() {
      const cluster = yield* TestCluster.TestCluster
      let hits = 0
      for (let n = 1; n <= 40; n++) {
        const id = yield* create
        yield* cluster.stop("b")
        yield* cluster.start("a")
        yield* cluster.kill("a", { afterSteps: n })
        yield* DurableTurn.start(`t${n}`, id, `Pay ${n}.`)
        yield* TestClock.adjust("10 seconds")
        if ((yield* cluster.state("a")) === "dead") hits++
        yield* cluster.start("b")
        const record = yield* inTime(DurableTurn.result(`t${n}`))
        assert.strictEqual(record._tag, "EndTurn", `killed after ${n} steps`)
        assert.match(record.reply, /^paid 1$|not known/)
      }
      assert.isAbove(hits, 20)
      yield* Ledger.assert(...Ledger.defaults, Ledger.messagesOnce)
    }).pipe(Effect.provide(world([[sleep("1 second"), pay(1), sleep("1 second"), say("{{result}}")]]))), 60_000)
})

void PendingAction
void TurnStore
void together
void tool
