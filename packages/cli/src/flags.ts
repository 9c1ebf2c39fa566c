import * as Descriptions from "@effect-managed-agents/core/Descriptions"
import type * as Endpoint from "@effect-managed-agents/core/Endpoint"
import * as Option from "effect/Option"
import * as AST from "effect/SchemaAST"

/** The kind of value that a flag takes. */
export type Kind =
  | { readonly _tag: "Text" | "Integer" | "Boolean" | "Upload" }
  /** YAML, of which JSON is a part; a text that begins with no brace where `orText`. */
  | { readonly _tag: "Value"; readonly orText: boolean }
  | { readonly _tag: "Choice"; readonly choices: ReadonlyArray<string> }

/** A flag, and the place of its value in a request. */
export interface Flag {
  /** Without the dashes. */
  readonly name: string
  /** Another name of the same flag: that of the whole list. */
  readonly alias: string | undefined
  readonly field: string
  readonly place: "path" | "query" | "body"
  readonly kind: Kind
  /** True if the flag can be repeated, each time for one item of a list. */
  readonly isList: boolean
  readonly isRequired: boolean
  readonly description: string
}

/** The part of a schema that is written on the wire. */
const encoded = (ast: AST.AST): AST.AST => {
  switch (ast._tag) {
    case "Refinement":
    case "Transformation":
      return encoded(ast.from)
    case "Suspend":
      return encoded(ast.f())
    default:
      return ast
  }
}

const isNothing = (ast: AST.AST): boolean =>
  ast._tag === "UndefinedKeyword" || (ast._tag === "Literal" && ast.literal === null)

/** The alternatives of a value that is given: without those for none, and for what is not known yet. */
const alternatives = (ast: AST.AST): ReadonlyArray<AST.AST> => {
  const node = encoded(ast)
  const all = node._tag === "Union" ? node.types.flatMap(alternatives) : [node]
  return all.filter((one) => !isNothing(one))
}

const kindOf = (types: ReadonlyArray<AST.AST>): Kind => {
  const choices = types.flatMap((type) =>
    type._tag === "Literal" && typeof type.literal === "string" ? [type.literal] : []
  )
  if (choices.length === types.length) return { _tag: "Choice", choices }
  const has = (tag: AST.AST["_tag"]) => types.some((type) => type._tag === tag)
  const isUpload = types.some((type) => Option.contains(AST.getIdentifierAnnotation(type), "Upload"))
  if (isUpload) return { _tag: "Upload" }
  if (has("TypeLiteral")) return { _tag: "Value", orText: has("StringKeyword") }
  if (has("NumberKeyword")) return { _tag: "Integer" }
  if (has("BooleanKeyword")) return { _tag: "Boolean" }
  return { _tag: "Text" }
}

const kebab = (field: string): string =>
  field.replace(/\[(\w+)\]/, "_$1").replace(/([a-z])([A-Z])/g, "$1-$2").replaceAll("_", "-").toLowerCase()

/** The name of one item of a list. */
const singular = (name: string): string =>
  name.endsWith("statuses")
    ? name.slice(0, -2)
    : name.endsWith("ies")
    ? `${name.slice(0, -3)}y`
    : name.endsWith("s")
    ? name.slice(0, -1)
    : name

const firstLine = (text: string): string => text.replaceAll(/\{@link ([^}]+)\}/g, "$1").replaceAll(/\s+/g, " ").trim()

const describe = (schema: AST.AST, field: string): string => {
  const identifier = Option.getOrElse(
    Option.orElse(AST.getIdentifierAnnotation(schema), () => AST.getIdentifierAnnotation(encoded(schema))),
    () => ""
  )
  const fields = Object.hasOwn(Descriptions.descriptions, identifier)
    ? Descriptions.descriptions[identifier]?.fields
    : undefined
  return firstLine(fields !== undefined && Object.hasOwn(fields, field) ? fields[field] ?? "" : "")
}

const ofField = (place: "query" | "body", schema: AST.AST, property: AST.PropertySignature): Flag => {
  const field = String(property.name)
  const types = alternatives(property.type)
  const list = types.find((type): type is AST.TupleType => type._tag === "TupleType")
  const name = list === undefined ? kebab(field) : singular(kebab(field))
  return {
    name,
    alias: name === kebab(field) ? undefined : kebab(field),
    field,
    place,
    kind: kindOf(list === undefined ? types : list.rest.flatMap(({ type }) => alternatives(type))),
    isList: list !== undefined,
    isRequired: !property.isOptional,
    description: describe(schema, field)
  }
}

const ofSchema = (place: "query" | "body", schema: { readonly ast: AST.AST } | undefined): ReadonlyArray<Flag> => {
  if (schema === undefined) return []
  const struct = encoded(schema.ast)
  return struct._tag === "TypeLiteral"
    ? struct.propertySignatures.map((property) => ofField(place, schema.ast, property))
    : []
}

/** The flags of an endpoint: of its path, its query and the fields of its body. */
export const ofEndpoint = ({ body, path, query }: Endpoint.Any): ReadonlyArray<Flag> => [
  ...[...path.matchAll(/\{(\w+)\}/g)].map(([, field = ""]): Flag => ({
    name: kebab(field),
    alias: undefined,
    field,
    place: "path",
    kind: { _tag: "Text" },
    isList: false,
    isRequired: true,
    description: `The {${field}} of the path.`
  })),
  ...ofSchema("query", query),
  ...ofSchema("body", body)
]
