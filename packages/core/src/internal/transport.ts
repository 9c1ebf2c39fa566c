import type { HttpClientError } from "@effect/platform/HttpClientError"
import { TransportError } from "../ApiError.ts"

/** What a transport reported: the messages of an error and of its causes, without repetition. */
export const describe = (error: unknown): string => {
  const messages: Array<string> = []
  let current = error
  while (current instanceof Error && messages.length < 4) {
    const message = current.message
    if (message !== "" && !messages.some((m) => m.includes(message))) messages.push(message)
    current = current.cause
  }
  return messages.length === 0 ? String(error) : messages.join(": ")
}

/** Failures of the connection attempt itself: not a byte of the request can have reached a server. */
const refused = /\b(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ConnectionRefused)\b/

const wasRefused = (error: unknown): boolean => {
  let current = error
  for (let depth = 0; depth < 6 && typeof current === "object" && current !== null; depth++) {
    if ("code" in current && typeof current.code === "string" && refused.test(current.code)) return true
    if ("errors" in current && Array.isArray(current.errors) && current.errors.length > 0) {
      // several addresses of one host were tried
      return current.errors.every(wasRefused)
    }
    current = "cause" in current ? current.cause : undefined
  }
  return false
}

/** The error that a failure below HTTP stands for, before a response head had come. */
export const fromClientError = (
  operation: string,
  error: HttpClientError,
  scrub: (text: string) => string
): TransportError => {
  const unsent = error._tag === "RequestError" && (error.reason !== "Transport" || wasRefused(error.cause))
  return new TransportError({
    operation,
    reason: unsent ? "Refused" : "Connection",
    detail: scrub(describe(error.cause ?? error))
  })
}
