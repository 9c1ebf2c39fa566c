import { describe, expect, it } from "tstyche"
import type * as Unknown from "../src/Unknown.ts"
import type { Differences, Refusals } from "./compare.ts"

// the comparison itself: what it says of two types, and that it says nothing of equal ones
describe("Differences", () => {
  it("are none between a wire type and the same type as a mutable, closed one", () => {
    interface Ours {
      readonly type: "a"
      readonly status: "x" | "y" | (string & {})
      readonly free: "x" | (string & {})
      readonly metadata: { readonly [key: string]: string | null }
      readonly list: ReadonlyArray<{ readonly type: "b"; readonly n: number } | Unknown.Unknown>
      readonly effort: { readonly type: "low" | "high" } | "low" | null
      readonly absent?: boolean | undefined
      readonly input: { readonly [key: string]: unknown }
    }
    interface Theirs {
      type: "a"
      status: "x" | "y"
      free: string
      metadata: { [key: string]: string | null }
      list: Array<{ type: "b"; n: number }>
      effort: { type: "low" } | { type: "high" } | "low" | null
      absent?: boolean
      input: { [key: string]: unknown }
    }
    expect<Differences<Ours, Theirs, "X">>().type.toBe<never>()
  })

  it("name keys, optionality, values, members and kinds", () => {
    expect<Differences<{ a: string; b: 1 }, { a: string; c: 1 }, "X">>().type.toBe<
      "X.b is not in the SDK" | "X.c is missing"
    >()
    expect<Differences<{ a?: string; b: 1 }, { a: string; b?: 1 }, "X">>().type.toBe<
      "X.a is optional here" | "X.b is required here"
    >()
    expect<Differences<{ a: "x" | "y" }, { a: "x" | "z" | null }, "X">>().type.toBe<
      "X.a: \"y\" is not in the SDK" | "X.a: \"z\" is missing" | "X.a: null is missing"
    >()
    expect<Differences<{ a: "x" }, { a: string }, "X">>().type.toBe<"X.a: any string is missing">()
    expect<Differences<{ a: "x" | (string & {}) }, { a: "x" | "z" }, "X">>().type.toBe<"X.a: \"z\" is missing">()
    expect<Differences<{ a: number }, { a: string }, "X">>().type.toBe<
      "X.a: any string is missing" | "X.a: number is not in the SDK"
    >()
    expect<Differences<{ a: boolean }, { a: true }, "X">>().type.toBe<"X.a: false is not in the SDK">()
    expect<Differences<{ a: string }, { a: ReadonlyArray<string> }, "X">>().type.toBe<
      "X.a: a list is missing" | "X.a: any string is not in the SDK"
    >()
    expect<Differences<{ a: { b: 1 } }, { a: { b: 1 } | null }, "X">>().type.toBe<"X.a: null is missing">()
    expect<Differences<{ [key: string]: string }, { [key: string]: number }, "X">>().type.toBe<
      "X[key]: any string is not in the SDK" | "X[key]: number is missing"
    >()
  })

  it("go into the members of unions", () => {
    type Ours = { type: "a"; x: string } | { type: "b" } | Unknown.Unknown
    type Theirs = { type: "a"; x: string; y?: string } | { type: "c" }
    expect<Differences<Ours, Theirs, "X">>().type.toBe<
      "X: type \"b\" is not in the SDK" | "X: type \"c\" is missing" | "X<a>.y is missing"
    >()
    expect<Differences<{ list: ReadonlyArray<Ours> }, { list: Array<Theirs> }, "X">>().type.toBe<
      "X.list[]: type \"b\" is not in the SDK" | "X.list[]: type \"c\" is missing" | "X.list[]<a>.y is missing"
    >()
  })

  it("tell members apart by name if they have no type", () => {
    type Ours = { name: "a"; type?: "a"; x: 1 } | { name: "b"; type?: "b" } | Unknown.Unknown<"name">
    type Theirs = { name: "a"; type: "a"; x: 2 } | { name: "b"; type: "b" }
    expect<Differences<Ours, Theirs, "X">>().type.toBe<
      | "X<a>.type is optional here"
      | "X<b>.type is optional here"
      | "X<a>.x: 1 is not in the SDK"
      | "X<a>.x: 2 is missing"
    >()
  })
})

describe("Refusals", () => {
  it("leave out what only makes ours wider", () => {
    type Ours = { a?: string; b: 1 | 2; c?: string } | Unknown.Unknown
    type Theirs = { a: string; b: 1 | 3 }
    expect<Refusals<Ours, Theirs, "X">>().type.toBe<"X.b: 3 is missing">()
  })
})
