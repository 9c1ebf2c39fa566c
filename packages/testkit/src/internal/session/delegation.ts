import type * as Agent from "@effect-managed-agents/core/Agent"
import type { Consultation, DataScript, Delegation, Script } from "../../AgentScript.ts"
import type { Draft, ThreadDraft } from "./draft.ts"
import * as draft from "./draft.ts"
import type { Thread } from "./state.ts"
import * as state from "./state.ts"
import * as status from "./status.ts"
import * as texts from "./texts.ts"
import * as usage from "./usage.ts"

/** The number of child threads that a session may have at a time; idle ones count until they are archived. */
const maxThreads = 25

/** The agents that a session may delegate to, itself or in workflow runs. */
const roster = (
  { multiagent }: typeof Agent.SessionAgent.Encoded,
  group: "subagents" | "workflows"
): ReadonlyArray<typeof Agent.ResolvedAgent.Encoded> => {
  if (multiagent === null) return []
  if (multiagent.type === "coordinator") {
    return group === "workflows" ? [] : multiagent.agents.flatMap((entry) => entry.type === "agent" ? [entry] : [])
  }
  if (multiagent.type !== "multiagent_20261001") return []
  const those = multiagent[group]
  return those.type === "enabled" ? those.predefined_agents : []
}

/** Why a task is for nobody, if it is. */
export const unknown = (
  self: Draft,
  { agent }: Delegation<unknown>,
  group: "subagents" | "workflows"
): string | undefined => {
  const names = roster(self.session.agent, group).map((entry) => entry.name)
  if (names.includes(agent)) return undefined
  return `no agent of the ${group === "workflows" ? "workflows" : "roster"} is named ${
    JSON.stringify(agent)
  }; there is ${names.length === 0 ? "none" : names.map((name) => JSON.stringify(name)).join(", ")}`
}

/** Why a thread cannot delegate, if it cannot. */
export const obstacle = (self: Draft, thread: ThreadDraft, task: Delegation<unknown>): string | undefined => {
  if (!draft.isPrimary(self, thread)) return "a thread that was spawned cannot delegate"
  const nobody = unknown(self, task, "subagents")
  if (nobody !== undefined) return nobody
  const open = self.session.threads.filter((one) =>
    !draft.isPrimary(self, one) && one.archivedAt === null && one.runId === null && one.advisor === null
  )
  return open.length >= maxThreads ? `a session may have ${maxThreads} child threads at a time` : undefined
}

const create = (
  self: Draft,
  thread: ThreadDraft,
  options: Pick<Thread, "agent" | "advisor" | "runId" | "script">
): ThreadDraft => {
  const { session } = self
  const n = session.issued.thread
  session.issued = { ...session.issued, thread: n + 1 }
  const { advisor, runId, ...rest } = options
  const child: ThreadDraft = {
    ...state.makeThread({
      id: state.threadId(session.key, n),
      parent: thread.id,
      createdAt: self.now,
      ...rest
    }),
    advisor,
    runId
  }
  session.threads.push(child)
  draft.emit(self, thread, {
    type: "session.thread_created",
    session_thread_id: child.id,
    agent_name: child.agent.name,
    workflow_run_id: runId
  })
  return child
}

/** Spawns a child thread, of the coordinator's own or of a workflow run, and tells it what to do. */
export const spawn = (
  self: Draft,
  thread: ThreadDraft,
  delegation: Delegation<Script | DataScript>,
  runId: string | null = null
): string => {
  const known = roster(self.session.agent, runId === null ? "subagents" : "workflows")
  const agent = known.find((entry) => entry.name === delegation.agent) ?? thread.agent
  const child = create(self, thread, { agent, advisor: null, runId, script: delegation.script ?? null })
  const text = texts.fill(thread, delegation.message)
  if (runId === null) {
    draft.emit(self, thread, {
      type: "agent.thread_message_sent",
      to_session_thread_id: child.id,
      to_agent_name: agent.name,
      content: texts.blocks(text)
    })
  }
  child.mail = [{ from: thread.id, fromName: runId === null ? thread.agent.name : null, text }]
  return child.id
}

/** The advisor that a thread may consult, if any. */
export const advisor = (self: Draft, thread: ThreadDraft): typeof Agent.Advisor.Encoded | undefined => {
  const { multiagent } = self.session.agent
  if (multiagent === null || !draft.isPrimary(self, thread)) return undefined
  if (multiagent.type === "coordinator") return multiagent.agents.find((entry) => entry.type === "advisor")
  if (multiagent.type !== "multiagent_20261001" || multiagent.advisor.type !== "enabled") return undefined
  return { type: "advisor", model: multiagent.advisor.model }
}

/** Asks an advisor, whose thread lives for this one answer. Clients see no call, and no message to it. */
export const consult = (
  self: Draft,
  thread: ThreadDraft,
  advisor: typeof Agent.Advisor.Encoded,
  { advice, redacted = false }: Consultation
): void => {
  const agent = { ...thread.agent, name: "anthropic.advisor" }
  const child = create(self, thread, { agent, advisor, runId: null, script: null })
  status.run(self, child)
  if (advice !== null) {
    const text = texts.fill(thread, advice)
    draft.emit(self, thread, {
      type: "agent.thread_message_received",
      from_session_thread_id: child.id,
      from_agent_name: agent.name,
      content: redacted ? [{ type: "redacted" }] : texts.blocks(text)
    })
    thread.fresh += usage.tokens(self, text)
    thread.lastResult = text
  }
  status.idle(self, child, { type: "end_turn" })
  status.endThread(self, child)
}

/** Puts what other threads have said on the thread's list: the model is about to read it. */
export const read = (self: Draft, thread: ThreadDraft): void => {
  for (const { from, fromName, text } of thread.mail) {
    draft.emit(self, thread, {
      type: "agent.thread_message_received",
      from_session_thread_id: from,
      ...(fromName !== null && { from_agent_name: fromName }),
      content: texts.blocks(text)
    })
    thread.fresh += usage.tokens(self, text)
    if (draft.isPrimary(self, thread)) thread.lastResult = text
    else {
      thread.lastText = text
      thread.lastRead = [texts.said(text)]
    }
  }
  thread.mail = []
}

/**
 * A child thread has done what it was told and reports, before it is idle. A coordinator that waits wakes up and reads
 * the report at once; one that is busy reads it before its next request.
 */
export const report = (self: Draft, child: ThreadDraft): void => {
  const parent = self.session.threads.find((one) => one.id === child.parent)
  if (parent === undefined || parent.status === "terminated") return
  parent.mail = [...parent.mail, { from: child.id, fromName: child.agent.name, text: child.lastSaid }]
  const { play } = parent
  if (play?.blocked?._tag !== "Reports") return
  status.run(self, parent)
  read(self, parent)
  parent.play = { ...play, unread: true, blocked: null, awaiting: play.awaiting.filter((id) => id !== child.id) }
}
