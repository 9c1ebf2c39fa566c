/** From the bytes of a response body to typed events. What is above (requests, retries, scopes) is in `Events.test.ts`. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { ApiError } from "../src/ApiError.ts"
import { StreamEvent } from "../src/Event.ts"
import * as eventStream from "../src/internal/stream/eventStream.ts"
import * as pull from "../src/internal/stream/pull.ts"
import * as Sse from "../src/Sse.ts"
import { cut, cuts } from "./utils/bytes.ts"

const encoder = new TextEncoder()

const secret = "sk-very-secret"

interface Options {
  readonly maxEventSize?: number
  readonly onEvents?: (count: number) => void
}

const decode = (options: Options = {}) => {
  const decoded = eventStream.decode({
    operation: "Events.stream",
    requestId: "req_1",
    schema: StreamEvent,
    maxEventSize: 10_000,
    scrub: (text) => text.replaceAll(secret, "<redacted>"),
    onEvents: () => {},
    ...options
  })
  return <E, R>(bytes: Stream.Stream<Uint8Array, E, R>) => pull.toStream(Effect.map(pull.fromStream(bytes), decoded))
}

interface Run {
  readonly events: ReadonlyArray<StreamEvent>
  /** The failure that ended the stream; `undefined` after a clean end. A defect is thrown. */
  readonly error: ApiError | undefined
}

/** What is delivered until the stream ends, and how it ends. */
const run = <E>(bytes: Stream.Stream<Uint8Array, E>, options?: Options): Effect.Effect<Run> =>
  Effect.suspend(() => {
    const events: Array<StreamEvent> = []
    return bytes.pipe(
      decode(options),
      Stream.runForEach((event) => Effect.sync(() => events.push(event))),
      Effect.match({
        onFailure: (error): Run => ({ events, error }),
        onSuccess: (): Run => ({ events, error: undefined })
      })
    )
  })

/** Bytes that arrive piece by piece. */
const arriving = (pieces: Iterable<Uint8Array>) => Stream.rechunk(Stream.fromIterable(pieces), 1)

const runText = (text: string, options?: Options) => run(Stream.make(encoder.encode(text)), options)

const message = (id: string, text = "Hello") => ({
  type: "agent.message",
  id,
  processed_at: "2026-03-15T10:00:00Z",
  content: [{ type: "text", text }]
})

const idle = (id: string) => ({
  type: "session.status_idle",
  id,
  processed_at: "2026-03-15T10:00:01.5Z",
  stop_reason: { type: "end_turn" }
})

const delta = (event_id: string) => ({
  type: "event_delta",
  event_id,
  delta: { type: "content_delta", index: 0, content: { type: "text", text: "👋🏽" } }
})

const future = (id: string) => ({ type: "agent.daydream", id, about: ["électric", { sheep: 3 }] })

type Json = Readonly<Record<string, unknown>>

/** A frame named by the type of its event, by something else, or (`null`) not at all. */
const frame = (value: Json, name: string | null = String(value["type"])) =>
  Sse.encode({ event: name ?? undefined, data: JSON.stringify(value) })

const json: FastCheck.Arbitrary<Json> = FastCheck.tuple(
  FastCheck.constantFrom(message, idle, delta, future),
  FastCheck.string({ minLength: 1, maxLength: 8, unit: "grapheme" }),
  FastCheck.dictionary(FastCheck.constantFrom("new_field", "other"), FastCheck.jsonValue(), { maxKeys: 1 })
).map(([make, id, more]) => JSON.parse(JSON.stringify({ ...make(id), ...more })))

const skipped = FastCheck.constantFrom(
  "",
  ": heartbeat\n\n",
  "event: ping\ndata: {\"type\": \"ping\"}\n\n",
  "event: ping\ndata: pong\n\n",
  "data: {\"type\": \"ping\"}\n\n",
  "event: agent.message\ndata:\n\n",
  "event: agent.message\n\n"
)

const traffic = FastCheck.record({
  events: FastCheck.array(
    FastCheck.tuple(json, FastCheck.constantFrom("its own", "message", null, "agent.thinking"), skipped),
    { maxLength: 8 }
  ),
  lineEnd: FastCheck.constantFrom("\n", "\r\n", "\r"),
  mark: FastCheck.boolean(),
  cuts
})

const bytesOf = (
  { events, lineEnd, mark }: (typeof traffic) extends FastCheck.Arbitrary<infer Traffic> ? Traffic : never
) => {
  const text = events.map(([value, name, skipped]) =>
    `${skipped}${frame(value, name === "its own" ? String(value["type"]) : name)}`
  ).join("")
  return encoder.encode(`${mark ? "\ufeff" : ""}${text.replaceAll("\n", lineEnd)}`)
}

describe("eventStream", () => {
  it.effect.prop(
    "delivers every event as it was sent, however the bytes are cut",
    { traffic },
    ({ traffic }) =>
      Effect.gen(function*() {
        const bytes = arriving(cut(bytesOf(traffic), traffic.cuts))
        const { error, events } = yield* run(bytes)
        assert.isUndefined(error)
        assert.deepStrictEqual(events as ReadonlyArray<unknown>, traffic.events.map(([value]) => value))
      })
  )

  it.effect.prop(
    "answers damage with events that are valid and a failure that is typed",
    { traffic, at: FastCheck.nat(), byte: FastCheck.nat(255), length: FastCheck.nat(3) },
    ({ at, byte, length, traffic }) =>
      Effect.gen(function*() {
        const whole = bytesOf(traffic)
        const start = at % (whole.length + 1)
        const damaged = Uint8Array.of(
          ...whole.subarray(0, start),
          ...new Uint8Array(length % 3).fill(byte),
          ...whole.subarray(start + length)
        )
        const { error, events } = yield* run(arriving(cut(damaged, traffic.cuts)))
        assert.isTrue(Schema.is(Schema.Array(StreamEvent))(events))
        if (error !== undefined) assert.strictEqual(error._tag, "MalformedResponse")
      })
  )

  it.effect("goes by the type in the data, not by the name of the frame", () =>
    Effect.gen(function*() {
      const sent = [message("a"), message("b"), message("c"), message("d")]
      const names = ["agent.message", "message", null, "session.status_idle"]
      const { error, events } = yield* runText(sent.map((value, i) => frame(value, names[i])).join(""))
      assert.isUndefined(error)
      assert.deepStrictEqual(events as ReadonlyArray<unknown>, sent)
    }))

  it.effect("ends when the bytes end, without the frame that was not finished", () =>
    Effect.gen(function*() {
      const { error, events } = yield* runText(`${frame(message("a"))}${frame(message("b")).trimEnd()}\n`)
      assert.isUndefined(error)
      assert.deepStrictEqual(events as ReadonlyArray<unknown>, [message("a")])
    }))

  describe("an error frame", () => {
    const failure = (type: string, message = "It broke.", more = {}) => ({
      type: "error",
      error: { type, message, ...more },
      request_id: "req_2"
    })

    it.effect.each([
      { type: "overloaded_error", tag: "Overloaded" },
      { type: "rate_limit_error", tag: "RateLimited" },
      { type: "api_error", tag: "ServerError" },
      { type: "authentication_error", tag: "Unauthorized" },
      { type: "permission_error", tag: "Forbidden" },
      { type: "not_found_error", tag: "NotFound" },
      { type: "invalid_request_error", tag: "InvalidRequest" },
      { type: "error_of_the_future", tag: "ServerError" }
    ])("$type fails the stream with $tag, after the events before it", ({ tag, type }) =>
      Effect.gen(function*() {
        for (const name of ["error", null]) {
          const text = `${frame(message("a"))}${frame(failure(type), name)}${frame(message("b"))}`
          const { error, events } = yield* runText(text)
          assert.deepStrictEqual(events as ReadonlyArray<unknown>, [message("a")])
          assert.strictEqual(error?._tag, tag)
          assert.include(String(error?.message), "It broke.")
        }
      }))

    it.effect("keeps what the service said, without secrets", () =>
      Effect.gen(function*() {
        const { error } = yield* runText(
          frame(failure("overloaded_error", `Not with ${secret}`, { details: { error_code: "too_much" } }))
        )
        assert.deepInclude(error, {
          operation: "Events.stream",
          type: "overloaded_error",
          errorCode: "too_much",
          requestId: "req_2",
          detail: "Not with <redacted>"
        })
      }))

    it.effect("need not be JSON", () =>
      Effect.gen(function*() {
        const { error } = yield* runText(Sse.encode({ event: "error", data: "upstream went away" }))
        assert.deepInclude(error, { _tag: "ServerError", requestId: "req_1", detail: "upstream went away" })
      }))

    it.effect("is not what a session.error event is", () =>
      Effect.gen(function*() {
        const value = {
          type: "session.error",
          id: "a",
          processed_at: "2026-03-15T10:00:00Z",
          error: { type: "model_overloaded_error", message: "Busy.", retry_status: { type: "retrying" } }
        }
        const { error, events } = yield* runText(frame(value))
        assert.isUndefined(error)
        assert.deepStrictEqual(events as ReadonlyArray<unknown>, [value])
      }))
  })

  describe("what is malformed", () => {
    it.effect("fails the stream after the events before it, and ends it", () =>
      Effect.gen(function*() {
        const bad = { ...message("b"), content: [{ type: "text", text: "fine" }, { type: "text" }] }
        const { error, events } = yield* runText(frame(message("a")) + frame(bad) + frame(message("c")))
        assert.deepStrictEqual(events as ReadonlyArray<unknown>, [message("a")])
        assert.strictEqual(error?._tag, "MalformedResponse")
        if (error?._tag !== "MalformedResponse") return
        assert.strictEqual(error.operation, "Events.stream")
        assert.strictEqual(error.requestId, "req_1")
        assert.strictEqual(error.eventId, "b")
        assert.deepStrictEqual(error.issues.map((issue) => issue.path), ["content.1.text"])
        assert.include(error.excerpt, "agent.message")
      }))

    it.effect.each([
      "{\"type\": \"agent.message\"",
      "pong",
      "17",
      "null",
      "\"agent.message\"",
      "[]",
      "{}",
      "{\"type\": 7}",
      "{\"type\": \"agent.message\"}"
    ])("is %s", (data) =>
      Effect.gen(function*() {
        const { error, events } = yield* runText(`${frame(message("a"))}data: ${data}\n\n`)
        assert.deepStrictEqual(events as ReadonlyArray<unknown>, [message("a")])
        assert.strictEqual(error?._tag, "MalformedResponse")
        if (error?._tag === "MalformedResponse") assert.isNotEmpty(error.issues)
      }))

    it.effect("is shown in part and without secrets", () =>
      Effect.gen(function*() {
        for (
          const data of [JSON.stringify({ ...idle(secret), stop_reason: secret, pad: "x".repeat(5000) }), `${secret}{`]
        ) {
          const { error } = yield* runText(Sse.encode({ data }))
          assert.strictEqual(error?._tag, "MalformedResponse")
          if (error?._tag !== "MalformedResponse") return
          assert.isBelow(error.excerpt.length, 700)
          assert.notInclude(JSON.stringify(error) + String(error) + error.message, secret)
        }
      }))

    it.effect("is an event that is too large, finished or not", () =>
      Effect.gen(function*() {
        const large = frame(message("b", "x".repeat(2000)))
        for (const text of [large, large.slice(0, 1500)]) {
          const { error, events } = yield* runText(frame(message("a")) + text, { maxEventSize: 1000 })
          assert.deepStrictEqual(events as ReadonlyArray<unknown>, [message("a")])
          assert.strictEqual(error?._tag, "MalformedResponse")
          assert.include(error?.message, "1000 characters")
        }
        const many = Array.from({ length: 20 }, (_, i) => message(String(i)))
        const { error, events } = yield* runText(many.map((value) => frame(value)).join(""), { maxEventSize: 1000 })
        assert.isUndefined(error)
        assert.lengthOf(events, 20)
      }))
  })

  it.effect("a transport that breaks interrupts the stream, after what had arrived", () =>
    Effect.gen(function*() {
      const broken = new TypeError("terminated", { cause: new Error(`other side closed ${secret}`) })
      const { error, events } = yield* run(
        Stream.concat(Stream.make(encoder.encode(`${frame(message("a"))}data: {`)), Stream.fail(broken))
      )
      assert.deepStrictEqual(events as ReadonlyArray<unknown>, [message("a")])
      assert.deepInclude(error, {
        _tag: "StreamInterrupted",
        operation: "Events.stream",
        requestId: "req_1",
        detail: "terminated: other side closed <redacted>"
      })
    }))

  it.effect("tells how many events came, chunk by chunk", () =>
    Effect.gen(function*() {
      const counts: Array<number> = []
      const pieces = [
        frame(message("a")) + frame(message("b")),
        ": heartbeat\n\n",
        `${frame(message("c"))}data: pong\n\n`
      ]
      yield* run(arriving(pieces.map((text) => encoder.encode(text))), { onEvents: (count) => counts.push(count) })
      assert.deepStrictEqual(counts, [2, 1])
    }))

  describe("the source", () => {
    /** Pieces of one event each, and what the consumer makes of them. */
    const source = () => {
      const seen = { pulled: 0, runs: 0, released: 0 }
      const bytes = Stream.unwrapScoped(Effect.map(
        Effect.acquireRelease(
          Effect.sync(() => seen.runs++),
          () => Effect.sync(() => seen.released++)
        ),
        () => Stream.repeatEffect(Effect.sync(() => encoder.encode(frame(message(String(++seen.pulled))))))
      ))
      return { seen, bytes }
    }

    it.effect("is pulled as the consumer asks, and released when it stops asking", () =>
      Effect.gen(function*() {
        const { bytes, seen } = source()
        const events = decode()(bytes)
        assert.deepStrictEqual(seen, { pulled: 0, runs: 0, released: 0 })
        assert.lengthOf(Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(events, 3))), 3)
        assert.deepStrictEqual(seen, { pulled: 3, runs: 1, released: 1 })
      }))

    it.effect("waits while the consumer works", () =>
      Effect.gen(function*() {
        const { bytes, seen } = source()
        const working = yield* Deferred.make<void>()
        const fiber = yield* Effect.fork(
          Stream.runForEach(decode()(bytes), () => Effect.zipRight(Deferred.succeed(working, void 0), Effect.never))
        )
        yield* Deferred.await(working)
        yield* Effect.repeatN(Effect.yieldNow(), 20)
        assert.deepStrictEqual(seen, { pulled: 1, runs: 1, released: 0 })
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(seen.released, 1)
      }))

    it.effect("is released when the consumer fails, and when an event is malformed", () =>
      Effect.gen(function*() {
        const first = source()
        assert.isTrue(
          Exit.isFailure(yield* Effect.exit(Stream.runForEach(decode()(first.bytes), () => Effect.fail("no"))))
        )
        assert.deepStrictEqual(first.seen, { pulled: 1, runs: 1, released: 1 })
        const second = source()
        const bad = Stream.map(second.bytes, () => encoder.encode("data: pong\n\n"))
        assert.strictEqual((yield* run(bad)).error?._tag, "MalformedResponse")
        assert.deepStrictEqual(second.seen, { pulled: 1, runs: 1, released: 1 })
      }))

    it.effect("is run anew, and decoded from its start, every time the stream is run", () =>
      Effect.gen(function*() {
        const text = frame(message("a")) + frame(message("b")).slice(0, 30)
        const events = decode()(Stream.make(encoder.encode(text)))
        for (let i = 0; i < 3; i++) {
          const found = Chunk.toReadonlyArray(yield* Stream.runCollect(events))
          assert.deepStrictEqual(found as ReadonlyArray<unknown>, [message("a")])
        }
      }))

    it.effect("may die, which is not an error of the service", () =>
      Effect.gen(function*() {
        const exit = yield* Effect.exit(run(Stream.die("bug")))
        assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
      }))
  })
})
