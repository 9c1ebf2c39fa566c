import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { assert, describe, it } from "@effect/vitest"
import { assertNone } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import * as Cursor from "../src/Cursor.ts"
import * as CursorStore from "../src/CursorStore.ts"

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
})
