import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

/** Random hexadecimal digits, eight of them for each word. */
export const randomHex = (words: number): Effect.Effect<string> =>
  Effect.map(
    Effect.replicateEffect(Random.nextIntBetween(0, 2 ** 32), words),
    (numbers) => numbers.map((number) => number.toString(16).padStart(8, "0")).join("")
  )
