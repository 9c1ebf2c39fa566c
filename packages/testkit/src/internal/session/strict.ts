import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/** Problem of a value, and its place. */
export interface Problem {
  /** Such as `turns[0][1].tool.name`; empty for the value itself. */
  readonly path: string
  readonly message: string
}

/** A path as it is written in JavaScript. */
export const formatPath = (path: ReadonlyArray<PropertyKey>): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`
    return text === "" ? String(key) : `${text}.${String(key)}`
  }, "")

/** Decodes what a person wrote: unknown fields are refused, and the first problem is named by its path. */
export const decode = <A, I>(schema: Schema.Schema<A, I>): (input: unknown) => Either.Either<A, Problem> => {
  const parse = Schema.decodeUnknownEither(schema, { onExcessProperty: "error" })
  return (input) =>
    Either.mapLeft(parse(input), (error) => {
      // of what the members of a union say, what is deepest is about the member that was meant
      const issue = ParseResult.ArrayFormatter.formatErrorSync(error).reduce(
        (deepest, one) => one.path.length > deepest.path.length ? one : deepest
      )
      return { path: formatPath(issue.path), message: issue.message }
    })
}

/** A problem in one line. */
export const describe = (problem: Problem): string =>
  problem.path === "" ? problem.message : `${problem.path}: ${problem.message}`

/** One of some texts. */
export const oneOf = <const L extends readonly [string, ...Array<string>]>(...literals: L) =>
  Schema.Literal(...literals).annotations({
    message: (issue) => ({
      message: `Expected ${literals.map((l) => `"${l}"`).join(" | ")}, actual ${
        JSON.stringify(issue.actual) ?? "undefined"
      }`,
      // one message for the whole choice, not one for each literal
      override: true
    })
  })

/** A duration. */
export const millis = Schema.Number.pipe(
  Schema.filter((n) => (Number.isFinite(n) && n >= 0) || "Expected milliseconds, a number of at least 0", {
    jsonSchema: { type: "number", minimum: 0 }
  })
)

type Members = Readonly<Record<string, Schema.Schema.AnyNoContext>>
type MemberType<M extends Members> = Schema.Schema.Type<M[keyof M]>
type MemberEncoded<M extends Members> = Schema.Schema.Encoded<M[keyof M]>

/** Composition of a union of objects that are told apart by a key each, from its members by key. */
export type OneKey = <M extends Members>(
  identifier: string,
  members: M
) => Schema.Schema<MemberType<M>, MemberEncoded<M>>

/** As a plain union: what a document describes. */
export const oneKeyUnion: OneKey = <M extends Members>(identifier: string, members: M) =>
  // the rest of a spread array has no length for the compiler; the union is that of the record's values
  Schema.Union(...Object.values(members)).annotations({ identifier }) as Schema.Schema<MemberType<M>, MemberEncoded<M>>

/** As a decoder that looks at the key first, so that what is wrong behind it is named exactly. */
export const oneKeyDecoder: OneKey = <M extends Members>(identifier: string, members: M) => {
  const schemas = new Map(Object.entries(members))
  const names = Object.keys(members).map((key) => `"${key}"`).join(", ")
  return Schema.declare<MemberType<M>, MemberEncoded<M>, []>([], {
    decode: () => (input, options, ast) => {
      const keys = typeof input === "object" && input !== null && !Array.isArray(input) ? Object.keys(input) : undefined
      const telling = keys?.filter((key) => schemas.has(key)) ?? []
      // without any, the only key there is may be a slip of the pen
      const [key, second] = telling.length === 0 ? keys ?? [] : telling
      if (keys === undefined || key === undefined || second !== undefined) {
        const seen = keys === undefined
          ? ""
          : `, not ${keys.length === 0 ? "none" : keys.map((k) => `"${k}"`).join(", ")}`
        return ParseResult.fail(
          new ParseResult.Type(ast, input, `expected an object with exactly one key of ${names}${seen}`)
        )
      }
      const schema = schemas.get(key)
      return schema === undefined
        ? ParseResult.fail(new ParseResult.Type(ast, input, `unknown key "${key}", expected one of ${names}`))
        // the parser of a member yields a member
        : ParseResult.decodeUnknown(schema)(input, options) as Either.Either<MemberType<M>, ParseResult.ParseIssue>
    },
    encode: () => (value) => ParseResult.succeed(value as MemberEncoded<M>)
  }, { identifier })
}
