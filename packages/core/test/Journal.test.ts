import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { assert, describe, it } from "@effect/vitest"
import { assertNone, assertSome } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
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
  return { journal: yield* Effect.provideService(Journal.make(), KeyValueStore.KeyValueStore, store), store, texts }
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
      const other = yield* Effect.provideService(Journal.make(), KeyValueStore.KeyValueStore, store)
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

  const others = ["sevt_2", "sevt_3", "sevt_4"].map((id) => ({ ...call, id: EventId.make(id) }))
  const elsewhere = { ...call, sessionId: SessionId.make("sesn_11") }

  for (const [where, make] of Object.entries(journals)) {
    it.effect(`${where} forgets a session, and no other`, () =>
      Effect.gen(function*() {
        const journal = yield* make
        for (const one of [call, elsewhere, ...others]) for (const entry of steps) yield* journal.put(one, entry)
        yield* journal.put(others[0]!, { _tag: "Decided", decision: PendingAction.allow })
        yield* journal.forget(call.sessionId)
        for (const one of [call, ...others]) assertNone(yield* journal.get(one))
        assertSome(yield* journal.get(elsewhere), { _tag: "Posted" })
      }))

    it.effect(`${where} keeps a decision until the tool is started, and the end of what was denied`, () =>
      Effect.gen(function*() {
        const journal = yield* make
        const decided: Journal.Entry = { _tag: "Decided", decision: PendingAction.deny("No.") }
        yield* journal.put(call, decided)
        assertSome(yield* journal.get(call), decided)
        yield* journal.put(call, { _tag: "Posted" })
        assertSome(yield* journal.get(call), { _tag: "Posted" })
        yield* journal.put(elsewhere, { _tag: "Decided", decision: PendingAction.allow })
        yield* journal.put(elsewhere, { _tag: "Started" })
        assertSome(yield* journal.get(elsewhere), { _tag: "Started" })
      }))
  }

  it.effect("in a store leaves nothing of a session that is forgotten, nor of calls that are too many or too old", () =>
    Effect.gen(function*() {
      const { store, texts } = yield* stored
      yield* store.set("mine", "stays")
      const journal = yield* Effect.provideService(
        Journal.make({ capacity: 2, maxAge: "1 hour" }),
        KeyValueStore.KeyValueStore,
        store
      )
      const keys = () => Array.from(texts.keys(), (key) => key.replace(/^.*sevt_/, "")).toSorted()
      for (const one of [call, ...others]) for (const entry of steps) yield* journal.put(one, entry)
      const ofCall = (n: number) => ["ran", "settled", "started"].map((kind) => `${n}.${kind}`)
      assert.deepStrictEqual(keys(), [...ofCall(3), ...ofCall(4), "journal/sesn_1", "mine"])
      yield* TestClock.adjust("2 hours")
      yield* journal.put(call, { _tag: "Started" })
      assert.deepStrictEqual(keys(), ["1.started", "journal/sesn_1", "mine"])
      yield* journal.forget(call.sessionId)
      assert.deepStrictEqual(keys(), ["mine"])
    }))

  it.effect("in a store goes on after the list of calls was torn", () =>
    Effect.gen(function*() {
      const { journal, texts } = yield* stored
      yield* journal.put(call, { _tag: "Started" })
      texts.set("journal/sesn_1", "[[\"sevt")
      yield* journal.put(others[0]!, { _tag: "Started" })
      assertSome(yield* journal.get(call), { _tag: "Started" })
      yield* journal.forget(call.sessionId)
      assertNone(yield* journal.get(others[0]!))
    }))

  it.effect("in memory forgets what is too old", () =>
    Effect.gen(function*() {
      const journal = Journal.makeMemory({ maxAge: "1 hour" })
      yield* journal.put(call, { _tag: "Started" })
      yield* TestClock.adjust("50 minutes")
      yield* journal.put(call, { _tag: "Posted" })
      yield* TestClock.adjust("50 minutes")
      assertSome(yield* journal.get(call), { _tag: "Posted" })
      yield* TestClock.adjust("11 minutes")
      assertNone(yield* journal.get(call))
    }))

  it.effect("in memory forgets the oldest calls", () =>
    Effect.gen(function*() {
      const journal = Journal.makeMemory({ capacity: 2 })
      const ids = ["sevt_1", "sevt_2", "sevt_3"].map((id) => ({ ...call, id: EventId.make(id) }))
      for (const one of ids) yield* journal.put(one, { _tag: "Started" })
      assert.deepStrictEqual((yield* Effect.forEach(ids, (call) => journal.get(call))).map(Option.isSome), [
        false,
        true,
        true
      ])
    }))

  it.effect("that fails says what, and that it may be tried again", () =>
    Effect.gen(function*() {
      const { store } = yield* stored
      const broken = { ...store, get: () => Effect.fail({ message: "the disk is full" } as never) }
      const journal = yield* Effect.provideService(Journal.make(), KeyValueStore.KeyValueStore, broken)
      const error = yield* Effect.flip(journal.get(call))
      assert.strictEqual(error.message, "Journal.get of sevt_1 failed: the disk is full")
      assert.isTrue(error.isRetryable)
    }))

  const ownerOf = (fence: number) => ({ sessionId: call.sessionId, fence })

  for (const [where, make] of Object.entries(journals)) {
    it(`${where} takes nothing from owners before the last one that has read or written`, () =>
      FastCheck.assert(FastCheck.property(
        FastCheck.array(
          FastCheck.record({ fence: FastCheck.nat(4), isRead: FastCheck.boolean(), n: FastCheck.nat(3) })
        ),
        (actions) => {
          Effect.runSync(Effect.gen(function*() {
            const journal = yield* make
            let highest = 0
            let last: Journal.Entry | undefined
            for (const { fence, isRead, n } of actions) {
              const owned = Journal.ownedBy(journal, ownerOf(fence))
              if (isRead) {
                assert.deepStrictEqual(Option.getOrUndefined(yield* owned.get(call)), last)
              } else {
                const entry: Journal.Entry = { _tag: "Ran", result: PendingAction.result(String(n)) }
                // in a store a result belongs to a start
                if (last === undefined && fence >= highest) yield* owned.put(call, { _tag: "Started" })
                const error = yield* Effect.flip(owned.put(call, entry)).pipe(
                  Effect.option,
                  Effect.map(Option.getOrUndefined)
                )
                assert.strictEqual(error?.reason, fence < highest ? "FencedOut" : undefined)
                assert.notStrictEqual(error?.isRetryable, true)
                if (fence >= highest) last = entry
              }
              highest = Math.max(highest, fence)
            }
            assert.deepStrictEqual(Option.getOrUndefined(yield* journal.get(call)), last)
          }))
        }
      )))

    it.effect(`${where} keeps the first decision, and what an owner of another session writes`, () =>
      Effect.gen(function*() {
        const journal = yield* make
        yield* journal.put(call, { _tag: "Started" }, ownerOf(7))
        yield* journal.put(call, { _tag: "Decided", decision: PendingAction.deny("No.") })
        assertSome(yield* journal.get(call), { _tag: "Started" })
        yield* journal.put(elsewhere, { _tag: "Started" }, { sessionId: elsewhere.sessionId, fence: 1 })
        assertSome(yield* journal.get(elsewhere), { _tag: "Started" })
      }))

    it.effect(`${where} does not forget who owns a session that is forgotten`, () =>
      Effect.gen(function*() {
        const journal = yield* make
        yield* journal.put(call, { _tag: "Started" }, ownerOf(2))
        yield* journal.forget(call.sessionId)
        assertNone(yield* journal.get(call))
        assert.strictEqual((yield* Effect.flip(journal.put(call, { _tag: "Started" }, ownerOf(1)))).reason, "FencedOut")
        assertNone(yield* journal.get(call))
      }))
  }

  it.effect("says which owner has started a call, and lets one act without waiting for those before", () =>
    Effect.gen(function*() {
      const journal = Journal.makeMemory()
      const [first, second] = [Journal.ownedBy(journal, ownerOf(1)), Journal.ownedBy(journal, ownerOf(2))]
      yield* first.put(call, { _tag: "Started" })
      assertSome(yield* second.get(call), { _tag: "Started", fence: 1 })
      // it is frozen
      yield* Effect.fork(first.exclusively(call, Effect.never))
      yield* Effect.yieldNow()
      assert.strictEqual(yield* second.exclusively(call, Effect.succeed("acts")), "acts")
    }))
})
