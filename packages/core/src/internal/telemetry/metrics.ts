import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricLabel from "effect/MetricLabel"

const requests = Metric.counter("managed_agents_requests", {
  description: "Calls of the Sessions API, by operation and outcome (`ok`, `interrupted`, or the tag of the error)",
  incremental: true
})

const retries = Metric.counter("managed_agents_retries", {
  description: "Attempts that were repeated, by operation and the tag of the error that caused it",
  incremental: true
})

const events = Metric.counter("managed_agents_events", {
  description: "Events received on live streams, by operation",
  incremental: true
})

const reconnects = Metric.counter("managed_agents_follow_reconnects", {
  description: "Connections that followers had to make again, by operation and the tag of the error that caused it",
  incremental: true
})

const recovered = Metric.counter("managed_agents_follow_recovered", {
  description: "Events that followers had missed on the stream and found in the list, by operation",
  incremental: true
})

/** Making a labelled metric is too slow to do per call, so each is made once. */
const labelled = (metric: Metric.Metric.Counter<number>, label: string) => {
  const known = new Map<string, Effect.Effect<void>>()
  return (operation: string, value: string): Effect.Effect<void> => {
    const key = `${operation} ${value}`
    let increment = known.get(key)
    if (increment === undefined) {
      const own: Metric.Metric.Counter<number> = Metric.taggedWithLabels(metric, [
        MetricLabel.make("operation", operation),
        MetricLabel.make(label, value)
      ])
      increment = Metric.increment(own)
      known.set(key, increment)
    }
    return increment
  }
}

/** Counts a call, when it has ended. */
export const countRequest = labelled(requests, "outcome")

/** Counts a retry, when it is decided. */
export const countRetry = labelled(retries, "error")

/** Counts a reconnect of a follower, when it is decided. */
export const countReconnect = labelled(reconnects, "error")

/**
 * A counter with the labels of the fiber that asks for it. For the hot path: no Effect, and the counter is looked up once
 * per stream.
 */
const counter =
  (metric: Metric.Metric.Counter<number>) => (operation: string): Effect.Effect<(count: number) => void> =>
    Effect.map(Effect.metricLabels, (labelsOfFiber) => {
      const labels = [...labelsOfFiber, MetricLabel.make("operation", operation)]
      return (count) => metric.unsafeUpdate(count, labels)
    })

/** Counts events received on a stream. */
export const countEvents = counter(events)

/** Counts events that a follower found in the list after a reconnect. */
export const countRecovered = counter(recovered)

const turns = Metric.counter("managed_agents_turns", {
  description: "Finished turns, by result",
  incremental: true
})

const tokens = Metric.counter("managed_agents_tokens", {
  description: "Tokens that turns consumed, by kind (`input`, `output`, `cache_read`, `cache_creation`)",
  incremental: true
})

const cost = Metric.counter("managed_agents_list_cost", {
  description: "What turns cost at list prices, in minor units of the currency",
  incremental: true
})

/** Counters of one label, each made once. */
const byLabel = (metric: Metric.Metric.Counter<number>, label: string) => {
  const known = new Map<string, Metric.Metric.Counter<number>>()
  return (value: string): Metric.Metric.Counter<number> => {
    let own = known.get(value)
    if (own === undefined) {
      own = Metric.tagged(metric, label, value)
      known.set(value, own)
    }
    return own
  }
}

const turnsBy = byLabel(turns, "result")
const tokensBy = byLabel(tokens, "kind")
const costBy = byLabel(cost, "currency")

/** Counts a turn, when it has ended, and what it consumed. */
export const countTurn = (
  result: string,
  { cost: spent, tokens: used }: {
    readonly cost: { readonly amount: string; readonly currency: string } | undefined
    readonly tokens: { readonly [kind in "input" | "output" | "cacheRead" | "cacheCreation"]: number }
  }
): Effect.Effect<void> =>
  Effect.all([
    Metric.increment(turnsBy(result)),
    Metric.incrementBy(tokensBy("input"), used.input),
    Metric.incrementBy(tokensBy("output"), used.output),
    Metric.incrementBy(tokensBy("cache_read"), used.cacheRead),
    Metric.incrementBy(tokensBy("cache_creation"), used.cacheCreation),
    spent === undefined ? Effect.void : Metric.incrementBy(costBy(spent.currency), Number(spent.amount))
  ], { discard: true })

const toolCalls = Metric.counter("managed_agents_tool_calls", {
  description: "Tool calls that were run, by tool and outcome " +
    "(`success`, `failure`, `invalid_input`, `timeout`, `defect`)",
  incremental: true
})

/** Counts a tool call, when the tool has run. */
export const countToolCall = (tool: string, outcome: string): Effect.Effect<void> =>
  Metric.increment(toolCalls).pipe(Effect.tagMetrics({ tool, outcome }))

const workItems = Metric.counter("managed_agents_work_items", {
  description: "Work items of self-hosted environments that a worker is done with, by outcome",
  incremental: true
})

/** Counts a work item, when a worker is done with it. */
export const countWorkItem = (outcome: string): Effect.Effect<void> =>
  Metric.increment(Metric.tagged(workItems, "outcome", outcome))

const workInProgress = Metric.gauge("managed_agents_work_in_progress", {
  description: "Work items that workers of this process hold"
})

/** Counts a work item while it is held. */
export const whileWorking = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(Metric.increment(workInProgress), () => self, () => Metric.incrementBy(workInProgress, -1))

// ---------------------------------------------------------------------------------------------------------------------
// Turns by id
// ---------------------------------------------------------------------------------------------------------------------

const liveTurns = Metric.gauge("managed_agents_turns_live", {
  description: "Turns by id that this process follows"
})

/** Counts a turn by id while it is followed. */
export const whileLive = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(Metric.increment(liveTurns), () => self, () => Metric.incrementBy(liveTurns, -1))

const resumedTurns = Metric.counter("managed_agents_turns_resumed", {
  description:
    "Turns by id that were gone on with, by the status that they were found in (`sending`, `running`, `waiting`)",
  incremental: true
})

const resumedBy = byLabel(resumedTurns, "status")

/** Counts a turn that was begun before. */
export const countResumed = (status: string): Effect.Effect<void> => Metric.increment(resumedBy(status))

const parkedTurns = Metric.counter("managed_agents_turns_parked", {
  description: "Turns by id that nobody follows any more because they were silent",
  incremental: true
})

/** Counts a turn that is left because it is silent. */
export const countParked: Effect.Effect<void> = Metric.increment(parkedTurns)

const ownedSessions = Metric.gauge("managed_agents_sessions_owned", {
  description: "Sessions whose lease this process has"
})

/** Counts a session while its lease is held. */
export const whileOwned = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(Metric.increment(ownedSessions), () => self, () => Metric.incrementBy(ownedSessions, -1))

const leftSessions = Metric.counter("managed_agents_sessions_left", {
  description: "Sessions that a worker was done with, by outcome (`done`, `waiting`, `drained`, `lost`, `failed`)",
  incremental: true
})

const leftBy = byLabel(leftSessions, "outcome")

/** Counts a session that a worker is done with. */
export const countLeft = (outcome: string): Effect.Effect<void> => Metric.increment(leftBy(outcome))

const dueSessions = Metric.gauge("managed_agents_sessions_due", {
  description: "Sessions with turns to run, owned or not, as a worker has last seen it; a thousand at most"
})

/** Notes the number of sessions with turns to run. */
export const noteDue = (count: number): Effect.Effect<void> => Metric.set(dueSessions, count)

const sweeps = Metric.counter("managed_agents_sweeps", {
  description: "Looks of runners of a cluster for sessions with turns to run that nobody has woken",
  incremental: true
})

/** Counts a sweep. */
export const countSweep: Effect.Effect<void> = Metric.increment(sweeps)

const swept = Metric.counter("managed_agents_sessions_swept", {
  description:
    "Sessions that sweeps have found to be served: their wake was lost, their runner died, or there was no room",
  incremental: true
})

/** Counts a session that a sweep lets be served. */
export const countSwept: Effect.Effect<void> = Metric.increment(swept)
