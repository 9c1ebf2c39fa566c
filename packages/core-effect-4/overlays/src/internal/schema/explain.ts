import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import type * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaParser from "effect/SchemaParser"
import type { Issue } from "../../ApiError.ts"
import type { Scrub } from "../http/secrets.ts"
import * as guard from "./guard.ts"

/**
 * Issues of a value that a guard refused.
 *
 * A value is never printed whole. Of strings only those are quoted that stand where one of a few words or a timestamp
 * should be, so that no content gets into an error; `scrub` takes out secrets that stand there all the same.
 */
export const explain = <A, I>(schema: Schema.Codec<A, I>, value: unknown, scrub: Scrub): ReadonlyArray<Issue> =>
  Result.match(SchemaParser.decodeUnknownResult(Schema.toType(schema))(value, { errors: "all" }), {
    onFailure: (issue) => fromParseIssue(issue, value, scrub),
    onSuccess: () => []
  })

/** Issues of what a schema says about a value, in the same form. */
export const fromParseIssue = (issue: SchemaIssue.Issue, value: unknown, scrub: Scrub): ReadonlyArray<Issue> => {
  const issues = new Map<string, Issue>()
  // before anything is clipped: what is left of a secret then could not be found any more
  const bounded = (text: string, max: number) => clip(scrub(text), max)
  for (const found of walk(issue, value, { path: [], owner: undefined })) {
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

/** An issue does not hold the value it is about, unless the schema is told to let it out: it is looked up here. */
const walk = (issue: SchemaIssue.Issue, actual: unknown, at: At, parent?: AST.AST): ReadonlyArray<Found> => {
  switch (issue._tag) {
    case "Pointer": {
      const owner = at.path.length > 0 && isRecord(actual) && typeof actual.id === "string" ? actual.id : at.owner
      // what a secret hides is at no path of its own
      if (Redacted.isRedacted(actual)) return walk(issue.issue, Redacted.value(actual), at)
      if (typeof actual === "string") return walk(issue.issue, actual, at)
      let inner = actual
      for (const key of issue.path) {
        // anything but nullish may be asked for any property
        inner = inner === undefined || inner === null ? undefined : (inner as Record<PropertyKey, unknown>)[key]
      }
      const next: At = { path: at.path.concat(issue.path), owner }
      return issue.issue._tag === "MissingKey"
        ? [{ at: next, message: `is missing: expected ${describeKey(parent, issue.path[0])}` }]
        : walk(issue.issue, inner, next)
    }
    case "Composite":
      return issue.issues.flatMap((i) => walk(i, actual, at, issue.ast))
    case "AnyOf":
      return union(issue.ast, actual, issue.issues, at)
    case "Filter":
      // a check that words its failure itself, or that points into the value
      return issue.issue._tag === "InvalidValue" && issue.issue.annotations?.message === undefined
        ? [{ at, message: expectedBy(issue.filter, actual) }]
        : walk(issue.issue, actual, at)
    case "Encoding":
      return walk(issue.issue, actual, at)
    case "MissingKey":
      return [{ at, message: "is missing" }]
    case "UnexpectedKey":
      return [{ at, message: "is unexpected" }]
    case "Forbidden":
      return [{ at, message: issue.annotations?.message ?? "is not allowed" }]
    case "InvalidType":
      return [{ at, message: expected(issue.ast, actual) }]
    case "OneOf":
      return [{ at, message: expected(issue.ast, actual) }]
    case "InvalidValue":
      return [
        issue.annotations?.message === undefined
          ? { at, message: `got ${got(actual)}` }
          : { at, message: issue.annotations.message, own: true }
      ]
  }
}

const describeKey = (ast: AST.AST | undefined, key: PropertyKey | undefined): string => {
  const property = ast !== undefined && AST.isObjects(ast)
    ? ast.propertySignatures.find((p) => p.name === key)
    : undefined
  return property === undefined ? "a value" : describe(property.type)
}

const expectedBy = (filter: AST.Filter<unknown>, actual: unknown): string => {
  const identifier = filter.annotations?.["identifier"]
  const quoted = identifier === "Timestamp" && typeof actual === "string"
  return `expected ${
    typeof identifier === "string" ? identifier : filter.annotations?.expected ?? "another value"
  }, got ${quoted ? JSON.stringify(actual) : got(actual)}`
}

const union = (
  ast: AST.Union,
  actual: unknown,
  issues: ReadonlyArray<SchemaIssue.Issue>,
  at: At
): ReadonlyArray<Found> => {
  const open = AST.resolveAt<guard.OpenUnionInfo>(guard.OpenUnionId)(ast)
  if (open !== undefined) {
    if (!isRecord(actual)) return [{ at, message: expected(ast, actual) }]
    const tag = actual[open.key]
    if (typeof tag === "string") {
      // the tag has selected the member: what the others say about the value is noise
      const selected = issues.filter((issue) =>
        issue._tag === "Filter" || "ast" in issue && covers(issue.ast, open.key, tag)
      )
      if (selected.length > 0) return selected.flatMap((issue) => walk(issue, actual, at))
      // a union does not even try a member of which another field has one value only
      const members = ast.types.filter((type) => covers(type, open.key, tag))
      if (members.length > 0) return members.flatMap((member) => mismatches(member, actual, at))
    }
    const message = Object.hasOwn(actual, open.key)
      ? `expected a string, got ${got(tag)}`
      : "is missing: expected a string"
    return [{ at: { ...at, path: [...at.path, open.key] }, message }]
  }
  const found = issues.flatMap((issue) => walk(issue, actual, at))
  const deepest = Math.max(...found.map((f) => f.at.path.length))
  // the member that got furthest into the value is the one that was meant
  if (deepest > at.path.length) return found.filter((f) => f.at.path.length > at.path.length)
  // a message of its own says more than the list of what would have been accepted
  const own = found.filter((f) => f.own === true)
  return own.length > 0 ? own : [{ at, message: expected(ast, actual) }]
}

const mismatches = (ast: AST.AST, actual: unknown, at: At): ReadonlyArray<Found> =>
  Result.match(
    SchemaParser.decodeUnknownResult(Schema.make<Schema.Codec<unknown>>(AST.toType(ast)))(actual, { errors: "all" }),
    {
      onFailure: (issue) => walk(issue, actual, at),
      onSuccess: () => []
    }
  )

const covers = (ast: AST.AST, key: string, tag: string): boolean => guard.tagsOf(ast, key).includes(tag)

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
  AST.isString(ast) && identifierOf(ast) === "Timestamp" ||
  AST.isUnion(ast) && ast.types.some(isVocabulary) && ast.types.every((type) => isVocabulary(type) || isAbsence(type))

const isAbsence = (ast: AST.AST): boolean => AST.isUndefined(ast) || AST.isNull(ast)

const identifierOf = AST.resolveIdentifier

const describe = (ast: AST.AST): string => {
  const identifier = identifierOf(ast)
  if (identifier !== undefined) return identifier
  switch (ast._tag) {
    case "String":
      return "a string"
    case "Number":
      return "a number"
    case "Boolean":
      return "a boolean"
    case "Arrays":
      return "a list"
    case "Objects":
      return "an object"
    case "Null":
      return "null"
    case "Literal":
      return JSON.stringify(ast.literal)
    case "Suspend":
      return describe(ast.thunk())
    case "Union":
      return [...new Set(ast.types.filter((type) => !AST.isUndefined(type)).map(describe))].join(" or ")
    default: {
      const expected = AST.resolveAt<string>("expected")(ast)
      return expected ?? String(ast)
    }
  }
}
