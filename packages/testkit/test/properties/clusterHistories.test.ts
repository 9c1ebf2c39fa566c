/** Turns in processes that are killed, frozen, thawed and replaced while requests fail: each ends once, as if nothing had been. */
import * as Content from "@effect-managed-agents/core/Content"
import * as DurableTurn from "@effect-managed-agents/core/DurableTurn"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as RetryPolicy from "@effect-managed-agents/core/RetryPolicy"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Random from "effect/Random"
import * as AgentScript from "../../src/AgentScript.ts"
import * as Fault from "../../src/Fault.ts"
import * as Ledger from "../../src/Ledger.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as TestCluster from "../../src/TestCluster.ts"
import { create } from "../utils/conversation.ts"
import * as instant from "../utils/instant.ts"
import { pay, world } from "../utils/processes.ts"

const { say, sleep, together, tool } = AgentScript

const turns = [
  [say("I begin."), together(tool({ name: "bash", permission: "ask" }), pay(1)), pay(2), say("first")],
  [sleep("3 seconds"), pay(3), say("second")],
  [tool({ name: "bash", permission: "ask" }), say("third")]
]

const names = ["a", "b", "c"] as const

/** Something that happens to a process. */
const Act = FastCheck.record({
  after: FastCheck.integer({ min: 0, max: 12_000 }),
  act: FastCheck.constantFrom<["kill", "kill", "freeze", "thaw", "start", "stop"]>(
    "kill",
    "kill",
    "freeze",
    "thaw",
    "start",
    "stop"
  ),
  process: FastCheck.constantFrom(...names),
  afterSteps: FastCheck.integer({ min: 0, max: 6 })
})

const History = FastCheck.record({
  acts: FastCheck.array(Act, { maxLength: 12 }),
  /** The time that people take to decide. */
  hesitation: FastCheck.integer({ min: 0, max: 20_000 }),
  /** Of names, delays with jitter, and ids. */
  randomness: FastCheck.integer(),
  faults: FastCheck.option(FastCheck.integer({ min: 0, max: 1_000_000 }), { nil: undefined, freq: 2 })
})

type History = typeof History extends FastCheck.Arbitrary<infer A> ? A : never

/** Waits for a turn, and lets whatever it asks for run. */
const finish = (id: string, hesitation: number) =>
  Effect.gen(function*() {
    for (;;) {
      const record = yield* DurableTurn.result(id)
      if (record._tag !== "RequiresAction") return record
      yield* Effect.sleep(hesitation)
      for (const action of record.actions) {
        if (action._tag === "Confirmation") yield* DurableTurn.answer(action, PendingAction.allow, { resends: 10 })
      }
      yield* Effect.sleep("2 seconds")
    }
  })

const happen = ({ act, after, afterSteps, process }: History["acts"][number], stopping: FiberSet.FiberSet) =>
  Effect.flatMap(TestCluster.TestCluster, (cluster) => {
    const moment = { afterSteps }
    switch (act) {
      case "kill":
        return cluster.kill(process, moment)
      case "freeze":
        return cluster.freeze(process, moment)
      case "thaw":
        return cluster.thaw(process)
      case "start":
        return cluster.start(process)
      case "stop":
        // which takes as long as it is frozen meanwhile
        return FiberSet.run(stopping, cluster.stop(process))
    }
  }).pipe(Effect.delay(after))

const check = ({ acts, hesitation }: History) =>
  Effect.gen(function*() {
    const cluster = yield* TestCluster.TestCluster
    const simulator = yield* Simulator.Simulator
    const effects = yield* TestCluster.Effects
    const id = yield* create
    for (const name of ["t1", "t2", "t3"]) yield* DurableTurn.start(name, id, `Do ${name}.`)
    const people = yield* Effect.fork(
      Effect.forEach(["t1", "t2", "t3"], (turn) => finish(turn, hesitation), { concurrency: "unbounded" })
    )
    const stopping = yield* FiberSet.make()
    yield* Effect.forEach(acts, (act) => happen(act, stopping), { discard: true })
    for (const name of names) yield* cluster.thaw(name)
    yield* FiberSet.awaitEmpty(stopping)
    const revive = Effect.forEach(names, (name) =>
      Effect.whenEffect(cluster.start(name), Effect.map(cluster.state(name), (state) => state === "dead")))
    // some are still to be killed
    yield* Effect.fork(Effect.forever(Effect.zipRight(revive, Effect.sleep("5 seconds"))))
    const records = yield* Fiber.join(people)
    assert.deepStrictEqual(
      records.map(({ _tag, reply }) =>
        `${_tag} ${reply}`
      ),
      [
        "EndTurn first",
        "EndTurn second",
        "EndTurn third"
      ]
    )
    const events = yield* simulator.events(id)
    const said = events.flatMap((event) => event.type === "user.message" ? [Content.textOf(event.content)] : [])
    assert.deepStrictEqual(said, ["Do t1.", "Do t2.", "Do t3."])
    const paid = yield* effects.noted
    for (const record of records) {
      for (const { call, result } of record.toolCalls) {
        if (call.type !== "agent.custom_tool_use") continue
        const text = result !== undefined && "content" in result ? Content.textOf(result.content ?? []) : "no result"
        const count = paid.filter((one) => one === `payment of invoice ${String(call.input["invoice"])}`).length
        if (text.startsWith("paid")) assert.strictEqual(count, 1, text)
        else assert.match(text, /not known/)
      }
    }
    yield* Ledger.assert(effects.once)
  })

const run = (history: History): void => {
  const faults = history.faults === undefined
    ? []
    : Fault.random(history.faults, {
      kinds: ["status", "landed", "drop_before", "drop_after", "delay", "cut_after_events"]
    })
  const program = check(history).pipe(
    RetryPolicy.provide({ maxRetries: 10, jitter: 0 }),
    Effect.provide(world(turns, { processes: names }, { faults })),
    Effect.scoped,
    Effect.withTracerEnabled(false),
    Effect.withRandom(Random.make(history.randomness))
    // what the cluster requires is provided with it
  ) as Effect.Effect<void, unknown>
  const exit = instant.exit(program, 8 * 3_600_000)
  if (exit === undefined) throw new Error("does not end")
  if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
}

describe("a cluster", () => {
  const runs = Number(process.env["CLUSTER_PLANS"] ?? 20)
  it(`ends every turn as it should in ${runs} histories`, { timeout: 900_000 }, async () => {
    await FastCheck.assert(
      FastCheck.asyncProperty(History, async (history) => {
        // whoever watches the tests gets a word in between
        await new Promise(setImmediate)
        run(history)
      }),
      { numRuns: runs, seed: Number(process.env["CLUSTER_SEED"] ?? 1), endOnFailure: false }
    )
  })
})
