import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"
import * as Content from "../src/Content.ts"
import * as Event from "../src/Event.ts"
import { EventId, FileId, ThreadId } from "../src/Ids.ts"
import { fromParseIssue } from "../src/internal/schema/explain.ts"
import * as Unknown from "../src/Unknown.ts"
import * as UserEvent from "../src/UserEvent.ts"

// the published limits of what is sent: each at its edge and one beyond

const issues = <A, I>(schema: Schema.Schema<A, I>, value: A) =>
  Either.match(ParseResult.encodeUnknownEither(schema, { errors: "all" })(value), {
    onLeft: (issue) => fromParseIssue(issue, (text) => text).map(({ message, path }) => `${path}: ${message}`),
    onRight: () => []
  })

const sending = (...events: ReadonlyArray<Event.EventParams>) => issues(Event.SendParams, { events })

const call = EventId.make("sevt_1")
const outcome = (options: Partial<UserEvent.OutcomeOptions>) =>
  UserEvent.defineOutcome({ description: "A report", rubric: "It is short.", ...options })

describe("what may be sent", () => {
  it("is at least one event", () => {
    assert.deepStrictEqual(sending(), ["events: must not be empty"])
    assert.deepStrictEqual(sending(UserEvent.interrupt()), [])
  })

  it("has no empty text", () => {
    assert.deepStrictEqual(sending(UserEvent.message("x")), [])
    assert.deepStrictEqual(sending(UserEvent.message("")), ["events.0.content.0.text: must not be empty"])
    assert.deepStrictEqual(
      sending(UserEvent.interrupt(), UserEvent.customToolResult(call, [Content.text("x"), Content.text("")])),
      ["events.1.content.1.text: must not be empty"]
    )
  })

  it("has a rubric of at most 262,144 characters", () => {
    assert.deepStrictEqual(sending(outcome({ rubric: "x".repeat(262_144) })), [])
    assert.deepStrictEqual(sending(outcome({ rubric: "x".repeat(262_145) })), [
      "events.0.rubric.content: must have at most 262144 characters"
    ])
  })

  it("is counted in characters, not in UTF-16 units", () => {
    assert.deepStrictEqual(sending(outcome({ rubric: "😀".repeat(262_144) })), [])
    assert.deepStrictEqual(sending(outcome({ rubric: "😀".repeat(262_145) })).length, 1)
  })

  it("takes from 1 to 20 iterations", () => {
    const refusal = ["events.0.max_iterations: must be an integer from 1 to 20"]
    for (const maxIterations of [1, 3, 20]) assert.deepStrictEqual(sending(outcome({ maxIterations })), [])
    for (const maxIterations of [0, 21, 2.5, NaN]) assert.deepStrictEqual(sending(outcome({ maxIterations })), refusal)
  })

  it("describes the outcome", () => {
    assert.deepStrictEqual(sending(outcome({ description: "" })), ["events.0.description: must not be empty"])
  })

  it("gives a reason for a denial only", () => {
    assert.deepStrictEqual(sending(UserEvent.deny(call, "too dear")), [])
    assert.deepStrictEqual(sending(UserEvent.allow(call)), [])
    assert.deepStrictEqual(sending({ ...UserEvent.allow(call), deny_message: null }), [])
    assert.deepStrictEqual(sending({ ...UserEvent.allow(call), deny_message: "too dear" }), [
      "events.0.deny_message: is allowed with the result \"deny\" only"
    ])
  })

  it("has no redacted block, not even one that the types do not see", () => {
    const smuggled = Unknown.make({ type: "redacted" })
    const refusal = ["events.0.content.0: a redacted block cannot be sent"]
    assert.deepStrictEqual(sending(UserEvent.message([smuggled])), refusal)
    assert.deepStrictEqual(sending(UserEvent.customToolResult(call, [smuggled])), refusal)
    assert.deepStrictEqual(sending(UserEvent.toolResult(call, [smuggled])), refusal)
  })

  it("may be a block or an event of a type that this version does not know", () => {
    assert.deepStrictEqual(
      sending(UserEvent.message([Unknown.make({ type: "video", url: "https://example.com/" })])),
      []
    )
    assert.deepStrictEqual(sending(Unknown.make({ type: "user.wink" })), [])
  })

  it("has documents of plain text only, if they are given as text", () => {
    const document = Content.documentText("Some text")
    assert.deepStrictEqual(sending(UserEvent.message([document])), [])
    assert.deepStrictEqual(
      // a type of text that the types refuse as well
      sending(UserEvent.message([{ ...document, source: { ...document.source, media_type: "text/html" } } as never])),
      ["events.0.content.0.source.media_type: expected \"text/plain\", got \"text/html\""]
    )
  })
})

describe("a system message", () => {
  const system = UserEvent.systemMessage("Be brief.")
  const message = UserEvent.message("Hello")
  const alone = "a system.message must directly follow a user.message, user.tool_result or user.custom_tool_result"
  const last = "a system.message must be the last event, and the only one"

  it("has from 1 to 1000 blocks of text", () => {
    const of = (blocks: number) => UserEvent.systemMessage(Array.from({ length: blocks }, () => Content.text("x")))
    assert.deepStrictEqual(sending(message, of(1)), [])
    assert.deepStrictEqual(sending(message, of(1000)), [])
    assert.deepStrictEqual(sending(message, of(0)), ["events.1.content: must not be empty"])
    assert.deepStrictEqual(sending(message, of(1001)), ["events.1.content: must have at most 1000 items"])
    assert.deepStrictEqual(sending(message, UserEvent.systemMessage("")), [
      "events.1.content.0.text: must not be empty"
    ])
  })

  it("directly follows what it accompanies", () => {
    assert.deepStrictEqual(sending(message, system), [])
    assert.deepStrictEqual(sending(UserEvent.toolResult(call, "x"), system), [])
    assert.deepStrictEqual(sending(UserEvent.interrupt(), UserEvent.customToolResult(call, "x"), system), [])
    assert.deepStrictEqual(sending(system), [`events.0: ${alone}`])
    assert.deepStrictEqual(sending(message, UserEvent.interrupt(), system), [`events.2: ${alone}`])
    assert.deepStrictEqual(sending(outcome({}), system), [`events.1: ${alone}`])
    assert.deepStrictEqual(sending(UserEvent.allow(call), system), [`events.1: ${alone}`])
  })

  it("is the last event, and the only one of its kind", () => {
    assert.deepStrictEqual(sending(message, system, message), [`events.1: ${last}`])
    assert.deepStrictEqual(sending(message, system, system), [`events.1: ${last}`])
  })
})

describe("what to list and stream", () => {
  it("is a page of at least one event", () => {
    assert.deepStrictEqual(issues(Event.ListParams, { limit: 1 }), [])
    assert.deepStrictEqual(issues(Event.ListParams, { limit: 0 }), ["limit: must be an integer of at least 1"])
    assert.deepStrictEqual(issues(Event.ThreadListParams, { limit: 1.5 }), ["limit: must be an integer of at least 1"])
  })

  it("is of types that are in lists, known or not", () => {
    assert.deepStrictEqual(issues(Event.ListParams, { types: ["agent.message", "agent.sang"] }), [])
    assert.deepStrictEqual(issues(Event.ListParams, { types: ["agent.message", "session.deleted"] }), [
      "types.1: session.deleted is streamed only and cannot be listed"
    ])
  })

  it("has at most 100 kinds of preview", () => {
    const of = (length: number) => ({ event_deltas: Array.from({ length }, () => "agent.message" as const) })
    assert.deepStrictEqual(issues(Event.StreamParams, of(100)), [])
    assert.deepStrictEqual(issues(Event.StreamParams, of(101)), ["event_deltas: must have at most 100 items"])
  })
})

describe("constructors", () => {
  it("make what is documented for the wire", () => {
    const file = FileId.make("file_1")
    assert.deepStrictEqual<ReadonlyArray<Event.EventParams>>([
      UserEvent.message("Hello"),
      UserEvent.message([
        Content.imageUrl("https://example.com/a.png"),
        Content.imageFile(file),
        Content.imageBase64("image/png", "aGk="),
        Content.documentUrl("https://example.com/a.pdf"),
        Content.documentFile(file, { title: "T", context: "C" }),
        Content.documentText("text"),
        Content.documentBase64("application/pdf", "aGk=", { title: "T" })
      ]),
      UserEvent.interrupt(),
      UserEvent.interrupt(ThreadId.make("sthr_1")),
      UserEvent.allow(call),
      UserEvent.deny(call),
      UserEvent.deny(call, "no"),
      UserEvent.customToolResult(call, "done"),
      UserEvent.customToolResult(call, "broken", { isError: true }),
      UserEvent.customToolResult(call, ""),
      UserEvent.toolResult(call, [Content.text("done")], { isError: false }),
      UserEvent.defineOutcome({ description: "D", rubric: "R", maxIterations: 5 }),
      UserEvent.defineOutcome({ description: "D", rubric: { type: "file", file_id: file } }),
      UserEvent.systemMessage("Be brief.")
    ], [
      { type: "user.message", content: [{ type: "text", text: "Hello" }] },
      {
        type: "user.message",
        content: [
          { type: "image", source: { type: "url", url: "https://example.com/a.png" } },
          { type: "image", source: { type: "file", file_id: file } },
          { type: "image", source: { type: "base64", media_type: "image/png", data: "aGk=" } },
          { type: "document", source: { type: "url", url: "https://example.com/a.pdf" } },
          { type: "document", source: { type: "file", file_id: file }, title: "T", context: "C" },
          { type: "document", source: { type: "text", media_type: "text/plain", data: "text" } },
          { type: "document", source: { type: "base64", media_type: "application/pdf", data: "aGk=" }, title: "T" }
        ]
      },
      { type: "user.interrupt" },
      { type: "user.interrupt", session_thread_id: ThreadId.make("sthr_1") },
      { type: "user.tool_confirmation", tool_use_id: call, result: "allow" },
      { type: "user.tool_confirmation", tool_use_id: call, result: "deny" },
      { type: "user.tool_confirmation", tool_use_id: call, result: "deny", deny_message: "no" },
      { type: "user.custom_tool_result", custom_tool_use_id: call, content: [{ type: "text", text: "done" }] },
      {
        type: "user.custom_tool_result",
        custom_tool_use_id: call,
        content: [{ type: "text", text: "broken" }],
        is_error: true
      },
      { type: "user.custom_tool_result", custom_tool_use_id: call, content: [] },
      { type: "user.tool_result", tool_use_id: call, content: [{ type: "text", text: "done" }], is_error: false },
      { type: "user.define_outcome", description: "D", rubric: { type: "text", content: "R" }, max_iterations: 5 },
      { type: "user.define_outcome", description: "D", rubric: { type: "file", file_id: file } },
      { type: "system.message", content: [{ type: "text", text: "Be brief." }] }
    ])
  })
})
