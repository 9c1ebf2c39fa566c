import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { MalformedResponse } from "../../ApiError.ts"

const field = (value: unknown, name: string): unknown => Predicate.hasProperty(value, name) ? value[name] : undefined

/** The field of a page that leads back to it. */
const leadsBack = (query: unknown, page: unknown): string | undefined => {
  const isSame = (asked: string, next: string) => {
    const value = field(query, asked)
    return typeof value === "string" && value !== "" && value === field(page, next)
  }
  if (isSame("page", "next_page")) return "next_page"
  return field(page, "has_more") === true && isSame("after_id", "last_id") ? "last_id" : undefined
}

/**
 * Refuses a page whose next one is itself, as from a cache that answers whatever is asked with its first page: whoever
 * reads on would never come to an end.
 */
export const check =
  (operation: string, query: unknown) => (answer: unknown): Effect.Effect<void, MalformedResponse> => {
    const path = leadsBack(query, answer)
    return path === undefined
      ? Effect.void
      : new MalformedResponse({
        operation,
        reason: "Schema",
        issues: [{ path, message: "expected another page than the one that was asked for" }],
        excerpt: ""
      })
  }
