/**
 * Repetition of calls that failed.
 *
 * The policy says *how* to wait; *whether* a failure may be repeated also depends on the call. Reads are repeated after
 * any retryable failure. A call that has an effect (`create`, `send`, `archive`, …) is repeated only if the failed attempt
 * surely had none: there was no connection, the service answered 429 or 529, or it said `x-should-retry: true`.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"

/**
 * A retry policy.
 * @category models
 */
export interface RetryPolicy {
  /** The greatest number of repetitions; the first try does not count. */
  readonly maxRetries: number
  /** The delay before the first retry. It doubles with each further one. */
  readonly baseDelay: Duration.Duration
  /** The longest delay that the doubling reaches. */
  readonly maxDelay: Duration.Duration
  /** The largest part of a computed delay, from 0 to 1, that chance takes off. */
  readonly jitter: number
  /**
   * The longest delay that the service may ask for (`retry-after`). If it asks for more, the call fails at once and the
   * error carries `retryAfter`, so that the caller decides.
   */
  readonly maxRetryAfter: Duration.Duration
}

/**
 * Options of a policy. A field that is left out has its default.
 * @category options
 */
export interface Options {
  /** @default 2 */
  readonly maxRetries?: number | undefined
  /** @default "500 millis" */
  readonly baseDelay?: Duration.DurationInput | undefined
  /** @default "8 seconds" */
  readonly maxDelay?: Duration.DurationInput | undefined
  /** @default 0.25 */
  readonly jitter?: number | undefined
  /** @default "1 minute" */
  readonly maxRetryAfter?: Duration.DurationInput | undefined
}

/** The number, or zero if it is negative or `NaN`. */
const notNegative = (n: number): number => n > 0 ? n : 0

/**
 * Completes the options. A negative number of retries counts as none; `jitter` is brought into the range 0 to 1.
 * @category constructors
 */
export const make = (options: Options = {}): RetryPolicy => ({
  maxRetries: Math.floor(notNegative(options.maxRetries ?? 2)),
  baseDelay: Duration.decode(options.baseDelay ?? "500 millis"),
  maxDelay: Duration.decode(options.maxDelay ?? "8 seconds"),
  jitter: Math.min(1, notNegative(options.jitter ?? 0.25)),
  maxRetryAfter: Duration.decode(options.maxRetryAfter ?? "1 minute")
})

/**
 * The policy in force. It has a default ({@link make} without options), so it need not be provided.
 * @category services
 */
export const Current: Context.Reference<never, RetryPolicy> = Context.Reference<never>()(
  "@effect-managed-agents/core/RetryPolicy",
  { defaultValue: (): RetryPolicy => make() }
)

/**
 * The policy that never repeats a call.
 * @category constructors
 */
export const none: RetryPolicy = make({ maxRetries: 0 })

/**
 * Sets the policy of every client that is built on this layer.
 * @category layers
 */
export const layer = (policy: Options | RetryPolicy = {}): Layer.Layer<never> => Layer.succeed(Current, make(policy))

/**
 * Sets the policy for the calls made by one effect, whatever its client was built with.
 * @category combinators
 */
export const provide: {
  (policy: Options | RetryPolicy): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, policy: Options | RetryPolicy): Effect.Effect<A, E, R>
} = dual(
  2,
  <A, E, R>(self: Effect.Effect<A, E, R>, policy: Options | RetryPolicy): Effect.Effect<A, E, R> =>
    Effect.provideService(self, Current, make(policy))
)
