import type * as Agent from "@effect-managed-agents/core/Agent"
import type * as Event from "@effect-managed-agents/core/Event"
import type * as SessionEvent from "@effect-managed-agents/core/SessionEvent"
import type * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as frames from "../script/scriptMessages.ts"
import * as agents from "./agents.ts"
import * as calls from "./calls.ts"
import type { Draft, Env, Outcome } from "./draft.ts"
import * as draft from "./draft.ts"
import type { LiveEvent, StoredEvent } from "./eventLog.ts"
import * as eventLog from "./eventLog.ts"
import * as goals from "./goals.ts"
import * as ids from "./ids.ts"
import * as interpreter from "./interpreter.ts"
import * as metadata from "./metadata.ts"
import * as refusal from "./refusal.ts"
import type { Ruling } from "./refusal.ts"
import type { Answer, Call, Pending, Session, Status, Thread } from "./state.ts"
import * as status from "./status.ts"
import * as texts from "./texts.ts"
import type { Micros } from "./timestamp.ts"
import * as time from "./timestamp.ts"
import * as usage from "./usage.ts"
import * as workflows from "./workflows.ts"

/** The outcome of a command, and what it answers. */
export interface Answered<A> extends Outcome {
  readonly answer: A
}

const answered = <A>(self: Draft, answer: A): Answered<A> => ({ ...draft.close(self), answer })

// ---------------------------------------------------------------------------------------------------------------------
// The passing of time
// ---------------------------------------------------------------------------------------------------------------------

/** Brings a session up to date. */
export const advance = (session: Session, now: Micros, env: Env): Outcome => {
  const self = draft.open(session, now, env)
  interpreter.advance(self)
  return draft.close(self)
}

/** When a session has something to do by itself. */
export const nextDue = (session: Session): Micros | undefined =>
  session.status === "terminated" ? undefined : interpreter.nextDue(session)

/** An Effect of the script asks its agent to do something. */
export const perform = (
  session: Session,
  now: Micros,
  env: Env,
  token: number,
  operation: frames.Operation
): Outcome => {
  const self = draft.open(session, now, env)
  frames.ask(self, token, operation)
  interpreter.advance(self)
  return draft.close(self)
}

/** An Effect of the script has come to its end. */
export const endEffect = (
  session: Session,
  now: Micros,
  env: Env,
  token: number,
  ending: interpreter.Ending
): Outcome => {
  const self = draft.open(session, now, env)
  interpreter.endEffect(self, token, ending)
  interpreter.advance(self)
  return draft.close(self)
}

/** The tokens of the Effects that a session waits for. */
export const awaitedEffects = (session: Session): ReadonlySet<number> => frames.tokens(session.threads)

/** The status that the row of a session shows, which may lag behind its events. */
export const visibleStatus = (session: Session, now: Micros, env: Env): Status => {
  const { started } = session.threads[0]
  // without a lag nothing lags, though the stamps of a busy session may be ahead of the clock
  const lags = (lag: Duration.Duration) =>
    Duration.greaterThan(lag, Duration.zero) && now < session.statusSince + time.micros(lag)
  if (session.status === "idle" && started && lags(env.rules.idleLag)) return "running"
  if (session.status === "running" && lags(env.rules.runningLag)) return "idle"
  return session.status
}

const runOpen = (what: string) => refusal.invalid(`${what} while a workflow run is open.`, "workflow_run_open")

/** The status by which commands are judged: nothing that runs may be changed or removed, whatever the row shows. */
const commandStatus = (session: Session, now: Micros, env: Env): Status => {
  if (session.status !== "idle") return session.status
  return session.threads.some((thread) => thread.status === "running") ? "running" : visibleStatus(session, now, env)
}

// ---------------------------------------------------------------------------------------------------------------------
// Sending
// ---------------------------------------------------------------------------------------------------------------------

/** Takes events from the client: all of them, or none. */
export const send = (
  session: Session,
  now: Micros,
  env: Env,
  events: ReadonlyArray<SendableEncoded>,
  sender: Sender = "client"
): Ruling<Answered<typeof Event.SendResponse.Encoded>> => {
  if (session.archivedAt !== null) return refusal.invalid(`Cannot send events to archived session: ${session.id}`)
  if (session.status === "terminated") return refusal.invalid(`Cannot send events to terminated session: ${session.id}`)
  return Either.map(checkBatch(session, env, events, sender), () => {
    const self = draft.open(session, now, env)
    const taken = events.map((event) => take(self, event))
    calls.processAnswers(self)
    const data = taken.map((event) => echo(self, event))
    interpreter.advance(self)
    // the echoes are events of the union, put together from the params that were validated
    return answered(self, { data: data as NonNullable<typeof Event.SendResponse.Encoded["data"]> })
  })
}

/** Who sends: a client, or a worker with the credentials of a self-hosted environment. */
export type Sender = "client" | "worker"

/** The events that a client may send. */
export type SendableEncoded =
  | typeof UserEvent.MessageParams.Encoded
  | typeof UserEvent.InterruptParams.Encoded
  | typeof UserEvent.ToolConfirmationParams.Encoded
  | typeof UserEvent.CustomToolResultParams.Encoded
  | typeof UserEvent.DefineOutcomeParams.Encoded
  | typeof UserEvent.ToolResultParams.Encoded
  | typeof UserEvent.SystemMessageParams.Encoded

const openCalls = (session: Pick<Session, "threads">): ReadonlyArray<Call> =>
  session.threads.flatMap(({ play }) =>
    play?.blocked?._tag === "Calls" ? play.blocked.calls.filter((call) => !call.settled) : []
  )

const checkBatch = (
  session: Session,
  env: Env,
  events: ReadonlyArray<SendableEncoded>,
  sender: Sender
): Ruling<void> => {
  const open = openCalls(session)
  // answers and interrupts of the same batch count first, wherever they stand in it
  const given = [...events.map(answerOf), ...session.inbox.map((pending) => pending.answer)]
  const interrupts = events.some((event) => event.type === "user.interrupt") ||
    session.inbox.some((pending) => pending.kind === "interrupt")
  const missing = interrupts ? [] : open.filter((call) => !settles(call, given))
  for (const [i, event] of events.entries()) {
    const wrong = check(session, env, sender, open, missing, events.findIndex(isOutcome) < i, event, i)
    if (Either.isLeft(wrong)) return wrong
  }
  return Either.void
}

const isOutcome = (event: SendableEncoded): boolean => event.type === "user.define_outcome"

/** Tells whether a call wants nothing more once these answers are processed. */
const settles = (call: Call, answers: ReadonlyArray<Answer | null>): boolean => {
  const own = answers.flatMap((answer) => answer?.callId === call.id ? [answer] : [])
  const hasResult = own.some(({ verdict }) => verdict === null)
  if (call.needs === "result") return hasResult
  return own.some(({ verdict }) => verdict !== null && (!verdict.allow || !call.remote || hasResult))
}

const check = (
  session: Session,
  env: Env,
  sender: Sender,
  open: ReadonlyArray<Call>,
  missing: ReadonlyArray<Call>,
  alreadyDefined: boolean,
  event: SendableEncoded,
  i: number
): Ruling<void> => {
  const wrong = (message: string) => refusal.invalid(`Invalid ${event.type} event at events[${i}]: ${message}`)
  switch (event.type) {
    case "user.message":
    case "user.define_outcome": {
      if (event.type === "user.message" && event.content.length === 0) {
        return refusal.invalid(`events.${i}.user_message.content: value is required`)
      }
      if (session.status !== "running" && missing.length > 0) {
        return wrong(
          `waiting on responses to events [${missing.map((call) => call.id).join(", ")}]; only ` +
            "`user.tool_confirmation`, `user.custom_tool_result`, `user.tool_result`, or `user.interrupt` may be sent"
        )
      }
      if (session.status === "idle" && session.threads.some(({ play }) => play?.blocked?._tag === "Budget")) {
        return wrong(
          "the session has reached its budget; only `user.tool_confirmation`, `user.custom_tool_result`, " +
            "`user.tool_result`, or `user.interrupt` may be sent"
        )
      }
      return event.type === "user.define_outcome" && (session.goal !== null || alreadyDefined)
        ? wrong("an outcome is being worked towards; only one can be at a time")
        : Either.void
    }
    case "user.interrupt": {
      const target = event.session_thread_id ?? null
      if (target === null) return Either.void
      const thread = session.threads.find((thread) => thread.id === target)
      if (thread === undefined) return refusal.notFound(`Thread not found: ${target}`)
      return thread.status === "terminated" ? wrong(`thread ${target} is terminated`) : Either.void
    }
    case "user.tool_confirmation":
      return checkConfirmation(session, open, event.tool_use_id, wrong)
    case "user.custom_tool_result": {
      const past = findEvent(session, event.custom_tool_use_id)
      if (past?.event.type !== "agent.custom_tool_use") {
        return wrong(`no custom tool use with id ${event.custom_tool_use_id}`)
      }
      return isTooLate(env, past) ? wrong(`thread ${past.thread.id} is terminated`) : Either.void
    }
    case "user.tool_result": {
      if (sender !== "worker") {
        return refusal.forbidden(`events[${i}]: \`user.tool_result\` may only be sent with environment credentials`)
      }
      const call = open.find((call) => call.id === event.tool_use_id)
      if (call !== undefined) {
        return call.kind === "tool" && call.remote
          ? Either.void
          : wrong(`${call.id} is not run by a worker`)
      }
      const past = findEvent(session, event.tool_use_id)
      if (past?.event.type !== "agent.tool_use") return wrong(`no tool use with id ${event.tool_use_id}`)
      return isTooLate(env, past) ? wrong(`thread ${past.thread.id} is terminated`) : Either.void
    }
    case "system.message": {
      const isLone = i === 0
      const mayBeLone = env.rules.loneSystemMessages && session.status === "idle" && open.length === 0
      return checkSystemMessage(session, env, !isLone || mayBeLone, wrong)
    }
  }
}

/** Refuses an event with a message. */
type Wrong = (message: string) => Ruling<never>

const checkConfirmation = (session: Session, open: ReadonlyArray<Call>, id: string, wrong: Wrong): Ruling<void> => {
  const call = open.find((call) => call.id === id)
  if (call !== undefined) {
    return call.needs === "confirmation" ? Either.void : wrong(`${call.id} does not wait for a confirmation`)
  }
  const past = findEvent(session, id)?.event
  if (past?.type !== "agent.tool_use" && past?.type !== "agent.mcp_tool_use") return wrong(`no tool use with id ${id}`)
  return "evaluated_permission" in past && past.evaluated_permission === "ask"
    ? Either.void
    : wrong(`${id} does not wait for a confirmation`)
}

const checkSystemMessage = (session: Session, env: Env, isPlaced: boolean, wrong: Wrong): Ruling<void> => {
  const { id: model } = session.agent.model
  if (env.rules.modelsWithoutSystemMessages.includes(model)) {
    return refusal.invalid(
      `\`system.message\` events are not supported on model ${model}`,
      "model_does_not_support_mid_conversation_system"
    )
  }
  return isPlaced
    ? Either.void
    : wrong("it must directly follow a `user.message`, `user.tool_result` or `user.custom_tool_result`")
}

/** An event, and the thread that it is of. */
interface Found {
  readonly event: StoredEvent
  readonly thread: Thread
}

/** An event of any thread by its id. */
const findEvent = (session: Session, id: string): Found | undefined => {
  for (const thread of session.threads) {
    const { log } = thread
    // what is looked for is nearly always recent
    for (let i = log.length - 1; i >= 0; i--) {
      const event = log.items[i]
      if (event?.id === id) return { event, thread }
    }
  }
  return undefined
}

/** Tells whether a call can have no result any more, and has none: its thread has ended. */
const isTooLate = ({ rules }: Env, { event: call, thread }: Found): boolean =>
  rules.refuseLateResults && thread.status === "terminated" &&
  !eventLog.toArray(thread.log).some((event) =>
    ("custom_tool_use_id" in event && event.custom_tool_use_id === call.id) ||
    ("tool_use_id" in event && event.tool_use_id === call.id && event.type !== "user.tool_confirmation")
  )

/** An event that was taken: as it was sent, with its id, and whether it will have any effect. */
interface Taken {
  readonly event: StoredEvent
  readonly onReceipt: boolean
}

const take = (self: Draft, params: SendableEncoded): Taken => {
  const { session } = self
  const answer = answerOf(params)
  const event: StoredEvent = {
    id: draft.eventId(self),
    ...withoutNulls(params),
    ...(answer && whose(self, answer)),
    ...(self.env.rules.nullPendingStamps && { processed_at: null })
  }
  if (params.type === "user.define_outcome") return takeOutcome(self, event, params)
  const onReceipt = params.type === "user.custom_tool_result" || params.type === "user.tool_result"
  // a second answer is accepted and has no effect
  if (answer !== null && !isWanted(session, answer)) return { event, onReceipt }
  enqueue(self, {
    kind: answer !== null ? "answer" : params.type === "user.interrupt" ? "interrupt" : "message",
    event,
    due: params.type === "user.interrupt" ? self.now + time.micros(self.env.rules.interruptDelay) : self.now,
    answer,
    target: params.type === "user.interrupt" ? params.session_thread_id ?? null : null
  })
  return { event, onReceipt }
}

const enqueue = ({ session }: Draft, pending: Omit<Pending, "seq">): void => {
  session.inbox = [...session.inbox, { ...pending, seq: session.received }]
  session.received++
}

const takeOutcome = (self: Draft, event: StoredEvent, params: typeof UserEvent.DefineOutcomeParams.Encoded): Taken => {
  const { issued, key } = self.session
  const outcomeId = ids.format("outc", ids.nth(ids.child(key, "outcome"), issued.outcome))
  self.session.issued = { ...issued, outcome: issued.outcome + 1 }
  goals.define(self, outcomeId, params)
  const defined = { ...event, max_iterations: params.max_iterations ?? null, outcome_id: outcomeId }
  enqueue(self, { kind: "message", event: defined, due: self.now, answer: null, target: null })
  return { event: defined, onReceipt: true }
}

/** The thread of the call that is answered, if it is not the primary one. */
const whose = ({ session }: Draft, { callId }: Answer): { readonly session_thread_id?: string } => {
  const thread = session.threads.find(({ play }) =>
    play?.blocked?._tag === "Calls" && play.blocked.calls.some((call) => call.id === callId)
  )
  return thread === undefined || thread === session.threads[0] ? {} : { session_thread_id: thread.id }
}

/** Tells whether a call waits for such an answer and has none. */
const isWanted = (session: Draft["session"], { callId, verdict }: Answer): boolean => {
  const call = openCalls(session).find((call) => call.id === callId)
  const isConfirmation = verdict !== null
  return call !== undefined && (isConfirmation ? call.needs === "confirmation" : call.remote) &&
    !session.inbox.some(({ answer }) => answer?.callId === callId && (answer.verdict !== null) === isConfirmation)
}

/** Optional keys are left out of what is stored, not null; and nothing that clients only think they may send. */
const withoutNulls = (params: SendableEncoded): { readonly type: string } => {
  const fields = Object.entries(params).filter(([, value]) => value !== null && value !== undefined)
  // dropping optional keys leaves the tag
  return Object.fromEntries(fields) as { readonly type: string }
}

const answerOf = (event: SendableEncoded): Answer | null => {
  switch (event.type) {
    case "user.tool_confirmation":
      return {
        callId: event.tool_use_id,
        verdict: { allow: event.result === "allow", message: event.deny_message ?? null },
        text: ""
      }
    case "user.custom_tool_result":
      return { callId: event.custom_tool_use_id, verdict: null, text: texts.of(event) }
    case "user.tool_result":
      return { callId: event.tool_use_id, verdict: null, text: texts.of(event) }
    default:
      return null
  }
}

/** The form of an event in the answer to a send: results carry the moment they were processed, or else received. */
const echo = (self: Draft, taken: Taken): LiveEvent => {
  if (!taken.onReceipt) return taken.event
  const stored = self.emissions.find((emission) => emission.event.id === taken.event.id)
  if (stored !== undefined) return stored.event
  const received: StoredEvent = { ...taken.event, processed_at: time.format(draft.stamp(self)) }
  return received
}

// ---------------------------------------------------------------------------------------------------------------------
// The session itself
// ---------------------------------------------------------------------------------------------------------------------

/** Starts the events that a session is created with. */
export const begin = (
  session: Session,
  now: Micros,
  env: Env,
  events: ReadonlyArray<SendableEncoded>
): Ruling<Outcome> => {
  if (events.length === 0) return Either.right(draft.close(draft.open(session, now, env)))
  return send(session, now, env, events)
}

/** Changes a session. */
export const update = (
  session: Session,
  now: Micros,
  env: Env,
  params: UpdateEncoded
): Ruling<Outcome> => {
  if (session.archivedAt !== null) return refusal.invalid(`Cannot update archived session: ${session.id}`)
  if (session.status === "terminated") return refusal.invalid(`Cannot update terminated session: ${session.id}`)
  if (params.vault_ids !== undefined) return refusal.invalid("vault_ids: updating vault_ids is not yet supported")
  const status = commandStatus(session, now, env)
  if (params.agent !== undefined && (status === "running" || status === "rescheduling")) {
    return refusal.invalid(
      `Cannot update agent of session ${session.id} while its status is "${status}". Wait for the session to be idle.`
    )
  }
  if (params.agent !== undefined && session.runs.length > 0) {
    return runOpen(`Cannot update agent of session ${session.id}`)
  }
  return Either.gen(function*() {
    const agent = params.agent === undefined ? session.agent : yield* agents.update(session.agent, params.agent)
    const bag = yield* metadata.patch(session.metadata, params.metadata ?? {})
    const budget = yield* nextBudget(session, now, env, params.budget)
    const title = params.title === undefined ? session.title : params.title

    const self = draft.open(session, now, env)
    const changed: Partial<Changed> = {
      ...(!same(agent, session.agent) && { agent }),
      ...(!same(budget, session.budget) && { budget }),
      ...(!same(bag, session.metadata) && (Object.keys(bag).length === 0 ? {} : { metadata: bag })),
      ...(title !== session.title && { title })
    }
    const touched = Object.keys(changed).length > 0 || !same(bag, session.metadata)
    if (!touched) return draft.close(self)
    // the primary thread takes it on with its next turn
    self.session.agent = agent
    self.session.metadata = bag
    self.session.title = title
    self.session.budget = budget
    self.session.updatedAt = now
    draft.emit(self, null, { type: "session.updated", ...changed })
    // a budget that was raised or removed lets the session go on
    interpreter.advance(self)
    return draft.close(self)
  })
}

type Changed = Pick<typeof SessionEvent.Updated.Encoded, "agent" | "budget" | "metadata" | "title">

/** Fields of an update. */
export interface UpdateEncoded {
  readonly agent?: typeof Agent.UpdateParams.Encoded | undefined
  readonly budget?: Session["budget"] | undefined
  readonly metadata?: { readonly [key: string]: string | null } | null | undefined
  readonly title?: string | null | undefined
  readonly vault_ids?: ReadonlyArray<string> | undefined
}

const nextBudget = (
  session: Session,
  now: Micros,
  env: Env,
  wanted: Session["budget"] | undefined
): Ruling<Session["budget"]> => {
  if (wanted === undefined) return Either.right(session.budget)
  if (wanted === null) return Either.right(null)
  if (session.budget === null) {
    return refusal.invalid("budget can only be set when a session is created", "budget_create_only")
  }
  return Either.flatMap(
    usage.checkPriced(session.agent, env.rules),
    () =>
      Number(wanted.max_list_cost.amount) <= usage.spent(session, now, env.rules)
        ? refusal.invalid(
          "budget.max_list_cost must be greater than the session's consumed list cost",
          "budget_not_raised"
        )
        : Either.right(wanted)
  )
}

const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b)

/** Makes a session read-only. Its streams learn it; its list does not. */
export const archive = (session: Session, now: Micros, env: Env): Ruling<Outcome> => {
  const self = draft.open(session, now, env)
  const isArchived = session.archivedAt !== null
  if (isArchived && env.rules.rearchive) return Either.right(draft.close(self))
  const status = commandStatus(session, now, env)
  if (status !== "idle" && !(status === "terminated" && !isArchived && env.rules.archiveTerminated)) {
    return refusal.invalid(
      `Session ${session.id} cannot be archived while its status is "${status}". ` +
        "Only pending or idle sessions may be archived."
    )
  }
  if (session.runs.length > 0 && !env.rules.archiveStopsRuns) {
    return runOpen(`Session ${session.id} cannot be archived`)
  }
  const wasTerminated = session.status === "terminated"
  const ended = self.session.threads.slice(1).filter((thread) => thread.status !== "terminated")
  for (const thread of ended) draft.setThreadStatus(self, thread, "terminated")
  for (const thread of self.session.threads) thread.play = null
  self.session.inbox = []
  if (env.rules.archiveInterruptsOutcome) goals.abandon(self)
  self.session.archivedAt = now
  draft.setStatus(self, "terminated")
  if (!wasTerminated) announce(self, "session.status_terminated", env.rules.storeArchival)
  workflows.stopAll(self, ended)
  return Either.right(draft.close(self))
}

/** The last event of a deleted session, which only its open streams see. */
export const remove = (session: Session, now: Micros, env: Env): Ruling<Outcome> => {
  if (session.archivedAt !== null && !env.rules.deleteArchived) {
    return refusal.invalid(`Cannot delete archived session: ${session.id}`)
  }
  const status = commandStatus(session, now, env)
  if (status === "running" || status === "rescheduling") {
    return refusal.invalid(
      "Cannot delete session while it is running. Send an interrupt event or wait for the session to complete."
    )
  }
  if (session.runs.length > 0) return runOpen("Cannot delete session")
  const self = draft.open(session, now, env)
  announce(self, "session.deleted")
  return Either.right(draft.close(self))
}

/** Streams an event on the session and all its threads, and stores it only if asked. */
const announce = (self: Draft, type: "session.status_terminated" | "session.deleted", store = false): void => {
  const event: StoredEvent = { id: draft.eventId(self), type, processed_at: time.format(draft.stamp(self)) }
  if (store) draft.publish(self, null, event)
  else self.emissions.push({ event, session: true, thread: null })
  for (const thread of self.session.threads) self.emissions.push({ event, session: false, thread: thread.id })
}

/** Puts an event from outside the API on the session's stream, and in its list if asked. */
export const inject = (
  session: Session,
  now: Micros,
  env: Env,
  event: { readonly type: string },
  persist: boolean
): Answered<LiveEvent> => {
  const self = draft.open(session, now, env)
  // previews have neither an id nor a stamp, and are never stored
  if (event.type === "event_start" || event.type === "event_delta") {
    self.emissions.push({ event, session: true, thread: null })
    return answered(self, event)
  }
  const complete = { id: draft.eventId(self), ...event, processed_at: time.format(draft.stamp(self)) }
  if (persist) draft.publish(self, null, complete)
  else self.emissions.push({ event: complete, session: true, thread: null })
  return answered(self, complete)
}

// ---------------------------------------------------------------------------------------------------------------------
// Threads
// ---------------------------------------------------------------------------------------------------------------------

/** Ends a child thread. */
export const archiveThread = (session: Session, now: Micros, env: Env, threadId: string): Ruling<Outcome> => {
  const self = draft.open(session, now, env)
  const thread = self.session.threads.find((thread) => thread.id === threadId)
  if (thread === undefined) return refusal.notFound(`Thread not found: ${threadId}`)
  if (thread === self.session.threads[0]) {
    return refusal.invalid("The primary thread cannot be archived; archive the session instead.")
  }
  if (session.archivedAt !== null) return refusal.invalid(`Cannot update archived session: ${session.id}`)
  if (thread.archivedAt !== null) return Either.right(draft.close(self))
  if (session.runs.some((run) => run.id === thread.runId)) return runOpen(`Thread ${threadId} cannot be archived`)
  if (thread.status === "running" || thread.status === "rescheduling") {
    return refusal.invalid(`Thread ${threadId} cannot be archived while its status is "${thread.status}".`)
  }
  thread.archivedAt = now
  // one that has reached a limit, or whose session is over, has ended already
  if (thread.status !== "terminated") status.endThread(self, thread)
  return Either.right(draft.close(self))
}

// ---------------------------------------------------------------------------------------------------------------------
// Resources
// ---------------------------------------------------------------------------------------------------------------------

/** Changes the resources of a session. */
export const setResources = (
  session: Session,
  now: Micros,
  env: Env,
  resources: Session["resources"],
  issued: Session["issued"]
): Outcome => {
  const self = draft.open(session, now, env)
  self.session.resources = resources
  self.session.issued = issued
  self.session.updatedAt = now
  return draft.close(self)
}

/** Tells whether the resources of a session may be changed. */
export const mayChangeResources = (session: Session): Ruling<void> => {
  if (session.archivedAt !== null) return refusal.invalid(`Cannot update archived session: ${session.id}`)
  return session.status === "terminated"
    ? refusal.invalid(`Cannot update terminated session: ${session.id}`)
    : Either.void
}
