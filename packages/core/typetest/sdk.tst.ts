/*
 * Our wire types against those of the official SDK: the current one and that of the seed era.
 *
 * When one of these fails after an update of the SDK, the message lists what the SDK has that we lack, as sentences such
 * as `Session.agent.colour is missing` or `Event: type "agent.sang" is missing`.
 */
import type Anthropic from "@anthropic-ai/sdk"
import type SeedEraAnthropic from "anthropic-sdk-seed-era"
import { describe, expect, it } from "tstyche"
import type * as Event from "../src/Event.ts"
import type { Closed, Differences, Refusals } from "./compare.ts"
import type { differences } from "./differences.ts"
import type { EventOf, PageOf, Pairs, Result, Sdk } from "./pairs.ts"

type Current = Anthropic["beta"]["sessions"]
type SeedEra = SeedEraAnthropic["beta"]["sessions"]

type Compared<P> = {
  [K in keyof P & string]: P[K] extends [infer Ours, infer Theirs] ? Differences<Ours, Theirs, K> : never
}
type Read<P> = {
  [K in keyof P & string]: P[K] extends [infer Ours, infer Theirs] ? Refusals<Ours, Theirs, K> : never
}

type Found = Compared<Pairs<Current>>[keyof Pairs<Current>]
type Listed = keyof typeof differences

describe("the current SDK", () => {
  it("has no difference that is not listed", () => {
    // the intersection makes the compiler print the sentences instead of the name of the type
    expect<Exclude<Found, `${string}${Listed}`> & string>().type.toBe<never>()
  })

  it("has every difference that is listed", () => {
    type Stale = { [L in Listed]: [Extract<Found, `${string}${L}`>] extends [never] ? L : never }[Listed]
    expect<Stale & string>().type.toBe<never>()
  })

  it("has values that our types accept", () => {
    type Refused<P> = {
      [K in keyof P]: P[K] extends [infer Ours, infer Theirs] ? Theirs extends Ours ? never : K : never
    }
    // these two differ as listed
    expect<Exclude<Refused<Pairs<Current>>[keyof Pairs<Current>], "CreateSession" | "SendEvents"> & string>().type.toBe<
      never
    >()
  })

  it("accepts our values, where no difference is listed", () => {
    type Refused<P> = {
      [K in keyof P & string]: P[K] extends [infer Ours, infer Theirs]
        ? [Differences<Ours, Theirs, K>] extends [never] ? Closed<Ours> extends Theirs ? never : K : never
        : never
    }
    expect<Refused<Pairs<Current>>[keyof Pairs<Current>] & string>().type.toBe<never>()
  })

  it("has no calls but the nineteen", () => {
    type Extra<A, B> = Exclude<keyof A, keyof B | "_client">
    expect<Extra<Current, Sdk> & string>().type.toBe<never>()
    expect<Extra<Current["resources"], Sdk["resources"]> & string>().type.toBe<never>()
    expect<Extra<Current["threads"], Sdk["threads"]> & string>().type.toBe<never>()
    expect<Extra<Current["threads"]["events"], Sdk["threads"]["events"]> & string>().type.toBe<never>()
    // the tool runner is a helper without a route
    expect<Exclude<Extra<Current["events"], Sdk["events"]>, "toolRunner"> & string>().type.toBe<never>()
  })

  it("answers different calls with the same types", () => {
    type Session = Result<Current["retrieve"]>
    expect<Result<Current["create"]>>().type.toBe<Session>()
    expect<Result<Current["update"]>>().type.toBe<Session>()
    expect<Result<Current["archive"]>>().type.toBe<Session>()
    expect<PageOf<Current["list"]>["data"][number]>().type.toBeAssignableTo<Session>()

    type Resource = Result<Current["resources"]["retrieve"]>
    expect<Result<Current["resources"]["update"]>>().type.toBe<Resource>()
    expect<PageOf<Current["resources"]["list"]>["data"][number]>().type.toBeAssignableTo<Resource>()

    type Thread = Result<Current["threads"]["retrieve"]>
    expect<Result<Current["threads"]["archive"]>>().type.toBe<Thread>()
    expect<PageOf<Current["threads"]["list"]>["data"][number]>().type.toBeAssignableTo<Thread>()

    type Event = PageOf<Current["events"]["list"]>["data"][number]
    expect<PageOf<Current["threads"]["events"]["list"]>["data"][number]>().type.toBe<Event>()
  })

  it("has exactly our types of events", () => {
    type Stream = EventOf<Current["events"]["stream"]>["type"]
    type ThreadStream = EventOf<Current["threads"]["events"]["stream"]>["type"]
    expect<Exclude<Stream, Event.Type> & string>().type.toBe<never>()
    expect<Exclude<Event.Type, Stream> & string>().type.toBe<never>()
    expect<Exclude<ThreadStream, Stream> & string>().type.toBe<never>()
    expect<Exclude<Stream, ThreadStream> & string>().type.toBe<never>()
  })
})

describe("the SDK of the seed era", () => {
  it("has nothing that would not be understood", () => {
    expect<Read<Pairs<SeedEra>>[keyof Pairs<SeedEra>] & string>().type.toBe<never>()
  })

  it("has values that our types accept", () => {
    type Refused<P> = {
      [K in keyof P]: P[K] extends [infer Ours, infer Theirs] ? Theirs extends Ours ? never : K : never
    }
    expect<Refused<Pairs<SeedEra>>[keyof Pairs<SeedEra>] & string>().type.toBe<never>()
  })
})
