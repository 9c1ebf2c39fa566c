import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** The sight of something that may have been created. */
export type Appearance<A> =
  | { readonly _tag: "Found"; readonly value: A }
  | { readonly _tag: "Absent" | "Unknown" }

/** Looks for something until it is there or the time is over. */
export const appears = Effect.fnUntraced(
  function*<A, E, R>(find: Effect.Effect<A | undefined, E, R>, settle: Duration.DurationInput) {
    const end = (yield* Clock.currentTimeMillis) + Duration.toMillis(settle)
    for (;;) {
      const seen = yield* Effect.match(find, {
        onFailure: (): Appearance<A> => ({ _tag: "Unknown" }),
        onSuccess: (value): Appearance<A> => value === undefined ? { _tag: "Absent" } : { _tag: "Found", value }
      })
      if (seen._tag === "Found" || (yield* Clock.currentTimeMillis) >= end) return seen
      yield* Effect.sleep("500 millis")
    }
  }
)
