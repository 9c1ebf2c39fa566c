import * as Either from "effect/Either"

/**
 * The depth to which the values of a request may be nested: more is no accident, and less than what recursion stands.
 */
const maxDepth = 500

const quote = 0x22
const backslash = 0x5c
const bracket = 0x5b
const brace = 0x7b

/** Reads JSON that a stranger wrote; what is wrong with it is the left side. */
export const parse = (text: string): Either.Either<unknown, string> => {
  if (isTooDeep(text)) return Either.left("exceeded the maximum nesting depth")
  try {
    return Either.right(JSON.parse(text))
  } catch {
    return Either.left("invalid JSON")
  }
}

const isTooDeep = (text: string): boolean => {
  if (text.length <= maxDepth) return false
  let depth = 0
  let inText = false
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit === quote) inText = !inText
    else if (unit === backslash) i++
    else if (inText) continue
    else if (unit === bracket || unit === brace) {
      if (++depth > maxDepth) return true
    } else if (unit === bracket + 2 || unit === brace + 2) depth--
  }
  return false
}
