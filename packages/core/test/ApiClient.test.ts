import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import type * as Tracer from "effect/Tracer"
import * as ApiClient from "../src/ApiClient.ts"
import type { ApiError } from "../src/ApiError.ts"
import * as Endpoint from "../src/Endpoint.ts"
import * as Events from "../src/Events.ts"
import { AgentId, EnvironmentId, ResourceId, SessionId, ThreadId } from "../src/Ids.ts"
import type { Services } from "../src/ManagedAgents.ts"
import * as Resources from "../src/Resources.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import * as Sessions from "../src/Sessions.ts"
import * as Threads from "../src/Threads.ts"
import * as UserEvent from "../src/UserEvent.ts"
import { calls, documented, sessionId } from "./utils/calls.ts"
import * as Stub from "./utils/StubHttpClient.ts"
import * as telemetry from "./utils/telemetry.ts"

const sessionJson = Stub.json(Stub.documented("Sessions.retrieve"))

const retrieve = Effect.flatMap(Sessions.Sessions, (sessions) => sessions.retrieve(sessionId))

const openEvents = Effect.flatMap(Events.Events, (events) => events.open(sessionId))

/** Nothing is sent; the error says where the arguments are wrong. */
const refused = (effect: Effect.Effect<unknown, ApiError, Services>, ...paths: ReadonlyArray<string>) => {
  const stub = Stub.make([])
  return Effect.gen(function*() {
    const error = yield* Effect.flip(effect)
    if (error._tag !== "InvalidParams") return assert.fail(String(error))
    assert.deepStrictEqual(error.issues.map(({ path }) => path), paths)
    assert.isFalse(error.isRetryable)
    assert.strictEqual(stub.sent.length, 0)
    for (const { message, path } of error.issues) {
      assert.include(error.message, path === "" ? message : `${path}: ${message}`)
    }
    return
  }).pipe(Effect.provide(stub.client()))
}

describe("path ids", () => {
  const pathOf = (id: string) => {
    const stub = Stub.make(sessionJson)
    return Effect.gen(function*() {
      const sessions = yield* Sessions.Sessions
      yield* sessions.retrieve(SessionId.make(id))
      return stub.sent[0]!.url.pathname
    }).pipe(Effect.provide(stub.client()))
  }

  it.effect("are percent-encoded as one segment", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* pathOf("a/b"), "/v1/sessions/a%2Fb")
      assert.strictEqual(yield* pathOf("100%"), "/v1/sessions/100%25")
      assert.strictEqual(yield* pathOf("%2e%2e"), "/v1/sessions/%252e%252e")
      assert.strictEqual(yield* pathOf("../x"), "/v1/sessions/..%2Fx")
      assert.strictEqual(yield* pathOf("a?b#c"), "/v1/sessions/a%3Fb%23c")
      assert.strictEqual(yield* pathOf("ü 🙂"), "/v1/sessions/%C3%BC%20%F0%9F%99%82")
      assert.strictEqual(yield* pathOf("a;b\\c"), "/v1/sessions/a%3Bb%5Cc")
    }))

  it("any text but the refused ones arrives as it was", () =>
    FastCheck.assert(
      FastCheck.asyncProperty(
        FastCheck.oneof(
          FastCheck.string({ unit: "grapheme", minLength: 1 }),
          FastCheck.string({
            unit: FastCheck.constantFrom(".", "/", "%", ";", "\\", "?", "#", " ", "2", "e"),
            minLength: 1
          })
        ).filter((id) => !/^(\.\.?$|;)/.test(id)),
        async (id) => {
          const segments = (await Effect.runPromise(pathOf(id))).split("/")
          assert.deepStrictEqual(segments.slice(0, 3), ["", "v1", "sessions"])
          assert.deepStrictEqual(segments.slice(3).map(decodeURIComponent), [id])
        }
      ),
      { numRuns: 200 }
    ))

  for (const id of ["", ".", "..", ";", ";x", ";a\nb", "\ud800", "a\udc00b"]) {
    it.effect(`refuses ${JSON.stringify(id)}`, () =>
      Effect.gen(function*() {
        const sessions = yield* Sessions.Sessions
        const events = yield* Events.Events
        const resources = yield* Resources.Resources
        const threads = yield* Threads.Threads
        const session = SessionId.make(id)
        yield* refused(sessions.delete(session), "session_id")
        yield* refused(Stream.runDrain(events.stream(session)), "session_id")
        yield* refused(Stream.runDrain(events.list(session)), "session_id")
        yield* refused(resources.retrieve(sessionId, ResourceId.make(id)), "resource_id")
        yield* refused(threads.archive(session, ThreadId.make(id)), "session_id", "thread_id")
      }).pipe(Effect.provide(Stub.make([]).client())))
  }

  it.effect("does not print what is no id", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(
        Effect.flatMap(Sessions.Sessions, (sessions) => sessions.retrieve(SessionId.make(`;${"x".repeat(10_000)}`)))
      )
      assert.isBelow(error.message.length, 300)
    }).pipe(Effect.provide(Stub.make([]).client())))
})

describe("query", () => {
  const searchOf = (effect: Effect.Effect<unknown, ApiError, Services>) => {
    const stub = Stub.make(Stub.json({ data: [] }))
    return Effect.map(effect, () => stub.sent[0]!.url.search).pipe(Effect.provide(stub.client()))
  }
  const list = (params: Parameters<Sessions.Service["listPage"]>[0]) =>
    Effect.flatMap(Sessions.Sessions, (sessions) => sessions.listPage(params))

  it.effect("is written as the service reads it", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* searchOf(list(undefined)), "")
      assert.strictEqual(yield* searchOf(list({})), "")
      assert.strictEqual(yield* searchOf(list({ statuses: [] })), "")
      assert.strictEqual(yield* searchOf(list({ limit: undefined })), "")
      assert.strictEqual(yield* searchOf(list({ page: null })), "?page=")
      assert.strictEqual(yield* searchOf(list({ include_archived: false })), "?include_archived=false")
      assert.strictEqual(
        yield* searchOf(list({ statuses: ["idle", "running"] })),
        "?statuses%5B%5D=idle&statuses%5B%5D=running"
      )
      assert.strictEqual(yield* searchOf(list({ page: "ü+&= %" })), "?page=%C3%BC%2B%26%3D%20%25")
    }))

  it.effect("passes on a parameter that this version does not know", () =>
    Effect.gen(function*() {
      const later: object = { later: ["a", "b"] }
      assert.strictEqual(yield* searchOf(list(later)), "?later%5B%5D=a&later%5B%5D=b")
    }))

  it.effect("refuses what breaks a published rule or cannot be written", () =>
    Effect.all([
      refused(list({ agent_version: 1 }), "agent_version"),
      refused(list({ limit: 0 }), "limit"),
      refused(list({ limit: 1.5 }), "limit"),
      refused(list({ page: "\ud800" }), "page"),
      // a caller without types
      refused(list({ order: "up", "created_at[gt]": "yesterday" } as never), "created_at[gt]", "order")
    ], { discard: true }))
})

describe("body", () => {
  const send = (events: Parameters<Events.Service["send"]>[1]) =>
    Effect.flatMap(Events.Events, (service) => service.send(sessionId, events))
  const createWith = (params: object) =>
    Effect.flatMap(
      Sessions.Sessions,
      (sessions) =>
        sessions.create({ agent: AgentId.make("agent_1"), environment_id: EnvironmentId.make("env_1"), ...params })
    )

  it.effect("keeps nulls, drops what is undefined, passes on what this version does not know", () => {
    const stub = Stub.make(sessionJson)
    return Effect.gen(function*() {
      yield* createWith({
        title: null,
        metadata: undefined,
        resources: [{ type: "file", file_id: "file_1", later: 1 }],
        later: { deep: [1, null] }
      })
      assert.deepStrictEqual(JSON.parse(stub.sent[0]?.body ?? ""), {
        agent: "agent_1",
        environment_id: "env_1",
        title: null,
        resources: [{ type: "file", file_id: "file_1", later: 1 }],
        later: { deep: [1, null] }
      })
    }).pipe(Effect.provide(stub.client()))
  })

  it.effect("takes one event or several", () => {
    const stub = Stub.make(Stub.stored)
    const event = UserEvent.message("Hello")
    return Effect.gen(function*() {
      yield* send(event)
      yield* send([event, event])
      assert.deepStrictEqual(stub.sent.map(({ body }) => JSON.parse(body ?? "")), [
        { events: [event] },
        { events: [event, event] }
      ])
    }).pipe(Effect.provide(stub.client()))
  })

  const long = (length: number) => "x".repeat(length)
  const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, "v"]))
  const confirmation = { type: "user.tool_confirmation", tool_use_id: "sevt_1", deny_message: "no" }
  const outcome = { type: "user.define_outcome", description: "d", rubric: { type: "text", content: "r" } }
  const system = { type: "system.message", content: [{ type: "text", text: "s" }] }
  const message = { type: "user.message", content: [{ type: "text", text: "m" }] }

  it.effect.each(
    [
      ["17 pairs of metadata", createWith({ metadata: pairs(17) }), "metadata"],
      ["a key of 65 characters", createWith({ metadata: { [long(65)]: "" } }), `metadata.${long(65)}`],
      ["a value of 513 characters", createWith({ metadata: { k: long(513) } }), "metadata.k"],
      [
        "51 initial events",
        createWith({ initial_events: Array.from({ length: 51 }, () => message) }),
        "initial_events"
      ],
      ["a second outcome", createWith({ initial_events: [outcome, outcome] }), "initial_events.1"],
      [
        "a rubric that is too long",
        send({ ...outcome, rubric: { type: "text", content: long(262_145) } } as never),
        "events.0.rubric.content"
      ],
      ["21 iterations", send({ ...outcome, max_iterations: 21 } as never), "events.0.max_iterations"],
      ["a deny_message with allow", send({ ...confirmation, result: "allow" } as never), "events.0.deny_message"],
      ["no events", send([]), "events"],
      ["a system.message alone", send(system as never), "events.0"],
      ["a system.message before the end", send([message, system, message] as never), "events.1"],
      ["a value of another type", createWith({ title: 1, vault_ids: "v" }), "title", "vault_ids"],
      ["what is no JSON", createWith({ later: 1n }), ""]
    ] as const
  )("refuses %s", ([, effect, ...paths]) => refused(effect, ...paths))

  it.effect("accepts what is just within the limits", () => {
    const stub = Stub.make((request) => (request.url.endsWith("/events") ? Stub.stored : sessionJson)(request))
    return Effect.gen(function*() {
      yield* createWith({ metadata: { ...pairs(15), [long(64)]: long(512) } })
      // characters, not UTF-16 units
      yield* createWith({ metadata: { ["🙂".repeat(64)]: "🙂".repeat(512) } })
      yield* createWith({ initial_events: [outcome, ...Array.from({ length: 49 }, () => message)] })
      yield* send({ ...outcome, rubric: { type: "text", content: long(262_144) }, max_iterations: 20 } as never)
      yield* send({ ...confirmation, result: "deny" } as never)
      yield* send([message, system] as never)
      assert.strictEqual(stub.sent.length, 6)
    }).pipe(Effect.provide(stub.client()))
  })
})

describe("betas of a call", () => {
  for (const beta of ["", "a,b", "a b", "a\r\nx-evil: 1", "ü"]) {
    it.effect(`refuses ${JSON.stringify(beta)}`, () =>
      refused(
        Effect.flatMap(Sessions.Sessions, (sessions) => sessions.retrieve(sessionId, { betas: ["fine", beta] })),
        "betas.1"
      ))
  }
})

describe("spans", () => {
  const ids = { "session.id": "sesn_1", "thread.id": "sthr_1", "resource.id": "sesrsc_1" }

  it.effect.each(calls)("of $name: one, without content", (call) => {
    const stub = Stub.make([documented(call)])
    return Effect.gen(function*() {
      const { spans, tracer } = yield* telemetry.tracer
      yield* call.run().pipe(Effect.withSpan("caller"), Effect.withTracer(tracer))
      assert.deepStrictEqual(spans.map(({ name }) => name), ["caller", call.name])
      const [outer, span] = spans as [Tracer.Span, Tracer.Span]
      assert.strictEqual(span.kind, "client")
      assert.strictEqual(Option.getOrThrow(span.parent), outer)
      const [method, path = ""] = call.request.split(" ")
      const found = Object.entries(ids).filter(([, id]) => path.split("/").includes(id))
      assert.deepStrictEqual(Object.fromEntries(span.attributes), {
        "http.request.method": method,
        "url.template": found.reduce((path, [name, id]) => path.replace(id, `{${name.replace(".", "_")}}`), path),
        "http.response.status_code": 200,
        ...Object.fromEntries(found)
      })
      // the caller's trace stays with the caller
      assert.deepStrictEqual(Object.keys(stub.sent[0]!.headers).filter((name) => /trace|b3|baggage/.test(name)), [])
    }).pipe(Effect.provide(stub.client()))
  })

  it.effect("tell how a call went", () => {
    const refusal = Stub.apiError(503, "overloaded_error", "", { "request-id": "req_1", "retry-after-ms": "1" })
    const stub = Stub.make([Stub.fail(Stub.connectionReset()), refusal, refusal])
    return Effect.gen(function*() {
      const { spans, tracer } = yield* telemetry.tracer
      const fiber = yield* Effect.fork(Effect.withTracer(Effect.exit(retrieve), tracer))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      assert.lengthOf(spans, 1)
      assert.deepInclude(Object.fromEntries(spans[0]!.attributes), {
        "http.response.status_code": 503,
        "http.request.resend_count": 2,
        "request.id": "req_1",
        "error.type": "ServerError"
      })
      assert.strictEqual(spans[0]!.status._tag, "Ended")
    }).pipe(Effect.provide(stub.client()))
  })

  it.scoped("of a stream: ends when the stream is open", () =>
    Effect.gen(function*() {
      const { spans, tracer } = yield* telemetry.tracer
      yield* Effect.asVoid(Effect.withTracer(openEvents, tracer))
      assert.deepStrictEqual(spans.map(({ status }) => status._tag), ["Ended"])
    }).pipe(Effect.provide(Stub.make([Stub.sse(Stream.never)]).client())))
})

describe("logs", () => {
  it.effect.each(calls)("of $name: at debug only, without content", (call) => {
    const stub = Stub.make([
      Stub.fail(Stub.connectionRefused()),
      Stub.apiError(429, "rate_limit_error", "CONTENT", { "retry-after-ms": "1" }),
      documented(call)
    ])
    return Effect.gen(function*() {
      const { layer, lines } = telemetry.logger()
      const fiber = yield* Effect.fork(call.run().pipe(RetryPolicy.provide({ jitter: 0 }), Effect.provide(layer)))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(lines, [
        `DEBUG ${call.name} is tried again in 500ms: TransportError`,
        `DEBUG ${call.name} is tried again in 1ms: RateLimited`,
        `DEBUG ${call.name}: ok`
      ])
    }).pipe(Effect.provide(stub.client()))
  })
})

describe("metrics", () => {
  /** The counters that carry the label `test`, by name and other labels. */
  const counters = (test: string) =>
    Effect.map(Metric.snapshot, (pairs) =>
      Object.fromEntries(
        pairs.flatMap(({ metricKey, metricState }) => {
          const labels = metricKey.tags.map(({ key, value }) => [key, value] as const)
          const own = metricKey.name.startsWith("managed_agents_")
          if (!own || !labels.some(([key, value]) => key === "test" && value === test)) return []
          const rest = labels.filter(([key]) => key !== "test").map(([key, value]) => `${key}=${value}`).sort()
          return [[`${metricKey.name} ${rest.join(" ")}`, MetricState.isCounterState(metricState) && metricState.count]]
        })
      ))

  it.effect("count calls, retries and events", () => {
    const event = Stub.frame(Stub.documented("Events.stream") as { readonly type: string })
    const stub = Stub.make([
      Stub.json(Stub.documented("Sessions.retrieve")),
      Stub.apiError(503, "api_error", "", { "retry-after-ms": "1" }),
      Stub.fail(Stub.connectionReset()),
      Stub.apiError(404, "not_found_error", ""),
      Stub.sse(Stream.make(event + event, event)),
      Stub.never
    ])
    return Effect.gen(function*() {
      yield* retrieve
      const failing = yield* Effect.fork(Effect.exit(retrieve))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(failing)
      const events = yield* Events.Events
      yield* Stream.runDrain(events.stream(sessionId))
      const interrupted = yield* Effect.fork(retrieve)
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(interrupted)
      assert.deepStrictEqual(yield* counters("a"), {
        "managed_agents_requests operation=Sessions.retrieve outcome=ok": 1,
        "managed_agents_requests operation=Sessions.retrieve outcome=NotFound": 1,
        "managed_agents_requests operation=Sessions.retrieve outcome=interrupted": 1,
        "managed_agents_requests operation=Events.stream outcome=ok": 1,
        "managed_agents_retries error=ServerError operation=Sessions.retrieve": 1,
        "managed_agents_retries error=TransportError operation=Sessions.retrieve": 1,
        "managed_agents_events operation=Events.stream": 3
      })
    }).pipe(Effect.tagMetrics("test", "a"), Effect.provide(stub.client()))
  })
})

describe("an endpoint of one's own", () => {
  const Agent = Schema.Struct({ type: Schema.Literal("agent"), id: Schema.String })
  const read = Endpoint.get("Agents.retrieve", "/v1/agents/{agent_id}", Agent, {
    query: Schema.Struct({ version: Schema.optional(Schema.NumberFromString) })
  })

  it.effect("is called like those of the library", () => {
    const stub = Stub.make([Stub.json({ type: "agent", id: "agent_1" }), Stub.json({ type: "agent" })])
    return Effect.gen(function*() {
      const api = yield* ApiClient.ApiClient
      const agent = yield* api.call(read, { path: { agent_id: "agent_1" }, query: { version: 3 } })
      assert.strictEqual(agent.id, "agent_1")
      assert.strictEqual(stub.sent[0]?.url.href, "https://api.anthropic.com/v1/agents/agent_1?version=3")
      const error = yield* Effect.flip(api.call(read, { path: { agent_id: "agent_1" } }))
      assert.include(error.message, "id: is missing")
    }).pipe(Effect.provide(stub.client()))
  })
})
