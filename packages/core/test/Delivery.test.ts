/** Events that are sent at most once. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { pipe } from "effect/Function"
import * as TestClock from "effect/TestClock"
import * as Content from "../src/Content.ts"
import * as Cursor from "../src/Cursor.ts"
import * as Delivery from "../src/Delivery.ts"
import type * as Event from "../src/Event.ts"
import * as Events from "../src/Events.ts"
import { EventId } from "../src/Ids.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import * as UserEvent from "../src/UserEvent.ts"
import { sessionId } from "./utils/calls.ts"
import { customCall, customResult, event, idOf, interrupt, message } from "./utils/events.ts"
import * as Stub from "./utils/StubHttpClient.ts"

const page = (...data: ReadonlyArray<Event.Event>) => Stub.json({ data })
const accepted = (...data: ReadonlyArray<Event.Event>) => Stub.json({ data })
const broken = Stub.fail(Stub.connectionReset())
const failed = Stub.apiError(500, "api_error", "Internal error")

const hello = UserEvent.message("Hello")

/** Delivers over a network that answers so, and tells which requests were made. */
const deliver = (
  answers: ReadonlyArray<Stub.Answer>,
  events: Event.EventParams | ReadonlyArray<Event.EventParams> = hello,
  options?: Events.DeliverOptions
) =>
  Effect.gen(function*() {
    const stub = Stub.make(answers)
    const delivering = yield* Effect.flatMap(Events.Events, (service) => service.deliver(sessionId, events, options))
      .pipe(Effect.either, Effect.provide(stub.client({ apiKey: undefined })), Effect.fork)
    yield* TestClock.adjust("1 hour")
    const result = yield* Fiber.join(delivering)
    return { result, requests: stub.sent.map(({ method }) => method).join(" "), sent: stub.sent }
  })

const tagOf = (result: Effect.Effect.Success<ReturnType<typeof deliver>>["result"]) =>
  result._tag === "Right" ? result.right._tag : result.left._tag

describe("deliver", () => {
  it.effect("answers what was accepted", () =>
    Effect.gen(function*() {
      const stored = message("Hello")
      const { requests, result } = yield* deliver([page(), accepted(stored)])
      assert.strictEqual(requests, "GET POST")
      assert.deepStrictEqual(result._tag === "Right" && result.right, {
        _tag: "Accepted",
        events: [stored as UserEvent.UserEvent]
      })
    }))

  it.effect("asks for events of the kinds it sends, the newest first", () =>
    Effect.gen(function*() {
      const { sent } = yield* deliver([page(), Stub.stored], [UserEvent.interrupt(), hello])
      const [read] = sent
      assert.deepStrictEqual([...read!.url.searchParams], [
        ["limit", "100"],
        ["order", "desc"],
        ["types[]", "user.interrupt"],
        ["types[]", "user.message"]
      ])
    }))

  it.effect("finds what had landed, and sends nothing twice", () =>
    Effect.gen(function*() {
      const earlier = message("Hello")
      for (const lost of [broken, failed, Stub.text("<html>", { headers: { "content-type": "text/html" } })]) {
        const stored = message("Hello")
        const { requests, result } = yield* deliver([page(earlier), lost, page(stored, earlier)])
        assert.strictEqual(requests, "GET POST GET")
        assert.deepNestedInclude(result, { "right._tag": "AlreadyLanded", "right.events": [stored] })
      }
    }))

  it.effect("is not deceived by an earlier message that says the same", () =>
    Effect.gen(function*() {
      const [earlier, waiting] = [message("Hello"), message("Hello", { processed_at: null })]
      const taken = { ...waiting, processed_at: "2026-03-15T12:00:00Z" } as Event.Event
      const stored = message("Hello")
      const { requests, result } = yield* deliver(
        [page(waiting, earlier), broken, page(taken, earlier), page(taken, earlier), accepted(stored)],
        hello,
        { settle: "250 millis" }
      )
      assert.strictEqual(requests, "GET POST GET GET POST")
      assert.deepNestedInclude(result, { "right._tag": "Accepted", "right.events": [stored] })
    }))

  it.effect("waits for what arrives late", () =>
    Effect.gen(function*() {
      const stored = message("Hello")
      const { requests, result } = yield* deliver([page(), failed, page(), page(), page(stored)])
      assert.strictEqual(requests, "GET POST GET GET GET")
      assert.strictEqual(tagOf(result), "AlreadyLanded")
    }))

  it.effect("sends again what did not arrive, a few times", () =>
    Effect.gen(function*() {
      const look = [page(), page()]
      const attempt = [failed, ...look]
      const { requests, result } = yield* deliver([page(), ...attempt, ...attempt, ...attempt], hello, {
        settle: "100 millis"
      })
      assert.strictEqual(requests, "GET POST GET GET POST GET GET POST GET GET")
      assert.deepNestedInclude(result, { "right._tag": "Indeterminate", "right.error._tag": "ServerError" })
      const once = yield* deliver([page(), ...attempt], hello, { settle: "100 millis", resends: 0 })
      assert.strictEqual(tagOf(once.result), "Indeterminate")
    }))

  it.effect("does not send again what may be under way", () =>
    Effect.gen(function*() {
      const lost = Stub.apiError(504, "timeout_error", "Too slow")
      const { requests, result } = yield* deliver([page(), lost, page(), page()], hello, { settle: "100 millis" })
      assert.strictEqual(requests, "GET POST GET GET")
      assert.deepNestedInclude(result, { "right._tag": "Indeterminate", "right.error.status": 504 })
    }))

  it.effect("does not send again while the list cannot be read", () =>
    Effect.gen(function*() {
      const gone = Stub.apiError(404, "not_found_error", "Session not found")
      const { requests, result } = yield* deliver([page(), failed, gone, gone], hello, { settle: "100 millis" })
      assert.strictEqual(requests, "GET POST GET GET")
      assert.strictEqual(tagOf(result), "Indeterminate")
    }))

  it.effect("fails if the events are refused, unless an earlier attempt turns out to have arrived", () =>
    Effect.gen(function*() {
      const no = Stub.apiError(400, "invalid_request_error", "waiting on responses")
      assert.strictEqual(tagOf((yield* deliver([page(), no])).result), "InvalidRequest")
      const late = [page(), failed, page(), page(), no]
      const options = { settle: "100 millis" } as const
      assert.strictEqual(tagOf((yield* deliver([...late, page()], hello, options)).result), "InvalidRequest")
      const { result } = yield* deliver([...late, page(message("Hello"))], hello, options)
      assert.strictEqual(tagOf(result), "AlreadyLanded")
    }))

  it.effect("looks first for what an earlier process may have sent, and sends it only if it is absent", () =>
    Effect.gen(function*() {
      const [earlier, stored] = [message("Hello"), message("Hello")]
      const options = { since: Cursor.add(Cursor.start, earlier), lookFirst: true, settle: "100 millis" } as const
      const landed = yield* deliver([page(stored, earlier)], hello, options)
      assert.strictEqual(landed.requests, "GET")
      assert.deepStrictEqual(landed.result._tag === "Right" && landed.result.right, {
        _tag: "AlreadyLanded",
        events: [stored as UserEvent.UserEvent],
        error: undefined
      })
      const absent = yield* deliver([page(earlier), page(earlier), page(earlier), accepted(stored)], hello, options)
      assert.strictEqual(absent.requests, "GET GET GET POST")
      assert.strictEqual(tagOf(absent.result), "Accepted")
      const late = yield* deliver([page(earlier), page(earlier), page(stored, earlier)], hello, {
        ...options,
        settle: "5 seconds"
      })
      assert.strictEqual(late.requests, "GET GET GET")
      // behind what others have sent since
      const full = Stub.json({ data: [message("Other")], next_page: "more" })
      const behind = yield* deliver([full, full, full, page(stored, earlier)], hello, options)
      assert.strictEqual(behind.requests, "GET GET GET GET")
      assert.strictEqual(tagOf(behind.result), "AlreadyLanded")
    }))

  it.effect("sends nothing where it should look first and cannot", () =>
    Effect.gen(function*() {
      const gone = Stub.apiError(404, "not_found_error", "Session not found")
      const options = { since: Cursor.start, lookFirst: true, settle: "100 millis" } as const
      const unread = yield* deliver([gone, gone, gone], hello, options)
      assert.strictEqual(unread.requests, "GET GET GET")
      assert.strictEqual(tagOf(unread.result), "NotFound")
      const unknown = yield* deliver([], hello, { lookFirst: true })
      assert.strictEqual(unknown.requests, "")
      assert.deepNestedInclude(unknown.result, { "left._tag": "InvalidParams", "left.issues[0].path": "since" })
    }))

  it.effect("recognises an answer by the call that it names, and may repeat it", () =>
    Effect.gen(function*() {
      const call = customCall()
      const answer = UserEvent.customToolResult(idOf(call), "42")
      const landed = yield* deliver([broken, page(customResult(call))], answer)
      assert.strictEqual(landed.requests, "POST GET")
      assert.strictEqual(tagOf(landed.result), "AlreadyLanded")
      const lost = Stub.apiError(504, "timeout_error", "Too slow")
      const again = yield* deliver([lost, page(), page(), Stub.stored], answer, { settle: "100 millis" })
      assert.strictEqual(again.requests, "POST GET GET POST")
      assert.strictEqual(tagOf(again.result), "Accepted")
    }))

  it.effect("needs not look where the list ended if it is told", () =>
    Effect.gen(function*() {
      const earlier = message("Hello")
      const { requests } = yield* deliver([accepted(message("Hello"))], hello, {
        since: pipe(Cursor.start, Cursor.add(earlier))
      })
      assert.strictEqual(requests, "POST")
    }))
})

describe("finding what was sent", () => {
  const find = (sent: Event.EventParams | ReadonlyArray<Event.EventParams>, ...stored: ReadonlyArray<Event.Event>) =>
    Delivery.find([sent].flat(), stored, Cursor.start)?.map(idOf)

  it("compares texts, and of other blocks the kind", () => {
    const image = Content.imageBase64("image/png", "iVBOR")
    const stored = event("user.message", {
      content: [Content.text("See"), { type: "image", source: { type: "file", file_id: "file_1" } }]
    })
    assert.deepStrictEqual(find(UserEvent.message([Content.text("See"), image]), stored), [idOf(stored)])
    assert.isUndefined(find(UserEvent.message([Content.text("Look"), image]), stored))
    assert.isUndefined(find(UserEvent.message("See"), stored))
  })

  it("takes all of a batch or none, each event once", () => {
    const twice = [hello, hello]
    const [a, b] = [message("Hello"), message("Hello")]
    assert.isUndefined(find(twice, a))
    assert.deepStrictEqual(find(twice, a, b), [idOf(a), idOf(b)])
  })

  it("does without an interrupt that left no trace, if it was not alone", () => {
    const stored = message("Hello")
    const stop = interrupt({ id: "" })
    assert.deepStrictEqual(find([UserEvent.interrupt(), hello], stored), [idOf(stored)])
    assert.lengthOf(find([UserEvent.interrupt(), hello], stored, stop) ?? [], 2)
    assert.isUndefined(find([UserEvent.interrupt(), hello], stop))
    assert.isUndefined(find(UserEvent.interrupt()))
  })

  it("knows an outcome, a decision and an event of an unknown type", () => {
    const outcome = event("user.define_outcome", { description: "d", outcome_id: "outc_1" })
    assert.deepStrictEqual(find(UserEvent.defineOutcome({ description: "d", rubric: "r" }), outcome), [idOf(outcome)])
    const id = EventId.make("sevt_x")
    const denied = event("user.tool_confirmation", { tool_use_id: id, result: "deny" })
    assert.deepStrictEqual(find(UserEvent.deny(id), denied), [idOf(denied)])
    assert.isUndefined(find(UserEvent.allow(id), denied))
    const nod = event("user.nod", { depth: 1 })
    assert.deepStrictEqual(find({ type: "user.nod", depth: 1 } as never, nod), [idOf(nod)])
    assert.isUndefined(find({ type: "user.nod", depth: 2 } as never, nod))
  })
})

describe("events that were sent", () => {
  const html = { "content-type": "text/html" }
  const page = (status: number) => Stub.text("<html>", { status, headers: html })
  const api = (status: number, type: string) => Stub.apiError(status, type, "no")
  const verdicts: ReadonlyArray<readonly [what: string, answer: Stub.Answer, verdict: string]> = [
    ...[301, 302, 303, 307, 308].map((status) =>
      [`a redirect ${status}`, Stub.empty({ status, headers: { location: "/" } }), "indeterminate"] as const
    ),
    ...[408, 499, 504, 520, 524].map((status) => [`a ${status} of a gateway`, page(status), "in-flight"] as const),
    ...[500, 502, 503, 521, 522, 523].map((status) => [`a ${status}`, page(status), "indeterminate"] as const),
    ...[200, 201].map((status) => [`a page with status ${status}`, page(status), "in-flight"] as const),
    ["no content", Stub.empty({ status: 204 }), "in-flight"],
    ["an error with status 200", Stub.json({ type: "error", error: { type: "api_error" } }), "in-flight"],
    ["fewer events", Stub.json({ data: [] }), "in-flight"],
    ["a login in JSON", Stub.json({ login: "required" }), "in-flight"],
    ["a 404 of a gateway", page(404), "indeterminate"],
    ["a 404 of the API", api(404, "not_found_error"), "rejected"],
    ["a refusal", api(400, "invalid_request_error"), "rejected"],
    ["a 401", api(401, "authentication_error"), "rejected"],
    ["a rate limit", api(429, "rate_limit_error"), "rejected"],
    ["no capacity", api(529, "overloaded_error"), "rejected"],
    ["no connection", Stub.fail(Stub.connectionRefused()), "rejected"],
    ["a connection that breaks", Stub.fail(Stub.connectionReset()), "indeterminate"],
    ["an answer that breaks off", Stub.body(Stub.breaks("reset")), "in-flight"]
  ]
  it.effect.each(verdicts)("and met %s are so", ([, answer, verdict]) =>
    Effect.gen(function*() {
      const send = Effect.flatMap(Events.Events, (events) => events.send(sessionId, UserEvent.message("Pay")))
      const error = yield* send.pipe(
        Effect.flip,
        RetryPolicy.provide(RetryPolicy.none),
        Effect.provide(Stub.make([answer]).client())
      )
      assert.strictEqual(Delivery.verdict(error), verdict)
    }))
})
