/** Results of tools that the service refuses, that come late, or that meet a rate limit. */
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Conversation from "../src/Conversation.ts"
import * as PendingAction from "../src/PendingAction.ts"
import * as ToolRunner from "../src/ToolRunner.ts"
import { FakeSession, id, json } from "./utils/FakeSession.ts"

/** A session that calls a tool, and ends its turn when the call is answered. */
const calling = (gateway?: ConstructorParameters<typeof FakeSession>[1]) =>
  new FakeSession((session) => {
    const call = session.emit("agent.custom_tool_use", { name: "count", input: {} })
    session.wait(call.id)
  }, gateway)

/** The results that arrived, and the end of the turn that they lead to. */
const results = (session: FakeSession) => session.posts.flat().filter(({ type }) => type === "user.custom_tool_result")

const finishOnResult = (session: FakeSession) => {
  const { answer } = session
  session.answer = (data) => {
    if (data.some(({ type }) => type === "user.custom_tool_result")) setTimeout(() => session.finish(), 10)
    return answer(data)
  }
  return session
}

const answering = (text: string): Conversation.Options => ({
  answer: () => Effect.succeedSome(PendingAction.result(text))
})

describe("the result of a tool", () => {
  it.live("that the service refuses for good is replaced by a short error", () =>
    Effect.gen(function*() {
      const tooLarge = { type: "error", error: { type: "request_too_large", message: "too large" } }
      let refused = 0
      const session = finishOnResult(calling((_, { body, method }) => {
        if (
          method !== "POST" ||
          !String(body instanceof Uint8Array ? new TextDecoder().decode(body) : body).includes("x".repeat(99))
        ) {
          return undefined
        }
        refused++
        return json(tooLarge, 413)
      }))
      const turn = yield* Conversation.turn(id, "Go", answering("x".repeat(100))).pipe(Effect.provide(session.layer))
      assert.strictEqual(turn._tag, "EndTurn")
      assert.strictEqual(refused, 1)
      assert.deepStrictEqual(results(session).map(({ is_error }) => is_error), [true])
    }))

  it.live("that breaks a published limit is replaced by a short error", () =>
    Effect.gen(function*() {
      const session = finishOnResult(calling())
      const empty = PendingAction.result([{ type: "text", text: "" }])
      const options: Conversation.Options = { answer: () => Effect.succeedSome(empty) }
      const turn = yield* Conversation.turn(id, "Go", options).pipe(Effect.provide(session.layer))
      assert.strictEqual(turn._tag, "EndTurn")
      assert.deepStrictEqual(results(session).map(({ is_error }) => is_error), [true])
    }))

  it.live("is sent again after a rate limit for as long as that asks", () =>
    Effect.gen(function*() {
      let limits = 6
      const limited = { type: "error", error: { type: "rate_limit_error", message: "slow down" } }
      const session = finishOnResult(calling((_, { method }) =>
        method === "POST" && session.posts.length > 0 && limits-- > 0
          ? json(limited, 429, { "retry-after-ms": "5" })
          : undefined
      ))
      const turn = yield* Conversation.turn(id, "Go", answering("42")).pipe(Effect.provide(session.layer))
      assert.strictEqual(turn._tag, "EndTurn")
      assert.lengthOf(results(session), 1)
    }))

  it.live("is an error once the time of a tool is over that cannot be interrupted", () =>
    Effect.gen(function*() {
      const Tools = Toolkit.make(Tool.make("count", { parameters: {}, success: Schema.String }))
      const stuck = Tools.toLayer({ count: () => Effect.uninterruptible(Effect.never) })
      const session = finishOnResult(calling())
      const turn = yield* Effect.gen(function*() {
        const tools = yield* ToolRunner.make(Tools, { timeout: "20 millis" })
        return yield* Conversation.turn(id, "Go", { tools })
      }).pipe(Effect.provide(stuck), Effect.provide(session.layer))
      assert.strictEqual(turn._tag, "EndTurn")
      assert.isTrue(Option.exists(Option.fromNullable(results(session)[0]), ({ is_error }) => is_error === true))
    }))
})
