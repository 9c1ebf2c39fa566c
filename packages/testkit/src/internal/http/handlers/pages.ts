import type * as Page from "@effect-managed-agents/core/Page"
import * as Either from "effect/Either"
import type { Rules } from "../../../Rules.ts"
import * as refusal from "../../session/refusal.ts"
import type { Ruling } from "../../session/refusal.ts"
import * as time from "../../session/timestamp.ts"
import type { Cursor, Order } from "../wire.ts"
import * as wire from "../wire.ts"

/** The cursor that a request names, if any. */
export const cursor = (page: string | null | undefined, list: string, order: Order): Ruling<Cursor | undefined> =>
  page === undefined || page === null ? Either.right(undefined) : wire.decodeCursor(page, list, order)

/** The size of a page that a request names, if any, which must not be too large. */
export const limit = (asked: number | undefined, otherwise: number, most: number): Ruling<number> =>
  asked !== undefined && asked > most
    ? refusal.invalid(`limit: must be at most ${most}`)
    : Either.right(asked ?? Math.min(otherwise, most))

/** Cuts a page out of a list, with edges as the rules will have them. */
export const cut = <A>(
  items: ReadonlyArray<A>,
  rules: Rules,
  options: Parameters<typeof wire.paginate<A>>[1]
): Page.Page<A> => ({
  ...(rules.nullPageEdges && { next_page: null, ...(options.bidirectional && { prev_page: null }) }),
  ...wire.paginate(items, options)
})

/** Bounds on a time, as lists take them. */
export interface Bounds {
  readonly "created_at[gt]"?: string | undefined
  readonly "created_at[gte]"?: string | undefined
  readonly "created_at[lt]"?: string | undefined
  readonly "created_at[lte]"?: string | undefined
}

/** Tells whether a time lies within the bounds, or undefined if there are none. */
export const within = (bounds: Bounds): ((at: time.Micros) => boolean) | undefined => {
  const tests = [
    test(bounds["created_at[gt]"], (at, bound) => at > bound),
    test(bounds["created_at[gte]"], (at, bound) => at >= bound),
    test(bounds["created_at[lt]"], (at, bound) => at < bound),
    test(bounds["created_at[lte]"], (at, bound) => at <= bound)
  ].filter((test) => test !== undefined)
  return tests.length === 0 ? undefined : (at) => tests.every((test) => test(at))
}

const test = (text: string | undefined, holds: (at: time.Micros, bound: time.Micros) => boolean) => {
  const bound = text === undefined ? undefined : time.parse(text)
  return bound === undefined ? undefined : (at: time.Micros) => holds(at, bound)
}

/** A cursor whose own item a bound excludes is refused. */
export const checkBounds = (
  at: time.Micros | undefined,
  inside: ((at: time.Micros) => boolean) | undefined
): Ruling<void> =>
  at === undefined || inside === undefined || inside(at)
    ? Either.void
    : refusal.invalid("page cursor is outside of the created_at bounds")
