import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { ApiError } from "../../ApiError.ts"
import { StreamStalled } from "../../ApiError.ts"
import type { Event, ListParams } from "../../Event.ts"
import type { Page } from "../../Page.ts"
import * as fork from "../stream/fork.ts"
import type { Settings } from "./settings.ts"
import type { Source } from "./sources.ts"

/** The follower that is audited. */
export interface Audited {
  /** Tells whether an event of the list should have been delivered and was not. */
  readonly isMissing: (event: Event) => boolean
  readonly isListening: () => boolean
  /** Counts the chunks that have come. */
  readonly received: () => number
  readonly page: (query: ListParams) => Effect.Effect<Page<Event>, ApiError>
  /** Takes the newest events of the list where none of them is missing. */
  readonly onComplete: (events: ReadonlyArray<Event>) => void
  readonly stall: (error: StreamStalled) => Effect.Effect<void>
}

/** Times the first interval that the interval between two audits grows to. */
const longest = 10

/** Starts to audit a follower: a connection may be alive, heartbeats and all, and yet deliver nothing. The list tells. */
export const audit = (
  settings: Settings,
  { isOrdered, operation }: Source,
  { isListening, isMissing, onComplete, page, received, stall }: Audited
): Effect.Effect<void, never, Scope.Scope> => {
  if (!isOrdered || !Duration.isFinite(settings.audit)) return Effect.void
  const most = Duration.times(settings.audit, longest)
  return Effect.gen(function*() {
    let silence = settings.audit
    for (let before = received();; before = received()) {
      yield* Effect.sleep(silence)
      const waited = silence
      const isQuiet = () => received() === before
      silence = isQuiet() ? Duration.min(Duration.times(silence, 2), most) : settings.audit
      if (!isQuiet() || !isListening()) continue
      const newest = yield* Effect.option(page({ order: "desc", limit: 10 }))
      if (Option.isNone(newest) || !isQuiet() || !isListening()) continue
      const { data } = newest.value
      if (data.some(isMissing)) yield* stall(new StreamStalled({ operation, silence: waited }))
      else onComplete(data)
    }
  }).pipe(fork.inScope, Effect.asVoid)
}
