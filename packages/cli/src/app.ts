import type { ApiError } from "@effect-managed-agents/core/ApiError"
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as ValidationError from "@effect/cli/ValidationError"
import type { HttpClient } from "@effect/platform/HttpClient"
import type { Terminal } from "@effect/platform/Terminal"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { stripVTControlCharacters } from "node:util"
import type { Needs } from "./callCommand.ts"
import * as callCommand from "./callCommand.ts"
import { calls, groupNames } from "./calls.ts"
import * as chat from "./chat.ts"
import * as commandLine from "./commandLine.ts"
import * as conformance from "./conformance.ts"
import * as dev from "./dev.ts"
import type { Failure } from "./failure.ts"
import { code, codeOf } from "./failure.ts"
import * as follow from "./follow.ts"
import * as help from "./help.ts"
import type { Keyboard } from "./keyboard.ts"
import type { Closed } from "./stdio.ts"
import { Stdio } from "./stdio.ts"
import { version } from "./version.ts"

/** The commands, by the words that name them. */
const commands = new Map<string, help.AnyCommand>()

const groups = Object.entries(Arr.groupBy(calls, ({ group }) => group)).map(([group, members]) =>
  Command.make(group).pipe(
    Command.withDescription(`Calls of ${group}.`),
    Command.withSubcommands(Arr.map(members, (call) => {
      const command = callCommand.make(call)
      commands.set(`${group} ${call.name}`, command)
      return command
    }))
  )
)

/** The commands that are no calls. */
const tools: ReadonlyMap<string, help.AnyCommand> = new Map<string, help.AnyCommand>([
  ["chat", chat.command],
  ["follow", follow.command],
  ["dev", dev.command],
  ["conformance", conformance.command]
])

for (const [name, tool] of tools) commands.set(name, tool)

const root = Command.make(commandLine.program).pipe(
  Command.withSubcommands([chat.command, follow.command, dev.command, conformance.command, ...groups])
)

const parse = Command.run(root, { name: commandLine.program, version })

/** The console of the parser: its texts without colours where there is no terminal, and none of its complaints. */
const console = (stdio: Stdio["Type"]): Console.Console => {
  const print = (...texts: ReadonlyArray<unknown>) => {
    const text = `${texts.map(String).join(" ").trimEnd()}\n`
    return Effect.ignore(stdio.write(stdio.isTerminal.stdout ? text : stripVTControlCharacters(text)))
  }
  const base = Effect.runSync(Effect.consoleWith(Effect.succeed))
  return {
    ...base,
    log: print,
    error: () => Effect.void,
    unsafe: {
      ...base.unsafe,
      // the logger's
      error: (...texts) => void Effect.runFork(stdio.warn(`${texts.map(String).join(" ")}\n`))
    }
  }
}

const textOf = (error: ValidationError.ValidationError): string =>
  stripVTControlCharacters(HelpDoc.toAnsiText(error.error)).replaceAll(/\s+/g, " ").trim()

/** Says why a command failed, and gives the exit code. */
const report = (
  cause: Cause.Cause<ApiError | Closed | Failure | ValidationError.ValidationError>,
  line: commandLine.CommandLine
): Effect.Effect<number, never, Stdio> =>
  Effect.gen(function*() {
    const { warn } = yield* Stdio
    if (Cause.isInterruptedOnly(cause)) return code.interrupted
    const say = (message: string) => warn(`${commandLine.program}: ${message}\n`)
    const failure = Cause.failureOption(cause)
    if (failure._tag === "None") {
      yield* say(`this should not have happened. ${Cause.pretty(cause)}`)
      return code.unexpected
    }
    const error = failure.value
    // who reads has enough
    if (error._tag === "Closed") return code.done
    if (ValidationError.isValidationError(error)) {
      const command = commands.get(line.path.join(" "))
      const flags = command === undefined ? [] : help.flagsOf(command)
      yield* say(commandLine.explain(textOf(error), line, { flags, tools: [...tools.keys()] }))
      return code.usage
    }
    yield* say(error.message)
    return codeOf(error)
  })

const perform = ({ path, rest }: commandLine.CommandLine) => {
  const [first, second] = path
  const isHelp = rest[0] === "--help"
  if (first === undefined && (rest.length === 0 || isHelp)) return Console.log(HelpDoc.toAnsiText(help.root(tools)))
  if (first !== undefined && second === undefined && groupNames.includes(first) && (rest.length === 0 || isHelp)) {
    return Console.log(HelpDoc.toAnsiText(help.group(first)))
  }
  const command = commands.get(path.join(" "))
  if (isHelp && command !== undefined) return Console.log(HelpDoc.toAnsiText(help.command(path, command)))
  return parse(["node", commandLine.program, ...path, ...rest])
}

/** Obeys a command line. Succeeds with the exit code. */
export const run = (
  args: ReadonlyArray<string>
): Effect.Effect<number, never, Keyboard | Needs | HttpClient | Terminal> =>
  Effect.gen(function*() {
    const stdio = yield* Stdio
    const line = commandLine.read(args)
    return yield* perform(line).pipe(
      Effect.as(code.done),
      Effect.catchAllCause((cause) => report(cause, line)),
      Effect.withConsole(console(stdio))
    )
  }).pipe(
    Effect.provideService(CliConfig.CliConfig, commandLine.config),
    Effect.provide(Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.logfmtLogger))),
    Logger.withMinimumLogLevel(LogLevel.Warning)
  )
