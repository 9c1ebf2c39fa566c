/**
 * Keeps a program below the request limits of the service, by letting calls wait instead of fail.
 *
 * Without a limit in force, which is the default, nothing is counted. With one, each attempt of a call takes its turn: in
 * the order in which they came, reads and writes apart. Opening an event stream is one read. When the service answers 429
 * all the same and says for how long (`retry-after`), nothing of that kind is sent until then.
 *
 * The limits of the service are those of an organization: programs that share one divide them among themselves.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"

/**
 * The kind that a request counts as: `GET` is a read, everything else a write.
 * @category models
 */
export type Kind = "read" | "write"

/**
 * A limit that is shared by all who have it.
 * @category models
 */
export interface RateLimit {
  /** Waits until it is this request's turn. Who gives up waiting makes room for the next. */
  readonly take: (kind: Kind) => Effect.Effect<void>
  /** Lets nothing of this kind pass for a while, from now on. */
  readonly pause: (kind: Kind, duration: Duration.DurationInput) => Effect.Effect<void>
}

/**
 * Options of a limit. A field that is left out has its default.
 * @category options
 */
export interface Options {
  /** @default 300 */
  readonly writesPerMinute?: number | undefined
  /** @default 1200 */
  readonly readsPerMinute?: number | undefined
  /**
   * The requests that may come at once after a rest: as many as the rates allow in this time, and at least one.
   *
   * @default "1 second"
   */
  readonly burst?: Duration.DurationInput | undefined
}

/**
 * The limit in force. By default there is none.
 * @category services
 */
export const Current: Context.Reference<never, RateLimit | undefined> = Context.Reference<never>()(
  "@effect-managed-agents/core/RateLimit",
  { defaultValue: (): RateLimit | undefined => undefined }
)

/**
 * Tokens that come back with time, and those who wait for one. (The limiter of the `effect` package cannot be paused, lets
 * newcomers overtake, and needs a fiber that refills it.)
 */
class Bucket {
  private readonly perMilli: number
  private readonly capacity: number
  private level: number
  /** The time at which the level was right; while the bucket is paused it lies ahead. */
  private at = -Infinity
  /** In the order in which they came. Only the first looks at the bucket. */
  private readonly waiting = new Set<Deferred.Deferred<void>>()

  constructor(perMinute: number, burst: Duration.Duration) {
    this.perMilli = perMinute / 60_000
    this.capacity = Math.max(1, this.perMilli * Duration.toMillis(burst))
    this.level = this.capacity
  }

  readonly take: Effect.Effect<void> = Effect.flatMap(Clock.currentTimeMillis, (now) => {
    if (this.waiting.size === 0 && this.delay(now) === 0) return Effect.void
    const turn = Deferred.unsafeMake<void>(FiberId.none)
    this.waiting.add(turn)
    const first = this.waiting.size === 1 ? Effect.void : Deferred.await(turn)
    return Effect.ensuring(Effect.zipRight(first, this.untilTaken), Effect.sync(() => this.leave(turn)))
  })

  readonly pause = (duration: Duration.DurationInput): Effect.Effect<void> =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      this.level = 0
      this.at = Math.max(this.at, now + Duration.toMillis(duration) - 1 / this.perMilli)
    })

  private readonly untilTaken: Effect.Effect<void> = Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const delay = this.delay(now)
    return delay === 0 ? Effect.void : Effect.zipRight(Effect.sleep(delay), this.untilTaken)
  })

  /** Takes a token; or else says in how many milliseconds there will be one. */
  private delay(now: number): number {
    if (now > this.at) {
      this.level = Math.min(this.capacity, this.level + (now - this.at) * this.perMilli)
      this.at = now
    }
    // sums of fractions may be a little less than they should
    if (now >= this.at && this.level > 1 - 1e-9) {
      this.level -= 1
      return 0
    }
    return Math.max(1, Math.ceil(this.at - now + (1 - this.level) / this.perMilli - 1e-6))
  }

  private leave(turn: Deferred.Deferred<void>): void {
    this.waiting.delete(turn)
    const [next] = this.waiting
    if (next !== undefined) Deferred.unsafeDone(next, Exit.void)
  }
}

const rate = (name: keyof Options, perMinute: number): number => {
  if (perMinute > 0) return perMinute
  throw new Error(`RateLimit: ${name}: expected a number above zero`)
}

/**
 * Makes a limit. Rates that are not above zero are a defect.
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<RateLimit> =>
  Effect.sync(() => {
    const burst = Duration.decode(options.burst ?? "1 second")
    const buckets = {
      read: new Bucket(rate("readsPerMinute", options.readsPerMinute ?? 1200), burst),
      write: new Bucket(rate("writesPerMinute", options.writesPerMinute ?? 300), burst)
    }
    return {
      take: (kind) => buckets[kind].take,
      pause: (kind, duration) => buckets[kind].pause(duration)
    }
  })

/**
 * Sets one limit for every client that is built on this layer.
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<never> => Layer.effect(Current, make(options))
