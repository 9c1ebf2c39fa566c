import * as Data from "effect/Data"
import { canonical } from "../session/canonical.ts"
import type { Exchange } from "./wire.ts"

/** The expected and the observed value. Both are JSON. */
export interface Finding {
  readonly expected: unknown
  readonly seen: unknown
  readonly met: boolean
}

/** Something that a scenario expects of the service: a name, and what it makes of what happened. */
export interface Expectation<in A> {
  readonly name: string
  readonly judge: (facts: A, exchanges: ReadonlyArray<Exchange>) => Finding
}

/** A program cannot go on, because the service did something else than it must. */
export class Drift extends Data.TaggedError("Drift")<{
  readonly expectation: string
  readonly expected: unknown
  readonly seen: unknown
}> {}

/** A program cannot find out what it wants to, through no fault of the service. */
export class Inconclusive extends Data.TaggedError("Inconclusive")<{ readonly why: string }> {}

/** Makes expectations about facts of one kind. */
export interface Builder<A> {
  /** Expects a value. Only what JSON can hold is compared. */
  readonly equal: (
    name: string,
    expected: (facts: A) => unknown,
    seen: (facts: A, exchanges: ReadonlyArray<Exchange>) => unknown
  ) => Expectation<A>
  /** Expects what words say. */
  readonly holds: <B>(
    name: string,
    expected: string,
    seen: (facts: A, exchanges: ReadonlyArray<Exchange>) => B,
    met: (seen: B, facts: A) => boolean
  ) => Expectation<A>
}

/** Makes a {@link Builder}. */
export const builder = <A>(): Builder<A> => ({
  equal: (name, expected, seen) => ({
    name,
    judge: (facts, exchanges) => {
      const finding = { expected: expected(facts), seen: seen(facts, exchanges) }
      return { ...finding, met: canonical(finding.expected) === canonical(finding.seen) }
    }
  }),
  holds: (name, expected, seen, met) => ({
    name,
    judge: (facts, exchanges) => {
      const value = seen(facts, exchanges)
      return { expected, seen: value, met: met(value, facts) }
    }
  })
})
