/** Keys named `__proto__`: JSON has them, and nothing may take one for a prototype or lose it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { SessionId } from "../src/Ids.ts"
import * as PendingAction from "../src/PendingAction.ts"
import * as Sessions from "../src/Sessions.ts"
import * as Stub from "./utils/StubHttpClient.ts"

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
