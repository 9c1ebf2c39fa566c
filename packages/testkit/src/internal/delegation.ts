import type * as Agent from "@effect-managed-agents/core/Agent"
import type { DataScript, Delegation, Script } from "../AgentScript.ts"
import type { Draft, ThreadDraft } from "./draft.ts"
import * as draft from "./draft.ts"
import * as state from "./state.ts"
import * as status from "./status.ts"
import * as texts from "./texts.ts"
import * as usage from "./usage.ts"

/** How many child threads a session may have at a time; idle ones count until they are archived. */
const maxThreads = 25

/** The agents that a session may delegate to. */
const roster = (agent: Agent.SessionAgentEncoded): ReadonlyArray<Agent.ResolvedAgentEncoded> => {
  const { multiagent } = agent
  if (multiagent === null) return []
  if (multiagent.type === "coordinator") {
    return multiagent.agents.flatMap((entry) => entry.type === "agent" ? [entry] : [])
  }
  if (multiagent.type !== "multiagent_20261001") return []
  return multiagent.subagents.type === "enabled" ? multiagent.subagents.predefined_agents : []
}

/** Why a thread cannot delegate, if it cannot. */
export const obstacle = (self: Draft, thread: ThreadDraft, { agent }: Delegation<unknown>): string | undefined => {
  const names = roster(self.session.agent).map((entry) => entry.name)
  if (!draft.isPrimary(self, thread)) return "a thread that was spawned cannot delegate"
  if (!names.includes(agent)) {
    return `no agent of the roster is named ${JSON.stringify(agent)}; there is ${
      names.length === 0 ? "none" : names.map((name) => JSON.stringify(name)).join(", ")
    }`
  }
  const open = self.session.threads.filter((one) => !draft.isPrimary(self, one) && one.archivedAt === null)
  return open.length >= maxThreads ? `a session may have ${maxThreads} child threads at a time` : undefined
}

/** Spawns a child thread, and tells it what to do. */
export const spawn = (
  self: Draft,
  thread: ThreadDraft,
  delegation: Delegation<Script | DataScript>
): string => {
  const { session } = self
  const agent = roster(session.agent).find((entry) => entry.name === delegation.agent) ?? thread.agent
  const n = session.issued.thread
  session.issued = { ...session.issued, thread: n + 1 }
  const child: ThreadDraft = state.makeThread({
    id: state.threadId(session.key, n),
    agent,
    parent: thread.id,
    createdAt: self.now,
    script: delegation.script ?? null
  })
  session.threads.push(child)
  const text = texts.fill(thread, delegation.message)
  draft.emit(self, thread, {
    type: "session.thread_created",
    session_thread_id: child.id,
    agent_name: agent.name,
    workflow_run_id: null
  })
  draft.emit(self, thread, {
    type: "agent.thread_message_sent",
    to_session_thread_id: child.id,
    to_agent_name: agent.name,
    content: texts.blocks(text)
  })
  child.mail = [{ from: thread.id, fromName: thread.agent.name, text }]
  return child.id
}

/** Puts what other threads have said on the thread's list: the model is about to read it. */
export const read = (self: Draft, thread: ThreadDraft): void => {
  for (const { from, fromName, text } of thread.mail) {
    draft.emit(self, thread, {
      type: "agent.thread_message_received",
      from_session_thread_id: from,
      from_agent_name: fromName,
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
