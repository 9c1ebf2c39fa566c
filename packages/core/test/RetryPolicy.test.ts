import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import type { ApiError } from "../src/ApiError.ts"
import { ServerError } from "../src/ApiError.ts"
import type * as ClientConfig from "../src/ClientConfig.ts"
import * as Events from "../src/Events.ts"
import { delay } from "../src/internal/http/retry.ts"
import type { Services } from "../src/ManagedAgents.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import * as Sessions from "../src/Sessions.ts"
import { calls, documented, sessionId } from "./utils/calls.ts"
import * as Stub from "./utils/StubHttpClient.ts"

const ok = Stub.json(Stub.documented("Sessions.retrieve"))
const retrieve = Effect.flatMap(Sessions.Sessions, (sessions) => sessions.retrieve(sessionId))
const archive = Effect.flatMap(Sessions.Sessions, (sessions) => sessions.archive(sessionId))

const status = (status: number, headers: Record<string, string> = {}) =>
  Stub.apiError(status, "some_error", "It went wrong.", headers)

interface Options {
  readonly effect?: Effect.Effect<unknown, ApiError, Services>
  readonly policy?: RetryPolicy.Options
  readonly config?: ClientConfig.Options
}

/** When the requests went out, in milliseconds, and how it ended: with `ok` or the tag of the error. */
const timeline = (answers: Stub.Answer | ReadonlyArray<Stub.Answer>, { config, effect, policy }: Options = {}) => {
  const stub = Stub.make(answers)
  return Effect.gen(function*() {
    const call = Effect.match(effect ?? retrieve, { onSuccess: () => "ok", onFailure: (error) => error._tag })
    const fiber = yield* Effect.fork(policy === undefined ? call : RetryPolicy.provide(policy)(call))
    yield* TestClock.adjust("1 day")
    const end = yield* Fiber.join(fiber)
    const start = stub.sent[0]?.at ?? 0
    return [...stub.sent.map(({ at }) => at - start), end]
  }).pipe(Effect.provide(stub.client(config)))
}

const exact: RetryPolicy.Options = { jitter: 0 }

describe("the delay", () => {
  it.effect("doubles up to its cap", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* timeline(status(500), { policy: { jitter: 0, maxRetries: 7 } }),
        [0, 500, 1500, 3500, 7500, 15_500, 23_500, 31_500, "ServerError"]
      )
      assert.deepStrictEqual(
        yield* timeline(status(500), {
          policy: { jitter: 0, maxRetries: 3, baseDelay: "1 second", maxDelay: "3 seconds" }
        }),
        [0, 1000, 3000, 6000, "ServerError"]
      )
    }))

  it.effect("has a default policy of two retries", () =>
    Effect.gen(function*() {
      const [first, second, third, end, ...rest] = yield* timeline(status(500))
      assert.deepStrictEqual([first, end, rest], [0, "ServerError", []])
      assert.isTrue(Number(second) >= 375 && Number(second) <= 500, String(second))
      const gap = Number(third) - Number(second)
      assert.isTrue(gap >= 750 && gap <= 1000, String(gap))
    }))

  it("is cut by chance, by no more than the jitter allows", () =>
    FastCheck.assert(
      FastCheck.asyncProperty(
        FastCheck.double({ min: 0, max: 1, noNaN: true }),
        FastCheck.integer({ min: 1, max: 100_000 }),
        FastCheck.integer({ min: 1, max: 100_000 }),
        FastCheck.string(),
        async (jitter, baseDelay, maxDelay, seed) => {
          const error = new ServerError({ operation: "Sessions.list", detail: "" })
          const policy = RetryPolicy.make({ jitter, baseDelay, maxDelay })
          const delays = await Effect.runPromise(
            Effect.forEach(Array.from({ length: 12 }), (_, n) => delay(error, policy, n)).pipe(
              Effect.withRandom(Random.make(seed))
            )
          )
          delays.forEach((found, n) => {
            const full = Math.min(baseDelay * 2 ** n, maxDelay)
            const millis = Duration.toMillis(found!)
            assert.isAtMost(millis, full)
            assert.isAtLeast(millis, full * (1 - jitter) - 1e-6)
          })
        }
      )
    ))

  it.effect("uses the whole range of the jitter", () =>
    Effect.gen(function*() {
      const [, second] = yield* timeline(status(500), { policy: { maxRetries: 1 } }).pipe(
        Effect.withRandom(Random.fixed([0]))
      )
      assert.strictEqual(second, 500)
    }))

  const asked: ReadonlyArray<readonly [Record<string, string>, number]> = [
    [{ "retry-after-ms": "1234" }, 1234],
    [{ "retry-after-ms": "0.5" }, 0.5],
    [{ "retry-after": "7" }, 7000],
    [{ "retry-after": "0.25" }, 250],
    [{ "retry-after": " 2 " }, 2000],
    [{ "retry-after-ms": "20", "retry-after": "7" }, 20],
    [{ "retry-after-ms": "soon", "retry-after": "7" }, 7000],
    [{ "retry-after-ms": "", "retry-after": "7" }, 7000],
    [{ "retry-after-ms": "-1", "retry-after": "7" }, 7000],
    // hostile or senseless: as if absent
    [{ "retry-after-ms": "0" }, 500],
    [{ "retry-after": "0" }, 500],
    [{ "retry-after": "-5" }, 500],
    [{ "retry-after": "NaN" }, 500],
    [{ "retry-after": "Infinity" }, 500],
    [{ "retry-after": "1e300" }, 500],
    [{ "retry-after": "2147484" }, 500],
    [{ "retry-after": "" }, 500],
    [{ "retry-after": "later" }, 500],
    [{ "retry-after": "Wed, 99 Foo 2026 99:99:99 GMT" }, 500],
    [{ "retry-after": "9".repeat(10_000) }, 500]
  ]

  it.effect.each(asked)(
    "is what the service asks for, if that makes sense: %j",
    ([headers, delay]) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* timeline([status(429, headers), ok], { policy: exact }), [0, delay, "ok"])
      })
  )

  it.effect("may be asked for as a date", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.parse("2026-03-15T10:00:00Z"))
      const at = (date: string) => timeline([status(503, { "retry-after": date }), ok], { policy: exact })
      assert.deepStrictEqual(yield* at("Sun, 15 Mar 2026 10:00:42 GMT"), [0, 42_000, "ok"])
    }))

  it.effect("is computed if the date has passed", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.parse("2026-03-15T10:00:00Z"))
      assert.deepStrictEqual(
        yield* timeline([status(503, { "retry-after": "Sun, 15 Mar 2026 10:00:00 GMT" }), ok], { policy: exact }),
        [0, 500, "ok"]
      )
    }))

  it.effect("that is asked for is not cut by chance", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* timeline([status(429, { "retry-after": "7" }), ok], { policy: { jitter: 1 } }),
        [0, 7000, "ok"]
      )
    }))

  it.effect("that is too long for the policy is left to the caller", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* timeline([status(429, { "retry-after": "60" }), ok]), [0, 60_000, "ok"])
      assert.deepStrictEqual(yield* timeline([status(429, { "retry-after": "61" })]), [0, "RateLimited"])
      assert.deepStrictEqual(
        yield* timeline([status(429, { "retry-after": "61" }), ok], { policy: { maxRetryAfter: "2 minutes" } }),
        [0, 61_000, "ok"]
      )
      const error = yield* Effect.flip(retrieve).pipe(
        Effect.provide(Stub.make([status(429, { "retry-after": "61" })]).client())
      )
      assert.deepStrictEqual("retryAfter" in error ? error.retryAfter : undefined, Duration.seconds(61))
    }))
})

const never = Stub.never
const cut = Stub.body(Stream.concat(Stream.make("{"), Stub.breaks("reset")), {
  headers: { "content-type": "application/json" }
})

/** What a read survives, what a call with an effect survives. */
const failures: ReadonlyArray<readonly [string, Stub.Answer, boolean, boolean]> = [
  ["400", status(400), false, false],
  ["401", status(401), false, false],
  ["404", status(404), false, false],
  ["408", status(408), true, false],
  ["409", status(409), true, false],
  ["413", status(413), false, false],
  ["429", status(429), true, true],
  ["500", status(500), true, false],
  ["501", status(501), true, false],
  ["502", status(502), true, false],
  ["503", status(503), true, false],
  ["504", status(504), true, false],
  ["529", status(529), true, true],
  ["418", status(418), false, false],
  ["400 with x-should-retry: true", status(400, { "x-should-retry": "true" }), true, true],
  ["500 with x-should-retry: true", status(500, { "x-should-retry": "true" }), true, true],
  ["409 with x-should-retry: false", status(409, { "x-should-retry": "false" }), false, false],
  ["429 with x-should-retry: false", status(429, { "x-should-retry": "false" }), false, false],
  ["500 with x-should-retry: false", status(500, { "x-should-retry": "false" }), false, false],
  ["a refused connection", Stub.fail(Stub.connectionRefused()), true, true],
  ["a reset connection", Stub.fail(Stub.connectionReset()), true, false],
  ["no response in time", never, true, false],
  ["a body that breaks off", cut, true, false],
  ["a malformed answer", Stub.json({ type: 1 }), false, false],
  ["another content type", Stub.text("", { headers: { "content-type": "text/html" } }), false, false]
]

describe("what is repeated", () => {
  it.effect.each(failures)("after %s", ([, answer, read, write]) =>
    Effect.gen(function*() {
      const ends = (repeated: boolean, found: ReadonlyArray<unknown>) =>
        repeated ? assert.strictEqual(found.at(-1), "ok") : assert.lengthOf(found, 2)
      ends(read, yield* timeline([answer, ok]))
      ends(write, yield* timeline([answer, ok], { effect: archive }))
    }))

  it.effect.each(calls)("by $name: nothing that may have taken effect", (call) =>
    Effect.gen(function*() {
      for (const answer of [status(500), status(502), status(504), never, Stub.fail(Stub.connectionReset())]) {
        const found = yield* timeline([answer, documented(call)], { effect: call.run() })
        assert.strictEqual(found.length, call.safe ? 3 : 2)
        assert.strictEqual(found.at(-1) === "ok", call.safe)
      }
      for (const answer of [status(429), status(529), Stub.fail(Stub.connectionRefused())]) {
        assert.strictEqual((yield* timeline([answer, documented(call)], { effect: call.run() })).at(-1), "ok")
      }
    }))

  it.effect("is the very same request", () => {
    const stub = Stub.make([status(429, { "retry-after-ms": "1" }), Stub.stored])
    return Effect.gen(function*() {
      const call = calls.find(({ name }) => name === "Events.send")!
      const fiber = yield* Effect.fork(call.run({ betas: ["extra"] }))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
      const [first, second] = stub.sent.map(({ body, headers, method, url }) => ({
        body,
        headers,
        method,
        url: url.href
      }))
      assert.deepStrictEqual(second, first)
    }).pipe(Effect.provide(stub.client()))
  })

  it.effect("is no more than the policy says, whatever kinds of failures come", () =>
    Effect.gen(function*() {
      const mixed = [status(500), Stub.fail(Stub.connectionReset()), status(429), cut, status(503)]
      assert.lengthOf(yield* timeline(mixed, { policy: { maxRetries: 4 } }), 6)
      assert.deepStrictEqual(yield* timeline(mixed, { policy: { maxRetries: 0 } }), [0, "ServerError"])
    }))

  it.effect("is the opening of a stream, but nothing after its head", () =>
    Effect.gen(function*() {
      const broken = Stub.sse(Stub.breaks("reset"))
      const stream = Effect.flatMap(Events.Events, (events) => Stream.runDrain(events.stream(sessionId)))
      assert.deepStrictEqual(
        yield* timeline([status(503), Stub.fail(Stub.connectionReset()), Stub.sse(Stream.empty)], {
          effect: stream,
          policy: exact
        }),
        [0, 500, 1500, "ok"]
      )
      assert.deepStrictEqual(yield* timeline([broken], { effect: stream }), [0, "StreamInterrupted"])
    }))

  it.effect("is none of the connections that a failed attempt had", () => {
    const stub = Stub.make([status(503), never, ok])
    return Effect.gen(function*() {
      const fiber = yield* Effect.fork(retrieve)
      yield* TestClock.adjust("500 millis")
      assert.deepStrictEqual(stub.sent.map(({ signal }) => signal.aborted), [true, false])
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(stub.sent.map(({ signal }) => signal.aborted), [true, true])
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      // what was read to its end has nothing to release
      assert.deepStrictEqual(stub.sent.map(({ signal }) => signal.aborted), [true, true, false])
    }).pipe(Effect.provide(stub.client()))
  })

  it.effect("stops at once when interrupted during a delay", () => {
    const stub = Stub.make([status(503)])
    return Effect.gen(function*() {
      const fiber = yield* Effect.fork(retrieve)
      yield* TestClock.adjust("1 millis")
      const exit = yield* Fiber.interrupt(fiber)
      assert.isTrue(Exit.isInterrupted(exit))
      yield* TestClock.adjust("1 hour")
      assert.lengthOf(stub.sent, 1)
    }).pipe(Effect.provide(stub.client()))
  })

  it.effect("stops at once when interrupted while waiting for a response", () => {
    const stub = Stub.make([never])
    return Effect.gen(function*() {
      const fiber = yield* Effect.fork(retrieve)
      yield* TestClock.adjust("1 millis")
      yield* Fiber.interrupt(fiber)
      assert.isTrue(stub.sent[0]?.signal.aborted)
    }).pipe(Effect.provide(stub.client()))
  })
})

describe("the time limit", () => {
  it.effect("counts for each attempt", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* timeline(never, { policy: exact, config: { timeout: "2 seconds" } }),
        [0, 2500, 5500, "TransportError"]
      )
      assert.deepStrictEqual(
        yield* timeline(Stub.after("1999 millis", ok), { config: { timeout: "2 seconds" } }),
        [0, "ok"]
      )
    }))

  it.effect("is ten minutes unless it is set", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* timeline(never, { policy: exact }), [0, 600_500, 1_201_500, "TransportError"])
      assert.deepStrictEqual(yield* timeline(Stub.after("5 hours", ok), { config: { timeout: Duration.infinity } }), [
        0,
        "ok"
      ])
    }))

  it.effect("ends at the head: a slow body is not cut", () =>
    Effect.gen(function*() {
      const slow = Stub.body(
        Stream.fromIterable(JSON.stringify(Stub.documented("Sessions.retrieve"))).pipe(
          Stream.grouped(200),
          Stream.map((chunk) => [...chunk].join("")),
          Stream.mapEffect((piece) => Effect.delay(Effect.succeed(piece), "1 minute"))
        ),
        { headers: { "content-type": "application/json" } }
      )
      assert.deepStrictEqual(yield* timeline([slow], { config: { timeout: "1 second" } }), [0, "ok"])
    }))

  it.effect("ends at the head: a quiet stream is not cut", () =>
    Effect.gen(function*() {
      const event = Stub.documented("Events.stream") as { readonly type: string }
      const quiet = Stub.sse(Stream.fromEffect(Effect.delay(Effect.succeed(Stub.frame(event)), "20 hours")))
      const first = Effect.flatMap(Events.Events, (events) => Stream.runHead(events.stream(sessionId)))
      assert.deepStrictEqual(yield* timeline([quiet], { effect: first, config: { timeout: "1 second" } }), [0, "ok"])
      assert.deepStrictEqual(
        yield* timeline(never, { effect: first, config: { timeout: "1 second" }, policy: { maxRetries: 0 } }),
        [0, "TransportError"]
      )
    }))

  it.effect("is what the error says", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(Effect.flip(archive))
      yield* TestClock.adjust("90 seconds")
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error._tag === "TransportError" ? error.reason : error._tag, "Timeout")
      assert.strictEqual(error.message, "Sessions.archive failed: no response within 1m 30s")
    }).pipe(Effect.provide(Stub.make([never]).client({ timeout: "90 seconds" }))))
})

describe("the policy in force", () => {
  const tries = (effect: Effect.Effect<unknown, ApiError, Services>, layer?: Layer.Layer<never>) => {
    const stub = Stub.make(status(500))
    const client = layer === undefined ? stub.client() : Layer.provide(stub.client(), layer)
    return Effect.gen(function*() {
      const fiber = yield* Effect.fork(Effect.exit(effect))
      yield* TestClock.adjust("1 day")
      yield* Fiber.join(fiber)
      return stub.sent.length
    }).pipe(Effect.provide(client))
  }

  it.effect("is that of the call, else that of the layer, else the default", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* tries(retrieve), 3)
      assert.strictEqual(yield* tries(retrieve, RetryPolicy.layer({ maxRetries: 5 })), 6)
      assert.strictEqual(yield* tries(retrieve, RetryPolicy.layer(RetryPolicy.none)), 1)
      assert.strictEqual(yield* tries(RetryPolicy.provide({ maxRetries: 1 })(retrieve), RetryPolicy.layer()), 2)
      assert.strictEqual(
        yield* tries(retrieve.pipe(RetryPolicy.provide(RetryPolicy.none)), RetryPolicy.layer({ maxRetries: 5 })),
        1
      )
      assert.strictEqual(
        yield* tries(
          Effect.provide(retrieve, RetryPolicy.layer({ maxRetries: 3 })),
          RetryPolicy.layer(RetryPolicy.none)
        ),
        4
      )
    }))

  it("makes sense of any numbers", () => {
    const finite = (options: RetryPolicy.Options) => {
      const { jitter, maxRetries } = RetryPolicy.make(options)
      return [maxRetries, jitter]
    }
    assert.deepStrictEqual(finite({}), [2, 0.25])
    assert.deepStrictEqual(finite({ maxRetries: -1, jitter: -1 }), [0, 0])
    assert.deepStrictEqual(finite({ maxRetries: 2.9, jitter: 7 }), [2, 1])
    assert.deepStrictEqual(finite({ maxRetries: Number.NaN, jitter: Number.NaN }), [0, 0])
    assert.deepStrictEqual(finite({ maxRetries: Infinity }), [Infinity, 0.25])
    assert.deepStrictEqual(RetryPolicy.make(RetryPolicy.none), RetryPolicy.none)
  })
})
