// Doc comments of the wire schemas: as a table for core's `Descriptions`, and as lists of fields for the API reference.
import { readFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
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
    if (ts.isArrowFunction(expression)) return identifierOf(expression.body)
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

/** The schemas that a statement declares: the name and the value. */
const declared = (statement) => {
  if (ts.isClassDeclaration(statement)) {
    return statement.heritageClauses?.map(({ types }) => ({ name: statement.name, value: types[0].expression })) ?? []
  }
  if (!ts.isVariableStatement(statement)) return []
  return statement.declarationList.declarations
    .flatMap(({ initializer, name }) => initializer ? [{ name, value: initializer }] : [])
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
      for (const { name, value } of declared(statement)) {
        const identifier = identifierOf(value)
        const text = textOf(statement)
        if (identifier === undefined || text === undefined) continue
        // the comment of a schema with a type of its own only says so
        const type = /^(?:The s|S)chema of /.test(text) &&
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

const primitives = {
  "Schema.String": "string",
  "Schema.Number": "number",
  "Schema.Boolean": "boolean",
  "wire.number": "number"
}

/** The names of types: those of exported schemas are also those of their values. */
const names = (checker) => {
  const isPublic = (expression) => {
    if (!ts.isIdentifier(expression) && !ts.isPropertyAccessExpression(expression)) return false
    const symbol = checker.getSymbolAtLocation(expression)
    const { declarations = [] } = symbol?.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol ?? {}
    return declarations.some((declaration) =>
      dirname(declaration.getSourceFile().fileName) === source &&
      isExported(ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration)
    )
  }
  /** The type of a schema by the names that its expression has; undefined for an expression of another kind. */
  const typeOf = (expression) => {
    const text = expression.getText()
    if (text in primitives) return primitives[text]
    if (isPublic(expression)) return text
    if (!ts.isCallExpression(expression)) return undefined
    const [inner, ...others] = expression.arguments.map(typeOf)
    switch (expression.expression.getText()) {
      case "wire.optional":
      case "Schema.optional":
        return inner
      case "wire.nullish":
      case "Schema.NullOr":
        return inner && `${inner} | null`
      case "Schema.Array":
        return inner && `ReadonlyArray<${inner}>`
      case "Schema.Union":
        return [inner, ...others].every((type) => type !== undefined) ? [inner, ...others].join(" | ") : undefined
      case "params.id":
        return expression.typeArguments?.[0]?.getText()
      default:
        return undefined
    }
  }
  return typeOf
}

/** The list of a struct's fields in Markdown, a line each, those from elsewhere first. */
const listOf = (checker, declaration) => {
  const type = checker.getDeclaredTypeOfSymbol(checker.getSymbolAtLocation(declaration.name))
  const typeOf = names(checker)
  const place = ({ declarations: [field] = [] }) =>
    field?.getSourceFile() === declaration.getSourceFile() ? field.pos : -1
  return checker.getPropertiesOfType(type).toSorted((a, b) => place(a) - place(b)).map((field) => {
    const isOptional = Boolean(field.flags & ts.SymbolFlags.Optional)
    const initializer = field.declarations?.[0]?.initializer
    const shown = initializer && typeOf(initializer) ||
      checker.typeToString(checker.getTypeOfSymbol(field), declaration).replace(
        isOptional ? / \| undefined$/ : /$^/,
        ""
      )
    const text = docOf(field)?.replaceAll("\n\n", " ")
    return `- \`${field.name}\` (${isOptional ? "optional, " : ""}\`${shown}\`)${text === undefined ? "" : `: ${text}`}`
  })
}

/**
 * The modules of core whose structs have their fields only in a schema, by the names of their files: the source with a list
 * of fields in the doc comment of each struct, and the lines of these lists.
 */
export const withFields = () => {
  const { checker, files } = load()
  const { fieldsOf } = schemas(checker)
  const isStruct = (statement) =>
    ts.isClassDeclaration(statement)
      ? declared(statement).some(({ value }) => ts.isCallExpression(value) && fieldsOf(value).length > 0)
      : ts.isInterfaceDeclaration(statement) && statement.members.length === 0
  return new Map(
    files.filter(({ fileName }) => dirname(fileName) === source).map((file) => {
      const lists = file.statements
        .filter((statement) => isExported(statement) && isStruct(statement))
        .map((statement) => ({
          at: ts.getJSDocCommentsAndTags(statement).findLast(ts.isJSDoc).tags[0].pos,
          lines: listOf(checker, statement)
        }))
      const text = lists.reduceRight(
        (text, { at, lines }) => {
          const list = ["", "**Fields**", "", ...lines, "", ""].join("\n * ")
          return `${text.slice(0, at).replace(/[\s*]+$/, "\n *")}${list}${text.slice(at)}`
        },
        file.text
      )
      return [basename(file.fileName), { text, lines: lists.flatMap(({ lines }) => lines) }]
    })
  )
}
