/** The calls of a worker: what it asks for, with which credential, and what becomes of an item. */
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type { ApiError } from "../src/ApiError.ts"
import * as EnvironmentWorker from "../src/EnvironmentWorker.ts"
import type * as Journal from "../src/Journal.ts"
import * as Workspace from "../src/Workspace.ts"
import * as eagerClock from "./utils/eagerClock.ts"
import * as Stub from "./utils/StubHttpClient.ts"
import * as telemetry from "./utils/telemetry.ts"

const at = "2026-11-01T10:00:00Z"
const token = "sk-ant-req-the-token-of-the-item"
const environmentKey = Redacted.make("sk-ant-oat01-the-key-of-the-environment")

const item = (fields: object = {}) => ({
  type: "work",
  id: "work_1",
  environment_id: "env_1",
  data: { type: "session", id: "sesn_1" },
  state: "queued",
  secret: Encoding.encodeBase64Url(JSON.stringify({ sessions_token: token })),
  metadata: {},
  created_at: at,
  acknowledged_at: null,
  started_at: null,
  latest_heartbeat_at: null,
  stop_requested_at: null,
  stopped_at: null,
  ...fields
})
const alive = { type: "work_heartbeat", last_heartbeat: at, lease_extended: true, state: "active", ttl_seconds: 60 }

const event = (id: string, type: string, fields: object = {}) => ({ id, type, processed_at: at, ...fields })
const history = [
  event("sevt_1", "session.status_running"),
  event("sevt_2", "agent.tool_use", { name: "bash", input: {}, evaluated_permission: "allow" }),
  event("sevt_3", "session.status_idle", {
    stop_reason: { type: "requires_action", event_ids: ["sevt_2"] },
    stop_details: null
  })
]

/** A service with one item whose session waits for `bash`; answers can be changed. */
const service = (answers: { readonly [call: string]: Stub.Answer | ReadonlyArray<Stub.Answer> } = {}) => {
  const counts = new Map<string, number>()
  const usual = (call: string, at: number): Stub.Answer => {
    switch (call) {
      case "poll":
        return Stub.json(at === 0 ? item() : null)
      case "heartbeat":
        return Stub.json(alive)
      case "ack":
      case "stop":
        return Stub.json(item({ secret: null }))
      case "stream":
        return Stub.sse(Stream.repeatEffect(Effect.as(Effect.sleep("15 seconds"), Stub.frame({ type: "ping" }))))
      default:
        return Stub.json({ data: history })
    }
  }
  const answer: Stub.Answer = (request) => {
    const path = new URL(request.url).pathname
    const call = request.method === "POST" && path.endsWith("/events") ? "send" : path.split("/").at(-1) ?? ""
    const at = counts.get(call) ?? 0
    counts.set(call, at + 1)
    const own = answers[call]
    const one = typeof own === "function" ? own : own?.[at]
    if (one !== undefined) return one(request)
    return call === "send" ? Stub.stored(request) : usual(call, at)(request)
  }
  const stub = Stub.make(answer)
  const calls = () =>
    stub.sent.map(({ headers, method, url }) => {
      const name = url.pathname.split("/").at(-1)
      return `${method} ${name} ${headers["authorization"] ?? headers["x-api-key"]}`
    })
  return { ...stub, calls, of: (name: string) => stub.sent.filter(({ url }) => url.pathname.endsWith(`/${name}`)) }
}

const Tools = Toolkit.make(Tool.make("bash"))

const worker = (
  { client }: ReturnType<typeof service>,
  options: EnvironmentWorker.Options = {},
  bash: Effect.Effect<void> = Effect.void
): Effect.Effect<never, ApiError | Journal.MissingJournal> =>
  EnvironmentWorker.run("env_1", Tools, { environmentKey, workerId: "w", ...options }).pipe(
    Effect.provide(Tools.toLayer({ bash: () => bash })),
    Effect.provide(Layer.provideMerge(Workspace.layer, client({ apiKey: Redacted.make("sk-ant-api-key") })))
  )

/** A little more than so many seconds pass. */
const seconds = (n: number) => Effect.sleep(n * 1000 + 10)

const test = <E>(name: string, self: () => Effect.Effect<unknown, E>) =>
  it.live(name, () => Effect.suspend(self).pipe(Effect.withClock(eagerClock.make())))

describe("a worker", () => {
  test("polls with the key of the environment, and does the rest with what came with the item", () =>
    Effect.gen(function*() {
      const queue = service()
      const fiber = yield* Effect.fork(worker(queue))
      yield* seconds(0)
      const key = `Bearer ${Redacted.value(environmentKey)}`
      const calls = queue.calls()
      assert.deepStrictEqual(calls.filter((call) => /ack|heartbeat/.test(call)), [
        `POST ack ${key}`,
        `POST heartbeat Bearer ${token}`
      ])
      assert.sameMembers([...new Set(calls.filter((call) => / (stream|events) /.test(call)))], [
        `GET stream Bearer ${token}`,
        `GET events Bearer ${token}`,
        `POST events Bearer ${token}`
      ])
      const [poll] = queue.of("poll")
      assert.strictEqual(poll?.url.search, "?block_ms=999")
      assert.strictEqual(poll?.headers["anthropic-worker-id"], "w")
      assert.strictEqual(
        queue.of("heartbeat")[0]?.url.search,
        "?desired_ttl_seconds=60&expected_last_heartbeat=NO_HEARTBEAT"
      )
      const sent = queue.sent.filter(({ method, url }) => method === "POST" && url.pathname.endsWith("/events"))
      assert.deepStrictEqual(sent.map(({ body }) => JSON.parse(body ?? "").events[0].tool_use_id), ["sevt_2"])
      yield* Fiber.interruptFork(fiber)
      yield* seconds(31)
    }))

  test("uses the key of the environment where nothing comes with the item", () =>
    Effect.gen(function*() {
      const queue = service({ poll: [Stub.json(item({ secret: "?" }))] })
      const fiber = yield* Effect.fork(worker(queue))
      yield* seconds(0)
      const used = new Set(queue.sent.map(({ headers }) => headers["authorization"]))
      assert.deepStrictEqual([...used], [`Bearer ${Redacted.value(environmentKey)}`])
      yield* Fiber.interruptFork(fiber)
      yield* seconds(31)
    }))

  test("runs nothing before the lease is confirmed, and nothing if another has it", () =>
    Effect.gen(function*() {
      let ran = 0
      const refused = Stub.apiError(412, "precondition_failed_error", "no")
      const queue = service({ heartbeat: [Stub.after("10 seconds", refused)] })
      yield* Effect.fork(worker(queue, {}, Effect.sync(() => ran++)))
      yield* seconds(300)
      assert.strictEqual(ran, 0)
      assert.deepStrictEqual(queue.of("stop"), [])
      assert.strictEqual(queue.of("stream").length, 0)
    }))

  test("interrupts the tools of an item at once when its lease is lost, and sends nothing for it", () =>
    Effect.gen(function*() {
      const ended: Array<Exit.Exit<void>> = []
      const refused = Stub.apiError(412, "precondition_failed_error", "no")
      const queue = service({ heartbeat: [Stub.json(alive), refused] })
      yield* Effect.fork(
        worker(queue, { timeout: "1 hour" }, Effect.onExit(Effect.never, (exit) => Effect.sync(() => ended.push(exit))))
      )
      yield* seconds(19)
      assert.deepStrictEqual(ended, [])
      yield* seconds(1)
      assert.deepStrictEqual(ended.map(Exit.isInterrupted), [true])
      yield* seconds(300)
      assert.deepStrictEqual(queue.calls().filter((call) => /^POST (events|stop)/.test(call)), [])
    }))

  test("goes on with others whatever is wrong with one", () =>
    Effect.gen(function*() {
      const queue = service({
        poll: [
          Stub.json({ type: "work" }),
          Stub.apiError(503, "api_error", "no"),
          Stub.json(item({ id: "work_h", data: { type: "healthcheck", id: "h" } })),
          Stub.json(item({ id: "work_a" })),
          Stub.json(item({ id: "work_b" })),
          Stub.json(null)
        ],
        ack: [Stub.json(item()), Stub.apiError(409, "invalid_request_error", "no")]
      })
      yield* Effect.fork(worker(queue))
      yield* seconds(20)
      const of = (name: string) => queue.of(name).map(({ url }) => url.pathname.split("/").at(-2))
      assert.deepStrictEqual(of("ack"), ["work_h", "work_a", "work_b"])
      assert.deepStrictEqual(of("stop"), ["work_h"])
      assert.deepStrictEqual(of("heartbeat"), ["work_b"])
    }))

  test("stops the item of a session that has nothing to do for a while", () =>
    Effect.gen(function*() {
      const queue = service({ events: Stub.json({ data: [] }) })
      yield* Effect.fork(worker(queue, { maxIdle: "90 seconds" }))
      yield* seconds(89)
      assert.strictEqual(queue.of("stop").length, 0)
      assert.strictEqual(queue.of("heartbeat").length, 5)
      yield* seconds(2)
      assert.deepStrictEqual(queue.of("stop").map(({ body }) => body), [`{"force":true}`])
      yield* seconds(300)
      assert.strictEqual(queue.of("heartbeat").length, 5)
    }))

  test("lets a running tool end when it is interrupted, and gives the item back", () =>
    Effect.gen(function*() {
      const queue = service()
      const fiber = yield* Effect.fork(worker(queue, {}, Effect.sleep("20 seconds")))
      yield* seconds(1)
      yield* Fiber.interruptFork(fiber)
      yield* seconds(18)
      assert.strictEqual(fiber.unsafePoll(), null)
      yield* seconds(1)
      yield* Fiber.await(fiber)
      const last = queue.calls().slice(-2)
      assert.deepStrictEqual(last, [`POST events Bearer ${token}`, `POST heartbeat Bearer ${token}`])
      assert.include(queue.of("heartbeat").at(-1)?.url.search, "desired_ttl_seconds=1&")
    }))

  test("does not let a tool hold it up for longer than its grace", () =>
    Effect.gen(function*() {
      const queue = service()
      const fiber = yield* Effect.fork(
        worker(queue, { grace: "5 seconds" }, Effect.uninterruptible(Effect.sleep("1 hour")))
      )
      yield* seconds(1)
      yield* Fiber.interruptFork(fiber)
      yield* seconds(7)
      assert.isNotNull(fiber.unsafePoll())
    }))

  test("serves as many sessions at a time as it may", () =>
    Effect.gen(function*() {
      const poll = [1, 2, 3].map((n) =>
        Stub.json(item({ id: `work_${n}`, data: { type: "session", id: `sesn_${n}` } }))
      )
      const queue = service({ poll })
      const fiber = yield* Effect.fork(worker(queue, { concurrency: 2 }, Effect.never))
      yield* seconds(60)
      assert.strictEqual(queue.of("ack").length, 2)
      assert.strictEqual(queue.of("poll").length, 2)
      yield* Fiber.interruptFork(fiber)
      yield* seconds(31)
    }))

  test("ends when the service refuses its polls", () =>
    Effect.gen(function*() {
      const queue = service({ poll: Stub.apiError(401, "authentication_error", "no") })
      const error = yield* Effect.flip(worker(queue))
      assert.strictEqual(error._tag, "Unauthorized")
      assert.notInclude(String(error), Redacted.value(environmentKey))
    }))

  test("says what is wrong with its options", () =>
    Effect.gen(function*() {
      const queue = service()
      const error = yield* Effect.flip(worker(queue, { lease: 10, concurrency: 0, grace: "soon" as never }))
      assert.strictEqual(
        error.message,
        "EnvironmentWorker.run was not sent: grace: expected a duration; lease: expected a second or more, and an end; " +
          "concurrency: expected a number above 0"
      )
      assert.deepStrictEqual(queue.sent, [])
      assert.strictEqual((yield* Effect.flip(worker(queue, { journal: "required" })))._tag, "MissingJournal")
    }))

  test("has a span of each item, without its secret, and counts it", () =>
    Effect.gen(function*() {
      const queue = service({ events: Stub.json({ data: [] }) })
      const { spans, tracer } = yield* telemetry.tracer
      yield* Effect.fork(Effect.withTracer(worker(queue, { maxIdle: "10 seconds" }), tracer))
      yield* seconds(30)
      const item = spans.find(({ name }) => name === "EnvironmentWorker.item")
      assert.deepStrictEqual(Object.fromEntries(item?.attributes ?? []), {
        "environment.id": "env_1",
        "session.id": "sesn_1",
        "work.id": "work_1",
        "work.outcome": "idle"
      })
      assert.notInclude(JSON.stringify(spans.map(({ attributes }) => [...attributes])), token)
    }))
})
