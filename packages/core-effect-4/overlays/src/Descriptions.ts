/**
 * Descriptions of the wire schemas and of their fields: what the doc comments say, for JSON Schemas, OpenAPI documents and
 * forms.
 *
 * Schemas do not carry their descriptions: a program that does not import this module does not load them.
 *
 * @since 0.1.0
 */
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
  const identifier = AST.resolveIdentifier(ast) ?? ""
  // what lists have been read, schemas of pages are made for
  for (const name of [identifier, ...(identifier.endsWith("Page") ? ["Page"] : [])]) {
    const description = Object.hasOwn(descriptions, name) ? descriptions[name] : undefined
    if (description !== undefined) return description
  }
  return {}
}

const annotate = (ast: AST.AST, text: string | undefined): AST.AST => {
  if (text === undefined) return ast
  const toJsonSchema = AST.resolveAt<() => object>("toJsonSchema")(ast)
  return Schema.make<Schema.Top>(ast).annotate({
    description: text,
    // a schema that says what its JSON Schema is says all of it
    ...(toJsonSchema !== undefined && { toJsonSchema: () => ({ ...toJsonSchema(), description: text }) })
  }).ast
}

/** Describes a node and what is below it. A node that is met again is the same one again. */
const walk = (seen: Map<AST.AST, AST.AST>): (ast: AST.AST) => AST.AST => {
  const make = (ast: AST.AST): AST.AST => {
    const { fields = {}, text } = find(ast)
    switch (ast._tag) {
      case "Objects": {
        const { annotations, checks, context, encoding, encodingChecks } = ast
        const properties = ast.propertySignatures.map(({ name, type }) => {
          const text = typeof name === "string" && Object.hasOwn(fields, name) ? fields[name] : undefined
          const described = go(type)
          return new AST.PropertySignature(
            name,
            text === undefined ? described : Schema.make<Schema.Top>(described).annotateKey({ description: text }).ast
          )
        })
        const index = ast.indexSignatures.map(({ parameter, type }) => new AST.IndexSignature(parameter, go(type)))
        return annotate(
          new AST.Objects(properties, index, annotations, checks, encoding, context, encodingChecks),
          text
        )
      }
      case "Arrays": {
        const { annotations, checks, context, encoding, encodingChecks, isMutable } = ast
        return annotate(
          new AST.Arrays(
            isMutable,
            ast.elements.map(go),
            ast.rest.map(go),
            annotations,
            checks,
            encoding,
            context,
            encodingChecks
          ),
          text
        )
      }
      case "Union": {
        const { annotations, checks, context, encoding, encodingChecks, options } = ast
        return annotate(
          new AST.Union(ast.types.map(go), options, annotations, checks, encoding, context, encodingChecks),
          text
        )
      }
      case "Suspend": {
        const { annotations, checks, context, encoding } = ast
        return annotate(new AST.Suspend(() => go(ast.thunk()), annotations, checks, encoding, context), text)
      }
      default:
        return annotate(ast, text)
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
 * import * as Schema from "effect/Schema"
 *
 * const { definitions } = Schema.toJsonSchemaDocument(Descriptions.describe(Usage.CacheCreation))
 * assert.strictEqual(
 *   definitions["CacheCreation"]?.["description"],
 *   "Tokens written to the prompt cache, by how long the entry lives."
 * )
 * ```
 *
 * @category combinators
 */
export const describe = <A, I, R>(schema: Schema.Codec<A, I, R>): Schema.Codec<A, I, R> =>
  Schema.make(walk(new Map())(schema.ast))
