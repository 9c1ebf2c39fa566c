/**
 * Descriptions of the wire schemas and of their fields: what the doc comments say, for JSON Schemas, OpenAPI documents and
 * forms.
 *
 * Schemas do not carry their descriptions: a program that does not import this module does not load them.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import * as generated from "./internal/schema/descriptions.ts"

/**
 * The description of a schema.
 * @category models
 */
export interface Description {
  /** The schema as a whole; absent if it has no doc comment. */
  readonly text?: string
  /** The fields that have a doc comment, by name; absent for a schema that is no struct. */
  readonly fields?: { readonly [field: string]: string }
}

/**
 * All descriptions, by the identifier of the schema, which is its name in an OpenAPI document: `Session`,
 * `CreateSessionParams`. A page is described as `Page`, whatever its items are.
 * @category constants
 */
export const descriptions: { readonly [identifier: string]: Description } = generated.descriptions

const find = (ast: AST.AST): Description => {
  const identifier = Option.getOrElse(AST.getIdentifierAnnotation(ast), () => "")
  // what lists have been read, schemas of pages are made for
  for (const name of [identifier, ...(identifier.endsWith("Page") ? ["Page"] : [])]) {
    const description = Object.hasOwn(descriptions, name) ? descriptions[name] : undefined
    if (description !== undefined) return description
  }
  return {}
}

const annotate = (annotations: AST.Annotations, text: string | undefined): AST.Annotations => {
  if (text === undefined) return annotations
  const jsonSchema = annotations[AST.JSONSchemaAnnotationId]
  return {
    ...annotations,
    [AST.DescriptionAnnotationId]: text,
    // a schema that says what its JSON Schema is says all of it
    ...(typeof jsonSchema === "object" && { [AST.JSONSchemaAnnotationId]: { ...jsonSchema, description: text } })
  }
}

/** Describes a node and what is below it. A node that is met again is the same one again. */
const walk = (seen: Map<AST.AST, AST.AST>): (ast: AST.AST) => AST.AST => {
  const make = (ast: AST.AST): AST.AST => {
    const { fields = {}, text } = find(ast)
    const annotations = annotate(ast.annotations, text)
    switch (ast._tag) {
      case "TypeLiteral":
        return new AST.TypeLiteral(
          ast.propertySignatures.map(({ annotations, isOptional, isReadonly, name, type }) => {
            const text = typeof name === "string" && Object.hasOwn(fields, name) ? fields[name] : undefined
            return new AST.PropertySignature(name, go(type), isOptional, isReadonly, annotate(annotations, text))
          }),
          ast.indexSignatures.map(({ isReadonly, parameter, type }) =>
            new AST.IndexSignature(parameter, go(type), isReadonly)
          ),
          annotations
        )
      case "TupleType":
        return new AST.TupleType(
          ast.elements.map((element) =>
            new AST.OptionalType(go(element.type), element.isOptional, element.annotations)
          ),
          ast.rest.map((rest) => new AST.Type(go(rest.type), rest.annotations)),
          ast.isReadonly,
          annotations
        )
      case "Union":
        return AST.Union.make(ast.types.map(go), annotations)
      case "Refinement":
        return new AST.Refinement(go(ast.from), ast.filter, annotations)
      case "Transformation":
        return new AST.Transformation(go(ast.from), go(ast.to), ast.transformation, annotations)
      case "Suspend":
        return new AST.Suspend(() => go(ast.f()), annotations)
      default:
        return text === undefined ? ast : AST.annotations(ast, annotations)
    }
  }
  const go = (ast: AST.AST): AST.AST => {
    const known = seen.get(ast)
    if (known !== undefined) return known
    const described = make(ast)
    seen.set(ast, described)
    return described
  }
  return go
}

/**
 * Adds the descriptions of the wire schemas to a schema: to itself, to its fields, and to the schemas that it is made of.
 * What it accepts stays the same.
 *
 * @example
 * ```ts
 * import * as Descriptions from "@effect-managed-agents/core/Descriptions"
 * import * as Usage from "@effect-managed-agents/core/Usage"
 * import * as JSONSchema from "effect/JSONSchema"
 *
 * const { $defs } = JSONSchema.make(Descriptions.describe(Usage.CacheCreation))
 * assert.deepStrictEqual($defs?.["CacheCreation"], {
 *   type: "object",
 *   required: [],
 *   properties: {
 *     ephemeral_5m_input_tokens: {
 *       allOf: [{ $ref: "#/$defs/JsonNumber" }],
 *       description: "Tokens of entries that live five minutes."
 *     },
 *     ephemeral_1h_input_tokens: {
 *       allOf: [{ $ref: "#/$defs/JsonNumber" }],
 *       description: "Tokens of entries that live one hour."
 *     }
 *   },
 *   additionalProperties: false,
 *   description: "Tokens written to the prompt cache, by how long the entry lives."
 * })
 * ```
 *
 * @category combinators
 */
export const describe = <A, I, R>(schema: Schema.Schema<A, I, R>): Schema.Schema<A, I, R> =>
  Schema.make(walk(new Map())(schema.ast))
