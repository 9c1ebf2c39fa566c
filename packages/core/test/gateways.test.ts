/** Gateways, portals and proxies in front of the service: what they answer is never taken for the service's answer. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Conversation from "../src/Conversation.ts"
import * as Events from "../src/Events.ts"
import * as RateLimit from "../src/RateLimit.ts"
import * as Sessions from "../src/Sessions.ts"
import * as UserEvent from "../src/UserEvent.ts"
import { sessionId } from "./utils/calls.ts"
import { FakeSession, id, json, page } from "./utils/FakeSession.ts"
import * as Stub from "./utils/StubHttpClient.ts"

/** The tag of the result of a turn, or of the error that it fails with. */
const turn = (session: FakeSession) =>
  Conversation.turn(id, "Go", {
    follow: { reconnect: Schedule.spaced("10 millis") },
    delivery: { settle: "50 millis", resends: 0 }
  }).pipe(
    Effect.map((result): string => result._tag),
    Effect.catchAll((error) => Effect.succeed(error._tag)),
    Effect.provide(session.layer)
  )

describe("an answer to events that were sent", () => {
  const answers: Record<string, unknown> = {
    "an error with status 200": { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
    "the login of a portal": { login: "required" },
    "an empty object": {},
    "fewer events than were sent": { data: [] }
  }
  for (const [name, body] of Object.entries(answers)) {
    it.live(`is no acceptance if it is ${name}`, () =>
      Effect.gen(function*() {
        const session = new FakeSession(() => {}, (_, { method }) => method === "POST" ? json(body) : undefined)
        const sent = yield* Effect.flatMap(Events.Events, (events) => events.send(id, UserEvent.message("Pay"))).pipe(
          Effect.flip,
          Effect.provide(session.layer)
        )
        assert.strictEqual(sent._tag, "MalformedResponse")
        assert.strictEqual(yield* turn(session), "MalformedResponse")
      }))
  }

  it.live("is looked for in the list if it cannot be read", () =>
    Effect.gen(function*() {
      const session = new FakeSession((session) => session.finish())
      session.answer = () => json({ login: "required" })
      assert.strictEqual(yield* turn(session), "EndTurn")
      assert.lengthOf(session.posts, 1)
    }))
})

describe("a redirect", () => {
  for (const status of [301, 302, 303, 307, 308]) {
    it.live(`with status ${status} is not followed, and the error says where to`, () =>
      Effect.gen(function*() {
        const seen: Array<string | undefined> = []
        const session = new FakeSession(() => {}, (_, { redirect }) => {
          seen.push(redirect)
          return new Response(null, { status, headers: { location: "https://elsewhere.example/v1" } })
        })
        const error = yield* Effect.flatMap(Sessions.Sessions, (sessions) => sessions.retrieve(id)).pipe(
          Effect.flip,
          Effect.provide(session.layer)
        )
        assert.strictEqual(error._tag, "UnexpectedStatus")
        assert.include(error.message, "https://elsewhere.example/v1")
        assert.deepStrictEqual([...new Set(seen)], ["manual"])
      }))
  }
})

describe("a turn goes on after", () => {
  const broken = "event: agent.message\ndata: {\"id\":\"sevt_9\",\"type\":\"agent.mess"
  const frames: Record<string, string> = {
    "an event that breaks off": broken,
    "an event that breaks off and is closed by a blank line": `${broken}\n\n`,
    "an error of a gateway behind half an event":
      `${broken}\ndata: {"type":"error","error":{"type":"api_error","message":"read error"}}\n\n`,
    "the sentinel of another service": "data: [DONE]\n\n",
    "a heartbeat of a gateway": "event: keepalive\ndata: {}\n\n",
    "an object that is no event": "data: {}\n\n"
  }
  for (const [name, text] of Object.entries(frames)) {
    it.live(name, () =>
      Effect.gen(function*() {
        const session = new FakeSession((session) => {
          session.write(text)
          setTimeout(() => {
            session.cut()
            session.finish()
          }, 20)
        })
        assert.strictEqual(yield* turn(session), "EndTurn")
      }))
  }

  const answers: Record<string, () => Response> = {
    "a page with status 200": () => page(200),
    "a page with status 404": () => page(404),
    "one 404 of the API": () => json({ type: "error", error: { type: "not_found_error", message: "gone" } }, 404),
    "a misdirected request": () => page(421),
    "a request that came too early": () => page(425),
    "a request that was closed": () => page(499),
    "an unknown error of a gateway": () => page(520),
    "a gateway that finds no server": () => page(523),
    "a redirect": () => new Response(null, { status: 302, headers: { location: "https://elsewhere.example" } }),
    "a redirect to nowhere": () => new Response(null, { status: 307 }),
    "a login in JSON": () => json({ login: "required" }),
    "an error with status 200": () => json({ type: "error", error: { type: "api_error", message: "no" } }),
    "no content": () => new Response(null, { status: 204 }),
    "a body that is empty": () => new Response("", { headers: { "content-type": "application/json" } })
  }
  const requests = Object.entries(answers).flatMap(([name, answer]) =>
    (["stream", "list"] as const).map((request) => ({ name, answer, request }))
  )
  for (const { answer, name, request } of requests) {
    it.live(`${name} in place of the ${request} at a reconnect`, () =>
      Effect.gen(function*() {
        let isDown = false
        const session = new FakeSession((session) => {
          setTimeout(() => {
            isDown = true
            session.cut()
            session.finish()
          }, 20)
        }, (path) => {
          if (!isDown || path.endsWith("/stream") !== (request === "stream")) return undefined
          isDown = false
          return answer()
        })
        assert.strictEqual(yield* turn(session), "EndTurn")
      }))
  }
})

describe("a session that waits", () => {
  it.live("ends the turn if it does not say what for", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* turn(new FakeSession((session) => session.wait())), "RequiresAction")
    }))

  for (
    const [type, permission] of [
      ["agent.mcp_tool_use", undefined],
      ["agent.mcp_tool_use", null],
      ["agent.mcp_tool_use", "allow"],
      ["agent.tool_use", undefined],
      ["agent.tool_use", null]
    ] as const
  ) {
    it.live.each([undefined, "sthr_2"])(
      `asks for approval of ${type} with the permission ${permission}: %s`,
      (child) =>
        Effect.gen(function*() {
          const session = new FakeSession((session) => {
            const fields = {
              name: "bash",
              input: {},
              ...(permission !== undefined && { evaluated_permission: permission }),
              // a call of a sub-agent names its thread
              ...(child !== undefined && { session_thread_id: child })
            }
            const call = session.emit(
              type,
              type === "agent.mcp_tool_use" ? { ...fields, mcp_server_name: "s" } : fields
            )
            session.wait(call.id, call.id)
          })
          const result = yield* Conversation.turn(id, "Go").pipe(Effect.provide(session.layer))
          if (result._tag !== "RequiresAction") return assert.fail(result._tag)
          assert.deepStrictEqual(result.actions.map(({ _tag }) => _tag), ["Confirmation"])
        })
    )
  }
})

describe("half a character", () => {
  const half = "\ud83d"
  it.effect("in one's own text is refused before it is sent", () => {
    const stub = Stub.make(Stub.stored)
    return Effect.gen(function*() {
      const error = yield* Effect.flip(
        Effect.flatMap(Events.Events, (events) => events.send(sessionId, UserEvent.message(half)))
      )
      assert.strictEqual(error._tag, "InvalidParams")
      assert.include(error.message, "events.0.content.0.text")
      assert.lengthOf(stub.sent, 0)
    }).pipe(Effect.provide(stub.client()))
  })

  it("in the result of a tool is replaced", () => {
    const texts = [
      UserEvent.customToolResult("sevt_1", `a${half}`),
      UserEvent.toolResult("sevt_1", [{ type: "text", text: `a${half}` }])
    ].map(({ content }) => JSON.stringify(content))
    for (const text of texts) assert.include(text, "a\ufffd")
  })
})

describe("a pause that the service asks for", () => {
  it.effect("holds up other calls no longer than the policy allows", () => {
    const stub = Stub.make([
      Stub.apiError(429, "rate_limit_error", "Slow down", { "retry-after": "3600" }),
      Stub.json(Stub.documented("Sessions.retrieve"))
    ])
    return Effect.gen(function*() {
      const retrieve = Effect.flatMap(Sessions.Sessions, (sessions) => sessions.retrieve(sessionId))
      assert.strictEqual((yield* Effect.flip(retrieve))._tag, "RateLimited")
      const next = yield* Effect.fork(retrieve)
      yield* TestClock.adjust("61 seconds")
      assert.isNotNull(next.unsafePoll())
      yield* Fiber.join(next)
    }).pipe(Effect.provide(Layer.provideMerge(stub.client(), RateLimit.layer())))
  })
})

describe("an event stream", () => {
  it.effect("is asked for without compression", () => {
    const stub = Stub.make(Stub.sse(Stream.empty))
    return Effect.gen(function*() {
      yield* Effect.scoped(Effect.asVoid(Effect.flatMap(Events.Events, (events) => events.open(sessionId))))
      assert.strictEqual(stub.sent[0]?.headers["accept-encoding"], "identity")
    }).pipe(Effect.provide(stub.client()))
  })
})
