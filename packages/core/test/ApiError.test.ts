import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as ApiError from "../src/ApiError.ts"
import * as ClientConfig from "../src/ClientConfig.ts"
import * as ManagedAgents from "../src/ManagedAgents.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import * as Sessions from "../src/Sessions.ts"
import { calls, sessionId } from "./utils/calls.ts"
import * as Stub from "./utils/StubHttpClient.ts"

const retrieve = Effect.flatMap(Sessions.Sessions, (sessions) => sessions.retrieve(sessionId))

/** The error of one attempt. */
const failure = (answer: Stub.Answer) =>
  retrieve.pipe(Effect.flip, RetryPolicy.provide(RetryPolicy.none), Effect.provide(Stub.make([answer]).client()))

/** Neither the message nor what is kept of a body grows with what came. */
const isBounded = (error: ApiError.ApiError) => {
  assert.isBelow(error.message.length, 1200)
  assert.isBelow(JSON.stringify(error).length, 2500)
}

const kinds: ReadonlyArray<readonly [number, ApiError.ApiError["_tag"], boolean]> = [
  [400, "InvalidRequest", false],
  [401, "Unauthorized", false],
  [402, "PaymentRequired", false],
  [403, "Forbidden", false],
  [404, "NotFound", false],
  [408, "UnexpectedStatus", true],
  [409, "Conflict", true],
  [412, "UnexpectedStatus", false],
  [413, "RequestTooLarge", false],
  [418, "UnexpectedStatus", false],
  [422, "InvalidRequest", false],
  [429, "RateLimited", true],
  [431, "UnexpectedStatus", false],
  [499, "UnexpectedStatus", false],
  [500, "ServerError", true],
  [501, "ServerError", true],
  [502, "ServerError", true],
  [503, "ServerError", true],
  [504, "ServerError", true],
  [529, "Overloaded", true],
  [599, "ServerError", true],
  [302, "UnexpectedStatus", false],
  [304, "UnexpectedStatus", false]
]

describe.each(kinds)("status %i", (status, tag, isRetryable) => {
  const nullBody = status === 304

  it.effect("keeps what the service said", () =>
    Effect.gen(function*() {
      const error = yield* failure(
        nullBody ? Stub.empty({ status, headers: { "request-id": "req_header", "retry-after": "3" } }) : Stub.json(
          {
            type: "error",
            error: { type: "some_error", message: "It went wrong.", details: { error_code: "some_code" } },
            request_id: "req_body"
          },
          { status, headers: { "request-id": "req_header", "retry-after": "3" } }
        )
      )
      if (!("retryAfter" in error)) return assert.fail(error._tag)
      assert.strictEqual(error._tag, tag)
      assert.strictEqual(error.operation, "Sessions.retrieve")
      assert.strictEqual(error.status, status)
      assert.strictEqual(error.requestId, "req_header")
      assert.deepStrictEqual(error.retryAfter, Duration.seconds(3))
      assert.strictEqual(error.isRetryable, isRetryable)
      if (nullBody) return
      assert.strictEqual(error.type, "some_error")
      assert.strictEqual(error.errorCode, "some_code")
      assert.strictEqual(error.detail, "It went wrong.")
      assert.strictEqual(
        error.message,
        `Sessions.retrieve failed: ${status} some_error some_code: It went wrong. (request req_header)`
      )
      return
    }))

  it.effect("is told to be hopeless or not by the service", () =>
    Effect.gen(function*() {
      const verdicts = ["true", "false", "perhaps"].map((verdict) => {
        const options = { status, headers: { "x-should-retry": verdict } }
        return Effect.map(failure(Stub.empty(options)), (error) => error.isRetryable)
      })
      assert.deepStrictEqual(yield* Effect.all(verdicts), [true, false, isRetryable])
    }))
})

describe("an error body", () => {
  it.effect("gives the request id if no header does", () =>
    Effect.gen(function*() {
      const error = yield* failure(Stub.apiError(404, "not_found_error", "Session not found"))
      assert.strictEqual("requestId" in error ? error.requestId : undefined, "req_body")
    }))

  const html = `<html><body><h1>502 Bad Gateway</h1>${"<p>nginx</p>".repeat(10_000)}</body></html>`
  it.effect.each(
    [
      [
        "a proxy's page",
        Stub.text(html, { status: 502, headers: { "content-type": "text/html" } }),
        "<html><body><h1>502"
      ],
      ["nothing", Stub.empty({ status: 502 }), "(empty body)"],
      ["blanks", Stub.text(" \n", { status: 502 }), "(empty body)"],
      ["JSON of another kind", Stub.json({ message: "no" }, { status: 502 }), `{"message":"no"}`],
      ["an error that is a text", Stub.json({ error: "gone" }, { status: 502 }), `{"error":"gone"}`],
      ["JSON null", Stub.json(null, { status: 502 }), "null"],
      ["JSON that is cut", Stub.text(`{"type":"error","err`, { status: 502 }), `{"type":"error","err`],
      [
        "fields of other types",
        Stub.json({ error: { type: 1, message: [], details: "x" }, request_id: {} }, { status: 502 }),
        `{"error":{"type":1,"message":[],"details":"x"},"request_id":{}}`
      ],
      ["an endless message", Stub.apiError(502, "t".repeat(5000), "m".repeat(5000)), "mmm"],
      [
        "one that breaks off",
        Stub.body(Stream.concat(Stream.make("<html>half"), Stub.breaks("reset")), { status: 502 }),
        "<html>half"
      ],
      ["one that breaks off at once", Stub.body(Stub.breaks("reset"), { status: 502 }), "(empty body)"]
    ] as const
  )("may be %s", ([, answer, start]) =>
    Effect.gen(function*() {
      const error = yield* failure(answer)
      if (error._tag !== "ServerError") return assert.fail(error._tag)
      assert.strictEqual(error.status, 502)
      assert.isTrue(error.detail.startsWith(start), error.detail)
      isBounded(error)
      return
    }))

  it.effect("is not read to its end if it has none", () =>
    Effect.gen(function*() {
      let pieces = 0
      let released = false
      const endless = Stream.repeatEffect(Effect.sync(() => {
        pieces += 1
        return "x".repeat(1024)
      })).pipe(Stream.rechunk(1), Stream.ensuring(Effect.sync(() => released = true)))
      const error = yield* failure(Stub.body(endless, { status: 500 }))
      assert.strictEqual(error._tag, "ServerError")
      assert.isAtMost(pieces, 65)
      assert.isTrue(released)
      isBounded(error)
    }))

  it.effect("is not waited for without end", () =>
    Effect.gen(function*() {
      const stalled = Stream.concat(Stream.make("half"), Stream.never)
      const fiber = yield* Effect.fork(failure(Stub.body(stalled, { status: 500 })))
      yield* TestClock.adjust("10 minutes")
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error._tag === "ServerError" ? error.detail : error._tag, "half")
    }))
})

describe.each(calls)("$name", (call) => {
  it.effect("fails with what the service answered", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(call.run())
      assert.strictEqual(error._tag, "NotFound")
      assert.strictEqual(
        error.message,
        `${call.name} failed: 404 not_found_error: Not found (request req_body)`
      )
    }).pipe(Effect.provide(Stub.make([Stub.apiError(404, "not_found_error", "Not found")]).client())))

  const malformed = [
    ["a page", Stub.text("<html>Welcome</html>", { headers: { "content-type": "text/html" } }), "<html>Welcome</html>"],
    ["no content", Stub.empty({ status: 204 }), ""],
    ["nothing", Stub.empty(), ""],
    ["a value of another shape", Stub.json({ type: 1 }), `{"type":1}`]
  ] as const

  it.effect.each(malformed)("does not take %s for an answer", ([what, answer, excerpt]) => {
    // every field of what `send` answers is optional
    if (call.name === "Events.send" && what.startsWith("a value")) return Effect.void
    const stub = Stub.make([answer])
    return Effect.gen(function*() {
      const error = yield* Effect.flip(call.run())
      if (error._tag !== "MalformedResponse") return assert.fail(String(error))
      assert.strictEqual(error.operation, call.name)
      assert.isAbove(error.issues.length, 0)
      assert.strictEqual(error.excerpt, excerpt)
      assert.isFalse(error.isRetryable)
      return
    }).pipe(Effect.provide(stub.client()))
  })
})

describe("a malformed answer", () => {
  const session = Stub.documented("Sessions.retrieve") as Record<string, unknown>
  const whole = JSON.stringify(session)

  it.effect.each(
    [
      ["is cut", Stub.text(whole.slice(0, 900)), ["expected JSON"]],
      ["has no body", Stub.json(""), ["expected Session, got a string"]],
      ["is null", Stub.json(null), ["expected Session, got null"]],
      ["is a list", Stub.json([session]), ["expected Session, got a list"]],
      ["is something else", Stub.json({ ...session, type: "thread" }), [`type: expected "session", got "thread"`]],
      ["lacks a field", Stub.json({ ...session, agent: undefined }), ["agent: is missing: expected SessionAgent"]],
      ["has wrong fields", Stub.json({ ...session, status: 1, created_at: "today" }), [
        "status: expected SessionStatus, got 1",
        `created_at: expected Timestamp, got "today"`
      ]],
      ["claims to be text", Stub.text(whole, { headers: { "content-type": "text/plain; charset=utf-8" } }), [
        "expected JSON, got content type text/plain"
      ]],
      ["is no JSON at all", Stub.text("OK"), ["expected JSON"]],
      ["is empty", Stub.text("", { headers: { "content-type": "application/json" } }), [
        "expected JSON, got an empty body"
      ]]
    ] as const
  )("that %s says what was expected, and where", ([, answer, said]) =>
    Effect.gen(function*() {
      const error = yield* failure(answer)
      if (error._tag !== "MalformedResponse") return assert.fail(String(error))
      for (const text of said) assert.include(error.message, text)
      assert.strictEqual(error.status, 200)
      isBounded(error)
      return
    }))

  it.effect("may have any JSON content type, or none", () =>
    Effect.gen(function*() {
      for (
        const type of ["application/json", "Application/JSON ; charset=utf-8", "application/problem+json", undefined]
      ) {
        const stub = Stub.make([Stub.text(whole, { headers: type === undefined ? {} : { "content-type": type } })])
        assert.deepStrictEqual(yield* retrieve.pipe(Effect.provide(stub.client())), session)
      }
    }))

  it.effect("that ends with the connection is told from one that is complete", () =>
    Effect.gen(function*() {
      const answer = Stub.body(
        Stream.concat(Stream.make(whole.slice(0, 900)), Stub.breaks("other side closed")),
        {
          headers: { "content-type": "application/json", "request-id": "req_1" }
        }
      )
      const error = yield* failure(answer)
      if (error._tag !== "TransportError") return assert.fail(String(error))
      assert.strictEqual(error.reason, "Body")
      assert.strictEqual(error.status, 200)
      assert.strictEqual(error.requestId, "req_1")
      assert.include(error.message, "other side closed")
      isBounded(error)
      return
    }))
})

describe("the transport", () => {
  it.effect("may refuse the connection", () =>
    Effect.gen(function*() {
      const error = yield* failure(Stub.fail(Stub.connectionRefused()))
      if (error._tag !== "TransportError") return assert.fail(String(error))
      assert.strictEqual(error.reason, "Refused")
      assert.strictEqual(
        error.message,
        "Sessions.retrieve failed: fetch failed: connect ECONNREFUSED 127.0.0.1:1"
      )
      assert.isTrue(error.isRetryable)
      return
    }))

  const coded = (code: string, syscall?: string) =>
    new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code, ...(syscall && { syscall }) }) })
  const aggregate = (...errors: ReadonlyArray<Error>) =>
    new TypeError("fetch failed", { cause: new AggregateError(errors.map((error) => error.cause)) })

  it.effect.each(
    [
      ["Refused", coded("ENOTFOUND", "getaddrinfo")],
      ["Refused", coded("EAI_AGAIN", "getaddrinfo")],
      ["Refused", coded("UND_ERR_CONNECT_TIMEOUT")],
      ["Refused", coded("EHOSTUNREACH", "connect")],
      ["Refused", coded("ETIMEDOUT", "connect")],
      ["Refused", Object.assign(new Error("Unable to connect"), { code: "ConnectionRefused" })],
      ["Refused", aggregate(coded("ECONNREFUSED", "connect"), coded("ENETUNREACH", "connect"))],
      // a connection that has been in use can report these: the request may have arrived
      ["Connection", coded("EHOSTUNREACH", "read")],
      ["Connection", coded("ETIMEDOUT", "read")],
      ["Connection", coded("ECONNRESET", "read")],
      ["Connection", coded("EPIPE", "write")],
      ["Connection", coded("UND_ERR_SOCKET")],
      ["Connection", aggregate(coded("ECONNREFUSED", "connect"), coded("ECONNRESET", "read"))],
      ["Connection", new TypeError("Failed to fetch")],
      ["Connection", "a text"],
      ["Connection", undefined]
    ] as const
  )("is %s after %s", ([reason, cause]) =>
    Effect.map(failure(Stub.fail(cause)), (error) => {
      assert.strictEqual(error._tag === "TransportError" ? error.reason : error._tag, reason)
      isBounded(error)
    }))

  it.effect("may report a cause that is its own", () => {
    const loop: { code: string; cause?: unknown } = Object.assign(new Error("loop"), { code: "E" })
    loop.cause = loop
    return Effect.map(failure(Stub.fail(loop)), (error) => assert.strictEqual(error._tag, "TransportError"))
  })

  it.effect("may be a client that fails on a status by itself", () => {
    const stub = Stub.make(Stub.apiError(429, "rate_limit_error", "Slow down"))
    const strict = Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, HttpClient.filterStatusOk))
      .pipe(
        Layer.provide(stub.network)
      )
    return Effect.gen(function*() {
      const error = yield* retrieve.pipe(Effect.flip, RetryPolicy.provide(RetryPolicy.none))
      assert.strictEqual(error._tag === "RateLimited" ? error.detail : error._tag, "Slow down")
    }).pipe(Effect.provide(ManagedAgents.layer.pipe(Layer.provide(ClientConfig.layer()), Layer.provide(strict))))
  })
})

describe("ApiError", () => {
  const samples: ReadonlyArray<ApiError.ApiError> = [
    new ApiError.InvalidParams({
      operation: "Sessions.create",
      issues: [{ path: "title", message: "expected a string" }]
    }),
    new ApiError.RateLimited({
      operation: "Sessions.list",
      status: 429,
      type: "rate_limit_error",
      errorCode: "spend_cap",
      detail: "Slow down",
      requestId: "req_1",
      retryAfter: Duration.seconds(2),
      shouldRetry: true
    }),
    new ApiError.ServerError({ operation: "Events.stream", detail: "" }),
    new ApiError.TransportError({ operation: "Events.send", reason: "Timeout", detail: "no response within 10m" }),
    new ApiError.MalformedResponse({
      operation: "Events.stream",
      reason: "Syntax",
      issues: [{ path: "", message: "expected JSON" }],
      eventId: "sevt_1",
      requestId: "req_1",
      excerpt: "<html>"
    }),
    new ApiError.StreamInterrupted({ operation: "Events.stream", detail: "reset" })
  ]

  it("can be stored and read back", () => {
    for (const error of samples) {
      const stored = JSON.stringify(Schema.encodeSync(ApiError.ApiError)(error))
      const read = Schema.decodeUnknownSync(ApiError.ApiError)(JSON.parse(stored))
      deepStrictEqual({ ...read }, { ...error })
      assert.strictEqual(read._tag, error._tag)
      assert.strictEqual(read.message, error.message)
      assert.strictEqual(read.isRetryable, error.isRetryable)
    }
  })

  it("says what happened in one line", () => {
    assert.deepStrictEqual(samples.map(({ message }) => message), [
      "Sessions.create was not sent: title: expected a string",
      "Sessions.list failed: 429 rate_limit_error spend_cap: Slow down (request req_1)",
      "Events.stream failed: ",
      "Events.send failed: no response within 10m",
      "Events.stream got a malformed response in event sevt_1: expected JSON (request req_1)",
      "Events.stream was interrupted: reset"
    ])
  })

  it.effect("can be caught by its tag", () =>
    retrieve.pipe(
      Effect.catchTag("NotFound", ({ status }) => Effect.succeed(status)),
      Effect.map((status) => assert.strictEqual(status, 404)),
      Effect.provide(Stub.make([Stub.apiError(404, "not_found_error", "")]).client())
    ))
})
