import * as Data from "effect/Data"
import * as Either from "effect/Either"

/** What the command line asks for. */
export interface Flags {
  readonly port: number
  readonly host: string
  readonly seed: number
  readonly clock: "real" | "virtual"
  readonly fixtures: "docs" | "none"
  readonly scripts: string | undefined
}

/** A command line that cannot be obeyed. */
export class BadFlag extends Data.TaggedError("BadFlag")<{ readonly message: string }> {}

/** What `--help` prints. */
export const usage = `Usage: managed-agents-simulator [flags]

Serves a simulation of the Claude Managed Agents Sessions API.

  --port <n>               port to listen on, 0 for any that is free (default 8787)
  --host <h>               address to listen on (default 127.0.0.1)
  --seed <n>               integer from which every id derives (default 0)
  --clock real|virtual     virtual: time moves only by POST /_sim/clock/advance (default real)
  --fixtures docs|none     docs: start with the resources of the reference's examples (default docs)
  --scripts <file.json>    what agents do: { "<agent id>": Script, ... }
  --help                   show this

The routes under /_sim are described at /_sim/openapi.json.
`

const bad = (message: string): Either.Either<never, BadFlag> => Either.left(new BadFlag({ message }))

const integer = (name: string, text: string, min: number, max: number): Either.Either<number, BadFlag> => {
  const value = /^-?\d{1,16}$/.test(text) ? Number(text) : NaN
  return value >= min && value <= max
    ? Either.right(value)
    : bad(`--${name} must be an integer from ${min} to ${max}, not ${JSON.stringify(text)}`)
}

const oneOf = <A extends string>(
  name: string,
  text: string,
  ...choices: ReadonlyArray<A>
): Either.Either<A, BadFlag> => {
  const choice = choices.find((choice) => choice === text)
  return choice === undefined
    ? bad(`--${name} must be ${choices.join(" or ")}, not ${JSON.stringify(text)}`)
    : Either.right(choice)
}

const notEmpty = (name: string, text: string): Either.Either<string, BadFlag> =>
  text === "" ? bad(`--${name} needs a value`) : Either.right(text)

/** Reads each flag, `--name value` or `--name=value`. */
const read: { readonly [K in keyof Flags]: (text: string) => Either.Either<Flags[K], BadFlag> } = {
  port: (text) => integer("port", text, 0, 65_535),
  host: (text) => notEmpty("host", text),
  seed: (text) => integer("seed", text, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  clock: (text) => oneOf("clock", text, "real", "virtual"),
  fixtures: (text) => oneOf("fixtures", text, "docs", "none"),
  scripts: (text) => notEmpty("scripts", text)
}

const isFlag = (name: string): name is keyof Flags => Object.hasOwn(read, name)

/** Reads a command line. */
export const parse = (args: ReadonlyArray<string>): Either.Either<Flags | "help", BadFlag> =>
  Either.gen(function*() {
    let flags: Flags = {
      port: 8787,
      host: "127.0.0.1",
      seed: 0,
      clock: "real",
      fixtures: "docs",
      scripts: undefined
    }
    for (let i = 0; i < args.length; i++) {
      const arg = args[i] ?? ""
      if (arg === "--help" || arg === "-h") return "help"
      const [, name = "", inline] = /^--([^=]+)(?:=(.*))?$/s.exec(arg) ?? []
      if (!isFlag(name)) yield* bad(`Unknown flag ${arg}; see --help`)
      else {
        const text = inline ?? args[++i]
        if (text === undefined) yield* bad(`--${name} needs a value`)
        else flags = { ...flags, [name]: yield* read[name](text) }
      }
    }
    return flags
  })
