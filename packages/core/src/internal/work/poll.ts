import * as Duration from "effect/Duration"
import type { ApiError } from "../../ApiError.ts"
import type { Work } from "../../Work.ts"
import { isForeign } from "../http/foreign.ts"

/** The thing to do after a poll: one of them, and after how many milliseconds to poll again, of which some are chance. */
export type Next =
  | { readonly _tag: "Take"; readonly work: Work }
  | { readonly _tag: "Wait"; readonly failures: number; readonly least: number; readonly most: number }
  | { readonly _tag: "Fail"; readonly error: ApiError }

/** Result of a poll. */
export type Answer = { readonly _tag: "Work"; readonly work: Work | null } | {
  readonly _tag: "Error"
  readonly error: ApiError
}

/** Answers that every poll will get. Anything else may pass, such as an item that cannot be read. */
const final: ReadonlyArray<string> = [
  "Forbidden",
  "InvalidParams",
  "InvalidRequest",
  "NotFound",
  "PaymentRequired",
  "Unauthorized"
]

/** Decides what to do after a poll, and so many failures before it in a row. */
export const next = (failures: number, answer: Answer): Next => {
  if (answer._tag === "Work") {
    return answer.work === null
      // many workers that find nothing are not to ask at the same time
      ? { _tag: "Wait", failures: 0, least: 1000, most: 3000 }
      : { _tag: "Take", work: answer.work }
  }
  const { error } = answer
  if (final.includes(error._tag) && !error.isRetryable && !isForeign(error)) return { _tag: "Fail", error }
  const asked = "retryAfter" in error && error.retryAfter !== undefined ? Duration.toMillis(error.retryAfter) : 0
  const full = Math.min(1000 * 2 ** failures, 60_000)
  return { _tag: "Wait", failures: failures + 1, least: Math.max(asked, full / 2), most: Math.max(asked, full) }
}
