import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { ApiError } from "../../ApiError.ts"
import type * as Endpoint from "../../Endpoint.ts"
import type { Input } from "../http/request.ts"
import { countRequest } from "./metrics.ts"
import * as span from "./span.ts"

const labelOf = (exit: Exit.Exit<unknown, ApiError>): string =>
  Exit.match(exit, {
    onSuccess: () => "ok",
    onFailure: (cause) =>
      Option.match(Cause.failureOption(cause), {
        onSome: (error) => error._tag,
        onNone: () => Cause.isInterrupted(cause) ? "interrupted" : "defect"
      })
  })

/** Ids are no secrets; everything else of a request is content and stays out of spans. */
const attributes = (endpoint: Endpoint.Any, input: Input): Record<string, unknown> => {
  const out: Record<string, unknown> = { "http.request.method": endpoint.method, "url.template": endpoint.path }
  for (const [name, id] of Object.entries(input.path ?? {})) out[name.replace(/_id$/, ".id")] = id
  return out
}

/** Makes a call one span, counts it and logs its end. */
export const observeCall = (endpoint: Endpoint.Any, input: Input) => <A, R>(self: Effect.Effect<A, ApiError, R>) =>
  self.pipe(
    Effect.onExit((exit) => {
      const label = labelOf(exit)
      return countRequest(endpoint.name, label).pipe(
        Effect.zipRight(Exit.isSuccess(exit) ? Effect.void : Effect.annotateCurrentSpan("error.type", label)),
        Effect.zipRight(Effect.logDebug(`${endpoint.name}: ${label}`))
      )
    }),
    span.within(endpoint.name, { kind: "client", attributes: attributes(endpoint, input) })
  )
