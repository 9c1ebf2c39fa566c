import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Sse from "../src/Sse.ts"
import { cut, cuts } from "./utils/bytes.ts"

const encoder = new TextEncoder()

interface Parsed {
  readonly frames: ReadonlyArray<Sse.Frame>
  readonly overflows: number
}

/** What a parser finds in the pieces. */
const parse = (pieces: ReadonlyArray<Uint8Array>, maxFrameSize?: number): Parsed => {
  const frames: Array<Sse.Frame> = []
  let overflows = 0
  const parser = Sse.makeParser({
    onFrame: ({ data, event, id }) => {
      frames.push({ data, event, id })
    },
    maxFrameSize,
    onOverflow: () => {
      overflows++
    }
  })
  for (const piece of pieces) parser.feed(piece)
  return { frames, overflows }
}

const parseText = (text: string) => parse([encoder.encode(text)]).frames

const frame = (data: string, event?: string, id?: string): Sse.Frame => ({ data, event, id })

/** Text of any script, without line breaks. */
const line = FastCheck.string({ unit: "grapheme", maxLength: 12 }).map((text) => text.replace(/[\r\n\0]/g, ""))

const frameArbitrary: FastCheck.Arbitrary<Sse.Frame> = FastCheck.record({
  data: FastCheck.array(line, { minLength: 1, maxLength: 3 }).map((lines) => lines.join("\n")),
  event: FastCheck.option(line.map((text) => `n${text}`), { nil: undefined }),
  id: FastCheck.option(line, { nil: undefined })
})

/** What may stand between two frames, or between the lines of one, without meaning anything. */
const noise = FastCheck.constantFrom("", ": heartbeat\n", ":\n", "retry: 100\n", "retry: soon\n", "colour: blue\n")

const wire = FastCheck.record({
  mark: FastCheck.boolean(),
  frames: FastCheck.array(FastCheck.tuple(noise, frameArbitrary, noise), { maxLength: 6 }),
  unfinished: FastCheck.constantFrom("", "data: never\n", "data: never", "event: never\n"),
  lineEnd: FastCheck.constantFrom("\n", "\r\n", "\r"),
  cuts
})

describe("Sse", () => {
  describe("makeParser", () => {
    it("finds the same frames however the bytes are cut and the lines end", () => {
      FastCheck.assert(FastCheck.property(wire, ({ cuts, frames, lineEnd, mark, unfinished }) => {
        const text = frames.map(([before, frame, after]) => `${before}${after}${Sse.encode(frame)}${before}\n`).join("")
        const bytes = encoder.encode(`${mark ? "\ufeff" : ""}${(text + unfinished).replaceAll("\n", lineEnd)}`)
        assert.deepStrictEqual(parse(cut(bytes, cuts)).frames, frames.map(([, frame]) => frame))
      }))
    })

    it("takes lines that end with CR LF, LF or CR, mixed", () => {
      assert.deepStrictEqual(parseText("event: a\r\ndata: 1\n\rdata: 2\r\r\ndata: 3\n\n"), [
        frame("1", "a"),
        frame("2"),
        frame("3")
      ])
    })

    it("does not wait for the line feed that may follow a carriage return", () => {
      const frames: Array<string> = []
      const parser = Sse.makeParser({ onFrame: ({ data }) => frames.push(data) })
      parser.feed(encoder.encode("data: 1\r\n\r"))
      assert.deepStrictEqual(frames, ["1"])
      parser.feed(encoder.encode("\ndata: 2\r\r"))
      assert.deepStrictEqual(frames, ["1", "2"])
      parser.feed(encoder.encode("\n"))
      parser.feed(encoder.encode("\n"))
      parser.feed(encoder.encode("data: 3\n\n"))
      assert.deepStrictEqual(frames, ["1", "2", "3"])
    })

    it("drops a byte order mark at the start, and only there", () => {
      const text = "\ufeffdata: \ufeffa\n\n\ufeffdata: no field\n\ndata: b\n\n"
      const bytes = encoder.encode(text)
      // every piece is one character, so that each mark is at the start of a piece
      const pieces = Array.from(text, (character) => encoder.encode(character))
      assert.deepStrictEqual(parse([bytes]).frames, [frame("\ufeffa"), frame("b")])
      assert.deepStrictEqual(parse(pieces).frames, [frame("\ufeffa"), frame("b")])
      const plainEnds = ["data: ", "\ufeffa\n", "\n"].map((piece) => encoder.encode(piece))
      assert.deepStrictEqual(parse(plainEnds).frames, [frame("\ufeffa")])
    })

    it("drops what has no data, and delivers empty data", () => {
      assert.deepStrictEqual(parseText("event: a\n\nid: 1\n\n: comment\n\ndata\n\ndata:\n\n"), [frame(""), frame("")])
    })

    it("drops a last frame that was not ended", () => {
      for (const end of ["", "\n", "\r"]) {
        assert.deepStrictEqual(parseText(`data: 1\n\ndata: 2${end}`), [frame("1")])
      }
    })

    it("replaces bytes that are not UTF-8", () => {
      const bytes = Uint8Array.of(...encoder.encode("data: a"), 0xff, 0xc3, 0x0a, 0x0a)
      for (let size = 1; size <= bytes.length; size++) {
        assert.deepStrictEqual(parse(cut(bytes, [size])).frames, [frame("a\ufffd\ufffd")])
      }
    })

    it("measures a frame alike however it is cut", () => {
      const max = 20
      FastCheck.assert(
        FastCheck.property(
          FastCheck.integer({ min: 1, max: 60 }),
          FastCheck.integer({ min: 1, max: 40 }),
          cuts,
          (size, width, cuts) => {
            const lines = "x".repeat(size).match(new RegExp(`.{1,${width}}`, "g")) ?? []
            const data = lines.join("\n")
            const bytes = encoder.encode(`data: before\n\n${Sse.encode({ data })}data: after\n\n`)
            const { frames, overflows } = parse(cut(bytes, cuts), max)
            if (data.length <= max) {
              assert.deepStrictEqual(frames, [frame("before"), frame(data), frame("after")])
              assert.strictEqual(overflows, 0)
            } else {
              assert.deepStrictEqual(frames, [frame("before")])
              assert.strictEqual(overflows, 1)
            }
          }
        )
      )
    })

    it("tells of the first frame that is too large, and of nothing after it", () => {
      const text = `data: a\n\ndata: ${"x".repeat(50)}\n\ndata: b\n\ndata: ${"x".repeat(50)}`
      assert.deepStrictEqual(parse([encoder.encode(text), encoder.encode(text)], 20), {
        frames: [frame("a")],
        overflows: 1
      })
    })

    it("gives up on a frame without an end", () => {
      const endless = (piece: string) => {
        let fed = 0
        let overflown = false
        const parser = Sse.makeParser({ onFrame: () => {}, maxFrameSize: 1000, onOverflow: () => overflown = true })
        while (!overflown && fed < 10_000) {
          parser.feed(encoder.encode(piece))
          fed += piece.length
        }
        return fed
      }
      assert.isBelow(endless("data: x"), 1100)
      assert.isBelow(endless("data: some more\n"), 2100)
      assert.isBelow(endless("name without end "), 1100)
    })
  })

  describe("encode", () => {
    it("is undone by a parser", () => {
      FastCheck.assert(FastCheck.property(frameArbitrary, (frame) => {
        assert.deepStrictEqual(parseText(Sse.encode(frame)), [frame])
      }))
    })

    it("writes every line of the data", () => {
      assert.strictEqual(
        Sse.encode({ event: "message", id: "7", data: "a\nb\r\nc\rd" }),
        "event: message\nid: 7\ndata: a\ndata: b\ndata: c\ndata: d\n\n"
      )
    })
  })
})
