/**
 * Section 4 of FIDELITY.md, as far as no other test shows it: lists and their pages.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as Simulator from "../../src/Simulator.ts"
import {
  createSession,
  delegating,
  eventsOf,
  layer,
  message,
  ok,
  refusal,
  scripted,
  send,
  startSession
} from "../utils/facts.ts"

const ids = (page: { readonly data: ReadonlyArray<{ readonly id: string }> }) => page.data.map((item) => item.id)

describe("pages", () => {
  it.effect("4.3 may say with null that there is no other", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      assert.deepInclude(yield* ok("GET", "/v1/sessions"), { next_page: null, prev_page: null })
      for (const list of ["events", "threads", "resources"]) {
        const page = yield* ok("GET", `/v1/sessions/${id}/${list}`)
        assert.strictEqual(page.next_page, null)
        assert.notProperty(page, "prev_page")
      }
      yield* createSession()
      const { next_page } = yield* ok("GET", "/v1/sessions?limit=1")
      assert.isString(next_page)
      const last = yield* ok("GET", `/v1/sessions?limit=1&page=${next_page}`)
      assert.strictEqual(last.next_page, null)
      assert.isString(last.prev_page)
    }).pipe(Effect.provide(layer({ rules: { nullPageEdges: true } }))))

  it.effect("4.17 may have another limit and other filters than the one before", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      const all = yield* eventsOf(id)
      const url = `/v1/sessions/${id}/events`
      const { next_page } = yield* ok("GET", `${url}?limit=2`)
      assert.deepStrictEqual(
        (yield* ok("GET", `${url}?limit=1000&types[]=session.status_idle&page=${next_page}`)).data,
        all.filter((event) => event.type === "session.status_idle")
      )
    }).pipe(Effect.provide(layer())))

  it.effect("4.11 of events and threads have a thousand items unless asked", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const id = yield* createSession()
      yield* Effect.replicateEffect(simulator.emit(id, { type: "agent.thinking" }, { persist: true }), 1001)
      const url = `/v1/sessions/${id}/events`
      const page = yield* ok("GET", url)
      assert.strictEqual(page.data.length, 1000)
      assert.strictEqual((yield* ok("GET", `${url}?page=${page.next_page}`)).data.length, 1)
      // nothing but how many may be asked for is different
      assert.deepStrictEqual(yield* ok("GET", `${url}?limit=1000`), page)
    }).pipe(Effect.provide(layer())))

  const most = (n: number) =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const { data: [thread] } = yield* ok("GET", `/v1/sessions/${id}/threads`)
      for (const list of ["events", "threads", `threads/${thread.id}/events`]) {
        const url = `/v1/sessions/${id}/${list}`
        yield* ok("GET", `${url}?limit=${n}`)
        assert.strictEqual(
          yield* refusal("GET", `${url}?limit=${n + 1}`),
          `400 invalid_request_error: limit: must be at most ${n}`
        )
      }
      assert.match(yield* refusal("GET", `/v1/sessions/${id}/events?limit=0`), /^400 .*limit/)
    })

  it.effect("4.12 of events and threads have at most a thousand", () => most(1000).pipe(Effect.provide(layer())))

  it.effect("4.12 or fewer", () =>
    Effect.gen(function*() {
      yield* most(3)
      const id = yield* startSession()
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}/events`)).data.length, 3)
    }).pipe(Effect.provide(layer({ rules: { maxItemsPerPage: 3 } }))))

  it.effect("4.7 of sessions have at most a hundred, or as many as the rule says", () =>
    Effect.gen(function*() {
      yield* Effect.replicateEffect(createSession(), 3)
      assert.strictEqual((yield* ok("GET", "/v1/sessions")).data.length, 2)
      yield* ok("GET", "/v1/sessions?limit=7")
      assert.match(yield* refusal("GET", "/v1/sessions?limit=8"), /^400 .*at most 7/)
    }).pipe(Effect.provide(layer({ rules: { sessionsPerPage: 2, maxSessionsPerPage: 7 } }))))
})

describe("sessions", () => {
  it.effect("4.6 can be filtered by who created them, which is nobody", () =>
    Effect.gen(function*() {
      yield* createSession()
      assert.deepStrictEqual(yield* ok("GET", "/v1/sessions?created_by_ids[]=user_1&created_by_ids[]=user_2"), {
        data: []
      })
      assert.match(
        yield* refusal("GET", "/v1/sessions?created_by_ids=user_1"),
        /^400 .*Valid parameters: .*`created_by_ids\[\]`/
      )
    }).pipe(Effect.provide(layer())))

  it.effect("4.19 that have ended may need `include_archived` whatever their status", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* ok("POST", `/v1/sessions/${id}/archive`)
      const terminated = "/v1/sessions?statuses[]=terminated"
      assert.deepStrictEqual(ids(yield* ok("GET", terminated)), [])
      assert.deepStrictEqual(ids(yield* ok("GET", `${terminated}&include_archived=true`)), [id])
    }).pipe(Effect.provide(layer({ rules: { statusesShowEnded: false } }))))

  it.effect("4.23 of one instant are in the order of creation", () =>
    Effect.gen(function*() {
      const created = yield* Effect.replicateEffect(createSession(), 5)
      assert.deepStrictEqual(ids(yield* ok("GET", "/v1/sessions?order=asc")), created)
      assert.deepStrictEqual(ids(yield* ok("GET", "/v1/sessions")), [...created].reverse())
    }).pipe(Effect.provide(layer())))
})

describe("events", () => {
  it.effect("4.22 that wait may be listed whatever the bounds", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("one"))
      yield* send(id, message("two"))
      const all = yield* eventsOf(id)
      const { data } = yield* ok("GET", `/v1/sessions/${id}/events?created_at[gt]=2000-01-01T00:00:00Z`)
      assert.deepStrictEqual(data, all.slice(-1))
    }).pipe(Effect.provide(scripted({ otherwise: [{ sleep: 1000 }] }, { rules: { boundsHidePending: false } }))))
})

describe("threads", () => {
  it.effect("4.13 are listed with the primary one first, as they were spawned, archived ones included", () =>
    Effect.gen(function*() {
      const id = yield* startSession()
      yield* TestClock.adjust("1 second")
      const url = `/v1/sessions/${id}/threads`
      const { data: [primary, one, two] } = yield* ok("GET", url)
      assert.deepStrictEqual([primary.parent_thread_id, one.parent_thread_id], [null, primary.id])
      yield* ok("POST", `${url}/${one.id}/archive`)
      const after = yield* ok("GET", url)
      assert.deepStrictEqual(ids(after), [primary.id, one.id, two.id])
      assert.strictEqual(after.data[1].status, "terminated")
      assert.deepStrictEqual(ids(yield* ok("GET", `${url}?statuses[]=terminated`)), [one.id])
      assert.deepStrictEqual(ids(yield* ok("GET", `${url}?statuses[]=idle&statuses[]=running`)), [primary.id, two.id])
      const page = yield* ok("GET", `${url}?limit=2`)
      assert.deepStrictEqual(ids(yield* ok("GET", `${url}?limit=2&page=${page.next_page}`)), [two.id])
    }).pipe(Effect.provide(delegating([{ say: "a" }], 2))))
})
