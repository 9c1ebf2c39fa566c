/**
 * Answers the tool calls of an agent with the tools of a program, each call at most once.
 *
 * Tools are a `Toolkit` of `@effect/ai`. Give them to the agent with {@link definitions}, and answer its calls with the
 * `tools` of `Conversation.turn`, or apart from turns with {@link run}.
 *
 * The agent reads the result of a call, or why there is none: a failure, a wrong input, a timeout. Of a defect, which is
 * logged, it reads only that there was one. A `Journal` sees to it that no call runs twice.
 *
 * @since 0.1.0
 */
import * as Context_ from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { dual } from "effect/Function"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import type * as Types from "effect/Types"
import type * as Agent from "./Agent.ts"
import type * as AgentTool from "./AgentTool.ts"
import type { ApiError } from "./ApiError.ts"
import * as Events from "./Events.ts"
import type * as Follow from "./Follow.ts"
import type { AgentIdInput, SessionIdInput } from "./Ids.ts"
import { inputSchema } from "./internal/schema/jsonSchema.ts"
import * as sessionSpan from "./internal/telemetry/sessionSpan.ts"
import * as span from "./internal/telemetry/span.ts"
import * as defaultJournal from "./internal/turn/defaultJournal.ts"
import * as drain from "./internal/turn/drain.ts"
import * as runOnce from "./internal/turn/runOnce.ts"
import type { Handled } from "./internal/turn/runTool.ts"
import { runTool } from "./internal/turn/runTool.ts"
import * as worker from "./internal/turn/worker.ts"
import * as Journal from "./Journal.ts"
import type * as PendingAction from "./PendingAction.ts"
import * as SessionOwner from "./SessionOwner.ts"

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
 * Tools with their handlers: the `WithHandler` that a `Toolkit` of `@effect/ai` yields.
 * @category models
 */
export interface Handlers extends Tools {
  readonly handle: (
    name: never,
    params: never
  ) => Effect.Effect<Handled, unknown, unknown>
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
 * Requirements of the tools of a {@link Source} when they run, call by call.
 * @category type-level
 */
export type CallContext<T> = T extends ToolRunner<infer R> ? R
  : T extends Effect.Effect<infer Handlers, infer _E, infer _R> ? ContextOfTools<Handlers>
  : ContextOfTools<T>

/**
 * Requirements of making a {@link Source} ready to run: the handlers of a `Toolkit`.
 * @category type-level
 */
export type MakeContext<T> = T extends Effect.Effect<infer _A, infer _E, infer R> ? R : never

/**
 * Errors of making a {@link Source} ready to run.
 * @category type-level
 */
export type MakeError<T> = T extends Effect.Effect<infer _A, infer E, infer _R> ? E : never

/**
 * Requirements of running the tools of a {@link Source}: their handlers, and what these require call by call.
 * @category type-level
 */
export type Context<T> = MakeContext<T> | CallContext<T>

/**
 * Errors of the tools of a {@link Source}, beside those that are reported to the agent.
 * @category type-level
 */
export type Error<T> = MakeError<T> | ([T] extends [never] ? never : Journal.JournalError)

/**
 * Error of options that require a journal.
 * @category type-level
 */
export type JournalRequirement<J> = "required" extends J ? Journal.MissingJournal : never

/**
 * Definitions of tools for an agent: names, descriptions, and inputs as JSON Schema.
 *
 * Throws if the input of a tool has no JSON Schema, which is a mistake in the program. Tools that a provider runs are left
 * out.
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

/**
 * An agent with a program's tools in addition to those that it has, for `agent` of a new session: the service takes a list
 * of tools only as a whole. A tool of the same name is replaced.
 *
 * @example
 * ```ts
 * import * as Sessions from "@effect-managed-agents/core/Sessions"
 * import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
 * import type { SessionId } from "@effect-managed-agents/core/Ids"
 * import * as Effect from "effect/Effect"
 *
 * declare const OrderTools: ToolRunner.Tools
 *
 * // another session of the agent, with tools that only this program has
 * export const another = (id: SessionId) =>
 *   Effect.gen(function*() {
 *     const sessions = yield* Sessions.Sessions
 *     const { agent, environment_id } = yield* sessions.retrieve(id)
 *     return yield* sessions.create({ agent: ToolRunner.withTools(agent, OrderTools), environment_id })
 *   })
 * ```
 *
 * @category conversions
 */
export const withTools: {
  (tools: Tools): (agent: AgentWithTools) => Agent.WithOverridesParams
  (agent: AgentWithTools, tools: Tools): Agent.WithOverridesParams
} = dual(2, ({ id, tools, version }: AgentWithTools, more: Tools): Agent.WithOverridesParams => {
  const own = definitions(more)
  const names = new Set(own.map(({ name }) => name))
  // what the service says of a tool may be said to it
  const kept = tools.filter((tool) => tool.type !== "custom" || !names.has(String(tool.name))) as ReadonlyArray<
    AgentTool.ToolParams
  >
  return { type: "agent_with_overrides", id, version, tools: [...kept, ...own] }
})

/**
 * The part of an agent that is needed to add tools: such as `agent` of a session.
 * @category models
 */
export interface AgentWithTools {
  readonly id: AgentIdInput
  readonly version: number
  readonly tools: ReadonlyArray<AgentTool.Tool>
}

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
 * Annotation of a tool whose calls need approval, put there by {@link needsApproval}: tells from the decoded input of a
 * call whether it does.
 * @category annotations
 */
export class Approval extends Context_.Reference<Approval>()("@effect-managed-agents/core/ToolRunner/Approval", {
  defaultValue: (): (input: never) => boolean => () => false
}) {}

/** The decoded input of a tool. */
type InputOf<T extends Tool> = T["parametersSchema"] extends Schema.Schema<infer A, infer _I, infer _R> ? A : unknown

/**
 * Lets a tool run only once somebody has approved the call: `approve` of a turn, or whoever answers the
 * `PendingAction.ToolApproval` with which the turn ends where there is none. A call that is denied does not run, and the
 * agent reads why.
 *
 * `predicate` picks the calls by their decoded input; all of them by default, and those for which it throws. An input that
 * does not fit needs no approval, because nothing runs.
 *
 * @example
 * ```ts
 * import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
 * import * as Tool from "@effect/ai/Tool"
 * import * as Toolkit from "@effect/ai/Toolkit"
 * import * as Schema from "effect/Schema"
 *
 * export const Refunds = Toolkit.make(
 *   ToolRunner.needsApproval(
 *     Tool.make("refund", { parameters: { order: Schema.Int, amount: Schema.Number } }),
 *     ({ amount }) => amount > 100
 *   )
 * )
 * ```
 *
 * @category combinators
 */
export const needsApproval = <T extends Tool & Annotatable<T>>(
  tool: T,
  predicate: (input: InputOf<T>) => boolean = () => true
): T => tool.annotate(Approval, predicate)

/** The part of a tool that takes an annotation. */
interface Annotatable<T> {
  readonly annotate: (tag: typeof Approval, value: typeof Approval.Service) => T
}

/**
 * A call that a runner may be asked to answer.
 * @category models
 */
export type Call = PendingAction.CustomToolCall | PendingAction.SelfHostedToolCall

/**
 * Treatment of a call whose process stopped before there was a result, so that nobody knows what it did:
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
   * that is reported to the agent.
   *
   * @default "2 minutes"
   */
  readonly timeout?: Duration.DurationInput | undefined
  /**
   * Treatment of calls that a crash has cut off.
   *
   * @default "fail"
   */
  readonly unfinished?: Unfinished | ((call: Call) => Unfinished) | undefined
  /**
   * True to run the built-in tools of a self-hosted environment as well. There must be tools of their names.
   *
   * @default false
   */
  readonly selfHosted?: boolean | undefined
  /**
   * `"required"` fails with `MissingJournal` where no `Journal` is provided, so that a forgotten one does not pass
   * unnoticed. Otherwise the client remembers in memory.
   */
  readonly journal?: "required" | undefined
}

const TypeId: unique symbol = Symbol.for("@effect-managed-agents/core/ToolRunner")
const journalOf: unique symbol = Symbol.for("@effect-managed-agents/core/ToolRunner/journal")

/**
 * Decides about a call that needs approval.
 * @category models
 */
export type Approve<E = never, R = never> = (
  action: PendingAction.ToolApproval
) => Effect.Effect<PendingAction.Decision, E, R>

/**
 * The part of a runner in a call:
 *
 * - `answered`: the call has its result;
 * - `declined`: it is left to others;
 * - `undecided`: it waits for somebody to approve it.
 *
 * @category models
 */
export type Answered = "answered" | "declined" | "undecided"

/**
 * Tools that are ready to run, with limits that all turns and sessions share that use it.
 * @category models
 */
export interface ToolRunner<out R = never> {
  readonly [TypeId]: Types.Covariant<R>
  /** The journal in force where it was made. */
  readonly [journalOf]: Journal.Service
  /** Tells a call that is for these tools. */
  readonly owns: (call: Call) => boolean
  /** Tells a call that waits for somebody to approve it. */
  readonly isUndecided: (call: Call) => Effect.Effect<boolean, Journal.JournalError, R | Events.Events>
  /**
   * Runs a call and sends its result, each at most once. `send` tells whether the service took it, which it need not if the
   * call is closed by now. Without `approve`, a call that needs approval and has none is `undecided`.
   */
  readonly answer: <E, R2>(
    call: Call,
    send: (result: PendingAction.ToolResult) => Effect.Effect<boolean, E, R2>,
    approve?: Approve<E, R2>
  ) => Effect.Effect<Answered, E | Journal.JournalError, R | R2 | Events.Events>
}

/**
 * Makes a runner with options of its own, which keeps the handlers of the tools, and the `Journal` if one is provided.
 * Where the defaults will do, give the tools themselves.
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
export const make = <T extends Source, J extends "required" | undefined = undefined>(
  source: T,
  options?: Options & { readonly journal?: J }
): Effect.Effect<ToolRunner<CallContext<T>>, MakeError<T> | JournalRequirement<J>, MakeContext<T>> =>
  // what a source fails with and requires is what its type says
  resolve<CallContext<T>, MakeError<T>, MakeContext<T>>(source, options ?? {}) as Effect.Effect<
    ToolRunner<CallContext<T>>,
    MakeError<T> | JournalRequirement<J>,
    MakeContext<T>
  >

const resolve = <R, E, R2>(
  source: Source,
  options: Options
): Effect.Effect<ToolRunner<R>, E | Journal.MissingJournal, R2> =>
  Effect.flatMap(Journal.Journal, (journal): Effect.Effect<ToolRunner<R>, E | Journal.MissingJournal, R2> => {
    const isDefault = defaultJournal.isDefault(journal) &&
      !(isRunner(source) && !defaultJournal.isDefault(source[journalOf]))
    if (options.journal === "required" && isDefault) return new Journal.MissingJournal()
    if (isRunner<R>(source)) return Effect.succeed(source)
    if ("handle" in source) return Effect.succeed(fromHandlers<R>(source, options, journal))
    // neither a runner nor handlers
    const handlers = source as Effect.Effect<Handlers, E, R2>
    return Effect.map(handlers, (handlers) => fromHandlers<R>(handlers, options, journal))
  })

const isRunner = <R>(source: Source): source is ToolRunner<R> => TypeId in source

const noLimits: typeof Limits.Service = {}

const fromHandlers = <R>(handlers: Handlers, options: Options, journal: Journal.Service): ToolRunner<R> => {
  const tools = runnables<R>(handlers, options)
  /** One that was provided where the runner was made is kept. */
  const inForce = ({ sessionId }: Call) =>
    Effect.gen(function*() {
      const known = defaultJournal.isDefault(journal) ? yield* Journal.Journal : journal
      const resolved = defaultJournal.resolve(known, yield* Events.Events)
      const owner = Option.getOrUndefined(yield* Effect.serviceOption(SessionOwner.SessionOwner))
      // a tool may itself talk to another session
      if (owner?.sessionId !== sessionId) return { journal: resolved, isPatient: false }
      yield* Effect.annotateCurrentSpan("session.fence", owner.fence)
      return { journal: runOnce.patient(Journal.ownedBy(resolved, owner)), isPatient: true }
    })
  const own = (call: Call) =>
    call._tag === "CustomToolCall" || options.selfHosted === true ? tools.get(call.name) : undefined
  return {
    [TypeId]: (_: never) => _,
    [journalOf]: journal,
    owns: (call) => own(call) !== undefined,
    isUndecided: (call) => {
      const runnable = own(call)
      return runnable === undefined
        ? Effect.succeed(false)
        : Effect.flatMap(inForce(call), ({ journal }) => runOnce.isUndecided(journal, call, runnable))
    },
    answer: (call, send, approve) => {
      const runnable = own(call)
      if (runnable === undefined) return Effect.succeed("declined")
      return Effect.flatMap(
        inForce(call),
        ({ isPatient, journal }) => runOnce.answer(journal, call, { ...runnable, isPatient }, send, approve)
      ).pipe(
        span.within("ToolRunner.answer", {
          attributes: { "session.id": call.sessionId, "event.id": call.id, "tool.name": call.name }
        })
      )
    }
  }
}

const runnables = <R>(handlers: Handlers, options: Options): ReadonlyMap<string, runOnce.Runnable<R>> => {
  const { concurrency, timeout = "2 minutes", unfinished = "fail" } = options
  const all = semaphore(concurrency)
  return new Map(
    Object.values(handlers.tools).filter(isUserDefined).map((tool) => {
      const limits = Context_.getOption(tool.annotations ?? Context_.empty(), Limits).pipe(
        Option.getOrElse(() => noLimits)
      )
      const alone = semaphore(limits.concurrency)
      const duration = Duration.decode(limits.timeout ?? timeout)
      return [tool.name, {
        tool,
        run: (call) => runTool<R>(handlers, tool, call, duration),
        limit: (self) => alone(all(self)),
        unfinished: (call) => typeof unfinished === "function" ? unfinished(call) : unfinished,
        needsApproval: (call) => isApprovalNeeded<R>(tool, call)
      }]
    })
  )
}

/** Applies the rule of a tool to a call. */
const isApprovalNeeded = <R>(tool: Tool, call: Call): Effect.Effect<boolean, never, R> => {
  const rule = Context_.getOption(tool.annotations ?? Context_.empty(), Approval)
  if (Option.isNone(rule) || call._tag !== "CustomToolCall") return Effect.succeed(false)
  // it was given with the tool, and what its schema requires, the tool does
  const predicate = rule.value as (input: unknown) => boolean
  const schema = tool.parametersSchema as Schema.Schema<unknown, unknown, R>
  return Effect.matchEffect(Schema.decodeUnknown(schema)(call.input), {
    // nothing runs
    onFailure: () => Effect.succeed(false),
    onSuccess: (input) =>
      Effect.try(() => predicate(input)).pipe(
        Effect.tapError((error) => Effect.logError(`The rule for approving calls of ${tool.name} has failed`, error)),
        Effect.orElseSucceed(() => true)
      )
  })
}

const semaphore = (permits: number | undefined) =>
  permits === undefined || permits === Infinity
    ? <A, E, R>(self: Effect.Effect<A, E, R>) => self
    : Effect.unsafeMakeSemaphore(Math.max(1, Math.floor(permits))).withPermits(1)

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
  /**
   * Decides about the calls that need approval. Without it they wait until somebody has answered their
   * `PendingAction.ToolApproval`, for which the journal is looked at every five seconds.
   */
  readonly approve?: Approve | undefined
}

/**
 * Answers the calls of a session until it ends, and says how it ended: a worker beside whoever talks to the agent.
 *
 * It begins with what the session waits for already, reads on while tools run, and reconnects by itself. A call that is
 * closed meanwhile, by an interrupt or with its thread, is interrupted. Interrupting the worker leaves the session alone.
 *
 * @category constructors
 */
export const run = <T extends Source, J extends "required" | undefined = undefined>(
  sessionId: SessionIdInput,
  source: T,
  options?: RunOptions & { readonly journal?: J }
): Effect.Effect<
  Follow.EndReason,
  ApiError | Journal.JournalError | Error<T> | JournalRequirement<J>,
  Events.Events | Context<T>
> =>
  Effect.flatMap(make<T, J>(source, options), (runner) => worker.run(sessionId, runner, options ?? {})).pipe(
    sessionSpan.within("ToolRunner.run", sessionId)
  )

// ---------------------------------------------------------------------------------------------------------------------
// The end of a process
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Options of {@link withDrain}.
 * @category options
 */
export interface DrainOptions {
  /**
   * The longest time that running tools have to end by themselves, and their results to be recorded and sent.
   *
   * @default "10 seconds"
   */
  readonly timeout?: Duration.DurationInput | undefined
}

/**
 * Lets running tools come to their end when a program is interrupted, such as by the end of its process: turns, workers
 * or anything else that answers calls. No other call begins meanwhile. What is not done in time is interrupted with the
 * rest.
 *
 * @example
 * ```ts
 * import type { SessionId } from "@effect-managed-agents/core/Ids"
 * import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
 *
 * export const worker = (id: SessionId, tools: ToolRunner.ToolRunner) =>
 *   ToolRunner.run(id, tools).pipe(ToolRunner.withDrain({ timeout: "30 seconds" }))
 * ```
 *
 * @category combinators
 */
export const withDrain =
  ({ timeout = "10 seconds" }: DrainOptions = {}) => <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        const gate = yield* drain.make
        // a child would be interrupted at once
        const fiber = yield* Effect.forkDaemon(restore(Effect.provideService(self, drain.CurrentGate, gate)))
        const end = gate.drain.pipe(
          Effect.interruptible,
          Effect.timeoutOption(timeout),
          Effect.zipRight(Fiber.interrupt(fiber))
        )
        return yield* Effect.onInterrupt(restore(Fiber.join(fiber)), () => end)
      })
    )
