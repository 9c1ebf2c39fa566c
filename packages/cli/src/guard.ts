// Who may use a server that has a credential: programs, and its own page.
import * as InspectorPage from "@effect-managed-agents/testkit/InspectorPage"
import type { IncomingHttpHeaders, IncomingMessage } from "node:http"

/** Refusal of a request, as the API words it. */
export interface Refusal {
  readonly status: number
  readonly type: string
  readonly message: string
}

/** Path of the target of a request, without the query. */
export const pathOf = (url: string): string => url.replace(/\?.*$/s, "")

/** A name that the DNS of another site cannot lead here. */
const isOwnName = (name: string, own: string): boolean =>
  /^\[[\da-f:.]+\]$|^\d{1,3}(\.\d{1,3}){3}$|^localhost$|\.localhost$/i.test(name) ||
  name.toLowerCase() === own.toLowerCase()

/** Says why a request may be that of a page of another site, which must not spend the credential of this process. */
const suspicion = ({ headers, method, url = "/" }: IncomingMessage, own: string): string | undefined => {
  const { host = "", origin } = headers
  if (!isOwnName(host.replace(/:\d*$/, ""), own)) return `This server is not known as ${host}`
  if (origin !== undefined && origin !== `http://${host}`) return `Pages of ${origin} may not use this server`
  const site = headers["sec-fetch-site"] ?? "none"
  // a link may lead to the page
  const isVisit = method === "GET" && headers["sec-fetch-mode"] === "navigate" &&
    `${pathOf(url)}/`.startsWith(InspectorPage.path)
  return isVisit || site === "none" || site === "same-origin"
    ? undefined
    : "Pages of other sites may not use this server"
}

/** A body that a form of another site can send without asking first; a client sends uploads as the third such type. */
const isForm = ({ "content-type": type = "" }: IncomingHttpHeaders): boolean =>
  /^\s*(application\/x-www-form-urlencoded|text\/plain)\s*(;|$)/i.test(type)

const isJson = ({ "content-type": type = "" }: IncomingHttpHeaders): boolean =>
  /^\s*application\/json\s*(;|$)/i.test(type)

/** Tells whether a request has no credential of its own. */
export const isAnonymous = (headers: IncomingHttpHeaders): boolean =>
  headers["x-api-key"] === undefined && headers.authorization === undefined

/** Methods of the API. */
export type Method = "GET" | "POST" | "DELETE"

/** Tells whether the API has a method. */
export const isMethod = (method: string | undefined): method is Method =>
  method === "GET" || method === "POST" || method === "DELETE"

const invalid = (status: number, message: string): Refusal => ({ status, type: "invalid_request_error", message })

/** Refusal of a method that the API does not have. */
export const notAllowed = invalid(405, "Method Not Allowed")

/** Says why a request is refused, on a server with the name `own`; `isPage` if it is for what its page is made of. */
export const check = (request: IncomingMessage, own: string, isPage: boolean): Refusal | undefined => {
  const { headers, method, url = "/" } = request
  const wrong = suspicion(request, own)
  if (wrong !== undefined) return { status: 403, type: "permission_error", message: wrong }
  if (!url.startsWith("/")) return invalid(400, "The target of a request begins with a slash")
  if (!isMethod(method)) return notAllowed
  // the page sends nothing else
  const isWrong = isPage ? method !== "GET" && !isJson(headers) : isAnonymous(headers) && isForm(headers)
  return isWrong ? invalid(415, "Forms may not use this server: send application/json") : undefined
}
