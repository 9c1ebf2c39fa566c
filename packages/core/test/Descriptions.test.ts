import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as JSONSchema from "effect/JSONSchema"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { readdirSync, readFileSync } from "node:fs"
import * as ts from "typescript"
import * as Descriptions from "../src/Descriptions.ts"
import * as Event from "../src/Event.ts"
import * as core from "../src/index.ts"
import * as Page from "../src/Page.ts"
import * as Session from "../src/Session.ts"
import { arbitrary } from "./support/arbitrary.ts"

const directory = new URL("../src/", import.meta.url)

/** Every doc comment of a field, as it is in the sources: the name of the field and the words. */
const commented = (): ReadonlyArray<string> => {
  const found: Array<string> = []
  const visit = (node: ts.Node) => {
    if (ts.isPropertyAssignment(node) && ts.isObjectLiteralExpression(node.parent)) {
      const [comment] = ts.getJSDocCommentsAndTags(node)
      const text = comment?.getText().replace(/^\/\*\*|\*\/$/g, "").replace(/^\s*\*/gm, "")
      if (text !== undefined && ts.isIdentifier(node.name)) found.push(`${node.name.text}: ${words(text)}`)
    }
    ts.forEachChild(node, visit)
  }
  for (const file of readdirSync(directory).filter((name) => name.endsWith(".ts"))) {
    const text = readFileSync(new URL(file, directory), "utf8")
    if (text.includes("schema/wire.ts")) visit(ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true))
  }
  return found
}

const words = (text: string): string =>
  text.replace(/\{@link (\w+)\}/g, "$1").replace(/@deprecated/, "Deprecated.").replace(/[`\s]+/g, " ").trim()

/** The fields of the structs with a name that a schema is made of: the name of the struct and the field. */
const fieldsOf = (ast: AST.AST, seen = new Set<AST.AST>()): ReadonlyArray<[string, AST.PropertySignature]> => {
  if (seen.has(ast)) return []
  seen.add(ast)
  const below = (asts: ReadonlyArray<AST.AST>) => asts.flatMap((ast) => fieldsOf(ast, seen))
  switch (ast._tag) {
    case "TypeLiteral": {
      const name = ast.annotations[AST.IdentifierAnnotationId]
      const fields = typeof name === "string" ? ast.propertySignatures : []
      return [
        ...fields.map((field): [string, AST.PropertySignature] => [String(name), field]),
        ...below([...ast.propertySignatures, ...ast.indexSignatures].map(({ type }) => type))
      ]
    }
    case "TupleType":
      return below([...ast.elements, ...ast.rest].map(({ type }) => type))
    case "Union":
      return below(ast.types)
    case "Refinement":
      return below([ast.from])
    case "Transformation":
      return below([ast.from, ast.to])
    case "Suspend":
      return below([ast.f()])
    default:
      return []
  }
}

/** What a program stores is read by nobody else. */
const { Journal: _, TurnStore: _1, ...wire } = core

const schemas = Object.values(wire).flatMap((module) => Object.values<unknown>(module)).filter(Schema.isSchema)
const described = schemas.flatMap((schema) => fieldsOf(Descriptions.describe(Schema.make(schema.ast)).ast))
const textOf = (field: AST.PropertySignature): string | undefined => {
  const text = field.annotations[AST.DescriptionAnnotationId]
  return typeof text === "string" ? text : undefined
}

/** The properties of one of the definitions of a described schema. */
const propertiesOf = <A, I>(schema: Schema.Schema<A, I>, name: string) => {
  const { $defs = {} } = JSONSchema.make(Descriptions.describe(schema))
  const definition = $defs[name]
  assert.isTrue(definition !== undefined && "properties" in definition, name)
  // just asserted
  return (definition as JSONSchema.JsonSchema7Object).properties
}

describe("Descriptions", () => {
  it("has every doc comment of a field", () => {
    const known = new Set(described.map(([, field]) => `${String(field.name)}: ${words(textOf(field) ?? "")}`))
    const comments = commented()
    assert.isAbove(comments.length, 500)
    assert.deepStrictEqual(comments.filter((comment) => !known.has(comment)), [])
  })

  it("leaves out no field of the wire but tags", () => {
    const without = described.filter(([name, field]) =>
      textOf(field) === undefined && !["type", "_tag"].includes(String(field.name)) &&
      // the JSON Schema of a tool's input, and the private form of a cursor
      !["ToolInputSchema", "Cursor"].includes(name)
    )
    assert.deepStrictEqual(without.map(([name, field]) => `${name}.${String(field.name)}`), [])
  })

  it("shows them in a JSON Schema", () => {
    const { $defs = {} } = JSONSchema.make(Descriptions.describe(Session.Session))
    assert.deepInclude($defs["Session"], { description: "A session: an agent at work in an environment." })
    const properties = propertiesOf(Session.Session, "Session")
    assert.deepStrictEqual<unknown>(properties["environment_id"], {
      allOf: [{ $ref: "#/$defs/EnvironmentId" }],
      description: "The environment of the sandbox."
    })
    assert.deepInclude(properties["title"], { description: "For people to read; `null` if there is none." })
    // below the session: of a field that a spread brings, of a schema that says what its JSON Schema is
    assert.deepInclude(propertiesOf(Session.Session, "SessionUsage")["input_tokens"], {
      description: "Input tokens that no cache served."
    })
    assert.deepInclude($defs["Timestamp"], {
      format: "date-time",
      description: "An RFC 3339 timestamp, for example `2026-03-15T10:00:00.899001Z`."
    })
    assert.notInclude(JSON.stringify(JSONSchema.make(Session.Session)), "The environment of the sandbox.")
  })

  it("describes pages, refinements and deprecated fields", () => {
    assert.deepInclude(propertiesOf(Page.Page(Session.Session), "SessionPage")["data"], {
      description: "The items, in the order of the list."
    })
    const { $defs } = JSONSchema.make(Descriptions.describe(Session.ListParams))
    assert.deepInclude($defs?.["ListSessionsParams"], { description: "Which sessions to list." })
    const changes = propertiesOf(Session.UpdateParams, "UpdateSessionParams")
    assert.match(String(changes["vault_ids"]?.description), /^Deprecated\. Reserved/)
  })

  it("changes nothing about what is accepted", () => {
    const [is, isDescribed] = [Schema.is(Event.Event), Schema.is(Descriptions.describe(Event.Event))]
    const events = FastCheck.sample(arbitrary(Event.Event), { numRuns: 200, seed: 1 })
    // some that lack a field
    const values = events.flatMap((event) => [event, Object.fromEntries(Object.entries(event).slice(0, -1))])
    const accepted = values.map((value) => is(value))
    assert.sameMembers([...new Set(accepted)], [true, false])
    assert.deepStrictEqual(values.map((value) => isDescribed(value)), accepted)
  })
})
