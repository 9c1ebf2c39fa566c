import * as JSONSchema from "effect/JSONSchema"
import * as Predicate from "effect/Predicate"
import type * as SchemaAST from "effect/SchemaAST"
import type { InputSchema } from "../../AgentTool.ts"

/** The JSON Schema of what a tool takes. Throws if there is none, or if it is not that of an object. */
export const inputSchema = (tool: string, ast: SchemaAST.AST): InputSchema => {
  const $defs: Record<string, JSONSchema.JsonSchema7> = {}
  const schema = attempt(
    tool,
    () => JSONSchema.fromAST(ast, { definitions: $defs, definitionPath: "#/$defs/", topLevelReferenceStrategy: "skip" })
  )
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
