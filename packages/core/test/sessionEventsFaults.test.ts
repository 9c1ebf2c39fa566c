/** A program that follows `SessionEvents` through proxies: what is not the server's is neither an update nor the end. */
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import type { ApiError } from "../src/ApiError.ts"
import * as SessionEvents from "../src/SessionEvents.ts"
import * as Sse from "../src/Sse.ts"
import * as Stub from "./utils/StubHttpClient.ts"

const message = (id: string) => ({
  _tag: "Event",
  event: { id, type: "agent.message", processed_at: "2026-03-15T10:00:00Z", content: [{ type: "text", text: id }] },
  state: "processed"
})
const update = (id: string) => Sse.encode({ id, data: JSON.stringify(message(id)) })
const end = Sse.encode({ event: "end", id: "end", data: "{\"reason\":\"archived\"}" })
const frames = (...texts: ReadonlyArray<string>) => Stub.sse(Stream.fromIterable(texts))
const html = { "content-type": "text/html" }

/** Reads to the end through the answers, and gives the updates by their ids, and what was asked for. */
const read = (answers: ReadonlyArray<Stub.Answer>) => {
  const stub = Stub.make(answers)
  return Effect.gen(function*() {
    const fiber = yield* Effect.fork(Effect.either(Stream.runCollect(SessionEvents.follow("http://app/events"))))
    yield* TestClock.adjust("10 minutes")
    const result = yield* Fiber.join(fiber)
    return {
      got: result._tag === "Left"
        ? result.left._tag
        : Chunk.toReadonlyArray(result.right).map((one) => one._tag === "Ended" ? one.reason : one.lastEventId),
      from: stub.sent.map(({ headers }) => headers["last-event-id"]),
      sent: stub.sent
    }
  }).pipe(Effect.provide(stub.network))
}

const half = update("b").slice(0, 40)
const error = "{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"read error\"}}"

/** What comes on the first connection behind its first update. */
const damages: Record<string, string> = {
  "an update that breaks off": half,
  "an update that breaks off and is closed by a blank line": `${half}\n\n`,
  "an error of a gateway behind half an update": `${half}\ndata: ${error}\n\n`,
  "an error of a gateway": `data: ${error}\n\n`,
  "an error by name, which is no JSON": "event: error\ndata: upstream gone\n\n",
  "a page behind the updates": "<html>\n\n",
  "a page as an update": "data: <html>\n\n"
}

/** Frames that keep a connection alive. */
const heartbeats = [
  ": comment\n\n",
  "event: keepalive\ndata: {}\n\n",
  "event: ping\ndata: {}\n\n",
  "data: [DONE]\n\n",
  "data:\n\n"
]

/** What comes in place of the second connection. */
const answers: Record<string, Stub.Answer> = {
  "a page with status 200": Stub.text("<html>", { headers: html }),
  "a page with status 404": Stub.text("<html>", { status: 404, headers: html }),
  "a page with status 502": Stub.text("<html>", { status: 502, headers: html }),
  "JSON in place of events": Stub.json({ login: "required" }),
  "an error with status 200": Stub.json(JSON.parse(error)),
  "no body and no type": Stub.empty(),
  "a redirect": Stub.empty({ status: 302, headers: { location: "https://elsewhere.example" } }),
  "a redirect to nowhere": Stub.empty({ status: 307 }),
  "a request that was closed": Stub.text("<html>", { status: 499, headers: html }),
  "no connection": Stub.fail(Stub.connectionRefused())
}

describe("a program that follows goes on after", () => {
  for (const [name, text] of Object.entries(damages)) {
    it.effect(`${name}, from the last update that was whole`, () =>
      Effect.gen(function*() {
        const { from, got } = yield* read([frames(update("a") + text), frames(update("b"), end)])
        assert.deepStrictEqual(got, ["a", "b", "archived"])
        assert.deepStrictEqual(from, [undefined, "a"])
      }))
  }

  for (const text of heartbeats) {
    it.effect(`a heartbeat: ${JSON.stringify(text)}`, () =>
      Effect.gen(function*() {
        const { from, got } = yield* read([frames(update("a"), text, update("b") + text, end)])
        assert.deepStrictEqual(got, ["a", "b", "archived"])
        assert.lengthOf(from, 1)
      }))
  }

  for (const [name, answer] of Object.entries(answers)) {
    it.effect(`${name} at a reconnect`, () =>
      Effect.gen(function*() {
        const { from, got } = yield* read([frames(update("a")), answer, frames(update("b"), end)])
        assert.deepStrictEqual(got, ["a", "b", "archived"])
        assert.deepStrictEqual(from, [undefined, "a", "a"])
      }))
  }

  it.effect("a gateway again and again, as long as there are updates in between", () =>
    Effect.gen(function*() {
      const page = Stub.text("<html>", { headers: html })
      const ids = Array.from({ length: 6 }, (_, n) => `u${n}`)
      const { got } = yield* read([...ids.flatMap((id) => [page, frames(update(id))]), frames(end)])
      assert.deepStrictEqual(got, [...ids, "archived"])
    }))
})

describe("a program that follows gives up", () => {
  const hopeless: Record<string, readonly [answer: Stub.Answer, tag: ApiError["_tag"], requests: number]> = {
    "a page that stays": [Stub.text("<html>", { headers: html }), "MalformedResponse", 5],
    "a 404 that stays": [Stub.text("", { status: 404 }), "NotFound", 5],
    "a redirect that stays": [Stub.empty({ status: 301 }), "UnexpectedStatus", 5],
    "the API's own 404": [Stub.apiError(404, "not_found_error", "No such session"), "NotFound", 1],
    "a 401": [Stub.text("", { status: 401 }), "Unauthorized", 1],
    "an update that stays damaged": [frames("id: b\ndata: {\n\n"), "MalformedResponse", 5],
    "an update of another shape": [frames("id: b\ndata: {\"_tag\":\"Other\"}\n\n"), "MalformedResponse", 1]
  }
  for (const [name, [answer, tag, requests]] of Object.entries(hopeless)) {
    it.effect(`${name}`, () =>
      Effect.gen(function*() {
        const { got, sent } = yield* read(Array.from({ length: requests }, () => answer))
        assert.strictEqual(got, tag)
        assert.lengthOf(sent, requests)
      }))
  }
})

describe("a connection", () => {
  it.effect("is asked for without compression, and its type may be written in any case", () =>
    Effect.gen(function*() {
      const { got, sent } = yield* read([
        Stub.text(end, { headers: { "content-type": "Text/Event-Stream; charset=utf-8" } })
      ])
      assert.deepStrictEqual(got, ["archived"])
      assert.strictEqual(sent[0]?.headers["accept-encoding"], "identity")
    }))

  it.effect("ends with an update that is too large, not after it", () =>
    Effect.gen(function*() {
      const { from, got } = yield* read([
        frames(`${update("a")}data: ${"x".repeat(10_000_001)}\n\n${update("b")}`, update("c"))
      ])
      assert.strictEqual(got, "MalformedResponse")
      assert.lengthOf(from, 1)
    }))
})

describe("an update", () => {
  it.effect("with a key named __proto__ stays what it is", () =>
    Effect.gen(function*() {
      const input = "{\"__proto__\":{\"isAdmin\":true},\"a\":1}"
      const call = `{"_tag":"Event","state":"processed","event":{"id":"a","type":"agent.tool_use","name":"t",` +
        `"processed_at":"2026-03-15T10:00:00Z","evaluated_permission":"allow","input":${input}}}`
      const stub = Stub.make([frames(`data: ${call}\n\n`, end)])
      const received = yield* SessionEvents.follow("http://app/events").pipe(
        Stream.runCollect,
        Effect.provide(stub.network)
      )
      const [first] = Chunk.toReadonlyArray(received)
      if (first?._tag !== "Received" || first.value._tag !== "Event" || first.value.event.type !== "agent.tool_use") {
        return assert.fail(JSON.stringify(first))
      }
      assert.deepStrictEqual(Object.keys(first.value.event.input), ["__proto__", "a"])
      return assert.isUndefined(first.value.event.input["isAdmin"])
    }))
})
