import type * as Event from "../../Event.ts"

/** The newest page that a follower reads when it begins at what happens from now on, newest event first. */
export interface Page {
  readonly _tag: "Baseline"
  readonly events: ReadonlyArray<Event.Event>
  /** The page holds the whole history. */
  readonly isWhole: boolean
}

/** Key of an option of followers that is not for programs: hands the {@link Page} over, before `Connected`. */
export const key: unique symbol = Symbol.for("@effect-managed-agents/core/Follow/onBaseline")

/** The option under {@link key}. */
export interface Options {
  readonly [key]?: ((page: Page) => void) | undefined
}
