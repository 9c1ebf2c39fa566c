import type { SessionId } from "@effect-managed-agents/core/Ids"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { Drift } from "./expectation.ts"
import type { Need, Services, Target, Trouble } from "./lab.ts"
import { Lab } from "./lab.ts"
import * as laws from "./laws.ts"
import type { Judgement, Scenario } from "./scenario.ts"
import { judge } from "./scenario.ts"
import type { Exchange } from "./wire.ts"
import { Wire } from "./wire.ts"

/** Outcome of a scenario. */
export type Outcome =
  /** All that it expects is so. */
  | { readonly _tag: "Conforms"; readonly expectations: number }
  /** Something is not. */
  | { readonly _tag: "Drifts"; readonly expectations: number; readonly drifts: ReadonlyArray<Judgement> }
  /** It cannot be run on this target, or could not find out what it wanted to. */
  | { readonly _tag: "NotRun"; readonly why: string }
  /** The service or the way to it failed, which says nothing of how it behaves. */
  | { readonly _tag: "Failed"; readonly why: string }

/** A scenario, and what came of it. */
export interface Result {
  readonly scenario: string
  readonly outcome: Outcome
}

/** Report of a run. */
export interface Report {
  readonly target: string
  readonly results: ReadonlyArray<Result>
  /** Sessions that could neither be deleted nor archived. */
  readonly leftBehind: ReadonlyArray<SessionId>
}

/** The missing part of a target, if a need is not met. */
const missing = (need: Need, target: Target): string | undefined => {
  if (need === "coordinator" && target.coordinatorId === undefined) return "no coordinator is given"
  if (need === "file" && target.fileId === undefined) return "no file is given"
  return undefined
}

/** Failures that say nothing of whether the service behaves as it should. */
const isOutage = ({ _tag }: Exclude<Trouble, Drift>): boolean =>
  _tag === "Unauthorized" || _tag === "PaymentRequired" || _tag === "Forbidden" || _tag === "RateLimited" ||
  _tag === "Overloaded" || _tag === "ServerError" || _tag === "UnexpectedStatus" || _tag === "TransportError" ||
  _tag === "StreamInterrupted" || _tag === "StreamStalled"

const drift = ({ expectation, expected, seen }: Omit<Judgement, "met">): Judgement => ({
  expectation,
  expected,
  seen,
  met: false
})

type Judge = (exchanges: ReadonlyArray<Exchange>) => ReadonlyArray<Judgement>

/** Judgement of a program's end, apart from the wire. */
const judgeOf = (exit: Exit.Exit<Judge, Trouble>): Judge | Extract<Outcome, { readonly why: string }> => {
  if (Exit.isSuccess(exit)) return exit.value
  const failure = Option.getOrUndefined(Cause.failureOption(exit.cause))
  if (failure === undefined) return { _tag: "Failed", why: Cause.pretty(exit.cause) }
  if (failure._tag === "Inconclusive") return { _tag: "NotRun", why: failure.why }
  if (failure._tag === "Drift") return () => [drift(failure)]
  if (isOutage(failure)) return { _tag: "Failed", why: failure.message }
  return () => [drift({ expectation: "the calls of the scenario are answered", expected: 200, seen: failure.message })]
}

const examine = (scenario: Scenario, target: Target): Effect.Effect<Outcome, never, Services | Wire | Lab> =>
  Effect.gen(function*() {
    const wire = yield* Wire
    yield* target.prepare(scenario.script)
    yield* wire.clear
    const limit = Duration.times(target.timeout, scenario.turns + 2)
    const exit = yield* scenario.program.pipe(
      Effect.timeoutFail({
        duration: limit,
        onTimeout: () =>
          new Drift({ expectation: "the scenario ends", expected: `within ${Duration.format(limit)}`, seen: "no end" })
      }),
      Effect.exit
    )
    if (Exit.isInterrupted(exit)) return yield* Effect.interrupt
    const ended = judgeOf(exit)
    if (typeof ended !== "function") return ended
    // what was done to clean up is not part of the scenario, and happens when its scope closes
    const exchanges = yield* wire.exchanges
    const judgements = [...ended(exchanges), ...judge(laws.all, undefined)(exchanges)]
    const drifts = judgements.filter(({ met }) => !met)
    const expectations = judgements.length
    const outcome: Outcome = drifts.length === 0
      ? { _tag: "Conforms", expectations }
      : { _tag: "Drifts", expectations, drifts }
    return outcome
  }).pipe(Effect.scoped)

/** Runs scenarios, one after the other. */
export const run = (
  target: Target,
  scenarios: ReadonlyArray<Scenario>,
  onResult: (result: Result) => Effect.Effect<void>
): Effect.Effect<Report, never, Services | Wire> =>
  Effect.gen(function*() {
    const leftBehind: Array<SessionId> = []
    const lab = Lab.of({ target, leaveBehind: (id) => leftBehind.push(id) })
    const results = yield* Effect.forEach(scenarios, (scenario): Effect.Effect<Result, never, Services | Wire> => {
      const why = target.cannot?.[scenario.name] ??
        scenario.needs.map((need) => missing(need, target)).find((one) => one !== undefined)
      const outcome: Effect.Effect<Outcome, never, Services | Wire> = why === undefined
        ? Effect.provideService(examine(scenario, target), Lab, lab)
        : Effect.succeed({ _tag: "NotRun", why })
      return Effect.map(outcome, (outcome) => ({ scenario: scenario.name, outcome })).pipe(Effect.tap(onResult))
    }).pipe(
      // who interrupts the run gets no report
      Effect.onInterrupt(() =>
        leftBehind.length === 0 ? Effect.void : Effect.logWarning(`Sessions left behind: ${leftBehind.join(", ")}`)
      )
    )
    return { target: target.title, results, leftBehind }
  })
