/** What is to happen to the processes, and when: a plan that a seed gives. */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

/** Something to happen, that many milliseconds after the start. */
export type Step =
  & { readonly at: number; readonly slot: number }
  & (
    | { readonly what: "kill" | "restart" | "deploy" }
    | { readonly what: "freeze"; readonly length: number }
  )

export interface Sizes {
  readonly turns: number
  readonly kills: number
  readonly freezes: number
  readonly restarts: number
  readonly deploys: number
  readonly slots: number
  /** The milliseconds between two of these, on average. */
  readonly every: number
  /** The longest time that a process is frozen. */
  readonly longestFreeze: number
}

export const durationOf = ({ deploys, every, freezes, kills, restarts }: Sizes): number =>
  every * (kills + freezes + restarts + deploys + 1)

export const make = (sizes: Sizes): Effect.Effect<ReadonlyArray<Step>> =>
  Effect.gen(function*() {
    const { deploys, every, freezes, kills, longestFreeze, restarts, slots } = sizes
    const times = (count: number, what: Step["what"]) => Array.from({ length: count }, () => what)
    const all = [
      ...times(kills, "kill"),
      ...times(freezes, "freeze"),
      ...times(restarts, "restart"),
      ...times(deploys, "deploy")
    ]
    // one in each stretch of time: two at once do happen, and the processes have time to come back
    return yield* Effect.forEach(yield* Random.shuffle(all), (what, index) =>
      Effect.gen(function*() {
        const at = every * (index + (yield* Random.next))
        const slot = yield* Random.nextIntBetween(0, slots)
        const length = yield* Random.nextRange(1000, longestFreeze)
        return what === "freeze" ? { at, slot, what, length } : { at, slot, what }
      }))
  })
