/** Answers to calls that do not arrive at once: which are sent again, which are replaced, and which fail. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import * as ApiError from "../src/ApiError.ts"
import type * as Delivery from "../src/Delivery.ts"
import type * as Events from "../src/Events.ts"
import { EventId, SessionId } from "../src/Ids.ts"
import { sendReply } from "../src/internal/turn/sendReply.ts"
import * as PendingAction from "../src/PendingAction.ts"

const operation = "Events.send"
const call = { sessionId: SessionId.make("sesn_1"), id: EventId.make("sevt_1"), name: "count", input: {} }

const replies: Record<string, PendingAction.Reply> = {
  "a result": PendingAction.reply({ ...call, _tag: "CustomToolCall" }, PendingAction.result("42")),
  "a result of a self-hosted tool": PendingAction.reply(
    { ...call, _tag: "SelfHostedToolCall" },
    PendingAction.result("42")
  ),
  "an approval": PendingAction.reply({ ...call, _tag: "Confirmation" }, PendingAction.allow),
  "a denial": PendingAction.reply({ ...call, _tag: "Confirmation" }, PendingAction.deny("No"))
}
const isResult = (reply: PendingAction.Reply) => reply.type !== "user.tool_confirmation"

type Failure = { readonly error: ApiError.ApiError; readonly isIndeterminate?: true }

const failed = (error: ApiError.ApiError): Failure => ({ error })
const unsettled = (error: ApiError.ApiError): Failure => ({ error, isIndeterminate: true })

/** What each attempt meets; further ones are accepted. What is sent, and what comes of it. */
const send = (reply: PendingAction.Reply, failures: ReadonlyArray<Failure>, isPending = true) => {
  const sent: Array<unknown> = []
  const deliver = (_: unknown, event: unknown): Effect.Effect<Delivery.Delivery, ApiError.ApiError> => {
    sent.push(event)
    const failure = failures[sent.length - 1]
    if (failure === undefined) return Effect.succeed({ _tag: "Accepted", events: [] })
    return failure.isIndeterminate
      ? Effect.succeed({ _tag: "Indeterminate", error: failure.error })
      : Effect.fail(failure.error)
  }
  return Effect.gen(function*() {
    // the only method that is called
    const events = { deliver } as unknown as Events.Service
    const fiber = yield* Effect.fork(Effect.either(sendReply(events, call.sessionId, reply, () => isPending)))
    yield* TestClock.adjust("20 minutes")
    const result = yield* Fiber.join(fiber)
    return { sent, result: result._tag === "Left" ? result.left._tag : result.right }
  })
}

const response = { operation, detail: "no" }
const page = new ApiError.NotFound({ ...response, status: 404 })
const redirect = new ApiError.UnexpectedStatus({ ...response, status: 302 })
const malformed = new ApiError.MalformedResponse({ operation, reason: "MediaType", issues: [], excerpt: "<html>" })
const limited = new ApiError.RateLimited({ ...response, status: 429 })
const gone = new ApiError.NotFound({ ...response, status: 404, type: "not_found_error" })
const refused = new ApiError.InvalidRequest({ ...response, status: 400 })
const tooLarge = new ApiError.RequestTooLarge({ ...response, status: 413 })
const params = new ApiError.InvalidParams({ operation, issues: [{ path: "events.0", message: "must not be empty" }] })

describe.each(Object.entries(replies))("%s", (_, reply) => {
  const passing: Record<string, Failure> = {
    "a rate limit": failed(limited),
    "a rate limit for some seconds": failed(
      new ApiError.RateLimited({ ...response, status: 429, retryAfter: Duration.seconds(30) })
    ),
    "no capacity": failed(new ApiError.Overloaded({ ...response, status: 529 })),
    "a call that is not known yet": failed(refused),
    "a 404 of a gateway": unsettled(page),
    "a redirect of a gateway": unsettled(redirect),
    "a page of a gateway": unsettled(malformed),
    "a server that fails": unsettled(new ApiError.ServerError({ ...response, status: 503 })),
    "a connection that breaks": unsettled(new ApiError.TransportError({ operation, reason: "Connection", detail: "" }))
  }
  for (const [name, failure] of Object.entries(passing)) {
    it.effect(`is sent again after ${name}`, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* send(reply, [failure, failure]), { sent: [reply, reply, reply], result: true })
      }))
  }

  it.effect("is not sent again for ever", () =>
    Effect.gen(function*() {
      for (const failure of [failed(limited), unsettled(page), failed(refused)]) {
        const { result, sent } = yield* send(reply, Array.from({ length: 1000 }, () => failure))
        assert.strictEqual(result, failure.error._tag)
        assert.isBelow(sent.length, 30)
      }
    }))

  it.effect("fails at once if the session is gone, or the key does not do", () =>
    Effect.gen(function*() {
      for (const error of [gone, new ApiError.Unauthorized({ ...response, status: 401 })]) {
        assert.deepStrictEqual(yield* send(reply, [failed(error)]), { sent: [reply], result: error._tag })
      }
    }))

  it.effect("has not arrived if it is refused and the call is not open any more", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* send(reply, [failed(refused)], false), { sent: [reply], result: false })
    }))

  it.effect("that cannot be sent as it is", () =>
    Effect.gen(function*() {
      for (const error of [tooLarge, params]) {
        const { result, sent } = yield* send(reply, [failed(error)])
        // a call without an answer would keep the session waiting; of a decision nobody else can tell what it should be
        assert.strictEqual(result, isResult(reply) ? true : error._tag)
        assert.lengthOf(sent, isResult(reply) ? 2 : 1)
        if (isResult(reply)) assert.deepInclude(sent[1], { type: reply.type, is_error: true })
      }
    }))

  it.effect("that is refused for good", () =>
    Effect.gen(function*() {
      const { result, sent } = yield* send(reply, Array.from({ length: 11 }, () => failed(refused)))
      assert.strictEqual(result, isResult(reply) ? true : "InvalidRequest")
      assert.lengthOf(sent, isResult(reply) ? 12 : 11)
    }))
})
