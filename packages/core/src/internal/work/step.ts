import type { ApiError } from "../../ApiError.ts"
import type * as EnvironmentWorker from "../../EnvironmentWorker.ts"
import type { Heartbeat } from "../../Work.ts"
import { noHeartbeat } from "../../Work.ts"
import { isForeign } from "../http/foreign.ts"

/** The state of an item that a worker has acknowledged. Every field is plain data: {@link step} is the only code that changes one. */
export interface State {
  readonly settings: Settings
  readonly lease: Lease
  /** The heartbeat that is under way. */
  readonly beat: "none" | "conditional" | "unconditional"
  /** The time for the next heartbeat. */
  readonly beatAt: number
  readonly tools: "none" | "running" | "draining"
  /** The time at which the tools have to be done, if they are to end. */
  readonly drainBy: number | undefined
  /** The thing to do after the tools, if they are to end. */
  readonly then: "stop" | "release"
  /** The time since which the session has nothing to do; undefined while it has. */
  readonly restsSince: number | undefined
}

/** Times in milliseconds. */
export interface Settings {
  /** The time for which to have the lease. */
  readonly ttl: number
  /** The longest rest of a session. */
  readonly maxIdle: number
  /** The time that tools have to end by themselves. */
  readonly grace: number
}

/** The lease as far as the answers to heartbeats tell. */
interface Lease {
  /** The heartbeat that the service has to have stored for the next one to count. */
  readonly last: string
  readonly ttl: number
  /** Until then no other worker can hold the lease. Undefined while it is not this worker's. */
  readonly until: number | undefined
  /** A heartbeat failed that may have been recorded all the same. */
  readonly isUncertain: boolean
}

/** An input of {@link step}: the result of a command, or news of the session. */
export type Signal =
  | { readonly _tag: "Beaten"; readonly sentAt: number; readonly heartbeat: Heartbeat }
  | { readonly _tag: "BeatFailed"; readonly now: number; readonly error: ApiError }
  | { readonly _tag: "Alarm"; readonly now: number }
  | { readonly _tag: "Rests"; readonly now: number }
  | { readonly _tag: "Works" }
  | { readonly _tag: "ToolsEnded"; readonly reason: "session" | "drained" | "failed" }
  /** The worker is to end. */
  | { readonly _tag: "Drain"; readonly now: number }

/** An order to the interpreter. */
export type Command =
  /** Sends a heartbeat, and gives up on it after `timeout`. Without `expected` it is recorded whatever is stored. */
  | { readonly _tag: "Beat"; readonly expected: string | undefined; readonly timeout: number }
  | { readonly _tag: "StartTools" }
  /** Has the tools that run come to their end, and no others begin. */
  | { readonly _tag: "DrainTools" }
  /** Sets the alarm, in place of any other. */
  | { readonly _tag: "Wake"; readonly at: number }
  /** Interrupts the tools, if any run, does the last thing for the item, and is done with it. */
  | {
    readonly _tag: "End"
    readonly outcome: EnvironmentWorker.Outcome
    /** `stop`: it is done; `release`: others may have it at once; `leave`: it is not this worker's any more. */
    readonly last: "stop" | "release" | "leave"
  }

/** A state and the commands that lead on from it. */
export type Step = readonly [state: State, commands: ReadonlyArray<Command>]

const none: ReadonlyArray<Command> = []

/** The state of an item that has just been acknowledged. No tool runs before the lease is this worker's. */
export const start = (settings: Settings, now: number): Step => {
  const state: State = {
    settings,
    lease: { last: noHeartbeat, ttl: settings.ttl, until: undefined, isUncertain: false },
    beat: "conditional",
    beatAt: now,
    tools: "none",
    drainBy: now + settings.ttl,
    then: "release",
    restsSince: undefined
  }
  return awake([state, [beat(noHeartbeat, intervalOf(state))]])
}

/** Takes one signal in. */
export const step = (state: State, signal: Signal): Step => {
  switch (signal._tag) {
    case "Beaten":
      return beaten({ ...state, beat: "none" }, signal)
    case "BeatFailed":
      return beatFailed(state, signal)
    case "Alarm":
      return alarm(state, signal.now)
    case "Rests":
      return state.restsSince === undefined ? awake([{ ...state, restsSince: signal.now }, none]) : [state, none]
    case "Works":
      return state.restsSince === undefined ? [state, none] : awake([{ ...state, restsSince: undefined }, none])
    case "ToolsEnded":
      return toolsEnded(state, signal.reason)
    case "Drain":
      return drain(state, signal.now, "release")
  }
}

const beat = (expected: string | undefined, timeout: number): Command => ({ _tag: "Beat", expected, timeout })

const end = (state: State, outcome: EnvironmentWorker.Outcome, last: "stop" | "release" | "leave"): Step => [
  state,
  [{ _tag: "End", outcome, last }]
]

/** The time between two heartbeats: two of three may fail. */
const intervalOf = ({ lease: { ttl } }: State): number => Math.max(500, ttl / 3)

/** The time before the lease ends at which it counts as lost, so that nothing is on its way when another worker begins. */
const marginOf = (ttl: number): number => ttl / 10

/** Adds the alarm for what comes next. */
const awake = ([state, commands]: Step): Step => {
  const { beat, beatAt, drainBy, lease, restsSince, settings } = state
  const at = Math.min(
    beat === "none" ? beatAt : Infinity,
    lease.until ?? Infinity,
    drainBy ?? Infinity,
    restsSince === undefined || state.tools !== "running" ? Infinity : restsSince + settings.maxIdle
  )
  return [state, [...commands, { _tag: "Wake", at }]]
}

const beaten = (state: State, { heartbeat, sentAt }: Extract<Signal, { readonly _tag: "Beaten" }>): Step => {
  if (heartbeat.state === "stopped") return end(state, "stopped", "leave")
  const isStopping = heartbeat.state === "stopping"
  if (!heartbeat.lease_extended && !isStopping) return end(state, "lost", "leave")
  const ttl = heartbeat.ttl_seconds > 0 ? heartbeat.ttl_seconds * 1000 : state.settings.ttl
  const lease: Lease = {
    last: heartbeat.last_heartbeat,
    ttl,
    // counted from when it was sent, so that it never ends here later than there
    until: heartbeat.lease_extended ? sentAt + ttl - marginOf(ttl) : state.lease.until ?? sentAt + ttl - marginOf(ttl),
    isUncertain: false
  }
  const held: State = { ...state, lease, beatAt: sentAt + intervalOf({ ...state, lease }) }
  if (isStopping) return held.tools === "none" ? end(held, "stopped", "stop") : drain(held, sentAt, "stop")
  if (held.tools !== "none") return awake([held, none])
  return awake([{ ...held, tools: "running", drainBy: undefined }, [{ _tag: "StartTools" }]])
}

/** A heartbeat that another was in place of, or an item that is there no more: a service may rename one that it gives away. */
const isLost = (error: ApiError): boolean =>
  (error._tag === "NotFound" && !isForeign(error)) || (error._tag === "UnexpectedStatus" && error.status === 412)

/** An answer that a heartbeat will get again. */
const isFinal = (error: ApiError): boolean =>
  error._tag === "Unauthorized" || error._tag === "Forbidden" || error._tag === "InvalidRequest" ||
  error._tag === "InvalidParams" || error._tag === "PaymentRequired"

const beatFailed = (
  { beat: sent, ...state }: State,
  { error, now }: Extract<Signal, { readonly _tag: "BeatFailed" }>
): Step => {
  const { lease } = state
  const idle: State = { ...state, beat: "none" }
  if (isLost(error)) {
    // within the lease nobody else can have sent one: what is stored is the heartbeat whose answer was lost
    const isOwn = sent === "conditional" && lease.isUncertain && lease.until !== undefined && now < lease.until &&
      error._tag !== "NotFound"
    if (!isOwn) return end(idle, "lost", "leave")
    return awake([{ ...idle, beat: "unconditional" }, [beat(undefined, (lease.until ?? now) - now)]])
  }
  if (isFinal(error)) return end(idle, "failed", "leave")
  const beatAt = now + Math.max(500, intervalOf(idle) / 4)
  return awake([{ ...idle, beatAt, lease: { ...lease, isUncertain: true } }, none])
}

const alarm = (state: State, now: number): Step => {
  const { beatAt, drainBy, lease, restsSince, settings } = state
  if (lease.until !== undefined && now >= lease.until) return end(state, "lost", "leave")
  if (drainBy !== undefined && now >= drainBy) return overdue(state)
  if (state.tools === "running" && restsSince !== undefined && now >= restsSince + settings.maxIdle) {
    return end(state, "idle", "stop")
  }
  if (state.beat !== "none" || now < beatAt) return awake([state, none])
  const left = lease.until === undefined ? Infinity : lease.until - now
  return awake([{ ...state, beat: "conditional" }, [beat(lease.last, Math.min(intervalOf(state), left))]])
}

/** Tools that did not end in time are interrupted; an item that could not be claimed in time is anybody's. */
const overdue = (state: State): Step => {
  if (state.lease.until === undefined) return end(state, "lost", "leave")
  return state.then === "stop" ? end(state, "stopped", "stop") : end(state, "drained", "release")
}

const drain = (state: State, now: number, then: State["then"]): Step => {
  if (state.tools === "none") return end(state, "drained", "leave")
  if (state.tools === "draining") return awake([then === "stop" ? { ...state, then } : state, none])
  return awake([
    { ...state, tools: "draining", then, drainBy: now + state.settings.grace },
    [{ _tag: "DrainTools" }]
  ])
}

const toolsEnded = (state: State, reason: Extract<Signal, { readonly _tag: "ToolsEnded" }>["reason"]): Step => {
  switch (reason) {
    case "session":
      return end(state, "ended", "stop")
    case "failed":
      // whoever takes it after the lease may do better; at once it would fail again
      return end(state, "failed", "leave")
    case "drained":
      if (state.then === "stop") return end(state, "stopped", "stop")
      // a session that waits is another worker's to serve
      return end(state, "drained", state.restsSince === undefined ? "release" : "stop")
  }
}
