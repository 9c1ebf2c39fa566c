/** The rows of `docs/what-happens-when.md` about calls, and about messages whose answer is lost. */
import type { ApiError, TransportError } from "@effect-managed-agents/core/ApiError"
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as Content from "@effect-managed-agents/core/Content"
import * as Conversation from "@effect-managed-agents/core/Conversation"
import type * as Delivery from "@effect-managed-agents/core/Delivery"
import * as Events from "@effect-managed-agents/core/Events"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as RateLimit from "@effect-managed-agents/core/RateLimit"
import * as RetryPolicy from "@effect-managed-agents/core/RetryPolicy"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../../src/AgentScript.ts"
import * as Fault from "../../src/Fault.ts"
import * as Fixtures from "../../src/Fixtures.ts"
import * as Rules from "../../src/Rules.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as SimulatorHttpClient from "../../src/SimulatorHttpClient.ts"
import * as Testkit from "../../src/Testkit.ts"
import { agentThat, countOf, create, inTime, params } from "../utils/conversation.ts"
import { type Claims, says, section } from "../utils/page.ts"

const id = Fixtures.sessionId

/** Has no effect. */
const read = Effect.flatMap(Sessions.Sessions, (sessions) => sessions.retrieve(id))
/** Has an effect. */
const act = Effect.flatMap(Events.Events, (events) => events.send(id, UserEvent.message("Hello")))

/** What came of a call: how it ended, how often it was sent, and how long that took. */
const attempt = <A, R>(call: Effect.Effect<A, ApiError, R>, step: Duration.DurationInput = "500 millis") =>
  Effect.gen(function*() {
    const simulator = yield* Simulator.Simulator
    const before = (yield* simulator.ledger).length
    const start = yield* Clock.currentTimeMillis
    const error = yield* inTime(Effect.option(Effect.flip(call)), step)
    return {
      error: Option.getOrUndefined(error),
      sent: (yield* simulator.ledger).length - before,
      seconds: ((yield* Clock.currentTimeMillis) - start) / 1000
    }
  })

/** Both kinds of calls, on a service that always does this. */
const both = (fault: Fault.Fault["do"]) => {
  const step = "delay" in fault ? "1 minute" : undefined
  return Effect.all({ read: attempt(read, step), act: attempt(act, step) }).pipe(
    Effect.provide(Testkit.layer({ faults: [{ match: { times: 1000 }, do: fault }] }))
  )
}

/** Both kinds of calls fail as the row says, after so many requests. */
const fails = (fault: Fault.Fault["do"], sent: { readonly read: number; readonly act: number }) => ([, sees]: Claims) =>
  Effect.map(both(fault), (ended) => {
    assert.deepStrictEqual({ read: ended.read.sent, act: ended.act.sent }, sent)
    for (const { error } of [ended.read, ended.act]) says(sees, error?._tag ?? "no error")
    return ended
  })

const once = { read: 1, act: 1 }
const readsAgain = { read: 3, act: 1 }
const allAgain = { read: 3, act: 3 }

/** The same for a failure of the transport. */
const breaks =
  (fault: Fault.Fault["do"], reason: TransportError["reason"], sent: { readonly read: number; readonly act: number }) =>
  (
    claims: Claims
  ) =>
    Effect.map(fails(fault, sent)(claims), ({ act, read }) => {
      says(claims[1], reason)
      for (const { error } of [read, act]) {
        assert.strictEqual(error?._tag === "TransportError" ? error.reason : error?._tag, reason)
      }
    })

/** A client of a network that only a few lines of a test know. */
const clientOf = (network: HttpClient.HttpClient) =>
  ManagedAgents.layer.pipe(
    Layer.provide(Layer.succeed(HttpClient.HttpClient, network)),
    Layer.provide(Layer.orDie(ClientConfig.layer({ baseUrl: "http://nowhere", apiKey: Redacted.make("test") })))
  )

section("A call fails", {
  "the parameters break a published limit": ([, sees]) =>
    Effect.gen(function*() {
      const send = Effect.flatMap(Events.Events, (events) => events.send(id, UserEvent.message("")))
      const { error, sent } = yield* attempt(send)
      assert.strictEqual(sent, 0)
      if (error?._tag !== "InvalidParams") return assert.fail(String(error))
      says(sees, error._tag)
      assert.match(error.issues[0]?.path ?? "", /^events\.0\.content/)
    }).pipe(Effect.provide(Testkit.layer())),

  "400: the session waits for answers": ([, sees]) =>
    Effect.gen(function*() {
      const id = yield* create
      yield* inTime(Conversation.turn(id, "Hello"))
      const { error, sent } = yield* attempt(
        Effect.flatMap(Events.Events, (events) => events.send(id, UserEvent.message("Hello?")))
      )
      assert.strictEqual(sent, 1)
      if (error?._tag !== "InvalidRequest") return assert.fail(String(error))
      says(sees, error._tag)
      says(sees, "waitingFor")
      assert.lengthOf(error.waitingFor, 1)
    }).pipe(Effect.provide(agentThat([[AgentScript.customTool({ name: "lookup" })]]))),

  "400, 422: malformed, or not now": (claims) =>
    Effect.forEach([400, 422], (status) =>
      Effect.map(
        fails({ status, body: { type: "error", error: { type: "invalid_request_error", message: "Not now" } } }, once)(
          claims
        ),
        ({ act }) => assert.deepInclude(act.error, { detail: "Not now" })
      )),

  "401: the key is missing, wrong or expired": ([, sees]) =>
    Effect.gen(function*() {
      const { error, sent } = yield* attempt(read)
      assert.strictEqual(sent, 1)
      says(sees, error?._tag ?? "no error")
      assert.notInclude(`${error?.message} ${JSON.stringify(error)}`, "sk-ant-very-secret")
    }).pipe(Effect.provide(
      ManagedAgents.layer.pipe(
        Layer.provide(SimulatorHttpClient.layer),
        Layer.provide(Layer.orDie(ClientConfig.layer({ apiKey: Redacted.make("sk-ant-very-secret") }))),
        Layer.provideMerge(Simulator.layer({
          faults: [Fault.status(401, {
            body: { type: "error", error: { type: "authentication_error", message: "Wrong key: sk-ant-very-secret" } }
          })]
        }))
      )
    )),

  "402: the organisation has to pay": fails({ status: 402 }, once),

  "403: the key may not do this": fails({ status: 403 }, once),

  "404: no such session, thread or resource": (claims) =>
    Effect.gen(function*() {
      const { error, sent } = yield* attempt(read)
      assert.strictEqual(sent, 1)
      says(claims[1], error?._tag ?? "no error")
    }).pipe(Effect.provide(Testkit.layer({ fixtures: {} }))),

  "409: it conflicts with what is there": fails({ status: 409 }, readsAgain),

  "413: more than 32 MB": fails({ status: 413 }, once),

  "429: too many requests": (claims) =>
    Effect.gen(function*() {
      const { act, read } = yield* fails({ status: 429, headers: { "retry-after": "7" } }, allAgain)(claims)
      for (const { error, seconds } of [read, act]) {
        assert.strictEqual(seconds, 14)
        if (error?._tag !== "RateLimited") return assert.fail(String(error))
        assert.strictEqual(Duration.toSeconds(error.retryAfter ?? 0), 7)
      }
    }),

  "429 that asks for more than `maxRetryAfter`": (claims) =>
    Effect.gen(function*() {
      const { act, read } = yield* fails({ status: 429, headers: { "retry-after": "3600" } }, once)(claims)
      for (const { error, seconds } of [read, act]) {
        assert.isBelow(seconds, 1)
        if (error?._tag !== "RateLimited") return assert.fail(String(error))
        assert.strictEqual(Duration.toHours(error.retryAfter ?? 0), 1)
      }
    }),

  "more calls than the service accepts": () => {
    const limited = agentThat([], {
      rules: { rateLimits: { ...Rules.documentedRateLimits, burst: Duration.seconds(1) } }
    })
    const many = Effect.gen(function*() {
      const sessions = yield* Sessions.Sessions
      const start = yield* Clock.currentTimeMillis
      const exit = yield* inTime(
        Effect.exit(Effect.all(Array.from({ length: 30 }, () => sessions.create(params)), { concurrency: "unbounded" }))
      )
      const simulator = yield* Simulator.Simulator
      const statuses = new Set((yield* simulator.ledger).map(({ status }) => status))
      return { isDone: exit._tag === "Success", statuses, seconds: ((yield* Clock.currentTimeMillis) - start) / 1000 }
    })
    return Effect.gen(function*() {
      const without = yield* Effect.provide(RetryPolicy.provide(RetryPolicy.none)(many), limited)
      assert.isFalse(without.isDone)
      const { isDone, seconds, statuses } = yield* Effect.provide(many, Layer.provide(limited, RateLimit.layer()))
      assert.isTrue(isDone)
      assert.deepStrictEqual([...statuses], [200])
      assert.isAbove(seconds, 3)
    })
  },

  "529: no capacity": (claims) =>
    Effect.map(fails({ status: 529 }, allAgain)(claims), ({ read }) => assert.isAbove(read.seconds, 1)),

  "any other 5xx": (claims) => Effect.forEach([500, 502, 503, 504], (status) => fails({ status }, readsAgain)(claims)),

  "a status that the API does not have": (claims) =>
    Effect.zipRight(fails({ status: 408 }, readsAgain)(claims), fails({ status: 418, body: "<html>" }, once)(claims)),

  "a redirect": (claims) => fails({ status: 302, headers: { location: "https://elsewhere.example/" } }, once)(claims),

  "`x-should-retry` says otherwise": () =>
    Effect.gen(function*() {
      const no = yield* both({ status: 529, headers: { "x-should-retry": "false" } })
      assert.deepStrictEqual([no.read.sent, no.act.sent], [1, 1])
      const yes = yield* both({ status: 500, headers: { "x-should-retry": "true" } })
      assert.deepStrictEqual([yes.read.sent, yes.act.sent], [3, 3])
    }),

  "no connection can be made": ([, sees]) =>
    Effect.forEach([read, act], (call) => {
      let sent = 0
      const network = HttpClient.make((request) => {
        sent++
        const cause = new TypeError("fetch failed", {
          cause: Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", syscall: "connect" })
        })
        return Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause }))
      })
      return Effect.gen(function*() {
        const error = yield* inTime(Effect.flip<unknown, ApiError, Events.Events | Sessions.Sessions>(call))
        assert.strictEqual(sent, 3)
        if (error._tag !== "TransportError") return assert.fail(error._tag)
        says(sees, error._tag)
        says(sees, error.reason)
      }).pipe(Effect.provide(clientOf(network)))
    }),

  "the connection breaks before the answer": breaks({ drop: "before" }, "Connection", readsAgain),

  "no answer within `timeout`": breaks({ delay: 3_600_000 }, "Timeout", readsAgain),

  "the answer breaks off in the middle": ([, sees]) =>
    Effect.forEach([[read, 3], [act, 1]] as const, ([call, expected]) => {
      let sent = 0
      const network = HttpClient.make((request) => {
        sent++
        const body = new ReadableStream<Uint8Array>({
          start: (controller) => controller.enqueue(new TextEncoder().encode(`{"id":`)),
          pull: (controller) => controller.error(new Error("other side closed"))
        })
        const answer = new Response(body, { headers: { "content-type": "application/json" } })
        return Effect.succeed(HttpClientResponse.fromWeb(request, answer))
      })
      return Effect.gen(function*() {
        const call_: Effect.Effect<unknown, ApiError, Events.Events | Sessions.Sessions> = call
        const error = yield* Effect.flip(call_).pipe(RetryPolicy.provide({ baseDelay: 0 }))
        assert.strictEqual(sent, expected)
        if (error._tag !== "TransportError") return assert.fail(error._tag)
        says(sees, error._tag)
        says(sees, error.reason)
      }).pipe(Effect.provide(clientOf(network)))
    }),

  "the answer is not what the schema says": (claims) =>
    Effect.gen(function*() {
      const { read } = yield* fails({ status: 200, body: { id: 1, data: 1 } }, once)(claims)
      if (read.error?._tag !== "MalformedResponse") return assert.fail(String(read.error))
      assert.include(read.error.issues.map(({ path }) => path), "id")
      assert.match(read.error.excerpt, /^\{"id":1/)
    }),

  "a page, or an error, with status 200": (claims) =>
    Effect.gen(function*() {
      const error = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }
      for (const body of ["<html>Sign in</html>", error]) {
        const { act, read } = yield* fails({ status: 200, body }, once)(claims)
        for (const { error } of [read, act]) {
          if (error?._tag !== "MalformedResponse") return assert.fail(String(error))
          says(claims[1], error.reason)
        }
      }
    }),

  "the next page of a list is that page again": ([, sees]) =>
    Effect.gen(function*() {
      const list = Effect.flatMap(Sessions.Sessions, (sessions) => Stream.runDrain(sessions.list()))
      const { error, sent } = yield* attempt(list)
      assert.strictEqual(sent, 2)
      if (error?._tag !== "MalformedResponse") return assert.fail(String(error))
      says(sees, error._tag)
      says(sees, error.issues[0]?.path ?? "")
    }).pipe(Effect.provide(Testkit.layer({
      faults: [{ match: { times: 1000 }, do: { status: 200, body: { data: [], next_page: "page_2" } } }]
    })))
})

const post = { method: "POST", path: "/v1/sessions/*/events" }

interface Case {
  readonly faults: Fault.Plan
  /** What `deliver` answers: its tag, or that of the error that it fails with. */
  readonly deliver: Delivery.Delivery["_tag"] | ApiError["_tag"]
  /** How a turn ends: its outcome, or the error that it fails with. */
  readonly turn: Conversation.TurnResult["_tag"] | ApiError["_tag"]
  /** How often it is sent, and how often it is said. */
  readonly sent: number
  readonly said: number
}

/** Both columns of a row. */
const delivers = ({ deliver, faults, said, sent, turn }: Case) => {
  const layer = agentThat([[AgentScript.say("Hi")]], { faults })
  const counts = (id: string) =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const posts = (yield* simulator.ledger).filter(({ method, path }) =>
        method === "POST" && path.endsWith("/events")
      )
      return [posts.length, yield* countOf(id, "user.message")]
    })
  return Effect.gen(function*() {
    yield* Effect.gen(function*() {
      const events = yield* Events.Events
      const id = yield* create
      const delivery = yield* inTime(Effect.merge(events.deliver(id, UserEvent.message("Hello"))))
      assert.strictEqual(delivery._tag, deliver)
      assert.deepStrictEqual(yield* counts(id), [sent, said])
    }).pipe(Effect.provide(layer))
    yield* Effect.gen(function*() {
      const id = yield* create
      const outcome = yield* inTime(Effect.merge(Conversation.turn(id, "Hello")))
      assert.strictEqual(outcome._tag, turn)
      assert.deepStrictEqual(yield* counts(id), [sent, said])
    }).pipe(Effect.provide(layer))
  })
}

section("A message is sent, and the answer is lost", {
  "the service confirms": ([deliver]) => {
    says(deliver, "Accepted")
    return delivers({ faults: [], deliver: "Accepted", turn: "EndTurn", sent: 1, said: 1 })
  },

  "the answer was lost, and the events are in the list": ([deliver]) => {
    says(deliver, "AlreadyLanded")
    return Effect.forEach(
      [Fault.drop("after", { match: post }), Fault.status(500, { match: post, landed: true })],
      (fault) => delivers({ faults: [fault], deliver: "AlreadyLanded", turn: "EndTurn", sent: 1, said: 1 })
    )
  },

  "the connection broke, and they are not in the list": ([deliver]) => {
    says(deliver, "resends")
    const broken = (times: number) => [Fault.drop("before", { match: { ...post, times } })]
    return Effect.zipRight(
      delivers({ faults: broken(2), deliver: "Accepted", turn: "EndTurn", sent: 3, said: 1 }),
      delivers({ faults: broken(3), deliver: "Indeterminate", turn: "TransportError", sent: 3, said: 0 })
    )
  },

  "it was cut off while the service may be at work on it": ([deliver]) => {
    says(deliver, "Indeterminate")
    const faults = [Fault.status(504, { match: post })]
    return delivers({ faults, deliver: "Indeterminate", turn: "ServerError", sent: 1, said: 0 })
  },

  "the same, and it answers a call": () =>
    Effect.gen(function*() {
      const id = yield* create
      const outcome = yield* inTime(
        Conversation.turn(id, "Hello", { answer: () => Effect.succeedSome(PendingAction.result("42")) })
      )
      assert.deepInclude(outcome, { _tag: "EndTurn", reply: "42" })
      const simulator = yield* Simulator.Simulator
      const answers = (yield* simulator.ledger).filter(({ body, fault }) =>
        JSON.stringify(body ?? "").includes("user.custom_tool_result") || fault !== undefined
      )
      assert.deepStrictEqual(answers.map(({ status }) => status), [504, 200])
      // and one more: it changes nothing
      const [call] = outcome.toolCalls
      yield* Effect.flatMap(
        Events.Events,
        (events) => events.send(id, UserEvent.customToolResult(call?.call.id ?? assert.fail(), "43"))
      )
      const results = (yield* simulator.events(id)).flatMap((event) =>
        event.type === "user.custom_tool_result" ? [Content.textOf(event.content)] : []
      )
      assert.deepStrictEqual(results, ["42"])
    }).pipe(Effect.provide(agentThat(
      [[AgentScript.customTool({ name: "lookup" }), AgentScript.say("{{result}}")]],
      { faults: [Fault.status(504, { match: { ...post, skip: 1 } })] }
    ))),

  "the process dies, and its `since` was kept": ([deliver]) => {
    says(deliver, "lookFirst")
    says(deliver, "AlreadyLanded")
    const message = UserEvent.message("Hello")
    /** A process that dies while it sends, and one that comes after it. */
    const twoLives = (fault: Fault.Fault) =>
      Effect.gen(function*() {
        const events = yield* Events.Events
        const simulator = yield* Simulator.Simulator
        const id = yield* create
        // an earlier one that says the same is another one
        yield* events.send(id, message)
        yield* TestClock.adjust("1 minute")
        const since = yield* Events.before(id, message)
        yield* simulator.addFaults([fault])
        const first = yield* Effect.fork(events.deliver(id, message, { since }))
        yield* TestClock.adjust("1 second")
        yield* Fiber.interrupt(first)
        yield* simulator.clearFaults
        const delivery = yield* inTime(events.deliver(id, message, { since, lookFirst: true }))
        const again = yield* inTime(events.deliver(id, message, { since, lookFirst: true }))
        return [delivery._tag, again._tag, (yield* countOf(id, "user.message")) - 1]
      }).pipe(Effect.provide(agentThat([[AgentScript.say("Hi")], [AgentScript.say("Hi")], [AgentScript.say("Hi")]])))
    return Effect.gen(function*() {
      // it had arrived, and the answer was under way
      const arrived = yield* twoLives(Fault.status(504, { match: post, landed: true }))
      assert.deepStrictEqual(arrived, ["AlreadyLanded", "AlreadyLanded", 1])
      // it had not
      const lost = yield* twoLives(Fault.status(504, { match: post }))
      assert.deepStrictEqual(lost, ["Accepted", "AlreadyLanded", 1])
    })
  },

  "the service refuses it": () =>
    delivers({
      faults: [Fault.status(400, { match: post })],
      deliver: "InvalidRequest",
      turn: "InvalidRequest",
      sent: 1,
      said: 0
    })
})
