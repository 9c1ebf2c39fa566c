/** A reader leaves anywhere, goes on from the text of a cursor, and gets every event once. */
import { assert, describe, it } from "@effect/vitest"
import { assertNone, assertSome } from "@effect/vitest/utils"
import * as Chunk from "effect/Chunk"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Cursor from "../../src/Cursor.ts"
import type * as Event from "../../src/Event.ts"
import * as Follow from "../../src/Follow.ts"
import { follow } from "../../src/internal/follow/follow.ts"
import type { Source } from "../../src/internal/follow/sources.ts"
import { Prng } from "../utils/prng.ts"

interface Logged {
  readonly id: string
  /** Microseconds; `undefined` while an input waits. */
  readonly at: number | undefined
}

const stampOf = (micros: number): string => {
  const iso = new Date(Math.floor(micros / 1000)).toISOString()
  // as many digits as there are, as the service writes them
  return `${iso.slice(0, -1)}${String(micros % 1000).padStart(3, "0")}Z`.replace(/\.?0+Z$/, "Z")
}

const isInput = (id: string) => id.startsWith("input")

// these are the fields that are read of an event
const toEvent = ({ at, id }: Logged) =>
  ({
    type: isInput(id) ? "user.message" : "span.model_request_start",
    id,
    ...(at === undefined ? {} : { processed_at: stampOf(at) })
  }) as unknown as Event.Event

/** A session that goes on while it is read. */
class Session {
  private readonly log: ReadonlyArray<Logged>
  made: number
  isOver = false
  private readonly pageSize: number
  constructor(log: ReadonlyArray<Logged>, made: number, pageSize = 100) {
    this.log = log
    this.made = made
    this.pageSize = pageSize
  }

  private get list(): ReadonlyArray<Logged> {
    const past = this.log.slice(0, this.made)
    const stamped = past.filter(({ at }) => at !== undefined)
    const waiting = past.filter(({ at, id }) => at === undefined && !stamped.some((one) => one.id === id))
    // sorting is stable: of equal timestamps the order of emission remains
    return [...stamped.toSorted((one, other) => (one.at ?? 0) - (other.at ?? 0)), ...waiting]
  }

  readonly source: Source = {
    operation: "test",
    isOrdered: true,
    isLast: () => false,
    end: Effect.sync(() => this.isOver ? "terminated" : undefined),
    open: () =>
      Effect.sync(() => {
        const live = Stream.fromIterable(this.log.slice(this.made)).pipe(
          Stream.rechunk(2),
          Stream.tap(() => Effect.sync(() => this.made++)),
          Stream.map(toEvent)
        )
        return Stream.concat(live, Stream.drain(Stream.fromEffect(Effect.sync(() => this.isOver = true))))
      }),
    page: ({ "created_at[gte]": bound, limit = 1000, order, page }) =>
      Effect.sync(() => {
        const all = bound === undefined
          ? this.list.map(toEvent)
          : this.list.filter(({ at }) => at !== undefined && at >= microsOf(bound)).map(toEvent)
        if (order === "desc") all.reverse()
        const from = Number(page ?? 0)
        const size = Math.min(limit, this.pageSize)
        const data = all.slice(from, from + size)
        return { data, next_page: from + size < all.length ? String(from + size) : null }
      })
  }
}

const microsOf = (stamp: string): number =>
  Date.parse(stamp) * 1000 + Number((/\.\d{3}(\d+)/.exec(stamp)?.[1] ?? "").padEnd(3, "0"))

/** Events of which some have the timestamp of the one before, some an earlier one, and some have waited. */
const makeLog = (random: Prng): ReadonlyArray<Logged> => {
  const log: Array<Logged> = []
  const stamps = [Date.UTC(2026, 10, 28) * 1000]
  const waiting: Array<string> = []
  for (let n = 0; n < 60; n++) {
    const latest = stamps.at(-1) ?? 0
    const chance = random.integer(10)
    if (chance === 0 && waiting.length < 3) {
      waiting.push(`input_${n}`)
      log.push({ id: `input_${n}`, at: undefined })
      continue
    }
    const id = chance === 1 ? waiting.shift() ?? `event_${n}` : `event_${n}`
    // as far back as the fourth event before it
    const at = chance < 5 ? stamps[Math.max(0, stamps.length - 1 - random.integer(4))] ?? latest : latest
    const moved = at + (chance > 7 ? random.integer(3_000_000) : random.integer(2))
    stamps.push(Math.max(latest, moved))
    log.push({ id, at: moved })
  }
  return log
}

const nameOf = (update: Follow.Event) => `${update.state} ${String((update.event as { readonly id?: unknown }).id)}`

describe("the text of a cursor", () => {
  it.effect("goes on where a reader left, through equal timestamps and events that were ordered in late", () =>
    Effect.gen(function*() {
      for (let seed = 0; seed < 150; seed++) {
        const random = new Prng(seed)
        const log = makeLog(random)
        const seen: Array<string> = []
        let text: string | undefined
        let made = random.integer(20)
        while (seen.length <= log.length) {
          const session = new Session(log, made, seed % 2 === 0 ? 100 : 7)
          const from: Cursor.Cursor | "start" = text === undefined ? "start" : yield* Cursor.parse(text)
          const read = yield* follow(session.source, { from }).pipe(
            Follow.withCursor(from),
            Stream.filter(({ update }) => update._tag === "Event" || update._tag === "Ended"),
            Stream.take(1 + random.integer(12)),
            Stream.runCollect
          )
          for (const { update } of read) if (update._tag === "Event") seen.push(nameOf(update))
          const last = Option.getOrUndefined(Chunk.last(read))
          if (last === undefined || last.update._tag === "Ended") break
          text = Cursor.format(last.cursor ?? Cursor.start)
          assert.isBelow(text.length, 150)
          made = Math.min(log.length, session.made + random.integer(4))
        }
        const processed = seen.filter((name) => name.startsWith("processed"))
        assert.sameMembers(
          processed,
          log.filter(({ at }) => at !== undefined).map(({ id }) => `processed ${id}`),
          `seed ${seed}`
        )
        assert.strictEqual(new Set(seen).size, seen.length, `seed ${seed}: ${seen.join(", ")}`)
      }
    }))

  it.effect("after one event leads to what follows it in the list", () =>
    Effect.gen(function*() {
      const log = Array.from({ length: 40 }, (_, n) => ({ id: `event_${n}`, at: 1_700_000_000_000_000 + (n >> 2) }))
      for (const [n, one] of log.entries()) {
        const cursor = Option.getOrThrow(Cursor.after(toEvent(one)))
        const session = new Session(log, log.length)
        const read = yield* follow(session.source, { from: yield* Cursor.parse(Cursor.format(cursor)) }).pipe(
          Follow.history,
          Stream.runCollect
        )
        assert.deepStrictEqual(Chunk.toReadonlyArray(read), log.slice(n + 1).map(toEvent))
      }
    }))

  it.effect("of any cursor is short, and reads as one with the same text", () =>
    Effect.gen(function*() {
      for (let seed = 0; seed < 300; seed++) {
        const text = Cursor.format(makeCursor(new Prng(seed)))
        assert.isBelow(text.length, 150)
        assert.match(text, /^[\w.~-]+$/)
        assert.strictEqual(Cursor.format(yield* Cursor.parse(text)), text)
      }
    }))

  it.effect.each<readonly [text: string, detail: string]>([
    ["", "expected a text of version 1"],
    ["2.", "expected a text of version 1"],
    ["1.!", "expected a moment in its second field"],
    ["1.zzzzzzzzzzz", "expected a moment in its second field"],
    ["1..short", "expected an event in field 3"],
    ["1..abcdefg.~hijklmn1", "expected an event in field 4"],
    ["1..abcdefg-", "expected a moment in field 3"],
    ["1..abcdefg-5", "expected a moment in field 3"],
    ["1..abcdefg\n", "expected an event in field 3"],
    ["1.".padEnd(150, "0"), "expected at most 149 characters"]
  ])("%j is not", ([text, detail]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Cursor.parse(text))
      assert.deepInclude(error, { _tag: "MalformedCursor", detail, isRetryable: false })
      assert.strictEqual(error.message, `malformed cursor: ${detail}`)
    }))
})

/** A cursor of up to 70 events, of which some have no moment, and up to 20 inputs that wait. */
const makeCursor = (random: Prng): Cursor.Cursor => {
  const moments = ["1970-01-01T00:00:00Z", "2026-11-28T10:00:00.123456Z", "2199-12-31T23:59:59.999999+05:30", null]
  const read = Array.from({ length: random.integer(70) }, (_, n) => [`sevt_${n}`, moments[random.integer(4)]])
  const queued = Array.from({ length: random.integer(20) }, (_, n) => `sevt_q${n}`)
  return Schema.decodeUnknownSync(Cursor.Cursor)({ version: 1, read, queued })
}

describe("the signed text of a cursor", () => {
  const keyOf = (name: string) => Redacted.make(name.padEnd(32, "-"))
  const signedBy = (...names: ReadonlyArray<string>) => Cursor.makeSigned({ keys: names.map(keyOf) })
  const reasonOf = (self: Effect.Effect<unknown, Cursor.MalformedCursor | Cursor.UntrustedCursor>) =>
    Effect.map(Effect.flip(self), (error) => error._tag === "UntrustedCursor" ? error.reason : error.message)

  it.effect("is short, and reads as a cursor that has the same text", () =>
    Effect.gen(function*() {
      const { format, parse } = (yield* signedBy("key"))("sesn_1")
      for (let seed = 0; seed < 300; seed++) {
        const cursor = makeCursor(new Prng(seed))
        const text = yield* format(cursor)
        assert.isBelow(text.length, 150)
        assert.match(text, /^[\w.~-]+$/)
        const read = yield* parse(text)
        assert.strictEqual(yield* format(read), text)
        if (cursor.read.length > 0) assert.isAbove(read.read.length, 0)
      }
    }))

  it.effect("is refused if any character is another one, is missing, or comes twice", () =>
    Effect.gen(function*() {
      const { format, parse } = (yield* signedBy("key"))("sesn_1")
      const characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~ \n"
      for (let seed = 0; seed < 12; seed++) {
        const random = new Prng(seed)
        const text = yield* format(makeCursor(random))
        for (let at = 0; at < text.length; at++) {
          const other = characters[random.integer(characters.length)]
          for (const changed of [other, "", `${text[at]}${text[at]}`, `${other}${text[at]}`]) {
            if (changed === text[at]) continue
            yield* reasonOf(parse(`${text.slice(0, at)}${changed}${text.slice(at + 1)}`))
          }
        }
        yield* reasonOf(parse(`${text}\n`))
      }
    }))

  it.effect("says why it is refused", () =>
    Effect.gen(function*() {
      const signed = yield* signedBy("key")
      const { format, parse } = signed("sesn_1")
      const text = yield* format(Cursor.start)
      assert.strictEqual(yield* reasonOf(parse(Cursor.format(Cursor.start))), "unsigned")
      assert.strictEqual(yield* reasonOf(parse("")), "unsigned")
      assert.strictEqual(yield* reasonOf(parse("2.")), "changed")
      assert.strictEqual(yield* reasonOf(parse(`${text}0`)), "changed")
      assert.strictEqual(yield* reasonOf(signed("sesn_2").parse(text)), "changed")
      const error = yield* Effect.flip((yield* signedBy("another"))("sesn_1").parse(text))
      assert.deepInclude(error, { _tag: "UntrustedCursor", reason: "otherKey", isRetryable: false })
      assert.strictEqual(error.message, "untrusted cursor: it is signed with another key")
      // what cannot be signed is no cursor
      assert.strictEqual((yield* Effect.flip(Cursor.parse(text)))._tag, "MalformedCursor")
    }))

  it.effect("is accepted while its key is being replaced", () =>
    Effect.gen(function*() {
      const old = (yield* signedBy("old"))("sesn_1")
      const both = (yield* signedBy("new", "old"))("sesn_1")
      const fresh = (yield* signedBy("new"))("sesn_1")
      assert.deepStrictEqual(yield* both.parse(yield* old.format(Cursor.start)), Cursor.start)
      assert.deepStrictEqual(yield* fresh.parse(yield* both.format(Cursor.start)), Cursor.start)
    }))

  it.effect("needs keys that are long enough, and does not show them", () =>
    Effect.gen(function*() {
      const messageOf = (keys: ReadonlyArray<string>) =>
        Effect.map(
          Effect.flip(Cursor.makeSigned({ keys: keys.map((key) => Redacted.make(key)) })),
          (error) => ConfigError.isConfigError(error) ? String(error) : ""
        )
      assert.include(yield* messageOf([]), "keys: expected at least one")
      const message = yield* messageOf(["0".repeat(32), "0123456789abcdef0123456789abcde"])
      assert.include(message, "keys.1: expected at least 32 bytes")
      assert.notInclude(message, "abcde")
    }))
})

describe("a cursor after one event", () => {
  it("needs a place in the list", () => {
    assertNone(Cursor.after(toEvent({ id: "input_1", at: undefined })))
    const stamp = stampOf(1_700_000_000_000_000)
    assertSome(
      Option.map(
        Cursor.after(toEvent({ id: "event_1", at: 1_700_000_000_000_000 })),
        (cursor) => JSON.stringify(cursor)
      ),
      JSON.stringify({ version: 1, read: [["event_1", stamp]], queued: [], before: stamp })
    )
  })
})
