import type * as Agent from "@effect-managed-agents/core/Agent"
import type * as AgentEvent from "@effect-managed-agents/core/AgentEvent"
import type * as Content from "@effect-managed-agents/core/Content"
import type * as SessionEvent from "@effect-managed-agents/core/SessionEvent"
import type * as Usage from "@effect-managed-agents/core/Usage"
import type { CallStep, Failure, Permission, Step, ToolCall } from "../AgentScript.ts"
import { echo } from "../AgentScript.ts"
import type { Draft, ThreadDraft } from "./draft.ts"
import * as draft from "./draft.ts"
import type { Answer, Call, Pending, Play, StopReason, Tally } from "./state.ts"
import type { Micros } from "./time.ts"
import * as time from "./time.ts"

// Texts that were recorded or documented; those of MCP calls are inferred from those of built-in tools.
const rejected = (title: string, message: string | null): string =>
  `Permission to use ${title} has been rejected.${message === null ? "" : ` Rejection message: ${message}`}`
const denied = (title: string): string => `Permission to use ${title} has been denied.`
const interrupted = "Tool execution was interrupted before completion. Please retry."

/**
 * Plays everything that is due: inputs that wait, turns that can go on, sleeps that are over. Afterwards every thread is
 * idle, or waits for the client, for time to pass or for an Effect.
 *
 * It is a function of the session and the time alone. That is what makes answers independent of the order in which
 * fibers run: whoever looks at a session first brings it up to date, and finds the same.
 */
export const advance = (self: Draft): void => {
  const now = self.now
  for (;;) {
    if (self.session.status === "terminated") return
    const interrupt = self.session.inbox.find((pending) => pending.kind === "interrupt")
    if (interrupt !== undefined) {
      applyInterrupt(self, interrupt)
      continue
    }
    const thread = self.session.threads.find((thread) => canGoOn(self, thread))
    if (thread !== undefined) {
      goOn(self, thread)
      continue
    }
    const sleeper = earliest(self.session.threads)
    if (sleeper === undefined || sleeper.due > now) return
    self.now = Math.max(self.session.clock, sleeper.due)
    wake(self, sleeper.thread)
  }
}

/** When {@link advance} has something to do without being asked. */
export const nextDue = (threads: ReadonlyArray<{ readonly play: Play | null }>): Micros | undefined =>
  earliest(threads)?.due

const earliest = <T extends { readonly play: Play | null }>(
  threads: ReadonlyArray<T>
): { readonly thread: T; readonly due: Micros } | undefined => {
  let found: { readonly thread: T; readonly due: Micros } | undefined
  for (const thread of threads) {
    const blocked = thread.play?.blocked
    if (blocked?._tag !== "Sleep" && blocked?._tag !== "Rescheduled") continue
    if (found === undefined || blocked.due < found.due) found = { thread, due: blocked.due }
  }
  return found
}

const hasInput = (self: Draft, thread: ThreadDraft): boolean =>
  thread === self.session.threads[0] && self.session.inbox.some((pending) => pending.kind === "message")

const canGoOn = (self: Draft, thread: ThreadDraft): boolean => {
  if (thread.status === "terminated") return false
  if (thread.play === null) return hasInput(self, thread)
  const { blocked } = thread.play
  return blocked === null || (blocked._tag === "Calls" && blocked.calls.every((call) => call.settled))
}

const goOn = (self: Draft, thread: ThreadDraft): void => {
  const { play } = thread
  if (play === null) return startTurn(self, thread)
  if (play.blocked?._tag === "Calls") return resume(self, thread, play, play.blocked.calls)
  const step = play.steps[play.next]
  if (step === undefined) return finish(self, thread, play)
  thread.play = { ...play, next: play.next + 1 }
  playStep(self, thread, thread.play, step)
}

const wake = (self: Draft, thread: ThreadDraft): void => {
  const { play } = thread
  if (play === null) return
  thread.play = { ...play, blocked: null }
  if (play.blocked?._tag === "Rescheduled") run(self, thread)
}

// ---------------------------------------------------------------------------------------------------------------------
// Turns
// ---------------------------------------------------------------------------------------------------------------------

const turnOf = (self: Draft, thread: ThreadDraft): ReadonlyArray<Step> => {
  const script = self.env.script(thread.agent.id)
  return script.turns?.[thread.turns] ?? script.otherwise ?? echo.otherwise ?? []
}

/** Errors of the start of a session: reported between the two status events, and no matter of the model. */
const isStartFailure = (step: Step | undefined): step is { readonly fail: Failure } =>
  step !== undefined && "fail" in step && step.fail.retry_status === "retrying" && !ofModel(step.fail)

const startTurn = (self: Draft, thread: ThreadDraft): void => {
  const steps = turnOf(self, thread)
  let next = 0
  run(self, thread, () => {
    for (let step = steps[0]; isStartFailure(step); step = steps[++next]) emitFailure(self, thread, step.fail)
  })
  thread.play = { steps, next, turn: thread.turns, request: null, unread: true, blocked: null }
  thread.turns++
}

/** The running pair: the session's event first, unless it runs already, then the thread's. */
const run = (self: Draft, thread: ThreadDraft, between: () => void = () => {}): void => {
  if (self.session.status !== "running") {
    draft.setStatus(self, "running")
    draft.emit(self, null, { type: "session.status_running" })
  }
  between()
  draft.setThreadStatus(self, thread, "running")
  thread.stop = null
  draft.emit(self, thread, { type: "session.thread_status_running", ...identity(thread) })
}

const identity = (thread: ThreadDraft) => ({ session_thread_id: thread.id, agent_name: thread.agent.name })

/** What is left of a turn has been played. */
const finish = (self: Draft, thread: ThreadDraft, play: Play): void => {
  if (play.request === null && play.unread) return openRequest(self, thread, play)
  if (play.request !== null) return closeRequest(self, thread, play, play.request)
  // a message that came in the meantime steers: the agent goes on without a pause
  if (hasInput(self, thread)) {
    thread.play = { ...play, steps: turnOf(self, thread), next: 0, turn: thread.turns, unread: true }
    thread.turns++
    return
  }
  endTurn(self, thread, { type: "end_turn" })
}

const endTurn = (
  self: Draft,
  thread: ThreadDraft,
  reason: StopReason,
  details: SessionEvent.StopDetailsEncoded | null = null
): void => {
  thread.play = null
  idle(self, thread, reason, details)
}

/** The idle trio: the thread's event, and when no other thread works, the usage so far and the session's event. */
const idle = (
  self: Draft,
  thread: ThreadDraft,
  reason: StopReason,
  details: SessionEvent.StopDetailsEncoded | null = null
): void => {
  draft.setThreadStatus(self, thread, "idle")
  thread.stop = reason
  draft.emit(self, thread, {
    type: "session.thread_status_idle",
    ...identity(thread),
    stop_reason: reason,
    stop_details: details
  })
  if (self.session.threads.some(isWorking)) return
  draft.setStatus(self, "idle")
  draft.emit(self, null, {
    type: "session.usage",
    usage: usageOf(self),
    ...(self.session.budget !== null && { budget: self.session.budget })
  })
  draft.emit(self, null, {
    type: "session.status_idle",
    stop_reason: rollUp(self.session.threads),
    stop_details: details
  })
}

const isWorking = (thread: ThreadDraft): boolean => thread.status === "running" || thread.status === "rescheduling"

const rank: Record<StopReason["type"], number> = {
  end_turn: 0,
  refusal: 1,
  retries_exhausted: 2,
  budget_reached: 3,
  requires_action: 4
}

/** The reason of the whole session: the most urgent of its threads', with the calls that wait in any of them. */
export const rollUp = (
  threads: ReadonlyArray<{ readonly status: string; readonly stop: StopReason | null }>
): StopReason => {
  const reasons = threads.flatMap((thread) => thread.status === "idle" && thread.stop !== null ? [thread.stop] : [])
  const waiting = reasons.flatMap((reason) => reason.type === "requires_action" ? reason.event_ids : [])
  if (waiting.length > 0) return { type: "requires_action", event_ids: waiting }
  return reasons.reduce<StopReason>((worst, reason) => rank[reason.type] > rank[worst.type] ? reason : worst, {
    type: "end_turn"
  })
}

// ---------------------------------------------------------------------------------------------------------------------
// Model requests
// ---------------------------------------------------------------------------------------------------------------------

const tokens = (self: Draft, text: string): number => Math.ceil(text.length / self.env.rules.charactersPerToken)

/** Starts a model request. What waits in the inbox is consumed first: it is what the model is asked about. */
const openRequest = (self: Draft, thread: ThreadDraft, play: Play): void => {
  if (thread === self.session.threads[0]) consume(self, thread)
  const startId = draft.emit(self, thread, { type: "span.model_request_start" })
  thread.play = { ...play, request: { startId, output: 0 }, unread: false }
}

const consume = (self: Draft, thread: ThreadDraft): void => {
  const { inbox } = self.session
  if (inbox.length === 0) return
  for (const pending of inbox) {
    if (pending.kind !== "message") continue
    const { event } = pending
    const text = textOf(event)
    if (event.type === "user.message") thread.lastText = text
    thread.fresh += tokens(self, text)
    draft.publish(self, thread, { ...event, processed_at: time.format(draft.stamp(self)) })
  }
  self.session.inbox = inbox.filter((pending) => pending.kind !== "message")
}

const closeRequest = (
  self: Draft,
  thread: ThreadDraft,
  play: Play,
  request: { readonly startId: string; readonly output: number },
  failed: "no" | "stopped" | "failed" = "no"
): void => {
  const usage = failed === "failed"
    ? { input: 0, output: 0, cacheRead: 0, cacheCreation: 0 }
    : { input: thread.fresh, output: request.output, cacheRead: thread.seen, cacheCreation: 0 }
  if (failed !== "failed") {
    thread.seen += thread.fresh
    thread.fresh = request.output
  }
  thread.tally = add(thread.tally, usage)
  self.session.tally = add(self.session.tally, usage)
  thread.play = { ...play, request: null }
  draft.emit(self, thread, {
    type: "span.model_request_end",
    model_request_start_id: request.startId,
    is_error: failed !== "no",
    model_usage: {
      input_tokens: usage.input,
      output_tokens: usage.output,
      cache_read_input_tokens: usage.cacheRead,
      cache_creation_input_tokens: usage.cacheCreation,
      speed: null
    }
  })
}

const add = (tally: Tally, usage: Omit<Tally, "webSearches">): Tally => ({
  input: tally.input + usage.input,
  output: tally.output + usage.output,
  cacheRead: tally.cacheRead + usage.cacheRead,
  cacheCreation: tally.cacheCreation + usage.cacheCreation,
  webSearches: tally.webSearches
})

const usageOf = (self: Draft): Usage.UsageSnapshotEncoded =>
  usage(self.env.rules, self.session.tally, draft.active(self.session.activity, self.now))

/** Usage as it is on the wire. */
export const usage = (
  rules: Draft["env"]["rules"],
  tally: Tally,
  active: Micros
): Usage.UsageSnapshotEncoded => ({
  input_tokens: tally.input,
  output_tokens: tally.output,
  cache_read_input_tokens: tally.cacheRead,
  cache_creation: { ephemeral_5m_input_tokens: tally.cacheCreation, ephemeral_1h_input_tokens: 0 },
  active_seconds: active / 1_000_000,
  list_cost: { amount: String(cost(rules, tally, active)), currency: "USD" },
  server_tool_use: { web_search_requests: tally.webSearches, web_fetch_requests: 0 }
})

/** What has been spent at list prices, in whole cents. */
export const cost = (rules: Draft["env"]["rules"], tally: Tally, active: Micros): number => {
  const { prices } = rules
  const millionths = tally.input * prices.input + tally.output * prices.output + tally.cacheRead * prices.cacheRead +
    tally.cacheCreation * prices.cacheCreation + tally.webSearches * prices.webSearch +
    (active / 1_000_000) * prices.activeSecond
  return Math.floor(millionths / 1_000_000)
}

// ---------------------------------------------------------------------------------------------------------------------
// Steps
// ---------------------------------------------------------------------------------------------------------------------

const playStep = (self: Draft, thread: ThreadDraft, before: Play, step: Step): void => {
  if ("effect" in step) return startEffect(self, thread, before, step)
  if ("compact" in step) {
    if (before.request !== null) closeRequest(self, thread, before, before.request)
    draft.emit(self, thread, { type: "agent.thread_context_compacted" })
    return
  }
  if ("reschedule" in step) return reschedule(self, thread, before, step.reschedule.millis)
  if ("fail" in step) return fail(self, thread, before, step.fail)
  if ("delegate" in step) throw new Error("delegation is refused when a script is registered")

  if (before.request === null) openRequest(self, thread, before)
  const { play } = thread
  const request = play?.request ?? null
  if (play === null || request === null) return
  const produce = (text: string): void => {
    thread.play = { ...play, request: { ...request, output: request.output + tokens(self, text) } }
  }
  if ("think" in step) {
    draft.emit(self, thread, { type: "agent.thinking" })
  } else if ("say" in step) {
    const texts = (typeof step.say === "string" ? [step.say] : step.say).map((text) => fill(thread, text))
    draft.emit(self, thread, { type: "agent.message", content: texts.map((text) => ({ type: "text", text })) })
    produce(texts.join(""))
  } else if ("sleep" in step) {
    thread.play = { ...play, blocked: { _tag: "Sleep", due: self.now + Math.round(step.sleep * 1000) } }
  } else if ("refuse" in step) {
    closeRequest(self, thread, play, request)
    endTurn(self, thread, { type: "refusal" }, {
      type: "refusal",
      category: step.refuse.category ?? null,
      explanation: step.refuse.explanation ?? null
    })
  } else {
    const calls = ("together" in step ? step.together : [step]).map((call) => makeCall(self, thread, call))
    produce(calls.map((call) => call.title).join(""))
    if (thread.play?.request) closeRequest(self, thread, thread.play, thread.play.request)
    settleCalls(self, thread, calls)
  }
}

/** Puts the last texts in the place of `{{text}}` and `{{result}}`. */
const fill = (thread: ThreadDraft, text: string): string =>
  text.includes("{{")
    ? text.replace(/\{\{(text|result)\}\}/g, (_, name) => name === "text" ? thread.lastText : thread.lastResult)
    : text

const fillJson = (thread: ThreadDraft, value: unknown): unknown => {
  if (typeof value === "string") return fill(thread, value)
  if (Array.isArray(value)) return value.map((item) => fillJson(thread, item))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillJson(thread, item)]))
}

const inputOf = (thread: ThreadDraft, input: ToolCall["input"]): { readonly [key: string]: unknown } =>
  Object.fromEntries(Object.entries(input ?? {}).map(([key, item]) => [key, fillJson(thread, item)]))

const textBlocks = (text: string): ReadonlyArray<Content.TextBlockEncoded> =>
  text === "" ? [] : [{ type: "text", text }]

/** The text in an event's or a result's content. */
export const textOf = (event: object): string => {
  const content = "content" in event && Array.isArray(event.content) ? event.content : []
  return content.flatMap((block: unknown) =>
    typeof block === "object" && block !== null && "text" in block && typeof block.text === "string" ? [block.text] : []
  ).join("\n")
}

const startEffect = (
  self: Draft,
  thread: ThreadDraft,
  play: Play,
  step: Extract<Step, { readonly effect: unknown }>
): void => {
  const token = self.session.tokens
  self.session.tokens = token + 1
  thread.play = { ...play, blocked: { _tag: "Effect", token } }
  self.effects.push({
    token,
    step,
    context: {
      sessionId: self.session.id,
      threadId: thread.id,
      turn: play.turn,
      // what waits has been sent, though no request has read it yet
      text: waitingText(self, thread) ?? thread.lastText,
      result: thread.lastResult
    }
  })
}

const waitingText = (self: Draft, thread: ThreadDraft): string | undefined => {
  if (thread !== self.session.threads[0]) return undefined
  const last = self.session.inbox.filter((pending) => pending.event.type === "user.message").at(-1)
  return last === undefined ? undefined : textOf(last.event)
}

/** An Effect of the script has come to its end: the steps that it returned are played next. */
export const resumeEffect = (
  self: Draft,
  token: number,
  exit: { readonly _tag: "Success"; readonly steps: ReadonlyArray<Step> } | {
    readonly _tag: "Failure"
    readonly message: string
  }
): void => {
  for (const thread of self.session.threads) {
    const { play } = thread
    if (play?.blocked?._tag !== "Effect" || play.blocked.token !== token) continue
    thread.play = { ...play, blocked: null }
    if (exit._tag === "Success") {
      thread.play = { ...thread.play, steps: [...exit.steps, ...play.steps.slice(play.next)], next: 0 }
    } else {
      fail(self, thread, thread.play, { type: "unknown_error", message: exit.message, retry_status: "terminal" })
    }
  }
}

const reschedule = (self: Draft, thread: ThreadDraft, before: Play, millis: number): void => {
  if (before.request !== null) closeRequest(self, thread, before, before.request, "stopped")
  const play = thread.play ?? before
  thread.play = {
    ...play,
    unread: true,
    blocked: { _tag: "Rescheduled", due: self.now + Math.round(millis * 1000) }
  }
  draft.setThreadStatus(self, thread, "rescheduling")
  draft.emit(self, thread, { type: "session.thread_status_rescheduled", ...identity(thread) })
  if (self.session.threads.some((other) => other.status === "running")) return
  draft.setStatus(self, "rescheduling")
  draft.emit(self, null, { type: "session.status_rescheduled" })
}

// ---------------------------------------------------------------------------------------------------------------------
// Errors
// ---------------------------------------------------------------------------------------------------------------------

const ofModel = (failure: Failure): boolean => failure.type.startsWith("model_") || failure.type === "unknown_error"

const fail = (self: Draft, thread: ThreadDraft, before: Play, failure: Failure): void => {
  if (ofModel(failure)) {
    if (before.request === null) openRequest(self, thread, before)
    const { play } = thread
    if (play !== null && play.request !== null) closeRequest(self, thread, play, play.request, "failed")
  } else if (before.request !== null) closeRequest(self, thread, before, before.request)
  emitFailure(self, thread, failure)
  switch (failure.retry_status) {
    case "retrying": {
      if (thread.play !== null) thread.play = { ...thread.play, unread: thread.play.unread || ofModel(failure) }
      return
    }
    case "exhausted": {
      // queued inputs are flushed with the turn
      self.session.inbox = self.session.inbox.filter((pending) => pending.kind !== "message")
      return endTurn(self, thread, { type: "retries_exhausted" })
    }
    case "terminal":
      return terminate(self)
  }
}

/** The session is over: no idle, no usage, no stop reason, and no event of any thread. */
const terminate = (self: Draft): void => {
  for (const thread of self.session.threads) {
    thread.play = null
    if (thread.status !== "terminated") draft.setThreadStatus(self, thread, "terminated")
  }
  self.session.inbox = []
  draft.setStatus(self, "terminated")
  draft.emit(self, null, { type: "session.status_terminated" })
}

const emitFailure = (self: Draft, thread: ThreadDraft, failure: Failure): void => {
  const { type } = failure
  const error = {
    type,
    message: failure.message ?? `Simulated ${type}.`,
    retry_status: { type: failure.retry_status },
    ...(type.startsWith("mcp_") && {
      mcp_server_name: failure.mcp_server_name ?? serverName(thread.agent) ?? "mcp"
    }),
    ...(type.startsWith("credential_") && {
      vault_id: failure.vault_id ?? self.session.vaultIds[0] ?? "vlt_unknown",
      credential_id: failure.credential_id ?? "vcrd_unknown"
    }),
    ...(type.startsWith("repository_") && { repository_url: failure.repository_url ?? null })
  }
  // the type of the error is the script author's: it may be one that this version does not know
  draft.emit(self, thread, { type: "session.error", error: error as SessionEvent.ErrorEncoded["error"] })
}

const serverName = (agent: Agent.ResolvedAgentEncoded): string | undefined => {
  const server = agent.mcp_servers[0]
  return server?.type === "url" ? server.name : undefined
}

// ---------------------------------------------------------------------------------------------------------------------
// Tool calls
// ---------------------------------------------------------------------------------------------------------------------

const makeCall = (self: Draft, thread: ThreadDraft, step: CallStep): Call => {
  if ("custom_tool" in step) {
    const { input, name } = step.custom_tool
    return {
      id: draft.emit(self, thread, { type: "agent.custom_tool_use", name, input: inputOf(thread, input) }),
      kind: "custom",
      remote: true,
      title: name,
      permission: "allow",
      result: "",
      isError: false,
      needs: "result",
      settled: false,
      verdict: null
    }
  }
  const server = "mcp_tool" in step ? step.mcp_tool.server : null
  const call = "mcp_tool" in step ? step.mcp_tool : step.tool
  const { evaluation, permission } = evaluate(policyOf(thread.agent, server, call.name), call.permission)
  const fields = {
    name: call.name,
    input: inputOf(thread, call.input),
    evaluated_permission: permission,
    evaluation
  }
  // what runs in a sandbox of the client's waits for it; the web is always the platform's
  const remote = server === null && self.session.environment.type === "self_hosted" && !call.name.startsWith("web_")
  return {
    id: server === null
      ? draft.emit(self, thread, { type: "agent.tool_use", ...fields })
      : draft.emit(self, thread, { type: "agent.mcp_tool_use", mcp_server_name: server, ...fields }),
    kind: server === null ? "tool" : "mcp",
    remote,
    title: server === null ? call.name : `mcp__${server}__${call.name}`,
    permission,
    result: fill(thread, call.result ?? "OK"),
    isError: call.is_error ?? false,
    needs: permission === "ask" ? "confirmation" : remote && permission === "allow" ? "result" : "nothing",
    settled: false,
    verdict: null
  }
}

type Policy = "always_allow" | "always_ask" | "auto"

/** The policy of the agent's toolset for a tool. A tool that no toolset has is allowed: the script says it was called. */
const policyOf = (agent: Agent.ResolvedAgentEncoded, server: string | null, name: string): Policy => {
  for (const tool of agent.tools) {
    if (tool.type !== (server === null ? "agent_toolset_20260401" : "mcp_toolset")) continue
    if (tool.type === "mcp_toolset" && tool.mcp_server_name !== server) continue
    const configs: ReadonlyArray<{ readonly name?: unknown; readonly permission_policy?: unknown }> = tool.configs
    const config = configs.find((config) => config.name === name)
    const policy = (config ?? tool.default_config).permission_policy
    const type = typeof policy === "object" && policy !== null && "type" in policy ? policy.type : undefined
    return type === "always_ask" || type === "auto" ? type : "always_allow"
  }
  return server === null ? "always_allow" : "always_ask"
}

const evaluate = (
  policy: Policy,
  asked: Permission | undefined
): { readonly permission: Permission; readonly evaluation: AgentEvent.ToolEvaluationEncoded } => {
  const permission = asked ?? (policy === "always_ask" ? "ask" : "allow")
  if (policy !== "auto" && permission === "allow") return { permission, evaluation: { type: "always_allow" } }
  if (policy !== "auto" && permission === "ask") return { permission, evaluation: { type: "always_ask" } }
  return {
    permission,
    evaluation: {
      type: "auto",
      evaluated_permission: permission === "allow"
        ? { type: "allow" }
        : permission === "ask"
        ? { type: "ask", reason_code: "indeterminate" }
        : { type: "deny", reason_code: "high_risk" }
    }
  }
}

/** The calls of a response are out: what the platform runs unasked is run, and the rest is waited for. */
const settleCalls = (self: Draft, thread: ThreadDraft, calls: ReadonlyArray<Call>): void => {
  const open = calls.map((call) => {
    if (call.needs !== "nothing") return call
    const refused = call.permission === "deny"
    emitResult(self, thread, call, refused ? denied(call.title) : call.result, refused || call.isError)
    return { ...call, settled: true }
  })
  if (thread.play === null) return
  thread.play = { ...thread.play, unread: true }
  if (open.every((call) => call.settled)) return
  thread.play = { ...thread.play, blocked: { _tag: "Calls", calls: open } }
  idle(self, thread, waitingFor(open))
}

const waitingFor = (calls: ReadonlyArray<Call>): StopReason => ({
  type: "requires_action",
  event_ids: calls.flatMap((call) => call.settled ? [] : [call.id])
})

const emitResult = (self: Draft, thread: ThreadDraft, call: Call, text: string, isError: boolean): void => {
  thread.lastResult = text
  thread.fresh += tokens(self, text)
  if (call.kind === "tool" && call.title === "web_search" && !isError) {
    thread.tally = { ...thread.tally, webSearches: thread.tally.webSearches + 1 }
    self.session.tally = { ...self.session.tally, webSearches: self.session.tally.webSearches + 1 }
  }
  const fields = { content: textBlocks(text), is_error: isError }
  if (call.kind === "mcp") {
    draft.emit(self, thread, { type: "agent.mcp_tool_result", mcp_tool_use_id: call.id, ...fields })
  } else if (call.kind === "custom") {
    draft.emit(self, thread, { type: "user.custom_tool_result", custom_tool_use_id: call.id, ...fields })
  } else draft.emit(self, thread, { type: "agent.tool_result", tool_use_id: call.id, ...fields })
}

/**
 * Processes the answers that have come, in the order of the calls: the answer of a later call waits until those of the
 * earlier ones are there. If some calls remain, the thread says once more what it waits for.
 */
export const settleAnswers = (self: Draft): void => {
  for (const thread of self.session.threads) {
    const { play } = thread
    if (play?.blocked?._tag !== "Calls") continue
    const before = play.blocked.calls
    let stuck = false
    const calls = before.map((call) => {
      if (call.settled || stuck) return call
      let next = call
      for (let pending = answerTo(self, next); pending !== undefined; pending = answerTo(self, next)) {
        next = takeAnswer(self, thread, next, pending)
      }
      stuck = !next.settled
      return next
    })
    if (calls.every((call, i) => call === before[i])) continue
    thread.play = { ...play, blocked: { _tag: "Calls", calls } }
    if (calls.some((call) => !call.settled)) idle(self, thread, waitingFor(calls))
  }
}

/** What was sent about a call and is next to be processed. */
const answerTo = (self: Draft, call: Call): (Pending & { readonly answer: Answer }) | undefined => {
  if (call.settled) return undefined
  for (const pending of self.session.inbox) {
    const { answer } = pending
    if (answer?.callId === call.id && (answer.verdict === null) === (call.needs === "result")) {
      return { ...pending, answer }
    }
  }
  return undefined
}

const takeAnswer = (
  self: Draft,
  thread: ThreadDraft,
  call: Call,
  { answer, event, seq }: Pending & { readonly answer: Answer }
): Call => {
  self.session.inbox = self.session.inbox.filter((other) => other.seq !== seq)
  draft.publish(self, thread, { ...event, processed_at: time.format(draft.stamp(self)) })
  if (call.needs === "result") {
    thread.lastResult = answer.text
    thread.fresh += tokens(self, answer.text)
    return { ...call, settled: true }
  }
  // to allow a call that the client runs only releases it
  if (call.remote && answer.verdict?.allow === true) return { ...call, needs: "result" }
  return { ...call, settled: true, verdict: answer.verdict }
}

/** Every call has its answer: the thread runs again, and what was allowed is run now. */
const resume = (self: Draft, thread: ThreadDraft, play: Play, calls: ReadonlyArray<Call>): void => {
  thread.play = { ...play, blocked: null }
  run(self, thread)
  for (const call of calls) {
    if (call.verdict === null) continue
    if (call.verdict.allow) emitResult(self, thread, call, call.result, call.isError)
    else emitResult(self, thread, call, rejected(call.title, call.verdict.message), true)
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Interrupts
// ---------------------------------------------------------------------------------------------------------------------

const applyInterrupt = (self: Draft, pending: Pending): void => {
  self.session.inbox = self.session.inbox.filter((other) => other !== pending)
  const targets = self.session.threads.filter((thread) =>
    thread.status !== "terminated" && (pending.target === null || pending.target === thread.id)
  )
  const busy = targets.filter((thread) => thread.play !== null)
  for (const thread of busy) stop(self, thread)
  if (busy.length > 0 || self.env.rules.storeQuietInterrupts) {
    const thread = pending.target === null ? undefined : targets[0]
    draft.publish(self, thread ?? self.session.threads[0], {
      ...pending.event,
      processed_at: time.format(draft.stamp(self))
    })
  }
  for (const thread of busy) endTurn(self, thread, { type: "end_turn" })
}

/** Cuts a turn short: the request ends, calls that wait are closed as errors, answers to them are dropped. */
const stop = (self: Draft, thread: ThreadDraft): void => {
  const { play } = thread
  if (play === null) return
  if (play.request !== null) closeRequest(self, thread, play, play.request, "stopped")
  if (play.blocked?._tag !== "Calls") return
  // a call that was confirmed has no result yet: it runs when all calls are settled
  const open = play.blocked.calls.filter((call) => !call.settled || call.verdict !== null)
  for (const call of open) emitResult(self, thread, call, interrupted, true)
  const closed = new Set(open.map((call) => call.id))
  self.session.inbox = self.session.inbox.filter((other) => other.answer === null || !closed.has(other.answer.callId))
}
