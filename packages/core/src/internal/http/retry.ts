import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { ApiError } from "../../ApiError.ts"
import * as RetryPolicy from "../../RetryPolicy.ts"
import { countRetry } from "../telemetry/metrics.ts"
import type { Call } from "./request.ts"

/**
 * Tells whether a failed call may be repeated without the risk that it takes effect twice.
 *
 * The service has no idempotency keys: after a lost connection or a 5xx, a call with an effect may have had it.
 */
const mayRepeat = (error: ApiError, safe: boolean): boolean => {
  if ("shouldRetry" in error && error.shouldRetry !== undefined) return error.shouldRetry
  switch (error._tag) {
    case "RateLimited":
    case "Overloaded":
      return true
    case "TransportError":
      return safe || error.reason === "Refused"
    case "StreamInterrupted":
    case "StreamStalled":
      return false
    default:
      return safe && error.isRetryable
  }
}

/** The delay before retry number `attempt` (from 0), or `undefined` if the service asks for more than the policy allows. */
export const delay = (
  error: ApiError,
  policy: RetryPolicy.RetryPolicy,
  attempt: number
): Effect.Effect<Duration.Duration | undefined> => {
  const asked = "retryAfter" in error ? error.retryAfter : undefined
  if (asked !== undefined) {
    return Effect.succeed(Duration.lessThanOrEqualTo(asked, policy.maxRetryAfter) ? asked : undefined)
  }
  const full = Math.min(Duration.toMillis(policy.baseDelay) * 2 ** attempt, Duration.toMillis(policy.maxDelay))
  return Effect.map(Random.next, (chance) => Duration.millis(full * (1 - policy.jitter * chance)))
}

/** The longest delay that is taken seriously: what a 32-bit timer can hold. */
const maxMillis = 2 ** 31 - 1

const positive = (millis: number): Duration.Duration | undefined =>
  millis > 0 && millis <= maxMillis ? Duration.millis(millis) : undefined

/**
 * The delay that a response asks for: `retry-after-ms`, else `retry-after` in seconds or as an HTTP date. Values that make
 * no sense (not above zero, or longer than a timer can hold) count as absent.
 */
export const retryAfter = (
  headers: { readonly [name: string]: string | undefined }
): Effect.Effect<Duration.Duration | undefined> => {
  const millis = headers["retry-after-ms"]
  if (millis !== undefined && millis.trim() !== "" && !Number.isNaN(Number(millis))) {
    const asked = positive(Number(millis))
    if (asked !== undefined) return Effect.succeed(asked)
  }
  const value = headers["retry-after"]
  if (value === undefined || value.trim() === "") return Effect.succeed(undefined)
  const seconds = Number(value)
  if (!Number.isNaN(seconds)) return Effect.succeed(positive(seconds * 1000))
  const date = Date.parse(value)
  return Number.isNaN(date)
    ? Effect.succeed(undefined)
    : Effect.map(Clock.currentTimeMillis, (now) => positive(date - now))
}

/** Repeats a call as the policy says: the one that is set around the call, else the one that the layer was built with. */
export const repeat =
  ({ endpoint: { method, name }, sources }: Call, policyOfLayer: RetryPolicy.RetryPolicy) =>
  <A, R>(self: Effect.Effect<A, ApiError, R>): Effect.Effect<A, ApiError, R> =>
    Effect.contextWithEffect((context: Context.Context<R>) => {
      const policy = context.unsafeMap.has(RetryPolicy.Current.key)
        ? Context.get(context, RetryPolicy.Current)
        : policyOfLayer
      const loop = (count: number): Effect.Effect<A, ApiError, R> =>
        Effect.catchAll(self, (error) => {
          if (count >= policy.maxRetries || sources.isSpent || !mayRepeat(error, method === "GET")) {
            return Effect.fail(error)
          }
          return Effect.flatMap(delay(error, policy, count), (delay) => {
            if (delay === undefined) return Effect.fail(error)
            return Effect.logDebug(`${name} is tried again in ${Duration.format(delay)}: ${error._tag}`).pipe(
              Effect.zipRight(countRetry(name, error._tag)),
              Effect.zipRight(Effect.annotateCurrentSpan("http.request.resend_count", count + 1)),
              Effect.zipRight(Effect.sleep(delay)),
              Effect.zipRight(Effect.suspend(() => loop(count + 1)))
            )
          })
        })
      return loop(0)
    })
