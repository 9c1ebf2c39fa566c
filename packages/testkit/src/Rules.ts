/**
 * What the simulator assumes where the service is not documented.
 *
 * Each field is a guess that a test may turn the other way, to find out whether a program depends on it.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"

/**
 * Choices that neither documentation nor recordings settle.
 *
 * @category models
 * @since 0.1.0
 */
export interface Rules {
  /**
   * How often an open stream gets a `ping`. `Duration.infinity` for never.
   *
   * @default "15 seconds"
   */
  readonly heartbeat: Duration.Duration
  /**
   * How long a session still reads as running after its `session.status_idle` was streamed: the race that the vendor
   * documents. Archive, delete and update are refused as long.
   *
   * @default 0
   */
  readonly idleLag: Duration.Duration
  /**
   * How many sessions a page holds at most.
   *
   * @default 100
   */
  readonly maxSessionsPerPage: number
  /**
   * How many sessions a page holds unless asked.
   *
   * @default 20
   */
  readonly sessionsPerPage: number
  /**
   * Whether an interrupt that finds nothing to stop is stored in the event list.
   *
   * @default true
   */
  readonly storeQuietInterrupts: boolean
  /**
   * Whether a `system.message` may be sent on its own while the session is idle.
   *
   * @default false
   */
  readonly loneSystemMessages: boolean
  /**
   * Models that refuse a `system.message`.
   *
   * @default []
   */
  readonly modelsWithoutSystemMessages: ReadonlyArray<string>
  /**
   * Models without a list price, for which a budget is refused.
   *
   * @default []
   */
  readonly modelsWithoutPrice: ReadonlyArray<string>
  /**
   * How many characters of text count as one token.
   *
   * @default 4
   */
  readonly charactersPerToken: number
  /**
   * List prices in millionths of a US cent: a token read, written, read from or written to the cache, a web search, and
   * a second of running time.
   */
  readonly prices: {
    readonly input: number
    readonly output: number
    readonly cacheRead: number
    readonly cacheCreation: number
    readonly webSearch: number
    readonly activeSecond: number
  }
}

/**
 * The choices unless told otherwise.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaults: Rules = {
  heartbeat: Duration.seconds(15),
  idleLag: Duration.zero,
  maxSessionsPerPage: 100,
  sessionsPerPage: 20,
  storeQuietInterrupts: true,
  loneSystemMessages: false,
  modelsWithoutSystemMessages: [],
  modelsWithoutPrice: [],
  charactersPerToken: 4,
  prices: {
    input: 300,
    output: 1500,
    cacheRead: 30,
    cacheCreation: 375,
    webSearch: 1_000_000,
    activeSecond: 2222
  }
}
