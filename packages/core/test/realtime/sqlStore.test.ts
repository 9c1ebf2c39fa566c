/** The laws of stores in databases whose clock cannot be turned, and what several connections and restarts do to them. */
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import { assertSome } from "@effect/vitest/utils"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as TestServices from "effect/TestServices"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import * as Ids from "../../src/Ids.ts"
import * as RateLimit from "../../src/RateLimit.ts"
import * as SqlStore from "../../src/SqlStore.ts"
import * as TurnStore from "../../src/TurnStore.ts"
import * as UserEvent from "../../src/UserEvent.ts"
import { sqlStoreLaws } from "../support/sqlStoreLaws.ts"
import { turnStoreLaws } from "../support/turnStoreLaws.ts"
import * as postgres from "../utils/postgres.ts"
import * as sqlite from "../utils/sqlite.ts"
import * as telemetry from "../utils/telemetry.ts"

const elapse = (duration: Duration.Duration) => TestServices.provideLive(Effect.sleep(duration))
const lease = Duration.millis(1500)

let prefixes = 0
/** The name of tables of their own, which are a store that is empty. */
const fresh = () => ({ prefix: `law${++prefixes}_` })

const turn = (id: string, sessionId: string): TurnStore.NewTurn => ({
  id,
  sessionId: Ids.SessionId.make(sessionId),
  input: [UserEvent.message("Go.")]
})

/** A store in a file that is opened for each operation, and closed after it: as if the process restarted at every step. */
const restarting = Layer.scoped(
  TurnStore.TurnStore,
  Effect.gen(function*() {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "sqlite-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
    )
    const open = Layer.provide(SqlStore.layer(), sqlite.layer(join(folder, "store.db")))
    yield* Effect.provide(SqlStore.migrate(), sqlite.layer(join(folder, "store.db")))
    const step = <A, E>(use: (store: TurnStore.Service) => Effect.Effect<A, E>) =>
      Effect.flatMap(TurnStore.TurnStore, use).pipe(
        Effect.provide(Layer.fresh(open)),
        Effect.catchTag("SqlStoreError", (error) => Effect.die(error))
      )
    return TurnStore.TurnStore.of({
      add: (turn) => step((store) => store.add(turn)),
      get: (id) => step((store) => store.get(id)),
      next: (id) => step((store) => store.next(id)),
      put: (owner, id, state, options) => step((store) => store.put(owner, id, state, options)),
      wake: (id) => step((store) => store.wake(id)),
      own: (id, owner) => step((store) => store.own(id, owner)),
      claim: (options) => step((store) => store.claim(options)),
      renew: (owned, expiresAfter) => step((store) => store.renew(owned, expiresAfter)),
      release: (owned) => step((store) => store.release(owned)),
      due: (options) => step((store) => store.due(options)),
      forget: (options) => step((store) => store.forget(options))
    })
  })
)

turnStoreLaws("SqlStore on SQLite, with a restart at every step", { layer: Layer.fresh(restarting), elapse, lease })

/** Tests that are skipped show as one. */
const onPostgres = (tests: () => void) =>
  postgres.available
    ? describe("PostgreSQL", tests)
    : it.skipIf(true)("PostgreSQL: there is none on this machine", () => {})

onPostgres(() => {
  const scope = Effect.runSync(Scope.make())
  let server: postgres.Postgres
  beforeAll(async () => {
    server = await Effect.runPromise(Scope.extend(postgres.make, scope))
  })
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  /** A client of its own, as another process has. */
  const client = (settings: PgClient.PgClientConfig = {}) =>
    Layer.suspend(() => Layer.fresh(PgClient.layer({ ...server.config, ...settings })))

  /** The store of another process, until the scope closes. */
  const another = (options: SqlStore.Options) =>
    Effect.map(
      Layer.build(Layer.provide(SqlStore.layer(options), client())),
      (context) => Context.get(context, TurnStore.TurnStore)
    )

  turnStoreLaws("SqlStore on PostgreSQL", {
    layer: Layer.suspend(() => {
      const options = fresh()
      return Layer.provideMerge(SqlStore.layer(options), Layer.effectDiscard(SqlStore.migrate(options)))
    }).pipe(Layer.fresh, Layer.provide(client())),
    elapse,
    lease
  })

  sqlStoreLaws("SqlStore on PostgreSQL", () => client({ maxConnections: 3 }), 8)

  /** A test with tables of its own. */
  const test = (
    name: string,
    self: (options: { readonly prefix: string }) => Effect.Effect<void, unknown, Scope.Scope>
  ) =>
    it.live(name, () =>
      Effect.suspend(() => {
        const options = fresh()
        return Effect.zipRight(Effect.provide(SqlStore.migrate(options), client()), Effect.scoped(self(options)))
      }))

  test("claims of eight connections never overlap, and miss none", (options) =>
    Effect.gen(function*() {
      const stores = yield* Effect.all(Array.from({ length: 8 }, () => another(options)))
      const [store] = stores
      if (store === undefined) return
      const sessions = Array.from({ length: 200 }, (_, n) => `sesn_${n}`)
      yield* Effect.forEach(sessions, (id) =>
        Effect.zipRight(store.add(turn(`1 of ${id}`, id)), store.add(turn(`2 of ${id}`, id))), { concurrency: 8 })
      const claims = yield* Effect.forEach(stores, (store, n) =>
        Effect.gen(function*() {
          const mine: Array<string> = []
          for (let empty = 0; empty < 3;) {
            const owned = yield* store.claim({ owner: `process ${n}`, expiresAfter: "5 minutes", limit: 7 })
            assert.isAtMost(owned.length, 7)
            if (owned.length === 0) {
              empty++
            }
            mine.push(...owned.map((owner) =>
              owner.sessionId
            ))
          }
          return mine
        }), { concurrency: "unbounded" })
      assert.deepStrictEqual(claims.flat().toSorted(), sessions.toSorted())
    }))

  test("nothing that an owner writes counts once another has taken over", (options) =>
    Effect.gen(function*() {
      const [one, other] = yield* Effect.all([another(options), another(options)])
      yield* one.add(turn("t1", "sesn_1"))
      const sessionId = Ids.SessionId.make("sesn_1")
      for (let round = 0; round < 40; round++) {
        const owner = yield* one.own(sessionId, "one")
        const state = (name: string): TurnStore.State => ({
          status: "running",
          wakes: 0,
          sent: [Ids.EventId.make(`${name} ${round}`)]
        })
        const late = yield* Effect.fork(Effect.forEach([1, 2, 3, 4], () => one.put(owner, "t1", state("late"))))
        const next = yield* other.own(sessionId, "other")
        yield* other.put(next, "t1", state("next"))
        yield* Fiber.await(late)
        assert.strictEqual((yield* Effect.flip(one.put(owner, "t1", state("late"))))._tag, "FencedOut")
        assertSome(yield* one.get("t1"), { ...turn("t1", "sesn_1"), ...state("next") })
      }
    }))

  test("clocks of processes may differ by ten minutes", (options) =>
    Effect.gen(function*() {
      const store = yield* another(options)
      yield* store.add(turn("t1", "sesn_1"))
      const clock = yield* Effect.clock
      const shifted = (minutes: number) =>
        Effect.withClock(Object.assign(Object.create(clock), {
          currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => now + minutes * 60_000),
          unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis() + minutes * 60_000
        }))
      const claim = (owner: string) => store.claim({ owner, expiresAfter: "1 minute", limit: 1 })
      const owned = yield* shifted(-10)(claim("slow"))
      assert.lengthOf(owned, 1)
      assert.lengthOf(yield* shifted(10)(claim("fast")), 0)
      assert.lengthOf(yield* shifted(10)(store.renew(owned, "1 minute")), 1)
    }))

  test("a restart of the database is a failure that may be tried again, and loses nothing", (options) =>
    Effect.gen(function*() {
      const store = yield* another(options)
      yield* store.add(turn("t1", "sesn_1"))
      const owner = yield* store.own(Ids.SessionId.make("sesn_1"), "one")
      const states: ReadonlyArray<string> = Array.from({ length: 200 }, (_, n) => `sevt_${n}`)
      let failures = 0
      const writing = yield* Effect.fork(
        Effect.forEach(
          states,
          (id) =>
            store.put(owner, "t1", { status: "running", wakes: 0, sent: [Ids.EventId.make(id)] }).pipe(
              Effect.tapError((error) =>
                Effect.sync(() => {
                  assert.isTrue(error.isRetryable, error.message)
                  failures++
                })
              ),
              Effect.retry({
                while: (error) => error.isRetryable,
                schedule: Schedule.spaced("50 millis")
              })
            )
        )
      )
      yield* server.stop
      const error = yield* Effect.flip(store.get("t1"))
      assert.deepInclude(error, { _tag: "TurnStoreError", reason: "Unavailable", isRetryable: true })
      assert.deepInclude(yield* Effect.flip(store.forget({ endedBefore: DateTime.unsafeMake(0) })), {
        reason: "Unavailable"
      })
      yield* server.start
      yield* Fiber.join(writing)
      assert.isAbove(failures, 0)
      assertSome(yield* store.get("t1"), {
        ...turn("t1", "sesn_1"),
        status: "running",
        wakes: 0,
        sent: [Ids.EventId.make("sevt_199")]
      })
    }))

  const limitOf = (options: SqlStore.RateLimitOptions) =>
    Effect.map(
      Effect.flatMap(Layer.build(Layer.provide(SqlStore.rateLimit(options), client())), (context) =>
        Effect.provide(RateLimit.Current, context)),
      (limit) =>
        limit ?? assert.fail("there is no limit")
    )

  test("one rate limit holds for all processes", (options) =>
    Effect.gen(function*() {
      const settings = { ...options, key: "org", writesPerMinute: 1200, burst: "100 millis" } as const
      const limits = yield* Effect.all(Array.from({ length: 3 }, () => limitOf(settings)))
      const start = yield* Clock.currentTimeMillis
      yield* Effect.all(
        limits.flatMap((limit) => Array.from({ length: 10 }, () => limit.take("write"))),
        { concurrency: "unbounded" }
      )
      // two come at once, and each of the others after its 50 ms
      assert.isAtLeast((yield* Clock.currentTimeMillis) - start, 28 * 50 - 100)
      // the other kind, and another key, are not used up
      const other = yield* limitOf({ ...settings, key: "other" })
      yield* other.take("write")
      // a pause that one was told of holds for all
      yield* limits[0]!.pause("read", "500 millis")
      const paused = yield* Clock.currentTimeMillis
      yield* limits[1]!.take("read")
      assert.isAtLeast((yield* Clock.currentTimeMillis) - paused, 400)
    }))

  test("a rate limit whose database gives no answer lets pass what one process may send", (options) =>
    Effect.gen(function*() {
      const { layer, lines } = telemetry.logger()
      const limit = yield* limitOf({ ...options, key: "org", writesPerMinute: 60, burst: "3 seconds" })
      yield* limit.take("write")
      yield* server.stop
      yield* Effect.repeatN(limit.take("write"), 2).pipe(Effect.provide(layer))
      assert.lengthOf(lines.filter((line) => line.startsWith("WARN The database gives no answer")), 1)
      const fourth = yield* Effect.fork(limit.take("write"))
      yield* Effect.sleep("100 millis")
      assert.isNull(yield* Fiber.poll(fourth).pipe(Effect.map((exit) => exit._tag === "None" ? null : exit)))
      yield* Fiber.interrupt(fourth)
      yield* server.start
    }))
})
