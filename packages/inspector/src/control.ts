// The routes by which the simulator is controlled. A server without them is no simulator, and has no panel for it.
import type { Fault } from "@effect-managed-agents/testkit/Fault"
import type * as Ledger from "@effect-managed-agents/testkit/Ledger"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

/** State of the simulator. */
export interface Health {
  readonly seed: number
  readonly now: string
  readonly clock: "real" | "virtual"
}

/** A server that sends requests on to the service. */
export interface Proxy {
  /** The name of the service, such as `api.anthropic.com`. */
  readonly upstream: string
}

/** A law, and where it was broken. */
export interface Verdict {
  readonly name: string
  readonly offences: ReadonlyArray<{
    readonly message: string
    readonly session_id: string
    /** The numbers of the moments that show it. */
    readonly moments: ReadonlyArray<number>
  }>
}

/** Everything that the service did, and the verdicts. */
export interface Judged extends Ledger.History {
  readonly laws: ReadonlyArray<Verdict>
}

/** Refusal of the simulator. */
export class ControlError extends Data.TaggedError("ControlError")<{ readonly message: string }> {}

const messageOf = (body: unknown): string | undefined => {
  const error = typeof body === "object" && body !== null && "error" in body ? body.error : undefined
  const message = typeof error === "object" && error !== null && "message" in error ? error.message : undefined
  return typeof message === "string" ? message : undefined
}

const call = <A>(method: HttpMethod, path: string, body?: unknown) =>
  Effect.gen(function*() {
    const client = yield* HttpClient.HttpClient
    const request = HttpClientRequest.make(method)(`${location.origin}/_sim/${path}`)
    const response = yield* client.execute(
      body === undefined ? request : HttpClientRequest.bodyUnsafeJson(request, body)
    )
    const answer = yield* response.json
    if (response.status !== 200) {
      return yield* new ControlError({ message: messageOf(answer) ?? `Status ${response.status}` })
    }
    // the page and the simulator are of one version
    return answer as A
  }).pipe(
    Effect.scoped,
    Effect.catchAll((error) => new ControlError({ message: error.message }))
  )

/** The server behind the page; `undefined` if it does not say. */
export const server = Effect.orElseSucceed(call<Health | Proxy>("GET", "health"), () => undefined)

/** The simulator behind the page, if a server is one. */
export const simulatorOf = (server: Health | Proxy | undefined): Health | undefined =>
  server === undefined || "upstream" in server ? undefined : server

/** State of the simulator; `undefined` if the server is none. */
export const health = Effect.map(server, simulatorOf)

/** Operations on the simulator. */
export const advance = (millis: number) => call<{ readonly now: string }>("POST", "clock/advance", { millis })
export const next = call<{ readonly now: string }>("POST", "clock/next")
export const reset = call<Health>("POST", "reset")
export const faults = call<{ readonly faults: ReadonlyArray<Fault> }>("GET", "faults")
export const addFaults = (faults: unknown) =>
  call<{ readonly faults: ReadonlyArray<Fault> }>("POST", "faults", { faults })
export const clearFaults = call<{ readonly faults: ReadonlyArray<Fault> }>("DELETE", "faults")
export const history = call<Judged>("GET", "history")
export const scripts = call<{ readonly scripts: { readonly [agentId: string]: unknown } }>("GET", "scripts")
export const putScript = (agentId: string, script: unknown) =>
  call<unknown>("PUT", `agents/${encodeURIComponent(agentId)}`, { script })

/** An environment that sessions can be created in. */
export const environment = Effect.gen(function*() {
  const client = yield* HttpClient.HttpClient
  const response = yield* client.execute(HttpClientRequest.get(`${location.origin}/_sim/observe/v1/environments`, {
    headers: { "x-api-key": "inspector", "anthropic-beta": "managed-agents-2026-04-01" }
  }))
  const answer = yield* response.json
  const data = typeof answer === "object" && answer !== null && "data" in answer ? answer.data : []
  const first: unknown = Array.isArray(data) ? data[0] : undefined
  if (typeof first === "object" && first !== null && "id" in first && typeof first.id === "string") return first.id
  return yield* new ControlError({ message: "There is no environment to create a session in" })
}).pipe(Effect.scoped, Effect.catchAll((error) => new ControlError({ message: error.message })))
