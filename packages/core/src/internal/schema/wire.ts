import * as Schema from "effect/Schema"
import * as Unknown from "../../Unknown.ts"
import * as guard from "./guard.ts"

/**
 * A struct as it is on the wire: no transformation, unknown extra fields kept, named in messages and in OpenAPI.
 */
export const struct = <Fields extends Schema.Struct.Fields>(
  identifier: string,
  fields: Fields
): Schema.Struct<Fields> =>
  Schema.Struct(fields).annotations({ identifier, parseOptions: { onExcessProperty: "preserve" } })

/** A struct whose type has the name of the class that extends it. */
export interface Opaque<Self, Fields extends Schema.Struct.Fields>
  extends Schema.Schema<Self, Schema.Struct.Encoded<Fields>, Schema.Struct.Context<Fields>>
{
  new(_: never): Schema.Struct.Type<Fields>
}

/** `class X extends Struct<X>()("X", { … }) {}`: one name for the schema and for its values. Nothing is ever constructed. */
export const Struct =
  <Self>() => <const Fields extends Schema.Struct.Fields>(identifier: string, fields: Fields): Opaque<Self, Fields> =>
    // a struct is a class at run time; that its values are those of `Self` is what `extends` says
    struct(identifier, fields) as unknown as Opaque<Self, Fields>

/** An optional wire field: absent or present, never `undefined`. */
export const optional = <A, I>(
  schema: Schema.Schema<A, I>
): Schema.optionalWith<Schema.Schema<A, I>, { exact: true }> => Schema.optionalWith(schema, { exact: true })

/** An optional wire field that may also be `null`; readers treat absent and `null` alike. */
export const nullish = <A, I>(
  schema: Schema.Schema<A, I>
): Schema.optionalWith<Schema.NullOr<Schema.Schema<A, I>>, { exact: true }> =>
  Schema.optionalWith(Schema.NullOr(schema), { exact: true })

type Type<Members extends ReadonlyArray<Schema.Schema.All>> = Schema.Schema.Type<Members[number]>
type Encoded<Members extends ReadonlyArray<Schema.Schema.All>> = Schema.Schema.Encoded<Members[number]>

/** The schema of an open union. It names its members, so that declarations and hovers do. */
export interface OpenUnion<Members extends ReadonlyArray<Schema.Schema.All>, Key extends string>
  extends Schema.Schema<Type<Members> | Unknown.Unknown<Key>, Encoded<Members> | Unknown.Unknown<Key>>
{}

/**
 * The values of a union. `type X = Named<typeof X>["union" | "name"]` is shown as `X`, where `typeof X.Type` is shown
 * member by member: the compiler keeps the name of a union that an alias makes, and two keys make one.
 */
export interface Named<S extends Schema.Schema.Any> {
  readonly union: Schema.Schema.Type<S>
  readonly name: Schema.Schema.Type<S>
}

/**
 * A union that is open at the tag and strict in the body: a known tag selects its member, which must then match; an
 * unknown tag is kept whole as {@link Unknown.Unknown}.
 */
export const openUnion = <
  const Members extends ReadonlyArray<Schema.Schema.Any>,
  const Key extends string = "type"
>(
  identifier: string,
  members: Members,
  // the default of a type parameter cannot be inferred from the default of its argument
  key: Key = "type" as Key
): OpenUnion<Members, Key> => {
  const known = new Set<unknown>(members.flatMap((member) => guard.tagsOf(member.ast, key)))
  const info: guard.OpenUnionInfo = { key }
  return Schema.Union(...members, Unknown.schema(known, key)).annotations({
    identifier,
    [guard.OpenUnionId]: info
    // `Schema.Union` computes the same types member by member, which the compiler cannot follow through the spread
  }) as unknown as OpenUnion<Members, Key>
}

/** A string with a known vocabulary that may grow: known values complete in the editor, any other is accepted. */
export const openString = <const Values extends readonly [string, ...Array<string>]>(
  identifier: string,
  ...values: Values
): Schema.Schema<Values[number] | (string & {})> =>
  // `string & {}` keeps the literals visible to completion and to the type tests; at run time every string is accepted
  Schema.String.annotations({ identifier, examples: values }) as unknown as Schema.Schema<
    Values[number] | (string & {})
  >

const isFinite_ = (u: unknown): u is number => typeof u === "number" && Number.isFinite(u)

/** A JSON number. */
export const number: Schema.Schema<number> = Schema.Number.pipe(
  Schema.filter(isFinite_, {
    identifier: "JsonNumber",
    jsonSchema: { type: "number" },
    arbitrary: () => (fc) => fc.oneof(fc.nat(), fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0)),
    [guard.PredicateId]: isFinite_
  })
)

const isRecord = (u: unknown): u is { readonly [key: string]: unknown } =>
  typeof u === "object" && u !== null && !Array.isArray(u)

// the filter below is what makes it one
const anything = Schema.Unknown as Schema.Schema.Any as Schema.Schema<{ readonly [key: string]: unknown }>

/**
 * Any JSON object, such as the input of a tool call, as it is: a copy, which a record makes, would take a key named
 * `__proto__` for its prototype.
 */
export const json: Schema.Schema<{ readonly [key: string]: unknown }> = anything.pipe(
  Schema.filter(isRecord, {
    identifier: "JsonObject",
    jsonSchema: { type: "object" },
    arbitrary: () => (fc) =>
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })).map((o): { readonly [key: string]: unknown } =>
        JSON.parse(JSON.stringify(o))
      ),
    [guard.PredicateId]: isRecord
  })
)
