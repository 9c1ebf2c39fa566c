import type * as Agent from "@effect-managed-agents/core/Agent"
import type * as SpanEvent from "@effect-managed-agents/core/SpanEvent"
import type * as Usage from "@effect-managed-agents/core/Usage"
import * as Either from "effect/Either"
import type { Rules } from "../../Rules.ts"
import type { Draft, ThreadDraft } from "./draft.ts"
import * as draft from "./draft.ts"
import * as refusal from "./refusal.ts"
import type { Ruling } from "./refusal.ts"
import type { Session, Tally } from "./state.ts"
import type { Micros } from "./timestamp.ts"

/** The number of tokens of a text. */
export const tokens = (self: Draft, text: string): number => Math.ceil(text.length / self.env.rules.charactersPerToken)

/** Usage of one model request. */
export type Use = Omit<Tally, "webSearches">

/** Nothing. */
export const none: Use = { input: 0, output: 0, cacheRead: 0, cacheCreation: 0 }

/** Counts what a request of a thread has used. */
export const count = (self: Draft, thread: ThreadDraft, use: Use): void => {
  thread.tally = add(thread.tally, use)
  self.session.tally = add(self.session.tally, use)
}

/** Counts a web search. */
export const countSearch = (self: Draft, thread: ThreadDraft): void => {
  thread.tally = { ...thread.tally, webSearches: thread.tally.webSearches + 1 }
  self.session.tally = { ...self.session.tally, webSearches: self.session.tally.webSearches + 1 }
}

const add = (tally: Tally, use: Use): Tally => ({
  input: tally.input + use.input,
  output: tally.output + use.output,
  cacheRead: tally.cacheRead + use.cacheRead,
  cacheCreation: tally.cacheCreation + use.cacheCreation,
  webSearches: tally.webSearches
})

/** Usage of a request, as it is on the wire. */
export const ofRequest = (use: Use): typeof SpanEvent.ModelUsage.Encoded => ({
  input_tokens: use.input,
  output_tokens: use.output,
  cache_read_input_tokens: use.cacheRead,
  cache_creation_input_tokens: use.cacheCreation,
  speed: null
})

/** Usage in all, as it is on the wire. */
export const total = (rules: Rules, tally: Tally, active: Micros): typeof Usage.UsageSnapshot.Encoded => ({
  input_tokens: tally.input,
  output_tokens: tally.output,
  cache_read_input_tokens: tally.cacheRead,
  cache_creation: { ephemeral_5m_input_tokens: tally.cacheCreation, ephemeral_1h_input_tokens: 0 },
  active_seconds: active / 1_000_000,
  list_cost: { amount: String(cents(rules, tally, active)), currency: "USD" },
  server_tool_use: { web_search_requests: tally.webSearches, web_fetch_requests: 0 }
})

/** Usage of a session by now. */
export const ofSession = (self: Draft): typeof Usage.UsageSnapshot.Encoded =>
  total(self.env.rules, self.session.tally, draft.active(self.session.activity, self.now))

/** The cost at list prices, in whole cents. */
const cents = ({ prices }: Rules, tally: Tally, active: Micros): number => {
  const millionths = tally.input * prices.input + tally.output * prices.output + tally.cacheRead * prices.cacheRead +
    tally.cacheCreation * prices.cacheCreation + tally.webSearches * prices.webSearch +
    (active / 1_000_000) * prices.activeSecond
  return Math.floor(millionths / 1_000_000)
}

/** The cost of a session by now, in whole cents. */
export const spent = (session: Pick<Session, "activity" | "tally">, now: Micros, rules: Rules): number =>
  cents(rules, session.tally, draft.active(session.activity, now))

/** A budget needs a price for the model. */
export const checkPriced = (agent: typeof Agent.SessionAgent.Encoded, rules: Rules): Ruling<void> =>
  rules.modelsWithoutPrice.includes(agent.model.id)
    ? refusal.invalid(`budget: model ${agent.model.id} has no list price`, "model_not_budgetable")
    : Either.void

/** Tells whether a session may not ask a model any more. */
export const isSpent = (self: Draft): boolean => {
  const { budget } = self.session
  return budget !== null && spent(self.session, self.now, self.env.rules) >= Number(budget.max_list_cost.amount)
}
