import type * as Agent from "@effect-managed-agents/core/Agent"
import type * as Outcome from "@effect-managed-agents/core/Outcome"
import type * as Resource from "@effect-managed-agents/core/Resource"
import type * as Wire from "@effect-managed-agents/core/Session"
import type * as SessionEvent from "@effect-managed-agents/core/SessionEvent"
import type * as WireThread from "@effect-managed-agents/core/Thread"
import type * as Unknown from "@effect-managed-agents/core/Unknown"
import type * as Usage from "@effect-managed-agents/core/Usage"
import type { DataScript, Delegation, Message, Permission, Script, Step, Verdict } from "../../AgentScript.ts"
import * as agents from "./agents.ts"
import * as eventLog from "./eventLog.ts"
import * as ids from "./ids.ts"
import type { Micros } from "./timestamp.ts"
import * as time from "./timestamp.ts"

/** Status of a session, or of one of its threads. */
export type Status = "idle" | "running" | "rescheduling" | "terminated"

/** Why a turn ended or paused. */
export type StopReason =
  | typeof SessionEvent.EndTurn.Encoded
  | typeof SessionEvent.RequiresAction.Encoded
  | typeof SessionEvent.RetriesExhausted.Encoded
  | typeof SessionEvent.BudgetReached.Encoded
  | typeof SessionEvent.Refusal.Encoded

/** Reason for which a thread became idle. */
export interface Stop {
  readonly reason: StopReason
  readonly details: typeof SessionEvent.StopDetails.Encoded | null
}

/** Tokens and searches, summed. */
export interface Tally {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheCreation: number
  readonly webSearches: number
}

/** Usage of a fresh session. */
const noTally: Tally = { input: 0, output: 0, cacheRead: 0, cacheCreation: 0, webSearches: 0 }

/** Activity as times: the sum of the closed intervals, and the start of the open one. */
export interface Activity {
  readonly total: Micros
  readonly since: Micros | null
}

/** Never active. */
const noActivity: Activity = { total: 0, since: null }

/** A tool call of the response that the thread is settling. */
export interface Call {
  /** The id of the `agent.…tool_use` event. */
  readonly id: string
  readonly kind: "tool" | "mcp" | "custom"
  /** True if the client runs it: a custom tool, or a built-in one of a self-hosted environment. */
  readonly remote: boolean
  /** The name in the text of a refusal. */
  readonly title: string
  readonly permission: Permission
  /** The result of the tool if the platform runs it. */
  readonly result: string
  readonly isError: boolean
  /** The message of the client that it needs to settle: nothing if the platform runs it unasked. */
  readonly needs: "confirmation" | "result" | "nothing"
  readonly settled: boolean
  /** The answer, once processed: whether a confirmation allowed the call, and what it said. */
  readonly verdict: { readonly allow: boolean; readonly message: string | null } | null
}

/** Why a turn does not go on by itself. */
export type Blocked =
  | { readonly _tag: "Sleep"; readonly due: Micros }
  | { readonly _tag: "Rescheduled"; readonly due: Micros }
  /** The thread is idle with `requires_action` until every call is settled. */
  | { readonly _tag: "Calls"; readonly calls: ReadonlyArray<Call> }
  /** An Effect of the script decides what comes next. */
  | { readonly _tag: "Effect"; readonly token: number }
  /** The grader looks at the outcome. */
  | { readonly _tag: "Grading"; readonly due: Micros; readonly evaluation: Evaluation }
  /** The turn is over, and an Effect of the script waits for the next message to begin another. */
  | { readonly _tag: "Message" }
  /** The session has spent its budget. */
  | { readonly _tag: "Budget" }
  /** The thread is idle until one of the threads that it has delegated to reports. */
  | { readonly _tag: "Reports" }

/** A look of the grader at what the agent has done. */
export interface Evaluation {
  readonly startId: string
  /** When the verdict is there. */
  readonly ends: Micros
  readonly result: Verdict
  readonly explanation: string
}

/** A model request that has started and not ended. */
export interface ModelRequest {
  readonly startId: string
  readonly output: number
}

/** Action of a turn: steps of the script, and what its Effects ask for that is no step. */
export type Action =
  | Step
  /** Gives the Effect the next message, if there is one or when there is one. */
  | { readonly listen: "poll" | "wait" }
  | { readonly emit: { readonly type: string; readonly [key: string]: unknown } }

/** Steps that are being played. */
export interface Passage {
  readonly steps: ReadonlyArray<Action>
  /** The index of the next step. */
  readonly next: number
  /** The position of the steps in the script, such as `turns[0]`; null if an Effect asks for them. */
  readonly path: string | null
  /** True if texts are taken as they are, without placeholders. */
  readonly literal: boolean
}

/** An Effect of the script that runs, and where the turn goes on after it. */
export interface Frame extends Passage {
  readonly token: number
  /** The number of operations that it has asked for. */
  readonly operations: number
  /** The Effect that has asked for this one. */
  readonly outer: Frame | null
}

/** A turn that has started and not ended. */
export interface Play extends Passage {
  /** The innermost Effect that runs, if any: the steps are those of its operation. */
  readonly frame: Frame | null
  /** The result of the operation so far: the calls made, the threads spawned, the message given. */
  readonly made: ReadonlyArray<string>
  readonly spawned: ReadonlyArray<string>
  readonly given: Message | null
  /** The messages that the model has read since the Effect began and the Effect has not been given. */
  readonly heard: ReadonlyArray<Message>
  /** The number of messages that were received before, which the Effect knows from the start. */
  readonly known: number
  /** The number of steps that were played. */
  readonly played: number
  /** Which turn of the script it is. */
  readonly turn: number
  readonly request: ModelRequest | null
  /** True if the next step has taken its time. */
  readonly paced: boolean
  /** True if the model has something that it has not been asked about: the turn cannot end before it is. */
  readonly unread: boolean
  readonly blocked: Blocked | null
  /** The threads that were delegated to and have not reported, and the workflow runs that have not ended. */
  readonly awaiting: ReadonlyArray<string>
}

/** Message of one thread to another. */
export interface Mail {
  readonly from: string
  /** Null for the prompt of a workflow run, which names nobody. */
  readonly fromName: string | null
  readonly text: string
}

/** A thread: one agent's conversation. */
export interface Thread {
  readonly id: string
  readonly agent: typeof Agent.ResolvedAgent.Encoded
  readonly parent: string | null
  readonly createdAt: Micros
  readonly updatedAt: Micros
  readonly archivedAt: Micros | null
  readonly status: Status
  /** Why it last went idle; null before the first time and while it runs. */
  readonly stop: Stop | null
  /** True if it ever left its first idle: before that it has neither statistics nor usage. */
  readonly started: boolean
  readonly activity: Activity
  readonly tally: Tally
  /** Tokens of the conversation that the model has seen, and those that it has not. */
  readonly seen: number
  readonly fresh: number
  readonly log: eventLog.EventLog<eventLog.StoredEvent>
  /** The number of turns of its script that have begun. */
  readonly turns: number
  readonly lastText: string
  /** The messages that were read last, as a whole. */
  readonly lastRead: ReadonlyArray<Message>
  readonly lastResult: string
  readonly lastSaid: string
  readonly play: Play | null
  /** The script, if not that of its agent. */
  readonly script: Script | null
  /** The messages of other threads that it has not read. */
  readonly mail: ReadonlyArray<Mail>
  /** The advisor that it is, if it is none of the agents. */
  readonly advisor: typeof Agent.Advisor.Encoded | null
  /** The workflow run that has created it. */
  readonly runId: string | null
}

/** A phase of a workflow run that has started and not ended. */
export interface Phase {
  readonly id: string
  /** The id of the event that said that it has started. */
  readonly started: string
  /** Its threads that are not done. */
  readonly pending: ReadonlyArray<string>
  /** The tasks that have no thread yet, because there are as many as there may be at a time. */
  readonly waiting: ReadonlyArray<Delegation<Script | DataScript>>
}

/** A workflow run that is open. */
export interface Run {
  readonly id: string
  readonly phases: ReadonlyArray<{
    readonly id: string
    readonly name: string
    readonly description: string | null
    readonly declared: boolean
    readonly overlaps: boolean
    readonly agents: ReadonlyArray<Delegation<Script | DataScript>>
  }>
  /** The index of the first phase that the plan has not come to. */
  readonly next: number
  readonly open: ReadonlyArray<Phase>
  /** The number of threads that it has created. */
  readonly created: number
  /** True if its last status event says that it runs. */
  readonly running: boolean
  /** Set while an interrupt has paused it, with or without an event. */
  readonly paused: "openly" | "silently" | null
  /** When its time is up. */
  readonly expires: Micros
  readonly result: "completed" | "stopped" | "error"
}

/** An event from the client that was taken and not yet processed. */
export interface Pending {
  /** Grows with every event that is taken. */
  readonly seq: number
  readonly kind: "message" | "answer" | "interrupt"
  /** As it is listed while it waits: without `processed_at`. */
  readonly event: eventLog.StoredEvent
  /** When it may be processed, for an interrupt: it may have to wait. */
  readonly due: Micros
  /** For an answer: the call it answers, and what it says about it. */
  readonly answer: Answer | null
  /** For an interrupt: the only thread it is for, or null for all. */
  readonly target: string | null
}

/** Answer of the client to a call. */
export interface Answer {
  readonly callId: string
  readonly verdict: Call["verdict"]
  /** The text of a result. */
  readonly text: string
}

/** The outcome that the session works towards. */
export interface Goal {
  readonly outcomeId: string
  /** True if the agent has been told. */
  readonly started: boolean
  /** The cycle that is under way, from 0, and how many there may be. */
  readonly iteration: number
  readonly maxIterations: number
}

/** A session: everything about it that its transitions read and write. */
export interface Session {
  readonly id: string
  /** From which its own ids derive. */
  readonly key: ids.Key
  /** The order of creation, which breaks ties of `created_at`. */
  readonly seq: number
  readonly agent: typeof Agent.SessionAgent.Encoded
  readonly environment: Environment
  readonly createdAt: Micros
  readonly updatedAt: Micros
  readonly archivedAt: Micros | null
  readonly terminatedAt: Micros | null
  readonly status: Status
  /** When the status last changed. */
  readonly statusSince: Micros
  readonly title: string | null
  readonly metadata: Readonly<Record<string, string>>
  readonly vaultIds: ReadonlyArray<string>
  readonly deploymentId: string | null
  readonly budget: typeof Usage.Budget.Encoded | null
  readonly resources: ReadonlyArray<Mounted>
  readonly outcomes: ReadonlyArray<typeof Outcome.OutcomeEvaluation.Encoded>
  readonly goal: Goal | null
  /** The workflow runs that are open, and how many there ever were. */
  readonly runs: ReadonlyArray<Run>
  readonly runsCreated: number
  /** True if a run has ended and the agent has not read that. */
  readonly unreadRun: boolean
  /** The number of the grader's verdicts that were used. */
  readonly graded: number
  readonly activity: Activity
  readonly tally: Tally
  /** The last stamp that was given out: the next one is later. */
  readonly clock: Micros
  /** The numbers of ids that were given out, by kind. */
  readonly issued: {
    readonly event: number
    readonly resource: number
    readonly thread: number
    readonly file: number
    readonly outcome: number
  }
  /** The log that the session list and stream show: the primary thread and what is posted to it. */
  readonly log: eventLog.EventLog<eventLog.StoredEvent>
  /** The primary thread first, then in the order in which they were spawned. */
  readonly threads: readonly [Thread, ...Array<Thread>]
  readonly inbox: ReadonlyArray<Pending>
  readonly received: number
  readonly tokens: number
}

/** A resource of a session. */
export interface Mounted {
  /** The order of attachment, which lists follow. */
  readonly seq: number
  readonly value: Exclude<typeof Resource.Resource.Encoded, Unknown.Unknown>
}

/** Environment in which a session's sandbox runs. */
export interface Environment {
  readonly id: string
  readonly type: "cloud" | "self_hosted"
}

/** The id of the n-th thread of a session. */
export const threadId = (session: ids.Key, n: number): string =>
  ids.format("sthr", ids.nth(ids.child(session, "thread"), n))

/** A new thread. */
export const makeThread = (options: Pick<Thread, "id" | "agent" | "parent" | "createdAt" | "script">): Thread => ({
  ...options,
  updatedAt: options.createdAt,
  archivedAt: null,
  status: "idle",
  stop: null,
  started: false,
  activity: noActivity,
  tally: noTally,
  seen: 0,
  fresh: 0,
  log: eventLog.empty,
  turns: 0,
  lastText: "",
  lastRead: [],
  lastResult: "",
  lastSaid: "",
  play: null,
  mail: [],
  advisor: null,
  runId: null
})

/** A new session, with its primary thread. */
export const makeSession = (
  options:
    & Pick<
      Session,
      | "id"
      | "key"
      | "seq"
      | "agent"
      | "environment"
      | "title"
      | "metadata"
      | "vaultIds"
      | "deploymentId"
      | "resources"
      | "budget"
      | "issued"
    >
    & { readonly createdAt: Micros }
): Session => {
  const primary = makeThread({
    id: threadId(options.key, 0),
    agent: agents.threadAgent(options.agent),
    parent: null,
    createdAt: options.createdAt,
    script: null
  })
  return {
    ...options,
    updatedAt: options.createdAt,
    archivedAt: null,
    terminatedAt: null,
    status: "idle",
    statusSince: options.createdAt,
    outcomes: [],
    goal: null,
    runs: [],
    runsCreated: 0,
    unreadRun: false,
    graded: 0,
    activity: noActivity,
    tally: noTally,
    clock: options.createdAt,
    log: eventLog.empty,
    threads: [primary],
    inbox: [],
    received: 0,
    tokens: 0
  }
}

const micros = (text: string): Micros => time.parse(text) ?? 0

/** Everything about a fixture that is not in the session itself. */
interface Origin {
  /** The id of the primary thread. */
  readonly threadId: string | undefined
  readonly children: ReadonlyArray<typeof WireThread.Thread.Encoded>
  readonly seq: number
  readonly root: ids.Key
  readonly environments: ReadonlyMap<string, { readonly config: Pick<Environment, "type"> }>
  readonly now: Micros
}

/** A child thread that is there from the start, as the API would show it. It has no events. */
const childFromWire = (
  thread: typeof WireThread.Thread.Encoded,
  primary: Thread,
  at: (text: string) => Micros
): Thread => {
  const archivedAt = thread.archived_at === null ? null : at(thread.archived_at)
  const { agent } = thread
  return {
    ...makeThread({
      id: thread.id,
      agent: agent.type === "agent" ? agent : primary.agent,
      parent: thread.parent_thread_id,
      createdAt: at(thread.created_at),
      script: null
    }),
    advisor: agent.type === "advisor" ? agent : null,
    updatedAt: at(thread.updated_at),
    archivedAt,
    status: archivedAt === null ? "idle" : "terminated",
    started: thread.stats !== null,
    activity: { total: Math.round((thread.stats?.active_seconds ?? 0) * 1_000_000), since: null },
    tally: thread.usage === null ? noTally : tallyOf(thread.usage),
    runId: thread.workflow_run_id ?? null
  }
}

const tallyOf = (usage: typeof Wire.Session.Encoded["usage"]): Tally => ({
  input: usage.input_tokens ?? 0,
  output: usage.output_tokens ?? 0,
  cacheRead: usage.cache_read_input_tokens ?? 0,
  cacheCreation: (usage.cache_creation?.ephemeral_5m_input_tokens ?? 0) +
    (usage.cache_creation?.ephemeral_1h_input_tokens ?? 0),
  webSearches: usage.server_tool_use?.web_search_requests ?? 0
})

/** A session that is there from the start, as the API would show it. It has no events, and nothing of it is in the future. */
export const fromWire = (
  session: typeof Wire.Session.Encoded,
  { children, environments, now, root, seq, threadId }: Origin
): Session => {
  const { usage } = session
  const at = (text: string): Micros => Math.min(micros(text), now)
  /** The fields of these names, with nothing in the future. */
  const settle = <A extends object>(value: A, ...names: ReadonlyArray<string>): A =>
    Object.fromEntries(
      Object.entries(value).map(([name, field]: [string, unknown]) => [
        name,
        names.includes(name) && typeof field === "string" && micros(field) > now ? time.format(now) : field
      ])
      // the same fields, of which some have another text
    ) as A
  const archivedAt = typeof session.archived_at === "string" ? at(session.archived_at) : null
  const fresh = makeSession({
    id: session.id,
    key: ids.child(root, session.id),
    seq,
    agent: session.agent,
    environment: {
      id: session.environment_id,
      type: environments.get(session.environment_id)?.config.type ?? "cloud"
    },
    title: session.title,
    metadata: session.metadata,
    vaultIds: session.vault_ids,
    deploymentId: session.deployment_id ?? null,
    resources: session.resources.map((value, seq) => ({
      seq,
      value: settle(value as Mounted["value"], "created_at", "updated_at")
    })),
    budget: session.budget ?? null,
    issued: { event: 0, resource: session.resources.length, thread: 1, file: session.resources.length, outcome: 0 },
    createdAt: at(session.created_at)
  })
  const [first] = fresh.threads
  const primary = threadId === undefined ? first : { ...first, id: threadId }
  return {
    ...fresh,
    threads: [primary, ...children.map((thread) => childFromWire(thread, primary, at))],
    updatedAt: at(session.updated_at),
    archivedAt,
    terminatedAt: archivedAt,
    status: archivedAt === null ? "idle" : "terminated",
    outcomes: session.outcome_evaluations.map((outcome) => settle(outcome, "completed_at")),
    activity: {
      total: Math.round((usage.active_seconds ?? session.stats.active_seconds ?? 0) * 1_000_000),
      since: null
    },
    tally: tallyOf(usage)
  }
}
