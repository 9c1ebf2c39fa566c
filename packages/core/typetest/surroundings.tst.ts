/*
 * Our wire types around sessions against those of the official SDK, as `sdk.tst.ts` has it for sessions.
 */
import { describe, expect, it } from "tstyche"
import type * as Unknown from "../src/Unknown.ts"
import type { Differences } from "./compare.ts"
import type { differences, Pairs } from "./surroundings.ts"

type Found = { [K in keyof Pairs & string]: Differences<Pairs[K][0], Pairs[K][1], K> }[keyof Pairs]
type Listed = keyof typeof differences

/** A type without what our unions and vocabularies are open for, and mutable: what an SDK may be handed. */
type Closed<T> = ClosedString<Extract<T, string>> | ClosedOther<Exclude<T, string>>
type ClosedString<T extends string> = [Literal<T>] extends [never] ? T : Literal<T>
type Literal<T extends string> = T extends unknown ? string extends T ? never : T : never
type ClosedOther<T> = T extends { readonly type: Unknown.Tag } ? never
  : T extends ReadonlyArray<infer A> ? Array<Closed<A>>
  : T extends object ? { -readonly [K in keyof T]: Closed<Exclude<T[K], undefined>> }
  : T

describe("the current SDK, around sessions", () => {
  it("has no difference that is not listed", () => {
    expect<Exclude<Found, `${string}${Listed}`> & string>().type.toBe<never>()
  })

  it("has every difference that is listed", () => {
    type Stale = { [L in Listed]: [Extract<Found, `${string}${L}`>] extends [never] ? L : never }[Listed]
    expect<Stale & string>().type.toBe<never>()
  })

  it("has values that our types accept", () => {
    type Refused = { [K in keyof Pairs]: Pairs[K][1] extends Pairs[K][0] ? never : K }[keyof Pairs]
    expect<Refused & string>().type.toBe<never>()
  })

  it("accepts our values, where no difference is listed", () => {
    type Refused = {
      [K in keyof Pairs & string]: [Differences<Pairs[K][0], Pairs[K][1], K>] extends [never]
        ? Closed<Pairs[K][0]> extends Pairs[K][1] ? never : K
        : never
    }[keyof Pairs]
    expect<Refused & string>().type.toBe<never>()
  })
})
