/** A worker of turns with more to do than it takes up at once. */
import * as DurableTurn from "@effect-managed-agents/core/DurableTurn"
import * as Journal from "@effect-managed-agents/core/Journal"
import * as TurnStore from "@effect-managed-agents/core/TurnStore"
import * as TurnWorker from "@effect-managed-agents/core/TurnWorker"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as AgentScript from "../src/AgentScript.ts"
import { agentThat, create, inTime } from "./utils/conversation.ts"

/** Starts turns in as many sessions, and answers with what a worker claimed of them: how many it asked for, and got. */
const claimsOf = (sessions: number, options: TurnWorker.Options) =>
  Effect.gen(function*() {
    const claims: Array<readonly [asked: number, got: number]> = []
    const store = yield* TurnStore.makeMemory
    const Watched = Layer.succeed(TurnStore.TurnStore, {
      ...store,
      claim: (options) =>
        Effect.tap(store.claim(options), (got) => Effect.sync(() => claims.push([options.limit, got.length])))
    })
    yield* Effect.gen(function*() {
      for (let n = 0; n < sessions; n++) yield* DurableTurn.start(`t${n}`, yield* create, "Hello")
      yield* Effect.forkScoped(TurnWorker.run(options))
      for (let n = 0; n < sessions; n++) {
        assert.strictEqual((yield* inTime(DurableTurn.result(`t${n}`)))._tag, "EndTurn")
      }
    }).pipe(Effect.scoped, Effect.provide([Watched, Journal.layerMemory()]))
    return claims.filter(([, got]) => got > 0)
  }).pipe(Effect.provide(agentThat([[AgentScript.sleep("5 seconds"), AgentScript.say("Done.")]])))

describe("a worker", () => {
  it.effect("takes up few sessions at a time, and all of them", () =>
    Effect.gen(function*() {
      const claims = yield* claimsOf(40, {})
      assert.strictEqual(claims.reduce((sum, [, got]) => sum + got, 0), 40)
      for (const [asked] of claims) assert.isAtMost(asked, 32)
    }))

  it.effect("has no more sessions than it is allowed", () =>
    Effect.gen(function*() {
      const claims = yield* claimsOf(6, { maxLive: 2 })
      assert.strictEqual(claims.reduce((sum, [, got]) => sum + got, 0), 6)
      for (const [asked] of claims) assert.isAtMost(asked, 2)
    }))
})
