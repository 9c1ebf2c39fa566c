import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as TestClock from "effect/TestClock"
import * as wire from "../src/internal/http/wire.ts"
import * as Simulator from "../src/Simulator.ts"
import { createSession, eventsOf, layer, message, ok, refusal, send } from "./utils/wire.ts"

const ids = (page: { readonly data: ReadonlyArray<{ readonly id: string }> }) => page.data.map((item) => item.id)

/** Creates sessions a second apart. */
const createSessions = (n: number, more: object = {}) =>
  Effect.gen(function*() {
    const created: Array<string> = []
    for (let i = 0; i < n; i++) {
      yield* TestClock.adjust("1 second")
      created.push(yield* createSession({ title: String(i), ...more }))
    }
    return created
  })

const list = (query: Record<string, string | number> = {}) =>
  ok("GET", `/v1/sessions?${new URLSearchParams(Object.entries(query).map(([k, v]) => [k, String(v)]))}`)

describe("pages", () => {
  interface Item {
    readonly key: readonly [number, number]
  }

  const items = FastCheck.uniqueArray(FastCheck.tuple(FastCheck.nat(5), FastCheck.nat(20)), {
    selector: (key) => key.join(),
    maxLength: 30
  }).map((keys) => [...keys].sort((a, b) => a[0] - b[0] || a[1] - b[1]).map((key): Item => ({ key })))

  const cut = (all: ReadonlyArray<Item>, order: wire.Order, limit: number, page: string | undefined) => {
    const cursor = page === undefined ? undefined : wire.decodeCursor(page, "list", order)
    if (cursor?._tag === "Left") throw new Error(cursor.left.message)
    return wire.paginate(all, {
      list: "list",
      order,
      limit,
      cursor: cursor?.right,
      key: (item) => item.key,
      bidirectional: true
    })
  }

  it.prop(
    "walked in either direction yield the list",
    [items, FastCheck.constantFrom("asc" as const, "desc" as const), FastCheck.integer({ min: 1, max: 7 })],
    ([all, order, limit]) => {
      const wanted = order === "asc" ? all : [...all].reverse()
      const forward: Array<Item> = []
      let page = cut(all, order, limit, undefined)
      const pages = [page]
      assert.notProperty(page, "prev_page")
      forward.push(...page.data)
      while (page.next_page !== undefined) {
        page = cut(all, order, limit, page.next_page)
        assert.isAbove(page.data.length, 0)
        assert.property(page, "prev_page")
        pages.push(page)
        forward.push(...page.data)
      }
      assert.deepStrictEqual(forward, wanted)
      for (let i = pages.length - 1; i > 0; i--) {
        page = cut(all, order, limit, pages[i]!.prev_page)
        assert.deepStrictEqual(page.data, pages[i - 1]!.data)
        assert.strictEqual(page.prev_page === undefined, i === 1)
      }
    }
  )

  it.prop(
    "lose and repeat nothing that is there throughout when items come and go",
    [items, items, FastCheck.integer({ min: 1, max: 7 })],
    ([before, after, limit]) => {
      const first = cut(before, "asc", limit, undefined)
      if (first.next_page === undefined) return
      const rest: Array<string> = []
      let next: string | undefined = first.next_page
      while (next !== undefined) {
        const page = cut(after, "asc", limit, next)
        rest.push(...page.data.map((item) => item.key.join()))
        next = page.next_page
      }
      const seen = new Set(first.data.map((item) => item.key.join()))
      const stable = before.map((item) => item.key.join()).filter((key) =>
        after.some((item) => item.key.join() === key)
      )
      for (const key of stable) assert.isTrue(seen.has(key) !== rest.includes(key))
    }
  )
})

describe("the list of sessions", () => {
  it.effect("4.1, 4.2, 4.3 is newest first, and pages both ways", () =>
    Effect.gen(function*() {
      const [a, b, c, d, e] = yield* createSessions(5)
      const one = yield* list({ limit: 2 })
      assert.deepStrictEqual(ids(one), [e, d])
      assert.notProperty(one, "prev_page")
      const two = yield* list({ limit: 2, page: one.next_page })
      assert.deepStrictEqual(ids(two), [c, b])
      const three = yield* list({ limit: 2, page: two.next_page })
      assert.deepStrictEqual(ids(three), [a])
      assert.notProperty(three, "next_page")
      assert.deepStrictEqual(yield* list({ limit: 2, page: two.prev_page }), one)
      assert.deepStrictEqual(ids(yield* list({ limit: 2, page: three.prev_page })), [c, b])
      assert.deepStrictEqual(ids(yield* list({ order: "asc" })), [a, b, c, d, e])
      // the SDK writes a null cursor as an empty one
      assert.deepStrictEqual(yield* list({ limit: 2, page: "" }), one)
    }).pipe(Effect.provide(layer())))

  it.effect("4.15, 4.16, 4.17 cursors know their list and order", () =>
    Effect.gen(function*() {
      yield* createSessions(3)
      const { next_page } = yield* list({ limit: 1 })
      assert.strictEqual(
        yield* refusal("GET", `/v1/sessions?order=asc&page=${next_page}`),
        "400 invalid_request_error: page token order does not match request"
      )
      const garbage = "400 invalid_request_error: invalid page cursor"
      assert.strictEqual(yield* refusal("GET", "/v1/sessions?page=garbage"), garbage)
      assert.strictEqual(yield* refusal("GET", "/v1/sessions?page=page_garbage"), garbage)
      const id = yield* createSession()
      assert.strictEqual(yield* refusal("GET", `/v1/sessions/${id}/events?order=desc&page=${next_page}`), garbage)
      assert.strictEqual(
        yield* refusal("GET", `/v1/sessions?page=${next_page}&created_at[lt]=1970-01-01T00:00:01Z`),
        "400 invalid_request_error: page cursor is outside of the created_at bounds"
      )
      assert.strictEqual((yield* list({ limit: 2, page: next_page })).data.length, 2)
    }).pipe(Effect.provide(layer())))

  it.effect("4.4, 4.5 filters", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const [a, b] = yield* createSessions(2)
      yield* simulator.putAgent("agent_1", { agent: { name: "Second" } })
      const [c] = yield* createSessions(1, { resources: [{ type: "memory_store", memory_store_id: "memstore_1" }] })
      assert.deepStrictEqual(ids(yield* list({ agent_id: "agent_1" })), [c, b, a])
      assert.deepStrictEqual(ids(yield* list({ agent_id: "agent_1", agent_version: 1 })), [b, a])
      assert.deepStrictEqual(ids(yield* list({ agent_id: "agent_2" })), [])
      assert.deepStrictEqual(ids(yield* list({ memory_store_id: "memstore_1" })), [c])
      assert.deepStrictEqual(ids(yield* list({ deployment_id: "depl_1" })), [])
      assert.deepStrictEqual(ids(yield* list({ "created_at[gt]": "1970-01-01T00:00:01Z" })), [c, b])
      assert.deepStrictEqual(ids(yield* list({ "created_at[gte]": "1970-01-01T00:00:01.000Z" })), [c, b, a])
      assert.deepStrictEqual(ids(yield* list({ "created_at[lt]": "1970-01-01T01:00:02+01:00" })), [a])
      assert.deepStrictEqual(ids(yield* list({ "created_at[lte]": "1970-01-01T00:00:02Z" })), [b, a])
      assert.match(yield* refusal("GET", "/v1/sessions?agent_version=1"), /^400 .*agent_version: /)
    }).pipe(Effect.provide(layer())))

  it.effect("4.18, 4.19 hides what has ended unless asked", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const [live, archived, dead] = yield* createSessions(3)
      yield* ok("POST", `/v1/sessions/${archived}/archive`)
      yield* simulator.putAgent("agent_1", {
        script: { otherwise: [{ fail: { type: "unknown_error", retry_status: "terminal" } }] }
      })
      yield* send(dead!, message("x"))
      assert.deepStrictEqual(ids(yield* list()), [live])
      assert.deepStrictEqual(ids(yield* list({ include_archived: "false" })), [live])
      assert.deepStrictEqual(ids(yield* list({ include_archived: "true" })), [dead, archived, live])
      assert.deepStrictEqual(ids(yield* list({ "statuses[]": "terminated" })), [dead, archived])
      assert.deepStrictEqual(
        ids(yield* ok("GET", "/v1/sessions?statuses%5B%5D=idle&statuses%5B%5D=running")),
        [live]
      )
    }).pipe(Effect.provide(layer())))

  it.effect("4.20 is strict about its query", () =>
    Effect.gen(function*() {
      assert.match(
        yield* refusal("GET", "/v1/sessions?statuses=idle"),
        /^400 invalid_request_error: Invalid query parameter `statuses`\. Valid parameters: .*`statuses\[\]`/
      )
      assert.match(
        yield* refusal("GET", "/v1/sessions?statuses[]=idle&statuses[]=busy"),
        /^400 .*statuses\[1\]: expected one of/
      )
      assert.match(yield* refusal("GET", "/v1/sessions?limit=abc"), /^400 .*limit: expected a number/)
      assert.match(yield* refusal("GET", "/v1/sessions?limit=0"), /^400 .*limit: /)
      assert.match(yield* refusal("GET", "/v1/sessions?limit=101"), /^400 .*limit: must be at most 100/)
      assert.match(yield* refusal("GET", "/v1/sessions?order=up"), /^400 .*order: /)
      assert.match(yield* refusal("GET", "/v1/sessions?include_archived=yes"), /^400 .*include_archived: /)
      assert.match(yield* refusal("GET", "/v1/sessions?created_at[gt]=yesterday"), /^400 .*created_at\[gt\]: /)
      assert.match(yield* refusal("GET", "/v1/sessions/sesn_1?limit=1"), /^400 .*`limit`.*none/)
    }).pipe(Effect.provide(layer())))

  it.effect("4.7 has twenty sessions on a page unless asked", () =>
    Effect.gen(function*() {
      for (let i = 0; i < 21; i++) yield* createSession()
      const page = yield* list()
      assert.strictEqual(page.data.length, 20)
      assert.strictEqual((yield* list({ page: page.next_page })).data.length, 1)
    }).pipe(Effect.provide(layer())))
})

describe("the list of events", () => {
  const setup = Effect.gen(function*() {
    const id = yield* createSession()
    yield* send(id, message("one"))
    yield* TestClock.adjust("1 minute")
    yield* send(id, message("two"))
    return { id, url: `/v1/sessions/${id}/events`, all: yield* eventsOf(id) }
  })

  it.effect("4.8 is oldest first, or newest first, in pages", () =>
    Effect.gen(function*() {
      const { all, url } = yield* setup
      assert.strictEqual(all.length, 18)
      assert.deepStrictEqual((yield* ok("GET", `${url}?order=desc`)).data, [...all].reverse())
      for (const order of ["asc", "desc"]) {
        const walked: Array<unknown> = []
        let next = ""
        do {
          const page = yield* ok("GET", `${url}?order=${order}&limit=7&page=${next}`)
          assert.notProperty(page, "prev_page")
          walked.push(...page.data)
          next = page.next_page ?? ""
        } while (next !== "")
        assert.deepStrictEqual(walked, order === "asc" ? all : [...all].reverse())
      }
      const { next_page } = yield* ok("GET", `${url}?limit=1`)
      assert.match(yield* refusal("GET", `${url}?order=desc&page=${next_page}`), /order does not match/)
    }).pipe(Effect.provide(layer())))

  it.effect("4.9, 4.10 filters by type and by time of processing", () =>
    Effect.gen(function*() {
      const { all, url } = yield* setup
      const of = (query: string) => Effect.map(ok("GET", `${url}?${query}`), (page) => page.data)
      assert.deepStrictEqual(yield* of("types[]=user.message"), all.filter((event) => event.type === "user.message"))
      assert.deepStrictEqual(
        yield* of("types%5B%5D=agent.message&types%5B%5D=session.status_idle&limit=3"),
        all.filter((event) => event.type === "agent.message" || event.type === "session.status_idle").slice(0, 3)
      )
      assert.deepStrictEqual(yield* of("created_at[gte]=1970-01-01T00:01:00Z"), all.slice(9))
      assert.deepStrictEqual(
        yield* of(`created_at[gt]=${all[3].processed_at}&created_at[lt]=${all[6].processed_at}`),
        all.slice(4, 6)
      )
      assert.match(yield* refusal("GET", `${url}?types[]=session.deleted`), /^400 .*types\[0\]/)
      assert.match(yield* refusal("GET", `${url}?types[]=user.massage`), /^400 .*types\[0\]/)
      assert.match(yield* refusal("GET", `${url}?types=user.message`), /^400 .*`types\[\]`/)
    }).pipe(Effect.provide(layer())))

  it.effect("4.21, 4.22 ends with what waits, which no bound on time finds", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const url = `/v1/sessions/${id}/events`
      yield* send(id, message("one"))
      yield* send(id, message("two"))
      yield* send(id, message("three"))
      const all = yield* eventsOf(id)
      assert.deepStrictEqual(all.slice(4).map((event) => [event.type, event.processed_at]), [
        ["user.message", undefined],
        ["user.message", undefined]
      ])
      assert.deepStrictEqual((yield* ok("GET", `${url}?created_at[gte]=1970-01-01T00:00:00Z`)).data, all.slice(0, 4))
      // a cursor behind what waits misses nothing that happens before the next page is read
      const page = yield* ok("GET", `${url}?limit=5`)
      yield* TestClock.adjust("1 second")
      const rest = yield* ok("GET", `${url}?limit=100&page=${page.next_page}`)
      assert.deepStrictEqual(rest.data, (yield* eventsOf(id)).slice(4))
    }).pipe(Effect.provide(layer({ script: { otherwise: [{ sleep: 1000 }] } }))))

  it.effect("4.21 page by page in either order, of whatever size, with what waits, are the whole", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      for (const text of ["one", "two", "three", "four", "five"]) yield* send(id, message(text))
      const all = yield* eventsOf(id)
      assert.lengthOf(all.filter((event) => event.processed_at === undefined), 4)
      const kinds = [undefined, "user.message", "session.status_running"]
      for (const order of ["asc", "desc"]) {
        for (const kind of kinds) {
          const filter = kind === undefined ? "" : `&types[]=${kind}`
          const wanted = all.filter((event) => kind === undefined || event.type === kind)
          for (let limit = 1; limit <= wanted.length + 1; limit++) {
            const seen: Array<unknown> = []
            let page: string | undefined
            do {
              const next = page === undefined ? "" : `&page=${page}`
              const answer = yield* ok(
                "GET",
                `/v1/sessions/${id}/events?order=${order}&limit=${limit}${filter}${next}`
              )
              assert.isNotEmpty(answer.data)
              seen.push(...answer.data)
              page = answer.next_page
            } while (page !== undefined)
            assert.deepStrictEqual(seen, order === "asc" ? wanted : wanted.toReversed())
          }
        }
      }
    }).pipe(Effect.provide(layer({ script: { otherwise: [{ sleep: 1000 }] } }))))
})
