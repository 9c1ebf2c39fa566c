import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Span from "@effect/cli/HelpDoc/Span"
import { stripVTControlCharacters } from "node:util"
import { calls, groupNames } from "./calls.ts"
import type { Shown } from "./commandLine.ts"
import { config, program } from "./commandLine.ts"

/** A command of which only its flags matter. */
// oxlint-disable-next-line typescript/no-explicit-any -- what it needs and gives is its own business
export type AnyCommand = Command.Command<any, any, any, any>

const withoutBuiltIns = { ...config, showBuiltIns: false }

const table = (rows: ReadonlyArray<readonly [string, string]>): HelpDoc.HelpDoc => {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2
  return HelpDoc.p(Span.spans(rows.flatMap(([name, text], index) => [
    Span.strong(name.padEnd(width)),
    Span.text(index === rows.length - 1 ? text : `${text}\n`)
  ])))
}

const descriptionOf = (command: AnyCommand): string => {
  const text = stripVTControlCharacters(HelpDoc.toAnsiText(Command.getHelp(command, withoutBuiltIns)))
  return /DESCRIPTION\s+(.+)/.exec(text)?.[1]?.trim() ?? ""
}

/** The help of the whole program. The parser's own names every flag of every call. */
export const root = (tools: ReadonlyMap<string, AnyCommand>): HelpDoc.HelpDoc =>
  HelpDoc.blocks([
    HelpDoc.h1("USAGE"),
    HelpDoc.p(`$ ${program} <command> [flags]`),
    HelpDoc.h1("COMMANDS"),
    table([...tools].map(([name, tool]) => [name, descriptionOf(tool)])),
    HelpDoc.h1("CALLS OF THE API"),
    table(groupNames.map((group) => [
      group,
      calls.filter((call) => call.group === group).map(({ name }) => name).join(", ")
    ])),
    HelpDoc.h1("OPTIONS"),
    table([
      ["<command> --help", "The flags of a command."],
      ["--wizard", "Ask for a command and its flags, one after the other."],
      ["--completions bash|zsh|fish", "Print completions for a shell."],
      ["--version", "Print the version."]
    ]),
    HelpDoc.h1("ENVIRONMENT"),
    table([
      ["ANTHROPIC_API_KEY", "The credential; or ANTHROPIC_AUTH_TOKEN."],
      ["ANTHROPIC_BASE_URL", "The address of the API, if it is not the usual one."],
      ["ANTHROPIC_WORKSPACE_ID", "The workspace, for credentials that are valid in several."]
    ])
  ])

/** The help of a group of calls. */
export const group = (name: string): HelpDoc.HelpDoc => {
  const members = calls.filter((call) => call.group === name)
  return HelpDoc.blocks([
    HelpDoc.h1("USAGE"),
    HelpDoc.p(`$ ${program} ${name} <command> [flags]`),
    HelpDoc.h1("COMMANDS"),
    table(members.map(({ endpoint, name }) => [name, `${endpoint.method} ${endpoint.path}`]))
  ])
}

/** The help of a command. */
export const command = (path: ReadonlyArray<string>, command: AnyCommand): HelpDoc.HelpDoc => {
  const call = calls.find(({ group, name }) => group === path[0] && name === path[1])
  const isBody = call?.endpoint.body !== undefined && call.endpoint.encoding.mediaType === "application/json"
  return HelpDoc.blocks([
    HelpDoc.h1("USAGE"),
    HelpDoc.p(`$ ${[program, ...path].join(" ")} [flags]${isBody ? " [< body.yaml]" : ""}`),
    Command.getHelp(command, withoutBuiltIns)
  ])
}

/** The flags that a command knows, as its help shows them: `(-r, --raw-output)`, `--order asc | desc`. */
export const flagsOf = (command: AnyCommand): ReadonlyArray<Shown> => {
  const text = stripVTControlCharacters(HelpDoc.toAnsiText(Command.getHelp(command, withoutBuiltIns)))
  return [...text.matchAll(/^\(?(-[\w-]+(?:, -[\w-]+)*) ?([^)\n]*)/gm)].map(([, names = "", type = ""]) => ({
    names: names.split(", "),
    type: type.trim()
  }))
}
