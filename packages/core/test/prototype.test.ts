/** Keys named `__proto__`: JSON has them, and nothing may take one for a prototype or lose it. */
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Event from "../src/Event.ts"
import * as Events from "../src/Events.ts"
import { EventId, SessionId } from "../src/Ids.ts"
import * as PendingAction from "../src/PendingAction.ts"
import * as Sessions from "../src/Sessions.ts"
import * as ToolRunner from "../src/ToolRunner.ts"
import * as Transcript from "../src/Transcript.ts"
import { sessionId } from "./utils/calls.ts"
import * as Stub from "./utils/StubHttpClient.ts"

/** Any name of a key, and often that one. */
const keys = FastCheck.oneof(FastCheck.constant("__proto__"), FastCheck.string())

const input = "{\"__proto__\":{\"isAdmin\":true},\"a\":1}"

describe("a key named __proto__", () => {
  it.effect("of a tool's input stays what it is in an action that is stored", () =>
    Effect.gen(function*() {
      const Stored = Schema.parseJson(PendingAction.PendingAction)
      const text = `{"_tag":"CustomToolCall","sessionId":"sesn_1","id":"sevt_1","name":"t","input":${input}}`
      const action = yield* Schema.decode(Stored)(text)
      assert.isUndefined(action.input["isAdmin"])
      assert.deepStrictEqual(Object.keys(action.input), ["__proto__", "a"])
      assert.deepStrictEqual(JSON.parse(yield* Schema.encode(Stored)(action)).input, JSON.parse(input))
    }))

  it.effect.prop(
    "of a tool's input, or of anything in it, stays what it is in every event that has one",
    [
      FastCheck.dictionary(keys, FastCheck.jsonValue({ maxDepth: 3 })).map((object) => JSON.stringify(object)),
      FastCheck.constantFrom("agent.tool_use", "agent.mcp_tool_use", "agent.custom_tool_use")
    ],
    ([text, type]) =>
      Effect.gen(function*() {
        const at = "2026-11-28T10:00:00Z"
        const event = { type, id: "sevt_1", name: "t", mcp_server_name: "s", processed_at: at, input: JSON.parse(text) }
        const decoded = yield* Schema.decodeUnknown(Event.Event)(event)
        assert.strictEqual(JSON.stringify((decoded as { readonly input?: unknown }).input), text)
        const encoded = yield* Schema.encode(Event.Event)(decoded)
        assert.strictEqual(JSON.stringify((encoded as { readonly input?: unknown }).input), text)
      })
  )

  it.effect("of metadata is refused, and nothing is sent", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flatMap(
        Sessions.Sessions,
        (sessions) =>
          sessions.update(SessionId.make("sesn_1"), { metadata: JSON.parse("{\"__proto__\":\"x\",\"k\":\"v\"}") })
      ).pipe(Effect.flip, Effect.provide(Stub.make([]).client()))
      if (error._tag !== "InvalidParams") return assert.fail(error._tag)
      assert.deepStrictEqual(error.issues.map(({ path }) => path), ["metadata.__proto__"])
    }))
})

/** What every object has by its prototype. */
const inherited = ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"]

describe.each(inherited)("the name %s", (name) => {
  const event = { id: "sevt_1", type: name, processed_at: "2026-03-15T10:00:00Z" }

  it.effect("as the type of an event, a resource or a block is one that is not known", () =>
    Effect.gen(function*() {
      const message = {
        id: "sevt_2",
        type: "agent.message",
        processed_at: event.processed_at,
        content: [{ type: name, text: "x" }]
      }
      const page = { data: [event, message] }
      const list = Effect.flatMap(Events.Events, (events) => events.listPage(sessionId))
      assert.deepStrictEqual<unknown>(yield* Effect.provide(list, Stub.make([Stub.json(page)]).client()), page)
      const frames = Stub.sse(Stream.make(Stub.frame(event), Stub.frame(message)))
      const live = Effect.flatMap(Events.Events, (events) => Stream.runCollect(events.stream(sessionId)))
      const received = yield* Effect.provide(live, Stub.make([frames]).client())
      assert.deepStrictEqual<unknown>(Chunk.toReadonlyArray(received), page.data)
      const transcript = Transcript.fromEvents(Chunk.toReadonlyArray(received))
      assert.strictEqual(transcript.unknown, 1)
      assert.strictEqual(Transcript.reply(transcript), "")
    }))

  it.effect("is no tool that nobody made", () =>
    Effect.gen(function*() {
      const runner = yield* ToolRunner.make(Toolkit.make(Tool.make("pay", { parameters: {} }))).pipe(
        Effect.provide(Toolkit.make(Tool.make("pay", { parameters: {} })).toLayer({ pay: () => Effect.void }))
      )
      const call = { _tag: "CustomToolCall", sessionId, id: EventId.make("sevt_1"), name, input: {} } as const
      assert.isFalse(runner.owns(call))
      assert.isTrue(runner.owns({ ...call, name: "pay" }))
    }))
})
