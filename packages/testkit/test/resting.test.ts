/** Turns of sessions that rest, although what was said last looks as if something were under way. */
import * as Conversation from "@effect-managed-agents/core/Conversation"
import type { SessionId } from "@effect-managed-agents/core/Ids"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../src/AgentScript.ts"
import * as Simulator from "../src/Simulator.ts"
import { agentThat, create } from "./utils/conversation.ts"

const { say, sleep } = AgentScript

const emit = (id: SessionId, type: string, fields: Record<string, unknown> = {}) =>
  Effect.flatMap(Simulator.Simulator, (simulator) => simulator.emit(id, { type, ...fields }, { persist: true }))

const thread = { session_thread_id: "sthr_lost", agent_name: "Lost" }
const run = { workflow_run_id: "wrun_1" }
const created = { ...run, name: "Survey", description: null, phases: [] }
const completed = { ...run, result: { type: "completed" } }

/** A turn of ten seconds, to which something is added before its end. */
const begun = (...before: ReadonlyArray<readonly [type: string, fields: Record<string, unknown>]>) =>
  Effect.gen(function*() {
    const id = yield* create
    const fiber = yield* Effect.fork(
      Effect.zip(Conversation.turn(id, "Hello"), Effect.map(Clock.currentTimeMillis, (now) => now / 1000))
    )
    yield* TestClock.adjust("2 seconds")
    for (const [type, fields] of before) yield* emit(id, type, fields)
    return { id, fiber }
  })

const agent = agentThat([[say("Bye"), sleep("10 seconds")]])

describe("a turn ends", () => {
  it.effect("a minute after the session came to rest, though the end of a thread was never said", () =>
    Effect.gen(function*() {
      const { fiber } = yield* begun(["session.thread_status_running", thread])
      yield* TestClock.adjust("30 seconds")
      assert.isNull(fiber.unsafePoll())
      yield* TestClock.adjust("5 minutes")
      const [{ _tag, reply }, seconds] = yield* Fiber.join(fiber)
      assert.deepStrictEqual([_tag, reply], ["EndTurn", "Bye"])
      assert.isAtMost(seconds, 10 + 120)
    }).pipe(Effect.provide(agent)))

  it.effect("a minute after the session came to rest, though a workflow run is open, which somebody has paused", () =>
    Effect.gen(function*() {
      const { fiber } = yield* begun(["workflow_run.created", created], ["workflow_run.status_running", run])
      yield* TestClock.adjust("30 seconds")
      assert.isNull(fiber.unsafePoll())
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual((yield* Fiber.join(fiber))[0]._tag, "EndTurn")
    }).pipe(Effect.provide(agent)))

  it.effect("at once, where a workflow run is paused and the session says so", () =>
    Effect.gen(function*() {
      const { fiber } = yield* begun(["workflow_run.created", created], ["workflow_run.status_idle", run])
      yield* TestClock.adjust("30 seconds")
      const [{ _tag }, seconds] = yield* Fiber.join(fiber)
      assert.deepStrictEqual([_tag, seconds], ["EndTurn", 10])
    }).pipe(Effect.provide(agent)))
})

describe("a turn goes on", () => {
  it.effect("until the agent has read the result of each workflow run", () =>
    Effect.gen(function*() {
      const { fiber, id } = yield* begun(["workflow_run.created", created], ["workflow_run.status_running", run])
      // the session is idle by now
      yield* TestClock.adjust("15 seconds")
      yield* emit(id, "workflow_run.status_ended", completed)
      yield* TestClock.adjust("15 seconds")
      assert.isNull(fiber.unsafePoll())
      yield* emit(id, "session.status_running")
      yield* emit(id, "agent.message", { content: [{ type: "text", text: "The survey is done." }] })
      yield* emit(id, "session.status_idle", { stop_reason: { type: "end_turn" } })
      yield* TestClock.adjust("1 second")
      const [{ _tag, reply, transcript }] = yield* Fiber.join(fiber)
      assert.deepStrictEqual([_tag, reply], ["EndTurn", "The survey is done."])
      assert.deepStrictEqual(Array.from(transcript.workflowRuns.values(), ({ status }) => status), ["ended"])
    }).pipe(Effect.provide(agent)))

  it.effect("while the session says that it runs, however long it is silent", () =>
    Effect.gen(function*() {
      const id = yield* create
      const fiber = yield* Effect.fork(Conversation.turn(id, "Hello"))
      yield* TestClock.adjust("5 hours")
      assert.isNull(fiber.unsafePoll())
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "EndTurn")
    }).pipe(Effect.provide(agentThat([[sleep("6 hours"), say("Bye")]]))))
})
