import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as JSONSchema from "effect/JSONSchema"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { isDeepStrictEqual } from "node:util"
import * as guard from "../../src/internal/schema/guard.ts"
import { arbitrary } from "../support/arbitrary.ts"
import * as corpus from "../support/corpus.ts"

const samples = Number(process.env["SCHEMA_SAMPLES"] ?? 10)

const received = corpus.entries.filter(({ schema }) => corpus.isWire(schema))
const transformed = corpus.entries.filter(({ schema }) => !corpus.isWire(schema))

/** `isDeepStrictEqual` is many times faster than the assertion, which is needed only for its message. */
const same = (actual: unknown, expected: unknown) => {
  if (!isDeepStrictEqual(actual, expected)) assert.deepStrictEqual(actual, expected)
}

/** Whatever a schema accepts passes through decoding and encoding untouched. */
const roundTrips = (schema: corpus.AnySchema) => {
  const decode = ParseResult.decodeUnknownSync(schema)
  const encode = ParseResult.encodeUnknownSync(schema)
  const is = guard.make(schema)
  return (value: unknown) => {
    same(decode(value), value)
    same(encode(value), value)
    assert.isTrue(is(value))
    return value
  }
}

/**
 * A record of texts, such as metadata, loses a key of this name when it is copied, and so does the schema of a tool's input
 * itself; the client's own path does not copy.
 */
const isCopyable = (value: unknown, name?: string): boolean => {
  if (typeof value !== "object" || value === null) return true
  return Object.entries(value).every(([key, item]: [string, unknown]) =>
    key === "__proto__"
      ? typeof item === "object" && item !== null && name !== "input_schema"
      : isCopyable(item, key)
  )
}

const eras: ReadonlyArray<corpus.Era> = ["earliest", "latest", "future"]

describe("every schema", () => {
  describe("the corpus", () => {
    it("finds the schemas of every module", () => {
      const modules = new Set(received.map(({ name }) => name.split(".")[0]))
      for (
        const module of [
          "Agent",
          "AgentEvent",
          "AgentTool",
          "Content",
          "Event",
          "Ids",
          "Outcome",
          "PreviewEvent",
          "Resource",
          "Session",
          "SessionEvent",
          "SessionFailure",
          "SpanEvent",
          "Thread",
          "Timestamp",
          "Usage",
          "UserEvent",
          "WorkflowEvent"
        ]
      ) assert.isTrue(modules.has(module), module)
    })

    it("gives every schema an identifier", () => {
      assert.deepStrictEqual(
        corpus.entries.filter(({ schema }) =>
          Option.isNone(AST.getJSONIdentifier(schema.ast)) && !schema.ast.annotations[AST.IdentifierAnnotationId]
        ).map(({ name }) => name),
        []
      )
    })
  })

  describe.each(corpus.entries)("$name", ({ schema }) => {
    it("has a JSON Schema", () => {
      JSONSchema.make(schema)
    })
  })

  describe.each(received)("$name", ({ schema }) => {
    it.each(eras)("reads every variant of the %s era and writes it back as it was", (era) => {
      corpus.variants(schema, era).forEach(roundTrips(schema))
    })

    it("reads whatever is generated and writes it back as it was", () => {
      const check = roundTrips(schema)
      FastCheck.assert(
        FastCheck.property(arbitrary(schema).filter((value) => isCopyable(value)), (value) => {
          check(value)
        }),
        { numRuns: samples }
      )
    })

    it("has a guard that accepts exactly what the schema accepts", () => {
      const is = Schema.is(schema)
      const quick = guard.make(schema)
      const values = eras.flatMap((era) => corpus.variants(schema, era))
      FastCheck.assert(
        FastCheck.property(
          FastCheck.oneof(arbitrary(schema), FastCheck.constantFrom(...values)).chain(corpus.damaged),
          (value) => quick(value) === is(value)
        ),
        { numRuns: 2 * samples }
      )
    })
  })

  describe.each(transformed)("$name", ({ schema }) => {
    it.each(eras)("writes every variant of the %s era and reads it back as it was", (era) => {
      const encode = ParseResult.encodeUnknownSync(schema)
      for (const value of corpus.variants(schema, era)) {
        const encoded = encode(value)
        assert.deepStrictEqual(encode(ParseResult.decodeUnknownSync(schema)(encoded)), encoded)
      }
    })
  })

  describe("open unions", () => {
    const unions = new Map<AST.Union, string>()
    for (const { name, schema } of corpus.entries) {
      for (const union of corpus.openUnions(schema)) {
        if (!unions.has(union)) {
          unions.set(union, Option.getOrElse(AST.getIdentifierAnnotation(union), () => `an unnamed one in ${name}`))
        }
      }
    }

    it("keeps an unknown tag, at every union, as it came", () => {
      const hit = new Set<AST.AST>()
      for (const { schema } of corpus.entries) {
        const done = new Set<string>()
        const survives = corpus.isWire(schema) ? roundTrips(schema) : ParseResult.encodeUnknownSync(schema)
        for (const value of corpus.variants(schema, "latest")) {
          for (const position of corpus.positions(schema, value)) {
            // the same place in another variant is the same case
            if (hit.has(position.ast) && done.has(position.path.join("."))) continue
            hit.add(position.ast)
            done.add(position.path.join("."))
            const later = { [position.key]: "x.later", id: 7, nested: { list: [1, null, { deep: true }] } }
            const written = survives(corpus.replace(value, position.path, later))
            same(corpus.at(written, position.path), later)
          }
        }
      }
      const missed = [...unions].filter(([ast]) => !hit.has(ast)).map(([, name]) => name)
      assert.deepStrictEqual(missed, [])
    })

    it("refuses a wrong body under a known tag", () => {
      const junk = [null, 0, "", "text", true, [], [7], {}, { type: 7 }]
      for (const [union, name] of unions) {
        const schema = Schema.make<unknown, unknown, never>(union)
        const accepts = guard.make(schema)
        const decode = ParseResult.decodeUnknownEither(schema)
        const key = corpus.keyOf(union)
        for (const member of union.types) {
          const tags = guard.tagsOf(member, key)
          // two members may share a tag; what either accepts is not wrong
          const selected = union.types.filter((type) => guard.tagsOf(type, key).some((tag) => tags.includes(tag)))
          const [value] = corpus.variants(Schema.make(member), "latest")
          for (const field of corpus.fieldsOf(member).filter(({ name }) => name !== key)) {
            const wrong = [
              ...junk.filter((by) => !corpus.accepts(field.type)(by)).map((by) =>
                corpus.replace(value, [field.name], by)
              ),
              ...(field.isOptional ? [] : [corpus.drop(value, [field.name])])
            ].filter((candidate) => !selected.some((type) => corpus.accepts(type)(candidate)))
            assert.isNotEmpty(wrong, `${name}: nothing is wrong for ${field.name}`)
            for (const candidate of wrong) {
              assert.isFalse(accepts(candidate), `${name} took ${JSON.stringify(candidate)}`)
              assert.strictEqual(decode(candidate)._tag, "Left", `${name} took ${JSON.stringify(candidate)}`)
            }
          }
        }
      }
    })
  })
})
