import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as AST from "effect/SchemaAST"
import * as Stream from "effect/Stream"
import * as Content from "../src/Content.ts"
import * as Event from "../src/Event.ts"
import { EventId } from "../src/Ids.ts"
import * as guard from "../src/internal/schema/guard.ts"
import * as SessionFailure from "../src/SessionFailure.ts"
import * as Unknown from "../src/Unknown.ts"

const isStreamEvent = guard.make(Event.StreamEvent)

/** An event as it comes from the wire. */
const event = (value: unknown): Event.StreamEvent => {
  assert.isTrue(isStreamEvent(value), JSON.stringify(value))
  // just asserted
  return value as Event.StreamEvent
}

const processed_at = "2026-03-15T10:00:00Z"
const message = event({
  id: "sevt_1",
  type: "agent.message",
  processed_at,
  content: [{ type: "text", text: "Hello " }, { type: "redacted" }, { type: "text", text: "there" }, { type: "video" }]
})
const thinking = event({ id: "sevt_2", type: "agent.thinking", processed_at })
const start = event({ type: "event_start", event: { type: "agent.message", id: "sevt_1" } })
const queued = event({ id: "sevt_3", type: "user.message", content: [] })
const interrupt = event({ id: "", type: "user.interrupt", processed_at: null })
const later = event({ id: "sevt_4", type: "agent.sang", processed_at })

describe("Event", () => {
  it.effect("is: narrows a stream to the events of a type", () =>
    Effect.gen(function*() {
      const said = yield* Stream.make(message, thinking, start, later).pipe(
        Stream.filter(Event.is("agent.message")),
        Stream.map((message) => Content.textOf(message.content)),
        Stream.runCollect
      )
      assert.deepStrictEqual([...said], ["Hello there"])
    }))

  it("is: takes several types", () => {
    const isAgent = Event.is("agent.message", "agent.thinking")
    assert.deepStrictEqual([message, thinking, start, later].filter(isAgent), [message, thinking])
  })

  it("isUnknown: tells what this version does not know, and what it is called", () => {
    assert.deepStrictEqual([message, start, queued, later].filter(Event.isUnknown), [later])
    assert.strictEqual(Event.isUnknown(later) && Unknown.tagOf(later), "agent.sang")
  })

  it("idOf: finds the id of every event that has one", () => {
    assert.deepStrictEqual([message, start, interrupt, later].map(Event.idOf), [
      EventId.make("sevt_1"),
      undefined,
      undefined,
      EventId.make("sevt_4")
    ])
  })

  it("processedAtOf: finds the time of every event that has one", () => {
    assert.deepStrictEqual<ReadonlyArray<string | undefined>>(
      [message, start, queued, interrupt, later, Unknown.make({ type: "x", processed_at: 5 })].map(Event.processedAtOf),
      [processed_at, undefined, undefined, undefined, processed_at, undefined]
    )
  })

  it("offers every type that a list can have, and no other, for listing", () => {
    const known = guard.tagsOf(Event.Event.ast, "type").map(String)
    assert.strictEqual(known.length, 42)
    const offered = Option.getOrThrow(AST.getExamplesAnnotation(Event.EventType.ast)).map(String)
    assert.sameMembers(offered, known.filter((type) => type !== "session.deleted"))
  })
})

describe("SessionFailure", () => {
  const known = { type: "billing_error", message: "Out of credits", retry_status: { type: "exhausted" } } as const
  const later = Unknown.make({ type: "gravity_error", message: "Fell", retry_status: { type: "orbiting" } })
  const bare = Unknown.make({ type: "gravity_error", retry_status: "none" })
  const odd = Unknown.make({ type: "gravity_error", message: 5, retry_status: { type: 5 } })

  it("says what happened and what happens next, whichever it is", () => {
    const failures = [known, later, bare, odd]
    assert.deepStrictEqual(failures.map(SessionFailure.messageOf), ["Out of credits", "Fell", "", ""])
    assert.deepStrictEqual(failures.map(SessionFailure.retryStatusOf), ["exhausted", "orbiting", undefined, undefined])
  })
})

describe("Content.textOf", () => {
  it("reads no content as no text", () => {
    assert.strictEqual(Content.textOf(null), "")
    assert.strictEqual(Content.textOf(undefined), "")
    assert.strictEqual(Content.textOf([Unknown.make({ type: "audio", text: "not a text block" })]), "")
  })
})
