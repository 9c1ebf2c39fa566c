/** What holds for a SqlStore in every database that it supports, beside the laws of every TurnStore. */
import * as Migrator from "@effect/sql/Migrator"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { assertNone, assertSome } from "@effect/vitest/utils"
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Cursor from "../../src/Cursor.ts"
import * as CursorStore from "../../src/CursorStore.ts"
import { EventId, SessionId } from "../../src/Ids.ts"
import * as Journal from "../../src/Journal.ts"
import * as PendingAction from "../../src/PendingAction.ts"
import * as SqlStore from "../../src/SqlStore.ts"
import * as TurnRecord from "../../src/TurnRecord.ts"
import * as TurnStore from "../../src/TurnStore.ts"
import * as UserEvent from "../../src/UserEvent.ts"
import * as telemetry from "../utils/telemetry.ts"

const sessionId = SessionId.make("sesn_1")
const call: Journal.Call = { sessionId, id: EventId.make("sevt_1") }
const secret = "the patient's name"
const turn: TurnStore.NewTurn = { id: "t1", sessionId, input: [UserEvent.message(secret)] }
const ran: Journal.Entry = { _tag: "Ran", result: PendingAction.result(secret) }
const ended: TurnStore.State = {
  status: "ended",
  wakes: 0,
  record: TurnRecord.failed(sessionId, { _tag: "InvalidRequest", message: secret })
}

type Stores = TurnStore.TurnStore | CursorStore.CursorStore | SqlClient.SqlClient

/**
 * Runs them against a database, whose layer is another connection to it each time. Connections that stop the whole process
 * while they wait for each other are used one after the other.
 */
export const sqlStoreLaws = <E>(
  name: string,
  database: () => Layer.Layer<SqlClient.SqlClient, E>,
  concurrency: number
): void => {
  let prefixes = 0
  /** A test with tables of its own. */
  const law = (
    name: string,
    test: (options: { readonly prefix: string }) => Effect.Effect<void, unknown, SqlClient.SqlClient>
  ) =>
    it.live(name, () =>
      Effect.suspend(() => {
        const options = { prefix: `law_${++prefixes}_` }
        return Effect.zipRight(SqlStore.migrate(options), test(options)).pipe(Effect.provide(database()))
      }), 30_000)

  /** The same with a store on them. */
  const stored = (name: string, test: (prefix: string) => Effect.Effect<void, unknown, Stores>) =>
    law(name, (options) => Effect.provide(test(options.prefix), SqlStore.layer(options)))

  const all = Effect.all([SqlClient.SqlClient, TurnStore.TurnStore, Journal.Journal, CursorStore.CursorStore])

  describe(`${name}: calls and cursors`, () => {
    stored("the last entry of a call is known, and of a forgotten session none", () =>
      Effect.gen(function*() {
        const [, , journal] = yield* all
        const other = { ...call, sessionId: SessionId.make("sesn_2") }
        assertNone(yield* journal.get(call))
        const entries: ReadonlyArray<Journal.Entry> = [
          { _tag: "Decided", decision: PendingAction.deny("No.") },
          { _tag: "Started", fence: 3 },
          ran,
          { _tag: "Rejected", detail: "no" },
          { _tag: "Posted" }
        ]
        for (const entry of entries) {
          yield* journal.put(call, entry)
          assertSome(yield* journal.get(call), entry)
        }
        yield* journal.put(other, ran)
        yield* journal.put(call, { _tag: "Decided", decision: PendingAction.allow })
        assertSome(yield* journal.get(call), { _tag: "Posted" })
        yield* journal.forget("sesn_1")
        assertNone(yield* journal.get(call))
        assertSome(yield* journal.get(other), ran)
      }))

    stored("the last cursor is known, until it is removed", () =>
      Effect.gen(function*() {
        const [, , , cursors] = yield* all
        const cursor: Cursor.Cursor = { ...Cursor.start, queued: ["sevt_9"] }
        assertNone(yield* cursors.get("k"))
        yield* cursors.set("k", Cursor.start)
        yield* cursors.set("k", cursor)
        assertSome(yield* cursors.get("k"), cursor)
        assertNone(yield* cursors.get("other"))
        yield* cursors.remove("k")
        assertNone(yield* cursors.get("k"))
      }))

    stored("whoever is fenced out changes no turn, call or cursor", () =>
      Effect.gen(function*() {
        const [, turns, , cursors] = yield* all
        yield* turns.add(turn)
        const old = yield* turns.own(sessionId, "a")
        // not the journal of this process, which knows by itself that there is another owner
        const fresh = (owner: { readonly sessionId: SessionId; readonly fence: number }) =>
          Effect.map(Journal.Journal, (journal) => Journal.ownedBy(journal, owner))
        yield* Effect.flatMap(fresh(old), (journal) => journal.put(call, { _tag: "Started" }))
        yield* cursors.set("k", Cursor.start, old)
        const present = yield* turns.own(sessionId, "b")
        const errors = [
          yield* Effect.flip(turns.put(old, "t1", ended)),
          yield* Effect.flip(Effect.flatMap(fresh(old), (journal) => journal.put(call, ran))),
          yield* Effect.flip(Effect.flatMap(
            fresh(old),
            (journal) => journal.put(call, { _tag: "Decided", decision: PendingAction.allow })
          )),
          yield* Effect.flip(cursors.set("k", { ...Cursor.start, queued: ["sevt_9"] }, old)),
          yield* Effect.flip(cursors.set("new", Cursor.start, { sessionId: SessionId.make("sesn_9"), fence: 1 }))
        ]
        for (const error of errors) {
          assert.isFalse(error.isRetryable)
          assert.strictEqual("reason" in error ? error.reason : error._tag, "FencedOut")
        }
        assertSome(yield* turns.get("t1"), { ...turn, status: "queued", wakes: 0 })
        const journal = yield* fresh(present)
        assertSome(yield* journal.get(call), { _tag: "Started", fence: old.fence })
        assertSome(yield* cursors.get("k"), Cursor.start)
        assertNone(yield* cursors.get("new"))
        yield* journal.put(call, ran)
        yield* cursors.set("k", { ...Cursor.start, queued: ["sevt_9"] }, present)
        assertSome(yield* journal.get(call), ran)
      }))

    stored("texts of any kind come back as they were", () =>
      Effect.gen(function*() {
        const [, turns, journal] = yield* all
        const text = "\0 \ud800 \u{1f600} \\u0000 ' \" $1 ? {}"
        const input = [UserEvent.message(text)]
        yield* turns.add({ ...turn, input })
        yield* turns.add({ ...turn, input })
        assert.deepStrictEqual(Option.getOrThrow(yield* turns.get("t1")).input, input)
        const entry: Journal.Entry = { _tag: "Ran", result: PendingAction.result(text) }
        yield* journal.put(call, entry)
        assertSome(yield* journal.get(call), entry)
        const id = "' OR 1 = 1; -- $1 ? \u{1f600}"
        yield* turns.add({ ...turn, id })
        assert.strictEqual(Option.getOrThrow(yield* turns.get(id)).id, id)
        for (const bad of ["", "a\0", "\ud800"]) {
          assert.strictEqual((yield* Effect.flip(turns.add({ ...turn, id: bad }))).reason, "Malformed")
        }
      }))
  })

  describe(`${name}: rows that cannot be read`, () => {
    const newer = "UPDATE <table> SET version = 2"
    const torn: ReadonlyArray<readonly [string, string]> = [
      ["turns", newer],
      ["turns", "UPDATE <table> SET input = substr(input, 1, length(input) - 3)"],
      ["turns", `UPDATE <table> SET state = '{"record":{"version":2,"_tag":"EndTurn"}}'`],
      ["turns", "UPDATE <table> SET state = '[]', status = 'lost'"],
      ["calls", newer],
      ["calls", "UPDATE <table> SET entry = substr(entry, 1, length(entry) - 3)"],
      ["calls", `UPDATE <table> SET entry = '{"_tag":"Dreamt"}'`],
      ["cursors", "UPDATE <table> SET cursor = substr(cursor, 1, length(cursor) - 3)"],
      ["cursors", `UPDATE <table> SET cursor = '{"version":2}'`]
    ]
    stored("are errors that name them, without their content, and stay", (prefix) =>
      Effect.gen(function*() {
        const [sql, turns, journal, cursors] = yield* all
        for (const [table, change] of torn) {
          yield* sql.unsafe(`DELETE FROM ${prefix}turns`)
          yield* sql.unsafe(`DELETE FROM ${prefix}calls`)
          yield* turns.add(turn)
          yield* journal.put(call, ran)
          yield* cursors.set("sesn_1", { ...Cursor.start, queued: [secret] })
          yield* sql.unsafe(change.replace("<table>", `${prefix}${table}`))
          const before = yield* sql.unsafe(`SELECT * FROM ${prefix}${table}`)
          const reads: {
            readonly [table: string]: ReadonlyArray<
              Effect.Effect<unknown, TurnStore.TurnStoreError | Journal.JournalError | CursorStore.CursorStoreError>
            >
          } = {
            turns: [turns.get("t1"), turns.next(sessionId), turns.add(turn)],
            calls: [journal.get(call)],
            cursors: [cursors.get("sesn_1")]
          }
          for (const read of reads[table] ?? []) {
            // a state that is none of a turn does not show in a turn that is queued
            const error = yield* Effect.flip(read)
            assert.deepInclude(error, { reason: "Malformed", isRetryable: false }, change)
            const key = table === "turns" ? "t1" : table === "calls" ? "sevt_1" : "sesn_1"
            assert.include(error.message, key)
            assert.notInclude(JSON.stringify(error) + error.message + Cause.pretty(Cause.fail(error)), secret)
            if (change === newer) assert.include(error.message, "version 2")
          }
          assert.deepEqual(yield* sql.unsafe(`SELECT * FROM ${prefix}${table}`), before)
        }
      }))
  })

  describe(`${name}: tables`, () => {
    const versionOf = (prefix: string) =>
      Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(`SELECT version, oldest FROM ${prefix}schema`))

    law("are made by any number of processes at the same time", ({ prefix }) =>
      Effect.gen(function*() {
        const options = { prefix: `${prefix}new_` }
        yield* Effect.all(
          Array.from({ length: 8 }, () => Effect.provide(SqlStore.migrate(options), database())),
          { concurrency }
        )
        assert.deepEqual(yield* versionOf(options.prefix), [{ version: 1, oldest: 1 }])
        yield* Effect.provide(TurnStore.TurnStore, SqlStore.layer(options))
      }))

    law("are made by a program's own migrator as well", ({ prefix }) =>
      Effect.gen(function*() {
        const options = { prefix: `${prefix}own_` }
        const run = Migrator.make({})({
          loader: Migrator.fromRecord(SqlStore.migrations(options)),
          table: `${prefix}migrations`
        })
        assert.lengthOf(yield* run, 1)
        assert.lengthOf(yield* run, 0)
        yield* SqlStore.migrate(options)
        assert.deepEqual(yield* versionOf(options.prefix), [{ version: 1, oldest: 1 }])
        yield* Effect.provide(TurnStore.TurnStore, SqlStore.layer(options))
      }))

    law("that are not there are an error that says how to make them", ({ prefix }) =>
      Effect.gen(function*() {
        const options = { prefix: `${prefix}none_` }
        const error = yield* Effect.flip(Layer.build(SqlStore.layer(options)))
        assert.deepInclude(error, { _tag: "SqlStoreError", reason: "NotMigrated", isRetryable: false })
        assert.include(error.message, "SqlStore.migrate")
      }).pipe(Effect.scoped))

    law(
      "of a newer version are an error, unless they can be used, and stay as they are",
      ({ prefix }) =>
        Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          yield* sql.unsafe(`UPDATE ${prefix}schema SET version = 3, oldest = 1`)
          yield* SqlStore.migrate({ prefix })
          yield* Layer.build(SqlStore.layer({ prefix }))
          yield* sql.unsafe(`UPDATE ${prefix}schema SET version = 3, oldest = 2`)
          const errors = [
            yield* Effect.flip(SqlStore.migrate({ prefix })),
            yield* Effect.flip(Layer.build(SqlStore.layer({ prefix })))
          ]
          for (const error of errors) {
            assert.strictEqual(error.reason, "NewerVersion")
            assert.include(error.message, "are of version 3, and this library knows version 1")
          }
          assert.deepEqual(yield* versionOf(prefix), [{ version: 3, oldest: 2 }])
        }).pipe(Effect.scoped)
    )

    law(
      "that vanish while the program runs are an error that says how to make them",
      ({ prefix }) =>
        Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          const turns = yield* TurnStore.TurnStore
          yield* sql.unsafe(`DROP TABLE ${prefix}turns`)
          const error = yield* Effect.flip(turns.get("t1"))
          assert.deepInclude(error, { reason: "Malformed", isRetryable: false })
          assert.include(error.message, "SqlStore.migrate")
        }).pipe(Effect.provide(SqlStore.layer({ prefix })))
    )

    law("of two programs in one database do not meet", ({ prefix }) =>
      Effect.gen(function*() {
        const other = { prefix: `${prefix}other_` }
        yield* SqlStore.migrate(other)
        const mine = yield* Effect.provide(TurnStore.TurnStore, SqlStore.layer({ prefix }))
        const theirs = yield* Effect.provide(TurnStore.TurnStore, SqlStore.layer(other))
        yield* mine.add(turn)
        assertNone(yield* theirs.get("t1"))
        assert.deepStrictEqual(yield* theirs.claim({ owner: "x", expiresAfter: "1 minute", limit: 9 }), [])
        yield* theirs.own(sessionId, "x")
        assert.lengthOf(yield* mine.claim({ owner: "y", expiresAfter: "1 minute", limit: 9 }), 1)
      }))

    law("of one application are refused to another, which takes nothing of it", ({ prefix }) =>
      Effect.gen(function*() {
        const own = { prefix, application: "the desk's" }
        const build = (options: SqlStore.Options) => Effect.scoped(Layer.build(SqlStore.layer(options)))
        // a store from before it was named becomes its own, whoever does it first
        yield* build({ prefix })
        yield* Effect.provide(Effect.flatMap(TurnStore.TurnStore, (turns) => turns.add(turn)), SqlStore.layer(own))
        yield* SqlStore.migrate(own)
        yield* SqlStore.migrate({ prefix })
        yield* build(own)
        for (const application of ["Shop", "", undefined]) {
          const other = { prefix, application }
          const errors = [
            yield* Effect.flip(application === undefined ? build(other) : SqlStore.migrate(other)),
            yield* Effect.flip(build(other))
          ]
          for (const error of errors) {
            assert.deepInclude(error, { _tag: "SqlStoreError", reason: "OtherApplication", isRetryable: false })
            assert.include(error.message, `the tables ${prefix}… belong to the application "the desk's"`)
            assert.include(error.message, application === undefined ? "has no name" : JSON.stringify(application))
          }
        }
        const stored = yield* Effect.provide(
          Effect.flatMap(TurnStore.TurnStore, (turns) => turns.get("t1")),
          SqlStore.layer(own)
        )
        assertSome(stored, { ...turn, status: "queued", wakes: 0 })
      }))

    law("that two applications name at once belong to one of them", ({ prefix }) =>
      Effect.gen(function*() {
        const results = yield* Effect.all(
          ["a", "b", "c", "d"].map((application) =>
            Effect.either(Effect.provide(SqlStore.migrate({ prefix, application }), database()))
          ),
          { concurrency }
        )
        assert.lengthOf(results.filter(({ _tag }) => _tag === "Right"), 1)
      }))

    for (const prefix of ["", "Ema_", "ema-", "1_", "x; DROP TABLE users; --", "e".repeat(41)]) {
      law(`do not begin with ${JSON.stringify(prefix)}`, () =>
        Effect.gen(function*() {
          const errors = [
            yield* Effect.flip(SqlStore.migrate({ prefix })),
            yield* Effect.flip(Layer.build(SqlStore.layer({ prefix }))),
            yield* Effect.flip(Layer.build(SqlStore.rateLimit({ key: "k", prefix })))
          ]
          for (const error of errors) assert.strictEqual(error.reason, "InvalidPrefix")
        }).pipe(Effect.scoped))
    }
  })

  describe(`${name}: statements`, () => {
    stored("are one for each operation", () =>
      Effect.gen(function*() {
        const [, turns, shared, cursors] = yield* all
        const { spans, tracer } = yield* telemetry.tracer
        const counted: Array<readonly [string, number]> = []
        const count = <A, E>(name: string, self: Effect.Effect<A, E>) =>
          Effect.gen(function*() {
            const before = spans.length
            const result = yield* Effect.withTracer(self, tracer)
            counted.push([name, spans.slice(before).filter((span) => span.name === "sql.execute").length])
            return result
          })
        yield* count("add", turns.add(turn))
        const owned = yield* count("claim", turns.claim({ owner: "a", expiresAfter: "1 minute", limit: 9 }))
        assert.lengthOf(owned, 1)
        const owner = owned[0] ?? { sessionId, fence: 0 }
        yield* count("next", turns.next(sessionId))
        yield* count("sending", turns.put(owner, "t1", { status: "sending", wakes: 0, since: Cursor.start }))
        yield* count("running", turns.put(owner, "t1", { status: "running", wakes: 0, since: Cursor.start }))
        const journal = Journal.ownedBy(shared, owner)
        yield* count("journal.get", journal.get(call))
        for (const entry of [{ _tag: "Started" } as const, ran, { _tag: "Posted" } as const]) {
          yield* count(`journal.${entry._tag}`, journal.put(call, entry))
        }
        yield* count("cursor", cursors.set("k", Cursor.start, owner))
        yield* count("renew", turns.renew([owner], "1 minute"))
        yield* count("ended", turns.put(owner, "t1", ended))
        yield* count("release", turns.release([owner]))
        for (const [name, statements] of counted) assert.strictEqual(statements, 1, name)
        assert.lengthOf(counted, 13)
      }))

    stored("show no content to logs, spans or errors, also where they fail", (prefix) =>
      Effect.gen(function*() {
        const [sql, turns, journal, cursors] = yield* all
        const { spans, tracer } = yield* telemetry.tracer
        const { layer, lines } = telemetry.logger(Logger.stringLogger)
        const errors: Array<unknown> = []
        const work = Effect.gen(function*() {
          const owner = yield* turns.own(sessionId, "a")
          const results = yield* Effect.all([
            turns.add(turn),
            turns.add({ ...turn, input: [UserEvent.message(`${secret}!`)] }),
            turns.put(owner, "t1", ended),
            journal.put(call, ran, owner),
            cursors.set("k", { ...Cursor.start, queued: [secret] }, owner),
            turns.get("t1"),
            journal.get(call)
          ].map((one) => Effect.exit(one as Effect.Effect<unknown, unknown>)))
          for (const result of results) {
            if (Exit.isSuccess(result)) continue
            errors.push(Cause.pretty(result.cause, { renderErrorCause: true }), JSON.stringify(result.cause))
            yield* Effect.logError("it failed", result.cause)
          }
        }).pipe(Effect.withTracer(tracer), Effect.provide(layer))
        yield* work
        assert.isNotEmpty(errors)
        // every write of content fails, with the words of the database
        for (
          const [table, column] of [["turns", "input"], ["turns", "state"], ["calls", "entry"], ["cursors", "cursor"]]
        ) {
          yield* sql.unsafe(`ALTER TABLE ${prefix}${table} RENAME COLUMN ${column} TO gone_${column}`)
        }
        const before = errors.length
        yield* work
        assert.isAtLeast(errors.length - before, 10)
        const shown = spans.map((span) => [
          span.name,
          [...span.attributes],
          span.status._tag === "Ended" && Exit.isFailure(span.status.exit)
            ? Cause.pretty(span.status.exit.cause, { renderErrorCause: true })
            : ""
        ])
        assert.include(JSON.stringify(shown), "sql.execute")
        for (const text of [JSON.stringify(shown), JSON.stringify(errors), lines.join("\n")]) {
          assert.notInclude(text, "patient")
        }
      }))
  })

  describe(`${name}: forgetting`, () => {
    stored(
      "takes turns in batches, and the calls and cursors of sessions without turns",
      (prefix) =>
        Effect.gen(function*() {
          const [sql, turns, journal, cursors] = yield* all
          const kept = SessionId.make("sesn_kept")
          const keptCall = { ...call, sessionId: kept }
          for (const id of [sessionId, kept]) {
            yield* turns.add({ ...turn, id: `first of ${id}`, sessionId: id })
            const owner = yield* turns.own(id, "a")
            yield* turns.put(owner, `first of ${id}`, ended)
            yield* journal.put({ ...call, sessionId: id }, ran, owner)
            yield* cursors.set(`of ${id}`, Cursor.start, owner)
            yield* cursors.set(id, Cursor.start)
            yield* turns.release([owner])
          }
          yield* turns.add({ ...turn, id: "second", sessionId: kept })
          yield* cursors.set("of nobody", Cursor.start)
          // many more that have ended
          yield* sql.unsafe(
            `INSERT INTO ${prefix}turns (turn_id, session_id, version, status, wakes, input, state, created_at, ended_at)
          WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2499)
          SELECT 'old ' || i, 'sesn_old ' || (i % 1500), 1, 'ended', 0, '[]', '{}', created_at, ended_at
          FROM n, ${prefix}turns WHERE turn_id = 'first of sesn_1'`
          )
          yield* sql.unsafe(`INSERT INTO ${prefix}sessions (session_id, fence, owned_at)
          SELECT DISTINCT session_id, 1, created_at FROM ${prefix}turns WHERE turn_id LIKE 'old%'`)
          assert.strictEqual(yield* turns.forget({ endedBefore: DateTime.unsafeMake(0) }), 0)
          const { spans, tracer } = yield* telemetry.tracer
          const endedBefore = DateTime.unsafeMake("2500-01-01T00:00:00Z")
          assert.strictEqual(yield* Effect.withTracer(turns.forget({ endedBefore }), tracer), 2501)
          const deletions = spans.filter((span) =>
            String(span.attributes.get("db.query.text")).includes(`DELETE FROM ${prefix}turns`)
          )
          assert.lengthOf(deletions, 3)
          assertNone(yield* journal.get(call))
          assertNone(yield* cursors.get(sessionId))
          assertNone(yield* cursors.get(`of ${sessionId}`))
          assertSome(yield* journal.get(keptCall), ran)
          for (const key of [kept, `of ${kept}`, "of nobody"]) assertSome(yield* cursors.get(key), Cursor.start)
          const rows = yield* sql.unsafe<{ session_id: string }>(`SELECT session_id FROM ${prefix}sessions`)
          assert.deepStrictEqual(rows.map((row) => row.session_id), [kept])
          assert.strictEqual((yield* sql.unsafe(`SELECT turn_id FROM ${prefix}turns`)).length, 1)
        })
    )

    stored("leaves a session that is owned", () =>
      Effect.gen(function*() {
        const [, turns, journal] = yield* all
        yield* turns.add(turn)
        const owner = yield* turns.own(sessionId, "a")
        yield* turns.put(owner, "t1", ended)
        assert.strictEqual(yield* turns.forget({ endedBefore: DateTime.unsafeMake("2500-01-01T00:00:00Z") }), 1)
        yield* journal.put(call, ran, owner)
        yield* turns.add(turn)
        yield* turns.put(owner, "t1", ended)
      }))
  })
}
