/** The rows of `docs/what-happens-when.md` about workers of self-hosted environments. */
import * as EnvironmentWork from "@effect-managed-agents/core/EnvironmentWork"
import * as EnvironmentWorker from "@effect-managed-agents/core/EnvironmentWorker"
import * as Events from "@effect-managed-agents/core/Events"
import * as Journal from "@effect-managed-agents/core/Journal"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as Workspace from "@effect-managed-agents/core/Workspace"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as HttpClient from "@effect/platform/HttpClient"
import { assert } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../../src/AgentScript.ts"
import * as Fault from "../../src/Fault.ts"
import * as Simulator from "../../src/Simulator.ts"
import { agentThat } from "../utils/conversation.ts"
import { says, section } from "../utils/page.ts"

const Tools = Toolkit.make(Tool.make("bash").annotate(ToolRunner.Limits, { timeout: "1 hour" }))

const environmentKey = Redacted.make("sk-ant-oat01-key")
const as = { authToken: environmentKey }

const heartbeats = "/v1/environments/*/work/*/heartbeat"
const polls = "/v1/environments/*/work/poll"

const Service = (faults: Fault.Plan = []) =>
  Layer.merge(
    agentThat([[AgentScript.tool({ name: "bash" }), AgentScript.say("Done")]], { faults }),
    Journal.layerMemory()
  )

/** A session that waits for `bash`. */
const waiting = Effect.gen(function*() {
  const sessions = yield* Sessions.Sessions
  const events = yield* Events.Events
  const { id } = yield* sessions.create({ agent: "agent_1", environment_id: "env_self" } as never)
  yield* events.send(id, UserEvent.message("Go"))
  return id
})

/** A worker, and how the runs of its tool ended. */
const work = (seconds: number, options: EnvironmentWorker.Options = {}) =>
  Effect.gen(function*() {
    const ends: Array<"success" | "interrupted"> = []
    const bash = Effect.onExit(Effect.sleep(seconds * 1000), (exit) =>
      Effect.sync(() => ends.push(Exit.isSuccess(exit) ? "success" : "interrupted")))
    const worker = EnvironmentWorker.run("env_self", Tools, { environmentKey, ...options }).pipe(
      Effect.provide(Tools.toLayer({
        bash: () =>
          bash
      }))
    )
    return { ends, fiber: yield* Effect.forkDaemon(worker) }
  })

/** The clock goes on, second by second. */
const seconds = (n: number) => Effect.repeatN(TestClock.adjust("1 second"), n - 1)

const state = Effect.gen(function*() {
  const queue = yield* EnvironmentWork.EnvironmentWork
  const items = Chunk.toReadonlyArray(yield* Stream.runCollect(queue.list("env_self", {}, as)))
  return items.map(({ state }) => state)
})

const resultsOf = (id: string) =>
  Effect.flatMap(
    Simulator.Simulator,
    (simulator) =>
      Effect.map(simulator.events(id), (events) =>
        events.flatMap((event) =>
          event.type === "user.tool_result" ? [event.is_error === true ? "error" : "done"] : []
        ))
  )

section("A worker of a self-hosted environment", {
  "an item was given to another worker": () =>
    Effect.gen(function*() {
      yield* waiting
      const { ends } = yield* work(1)
      yield* seconds(4)
      assert.deepStrictEqual(ends, [])
      assert.deepStrictEqual(yield* state, ["starting"])
    }).pipe(Effect.provide(Service([Fault.status(412, { match: { path: heartbeats } })]))),

  "a lease is lost": () =>
    Effect.gen(function*() {
      const id = yield* waiting
      const { ends } = yield* work(300)
      yield* seconds(19)
      assert.deepStrictEqual(ends, [])
      yield* seconds(2)
      assert.deepStrictEqual(ends, ["interrupted"])
      assert.deepStrictEqual(yield* resultsOf(id), [])
    }).pipe(Effect.provide(Service([Fault.status(412, { match: { path: heartbeats, skip: 1 } })]))),

  "no heartbeat gets through": () =>
    Effect.gen(function*() {
      const id = yield* waiting
      const { ends } = yield* work(300)
      yield* seconds(53)
      assert.deepStrictEqual(ends, [])
      yield* seconds(2)
      assert.deepStrictEqual(ends, ["interrupted"])
      assert.deepStrictEqual(yield* resultsOf(id), [])
    }).pipe(Effect.provide(Service([Fault.drop("before", { match: { path: heartbeats, skip: 1, times: 100 } })]))),

  "the answer to a heartbeat is lost": () =>
    Effect.gen(function*() {
      const id = yield* waiting
      const { ends } = yield* work(100)
      yield* seconds(102)
      assert.deepStrictEqual(ends, ["success"])
      assert.deepStrictEqual(yield* resultsOf(id), ["done"])
    }).pipe(Effect.provide(Service([Fault.drop("after", { match: { path: heartbeats, skip: 1 } })]))),

  "an item cannot be read, acknowledged or served": () =>
    Effect.gen(function*() {
      const ids = [yield* waiting, yield* waiting]
      yield* work(1)
      yield* seconds(60)
      for (const id of ids) assert.deepStrictEqual(yield* resultsOf(id), ["done"])
    }).pipe(Effect.provide(Service([
      Fault.status(200, { body: { type: "work" }, match: { path: polls } }),
      Fault.status(409, { match: { path: "/v1/environments/*/work/*/ack" } })
    ]))),

  "its polls are refused": ([claim]) =>
    Effect.gen(function*() {
      yield* waiting
      const { ends, fiber } = yield* work(10)
      yield* seconds(12)
      const error = yield* Effect.flip(Fiber.join(fiber))
      says(claim, error._tag)
      assert.deepStrictEqual(ends, ["success"])
    }).pipe(Effect.provide(Service([Fault.status(401, { match: { path: polls, skip: 2 } })]))),

  "it crashes": () =>
    Effect.gen(function*() {
      const id = yield* waiting
      // nothing that it asks is answered any more
      let isDead = false
      const dead = Layer.fresh(Workspace.layer.pipe(
        Layer.provideMerge(ManagedAgents.layer),
        Layer.provide(Layer.effect(
          HttpClient.HttpClient,
          Effect.map(
            HttpClient.HttpClient,
            HttpClient.transform((response) => Effect.suspend(() => isDead ? Effect.never : response))
          )
        ))
      ))
      const first = yield* Effect.provide(work(1000), dead)
      yield* seconds(5)
      isDead = true
      const second = yield* work(1)
      yield* seconds(70)
      assert.deepStrictEqual(first.ends, ["interrupted"])
      assert.deepStrictEqual(second.ends, [])
      // it is not known whether it took effect
      assert.deepStrictEqual(yield* resultsOf(id), ["error"])
    }).pipe(Effect.provide(Service())),

  "it is interrupted": () =>
    Effect.gen(function*() {
      const ids = [yield* waiting, yield* waiting]
      const { ends, fiber } = yield* work(20, { concurrency: 1 })
      yield* seconds(2)
      yield* Fiber.interruptFork(fiber)
      yield* seconds(10)
      assert.isNull(fiber.unsafePoll())
      yield* seconds(12)
      assert.isNotNull(fiber.unsafePoll())
      assert.deepStrictEqual(ends, ["success"])
      assert.deepStrictEqual([yield* resultsOf(ids[0]!), yield* resultsOf(ids[1]!)], [["done"], []])
    }).pipe(Effect.provide(Service())),

  "somebody stops an item": () =>
    Effect.gen(function*() {
      const id = yield* waiting
      const { ends } = yield* work(30)
      yield* seconds(2)
      const queue = yield* EnvironmentWork.EnvironmentWork
      const [item] = Chunk.toReadonlyArray(yield* Stream.runCollect(queue.list("env_self", {}, as)))
      yield* queue.stop("env_self", item!.id, {}, as)
      assert.deepStrictEqual(yield* state, ["stopping"])
      yield* seconds(32)
      assert.deepStrictEqual(ends, ["success"])
      assert.deepStrictEqual(yield* resultsOf(id), ["done"])
      assert.strictEqual((yield* queue.retrieve("env_self", item!.id)).state, "stopped")
    }).pipe(Effect.provide(Service())),

  "a session has nothing to do": () =>
    Effect.gen(function*() {
      yield* waiting
      yield* work(1, { maxIdle: "5 minutes" })
      yield* seconds(299)
      assert.deepStrictEqual(yield* state, ["active"])
      yield* seconds(5)
      assert.deepStrictEqual(yield* state, ["stopped"])
    }).pipe(Effect.provide(Service()))
})
