import { dual } from "effect/Function"
import type * as Unify from "effect/Unify"

type Tagged = { readonly _tag: string }

/** A function for each tag of a union. */
export type Cases<A extends Tagged> = {
  readonly [Tag in A["_tag"]]: (value: Extract<A, { readonly _tag: Tag }>) => unknown
}

/** Keys that are no case. */
type Excess<A extends Tagged, C> = { readonly [Tag in Exclude<keyof C, A["_tag"]>]: never }

/** Handles every case of a union. */
export interface Match<A extends Tagged> {
  <const C extends Cases<A> & Excess<A, C>>(cases: C): (self: A) => Unify.Unify<ReturnType<C[keyof Cases<A>]>>
  <const C extends Cases<A> & Excess<A, C>>(self: A, cases: C): Unify.Unify<ReturnType<C[keyof Cases<A>]>>
}

/** Makes the function that handles every case of a union. */
export const match = <A extends Tagged>(): Match<A> =>
  dual(
    2,
    // the case is picked by the tag of the value
    (self: A, cases: Cases<A>) => cases[self._tag as A["_tag"]](self as never)
  )
