import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Queue from "effect/Queue"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as fetchDoor from "../src/internal/http/fetch.ts"
import * as httpClient from "../src/internal/http/httpClient.ts"
import * as fake from "./utils/fake.ts"

const setup = Effect.gen(function*() {
  const server = yield* fake.make
  const client = yield* httpClient.make(server.handle)
  const fetch = yield* fetchDoor.make(server.handle)
  return { server, client, fetch }
})

const url = (path: string) => `http://simulator${path}`

/** As text, chunk by chunk. */
const read = (client: HttpClient.HttpClient, path: string) =>
  Stream.unwrap(Effect.map(client.get(url(path)), (response) => response.stream)).pipe(Stream.decodeText())

describe("SimulatorHttpClient", () => {
  it.scoped("hands over the request as it is on the wire", () =>
    Effect.gen(function*() {
      const { client, server } = yield* setup
      const request = HttpClientRequest.post(url("/echo/a%2Fb%25?statuses[]=idle&x=%20y&x=2"), {
        headers: { "X-Api-Key": "k" },
        body: HttpBody.unsafeJson({ a: "ü" })
      })
      const response = yield* client.execute(request)
      assert.strictEqual(response.status, 404)
      const [seen] = yield* server.requests
      assert.deepStrictEqual(seen?.path, "/echo/a%2Fb%25")
      assert.deepStrictEqual(seen?.query, [["statuses[]", "idle"], ["x", " y"], ["x", "2"]])
      assert.strictEqual(seen?.headers["x-api-key"], "k")
      assert.strictEqual(seen?.headers["content-type"], "application/json")
      assert.strictEqual(seen?.body, "{\"a\":\"ü\"}")
    }))

  it.scoped("takes a body of any kind", () =>
    Effect.gen(function*() {
      const { client, server } = yield* setup
      const bytes = new TextEncoder().encode("grüße")
      const bodies = [
        HttpBody.empty,
        HttpBody.text("grüße"),
        HttpBody.uint8Array(bytes),
        HttpBody.raw("grüße"),
        HttpBody.raw(bytes),
        HttpBody.raw(new URLSearchParams({ a: "b" })),
        // through the middle of a character
        HttpBody.stream(Stream.make(bytes.slice(0, 3), bytes.slice(3)))
      ]
      for (const body of bodies) yield* client.post(url("/echo"), { body })
      const seen = yield* server.requests
      assert.deepStrictEqual(seen.map((r) => r.body), ["", "grüße", "grüße", "grüße", "grüße", "a=b", "grüße"])
    }))

  it.scoped("tells of a body that is no UTF-8, as does the fetch", () =>
    Effect.gen(function*() {
      const { client, fetch, server } = yield* setup
      const body = Uint8Array.of(0x61, 0xff)
      yield* client.post(url("/echo"), { body: HttpBody.uint8Array(body) })
      yield* Effect.promise(() => fetch(url("/echo"), { method: "POST", body }))
      for (const seen of yield* server.requests) assert.deepInclude(seen, { body: "a\ufffd", isUtf8: false })
    }))

  it.scoped("reports a body that cannot be read", () =>
    Effect.gen(function*() {
      const { client, server } = yield* setup
      const error = yield* client.post(url("/echo"), { body: HttpBody.stream(Stream.fail("no")) }).pipe(Effect.flip)
      assert.strictEqual(error._tag, "RequestError")
      assert.strictEqual(error.reason, "Encode")
      assert.deepStrictEqual(yield* server.requests, [])
    }))

  it.scoped("gives the answer in every form", () =>
    Effect.gen(function*() {
      const { client, server } = yield* setup
      const response = yield* client.get(url("/echo"))
      assert.strictEqual(response.status, 200)
      assert.strictEqual(response.headers["request-id"], "req_1")
      const text = yield* response.text
      assert.deepStrictEqual(yield* response.json, JSON.parse(text))
      assert.strictEqual(yield* Stream.mkString(Stream.decodeText(response.stream)), text)
      assert.strictEqual(new TextDecoder().decode(yield* response.arrayBuffer), text)
      assert.strictEqual(yield* server.open, 0)
      const empty = yield* client.get(url("/empty"))
      assert.strictEqual(empty.status, 204)
      assert.strictEqual(yield* empty.text, "")
    }))

  it.scoped("does not share objects with the simulator", () =>
    Effect.gen(function*() {
      const value = { a: 1, gone: undefined as number | undefined }
      const client = yield* httpClient.make(() =>
        Effect.succeed({ status: 200, headers: {}, body: { _tag: "Json", value } })
      )
      const response = yield* client.get(url("/"))
      value.a = 2
      assert.deepStrictEqual(yield* response.json, { a: 1 })
    }))

  it.scoped("has settled after one yield", () =>
    Effect.gen(function*() {
      const { client, server } = yield* setup
      const seen: Array<string> = []
      const live = yield* client.get(url("/live"))
      yield* Effect.forkScoped(Stream.runForEach(live.stream, () => Effect.sync(() => seen.push("event"))))
      // running a stream takes a turn or two of its own
      yield* Effect.yieldNow()
      yield* Effect.yieldNow()
      yield* Queue.offer(server.live, "data: 1\n\n")
      yield* Effect.yieldNow()
      assert.deepStrictEqual(seen, ["event"])
      const fiber = yield* Effect.forkScoped(client.get(url("/echo")))
      yield* Effect.yieldNow()
      assert.isTrue((yield* Fiber.poll(fiber))._tag === "Some")
    }))

  it.scoped("lives in virtual time, on both sides", () =>
    Effect.gen(function*() {
      const { client } = yield* setup
      const slow = yield* Effect.forkScoped(client.get(url("/slow")))
      const at: Array<number> = []
      const ticks = yield* read(client, "/hourly").pipe(
        Stream.tap(() => Effect.sleep("10 minutes")),
        Stream.tap(() => Effect.clockWith((clock) => Effect.map(clock.currentTimeMillis, (now) => at.push(now)))),
        Stream.take(5),
        Stream.runCollect,
        Effect.forkScoped
      )
      yield* TestClock.adjust("10 hours")
      assert.strictEqual((yield* Fiber.join(slow)).status, 200)
      assert.strictEqual(Chunk.size(yield* Fiber.join(ticks)), 5)
      assert.deepStrictEqual(at, [70, 140, 210, 280, 350].map((minutes) => minutes * 60_000))
    }))

  it.scoped("produces nothing that is not asked for", () =>
    Effect.gen(function*() {
      const { client, server } = yield* setup
      const three = yield* read(client, "/count").pipe(Stream.take(3), Stream.runCollect)
      assert.deepStrictEqual(Chunk.toReadonlyArray(three), ["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"])
      assert.strictEqual(yield* server.produced, 3)
      assert.strictEqual(yield* server.open, 0)
    }))

  it.scoped("releases the simulator's end before an interruption returns", () =>
    Effect.gen(function*() {
      const { client, server } = yield* setup
      for (const path of ["/live", "/hourly"]) {
        const response = yield* client.get(url(path))
        const fiber = yield* Effect.forkScoped(Stream.runDrain(response.stream))
        yield* Effect.yieldNow()
        yield* Effect.yieldNow()
        assert.strictEqual(yield* server.open, 1)
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(yield* server.open, 0)
      }
    }))

  it.scoped("interrupts a handler whose caller is interrupted", () =>
    Effect.gen(function*() {
      const { client, server } = yield* setup
      const fiber = yield* Effect.forkScoped(client.get(url("/never")))
      yield* Effect.yieldNow()
      assert.strictEqual(yield* server.open, 1)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(yield* server.open, 0)
    }))

  it.scoped("releases a stream that was never read when the caller's scope closes", () =>
    Effect.gen(function*() {
      const { client, server } = yield* setup
      yield* Effect.scoped(Effect.gen(function*() {
        yield* HttpClient.withScope(client).get(url("/live"))
        assert.strictEqual(yield* server.open, 1)
      }))
      yield* Effect.yieldNow()
      assert.strictEqual(yield* server.open, 0)
    }))

  it.scoped("is never left with an open request, wherever the interruption falls", () =>
    Effect.gen(function*() {
      const { client, server } = yield* setup
      // a scheduler that turns after every few operations, so that the interruption falls between any two of them
      for (let step = 1; step < 300; step++) {
        const fiber = yield* HttpClient.withScope(client).get(url("/live")).pipe(
          Effect.map((response) => response.stream),
          Stream.unwrapScoped,
          Stream.runDrain,
          Effect.withMaxOpsBeforeYield(12 + step % 20),
          Effect.forkScoped
        )
        for (let i = 0; i < step / 20; i++) yield* Effect.yieldNow()
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(yield* server.open, 0, `step ${step}`)
      }
    }))

  it.scoped("closes what is open, and refuses what comes, when the simulator goes", () =>
    Effect.gen(function*() {
      const server = yield* fake.make
      const scope = yield* Scope.make()
      const client = yield* Scope.extend(httpClient.make(server.handle), scope)
      const pending = yield* Effect.forkScoped(Effect.exit(client.get(url("/never"))))
      const response = yield* client.get(url("/live"))
      yield* Effect.yieldNow()
      assert.strictEqual(yield* server.open, 2)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(yield* server.open, 0)
      const exit = yield* Fiber.join(pending)
      assert.isTrue(Exit.isFailure(exit) && Cause.isFailType(exit.cause) && exit.cause.error._tag === "RequestError")
      assert.strictEqual(response.status, 200)
    }))

  it.scoped("keeps the caller's fiber-local state away from the simulator, and the reverse", () =>
    Effect.gen(function*() {
      const ref = FiberRef.unsafeMake("outside")
      const seen: Array<string> = []
      const client = yield* httpClient.make(() =>
        Effect.gen(function*() {
          seen.push(yield* FiberRef.get(ref))
          yield* FiberRef.set(ref, "handler")
          return { status: 200, headers: {}, body: { _tag: "Empty" } }
        })
      )
      yield* FiberRef.set(ref, "caller")
      yield* client.get(url("/"))
      assert.deepStrictEqual(seen, ["outside"])
      assert.strictEqual(yield* FiberRef.get(ref), "caller")
    }))

  it.scoped("does not hide a bug of the simulator", () =>
    Effect.gen(function*() {
      const { client, server } = yield* setup
      const exit = yield* Effect.exit(client.get(url("/defect")))
      assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
      const broken = yield* Effect.exit(Stream.runDrain(read(client, "/breaks")))
      assert.isTrue(Exit.isFailure(broken) && Cause.isDie(broken.cause))
      assert.strictEqual(yield* server.open, 0)
    }))
})

describe("SimulatorFetch", () => {
  it.scoped("answers like a server", () =>
    Effect.gen(function*() {
      const { fetch } = yield* setup
      const response = yield* Effect.promise(() =>
        fetch(url("/echo?a=1"), { method: "POST", headers: { "X-A": "b" }, body: "{}" })
      )
      assert.strictEqual(response.status, 200)
      assert.strictEqual(response.headers.get("request-id"), "req_1")
      const echo: any = yield* Effect.promise(() => response.json())
      assert.strictEqual(echo.method, "POST")
      assert.deepStrictEqual(echo.query, [["a", "1"]])
      assert.strictEqual(echo.headers["x-a"], "b")
      assert.strictEqual(echo.body, "{}")
      const empty = yield* Effect.promise(() => fetch(new globalThis.Request(url("/empty"))))
      assert.strictEqual(yield* Effect.promise(() => empty.text()), "")
    }))

  it.scoped("reads on demand and lets go", () =>
    Effect.gen(function*() {
      const { fetch, server } = yield* setup
      const response = yield* Effect.promise(() => fetch(url("/count")))
      const reader = response.body!.getReader()
      assert.strictEqual(yield* server.produced, 0)
      yield* Effect.promise(() => reader.read())
      yield* Effect.promise(() => reader.read())
      assert.strictEqual(yield* server.produced, 2)
      yield* Effect.promise(() => reader.cancel())
      assert.strictEqual(yield* server.open, 0)
      const two = yield* Effect.promise(() => fetch(url("/two")))
      assert.strictEqual(yield* Effect.promise(() => two.text()), "data: 1\n\ndata: 2\n\n")
      assert.strictEqual(yield* server.open, 0)
    }))

  it.scoped("obeys the signal before the head, while waiting for an event, and when nobody reads", () =>
    Effect.gen(function*() {
      const { fetch, server } = yield* setup
      const rejection = (promise: Promise<unknown>) =>
        Effect.promise(() => promise.then(() => "resolved", (error: unknown) => (error as Error).name))

      const early = new AbortController()
      const pending = fetch(url("/never"), { signal: early.signal })
      yield* Effect.promise(() => Promise.resolve())
      early.abort()
      assert.strictEqual(yield* rejection(pending), "AbortError")
      assert.strictEqual(yield* server.open, 0)

      const waiting = new AbortController()
      const live = yield* Effect.promise(() => fetch(url("/live"), { signal: waiting.signal }))
      const next = live.body!.getReader().read()
      waiting.abort()
      assert.strictEqual(yield* rejection(next), "AbortError")
      assert.strictEqual(yield* server.open, 0)

      const unread = new AbortController()
      yield* Effect.promise(() => fetch(url("/live"), { signal: unread.signal }))
      assert.strictEqual(yield* server.open, 1)
      unread.abort()
      yield* Effect.yieldNow()
      assert.strictEqual(yield* server.open, 0)

      assert.strictEqual(yield* rejection(fetch(url("/echo"), { signal: AbortSignal.abort() })), "AbortError")
    }))

  it.scoped("ends the body when the simulator goes", () =>
    Effect.gen(function*() {
      const server = yield* fake.make
      const scope = yield* Scope.make()
      const fetch = yield* Scope.extend(fetchDoor.make(server.handle), scope)
      const response = yield* Effect.promise(() => fetch(url("/hourly")))
      const text = response.text()
      const pending = fetch(url("/never"))
      yield* Effect.promise(() => Promise.resolve())
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(yield* Effect.promise(() => text), "")
      const error = yield* Effect.promise(() => pending.then(() => undefined, (error: unknown) => error))
      assert.instanceOf(error, TypeError)
    }))

  it.scoped("fails like a broken connection on a bug of the simulator", () =>
    Effect.gen(function*() {
      const { fetch, server } = yield* setup
      const outcome = (promise: Promise<unknown>) =>
        Effect.promise(() => promise.then(() => "resolved", (error: unknown) => String(error)))
      assert.strictEqual(yield* outcome(fetch(url("/defect"))), "TypeError: fetch failed")
      const response = yield* Effect.promise(() => fetch(url("/breaks")))
      assert.strictEqual(yield* outcome(response.text()), "Error: a bug in the stream")
      assert.strictEqual(yield* server.open, 0)
    }))

  it.scoped("leaves nothing open after many readers that stop early", () =>
    Effect.gen(function*() {
      const { fetch, server } = yield* setup
      for (let i = 0; i < 200; i++) {
        const response = yield* Effect.promise(() => fetch(url("/count")))
        yield* Effect.promise(async () => {
          for await (const _ of response.body!) break
        })
      }
      assert.strictEqual(yield* Ref.get(server.open), 0)
    }))
})
