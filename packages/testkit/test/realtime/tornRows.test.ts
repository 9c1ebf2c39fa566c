/** Turns in a database, one row of which cannot be read. */
import * as DurableTurn from "@effect-managed-agents/core/DurableTurn"
import * as SqlStore from "@effect-managed-agents/core/SqlStore"
import * as TurnWorker from "@effect-managed-agents/core/TurnWorker"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as sqlite from "../../../core/test/utils/sqlite.ts"
import { agentThat, create } from "../utils/conversation.ts"

const damages = {
  torn: "UPDATE ema_turns SET input = substr(input, 1, length(input) - 3) WHERE turn_id = 't2'",
  "of a newer version": "UPDATE ema_turns SET version = 2 WHERE turn_id = 't2'"
}

describe("a worker", () => {
  for (const [name, damage] of Object.entries(damages)) {
    it.scopedLive(
      `runs all other turns while a row is ${name}, names that row, and runs its turn once it can be read`,
      () =>
        Effect.gen(function*() {
          const open = yield* sqlite.make
          const context = yield* Layer.build(
            Layer.provideMerge(SqlStore.layer(), Layer.provideMerge(Layer.effectDiscard(SqlStore.migrate()), open()))
          )
          yield* Effect.gen(function*() {
            const sql = yield* SqlClient.SqlClient
            const ids = ["t1", "t2", "t3"]
            for (const id of ids) yield* DurableTurn.start(id, yield* create, `I am ${id}`)
            const before = yield* sql`SELECT input, version FROM ema_turns WHERE turn_id = 't2'`
            yield* sql.unsafe(damage)
            const damaged = yield* sql`SELECT * FROM ema_turns WHERE turn_id = 't2'`
            const logged: Array<string> = []
            const logger = Logger.make(({ cause, message }) => {
              logged.push(`${String(message)} ${Cause.pretty(cause)}`)
            })
            yield* Effect.forkScoped(
              Effect.provide(TurnWorker.run({ lease: "1 second" }), Logger.replace(Logger.defaultLogger, logger))
            )
            for (const id of ["t1", "t3"]) {
              assert.strictEqual((yield* DurableTurn.result(id)).reply, `You said: I am ${id}`)
            }
            assert.deepStrictEqual(yield* sql`SELECT * FROM ema_turns WHERE turn_id = 't2'`, damaged)
            assert.isTrue(logged.some((line) => line.includes("could not be served") && line.includes("of \"t2\"")))
            assert.notInclude(logged.join(), "I am t2")
            yield* sql`UPDATE ema_turns SET ${sql.update(before[0] ?? {})} WHERE turn_id = 't2'`
            // once the lease is over
            assert.strictEqual((yield* DurableTurn.result("t2")).reply, "You said: I am t2")
          }).pipe(Effect.provide(context))
        }).pipe(Effect.provide(agentThat([], {}))),
      30_000
    )
  }
})
