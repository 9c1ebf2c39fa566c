import * as Api from "@effect-managed-agents/core/Api"
import * as WorkspaceApi from "@effect-managed-agents/core/WorkspaceApi"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Fault from "../../Fault.ts"
import type { Handle } from "../http/exchange.ts"
import type { Request, Response } from "../http/message.ts"
import * as http from "../http/message.ts"
import { ConnectionReset } from "../http/message.ts"
import * as faultyStream from "./faultyStream.ts"

/** The faults of a simulator that are still to happen, and what they do to its answers. */
export interface Faults {
  readonly add: (plan: Fault.Plan) => void
  readonly clear: () => void
  /** Back to a list, ending what stalls. */
  readonly reset: (plan: Fault.Plan) => void
  /** The rest of the plan, as it would have to be written now. */
  readonly left: () => Fault.Plan
  /** The fault that a request meets. Asking counts the request. */
  readonly take: (request: Request) => Fault.Fault | undefined
  /** The answer to a request that meets a fault. */
  readonly handle: (request: Request, fault: Fault.Fault | undefined) => ReturnType<Handle>
}

interface Pending {
  readonly fault: Fault.Fault
  readonly matches: (request: Request) => boolean
  skip: number
  times: number
}

const isApi = (path: string): boolean => path.startsWith("/v1/")

/** A glob over a path: `*` is any text without a slash, `**` any text. */
const glob = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*+/g, (stars) => stars === "*" ? "[^/]*" : ".*")}$`
  )

const streams: ReadonlyArray<RegExp> = [Api.events.stream, Api.threads.stream].map((endpoint) =>
  glob(Fault.on(endpoint).path ?? "")
)

const downloads: ReadonlyArray<RegExp> = [WorkspaceApi.files.download, WorkspaceApi.skills.downloadVersion].map(
  (endpoint) => glob(Fault.on(endpoint).path ?? "")
)

/** A fault that counts bytes is for downloads as well; one that counts events is not. */
const opensStream = (fault: Fault.StreamFault) => {
  const { clean: _clean, cut_after_bytes: _cut, split_bytes: _split, stall_after_bytes: _stall, ...ofEvents } = fault
  const patterns = Object.keys(ofEvents).length > 0 ? streams : [...streams, ...downloads]
  return ({ method, path }: Request): boolean => method === "GET" && patterns.some((pattern) => pattern.test(path))
}

const pending = (fault: Fault.Fault): Pending => {
  const { method, path, skip = 0, times = 1 } = fault.match ?? {}
  const wanted = method?.toUpperCase()
  const pattern = path === undefined ? undefined : glob(path)
  const applies = "stream" in fault.do ? opensStream(fault.do.stream) : () => true
  return {
    fault,
    matches: (request) =>
      (wanted === undefined || request.method === wanted) &&
      (pattern === undefined || pattern.test(request.path)) &&
      applies(request),
    skip,
    times
  }
}

/** The type of error that goes with a status. */
const errorType = (status: number): string => {
  switch (status) {
    case 401:
      return "authentication_error"
    case 402:
      return "billing_error"
    case 403:
      return "permission_error"
    case 404:
      return "not_found_error"
    case 409:
      return "conflict_error"
    case 413:
      return "request_too_large"
    case 429:
      return "rate_limit_error"
    case 504:
      return "timeout_error"
    case 529:
      return "overloaded_error"
    default:
      return status < 500 ? "invalid_request_error" : "api_error"
  }
}

const answer = (action: Fault.Status, requestId: string): Response => {
  const { headers = {}, status } = action
  const body = "body" in action
    ? action.body
    : status >= 400
    ? { type: "error", error: { type: errorType(status), message: "A fault of the simulator" }, request_id: requestId }
    : undefined
  return {
    status,
    headers: {
      ...(body !== undefined && {
        "content-type": typeof body === "string" ? "text/plain; charset=utf-8" : "application/json"
      }),
      "request-id": requestId,
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
    },
    body: body === undefined
      ? { _tag: "Empty" }
      : typeof body === "string"
      ? { _tag: "Text", value: body }
      : { _tag: "Json", value: body }
  }
}

/**
 * Makes a list of faults that is empty. A request that has no effect asks for an id by `requestId`, and not of what it
 * would have been answered with: tried again, it is answered as if there had been no fault.
 */
export const make = (options: {
  readonly clock: Clock.Clock
  readonly requestId: (request: Request) => string
  readonly handle: (request: Request) => Effect.Effect<Response, never, Scope.Scope>
}): Faults => {
  let list: Array<Pending> = []
  let resets = 0
  const stalled = new Set<() => void>()

  /** Until the next reset after this moment, which ends every connection. */
  const untilReset = (): Effect.Effect<void> => {
    const now = resets
    return Effect.async<void>((resume) => {
      const revive = () => resume(Effect.void)
      if (resets !== now) return revive()
      stalled.add(revive)
      return Effect.sync(() => stalled.delete(revive))
    })
  }

  const handle: Faults["handle"] = (request, fault) => {
    if (fault === undefined) return options.handle(request)
    const action = fault.do
    const landed = Effect.scoped(options.handle(request))
    if ("status" in action) {
      const answered = Effect.sync(() => answer(action, options.requestId(request)))
      return action.landed === true ? Effect.zipRight(landed, answered) : answered
    }
    if ("drop" in action) {
      const reset = new ConnectionReset()
      return action.drop === "after" ? Effect.zipRight(landed, reset) : reset
    }
    if ("delay" in action) {
      return Effect.tap(options.handle(request), () => options.clock.sleep(Duration.millis(action.delay)))
    }
    return Effect.map(options.handle(request), (response): Response =>
      !http.isStream(response.body) ? response : {
        ...response,
        body: { ...response.body, stream: faultyStream.make(response.body.stream, action.stream, untilReset()) }
      })
  }

  return {
    add: (plan) => {
      list.push(...plan.map(pending))
    },
    clear: () => {
      list = []
    },
    reset: (plan) => {
      list = plan.map(pending)
      resets++
      for (const revive of stalled) revive()
      stalled.clear()
    },
    left: () =>
      list.map(({ fault, skip, times }) => {
        const { skip: skipped = 0, times: wanted = 1 } = fault.match ?? {}
        return skip === skipped && times === wanted ? fault : { ...fault, match: { ...fault.match, skip, times } }
      }),
    take: (request) => {
      if (!isApi(request.path)) return undefined
      let taken: Pending | undefined
      for (const one of list) {
        if (!one.matches(request)) continue
        if (one.skip > 0) one.skip--
        else taken ??= one
      }
      if (taken === undefined) return undefined
      taken.times--
      if (taken.times === 0) list = list.filter((one) => one !== taken)
      return taken.fault
    },
    handle
  }
}
