import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import * as refusal from "./refusal.ts"
import type { Ruling } from "./refusal.ts"
import { formatPath } from "./strict.ts"

/** Problem of a value that a schema does not describe, and its place. */
interface Problem {
  readonly path: ReadonlyArray<PropertyKey>
  readonly message: string
  /** Set if it is a field that does not exist. */
  readonly unknownField?: string
}

type Check = (value: unknown) => Problem | undefined

const problem = (message: string): Problem => ({ path: [], message })
const at = (key: PropertyKey, inner: Problem): Problem => ({ ...inner, path: [key, ...inner.path] })

const cache = new WeakMap<AST.AST, Check>()

/**
 * Compiles the encoded side of a schema into a check as the service makes it: unlike the schema itself it refuses
 * fields and tags that it does not know, and it stops at the first problem.
 */
const compile = (ast: AST.AST): Check => {
  const cached = cache.get(ast)
  if (cached !== undefined) return cached
  const check = go(ast)
  cache.set(ast, check)
  return check
}

const expected = (what: string, test: (value: unknown) => boolean): Check => {
  const wrong = problem(`expected ${what}`)
  return (value) => test(value) ? undefined : wrong
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const go = (ast: AST.AST): Check => {
  switch (ast._tag) {
    case "StringKeyword":
      return expected("a string", (value) => typeof value === "string")
    case "NumberKeyword":
      return expected("a number", (value) => typeof value === "number")
    case "BooleanKeyword":
      return expected("a boolean", (value) => typeof value === "boolean")
    case "UnknownKeyword":
    case "AnyKeyword":
      return () => undefined
    case "UndefinedKeyword":
      return expected("nothing", (value) => value === undefined)
    case "Literal":
      return expected(JSON.stringify(ast.literal), (value) => value === ast.literal)
    case "TypeLiteral":
      return struct(ast)
    case "TupleType":
      return array(ast)
    case "Union":
      return union(ast)
    case "Refinement":
      // of all values, objects are the only ones that are picked
      return ast.from._tag === "UnknownKeyword" ? expected("an object", isObject) : refinement(ast)
    case "Transformation":
      return compile(ast.from)
    case "Suspend": {
      let check: Check | undefined
      return (value) => (check ??= compile(ast.f()))(value)
    }
    default: {
      // what is left describes no JSON that a request may hold, such as the unknown variant of an open union
      const schema = { ast } as Schema.Schema.Any
      return expected("a valid value", ParseResult.is(schema))
    }
  }
}

const refinement = (ast: AST.Refinement): Check => {
  const from = compile(ast.from)
  return (value) => {
    const inner = from(value)
    if (inner !== undefined) return inner
    const issue = Option.getOrUndefined(ast.filter(value, {}, ast))
    if (issue === undefined) return undefined
    if (value === "") return problem("value is required")
    const first = ParseResult.ArrayFormatter.formatIssueSync(issue)[0]
    return first === undefined
      ? problem("invalid value")
      : { path: first.path, message: recorded(value, first.message) }
  }
}

/** The service's own words where they are known. */
const recorded = (value: unknown, message: string): string =>
  typeof value === "string" && value.startsWith("mcp__")
    ? `${JSON.stringify(value)} uses reserved MCP tool prefix`
    : message

const array = (ast: AST.TupleType): Check => {
  const item = ast.rest[0]
  const check = item === undefined ? () => undefined : compile(item.type)
  return (value) => {
    if (!Array.isArray(value)) return problem("expected an array")
    for (let i = 0; i < value.length; i++) {
      const inner = check(value[i])
      if (inner !== undefined) return at(i, inner)
    }
    return undefined
  }
}

const struct = (ast: AST.TypeLiteral): Check => {
  const fields = new Map(ast.propertySignatures.map((property) => [
    property.name,
    { check: compile(property.type), required: !property.isOptional }
  ]))
  const required = [...fields].flatMap(([name, field]) => field.required ? [name] : [])
  const index = ast.indexSignatures[0]
  const rest = index === undefined ? undefined : compile(index.type)
  return (value) => {
    if (!isObject(value)) return problem("expected an object")
    for (const name of Object.keys(value)) {
      const check = fields.get(name)?.check ?? rest
      if (check === undefined) return { path: [name], message: "unknown field", unknownField: name }
      const inner = check(value[name])
      if (inner !== undefined) return at(name, inner)
    }
    for (const name of required) {
      if (!Object.hasOwn(value, name)) return at(name, problem("value is required"))
    }
    return undefined
  }
}

/** The object types of a union, by the literal that tells them apart. */
const members = (ast: AST.AST, key: string): ReadonlyArray<readonly [AST.LiteralValue, AST.AST]> => {
  const tags = (node: AST.AST): ReadonlyArray<AST.LiteralValue> => {
    switch (node._tag) {
      case "TypeLiteral": {
        const property = node.propertySignatures.find((property) => property.name === key)
        return property === undefined || property.isOptional ? [] : literals(property.type)
      }
      case "Refinement":
      case "Transformation":
        return tags(node.from)
      case "Suspend":
        return tags(node.f())
      default:
        return []
    }
  }
  if (ast._tag === "Union") return ast.types.flatMap((type) => members(type, key))
  return tags(ast).map((tag) => [tag, ast] as const)
}

/** The tags of the members of a union. */
export const tags = (schema: Schema.Schema.All): ReadonlyArray<AST.LiteralValue> =>
  members(schema.ast, "type").map(([tag]) => tag)

const literals = (ast: AST.AST): ReadonlyArray<AST.LiteralValue> =>
  ast._tag === "Literal" ? [ast.literal] : ast._tag === "Union" ? ast.types.flatMap(literals) : []

/** Unions whose members have a name of their own in the service's paths. */
const named = new Set(["EventParams", "InitialEventParams", "ResourceParams"])

const union = (ast: AST.Union): Check => {
  const flat = (node: AST.AST): ReadonlyArray<AST.AST> => node._tag === "Union" ? node.types.flatMap(flat) : [node]
  const types = ast.types.flatMap(flat)
  const key = ["type", "name"].find((key) => members(ast, key).length > 0)
  const tagged = key === undefined ? undefined : new Map(members(ast, key).map(([tag, type]) => [tag, compile(type)]))
  const isNamed = named.has(Option.getOrElse(AST.getIdentifierAnnotation(ast), () => ""))
  const plain = types.filter((type) => type._tag !== "Declaration" && type._tag !== "UndefinedKeyword").map(compile)
  const values = literals(ast)
  const choice = values.length === types.length && values.length > 0
    ? problem(`expected one of ${values.map((value) => JSON.stringify(value)).join(", ")}`)
    : undefined
  return (value) => {
    if (isObject(value) && key !== undefined && tagged !== undefined) {
      const tag = value[key]
      if (tag === undefined) return at(key, problem("value is required"))
      const check = tagged.get(tag as AST.LiteralValue)
      if (check === undefined) {
        return at(key, problem(`expected one of ${[...tagged.keys()].map((tag) => JSON.stringify(tag)).join(", ")}`))
      }
      const inner = check(value)
      return inner !== undefined && isNamed ? at(String(tag).replaceAll(".", "_"), inner) : inner
    }
    let first: Problem | undefined
    for (const check of plain) {
      const inner = check(value)
      if (inner === undefined) return undefined
      first ??= inner
    }
    return choice ?? first ?? problem("invalid value")
  }
}

/** Checks the JSON body of a request. What it answers is the body itself. */
export const body = <S extends Schema.Schema.All>(schema: S): (value: unknown) => Ruling<Schema.Schema.Encoded<S>> => {
  const check = compile(schema.ast)
  return (value) => {
    if (!isObject(value)) return refusal.invalid("Failed to parse request body: expected an object")
    const wrong = check(value)
    // the check is of the encoded side
    if (wrong === undefined) return Either.right(value as Schema.Schema.Encoded<S>)
    return wrong.unknownField === undefined
      ? refusal.invalid(
        wrong.path.length === 0 ? wrong.message : `${wrong.path.map(String).join(".")}: ${wrong.message}`
      )
      : refusal.invalid(`Failed to parse request body: unknown field ${JSON.stringify(wrong.unknownField)}`)
  }
}

/** Checks the body of a request that has none: an object without fields will do. */
export const emptyBody = (value: unknown): Ruling<void> => {
  if (!isObject(value)) return refusal.invalid("Failed to parse request body: expected an object")
  const [name] = Object.keys(value)
  return name === undefined
    ? Either.void
    : refusal.invalid(`Failed to parse request body: unknown field ${JSON.stringify(name)}`)
}

type Kind = "string" | "number" | "boolean"

const kindOf = (ast: AST.AST): Kind => {
  switch (ast._tag) {
    case "NumberKeyword":
      return "number"
    case "BooleanKeyword":
      return "boolean"
    case "Refinement":
    case "Transformation":
      return kindOf(ast.from)
    case "Union":
      return ast.types.map(kindOf).find((kind) => kind !== "string") ?? "string"
    default:
      return "string"
  }
}

const fieldsOf = (ast: AST.AST): ReadonlyArray<AST.PropertySignature> =>
  ast._tag === "TypeLiteral"
    ? ast.propertySignatures
    : ast._tag === "Refinement" || ast._tag === "Transformation"
    ? fieldsOf(ast.from)
    : []

const elementOf = (ast: AST.AST): AST.AST | undefined => {
  switch (ast._tag) {
    case "TupleType":
      return ast.rest[0]?.type
    case "Refinement":
    case "Transformation":
      return elementOf(ast.from)
    case "Union":
      return ast.types.map(elementOf).find((type) => type !== undefined)
    default:
      return undefined
  }
}

const parse = (kind: Kind, text: string): unknown => {
  if (kind === "number") return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
  if (kind === "boolean") return text === "true" ? true : text === "false" ? false : text
  return text
}

/** The place of what a name stands for. */
interface Place {
  readonly name: string
  readonly many: boolean
  readonly kind: Kind
}

/** The places of a flat list of names and values: an array is written `name[]=…`, once per element. */
const placesOf = (schema: Schema.Schema.All | undefined): Map<string, Place> => {
  const places = new Map<string, Place>()
  for (const property of schema === undefined ? [] : fieldsOf(schema.ast)) {
    const element = elementOf(property.type)
    const name = String(property.name)
    places.set(element === undefined ? name : `${name}[]`, {
      name,
      many: element !== undefined,
      kind: kindOf(element ?? property.type)
    })
  }
  return places
}

/** Reads the fields of a form. What it answers has the files as they are; the schema sees what `toValue` makes of them. */
export const form = <S extends Schema.Schema.All, File>(
  schema: S,
  toValue: (file: File) => unknown
): (fields: ReadonlyArray<{ readonly name: string; readonly value: string | File }>) => Ruling<unknown> => {
  const check = body(schema)
  const places = placesOf(schema)
  return (fields) => {
    const values: Record<string, unknown> = {}
    const checked: Record<string, unknown> = {}
    for (const { name, value } of fields) {
      const place = places.get(name) ?? { name, many: false, kind: "string" }
      const set = (into: Record<string, unknown>, one: unknown) => {
        const before = into[place.name]
        into[place.name] = place.many ? [...(Array.isArray(before) ? before : []), one] : one
      }
      set(values, typeof value === "string" ? parse(place.kind, value) : value)
      set(checked, typeof value === "string" ? parse(place.kind, value) : toValue(value))
    }
    return Either.map(check(checked), () => values)
  }
}

/**
 * Reads the query of a request: names are strict, an array is written `name[]=…` once per element, and an empty value
 * stands for null. Arrays of texts that the schema does not have may be allowed by their names.
 */
export const query = <S extends Schema.Schema.All>(
  schema: S | undefined,
  more: ReadonlyArray<string> = []
): (pairs: ReadonlyArray<readonly [string, string]>) => Ruling<Schema.Schema.Encoded<S>> => {
  const check: Check = schema === undefined ? () => undefined : compile(schema.ast)
  const fields = placesOf(schema)
  for (const name of more) fields.set(`${name}[]`, { name, many: true, kind: "string" })
  const valid = fields.size === 0 ? "none" : [...fields.keys()].map((name) => `\`${name}\``).join(", ")
  return (pairs) => {
    const values: Record<string, unknown> = {}
    const others: Record<string, unknown> = {}
    for (const [name, text] of pairs) {
      // every SDK of the seed era puts `beta=true` into every query
      if (name === "beta") continue
      const field = fields.get(name)
      if (field === undefined) {
        return refusal.invalid(`Invalid query parameter \`${name}\`. Valid parameters: ${valid}`)
      }
      if (text === "" && !field.many) continue
      const value = parse(field.kind, text)
      const place = more.includes(field.name) ? others : values
      const before = place[field.name]
      place[field.name] = field.many ? [...(Array.isArray(before) ? before : []), value] : value
    }
    const wrong = check(values)
    // the check is of the encoded side
    return wrong === undefined
      ? Either.right({ ...values, ...others } as Schema.Schema.Encoded<S>)
      : refusal.invalid(`${formatPath(wrong.path)}: ${wrong.message}`)
  }
}
