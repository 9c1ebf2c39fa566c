/** The spans and metrics of tools, approvals and reconnects. */
import * as Conversation from "@effect-managed-agents/core/Conversation"
import type { SessionId } from "@effect-managed-agents/core/Ids"
import * as Journal from "@effect-managed-agents/core/Journal"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as SessionOwner from "@effect-managed-agents/core/SessionOwner"
import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import type * as Tracer from "effect/Tracer"
import * as AgentScript from "../src/AgentScript.ts"
import * as Fault from "../src/Fault.ts"
import * as Simulator from "../src/Simulator.ts"
import { agentThat, create, inTime } from "./utils/conversation.ts"
import { counters, traced } from "./utils/telemetry.ts"

const { customTool, say, together, tool } = AgentScript

const Tools = Toolkit.make(
  Tool.make("wait", { parameters: { seconds: Schema.Number, secret: Schema.String }, success: Schema.String })
)
const Handlers = Tools.toLayer({
  wait: ({ seconds }) =>
    seconds < 0 ? Effect.die("cannot") : Effect.as(Effect.sleep(seconds * 1000), "the secret result")
})

const call = (seconds: number) => customTool({ name: "wait", input: { seconds, secret: "the secret input" } })

type Traced = Effect.Effect.Success<ReturnType<typeof traced>>

const attributesOf = ({ attributes }: Tracer.Span) => Object.fromEntries(attributes)

/** How long a span lasted. */
const seconds = ({ status }: Tracer.Span) =>
  status._tag === "Ended" ? Number(status.endTime - status.startTime) / 1e9 : assert.fail("it has not ended")

const named = (spans: Traced, name: string) => spans.filter(({ span }) => span.name === name)

/** The id of the event of the n-th call of a tool. */
const eventOf = (id: SessionId, name: string, n = 0) =>
  Effect.flatMap(
    Simulator.Simulator,
    (simulator) =>
      Effect.map(simulator.events(id), (events) =>
        events.flatMap((event) =>
          "name" in event && event.name === name && "id" in event ? [event.id] : []
        )[n])
  )

describe("spans", () => {
  it.effect("of tool calls are children of the turn, last as long as the tool, and have no content", () =>
    Effect.gen(function*() {
      const id = yield* create
      const spans = yield* traced(inTime(Conversation.turn(id, "Hello", { tools: Tools })))
      const answers = named(spans, "ToolRunner.answer")
      assert.deepStrictEqual(answers.map(({ line }) => line), [
        "ToolRunner.answer < Conversation.turn",
        "ToolRunner.answer < Conversation.turn"
      ])
      for (const [n, { span }] of answers.entries()) {
        assert.deepStrictEqual(attributesOf(span), {
          "session.id": id,
          "event.id": yield* eventOf(id, "wait", n),
          "tool.name": "wait"
        })
      }
      assert.deepStrictEqual(answers.map(({ span }) => seconds(span)), [3, 5])
      assert.notInclude(JSON.stringify(spans.map(({ span }) => [...span.attributes])), "secret")
    }).pipe(Effect.provide(Handlers), Effect.provide(agentThat([[together(call(3), call(5)), say("Done")]]))))

  it.effect("of tool calls name the fence of the owner, and the entries that the journal did not take at once", () =>
    Effect.gen(function*() {
      const id = yield* create
      const memory = Journal.makeMemory()
      let failures = 2
      const journal: Journal.Service = {
        ...memory,
        put: (call, entry, owner) =>
          Effect.suspend(() =>
            entry._tag === "Ran" && failures-- > 0
              ? new Journal.JournalError({ operation: "put", ...call, reason: "Unavailable", detail: "away" })
              : memory.put(call, entry, owner)
          )
      }
      const spans = yield* traced(inTime(Conversation.turn(id, "Hello", { tools: Tools }))).pipe(
        Effect.provideService(Journal.Journal, journal),
        Effect.provideService(SessionOwner.SessionOwner, { sessionId: id, fence: 3 })
      )
      const [answer] = named(spans, "ToolRunner.answer")
      if (answer === undefined) return assert.fail()
      assert.strictEqual(attributesOf(answer.span)["session.fence"], 3)
      // those of the tracer of tests keep their events
      const { events } = answer.span as unknown as { readonly events: ReadonlyArray<readonly [string, bigint, object]> }
      const retries = events.filter(([name]) => name === "journal.retry")
      assert.deepStrictEqual(retries.map(([, , attributes]) => ({ ...attributes })), [
        { "journal.entry": "Ran", "event.id": yield* eventOf(id, "wait") }
      ])
    }).pipe(Effect.provide(Handlers), Effect.provide(agentThat([[call(3), say("Done")]]))))

  it.effect("of tool calls beside a conversation are children of what answers them", () =>
    Effect.gen(function*() {
      const id = yield* create
      const spans = yield* traced(Effect.gen(function*() {
        const worker = yield* Effect.fork(ToolRunner.run(id, Tools))
        yield* inTime(Conversation.turn(id, "Hello", { answer: () => Effect.never }))
        yield* Fiber.interrupt(worker)
      }))
      assert.deepStrictEqual(named(spans, "ToolRunner.answer").map(({ line }) => line), [
        "ToolRunner.answer < ToolRunner.run"
      ])
    }).pipe(Effect.provide(Handlers), Effect.provide(agentThat([[call(3), say("Done")]]))))

  it.effect("of approvals last until there is a decision", () =>
    Effect.gen(function*() {
      const id = yield* create
      const spans = yield* traced(inTime(Conversation.turn(id, "Hello", {
        approve: () => Effect.delay(Effect.succeed(PendingAction.allow), "1 minute")
      })))
      const [approval, ...others] = named(spans, "Conversation.approve")
      assert.deepStrictEqual(others, [])
      assert.strictEqual(approval?.line, "Conversation.approve < Conversation.turn")
      if (approval === undefined) return assert.fail()
      assert.deepStrictEqual(attributesOf(approval.span), {
        "session.id": id,
        "event.id": yield* eventOf(id, "bash"),
        "tool.name": "bash"
      })
      assert.strictEqual(seconds(approval.span), 60)
    }).pipe(Effect.provide(agentThat([[tool({ name: "bash", permission: "ask" }), say("Done")]]))))

  it.effect("of approvals that are not needed any more have ended as interrupted", () =>
    Effect.gen(function*() {
      const id = yield* create
      const spans = yield* traced(Effect.gen(function*() {
        const turn = yield* Effect.fork(Conversation.turn(id, "Hello", { approve: () => Effect.never }))
        yield* TestClock.adjust("10 seconds")
        yield* Conversation.interrupt(id)
        yield* inTime(Fiber.join(turn))
      }))
      const statuses = named(spans, "Conversation.approve").map(({ span }) =>
        span.status._tag === "Ended" && span.status.exit._tag
      )
      assert.deepStrictEqual(statuses, ["Failure"])
    }).pipe(Effect.provide(agentThat([[tool({ name: "bash", permission: "ask" }), say("Done")]]))))

  it.effect("of reconnects last until the stream is open, count the attempts, and say why", () =>
    Effect.gen(function*() {
      const id = yield* create
      const spans = yield* traced(inTime(Conversation.turn(id, "Hello")))
      const reconnects = named(spans, "Follow.reconnect")
      assert.deepStrictEqual(
        reconnects.map(({ line, span }) => ({ line, ...attributesOf(span) })),
        [
          ["StreamInterrupted", 1],
          ["Overloaded", 2]
        ].map(([error, attempt]) => ({
          line: "Follow.reconnect < Conversation.turn",
          operation: "Events.follow",
          "reconnect.attempt": attempt,
          "error.type": error
        }))
      )
      const [refused, open] = reconnects.map(({ span }) => span.status._tag === "Ended" && span.status.exit._tag)
      assert.deepStrictEqual([refused, open], ["Failure", "Success"])
      assert.isAtLeast(seconds(reconnects[1]?.span ?? assert.fail()), 30)
    }).pipe(Effect.provide(agentThat([[say("Done")]], {
      faults: [
        Fault.cutAfterEvents(3),
        Fault.status(529, {
          headers: { "retry-after": "30" },
          match: { method: "GET", path: "/v1/sessions/*/events/stream" }
        })
      ]
    }))))
})

describe("metrics", () => {
  it.effect("count reconnects by reason, and the events that the list had", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const id = yield* create
      yield* inTime(Conversation.turn(id, "Hello"))
      const counted = yield* counters("reconnects")
      assert.strictEqual(counted["managed_agents_follow_reconnects error=StreamInterrupted operation=Events.follow"], 1)
      assert.strictEqual(counted["managed_agents_follow_reconnects error=Overloaded operation=Events.follow"], 1)
      const events = yield* simulator.events(id)
      assert.strictEqual(counted["managed_agents_follow_recovered operation=Events.follow"], events.length - 3)
    }).pipe(
      Effect.tagMetrics("test", "reconnects"),
      Effect.provide(agentThat([[say("Done")]], {
        faults: [
          Fault.cutAfterEvents(3),
          Fault.status(529, { match: { method: "GET", path: "/v1/sessions/*/events/stream" } })
        ]
      }))
    ))

  it.effect("count connections that went silent", () =>
    Effect.gen(function*() {
      const id = yield* create
      yield* inTime(Conversation.turn(id, "Hello"))
      const counted = yield* counters("stalls")
      assert.strictEqual(counted["managed_agents_follow_reconnects error=StreamStalled operation=Events.follow"], 1)
    }).pipe(
      Effect.tagMetrics("test", "stalls"),
      Effect.provide(agentThat([[say("Done")]], { faults: [Fault.stallAfterEvents(3)] }))
    ))

  it.effect("count tool calls by outcome", () =>
    Effect.gen(function*() {
      const id = yield* create
      const tools = yield* ToolRunner.make(Tools, { timeout: "10 seconds" })
      yield* inTime(Conversation.turn(id, "Hello", { tools }))
      const counted = yield* counters("tools")
      const calls = (outcome: string) => counted[`managed_agents_tool_calls outcome=${outcome} tool=wait`]
      assert.deepStrictEqual(
        ["success", "timeout", "invalid_input", "defect"].map(calls),
        [2, 1, 1, 1]
      )
    }).pipe(
      Effect.tagMetrics("test", "tools"),
      Effect.provide(Handlers),
      Effect.provide(agentThat([[
        together(call(1), call(2), call(60), call(-1), customTool({ name: "wait", input: { seconds: "1" } })),
        say("Done")
      ]]))
    ))
})
