// Results of effects.
import { Result } from "@effect-atom/atom-react"
import * as Cause from "effect/Cause"

/** Says why something failed, if it did. */
export const Failure = ({ result }: { readonly result: Result.Result<unknown, { readonly message: string }> }) =>
  Result.isFailure(result) && !Cause.isInterruptedOnly(result.cause)
    ? <p role="alert" className="failure">{messageOf(result.cause)}</p>
    : null

const messageOf = (cause: Cause.Cause<{ readonly message: string }>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message : String(error)
}
