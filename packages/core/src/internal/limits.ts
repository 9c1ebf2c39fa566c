import * as Schema from "effect/Schema"

/*
 * The published limits of request parameters. They are checked before anything is sent, so a check must never refuse
 * what the service would take. "Characters" are therefore counted as Unicode code points: of the plausible counts
 * (bytes, UTF-16 units, code points) that is the smallest.
 */

const characters = (text: string): number => {
  let count = 0
  for (const _ of text) count++
  return count
}

/** Says what is wrong with the length of a text, or nothing. */
export const lengthIssue = (text: string, min: number, max: number): string | undefined => {
  // a code point is one or two units, so the exact count matters only between the two bounds
  if (text.length >= min * 2 && text.length <= max) return undefined
  const count = characters(text)
  if (count >= min && count <= max) return undefined
  return min === 0
    ? `at most ${max} characters are allowed, not ${count}`
    : `${min} to ${max} characters are expected, not ${count}`
}

/** A text of `min` to `max` characters. */
export const text = (min: number, max: number): Schema.Schema<string> =>
  Schema.String.pipe(Schema.filter((s) => lengthIssue(s, min, max), {
    jsonSchema: min === 0 ? { maxLength: max } : { minLength: min, maxLength: max },
    arbitrary: () => (fc) => fc.string({ minLength: min, maxLength: Math.min(max, 32) })
  }))

/** An integer of at least `min` and, if given, at most `max`. */
export const integer = (min: number, max?: number): Schema.Schema<number> =>
  Schema.Number.pipe(Schema.filter((n) => {
    if (Number.isSafeInteger(n) && n >= min && (max === undefined || n <= max)) return undefined
    return max === undefined
      ? `an integer of at least ${min} is expected, not ${n}`
      : `an integer from ${min} to ${max} is expected, not ${n}`
  }, {
    jsonSchema: max === undefined ? { type: "integer", minimum: min } : { type: "integer", minimum: min, maximum: max },
    arbitrary: () => (fc) => fc.integer(max === undefined ? { min } : { min, max })
  }))

/** Refuses lists with fewer than `min` or more than `max` items. */
export const items =
  (min: number, max: number) =>
  <A, I, R>(self: Schema.Schema<ReadonlyArray<A>, I, R>): Schema.Schema<ReadonlyArray<A>, I, R> =>
    self.pipe(Schema.filter((list) => {
      if (list.length >= min && list.length <= max) return undefined
      return min === 0
        ? `at most ${max} items are allowed, not ${list.length}`
        : `${min} to ${max} items are expected, not ${list.length}`
    }, { jsonSchema: min === 0 ? { maxItems: max } : { minItems: min, maxItems: max } }))

/** Refuses lists in which two items have the same key; items whose key is `undefined` do not count. */
export const distinct =
  <A>(what: string, key: (item: A) => string | undefined) =>
  <I, R>(self: Schema.Schema<ReadonlyArray<A>, I, R>): Schema.Schema<ReadonlyArray<A>, I, R> =>
    self.pipe(Schema.filter((list) => {
      const seen = new Set<string>()
      return list.flatMap((item, index): ReadonlyArray<Schema.FilterIssue> => {
        const name = key(item)
        if (name === undefined) return []
        if (!seen.has(name)) {
          seen.add(name)
          return []
        }
        return [{ path: [index], message: `the ${what} ${JSON.stringify(name)} is already in the list` }]
      })
    }, { jsonSchema: {} }))
