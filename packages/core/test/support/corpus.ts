/**
 * Every schema of the package, and values for it.
 *
 * Schemas are found by looking through the modules, so that a new one is tested without being named here. Values come
 * in two ways: {@link variants} enumerates (every member of every union, every field present or every optional one
 * absent), and `Arbitrary` draws.
 */
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { readdirSync } from "node:fs"
import * as Api from "../../src/Api.ts"
import * as guard from "../../src/internal/schema/guard.ts"
import * as WorkspaceApi from "../../src/WorkspaceApi.ts"
import { arbitrary } from "./arbitrary.ts"

/** A schema of whatever type. */
// the laws hold for every schema and look at no type
export type AnySchema = Schema.Schema<any, any>

export interface Entry {
  readonly name: string
  readonly schema: AnySchema
}

const modules = new URL("../../src/", import.meta.url)

/** What only the client writes, or an application and its page say to each other, is no wire value: */
const skipped = [
  "index.ts",
  "AgUi.ts",
  "AgentCluster.ts",
  "ApiError.ts",
  "Cursor.ts",
  "Journal.ts",
  "SessionEvents.ts",
  "TurnRecord.ts",
  "TurnStore.ts",
  "UiMessageStream.ts",
  "UpstreamError.ts"
]

/** nor are its errors. */
const isError = (value: unknown): boolean => typeof value === "function" && value.prototype instanceof Error

const all: ReadonlyArray<Entry> = [
  ...(await Promise.all(
    readdirSync(modules).filter((file) => file.endsWith(".ts") && !skipped.includes(file)).map(async (file) => {
      const exports: Record<string, unknown> = await import(new URL(file, modules).href)
      return Object.entries(exports).flatMap(([name, value]): ReadonlyArray<Entry> =>
        Schema.isSchema(value) && !isError(value)
          // `isSchema` says nothing about the types, and the laws need nothing of them
          ? [{ name: `${file.slice(0, -3)}.${name}`, schema: value as AnySchema }]
          : []
      )
    })
  )).flat(),
  ...[
    Api.sessions,
    Api.events,
    Api.resources,
    Api.threads,
    WorkspaceApi.agents,
    WorkspaceApi.environments,
    WorkspaceApi.environmentWork,
    WorkspaceApi.models,
    WorkspaceApi.deployments,
    WorkspaceApi.deploymentRuns,
    WorkspaceApi.files,
    WorkspaceApi.skills,
    WorkspaceApi.vaults,
    WorkspaceApi.credentials,
    WorkspaceApi.memoryStores,
    WorkspaceApi.memories,
    WorkspaceApi.memoryVersions
  ].flatMap((group) =>
    Object.values(group).flatMap((endpoint): ReadonlyArray<Entry> => [
      { name: `${endpoint.name} answer`, schema: endpoint.success },
      ...(endpoint.query === undefined ? [] : [{ name: `${endpoint.name} query`, schema: endpoint.query }]),
      ...(endpoint.body === undefined ? [] : [{ name: `${endpoint.name} body`, schema: endpoint.body }])
    ])
  )
]

/** Every schema that a module exports, and what the endpoints put together from them. */
export const entries = all.filter(({ schema }, i) => all.findIndex((other) => other.schema.ast === schema.ast) === i)

/** Whether decoding is validation, as it is for everything that is received. */
export const isWire = (schema: AnySchema): boolean => AST.typeAST(schema.ast) === schema.ast

/**
 * The latest: everything is there. The earliest: nothing that is optional is there. The future: everything is there, and
 * in every struct a field that this version does not know.
 */
export type Era = "earliest" | "latest" | "future"

const typeSides = new WeakMap<AST.AST, AST.AST>()

/** The same node each time: `AST.typeAST` makes new ones of a transformation. */
const typeSide = (schema: AnySchema): AST.AST => {
  const ast = typeSides.get(schema.ast) ?? AST.typeAST(schema.ast)
  typeSides.set(schema.ast, ast)
  return ast
}

const make = (ast: AST.AST): AnySchema => Schema.make(ast)

const predicates = new WeakMap<AST.AST, (value: unknown) => boolean>()

/** `Schema.is` of a node. */
export const accepts = (ast: AST.AST): (value: unknown) => boolean => {
  const is = predicates.get(ast) ?? ParseResult.is(make(ast))
  predicates.set(ast, is)
  return is
}

/** Values that between them take every member of every union in the schema (type side) at least once. */
export const variants = (schema: AnySchema, era: Era): ReadonlyArray<unknown> => enumerate(typeSide(schema), era)

const drawn = (ast: AST.AST): ReadonlyArray<unknown> => FastCheck.sample(arbitrary(make(ast)), { numRuns: 2, seed: 1 })

const enumerate = (ast: AST.AST, era: Era): ReadonlyArray<unknown> => {
  switch (ast._tag) {
    case "StringKeyword":
      return ["text"]
    case "NumberKeyword":
      return [7]
    case "BooleanKeyword":
      return [true]
    case "Literal":
      return [ast.literal]
    case "UnknownKeyword":
      return [{ any: [1, "x", null] }]
    case "UndefinedKeyword":
      return []
    case "Refinement": {
      const accepted = enumerate(ast.from, era).filter(accepts(ast))
      return accepted.length > 0 ? accepted : drawn(ast)
    }
    case "Suspend":
      return enumerate(ast.f(), era)
    case "Union":
      return ast.types.flatMap((type) => enumerate(type, era))
    case "TupleType": {
      const items = ast.rest.flatMap((rest) => enumerate(rest.type, era))
      return [...items.map((item) => [item]), []]
    }
    case "TypeLiteral": {
      const fields = ast.propertySignatures
        .filter((p) => era !== "earliest" || !p.isOptional)
        .map((p) => [p.name, enumerate(p.type, era)] as const)
      const entries = ast.indexSignatures.flatMap((p) =>
        enumerate(p.type, era).slice(0, 1).map((v) => ["key", v] as const)
      )
      const base = Object.fromEntries([
        ...fields.map(([name, values]) => [name, values[0]] as const),
        ...entries,
        ...(era === "future" && fields.length > 0 ? [["x_later", { list: [1, null] }] as const] : [])
      ])
      return [base, ...fields.flatMap(([name, values]) => values.slice(1).map((value) => ({ ...base, [name]: value })))]
    }
    default:
      return drawn(ast)
  }
}

/** A place in a value where an open union stands. */
export interface Position {
  readonly path: ReadonlyArray<string | number>
  readonly key: string
  readonly ast: AST.AST
}

const openUnionOf = (ast: AST.AST): guard.OpenUnionInfo | undefined =>
  Option.getOrUndefined(AST.getAnnotation<guard.OpenUnionInfo>(guard.OpenUnionId)(ast))

/** The property that tells the members of an open union apart. */
export const keyOf = (union: AST.Union): string => openUnionOf(union)?.key ?? "type"

/** The places where open unions stand in a value of a schema. */
export const positions = (schema: AnySchema, value: unknown): ReadonlyArray<Position> =>
  locate(typeSide(schema), value, [])

const isRecord = (u: unknown): u is Record<string, unknown> => typeof u === "object" && u !== null && !Array.isArray(u)

const locate = (ast: AST.AST, value: unknown, path: ReadonlyArray<string | number>): ReadonlyArray<Position> => {
  switch (ast._tag) {
    case "Refinement":
      return locate(ast.from, value, path)
    case "Suspend":
      return locate(ast.f(), value, path)
    case "Union": {
      const open = openUnionOf(ast)
      if (open === undefined) {
        return ast.types.filter((type) => accepts(type)(value)).flatMap((type) => locate(type, value, path))
      }
      const tag = isRecord(value) ? value[open.key] : undefined
      return [
        { path, key: open.key, ast },
        ...ast.types.filter((type) => guard.tagsOf(type, open.key).some((known) => known === tag))
          .flatMap((type) => locate(type, value, path))
      ]
    }
    case "TupleType":
      return Array.isArray(value)
        ? value.flatMap((item, i) => ast.rest.flatMap((rest) => locate(rest.type, item, [...path, i])))
        : []
    case "TypeLiteral":
      if (!isRecord(value)) return []
      return ast.propertySignatures.flatMap((p) =>
        Object.hasOwn(value, p.name) ? locate(p.type, value[String(p.name)], [...path, String(p.name)]) : []
      )
    default:
      return []
  }
}

/** What is at a place in a value. */
export const at = (value: unknown, path: ReadonlyArray<string | number>): unknown =>
  path.reduce<unknown>((from, key) => Object(from)[key], value)

/** The value with another one at a place in it. */
export const replace = (value: unknown, path: ReadonlyArray<string | number>, by: unknown): unknown => {
  const [head, ...tail] = path
  if (head === undefined) return by
  if (Array.isArray(value)) return value.map((item, i) => i === head ? replace(item, tail, by) : item)
  return isRecord(value) ? { ...value, [head]: replace(value[String(head)], tail, by) } : value
}

/** Every open union in a schema, wherever it stands. */
export const openUnions = (schema: AnySchema): ReadonlyArray<AST.Union> => {
  const seen = new Set<AST.AST>()
  const found: Array<AST.Union> = []
  const visit = (ast: AST.AST): void => {
    if (seen.has(ast)) return
    seen.add(ast)
    switch (ast._tag) {
      case "Refinement":
        return visit(ast.from)
      case "Suspend":
        return visit(ast.f())
      case "TupleType":
        return ast.rest.forEach((rest) => visit(rest.type))
      case "TypeLiteral":
        ast.propertySignatures.forEach((p) => visit(p.type))
        return ast.indexSignatures.forEach((p) => visit(p.type))
      case "Union":
        if (openUnionOf(ast) !== undefined) found.push(ast)
        return ast.types.forEach(visit)
    }
  }
  visit(typeSide(schema))
  return found
}

interface Field {
  readonly name: string
  readonly type: AST.AST
  readonly isOptional: boolean
}

/** The fields of a struct, whatever is around it; none if it is not a struct. */
export const fieldsOf = (ast: AST.AST): ReadonlyArray<Field> => {
  switch (ast._tag) {
    case "TypeLiteral":
      return ast.propertySignatures.map(({ isOptional, name, type }) => ({ name: String(name), type, isOptional }))
    case "Refinement":
      return fieldsOf(ast.from)
    case "Suspend":
      return fieldsOf(ast.f())
    default:
      return []
  }
}

/** The value without a place in it. */
export const drop = (from: unknown, path: ReadonlyArray<string | number>): unknown => {
  const [head, ...tail] = path
  if (head === undefined) return from
  if (Array.isArray(from)) {
    return tail.length === 0
      ? from.filter((_, i) => i !== head)
      : from.map((item, i) => i === head ? drop(item, tail) : item)
  }
  if (!isRecord(from)) return from
  return tail.length === 0
    ? Object.fromEntries(Object.entries(from).filter(([key]) => key !== head))
    : { ...from, [head]: drop(from[String(head)], tail) }
}

/** The value with one thing in it changed at random: a field or item dropped, or anything made another JSON value. */
export const damaged = (value: unknown): FastCheck.Arbitrary<unknown> => {
  const places: Array<ReadonlyArray<string | number>> = []
  const visit = (at: unknown, path: ReadonlyArray<string | number>): void => {
    places.push(path)
    if (Array.isArray(at)) at.forEach((item, i) => visit(item, [...path, i]))
    else if (isRecord(at)) Object.entries(at).forEach(([key, item]) => visit(item, [...path, key]))
  }
  visit(value, [])
  return FastCheck.tuple(
    FastCheck.constantFrom(...places),
    FastCheck.oneof(
      FastCheck.constant(drop),
      FastCheck.constantFrom(null, 0, 1.5, "", "text", true, [], {}, [null], { type: "text" }).map(
        (by) => (from: unknown, path: ReadonlyArray<string | number>) => replace(from, path, by)
      )
    )
  ).map(([path, change]) => change(value, path))
}
