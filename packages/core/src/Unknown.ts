/**
 * The variant that every union of the API has for tags this version does not know.
 *
 * The service adds event types, content blocks and errors while programs are running. A value with an unknown tag is
 * therefore neither dropped nor refused: it is the very object that arrived, typed as {@link Unknown}. A *known* tag
 * with a wrong body is never read as `Unknown`; it is a decode error.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as guard from "./internal/schema/guard.ts"

declare const TagTypeId: unique symbol

/**
 * The type of the tag of an {@link Unknown}.
 *
 * At run time it is a string. It is opaque to the type checker so that comparing a union's tag with a known literal
 * (`event.type === "agent.message"`) still narrows to exactly that member, and a `default` branch to `Unknown`. Read it
 * with {@link tagOf}.
 *
 * @category models
 */
export interface Tag {
  readonly [TagTypeId]: typeof TagTypeId
}

/**
 * A value whose tag is not known to this version, exactly as it arrived.
 * @category models
 */
export type Unknown<Key extends string = "type"> =
  & { readonly [K in Key]: Tag }
  & { readonly [key: string]: unknown }

/**
 * The tag of an unknown value as the string that is on the wire.
 * @category accessors
 */
export const tagOf = (value: Unknown, key: string = "type"): string => String(value[key])

/**
 * Makes an unknown value, for tests and for sending what this version has no type for.
 * @category constructors
 */
export const make = (value: { readonly type: string; readonly [key: string]: unknown }): Unknown =>
  // the tag is a string at run time; only its type is opaque
  value as unknown as Unknown

/**
 * The schema of an unknown variant: any object whose `key` is a string other than the known ones.
 * @category schemas
 */
export const schema = <Key extends string = "type">(
  known: ReadonlySet<unknown>,
  key: Key
): Schema.Schema<Unknown<Key>> => {
  const is = (u: unknown): u is Unknown<Key> =>
    typeof u === "object" && u !== null && !Array.isArray(u) && Object.hasOwn(u, key) &&
    // the property was just found
    typeof (u as Record<string, unknown>)[key] === "string" && !known.has((u as Record<string, unknown>)[key])
  return Schema.declare(is, {
    // the two kinds need two names in a document that has both
    identifier: key === "type" ? "Unknown" : `Unknown.${key}`,
    description: "A value whose tag this version does not know, kept exactly as it arrived.",
    jsonSchema: { type: "object", properties: { [key]: { type: "string" } }, required: [key] },
    arbitrary: () => (fc) =>
      fc.tuple(
        fc.string({ minLength: 1 }).map((s) => `x.${s}`),
        fc.dictionary(fc.string({ minLength: 1 }).map((s) => `f_${s}`), fc.jsonValue({ maxDepth: 2 }))
        // an arbitrary cannot know the opaque tag type
      ).map(([tag, rest]) => JSON.parse(JSON.stringify({ [key]: tag, ...rest })) as Unknown<Key>),
    [guard.PredicateId]: is
  })
}
