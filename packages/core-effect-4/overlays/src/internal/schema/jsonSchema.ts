import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import type { InputSchema } from "../../AgentTool.ts"

/** The JSON Schema of what a tool takes. Throws if there is none, or if it is not that of an object. */
export const inputSchema = (tool: string, ast: SchemaAST.AST): InputSchema => {
  const { definitions: $defs, schema: top } = attempt(
    tool,
    () => Schema.toJsonSchemaDocument(Schema.make<Schema.Top>(ast), { onExcessProperty: "error" })
  )
  // a schema that has a name is a reference to it
  const name = typeof top.$ref === "string" ? top.$ref.replace("#/$defs/", "") : undefined
  const schema = name === undefined ? top : $defs[name]
  if (!Predicate.hasProperty(schema, "type") || schema.type !== "object") {
    throw new Error(`The parameters of the tool ${JSON.stringify(tool)} are not an object.`)
  }
  return { ...schema, type: "object", ...(Object.keys($defs).length > 0 && { $defs }) }
}

const attempt = <A>(tool: string, self: () => A): A => {
  try {
    return self()
  } catch (cause) {
    throw new Error(`The parameters of the tool ${JSON.stringify(tool)} have no JSON Schema.`, { cause })
  }
}
