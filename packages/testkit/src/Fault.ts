/**
 * Faults between a client and the simulated service, as data.
 *
 * A fault is plain JSON, so that it can be sent to a simulator on a port, printed and pasted: `{ "match": { "method":
 * "POST" }, "do": { "drop": "after" } }`. The constructors of this module make the same data with types and completion.
 *
 * Faults are kept in order until they are used up. A request to the API meets at most one: the first that matches it
 * and whose turn it is. Each fault counts the requests that match it, whichever fault they meet, so that leaving one
 * fault out of a plan does not move the others. `skip` lets the first requests pass, `times` says how many it is for
 * after that. The routes under `/_sim` never meet one.
 *
 * @since 0.1.0
 */
import type * as Endpoint from "@effect-managed-agents/core/Endpoint"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as plans from "./internal/fault/faultPlans.ts"
import * as strict from "./internal/session/strict.ts"

/**
 * Which requests a fault is for. Without a method or a path, any; but a fault of streams is only for requests that open
 * one, or that download.
 * @category models
 */
export interface Match {
  /** Such as `POST`. */
  readonly method?: string | undefined
  /**
   * A glob over the path of the URL, without the query: `*` is any text without a slash, `**` any text.
   */
  readonly path?: string | undefined
  /**
   * The number of matching requests that pass first.
   *
   * @default 0
   */
  readonly skip?: number | undefined
  /**
   * The number of requests that it is for.
   *
   * @default 1
   */
  readonly times?: number | undefined
}

/**
 * An answer in place of the service's own.
 * @category models
 */
export interface Status {
  readonly status: number
  /** Such as `retry-after-ms`. `content-type` and `request-id` are added. */
  readonly headers?: { readonly [name: string]: string } | undefined
  /**
   * A text is sent as it is, anything else as JSON.
   *
   * @default an error of the API that fits the status, if it is one of 400 or more
   */
  readonly body?: unknown
  /**
   * True if the request takes effect all the same, as far as it is valid.
   *
   * @default false
   */
  readonly landed?: boolean | undefined
}

/**
 * A connection that is reset instead of an answer, before or after the request took effect.
 * @category models
 */
export interface Drop {
  readonly drop: "before" | "after"
}

/**
 * An answer that comes late. The request takes effect at once.
 * @category models
 */
export interface Delay {
  /** In milliseconds. */
  readonly delay: number
}

/**
 * Faults of one event stream. Those that only count bytes are for downloads as well.
 *
 * Events are counted from 1, as they leave the service: previews are events; heartbeats, copies and what is inserted
 * are not. Bytes are counted as they reach the client, all of them. What is said together happens together: after event
 * *n* come its copy, then what is inserted, then the stall or the end, and whichever end is reached first is the end.
 *
 * @category models
 */
export interface StreamFault {
  /** The connection dies after so many events; 0 is right after the head of the response. */
  readonly cut_after_events?: number | undefined
  /** The connection dies after so many bytes of the body. */
  readonly cut_after_bytes?: number | undefined
  /**
   * True if the response of a stream that is cut ends properly, as if there were no more events, and not as a
   * connection that dies.
   *
   * @default false
   */
  readonly clean?: boolean | undefined
  /** After so many events the connection stays open and nothing comes any more, not even its end. */
  readonly stall_after_events?: number | undefined
  /** After so many bytes nothing comes any more, not even the end. Counts the bytes of a download as well. */
  readonly stall_after_bytes?: number | undefined
  /**
   * True if heartbeats still come on a stream that stalls.
   *
   * @default false
   */
  readonly heartbeats?: boolean | undefined
  /** This event is sent twice; 1 is the first. */
  readonly repeat_event?: number | undefined
  /** Everything comes in chunks of so many bytes, the last of each frame being what is left. */
  readonly split_bytes?: number | undefined
  /** Text that comes between two frames, as it is; a frame ends in an empty line. */
  readonly insert?: { readonly after_events: number; readonly frame: string } | undefined
}

/**
 * The faults.
 * @category models
 */
export type Action = Status | Drop | Delay | { readonly stream: StreamFault }

/**
 * Something that goes wrong, and when.
 * @category models
 */
export interface Fault {
  /**
   * For which requests.
   *
   * @default {}
   */
  readonly match?: Match | undefined
  readonly do: Action
}

/**
 * All that is to go wrong, in order.
 * @category models
 */
export type Plan = ReadonlyArray<Fault>

// ---------------------------------------------------------------------------------------------------------------------
// Reading
// ---------------------------------------------------------------------------------------------------------------------

const integer = (min: number) =>
  Schema.Number.pipe(
    Schema.filter((n) => (Number.isSafeInteger(n) && n >= min) || `Expected an integer of at least ${min}`, {
      jsonSchema: { type: "integer", minimum: min }
    })
  )

const matchSchema = Schema.Struct({
  method: Schema.optional(Schema.NonEmptyString),
  path: Schema.optional(
    Schema.String.pipe(Schema.filter((path) => /^[/*]/.test(path) || "Expected a glob that begins with / or *", {
      jsonSchema: { pattern: "^[/*]" }
    }))
  ),
  skip: Schema.optional(integer(0)),
  times: Schema.optional(integer(1))
}).annotations({ identifier: "Match" })

const httpStatus = Schema.Number.pipe(
  Schema.filter((n) => (Number.isInteger(n) && n >= 200 && n <= 599) || "Expected an HTTP status from 200 to 599", {
    jsonSchema: { type: "integer", minimum: 200, maximum: 599 }
  })
)

const bodiless = new Set([204, 205, 304])

/** Headers of framing, which are up to whoever sends the message. */
const framing = new Set(["connection", "content-length", "keep-alive", "trailer", "transfer-encoding", "upgrade"])

const headersSchema = Schema.Record({ key: Schema.String, value: Schema.String }).pipe(
  Schema.filter((headers) =>
    Object.entries(headers).flatMap(([name, value]) => {
      const message = !/^[!#$%&'*+.^_`|~\w-]+$/.test(name)
        ? "Expected the name of a header"
        : framing.has(name.toLowerCase())
        ? "This header is the transport's"
        : !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)
        ? "Expected the value of a header"
        : undefined
      return message === undefined ? [] : [{ path: [name], message }]
    }), { jsonSchema: {} })
)

const statusSchema = Schema.Struct({
  status: httpStatus,
  headers: Schema.optional(headersSchema),
  body: Schema.optionalWith(Schema.Unknown, { exact: true }),
  landed: Schema.optional(Schema.Boolean)
}).pipe(
  Schema.filter((action) =>
    "body" in action && bodiless.has(action.status)
      ? { path: ["body"], message: `A response with status ${action.status} has no body` }
      : undefined, { jsonSchema: {} })
)

const isSet = (value: unknown): boolean => value !== undefined

const streamSchema = Schema.Struct({
  cut_after_events: Schema.optional(integer(0)),
  cut_after_bytes: Schema.optional(integer(0)),
  clean: Schema.optional(Schema.Boolean),
  stall_after_events: Schema.optional(integer(0)),
  stall_after_bytes: Schema.optional(integer(0)),
  heartbeats: Schema.optional(Schema.Boolean),
  repeat_event: Schema.optional(integer(1)),
  split_bytes: Schema.optional(integer(1)),
  insert: Schema.optional(Schema.Struct({ after_events: integer(0), frame: Schema.String }))
}).pipe(
  Schema.filter((fault) => {
    if (!Object.values(fault).some(isSet)) return "Expected at least one thing that happens to the stream"
    const { clean, cut_after_bytes, cut_after_events, heartbeats, stall_after_events } = fault
    if (isSet(clean) && !isSet(cut_after_events) && !isSet(cut_after_bytes)) {
      return { path: ["clean"], message: "Expected cut_after_events or cut_after_bytes beside it" }
    }
    if (isSet(heartbeats) && !isSet(stall_after_events)) {
      return { path: ["heartbeats"], message: "Expected stall_after_events beside it" }
    }
    return undefined
  }, { jsonSchema: { minProperties: 1 } })
).annotations({ identifier: "StreamFault" })

const make_ = (oneKey: strict.OneKey): Schema.Schema<Fault> =>
  Schema.Struct({
    match: Schema.optional(matchSchema),
    do: oneKey("Action", {
      status: statusSchema,
      drop: Schema.Struct({ drop: strict.oneOf("before", "after") }),
      delay: Schema.Struct({ delay: strict.millis }),
      stream: Schema.Struct({ stream: streamSchema })
    })
  }).annotations({ identifier: "Fault" })

/**
 * Schema of a fault: the description, for documents and generators. To read faults, use {@link decode}, which says more
 * precisely what is wrong.
 * @category schemas
 */
export const Fault: Schema.Schema<Fault> = make_(strict.oneKeyUnion)

/**
 * A fault that cannot happen. The message names the field.
 * @category errors
 */
export class MalformedFault extends Data.TaggedError("MalformedFault")<{
  /** The path, such as `[0].do.status`; empty if it is the plan as a whole. */
  readonly path: string
  readonly message: string
}> {}

const decodeEither = strict.decode(
  Schema.Array(make_(strict.oneKeyDecoder)).annotations({ identifier: "a list of faults" })
)

/**
 * Reads a plan, such as one from a JSON file. Unknown fields are refused.
 * @category constructors
 */
export const decode = (input: unknown): Effect.Effect<Plan, MalformedFault> =>
  Either.mapLeft(
    decodeEither(input),
    (problem) => new MalformedFault({ path: problem.path, message: strict.describe(problem) })
  )

// ---------------------------------------------------------------------------------------------------------------------
// Writing
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Options of every constructor of a fault.
 * @category options
 */
export interface Options {
  /**
   * For which requests.
   *
   * @default {}
   */
  readonly match?: Match | undefined
}

/**
 * Matches the requests of an endpoint of the API.
 *
 * @example
 * ```ts
 * import * as Api from "@effect-managed-agents/core/Api"
 * import * as Fault from "@effect-managed-agents/testkit/Fault"
 *
 * assert.deepStrictEqual(Fault.on(Api.sessions.retrieve, { skip: 1 }), {
 *   method: "GET",
 *   path: "/v1/sessions/*",
 *   skip: 1
 * })
 * ```
 *
 * @category constructors
 */
export const on = (endpoint: Endpoint.Any, options: Pick<Match, "skip" | "times"> = {}): Match => ({
  ...plans.requestsOf(endpoint),
  ...options
})

const make = (action: Action, { match }: Options): Fault => match === undefined ? { do: action } : { match, do: action }

/**
 * An answer in place of the service's own. Unless it `landed`, the request has no effect.
 * @category constructors
 */
export const status = (status: number, { match, ...action }: Options & Omit<Status, "status"> = {}): Fault =>
  make({ status, ...action }, { match })

/**
 * The connection is reset instead of an answer, before or after the request took effect.
 * @category constructors
 */
export const drop = (when: "before" | "after", options: Options = {}): Fault => make({ drop: when }, options)

/**
 * The answer comes late. The request takes effect at once.
 * @category constructors
 */
export const delay = (duration: Duration.DurationInput, options: Options = {}): Fault =>
  make({ delay: Duration.toMillis(duration) }, options)

/**
 * Several things happen to one event stream. The constructors below make faults of one thing.
 * @category constructors
 */
export const stream = (fault: StreamFault, options: Options = {}): Fault => make({ stream: fault }, options)

/**
 * The connection of an event stream dies after so many events; 0 is right after the head of the response.
 * @category constructors
 */
export const cutAfterEvents = (
  events: number,
  { match, ...more }: Options & Pick<StreamFault, "clean"> = {}
): Fault => stream({ cut_after_events: events, ...more }, { match })

/**
 * The connection of an event stream or a download dies after so many bytes.
 * @category constructors
 */
export const cutAfterBytes = (
  bytes: number,
  { match, ...more }: Options & Pick<StreamFault, "clean"> = {}
): Fault => stream({ cut_after_bytes: bytes, ...more }, { match })

/**
 * After so many events nothing comes on an event stream any more, not even its end, and heartbeats only if they are
 * wanted.
 * @category constructors
 */
export const stallAfterEvents = (
  events: number,
  { match, ...more }: Options & Pick<StreamFault, "heartbeats"> = {}
): Fault => stream({ stall_after_events: events, ...more }, { match })

/**
 * After so many bytes nothing comes any more on an event stream or in a download, not even its end.
 * @category constructors
 */
export const stallAfterBytes = (bytes: number, options: Options = {}): Fault =>
  stream({ stall_after_bytes: bytes }, options)

/**
 * One event of a stream is sent twice; 1 is the first.
 * @category constructors
 */
export const repeatEvent = (event: number, options: Options = {}): Fault => stream({ repeat_event: event }, options)

/**
 * An event stream comes in chunks of so many bytes, through the middle of lines and characters.
 * @category constructors
 */
export const splitBytes = (bytes: number, options: Options = {}): Fault => stream({ split_bytes: bytes }, options)

/**
 * Text that comes between two frames of an event stream, as it is; a frame ends in an empty line.
 * @category constructors
 */
export const insert = (
  insertion: { readonly after_events: number; readonly frame: string },
  options: Options = {}
): Fault => stream({ insert: insertion }, options)

// ---------------------------------------------------------------------------------------------------------------------
// Searching
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The kinds of faults that {@link random} knows: what they do, and for those of requests how.
 *
 * `status` are refusals that had no effect and may be tried again; `landed` are errors of the server, after which the
 * request may have had one, and it has. `foreign` are answers to reads by something in between, such as the page of a
 * portal; `garbled` are such answers to what the service has taken. Frames of `insert` are comments and the like, which mean
 * nothing; those of `damage` are no events of the service.
 *
 * @category models
 */
export type Kind =
  | "status"
  | "landed"
  | "foreign"
  | "garbled"
  | "damage"
  | "drop_before"
  | "drop_after"
  | "delay"
  | Exclude<keyof StreamFault, "clean" | "heartbeats" | "stall_after_bytes">

/**
 * Options of a plan that is made by chance.
 * @category options
 */
export interface RandomOptions {
  /**
   * The kinds of faults.
   *
   * @default all but `foreign`, `garbled` and `damage`, which only followers, turns and deliveries survive
   */
  readonly kinds?: ReadonlyArray<Kind> | undefined
  /**
   * The endpoints at which faults may happen.
   *
   * @default sending, listing and streaming events, and retrieving a session
   */
  readonly endpoints?: ReadonlyArray<Endpoint.Any> | undefined
  /**
   * The greatest number of faults of a plan. It has at least one.
   *
   * @default 4
   */
  readonly max?: number | undefined
}

/**
 * Makes a plan for a conversation by chance: always the same for the same seed and options, so that an integer is all
 * that there is to say about what went wrong.
 * @category constructors
 */
export const random = (seed: number, options: RandomOptions = {}): Plan => plans.random(seed, options)

/**
 * Options of a search.
 * @category options
 */
export interface SearchOptions extends RandomOptions {
  /** The number of plans to try. */
  readonly runs: number
  /**
   * The seed of the first plan. The others have those that follow.
   *
   * @default 0
   */
  readonly seed?: number | undefined
  /**
   * The number of simpler plans to try, once one was found that makes the program fail.
   *
   * @default 300
   */
  readonly maxShrinks?: number | undefined
}

/**
 * Faults that a program does not cope with. The message has the seed, the faults as JSON to paste, and the failure.
 * @category errors
 */
export class Counterexample extends Data.TaggedError("Counterexample")<{
  /** From which {@link random} makes `plan` with the same options. */
  readonly seed: number
  readonly plan: Plan
  /** As little of it as still makes the program fail. */
  readonly smallest: Plan
  /** The failure of the program with that. */
  readonly failure: Cause.Cause<unknown>
}> {
  override get message(): string {
    return [
      this.smallest.length === 0
        ? "The program fails although nothing goes wrong"
        : `The program fails when this goes wrong: ${JSON.stringify(this.smallest)}`,
      `found in the plan of seed ${this.seed}: ${JSON.stringify(this.plan)}`,
      Cause.pretty(this.failure)
    ].join("\n")
  }
}

/**
 * Looks for faults that a program does not cope with.
 *
 * Runs the program with the plans of as many seeds, one after the other, until it fails, be it with an error or a
 * defect such as a broken assertion. Then leaves out and simplifies what it can of the plan, as long as the program
 * still fails. Each run needs a simulator of its own, and all the time that the program may take.
 *
 * @example
 * ```ts
 * import * as Events from "@effect-managed-agents/core/Events"
 * import * as UserEvent from "@effect-managed-agents/core/UserEvent"
 * import * as Fault from "@effect-managed-agents/testkit/Fault"
 * import * as Fixtures from "@effect-managed-agents/testkit/Fixtures"
 * import { Simulator } from "@effect-managed-agents/testkit/Simulator"
 * import * as Testkit from "@effect-managed-agents/testkit/Testkit"
 * import * as Effect from "effect/Effect"
 *
 * // sends again whatever happened to the first try
 * const careless = Effect.gen(function*() {
 *   const events = yield* Events.Events
 *   yield* Effect.retry(events.send(Fixtures.sessionId, UserEvent.message("Pay the invoice.")), { times: 5 })
 *   const simulator = yield* Simulator
 *   const happened = yield* simulator.events(Fixtures.sessionId)
 *   const messages = happened.filter((event) => event.type === "user.message")
 *   if (messages.length > 1) return yield* Effect.fail("paid twice")
 * })
 *
 * const found = Fault.search({ runs: 100, kinds: ["drop_before", "drop_after"], max: 2 }, (faults) =>
 *   careless.pipe(Effect.provide(Testkit.layer({ faults })))
 * )
 *
 * Effect.runPromise(Effect.flip(found)).then(({ smallest }) => {
 *   assert.deepStrictEqual(smallest.map((fault) => fault.do), [{ drop: "after" }])
 * })
 * ```
 *
 * @category combinators
 */
export const search = <E, R>(
  { maxShrinks = 300, runs, seed: first = 0, ...options }: SearchOptions,
  run: (faults: Plan) => Effect.Effect<unknown, E, R>
): Effect.Effect<void, Counterexample, R> =>
  Effect.gen(function*() {
    /** The first of some plans with which the program fails, and the number of runs. */
    const failing = Effect.fnUntraced(function*(candidates: ReadonlyArray<Plan>) {
      for (const [i, plan] of candidates.entries()) {
        const exit = yield* Effect.exit(Effect.suspend(() => run(plan)))
        if (Exit.isFailure(exit)) return { plan, failure: exit.cause, runs: i + 1 }
      }
      return undefined
    })

    for (let seed = first; seed < first + runs; seed++) {
      const plan = random(seed, options)
      const found = yield* failing([plan])
      if (found === undefined) continue
      let smallest = found
      for (let left = maxShrinks; left > 0; left -= smallest.runs) {
        const simpler = yield* failing(plans.simpler(smallest.plan).slice(0, left))
        if (simpler === undefined) break
        smallest = simpler
      }
      return yield* new Counterexample({ seed, plan, smallest: smallest.plan, failure: smallest.failure })
    }
  })
