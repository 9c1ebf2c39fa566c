import type { Brand } from "effect/Brand"
import * as Schema from "effect/Schema"

/** An id in a request: branded, or a literal with its prefix. */
export const id = <Input extends string>(schema: Schema.Schema<Extract<Input, Brand<symbol | string>>, string>) =>
  // one that is not branded is encoded like one that is: at run time both are strings
  schema as Schema.Schema.AnyNoContext as Schema.Schema<Input, string>

/**
 * Tells a text of at most `max` characters as the service counts them: code points, not UTF-16 units. The cheap
 * upper bound is tried first, so that only texts near the limit are walked.
 */
export const fits = (text: string, max: number): boolean => {
  if (text.length <= max) return true
  let characters = 0
  for (const _ of text) if (++characters > max) return false
  return true
}

/** A text of at most `max` characters; not the empty one if `nonEmpty`. */
export const text = (
  options: { readonly nonEmpty?: boolean; readonly max?: number }
): Schema.Schema<string> => {
  const { max = Infinity, nonEmpty = false } = options
  return Schema.String.pipe(
    Schema.filter(
      (text) => {
        if (nonEmpty && text.length === 0) return "must not be empty"
        return fits(text, max) || `must have at most ${max} characters`
      },
      {
        jsonSchema: { ...(nonEmpty && { minLength: 1 }), ...(max < Infinity && { maxLength: max }) },
        arbitrary: () => (fc) => fc.string({ minLength: nonEmpty ? 1 : 0, maxLength: Math.min(max, 32) })
      }
    )
  )
}

/** A text of a form; `what` completes "must be …". */
export const matching = (pattern: RegExp, what: string): Schema.Schema<string> =>
  Schema.String.pipe(Schema.filter((text) => pattern.test(text) || `must be ${what}`, {
    jsonSchema: { pattern: pattern.source },
    arbitrary: () => (fc) => fc.stringMatching(pattern)
  }))

/** A text that is not empty. */
export const nonEmptyText: Schema.Schema<string> = text({ nonEmpty: true })

/** An integer within bounds, both included. */
export const integer = (
  options: { readonly min: number; readonly max?: number }
): Schema.Schema<number> => {
  const { max = Infinity, min } = options
  const range = max < Infinity ? `from ${min} to ${max}` : `of at least ${min}`
  return Schema.Number.pipe(
    Schema.filter((n) => (Number.isSafeInteger(n) && n >= min && n <= max) || `must be an integer ${range}`, {
      jsonSchema: { type: "integer", minimum: min, ...(max < Infinity && { maximum: max }) },
      arbitrary: () => (fc) => fc.integer({ min, max: Math.min(max, min + 10_000) })
    })
  )
}

/** A list of bounded length. */
export const list = <A, I>(
  item: Schema.Schema<A, I>,
  options: { readonly min?: 0 | 1; readonly max?: number }
): Schema.Schema<ReadonlyArray<A>, ReadonlyArray<I>> => {
  const { max = Infinity, min = 0 } = options
  return Schema.Array(item).pipe(
    Schema.filter(
      (items) => {
        if (items.length < min) return "must not be empty"
        return items.length <= max || `must have at most ${max} items`
      },
      { jsonSchema: { minItems: min, ...(max < Infinity && { maxItems: max }) } }
    )
  )
}

/** Refuses a list in which two items have the same key; items whose key is `undefined` do not count. */
export const distinct =
  <A>(key: (item: A) => string | undefined) =>
  <I>(self: Schema.Schema<ReadonlyArray<A>, I>): Schema.Schema<ReadonlyArray<A>, I> =>
    self.pipe(
      Schema.filter((items) => {
        const seen = new Map<string, number>()
        const issues: Array<Schema.FilterIssue> = []
        for (const [index, item] of items.entries()) {
          const name = key(item)
          if (name === undefined) continue
          const first = seen.get(name)
          if (first === undefined) seen.set(name, index)
          else issues.push({ path: [index], message: `must not have the same name as item ${first}` })
        }
        return issues
      }, { jsonSchema: {} })
    )
