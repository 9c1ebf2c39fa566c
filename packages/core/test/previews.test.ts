/** Parts of previews with indexes that no message has: neither a transcript nor a follower takes them for a place. */
import { assert, describe, it } from "@effect/vitest"
import type { StreamEvent } from "../src/Event.ts"
import type * as Follow from "../src/Follow.ts"
import { EventId } from "../src/Ids.ts"
import { Previews } from "../src/internal/follow/previews.ts"
import type * as PreviewEvent from "../src/PreviewEvent.ts"
import * as Transcript from "../src/Transcript.ts"

const id = EventId.make("sevt_1")

const delta = (text: string, index: number | null | undefined): PreviewEvent.Delta => ({
  type: "event_delta",
  event_id: id,
  delta: { type: "content_delta", content: { type: "text", text }, ...(index !== undefined && { index }) }
})

type Parts = ReadonlyArray<readonly [text: string, index: number | null | undefined]>

/** The blocks that are shown in the end. */
const readers: Record<string, (parts: Parts) => ReadonlyArray<string>> = {
  "a transcript": (parts) => {
    const events: ReadonlyArray<StreamEvent> = parts.map(([text, index]) => delta(text, index))
    return Transcript.fromEvents(events).previews[0]?.blocks ?? []
  },
  "a follower": (parts) => {
    const out: Array<Follow.Update> = []
    const previews = new Previews(() => false)
    for (const [text, index] of parts) previews.delta(delta(text, index), out)
    const last = out.at(-1)
    return last?._tag === "Preview" ? last.blocks : []
  }
}

describe.each(Object.entries(readers))("in %s", (_, read) => {
  it("a part without an index belongs to the first block", () => {
    assert.deepStrictEqual(read([["a", undefined], ["b", null], ["c", 0], ["d", -0]]), ["abcd"])
  })

  it("a part of a block goes on with it, whenever it comes", () => {
    assert.deepStrictEqual(read([["a", 0], ["b", 1], ["c", 0], ["d", 1]]), ["ac", "bd"])
    assert.deepStrictEqual(read([["b", 2], ["a", 0]]), ["a", "", "b"])
  })

  it.each([-1, 1.5, 10_001, 5_000_000, 2 ** 32, Number.MAX_SAFE_INTEGER, 1e300, -1e300])(
    "a part with the index %d is left out",
    (index) => {
      const blocks = read([["a", 0], ["x", index], ["b", 0]])
      assert.deepStrictEqual(blocks, ["ab"])
      assert.deepStrictEqual(Object.keys(blocks), ["0"])
      assert.isEmpty(read([["x", index]]))
    }
  )
})
