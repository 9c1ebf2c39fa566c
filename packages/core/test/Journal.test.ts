import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { assert, describe, it } from "@effect/vitest"
import { assertNone, assertSome } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Content from "../src/Content.ts"
import { EventId, SessionId } from "../src/Ids.ts"
import * as Journal from "../src/Journal.ts"
import * as PendingAction from "../src/PendingAction.ts"

const call = { sessionId: SessionId.make("sesn_1"), id: EventId.make("sevt_1") }

const steps: ReadonlyArray<Journal.Entry> = [
  { _tag: "Started" },
  { _tag: "Ran", result: PendingAction.result([Content.text("42")], { isError: true }) },
  { _tag: "Posted" }
]

/** A store whose texts are at hand, and a journal on it. */
const stored = Effect.gen(function*() {
  const texts = new Map<string, string>()
  const store = KeyValueStore.makeStringOnly({
    get: (key) => Effect.sync(() => Option.fromNullable(texts.get(key))),
    set: (key, value) => Effect.sync(() => void texts.set(key, value)),
    remove: (key) => Effect.sync(() => void texts.delete(key)),
    clear: Effect.sync(() => texts.clear()),
    size: Effect.sync(() => texts.size)
  })
  return { journal: yield* Effect.provideService(Journal.make, KeyValueStore.KeyValueStore, store), store, texts }
})

describe("a journal", () => {
  const journals = {
    "in memory": Effect.sync(() => Journal.makeMemory()),
    "in a store": Effect.map(stored, ({ journal }) => journal)
  }
  for (const [where, make] of Object.entries(journals)) {
    it.effect(`${where} knows the last entry of a call`, () =>
      Effect.gen(function*() {
        const journal = yield* make
        assertNone(yield* journal.get(call))
        for (const entry of steps) {
          yield* journal.put(call, entry)
          assertSome(yield* journal.get(call), entry)
        }
        assertNone(yield* journal.get({ ...call, id: EventId.make("sevt_2") }))
        assertNone(yield* journal.get({ ...call, sessionId: SessionId.make("sesn_2") }))
        yield* journal.put(call, { _tag: "Rejected", detail: "no" })
        assertSome(yield* journal.get(call), { _tag: "Rejected", detail: "no" })
      }))
  }

  it.effect("in a store outlives the process", () =>
    Effect.gen(function*() {
      const { journal, store } = yield* stored
      for (const entry of steps.slice(0, 2)) yield* journal.put(call, entry)
      const other = yield* Effect.provideService(Journal.make, KeyValueStore.KeyValueStore, store)
      assertSome(yield* other.get(call), steps[1]!)
    }))

  it("whose last write was cut off has the entry before it, and never forgets a start", () =>
    FastCheck.assert(FastCheck.property(FastCheck.nat(2), FastCheck.nat(200), (last, length) => {
      Effect.runSync(Effect.gen(function*() {
        const { journal, texts } = yield* stored
        for (const entry of steps.slice(0, last + 1)) yield* journal.put(call, entry)
        const [key, text] = [...texts].at(-1)!
        texts.set(key, text.slice(0, length % text.length))
        assertSome(yield* journal.get(call), steps[Math.max(0, last - 1)]!)
      }))
    })))

  it.effect("runs what belongs to one call one after another, and that of other calls beside", () =>
    Effect.gen(function*() {
      const journal = Journal.makeMemory()
      const log: Array<string> = []
      const work = (name: string) =>
        Effect.sync(() => log.push(`${name} begins`)).pipe(
          Effect.zipRight(Effect.yieldNow()),
          Effect.zipRight(Effect.sync(() => log.push(`${name} ends`)))
        )
      yield* Effect.all([
        journal.exclusively(call, work("one")),
        journal.exclusively(call, work("two")),
        journal.exclusively({ ...call, id: EventId.make("sevt_2") }, work("other"))
      ], { concurrency: "unbounded" })
      assert.deepStrictEqual(log.filter((line) => !line.startsWith("other")), [
        "one begins",
        "one ends",
        "two begins",
        "two ends"
      ])
      assert.isBelow(log.indexOf("other begins"), log.indexOf("one ends"))
    }))

  it.effect("in memory forgets the oldest calls", () =>
    Effect.gen(function*() {
      const journal = Journal.makeMemory({ capacity: 2 })
      const ids = ["sevt_1", "sevt_2", "sevt_3"].map((id) => ({ ...call, id: EventId.make(id) }))
      for (const one of ids) yield* journal.put(one, { _tag: "Started" })
      assert.deepStrictEqual((yield* Effect.forEach(ids, journal.get)).map(Option.isSome), [false, true, true])
    }))

  it.effect("that fails says what, and that it may be tried again", () =>
    Effect.gen(function*() {
      const { store } = yield* stored
      const broken = { ...store, get: () => Effect.fail({ message: "the disk is full" } as never) }
      const journal = yield* Effect.provideService(Journal.make, KeyValueStore.KeyValueStore, broken)
      const error = yield* Effect.flip(journal.get(call))
      assert.strictEqual(error.message, "Journal.get of sevt_1 failed: the disk is full")
      assert.isTrue(error.isRetryable)
    }))
})
