import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import type { Issue } from "../../ApiError.ts"
import type { Scrub } from "../http/secrets.ts"
import * as guard from "./guard.ts"

/**
 * Issues of a value that a guard refused.
 *
 * A value is never printed whole. Of strings only those are quoted that stand where one of a few words or a timestamp
 * should be, so that no content gets into an error; `scrub` takes out secrets that stand there all the same.
 */
export const explain = <A, I>(schema: Schema.Schema<A, I>, value: unknown, scrub: Scrub): ReadonlyArray<Issue> =>
  Either.match(ParseResult.validateEither(schema, { errors: "all" })(value), {
    onLeft: (issue) => fromParseIssue(issue, scrub),
    onRight: () => []
  })

/** Issues of a `ParseIssue`, in the same form. */
export const fromParseIssue = (issue: ParseResult.ParseIssue, scrub: Scrub): ReadonlyArray<Issue> => {
  const issues = new Map<string, Issue>()
  // before anything is clipped: what is left of a secret then could not be found any more
  const bounded = (text: string, max: number) => clip(scrub(text), max)
  for (const found of walk(issue, { path: [], owner: undefined })) {
    const path = bounded(found.at.path.map(String).join("."), maxPath)
    const owner = found.at.owner === undefined ? "" : ` (in ${bounded(found.at.owner, maxQuote)})`
    const message = `${bounded(found.message, maxMessage)}${owner}`
    issues.set(`${path}\n${message}`, { path, message })
  }
  const all = [...issues.values()]
  return all.length <= maxIssues
    ? all
    : [...all.slice(0, maxIssues), { path: "", message: `and ${all.length - maxIssues} more` }]
}

const maxIssues = 10
const maxPath = 200
const maxMessage = 300
const maxQuote = 40

const clip = (text: string, max: number): string => text.length <= max ? text : `${text.slice(0, max)}…`

interface At {
  readonly path: ReadonlyArray<PropertyKey>
  /** The id of the innermost enclosing value that has one. The outermost value is what the caller knows by itself. */
  readonly owner: string | undefined
}

interface Found {
  readonly at: At
  readonly message: string
  /** True if a check of ours words the message. */
  readonly own?: boolean
}

const walk = (issue: ParseResult.ParseIssue, at: At): ReadonlyArray<Found> => {
  switch (issue._tag) {
    case "Pointer": {
      const owner = at.path.length > 0 && isRecord(issue.actual) && typeof issue.actual.id === "string"
        ? issue.actual.id
        : at.owner
      return walk(issue.issue, { path: at.path.concat(issue.path), owner })
    }
    case "Composite": {
      const issues = many(issue.issues)
      return AST.isUnion(issue.ast) ? union(issue.ast, issue.actual, issues, at) : issues.flatMap((i) => walk(i, at))
    }
    case "Refinement":
    case "Transformation":
      return walk(issue.issue, at)
    case "Missing":
      return [{ at, message: `is missing: expected ${describe(issue.ast.type)}` }]
    case "Unexpected":
      return [{ at, message: "is unexpected" }]
    case "Forbidden":
      return [{ at, message: issue.message ?? "is not allowed" }]
    case "Type":
      return [
        issue.message === undefined
          ? { at, message: expected(issue.ast, issue.actual) }
          : { at, message: issue.message, own: true }
      ]
  }
}

const union = (
  ast: AST.Union,
  actual: unknown,
  issues: ReadonlyArray<ParseResult.ParseIssue>,
  at: At
): ReadonlyArray<Found> => {
  const open = Option.getOrUndefined(AST.getAnnotation<guard.OpenUnionInfo>(guard.OpenUnionId)(ast))
  if (open !== undefined) {
    if (!isRecord(actual)) return [{ at, message: expected(ast, actual) }]
    const tag = actual[open.key]
    if (typeof tag === "string") {
      // the tag has selected the member: what the others say about the value is noise
      const selected = issues.filter((issue) => "ast" in issue && covers(issue.ast, open.key, tag))
      if (selected.length > 0) return selected.flatMap((issue) => walk(issue, at))
    }
    const message = Object.hasOwn(actual, open.key)
      ? `expected a string, got ${got(tag)}`
      : "is missing: expected a string"
    return [{ at: { ...at, path: [...at.path, open.key] }, message }]
  }
  const found = issues.flatMap((issue) => walk(issue, at))
  const deepest = Math.max(...found.map((f) => f.at.path.length))
  // the member that got furthest into the value is the one that was meant
  if (deepest > at.path.length) return found.filter((f) => f.at.path.length > at.path.length)
  // a message of its own says more than the list of what would have been accepted
  const own = found.filter((f) => f.own === true)
  return own.length > 0 ? own : [{ at, message: expected(ast, actual) }]
}

const covers = (ast: AST.Annotated, key: string, tag: string): boolean =>
  // the node of an issue about a union's member is that member
  guard.tagsOf(ast as AST.AST, key).includes(tag)

const many = <A>(value: A | ReadonlyArray<A>): ReadonlyArray<A> =>
  // `Array.isArray` does not narrow readonly arrays
  Array.isArray(value) ? value as ReadonlyArray<A> : [value as A]

const isRecord = (u: unknown): u is { readonly [key: string]: unknown } =>
  typeof u === "object" && u !== null && !Array.isArray(u)

const expected = (ast: AST.AST, actual: unknown): string =>
  `expected ${describe(ast)}, got ${
    typeof actual === "string" && isVocabulary(ast) ? JSON.stringify(actual) : got(actual)
  }`

const got = (actual: unknown): string => {
  if (actual === undefined || actual === null || typeof actual === "boolean" || typeof actual === "number") {
    return String(actual)
  }
  if (Array.isArray(actual)) return "a list"
  return typeof actual === "object" ? "an object" : `a ${typeof actual}`
}

/** Tells a node that accepts only some strings, of a kind that is safe to print. */
const isVocabulary = (ast: AST.AST): boolean =>
  AST.isLiteral(ast) && typeof ast.literal === "string" ||
  AST.isRefinement(ast) && identifierOf(ast) === "Timestamp" ||
  AST.isUnion(ast) && ast.types.some(isVocabulary) && ast.types.every((type) => isVocabulary(type) || isAbsence(type))

const isAbsence = (ast: AST.AST): boolean => AST.isUndefinedKeyword(ast) || AST.isLiteral(ast) && ast.literal === null

const identifierOf = (ast: AST.Annotated): string | undefined =>
  Option.getOrUndefined(AST.getJSONIdentifierAnnotation(ast)) ?? Option.getOrUndefined(AST.getIdentifierAnnotation(ast))

const describe = (ast: AST.AST): string => {
  const identifier = identifierOf(ast)
  if (identifier !== undefined) return identifier
  switch (ast._tag) {
    case "StringKeyword":
      return "a string"
    case "NumberKeyword":
      return "a number"
    case "BooleanKeyword":
      return "a boolean"
    case "TupleType":
      return "a list"
    case "TypeLiteral":
      return "an object"
    case "Refinement":
      return describe(ast.from)
    case "Suspend":
      return describe(ast.f())
    case "Union":
      return [...new Set(ast.types.filter((type) => !AST.isUndefinedKeyword(type)).map(describe))].join(" or ")
    default:
      return String(ast)
  }
}
