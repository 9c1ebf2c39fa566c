import type * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Content from "../../Content.ts"
import * as PendingAction from "../../PendingAction.ts"
import type * as ToolRunner from "../../ToolRunner.ts"
import * as fork from "../stream/fork.ts"
import { redactParameters } from "../telemetry/redactParameters.ts"

/** The end of a tool's run, and the message for the agent. */
export interface Execution {
  readonly outcome: "success" | "failure" | "invalid_input" | "timeout" | "defect"
  readonly result: PendingAction.ToolResult
}

/** The part of a toolkit's answer that is needed. */
export interface Handled {
  readonly isFailure: boolean
  readonly encodedResult: unknown
}

/** Runs the tool of a call, for `timeout` at most. Whatever comes of it is for the agent to read; a defect is a defect. */
export const runTool = <R>(
  handlers: ToolRunner.Handlers,
  tool: ToolRunner.Tool,
  call: ToolRunner.Call,
  timeout: Duration.Duration
): Effect.Effect<Execution, never, R> => {
  // the toolkit checks the input, and requires what its tools do
  const handle = handlers.handle as (
    name: string,
    params: unknown
  ) => Effect.Effect<Handled, NonNullable<unknown> | null | undefined, R>
  return handle(call.name, call.input).pipe(
    redactParameters,
    Effect.map(({ encodedResult, isFailure }): Execution => ({
      outcome: isFailure ? "failure" : "success",
      result: PendingAction.result(contentOf(encodedResult), { isError: isFailure })
    })),
    Effect.catchAll((error) => failure<R>(tool, error)),
    (self) =>
      Duration.isFinite(timeout)
        // a tool that cannot be interrupted does not keep the agent waiting
        ? Effect.timeoutTo(fork.disconnect(self), {
          duration: timeout,
          onSuccess: (execution) => execution,
          onTimeout: () => failed("timeout", `It took longer than ${Duration.format(timeout)}.`)
        })
        : self
  )
}

const failed = (outcome: Execution["outcome"], content: PendingAction.ToolResult["content"]): Execution => ({
  outcome,
  result: PendingAction.result(content, { isError: true })
})

/** The failure of a tool: the toolkit says that the input is wrong, or the tool says what its schema lets it say. */
const failure = <R>(tool: ToolRunner.Tool, error: unknown): Effect.Effect<Execution, never, R> => {
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

/** Logs the defect of a tool, of which the agent reads no details. */
export const defect = (tool: ToolRunner.Tool, cause: Cause.Cause<never>): Effect.Effect<Execution> =>
  Effect.as(
    Effect.logError(`The tool ${tool.name} has failed unexpectedly`, cause),
    failed("defect", "The tool failed unexpectedly.")
  )

/** The result of a call that somebody has denied. */
export const denied = ({ name }: ToolRunner.Tool, reason: string | undefined): PendingAction.ToolResult =>
  PendingAction.result(
    `This call of ${name} was not allowed, and did not run.` + (reason === undefined ? "" : ` ${reason}`),
    { isError: true }
  )

/** The result of a call that a crash has cut off. */
export const unfinished = ({ name }: ToolRunner.Tool): PendingAction.ToolResult =>
  PendingAction.result(
    `It is not known whether this call of ${name} has taken effect: the program was stopped while it ran. ` +
      "It was not run again.",
    { isError: true }
  )

/** A text as it is, a list of content blocks as such, anything else as JSON. */
const contentOf = (encoded: unknown): PendingAction.ToolResult["content"] => {
  if (encoded === undefined || encoded === null) return ""
  if (typeof encoded === "string") return encoded
  return isBlocks(encoded) ? encoded : JSON.stringify(encoded)
}

const isBlock = Schema.is(Content.ToolResultContentParams)
const blockTypes: ReadonlyArray<unknown> = ["text", "image", "document", "search_result"]

const isBlocks = (u: unknown): u is ReadonlyArray<Content.ToolResultContentParams> =>
  Array.isArray(u) && u.length > 0 && u.every((one) => isBlock(one) && blockTypes.includes(one.type))
