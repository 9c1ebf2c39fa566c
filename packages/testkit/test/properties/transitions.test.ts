import type * as Agent from "@effect-managed-agents/core/Agent"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import type { DataScript, DataStep } from "../../src/AgentScript.ts"
import type { Emission, Env } from "../../src/internal/session/draft.ts"
import * as eventLog from "../../src/internal/session/eventLog.ts"
import * as ids from "../../src/internal/session/ids.ts"
import * as state from "../../src/internal/session/state.ts"
import * as time from "../../src/internal/session/timestamp.ts"
import * as transitions from "../../src/internal/session/transitions.ts"
import * as Rules from "../../src/Rules.ts"

const helper: typeof Agent.ResolvedAgent.Encoded = {
  type: "agent",
  id: "agent_2",
  version: 1,
  name: "Helper",
  description: null,
  model: { id: "claude-sonnet-4-6" },
  system: null,
  tools: [],
  mcp_servers: [],
  skills: []
}

const roster = {
  type: "enabled" as const,
  inline_agents: { type: "disabled" as const },
  predefined_agents: [helper]
}

const agent: typeof Agent.SessionAgent.Encoded = {
  ...helper,
  id: "agent_1",
  name: "Agent",
  multiagent: {
    type: "multiagent_20261001",
    advisor: { type: "enabled", model: "claude-opus-5" },
    subagents: roster,
    workflows: roster
  }
}

const fresh = state.makeSession({
  id: "sesn_1",
  key: ids.root(0),
  seq: 0,
  agent,
  environment: { id: "env_1", type: "cloud" },
  title: null,
  metadata: {},
  vaultIds: [],
  deploymentId: null,
  resources: [],
  budget: null,
  issued: { event: 0, resource: 0, thread: 1, file: 0, outcome: 0 },
  createdAt: 0
})

const env = (script: DataScript, rules: Partial<Rules.Rules> = {}): Env => ({
  rules: { ...Rules.defaults, strictTools: false, ...rules },
  script: () => script,
  pace: 0
})

/** The rules that change what happens to a session, and none of its invariants. */
const rules = FastCheck.record({
  interruptDelay: FastCheck.constantFrom(Duration.zero, Duration.zero, Duration.millis(400)),
  interruptedRequestsFail: FastCheck.boolean(),
  interruptedCallsKeepKind: FastCheck.boolean(),
  interruptedRuns: FastCheck.constantFrom<Rules.Rules["interruptedRuns"]>("go on", "pause", "pause silently"),
  waitingRunsIdle: FastCheck.boolean(),
  archiveStopsRuns: FastCheck.boolean(),
  asksHoldSiblings: FastCheck.boolean(),
  rescheduledPair: FastCheck.constantFrom("thread first" as const, "session first" as const),
  refuseLateResults: FastCheck.boolean(),
  storeArchival: FastCheck.boolean(),
  evaluationHeartbeat: FastCheck.constantFrom(Duration.millis(300), Duration.infinity)
})

const snapshot = (session: state.Session): string =>
  JSON.stringify({
    ...session,
    log: eventLog.toArray(session.log),
    threads: session.threads.map((thread) => ({ ...thread, log: eventLog.toArray(thread.log) }))
  })

describe("the event log", () => {
  it.prop("has value semantics", [FastCheck.array(FastCheck.tuple(FastCheck.nat(), FastCheck.nat()))], ([pushes]) => {
    // a tree of logs: each push is made on some earlier log
    const logs: Array<{ readonly log: eventLog.EventLog<number>; readonly wanted: ReadonlyArray<number> }> = [
      { log: eventLog.empty, wanted: [] }
    ]
    for (const [item, parent] of pushes) {
      const { log, wanted } = logs[parent % logs.length]!
      logs.push({ log: eventLog.append(log, item), wanted: [...wanted, item] })
    }
    for (const { log, wanted } of logs) assert.deepStrictEqual(eventLog.toArray(log), wanted)
  })
})

/** A command in the abstract: which call an answer is for is decided when it is played. */
type Command =
  | {
    readonly _tag: "Send"
    readonly kinds: ReadonlyArray<"message" | "interrupt" | "outcome" | "confirm" | "deny" | "result">
  }
  | { readonly _tag: "Update" }
  | { readonly _tag: "Archive" }
  | { readonly _tag: "Wait"; readonly millis: number }

const command: FastCheck.Arbitrary<Command> = FastCheck.oneof(
  {
    weight: 6,
    arbitrary: FastCheck.array(FastCheck.constantFrom("message", "interrupt", "outcome", "confirm", "deny", "result"), {
      minLength: 1,
      maxLength: 3
    }).map((kinds): Command => ({ _tag: "Send", kinds: kinds as ReadonlyArray<"message"> }))
  },
  { weight: 3, arbitrary: FastCheck.nat(1500).map((millis): Command => ({ _tag: "Wait", millis })) },
  { weight: 1, arbitrary: FastCheck.constant<Command>({ _tag: "Update" }) },
  { weight: 1, arbitrary: FastCheck.constant<Command>({ _tag: "Archive" }) }
)

const delegate = FastCheck.constantFrom<DataStep>(
  { delegate: { agent: "Helper", message: "m" } },
  { delegate: { agent: "Helper", message: "m", script: { otherwise: [{ sleep: 700 }, { say: "a" }] } } },
  {
    delegate: {
      agent: "Helper",
      message: "m",
      script: { otherwise: [{ custom_tool: { name: "c" } }, { tool: { name: "b", permission: "ask" } }] }
    }
  },
  {
    delegate: {
      agent: "Helper",
      message: "m",
      script: { otherwise: [{ reschedule: { millis: 300 } }, { fail: { type: "x", retry_status: "exhausted" } }] }
    }
  }
)

const turn: FastCheck.Arbitrary<ReadonlyArray<DataStep>> = FastCheck.array(
  FastCheck.oneof(
    delegate,
    FastCheck.constantFrom<DataStep>(
      { think: true },
      { say: "{{text}}" },
      { tool: { name: "bash" } },
      { tool: { name: "bash", permission: "ask" } },
      { tool: { name: "bash", permission: "deny" } },
      { custom_tool: { name: "c" } },
      {
        together: [{ custom_tool: { name: "a" } }, { tool: { name: "b", permission: "ask" } }, { tool: { name: "c" } }]
      },
      { sleep: 1000 },
      { compact: true },
      { consult: { advice: "a" } },
      { consult: { advice: null } },
      {
        workflow: {
          name: "w",
          phases: [
            { name: "a", agents: [{ agent: "Helper", message: "m" }, { agent: "Helper", message: "n" }] },
            { name: "b", agents: [{ agent: "Helper", message: "m", script: { otherwise: [{ sleep: 600 }] } }] }
          ]
        }
      },
      {
        workflow: {
          name: "w",
          phases: [{
            name: "a",
            agents: [{ agent: "Helper", message: "m", script: { otherwise: [{ custom_tool: { name: "c" } }] } }]
          }],
          result: "error"
        }
      },
      { reschedule: { millis: 500 } },
      { refuse: {} },
      { fail: { type: "model_overloaded_error", retry_status: "retrying" } },
      { fail: { type: "model_overloaded_error", retry_status: "exhausted" } },
      { fail: { type: "mcp_connection_failed_error", retry_status: "retrying" } },
      { fail: { type: "unknown_error", retry_status: "terminal" } }
    )
  ),
  { maxLength: 5 }
)

describe("transitions", () => {
  it("are pure: what they start from is untouched, and they can be repeated", () => {
    const script = env({ otherwise: [{ custom_tool: { name: "c" } }, { say: "x" }] })
    const image = snapshot(fresh)
    const message: transitions.SendableEncoded = { type: "user.message", content: [{ type: "text", text: "x" }] }
    const once = Either.getOrThrow(transitions.send(fresh, 0, script, [message]))
    const twice = Either.getOrThrow(transitions.send(fresh, 0, script, [message]))
    assert.deepStrictEqual(once.emissions, twice.emissions)
    assert.strictEqual(snapshot(once.session), snapshot(twice.session))
    assert.strictEqual(snapshot(fresh), image)
  })

  it("happen when they are due, however late somebody looks", () => {
    const script = env({ otherwise: [{ sleep: 1000 }, { say: "a" }, { sleep: 1000 }] })
    const message: transitions.SendableEncoded = { type: "user.message", content: [{ type: "text", text: "x" }] }
    const { session } = Either.getOrThrow(transitions.send(fresh, 0, script, [message]))
    const late = transitions.advance(session, 3_600_000_000, script).session
    const at = (type: string) => eventLog.toArray(late.log).find((event) => event.type === type)?.processed_at
    assert.strictEqual(at("agent.message"), "1970-01-01T00:00:01Z")
    assert.strictEqual(at("span.model_request_end"), "1970-01-01T00:00:02Z")
    assert.strictEqual(late.activity.total, 2_000_000)
  })

  it.prop(
    "keep their invariants under any sequence of commands",
    [FastCheck.array(turn, { maxLength: 4 }), FastCheck.array(command, { maxLength: 25 }), rules],
    ([turns, commands, rules]) => {
      const grades = ["needs_revision" as const, { result: "satisfied" as const, millis: 800 }, "failed" as const]
      const script = env({ turns, grades }, rules)
      let session = fresh
      let now = 0
      const streamed: Array<Emission["event"]> = []
      let over = false
      const accept = (outcome: { readonly session: state.Session; readonly emissions: ReadonlyArray<Emission> }) => {
        assert.isFalse(over && outcome.emissions.length > 0, "an event after the end")
        session = outcome.session
        streamed.push(...outcome.emissions.filter((emission) => emission.session).map((emission) => emission.event))
        over = session.status === "terminated"
      }
      const openCalls = () =>
        session.threads.flatMap(({ play }) =>
          play?.blocked?._tag === "Calls" ? play.blocked.calls.filter((call) => !call.settled) : []
        )
      for (const one of commands) {
        const due = transitions.nextDue(session)
        if (due !== undefined && due <= now) accept(transitions.advance(session, now, script))
        const image = snapshot(session)
        const attempt = <A extends { readonly session: state.Session; readonly emissions: ReadonlyArray<Emission> }>(
          ruling: Either.Either<A, unknown>
        ) => {
          assert.strictEqual(snapshot(session), image, "the state before a command has changed")
          if (Either.isRight(ruling)) accept(ruling.right)
        }
        switch (one._tag) {
          case "Wait":
            now += one.millis * 1000
            break
          case "Update":
            attempt(transitions.update(session, now, script, { title: String(now) }))
            break
          case "Archive":
            attempt(transitions.archive(session, now, script))
            break
          case "Send": {
            const calls = openCalls()
            const events = one.kinds.map((kind, i): transitions.SendableEncoded => {
              const call = calls[(i + one.kinds.length) % Math.max(1, calls.length)]?.id ?? "sevt_nope"
              switch (kind) {
                case "message":
                  return { type: "user.message", content: [{ type: "text", text: "x" }] }
                case "interrupt":
                  return { type: "user.interrupt" }
                case "outcome":
                  return { type: "user.define_outcome", description: "d", rubric: { type: "text", content: "r" } }
                case "result":
                  return { type: "user.custom_tool_result", custom_tool_use_id: call }
                case "confirm":
                case "deny":
                  return {
                    type: "user.tool_confirmation",
                    tool_use_id: call,
                    result: kind === "deny" ? "deny" : "allow"
                  }
              }
            })
            attempt(transitions.send(session, now, script, events))
          }
        }
        check(session, streamed, rules)
      }
    },
    { fastCheck: { numRuns: 500 } }
  )
})

/** What the status events of a list say last. */
const lastStatus = (events: ReadonlyArray<eventLog.StoredEvent>, prefix: string): string =>
  events.reduce((last, { type }) => type.startsWith(prefix) ? type.slice(prefix.length) : last, "idle")
    .replace("rescheduled", "rescheduling")

const checkRequests = (events: ReadonlyArray<eventLog.StoredEvent>, isIdle: boolean): void => {
  let open = 0
  for (const { type } of events) {
    if (type === "span.model_request_start") open++
    if (type === "span.model_request_end") open--
    assert.isTrue(open === 0 || open === 1, "requests that overlap")
  }
  if (isIdle) assert.strictEqual(open, 0, "a request without an end")
}

const checkStamps = (events: ReadonlyArray<eventLog.StoredEvent>): void => {
  const ids = events.map((event) => event.id)
  assert.strictEqual(new Set(ids).size, ids.length, "an id that is used twice")
  // as instants: two texts of the same second may differ in their number of digits
  const stamps = events.map((event) => time.parse(String(event.processed_at)) ?? NaN)
  assert.deepStrictEqual([...new Set(stamps)].sort((a, b) => a - b), stamps, "stamps that do not grow")
}

const endsOfRuns = new Set([
  "session.thread_status_terminated",
  "workflow_run.phase_ended",
  "workflow_run.status_ended"
])

const check = (
  session: state.Session,
  streamed: ReadonlyArray<Emission["event"]>,
  { archiveStopsRuns }: Pick<Rules.Rules, "archiveStopsRuns">
): void => {
  const stored = eventLog.toArray(session.log)
  checkStamps(stored)
  checkRequests(stored, session.threads[0].status === "idle")
  // what is announced about archiving is streamed alone
  const ids = new Set(stored.map((event) => event.id))
  const announced = streamed.filter((event) => event.id === undefined || !ids.has(event.id))
  assert.isTrue(announced.every((event) => event.type === "session.status_terminated") && announced.length <= 1)
  const both: ReadonlyArray<eventLog.LiveEvent> = streamed.filter((event) => !announced.includes(event))
  // the ends of workflow runs that archiving stops are in the list alone
  const seen = new Set(streamed.map((event) => event.id))
  const silent = stored.filter((event) => !seen.has(event.id))
  if (session.archivedAt === null || !archiveStopsRuns) assert.isEmpty(silent, "events that no stream had")
  assert.isTrue(silent.every(({ type }) => endsOfRuns.has(type)))
  const shown = stored.filter((event) => !silent.includes(event))
  assert.deepStrictEqual<ReadonlyArray<eventLog.LiveEvent>>(shown, both, "streams that differ from the list")
  for (const thread of session.threads) {
    const own = eventLog.toArray(thread.log)
    checkStamps(own)
    checkRequests(own, thread.status === "idle")
    if (session.status !== "terminated") {
      assert.strictEqual(
        thread.status,
        lastStatus(own, "session.thread_status_"),
        "a thread that differs from its events"
      )
    }
  }
  const changes = stored.map(({ type }) => type).filter((type) => type.startsWith("session.status_"))
  for (const [i, type] of changes.entries()) {
    // only idle is said again, when what is waited for changes
    assert.isTrue(type === "session.status_idle" || type !== changes[i - 1], "a status that does not change")
  }
  if (session.archivedAt !== null) return
  assert.strictEqual(session.status, lastStatus(stored, "session.status_"), "a session that differs from its events")
  const statuses = session.threads.map((thread) => thread.status)
  if (session.status !== "terminated") {
    const rolledUp = statuses.find((status) => status === "running") ?? statuses.find((s) => s === "rescheduling") ??
      "idle"
    assert.strictEqual(session.status, rolledUp, "a roll-up that differs from the threads")
  }
  if (session.status !== "idle") return
  const paused = new Set(session.runs.flatMap((run) => run.paused === null ? [] : [run.id]))
  assert.isTrue(
    session.threads.every((thread) => thread.mail.length === 0 || paused.has(thread.runId ?? "")),
    "mail that nobody will read"
  )
  const waiting = session.threads.some(({ play }) => play?.blocked?._tag === "Calls")
  const interrupted = session.inbox.some(({ kind }) => kind === "interrupt")
  assert.isTrue(waiting || interrupted || session.inbox.length === 0, "input that nobody will read")
  assert.isTrue(session.runs.every((run) => waiting || run.paused !== null), "a workflow run that nobody will end")
}
