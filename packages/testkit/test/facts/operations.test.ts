/**
 * Section 6 of FIDELITY.md: each operation in each status of a session.
 */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import type { Simulator } from "../../src/Simulator.ts"
import type { Json } from "../utils/facts.ts"
import { call, layer, limit, message, ok, send, startSession } from "../utils/facts.ts"

const statuses = [
  "idle",
  "requires_action",
  "budget_reached",
  "running",
  "rescheduling",
  "terminated",
  "archived"
] as const
type Status = (typeof statuses)[number]

const day = 86_400_000
const lookup = { custom_tool: { name: "lookup" } }

/** An agent whose first turn brings its session into a status, once its call is answered. */
const agents = {
  idle: { script: { turns: [[lookup]] } },
  requires_action: { script: { turns: [[lookup]] } },
  // a day costs two dollars
  budget_reached: { script: { turns: [[lookup, { sleep: day }, { tool: { name: "bash" } }]] } },
  running: { script: { turns: [[lookup, { sleep: 7 * day }]] } },
  rescheduling: { script: { turns: [[lookup, { reschedule: { millis: 7 * day } }]] } },
  terminated: { script: { turns: [[lookup, { fail: { type: "unknown_error", retry_status: "terminal" as const } }]] } },
  archived: { script: { turns: [[lookup]] } }
} satisfies Record<Status, unknown>

interface Subject {
  readonly id: string
  /** The one call of its agent, answered everywhere but at `requires_action`. */
  readonly answer: object
  readonly resources: ReadonlyArray<Json>
}

const make = (status: Status) =>
  Effect.gen(function*() {
    const id = yield* startSession({
      agent: `agent_${status}`,
      budget: limit(status === "budget_reached" ? "100" : "10000"),
      resources: [
        { type: "file", file_id: "file_1" },
        { type: "github_repository", url: "https://github.com/acme/widgets", authorization_token: "t" }
      ]
    })
    const { data } = yield* ok("GET", `/v1/sessions/${id}/events?types[]=agent.custom_tool_use`)
    const answer = { type: "user.custom_tool_result", custom_tool_use_id: data[0].id }
    if (status !== "requires_action") yield* send(id, answer)
    if (status === "archived") yield* ok("POST", `/v1/sessions/${id}/archive`)
    const { resources } = yield* ok("GET", `/v1/sessions/${id}`)
    const subject: Subject = { id, answer, resources }
    return subject
  })

type Operation = (
  subject: Subject
) => Effect.Effect<number, Effect.Effect.Error<ReturnType<typeof call>>, Simulator>

const post = (path: string, body?: object): Operation => ({ id }) =>
  Effect.map(call("POST", `/v1/sessions/${id}${path}`, body), ({ status }) => status)

const get = (path: string): Operation => ({ id }) =>
  Effect.map(call("GET", `/v1/sessions/${id}${path}`), ({ status }) => status)

const sending = (...events: ReadonlyArray<object>) => post("/events", { events })

const operations: ReadonlyArray<readonly [name: string, run: Operation, answers: Record<Status, number>]> = (() => {
  const row = (...answers: readonly [number, number, number, number, number, number, number]) =>
    // as many answers as statuses
    Object.fromEntries(statuses.map((status, i) => [status, answers[i]])) as Record<Status, number>
  return [
    //                                    idle, asks, budget, running, rescheduling, terminated, archived
    ["send a message", sending(message("y")), row(200, 400, 400, 200, 200, 400, 400)],
    ["send an answer", (subject) => sending(subject.answer)(subject), row(200, 200, 200, 200, 200, 400, 400)],
    ["send an interrupt", sending({ type: "user.interrupt" }), row(200, 200, 200, 200, 200, 400, 400)],
    [
      "define an outcome",
      sending({ type: "user.define_outcome", description: "d", rubric: { type: "text", content: "r" } }),
      row(200, 400, 400, 200, 200, 400, 400)
    ],
    ["update the title", post("", { title: "t" }), row(200, 200, 200, 200, 200, 400, 400)],
    ["update the metadata", post("", { metadata: { k: "v" } }), row(200, 200, 200, 200, 200, 400, 400)],
    ["update the agent", post("", { agent: { tools: [] } }), row(200, 200, 200, 400, 400, 400, 400)],
    ["update the budget", post("", { budget: limit("50000") }), row(200, 200, 200, 200, 200, 400, 400)],
    ["archive", post("/archive"), row(200, 200, 200, 400, 400, 200, 200)],
    [
      "delete",
      ({ id }) => Effect.map(call("DELETE", `/v1/sessions/${id}`), ({ status }) => status),
      row(200, 200, 200, 400, 400, 200, 200)
    ],
    ["add a file", post("/resources", { type: "file", file_id: "file_2" }), row(200, 200, 200, 200, 200, 400, 400)],
    [
      "delete a file",
      ({ id, resources }) =>
        Effect.map(call("DELETE", `/v1/sessions/${id}/resources/${resources[0].id}`), ({ status }) => status),
      row(200, 200, 200, 200, 200, 400, 400)
    ],
    [
      "rotate a token",
      (subject) => post(`/resources/${subject.resources[1].id}`, { authorization_token: "u" })(subject),
      row(200, 200, 200, 200, 200, 400, 400)
    ],
    ["read", get(""), row(200, 200, 200, 200, 200, 200, 200)],
    ["list the events", get("/events"), row(200, 200, 200, 200, 200, 200, 200)],
    ["list the threads", get("/threads"), row(200, 200, 200, 200, 200, 200, 200)],
    ["open the stream", get("/events/stream"), row(200, 200, 200, 200, 200, 200, 200)]
  ]
})()

/** All that reads can show of a session. */
const snapshot = ({ id }: Subject) =>
  Effect.all([ok("GET", `/v1/sessions/${id}`), ok("GET", `/v1/sessions/${id}/events`)])

it.effect(
  "6.1, 6.2, 6.3, 6.4, 6.5, 6.6, 6.7, 6.8, 6.9, 6.10, 6.11, 6.12, 6.13 each operation is accepted or refused by the status, and a refusal changes nothing",
  () =>
    Effect.gen(function*() {
      const cells = yield* Effect.forEach(
        operations.flatMap(([name, run, answers]) => statuses.map((status) => ({ name, run, status, answers }))),
        (cell) => Effect.map(make(cell.status), (subject) => ({ ...cell, subject }))
      )
      yield* TestClock.adjust("1 day")
      const seen: Record<string, Partial<Record<Status, number>>> = {}
      const expected: typeof seen = {}
      for (const { answers, name, run, status, subject } of cells) {
        const before = yield* snapshot(subject)
        assert.strictEqual(
          before[0].status,
          { requires_action: "idle", budget_reached: "idle", archived: "terminated" }[status as string] ?? status
        )
        const answer = yield* run(subject)
        seen[name] = { ...seen[name], [status]: answer }
        expected[name] = answers
        if (answer === 400) assert.deepStrictEqual(yield* snapshot(subject), before, `${name}, ${status}`)
      }
      assert.deepStrictEqual(seen, expected)
    }).pipe(Effect.provide(layer({
      agents: Object.fromEntries(
        Object.entries(agents).map(([status, { script }]) => [`agent_${status}`, {
          agent: { tools: [{ type: "agent_toolset_20260401" }] },
          script
        }])
      )
    })))
)

it.effect("6.14 after a delete nothing is found", () =>
  Effect.gen(function*() {
    const subject = yield* make("idle")
    yield* ok("DELETE", `/v1/sessions/${subject.id}`)
    for (const [name, run] of operations) assert.strictEqual(yield* run(subject), 404, name)
  }).pipe(Effect.provide(layer({
    agents: { agent_idle: { agent: { tools: [{ type: "agent_toolset_20260401" }] }, ...agents.idle } }
  }))))

it.effect("6.15 a budget that is raised lets the session go on; an answer at the budget asks no model", () =>
  Effect.gen(function*() {
    const raised = yield* make("budget_reached")
    yield* TestClock.adjust("1 day")
    const requests = Effect.map(
      ok("GET", `/v1/sessions/${raised.id}/events?types[]=span.model_request_start`),
      ({ data }) => data.length
    )
    const before = yield* requests
    yield* send(raised.id, raised.answer)
    assert.strictEqual(yield* requests, before)
    yield* ok("POST", `/v1/sessions/${raised.id}`, { budget: limit("1000") })
    assert.strictEqual(yield* requests, before + 1)
  }).pipe(Effect.provide(layer({ agents: { agent_budget_reached: { ...agents.budget_reached } } }))))
