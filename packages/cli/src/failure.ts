import type { ApiError } from "@effect-managed-agents/core/ApiError"
import * as Data from "effect/Data"

/** Exit codes, by the kind of the failure. They are documented in `docs/guides/command-line.md`. */
export const code = {
  done: 0,
  unexpected: 1,
  usage: 2,
  credential: 3,
  notFound: 4,
  refused: 5,
  conflict: 6,
  limited: 7,
  service: 8,
  connection: 9,
  interrupted: 130
} as const

/** A failure that the command line explains itself. */
export class Failure extends Data.TaggedError("Failure")<{ readonly message: string; readonly code: number }> {}

/** A command line, or an input, that cannot be obeyed. */
export const usage = (message: string): Failure => new Failure({ message, code: code.usage })

const codes: { readonly [Tag in ApiError["_tag"]]: number } = {
  InvalidParams: code.usage,
  InvalidRequest: code.refused,
  Unauthorized: code.credential,
  PaymentRequired: code.refused,
  Forbidden: code.credential,
  NotFound: code.notFound,
  Conflict: code.conflict,
  RequestTooLarge: code.refused,
  RateLimited: code.limited,
  Overloaded: code.limited,
  ServerError: code.service,
  UnexpectedStatus: code.service,
  TransportError: code.connection,
  MalformedResponse: code.unexpected,
  StreamInterrupted: code.connection,
  StreamStalled: code.connection
}

/** The exit code of an error. */
export const codeOf = (error: Failure | ApiError): number => error._tag === "Failure" ? error.code : codes[error._tag]
