import * as Effect from "effect/Effect"

/** The current time in milliseconds as a plain function, for code that runs between Effects. */
export const unsafeNow: Effect.Effect<() => number> = Effect.map(
  Effect.clock,
  (clock) => () => clock.unsafeCurrentTimeMillis()
)
