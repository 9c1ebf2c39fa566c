// Finds assertions that cannot fail: chai's deep equality takes an Option that is none for one that is some, and does not
// see the members of errors; and a value whose type is never falsy is always ok.
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import ts from "typescript"
import { root } from "./lib.mjs"

const utils = "deepStrictEqual of @effect/vitest/utils"

/** Members by which types are known, and how their values are compared. */
const opaque = [
  [/^stack$/, "an error, of which only name, message and code are compared", utils],
  [/^__@EffectTypeId@/, "an Effect, Option, Either or Exit", `assertSome, assertNone, assertRight, … or ${utils}`],
  [/^__@RedactedTypeId@/, "a Redacted", "Redacted.value"]
]
const opaqueGlobals = new Set(["Blob", "Headers", "URLSearchParams"])

const maxDepth = 8

const judge = (checker) => {
  const known = new Map()

  const partsOf = (type) => {
    if (type.isUnionOrIntersection()) return type.types
    if ((type.flags & ts.TypeFlags.Object) === 0 || type.getCallSignatures().length > 0) return []
    const ofArguments = (type.objectFlags & ts.ObjectFlags.Reference) !== 0 ? checker.getTypeArguments(type) : []
    if (checker.isArrayType(type) || checker.isTupleType(type)) return ofArguments
    return [...ofArguments, ...checker.getPropertiesOfType(type).map((property) => checker.getTypeOfSymbol(property))]
  }

  /** The first part of a type that deep equality does not look into. */
  const blindSpot = (type, depth = 0) => {
    if (known.has(type)) return known.get(type)
    if (depth > maxDepth) return undefined
    known.set(type, undefined)
    const names = (type.flags & ts.TypeFlags.Object) === 0
      ? []
      : checker.getPropertiesOfType(type).map((one) => one.name)
    const found = opaque.find(([name]) => names.some((one) => name.test(one))) ??
      (opaqueGlobals.has(type.symbol?.name) ? [undefined, `a ${type.symbol.name}`, "its entries"] : undefined)
    const spot = found ?? partsOf(type).map((part) => blindSpot(part, depth + 1)).find((one) => one !== undefined)
    known.set(type, spot)
    return spot
  }

  const isNeverFalsy = (type) =>
    type.isUnion() ? type.types.every(isNeverFalsy) : (type.flags & ts.TypeFlags.Object) !== 0

  return (call) => {
    const { arguments: values, expression } = call
    const callee = ts.isPropertyAccessExpression(expression) ? expression.expression : expression
    if (!ts.isIdentifier(callee) || callee.text !== "assert" || values.length === 0) return undefined
    const method = ts.isPropertyAccessExpression(expression) ? expression.name.text : "ok"
    if (/deep/i.test(method)) {
      // what is expected is compared, and says of a wider type what it should be
      const [actual, expected] = values.slice(0, 2).map((value) => checker.getTypeAtLocation(value))
      const isTelling = expected !== undefined && (expected.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) === 0
      const spot = blindSpot(isTelling ? expected : actual)
      return spot && `does not compare ${spot[1]}: use ${spot[2]}`
    }
    return /^(?:ok|isOk)$/.test(method) && isNeverFalsy(checker.getTypeAtLocation(values[0]))
      ? "is about a value that is never falsy"
      : undefined
  }
}

/** Problems of the assertions of some projects, a line each. */
export const check = (configs) => {
  const projects = configs.map((config) =>
    ts.parseJsonConfigFileContent(ts.readConfigFile(config, ts.sys.readFile).config, ts.sys, dirname(config))
  )
  const files = new Set(projects.flatMap(({ fileNames }) => fileNames))
  const program = ts.createProgram([...files], { ...projects[0].options, incremental: false })
  const problemOf = judge(program.getTypeChecker())
  const problems = []
  for (const file of program.getSourceFiles().filter(({ fileName }) => files.has(fileName))) {
    const visit = (node) => {
      const problem = ts.isCallExpression(node) ? problemOf(node) : undefined
      if (problem !== undefined) {
        const { line } = file.getLineAndCharacterOfPosition(node.getStart())
        problems.push(`${relative(root, file.fileName)}:${line + 1}: ${node.expression.getText()} ${problem}`)
      }
      ts.forEachChild(node, visit)
    }
    visit(file)
  }
  return problems
}

if (fileURLToPath(import.meta.url) === process.argv[1]) {
  const configs = [
    "core/tsconfig.test.json",
    "testkit/tsconfig.test.json",
    "examples/tsconfig.json",
    "inspector/tsconfig.json"
  ]
  const problems = check(configs.map((config) => join(root, "packages", config)))
  for (const problem of problems) console.log(problem)
  process.exit(problems.length === 0 ? 0 : 1)
}
