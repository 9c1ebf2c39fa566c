import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Event from "../src/Event.ts"
import { explain as explainScrubbed } from "../src/internal/schema/explain.ts"
import * as wire from "../src/internal/schema/wire.ts"
import { Page } from "../src/Page.ts"
import * as Session from "../src/Session.ts"

const explain = <A, I>(schema: Schema.Schema<A, I>, value: unknown) =>
  explainScrubbed(schema, value, (text) => text).map(({ message, path }) => `${path}: ${message}`)

const processed_at = "2026-03-15T10:00:00Z"
const message = { id: "sevt_1", type: "agent.message", processed_at, content: [{ type: "text", text: "Hello" }] }
const idle = { id: "sevt_2", type: "session.status_idle", processed_at, stop_reason: { type: "end_turn" } }

describe("explain", () => {
  it("has nothing to say about what is right", () => {
    assert.deepStrictEqual(explain(Event.StreamEvent, message), [])
    assert.deepStrictEqual(explain(Event.StreamEvent, { type: "agent.sang" }), [])
  })

  it("says of a known tag what its own member expects, and nothing of the others", () => {
    assert.deepStrictEqual(explain(Event.StreamEvent, { ...message, content: "Hello" }), [
      "content: expected a list, got a string"
    ])
    assert.deepStrictEqual(explain(Event.StreamEvent, { ...idle, stop_reason: { type: "requires_action" } }), [
      "stop_reason.event_ids: is missing: expected a list"
    ])
  })

  it("says everything that is wrong, with the path to it", () => {
    const { content: _, ...rest } = message
    assert.deepStrictEqual(explain(Event.StreamEvent, { ...rest, id: 7, processed_at: "yesterday" }), [
      "id: expected EventId, got 7",
      "processed_at: expected Timestamp, got \"yesterday\"",
      "content: is missing: expected a list"
    ])
  })

  it("looks into unions in lists in unions", () => {
    assert.deepStrictEqual(
      explain(Event.StreamEvent, {
        ...message,
        content: [{ type: "text", text: "Hello" }, { type: "text", text: null }]
      }),
      ["content.1.text: expected a string, got null"]
    )
  })

  it("says what is wrong with a tag", () => {
    assert.deepStrictEqual(explain(Event.StreamEvent, { id: "sevt_1" }), ["type: is missing: expected a string"])
    assert.deepStrictEqual(explain(Event.StreamEvent, { type: 7 }), ["type: expected a string, got 7"])
    assert.deepStrictEqual(explain(Event.StreamEvent, null), [": expected StreamEvent, got null"])
    assert.deepStrictEqual(explain(Event.StreamEvent, [message]), [": expected StreamEvent, got a list"])
  })

  it("says of a nullable field what it may be", () => {
    assert.deepStrictEqual(
      explain(Event.StreamEvent, { ...message, type: "user.tool_confirmation", tool_use_id: "sevt_1", result: 5 }),
      ["result: expected ConfirmationResult, got 5"]
    )
    assert.deepStrictEqual(explain(Event.StreamEvent, { ...idle, stop_details: 5 }), [
      "stop_details: expected StopDetails or null, got 5"
    ])
    assert.deepStrictEqual(explain(Event.StreamEvent, { ...idle, stop_details: { type: "refusal", explanation: 5 } }), [
      "stop_details.explanation: expected a string or null, got 5"
    ])
  })

  it("names the event in a list", () => {
    assert.deepStrictEqual(explain(Page(Event.Event), { data: [message, { ...idle, stop_reason: "end_turn" }] }), [
      "data.1.stop_reason: expected StopReason, got a string (in sevt_2)"
    ])
  })

  it("quotes words that should be others, but no content", () => {
    const Choice = wire.struct("Choice", { choice: Schema.Literal("yes", "no"), text: Schema.Number })
    assert.deepStrictEqual(explain(Choice, { choice: "maybe", text: "a secret" }), [
      "choice: expected \"yes\" or \"no\", got \"maybe\"",
      "text: expected a number, got a string"
    ])
  })

  it("does not print what should have been redacted", () => {
    const Secret = Schema.Struct({ token: Schema.RedactedFromSelf(Schema.String) })
    const said = explain(Secret, { token: "ghp_0123456789" })
    assert.deepStrictEqual(said, ["token: expected Redacted(<redacted>), got a string"])
    assert.deepStrictEqual(
      explain(Schema.Struct({ token: Schema.String }), { token: Redacted.make("ghp_0123456789") }),
      [
        "token: expected a string, got an object"
      ]
    )
  })

  it("is bounded, whatever arrives", () => {
    const long = "x".repeat(100_000)
    const many = { data: Array.from({ length: 1000 }, () => ({ type: "agent.message", id: long, processed_at: long })) }
    const said = explain(Page(Event.Event), many)
    assert.strictEqual(said.at(-1), ": and 1990 more")
    assert.isBelow(said.join("").length, 10_000)
    assert.isBelow(explain(Session.Session, { [long]: long, type: long }).join("").length, 10_000)
    assert.isBelow(explain(wire.struct("Named", { [long]: Schema.Number }), { [long]: long }).join("").length, 1000)
  })
})
