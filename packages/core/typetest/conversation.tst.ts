/*
 * What the compiler does not let through: a forgotten outcome, and an answer that an action does not take.
 */
import * as Effect from "effect/Effect"
import * as Match from "effect/Match"
import type * as Option from "effect/Option"
import { describe, expect, it } from "tstyche"
import type { ApiError } from "../src/ApiError.ts"
import * as Conversation from "../src/Conversation.ts"
import type * as Delivery from "../src/Delivery.ts"
import type * as Events from "../src/Events.ts"
import type * as Ids from "../src/Ids.ts"
import type * as Journal from "../src/Journal.ts"
import * as PendingAction from "../src/PendingAction.ts"
import type * as Sessions from "../src/Sessions.ts"
import type * as UserEvent from "../src/UserEvent.ts"

declare const sessionId: Ids.SessionId
declare const outcome: Conversation.TurnResult
declare const delivery: Delivery.Delivery
declare const action: PendingAction.PendingAction
declare const confirmation: PendingAction.Confirmation
declare const approval: PendingAction.ToolApproval
declare const custom: PendingAction.CustomToolCall
declare const selfHosted: PendingAction.SelfHostedToolCall
declare const decided: Effect.Effect<PendingAction.Decision, "no", "desk">
declare const answered: Effect.Effect<Option.Option<PendingAction.ToolResult>, "broken", "shop">

const cases = {
  EndTurn: ({ reply }: Conversation.EndTurn) => reply,
  RequiresAction: ({ actions }: Conversation.RequiresAction) => actions.length,
  Interrupted: () => 0,
  Refusal: ({ category }: Conversation.Refusal) => category,
  BudgetReached: () => 0,
  RetriesExhausted: ({ errors }: Conversation.RetriesExhausted) => errors.length,
  Terminated: ({ archived }: Conversation.Terminated) => archived,
  Deleted: () => 0,
  UnknownStopReason: ({ stopReason }: Conversation.UnknownStopReason) => stopReason
}

describe("an outcome", () => {
  it("is one of nine", () => {
    expect<Conversation.TurnResult["_tag"]>().type.toBe<keyof typeof cases>()
  })

  it("is handled only if none is forgotten", () => {
    expect(Match.valueTags(outcome, cases)).type.toBeAssignableTo<unknown>()
    const { Deleted: _, ...most } = cases
    // @ts-expect-error Property 'Deleted' is missing
    Match.valueTags(outcome, most)
    expect(Conversation.match).type.not.toBeCallableWith(most)
    expect(Conversation.match).type.not.toBeCallableWith(outcome, most)
    expect(Conversation.match).type.not.toBeCallableWith({ ...cases, Lost: () => 0 })
    // @ts-expect-error Function lacks ending return statement
    const forget = (one: Conversation.TurnResult): string => {
      switch (one._tag) {
        case "EndTurn":
        case "RequiresAction":
        case "Interrupted":
        case "Refusal":
        case "BudgetReached":
        case "RetriesExhausted":
        case "Terminated":
        case "Deleted":
          return one.reply
      }
    }
    expect(forget).type.toBeCallableWith(outcome)
  })

  it("is matched in both forms, each case with its own result", () => {
    const only = {
      ...cases,
      EndTurn: () => "done",
      Refusal: () => "refused",
      Terminated: () => "over",
      UnknownStopReason: () => "new"
    }
    expect(Conversation.match(outcome, only)).type.toBe<string | number>()
    expect(Conversation.match(only)).type.toBe<(self: Conversation.TurnResult) => string | number>()
    Conversation.match({
      ...only,
      RequiresAction: (result) => {
        expect(result).type.toBe<Conversation.RequiresAction>()
        return 1
      }
    })
    expect(Conversation.match(outcome, { ...only, Deleted: () => Effect.fail("gone") })).type.toBe<
      string | number | Effect.Effect<never, string>
    >()
  })

  it("says what only it has", () => {
    if (outcome._tag === "RequiresAction") {
      expect(outcome.actions).type.toBe<ReadonlyArray<PendingAction.PendingAction>>()
    } else expect(outcome).type.not.toHaveProperty("actions")
  })
})

describe("a delivery", () => {
  it("is handled only if none is forgotten", () => {
    // @ts-expect-error Property 'Indeterminate' is missing
    Match.valueTags(delivery, { Accepted: () => 0, AlreadyLanded: () => 0 })
  })
})

describe("an action", () => {
  it("takes only its own answers", () => {
    expect(PendingAction.reply(confirmation, PendingAction.allow)).type.toBe<PendingAction.Reply>()
    expect(PendingAction.reply).type.toBeCallableWith(confirmation, PendingAction.deny("no"))
    expect(PendingAction.reply).type.toBeCallableWith(custom, PendingAction.result("42"))
    expect(PendingAction.reply).type.toBeCallableWith(selfHosted, PendingAction.result("42"))
    // @ts-expect-error is not assignable to parameter of type 'Decision'
    PendingAction.reply(confirmation, PendingAction.result("42"))
    // @ts-expect-error is not assignable to parameter of type 'ToolResult'
    PendingAction.reply(custom, PendingAction.allow)
    // @ts-expect-error is not assignable to parameter of type 'ToolResult'
    PendingAction.reply(selfHosted, PendingAction.deny())
    // @ts-expect-error is not assignable to parameter of type 'Decision'
    void Conversation.answer(confirmation, PendingAction.result("42"))
    // @ts-expect-error is not assignable to parameter of type 'Decision'
    void Conversation.answer(approval, PendingAction.result("42"))
    expect(PendingAction.reply).type.not.toBeCallableWith(approval, PendingAction.allow)
  })

  it("is written into the journal if it is an approval of one's own tool", () => {
    expect(Conversation.answer(approval, PendingAction.allow)).type.toBe<
      Effect.Effect<Delivery.Delivery, ApiError | Journal.JournalError, Events.Events>
    >()
    expect(Conversation.answer(confirmation, PendingAction.allow)).type.toBe<
      Effect.Effect<Delivery.Delivery, ApiError, Events.Events>
    >()
  })

  it("is answered only if no kind is forgotten", () => {
    // @ts-expect-error Property 'ToolApproval' is missing
    Match.valueTags(action, { Confirmation: () => 0, CustomToolCall: () => 0, SelfHostedToolCall: () => 0 })
  })

  it("cannot be answered by an approval that decides nothing", () => {
    // @ts-expect-error Type 'Effect<ToolResult, never, never>' is not assignable
    void Conversation.turn(sessionId, "Hello", { approve: () => Effect.succeed(PendingAction.result("42")) })
    // @ts-expect-error is not assignable
    void Conversation.turn(sessionId, "Hello", { approve: () => Effect.void })
  })
})

describe("a turn", () => {
  it("fails and requires what its options do", () => {
    expect(Conversation.turn(sessionId, "Hello")).type.toBe<
      Effect.Effect<Conversation.TurnResult, ApiError, Events.Events>
    >()
    expect(Conversation.turn(sessionId, "Hello", { approve: () => decided, answer: () => answered })).type.toBe<
      Effect.Effect<Conversation.TurnResult, ApiError | "no" | "broken", Events.Events | "desk" | "shop">
    >()
    expect(Conversation.interrupt(sessionId)).type.toBe<
      Effect.Effect<void, ApiError, Events.Events | Sessions.Sessions>
    >()
  })

  it("takes texts, blocks and events", () => {
    expect(Conversation.turn).type.toBeCallableWith(sessionId, [{ type: "text" as const, text: "Hello" }])
    expect(Conversation.turn).type.toBeCallableWith(sessionId, {} as UserEvent.DefineOutcomeParams)
    expect(Conversation.turn).type.not.toBeCallableWith(sessionId, 42)
  })
})
