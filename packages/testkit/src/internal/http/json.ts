import type * as Endpoint from "@effect-managed-agents/core/Endpoint"
import * as Either from "effect/Either"
import * as refusal from "../session/refusal.ts"
import type { Ruling } from "../session/refusal.ts"
import type { Request } from "./message.ts"

/**
 * The depth to which the values of a request may be nested: more is no accident, and less than what recursion stands.
 */
const maxDepth = 500

const quote = 0x22
const backslash = 0x5c
const bracket = 0x5b
const brace = 0x7b

/** Refuses a body that cannot be JSON, whatever is in it: one that is compressed, or no UTF-8. */
export const checkEncoding = ({ body, headers, isUtf8 = true }: Request): Ruling<void> => {
  const encoding = (headers["content-encoding"] ?? "identity").trim().toLowerCase()
  if (body !== "" && encoding !== "identity" && encoding !== "") {
    return refusal.unsupported(`Unsupported content encoding ${JSON.stringify(encoding)}`, {
      "accept-encoding": "identity"
    })
  }
  return isUtf8 ? Either.void : refusal.invalid("Failed to parse request body: it is not valid UTF-8")
}

/** Refuses a body of another type than is expected. One without a type is taken for JSON. */
export const checkType = (
  { body, form, headers }: Request,
  expected: Endpoint.Any["encoding"]["mediaType"]
): Ruling<void> => {
  if (body === "" && form === undefined) return Either.void
  const type = headers["content-type"] ?? "application/json"
  const isExpected = expected === "application/json"
    ? /^\s*application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(type)
    : form !== undefined
  return isExpected
    ? Either.void
    : refusal.unsupported(`Unsupported content type ${JSON.stringify(type)}, expected ${JSON.stringify(expected)}`)
}

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
