import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as DurableTurn from "../../DurableTurn.ts"
import { countLeft, whileOwned } from "../telemetry/metrics.ts"

/** End of serving a session: as it should be, for somebody else owns it, or by a failure, which was logged. */
export type Outcome = DurableTurn.Served | "lost" | "failed"

/** Tells how serving a session as its owner ended, and counts it. */
export const outcomeOf = <E, R>(serving: Effect.Effect<DurableTurn.Served, E, R>): Effect.Effect<Outcome, never, R> =>
  serving.pipe(
    Effect.catchAllCause((cause): Effect.Effect<Outcome> =>
      // whoever has it now goes on
      isFencedOut(cause) || Cause.isInterruptedOnly(cause)
        ? Effect.succeed("lost")
        : Effect.as(Effect.logError("A session could not be served", cause), "failed")
    ),
    Effect.tap((outcome) =>
      Effect.zipRight(Effect.annotateCurrentSpan("session.outcome", outcome), countLeft(outcome))
    ),
    whileOwned
  )

const isFencedOut = (cause: Cause.Cause<unknown>): boolean =>
  Option.exists(Cause.failureOption(cause), Predicate.isTagged("FencedOut"))
