import type * as Conversation from "@effect-managed-agents/core/Conversation"
import * as Ids from "@effect-managed-agents/core/Ids"
import * as Transcript from "@effect-managed-agents/core/Transcript"
import * as TurnRecord from "@effect-managed-agents/core/TurnRecord"
import * as Unknown from "@effect-managed-agents/core/Unknown"
import { assert, describe, it } from "@effect/vitest"
import { assertLeft, assertRight } from "@effect/vitest/utils"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { arbitrary } from "./support/arbitrary.ts"

const Stored = Schema.parseJson(TurnRecord.TurnRecord)
const decode = Schema.decodeUnknownEither(TurnRecord.TurnRecord)

const report: Conversation.Report = {
  sessionId: Ids.SessionId.make("sesn_1"),
  reply: "Hi.",
  messages: [],
  toolCalls: [],
  errors: [],
  usage: {
    tokens: { input: 1, output: 2, cacheRead: 3, cacheCreation: 4 },
    cost: { amount: "7", currency: "USD" },
    session: undefined
  },
  transcript: Transcript.empty
}

const results: ReadonlyArray<Conversation.TurnResult> = [
  { _tag: "EndTurn", ...report },
  { _tag: "RequiresAction", ...report, actions: [] },
  { _tag: "Interrupted", ...report },
  { _tag: "Refusal", ...report, category: "bio", explanation: undefined },
  { _tag: "BudgetReached", ...report },
  { _tag: "RetriesExhausted", ...report },
  { _tag: "Terminated", ...report, archived: true },
  { _tag: "Deleted", ...report },
  { _tag: "UnknownStopReason", ...report, stopReason: Unknown.make({ type: "moon_phase", phase: 3 }) }
]

const failed = TurnRecord.failed(report.sessionId, { _tag: "NotFound", message: "no such session" })

describe("a turn record", () => {
  it("survives the store, whatever it is", () => {
    FastCheck.assert(
      FastCheck.property(arbitrary(TurnRecord.TurnRecord), (record) => {
        const read = Schema.decodeSync(Stored)(Schema.encodeSync(Stored)(record))
        assert.deepStrictEqual(JSON.stringify(read), JSON.stringify(record))
      }),
      { numRuns: 50 }
    )
  })

  it("says what the result says, without the transcript", () => {
    for (const result of results) {
      const record = TurnRecord.make(result)
      assertRight(Either.map(Schema.encodeEither(Stored)(record), (text) => Schema.decodeSync(Stored)(text)), record)
      const { transcript: _, usage: { session: __, ...usage }, ...said } = result
      assert.deepStrictEqual(
        JSON.parse(JSON.stringify(record)),
        JSON.parse(JSON.stringify({ version: 1, ...said, usage }))
      )
    }
  })

  it("is handled case by case", () => {
    const name = TurnRecord.match({
      EndTurn: ({ _tag }) => _tag,
      RequiresAction: ({ actions }) => `RequiresAction${actions.length === 0 ? "" : "!"}`,
      Interrupted: ({ _tag }) => _tag,
      Refusal: ({ _tag, category }) => category === "bio" ? _tag : "",
      BudgetReached: ({ _tag }) => _tag,
      RetriesExhausted: ({ _tag }) => _tag,
      Terminated: ({ _tag, archived }) => archived ? _tag : "",
      Deleted: ({ _tag }) => _tag,
      UnknownStopReason: ({ _tag, stopReason }) => Unknown.tagOf(stopReason) === "moon_phase" ? _tag : "",
      Failed: ({ error }) => error._tag
    })
    for (const result of results) assert.strictEqual(name(TurnRecord.make(result)), result._tag)
    assert.strictEqual(name(failed), "NotFound")
  })

  it("of a newer version is refused in words that hold nothing of it", () => {
    for (const actual of [{ ...failed, version: 2 }, { version: 2, shape: "new", secret: "content" }]) {
      const message = Either.match(decode(actual), { onLeft: ({ message }) => message, onRight: () => "" })
      assert.strictEqual(message, "a turn record of version 2, which this program cannot read: it knows version 1")
    }
    assertLeft(
      Either.mapLeft(decode({ ...failed, version: {} }), ({ message }) => message),
      "a turn record of version, which this program cannot read: it knows version 1"
    )
    assert.include(
      Either.match(decode(null), { onLeft: ({ message }) => message, onRight: () => "" }),
      "expected a turn record"
    )
    assert.include(
      Either.match(decode({ ...failed, error: 3 }), { onLeft: ({ message }) => message, onRight: () => "" }),
      "error"
    )
  })
})
