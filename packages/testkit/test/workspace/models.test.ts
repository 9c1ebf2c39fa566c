/**
 * Section 10.2 of FIDELITY.md: models.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Json } from "../utils/wire.ts"
import { headers, layer, ok, refusal } from "../utils/wire.ts"

const { "anthropic-beta": _, ...withoutBeta } = headers
const ids = (page: Json): ReadonlyArray<string> => page.data.map((one: Json) => one.id)

describe("models", () => {
  it.effect("10.2.1 are listed in pages, forth by after_id and back by before_id", () =>
    Effect.gen(function*() {
      const all = yield* ok("GET", "/v1/models")
      assert.isFalse(all.has_more)
      assert.strictEqual(all.data[0].id, "claude-fable-5-2")
      const first = yield* ok("GET", "/v1/models?limit=2")
      assert.deepStrictEqual([first.first_id, first.last_id, first.has_more], [...ids(first), true])
      const second = yield* ok("GET", `/v1/models?limit=2&after_id=${first.last_id}`)
      assert.deepStrictEqual([...ids(first), ...ids(second)], ids(all).slice(0, 4))
      const back = yield* ok("GET", `/v1/models?limit=2&before_id=${second.first_id}`)
      assert.deepStrictEqual([ids(back), back.has_more], [ids(first), false])
      const middle = yield* ok("GET", `/v1/models?limit=1&before_id=${second.first_id}`)
      assert.deepStrictEqual([ids(middle), middle.has_more], [ids(first).slice(1), true])
      const none = yield* ok("GET", "/v1/models?lifecycle[]=retired")
      assert.deepStrictEqual(none, { data: [], first_id: null, last_id: null, has_more: false })
      for (const query of ["after_id=nope", "before_id=nope", "limit=1001", "after_id=a&before_id=b"]) {
        assert.match(yield* refusal("GET", `/v1/models?${query}`), /^400/, query)
      }
    }).pipe(Effect.provide(layer())))

  it.effect("10.2.2 are read by their id or an alias", () =>
    Effect.gen(function*() {
      const model = yield* ok("GET", "/v1/models/claude-haiku-4-5")
      assert.deepStrictEqual(
        [model.id, model.display_name, model.created_at],
        ["claude-haiku-4-5-20251001", "Claude Haiku 4.5", "2025-10-01T00:00:00Z"]
      )
      assert.deepStrictEqual(yield* ok("GET", "/v1/models/claude-haiku-4-5-20251001"), model)
      assert.strictEqual(yield* refusal("GET", "/v1/models/nope"), "404 not_found_error: model: nope")
    }).pipe(Effect.provide(layer())))

  it.effect("10.2.3 need no beta header", () =>
    Effect.gen(function*() {
      assert.match(yield* refusal("GET", "/v1/models/nope", undefined, { headers: withoutBeta }), /model: nope/)
      assert.match(yield* refusal("GET", "/v1/agents", undefined, { headers: withoutBeta }), /needs the header/)
    }).pipe(Effect.provide(layer())))
})
