import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Stream from "effect/Stream"
import type { Answered, Asked, CassetteMismatch, Ended, Frame, Recording, ReplayOptions } from "../../Cassette.ts"
import { MemoryResponse } from "../http/memoryResponse.ts"
import * as content from "./content.ts"
import * as difference from "./difference.ts"
import * as redactors from "./redactor.ts"

/** All that was recorded of a request. */
interface Exchange {
  readonly asked: Asked
  /** The place of the exchange among all others. */
  readonly order: number
  answeredOrder: number
  answered: Answered | undefined
  readonly frames: Array<{ readonly frame: Frame; readonly order: number }>
  end: { readonly moment: Ended; readonly order: number } | undefined
  /** When it was played. */
  readonly played: Deferred.Deferred<number>
}

/** A request in one line. */
export const name = ({ exchange, request }: Asked): string => `${request.method} ${request.path} (exchange ${exchange})`

/** The session that a request is about. */
const sessionOf = ({ request }: Asked): string | undefined => /^\/v1\/sessions\/([^/]+)/.exec(request.path)?.[1]

const laneOf = ({ method, path }: Asked["request"]): string => `${method} ${path}`

const compile = ({ entries }: Recording): ReadonlyArray<Exchange> => {
  const exchanges = new Map<number, Exchange>()
  entries.forEach((entry, order) => {
    if ("request" in entry) {
      exchanges.set(entry.exchange, {
        asked: entry,
        order,
        answeredOrder: Infinity,
        answered: undefined,
        frames: [],
        end: undefined,
        played: Deferred.unsafeMake(FiberId.none)
      })
      return
    }
    const exchange = exchanges.get(entry.exchange)
    if (exchange === undefined) return
    if ("frame" in entry) exchange.frames.push({ frame: entry, order })
    else {
      exchange.answeredOrder = Math.min(exchange.answeredOrder, order)
      if ("response" in entry) exchange.answered = entry
      else exchange.end = { moment: entry, order }
    }
  })
  return [...exchanges.values()]
}

/** A client that answers from a recording. */
export const make = (
  recording: Recording,
  { timing = "recorded", ...options }: ReplayOptions,
  mismatch: (message: string) => CassetteMismatch
): Effect.Effect<{
  readonly client: HttpClient.HttpClient
  readonly unplayed: Effect.Effect<ReadonlyArray<Asked>>
  readonly mismatches: Effect.Effect<ReadonlyArray<CassetteMismatch>>
}> =>
  Effect.sync(() => {
    const redactor = redactors.make(options)
    const exchanges = compile(recording)
    const left = new Set(exchanges)
    const mismatches: Array<CassetteMismatch> = []
    const answer = player(exchanges, timing)

    const client = HttpClient.make((request) =>
      Effect.gen(function*() {
        const [asked, failure] = yield* readWhole(redactor, request)
        const exchange = find(exchanges, left, asked)
        if (typeof exchange === "string") {
          const error = mismatch(exchange)
          mismatches.push(error)
          return yield* Effect.die(error)
        }
        left.delete(exchange)
        const now = yield* Clock.currentTimeMillis
        yield* Deferred.succeed(exchange.played, now)
        if (failure !== undefined) return yield* failure
        return yield* answer(exchange, request, now)
      })
    )

    return {
      client,
      unplayed: Effect.sync(() => Array.from(left, ({ asked }) => asked)),
      mismatches: Effect.sync(() => [...mismatches])
    }
  })

/** A request with the fields of its form, and the failure of a source that could not be read to its end. */
const readWhole = (
  redactor: redactors.Redactor,
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<readonly [Asked["request"], HttpClientError.RequestError | undefined]> =>
  Effect.suspend(() => {
    const asked = redactor.request(request)
    const body = content.formOf(request.body)
    if (body === undefined) return Effect.succeed([asked, undefined])
    let whole = asked
    const seen = content.observed(body, (form) => {
      whole = content.withForm(asked, redactor.form(form))
    })
    // the source is the program's own, and may fail with anything
    // @effect-diagnostics-next-line anyUnknownInErrorContext:off
    return Effect.match(Stream.runDrain(seen.stream), {
      onFailure: (cause) => [whole, new HttpClientError.RequestError({ request, reason: "Transport", cause })],
      onSuccess: () => [whole, undefined]
    })
  })

/** The exchange that a request is; or an explanation why it is none. */
const find = (
  exchanges: ReadonlyArray<Exchange>,
  left: ReadonlySet<Exchange>,
  request: Asked["request"]
): Exchange | string => {
  const lane = [...left].filter(({ asked }) => laneOf(asked.request) === laneOf(request))
  const [next] = lane
  if (next === undefined) {
    const all = exchanges.filter(({ asked }) => laneOf(asked.request) === laneOf(request)).length
    const others = [...left].slice(0, 5).map(({ asked }) => `\n  ${name(asked)}`).join("")
    return `${laneOf(request)} was recorded ${all === 0 ? "never" : `${all} times, and comes once more`}. ${
      others === "" ? "Nothing else is left." : `What is left begins with:${others}`
    }`
  }
  const found = lane.find((one) =>
    one.order < next.answeredOrder && differences(one.asked.request, request).length === 0
  )
  return found ?? [
    `${name(next.asked)} is not as recorded:`,
    ...differences(next.asked.request, request).map((line) => `  ${line}`)
  ].join("\n")
}

/** Waits until the time at which something came, counted from what it came after. */
type Until = (cause: number, millis: number) => Effect.Effect<void>

const recordedTime: Until = (cause, millis) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const delay = cause + millis - now
    return delay > 0 ? Effect.sleep(delay) : Effect.void
  })

/** Answers exchanges as they were recorded. */
const player = (exchanges: ReadonlyArray<Exchange>, timing: NonNullable<ReplayOptions["timing"]>) => {
  const until: Until = timing === "none" ? () => Effect.void : recordedTime
  const stream = streamPlayer(exchanges, until)

  const contentOf = (
    exchange: Exchange,
    answered: Answered
  ): Effect.Effect<string | Stream.Stream<Uint8Array, ReplayedFailure>> => {
    const { body, bytes, headers, text } = answered.response
    if (/event-stream/.test(headers["content-type"] ?? "")) return stream(exchange, answered)
    const whole = text ?? (body === undefined ? "" : JSON.stringify(body))
    if (exchange.end === undefined && bytes === undefined) return Effect.succeed(whole)
    const beginning = Stream.make(content.read({ ...answered.response, text: whole }))
    return exchange.end === undefined
      ? Effect.succeed(beginning)
      : Effect.map(stream(exchange, answered), (rest) => Stream.concat(beginning, rest))
  }

  return (
    exchange: Exchange,
    request: HttpClientRequest.HttpClientRequest,
    now: number
  ): Effect.Effect<MemoryResponse, HttpClientError.RequestError> => {
    const { answered, asked, end } = exchange
    if (answered === undefined) {
      return end?.moment.end.type !== "failed" ? Effect.never : Effect.zipRight(
        until(now, end.moment.at - asked.at),
        Effect.mapError(
          Effect.zipRight(failing(end.moment), Effect.never),
          (cause) => new HttpClientError.RequestError({ request, reason: "Transport", cause })
        )
      )
    }
    return Effect.zipRight(
      until(now, answered.at - asked.at),
      Effect.map(contentOf(exchange, answered), (content) => new MemoryResponse(request, answered.response, content))
    )
  }
}

/** Plays the frames of a stream, each after the requests that it came after. */
const streamPlayer =
  (exchanges: ReadonlyArray<Exchange>, until: Until) =>
  (exchange: Exchange, head: Answered): Effect.Effect<Stream.Stream<Uint8Array, ReplayedFailure>> =>
    Effect.map(Clock.currentTimeMillis, (opened) => {
      const session = sessionOf(exchange.asked)
      const writes = exchanges.filter(({ asked }) =>
        asked.request.method !== "GET" && session !== undefined && sessionOf(asked) === session
      )
      /** Waits for a moment of the stream. */
      const moment = (at: number, order: number): Effect.Effect<void> => {
        const before = writes.filter((write) => write.order < order)
        const last = before.at(-1)
        return Effect.flatMap(
          Effect.forEach(before, ({ played }) => Deferred.await(played)),
          (times) =>
            last === undefined || last.order < exchange.answeredOrder
              ? until(opened, at - head.at)
              : until(times.at(-1) ?? opened, at - last.asked.at)
        )
      }
      const { end, frames } = exchange
      const encoder = new TextEncoder()
      return Stream.fromIterable(frames).pipe(
        Stream.rechunk(1),
        Stream.mapEffect(({ frame, order }) => Effect.as(moment(frame.at, order), encoder.encode(frame.frame))),
        Stream.concat(
          end === undefined || end.moment.end.type === "left"
            // what came after is not known
            ? Stream.never
            : Stream.execute(Effect.zipRight(moment(end.moment.at, end.order), failing(end.moment)))
        )
      )
    })

/** Differences of a request, apart from what is volatile: credentials, versions and the client's own headers. */
const differences = (expected: Asked["request"], received: Asked["request"]): ReadonlyArray<string> => [
  ...difference.between(expected.query ?? {}, received.query ?? {}, "query"),
  ...difference.between(betas(expected), betas(received), "betas"),
  ...difference.between(expected.body, received.body, "body"),
  ...difference.between(expected.form, received.form, "form")
]

const betas = ({ headers }: Asked["request"]): ReadonlyArray<string> =>
  [...new Set((headers["anthropic-beta"] ?? "").split(",").map((beta) => beta.trim()))].sort()

const failing = ({ end }: Ended): Effect.Effect<void, ReplayedFailure> =>
  end.type === "failed" ? Effect.fail(new ReplayedFailure(end)) : Effect.void

/** A failure of the connection that was recorded. */
class ReplayedFailure extends Error {
  readonly _tag = "ConnectionReset"
  readonly code: string | undefined

  constructor({ code, message }: Extract<Ended["end"], { readonly type: "failed" }>) {
    super(message)
    this.name = "ReplayedFailure"
    this.code = code
  }
}
