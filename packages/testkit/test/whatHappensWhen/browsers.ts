/** The rows of `docs/what-happens-when.md` about browsers that follow a session. */
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as Cursor from "@effect-managed-agents/core/Cursor"
import * as Events from "@effect-managed-agents/core/Events"
import type { SessionId } from "@effect-managed-agents/core/Ids"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as SessionEvents from "@effect-managed-agents/core/SessionEvents"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../../src/AgentScript.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as appClient from "../utils/appClient.ts"
import { agentThat, create, inTime } from "../utils/conversation.ts"
import { says, section } from "../utils/page.ts"
import { settle } from "../utils/wire.ts"

const Service = agentThat([[AgentScript.say("Hi")]])

/** A request of a browser that has got the event of this id. */
const request = (id: SessionId, last?: string, cursors?: Cursor.TextFormat) =>
  Effect.gen(function*() {
    const events = yield* Events.Events
    const client = yield* appClient.make(SessionEvents.respond((from) => events.follow(id, { from }), { cursors }))
    const headers: Record<string, string> = last === undefined ? {} : { "last-event-id": last }
    return yield* client.execute(HttpClientRequest.get("http://app/events", { headers }))
  })

/** What a browser has got so far. */
const received = (id: SessionId, last?: string) =>
  Effect.gen(function*() {
    const texts: Array<string> = []
    const { stream } = yield* request(id, last)
    yield* Effect.forkScoped(
      Stream.runForEach(stream, (bytes) => Effect.sync(() => texts.push(new TextDecoder().decode(bytes))))
    )
    yield* settle
    return {
      all: () => texts.join(""),
      of: (field: string) =>
        Array.from(texts.join("").matchAll(new RegExp(`^${field}: (.*)$`, "gm")), ([, value]) => value ?? "")
    }
  })

const ended = Effect.flatMap(create, (id) => Effect.as(inTime(Conversation.turn(id, "Hello")), id))

section("A browser follows", {
  "the connection is lost": ([claim]) =>
    Effect.gen(function*() {
      says(claim, "Last-Event-ID")
      const id = yield* ended
      const ids = (yield* received(id)).of("id")
      const rest = (yield* received(id, ids[2])).of("id")
      assert.lengthOf(rest, ids.length - 3)
      const simulator = yield* Simulator.Simulator
      assert.lengthOf(ids, (yield* simulator.events(id)).length)
    }).pipe(Effect.scoped, Effect.provide(Service)),

  "that is no cursor": ([claim]) =>
    Effect.gen(function*() {
      const { status } = yield* request(yield* ended, "sevt_1")
      says(claim, String(status))
    }).pipe(Effect.provide(Service)),

  "that was made up": ([claim]) =>
    Effect.gen(function*() {
      const id = yield* ended
      const last = (yield* received(id)).of("id").at(-1)
      assert.strictEqual((yield* request(id, last)).status, 200)
      says(claim, "Cursor.makeSigned")
      const signed = yield* Cursor.makeSigned({ keys: [Redacted.make("a key of the server of 32 bytes or more")] })
      says(claim, String((yield* request(id, last, signed(id))).status))
    }).pipe(Effect.scoped, Effect.provide(Service)),

  "the session has ended": ([claim]) =>
    Effect.gen(function*() {
      const id = yield* ended
      const sessions = yield* Sessions.Sessions
      const browser = yield* received(id)
      yield* sessions.archive(id)
      yield* TestClock.adjust("1 minute")
      says(claim, browser.of("event").at(-1) ?? "")
      says(claim, String((yield* request(id, browser.of("id").at(-1))).status))
    }).pipe(Effect.scoped, Effect.provide(Service)),

  "there is no such session": ([claim]) =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      let tag = ""
      const app = SessionEvents.respond((from) => events.follow("sesn_nobody", { from })).pipe(
        Effect.tapError(({ _tag }) => Effect.sync(() => tag = _tag))
      )
      const client = yield* appClient.make(app)
      yield* client.execute(HttpClientRequest.get("http://app/events"))
      says(claim, tag)
    }).pipe(Effect.provide(Service)),

  "nothing happens for a while": () =>
    Effect.gen(function*() {
      const browser = yield* received(yield* ended)
      const before = browser.all()
      yield* TestClock.adjust("45 seconds")
      assert.strictEqual(browser.all().slice(before.length), ":\n\n:\n\n:\n\n")
    }).pipe(Effect.scoped, Effect.provide(Service)),

  "a call was decided on before": ([claim]) =>
    Effect.gen(function*() {
      const id = yield* create
      const asked = yield* inTime(Conversation.turn(id, "Hello"))
      const [call] = asked._tag === "RequiresAction" ? asked.actions : []
      const decide = Conversation.decide(id, [{ id: call?.id ?? assert.fail(), decision: PendingAction.allow }]).pipe(
        Stream.runCollect,
        Effect.map(Chunk.toReadonlyArray)
      )
      yield* inTime(decide)
      const [first, ...rest] = yield* decide
      says(claim, first?._tag ?? "")
      assert.deepStrictEqual(first?._tag === "Decided" && first.calls.map(({ known }) => known?.result?.type), [
        "agent.tool_result"
      ])
      assert.strictEqual(rest.at(-1)?._tag, "Finished")
    }).pipe(
      Effect.provide(agentThat([[AgentScript.tool({ name: "bash", permission: "ask" }), AgentScript.say("Hi")]]))
    )
})
