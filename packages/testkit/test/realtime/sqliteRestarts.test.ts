/** A program on a file of SQLite that is killed after any of its steps, and started again: the same record, every time. */
import * as ApiClient from "@effect-managed-agents/core/ApiClient"
import * as DurableTurn from "@effect-managed-agents/core/DurableTurn"
import * as Events from "@effect-managed-agents/core/Events"
import type { SessionId } from "@effect-managed-agents/core/Ids"
import * as Journal from "@effect-managed-agents/core/Journal"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as SessionOwner from "@effect-managed-agents/core/SessionOwner"
import * as SqlStore from "@effect-managed-agents/core/SqlStore"
import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
import type * as TurnRecord from "@effect-managed-agents/core/TurnRecord"
import * as TurnStore from "@effect-managed-agents/core/TurnStore"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as sqlite from "../../../core/test/utils/sqlite.ts"
import * as AgentScript from "../../src/AgentScript.ts"
import * as gate from "../../src/internal/cluster/gate.ts"
import * as Ledger from "../../src/Ledger.ts"
import * as TestCluster from "../../src/TestCluster.ts"
import { agentThat, create } from "../utils/conversation.ts"
import { shapeOf } from "../utils/shapeOf.ts"

const { customTool, delegate, say } = AgentScript

const pay = { parameters: { invoice: Schema.String }, success: Schema.String }
const Tools = Toolkit.make(Tool.make("pay", pay), ToolRunner.needsApproval(Tool.make("pay_much", pay)))

const ToolsLive = Tools.toLayer(Effect.map(TestCluster.Effects, (effects) => {
  const run = ({ invoice }: { readonly invoice: string }) =>
    Effect.as(Effect.delay(effects.note(`payment of ${invoice}`), 2), "paid")
  return { pay: run, pay_much: run }
}))

const call = (name: "pay" | "pay_much") => customTool({ name, input: { invoice: "{{text}}" } })

/** Opens the file as a process does, and runs something there. */
type Open = Effect.Effect.Success<typeof sqlite.make>

/** Stores of a process, which opens the file, until the scope closes. */
const storesOf = (open: Open) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(Layer.provide(SqlStore.layer(), open()))
    return {
      store: Context.get(context, TurnStore.TurnStore),
      journal: yield* Effect.provide(Journal.Journal, context)
    }
  })

/** Serves a session in a process until nothing is left to do, or the process is dead. */
const serve = (id: SessionId, open: Open, own: gate.Gate) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const { journal, store } = yield* Scope.extend(storesOf(open), scope)
    const gated = gate.store(own, store)
    const serving = Effect.flatMap(gated.own(id, "test"), (owner) =>
      DurableTurn.serve({ tools: Tools, delivery: { settle: "100 millis" } }).pipe(
        Effect.provideService(SessionOwner.SessionOwner, owner)
      )).pipe(
        Effect.provideServiceEffect(Events.Events, Events.make),
        Effect.provideService(ApiClient.ApiClient, gate.client(own, yield* ApiClient.ApiClient, scope)),
        Effect.provideService(TurnStore.TurnStore, gated),
        Effect.provideService(Journal.Journal, gate.journal(own, journal))
      )
    // what is dead does nothing more, and is not interrupted either
    const fiber = yield* Effect.forkDaemon(serving)
    yield* Effect.raceFirst(Fiber.join(fiber), own.died)
    yield* Scope.close(scope, Exit.void)
  })

/** Runs a turn whose first process dies after so many steps, and tells whether it did. */
const turn = (open: Open, name: string, afterSteps: number) =>
  Effect.gen(function*() {
    const id = yield* create
    const beside = <A, E>(self: Effect.Effect<A, E, TurnStore.TurnStore | Events.Events>) =>
      Effect.scoped(Effect.flatMap(storesOf(open), ({ journal, store }) =>
        self.pipe(
          Effect.provideServiceEffect(Events.Events, Events.make),
          Effect.provideService(TurnStore.TurnStore, store),
          Effect.provideService(Journal.Journal, journal)
        )))
    yield* beside(DurableTurn.start(name, id, name))
    const first = gate.make()
    first.become("dead", afterSteps)
    for (let rounds = 0; rounds < 10; rounds++) {
      const isFirst = first.state() === "alive"
      yield* serve(id, open, isFirst ? first : gate.make())
      if (isFirst && first.state() === "dead") continue
      const { record } = Option.getOrThrow(
        yield* beside(Effect.flatMap(TurnStore.TurnStore, (store) => store.get(name)))
      )
      if (record === undefined) return assert.fail(`killed after ${afterSteps} steps: no record`)
      if (record._tag !== "RequiresAction") return { record, isHit: first.state() === "dead" }
      for (const action of record.actions) {
        if (action._tag === "ToolApproval") yield* beside(DurableTurn.answer(action, PendingAction.allow))
      }
    }
    return assert.fail(`killed after ${afterSteps} steps: does not end`)
  })

/** The result of the only call, which may be unknown if it was cut off. */
const isKnown = ({ toolCalls }: TurnRecord.TurnRecord): boolean => !JSON.stringify(toolCalls).includes("not known")

const scenarios: { readonly [name: string]: Parameters<typeof agentThat> } = {
  "a tool": [[[call("pay"), say("{{result}}")]]],
  "a tool of a sub-agent": [[[delegate({ agent: "Researcher", message: "{{text}}" }), say("{{result}}")]], {
    child: AgentScript.make({ otherwise: [call("pay"), say("{{result}}")] })
  }],
  "a tool that somebody allows in another process": [[[call("pay_much"), say("{{result}}")]]]
}

describe("a turn on SQLite, whose process is killed after any of its steps", () => {
  for (const [scenario, agent] of Object.entries(scenarios)) {
    it.scopedLive(`with ${scenario}, has the same record`, () =>
      Effect.gen(function*() {
        const open = yield* sqlite.make
        yield* Effect.provide(SqlStore.migrate(), open())
        // names of one length, because texts are counted as tokens
        const nameOf = (steps: number) => `t${String(steps).padStart(3, "0")}`
        const shape = (record: TurnRecord.TurnRecord, steps: number) =>
          JSON.parse(JSON.stringify(shapeOf(record)).replaceAll(nameOf(steps), "the turn"))
        const whole = yield* turn(open, nameOf(0), Infinity)
        assert.isFalse(whole.isHit)
        assert.deepInclude(whole.record, { _tag: "EndTurn", reply: "paid" })
        assert.lengthOf(whole.record.toolCalls, 1)
        let unknown = 0
        for (let steps = 1;; steps++) {
          const { isHit, record } = yield* turn(open, nameOf(steps), steps)
          if (isKnown(record)) {
            assert.deepStrictEqual(shape(record, steps), shape(whole.record, 0), `killed after ${steps} steps`)
          } else {
            unknown++
            assert.strictEqual(record._tag, "EndTurn")
            assert.lengthOf(record.toolCalls, 1)
          }
          if (!isHit) {
            assert.isAtLeast(steps, 12)
            break
          }
        }
        // between the entry that it has begun and the one that says what came of it
        assert.isAtLeast(unknown, 1)
        assert.isAtMost(unknown, 4)
        const { once } = yield* TestCluster.Effects
        yield* Ledger.assert(Ledger.messagesOnce, once)
      }).pipe(
        Effect.provide(
          ToolsLive.pipe(Layer.provideMerge(TestCluster.layerEffects), Layer.provideMerge(agentThat(...agent)))
        )
      ), 120_000)
  }
})
