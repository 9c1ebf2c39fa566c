/* oxlint-disable typescript/no-non-null-assertion -- hot loops: each index is checked against the length, and paired arrays have the same */
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

/** A predicate compiled from a schema. */
export type Guard = (value: unknown) => boolean

/**
 * Annotation with which a refinement or declaration supplies a predicate that is cheaper than the generic one and
 * accepts exactly the same values.
 */
export const PredicateId: unique symbol = Symbol.for("@effect-managed-agents/core/guard/Predicate")

/** Annotation of an open union: the property that tells the members apart, and the known values of it. */
export const OpenUnionId: unique symbol = Symbol.for("@effect-managed-agents/core/guard/OpenUnion")

/** Value of {@link OpenUnionId}. */
export interface OpenUnionInfo {
  readonly key: string
}

const cache = new WeakMap<AST.AST, Guard>()

/**
 * Compiles the validation of a wire schema (type side) into plain closures.
 *
 * Wire schemas are transformation-free, so validating is decoding: what passes is the decoded value itself. The
 * compiler knows the nodes that wire schemas use and leaves any other node to `ParseResult.is`.
 */
export const make = <A, I>(schema: Schema.Schema<A, I>): (value: unknown) => value is A => {
  let guard = cache.get(schema.ast)
  if (guard === undefined) {
    guard = compile(AST.typeAST(schema.ast))
    cache.set(schema.ast, guard)
  }
  // a type predicate cannot be inferred from a compiled closure; the property test against `Schema.is` justifies it
  return guard as (value: unknown) => value is A
}

const compile = (ast: AST.AST): Guard => {
  const cached = cache.get(ast)
  if (cached !== undefined) return cached
  const guard = go(ast)
  cache.set(ast, guard)
  return guard
}

const isString: Guard = (u) => typeof u === "string"
const isNumber: Guard = (u) => typeof u === "number"
const isBoolean: Guard = (u) => typeof u === "boolean"
const isObject = (u: unknown): u is Record<string, unknown> => typeof u === "object" && u !== null && !Array.isArray(u)
const always: Guard = () => true

const custom = (ast: AST.AST): Guard | undefined => Option.getOrUndefined(AST.getAnnotation<Guard>(PredicateId)(ast))

const go = (ast: AST.AST): Guard => {
  switch (ast._tag) {
    case "StringKeyword":
      return isString
    case "NumberKeyword":
      return isNumber
    case "BooleanKeyword":
      return isBoolean
    case "UnknownKeyword":
    case "AnyKeyword":
      return always
    case "Literal": {
      const literal = ast.literal
      return (u) => u === literal
    }
    case "Refinement":
    case "Declaration":
      return custom(ast) ?? ParseResult.is(make_(ast))
    case "TypeLiteral":
      return struct(ast)
    case "TupleType":
      return array(ast)
    case "Union":
      return union(ast)
    case "Suspend": {
      let guard: Guard | undefined
      return (u) => (guard ??= compile(ast.f()))(u)
    }
    default:
      return ParseResult.is(make_(ast))
  }
}

// `ParseResult.is` wants a schema and reads nothing of it but the AST
const make_ = (ast: AST.AST): Schema.Schema.Any => ({ ast }) as Schema.Schema.Any

const array = (ast: AST.TupleType): Guard => {
  const rest = ast.rest[0]
  if (ast.elements.length > 0 || ast.rest.length !== 1 || rest === undefined) return ParseResult.is(make_(ast))
  const item = compile(rest.type)
  return (u) => {
    if (!Array.isArray(u)) return false
    for (let i = 0; i < u.length; i++) {
      if (!item(u[i])) return false
    }
    return true
  }
}

/** The fields of a struct, except the one that has been checked already. */
const struct = (ast: AST.TypeLiteral, checked?: string): Guard => {
  if (ast.propertySignatures.some((p) => typeof p.name !== "string")) return ParseResult.is(make_(ast))
  const required: Array<readonly [string, Guard]> = []
  const optional: Array<readonly [string, Guard]> = []
  for (const p of ast.propertySignatures) {
    if (p.name === checked) continue
    const entry = [String(p.name), compile(p.type)] as const
    if (p.isOptional) optional.push(entry)
    else required.push(entry)
  }
  const index = ast.indexSignatures[0]
  if (ast.indexSignatures.length > 1 || (index !== undefined && index.parameter._tag !== "StringKeyword")) {
    return ParseResult.is(make_(ast))
  }
  const value = index === undefined ? undefined : compile(index.type)
  if (required.length === 0 && optional.length === 0 && value === undefined) {
    // `{}` as a schema accepts any non-nullish value; an empty struct does not occur on the wire
    return checked === undefined ? ParseResult.is(make_(ast)) : isObject
  }
  const requiredNames = required.map((e) => e[0])
  const requiredGuards = required.map((e) => e[1])
  const optionalNames = optional.map((e) => e[0])
  const optionalGuards = optional.map((e) => e[1])
  return (u) => {
    if (!isObject(u)) return false
    for (let i = 0; i < requiredNames.length; i++) {
      const name = requiredNames[i]!
      const v = u[name]
      if (!requiredGuards[i]!(v) || (v === undefined && !Object.hasOwn(u, name))) return false
    }
    for (let i = 0; i < optionalNames.length; i++) {
      const name = optionalNames[i]!
      const v = u[name]
      if (v === undefined ? Object.hasOwn(u, name) && !optionalGuards[i]!(v) : !optionalGuards[i]!(v)) return false
    }
    if (value !== undefined && value !== always) {
      for (const name of Object.keys(u)) if (!value(u[name])) return false
    }
    return true
  }
}

const union = (ast: AST.Union): Guard => {
  const open = Option.getOrUndefined(AST.getAnnotation<OpenUnionInfo>(OpenUnionId)(ast))
  if (open !== undefined) return openUnion(ast, open.key)
  if (ast.types.every(AST.isLiteral)) {
    const values = literals(ast)
    return (u) => {
      // faster than a `Set`, which has to hash a string that has just been read from the wire
      for (let i = 0; i < values.length; i++) if (values[i] === u) return true
      return false
    }
  }
  const guards = ast.types.map(compile)
  const [first, second] = guards
  if (guards.length === 2 && first !== undefined && second !== undefined) return (u) => first(u) || second(u)
  return (u) => guards.some((g) => g(u))
}

interface Member {
  readonly tag: unknown
  readonly guard: Guard
}

const openUnion = (ast: AST.Union, key: string): Guard => {
  // By the length of the tag, which finds the member with about one comparison and without hashing the tag.
  const members: Array<Array<Member>> = []
  let unknown: Guard | undefined
  for (const type of ast.types) {
    const tags = tagsOf(type, key)
    if (tags.length === 0) {
      unknown = compile(type)
      continue
    }
    const guard = AST.isTypeLiteral(type) ? struct(type, key) : compile(type)
    for (const tag of tags) {
      if (typeof tag !== "string") return ParseResult.is(make_(ast))
      while (members.length <= tag.length) members.push([])
      members[tag.length]?.push({ tag, guard })
    }
  }
  return (u) => {
    if (!isObject(u)) return false
    const tag = u[key]
    if (typeof tag !== "string") return false
    let known = false
    if (tag.length < members.length) {
      const candidates = members[tag.length]!
      for (let i = 0; i < candidates.length; i++) {
        const candidate = candidates[i]!
        if (candidate.tag === tag) {
          if (candidate.guard(u)) return true
          known = true
        }
      }
    }
    return !known && unknown !== undefined && unknown(u)
  }
}

/** The literal values that `key` may have in a member, looking through suspensions, refinements and unions. */
export const tagsOf = (ast: AST.AST, key: string): ReadonlyArray<AST.LiteralValue> => {
  switch (ast._tag) {
    case "TypeLiteral": {
      const property = ast.propertySignatures.find((p) => p.name === key)
      return property === undefined ? [] : literals(property.type)
    }
    case "Refinement":
      return tagsOf(ast.from, key)
    case "Suspend":
      return tagsOf(ast.f(), key)
    case "Union":
      return ast.types.flatMap((t) => tagsOf(t, key))
    case "Transformation":
      return tagsOf(ast.from, key)
    default:
      return []
  }
}

const literals = (ast: AST.AST): ReadonlyArray<AST.LiteralValue> =>
  AST.isLiteral(ast) ? [ast.literal] : AST.isUnion(ast) ? ast.types.flatMap(literals) : []
