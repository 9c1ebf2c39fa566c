import * as Effect from "effect/Effect"
import type { DataScript } from "../../AgentScript.ts"
import type { Builder, Expectation, Finding } from "./expectation.ts"
import { builder } from "./expectation.ts"
import type { Need, Requirements, Trouble } from "./lab.ts"
import type { Exchange } from "./wire.ts"

/** An expectation, and what came of it. */
export interface Judgement extends Finding {
  readonly expectation: string
}

/** A program, and what it expects. */
export interface Scenario {
  /** Stable, dotted. */
  readonly name: string
  /** One sentence. */
  readonly description: string
  /** The needs beyond an agent and an environment. */
  readonly needs: ReadonlyArray<Need>
  /** About how many turns of a model it takes: what it costs on a real service. */
  readonly turns: number
  /** The names of what it expects. */
  readonly expectations: ReadonlyArray<string>
  /** The script of the agent on a simulator. */
  readonly script: DataScript
  /** Runs the program. Answers how to judge what went over the wire meanwhile. */
  readonly program: Effect.Effect<
    (exchanges: ReadonlyArray<Exchange>) => ReadonlyArray<Judgement>,
    Trouble,
    Requirements
  >
}

/** Definition of a {@link Scenario}, whose program finds out `A`. */
interface Definition<A> {
  readonly name: string
  readonly description: string
  readonly needs?: ReadonlyArray<Need>
  readonly turns: number
  readonly script?: DataScript
  readonly program: Effect.Effect<A, Trouble, Requirements>
  readonly expectations: (make: Builder<A>) => ReadonlyArray<Expectation<A>>
}

/** Judges by several expectations. */
export const judge =
  <A>(expectations: ReadonlyArray<Expectation<A>>, facts: A) =>
  (exchanges: ReadonlyArray<Exchange>): ReadonlyArray<Judgement> =>
    expectations.map((one) => ({ expectation: one.name, ...one.judge(facts, exchanges) }))

/** Makes a scenario. */
export const define = <A>({ needs = [], program, script = {}, ...rest }: Definition<A>): Scenario => {
  const expectations = rest.expectations(builder<A>())
  return {
    ...rest,
    needs,
    script,
    expectations: expectations.map(({ name }) => name),
    program: Effect.map(program, (facts) => judge(expectations, facts))
  }
}
