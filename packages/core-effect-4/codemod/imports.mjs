import ts from "typescript"
import { homes, members, modules } from "./tables.mjs"

const last = (path) => path.slice(path.lastIndexOf("/") + 1)

const isEffect = (path) => /^(effect|@effect)\//.test(path) && !/^@effect\/(vitest|sql-)/.test(path)

/** What a module imported, and what it needs once it is rewritten. */
export class Imports {
  /** Local name of a namespace to the path that it was imported from. */
  namespaces = new Map()
  /** Local name to the member that it is: `{ module, member }`. */
  named = new Map()
  /** Path to the local name, and whether the module is needed at run time. */
  needed = new Map()
  /** Path of Effect 4 to its local name, for those that had an import. */
  aliases = new Map()
  printed = new Set()

  constructor(source) {
    this.source = source
    this.taken = declaredIn(source)
    for (const node of source.statements) {
      if (ts.isImportDeclaration(node) && isEffect(node.moduleSpecifier.text)) this.read(node)
    }
  }

  read(node) {
    const path = node.moduleSpecifier.text
    const bindings = node.importClause?.namedBindings
    if (bindings === undefined) return
    const module = moduleName(path)
    if (ts.isNamespaceImport(bindings)) {
      const local = bindings.name.text
      this.namespaces.set(local, module)
      const target = modules[path] ?? path
      if (!this.aliases.has(target)) {
        this.aliases.set(target, local === last(path) || local === module ? this.free(nameOf(target)) : local)
      }
      this.isValue ??= new Set()
      if (!node.importClause.isTypeOnly) this.isValue.add(target)
    } else {
      for (const element of bindings.elements) {
        const member = (element.propertyName ?? element.name).text
        this.named.set(element.name.text, { module, member, path, used: false })
      }
    }
  }

  /** The module that a local name is a namespace of, by the name that it has in the tables. */
  moduleOf(local) {
    return this.namespaces.get(local)
  }

  /** Whether the file imports a module. */
  has(module) {
    return [...this.namespaces.values()].includes(module)
  }

  /** Whether the file imports a module, or has some text. */
  isUsed(module, text) {
    return this.has(module) || this.source.text.includes(text)
  }

  /** The name in Effect 4 of a module of Effect 3. */
  renamed(module) {
    const path = Object.keys(modules).find((path) => moduleName(path) === module)
    return path === undefined ? module : nameOf(modules[path])
  }

  /** The local name of a module of Effect 4, which is imported from now on. */
  use(module, isType) {
    const path = pathOf(module)
    if (!this.aliases.has(path)) this.aliases.set(path, this.free(module))
    this.needed.set(path, { isType: isType && (this.needed.get(path)?.isType ?? true) })
    return this.aliases.get(path)
  }

  /** What a name that was imported by itself has become: another import, a member of a namespace, or the same. */
  name(local, isType) {
    const found = this.named.get(local)
    if (found === undefined) return undefined
    const known = members[`${found.module}.${found.member}`]
    if (known === undefined) {
      found.used = true
      return undefined
    }
    const [module, member] = known.split(".")
    return `${this.use(module, isType)}.${member}`
  }

  /** A name for a namespace that nothing else in the file has. */
  free(module) {
    const name = module === "Array" ? "Arr" : module
    return this.taken.has(name) ? `${name}_` : name
  }

  /** An import as it is from now on; none if it is not needed any more. The first one brings what is new. */
  print(node) {
    const path = node.moduleSpecifier.text
    const lines = this.printed.size === 0 ? this.added() : []
    this.printed.add(node)
    lines.push(...isEffect(path) ? this.rewritten(node, path) : [node.getText()])
    return lines.length === 0 ? undefined : lines.join("\n")
  }

  rewritten(node, path) {
    const bindings = node.importClause?.namedBindings
    const target = modules[path] ?? path
    if (bindings !== undefined && ts.isNamedImports(bindings)) {
      const kept = bindings.elements.filter((element) => this.named.get(element.name.text).used)
      const type = node.importClause.isTypeOnly ? "type " : ""
      return kept.length === 0
        ? []
        : [`import ${type}{ ${kept.map((element) => element.getText()).join(", ")} } from "${target}"`]
    }
    return this.line(target)
  }

  /** Imports of modules that the file did not import before. */
  added() {
    const before = new Set()
    for (const node of this.source.statements) {
      const bindings = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : undefined
      if (bindings !== undefined && ts.isNamespaceImport(bindings)) {
        before.add(modules[node.moduleSpecifier.text] ?? node.moduleSpecifier.text)
      }
    }
    return [...this.needed.keys()].filter((path) => !before.has(path)).flatMap((path) => this.line(path))
  }

  line(path) {
    const need = this.needed.get(path)
    if (need === undefined || need.isPrinted) return []
    need.isPrinted = true
    return [`import ${need.isType ? "type " : ""}* as ${this.aliases.get(path)} from "${path}"`]
  }
}

/** The name that a module has in the tables. */
const moduleName = (path) => path === "@effect/platform/Error" ? "PlatformError" : last(path)

const nameOf = (path) => path === "fast-check" ? "FastCheck" : last(path)

const pathOf = (module) =>
  module === "FastCheck"
    ? "fast-check"
    : homes[module] ?? Object.values(modules).find((path) => last(path) === module) ?? `effect/${module}`

/** Names that the file declares or imports from elsewhere. */
const declaredIn = (source) => {
  const found = new Set()
  const visit = (node) => {
    const isEffectImport = ts.isNamespaceImport(node) && isEffect(node.parent.parent.moduleSpecifier.text)
    if (node.name !== undefined && ts.isIdentifier(node.name) && !isEffectImport && !isMember(node)) {
      found.add(node.name.text)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

const isMember = (node) =>
  ts.isPropertyAccessExpression(node) || ts.isPropertySignature(node) || ts.isPropertyAssignment(node) ||
  ts.isPropertyDeclaration(node) || ts.isMethodDeclaration(node) || ts.isMethodSignature(node)
