import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Simulator from "../../src/Simulator.ts"
import { call, createSession, eventsOf, layer, message, ok, open, send, settle, types } from "../utils/wire.ts"

/** Bytes in use. A full collection twice, for what the first one leaves to finalizers. */
const heap = Effect.promise(async () => {
  globalThis.gc?.()
  await new Promise((resolve) => setImmediate(resolve))
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
})

// a hundred events: 23 calls in requests of their own, a message, and what begins and ends a turn
const hundred: Simulator.Options["script"] = {
  otherwise: [
    ...Array.from({ length: 23 }, (_, n) => ({
      tool: { name: "bash", input: { command: `ls ${n}` }, result: `file ${n} of {{text}}` }
    })),
    { say: "All done." }
  ]
}

describe("memory", () => {
  // one test, because what runs beside it would be measured with it
  it.scoped("sessions cost what their events need, and nothing once they are deleted", () =>
    Effect.gen(function*() {
      const life = (n: number) =>
        Effect.gen(function*() {
          const id = yield* createSession({ title: `${n}`, initial_events: [message(`task ${n}`)] })
          // some are followed and left
          if (n % 10 === 0) yield* Effect.scoped(Effect.zipRight(open(`/v1/sessions/${id}/events/stream`), settle))
          return id
        })
      const remove = (id: string) => ok("DELETE", `/v1/sessions/${id}`)
      // what is made once, and what the ledger keeps of the last requests
      yield* Effect.forEach(yield* Effect.forEach(Array.from({ length: 150 }, (_, n) => n), life), remove)
      const before = yield* heap
      const ids = yield* Effect.forEach(Array.from({ length: 1000 }, (_, n) => n), life)
      const events = (yield* eventsOf(ids[0]!)).length
      assert.isAtLeast(events, 100)
      const full = (yield* heap) - before
      assert.isBelow(full / ids.length / events, 1000)
      yield* Effect.forEach(ids, remove, { discard: true })
      const simulator = yield* Simulator.Simulator
      assert.lengthOf(yield* simulator.sessions, 0)
      assert.strictEqual(yield* simulator.openStreams(), 0)
      const left = (yield* heap) - before
      // the ledger keeps the last requests
      assert.isBelow(left, full / 2, `${left} bytes left of ${full}`)
    }).pipe(Effect.provide(layer({ script: hundred }))))
})

describe("isolation", () => {
  it.scoped("worlds of the same seed do not see each other", () =>
    Effect.gen(function*() {
      const here = yield* createSession()
      yield* send(here, message("here"))
      const inner = yield* Effect.gen(function*() {
        assert.strictEqual((yield* call("GET", `/v1/sessions/${here}`)).status, 404)
        const there = yield* createSession()
        yield* send(there, message("there"))
        yield* (yield* Simulator.Simulator).putAgent("agent_2", {})
        return { id: there, events: yield* eventsOf(there), ledger: yield* (yield* Simulator.Simulator).ledger }
      }).pipe(Effect.provide(layer()))
      // the same seed and the same requests
      assert.strictEqual(inner.id, here)
      const outer = yield* eventsOf(here)
      assert.deepStrictEqual(types(outer), types(inner.events))
      assert.include(JSON.stringify(outer), "You said: here")
      assert.notInclude(JSON.stringify(outer), "there")
      assert.lengthOf(inner.ledger, 4)
      assert.lengthOf((yield* ok("GET", "/v1/sessions")).data, 1)
      assert.strictEqual(
        (yield* call("POST", "/v1/sessions", { agent: "agent_2", environment_id: "env_1" })).status,
        404
      )
    }).pipe(Effect.provide(layer())))
})
