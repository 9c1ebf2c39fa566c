/** What is known about a session from its events. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Event from "../src/Event.ts"
import { SessionId } from "../src/Ids.ts"
import * as Transcript from "../src/Transcript.ts"
import { arbitrary } from "./support/arbitrary.ts"
import {
  confirmation,
  customCall,
  customResult,
  event,
  idle,
  idOf,
  interrupt,
  message,
  requestEnd,
  requestStart,
  running,
  say,
  thread,
  threadIdle,
  threadRunning,
  toolCall,
  toolResult,
  waiting
} from "./utils/events.ts"

const sessionId = SessionId.make("sesn_1")

type History = ReadonlyArray<Event.StreamEvent | ReadonlyArray<Event.StreamEvent>>

const after = (...history: History) =>
  Transcript.fromEvents(history.flatMap((part) => Symbol.iterator in part ? part : [part]))

const turnAfter = (...events: History) => Transcript.turn(after(...events))

const pendingAfter = (...events: History) =>
  Transcript.pendingActions(after(...events), sessionId).map((action) => [action._tag, action.id])

const queued = { processed_at: null }

describe("the turn", () => {
  it("is idle, then queued, then running, then ended", () => {
    const asked = message("Hello")
    assert.deepStrictEqual(turnAfter(), { _tag: "Idle" })
    assert.deepStrictEqual(turnAfter({ ...asked, ...queued } as Event.Event), { _tag: "Queued" })
    assert.deepStrictEqual(turnAfter(running(), asked), { _tag: "Running" })
    assert.deepStrictEqual(turnAfter(running(), asked, say("Hi"), idle()), {
      _tag: "Ended",
      ending: { _tag: "EndTurn" }
    })
  })

  const endings: ReadonlyArray<[string, ReadonlyArray<Event.Event>, Transcript.Ending]> = [
    ["budget", idle({ type: "budget_reached" }), { _tag: "BudgetReached" }],
    ["retries", idle({ type: "retries_exhausted" }), { _tag: "RetriesExhausted" }],
    [
      "refusal",
      idle({ type: "refusal" }, { stop_details: { type: "refusal", category: "bio", explanation: null } }),
      { _tag: "Refusal", category: "bio", explanation: undefined }
    ],
    ["refusal without details", idle({ type: "refusal" }), {
      _tag: "Refusal",
      category: undefined,
      explanation: undefined
    }],
    ["termination", [event("session.status_terminated")], { _tag: "Terminated" }],
    ["deletion", [event("session.deleted")], { _tag: "Deleted" }],
    ["interrupt", [interrupt(), requestEnd(true), ...idle()], { _tag: "Interrupted" }],
    ["interrupt without an id", [interrupt({ id: "" }), ...idle()], { _tag: "Interrupted" }]
  ]
  for (const [name, events, ending] of endings) {
    it(`ends by ${name}`, () => {
      assert.deepStrictEqual(turnAfter(running(), message("x"), events), { _tag: "Ended", ending })
    })
  }

  it("ends for a reason that is not known, and says which", () => {
    const turn = turnAfter(running(), idle({ type: "lunch_break", until: 2 }))
    assert.deepNestedInclude(turn, {
      "ending._tag": "UnknownStopReason",
      "ending.stopReason": { type: "lunch_break", until: 2 }
    })
  })

  it("is not interrupted if the agent went on after the interrupt", () => {
    assert.deepNestedInclude(turnAfter(running(), interrupt(), idle(), running(), message("y"), say("z"), idle()), {
      "ending._tag": "EndTurn"
    })
    assert.deepNestedInclude(turnAfter(running(), interrupt(thread("sthr_1")), say("z"), idle()), {
      "ending._tag": "EndTurn"
    })
  })

  it("stays as it ended when an interrupt finds nothing to stop", () => {
    assert.deepNestedInclude(turnAfter(running(), message("x"), idle(), interrupt()), { "ending._tag": "EndTurn" })
  })

  it("goes on while a thread runs, though the session reads as idle", () => {
    const child = [event("session.thread_created", thread("sthr_1")), threadRunning("sthr_1")]
    assert.deepStrictEqual(turnAfter(running(), message("x"), child, idle()), { _tag: "Running" })
    assert.deepNestedInclude(turnAfter(running(), message("x"), child, threadIdle("sthr_1"), idle()), { _tag: "Ended" })
    const gone = event("session.thread_status_terminated", thread("sthr_1"))
    assert.deepNestedInclude(turnAfter(running(), message("x"), child, gone, idle()), { _tag: "Ended" })
  })

  it("goes on while a message is queued", () => {
    const next = message("y")
    const late = [...running(), message("x"), { ...next, ...queued } as Event.Event, ...idle()]
    assert.deepStrictEqual(turnAfter(late), { _tag: "Queued" })
    assert.deepNestedInclude(turnAfter(late, running(), next, idle()), { _tag: "Ended" })
  })

  it("ends though a message is queued, if the service drops it or the budget is reached", () => {
    for (const reason of ["retries_exhausted", "budget_reached"]) {
      const late = [...running(), message("x"), message("y", queued), ...idle({ type: reason })]
      assert.deepNestedInclude(turnAfter(late), { _tag: "Ended" })
    }
  })

  it("with an outcome goes on until the last verdict, and then until the session is idle", () => {
    const verdict = (result: string, iteration: number) =>
      event("span.outcome_evaluation_end", {
        outcome_id: "outc_1",
        outcome_evaluation_start_id: "",
        result,
        iteration,
        explanation: "",
        usage: { input_tokens: 0, output_tokens: 5, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 }
      })
    const started = [...running(), event("user.define_outcome", { outcome_id: "outc_1", description: "d" })]
    const revised = [...started, say("a"), ...idle(), verdict("needs_revision", 0)]
    assert.deepStrictEqual(turnAfter(revised), { _tag: "Running" })
    const done = [...revised, ...running(), say("b"), verdict("satisfied", 1)]
    assert.deepStrictEqual(turnAfter(done), { _tag: "Running" })
    assert.deepNestedInclude(turnAfter(done, idle()), { "ending._tag": "EndTurn" })
    const { outcomes, usage } = after(done)
    assert.deepStrictEqual(outcomes.map(({ evaluation, id }) => [id, evaluation?.result]), [["outc_1", "satisfied"]])
    assert.strictEqual(usage.grading.output, 10)
  })

  it("is rescheduled and runs again", () => {
    const rescheduled = [...running(), message("x"), event("session.status_rescheduled")]
    assert.deepStrictEqual(turnAfter(rescheduled), { _tag: "Rescheduling" })
    assert.deepStrictEqual(turnAfter(rescheduled, running()), { _tag: "Running" })
  })
})

describe("what is waited for", () => {
  it("is a custom tool call from the moment it is made until it is answered", () => {
    const call = customCall()
    const asked = [...running(), message("x"), call]
    assert.deepStrictEqual(pendingAfter(asked), [["CustomToolCall", idOf(call)]])
    assert.deepStrictEqual(turnAfter(asked, waiting(call)), { _tag: "Waiting", ids: [idOf(call)] })
    assert.deepStrictEqual(pendingAfter(asked, waiting(call), customResult(call)), [])
    assert.deepStrictEqual(turnAfter(asked, waiting(call), customResult(call)), { _tag: "Running" })
    // answered before the session said that it waits
    assert.deepStrictEqual(turnAfter(asked, customResult(call), waiting(call)), { _tag: "Running" })
    // an answer that is queued is an answer
    assert.deepStrictEqual(pendingAfter(asked, customResult(call, queued)), [])
  })

  it("is what is left after some answers", () => {
    const [a, b] = [customCall(), toolCall("ask")]
    const asked = [...running(), a, b, ...waiting(a, b)]
    assert.deepStrictEqual(pendingAfter(asked), [["CustomToolCall", idOf(a)], ["Confirmation", idOf(b)]])
    assert.deepStrictEqual(pendingAfter(asked, confirmation(b, "allow")), [["CustomToolCall", idOf(a)]])
    assert.deepStrictEqual(turnAfter(asked, confirmation(b, "allow"), waiting(a)), { _tag: "Waiting", ids: [idOf(a)] })
    assert.deepStrictEqual(turnAfter(asked, confirmation(b, "allow"), customResult(a)), { _tag: "Running" })
  })

  it("is an approval, also if the permission is a word that is not known", () => {
    for (const word of ["ask", "ask_the_boss"]) {
      const call = toolCall(word)
      assert.deepStrictEqual(pendingAfter(call), [["Confirmation", idOf(call)]])
      assert.deepStrictEqual(pendingAfter(call, confirmation(call, "deny")), [])
      assert.deepStrictEqual(pendingAfter(call, toolResult(call)), [])
    }
    assert.deepStrictEqual(pendingAfter(toolCall("allow"), toolCall("deny")), [])
  })

  it("is the result of a call that a self-hosted environment runs", () => {
    const [free, asked] = [toolCall("allow"), toolCall("ask")]
    assert.deepStrictEqual(pendingAfter(running(), free), [])
    assert.deepStrictEqual(pendingAfter(running(), free, waiting(free)), [["SelfHostedToolCall", idOf(free)]])
    const confirmed = [...running(), asked, ...waiting(asked), confirmation(asked, "allow"), ...waiting(asked)]
    assert.deepStrictEqual(pendingAfter(confirmed), [["SelfHostedToolCall", idOf(asked)]])
    const result = event("user.tool_result", { tool_use_id: idOf(asked) })
    assert.deepStrictEqual(pendingAfter(confirmed, result), [])
  })

  it("is nothing if the session names a call of a thread that runs again", () => {
    const call = toolCall("ask", { session_thread_id: "sthr_1" })
    const answered = [...running(), call, threadIdle("sthr_1"), ...waiting(call), confirmation(call, "allow")]
    const spurious = [...answered, ...running(), threadRunning("sthr_1"), ...waiting(call)]
    assert.deepStrictEqual(pendingAfter(spurious), [])
    assert.deepStrictEqual(turnAfter(spurious), { _tag: "Running" })
  })

  it("tells the thread and the server of a call", () => {
    const call = event("agent.mcp_tool_use", {
      mcp_server_name: "github",
      name: "push",
      input: {},
      evaluated_permission: "ask",
      session_thread_id: "sthr_1"
    })
    assert.deepStrictEqual(Transcript.pendingActions(after(call), sessionId), [
      {
        _tag: "Confirmation",
        sessionId,
        id: idOf(call),
        name: "push",
        input: {},
        threadId: "sthr_1",
        server: "github"
      } as never
    ])
  })

  it("dies with its thread, with the turn and with the session", () => {
    const call = customCall({ session_thread_id: "sthr_1" })
    const asked = [...running(), call]
    assert.deepStrictEqual(pendingAfter(asked, event("session.thread_status_terminated", thread("sthr_2"))), [
      ["CustomToolCall", idOf(call)]
    ])
    for (
      const end of [
        [event("session.thread_status_terminated", thread("sthr_1"))],
        [interrupt(), ...idle()],
        [event("session.status_terminated")],
        [event("session.deleted")]
      ]
    ) assert.deepStrictEqual(pendingAfter(asked, end), [])
  })

  it("includes calls from before the first event, which cannot be told more about", () => {
    const [a, b] = [customCall(), customCall()]
    const rest = [customResult(a), ...waiting(a, b)]
    assert.deepStrictEqual(turnAfter(rest), { _tag: "Waiting", ids: [idOf(b)] })
    assert.deepStrictEqual(pendingAfter(rest), [])
    // once they are told, they are as known as any other
    assert.deepStrictEqual(pendingAfter(rest, a, b), [["CustomToolCall", idOf(b)]])
  })

  it("keeps the first result of a call: copies of other threads have other ids", () => {
    const call = customCall()
    const first = customResult(call)
    const { toolCalls } = after(call, first, customResult(call))
    assert.deepStrictEqual(toolCalls.map(({ result }) => result?.id), [idOf(first)])
  })
})

describe("previews", () => {
  const start = { type: "event_start", event: { type: "agent.message", id: "sevt_m" } } as never
  const delta = (text: string, index = 0) =>
    ({
      type: "event_delta",
      event_id: "sevt_m",
      delta: { type: "content_delta", index, content: { type: "text", text } }
    }) as never
  const final = event("agent.message", { id: "sevt_m", content: [{ type: "text", text: "Hello" }] })

  const states = (...events: History) => after(...events).previews.map(({ blocks, state }) => [state, ...blocks])

  it("open, grow and become the message", () => {
    assert.deepStrictEqual(states(requestStart(), start), [["opened"]])
    assert.deepStrictEqual(states(requestStart(), start, delta("He"), delta("ll")), [["growing", "Hell"]])
    assert.deepStrictEqual(states(start, delta("He"), delta("x", 1)), [["growing", "He", "x"]])
    assert.deepStrictEqual(states(start, delta("He"), final), [["final", "Hello"]])
    assert.deepStrictEqual(states(start, delta("He"), final, requestEnd()), [["final", "Hello"]])
    assert.deepStrictEqual(states(start, final, requestEnd(), requestStart()), [])
  })

  it("are abandoned when the request ends without the message", () => {
    assert.deepStrictEqual(states(start, delta("He"), requestEnd(true)), [["abandoned", "He"]])
    assert.deepStrictEqual(states(start, delta("He"), requestEnd(true), delta("l")), [["abandoned", "He"]])
  })

  it("need no start", () => {
    assert.deepStrictEqual(states(delta("llo")), [["growing", "llo"]])
    assert.deepStrictEqual(states(final, start), [])
  })
})

describe("totals", () => {
  it("add up requests, and tell the session's own account", () => {
    const { errors, usage } = after(
      requestEnd(),
      requestEnd(),
      idle(),
      event("session.error", { error: { type: "billing_error", message: "!", retry_status: { type: "exhausted" } } })
    )
    assert.deepStrictEqual(usage.model, { input: 2, output: 4, cacheRead: 6, cacheCreation: 8 })
    assert.deepStrictEqual(usage.session?.list_cost, { amount: "3", currency: "USD" })
    assert.deepStrictEqual(errors.map(({ type }) => type), ["billing_error"])
  })

  it("count events of unknown types", () => {
    const { count, unknown } = after(event("agent.mood"), event("agent.mood"), say("x"))
    assert.deepStrictEqual([count, unknown], [3, 2])
  })

  it("reply is the text of the last message", () => {
    assert.strictEqual(Transcript.reply(after(say("a"), say("b"))), "b")
    assert.strictEqual(Transcript.reply(Transcript.empty), "")
  })
})

describe("laws", () => {
  const events = arbitrary(Event.Event)
  // few ids, so that events are about each other
  const ids = FastCheck.integer({ min: 1, max: 20 }).map((n) => `sevt_${n}`)
  const related = FastCheck.tuple(events, ids, ids, FastCheck.boolean()).map(([event, id, other, isQueued]) => ({
    ...event,
    id,
    ..."tool_use_id" in event && { tool_use_id: other },
    ..."custom_tool_use_id" in event && { custom_tool_use_id: other },
    ..."stop_reason" in event && isQueued && { stop_reason: { type: "requires_action", event_ids: [id, other] } },
    ...isQueued && String(event.type).startsWith("user.") && { processed_at: null }
    // the union of the parts is an event again
  } as unknown as Event.Event))
  const histories = FastCheck.array(related, { maxLength: 30 })

  it("an event that is there already changes nothing", () => {
    FastCheck.assert(FastCheck.property(histories, FastCheck.nat(), (events, n) => {
      const self = after(...events)
      const event = events[n % events.length]
      if (event !== undefined) assert.strictEqual(Transcript.add(self, event), self)
    }))
  })

  it("a duplicate anywhere changes nothing", () => {
    FastCheck.assert(FastCheck.property(histories, FastCheck.nat(), FastCheck.nat(), (events, from, to) => {
      if (events.length === 0) return
      const i = from % events.length
      const j = i + 1 + to % (events.length - i)
      assert.deepStrictEqual(after(events.toSpliced(j, 0, events[i]!)), after(...events))
    }))
  })

  it("folding on is folding all; no transcript changes", () => {
    FastCheck.assert(FastCheck.property(histories, FastCheck.nat(), (events, n) => {
      const at = n % (events.length + 1)
      const part = after(events.slice(0, at))
      const before = JSON.stringify(part)
      assert.deepStrictEqual(events.slice(at).reduce(Transcript.add, part), after(...events))
      assert.strictEqual(JSON.stringify(part), before)
    }))
  })

  it("nothing is both answered and pending, and what blocks is waited for", () => {
    FastCheck.assert(FastCheck.property(histories, (events) => {
      const self = after(...events)
      const turn = Transcript.turn(self)
      const ended = new Set(self.toolCalls.filter(({ closed, result }) => closed || result).map(({ call }) => call.id))
      const pending = Transcript.pendingActions(self, sessionId)
      assert.isFalse(pending.some(({ id }) => ended.has(id)))
      // a session may say that it waits and not what for
      const { status } = self
      const isNamed = status._tag === "Idle" && status.stopReason.type === "requires_action" &&
        status.stopReason.event_ids.length > 0
      if (turn._tag === "Waiting" && isNamed) assert.isNotEmpty(turn.ids)
    }))
  })

  it("with bounded memory what is open stays, and totals are the same", () => {
    const call = customCall()
    const turns = Array.from({ length: 2000 }, (_, i) => [
      message(`${i}`),
      requestStart(),
      say(`${i}`),
      toolCall("allow"),
      requestEnd()
    ]).flat()
    const events = [...running(), call, ...turns]
    const all = after(...events)
    const bounded = events.reduce(Transcript.add, Transcript.make({ keep: 10 }))
    assert.isBelow(bounded.messages.length + bounded.inputs.length, 40)
    assert.deepStrictEqual(bounded.usage, all.usage)
    assert.strictEqual(bounded.count, all.count)
    assert.deepStrictEqual(bounded.messages.slice(-10), all.messages.slice(-10))
    assert.strictEqual(bounded.toolCalls[0]?.call.id, idOf(call))
    assert.strictEqual(Transcript.add(bounded, events.at(-1)!), bounded)
  })
})
