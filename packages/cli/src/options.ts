import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** Reads the text of a flag, or refuses it with what it must be. */
export const parsed = <A>(name: string, must: string, parse: (text: string) => A | undefined): Options.Options<A> =>
  Options.text(name).pipe(Options.mapEffect((text) => {
    const value = parse(text)
    return value === undefined
      ? Effect.fail(ValidationError.invalidValue(HelpDoc.p(`--${name} must be ${must}, not ${JSON.stringify(text)}`)))
      : Effect.succeed(value)
  }))

/** An integer within limits. */
export const integer = (name: string, min: number, max: number): Options.Options<number> =>
  parsed(name, `an integer from ${min} to ${max}`, (text) => {
    const value = /^-?\d{1,16}$/.test(text) ? Number(text) : NaN
    return value >= min && value <= max ? value : undefined
  }).pipe(Options.withPseudoName("n"))

const units: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000 }

/** A duration, in milliseconds. */
export const duration = (name: string): Options.Options<number> =>
  parsed(name, "a duration such as 500ms, 2s or 1m", (text) => {
    const [, amount = "", unit = ""] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m)$/.exec(text) ?? []
    const factor = units[unit]
    return factor === undefined ? undefined : Number(amount) * factor
  }).pipe(Options.withPseudoName("duration"))

/** An address of a server. */
export const url = (name: string): Options.Options<string> =>
  parsed(
    name,
    "a URL such as http://127.0.0.1:3000",
    (text) => /^https?:\/\/[^/\s]/.test(text) && URL.canParse(text) ? text.replace(/\/+$/, "") : undefined
  ).pipe(
    Options.withPseudoName("url")
  )

/** A path, or another text that says something. */
export const notEmpty = (name: string): Options.Options<string> =>
  parsed(name, "a text", (text) => text === "" ? undefined : text)

/** An option that may be left out. */
export const optional = <A>(option: Options.Options<A>): Options.Options<A | undefined> =>
  Options.optional(option).pipe(Options.map(Option.getOrUndefined))
