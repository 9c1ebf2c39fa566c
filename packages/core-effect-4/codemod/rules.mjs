// Calls and other nodes whose shape differs. A rule answers with the new text, or with nothing if it does not apply.
import ts from "typescript"
import { queueMethods } from "./tables.mjs"

const list = (node, printer) => `[${printer.args(node)}]`

/** Options of a call, property by property: `change` says what each becomes. */
const properties = (object, printer, change) =>
  `{${
    printer.items(object.properties, object.properties.pos, object.end - 1, (property) => {
      const [text] = change(property.name?.getText(), property) ?? [printer.print(property)]
      return text
    })
  }}`

/** Whether any property has one of these names. */
const has = (object, ...names) => object.properties.some((property) => names.includes(property.name?.getText()))

/** What annotations of a schema are called, and how they are written. */
const annotations = (object, printer) =>
  has(object, "jsonSchema", "arbitrary", "parseOptions")
    ? properties(object, printer, (name, property) => {
      if (name === "arbitrary" || name === "parseOptions") return []
      return name === "jsonSchema" ? [`toJsonSchema: () => (${printer.print(property.initializer)})`] : undefined
    })
    : printer.print(object)

const annotationsOf = (node, printer) => {
  if (node === undefined) return ""
  return `, ${ts.isObjectLiteralExpression(node) ? annotations(node, printer) : printer.print(node)}`
}

const rename = (name) => (node, printer) => `${printer.use(name)}${typeArguments(node, printer)}(${printer.args(node)})`

const typeArguments = (node, printer) =>
  node.typeArguments === undefined ? "" : `<${node.typeArguments.map(printer.print).join(", ")}>`

/** `Schema.Literal` takes one value only. */
const literal = (node, printer) => {
  const [first, ...rest] = node.arguments
  if (first === undefined) return undefined
  if (rest.length === 0 && first.kind === ts.SyntaxKind.NullKeyword) return printer.use("Schema.Null")
  if (rest.length === 0 && ts.isSpreadElement(first)) {
    return `${printer.use("Schema.Literals")}(${printer.print(first.expression)})`
  }
  return rest.length === 0 ? undefined : `${printer.use("Schema.Literals")}(${list(node, printer)})`
}

const record = (node, printer) => {
  const [options] = node.arguments
  if (!ts.isObjectLiteralExpression(options)) return undefined
  const [key, value] = options.properties.map((property) => printer.print(property.initializer))
  return `${printer.use("Schema.Record")}(${key}, ${value})`
}

const optionalWith = (node, printer) => `${printer.use("Schema.optionalKey")}(${printer.print(node.arguments[0])})`

const filter = (node, printer) => {
  const [predicate, options] = node.arguments
  // what a check refuses, later ones are not asked about
  const annotations = options === undefined ? ", undefined" : annotationsOf(options, printer)
  const check = `${printer.use("Schema.makeFilter")}(${printer.print(predicate)}${annotations}, true)`
  return `${printer.use("Schema.check")}(${check})`
}

const declare = (node, printer) => {
  const [is, options] = node.arguments
  return `${printer.use("Schema.declare")}${typeArguments(node, printer)}(${printer.print(is)}${
    annotationsOf(options, printer)
  })`
}

/** What is done when the time is up is an Effect. */
const timeoutFail = (node, printer) => {
  const options = node.arguments.at(-1)
  const before = node.arguments.slice(0, -1).map(printer.print)
  const text = ts.isObjectLiteralExpression(options)
    ? properties(
      options,
      printer,
      (name, property) =>
        name === "onTimeout" && ts.isPropertyAssignment(property) && ts.isArrowFunction(property.initializer)
          ? [`orElse: () => ${printer.use("Effect.fail")}(${body(property.initializer, printer)})`]
          : undefined
    )
    : `{ duration: ${printer.print(options)}.duration, orElse: () => ${printer.use("Effect.fail")}(${
      printer.print(options)
    }.onTimeout()) }`
  return `${printer.use("Effect.timeoutOrElse")}(${[...before, text].join(", ")})`
}

/** What comes of it in time is mapped before, and what else is an Effect. */
const timeoutTo = (node, printer) => {
  const options = node.arguments.at(-1)
  const value = (name) => options.properties.find((property) => property.name.getText() === name).initializer
  const onTimeout = value("onTimeout")
  const orElse = ts.isArrowFunction(onTimeout)
    ? `() => ${printer.use("Effect.succeed")}(${body(onTimeout, printer)})`
    : `() => ${printer.use("Effect.sync")}(${printer.print(onTimeout)})`
  const then = `{ duration: ${printer.print(value("duration"))}, orElse: ${orElse} }`
  const onSuccess = printer.print(value("onSuccess"))
  const timeout = printer.use("Effect.timeoutOrElse")
  const map = printer.use("Effect.map")
  const isSame = /^\((\w+)\) => \1$/.test(onSuccess)
  if (node.arguments.length === 1) {
    return isSame ? `${timeout}(${then})` : `(self) => ${timeout}(${map}(self, ${onSuccess}), ${then})`
  }
  const self = printer.print(node.arguments[0])
  return `${timeout}(${isSame ? self : `${map}(${self}, ${onSuccess})`}, ${then})`
}

/** What is begun with is made when it is run. */
const lazily = (node, printer) => {
  const args = node.arguments.map(printer.print)
  const at = args.length - 2
  args[at] = `() => ${ts.isObjectLiteralExpression(node.arguments[at]) ? `(${args[at]})` : args[at]}`
  return `${printer.print(node.expression)}${typeArguments(node, printer)}(${args.join(", ")})`
}

/** The status of an error is an annotation as any other. */
const httpStatus = (node, printer) => {
  const status = node.arguments[0].properties.find((property) => property.name.getText() === "status").initializer
  return `{ httpApiStatus: ${printer.print(status)} }`
}

const body = (arrow, printer) => {
  const text = printer.print(arrow.body)
  return ts.isParenthesizedExpression(arrow.body) ? text.slice(1, -1) : text
}

const interruptFork = (node, printer) =>
  `${printer.use("Effect.forkDetach")}(${printer.use("Fiber.interrupt")}(${printer.args(node)}))`

/** How a fiber ended is asked for after it was interrupted. */
const interruptFiber = (node, printer) => {
  const isUsed = ts.isYieldExpression(node.parent) && !ts.isExpressionStatement(node.parent.parent)
  if (!isUsed) return undefined
  const fiber = printer.args(node)
  return `${printer.use("Effect.andThen")}(${printer.use("Fiber.interrupt")}(${fiber}), ${
    printer.use("Fiber.await")
  }(${fiber}))`
}

const cases = { onLeft: "onFailure", onRight: "onSuccess" }

const matchEither = (node, printer) => {
  const options = node.arguments.at(-1)
  if (!ts.isObjectLiteralExpression(options)) return undefined
  const before = node.arguments.slice(0, -1).map(printer.print)
  const text = properties(options, printer, (name, property) => {
    if (ts.isPropertyAssignment(property)) return [`${cases[name]}: ${printer.print(property.initializer)}`]
    return undefined
  })
  return `${printer.use("Result.match")}(${[...before, text].join(", ")})`
}

/** Schedules are joined as a list. */
const schedules = (name) => (node, printer) =>
  node.arguments.length === 2 ? `${printer.use(name)}([${printer.args(node)}])` : undefined

/** An interface of a service is in the key, which is made after it. */
const tag = (node, printer) => {
  const inner = node.expression
  if (!ts.isCallExpression(inner) || printer.nameOf(inner.expression) !== "Context.Tag") return undefined
  return `${printer.use("Context.Service")}<${node.typeArguments.map(printer.print).join(", ")}>()(${
    printer.args(inner)
  })`
}

const repeatN = (node, printer) => {
  const times = node.arguments.at(-1)
  const before = node.arguments.slice(0, -1).map(printer.print)
  return `${printer.use("Effect.repeat")}(${[...before, `{ times: ${printer.print(times)} }`].join(", ")})`
}

const yieldNow = (node, printer) => node.arguments.length === 0 ? printer.use("Effect.yieldNow") : undefined

/** The metric is added to, instead of told to add. */
const increment = (node, printer) => `${printer.use("Metric.update")}(${printer.args(node)}, 1)`

const tagged = (node, printer) => {
  const [metric, key, value] = node.arguments.map(printer.print)
  const label = node.arguments[1]
  const entry = ts.isStringLiteral(label) ? label.text : `[${key}]`
  return `${printer.use("Metric.withAttributes")}(${metric}, { ${entry}: ${value} })`
}

/** Items of a stream are lists of items. */
const mapConcat = (node, printer) => {
  const stream = printer.use("Stream.map")
  return node.arguments.length === 1
    ? `(self) => ${printer.use("Stream.flattenIterable")}(${stream}(self, ${printer.args(node)}))`
    : `${printer.use("Stream.flattenIterable")}(${stream}(${printer.args(node)}))`
}

/** Pages are lists of items already. */
const flattenIterables = (node, printer) => {
  const [stream] = node.arguments
  const isPaginated = stream !== undefined && ts.isCallExpression(stream) &&
    printer.nameOf(stream.expression) === "Stream.paginateEffect"
  return isPaginated ? printer.print(stream) : undefined
}

/** Each step gives a list. */
const mapAccum = (node, printer) => {
  const args = node.arguments.map(printer.print)
  const at = args.length - 2
  const f = node.arguments[at + 1]
  const initial = `() => ${ts.isObjectLiteralExpression(node.arguments[at]) ? `(${args[at]})` : args[at]}`
  return `${printer.use("Stream.mapAccum")}(${[...args.slice(0, at), initial, listing(f, printer)].join(", ")})`
}

const listing = (f, printer) => {
  const last = ts.isArrowFunction(f) && ts.isBlock(f.body) ? f.body.statements.at(-1).expression : f.body
  if (last !== undefined && ts.isArrayLiteralExpression(last)) {
    const text = printer.print(f)
    const [state, value] = last.elements.map(printer.print)
    return text.replace(printer.print(last), () => `[${state}, [${value}]]`)
  }
  return `(state, item) => {
    const [next, value] = ${printer.print(f)}(state, item)
    return [next, [value]]
  }`
}

/** An error of a configuration is one of a schema. */
const configError = (node, printer) => {
  const message = printer.print(node.arguments[1])
  const issue = `new ${printer.use("SchemaIssue.InvalidValue")}({ message: ${message} })`
  return `new ${printer.use("Config.ConfigError")}(new ${printer.use("Schema.SchemaError")}(${issue}))`
}

/** Causes are lists of reasons. */
const reasons = (is, member) => (node, printer) =>
  `${printer.args(node)}.reasons.filter(${printer.use(`Cause.${is}`)}).map((reason) => reason.${member})`

/** Variables of an environment. */
const configProvider = (node, printer) =>
  `${printer.use("ConfigProvider.fromEnv")}({ env: Object.fromEntries(${printer.args(node)}) })`

/** Parameters of a tool are a schema. */
const tool = (node, printer) => {
  const options = node.arguments[1]
  if (options === undefined || !ts.isObjectLiteralExpression(options) || !has(options, "parameters")) return undefined
  const text = properties(
    options,
    printer,
    (name, property) =>
      name === "parameters" && ts.isPropertyAssignment(property) && ts.isObjectLiteralExpression(property.initializer)
        ? [`parameters: ${printer.use("Schema.Struct")}(${printer.print(property.initializer)})`]
        : undefined
  )
  return `${printer.use("Tool.make")}(${printer.print(node.arguments[0])}, ${text})`
}

/** A text of JSON, whatever it holds. */
const parseJson = (node, printer) =>
  node.arguments.length === 0
    ? `${printer.use("Schema.fromJsonString")}(${printer.use("Schema.Unknown")})`
    : undefined

const nothing = (name) => (node, printer) => `${printer.use(name)}${typeArguments(node, printer)}()`

export const calls = {
  "ConfigError.InvalidData": configError,
  "ConfigError.MissingData": configError,
  "ConfigError.isConfigError": (node, printer) =>
    `(${printer.args(node)} instanceof ${printer.use("Config.ConfigError")})`,
  "ConfigProvider.fromMap": configProvider,
  "Context.GenericTag": rename("Context.Service"),
  "Cause.defects": reasons("isDieReason", "defect"),
  "Cause.failures": reasons("isFailReason", "error"),
  "Chunk.join": (node, printer) => `${printer.print(node.arguments[0])}.join(${printer.print(node.arguments[1])})`,
  "Chunk.of": list,
  "Deferred.unsafeMake": nothing("Deferred.makeUnsafe"),
  "Effect.dieMessage": (node, printer) => `${printer.use("Effect.die")}(new Error(${printer.args(node)}))`,
  "Effect.ignoreLogged": (node, printer) => `${printer.use("Effect.ignore")}(${printer.args(node)}, { log: true })`,
  "Effect.repeatN": repeatN,
  "Effect.timeoutFail": timeoutFail,
  "Effect.withClock": (node, printer) =>
    `${printer.use("Effect.provideService")}(${printer.use("Clock.Clock")}, ${printer.args(node)})`,
  "Effect.timeoutTo": timeoutTo,
  "Effect.scopeWith": (node, printer) =>
    `${printer.use("Effect.flatMap")}(${printer.use("Effect.scope")}, ${printer.args(node)})`,
  "Effect.withConfigProvider": (node, printer) =>
    `${printer.use("Effect.provideService")}(${printer.use("ConfigProvider.ConfigProvider")}, ${printer.args(node)})`,
  "Effect.yieldNow": yieldNow,
  "Either.match": matchEither,
  "Fiber.poll": (node, printer) =>
    `${printer.use("Effect.sync")}(() => ${printer.use("Option.fromUndefinedOr")}(${printer.args(node)}.pollUnsafe()))`,
  "Fiber.interrupt": interruptFiber,
  "Fiber.interruptFork": interruptFork,
  "HttpApiSchema.annotations": httpStatus,
  "Metric.increment": increment,
  "Metric.tagged": tagged,
  "Schedule.intersect": schedules("Schedule.max"),
  "Schedule.union": schedules("Schedule.min"),
  "Schema.Literal": literal,
  "Schema.Record": record,
  "Schema.Tuple": (node, printer) => `${printer.use("Schema.Tuple")}(${list(node, printer)})`,
  "Schema.Union": (node, printer) => `${printer.use("Schema.Union")}(${list(node, printer)})`,
  "Schema.declare": declare,
  "Schema.filter": filter,
  "Schema.optionalWith": optionalWith,
  "Schema.parseJson": parseJson,
  "Stream.flattenIterables": flattenIterables,
  "Stream.mapAccum": mapAccum,
  "Stream.mapConcat": mapConcat,
  "Tool.make": tool,
  "Stream.runFold": lazily
}

/** Tests have a scope by themselves. */
const testMethods = { scoped: "effect", scopedLive: "live" }

const testMethod = (node) => {
  if (!ts.isPropertyAccessExpression(node) || node.expression.getText() !== "it") return undefined
  return Object.hasOwn(testMethods, node.name.text) ? `it.${testMethods[node.name.text]}` : undefined
}

/** A test of many values, which are made by `fast-check`. */
const propertyTest = (node, printer) => {
  if (!ts.isCallExpression(node) || node.expression.getText() !== "it.effect.prop") return undefined
  const [name, values, f, options] = node.arguments
  const check = (member) => printer.use(`FastCheck.${member}`)
  const arbitrary = ts.isArrayLiteralExpression(values)
    ? `${check("tuple")}(${printer.items(values.elements, values.elements.pos, values.end - 1, printer.print)})`
    : `${check("record")}(${printer.print(values)})`
  const effect = (member) => printer.use(`Effect.${member}`)
  const run = `(values) =>
      (${printer.print(f)})(values).pipe(
        ${effect("scoped")},
        ${effect("provide")}(${printer.use("TestClock.layer")}()),
        ${effect("runPromise")}
      )`
  const parameters = options === undefined ? "" : `, ${printer.print(options.properties[0].initializer)}`
  return `it.effect(${printer.print(name)}, () =>
    ${effect("promise")}(() => ${check("assert")}(${check("asyncProperty")}(${arbitrary}, ${run})${parameters})))`
}

/** `x.annotations({ … })` of a schema. */
const annotate = (node, printer) => {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined
  const { expression, name } = node.expression
  const [options] = node.arguments
  const isModule = ts.isIdentifier(expression) && printer.imports.moduleOf(expression.text) !== undefined
  if (name.text !== "annotations" || node.arguments.length !== 1 || isModule) return undefined
  const text = ts.isObjectLiteralExpression(options) ? annotations(options, printer) : printer.print(options)
  return `${printer.print(expression)}.annotate(${text})`
}

/** Checks tell an issue, not a message, beside the path. */
const filterIssue = (node, printer) => {
  if (!ts.isObjectLiteralExpression(node) || node.properties.length !== 2) return undefined
  if (!has(node, "message") || !has(node, "path") || !isInFilter(node, printer)) return undefined
  return properties(node, printer, (name, property) => {
    if (name !== "message") return undefined
    return [`issue: ${printer.print(property.initializer ?? property.name)}`]
  })
}

const isInFilter = (node, printer) => {
  for (let at = node.parent; at !== undefined; at = at.parent) {
    if (ts.isFunctionLike(at) && at.type !== undefined && /FilterIssue|FilterOutput/.test(at.type.getText())) {
      return true
    }
    if (ts.isCallExpression(at) && printer.nameOf(at.expression) === "Schema.filter") return true
    if (ts.isVariableDeclaration(at) && printer.filters.has(at.name.getText())) return true
  }
  return false
}

/** Methods of queues. */
const queueMethod = (node, printer) => {
  if (!printer.imports.has("Queue") && !printer.imports.has("Mailbox")) return undefined
  const access = ts.isCallExpression(node) ? node.expression : node
  if (!ts.isPropertyAccessExpression(access) || !Object.hasOwn(queueMethods, access.name.text)) return undefined
  if (!ts.isCallExpression(node) && ts.isCallExpression(node.parent) && node.parent.expression === node) {
    return undefined
  }
  if (printer.nameOf(access) !== undefined) return undefined
  if (!ts.isCallExpression(node) && !["take", "takeAll", "end", "shutdown"].includes(access.name.text)) return undefined
  const rest = ts.isCallExpression(node) ? node.arguments.map(printer.print) : []
  return `${printer.use(queueMethods[access.name.text])}(${[printer.print(access.expression), ...rest].join(", ")})`
}

const sides = { Left: "Failure", Right: "Success", left: "failure", right: "success" }

/** The sides of a result. */
const side = (node, printer) => {
  if (!printer.imports.isUsed("Either", "Effect.either")) return undefined
  if (ts.isStringLiteral(node) && /^(Left|Right)$|^(left|right)\./.test(node.text)) {
    return JSON.stringify(node.text.replace(/^\w+/, (name) => sides[name]))
  }
  if (!ts.isPropertyAccessExpression(node) || !["left", "right"].includes(node.name.text)) return undefined
  if (printer.nameOf(node) !== undefined) return undefined
  return `${printer.print(node.expression)}.${sides[node.name.text]}`
}

/** `Fiber.interruptFork` that is passed on. */
const interruptForkValue = (node, printer) => {
  if (!ts.isPropertyAccessExpression(node) || printer.nameOf(node) !== "Fiber.interruptFork") return undefined
  return `(fiber) => ${printer.use("Effect.forkDetach")}(${printer.use("Fiber.interrupt")}(fiber))`
}

/** What a service is, by its key. */
const serviceType = (node, printer) => {
  if (!ts.isIndexedAccessTypeNode(node) || node.indexType.getText() !== `"Type"`) return undefined
  const object = ts.isTypeReferenceNode(node.objectType) ? node.objectType : undefined
  if (object === undefined) return undefined
  return `${printer.print(object)}["Service"]`
}

/** Types of schemas: what decodes and encodes is a codec. */
const schemaType = (node, printer) => {
  const isHeritage = ts.isExpressionWithTypeArguments(node)
  if (!isHeritage && !ts.isTypeReferenceNode(node)) return undefined
  const name = printer.nameOf(isHeritage ? node.expression : node.typeName)
  const [first, ...rest] = node.typeArguments ?? []
  if (name === "Schema.Schema" && first !== undefined) {
    return `${printer.use("Schema.Codec", true)}${typeArguments(node, printer)}`
  }
  if (name === "Schema.Schema.Context" && first !== undefined) {
    const schema = printer.print(first)
    const codec = printer.use("Schema.Codec", true)
    return `${codec}.DecodingServices<${schema}> | ${codec}.EncodingServices<${schema}>`
  }
  if (name === "Chunk.Chunk") return `ReadonlyArray<${printer.print(first)}>`
  if (name === "Schema.optionalWith" && rest.length === 1) {
    return `${printer.use("Schema.optionalKey", true)}<${printer.print(first)}>`
  }
  if (name === "Either.Either" && rest.length === 1) {
    return `${printer.use("Result.Result", true)}${typeArguments(node, printer)}`
  }
  return undefined
}

/** A reference is made in one call, and nothing requires it. */
const reference = (node, printer) => {
  if (ts.isTypeReferenceNode(node) && printer.nameOf(node.typeName) === "Context.Reference") {
    return `${printer.use("Context.Reference", true)}<${printer.print(node.typeArguments[1])}>`
  }
  if (!ts.isCallExpression(node) || !ts.isCallExpression(node.expression)) return undefined
  if (printer.nameOf(node.expression.expression) !== "Context.Reference") return undefined
  return `${printer.use("Context.Reference")}(${printer.args(node)})`
}

const service = (node, printer) => ts.isCallExpression(node) ? tag(node, printer) : undefined

/** Heritage of a class holds the type arguments of the call beside it. */
const serviceClass = (node, printer) => {
  if (!ts.isExpressionWithTypeArguments(node) || !ts.isCallExpression(node.expression)) return undefined
  return node.typeArguments === undefined ? tag(node.expression, printer) : undefined
}

export const nodes = [
  propertyTest,
  testMethod,
  reference,
  serviceClass,
  service,
  annotate,
  filterIssue,
  queueMethod,
  side,
  interruptForkValue,
  serviceType,
  schemaType
]
