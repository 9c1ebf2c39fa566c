import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Issue } from "../../ApiError.ts"
import { InvalidParams } from "../../ApiError.ts"
import type * as Cursor from "../../Cursor.ts"
import * as Follow from "../../Follow.ts"
import { durations } from "../options/durations.ts"
import type * as observer from "./observer.ts"

/** Options of a follower, checked and complete. */
export interface Settings extends Follow.Options, observer.Options {
  readonly reconnect: NonNullable<Follow.Options["reconnect"]>
  readonly from: "start" | "now" | Cursor.Cursor
  readonly maxSilence: Duration.Duration
  readonly audit: Duration.Duration
  readonly overlap: Duration.Duration
  readonly remember: number
}

const defaults = { maxSilence: Duration.seconds(45), audit: Duration.minutes(1), overlap: Duration.seconds(10) }

/** Checks options and fills in the defaults. */
export const make = (operation: string, options: Follow.Options): Effect.Effect<Settings, InvalidParams> => {
  const issues: Array<Issue> = []
  const duration = durations<"maxSilence" | "audit" | "overlap">(options, issues, 0)
  const settings: Settings = {
    ...options,
    reconnect: options.reconnect ?? Follow.backoff,
    from: options.from ?? "start",
    maxSilence: duration("maxSilence", defaults.maxSilence),
    audit: duration("audit", defaults.audit),
    overlap: duration("overlap", defaults.overlap),
    remember: options.remember ?? 256
  }
  if (!Number.isInteger(settings.remember) || settings.remember < 1) {
    issues.push({ path: "remember", message: "expected a whole number above 0" })
  }
  return issues.length === 0 ? Effect.succeed(settings) : Effect.fail(new InvalidParams({ operation, issues }))
}
