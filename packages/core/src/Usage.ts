/**
 * What a session consumed, what that costs at list prices, and the ceiling set on it.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as params from "./internal/params.ts"
import * as wire from "./internal/wire.ts"

const CacheCreation_ = wire.struct("CacheCreation", {
  /** Tokens of entries that live five minutes. */
  ephemeral_5m_input_tokens: wire.optional(wire.number),
  /** Tokens of entries that live one hour. */
  ephemeral_1h_input_tokens: wire.optional(wire.number)
})

/**
 * Tokens written to the prompt cache, by how long the entry lives.
 *
 * @category models
 * @since 0.1.0
 */
export interface CacheCreation extends Schema.Schema.Type<typeof CacheCreation_> {}

/**
 * {@link CacheCreation} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface CacheCreationEncoded extends Schema.Schema.Encoded<typeof CacheCreation_> {}

/**
 * Schema of {@link CacheCreation}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const CacheCreation: Schema.Schema<CacheCreation, CacheCreationEncoded> = CacheCreation_

const ServerToolUse_ = wire.struct("ServerToolUse", {
  /** Web searches, each of which has a list price. */
  web_search_requests: wire.optional(wire.number),
  /** Web fetches. */
  web_fetch_requests: wire.optional(wire.number)
})

/**
 * How often the service itself ran a web tool.
 *
 * @category models
 * @since 0.1.0
 */
export interface ServerToolUse extends Schema.Schema.Type<typeof ServerToolUse_> {}

/**
 * {@link ServerToolUse} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ServerToolUseEncoded extends Schema.Schema.Encoded<typeof ServerToolUse_> {}

/**
 * Schema of {@link ServerToolUse}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ServerToolUse: Schema.Schema<ServerToolUse, ServerToolUseEncoded> = ServerToolUse_

const ListCost_ = wire.struct("ListCost", {
  /**
   * Minor units of the currency (cents) as an integer string, `"2500"` for $25.00; a string so that no float ever
   * rounds it.
   */
  amount: Schema.String,
  /** ISO 4217 code. */
  currency: wire.openString("Currency", "USD")
})

/**
 * An amount of money at public list prices, before any discount.
 *
 * @category models
 * @since 0.1.0
 */
export interface ListCost extends Schema.Schema.Type<typeof ListCost_> {}

/**
 * {@link ListCost} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ListCostEncoded extends Schema.Schema.Encoded<typeof ListCost_> {}

/**
 * Schema of {@link ListCost}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ListCost: Schema.Schema<ListCost, ListCostEncoded> = ListCost_

const Budget_ = wire.struct("Budget", {
  type: Schema.Literal("limit"),
  /** The most that the session may cost at list prices. */
  max_list_cost: ListCost
})

/**
 * The ceiling on what a session may cost; once it is reached, no new model request starts.
 *
 * @category models
 * @since 0.1.0
 */
export interface Budget extends Schema.Schema.Type<typeof Budget_> {}

/**
 * {@link Budget} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface BudgetEncoded extends Schema.Schema.Encoded<typeof Budget_> {}

/**
 * Schema of {@link Budget}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Budget: Schema.Schema<Budget, BudgetEncoded> = Budget_

const ListCostParams_ = wire.struct("ListCostParams", {
  /** Cents as an integer string without leading zeros, for example `"2500"` for $25.00. */
  amount: params.matching(/^(0|[1-9]\d*)$/, "an integer number of cents without leading zeros"),
  /** ISO 4217 code; the service takes no other currency. */
  currency: Schema.Literal("USD")
})

const BudgetParams_ = wire.struct("BudgetParams", {
  type: Schema.Literal("limit"),
  /** The most that the session may cost at list prices; an update must set more than is already spent. */
  max_list_cost: ListCostParams_
})

/**
 * The ceiling to set on a session.
 *
 * @category models
 * @since 0.1.0
 */
export interface BudgetParams extends Schema.Schema.Type<typeof BudgetParams_> {}

/**
 * {@link BudgetParams} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface BudgetParamsEncoded extends Schema.Schema.Encoded<typeof BudgetParams_> {}

/**
 * Schema of {@link BudgetParams}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const BudgetParams: Schema.Schema<BudgetParams, BudgetParamsEncoded> = BudgetParams_

const tokens = {
  /** Input tokens that no cache served. */
  input_tokens: wire.optional(wire.number),
  /** Output tokens. */
  output_tokens: wire.optional(wire.number),
  /** Input tokens read from the prompt cache. */
  cache_read_input_tokens: wire.optional(wire.number),
  /** Input tokens written to the prompt cache. */
  cache_creation: wire.optional(CacheCreation)
}

const SessionUsage_ = wire.struct("SessionUsage", {
  ...tokens,
  /** Seconds with at least one thread running; threads that run at once count once. Running time is billed by it. */
  active_seconds: wire.optional(wire.number),
  /** Cost so far; absent or `null` until the service tracks it for this session. */
  list_cost: wire.nullish(ListCost),
  /** Uses of web tools; absent or `null` until the service tracks them for this session. */
  server_tool_use: wire.nullish(ServerToolUse)
})

/**
 * Everything a session consumed so far, over all its turns and threads.
 *
 * @category models
 * @since 0.1.0
 */
export interface SessionUsage extends Schema.Schema.Type<typeof SessionUsage_> {}

/**
 * {@link SessionUsage} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface SessionUsageEncoded extends Schema.Schema.Encoded<typeof SessionUsage_> {}

/**
 * Schema of {@link SessionUsage}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SessionUsage: Schema.Schema<SessionUsage, SessionUsageEncoded> = SessionUsage_

const UsageSnapshot_ = wire.struct("SessionUsageSnapshot", {
  ...tokens,
  /** Seconds with at least one thread running; threads that run at once count once. Running time is billed by it. */
  active_seconds: wire.optional(wire.number),
  /** Cost so far. */
  list_cost: wire.optional(ListCost),
  /** Uses of web tools. */
  server_tool_use: wire.optional(ServerToolUse)
})

/**
 * Everything a session had consumed when a `session.usage` event was written.
 *
 * @category models
 * @since 0.1.0
 */
export interface UsageSnapshot extends Schema.Schema.Type<typeof UsageSnapshot_> {}

/**
 * {@link UsageSnapshot} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface UsageSnapshotEncoded extends Schema.Schema.Encoded<typeof UsageSnapshot_> {}

/**
 * Schema of {@link UsageSnapshot}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const UsageSnapshot: Schema.Schema<UsageSnapshot, UsageSnapshotEncoded> = UsageSnapshot_

const ThreadUsage_ = wire.struct("ThreadUsage", {
  ...tokens,
  /** Seconds the thread was running. */
  active_seconds: wire.optional(wire.number),
  /** Cost so far; absent or `null` until the service tracks it for this thread. */
  list_cost: wire.nullish(ListCost),
  /** Uses of web tools; absent or `null` until the service tracks them for this thread. */
  server_tool_use: wire.nullish(ServerToolUse)
})

/**
 * Everything one thread consumed so far.
 *
 * Thread costs leave out running time and are rounded one by one, so they do not add up to the session's.
 *
 * @category models
 * @since 0.1.0
 */
export interface ThreadUsage extends Schema.Schema.Type<typeof ThreadUsage_> {}

/**
 * {@link ThreadUsage} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ThreadUsageEncoded extends Schema.Schema.Encoded<typeof ThreadUsage_> {}

/**
 * Schema of {@link ThreadUsage}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ThreadUsage: Schema.Schema<ThreadUsage, ThreadUsageEncoded> = ThreadUsage_

const SessionStats_ = wire.struct("SessionStats", {
  /** Seconds running, added up over threads: two threads running at once count twice. */
  active_seconds: wire.optional(wire.number),
  /** Seconds since creation; stands still once the session is terminated. */
  duration_seconds: wire.optional(wire.number)
})

/**
 * How long a session ran and existed.
 *
 * @category models
 * @since 0.1.0
 */
export interface SessionStats extends Schema.Schema.Type<typeof SessionStats_> {}

/**
 * {@link SessionStats} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface SessionStatsEncoded extends Schema.Schema.Encoded<typeof SessionStats_> {}

/**
 * Schema of {@link SessionStats}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SessionStats: Schema.Schema<SessionStats, SessionStatsEncoded> = SessionStats_

const ThreadStats_ = wire.struct("ThreadStats", {
  /** Seconds running. */
  active_seconds: wire.optional(wire.number),
  /** Seconds since creation; stands still once the thread is archived. */
  duration_seconds: wire.optional(wire.number),
  /** Seconds until the thread first ran; zero for threads that other threads start. */
  startup_seconds: wire.optional(wire.number)
})

/**
 * How long a thread ran and existed.
 *
 * @category models
 * @since 0.1.0
 */
export interface ThreadStats extends Schema.Schema.Type<typeof ThreadStats_> {}

/**
 * {@link ThreadStats} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ThreadStatsEncoded extends Schema.Schema.Encoded<typeof ThreadStats_> {}

/**
 * Schema of {@link ThreadStats}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ThreadStats: Schema.Schema<ThreadStats, ThreadStatsEncoded> = ThreadStats_
