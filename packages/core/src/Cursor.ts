/**
 * Position in the events of a session or of a thread up to which they have been read, as a value that can be stored.
 *
 * The service has no cursor of its own that stays valid while a session runs. This one holds the ids of the latest
 * events, and the moment before which everything is behind it. It is bounded, whatever the length of the history.
 *
 * @since 0.1.0
 */
import * as ConfigError from "effect/ConfigError"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import { dual } from "effect/Function"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { StreamEvent } from "./Event.ts"
import * as Event from "./Event.ts"
import * as identity from "./internal/follow/identity.ts"
import { Timestamp, toEpochMicros } from "./Timestamp.ts"

const place = {
  /** The version of this format. */
  version: Schema.Literal(1),
  /** Everything that was processed before this moment has been read. */
  before: Schema.optionalWith(Timestamp, { exact: true }),
  /** The latest events that have been read, in the order of reading: what identifies each, and its `processed_at`. */
  read: Schema.Array(Schema.Tuple(Schema.String, Schema.NullOr(Timestamp))),
  /** The inputs that have been read while they were queued, and not yet as processed. */
  queued: Schema.Array(Schema.String)
}

const Cursor_ = Schema.Struct({
  ...place,
  /**
   * The places in child threads, by their ids, of one that follows all threads of a session. A thread that is not named is
   * read from its start.
   */
  threads: Schema.optionalWith(Schema.Record({ key: Schema.String, value: Schema.Struct(place) }), { exact: true })
}).annotations({ identifier: "Cursor" })

/**
 * A place in the events of a session or of a thread.
 * @category models
 */
export interface Cursor extends Schema.Schema.Type<typeof Cursor_> {}

/**
 * Schema of {@link Cursor}.
 * @category schemas
 */
export const Cursor: Schema.Schema<Cursor, typeof Cursor_.Encoded> = Cursor_

/**
 * Cursor in a session and all its threads. Where only the session is followed, it is like any other.
 * @category models
 */
export type ThreadCursors = Cursor & Required<Pick<Cursor, "threads">>

/**
 * The cursor before the first event.
 * @category constructors
 */
export const start: Cursor = { version: 1, read: [], queued: [] }

/**
 * The number of the latest events that a cursor names. Events that the service orders in before an earlier one are
 * recognised as new as long as they are among so many.
 * @category constants
 */
export const size = 64

/**
 * Moves a cursor past an event that has been read. An event that is behind it already changes nothing.
 * @category combinators
 */
export const add: {
  (event: StreamEvent): (self: Cursor) => Cursor
  (self: Cursor, event: StreamEvent): Cursor
} = dual(2, (self: Cursor, event: StreamEvent): Cursor => {
  const at = Event.processedAtOf(event)
  const key = identity.keyOf(event, at)
  if (key === undefined) return self
  const digest = identity.digestOf(key)
  const isSame = (known: string): boolean => known === key || known === digest
  if (self.read.some(([known]) => isSame(known))) return self
  const isKnown = self.queued.some(isSame)
  if (identity.isQueued(event)) {
    return isKnown ? self : { ...self, queued: [...self.queued, key].slice(-size) }
  }
  const read = [...self.read, [key, at ?? null] as const]
  const queued = isKnown ? self.queued.filter((known) => !isSame(known)) : self.queued
  const dropped = read.length > size ? read.shift()?.[1] ?? undefined : undefined
  return { ...self, ...beforeOf(self.before, [dropped]), read, queued }
})

/** The field `before`, once events of these timestamps are not named any more. */
const beforeOf = (
  before: Timestamp | undefined,
  dropped: ReadonlyArray<Timestamp | null | undefined>
): Pick<Cursor, "before"> => {
  const latest = identity.latestOf(before, dropped)
  return latest === undefined ? {} : { before: latest }
}

/**
 * The cursor after one event, for those that follow it in the event list. `none` for an event that has no place there yet,
 * such as an input that waits for the agent.
 *
 * It cannot know which of the events that the service orders in before this one have been read, and takes all of them for
 * read; {@link add} and `Follow.withCursor` keep account of them.
 *
 * @category constructors
 */
export const after = (event: StreamEvent): Option.Option<Cursor> => {
  const at = Event.processedAtOf(event)
  return at === undefined ? Option.none() : Option.some(add({ ...start, before: at }, event))
}

// ---------------------------------------------------------------------------------------------------------------------
// Text
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A text that is no cursor.
 * @category errors
 */
export class MalformedCursor extends Schema.TaggedError<MalformedCursor>("@effect-managed-agents/core/MalformedCursor")(
  "MalformedCursor",
  {
    /** The field that is wrong, and the form that it should have. */
    detail: Schema.String
  }
) {
  override get message(): string {
    return `malformed cursor: ${this.detail}`
  }
  /** Always false: the same text stays wrong. */
  get isRetryable(): boolean {
    return false
  }
}

/** The longest text of a cursor. */
const maxLength = 149

/** Events and inputs that a text names at most. */
const most = { read: 16, queued: 4 }

const isMoment = (micros: number): boolean => Number.isSafeInteger(micros) && micros >= 0

const microsOf = (at: Timestamp | null | undefined): number | undefined => {
  // the timestamp of an event of an unknown type may be no moment
  if (!at || Number.isNaN(Date.parse(at))) return undefined
  const micros = Number(toEpochMicros(at))
  return isMoment(micros) ? micros : undefined
}

/**
 * Text of a cursor, below 150 characters of ASCII, for an HTTP header, a query or the `id` of a server-sent event.
 *
 * It names about ten of the latest events by digests, and so many fewer may be between an event and one that the service
 * orders in before it; of the inputs that wait, it names four. It is neither secret nor signed; see {@link makeSigned}.
 *
 * @category destructors
 */
export const format = (self: Cursor): string => formatWithin(self, maxLength)

const formatWithin = (self: Cursor, limit: number): string => {
  const queued = self.queued.slice(-most.queued).map((key) => `.~${identity.digestOf(key).slice(1)}`).join("")
  const digests = self.read.slice(-most.read).map(([key]) => identity.digestOf(key).slice(1))
  for (let count = digests.length;; count--) {
    const first = self.read.length - count
    let last = microsOf(beforeOf(self.before, self.read.slice(0, first).map(([, at]) => at)).before)
    let text = `1.${last?.toString(36) ?? ""}`
    for (const [n, [, at]] of self.read.slice(first).entries()) {
      const micros = microsOf(at) ?? last
      const delta = (micros ?? 0) - (last ?? 0)
      text += `.${digests[digests.length - count + n]}${delta === 0 ? "" : delta.toString(36)}`
      last = micros
    }
    if (count <= 1 || text.length + queued.length <= limit) return text + queued
  }
}

const entry = /^(~?)([\w-]{7})(-?[\da-z]{0,11})$/

/**
 * Reads the text of a cursor.
 * @category constructors
 */
export const parse = (text: string): Effect.Effect<Cursor, MalformedCursor> =>
  Effect.suspend(() => {
    const fail = (detail: string) => Effect.fail(new MalformedCursor({ detail }))
    if (text.length > maxLength) return fail(`expected at most ${maxLength} characters`)
    const [version, floor = "", ...entries] = text.split(".")
    if (version !== "1") return fail("expected a text of version 1")
    if (!/^[\da-z]{0,11}$/.test(floor)) return fail("expected a moment in its second field")
    let last = floor === "" ? undefined : Number.parseInt(floor, 36)
    const before = toTimestamp(last)
    if (last !== undefined && before === undefined) return fail("expected a moment in its second field")
    const read: Array<readonly [string, Timestamp | null]> = []
    const queued: Array<string> = []
    for (const [n, one] of entries.entries()) {
      const [, sign, digest, delta] = entry.exec(one) ?? []
      if (digest === undefined || (sign === "~" && delta !== "")) return fail(`expected an event in field ${n + 3}`)
      if (sign === "~") {
        queued.push(`#${digest}`)
        continue
      }
      if (delta !== undefined && delta !== "") last = (last ?? 0) + Number.parseInt(delta, 36)
      const at = toTimestamp(last)
      if (last !== undefined && at === undefined) return fail(`expected a moment in field ${n + 3}`)
      read.push([`#${digest}`, at ?? null])
    }
    return Effect.succeed({ version: 1, ...(before === undefined ? {} : { before }), read, queued })
  })

const toTimestamp = (micros: number | undefined): Timestamp | undefined => {
  if (micros === undefined || !isMoment(micros)) return undefined
  const iso = DateTime.formatIso(DateTime.unsafeMake(Math.floor(micros / 1000)))
  return Timestamp.make(`${iso.slice(0, -1)}${String(micros % 1000).padStart(3, "0")}Z`)
}

// ---------------------------------------------------------------------------------------------------------------------
// Signed text
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Text that no holder of the key has made for this subject.
 * @category errors
 */
export class UntrustedCursor extends Schema.TaggedError<UntrustedCursor>("@effect-managed-agents/core/UntrustedCursor")(
  "UntrustedCursor",
  {
    /**
     * - `unsigned`: it has no signature, such as the text of {@link format};
     * - `otherKey`: it was signed with a key that is not known, or not any more;
     * - `changed`: it was changed after it was signed, or signed for another subject.
     */
    reason: Schema.Literal("unsigned", "otherKey", "changed")
  }
) {
  /** The reason in words. */
  get detail(): string {
    switch (this.reason) {
      case "unsigned":
        return "it is not signed"
      case "otherKey":
        return "it is signed with another key"
      case "changed":
        return "it was changed, or signed for another subject"
    }
  }
  override get message(): string {
    return `untrusted cursor: ${this.detail}`
  }
  /** Always false: the same text stays wrong. */
  get isRetryable(): boolean {
    return false
  }
}

/**
 * Texts of cursors, and how they are read.
 * @category models
 */
export interface TextFormat {
  /** The text of a cursor, below 150 characters of ASCII. */
  readonly format: (self: Cursor) => Effect.Effect<string>
  /** Reads the text of a cursor. */
  readonly parse: (text: string) => Effect.Effect<Cursor, MalformedCursor | UntrustedCursor>
}

/**
 * The texts of {@link format}, which anybody can make.
 * @category constructors
 */
export const plain: TextFormat = { format: (self) => Effect.succeed(format(self)), parse: (text) => parse(text) }

/**
 * Options of {@link makeSigned}.
 * @category options
 */
export interface SigningOptions {
  /**
   * Keys of at least 32 bytes. The first one signs; all of them are accepted, such as the old one while it is being
   * replaced.
   */
  readonly keys: ReadonlyArray<Redacted.Redacted>
}

/** Characters of base64url: those that identify a key, and those of a signature. Neither has bits to spare. */
const lengths = { id: 4, signature: 24 }

interface Key {
  readonly id: string
  readonly sign: (message: string) => Effect.Effect<string>
}

const importKey = Effect.fnUntraced(function*(key: Redacted.Redacted, index: number) {
  const encoder = new TextEncoder()
  const bytes = encoder.encode(Redacted.value(key))
  if (bytes.length < 32) {
    return yield* Effect.fail(ConfigError.InvalidData([], `keys.${index}: expected at least 32 bytes`))
  }
  // oxlint-disable-next-line no-restricted-globals -- it computes signatures, which is no matter of chance
  const { subtle } = crypto
  const algorithm = { name: "HMAC", hash: "SHA-256" }
  const imported = yield* Effect.promise(() => subtle.importKey("raw", bytes, algorithm, false, ["sign"]))
  const sign = (message: string) =>
    Effect.map(
      Effect.promise(() => subtle.sign(algorithm, imported, encoder.encode(message))),
      (signature) => Encoding.encodeBase64Url(new Uint8Array(signature))
    )
  return {
    id: (yield* sign("key")).slice(0, lengths.id),
    sign: (message) => Effect.map(sign(`cursor ${message}`), (text) => text.slice(0, lengths.signature))
  } satisfies Key as Key
})

/** Comparison whose time does not depend on where two texts of the same length differ. */
const isEqual = (one: string, other: string): boolean => {
  let difference = one.length ^ other.length
  for (let n = 0; n < one.length; n++) difference |= one.charCodeAt(n) ^ other.charCodeAt(n)
  return difference === 0
}

/**
 * Makes texts that are refused if anybody else has made or changed them: with an HMAC-SHA-256 of 144 bits, by Web Crypto.
 *
 * The function takes the subject for which a text is valid, such as the id of the session. A signature takes up the space
 * of some events: such a text names about seven of the latest.
 *
 * @example
 * ```ts
 * import * as Cursor from "@effect-managed-agents/core/Cursor"
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 *
 * export const program = Effect.gen(function*() {
 *   const signed = yield* Cursor.makeSigned({ keys: [Redacted.make("a secret of the server, 32 bytes or more")] })
 *   const text = yield* signed("sesn_1").format(Cursor.start)
 *   return yield* signed("sesn_1").parse(text)
 * })
 * ```
 *
 * @category constructors
 */
export const makeSigned = ({ keys }: SigningOptions): Effect.Effect<
  (subject: string) => TextFormat,
  ConfigError.ConfigError
> =>
  Effect.gen(function*() {
    const [first, ...others] = yield* Effect.forEach(keys, importKey)
    if (first === undefined) return yield* Effect.fail(ConfigError.InvalidData([], "keys: expected at least one"))
    return (subject) => {
      const messageOf = (text: string) => `${subject}\n${text}`
      return {
        format: (self) => {
          const text = formatWithin(self, maxLength - lengths.id - lengths.signature - 3)
          return Effect.map(first.sign(messageOf(text)), (signature) => `2.${first.id}${signature}.${text}`)
        },
        parse: Effect.fnUntraced(function*(signed) {
          const [, id, signature = "", text = ""] = signedText.exec(signed) ?? []
          if (id === undefined) {
            if (!signed.startsWith("2.")) return yield* new UntrustedCursor({ reason: "unsigned" })
            return yield* new UntrustedCursor({ reason: "changed" })
          }
          let reason: UntrustedCursor["reason"] = "otherKey"
          for (const key of [first, ...others]) {
            if (key.id !== id) continue
            if (isEqual(yield* key.sign(messageOf(text)), signature)) return yield* parse(text)
            reason = "changed"
          }
          return yield* new UntrustedCursor({ reason })
        })
      }
    }
  })

const signedText = new RegExp(
  `^2\\.([\\w-]{${lengths.id}})([\\w-]{${lengths.signature}})\\.([\\w.~-]{1,${maxLength}})$`
)
