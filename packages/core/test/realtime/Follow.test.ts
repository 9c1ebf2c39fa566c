/** What following costs, what it remembers, and how it is left. */
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Supervisor from "effect/Supervisor"
import * as ApiClient from "../../src/ApiClient.ts"
import * as Cursor from "../../src/Cursor.ts"
import * as CursorStore from "../../src/CursorStore.ts"
import * as Event from "../../src/Event.ts"
import * as Events from "../../src/Events.ts"
import * as Follow from "../../src/Follow.ts"
import { SessionId } from "../../src/Ids.ts"
import { Position } from "../../src/internal/follow/position.ts"
import * as eagerClock from "../utils/eagerClock.ts"
import * as Replay from "../utils/Replay.ts"

const id = SessionId.make("run")

const smooth: Replay.ConnectionPlan = { before: 0, between: 0 }
const plain: Replay.Plan = { connections: [smooth], page: 1000, offsets: false, announce: false }

const replay = (plan: Partial<Replay.Plan> = {}) => {
  const replay = new Replay.Replay({ ...plain, ...plan })
  return { replay, layer: Replay.events(new Map([[id, replay]])) }
}

const events = (options?: Follow.Options) =>
  Stream.unwrap(Effect.map(Events.Events, (events) => events.follow(id, options)))

const heap = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

// valid, and too many to be validated
const event = (n: number) =>
  ({
    type: "span.model_request_start",
    id: `e${n}`,
    processed_at: new Date(n * 1000).toISOString()
  }) as unknown as Event.Event

const [leaves, warmUp] = process.env["ENDURANCE"] === "full" ? [20_000, 2000] : [5000, 1000]

describe("leaving", () => {
  it.effect(`${leaves} times leaves nothing behind`, () => {
    const { layer } = replay()
    return Effect.gen(function*() {
      const supervisor = yield* Supervisor.track
      const once = events().pipe(Stream.takeUntil((update) => update._tag === "CaughtUp"), Stream.runDrain)
      const many = (n: number) => Effect.supervised(Effect.repeatN(once, n - 1), supervisor)
      yield* many(warmUp)
      const before = heap()
      yield* many(leaves)
      // what is still there when it is over
      assert.isEmpty((yield* supervisor.value).filter((fiber) => Exit.isExit(Fiber.poll(fiber))))
      assert.isBelow(heap() - before, 200 * leaves)
    }).pipe(Effect.provide(layer), Effect.withClock(eagerClock.make()))
  })
})

describe("an update", () => {
  it.effect("is a plain object, however it was made", () => {
    const { layer } = replay()
    return Effect.gen(function*() {
      const updates = yield* Stream.runCollect(events())
      for (const update of updates) assert.strictEqual(Object.getPrototypeOf(update), Object.prototype, update._tag)
    }).pipe(Effect.provide(layer), Effect.withClock(eagerClock.make()))
  })
})

describe("a service that is down for a day", () => {
  it.effect("is asked about every ten seconds, in constant memory", () => {
    const { layer } = replay({ connections: [{ ...smooth, refuse: { request: "stream" } }] })
    return Effect.gen(function*() {
      const day = 86_400_000
      let elapsed = 0
      let attempts = 0
      let before = 0
      yield* events().pipe(
        Stream.takeWhile(() => elapsed < day),
        Stream.runForEach((update) =>
          Effect.sync(() => {
            if (update._tag !== "Reconnecting") return
            assert.strictEqual(update.attempt, ++attempts)
            elapsed += Duration.toMillis(update.delay)
            if (attempts === 4000) before = heap()
          })
        )
      )
      assert.isAbove(attempts, 7000)
      assert.isBelow(attempts, 11_000)
      assert.isBelow(heap() - before, 3_000_000)
    }).pipe(Effect.provide(layer), Effect.withClock(eagerClock.make()))
  })
})

describe("a connection that is lost every two minutes of a day", () => {
  it.effect("costs no event: neither one that it brings, nor one that happens meanwhile", () => {
    const times = 24 * 30
    const stored: Array<Event.Event> = []
    const happen = Effect.sync(() => {
      const next = event(stored.length)
      stored.push(next)
      return next
    })
    // one event comes at its end, another one when nobody listens
    const open = () =>
      Effect.succeed(
        Stream.concat(
          Stream.fromEffect(Effect.delay(happen, "2 minutes")),
          Stream.execute(happen)
        )
      )
    const call = (_: unknown, { query = {} }: { readonly query?: Event.ListParams }) =>
      Effect.sync(() => {
        // those of the last minutes are on the first page
        const data = query.order === "desc" ? stored.slice(-100).toReversed() : stored
        return { status: "idle", archived_at: null, data, next_page: query.order === "desc" ? "more" : null }
      })
    // only these are called; that what they answer is of the right type is seen from what comes of it
    const api = Layer.succeed(ApiClient.ApiClient, { call, open } as unknown as ApiClient.Service)
    return Effect.gen(function*() {
      let reconnects = 0
      const seen: Array<Event.Event> = []
      yield* events().pipe(
        Stream.takeUntil((update) => update._tag === "Reconnecting" && ++reconnects === times),
        Stream.runForEach((update) =>
          Effect.sync(() => {
            if (update._tag === "Event") seen.push(update.event)
          })
        )
      )
      assert.lengthOf(seen, 2 * times - 1)
      assert.deepStrictEqual(seen, stored.slice(0, -1))
    }).pipe(Effect.provide(Events.layer), Effect.provide(api), Effect.withClock(eagerClock.make()))
  })
})

describe("after a reconnect", () => {
  it.effect("only what may be new is listed, however long the history", () => {
    const history = Array.from({ length: 100_000 }, (_, n) => event(n))
    let connections = 0
    const listed: Array<number> = []
    const open = () =>
      Effect.sync(() => {
        connections++
        return connections === 1 ? Stream.make(event(100_000)) : Stream.never
      })
    const call = (_: unknown, { query = {} }: { readonly query?: Event.ListParams }) =>
      Effect.sync(() => {
        const all = connections === 1 ? history : [...history, event(100_000), event(100_001)]
        const found = query.order === "desc" ? all.toReversed() : all
        const from = typeof query.page === "string" ? Number(query.page) : 0
        const data = found.slice(from, from + (query.limit ?? 1000))
        if (connections > 1) listed.push(data.length)
        return { status: "idle", archived_at: null, data, next_page: String(from + data.length) }
      })
    // only these are called; that what they answer is of the right type is seen from what comes of it
    const api = Layer.succeed(ApiClient.ApiClient, { call, open } as unknown as ApiClient.Service)
    return Effect.gen(function*() {
      const seen = yield* events({ from: "now" }).pipe(
        Follow.history,
        Stream.take(2),
        Stream.runCollect
      )
      assert.deepStrictEqual(Chunk.toReadonlyArray(seen).map(Event.idOf), ["e100000", "e100001"] as never)
      assert.isAtMost(listed.reduce((sum, n) => sum + n, 0), 1000)
    }).pipe(Effect.provide(Events.layer), Effect.provide(api), Effect.withClock(eagerClock.make()))
  })

  it("the memory for what was delivered is bounded", () => {
    const position = new Position(Cursor.start, 100)
    for (let n = 0; n < 10_000; n++) assert.strictEqual(position.live(event(n)), "processed")
    let known = 0
    for (let n = 0; n < 10_000; n++) if (position.knows(`e${n}`)) known++
    assert.isAtMost(known, 202)
    for (let n = 0; n < 10_000; n++) assert.isUndefined(position.live(event(n)))
  })

  it("an input is known by its id, although it is stamped again and others end alike", () => {
    for (const remember of [1, 100, 3000]) {
      const position = new Position(Cursor.start, remember)
      const input = (n: number, at: number) =>
        ({ ...event(at), type: "user.interrupt", id: `${n}-input` }) as Event.Event
      for (let n = 0; n < 5000; n++) assert.strictEqual(position.live(input(n, n)), "processed")
      for (let n = 5000 - remember; n < 5000; n++) assert.isUndefined(position.live(input(n, 10_000)))
    }
  })
})

describe("a cursor", () => {
  it("knows the same as a follower, whatever the order of the events", () => {
    FastCheck.assert(FastCheck.property(
      FastCheck.array(FastCheck.integer({ min: 0, max: 300 }), { maxLength: 400 }),
      (numbers) => {
        const position = new Position(Cursor.start, 1000)
        let cursor = Cursor.start
        for (const n of numbers) {
          position.live(event(n))
          cursor = Cursor.add(cursor, event(n))
        }
        assert.isAtMost(cursor.read.length, Cursor.size)
        // who goes on from the cursor takes none of these for new
        const resumed = new Position(cursor, 1000)
        for (const n of new Set(numbers)) assert.isUndefined(resumed.listed(event(n), { anchored: false }))
        assert.deepStrictEqual(Schema.decodeSync(Cursor.Cursor)(JSON.parse(JSON.stringify(cursor))), cursor)
      }
    ))
  })

  it.effect("goes on where a consumer has left off, after every event", () =>
    Effect.gen(function*() {
      for (let leave = 1; leave <= Replay.stored.length; leave++) {
        const seen: Array<Event.Event> = []
        const run = (take: number) =>
          CursorStore.follow("key", (cursor) => events({ from: cursor ?? "start" })).pipe(
            Stream.filter(({ update }) => update._tag === "Event" && update.state === "processed"),
            Stream.take(take),
            Stream.runForEach(({ acknowledge, update }) =>
              Effect.zipRight(
                Effect.sync(() => {
                  if (update._tag === "Event") seen.push(update.event)
                }),
                acknowledge
              )
            ),
            Effect.provide(
              replay({ connections: [{ ...smooth, before: 30, end: { bytes: 900 + leave, how: "break" } }, smooth] })
                .layer
            )
          )
        yield* Effect.zipRight(run(leave), run(1000)).pipe(Effect.provide(CursorStore.layerMemory))
        assert.deepStrictEqual(seen.map(Event.idOf), Replay.stored.map(Event.idOf))
      }
    }).pipe(Effect.withClock(eagerClock.make())))
})

describe("several consumers", () => {
  const updates = Array.from({ length: 100 }, (_, n): Follow.Update => ({
    _tag: "Event",
    event: event(n),
    state: "processed"
  }))
  const numbers = (seen: Chunk.Chunk<Follow.Update>) =>
    Chunk.toReadonlyArray(seen).map((update) =>
      update._tag === "Event"
        ? Number(Event.idOf(update.event)?.slice(1))
        : `${update._tag} ${"missing" in update ? update.missing : ""}`
    )
  const split = (strategy: Follow.Overflow["strategy"]) =>
    Effect.gen(function*() {
      const [one, two] = yield* Stream.fromIterable(updates).pipe(
        Stream.rechunk(7),
        Follow.broadcast(2, { capacity: 10, strategy })
      )
      const fast = yield* Effect.fork(Stream.runCollect(one))
      const slow = yield* Effect.fork(
        Stream.runCollect(Stream.mapEffect(two, (update) => Effect.as(Effect.sleep(1), update)))
      )
      return [numbers(yield* Fiber.join(fast)), numbers(yield* Fiber.join(slow))] as const
    }).pipe(Effect.scoped, Effect.withClock(eagerClock.make()))
  const all = updates.map((_, n) => n)

  it.effect("that wait for each other all get everything", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* split("suspend"), [all, all])
    }))

  it.effect.each(["sliding", "dropping"] as const)(
    "that do not wait are told what they have missed: %s",
    (strategy) =>
      Effect.gen(function*() {
        const [, slow] = yield* split(strategy)
        let next = 0
        for (const item of slow) {
          if (typeof item === "number") {
            assert.strictEqual(item, next)
            next++
          } else next += Number(item.split(" ")[1])
        }
        assert.strictEqual(next, 100)
        assert.isTrue(slow.some((item) => typeof item === "string"))
      })
  )

  it.effect("go on when one leaves", () =>
    Effect.gen(function*() {
      const [one, two] = yield* Stream.fromIterable(updates).pipe(
        Follow.broadcast(2, { capacity: 1, strategy: "suspend" })
      )
      const rest = yield* Effect.fork(Stream.runCollect(one))
      assert.deepStrictEqual(numbers(yield* Stream.runCollect(Stream.take(two, 3))), [0, 1, 2])
      assert.deepStrictEqual(numbers(yield* Fiber.join(rest)), all)
    }).pipe(Effect.scoped))
})
