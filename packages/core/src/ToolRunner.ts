/**
 * Answers the tool calls of an agent with the tools of a program, each call at most once.
 *
 * Tools are values of `@effect/ai`: a `Toolkit`, whose handlers are a layer, or what it yields. Give them to the agent with
 * {@link definitions}, and answer its calls with the `tools` of `Conversation.turn`, or apart from turns with {@link run}.
 *
 * The agent reads whatever comes of a call: a result, a failure of the tool, what is wrong with its input, that the time
 * is over. A defect is logged, and the agent reads only that there was one. A `Journal` sees to it that no call runs twice.
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Context_ from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as FiberMap from "effect/FiberMap"
import { globalValue } from "effect/GlobalValue"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import * as Stream from "effect/Stream"
import type * as Types from "effect/Types"
import type * as AgentTool from "./AgentTool.ts"
import type { ApiError } from "./ApiError.ts"
import * as Content from "./Content.ts"
import * as Events from "./Events.ts"
import type * as Follow from "./Follow.ts"
import type { EventId, SessionIdInput } from "./Ids.ts"
import { inputSchema } from "./internal/schema/jsonSchema.ts"
import { countToolCall } from "./internal/telemetry/metrics.ts"
import { redactParameters } from "./internal/telemetry/redactParameters.ts"
import * as sessionSpan from "./internal/telemetry/sessionSpan.ts"
import * as span from "./internal/telemetry/span.ts"
import { sendReply } from "./internal/turn/sendReply.ts"
import * as Journal from "./Journal.ts"
import * as PendingAction from "./PendingAction.ts"
import * as Transcript from "./Transcript.ts"

// ---------------------------------------------------------------------------------------------------------------------
// Tools
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The part of a `Tool` of `@effect/ai` that is needed.
 * @category models
 */
export interface Tool {
  // any requirements will do; a tool is read, never written
  // oxlint-disable-next-line typescript/no-explicit-any -- `Covariant` of anything
  readonly "~@effect/ai/Tool": { readonly _Requirements: Types.Covariant<any> }
  readonly name: string
  readonly description?: string | undefined
  readonly parametersSchema: { readonly ast: SchemaAST.AST }
  readonly successSchema: Schema.Schema.All
  readonly failureSchema: Schema.Schema.All
  /** A tool that a provider defines has none. */
  readonly annotations?: Context_.Context<never>
}

/**
 * Tools by name: a `Toolkit` of `@effect/ai`, with or without its handlers.
 * @category models
 */
export interface Tools {
  readonly tools: { readonly [name: string]: Tool }
}

/**
 * Tools with their handlers: what a `Toolkit` of `@effect/ai` yields, its `WithHandler`.
 * @category models
 */
export interface Handlers extends Tools {
  readonly handle: (
    name: never,
    params: never
  ) => Effect.Effect<Handled, unknown, unknown>
}

interface Handled {
  readonly isFailure: boolean
  readonly encodedResult: unknown
}

/**
 * Source of the tools of a program: a `Toolkit`, which requires its handlers; tools with handlers; or a runner that
 * was made of them with options of its own.
 * @category models
 */
// oxlint-disable-next-line typescript/no-explicit-any -- whatever a source fails with or requires; both are inferred
export type Source = Handlers | Effect.Effect<Handlers, any, any> | ToolRunner<any>

/** Requirements of a tool when it runs. */
type ContextOfTool<T> = T extends {
  readonly "~@effect/ai/Tool": { readonly _Requirements: Types.Covariant<infer R> }
  readonly parametersSchema: infer P
  readonly successSchema: infer S
  readonly failureSchema: infer F
} ? R | Schema.Schema.Context<P> | Schema.Schema.Context<S> | Schema.Schema.Context<F>
  : never

type ContextOfTools<T> = T extends { readonly tools: infer Tools } ? ContextOfTool<Tools[keyof Tools]> : never

/**
 * Requirements of running the tools of a {@link Source}: their handlers, and what these require call by call.
 * @category type-level
 */
export type Context<T> = T extends ToolRunner<infer R> ? R
  : T extends Effect.Effect<infer Handlers, infer _E, infer R> ? R | ContextOfTools<Handlers>
  : ContextOfTools<T>

/**
 * Errors of the tools of a {@link Source}, beside those that the agent is told.
 * @category type-level
 */
export type Error<T> = T extends ToolRunner<infer _R> ? Journal.JournalError
  : T extends Effect.Effect<infer _A, infer E, infer _R> ? E | Journal.JournalError
  : T extends Handlers ? Journal.JournalError
  : never

/**
 * The definitions of tools, to be given to an agent: names, descriptions, and inputs as JSON Schema.
 *
 * Throws if the input of a tool has no JSON Schema: that is a mistake in the program. Tools that a provider defines are
 * left out, because a client does not run them.
 *
 * @example
 * ```ts
 * import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
 * import * as Tool from "@effect/ai/Tool"
 * import * as Toolkit from "@effect/ai/Toolkit"
 * import * as Schema from "effect/Schema"
 *
 * const OrderTools = Toolkit.make(
 *   Tool.make("find_order", {
 *     description: "Finds an order by its number",
 *     parameters: { number: Schema.Number },
 *     success: Schema.Struct({ status: Schema.String })
 *   })
 * )
 *
 * assert.deepStrictEqual(ToolRunner.definitions(OrderTools), [
 *   {
 *     type: "custom",
 *     name: "find_order",
 *     description: "Finds an order by its number",
 *     input_schema: {
 *       type: "object",
 *       required: ["number"],
 *       properties: { number: { type: "number" } },
 *       additionalProperties: false
 *     }
 *   }
 * ])
 * ```
 *
 * @category conversions
 */
export const definitions = ({ tools }: Tools): ReadonlyArray<AgentTool.CustomToolParams> =>
  Object.values(tools).filter(isUserDefined).map((tool) => ({
    type: "custom",
    name: tool.name,
    description: tool.description ?? "",
    input_schema: inputSchema(tool.name, tool.parametersSchema.ast)
  }))

const isUserDefined = (tool: Tool): boolean => !Predicate.hasProperty(tool, "~@effect/ai/Tool/ProviderDefined")

// ---------------------------------------------------------------------------------------------------------------------
// Runners
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The limits of one tool, as an annotation: `tool.annotate(ToolRunner.Limits, { concurrency: 1, timeout: "10 seconds" })`.
 * @category annotations
 */
export class Limits extends Context_.Tag("@effect-managed-agents/core/ToolRunner/Limits")<Limits, {
  /** The number of calls of this tool that run at a time. Others wait. */
  readonly concurrency?: number | undefined
  /** The longest run of a call. */
  readonly timeout?: Duration.DurationInput | undefined
}>() {}

/**
 * A call that a runner may be asked to answer.
 * @category models
 */
export type Call = PendingAction.CustomToolCall | PendingAction.SelfHostedToolCall

/**
 * Treatment of a call that was started by a process that stopped before it had a result, so that nobody knows what it
 * did:
 *
 * - `ask`: leave it open, for somebody who finds out: the turn ends with `RequiresAction`;
 * - `fail`: tell the agent that it is unknown whether the call took effect;
 * - `run`: run it again, which may be the second time.
 *
 * @category options
 */
export type Unfinished = "ask" | "fail" | "run"

/**
 * Options of running tools.
 * @category options
 */
export interface Options {
  /**
   * The number of calls that run at a time, all tools together. {@link Limits} limits one tool.
   *
   * @default Infinity
   */
  readonly concurrency?: number | undefined
  /**
   * The longest run of a call, unless the {@link Limits} of its tool say otherwise. After that it is interrupted, and
   * the agent is told so.
   *
   * @default "2 minutes"
   */
  readonly timeout?: Duration.DurationInput | undefined
  /**
   * Treatment of calls whose outcome a crash has made unknown.
   *
   * @default "fail"
   */
  readonly unfinished?: Unfinished | ((call: Call) => Unfinished) | undefined
  /**
   * True to run the built-in tools of a self-hosted environment as well, for which there must be tools of their names.
   *
   * @default false
   */
  readonly selfHosted?: boolean | undefined
}

const TypeId: unique symbol = Symbol.for("@effect-managed-agents/core/ToolRunner")

/**
 * Tools that are ready to run, and what may run at the same time. Its limits hold for all turns and sessions that use it.
 * @category models
 */
export interface ToolRunner<out R = never> {
  readonly [TypeId]: Types.Covariant<R>
  /** Tells a call that is for these tools. */
  readonly owns: (call: Call) => boolean
  /**
   * Runs a call, unless that was done before, and hands the result over, unless that was done before. `send` tells whether
   * the service took it; it need not if the call is closed by now. Succeeds with `false` if the call is left to others.
   */
  readonly answer: <E, R2>(
    call: Call,
    send: (result: PendingAction.Result) => Effect.Effect<boolean, E, R2>
  ) => Effect.Effect<boolean, E | Journal.JournalError, R | R2 | Events.Events>
}

/**
 * Makes a runner with options of its own. Where the defaults will do, give the tools themselves.
 *
 * @example
 * ```ts
 * import * as Conversation from "@effect-managed-agents/core/Conversation"
 * import type { SessionId } from "@effect-managed-agents/core/Ids"
 * import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
 * import * as Tool from "@effect/ai/Tool"
 * import * as Toolkit from "@effect/ai/Toolkit"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 *
 * const OrderTools = Toolkit.make(
 *   Tool.make("cancel_order", { parameters: { number: Schema.Int } })
 *     .annotate(ToolRunner.Limits, { concurrency: 1 })
 * )
 *
 * export const cancel = (sessionId: SessionId) =>
 *   Effect.gen(function*() {
 *     const tools = yield* ToolRunner.make(OrderTools, { timeout: "10 seconds", unfinished: "ask" })
 *     return yield* Conversation.turn(sessionId, "Cancel order 1234.", { tools })
 *   })
 * ```
 *
 * @category constructors
 */
export const make = <T extends Source>(
  source: T,
  options: Options = {}
): Effect.Effect<ToolRunner<Context<T>>, Error<T>, Context<T>> =>
  // what a source fails with and requires is what its type says
  resolve<Context<T>>(source, options) as Effect.Effect<ToolRunner<Context<T>>, Error<T>, Context<T>>

const resolve = <R>(source: Source, options: Options): Effect.Effect<ToolRunner<R>, Failure, R> => {
  if (isRunner<R>(source)) return Effect.succeed(source)
  if ("handle" in source) return Effect.succeed(fromHandlers<R>(source, options))
  // as above
  return Effect.map(source as Effect.Effect<Handlers, Failure, R>, (handlers) => fromHandlers<R>(handlers, options))
}

const isRunner = <R>(source: Source): source is ToolRunner<R> => TypeId in source

/** Anything that an effect may fail with. */
type Failure = NonNullable<unknown> | null | undefined

const noLimits: typeof Limits.Service = {}

/** Outcome of running a tool, and the message for the agent. */
interface Execution {
  readonly outcome: "success" | "failure" | "invalid_input" | "timeout" | "defect"
  readonly result: PendingAction.Result
}

const fromHandlers = <R>(handlers: Handlers, options: Options): ToolRunner<R> => {
  const all = semaphore(options.concurrency)
  const each = new Map(
    Object.values(handlers.tools).filter(isUserDefined).map((tool) => {
      const limits = Context_.getOption(tool.annotations ?? Context_.empty(), Limits).pipe(
        Option.getOrElse(() => noLimits)
      )
      return [tool.name, {
        tool,
        alone: semaphore(limits.concurrency),
        timeout: Duration.decode(limits.timeout ?? options.timeout ?? "2 minutes")
      }]
    })
  )
  const own = (call: Call) =>
    call._tag === "CustomToolCall" || options.selfHosted === true ? each.get(call.name) : undefined
  const policy = (call: Call): Unfinished => {
    const { unfinished = "fail" } = options
    return typeof unfinished === "function" ? unfinished(call) : unfinished
  }

  return {
    [TypeId]: (_: never) => _,
    owns: (call) => own(call) !== undefined,
    answer: (call, send) => {
      const known = own(call)
      if (known === undefined) return Effect.succeed(false)
      const { alone, timeout, tool } = known

      const start = (journal: Journal.Service) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.gen(function*() {
            yield* journal.put(call, { _tag: "Started" })
            const exit = yield* Effect.exit(restore(execute<R>(handlers, tool, call, timeout)))
            // a call that is not needed any more; otherwise the tool has interrupted itself
            if (Exit.isInterrupted(exit)) yield* restore(Effect.void)
            const { outcome, result } = Exit.isSuccess(exit) ? exit.value : yield* defect(tool, exit.cause)
            yield* countToolCall(tool.name, outcome)
            yield* journal.put(call, { _tag: "Ran", result })
            return result
          })
        ).pipe(all, alone)

      const resultOf = Effect.fnUntraced(function*(journal: Journal.Service, entry: Option.Option<Journal.Entry>) {
        if (Option.isNone(entry)) return yield* start(journal)
        if (entry.value._tag === "Ran") return entry.value.result
        if (entry.value._tag === "Started") {
          switch (policy(call)) {
            case "ask":
              return undefined
            case "run":
              return yield* start(journal)
            case "fail": {
              const result = PendingAction.result(unfinishedText(tool), { isError: true })
              yield* journal.put(call, { _tag: "Ran", result })
              return result
            }
          }
        }
        return undefined
      })

      return Effect.flatMap(journalOf, (journal) =>
        exclusively(
          journal,
          call,
          Effect.gen(function*() {
            const entry = yield* journal.get(call)
            const result = yield* resultOf(journal, entry)
            if (result === undefined) return Option.isSome(entry) && entry.value._tag === "Posted"
            yield* post(journal, call, send(result))
            return true
          })
        )).pipe(
          span.within("ToolRunner.answer", {
            attributes: { "session.id": call.sessionId, "event.id": call.id, "tool.name": call.name }
          })
        )
    }
  }
}

const semaphore = (permits: number | undefined) =>
  permits === undefined || permits === Infinity
    ? <A, E, R>(self: Effect.Effect<A, E, R>) => self
    : Effect.unsafeMakeSemaphore(Math.max(1, Math.floor(permits))).withPermits(1)

/** Sends a result and remembers what became of it. */
const post = <E, R>(
  journal: Journal.Service,
  call: Call,
  send: Effect.Effect<boolean, E, R>
): Effect.Effect<void, E | Journal.JournalError, R> =>
  Effect.uninterruptibleMask((restore) =>
    restore(send).pipe(
      Effect.flatMap((arrived) => arrived ? journal.put(call, { _tag: "Posted" }) : Effect.void),
      Effect.tapError((error) => {
        const detail = refusalOf(error)
        return detail === undefined ? Effect.void : journal.put(call, { _tag: "Refused", detail })
      })
    )
  )

/** The refusal of a service that will never take a result, whoever sends it and whenever. */
const refusalOf = (error: Failure): string | undefined =>
  Predicate.isTagged(error, "InvalidRequest") || Predicate.isTagged(error, "RequestTooLarge")
    ? String(Predicate.hasProperty(error, "message") ? error.message : error._tag)
    : undefined

// ---------------------------------------------------------------------------------------------------------------------
// Running a tool
// ---------------------------------------------------------------------------------------------------------------------

const execute = <R>(
  handlers: Handlers,
  tool: Tool,
  call: Call,
  timeout: Duration.Duration
): Effect.Effect<Execution, never, R> => {
  // the toolkit checks the input, and requires what its tools do
  const handle = handlers.handle as (name: string, params: unknown) => Effect.Effect<Handled, Failure, R>
  return handle(call.name, call.input).pipe(
    redactParameters,
    Effect.map(({ encodedResult, isFailure }): Execution => ({
      outcome: isFailure ? "failure" : "success",
      result: PendingAction.result(contentOf(encodedResult), { isError: isFailure })
    })),
    Effect.catchAll((error) => failure<R>(tool, error)),
    (self) =>
      Duration.isFinite(timeout)
        ? Effect.timeoutTo(self, {
          duration: timeout,
          onSuccess: (execution) => execution,
          onTimeout: () => failed("timeout", `It took longer than ${Duration.format(timeout)}.`)
        })
        : self
  )
}

const failed = (outcome: Execution["outcome"], content: PendingAction.Result["content"]): Execution => ({
  outcome,
  result: PendingAction.result(content, { isError: true })
})

/** The failure of a tool: the toolkit says that the input is wrong, or the tool says what its schema lets it say. */
const failure = <R>(tool: Tool, error: Failure): Effect.Effect<Execution, never, R> => {
  if (isOfToolkit(error, "MalformedOutput")) return Effect.succeed(failed("invalid_input", inputText(error.cause)))
  if (isOfToolkit(error, "MalformedInput")) return Effect.die(error)
  // what its schema requires, the tool does
  const schema = tool.failureSchema as Schema.Schema<unknown, unknown, R>
  return Schema.encodeUnknown(schema)(error).pipe(
    Effect.map((encoded) => failed("failure", contentOf(encoded))),
    Effect.catchAll(() => Effect.die(error))
  )
}

const inputText = (cause: unknown): string =>
  ParseResult.isParseError(cause)
    ? `The input does not fit.\n${ParseResult.TreeFormatter.formatErrorSync(cause)}`
    : "The input does not fit."

const isOfToolkit = (error: unknown, tag: string): error is { readonly cause?: unknown } =>
  Predicate.isTagged(error, tag) && Predicate.hasProperty(error, "module") && error.module === "Toolkit"

const defect = (tool: Tool, cause: Cause.Cause<never>): Effect.Effect<Execution> =>
  Effect.as(
    Effect.logError(`The tool ${tool.name} has failed unexpectedly`, cause),
    failed("defect", "The tool failed unexpectedly.")
  )

const unfinishedText = (tool: Tool): string =>
  `It is not known whether this call of ${tool.name} has taken effect: the program was stopped while it ran. ` +
  "It was not run again."

/** A text as it is, a list of content blocks as such, anything else as JSON. */
const contentOf = (encoded: unknown): PendingAction.Result["content"] => {
  if (encoded === undefined || encoded === null) return ""
  if (typeof encoded === "string") return encoded
  return isBlocks(encoded) ? encoded : JSON.stringify(encoded)
}

const isBlock = Schema.is(Content.ToolResultContentParams)
const blockTypes: ReadonlyArray<unknown> = ["text", "image", "document", "search_result"]

const isBlocks = (u: unknown): u is ReadonlyArray<Content.ToolResultContentParams> =>
  Array.isArray(u) && u.length > 0 && u.every((one) => isBlock(one) && blockTypes.includes(one.type))

// ---------------------------------------------------------------------------------------------------------------------
// At most once
// ---------------------------------------------------------------------------------------------------------------------

/** The memory of clients if there is no journal. */
const memories = globalValue(
  "@effect-managed-agents/core/ToolRunner/memories",
  () => new WeakMap<Events.Service, Journal.Service>()
)

const journalOf: Effect.Effect<Journal.Service, never, Events.Events> = Effect.flatMap(
  Effect.serviceOption(Journal.Journal),
  Option.match({
    onSome: Effect.succeed,
    onNone: () =>
      Effect.map(Events.Events, (events) => {
        const known = memories.get(events) ?? Journal.makeMemory()
        memories.set(events, known)
        return known
      })
  })
)

/** The calls that are being answered, by what remembers them. */
const current = globalValue(
  "@effect-managed-agents/core/ToolRunner/current",
  () => new WeakMap<Journal.Service, Map<EventId, Deferred.Deferred<void>>>()
)

/** Two turns of one session see the same call. One answers it, the other waits, and takes over if the first gives up. */
const exclusively = <A, E, R>(
  journal: Journal.Service,
  call: Call,
  self: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.suspend(() => {
      const { id } = call
      const calls = current.get(journal) ?? new Map<EventId, Deferred.Deferred<void>>()
      current.set(journal, calls)
      const other = calls.get(id)
      if (other !== undefined) {
        return Effect.zipRight(restore(Deferred.await(other)), restore(exclusively(journal, call, self)))
      }
      const done = Deferred.unsafeMake<void>(FiberId.none)
      calls.set(id, done)
      return Effect.ensuring(
        restore(self),
        Effect.suspend(() => {
          calls.delete(id)
          return Deferred.succeed(done, undefined)
        })
      )
    })
  )

// ---------------------------------------------------------------------------------------------------------------------
// Apart from turns
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Options of answering the calls of a session.
 * @category options
 */
export interface RunOptions extends Options {
  /** Options of following the session. */
  readonly follow?: Omit<Follow.Options, "from" | "previews"> | undefined
  /** Options of delivering a result at once. A delivery that fails in passing is tried again for five minutes. */
  readonly delivery?: Omit<Events.DeliverOptions, "since"> | undefined
}

/**
 * Answers the calls of a session until it ends, and says how it ended: a worker beside whoever talks to the agent.
 *
 * It begins with what the session waits for already, reads on while tools run, and reconnects by itself. A call that is
 * closed meanwhile, by an interrupt or with its thread, is interrupted. Interrupting the worker leaves the session alone.
 *
 * @category constructors
 */
export const run = <T extends Source>(
  sessionId: SessionIdInput,
  source: T,
  options: RunOptions = {}
): Effect.Effect<Follow.EndReason, ApiError | Journal.JournalError | Error<T>, Events.Events | Context<T>> =>
  Effect.flatMap(make(source, options), (runner) => work(sessionId, runner, options)).pipe(
    sessionSpan.within("ToolRunner.run", sessionId)
  )

const work = <R>(
  sessionId: SessionIdInput,
  runner: ToolRunner<R>,
  options: RunOptions
): Effect.Effect<Follow.EndReason, ApiError | Journal.JournalError, Events.Events | R> =>
  Effect.gen(function*() {
    const events = yield* Events.Events
    const fibers = yield* FiberMap.make<EventId, void, Journal.JournalError>()
    let transcript = Transcript.make({ keep: 100 })
    let reason: Follow.EndReason = "terminated"
    /** True once all that has happened is known. Before, what looks open may have been answered. */
    let isCurrent = false
    /** The calls that were taken on, and are still open. */
    const taken = new Set<EventId>()

    const isPending = (id: EventId): boolean =>
      Transcript.pendingActions(transcript, sessionId).some((action) => action.id === id && isCall(action))

    const answer = (call: Call) =>
      runner.answer(call, (result) =>
        sendReply(events, sessionId, PendingAction.reply(call, result), () =>
          isPending(call.id), options.delivery).pipe(
            Effect.retry({
              schedule: patience,
              while: ({ isRetryable }) =>
                isRetryable
            })
          )).pipe(
          Effect.catchAll((error) =>
            error._tag === "JournalError"
              ? Effect.fail(error)
              // the result is kept: whoever sees the call next sends it
              : Effect.logError(`The result of a call of ${call.name} could not be delivered`, error)
          )
        )

    const respond: Effect.Effect<void, never, R | Events.Events> = Effect.suspend(() => {
      const open = Transcript.pendingActions(transcript, sessionId).filter(isCall).filter(runner.owns)
      const gone = [...taken].filter((id) =>
        !open.some((call) => call.id === id)
      )
      const added = open.filter(({ id }) => !taken.has(id))
      for (const id of gone) taken.delete(id)
      for (const { id } of added) taken.add(id)
      return Effect.zipRight(
        // a tool that takes its time to stop does not keep others waiting
        Effect.forEach(gone, (id) => Effect.forkDaemon(FiberMap.remove(fibers, id)), { discard: true }),
        Effect.forEach(added, (call) => FiberMap.run(fibers, call.id, answer(call)), { discard: true })
      )
    })

    const take = (update: Follow.Update) => {
      switch (update._tag) {
        case "Event":
          transcript = Transcript.add(transcript, update.event)
          return isCurrent ? respond : Effect.void
        case "CaughtUp":
          isCurrent = true
          return respond
        case "Connected":
        case "Reconnecting":
          isCurrent = false
          return Effect.void
        case "Ended":
          reason = update.reason
          return Effect.void
        default:
          return Effect.void
      }
    }

    yield* Effect.raceFirst(
      Stream.runForEach(events.follow(sessionId, { ...options.follow, from: "start" }), take),
      FiberMap.join(fibers)
    )
    return reason
  }).pipe(Effect.scoped)

const isCall = (action: PendingAction.PendingAction): action is Call => action._tag !== "Confirmation"

/** When to send a result again. */
const patience = Schedule.exponential("1 second").pipe(
  Schedule.union(Schedule.spaced("30 seconds")),
  Schedule.jittered,
  Schedule.upTo("5 minutes")
)
