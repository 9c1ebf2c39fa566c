/** Turns by id in several processes that die, freeze and thaw. */
import * as DurableTurn from "@effect-managed-agents/core/DurableTurn"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../src/AgentScript.ts"
import * as Ledger from "../src/Ledger.ts"
import * as TestCluster from "../src/TestCluster.ts"
import { create, inTime } from "./utils/conversation.ts"
import { pay, statusOf, world } from "./utils/processes.ts"
import { shapeOf } from "./utils/shapeOf.ts"

const { say, sleep, together, tool } = AgentScript

const assertLaws = Effect.flatMap(
  TestCluster.Effects,
  ({ once }) => Ledger.assert(...Ledger.defaults, Ledger.messagesOnce, once)
)

/** Every step with `ENDURANCE=full`, otherwise every third. */
const stride = process.env["ENDURANCE"] === "full" ? 1 : 3

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
      yield* DurableTurn.start("t0", yield* create, "Pay 0.")
      const whole = yield* inTime(DurableTurn.result("t0"))
      let hits = 0
      for (let n = 1; n <= 32; n += stride) {
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
        if (!record.reply.includes("not known")) {
          assert.deepStrictEqual(shapeOf(record), shapeOf(whole), `after ${n} steps`)
        }
      }
      assert.isAbove(hits, 20 / stride)
      yield* Ledger.assert(...Ledger.defaults, Ledger.messagesOnce)
    }).pipe(Effect.provide(world([[sleep("1 second"), pay(1), sleep("1 second"), say("{{result}}")]]))), 60_000)

  it.effect(
    "thaws an owner that has been replaced, who says nothing more, wherever it was frozen",
    () =>
      Effect.gen(function*() {
        const cluster = yield* TestCluster.TestCluster
        const effects = yield* TestCluster.Effects
        for (let n = 1; n <= 30; n += stride) {
          const id = yield* create
          yield* cluster.stop("b")
          yield* cluster.start("a")
          yield* cluster.freeze("a", { afterSteps: n })
          yield* DurableTurn.start(`t${n}`, id, `Pay ${n}.`)
          yield* TestClock.adjust("10 seconds")
          const before = (yield* effects.noted).length
          yield* cluster.start("b")
          // the lease runs out
          yield* TestClock.adjust("17 seconds")
          yield* cluster.thaw("a")
          const record = yield* inTime(DurableTurn.result(`t${n}`))
          assert.strictEqual(record._tag, "EndTurn", `frozen after ${n} steps`)
          yield* TestClock.adjust("5 seconds")
          assert.isAtMost((yield* effects.noted).length - before, 1, `frozen after ${n} steps`)
          yield* cluster.kill("a")
        }
        yield* Ledger.assert(Ledger.messagesOnce, Ledger.answersExist, Ledger.noneRunning)
      }).pipe(Effect.provide(world([[sleep("1 second"), pay(1), sleep("1 second"), say("{{result}}")]]))),
    60_000
  )

  it.effect(
    "lets people answer days later, whoever is there then, and keeps nobody waiting in memory",
    () =>
      Effect.gen(function*() {
        const cluster = yield* TestCluster.TestCluster
        const id = yield* create
        yield* DurableTurn.start("t1", id, "Pay.")
        const asked = yield* inTime(DurableTurn.result("t1"))
        if (asked._tag !== "RequiresAction") return assert.fail(asked._tag)
        yield* Ledger.assert(Ledger.noneOpen)
        yield* cluster.kill("a")
        yield* cluster.kill("b")
        yield* TestClock.adjust("3 days")
        yield* cluster.start("c")
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(yield* statusOf("t1"), "waiting")
        for (const action of asked.actions) {
          if (action._tag === "Confirmation") yield* DurableTurn.answer(action, PendingAction.allow)
        }
        const record = yield* inTime(DurableTurn.result("t1"))
        assert.deepInclude(record, { _tag: "EndTurn", reply: "done" })
        yield* assertLaws
      }).pipe(Effect.provide(world([[together(tool({ name: "bash", permission: "ask" }), pay(1)), say("done")]]))),
    60_000
  )

  it.effect("hands sessions over at once when a process ends in order, and its tools come to their end", () =>
    Effect.gen(function*() {
      const cluster = yield* TestCluster.TestCluster
      const id = yield* create
      yield* DurableTurn.start("t1", id, "Pay.")
      yield* TestClock.adjust("3 seconds")
      const owner = (yield* cluster.ownerOf(id)) ?? "nobody"
      yield* inTime(cluster.stop(owner))
      yield* TestClock.adjust("3 seconds")
      assert.notStrictEqual(yield* cluster.ownerOf(id), owner)
      const record = yield* inTime(DurableTurn.result("t1"))
      assert.deepInclude(record, { _tag: "EndTurn", reply: "paid 1" })
      yield* assertLaws
    }).pipe(Effect.provide(world([[sleep("1 second"), pay(1), sleep("10 seconds"), say("{{result}}")]]))))

  it.effect("can be killed while it ends in order, after any of its steps", () =>
    Effect.gen(function*() {
      const cluster = yield* TestCluster.TestCluster
      for (let n = 1; n <= 6; n++) {
        const id = yield* create
        yield* DurableTurn.start(`t${n}`, id, "Pay.")
        yield* TestClock.adjust("3 seconds")
        const owner = (yield* cluster.ownerOf(id)) ?? "nobody"
        yield* cluster.kill(owner, { afterSteps: n })
        yield* inTime(cluster.stop(owner))
        assert.strictEqual(yield* cluster.state(owner), "dead")
        assert.strictEqual((yield* inTime(DurableTurn.result(`t${n}`)))._tag, "EndTurn")
        yield* cluster.start(owner)
      }
    }).pipe(Effect.provide(world([[sleep("1 second"), pay(1), sleep("10 seconds"), say("{{result}}")]]))))

  it.effect(
    "leaves a turn that is silent, and goes on with it when it is woken, or by itself later",
    () =>
      Effect.gen(function*() {
        const id = yield* create
        yield* DurableTurn.start("t1", id, "Work.")
        yield* TestClock.adjust("50 seconds")
        assert.strictEqual(yield* statusOf("t1"), "running")
        yield* TestClock.adjust("20 seconds")
        assert.strictEqual(yield* statusOf("t1"), "waiting")
        yield* Ledger.assert(Ledger.noneOpen)
        yield* DurableTurn.wake(id)
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual(yield* statusOf("t1"), "running")
        // the agent is done while nobody follows
        yield* TestClock.adjust("5 minutes")
        assert.strictEqual(yield* statusOf("t1"), "waiting")
        yield* TestClock.adjust("5 minutes")
        assert.deepInclude(yield* DurableTurn.result("t1"), { _tag: "EndTurn", reply: "at last" })
        yield* assertLaws
      }).pipe(
        Effect.provide(
          world([[sleep("4 minutes"), say("at last")]], {
            parkAfter: "1 minute",
            lookAfter: "9 minutes",
            pollEvery: "3 seconds"
          })
        )
      )
  )

  it.effect("ends a turn that the service refuses for good, and goes on with the next", () =>
    Effect.gen(function*() {
      const id = yield* create
      yield* DurableTurn.start("t1", id, [])
      yield* DurableTurn.start("t2", id, "Hello")
      const refused = yield* inTime(DurableTurn.result("t1"))
      if (refused._tag !== "Failed") return assert.fail(refused._tag)
      assert.match(refused.error._tag, /^Invalid/)
      assert.deepInclude(yield* inTime(DurableTurn.result("t2")), { _tag: "EndTurn", reply: "hi" })
      yield* DurableTurn.start("gone", "sesn_none", "Hello")
      const missing = yield* inTime(DurableTurn.result("gone"))
      assert.strictEqual(missing._tag === "Failed" && missing.error._tag, "NotFound")
    }).pipe(Effect.provide(world([[say("hi")]]))))
})
