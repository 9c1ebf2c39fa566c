/**
 * Records what a program and the service said to each other, once, and replays it for good, in the time of a test.
 *
 * A recording is made by any `HttpClient`: {@link layerRecord} passes everything through as it is and writes it down;
 * {@link layerReplay} answers from what was written, and reaches no network. {@link layer} does one or the other with a
 * file. The values of credentials, and the secrets of repositories, vaults and work items, are in no recording; `redact`
 * takes out more. The content of files is kept byte for byte, apart from what is redacted; of what is no text, in base64,
 * only the credentials are. A form is recorded by its fields, if the client writes it as a stream, as that of core does.
 *
 * **Matching.** Requests of one method and one path are played in the order in which they were recorded. Those that
 * overlapped, because one was asked before the other was answered, may come in any order; and so may requests of
 * different methods or paths. A request that differs from what is next, in its query, its body or its betas, is a
 * {@link CassetteMismatch}, which says what differs. It is a defect, so that no retry and no reconnect can hide it.
 *
 * **Time.** An answer takes as long as it took. A frame of a stream keeps its distance to what went before it: the head
 * of the stream, or the last request that changed something in its session. It never comes before that request was made,
 * however slow the program has become.
 *
 * @since 0.1.0
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as recorder from "./internal/cassette/recorder.ts"
import * as replayer from "./internal/cassette/replayer.ts"
import * as strict from "./internal/session/strict.ts"

const moment = {
  /** Milliseconds since the recording began. */
  at: Schema.Finite.pipe(Schema.nonNegative()),
  /** The number of the request, from 1, that this belongs to. */
  exchange: Schema.Int
}

const texts = Schema.Record({ key: Schema.String, value: Schema.String })

const Base64 = Schema.String.pipe(
  Schema.filter((text) => Either.isRight(Encoding.decodeBase64(text)) || "must be base64", {
    arbitrary: () => (fc) => fc.uint8Array().map((bytes) => Encoding.encodeBase64(bytes))
  })
)

const content = {
  /** In UTF-8. */
  text: Schema.optionalWith(Schema.String, { exact: true }),
  /** Bytes that are no text, in base64. */
  bytes: Schema.optionalWith(Base64, { exact: true })
}

const Field_ = Schema.Struct({
  name: Schema.String,
  /** Of a file. */
  filename: Schema.optionalWith(Schema.String, { exact: true }),
  media_type: Schema.optionalWith(Schema.String, { exact: true }),
  ...content
})

const Asked_ = Schema.Struct({
  ...moment,
  request: Schema.Struct({
    method: Schema.String,
    /** From `/v1/` on, percent-encoded, without the query. */
    path: Schema.String,
    /** Decoded. A name that ends in `[]` or that came more than once has a list. */
    query: Schema.optionalWith(
      Schema.Record({ key: Schema.String, value: Schema.Union(Schema.String, Schema.Array(Schema.String)) }),
      { exact: true }
    ),
    headers: texts,
    /** The JSON of the body. */
    body: Schema.optionalWith(Schema.Unknown, { exact: true }),
    /** The fields of a body that is a form. */
    form: Schema.optionalWith(Schema.Array(Field_), { exact: true })
  })
})

const Answered_ = Schema.Struct({
  ...moment,
  response: Schema.Struct({
    status: Schema.Int,
    headers: texts,
    /** The JSON of the body. */
    body: Schema.optionalWith(Schema.Unknown, { exact: true }),
    /** A body that is not JSON, or the content of a file. */
    ...content
  })
})

const Frame_ = Schema.Struct({ ...moment, frame: Schema.String })

const Ended_ = Schema.Struct({
  ...moment,
  end: Schema.Union(
    /** The service ended the stream. */
    Schema.Struct({ type: Schema.Literal("done") }),
    /** The client did not want the rest. */
    Schema.Struct({ type: Schema.Literal("left") }),
    /** The connection failed. */
    Schema.Struct({
      type: Schema.Literal("failed"),
      message: Schema.String,
      code: Schema.optionalWith(Schema.String, { exact: true })
    })
  )
})

const Entry_ = Schema.Union(Asked_, Answered_, Frame_, Ended_)

const Head_ = Schema.Struct({ cassette: Schema.Literal(1), recorded: Schema.String })

const Recording_ = Schema.Struct({ recorded: Schema.String, entries: Schema.Array(Entry_) }).annotations({
  identifier: "Recording"
})

/**
 * Content byte for byte, apart from secrets: a text in UTF-8, or what is none in base64.
 * @category models
 */
export interface Content {
  readonly text?: string
  readonly bytes?: string
}

/**
 * A field of a form; a file, if it has a `filename`.
 * @category models
 */
export interface Field extends Schema.Schema.Type<typeof Field_> {}

/**
 * A request.
 * @category models
 */
export interface Asked extends Schema.Schema.Type<typeof Asked_> {}

/**
 * The head of an answer, and the body if it is not an event stream.
 * @category models
 */
export interface Answered extends Schema.Schema.Type<typeof Answered_> {}

/**
 * A frame of an event stream as it was on the wire, with its empty line unless the connection ended before.
 * @category models
 */
export interface Frame extends Schema.Schema.Type<typeof Frame_> {}

/**
 * End of a stream or of a failed request. An answer that has no end was complete; a stream that has none was open when
 * the recording was over.
 * @category models
 */
export interface Ended extends Schema.Schema.Type<typeof Ended_> {}

/**
 * Something that happened: one line of a file.
 * @category models
 */
export type Entry = Asked | Answered | Frame | Ended

/**
 * Content of a cassette, in the order in which it happened.
 * @category models
 */
export interface Recording {
  /** When the recording began, RFC 3339. */
  readonly recorded: string
  readonly entries: ReadonlyArray<Entry>
}

/**
 * Schema of {@link Recording}.
 * @category schemas
 */
export const Recording: Schema.Schema<Recording> = Recording_

/**
 * A cassette that cannot be used: it is not there, or not what it should be.
 * @category errors
 */
export class CassetteError extends Data.TaggedError("CassetteError")<{ readonly message: string }> {}

/**
 * A request of the program differs from the recorded one. The message says what was expected and what came.
 * @category errors
 */
export class CassetteMismatch extends Data.TaggedError("CassetteMismatch")<{ readonly message: string }> {}

/**
 * A cassette while it is in use.
 * @category services
 */
export interface Service {
  /** The recording up to now, or the one that is replayed. */
  readonly recording: Effect.Effect<Recording>
  /** The recorded requests that have not been made yet. None while recording. */
  readonly unplayed: Effect.Effect<ReadonlyArray<Asked>>
  /** The requests that were not as recorded. None while recording. */
  readonly mismatches: Effect.Effect<ReadonlyArray<CassetteMismatch>>
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class Cassette extends Context.Tag("@effect-managed-agents/testkit/Cassette")<Cassette, Service>() {}

/**
 * Options of recording.
 * @category options
 */
export interface RecordOptions {
  /**
   * Takes out what must not be written down, besides credentials: gets every text of bodies, frames and queries with the
   * name of the member that it stands in, and gives what to write. On replay it must be the same, as requests are
   * compared after it.
   *
   * @default changes nothing
   */
  readonly redact?: ((text: string, name: string) => string) | undefined
}

/**
 * Options of replaying.
 * @category options
 */
export interface ReplayOptions extends RecordOptions {
  /**
   * The timing of answers and frames: as recorded, or as soon as their cause is there.
   *
   * @default "recorded"
   */
  readonly timing?: "recorded" | "none" | undefined
}

/**
 * Options of a cassette: its place, and its use.
 * @category options
 */
export interface Options extends ReplayOptions {
  readonly path: string
  /**
   * `record` writes the file when the layer is released; after a failure beside it, as `<path>.failed`. `replay` reads it.
   * `auto` replays if it is there, and else records, but not on a CI server (where `CI` is set), where a missing cassette
   * is an error. One file is recorded by one layer at a time. As a service takes real time, requests are refused once a
   * `TestClock` has been moved while recording.
   *
   * @default "auto"
   */
  readonly mode?: "record" | "replay" | "auto" | undefined
}

/**
 * Writes a recording as JSON lines: a head with the version of the format, then one {@link Entry} a line.
 * @category encoding
 */
export const encode = ({ entries, recorded }: Recording): string =>
  [{ cassette: 1, recorded }, ...entries].map((line) => `${JSON.stringify(line)}\n`).join("")

/**
 * Reads what {@link encode} has written. Fails with the first line that is wrong, and with the member that is.
 * @category decoding
 */
export const decode = (text: string): Effect.Effect<Recording, CassetteError> =>
  Effect.gen(function*() {
    // some editors begin a file with a byte order mark
    const lines = text.replace(/^\ufeff/, "").split(/\r?\n/).map((line, index) => ({ line, number: index + 1 })).filter(
      ({ line }) => line.trim() !== ""
    )
    const known = new Set<number>()
    const entries: Array<Entry> = []
    let recorded: string | undefined
    for (const { line, number } of lines) {
      const wrong = (why: string) => new CassetteError({ message: `line ${number}: ${why}` })
      const value = yield* Either.try({
        try: (): unknown => JSON.parse(line),
        catch: (cause) => wrong(`not JSON: ${String(cause)}`)
      })
      if (recorded === undefined) {
        const head = yield* Either.mapLeft(
          readHead(value),
          (why) => wrong(`expected the head of a cassette of version 1. ${why}`)
        )
        recorded = head.recorded
        continue
      }
      const entry = yield* Either.mapLeft(readEntry(value), wrong)
      if ("request" in entry === known.has(entry.exchange)) {
        return yield* wrong(`exchange ${entry.exchange} has ${"request" in entry ? "two requests" : "no request yet"}`)
      }
      known.add(entry.exchange)
      entries.push(entry)
    }
    if (recorded === undefined) return yield* new CassetteError({ message: "the cassette is empty" })
    return { recorded, entries }
  })

/** A line may hold a whole conversation, and with it so may the description of a problem. */
const maxProblem = 200

const reader = <A, I>(schema: Schema.Schema<A, I>) => {
  const read = strict.decode(schema)
  return (value: unknown): Either.Either<A, string> =>
    Either.mapLeft(read(value), (problem) => {
      const text = strict.describe(problem)
      return text.length > maxProblem ? `${text.slice(0, maxProblem)}…` : text
    })
}
const readHead = reader(Head_)
/** Readers of entries, by the member that only entries of their kind have. */
const readers = { request: reader(Asked_), response: reader(Answered_), frame: reader(Frame_), end: reader(Ended_) }

const readEntry = (value: unknown): Either.Either<Entry, string> => {
  const [, read] =
    Object.entries(readers).find(([kind]) => typeof value === "object" && value !== null && kind in value) ?? []
  return read?.(value) ?? Either.left(`expected an object with one of ${Object.keys(readers).join(", ")}`)
}

/**
 * Provides an `HttpClient` that passes everything on to the given one, and records it.
 * @category layers
 */
export const layerRecord = (
  options: RecordOptions = {}
): Layer.Layer<Cassette | HttpClient.HttpClient, never, HttpClient.HttpClient> =>
  Layer.effectContext(recording(options))

/**
 * Provides an `HttpClient` that answers from a recording. No network can be reached.
 * @category layers
 */
export const layerReplay = (
  recording: Recording,
  options: ReplayOptions = {}
): Layer.Layer<Cassette | HttpClient.HttpClient> => Layer.effectContext(replaying(recording, options))

/**
 * Provides an `HttpClient` that records into a file, or answers from it; see {@link Options}.
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<Cassette | HttpClient.HttpClient, CassetteError, HttpClient.HttpClient | FileSystem.FileSystem> =>
  Layer.scopedContext(Effect.gen(function*() {
    const { mode = "auto", path } = options
    const files = yield* FileSystem.FileSystem
    const failed = (cause: { readonly message: string }) => new CassetteError({ message: `${path}: ${cause.message}` })
    const isThere = mode === "auto" && (yield* Effect.mapError(files.exists(path), failed))
    if (mode === "replay" || isThere) {
      const text = yield* Effect.mapError(files.readFileString(path), failed)
      return yield* replaying(yield* Effect.mapError(decode(text), failed), options)
    }
    if (mode === "auto" && (yield* isCi)) return yield* failed({ message: "no such cassette, and CI records none" })
    return yield* recordingFile(files, options, failed)
  }))

/**
 * Fails if a request was not as recorded, or if one that was recorded has not been made. It belongs at the end of a test.
 * @category testing
 */
export const assertDone: Effect.Effect<void, CassetteMismatch, Cassette> = Effect.gen(function*() {
  const cassette = yield* Cassette
  const problems = (yield* cassette.mismatches).map(({ message }) => message)
  const left = yield* cassette.unplayed
  if (left.length > 0) {
    problems.push(
      ["These requests were recorded, but not made:", ...left.map((asked) => `  ${replayer.name(asked)}`)].join("\n")
    )
  }
  if (problems.length > 0) return yield* new CassetteMismatch({ message: problems.join("\n\n") })
})

const isCi: Effect.Effect<boolean> = Effect.map(
  Effect.option(Config.string("CI")),
  Option.exists((value) => !/^(|0|false)$/i.test(value))
)

const recording = (options: RecordOptions) =>
  Effect.gen(function*() {
    const { recorded, recording } = yield* recorder.make(yield* HttpClient.HttpClient, options)
    return Context.make(HttpClient.HttpClient, recorded).pipe(
      Context.add(Cassette, { recording, unplayed: Effect.succeed([]), mismatches: Effect.succeed([]) })
    )
  })

/** Records, and writes it down when the scope closes. */
const recordingFile = (
  files: FileSystem.FileSystem,
  { path, ...options }: Options,
  failed: (cause: { readonly message: string }) => CassetteError
) =>
  Effect.gen(function*() {
    const part = `${path}.part`
    const folder = /^(.*)[\\/]/.exec(path)?.[1]
    const context = yield* recording(options)
    const standing = standingTime(failed({
      message:
        "the service takes real time, but the program moved its TestClock while recording, and gave up on answers. "
        + "Record without moving it, or under the real clock as in it.live; what keeps the time of the test, such as a "
        + "simulator, is recorded by Cassette.layerRecord"
    }))
    const reserve = Effect.gen(function*() {
      if (folder !== undefined && folder !== "") yield* files.makeDirectory(folder, { recursive: true })
      yield* files.writeFileString(part, "", { flag: "wx" })
    }).pipe(Effect.mapError((cause) =>
      failed(
        cause._tag === "SystemError" && cause.reason === "AlreadyExists"
          ? { message: `it is being recorded already. If it is not, ${part} was left behind and can be deleted` }
          : cause
      )
    ))
    const write = (to: string) =>
      Effect.gen(function*() {
        yield* files.writeFileString(part, encode(yield* Context.get(context, Cassette).recording))
        yield* files.rename(part, to)
      }).pipe(Effect.mapError(failed), Effect.orDie)
    yield* Effect.acquireRelease(
      reserve,
      (_, exit) => write(Exit.isSuccess(exit) && standing.isKept() ? path : `${path}.failed`)
    )
    return Context.add(
      context,
      HttpClient.HttpClient,
      HttpClient.transform(
        Context.get(context, HttpClient.HttpClient),
        (execute) => Effect.zipRight(standing.check, execute)
      )
    )
  })

/**
 * Refuses requests after a `TestClock` has been moved: it does not wait for answers that take real time, so that whatever
 * limits a program has are over before they come.
 */
const standingTime = (moved: CassetteError) => {
  let start: number | undefined
  let isKept = true
  return {
    isKept: () => isKept,
    check: Effect.flatMap(Effect.clock, (clock) => {
      // no other clock can be moved
      if (!("adjust" in clock)) return Effect.void
      const now = clock.unsafeCurrentTimeMillis()
      start ??= now
      isKept &&= now === start
      return isKept ? Effect.void : Effect.die(moved)
    })
  }
}

const replaying = (recording: Recording, options: ReplayOptions) =>
  Effect.map(
    replayer.make(recording, options, (message) => new CassetteMismatch({ message })),
    ({ client, mismatches, unplayed }) =>
      Context.make(HttpClient.HttpClient, client).pipe(
        Context.add(Cassette, { recording: Effect.succeed(recording), unplayed, mismatches })
      )
  )
