import type * as Page from "@effect-managed-agents/core/Page"
import * as Either from "effect/Either"
import type { Rules } from "../../../Rules.ts"
import * as refusal from "../../session/refusal.ts"
import type { Ruling } from "../../session/refusal.ts"
import * as time from "../../session/timestamp.ts"
import type { Cursor, Order } from "../wire.ts"
import * as wire from "../wire.ts"
import type { Call } from "./context.ts"

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

/** The number of items on a page of what is in the workspace, unless asked, and the most. */
const usual = 20
const most = 100

/** A page of what is in the workspace, the latest first unless `order` says otherwise. */
export const list = <A extends { readonly createdAt: time.Micros; readonly seq: number }>(
  { query, world }: Call<
    Bounds & { readonly limit?: number | undefined; readonly page?: string | null | undefined },
    unknown
  >,
  items: ReadonlyArray<A>,
  options: { readonly list: string; readonly order?: Order | undefined; readonly nullEdges?: boolean | undefined }
): Ruling<Page.Page<A>> =>
  Either.gen(function*() {
    const { list, nullEdges = false, order = "desc" } = options
    const size = yield* limit(query.limit, usual, most)
    const from = yield* cursor(query.page, list, order)
    const inside = within(query)
    const shown = inside === undefined ? items : items.filter(({ createdAt }) => inside(createdAt))
    const { rules } = world.env
    return cut(shown, nullEdges ? { ...rules, nullPageEdges: true } : rules, {
      list,
      order,
      limit: size,
      cursor: from,
      key: ({ createdAt, seq }) => [createdAt, seq],
      bidirectional: false
    })
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
