import * as HttpClientError from "@effect/platform/HttpClientError"
import { TransportError } from "../../ApiError.ts"
import type { Scrub } from "./secrets.ts"
import { excerpt } from "./secrets.ts"

/** How far chains of causes are followed; they may be circular. */
const maxDepth = 6

/** What a transport reported: the messages of an error and of its causes, without repetition. */
export const describe = (error: unknown, scrub: Scrub): string => {
  const messages: Array<string> = []
  // the platform's own error says no more than the request; what happened is in its cause
  let current = HttpClientError.isHttpClientError(error) && error.cause !== undefined ? error.cause : error
  for (let depth = 0; depth < maxDepth && current instanceof Error; depth++) {
    const { message } = current
    if (message !== "" && !messages.some((m) => m.includes(message))) messages.push(message)
    current = current.cause
  }
  return excerpt(messages.length === 0 ? String(error) : messages.join(": "), scrub)
}

/** Failures of the attempt to connect, in Node, undici and Bun: not a byte of the request can have reached a server. */
const refused = new Set<unknown>([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT",
  "ConnectionRefused"
])

const wasRefused = (error: unknown, depth = 0): boolean => {
  if (typeof error !== "object" || error === null || depth === maxDepth) return false
  if ("code" in error && refused.has(error.code)) return true
  // an unreachable host, for example, may also be reported by a connection that has been in use
  if ("syscall" in error && (error.syscall === "connect" || error.syscall === "getaddrinfo")) return true
  if ("errors" in error && Array.isArray(error.errors) && error.errors.length > 0) {
    // several addresses of one host were tried
    return error.errors.every((each) => wasRefused(each, depth + 1))
  }
  return "cause" in error && wasRefused(error.cause, depth + 1)
}

/** The error that a failure below HTTP stands for, before a response head had come. */
export const fromClientError = (
  operation: string,
  error: HttpClientError.HttpClientError,
  scrub: Scrub
): TransportError => {
  const unsent = error._tag === "RequestError" && (error.reason !== "Transport" || wasRefused(error.cause))
  return new TransportError({
    operation,
    reason: unsent ? "Refused" : "Connection",
    detail: describe(error, scrub)
  })
}
