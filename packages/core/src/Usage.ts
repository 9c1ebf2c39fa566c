/**
 * Consumption of a session, its cost at list prices, and the ceiling set on it.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as params from "./internal/schema/params.ts"
import * as wire from "./internal/schema/wire.ts"

/**
 * Tokens written to the prompt cache, by how long the entry lives.
 * @category schemas
 */
export class CacheCreation extends wire.Struct<CacheCreation>()("CacheCreation", {
  /** Tokens of entries that live five minutes. */
  ephemeral_5m_input_tokens: wire.optional(wire.number),
  /** Tokens of entries that live one hour. */
  ephemeral_1h_input_tokens: wire.optional(wire.number)
}) {}

/**
 * Numbers of calls of web tools that the service itself ran.
 * @category schemas
 */
export class ServerToolUse extends wire.Struct<ServerToolUse>()("ServerToolUse", {
  /** Web searches, each of which has a list price. */
  web_search_requests: wire.optional(wire.number),
  /** Web fetches. */
  web_fetch_requests: wire.optional(wire.number)
}) {}

/**
 * An amount of money at public list prices, before any discount.
 * @category schemas
 */
export class ListCost extends wire.Struct<ListCost>()("ListCost", {
  /**
   * Minor units of the currency (cents) as an integer string, `"2500"` for $25.00; a string so that no float ever
   * rounds it.
   */
  amount: Schema.String,
  /** ISO 4217 code. */
  currency: wire.openString("Currency", "USD")
}) {}

/**
 * The ceiling on what a session may cost; once it is reached, no new model request starts.
 * @category schemas
 */
export class Budget extends wire.Struct<Budget>()("Budget", {
  type: Schema.Literal("limit"),
  /** The most that the session may cost at list prices. */
  max_list_cost: ListCost
}) {}

const ListCostParams_ = wire.struct("ListCostParams", {
  /** Cents as an integer string without leading zeros, for example `"2500"` for $25.00. */
  amount: params.matching(/^(0|[1-9]\d*)$/, "an integer number of cents without leading zeros"),
  /** ISO 4217 code; the service takes no other currency. */
  currency: Schema.Literal("USD")
})

/**
 * The ceiling to set on a session.
 * @category schemas
 */
export class BudgetParams extends wire.Struct<BudgetParams>()("BudgetParams", {
  type: Schema.Literal("limit"),
  /** The most that the session may cost at list prices; an update must set more than is already spent. */
  max_list_cost: ListCostParams_
}) {}

/**
 * The ceiling of an amount of US dollars or cents. A part of a cent is refused when it is sent.
 *
 * @example
 * ```ts
 * import * as Usage from "@effect-managed-agents/core/Usage"
 *
 * assert.deepStrictEqual(Usage.budget({ dollars: 2.5 }), Usage.budget({ cents: 250 }))
 * ```
 *
 * @category constructors
 */
export const budget = (amount: { readonly dollars: number } | { readonly cents: number }): BudgetParams => {
  const cents = "cents" in amount ? amount.cents : Number((amount.dollars * 100).toFixed(6))
  return { type: "limit", max_list_cost: { amount: String(cents), currency: "USD" } }
}

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

/**
 * Everything a session consumed so far, over all its turns and threads.
 * @category schemas
 */
export class SessionUsage extends wire.Struct<SessionUsage>()("SessionUsage", {
  ...tokens,
  /** Seconds with at least one thread running; threads that run at once count once. Running time is billed by it. */
  active_seconds: wire.optional(wire.number),
  /** Cost so far; absent or `null` until the service tracks it for this session. */
  list_cost: wire.nullish(ListCost),
  /** Uses of web tools; absent or `null` until the service tracks them for this session. */
  server_tool_use: wire.nullish(ServerToolUse)
}) {}

/**
 * Everything a session had consumed when a `session.usage` event was written.
 * @category schemas
 */
export class UsageSnapshot extends wire.Struct<UsageSnapshot>()("SessionUsageSnapshot", {
  ...tokens,
  /** Seconds with at least one thread running; threads that run at once count once. Running time is billed by it. */
  active_seconds: wire.optional(wire.number),
  /** Cost so far. */
  list_cost: wire.optional(ListCost),
  /** Uses of web tools. */
  server_tool_use: wire.optional(ServerToolUse)
}) {}

/**
 * Everything one thread consumed so far.
 *
 * Thread costs leave out running time and are rounded one by one, so they do not add up to the session's.
 *
 * @category schemas
 */
export class ThreadUsage extends wire.Struct<ThreadUsage>()("ThreadUsage", {
  ...tokens,
  /** Seconds the thread was running. */
  active_seconds: wire.optional(wire.number),
  /** Cost so far; absent or `null` until the service tracks it for this thread. */
  list_cost: wire.nullish(ListCost),
  /** Uses of web tools; absent or `null` until the service tracks them for this thread. */
  server_tool_use: wire.nullish(ServerToolUse)
}) {}

/**
 * Times for which a session ran and existed.
 * @category schemas
 */
export class SessionStats extends wire.Struct<SessionStats>()("SessionStats", {
  /** Seconds running, added up over threads: two threads running at once count twice. */
  active_seconds: wire.optional(wire.number),
  /** Seconds since creation; stands still once the session is terminated. */
  duration_seconds: wire.optional(wire.number)
}) {}

/**
 * Times for which a thread ran and existed.
 * @category schemas
 */
export class ThreadStats extends wire.Struct<ThreadStats>()("ThreadStats", {
  /** Seconds running. */
  active_seconds: wire.optional(wire.number),
  /** Seconds since creation; stands still once the thread is archived. */
  duration_seconds: wire.optional(wire.number),
  /** Seconds until the thread first ran; zero for threads that other threads start. */
  startup_seconds: wire.optional(wire.number)
}) {}
