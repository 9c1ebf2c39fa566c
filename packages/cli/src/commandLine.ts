import * as AutoCorrect from "@effect/cli/AutoCorrect"
import * as CliConfig from "@effect/cli/CliConfig"
import { calls, groupNames, groupOf } from "./calls.ts"

/** The name of the program. */
export const program = "managed-agents"

/** Upper and lower case differ, and nothing is guessed: a flag that is not known is refused. */
export const config: CliConfig.CliConfig = CliConfig.make({ isCaseSensitive: true, autoCorrectLimit: 0 })

/** Flags that may stand before the command as well; true for those that have a value. */
const early = new Map([
  ["--base-url", true],
  ["--format", true],
  ["--fields", true],
  ["--max-items", true],
  ["--log-level", true],
  ["--raw-output", false],
  ["-r", false]
])

/** Flags whose value may be left out, and the value that they have then. */
const alone = new Map([["--upstream", "https://api.anthropic.com"]])

/** Gives flags that stand alone their values. */
const complete = (args: ReadonlyArray<string>): ReadonlyArray<string> =>
  args.flatMap((arg, index) => {
    const value = alone.get(arg)
    return value !== undefined && args[index + 1]?.startsWith("-") !== false ? [arg, value] : [arg]
  })

/** A command line: the words that name the command, and what follows. */
export interface CommandLine {
  readonly path: ReadonlyArray<string>
  readonly rest: ReadonlyArray<string>
}

const split = (args: ReadonlyArray<string>): ReadonlyArray<string> =>
  args.flatMap((arg) => {
    const [, name, value] = /^(--[\w-]+)=(.*)$/s.exec(arg) ?? []
    return name === undefined || value === undefined ? [arg] : [name, value]
  })

/** Takes a flag and its value out of a command line. */
const take = (args: ReadonlyArray<string>, flag: string): readonly [ReadonlyArray<string>, ReadonlyArray<string>] => {
  const index = args.indexOf(flag)
  return index < 0 ? [[], args] : [args.slice(index, index + 2), args.toSpliced(index, 2)]
}

/**
 * Reads the words of a command line into a form that the parser of `@effect/cli` takes: it looks for `--help`, `--version`
 * and the log level in the first place only, and takes a flag `--version` of a call for its own there.
 */
export const read = (args: ReadonlyArray<string>): CommandLine => {
  const words = [...split(args)]
  const moved: Array<string> = []
  while (words[0] !== undefined && early.has(words[0]) && words.length > 1) {
    moved.push(...words.splice(0, early.get(words[0]) === true ? 2 : 1))
  }
  const all = [...words, ...moved]
  const group = groupOf(all[0] ?? "")
  const isGroup = groupNames.includes(group)
  const end = all.findIndex((word) => word.startsWith("-"))
  const path = all.slice(0, Math.min(isGroup ? 2 : 1, end < 0 ? all.length : end))
  const rest = path[0] === "dev" ? complete(all.slice(path.length)) : all.slice(path.length)
  const named = isGroup ? [group, ...path.slice(1)] : path
  for (const flag of ["--help", "--wizard"]) {
    if (rest.includes(flag) || (flag === "--help" && rest.includes("-h"))) return { path: named, rest: [flag] }
  }
  const [level, others] = take(rest, "--log-level")
  const [version, last] = path.length === 2 ? take(others, "--version") : [[], others]
  const first = last.length === 0 && version.length > 0 ? ["--format", "auto"] : []
  return { path: named, rest: [...level, ...first, ...last, ...version] }
}

const distance = (a: string, b: string): number => AutoCorrect.levensteinDistance(a, b, config)

const closest = (word: string, all: ReadonlyArray<string>): string | undefined =>
  all.toSorted((a, b) => distance(a, word) - distance(b, word)).find((one) => distance(one, word) <= 2)

const suggestion = (word: string, all: ReadonlyArray<string>): string => {
  const found = closest(word, all)
  return found === undefined ? "" : `; did you mean ${found}?`
}

/** The names that a command line may go on with. */
const commandsOf = (path: ReadonlyArray<string>, tools: ReadonlyArray<string>): ReadonlyArray<string> =>
  groupNames.includes(path[0] ?? "")
    ? calls.filter(({ group }) => group === path[0]).map(({ name }) => name)
    : [...tools, ...groupNames]

/** A flag as the help of a command shows it. */
export interface Shown {
  /** With their dashes. */
  readonly names: ReadonlyArray<string>
  /** Such as `integer` or `asc | desc`; empty for a flag without a value. */
  readonly type: string
}

/** Finds the flag whose value is wrong: the parser does not say. */
const explainValue = (flags: ReadonlyArray<Shown>, rest: ReadonlyArray<string>): string | undefined => {
  for (const { names, type } of flags) {
    const index = rest.findIndex((word) => names.includes(word))
    const value = rest[index + 1]
    if (index < 0 || value === undefined) continue
    if (type === "integer" && !/^-?\d+$/.test(value)) {
      return `${rest[index]} must be an integer, not ${JSON.stringify(value)}`
    }
    const choices = /\btext\b/.test(type) ? [] : type.split(" | ")
    if (choices.length > 1 && !choices.includes(value)) {
      return `${rest[index]} must be ${choices.join(" or ")}, not ${JSON.stringify(value)}`
    }
  }
  return undefined
}

/** The names of commands, and the flags of the one that was named. */
export interface Known {
  readonly tools: ReadonlyArray<string>
  readonly flags: ReadonlyArray<Shown>
}

/** The message of the parser in the words of this program: one line that says what is wrong, and where to look. */
export const explain = (message: string, { path, rest }: CommandLine, { flags, tools }: Known): string => {
  const help = `see ${[program, ...path].join(" ")} --help`
  if (message.startsWith("Invalid subcommand")) {
    if (path.length === 0) return `Unknown flag ${rest[0] ?? ""}; ${help}`
    const inside = groupNames.includes(path[0] ?? "") ? path.slice(0, 1) : []
    const word = path[inside.length] ?? rest[0] ?? ""
    const command = [program, ...inside].join(" ")
    const found = suggestion(word, commandsOf(path, tools))
    return `${command} has no command ${JSON.stringify(word)}${found}; see ${command} --help`
  }
  const [, argument] = /^Received unknown argument: '(.*)'$/s.exec(message) ?? []
  if (argument === undefined) return `${explainValue(flags, rest) ?? message}; ${help}`
  if (!argument.startsWith("-")) return `Unexpected argument ${JSON.stringify(argument)}; ${help}`
  if (rest.filter((word) => word === argument).length > 1) return `${argument} is given twice; ${help}`
  const names = flags.flatMap(({ names }) => names)
  if (names.includes(argument)) return `${argument} needs a value; ${help}`
  return `Unknown flag ${argument}${suggestion(argument, names)}; ${help}`
}
