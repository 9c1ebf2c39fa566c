// From Effect 3 to Effect 4: `codemod(text, path)` rewrites one module of `packages/core`.
//
// A module is printed node by node. What a rule has nothing to say about is printed as it stands, with its children
// rewritten, so that comments and layout stay.
import ts from "typescript"
import { Imports } from "./codemod/imports.mjs"
import { calls, nodes } from "./codemod/rules.mjs"
import { gone, members, properties, types, values } from "./codemod/tables.mjs"

/** Rewrites a module, and tells what it saw but does not know how to rewrite. */
export const codemod = (text, path) => {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const printer = new Printer(source, new Imports(source))
  return { text: comments(printer.module(), path), todo: printer.todo }
}

/** Doc comments: the packages that they name, and their examples. */
const comments = (text, path) =>
  text.replace(/^ *\/\*\*\n[\s\S]*?\*\/$/gm, (comment) =>
    comment
      .replace(/`@effect\/(ai|cluster|rpc|sql)`/g, "`effect/$1`")
      .replace(/^( *\*) ```ts\n([\s\S]*?)^ *\* ```$/gm, (_, margin, code) => {
        const example = code.trimEnd().split("\n").map((line) => line.slice(margin.length + 1)).join("\n")
        const lines = codemod(example, path).text.split("\n")
        return `${margin} \`\`\`ts\n${lines.map((line) => `${margin} ${line}`.trimEnd()).join("\n")}\n${margin} \`\`\``
      }))

class Printer {
  todo = []

  constructor(source, imports) {
    this.source = source
    this.imports = imports
    this.filters = this.passedTo("Schema.filter")
  }

  /** Functions that are passed to a function of Effect by their name. */
  passedTo(name) {
    const found = new Set()
    const visit = (node) => {
      if (ts.isCallExpression(node) && this.nameOf(node.expression) === name) {
        if (ts.isIdentifier(node.arguments[0])) found.add(node.arguments[0].text)
      }
      ts.forEachChild(node, visit)
    }
    visit(this.source)
    return found
  }

  module() {
    const body = this.source.statements.filter((node) => !ts.isImportDeclaration(node))
    const printed = new Map(body.map((node) => [node, this.print(node)]))
    let out = ""
    let at = 0
    for (const node of this.source.statements) {
      out += this.source.text.slice(at, node.getStart())
      if (ts.isImportDeclaration(node)) {
        const line = this.imports.print(node)
        out += line ?? ""
        // an import that nothing needs any more takes its line with it
        at = line === undefined && this.source.text[node.end] === "\n" ? node.end + 1 : node.end
      } else {
        out += printed.get(node)
        at = node.end
      }
    }
    return out + this.source.text.slice(at)
  }

  /** The text of a node, rewritten. */
  print = (node) => {
    for (const rule of [...nodes, names]) {
      const text = rule(node, this)
      if (text !== undefined) return text
    }
    if (ts.isCallExpression(node)) {
      const name = this.nameOf(node.expression)
      const rule = name !== undefined && Object.hasOwn(calls, name) ? calls[name] : undefined
      const text = rule?.(node, this)
      if (text !== undefined) return text
    }
    return this.children(node)
  }

  /** The text of a node whose children are rewritten. */
  children(node) {
    let out = ""
    let at = node.getStart()
    ts.forEachChild(node, (child) => {
      if (child.pos === child.end && child.kind !== ts.SyntaxKind.JsxText) return
      out += this.source.text.slice(at, child.getStart()) + this.print(child)
      at = child.end
    })
    return out + this.source.text.slice(at, node.end)
  }

  /** The arguments of a call, with their layout. */
  args(node) {
    return this.items(node.arguments, node.arguments.pos, node.end - 1, (argument) => this.print(argument))
  }

  /** The items of a list between two places, with what stands between them. An item that becomes nothing is left out. */
  items(nodes, from, to, print) {
    let out = ""
    let at = from
    for (const node of nodes) {
      const text = print(node)
      const between = this.source.text.slice(at, node.getStart())
      if (text !== undefined) out += (out === "" ? between.replace(/^,/, "") : between) + text
      at = node.end
    }
    return out + this.source.text.slice(at, to)
  }

  /** `Module.member` of an expression or a type that is a member of a module of Effect. */
  nameOf(node) {
    const chain = chainOf(node)
    const module = chain && this.imports.moduleOf(chain[0])
    return module && [module, ...chain.slice(1)].join(".")
  }

  /** A member of a module of Effect 4, by the name that the module has in this file. */
  use(name, isType = false) {
    const [module, ...rest] = name.split(".")
    return [this.imports.use(module, isType), ...rest].join(".")
  }
}

/** The identifiers of `A.b.c`. */
const chainOf = (node) => {
  if (ts.isIdentifier(node)) return [node.text]
  const [left, right] = ts.isPropertyAccessExpression(node)
    ? [node.expression, node.name]
    : ts.isQualifiedName(node)
    ? [node.left, node.right]
    : []
  const chain = left && chainOf(left)
  return chain && [...chain, right.text]
}

/** Members of modules, in expressions and in types, and names that were imported one by one. */
const names = (node, printer) => {
  if (ts.isIdentifier(node)) return identifier(node, printer)
  if (!ts.isPropertyAccessExpression(node) && !ts.isQualifiedName(node)) return undefined
  const name = printer.nameOf(node)
  if (name === undefined) return property(node, printer)
  const isType = inType(node)
  if (Object.hasOwn(types, name)) return printer.use(types[name], isType)
  if (values[name] !== undefined) return values[name]
  const [module, member, ...rest] = name.split(".")
  if (gone.includes(module) || gone.includes(`${module}.${member}`)) printer.todo.push(`${module}.${member}`)
  const known = members[`${module}.${member}`]
  if (known !== undefined) return printer.use([known, ...rest].join("."), isType)
  return printer.use([printer.imports.renamed(module), member, ...rest].join("."), isType)
}

/** Properties of values of Effect that have another name. */
const property = (node, printer) => {
  if (!ts.isPropertyAccessExpression(node) || !Object.hasOwn(properties, node.name.text)) return undefined
  return `${printer.print(node.expression)}.${properties[node.name.text]}`
}

const identifier = (node, printer) => {
  const parent = node.parent
  const isName = parent.name === node && !ts.isShorthandPropertyAssignment(parent) || parent.propertyName === node
  if (isName || ts.isPropertyAccessExpression(parent) && parent.name === node) return undefined
  const module = printer.imports.moduleOf(node.text)
  if (module !== undefined) return printer.use(printer.imports.renamed(module), inType(node))
  return printer.imports.name(node.text, inType(node))
}

/** Whether a node is a part of a type, and so gone at run time. */
const inType = (node) => {
  for (let at = node; at !== undefined; at = at.parent) {
    if (ts.isTypeNode(at) && !ts.isExpressionWithTypeArguments(at)) return true
    if (ts.isHeritageClause(at)) {
      return ts.isInterfaceDeclaration(at.parent) || at.token === ts.SyntaxKind.ImplementsKeyword
    }
    if (ts.isStatement(at)) return ts.isInterfaceDeclaration(at) || ts.isTypeAliasDeclaration(at)
  }
  return false
}
