import type * as Agent from "@effect-managed-agents/core/Agent"
import type * as AgentEvent from "@effect-managed-agents/core/AgentEvent"
import type { CallStep, Permission, ToolConfirmation, ToolResult } from "../../AgentScript.ts"
import * as agents from "./agents.ts"
import type { Draft, ThreadDraft } from "./draft.ts"
import * as draft from "./draft.ts"
import type { StoredEvent } from "./eventLog.ts"
import type { Answer, Call, Pending, Play, StopReason } from "./state.ts"
import * as status from "./status.ts"
import * as texts from "./texts.ts"
import * as time from "./timestamp.ts"
import * as usage from "./usage.ts"

// Texts that were recorded or documented; those of MCP calls are inferred from those of built-in tools.
const rejected = (title: string, message: string | null): string =>
  `Permission to use ${title} has been rejected.${message === null ? "" : ` Rejection message: ${message}`}`
const denied = (title: string): string => `Permission to use ${title} has been denied.`
const interrupted = "Tool execution was interrupted before completion. Please retry."

/** Emits a call. */
export const make = (self: Draft, thread: ThreadDraft, step: CallStep): Call => {
  if ("custom_tool" in step) {
    const { input = {}, name } = step.custom_tool
    const event = draft.emit(self, thread, { type: "agent.custom_tool_use", name, input: texts.fillAll(thread, input) })
    return tellClient(self, thread, event, {
      id: event.id,
      kind: "custom",
      remote: true,
      title: name,
      permission: "allow",
      result: "",
      isError: false,
      needs: "result",
      settled: false,
      verdict: null
    })
  }
  const server = "mcp_tool" in step ? step.mcp_tool.server : null
  const call = "mcp_tool" in step ? step.mcp_tool : step.tool
  const { permission, ...evaluation } = evaluate(policyOf(thread.agent, server, call.name), call.permission)
  const fields = {
    name: call.name,
    input: texts.fillAll(thread, call.input ?? {}),
    evaluated_permission: permission,
    ...evaluation
  }
  // what runs in a sandbox of the client's waits for it; the web is always the platform's
  const remote = server === null && self.session.environment.type === "self_hosted" && !call.name.startsWith("web_")
  const event = server === null
    ? draft.emit(self, thread, { type: "agent.tool_use", ...fields })
    : draft.emit(self, thread, { type: "agent.mcp_tool_use", mcp_server_name: server, ...fields })
  return tellClient(self, thread, event, {
    id: event.id,
    kind: server === null ? "tool" : "mcp",
    remote,
    title: server === null ? call.name : `mcp__${server}__${call.name}`,
    permission,
    result: texts.fill(thread, call.result ?? "OK"),
    isError: call.is_error ?? false,
    needs: permission === "ask" ? "confirmation" : remote && permission === "allow" ? "result" : "nothing",
    settled: false,
    verdict: null
  })
}

/** A call of a child thread that waits for the client shows on the session's stream as well. */
const tellClient = (self: Draft, thread: ThreadDraft, event: StoredEvent, call: Call): Call => {
  if (call.needs !== "nothing") draft.crossPost(self, thread, inThread(thread, event))
  return call
}

const inThread = (thread: ThreadDraft, event: StoredEvent): StoredEvent & { readonly session_thread_id: string } => ({
  ...event,
  session_thread_id: thread.id
})

type Policy = "always_allow" | "always_ask" | "auto" | "disabled"

/** The policy of the agent's toolset for a tool. */
const policyOf = (agent: typeof Agent.ResolvedAgent.Encoded, server: string | null, name: string): Policy => {
  const config = agents.configOf(agent, server, name)
  // without a toolset, what toolsets are by default
  if (config === undefined) return server === null ? "always_allow" : "always_ask"
  if (config.enabled === false) return "disabled"
  const policy = config.permission_policy
  const type = typeof policy === "object" && policy !== null && "type" in policy ? policy.type : undefined
  return type === "always_ask" || type === "auto" ? type : "always_allow"
}

const evaluate = (
  policy: Policy,
  asked: Permission | undefined
): { readonly permission: Permission; readonly evaluation?: typeof AgentEvent.ToolEvaluation.Encoded } => {
  // a call of a tool that is not enabled is refused before any policy applies
  if (policy === "disabled" && asked === undefined) return { permission: "deny" }
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
export const settle = (self: Draft, thread: ThreadDraft, play: Play, calls: ReadonlyArray<Call>): void => {
  const held = self.env.rules.asksHoldSiblings && calls.some((call) => call.needs === "confirmation")
  const open = calls.map((call) => {
    if (call.needs !== "nothing") return call
    const refused = call.permission === "deny"
    // it runs when all are settled, like a call that was confirmed
    if (held && !refused) return { ...call, settled: true, verdict: { allow: true, message: null } }
    emitResult(self, thread, call, refused ? denied(call.title) : call.result, refused || call.isError)
    return { ...call, settled: true }
  })
  thread.play = { ...play, unread: true }
  if (open.every((call) => call.settled)) return
  thread.play = { ...thread.play, blocked: { _tag: "Calls", calls: open } }
  status.idle(self, thread, waitingFor(open))
}

const requiresAction = (calls: ReadonlyArray<Call>): StopReason => ({
  type: "requires_action",
  event_ids: calls.map((call) => call.id)
})

const waitingFor = (calls: ReadonlyArray<Call>): StopReason => requiresAction(calls.filter((call) => !call.settled))

/** The most characters of a result that the model gets to see. */
const maxResult = 100_000

/** Cuts a result that is too long; the rest is in a file of the sandbox. The words are inferred. */
const cutResult = (call: Call, text: string): string =>
  text.length <= maxResult
    ? text
    : `${text.slice(0, maxResult)}\n[truncated, the whole output is in /mnt/session/tool_outputs/${call.id}.txt]`

const emitResult = (self: Draft, thread: ThreadDraft, call: Call, output: string, isError: boolean): void => {
  const text = call.kind === "tool" ? cutResult(call, output) : output
  thread.lastResult = text
  thread.fresh += usage.tokens(self, text)
  if (call.kind === "tool" && call.title === "web_search" && !isError) usage.countSearch(self, thread)
  const fields = { content: texts.blocks(text), is_error: isError }
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
export const processAnswers = (self: Draft): void => {
  for (const thread of self.session.threads) {
    const { play } = thread
    if (play?.blocked?._tag !== "Calls") continue
    const before = play.blocked.calls
    let stuck = false
    const calls = before.map((call) => {
      if (call.settled || stuck) return call
      let next = call
      for (let pending = answerTo(self, next); pending !== undefined; pending = answerTo(self, next)) {
        next = take(self, thread, next, pending)
      }
      stuck = !next.settled
      return next
    })
    if (calls.every((call, i) => call === before[i])) continue
    thread.play = { ...play, blocked: { _tag: "Calls", calls } }
    if (calls.some((call) => !call.settled)) status.idle(self, thread, waitingFor(calls))
  }
}

/** The next answer to a call that is to be processed. */
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

const take = (
  self: Draft,
  thread: ThreadDraft,
  call: Call,
  { answer, event, seq }: Pending & { readonly answer: Answer }
): Call => {
  self.session.inbox = self.session.inbox.filter((other) => other.seq !== seq)
  const processed = { ...event, processed_at: time.format(draft.stamp(self)) }
  if (draft.isPrimary(self, thread)) draft.publish(self, thread, processed)
  else {
    // the copies on the session's list and on the thread's have ids of their own
    draft.crossPost(self, thread, processed)
    const { session_thread_id: _, ...own } = inThread(thread, event)
    draft.publish(self, thread, { ...own, id: draft.eventId(self), processed_at: time.format(draft.stamp(self)) })
  }
  if (call.needs === "result") {
    thread.lastResult = answer.text
    thread.fresh += usage.tokens(self, answer.text)
    return { ...call, settled: true }
  }
  // to allow a call that the client runs only releases it
  if (call.remote && answer.verdict?.allow === true) return { ...call, needs: "result" }
  return { ...call, settled: true, verdict: answer.verdict }
}

/** Every call has its answer: the thread runs again, and what was allowed is run now. */
export const resume = (self: Draft, thread: ThreadDraft, play: Play, calls: ReadonlyArray<Call>): void => {
  thread.play = { ...play, blocked: null }
  if (self.env.rules.coordinatorFlickers && !draft.isPrimary(self, thread) && self.session.status === "idle") {
    status.flicker(self, thread, requiresAction(calls.filter((call) => call.needs !== "nothing")))
  } else status.run(self, thread)
  for (const call of calls) {
    if (call.verdict === null) continue
    if (call.verdict.allow) emitResult(self, thread, call, call.result, call.isError)
    else emitResult(self, thread, call, rejected(call.title, call.verdict.message), true)
  }
}

/** The id of the call that an event answers, if any. */
const answered = (event: object): unknown =>
  ("tool_use_id" in event && event.tool_use_id) || ("mcp_tool_use_id" in event && event.mcp_tool_use_id) ||
  ("custom_tool_use_id" in event && event.custom_tool_use_id)

/** The problem of an event that is the result of no call of the thread, if it is. */
export const orphan = (
  { log }: Pick<ThreadDraft, "log">,
  event: { readonly type: string }
): string | undefined => {
  if (!/_result$|_confirmation$/.test(event.type)) return undefined
  const id = answered(event)
  for (let i = log.length - 1; i >= 0; i--) {
    if (log.items[i]?.id === id && log.items[i]?.type.endsWith("_use") === true) return undefined
  }
  return `${event.type} answers a call that does not exist: ${id === false ? "it names none" : JSON.stringify(id)}`
}

/** The result of a call that is settled. */
export const resultOf = ({ log }: Pick<ThreadDraft, "log">, id: string): ToolResult => {
  let result: object = {}
  let confirmation: ToolConfirmation | null = null
  for (let i = log.length - 1; i >= 0; i--) {
    const event = log.items[i]
    if (event === undefined || event.id === id) break
    if (answered(event) !== id) continue
    if (event.type !== "user.tool_confirmation") result = event
    else {
      confirmation = {
        result: "result" in event && event.result === "deny" ? "deny" : "allow",
        deny_message: "deny_message" in event && typeof event.deny_message === "string" ? event.deny_message : null
      }
    }
  }
  return {
    id,
    text: texts.of(result),
    // what the client sent was validated, what the platform returned was made here
    content: "content" in result && Array.isArray(result.content) ? result.content : [],
    is_error: "is_error" in result && result.is_error === true,
    confirmation
  }
}

/** Closes calls that wait, as errors. Answers to them are dropped. */
export const interrupt = (self: Draft, thread: ThreadDraft, calls: ReadonlyArray<Call>): void => {
  // a call that was confirmed has no result yet: it runs when all calls are settled
  const open = calls.filter((call) => !call.settled || call.verdict !== null)
  for (const call of open) {
    const kind = self.env.rules.interruptedCallsKeepKind ? call.kind : "tool"
    emitResult(self, thread, { ...call, kind }, interrupted, true)
  }
  const closed = new Set(open.map((call) => call.id))
  self.session.inbox = self.session.inbox.filter((other) => other.answer === null || !closed.has(other.answer.callId))
}
