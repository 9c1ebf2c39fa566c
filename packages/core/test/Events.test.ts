/** Live streams, of sessions and of threads, from the response head on. */
import { assert, describe, it } from "@effect/vitest"
import { assertSome } from "@effect/vitest/utils"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import type { ApiError } from "../src/ApiError.ts"
import * as Events from "../src/Events.ts"
import type { Services } from "../src/ManagedAgents.ts"
import * as Threads from "../src/Threads.ts"
import { sessionId, threadId } from "./utils/calls.ts"
import * as Stub from "./utils/StubHttpClient.ts"

interface Source {
  readonly name: string
  readonly open: Effect.Effect<Stream.Stream<object, ApiError>, ApiError, Services | Scope.Scope>
  readonly stream: Stream.Stream<object, ApiError, Services>
}

const sources: ReadonlyArray<Source> = [
  {
    name: "Events",
    open: Effect.flatMap(Events.Events, (events) => events.open(sessionId)),
    stream: Stream.unwrap(Effect.map(Events.Events, (events) => events.stream(sessionId)))
  },
  {
    name: "Threads",
    open: Effect.flatMap(Threads.Threads, (threads) => threads.open(sessionId, threadId)),
    stream: Stream.unwrap(Effect.map(Threads.Threads, (threads) => threads.stream(sessionId, threadId)))
  }
]

const event = (id: string) => ({ type: "span.model_request_start", id, processed_at: "2026-03-15T10:00:00Z" })

/** A server whose events the test sends, and which notices when its client has gone. */
const server = Effect.gen(function*() {
  const queue = yield* Queue.unbounded<string>()
  let running = false
  const pieces = Stream.fromQueue(queue).pipe(
    Stream.onStart(Effect.sync(() => running = true)),
    Stream.ensuring(Effect.sync(() => running = false))
  )
  const stub = Stub.make([Stub.sse(pieces, { "request-id": "req_1" })])
  return {
    client: stub.client(),
    send: (text: string) => Queue.offer(queue, text),
    end: Queue.shutdown(queue),
    /** Whether the body is being read. */
    isRead: () => running,
    /** Whether the client holds the connection. */
    isHeld: () => stub.sent[0]?.signal.aborted === false
  }
})

describe.each(sources)("$name", ({ name, open, stream }) => {
  it.scoped("open succeeds at the head, before any event", () =>
    Effect.gen(function*() {
      const { client, isHeld, isRead, send } = yield* server
      yield* Effect.gen(function*() {
        const events = yield* open
        assert.isTrue(isHeld())
        assert.isFalse(isRead())
        yield* send(Stub.frame(event("a")))
        assertSome(yield* Stream.runHead(events), event("a"))
        assert.isFalse(isHeld())
      }).pipe(Effect.provide(client))
    }))

  it.scoped("releases the connection that is never read when the scope closes", () =>
    Effect.gen(function*() {
      const { client, isHeld } = yield* server
      const scope = yield* Scope.make()
      yield* Effect.asVoid(Scope.extend(open, scope)).pipe(Effect.provide(client))
      assert.isTrue(isHeld())
      yield* Scope.close(scope, Exit.void)
      assert.isFalse(isHeld())
    }))

  it.scoped("releases the connection when the reader is interrupted", () =>
    Effect.gen(function*() {
      const { client, isHeld, isRead, send } = yield* server
      const seen = yield* Deferred.make<void>()
      const events = yield* Effect.provide(open, client)
      const fiber = yield* Effect.fork(Stream.runForEach(events, () => Deferred.succeed(seen, undefined)))
      yield* send(Stub.frame(event("a")))
      yield* Deferred.await(seen)
      assert.isTrue(isHeld() && isRead())
      yield* Fiber.interrupt(fiber)
      assert.isFalse(isHeld() || isRead())
    }))

  it.scoped("releases the connection when the opening is interrupted", () =>
    Effect.gen(function*() {
      const stub = Stub.make([Stub.never])
      const fiber = yield* Effect.fork(Effect.provide(open, stub.client()))
      yield* Effect.repeat(Effect.yieldNow(), { until: () => stub.sent.length > 0 })
      yield* Fiber.interrupt(fiber)
      assert.isTrue(stub.sent[0]?.signal.aborted)
    }))

  it.effect("can be interrupted while a page in its place is read", () => {
    const stub = Stub.make([Stub.body(Stream.never, { headers: { "content-type": "text/html" } })])
    return Effect.gen(function*() {
      const fiber = yield* Effect.fork(Effect.scoped(open))
      yield* Effect.repeat(Effect.yieldNow(), { until: () => stub.sent.length > 0 })
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      assert.isTrue(stub.sent[0]?.signal.aborted)
    }).pipe(Effect.provide(stub.client()))
  })

  it.scoped("releases the connection when it has what it wanted", () =>
    Effect.gen(function*() {
      const { client, isHeld, send } = yield* server
      yield* send(Stub.frame(event("a")))
      assert.deepStrictEqual(
        Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(stream, 1)).pipe(Effect.provide(client))),
        [event("a")]
      )
      assert.isFalse(isHeld())
    }))

  it.scoped("ends with the response, without a failure", () =>
    Effect.gen(function*() {
      const { client, end, isHeld, send } = yield* server
      const events = yield* Effect.provide(open, client)
      const fiber = yield* Effect.fork(Stream.runCount(events))
      yield* send(Stub.frame(event("a")) + Stub.frame(event("b")))
      yield* send(Stub.frame(event("c")))
      yield* TestClock.adjust("1 second")
      yield* end
      assert.strictEqual(yield* Fiber.join(fiber), 3)
      assert.isFalse(isHeld())
    }))

  const failures = [
    ["a broken connection", Stub.breaks("other side closed"), "StreamInterrupted"],
    [
      "an error frame",
      Stream.make(`event: error\ndata: {"error":{"type":"overloaded_error","message":"Busy"}}\n\n`),
      "Overloaded"
    ],
    ["a malformed event", Stream.make(Stub.frame({ ...event("b"), processed_at: 1 } as never)), "MalformedResponse"]
  ] as const

  it.effect.each(failures)(
    "fails after %s, with what came before it, and releases the connection",
    ([, rest, tag]) => {
      const stub = Stub.make([
        Stub.sse(Stream.concat(Stream.make(Stub.frame(event("a"))), rest), { "request-id": "req_1" })
      ])
      const seen: Array<unknown> = []
      return Effect.gen(function*() {
        const error = yield* Effect.flip(Stream.runForEach(stream, (event) => Effect.sync(() => seen.push(event))))
        assert.strictEqual(error._tag, tag)
        assert.deepStrictEqual(seen, [event("a")])
        assert.strictEqual("requestId" in error ? error.requestId : undefined, "req_1")
        assert.isTrue(error.message.startsWith(`${name}.stream`))
        assert.isTrue(stub.sent[0]?.signal.aborted)
      }).pipe(Effect.provide(stub.client()))
    }
  )

  it.effect("open fails when the service refuses", () => {
    const stub = Stub.make([Stub.apiError(404, "not_found_error", "Session not found")])
    return Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.scoped(open))
      assert.strictEqual(error._tag, "NotFound")
      assert.isTrue(stub.sent[0]?.signal.aborted)
    }).pipe(Effect.provide(stub.client()))
  })

  it.effect.each([["text/html"], ["application/json"], [undefined]])("open fails when it gets %s", ([type]) => {
    const stub = Stub.make([Stub.text("<html>", { headers: type === undefined ? {} : { "content-type": type } })])
    return Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.scoped(open))
      assert.strictEqual(error._tag, "MalformedResponse")
      assert.include(error.message, `expected an event stream, got content type ${type ?? "(none)"}`)
    }).pipe(Effect.provide(stub.client()))
  })

  it.effect("attaches anew on every run", () => {
    const stub = Stub.make(Stub.sse(Stream.make(Stub.frame(event("a")))))
    return Effect.gen(function*() {
      assert.strictEqual(yield* Stream.runCount(stream), 1)
      assert.strictEqual(yield* Stream.runCount(stream), 1)
      assert.lengthOf(stub.sent, 2)
    }).pipe(Effect.provide(stub.client()))
  })

  it.scoped("leaves nothing in the scope of a program that reconnects", () =>
    Effect.gen(function*() {
      const stub = Stub.make(Stub.sse(Stream.make(Stub.frame(event("a")))))
      const failing = Stub.make(Stub.apiError(400, "invalid_request_error", "No"))
      const scope = yield* Scope.make()
      // a scope's finalizers are its own business; how many there are is what this is about
      const finalizers = () =>
        (scope as unknown as { readonly state: { readonly finalizers: Map<unknown, unknown> } }).state.finalizers.size
      yield* Effect.repeatN(
        Effect.flatMap(open, Stream.runDrain).pipe(Scope.extend(scope), Effect.provide(stub.client())),
        9
      )
      yield* Effect.repeatN(Effect.flip(Scope.extend(open, scope)).pipe(Effect.provide(failing.client())), 9)
      assert.strictEqual(finalizers(), 0)
    }))
})
