/**
 * Script of a simulated agent, turn by turn.
 *
 * A script is plain data, so that it can be written in JSON, printed and shared: `{ "turns": [[{ "say": "Hello" }]] }`.
 * The constructors of this module make the same data with types and completion, and add one step that JSON cannot have:
 * {@link effect}, an Effect that has the agent in its hands. A script in either form is accepted everywhere.
 *
 * Turn *k* is played on the agent's *k*-th turn of a session; when they run out, `otherwise`. In every string
 * `{{text}}` stands for the text of the last user message and `{{result}}` for the text of the last tool result.
 *
 * Steps up to the next tool call share one model request. The results of a call are followed by another request, as on
 * the service, also when no step is left for it. A message that arrives while a turn runs steers it: what is left of
 * the turn is played after it, and when nothing is left, the next turn of the script.
 *
 * A script calls tools that its agent has: a call of another fails it (`Rules.strictTools`).
 *
 * @since 0.1.0
 */
import type * as Content from "@effect-managed-agents/core/Content"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as strict from "./internal/session/strict.ts"

/**
 * Decision of a permission policy about a call.
 * @category models
 */
export type Permission = "allow" | "ask" | "deny"

/**
 * A call of a built-in tool.
 * @category models
 */
export interface ToolCall {
  readonly name: string
  /**
   * The arguments.
   *
   * @default {}
   */
  readonly input?: { readonly [key: string]: unknown } | undefined
  /**
   * The decision of the policy. Without it the policies of the session's agent decide.
   */
  readonly permission?: Permission | undefined
  /**
   * The result of the tool, if it runs.
   *
   * @default "OK"
   */
  readonly result?: string | undefined
  /**
   * True if the result is an error.
   *
   * @default false
   */
  readonly is_error?: boolean | undefined
}

/**
 * A call of a tool on an MCP server.
 * @category models
 */
export interface McpToolCall extends ToolCall {
  /** The name of the server. */
  readonly server: string
}

/**
 * A call of a tool that the client runs.
 * @category models
 */
export interface CustomToolCall {
  readonly name: string
  /**
   * The arguments.
   *
   * @default {}
   */
  readonly input?: { readonly [key: string]: unknown } | undefined
}

/**
 * A tool call as a step.
 * @category models
 */
export type CallStep =
  | { readonly tool: ToolCall }
  | { readonly mcp_tool: McpToolCall }
  | { readonly custom_tool: CustomToolCall }

/**
 * An error inside the session.
 * @category models
 */
export interface Failure {
  /** Such as `model_overloaded_error`; a type that the client does not know is allowed. */
  readonly type: string
  readonly message?: string | undefined
  /** `retrying`: the turn goes on. `exhausted`: it ends, and queued messages are dropped. `terminal`: the session ends. */
  readonly retry_status: "retrying" | "exhausted" | "terminal"
  /** The server, for the errors that name one. Without it, the first of the agent's. */
  readonly mcp_server_name?: string | undefined
  /** The vault, for the errors that name one. */
  readonly vault_id?: string | undefined
  /** The credential, for the errors that name one. */
  readonly credential_id?: string | undefined
  /** The repository, for the errors that name one. */
  readonly repository_url?: string | null | undefined
}

/**
 * Why the model refuses.
 * @category models
 */
export interface Refusal {
  readonly category?: string | null | undefined
  readonly explanation?: string | null | undefined
}

/**
 * A task for an agent of the roster.
 * @category models
 */
export interface Delegation<out S = DataScript> {
  /** The name of the agent in the roster. */
  readonly agent: string
  readonly message: string
  /** The script of that agent, if not the one that was registered for it. */
  readonly script?: S | undefined
}

/**
 * A question to the advisor, and what it says.
 * @category models
 */
export interface Consultation {
  /** The advice; `null` if it fails, which does not fail the turn. */
  readonly advice: string | null
  /**
   * True if clients must not see the advice.
   *
   * @default false
   */
  readonly redacted?: boolean | undefined
}

/**
 * A workflow run: the plan that an agent makes for others.
 * @category models
 */
export interface Workflow<out S = DataScript> {
  /** Cut to 64 characters. */
  readonly name: string
  /** Cut to 256 characters. */
  readonly description?: string | undefined
  /** One after the other, unless they overlap: each is over when all its agents are done. */
  readonly phases: ReadonlyArray<{
    readonly name: string
    readonly description?: string | undefined
    /** Agents that the agent's `workflows` name, each in a thread of the run. Without any, the phase never starts. */
    readonly agents: ReadonlyArray<Delegation<S>>
    /**
     * True if the phase is named when the run is created.
     *
     * @default true
     */
    readonly declared?: boolean | undefined
    /**
     * True if the phase starts together with the one before.
     *
     * @default false
     */
    readonly overlaps?: boolean | undefined
  }>
  /**
   * The time that the run may take, in milliseconds. Then it ends with a `timeout_error`.
   *
   * @default 86_400_000
   */
  readonly lifetime?: number | undefined
  /**
   * The result of the run.
   *
   * @default "completed"
   */
  readonly result?: "completed" | "stopped" | "error" | undefined
}

/**
 * Message of the client or of another agent to this one.
 * @category models
 */
export interface Message {
  /**
   * The event that carries it: `user.message`, `user.define_outcome`, `system.message`,
   * `agent.thread_message_received`, or `span.outcome_evaluation_end` for a grader that wants a revision.
   */
  readonly type: string
  /** The texts of its blocks, or the description of an outcome. */
  readonly text: string
  readonly content: ReadonlyArray<typeof Content.MessageContentParams.Encoded>
}

/**
 * Result of a tool call.
 * @category models
 */
export interface ToolResult {
  /** The id of the call's event. */
  readonly id: string
  /** The texts of its blocks. */
  readonly text: string
  readonly content: ReadonlyArray<typeof Content.ToolResultContentParams.Encoded>
  /** Also for a call that was denied. */
  readonly is_error: boolean
  /** The client's answer, if it was asked. */
  readonly confirmation: ToolConfirmation | null
}

/**
 * Answer of the client about a call that it had to approve.
 * @category models
 */
export interface ToolConfirmation {
  readonly result: "allow" | "deny"
  readonly deny_message: string | null
}

/**
 * Last message of an agent that was delegated to.
 * @category models
 */
export interface Report {
  readonly threadId: string
  readonly agent: string
  readonly text: string
}

/**
 * The simulated agent, in the hands of an {@link effect} step.
 *
 * Each operation is played as the step of the same name is, and then gives back what came of it. Operations are played
 * one after another, also when they are asked for at once. Texts are taken as they are, without placeholders.
 *
 * An operation that was begun cannot be taken back: after a time-out on a call, the next operation waits until the client
 * has answered that call, as the service would.
 *
 * @category models
 */
export interface Agent {
  readonly sessionId: string
  readonly threadId: string
  /** Which turn of the agent this is, from 0. */
  readonly turn: number
  /** The messages that began the turn. */
  readonly messages: ReadonlyArray<Message>
  /** The text of the last user message. */
  readonly text: string
  /** The text of the last tool result before this step. */
  readonly result: string

  /** Progress without content. */
  readonly think: Effect.Effect<void>
  /** One message, with one text block for each text. */
  readonly say: (...texts: readonly [string, ...Array<string>]) => Effect.Effect<void>
  /** Calls a built-in tool, waits for the client's approval if it must, and gives back the result. */
  readonly tool: (call: ToolCall) => Effect.Effect<ToolResult>
  /** Calls a tool on an MCP server, waits for the client's approval if it must, and gives back the result. */
  readonly mcpTool: (call: McpToolCall) => Effect.Effect<ToolResult>
  /** Calls a tool of the client, waits for its result, and gives it back. */
  readonly customTool: (call: CustomToolCall) => Effect.Effect<ToolResult>
  /** Makes several calls in one model response, and gives back their results in the same order. */
  readonly together: <const Calls extends ReadonlyArray<CallStep>>(
    calls: Calls
  ) => Effect.Effect<{ readonly [K in keyof Calls]: ToolResult }>
  /** Time passes inside the model request. */
  readonly sleep: (duration: Duration.DurationInput) => Effect.Effect<void>
  /** The context of the thread is compacted. */
  readonly compact: Effect.Effect<void>
  /** The session is rescheduled, and goes on after a while. */
  readonly reschedule: (duration: Duration.DurationInput) => Effect.Effect<void>
  /** A `session.error`. What is not `retrying` ends the turn, and with it this Effect. */
  readonly fail: (failure: Failure) => Effect.Effect<void>
  /** The model refuses. That ends the turn, and with it this Effect. */
  readonly refuse: (refusal?: Refusal) => Effect.Effect<never>
  /** Gives a task to an agent of the roster and waits for its report. */
  readonly delegate: <R = never>(task: Delegation<Script<R>>) => Effect.Effect<Report, never, R>
  /** Gives several tasks to agents of the roster at once, and waits for all reports. */
  readonly delegateAll: <R = never>(
    tasks: ReadonlyArray<Delegation<Script<R>>>
  ) => Effect.Effect<ReadonlyArray<Report>, never, R>
  /**
   * The next message to the agent. If nothing waits, the turn ends, and the next message begins another turn, in which
   * the Effect goes on. It counts as a turn of the script.
   */
  readonly nextMessage: Effect.Effect<Message>
  /** A message that has come in the meantime and was not given to the Effect yet, if any. */
  readonly pollMessage: Effect.Effect<Option.Option<Message>>
  /**
   * Puts an event of any type in the list and on the streams, as it is, with a stamp, and an id if it has none. A result
   * must be that of a call that was made.
   */
  readonly emit: (event: { readonly type: string; readonly [key: string]: unknown }) => Effect.Effect<void>
  /** Plays steps, in which placeholders are filled in. */
  readonly play: <R = never>(steps: Turn<R>) => Effect.Effect<void, never, R>
}

/**
 * A step that is an Effect: the agent does what the Effect tells it to do. When it succeeds, the next step is played. If
 * it fails, the session terminates with an error that says why; an interrupt of the turn interrupts it.
 * @category models
 */
export interface EffectStep<out R = never> {
  readonly effect: (agent: Agent) => Effect.Effect<void, unknown, R>
}

/**
 * A step of one agent alone.
 * @category models
 */
export type BasicStep =
  | { readonly think: true }
  | { readonly say: string | ReadonlyArray<string> }
  | CallStep
  | { readonly together: ReadonlyArray<CallStep> }
  | { readonly sleep: number }
  | { readonly fail: Failure }
  | { readonly reschedule: { readonly millis: number } }
  | { readonly refuse: Refusal }
  | { readonly compact: true }
  | { readonly consult: Consultation }

/**
 * A step that JSON can express.
 * @category models
 */
export type DataStep = BasicStep | { readonly delegate: Delegation } | { readonly workflow: Workflow }

/**
 * One thing that the agent does: an object with exactly one key.
 * @category models
 */
export type Step<R = never> =
  | BasicStep
  | { readonly delegate: Delegation<Script<R>> }
  | { readonly workflow: Workflow<Script<R>> }
  | EffectStep<R>

/**
 * Steps of the agent in one turn.
 * @category models
 */
export type Turn<R = never> = ReadonlyArray<Step<R>>

/**
 * The verdict of the grader of a `user.define_outcome`.
 * @category models
 */
export type Verdict = "satisfied" | "needs_revision" | "max_iterations_reached" | "failed"

/**
 * Grade that the grader of a `user.define_outcome` gives.
 * @category models
 */
export type Grade = Verdict | {
  readonly result: Verdict
  readonly explanation?: string | undefined
  /**
   * The time that the grader takes.
   *
   * @default 0
   */
  readonly millis?: number | undefined
}

/**
 * Script of a simulated agent. `R` is what its Effects require.
 * @category models
 */
export interface Script<out R = never> {
  readonly turns?: ReadonlyArray<Turn<R>> | undefined
  /**
   * The turn that is played when `turns` run out.
   *
   * @default [{ say: "You said: {{text}}" }]
   */
  readonly otherwise?: Turn<R> | undefined
  /**
   * The grader's verdicts, in order; when they run out, `satisfied`.
   *
   * @default []
   */
  readonly grades?: ReadonlyArray<Grade> | undefined
}

/**
 * A script without Effects, as JSON holds it.
 * @category models
 */
export interface DataScript {
  readonly turns?: ReadonlyArray<ReadonlyArray<DataStep>> | undefined
  readonly otherwise?: ReadonlyArray<DataStep> | undefined
  readonly grades?: ReadonlyArray<Grade> | undefined
}

const atLeastOne = <A, I>(item: Schema.Schema<A, I>) =>
  Schema.Array(item).pipe(
    Schema.filter((items) => items.length > 0 || "Expected at least one element", { jsonSchema: { minItems: 1 } })
  )

const yes = Schema.Literal(true)
const input = Schema.Record({ key: Schema.String, value: Schema.Unknown })

const toolCall = {
  name: Schema.NonEmptyString,
  input: Schema.optional(input),
  permission: Schema.optional(strict.oneOf("allow", "ask", "deny")),
  result: Schema.optional(Schema.String),
  is_error: Schema.optional(Schema.Boolean)
}

const verdict = strict.oneOf("satisfied", "needs_revision", "max_iterations_reached", "failed")

/** Refuses a field where it would have no effect. */
const noEffect = (field: ReadonlyArray<PropertyKey>, why: string) => ({ path: field, message: `has no effect: ${why}` })

/** The errors that name something, by the beginnings of their types. */
const subjects: ReadonlyArray<readonly [keyof Failure, string]> = [
  ["mcp_server_name", "mcp_"],
  ["vault_id", "credential_"],
  ["credential_id", "credential_"],
  ["repository_url", "repository_"]
]

const failure = Schema.Struct({
  type: Schema.NonEmptyString,
  message: Schema.optional(Schema.String),
  retry_status: strict.oneOf("retrying", "exhausted", "terminal"),
  mcp_server_name: Schema.optional(Schema.String),
  vault_id: Schema.optional(Schema.String),
  credential_id: Schema.optional(Schema.String),
  repository_url: Schema.optional(Schema.NullOr(Schema.String))
}).pipe(
  Schema.filter(
    (failure) =>
      subjects.flatMap(([field, prefix]) =>
        failure[field] === undefined || failure.type.startsWith(prefix)
          ? []
          : [noEffect([field], `only errors whose type begins with ${prefix} have it`)]
      ),
    { jsonSchema: {} }
  )
).annotations({ identifier: "Failure" })

const consultation = Schema.Struct({
  advice: Schema.NullOr(Schema.String),
  redacted: Schema.optional(Schema.Boolean)
}).pipe(
  Schema.filter(
    ({ advice, redacted }) => advice !== null || redacted !== true || noEffect(["redacted"], "there is no advice"),
    { jsonSchema: {} }
  )
).annotations({ identifier: "Consultation" })

const grade = Schema.Union(
  verdict,
  Schema.Struct({
    result: verdict,
    explanation: Schema.optional(Schema.String),
    millis: Schema.optional(strict.millis)
  })
).annotations({ identifier: "Grade" })

const workflowOf = (delegation: Schema.Schema<Delegation>) =>
  Schema.Struct({
    name: Schema.NonEmptyString,
    description: Schema.optional(Schema.String),
    phases: atLeastOne(
      Schema.Struct({
        name: Schema.NonEmptyString,
        description: Schema.optional(Schema.String),
        agents: Schema.Array(delegation),
        declared: Schema.optional(Schema.Boolean),
        overlaps: Schema.optional(Schema.Boolean)
      }).pipe(
        Schema.filter(({ agents, declared }) =>
          agents.length > 0 || declared !== false ||
          noEffect(["declared"], "a phase without agents is only declared"), { jsonSchema: {} })
      ).annotations({ identifier: "WorkflowPhase" })
    ).pipe(
      Schema.filter(
        ([first]) => first?.overlaps !== true || noEffect([0, "overlaps"], "there is no phase before"),
        { jsonSchema: {} }
      )
    ),
    lifetime: Schema.optional(strict.millis),
    result: Schema.optional(strict.oneOf("completed", "stopped", "error"))
  }).annotations({ identifier: "Workflow" })

const make_ = (
  oneKey: strict.OneKey,
  more: Readonly<Record<string, Schema.Schema.AnyNoContext>> = {}
): Schema.Schema<DataScript> => {
  const call = {
    tool: Schema.Struct({ tool: Schema.Struct(toolCall).annotations({ identifier: "ToolCall" }) }),
    mcp_tool: Schema.Struct({
      mcp_tool: Schema.Struct({ server: Schema.NonEmptyString, ...toolCall }).annotations({ identifier: "McpToolCall" })
    }),
    custom_tool: Schema.Struct({
      custom_tool: Schema.Struct({ name: Schema.NonEmptyString, input: Schema.optional(input) }).annotations({
        identifier: "CustomToolCall"
      })
    })
  }
  const delegation = Schema.Struct({
    agent: Schema.NonEmptyString,
    message: Schema.String,
    script: Schema.optional(Schema.suspend(() => script))
  }).pipe(
    Schema.filter(({ script }) =>
      script?.grades === undefined ||
      noEffect(["script", "grades"], "outcomes are those of the agent of the session"), { jsonSchema: {} })
  ).annotations({ identifier: "Delegation" })
  const step = {
    think: Schema.Struct({ think: yes }),
    say: Schema.Struct({ say: Schema.Union(Schema.String, atLeastOne(Schema.String)) }),
    ...call,
    together: Schema.Struct({ together: atLeastOne(oneKey("CallStep", call)) }),
    sleep: Schema.Struct({ sleep: strict.millis }),
    fail: Schema.Struct({ fail: failure }),
    reschedule: Schema.Struct({ reschedule: Schema.Struct({ millis: strict.millis }) }),
    refuse: Schema.Struct({
      refuse: Schema.Struct({
        category: Schema.optional(Schema.NullOr(Schema.String)),
        explanation: Schema.optional(Schema.NullOr(Schema.String))
      })
    }),
    compact: Schema.Struct({ compact: yes }),
    consult: Schema.Struct({ consult: consultation }),
    delegate: Schema.Struct({ delegate: delegation }),
    workflow: Schema.Struct({ workflow: workflowOf(delegation) })
  }
  // the further steps are checked and nothing else: what is read has those of data
  const anyStep: Schema.Schema<DataStep> = oneKey("Step", { ...step, ...more })
  const turn = Schema.Array(anyStep).annotations({ identifier: "Turn" })
  const script: Schema.Schema<DataScript> = Schema.Struct({
    turns: Schema.optional(Schema.Array(turn)),
    otherwise: Schema.optional(turn),
    grades: Schema.optional(Schema.Array(grade))
  }).annotations({ identifier: "Script" })
  return script
}

/**
 * Schema of a script in data form: the description, for documents and generators. To read one, use {@link decode}, which
 * says more precisely what is wrong.
 * @category schemas
 */
export const DataScript: Schema.Schema<DataScript> = make_(strict.oneKeyUnion)

/**
 * A script that cannot be played. The message names the field.
 * @category errors
 */
export class MalformedScript extends Data.TaggedError("MalformedScript")<{
  /** The path, such as `turns[0][1].tool.name`; empty if it is the script as a whole. */
  readonly path: string
  readonly message: string
}> {}

const malformed = (problem: strict.Problem) =>
  new MalformedScript({ path: problem.path, message: strict.describe(problem) })

const decodeEither = strict.decode(make_(strict.oneKeyDecoder))

const effectStep = Schema.Struct({
  effect: Schema.declare((value): value is EffectStep["effect"] => typeof value === "function", {
    identifier: "function"
  })
})

const checkEither = strict.decode(make_(strict.oneKeyDecoder, { effect: effectStep }))

/**
 * Checks a script in either form, as {@link decode} does one in data form. Whatever takes a script does that by itself.
 * @category guards
 */
export const check = <R>(script: Script<R>): Effect.Effect<void, MalformedScript> =>
  Either.mapBoth(checkEither(script), { onLeft: malformed, onRight: () => undefined })

/**
 * Reads a script in data form, such as one from a JSON file. Unknown fields are refused.
 * @category constructors
 */
export const decode = (input: unknown): Effect.Effect<DataScript, MalformedScript> =>
  Either.mapLeft(decodeEither(input), malformed)

/**
 * Makes a script.
 * @category constructors
 */
export const make = <R = never>(script: Script<R>): Script<R> => script

/**
 * The script of an agent for which none was registered: it repeats the message.
 * @category constants
 */
export const echo: Script = { otherwise: [{ say: "You said: {{text}}" }] }

/**
 * Progress without content: `agent.thinking`.
 * @category constructors
 */
export const think: Step = { think: true }

/**
 * One `agent.message`, with one text block for each text.
 * @category constructors
 */
export const say = (...texts: readonly [string, ...Array<string>]): Step => ({ say: texts })

/**
 * A call of a built-in tool: confirmation if it must be asked for, then the result.
 * @category constructors
 */
export const tool = (call: ToolCall): CallStep => ({ tool: call })

/**
 * A call of a tool on an MCP server: confirmation if it must be asked for, then the result.
 * @category constructors
 */
export const mcpTool = (call: McpToolCall): CallStep => ({ mcp_tool: call })

/**
 * A call of a tool that the client runs: the turn waits for its result.
 * @category constructors
 */
export const customTool = (call: CustomToolCall): CallStep => ({ custom_tool: call })

/**
 * Several calls in one model response.
 * @category constructors
 */
export const together = (...calls: readonly [CallStep, ...Array<CallStep>]): Step => ({ together: calls })

/**
 * Time passes inside the model request.
 * @category constructors
 */
export const sleep = (duration: Duration.DurationInput): Step => ({ sleep: Duration.toMillis(duration) })

/**
 * A `session.error`, then what its retry status means.
 * @category constructors
 */
export const fail = (failure: Failure): Step => ({ fail: failure })

/**
 * The session is rescheduled, and runs again after a while.
 * @category constructors
 */
export const reschedule = (duration: Duration.DurationInput): Step => ({
  reschedule: { millis: Duration.toMillis(duration) }
})

/**
 * The model refuses, which ends the turn.
 * @category constructors
 */
export const refuse = (refusal: Refusal = {}): Step => ({ refuse: refusal })

/**
 * The context of the thread is compacted.
 * @category constructors
 */
export const compact: Step = { compact: true }

/**
 * A child thread plays its own script and reports back.
 * @category constructors
 */
export const delegate = <R = never>(delegation: Delegation<Script<R>>): Step<R> => ({ delegate: delegation })

/**
 * The agent asks its advisor, which has a thread of its own for as long as it takes.
 * @category constructors
 */
export const consult = (consultation: Consultation): Step => ({ consult: consultation })

/**
 * A workflow run: agents that work in the background, phase by phase. The turn goes on when the run has ended.
 * @category constructors
 */
export const workflow = <R = never>(workflow: Workflow<Script<R>>): Step<R> => ({ workflow })

/**
 * The agent does what an Effect tells it to do: the whole turn, or a part of it.
 *
 * @example
 * ```ts
 * import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
 * import * as Effect from "effect/Effect"
 *
 * const script = AgentScript.make({
 *   otherwise: [
 *     AgentScript.effect((agent) =>
 *       Effect.gen(function*() {
 *         const order = yield* agent.customTool({ name: "get_order", input: { id: agent.text } })
 *         if (order.is_error) return yield* agent.refuse()
 *         yield* agent.say(`It is ${order.text}.`)
 *       })
 *     )
 *   ]
 * })
 * ```
 *
 * @category constructors
 */
export const effect = <R = never>(run: (agent: Agent) => Effect.Effect<void, unknown, R>): Step<R> => ({ effect: run })
