/** A program that works on many sessions, and the limits of the service. */
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as RateLimit from "@effect-managed-agents/core/RateLimit"
import * as RetryPolicy from "@effect-managed-agents/core/RetryPolicy"
import * as SessionPool from "@effect-managed-agents/core/SessionPool"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../src/AgentScript.ts"
import * as Ledger from "../src/Ledger.ts"
import * as Rules from "../src/Rules.ts"
import { Simulator } from "../src/Simulator.ts"
import { agentThat, create, inTime, params } from "./utils/conversation.ts"

const creating = (count: number) =>
  Effect.flatMap(
    Sessions.Sessions,
    (sessions) =>
      Effect.forEach(Array.from({ length: count }), () => sessions.create(params), { concurrency: "unbounded" })
  )

const statuses = Effect.flatMap(
  Simulator,
  (simulator) => Effect.map(simulator.ledger, (entries) => entries.map(({ status }) => status))
)

describe("the limits of the service", () => {
  const limited = {
    rules: { rateLimits: { ...Rules.documentedRateLimits, burst: Duration.seconds(1) } }
  }

  it.effect("are met without a limit", () =>
    Effect.gen(function*() {
      yield* Effect.exit(creating(20))
      assert.include(yield* statuses, 429)
    }).pipe(Effect.provide(agentThat([], limited)), Effect.provide(RetryPolicy.layer(RetryPolicy.none))))

  it.effect("are never met with one", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(creating(150))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(yield* statuses, Array.from({ length: 150 }, () => 200))
    }).pipe(Effect.provide(agentThat([], limited).pipe(Layer.provide(RateLimit.layer())))))

  it.effect("that are tighter than expected make everybody wait for as long as the service says", () =>
    Effect.gen(function*() {
      const began = yield* Clock.currentTimeMillis
      const first = yield* Effect.fork(create)
      yield* Effect.yieldNow()
      yield* TestClock.adjust("1 second")
      const second = yield* Effect.fork(Effect.zipRight(create, Clock.currentTimeMillis))
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.join(first)
      assert.isAtLeast((yield* Fiber.join(second)) - began, 20_000)
      assert.deepStrictEqual(yield* statuses, [429, 200, 200])
    }).pipe(Effect.provide(
      agentThat([], { faults: [{ match: {}, do: { status: 429, headers: { "retry-after": "20" } } }] }).pipe(
        Layer.provide(RateLimit.layer())
      )
    )))
})

describe("many sessions", () => {
  it.effect("have their turns at once, each with its own end, and in its own order", () =>
    Effect.gen(function*() {
      const ids = (yield* creating(40)).map(({ id }) => id)
      const [gone] = ids
      yield* Effect.flatMap(Sessions.Sessions, (sessions) => gone === undefined ? Effect.void : sessions.delete(gone))
      const began = yield* Clock.currentTimeMillis
      const jobs = ids.flatMap((id) => [{ id, text: "one" }, { id, text: "two" }])
      const results = Chunk.toReadonlyArray(
        yield* inTime(
          Stream.fromIterable(jobs).pipe(
            SessionPool.forEach({
              session: ({ id }) => id,
              run: ({ id, text }) => Conversation.turn(id, text)
            }),
            Stream.runCollect
          ),
          "10 seconds"
        )
      )
      // two turns of ten seconds each, twenty sessions at a time
      assert.strictEqual((yield* Clock.currentTimeMillis) - began, 40_000)
      const failed = results.filter(({ exit }) => Exit.isFailure(exit))
      assert.deepStrictEqual(failed.map(({ job }) => job.id), [gone, gone])
      for (const { exit, job } of results) {
        if (Exit.isSuccess(exit)) assert.strictEqual(exit.value.reply, `You said: ${job.text}`)
      }
      for (const id of ids) {
        assert.deepStrictEqual(results.filter(({ job }) => job.id === id).map(({ job }) => job.text), ["one", "two"])
      }
      yield* Ledger.assertAll
    }).pipe(
      Effect.provide(SessionPool.layer({ concurrency: 20 })),
      Effect.provide(
        agentThat([
          [AgentScript.sleep("10 seconds"), AgentScript.say("You said: {{text}}")],
          [AgentScript.sleep("10 seconds"), AgentScript.say("You said: {{text}}")]
        ])
      )
    ))
})
