import type * as Event from "@effect-managed-agents/core/Event"
import type * as Unknown from "@effect-managed-agents/core/Unknown"
import type { Agent, EffectStep, Message, Report, Script, ToolResult } from "../../AgentScript.ts"
import type { Rules } from "../../Rules.ts"
import * as eventLog from "./eventLog.ts"
import * as ids from "./ids.ts"
import type { Activity, Session, Status, Thread } from "./state.ts"
import * as time from "./timestamp.ts"

/** Environment of a transition, besides the session. */
export interface Env {
  readonly rules: Rules
  /** The script that an agent plays now. */
  readonly script: (agentId: string) => Script
  /** The time that a step takes inside a model request when it says nothing. */
  readonly pace: time.Micros
}

/** An event on its way out. */
export interface Emission {
  readonly event: eventLog.LiveEvent
  /** True if the session's own stream carries it. */
  readonly session: boolean
  /** The thread whose stream carries it, if any. */
  readonly thread: string | null
}

/** Facts that an Effect of a script knows from the start. */
export type About = Pick<Agent, "sessionId" | "threadId" | "turn" | "messages" | "text" | "result">

/** An Effect of a script that must be run; what it asks for and how it ends comes back under the token. */
export interface EffectRequest {
  readonly token: number
  readonly step: EffectStep
  readonly about: About
}

/** Result of an operation. */
export interface Played {
  readonly calls: ReadonlyArray<ToolResult>
  readonly reports: ReadonlyArray<Report>
  readonly message: Message | null
}

/** An operation that an Effect asked for has been played. */
export interface Reply {
  readonly token: number
  readonly played: Played
}

/** A script that could not be played on. */
export interface ScriptFailure {
  readonly sessionId: string
  readonly threadId: string
  readonly agentId: string
  /** Which turn of the agent it was, from 0. */
  readonly turn: number
  /** The position in the script, such as `turns[0][2] (delegate)`. */
  readonly step: string
  /** All of that and the cause, as the `session.error` says it. */
  readonly message: string
}

/** Result of a transition. */
export interface Outcome {
  readonly session: Session
  readonly emissions: ReadonlyArray<Emission>
  readonly effects: ReadonlyArray<EffectRequest>
  readonly replies: ReadonlyArray<Reply>
  readonly failures: ReadonlyArray<ScriptFailure>
}

type Mutable<A> = { -readonly [K in keyof A]: A[K] }

/** A thread while a transition writes it. */
export type ThreadDraft = Mutable<Thread>

/**
 * A session while a transition writes it: a copy that nobody else has seen. What hangs off its fields is still shared
 * and is replaced, never written to.
 */
export interface Draft {
  readonly env: Env
  readonly session: Omit<Mutable<Session>, "threads"> & { readonly threads: [ThreadDraft, ...Array<ThreadDraft>] }
  /** The instant at which what happens now happens. */
  now: time.Micros
  readonly emissions: Array<Emission>
  readonly effects: Array<EffectRequest>
  readonly replies: Array<Reply>
  readonly failures: Array<ScriptFailure>
}

/** Opens a session for writing. */
export const open = (session: Session, now: time.Micros, env: Env): Draft => {
  const [primary, ...children] = session.threads
  return {
    env,
    session: { ...session, threads: [{ ...primary }, ...children.map((thread) => ({ ...thread }))] },
    now,
    emissions: [],
    effects: [],
    replies: [],
    failures: []
  }
}

/** Ends a transition. The draft must not be used any more. */
export const close = (draft: Draft): Outcome => ({
  session: draft.session,
  emissions: draft.emissions,
  effects: draft.effects,
  replies: draft.replies,
  failures: draft.failures
})

/** The next stamp: now, but later than every stamp before it, by a microsecond at least. */
export const stamp = (draft: Draft): time.Micros => {
  const next = Math.max(draft.session.clock + 1, draft.now)
  draft.session.clock = next
  return next
}

/** The next event id. */
export const eventId = (draft: Draft): string => {
  const n = draft.session.issued.event
  draft.session.issued = { ...draft.session.issued, event: n + 1 }
  return ids.format("sevt", ids.nth(draft.session.key, n))
}

/** Which list and stream an event belongs to. */
export type Place =
  /** The session's, and that of this thread. */
  | ThreadDraft
  /** The session's alone. */
  | null

type Known = Exclude<typeof Event.Event.Encoded, Unknown.Unknown>
/** The fields of an event, without those that are given out here. */
export type Fields = Known extends infer E ? E extends Known ? Omit<E, "id" | "processed_at"> : never : never

/** Stores an event that is complete and puts it on its streams. */
export const publish = (draft: Draft, place: Place, event: eventLog.StoredEvent): void => {
  const { session } = draft
  const own = place === null || place === session.threads[0]
  if (own) session.log = eventLog.append(session.log, event)
  if (place !== null) place.log = eventLog.append(place.log, event)
  draft.emissions.push({ event, session: own, thread: place === null ? null : place.id })
}

/** Makes an event of its fields, stamps, stores and streams it. */
export const emit = (draft: Draft, place: Place, fields: Fields): eventLog.StoredEvent => {
  const event = { id: eventId(draft), ...fields, processed_at: time.format(stamp(draft)) }
  publish(draft, place, event)
  return event
}

/** Puts an event in the lists of the session and its primary thread, and on no stream. */
export const store = (draft: Draft, fields: Fields): void => {
  const { session } = draft
  const event = { id: eventId(draft), ...fields, processed_at: time.format(stamp(draft)) }
  session.log = eventLog.append(session.log, event)
  session.threads[0].log = eventLog.append(session.threads[0].log, event)
}

/** The primary thread, whose events are the session's. */
export const isPrimary = (draft: Draft, thread: ThreadDraft): boolean => thread === draft.session.threads[0]

/** Puts an event of a child thread on the session's list and stream too. The primary's are there anyway. */
export const crossPost = (draft: Draft, thread: ThreadDraft, event: eventLog.StoredEvent): void => {
  if (!isPrimary(draft, thread)) publish(draft, null, event)
}

/** Starts or stops counting a time of activity. */
const count = (activity: Activity, active: boolean, now: time.Micros): Activity => {
  if (active === (activity.since !== null)) return activity
  return activity.since === null
    ? { total: activity.total, since: now }
    : { total: activity.total + Math.max(0, now - activity.since), since: null }
}

/** The time for which something has been active by now. */
export const active = (activity: Activity, now: time.Micros): time.Micros =>
  activity.total + (activity.since === null ? 0 : Math.max(0, now - activity.since))

/** Sets what a thread is doing. */
export const setThreadStatus = (draft: Draft, thread: ThreadDraft, status: Status): void => {
  thread.status = status
  thread.started = true
  thread.updatedAt = draft.now
  thread.activity = count(thread.activity, status === "running", draft.now)
}

/** Sets what the session is doing. */
export const setStatus = (draft: Draft, status: Status): void => {
  const { session } = draft
  session.status = status
  session.statusSince = draft.now
  session.updatedAt = draft.now
  session.activity = count(session.activity, status === "running", draft.now)
  if (status === "terminated") session.terminatedAt = draft.now
}
