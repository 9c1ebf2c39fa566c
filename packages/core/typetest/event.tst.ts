import * as Stream from "effect/Stream"
import { describe, expect, it } from "tstyche"
import type * as AgentEvent from "../src/AgentEvent.ts"
import type * as Content from "../src/Content.ts"
import * as Event from "../src/Event.ts"
import type * as PreviewEvent from "../src/PreviewEvent.ts"
import type * as Unknown from "../src/Unknown.ts"
import * as UserEvent from "../src/UserEvent.ts"

/** The words of an open vocabulary. */
type Literal<T extends string> = T extends unknown ? string extends T ? never : T : never

declare const event: Event.StreamEvent
declare const events: Stream.Stream<Event.StreamEvent, Error>
declare const listed: Stream.Stream<Event.Event, Error>
declare const received: Content.MessageContent

describe("an event", () => {
  it("is narrowed by comparing its type", () => {
    if (event.type === "agent.message") expect(event).type.toBe<AgentEvent.Message>()
    switch (event.type) {
      case "agent.thinking":
        expect(event).type.toBe<AgentEvent.Thinking>()
        break
      case "event_start":
      case "event_delta":
        expect(event).type.toBe<PreviewEvent.Start | PreviewEvent.Delta>()
    }
  })

  it("is narrowed to the unknown one when all others are done", () => {
    const stop = (reason: Extract<Event.Event, { readonly type: "session.status_idle" }>["stop_reason"]) => {
      switch (reason.type) {
        case "end_turn":
        case "requires_action":
        case "retries_exhausted":
        case "budget_reached":
        case "refusal":
          return
        default:
          expect(reason).type.toBe<Unknown.Unknown>()
      }
    }
    expect(stop).type.toBeAssignableTo<Function>()
  })

  it("is narrowed by a guard, in a list and in a stream", () => {
    const isAgent = Event.is("agent.message", "agent.thinking")
    expect([event].filter(isAgent)).type.toBe<Array<AgentEvent.Message | AgentEvent.Thinking>>()
    expect(events.pipe(Stream.filter(Event.is("agent.message")))).type.toBe<
      Stream.Stream<AgentEvent.Message, Error>
    >()
    expect(listed.pipe(Stream.filter(Event.is("agent.message")))).type.toBe<
      Stream.Stream<AgentEvent.Message, Error>
    >()
  })

  it("is of a type that exists", () => {
    expect(Event.is).type.not.toBeCallableWith("agent.sang")
    expect(Event.is).type.not.toBeCallableWith()
  })

  it("offers every type that a list can have, and no other, for listing", () => {
    expect<Literal<Event.EventType>>().type.toBe<
      Exclude<Event.Type, "session.deleted" | "event_start" | "event_delta">
    >()
  })
})

describe("what is sent", () => {
  it("has no redacted block", () => {
    expect(UserEvent.message).type.not.toBeCallableWith([{ type: "redacted" }])
    expect(UserEvent.message).type.not.toBeCallableWith([received])
  })

  it("is what was received, but for that", () => {
    expect<Content.TextBlock | Content.ImageBlock>().type.toBeAssignableTo<Content.MessageContentParams>()
  })

  it("is of the right kind for its place", () => {
    expect(UserEvent.systemMessage).type.not.toBeCallableWith([{ type: "image", source: { type: "url", url: "" } }])
    expect(UserEvent.allow).type.toBeCallableWith("sevt_1")
    expect(UserEvent.allow).type.not.toBeCallableWith("sesn_1")
  })
})
