import * as DateTime from "effect/DateTime"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import * as FastCheck from "fast-check"
import * as guard from "../../src/internal/schema/guard.ts"
import * as Upload from "../../src/Upload.ts"

type Drawn = FastCheck.Arbitrary<unknown>

const timestamp = FastCheck.tuple(
  // seconds since the epoch, until 2100
  FastCheck.integer({ min: 0, max: 4_102_444_800 }),
  FastCheck.constantFrom("Z", ".5Z", ".899Z", ".899001Z", "+02:00")
).map(([seconds, tail]) => `${DateTime.formatIso(DateTime.makeUnsafe(seconds * 1000)).slice(0, 19)}${tail}`)

const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

const object = FastCheck.dictionary(FastCheck.string(), FastCheck.jsonValue({ maxDepth: 2 })).map(asJson)

const unknown = (key: string): Drawn =>
  FastCheck.tuple(
    FastCheck.string({ minLength: 1 }).map((s) => `x.${s}`),
    FastCheck.dictionary(FastCheck.string({ minLength: 1 }).map((s) => `f_${s}`), FastCheck.jsonValue({ maxDepth: 2 }))
  ).map(([tag, rest]) => asJson({ [key]: tag, ...rest }))

/** Schemas whose values are too rare to be found by chance. */
const byIdentifier: { readonly [identifier: string]: Drawn } = {
  Timestamp: timestamp,
  JsonNumber: FastCheck.oneof(
    FastCheck.nat(),
    FastCheck.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0)
  ),
  JsonObject: object,
  Upload: FastCheck.string().map((text) => Upload.fromBytes(text, { name: "folder/SKILL.md" })),
  SkillFiles: FastCheck.constant([Upload.fromBytes("", { name: "folder/SKILL.md" })])
}

interface Constraints {
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
}

const filtersOf = (checks: ReadonlyArray<AST.Check<unknown>>): ReadonlyArray<AST.Filter<unknown>> =>
  checks.flatMap((check) => check._tag === "Filter" ? [check] : filtersOf(check.checks))

/** What the checks of a node say about it in JSON Schema. */
const constraintsOf = (ast: AST.AST): Constraints =>
  Object.assign(
    {},
    ...filtersOf(ast.checks ?? []).map((check) => {
      const toJsonSchema = check.annotations?.["toJsonSchema"]
      return typeof toJsonSchema === "function" ? (toJsonSchema as (input: unknown) => object)({}) : {}
    })
  )

/** A path of a memory has a pattern that says too little. */
const patterns: { readonly [pattern: string]: RegExp } = { "^/": /^(\/[a-z]{1,8}){1,20}$/ }

const text = ({ maxLength = Infinity, minLength = 0, pattern }: Constraints): Drawn =>
  pattern === undefined
    ? FastCheck.string({ minLength, maxLength: Math.min(maxLength, 32) })
    : FastCheck.stringMatching(patterns[pattern] ?? new RegExp(pattern))

const integer = ({ maximum = Infinity, minimum = 0 }: Constraints): Drawn =>
  FastCheck.integer({ min: minimum, max: Math.min(maximum, minimum + 10_000) })

const struct = (ast: AST.Objects, depth: number): Drawn => {
  const fields = ast.propertySignatures.map(({ name, type }) => [String(name), draw(type, depth), type] as const)
  const known = FastCheck.record(Object.fromEntries(fields), {
    requiredKeys: fields.flatMap(([name, , type]) => AST.isOptional(type) ? [] : [name])
  } as FastCheck.RecordConstraints<string>).map((value) => ({ ...value }))
  const [index] = ast.indexSignatures
  if (index === undefined || fields.length > 0) return known
  return FastCheck.dictionary(FastCheck.string({ minLength: 1 }), draw(index.type, depth), { maxKeys: 4 })
    .map((value) => ({ ...value }))
}

const list = (ast: AST.Arrays, depth: number): Drawn => {
  const { maxItems = Infinity, minItems = 0 } = constraintsOf(ast)
  const [rest] = ast.rest
  if (ast.elements.length > 0) return FastCheck.tuple(...ast.elements.map((element) => draw(element, depth)))
  return FastCheck.array(draw(rest!, depth + 1), {
    minLength: minItems,
    maxLength: Math.max(minItems, Math.min(maxItems, depth > 3 ? 0 : 3))
  })
}

const declared = (ast: AST.AST, depth: number): Drawn => {
  const expected = AST.resolveAt<string>("expected")(ast)
  if (expected === "Uint8Array") return FastCheck.uint8Array()
  if (AST.isDeclaration(ast) && ast.typeParameters[0] !== undefined) {
    const inner = draw(ast.typeParameters[0], depth)
    return expected === "Redacted" ? inner.map((value) => Redacted.make(value)) : inner
  }
  const [, key = "type"] = (AST.resolveIdentifier(ast) ?? "").split(".")
  return unknown(key)
}

const plain = (ast: AST.AST, depth: number): Drawn => {
  switch (ast._tag) {
    case "String":
      return text(constraintsOf(ast))
    case "Number":
      return integer(constraintsOf(ast))
    case "Boolean":
      return FastCheck.boolean()
    case "Null":
      return FastCheck.constant(null)
    case "Undefined":
      return FastCheck.constant(undefined)
    case "Literal":
      return FastCheck.constant(ast.literal)
    case "Unknown":
      return FastCheck.jsonValue({ maxDepth: 2 }).map(asJson)
    case "Objects":
      return struct(ast, depth)
    case "Arrays":
      return list(ast, depth)
    case "Union":
      return FastCheck.oneof(...ast.types.map((type) => draw(type, depth)))
    case "Suspend":
      return FastCheck.constant(undefined).chain(() => draw(ast.thunk(), depth + 1))
    default:
      return declared(ast, depth)
  }
}

const draw = (ast: AST.AST, depth: number): Drawn => {
  const own = byIdentifier[AST.resolveIdentifier(ast) ?? ""]
  const drawn = own ?? plain(ast, depth)
  return ast.checks === undefined && own === undefined ? drawn : drawn.filter(guard.make(Schema.make<AnySchema>(ast)))
}

type AnySchema = Schema.Codec<unknown, unknown>

/** Values of a schema. */
export const arbitrary = <A, I>(schema: Schema.Codec<A, I>): FastCheck.Arbitrary<A> =>
  // each value is what the schema accepts
  draw(AST.toType(schema.ast), 0) as FastCheck.Arbitrary<A>
