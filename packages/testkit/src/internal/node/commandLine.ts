import * as Data from "effect/Data"
import * as Either from "effect/Either"

/** A command line that cannot be obeyed. */
export class BadFlag extends Data.TaggedError("BadFlag")<{ readonly message: string }> {}

/** Refuses a command line. */
export const bad = (message: string): Either.Either<never, BadFlag> => Either.left(new BadFlag({ message }))

/** Reads an integer. */
export const integer = (name: string, text: string, min: number, max: number): Either.Either<number, BadFlag> => {
  const value = /^-?\d{1,16}$/.test(text) ? Number(text) : NaN
  return value >= min && value <= max
    ? Either.right(value)
    : bad(`--${name} must be an integer from ${min} to ${max}, not ${JSON.stringify(text)}`)
}

/** Reads one of some words. */
export const oneOf = <A extends string>(
  name: string,
  text: string,
  ...choices: ReadonlyArray<A>
): Either.Either<A, BadFlag> => {
  const choice = choices.find((choice) => choice === text)
  return choice === undefined
    ? bad(`--${name} must be ${choices.join(" or ")}, not ${JSON.stringify(text)}`)
    : Either.right(choice)
}

const units = { ms: 1, s: 1000, m: 60_000 } as const

const isUnit = (unit: string): unit is keyof typeof units => Object.hasOwn(units, unit)

/** Reads a duration, in milliseconds. */
export const duration = (name: string, text: string): Either.Either<number, BadFlag> => {
  const [, amount = "", unit = ""] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m)$/.exec(text) ?? []
  return isUnit(unit)
    ? Either.right(Number(amount) * units[unit])
    : bad(`--${name} must be a duration such as 500ms, 2s or 1m, not ${JSON.stringify(text)}`)
}

/** Reads any text. */
export const notEmpty = (name: string, text: string): Either.Either<string, BadFlag> =>
  text === "" ? bad(`--${name} needs a value`) : Either.right(text)

/** Reader of the value of each flag, or `true` for those that have none. */
export type Readers<Flags> = {
  readonly [K in keyof Flags & string]: ((text: string) => Either.Either<Flags[K], BadFlag>) | true
}

/** Reads a command line: `--name value`, `--name=value` or, for a flag without a value, `--name`. */
export const parse = <Flags>(
  args: ReadonlyArray<string>,
  defaults: Flags,
  readers: Readers<Flags>
): Either.Either<Flags | "help", BadFlag> =>
  Either.gen(function*() {
    const isFlag = (name: string): name is keyof Flags & string => Object.hasOwn(readers, name)
    let flags = defaults
    const given = new Set<string>()
    for (let i = 0; i < args.length; i++) {
      const arg = args[i] ?? ""
      if (arg === "--help" || arg === "-h") return "help"
      const [, name = "", inline] = /^--([^=]+)(?:=(.*))?$/s.exec(arg) ?? []
      if (!isFlag(name)) yield* bad(`Unknown flag ${arg}; see --help`)
      else {
        if (given.has(name)) yield* bad(`--${name} is given twice`)
        given.add(name)
        const read = readers[name]
        if (read === true) {
          if (inline !== undefined) yield* bad(`--${name} takes no value`)
          flags = { ...flags, [name]: true }
        } else {
          const text = inline ?? args[++i]
          if (text === undefined) yield* bad(`--${name} needs a value`)
          else flags = { ...flags, [name]: yield* read(text) }
        }
      }
    }
    return flags
  })
