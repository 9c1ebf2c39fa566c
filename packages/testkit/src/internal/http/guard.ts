import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as refusal from "../session/refusal.ts"
import type { Refusal, Ruling } from "../session/refusal.ts"
import type { Handle } from "./exchange.ts"
import type { Request } from "./message.ts"
import * as wire from "./wire.ts"

/** The simulator itself, as opposed to the API that it simulates. */
export const owns = (path: string): boolean => path === "/_sim" || path.startsWith("/_sim/")

/** The built inspector. */
export const page = "/_sim/ui"

/** Tells whether a path is that of the page, or of a file of it. */
export const isPage = (path: string): boolean => path === page || path.startsWith(`${page}/`)

/** The name in a `Host` header, without its port and in lower case. */
const nameOf = (host: string): string => host.toLowerCase().replace(/:\d*$/, "")

/**
 * A name that no stranger's DNS can point here: an address, a name of this machine or network, or the one that the server
 * was given.
 */
const isOwnName = (name: string, own: string): boolean =>
  /^\[[\da-f:.]+\]$/.test(name) || /^\d{1,3}(\.\d{1,3}){3}$/.test(name) || /^[\w-]+$/.test(name) ||
  name.endsWith(".localhost") || name === own.toLowerCase()

/** The media types that a form can have without asking first. */
const isForm = (type: string): boolean =>
  /^\s*(application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\s*(;|$)/i.test(type)

/** Refuses a request to the simulator itself that a page of another site may have made. */
const check = ({ headers, method, path }: Request, own: string): Ruling<void> => {
  const { host, origin } = headers
  if (host !== undefined && !isOwnName(nameOf(host), own)) {
    return refusal.forbidden(`The simulator is not known as ${host}`)
  }
  if (origin !== undefined && origin.toLowerCase() !== `http://${(host ?? "").toLowerCase()}`) {
    return refusal.forbidden(`Pages of ${origin} may not control the simulator`)
  }
  const site = headers["sec-fetch-site"] ?? "none"
  // a link may lead to the page
  const isVisit = method === "GET" && headers["sec-fetch-mode"] === "navigate" && isPage(path)
  if (site !== "none" && site !== "same-origin" && !isVisit) {
    return refusal.forbidden("Pages of other sites may not control the simulator")
  }
  return origin !== undefined && isForm(headers["content-type"] ?? "")
    ? refusal.unsupported("Forms may not control the simulator: send application/json")
    : Either.void
}

/** Guards what is under `/_sim` on a port that is known by the name `own`. */
export const make = (handle: Handle, own: string): Handle => (request) =>
  owns(request.path)
    ? Effect.matchEffect(check(request, own), {
      onFailure: (wrong: Refusal) => Effect.succeed(wire.errorResponse(wrong, "req_simulator")),
      onSuccess: () => handle(request)
    })
    : handle(request)
