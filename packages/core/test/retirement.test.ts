/** Sessions that end, are found and are joined through gateways: what those answer decides nothing about the session. */
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import type { ApiError } from "../src/ApiError.ts"
import * as Conversation from "../src/Conversation.ts"
import { AgentId, EnvironmentId } from "../src/Ids.ts"
import type { Services } from "../src/ManagedAgents.ts"
import * as SessionLifecycle from "../src/SessionLifecycle.ts"
import * as Threads from "../src/Threads.ts"
import { sessionId, threadId } from "./utils/calls.ts"
import * as Stub from "./utils/StubHttpClient.ts"

const html = { "content-type": "text/html" }
const page = (status: number) => Stub.text("<html>Back soon</html>", { status, headers: html })

/** What gateways answer for a moment. */
const foreign: Record<string, Stub.Answer> = {
  "a page with status 200": page(200),
  "a page with status 404": page(404),
  "a 404 without a body": Stub.empty({ status: 404 }),
  "an error of another API with status 404": Stub.json({ error: "not_found" }, { status: 404 }),
  "a login in JSON": Stub.json({ login: "required" }),
  "an error with status 200": Stub.json({ type: "error", error: { type: "not_found_error", message: "gone" } }),
  "an empty object": Stub.json({}),
  "an empty body": Stub.text("", { headers: { "content-type": "application/json" } }),
  "a redirect": Stub.empty({ status: 302, headers: { location: "https://elsewhere.example" } }),
  "a misdirected request": page(421),
  "a request that was closed": page(499),
  "a gateway that finds no server": page(523)
}

const session = (fields: object) => ({ ...Object(Stub.documented("Sessions.retrieve")), id: sessionId, ...fields })
const idle = session({ status: "idle", archived_at: null })

/** The tag of the error, or the value, after some virtual time. */
const outcome = <A>(effect: Effect.Effect<A, ApiError, Services>, answer: Stub.Answer) => {
  const stub = Stub.make(answer)
  return Effect.gen(function*() {
    const fiber = yield* Effect.fork(Effect.either(effect))
    yield* TestClock.adjust("3 minutes")
    const result = yield* Fiber.join(fiber)
    return {
      sent: stub.sent.map(({ method, url }) => `${method} ${url.pathname.replace(/^\/v1\/sessions/, "")}`),
      result: result._tag === "Left" ? result.left._tag : result.right
    }
  }).pipe(Effect.provide(stub.client()))
}

describe.each(["archive", "delete"] as const)("retire by %s", (by) => {
  const done = by === "archive"
    ? Stub.json({ ...idle, status: "terminated", archived_at: "2026-03-15T10:00:00Z" })
    : Stub.json({ type: "session_deleted", id: sessionId })
  const last = by === "archive" ? "POST /sesn_1/archive" : "DELETE /sesn_1"

  for (const [name, answer] of Object.entries(foreign)) {
    it.effect(`goes on after ${name}, whatever request meets it`, () =>
      Effect.gen(function*() {
        for (const place of ["the look", "the end"]) {
          let left = 1
          let isRetired = false
          const { result, sent } = yield* outcome(SessionLifecycle.retire(sessionId, { by }), (request) => {
            const isEnd = request.method !== "GET"
            if (isEnd === (place === "the end") && left-- > 0) return answer(request)
            if (!isEnd) return Stub.json(idle)(request)
            isRetired = true
            return done(request)
          })
          assert.isUndefined(result, place)
          assert.isTrue(isRetired, place)
          assert.strictEqual(sent.at(-1), last)
        }
      }))

    it.effect(`does not take ${name} for the end, however often it comes`, () =>
      Effect.gen(function*() {
        const { result } = yield* outcome(SessionLifecycle.retire(sessionId, { by }), answer)
        assert.oneOf<unknown>(result, ["MalformedResponse", "NotFound", "UnexpectedStatus", "ServerError"])
      }))
  }

  it.effect("is done if the session is gone, also at the last moment", () =>
    Effect.gen(function*() {
      const gone = Stub.apiError(404, "not_found_error", "No such session")
      assert.isUndefined((yield* outcome(SessionLifecycle.retire(sessionId, { by }), gone)).result)
      const late = yield* outcome(
        SessionLifecycle.retire(sessionId, { by }),
        (request) => (request.method === "GET" ? page(404) : gone)(request)
      )
      assert.isUndefined(late.result)
    }))
})

describe("createOnce", () => {
  const create = SessionLifecycle.createOnce(
    { agent: AgentId.make("agent_1"), environment_id: EnvironmentId.make("env_1") },
    { key: "k" }
  )
  for (const [name, answer] of Object.entries(foreign)) {
    it.effect(`finds the session that was created behind ${name}`, () =>
      Effect.gen(function*() {
        const created = session({ metadata: { [SessionLifecycle.onceKey]: "k" } })
        let isCreated = false
        const { result, sent } = yield* outcome(create, (request) => {
          if (request.method === "GET") return Stub.json({ data: isCreated ? [created] : [] })(request)
          isCreated = true
          return answer(request)
        })
        assert.deepStrictEqual(result, created)
        assert.lengthOf(sent.filter((one) => one.startsWith("POST")), 1)
      }))

    it.effect(`creates nothing while ${name} is all that the list says`, () =>
      Effect.gen(function*() {
        const { result, sent } = yield* outcome(create, answer)
        assert.oneOf<unknown>(result, ["MalformedResponse", "NotFound", "UnexpectedStatus", "ServerError"])
        assert.isEmpty(sent.filter((one) => one.startsWith("POST")))
      }))
  }
})

describe("join", () => {
  for (const [name, answer] of Object.entries(foreign)) {
    it.effect(`goes on after ${name} in place of the history`, () =>
      Effect.gen(function*() {
        const at = "2026-03-15T10:00:00Z"
        const events = [
          { id: "sevt_1", type: "session.status_running", processed_at: at },
          { id: "sevt_2", type: "session.status_idle", processed_at: at, stop_reason: { type: "end_turn" } }
        ]
        let left = 1
        const { result } = yield* outcome(Conversation.join(sessionId), (request) => {
          if (left-- > 0) return answer(request)
          const { pathname, search } = new URL(request.url)
          if (pathname.endsWith("/stream")) return Stub.sse(Stream.never)(request)
          if (!pathname.endsWith("/events")) return Stub.json(idle)(request)
          return Stub.json({ data: search.includes("order=desc") ? events.toReversed() : events })(request)
        })
        assert.strictEqual(typeof result === "string" ? result : result._tag, "EndTurn")
      }))
  }
})

describe("the children of a session that is followed from now on", () => {
  const thread = {
    ...Object(Stub.documented("Threads.retrieve")),
    id: threadId,
    parent_thread_id: "sthr_0",
    archived_at: null,
    status: "running"
  }
  const failing: Record<string, Stub.Answer> = {
    ...foreign,
    "a rate limit": Stub.apiError(429, "rate_limit_error", "slow", { "retry-after": "1" }),
    "no network": Stub.fail(Stub.connectionReset())
  }
  for (const [name, answer] of Object.entries(failing)) {
    it.effect(`are found after ${name} in place of their list`, () =>
      Effect.gen(function*() {
        let left = 4
        const read = Effect.flatMap(Threads.Threads, (_) =>
          _.followAll(sessionId, { from: "now" }).pipe(
            Stream.filter(({ threadId: id, update }) => id === threadId && update._tag === "CaughtUp"),
            Stream.take(1),
            Stream.runCollect,
            Effect.map(Chunk.size)
          ))
        const { result } = yield* outcome(read, (request) => {
          const { pathname } = new URL(request.url)
          if (pathname.endsWith("/stream")) return Stub.sse(Stream.never)(request)
          if (pathname.endsWith("/events")) return Stub.json({ data: [] })(request)
          if (pathname.endsWith("/threads")) return (left-- > 0 ? answer : Stub.json({ data: [thread] }))(request)
          return Stub.json(pathname.includes("/threads/") ? thread : idle)(request)
        })
        assert.strictEqual(result, 1)
      }))
  }
})
