/** The pieces of a turn that user interfaces show, and the two protocols that name them. */
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as AgUi from "../src/AgUi.ts"
import type * as Conversation from "../src/Conversation.ts"
import type * as Event from "../src/Event.ts"
import { EventId } from "../src/Ids.ts"
import * as parts from "../src/internal/turn/parts.ts"
import * as PendingAction from "../src/PendingAction.ts"
import * as Transcript from "../src/Transcript.ts"
import * as UiMessageStream from "../src/UiMessageStream.ts"
import { customCall, customResult, event, idOf, requestEnd, requestStart, say, toolCall } from "./utils/events.ts"

const processed = (...events: ReadonlyArray<Event.Event>): ReadonlyArray<Conversation.Update> =>
  events.map((event) => ({ _tag: "Event", event, state: "processed" }))

const preview = (
  id: EventId,
  phase: "opened" | "growing" | "final" | "abandoned",
  ...blocks: ReadonlyArray<string>
): Conversation.Update => ({ _tag: "Preview", id, type: "agent.message", phase, index: 0, blocks })

const finished = (_tag: Conversation.TurnResult["_tag"], fields: object = {}): Conversation.Update => ({
  _tag: "Finished",
  // of a result only these are read
  result: { _tag, ...fields } as unknown as Conversation.TurnResult
})

/** What is shown for updates, in short. */
const shown = (...updates: ReadonlyArray<parts.Update>): ReadonlyArray<string> => {
  let state = parts.initial
  const out: Array<string> = []
  for (const update of updates) {
    const [next, made] = parts.step(state, update)
    state = next
    for (const part of made) {
      switch (part._tag) {
        case "TextDelta":
          out.push(part.delta)
          break
        case "Call":
          out.push(`Call ${part.name}${part.isRemote ? "" : ", here"}`)
          break
        case "Result":
          out.push(`Result ${String(parts.textOf(part.content))}${part.isError ? ", failed" : ""}`)
          break
        case "Denied":
          out.push(`Denied ${String(part.reason)}`)
          break
        default:
          out.push(part._tag)
      }
    }
  }
  return out
}

const start = requestStart()
const end = requestEnd()
const hello = say("Hello, you")
const id = idOf(hello)
const call = customCall()
const asked = toolCall("ask")

const ok = event("agent.tool_result", { tool_use_id: idOf(asked), content: [{ type: "text", text: "ok" }] })
const no = event("user.tool_confirmation", { tool_use_id: idOf(asked), result: "deny", deny_message: "No." })
const decided = (isOver: boolean, ...events: ReadonlyArray<Event.Event>): Conversation.Decided => ({
  _tag: "Decided",
  calls: Transcript.fromEvents(events).toolCalls.map((known) => ({ id: known.call.id, known })),
  isOver
})

const table: ReadonlyArray<
  readonly [when: string, updates: ReadonlyArray<parts.Update>, ReadonlyArray<string>]
> = [
  ["a message without previews", processed(start, hello, end), [
    "StepStart",
    "TextStart",
    "Hello, you",
    "TextEnd",
    "StepEnd"
  ]],
  [
    "a message with previews",
    [
      preview(id, "opened"),
      preview(id, "growing", "Hel"),
      preview(id, "growing", "Hello"),
      preview(id, "final", "Hello"),
      ...processed(hello)
    ],
    ["TextStart", "Hel", "lo", ", you", "TextEnd"]
  ],
  [
    "a preview that is abandoned, and its event",
    [preview(id, "growing", "Hello"), preview(id, "abandoned", "Hello"), ...processed(hello)],
    ["TextStart", "Hello", ", you", "TextEnd"]
  ],
  [
    "a preview that never becomes an event",
    [...processed(start), preview(id, "growing", "Hello"), preview(id, "abandoned", "Hello"), ...processed(end)],
    ["StepStart", "TextStart", "Hello", "TextEnd", "StepEnd"]
  ],
  ["a second block", [preview(id, "growing", "a"), preview(id, "growing", "a", ""), preview(id, "growing", "a", "b")], [
    "TextStart",
    "a",
    "\n\nb"
  ]],
  ["a call of the client's tools and its result", processed(call, customResult(call)), [
    "Call lookup, here",
    "Result 42"
  ]],
  ["a second result", processed(call, customResult(call), customResult(call)), ["Call lookup, here", "Result 42"]],
  ["a result of a call that was never shown", processed(customResult(call)), []],
  [
    "a call of a sub-agent, whose result is in its own thread",
    processed(
      asked,
      event("user.tool_confirmation", { tool_use_id: idOf(asked), result: "allow", session_thread_id: "sthr_child" })
    ),
    ["Call bash", "Result Allowed."]
  ],
  ["calls that were decided on, one of them without a result so far", [decided(false, asked), ...processed(ok)], [
    "Result ok"
  ]],
  ["calls that had a result", [decided(true, asked, ok)], ["Result ok", "Past"]],
  ["a call that had been denied", [decided(true, asked, no, ok)], ["Denied No.", "Past"]],
  [
    "a call that nobody knows",
    [{ _tag: "Decided", calls: [{ id: idOf(asked), known: undefined }], isOver: true }],
    ["Result This call is not open any more., failed", "Past"]
  ],
  [
    "a call that is denied",
    processed(
      asked,
      no,
      event("agent.tool_result", { tool_use_id: idOf(asked), is_error: true, content: [] })
    ),
    ["Call bash", "Denied No."]
  ],
  [
    "the result of a call that an earlier turn has shown, and this one answers",
    [
      {
        _tag: "Delivered",
        delivery: {
          _tag: "Accepted",
          // as the service stores it
          events: [event("user.tool_confirmation", { tool_use_id: idOf(asked), result: "allow" })] as never
        }
      },
      ...processed(ok)
    ],
    ["Result ok"]
  ],
  [
    "the end, amid a text and a step",
    [...processed(start), preview(id, "growing", "Hello"), finished("Interrupted")],
    ["StepStart", "TextStart", "Hello", "TextEnd", "StepEnd", "Finished"]
  ],
  [
    "a call of a sub-agent that waits for the client",
    [finished("RequiresAction", { actions: [{ _tag: "Confirmation", id: "sevt_9", name: "bash", input: {} }] })],
    ["Call bash", "Finished"]
  ]
]

describe("a turn is shown as", () => {
  for (const [when, updates, expected] of table) {
    it(when, () => assert.deepStrictEqual(shown(...updates), expected))
  }
})

const actions = [{ _tag: "Confirmation", id: "sevt_9", name: "bash", input: {} }]
const tool = { type: "tool-input-available", toolCallId: "sevt_9", toolName: "bash", input: {}, dynamic: true }
const outcome = (outcome: object) => ({ type: "RUN_FINISHED", threadId: "t", runId: "r", outcome })
const failure = (code: string) => ({ type: "RUN_ERROR", message: "Sorry", code })
const error = [{ type: "error", errorText: "Sorry" }, { type: "finish", finishReason: "error" }]

const ends: ReadonlyArray<readonly [Conversation.Update, ui: ReadonlyArray<object>, agUi: object]> = [
  [finished("EndTurn"), [{ type: "finish", finishReason: "stop" }], outcome({ type: "success" })],
  [
    finished("RequiresAction", { actions }),
    [
      { ...tool, providerExecuted: true },
      { type: "tool-approval-request", approvalId: "sevt_9", toolCallId: "sevt_9" },
      { type: "finish", finishReason: "tool-calls" }
    ],
    outcome({ type: "interrupt", interrupts: [{ id: "sevt_9", reason: "tool_approval", toolCallId: "sevt_9" }] })
  ],
  [
    finished("RequiresAction", { actions: [{ ...actions[0], _tag: "CustomToolCall" }] }),
    [tool, { type: "finish", finishReason: "tool-calls" }],
    failure("RequiresAction")
  ],
  [finished("Interrupted"), [{ type: "abort", reason: "interrupted" }], outcome({ type: "cancelled" })],
  [finished("Refusal"), [{ type: "finish", finishReason: "content-filter" }], failure("Refusal")],
  [finished("BudgetReached"), [{ type: "finish", finishReason: "other" }], failure("BudgetReached")],
  [finished("UnknownStopReason"), [{ type: "finish", finishReason: "other" }], failure("UnknownStopReason")],
  [finished("RetriesExhausted"), error, failure("RetriesExhausted")],
  [finished("Terminated"), error, failure("Terminated")],
  [finished("Deleted"), error, failure("Deleted")]
]

describe("the end of a turn", () => {
  for (const [update, ui, agUi] of ends) {
    const name = update._tag === "Finished" ? update.result._tag : ""
    it.effect(`${name} has its form in each protocol`, () =>
      Effect.gen(function*() {
        const chunks = yield* Stream.make(update).pipe(
          UiMessageStream.chunks({ errorText: "Sorry" }),
          Stream.runCollect
        )
        assert.deepStrictEqual<ReadonlyArray<object>>(Chunk.toReadonlyArray(chunks), [{ type: "start" }, ...ui])
        const events = yield* Stream.make(update).pipe(
          AgUi.events({ threadId: "t", runId: "r", errorText: "Sorry" }),
          Stream.runCollect
        )
        assert.deepStrictEqual<unknown>(Chunk.toReadonlyArray(events).at(-1), agUi)
      }))
  }

  it.effect("that fails is an error, whose cause stays on the server", () =>
    Effect.gen(function*() {
      const turn = Stream.fail("secret")
      const chunks = yield* turn.pipe(UiMessageStream.chunks({ messageId: "m1" }), Stream.runCollect)
      assert.deepStrictEqual<ReadonlyArray<object>>(Chunk.toReadonlyArray(chunks), [
        { type: "start", messageId: "m1" },
        { type: "error", errorText: "The agent could not finish." }
      ])
      const events = yield* turn.pipe(AgUi.events({ threadId: "t", runId: "r" }), Stream.runCollect)
      assert.deepStrictEqual<unknown>(Chunk.toReadonlyArray(events).at(-1), {
        type: "RUN_ERROR",
        message: "The agent could not finish.",
        code: "Failed"
      })
    }))
})

describe("what a page posts", () => {
  const id = EventId.make("sevt_9")
  const responded = (approval: object) => [{
    role: "assistant",
    parts: [{ type: "dynamic-tool", state: "approval-responded", toolCallId: id, approval }]
  }]
  const user = (...parts: ReadonlyArray<{ readonly type: string; readonly [field: string]: string }>) => [
    { role: "user", parts }
  ]
  const run = (fields: object) => ({ threadId: "t", runId: "r", messages: [], ...fields })
  const resume = (status: string, payload?: unknown) => run({ resume: [{ interruptId: id, status, payload }] })
  const said = (...content: ReadonlyArray<object>) => run({ messages: [{ role: "user", content }] })

  const text = (text: string) => ({ type: "text", text })
  const image = (source: object) => ({ type: "image", source })
  const document = (source: object, title?: string) => ({ type: "document", source, ...(title && { title }) })
  const data = (media_type: string) => ({ type: "base64", media_type, data: "AAAA" })
  const url = { type: "url", url: "https://example.com/a" }
  const message = (...content: ReadonlyArray<object>) => [{ type: "user.message", content }]

  const inputs: ReadonlyArray<readonly [ReadonlyArray<object>, ReadonlyArray<object>]> = [
    [UiMessageStream.toInput([]), []],
    [UiMessageStream.toInput(user({ type: "text", text: "a" }, { type: "text", text: "b" })), message(text("a\n\nb"))],
    [UiMessageStream.toInput(user({ type: "file" })), []],
    [UiMessageStream.toInput(user({ type: "file", mediaType: "text/csv", url: url.url })), []],
    [UiMessageStream.toInput(responded({ approved: true })), []],
    [
      UiMessageStream.toInput(user(
        { type: "text", text: "a" },
        { type: "file", mediaType: "image/png", url: "data:image/png;base64,AAAA" },
        { type: "file", mediaType: "image/png", url: url.url },
        { type: "file", mediaType: "application/pdf", url: "data:application/pdf;base64,AAAA", filename: "a.pdf" }
      )),
      message(image(data("image/png")), image(url), document(data("application/pdf"), "a.pdf"), text("a"))
    ],
    [AgUi.toInput(run({})), []],
    [AgUi.toInput(run({ messages: [{ role: "user", content: "a" }] })), message(text("a"))],
    [AgUi.toInput(run({ messages: [{ role: "user", content: "" }] })), []],
    [AgUi.toInput(said(text("a"), { type: "image" })), message(text("a"))],
    [AgUi.toInput(run({ messages: [{ role: "assistant", content: "a" }] })), []],
    [
      AgUi.toInput(said(
        { type: "image", source: { type: "data", mimeType: "image/png", value: "AAAA" } },
        { type: "image", source: { type: "url", value: url.url } },
        { type: "document", source: { type: "url", value: url.url } },
        { type: "audio", source: { type: "url", value: url.url } },
        { type: "image", source: { type: "file", value: "file_1" } }
      )),
      message(image(data("image/png")), image(url), document(url))
    ]
  ]
  for (const [n, [input, expected]] of inputs.entries()) {
    it(`is a message of what was written: ${n}`, () => assert.deepStrictEqual(input, expected))
  }

  const decisions: ReadonlyArray<
    readonly [ReadonlyArray<Conversation.CallDecision>, ReadonlyArray<PendingAction.Decision>]
  > = [
    [UiMessageStream.decisions(user({ type: "text", text: "a" })), []],
    [UiMessageStream.decisions(responded({ approved: true })), [PendingAction.allow]],
    [UiMessageStream.decisions(responded({ approved: false, reason: "No." })), [PendingAction.deny("No.")]],
    [UiMessageStream.decisions(responded({})), [PendingAction.deny()]],
    [AgUi.decisions(run({})), []],
    [AgUi.decisions(resume("resolved", { approved: true })), [PendingAction.allow]],
    [AgUi.decisions(resume("cancelled", { approved: true })), [PendingAction.deny()]],
    [AgUi.decisions(resume("resolved", { approved: false, reason: "No." })), [PendingAction.deny("No.")]],
    [AgUi.decisions(resume("resolved", "yes")), [PendingAction.deny()]]
  ]
  for (const [n, [made, expected]] of decisions.entries()) {
    it(`is decisions: ${n}`, () => assert.deepStrictEqual(made, expected.map((decision) => ({ id, decision }))))
  }
})
