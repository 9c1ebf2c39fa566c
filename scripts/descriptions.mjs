// Doc comments of the wire schemas: as a table for core's `Descriptions`, and as lists of fields for the API reference.
import { readFileSync } from "node:fs"
import { basename, join } from "node:path"
import ts from "typescript"
import { root } from "./lib.mjs"

const source = join(root, "packages/core/src")

/** The text of a declaration's doc comment, a line for each paragraph; undefined if there is none. */
const textOf = (declaration) => {
  const comment = declaration && ts.getJSDocCommentsAndTags(declaration).findLast(ts.isJSDoc)
  if (comment === undefined) return undefined
  const deprecated = comment.tags?.find(ts.isJSDocDeprecatedTag)
  const text = [
    ts.getTextOfJSDocComment(comment.comment),
    deprecated && "Deprecated.",
    deprecated &&
    ts.getTextOfJSDocComment(deprecated.comment)
  ].filter(Boolean).join(" ")
  return text
    .replace(/\{@link(?:code|plain)? ([^}\s|]+)[^}]*\}/g, "`$1`")
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s+/g, " ").trim())
    .filter((paragraph) => paragraph !== "")
    .join("\n\n") || undefined
}

const isExported = (statement) => statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false

const load = () => {
  const { config } = ts.readConfigFile(join(root, "packages/core/tsconfig.src.json"), ts.sys.readFile)
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, join(root, "packages/core"))
  // the modules without schemas are most of the types there are
  const program = ts.createProgram(
    fileNames.filter((file) => readFileSync(file, "utf8").includes("internal/schema/wire.ts")),
    options
  )
  const files = program.getSourceFiles()
    .filter(({ fileName }) => fileName.startsWith(`${source}/`) && basename(fileName) !== "index.ts")
  return { checker: program.getTypeChecker(), files }
}

/** Questions about the calls that make schemas, such as `wire.struct(identifier, fields)`, which are known by these names. */
const schemas = (checker) => {
  /** The constant that an expression names. */
  const constant = (expression) => {
    const symbol = checker.getSymbolAtLocation(expression)
    if (symbol === undefined) return undefined
    const { valueDeclaration } = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    return valueDeclaration && ts.isVariableDeclaration(valueDeclaration) ? valueDeclaration.initializer : undefined
  }

  /** The function that is called, the inner one for `wire.Struct<X>()(…)`. */
  const called = ({ expression }) => {
    const made = ts.isCallExpression(expression) ? called(expression)?.body : constant(expression)
    return made && ts.isArrowFunction(made) ? made : undefined
  }

  const parameters = (call) => called(call)?.parameters.map(({ name }) => name.getText()) ?? []

  /** The name that a call gives its schema. */
  const given = (call) => {
    const [argument] = call.arguments
    if (argument === undefined || !ts.isStringLiteralLike(argument) && !ts.isTemplateExpression(argument)) {
      return undefined
    }
    if (parameters(call)[0] !== "identifier") return undefined
    // pages are named by their items
    return ts.isTemplateExpression(argument) ? argument.templateSpans.at(-1).literal.text : argument.text
  }

  /** The name in `{ identifier: "…" }` among arguments, or in those of the calls among them. */
  const annotated = (args) => {
    for (const argument of [...args].reverse()) {
      if (ts.isCallExpression(argument)) {
        const name = annotated(argument.arguments)
        if (name !== undefined) return name
      }
      if (!ts.isObjectLiteralExpression(argument)) continue
      const property = argument.properties.find(({ name }) => name?.getText() === "identifier")
      if (property && ts.isPropertyAssignment(property) && ts.isStringLiteralLike(property.initializer)) {
        return property.initializer.text
      }
    }
    return undefined
  }

  /** The name of the schema that an expression is. */
  const identifierOf = (expression) => {
    if (ts.isIdentifier(expression)) {
      const value = constant(expression)
      return value && identifierOf(value)
    }
    if (!ts.isCallExpression(expression)) return undefined
    const { expression: callee } = expression
    if (ts.isPropertyAccessExpression(callee) && ["annotations", "pipe"].includes(callee.name.text)) {
      return annotated(expression.arguments) ?? identifierOf(callee.expression)
    }
    return given(expression)
  }

  /** The texts of the fields of the struct that a call makes, by itself or by the function that it calls. */
  const fieldsOf = (call) => {
    const names = parameters(call)
    if (names[1] === "fields") {
      // a function that makes structs may be declared to make schemas of a type that has the texts
      const [type] = ts.isArrowFunction(call.parent) ? call.parent.type?.typeArguments ?? [] : []
      const declared = type && checker.getTypeFromTypeNode(type)
      return checker.getPropertiesOfType(checker.getTypeAtLocation(call.arguments[1])).flatMap((field) => {
        const text = docOf(field) ?? docOf(declared?.getProperty(field.name))
        return text === undefined ? [] : [[field.name, text]]
      })
    }
    const body = called(call)?.body
    return body && ts.isCallExpression(body) ? fieldsOf(body) : []
  }

  return { fieldsOf, given, identifierOf }
}

const docOf = (symbol) => textOf(symbol?.declarations?.[0])

/** The schema that a class or a constant is, and the declaration whose doc comment says what it is of. */
const declared = (statement) => {
  if (ts.isClassDeclaration(statement)) {
    const [heritage] = statement.heritageClauses ?? []
    return heritage && [{ node: statement, expression: heritage.types[0].expression }]
  }
  if (!ts.isVariableStatement(statement)) return []
  return statement.declarationList.declarations
    .flatMap(({ initializer, name }) => initializer ? [{ node: statement, name, expression: initializer }] : [])
}

/** Every schema with a name, in the order of the alphabet: its text, and the texts of its fields. */
export const table = () => {
  const { checker, files } = load()
  const { fieldsOf, given, identifierOf } = schemas(checker)
  const entries = new Map()
  const add = (identifier, part) => {
    const entry = entries.get(identifier) ?? {}
    for (const [key, value] of Object.entries(part)) {
      if (key in entry && JSON.stringify(entry[key]) !== JSON.stringify(value)) {
        throw new Error(`two schemas are named ${identifier}, with two descriptions: ${JSON.stringify([entry, part])}`)
      }
    }
    entries.set(identifier, { ...entry, ...part })
  }
  const visit = (node) => {
    if (ts.isCallExpression(node)) {
      const identifier = given(node)
      const fields = identifier === undefined ? [] : fieldsOf(node)
      if (fields.length > 0) add(identifier, { fields: Object.fromEntries(fields) })
    }
    ts.forEachChild(node, visit)
  }
  for (const file of files) {
    visit(file)
    for (const statement of file.statements.filter(isExported)) {
      for (const { expression, name, node } of declared(statement) ?? []) {
        const identifier = identifierOf(expression)
        const text = textOf(node)
        if (identifier === undefined || text === undefined) continue
        // the comment of a schema with a type of its own only says so
        const type = /^Schema of /.test(text) &&
          checker.getSymbolAtLocation(name).declarations.find(ts.isInterfaceDeclaration)
        add(identifier, { text: type ? textOf(type) : text })
      }
    }
  }
  return Object.fromEntries(
    [...entries].sort(([a], [b]) => a < b ? -1 : 1).map(([identifier, { fields, text }]) => [
      identifier,
      { ...(text !== undefined && { text }), ...(fields !== undefined && { fields }) }
    ])
  )
}
