import * as Api from "@effect-managed-agents/core/Api"
import type * as Endpoint from "@effect-managed-agents/core/Endpoint"
import type { Action, Fault, Kind, Match, Plan, RandomOptions, StreamFault } from "../../Fault.ts"
import * as ids from "../session/ids.ts"

/** The requests of an endpoint. */
export const requestsOf = (endpoint: Endpoint.Any): Pick<Match, "method" | "path"> => ({
  method: endpoint.method,
  path: endpoint.path.replace(/\{\w+\}/g, "*")
})

// ---------------------------------------------------------------------------------------------------------------------
// By chance
// ---------------------------------------------------------------------------------------------------------------------

/** Chances that derive from a seed. */
class Dice {
  private n = 0
  private readonly key: ids.Key

  constructor(seed: number) {
    this.key = ids.child(ids.root(seed), "faults")
  }

  /** An integer from 0 to below `n`. */
  below(n: number): number {
    return Math.floor(ids.fraction(ids.nth(this.key, this.n++)) * n)
  }

  pick<A>(items: readonly [A, ...ReadonlyArray<A>]): A {
    return items[this.below(items.length)] ?? items[0]
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.below(n) === 0
  }
}

const isSome = <A>(items: ReadonlyArray<A>): items is readonly [A, ...ReadonlyArray<A>] => items.length > 0

/** Refusals that a client may try again after. */
const statuses: readonly [Action, ...ReadonlyArray<Action>] = [
  { status: 429, headers: { "retry-after-ms": "200" } },
  { status: 500 },
  { status: 502, body: "<html>Bad Gateway</html>" },
  { status: 503, headers: { "retry-after": "1" } },
  { status: 529 },
  { status: 529, headers: { "retry-after-ms": "50" } }
]

/** Of these a client cannot know whether the request took effect. */
const ambiguous: readonly [Action, ...ReadonlyArray<Action>] = [
  { status: 500, landed: true },
  { status: 502, landed: true, body: "<html>Bad Gateway</html>" },
  { status: 504, landed: true }
]

const page = "<!doctype html><title>Sign in</title>"

/** Answers of something between the client and the service, which has not seen the request. */
const foreign: readonly [Action, ...ReadonlyArray<Action>] = [
  { status: 200, headers: { "content-type": "text/html" }, body: page },
  { status: 404, headers: { "content-type": "text/html" }, body: page },
  { status: 404, body: { message: "no Route matched with those values" } },
  { status: 421 },
  { status: 425 },
  { status: 499 }
]

/** Answers to a request that the service has taken, in which something else stands. */
const garbled: readonly [Action, ...ReadonlyArray<Action>] = [
  { status: 200, landed: true, headers: { "content-type": "text/html" }, body: page },
  { status: 200, landed: true, body: {} },
  { status: 200, landed: true, body: { type: "error", error: { type: "api_error", message: "Internal error" } } },
  { status: 200, landed: true, body: { data: [] } },
  { status: 302, landed: true, headers: { location: "https://login.example.com/" } },
  { status: 408, landed: true },
  { status: 520, landed: true, headers: { "content-type": "text/html" }, body: page }
]

/** Frames that are no events of the service. */
const damage: readonly [string, ...ReadonlyArray<string>] = [
  "data: {\"type\": \"agent.mess\n\n",
  "data: [DONE]\n\n",
  "data: {}\n\n",
  `data: ${page}\n\n`,
  "data: null\n\n",
  "event: agent.message\ndata: {\"type\": \"agent.message\", \"id\": \"sevt_\nevent: error\ndata: {\"error\": \"upstream\"}\n\n"
]

/** Frames that may stand between the events of a stream and mean nothing. */
const noise: readonly [string, ...ReadonlyArray<string>] = [
  ": keep-alive\n\n",
  ":\r\n\r\n",
  "\n\n",
  "retry: 100\n\n",
  "id: 7\r\n\r\n",
  "event: ping\r\ndata: {\"type\": \"ping\"}\r\n\r\n"
]

const kinds: { readonly [K in Kind]: (dice: Dice) => Action } = {
  status: (dice) => dice.pick(statuses),
  landed: (dice) => dice.pick(ambiguous),
  foreign: (dice) => dice.pick(foreign),
  garbled: (dice) => dice.pick(garbled),
  drop_before: () => ({ drop: "before" }),
  drop_after: () => ({ drop: "after" }),
  delay: (dice) => ({ delay: dice.pick([1, 20, 500, 5000, 30_000]) }),
  cut_after_events: (dice) => ({
    stream: { cut_after_events: dice.below(14), ...(dice.oneIn(3) && { clean: true }) }
  }),
  cut_after_bytes: (dice) => ({
    stream: { cut_after_bytes: dice.below(3000), ...(dice.oneIn(6) && { clean: true }) }
  }),
  stall_after_events: (dice) => ({
    stream: { stall_after_events: dice.below(14), ...(dice.oneIn(3) && { heartbeats: true }) }
  }),
  repeat_event: (dice) => ({ stream: { repeat_event: 1 + dice.below(14) } }),
  split_bytes: (dice) => ({ stream: { split_bytes: dice.pick([1, 2, 3, 7, 16, 61]) } }),
  insert: (dice) => ({ stream: { insert: { after_events: dice.below(10), frame: dice.pick(noise) } } }),
  damage: (dice) => ({ stream: { insert: { after_events: dice.below(10), frame: dice.pick(damage) } } })
}

// each object has a value for each key of its type
const byDefault = (Object.keys(kinds) as ReadonlyArray<Kind>).filter((kind) =>
  kind !== "foreign" && kind !== "garbled" && kind !== "damage"
)

const conversation: ReadonlyArray<Endpoint.Any> = [
  Api.events.send,
  Api.events.stream,
  Api.events.list,
  Api.sessions.retrieve
]

/** Tells whether a fault of a kind has anything to do with a request. */
const concerns = (kind: Kind, action: Action, endpoint: Endpoint.Any): boolean => {
  if ("stream" in action) return endpoint.kind === "events"
  if (kind === "foreign") return endpoint.method === "GET"
  return kind === "landed" || kind === "drop_after" || kind === "garbled" ? endpoint.method !== "GET" : true
}

/** A plan by chance: the same for the same seed and options. */
export const random = (seed: number, options: RandomOptions): Plan => {
  const dice = new Dice(seed)
  const { endpoints = conversation, kinds: wanted = byDefault, max = 4 } = options
  if (!isSome(wanted) || !isSome(endpoints)) return []
  return Array.from({ length: 1 + dice.below(max) }, (): Fault => {
    const kind = dice.pick(wanted)
    const action = kinds[kind](dice)
    const fitting = endpoints.filter((endpoint) => concerns(kind, action, endpoint))
    const skip = dice.pick([0, 0, 0, 1, 1, 2, 3])
    const often = dice.pick([1, 1, 1, 1, 2, 3])
    // a gateway that always answers is a wrong address
    const times = kind === "foreign" ? 1 : often
    const split = "stream" in action && wanted.includes("split_bytes") && dice.oneIn(4)
    return {
      match: {
        ...(isSome(fitting) && requestsOf(dice.pick(fitting))),
        ...(skip > 0 && { skip }),
        ...(times > 1 && { times })
      },
      do: split ? { stream: { split_bytes: dice.pick([1, 5, 64]), ...action.stream } } : action
    }
  })
}

// ---------------------------------------------------------------------------------------------------------------------
// Simpler
// ---------------------------------------------------------------------------------------------------------------------

/** Smaller numbers down to the least: that one, then others by ever smaller steps. None of a number that is absent. */
const smaller = (n = -Infinity, least: number): ReadonlyArray<number> => {
  const out: Array<number> = []
  for (let step = n - least; step >= 1; step = Math.floor(step / 2)) out.push(n - step)
  return out
}

const without = <A extends object>(self: A, ...keys: ReadonlyArray<keyof A>): A =>
  // a key that is optional may be left out, and the others are not asked for
  Object.fromEntries(Object.entries(self).filter(([key]) => !keys.some((one) => one === key))) as A

const simplerMatches = (match: Match): ReadonlyArray<Match> => [
  ...match.times === undefined ? [] : [without(match, "times")],
  ...match.skip === undefined ? [] : [without(match, "skip")],
  ...smaller(match.times, 2).map((times) => ({ ...match, times })),
  ...smaller(match.skip, 1).map((skip) => ({ ...match, skip }))
]

const simplerStreams = (fault: StreamFault): ReadonlyArray<StreamFault> => {
  const { cut_after_bytes, cut_after_events, insert, repeat_event, stall_after_bytes, stall_after_events } = fault
  const fewer = [
    without(fault, "split_bytes"),
    without(fault, "insert"),
    without(fault, "repeat_event"),
    without(fault, "stall_after_events", "heartbeats"),
    without(fault, "stall_after_bytes"),
    without(fault, "cut_after_bytes", ...cut_after_events === undefined ? ["clean" as const] : []),
    without(fault, "cut_after_events", ...cut_after_bytes === undefined ? ["clean" as const] : []),
    without(fault, "clean"),
    without(fault, "heartbeats")
  ].filter((one) => {
    const left = Object.keys(one).length
    return left > 0 && left < Object.keys(fault).length
  })
  return [
    ...fewer,
    ...smaller(cut_after_events, 0).map((n) => ({ ...fault, cut_after_events: n })),
    ...smaller(cut_after_bytes, 0).map((n) => ({ ...fault, cut_after_bytes: n })),
    ...smaller(stall_after_events, 0).map((n) => ({ ...fault, stall_after_events: n })),
    ...smaller(stall_after_bytes, 0).map((n) => ({ ...fault, stall_after_bytes: n })),
    ...smaller(repeat_event, 1).map((n) => ({ ...fault, repeat_event: n })),
    ...insert === undefined
      ? []
      : smaller(insert.after_events, 0).map((n) => ({ ...fault, insert: { ...insert, after_events: n } }))
  ]
}

const simplerActions = (action: Action): ReadonlyArray<Action> => {
  if ("stream" in action) return simplerStreams(action.stream).map((stream) => ({ stream }))
  if ("delay" in action) return smaller(action.delay, 0).map((delay) => ({ delay }))
  if ("drop" in action) return []
  const { body, headers, landed, status } = action
  return [
    ...landed === undefined ? [] : [without(action, "landed")],
    ...headers === undefined ? [] : [without(action, "headers")],
    // without a foreign body it may become an answer of the service
    ...body === undefined || status === 200 || status === 404 ? [] : [without(action, "body")]
  ]
}

const simplerFaults = (fault: Fault): ReadonlyArray<Fault> => [
  ...simplerMatches(fault.match ?? {}).map((match) => ({ ...fault, match })),
  ...simplerActions(fault.do).map((action) => ({ ...fault, do: action }))
]

/** Plans that are a little simpler: first those with a fault less, then those with a fault that is simpler. */
export const simpler = (plan: Plan): ReadonlyArray<Plan> => [
  ...plan.map((_, i) => plan.filter((__, j) => i !== j)),
  ...plan.flatMap((fault, i) => simplerFaults(fault).map((one) => plan.map((other, j) => i === j ? one : other)))
]
