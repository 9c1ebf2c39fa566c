import type * as Event from "../../Event.ts"

/** The newest page that a follower reads when it begins at what happens from now on, newest event first. */
export interface Page {
  readonly _tag: "Baseline"
  readonly events: ReadonlyArray<Event.Event>
  /** The page holds the whole history. */
  readonly isWhole: boolean
}

/** A silent connection was audited and has missed nothing. */
export interface Audited {
  readonly _tag: "Audited"
  /** The newest events, newest first. */
  readonly events: ReadonlyArray<Event.Event>
}

/** Key of an option of followers that is not for programs: takes what a follower learns besides its updates. */
export const key: unique symbol = Symbol.for("@effect-managed-agents/core/Follow/observer")

/** The option under {@link key}. A page comes before `Connected`. */
export interface Options {
  readonly [key]?: ((learnt: Page | Audited) => void) | undefined
}
