/** Keys named `__proto__`: JSON has them, and nothing may take one for a prototype or lose it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as Event from "../src/Event.ts"
import { SessionId } from "../src/Ids.ts"
import * as PendingAction from "../src/PendingAction.ts"
import * as Sessions from "../src/Sessions.ts"
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
