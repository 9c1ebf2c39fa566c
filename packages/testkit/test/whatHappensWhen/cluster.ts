/** The rows of `docs/what-happens-when.md` about clusters. */
import * as AgentCluster from "@effect-managed-agents/core/AgentCluster"
import * as DurableTurn from "@effect-managed-agents/core/DurableTurn"
import * as TurnStore from "@effect-managed-agents/core/TurnStore"
import * as WebhookEvent from "@effect-managed-agents/core/WebhookEvent"
import * as ClusterError from "@effect/cluster/ClusterError"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import { assert } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../../src/AgentScript.ts"
import * as gate from "../../src/internal/cluster/gate.ts"
import * as Ledger from "../../src/Ledger.ts"
import { client, Desk, payments, start, statusOf, world } from "../utils/cluster.ts"
import { create, inTime } from "../utils/conversation.ts"
import { section } from "../utils/page.ts"

const { customTool, say, sleep } = AgentScript

const refused = (options: AgentCluster.Options, config = {}) =>
  inTime(Effect.flip(Effect.scoped(
    start(AgentCluster.make("Desk", options), 2, config)
  )))

section("A cluster runs turns by id", {
  "a wake is lost": () =>
    Effect.scoped(
      Effect.gen(function*() {
        yield* client(Desk)
        const id = yield* create
        yield* TestClock.adjust("10 seconds")
        yield* DurableTurn.start("t1", id, "Hello")
        // as soon as a session whose process was killed
        yield* TestClock.adjust("15 seconds")
        assert.strictEqual(yield* statusOf("t1"), "ended")
      }).pipe(Effect.provide(world([[say("Hello.")]])))
    ),
  "there is no room": () =>
    Effect.scoped(
      Effect.gen(function*() {
        const desk = yield* client(AgentCluster.make("Desk", { maxLive: 2 }))
        const turns = ["t1", "t2", "t3", "t4", "t5"]
        for (const turn of turns) yield* inTime(desk.start(yield* create, { id: turn, input: "Hello" }))
        yield* TestClock.adjust("10 seconds")
        const statuses = yield* Effect.forEach(turns, statusOf)
        assert.deepStrictEqual(statuses.toSorted(), ["queued", "queued", "queued", "running", "running"])
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(yield* Effect.forEach(turns, statusOf), turns.map(() => "ended"))
      }).pipe(Effect.provide(world([[sleep("20 seconds"), say("Hello.")]])))
    ),
  "somebody else takes a session over": () =>
    Effect.scoped(
      Effect.gen(function*() {
        const desk = yield* client(Desk)
        const store = yield* TurnStore.TurnStore
        const id = yield* create
        yield* inTime(desk.start(id, { id: "t1", input: "Think." }))
        yield* TestClock.adjust("10 seconds")
        const other = yield* store.own(id, "other")
        // the agent is done, and the result is not stored by who does not own the session
        yield* TestClock.adjust("55 seconds")
        assert.strictEqual(yield* statusOf("t1"), "running")
        yield* inTime(desk.wake(id))
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual(yield* statusOf("t1"), "running")
        assert.strictEqual((yield* store.own(id, "other")).fence, other.fence + 1)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(yield* statusOf("t1"), "ended")
        yield* Ledger.assertAll
      }).pipe(Effect.provide(world([[sleep("1 minute"), say("done")]])))
    ),
  "a process was frozen": () =>
    Effect.scoped(
      Effect.gen(function*() {
        const storage = yield* RunnerStorage.RunnerStorage
        /** What a process does that was frozen for so long that others may have what was its. */
        const thawed = (turn: string, port: number, refresh: RunnerStorage.RunnerStorage["Type"]["refresh"]) =>
          Effect.gen(function*() {
            const process = gate.make()
            const clock = yield* Clock.clockWith(Effect.succeed)
            let find: RunnerStorage.RunnerStorage["Type"]["refresh"] = storage.refresh
            yield* Effect.withClock(start(Desk, port), gate.clock(process, clock)).pipe(
              Effect.provideService(
                RunnerStorage.RunnerStorage,
                { ...storage, refresh: (address, shards) => find(address, shards) }
              ),
              inTime
            )
            const id = yield* create
            yield* TestClock.adjust("10 seconds")
            process.become("frozen")
            yield* TestClock.adjust("1 minute")
            yield* DurableTurn.start(turn, id, "Hello")
            find = refresh
            process.become("alive")
            yield* TestClock.adjust("20 seconds")
          })
        // nobody has taken anything
        yield* Effect.scoped(thawed("t1", 1, storage.refresh))
        assert.strictEqual(yield* statusOf("t1"), "ended")
        // others have taken all of it, or nobody says so
        const unavailable = () => Effect.fail(new ClusterError.PersistenceError({ cause: "The database is down." }))
        for (const [turn, refresh] of Object.entries({ t2: () => Effect.succeed([]), t3: unavailable })) {
          yield* Effect.scoped(thawed(turn, 1, refresh))
          assert.strictEqual(yield* statusOf(turn), "queued")
        }
      }).pipe(Effect.provide(world([[say("Hello.")]])))
    ),
  "a webhook comes about a silent turn": () =>
    Effect.scoped(
      Effect.gen(function*() {
        const desk = yield* client(AgentCluster.make("Desk", { parkAfter: "10 seconds", lookAfter: "1 day" }))
        const id = yield* create
        yield* inTime(desk.start(id, { id: "t1", input: "Think." }))
        yield* TestClock.adjust("20 seconds")
        assert.strictEqual(yield* statusOf("t1"), "waiting")
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(yield* statusOf("t1"), "waiting")
        const webhook = (type: string, object: string) =>
          Effect.flatMap(
            Schema.decodeUnknown(WebhookEvent.WebhookEvent)({
              type: "event",
              id: "whe_1",
              created_at: "2026-01-01T00:00:00Z",
              data: { type, id: object, organization_id: "org_1", workspace_id: "wrkspc_1" }
            }),
            (event) => inTime(desk.webhook(event))
          )
        yield* webhook("agent.updated", "agent_1")
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual(yield* statusOf("t1"), "waiting")
        yield* webhook("session.status_idled", id)
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual(yield* statusOf("t1"), "ended")
      }).pipe(Effect.provide(world([[sleep("1 minute"), say("done")]])))
    ),
  "a process is deployed anew": () =>
    Effect.scoped(
      Effect.gen(function*() {
        payments.length = 0
        const first = yield* Scope.make()
        const desk = yield* Scope.extend(client(Desk), first)
        const id = yield* create
        yield* inTime(desk.start(id, { id: "t1", input: "Pay 3." }))
        yield* TestClock.adjust("3 seconds")
        const closing = yield* Clock.currentTimeMillis
        yield* inTime(Scope.close(first, Exit.void), "250 millis")
        assert.deepStrictEqual(payments, [3])
        // the tool, and no longer: the cluster would wait for the turn
        assert.isBelow((yield* Clock.currentTimeMillis) - closing, 5000)
        const second = yield* client(Desk, 2)
        assert.deepInclude(yield* inTime(second.result("t1")), { _tag: "EndTurn", reply: "paid 3" })
        assert.deepStrictEqual(payments, [3])
        yield* Ledger.assertAll
      }).pipe(
        Effect.provide(world([[
          sleep("2 seconds"),
          customTool({ name: "pay", input: { amount: 3 } }),
          sleep("1 minute"),
          say("{{result}}")
        ]]))
      )
    ),
  "the configuration is known to go wrong": () =>
    Effect.scoped(
      Effect.gen(function*() {
        const error = yield* refused({ maxLive: 0, sweepEvery: "1 milli" })
        if (error._tag !== "InvalidParams") return assert.fail(error._tag)
        assert.deepStrictEqual(error.issues.map(({ path }) => path), ["maxLive", "sweepEvery"])
        const other = yield* refused({ grace: "1 minute" }, { shardLockRefreshInterval: "2 seconds" })
        if (other._tag !== "InvalidParams") return assert.fail(other._tag)
        assert.deepStrictEqual(other.issues.map(({ path }) => path), [
          "shardingConfig.shardLockRefreshInterval",
          "shardingConfig.entityTerminationTimeout"
        ])
      }).pipe(Effect.provide(world([])))
    ),
  "turns are in memory, and there are other processes": () =>
    Effect.scoped(
      Effect.gen(function*() {
        yield* client(Desk)
        yield* TestClock.adjust("10 seconds")
        const error = yield* Effect.provide(refused({}), TurnStore.layerMemory)
        if (error._tag !== "InvalidParams") return assert.fail(error._tag)
        assert.deepStrictEqual(error.issues.map(({ path }) => path), ["TurnStore"])
      }).pipe(Effect.provide(world([])))
    )
})
