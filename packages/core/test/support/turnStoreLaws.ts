/** The laws of every TurnStore: in memory, and in databases, whose tests import them from here. */
import * as Ids from "@effect-managed-agents/core/Ids"
import * as TurnRecord from "@effect-managed-agents/core/TurnRecord"
import * as TurnStore from "@effect-managed-agents/core/TurnStore"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import { assert, describe, it } from "@effect/vitest"
import { assertNone, assertSome } from "@effect/vitest/utils"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"

/** A store to be tested. */
export interface Subject<E = never> {
  /** An empty store, made anew for each law. */
  readonly layer: Layer.Layer<TurnStore.TurnStore, E>
  /** Lets time pass on the clock of the store. */
  readonly elapse: (duration: Duration.Duration) => Effect.Effect<void>
  /** A lease that is long enough for some calls of the store, and short enough to wait for its end. */
  readonly lease: Duration.Duration
}

const [s1, s2, s3] = ["sesn_1", "sesn_2", "sesn_3"].map((id) => Ids.SessionId.make(id)) as [
  Ids.SessionId,
  Ids.SessionId,
  Ids.SessionId
]

const turnOf = (id: string, sessionId = s1): TurnStore.NewTurn => ({
  id,
  sessionId,
  input: [UserEvent.message(`What is ${id}?`)]
})

const ended = (wakes = 0): TurnStore.State => ({
  status: "ended",
  wakes,
  record: TurnRecord.failed(s1, { _tag: "InvalidRequest", message: "no" })
})

const running: TurnStore.State = { status: "running", wakes: 0, sent: [Ids.EventId.make("sevt_1")] }
const waiting = (wakes = 0): TurnStore.State => ({ ...running, status: "waiting", wakes })

const statusOf = (turn: Option.Option<TurnStore.StoredTurn>) => Option.getOrUndefined(turn)?.status
const idsOf = (owned: ReadonlyArray<{ readonly sessionId: Ids.SessionId }>) =>
  owned.map(({ sessionId }) => sessionId).toSorted()

/** Runs the laws against a store. */
export const turnStoreLaws = <E>(name: string, { elapse, layer, lease }: Subject<E>): void => {
  const law = (
    name: string,
    test: (store: TurnStore.Service) => Effect.Effect<void, unknown>
  ) => it.effect(name, () => Effect.provide(Effect.flatMap(TurnStore.TurnStore, test), layer), 30_000)

  const claimAll = (store: TurnStore.Service, owner = "a", limit = 10) =>
    store.claim({ owner, expiresAfter: lease, limit })
  const afterLease = elapse(Duration.times(lease, 1.5))

  describe(`${name}: turns`, () => {
    law(
      "a turn that is added twice is there once, and other input or another session is a conflict",
      (store) =>
        Effect.gen(function*() {
          const first = yield* store.add(turnOf("t1"))
          assert.deepInclude(first, { ...turnOf("t1"), status: "queued", wakes: 0 })
          const owner = yield* store.own(s1, "a")
          yield* store.put(owner, "t1", running)
          assert.deepInclude(yield* store.add(turnOf("t1")), { status: "running" })
          const other = yield* Effect.flip(store.add({ ...turnOf("t1"), input: [UserEvent.message("else")] }))
          assert.deepInclude(other, { _tag: "TurnStoreError", operation: "add", reason: "Conflict", key: "t1" })
          assert.strictEqual((yield* Effect.flip(store.add(turnOf("t1", s2)))).reason, "Conflict")
          yield* store.put(owner, "t1", ended())
          assertNone(yield* store.next(s1))
          assertNone(yield* store.next(s2))
        })
    )

    law("the members of an input may come in another order", (store) =>
      Effect.gen(function*() {
        yield* store.add({
          ...turnOf("t1"),
          input: [{ type: "user.interrupt", session_thread_id: Ids.ThreadId.make("sthr_1") }]
        })
        yield* store.add({
          ...turnOf("t1"),
          input: [{ session_thread_id: Ids.ThreadId.make("sthr_1"), type: "user.interrupt" }]
        })
      }))

    law("the turns of a session come in the order in which they were added", (store) =>
      Effect.gen(function*() {
        for (const id of ["t3", "t1", "t2"]) yield* store.add(turnOf(id))
        yield* store.add(turnOf("u1", s2))
        const owner = yield* store.own(s1, "a")
        for (const id of ["t3", "t1", "t2"]) {
          assert.strictEqual(Option.getOrThrow(yield* store.next(s1)).id, id)
          yield* store.put(owner, id, ended())
        }
        assertNone(yield* store.next(s1))
        assert.strictEqual(Option.getOrThrow(yield* store.next(s2)).id, "u1")
      }))

    law("what was put is what is read", (store) =>
      Effect.gen(function*() {
        yield* store.add(turnOf("t1"))
        const owner = yield* store.own(s1, "a")
        const state: TurnStore.State = {
          status: "running",
          wakes: 0,
          since: { version: 1, read: [["sevt_0", null]], queued: ["sevt_q"] },
          sent: [Ids.EventId.make("sevt_1")],
          usageBefore: { input_tokens: 3, list_cost: { amount: "12", currency: "USD" } }
        }
        yield* store.put(owner, "t1", state)
        assertSome(yield* store.get("t1"), { ...turnOf("t1"), ...state })
        assertSome(yield* store.next(s1), { ...turnOf("t1"), ...state })
        // as a whole: what is absent is gone
        yield* store.put(owner, "t1", ended())
        assertSome(yield* store.get("t1"), { ...turnOf("t1"), ...ended() })
        assertNone(yield* store.get("t2"))
      }))

    law("a turn that has ended stays as it is", (store) =>
      Effect.gen(function*() {
        yield* store.add(turnOf("t1"))
        const owner = yield* store.own(s1, "a")
        yield* store.put(owner, "t1", ended())
        yield* store.put(owner, "t1", running)
        yield* store.wake("t1")
        assertSome(yield* store.get("t1"), { ...turnOf("t1"), ...ended() })
      }))

    law("a wake is neither lost nor taken back", (store) =>
      Effect.gen(function*() {
        yield* store.wake("unknown")
        yield* store.add(turnOf("t1"))
        const owner = yield* store.own(s1, "a")
        yield* store.put(owner, "t1", waiting())
        assert.strictEqual(statusOf(yield* store.get("t1")), "waiting")
        yield* store.wake("t1")
        assert.deepInclude(Option.getOrThrow(yield* store.get("t1")), { status: "running", wakes: 1 })
        // the owner has not seen that it was woken
        yield* store.put(owner, "t1", waiting(0))
        assert.deepInclude(Option.getOrThrow(yield* store.get("t1")), { status: "running", wakes: 1 })
        yield* store.put(owner, "t1", waiting(1))
        assert.deepInclude(Option.getOrThrow(yield* store.get("t1")), { status: "waiting", wakes: 1 })
      }))

    law("nothing is put into a turn that is not there", (store) =>
      Effect.gen(function*() {
        const owner = yield* store.own(s1, "a")
        yield* store.add(turnOf("t1", s2))
        assert.deepInclude(yield* Effect.flip(store.put(owner, "t0", running)), { reason: "NotFound", key: "t0" })
        assert.deepInclude(yield* Effect.flip(store.put(owner, "t1", running)), { reason: "NotFound", key: "t1" })
      }))
  })

  describe(`${name}: owners`, () => {
    law("what is put under an old fence is refused, and changes nothing", (store) =>
      Effect.gen(function*() {
        yield* store.add(turnOf("t1"))
        const old = yield* store.own(s1, "a")
        const present = yield* store.own(s1, "a")
        assert.isAbove(present.fence, old.fence)
        const error = yield* Effect.flip(store.put(old, "t1", ended()))
        assert.deepInclude(error, { _tag: "FencedOut", sessionId: s1, fence: old.fence, isRetryable: false })
        assert.strictEqual(statusOf(yield* store.get("t1")), "queued")
        yield* store.put(present, "t1", running)
        yield* store.add(turnOf("t2", s2))
        const [claimed] = yield* claimAll(store)
        assert.strictEqual(claimed?.sessionId, s2)
      }))

    law("claims never overlap, and keep to their limit", (store) =>
      Effect.gen(function*() {
        for (let n = 0; n < 12; n++) yield* store.add(turnOf(`t${n}`, Ids.SessionId.make(`sesn_c${n}`)))
        const claims = yield* Effect.all(
          ["a", "b", "c", "d"].map((owner) => store.claim({ owner, expiresAfter: "1 minute", limit: 4 })),
          { concurrency: "unbounded" }
        )
        const more = yield* store.claim({ owner: "e", expiresAfter: "1 minute", limit: 20 })
        for (const claim of claims) assert.isAtMost(claim.length, 4)
        const all = [...claims.flat(), ...more].map(({ sessionId }) => sessionId)
        assert.lengthOf(all, 12)
        assert.strictEqual(new Set(all).size, 12)
      }))

    law("only sessions are claimed whose first turn is due", (store) =>
      Effect.gen(function*() {
        yield* store.add(turnOf("t1", s1))
        yield* store.add(turnOf("t2", s1))
        yield* store.add(turnOf("u1", s2))
        const owner = yield* store.own(s1, "a")
        yield* store.put(owner, "t1", waiting())
        yield* store.release([owner])
        assert.deepStrictEqual(yield* store.due({ limit: 10 }), [s2])
        assert.deepStrictEqual(idsOf(yield* claimAll(store)), [s2])
        yield* store.wake("t1")
        assert.deepStrictEqual(idsOf(yield* claimAll(store)), [s1])
        const done = yield* store.own(s1, "a")
        yield* store.put(done, "t1", ended(1))
        yield* store.release([done])
        assert.deepStrictEqual(idsOf(yield* claimAll(store)), [s1])
      }))

    law("a turn that waits is due again after its time", (store) =>
      Effect.gen(function*() {
        yield* store.add(turnOf("t1"))
        const owner = yield* store.own(s1, "a")
        yield* store.put(owner, "t1", waiting(), { dueAfter: lease })
        yield* store.release([owner])
        assert.deepStrictEqual(yield* claimAll(store), [])
        yield* afterLease
        assert.deepStrictEqual(yield* store.due({ limit: 10 }), [s1])
        assert.lengthOf(yield* claimAll(store), 1)
        // it still waits: that it is due again is no wake
        assert.deepInclude(Option.getOrThrow(yield* store.get("t1")), { status: "waiting", wakes: 0 })
      }))

    law("a lease that is not renewed is free again, and one that is, is not", (store) =>
      Effect.gen(function*() {
        yield* store.add(turnOf("t1", s1))
        yield* store.add(turnOf("u1", s2))
        const owned = yield* claimAll(store)
        assert.deepStrictEqual(idsOf(owned), [s1, s2])
        assert.deepStrictEqual(yield* claimAll(store, "b"), [])
        yield* elapse(Duration.times(lease, 0.75))
        const first = owned.filter(({ sessionId }) => sessionId === s1)
        assert.deepStrictEqual(idsOf(yield* store.renew(first, lease)), [s1])
        yield* elapse(Duration.times(lease, 0.75))
        const taken = yield* claimAll(store, "b")
        assert.deepStrictEqual(idsOf(taken), [s2])
        // what is lost is not renewed, and what the old owner gives back is not his
        assert.deepStrictEqual(idsOf(yield* store.renew(owned, Duration.times(lease, 10))), [s1])
        yield* store.release(owned.filter(({ sessionId }) => sessionId === s2))
        assert.deepStrictEqual(idsOf(yield* claimAll(store, "c")), [])
        assert.deepStrictEqual(idsOf(yield* store.renew(taken, lease)), [s2])
      }))

    law("what is released is free at once, and not renewed", (store) =>
      Effect.gen(function*() {
        yield* store.add(turnOf("t1"))
        const owned = yield* claimAll(store)
        yield* store.release(owned)
        assert.deepStrictEqual(yield* store.renew(owned, lease), [])
        const [again] = yield* claimAll(store, "b")
        assert.isAbove(again?.fence ?? 0, owned[0]?.fence ?? 0)
        assert.deepStrictEqual(yield* store.renew([], lease), [])
        yield* store.release([])
      }))

    law("a session that an engine owns is not claimed", (store) =>
      Effect.gen(function*() {
        yield* store.add(turnOf("t1"))
        yield* store.own(s1, "a")
        yield* afterLease
        assert.deepStrictEqual(yield* claimAll(store), [])
      }))

    law("sessions that are due are listed in pages", (store) =>
      Effect.gen(function*() {
        for (const [n, id] of [s3, s1, s2].entries()) yield* store.add(turnOf(`t${n}`, id))
        assert.deepStrictEqual(yield* store.due({ limit: 2 }), [s1, s2])
        assert.deepStrictEqual(yield* store.due({ limit: 2, after: s2 }), [s3])
        // owned or not
        yield* claimAll(store)
        assert.deepStrictEqual(yield* store.due({ limit: 10 }), [s1, s2, s3])
      }))

    law("what has ended long ago is forgotten, and its fences do not come again", (store) =>
      Effect.gen(function*() {
        yield* store.add(turnOf("t1", s1))
        yield* store.add(turnOf("t2", s2))
        const owned = yield* Effect.all([store.own(s1, "a"), store.own(s2, "a")])
        yield* store.put(owned[0], "t1", ended())
        yield* store.release(owned)
        yield* elapse(Duration.times(lease, 0.5))
        const past = DateTime.unsafeMake(0)
        const future = DateTime.unsafeMake("2500-01-01T00:00:00Z")
        assert.strictEqual(yield* store.forget({ endedBefore: past }), 0)
        assert.isTrue(Option.isSome(yield* store.get("t1")))
        assert.strictEqual(yield* store.forget({ endedBefore: future }), 1)
        assertNone(yield* store.get("t1"))
        assert.isTrue(Option.isSome(yield* store.get("t2")))
        assert.strictEqual(yield* store.forget({ endedBefore: future }), 0)
        yield* store.add(turnOf("t1", s1))
        const again = yield* store.own(s1, "b")
        assert.isAbove(again.fence, owned[0].fence)
        assert.strictEqual((yield* Effect.flip(store.put(owned[0], "t1", running)))._tag, "FencedOut")
      }))
  })
}
