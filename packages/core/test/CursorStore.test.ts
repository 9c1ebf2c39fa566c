import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { assert, describe, it } from "@effect/vitest"
import { assertNone, assertSome } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Cursor from "../src/Cursor.ts"
import * as CursorStore from "../src/CursorStore.ts"
import { SessionId } from "../src/Ids.ts"

const onStore = (store: KeyValueStore.KeyValueStore) =>
  Effect.provideService(CursorStore.make(), KeyValueStore.KeyValueStore, store)

describe("a store of cursors", () => {
  it.effect("that fails says what, and that it may be tried again", () =>
    Effect.gen(function*() {
      const store = yield* KeyValueStore.KeyValueStore
      // a store fails with more than its message, which is all that is read of it
      const full = Effect.fail({ message: "the disk is full" } as never)
      const cursors = yield* onStore({ ...store, set: () => full })
      const error = yield* Effect.flip(cursors.set("reader", Cursor.start))
      assert.strictEqual(error.message, "CursorStore.set of \"reader\" failed: the disk is full")
      assert.deepInclude(error, { operation: "set", reason: "Unavailable" })
      assert.isTrue(error.isRetryable)
    }).pipe(Effect.provide(KeyValueStore.layerMemory)))

  it.effect("that holds something else does not get better by trying again", () =>
    Effect.gen(function*() {
      const store = yield* KeyValueStore.KeyValueStore
      const cursors = yield* onStore(store)
      yield* store.set("cursor/reader.0", "not a cursor")
      assertNone(yield* cursors.get("reader"))
      yield* store.set("cursor/reader.1", "{}")
      const error = yield* Effect.flip(cursors.get("reader"))
      assert.strictEqual(error.reason, "Malformed")
      assert.isFalse(error.isRetryable)
    }).pipe(Effect.provide(KeyValueStore.layerMemory)))

  /** The cursor that was set as the nth. */
  const nth = (n: number): Cursor.Cursor => ({ ...Cursor.start, queued: [`sevt_${n}`] })

  it("that several processes use has the cursor that was set last, whoever set it", () =>
    FastCheck.assert(FastCheck.property(FastCheck.array(FastCheck.nat(2), { minLength: 1 }), (writers) => {
      Effect.runSync(
        Effect.gen(function*() {
          const store = yield* KeyValueStore.KeyValueStore
          const processes = yield* Effect.replicateEffect(onStore(store), 3)
          for (const [n, writer] of writers.entries()) {
            yield* processes[writer]!.set("reader", nth(n))
            for (const { get } of processes) assertSome(yield* get("reader"), nth(n))
          }
        }).pipe(Effect.provide(KeyValueStore.layerMemory))
      )
    })))

  it("that several processes write to at once has what one of them set last, and never one from before", () =>
    FastCheck.assert(
      FastCheck.asyncProperty(
        FastCheck.array(FastCheck.tuple(FastCheck.nat(9), FastCheck.nat(9))),
        (delays) =>
          Effect.gen(function*() {
            const store = yield* KeyValueStore.KeyValueStore
            const wait = (times: number) => Effect.repeatN(Effect.yieldNow(), times)
            const process = (times: number) =>
              onStore({
                ...store,
                get: (key) => Effect.zipRight(wait(times), store.get(key)),
                set: (key, text) => Effect.zipRight(wait(times), store.set(key, text))
              })
            const processes = yield* Effect.forEach([0, 1, 2], process)
            let n = 0
            for (const [first, second] of delays) {
              const [a, b] = [nth(n++), nth(n++)]
              yield* Effect.all([
                Effect.zipRight(wait(first), processes[first % 3]!.set("reader", a)),
                Effect.zipRight(wait(second), processes[second % 3]!.set("reader", b))
              ], { concurrency: "unbounded" })
              const now = Option.getOrUndefined(yield* processes[0]!.get("reader"))
              assert.deepInclude([a.queued, b.queued], now?.queued)
            }
          }).pipe(Effect.provide(KeyValueStore.layerMemory), Effect.runPromise)
      )
    ))

  it("whose writes break off again and again has the cursor before, or the one that was being set", () =>
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.record({ write: FastCheck.nat(2), part: FastCheck.nat(9) })),
        (lives) => {
          Effect.runSync(
            Effect.gen(function*() {
              const store = yield* KeyValueStore.KeyValueStore
              let last = Option.none<Cursor.Cursor>()
              for (const [n, { part, write }] of lives.entries()) {
                let writes = 0
                const mortal = yield* onStore({
                  ...store,
                  set: (key, text) => {
                    if (writes++ !== write) return store.set(key, text)
                    const torn = String(text).slice(0, Math.floor((String(text).length * part) / 10))
                    return Effect.zipRight(store.set(key, torn), Effect.die("killed"))
                  }
                })
                yield* Effect.exit(mortal.set("reader", nth(n)))
                const now = yield* (yield* onStore(store)).get("reader")
                const keyOf = Option.map((cursor: Cursor.Cursor) => cursor.queued[0])
                assert.include(
                  [Option.getOrUndefined(keyOf(last)), nth(n).queued[0]],
                  Option.getOrUndefined(keyOf(now))
                )
                last = now
              }
            }).pipe(Effect.provide(KeyValueStore.layerMemory))
          )
        }
      )
    ))

  it.effect("takes nothing from whoever owned the session before", () =>
    Effect.gen(function*() {
      const cursors = yield* CursorStore.CursorStore
      const owner = (fence: number) => ({ sessionId: SessionId.make("sesn_1"), fence })
      yield* cursors.set("reader", nth(1), owner(1))
      yield* cursors.set("reader", nth(2), owner(2))
      const error = yield* Effect.flip(cursors.set("reader", nth(3), owner(1)))
      assert.deepInclude(error, { reason: "FencedOut", isRetryable: false })
      assertSome(yield* cursors.get("reader"), nth(2))
      yield* cursors.set("reader", nth(4), owner(2))
      yield* cursors.set("other", nth(5), { ...owner(1), sessionId: SessionId.make("sesn_2") })
      assertSome(yield* cursors.get("reader"), nth(4))
    }).pipe(Effect.provide(CursorStore.layerMemory)))
})
