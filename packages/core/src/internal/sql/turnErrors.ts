import type * as SqlError from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as TurnStore from "../../TurnStore.ts"
import * as database from "./database.ts"

export type Operation = TurnStore.TurnStoreError["operation"]

export const malformed = (operation: Operation, key: string, detail: string): TurnStore.TurnStoreError =>
  new TurnStore.TurnStoreError({ operation, key, reason: "Malformed", detail })

/** Has a statement of an operation fail as the operation. */
export const attempt = <A, R>(
  operation: Operation,
  key: string | undefined,
  self: Effect.Effect<A, SqlError.SqlError, R>
): Effect.Effect<A, TurnStore.TurnStoreError, R> =>
  Effect.mapError(
    database.run(self),
    ({ detail, reason }) => new TurnStore.TurnStoreError({ operation, key, reason, detail })
  )
