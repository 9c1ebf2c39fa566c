import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { ApiError } from "../../ApiError.ts"

/**
 * Tells statuses of gateways in front of the service: redirects to their own pages, a misdirected request, one that came
 * too early, one that was closed.
 */
const isPassing = (status: number | undefined): boolean =>
  status !== undefined && ((status >= 300 && status <= 399) || [421, 425, 499].includes(status))

/** Tells what a gateway says in passing, and not the service: a page, a redirect, a 404 without the API's envelope. */
export const isForeign = (error: ApiError): boolean => {
  switch (error._tag) {
    case "NotFound":
      return !error.isFromApi
    case "MalformedResponse":
      return error.reason !== "Schema"
    case "UnexpectedStatus":
      return isPassing(error.status)
    default:
      return false
  }
}

/** The number of such answers in a row to survive where the address may be wrong. */
export const most = 4

/** Reads again after the answer of a gateway. */
export const readAgain = <A, R>(self: Effect.Effect<A, ApiError, R>): Effect.Effect<A, ApiError, R> =>
  Effect.retry(self, { while: isForeign, times: most, schedule: Schedule.exponential("500 millis") })
