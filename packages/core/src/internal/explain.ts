import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"

/** What is wrong with a value that a guard refused, and where. */
export const explain = <A, I>(
  schema: Schema.Schema<A, I>,
  value: unknown
): ReadonlyArray<{ readonly path: string; readonly message: string }> =>
  Either.match(ParseResult.validateEither(schema, { errors: "all" })(value), {
    onLeft: (error) =>
      ParseResult.ArrayFormatter.formatIssueSync(error).map((issue) => ({
        path: issue.path.map(String).join("."),
        message: issue.message
      })),
    onRight: () => []
  })
