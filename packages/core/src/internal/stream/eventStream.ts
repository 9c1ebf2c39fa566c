import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ApiError } from "../../ApiError.ts"
import { MalformedResponse, StreamInterrupted, StreamStalled } from "../../ApiError.ts"
import * as Sse from "../../Sse.ts"
import { fromErrorFrame } from "../http/response.ts"
import type { Scrub } from "../http/secrets.ts"
import { excerpt } from "../http/secrets.ts"
import { describe } from "../http/transport.ts"
import { explain } from "../schema/explain.ts"
import * as guard from "../schema/guard.ts"
import { isHeartbeat } from "./heartbeat.ts"
import type { Pull } from "./pull.ts"
import { chunk, fromStream } from "./pull.ts"
import { watch } from "./watchdog.ts"

/** Options of {@link decode}. */
export interface Options<A, I> {
  /** The operation that opened the stream, for errors. */
  readonly operation: string
  /** The id of the request that opened the stream, for errors. */
  readonly requestId: string | undefined
  /** The union of the events, open at `type`. */
  readonly schema: Schema.Schema<A, I>
  /** The number of UTF-16 units that one event may have. */
  readonly maxEventSize: number
  /** Removes known secrets from what goes into an error. */
  readonly scrub: Scrub
  /** Told how many events were decoded, chunk by chunk. */
  readonly onEvents: (count: number) => void
}

/**
 * Bytes of an event stream to validated events.
 *
 * One chunk of bytes becomes one chunk of events, and the next one is pulled when the consumer asks for it. An event is
 * the very object that `JSON.parse` made.
 *
 * Frame names are unreliable: servers have used the event's type, `message` and none at all. So everything goes by the
 * `type` in the data, and a nameless frame is delivered like any other. Only `ping` and `error` are also believed as
 * names, because their data need not be JSON.
 */
export const decode = <A, I>(options: Options<A, I>) => {
  const is = guard.make(options.schema)
  return <E, R>(bytes: Pull<Uint8Array, E, R>): Pull<A, ApiError, R> => {
    const { onEvents, operation, requestId, scrub } = options
    const decoder = makeDecoder(options, is)
    const read = Effect.matchEffect(bytes, {
      onSuccess: (chunks): Pull<A, ApiError, R> => {
        if (chunks === undefined) return Effect.succeed(undefined)
        const events = decoder.push(chunks)
        if (events.length === 0) return next
        onEvents(events.length)
        return Effect.succeed(chunk(events))
      },
      onFailure: (error) =>
        Effect.fail(
          error instanceof StreamStalled || error instanceof StreamInterrupted
            ? error
            : new StreamInterrupted({ operation, requestId, detail: describe(error, scrub) })
        )
    })
    const next: Pull<A, ApiError, R> = Effect.suspend(() =>
      decoder.failure === undefined ? read : Effect.fail(decoder.failure)
    )
    return next
  }
}

/** Options of {@link read}. */
export interface ReadOptions<A, I> extends Options<A, I> {
  /** The longest silence of the bytes. Without it nothing watches them. */
  readonly maxSilence: Duration.DurationInput | undefined
}

/** Starts a body, until the scope closes, and reads its events. */
export const read = <A, I, E>(
  bytes: Stream.Stream<Uint8Array, E>,
  options: ReadOptions<A, I>
): Effect.Effect<Pull<A, ApiError>, never, Scope.Scope> => {
  const { maxSilence, operation, requestId } = options
  const pull = fromStream(bytes)
  return maxSilence === undefined
    ? Effect.map(pull, decode(options))
    : Effect.map(Effect.flatMap(pull, watch(operation, requestId, maxSilence)), decode(options))
}

interface Decoder<A> {
  /** The events that end in these bytes, or that precede what is wrong with them. */
  readonly push: (chunks: Iterable<Uint8Array>) => Array<A>
  /** Why no more events will come. */
  readonly failure: ApiError | undefined
}

const none: Array<never> = []

/** Tells the beginning of gzip, which a gateway may send unasked. Not every `HttpClient` decompresses. */
const isCompressed = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

const makeDecoder = <A, I>(options: Options<A, I>, is: (value: unknown) => value is A): Decoder<A> => {
  const { maxEventSize, operation, requestId, schema, scrub } = options
  let events: Array<A> = []
  let failure: ApiError | undefined
  let hasBegun = false
  const malformed = (
    reason: MalformedResponse["reason"],
    data: string,
    issues: MalformedResponse["issues"],
    value?: unknown
  ) =>
    new MalformedResponse({
      operation,
      reason,
      requestId,
      eventId: idOf(value, scrub),
      issues,
      excerpt: excerpt(data, scrub)
    })
  const onFrame = (frame: Sse.Frame) => {
    if (failure !== undefined || isHeartbeat(frame)) return
    if (frame.event === "error") {
      failure = fromErrorFrame(operation, requestId, frame.data, scrub)
      return
    }
    // any JSON; the type only allows to look for a `type`, which finds nothing in other values than objects
    let value: { readonly type?: unknown } | null
    try {
      value = JSON.parse(frame.data)
    } catch {
      failure = malformed("Syntax", frame.data, [{ path: "", message: "expected JSON" }])
      return
    }
    const type = value?.type
    if (type === "ping") return
    if (type === "error") failure = fromErrorFrame(operation, requestId, frame.data, scrub)
    else if (is(value)) events.push(value)
    else {failure = malformed(
        typeof type === "string" ? "Schema" : "Syntax",
        frame.data,
        explain(schema, value, scrub),
        value
      )}
  }
  const parser = Sse.makeParser({
    onFrame,
    maxFrameSize: maxEventSize,
    onOverflow: () => {
      failure ??= malformed("Schema", "", [{
        path: "",
        message: `expected an event of at most ${maxEventSize} characters`
      }])
    }
  })
  return {
    push: (chunks) => {
      // not a literal, for the reason that is given in pull.ts
      events = none.slice()
      for (const bytes of chunks) {
        if (!hasBegun && isCompressed(bytes)) {
          failure = malformed("MediaType", "", [{
            path: "",
            message: "expected an event stream, got compressed bytes"
          }])
        }
        hasBegun = true
        if (failure === undefined) parser.feed(bytes)
      }
      return events
    },
    get failure() {
      return failure
    }
  }
}

const idOf = (value: unknown, scrub: Scrub): string | undefined =>
  typeof value === "object" && value !== null && "id" in value && typeof value.id === "string"
    ? excerpt(value.id, scrub)
    : undefined
