import * as Api from "@effect-managed-agents/core/Api"
import { beta, memoryBeta } from "@effect-managed-agents/core/ClientConfig"
import type * as Endpoint from "@effect-managed-agents/core/Endpoint"
import * as WorkspaceApi from "@effect-managed-agents/core/WorkspaceApi"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Rules } from "../../Rules.ts"
import * as ids from "../session/ids.ts"
import type { Refusal, Ruling } from "../session/refusal.ts"
import * as refusal from "../session/refusal.ts"
import * as validate from "../session/validate.ts"
import type * as rateLimit from "../world/rateLimit.ts"
import * as subscription from "../world/subscription.ts"
import { homeOf } from "../world/webhooks.ts"
import type { World } from "../world/world.ts"
import type { Form } from "./form.ts"
import { summary } from "./form.ts"
import * as context from "./handlers/context.ts"
import * as json from "./json.ts"
import type { Request, Response } from "./message.ts"
import { maxBodySize } from "./message.ts"
import type { Route } from "./routes.ts"
import * as routes from "./routes.ts"
import * as wire from "./wire.ts"

const byteLength = (text: string): number => {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0x80) bytes += unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1
  }
  return bytes
}

/** A file may be larger than any other body. */
const isTooLarge = ({ body, form, isTooLarge = false }: Request, endpoint: Endpoint.Any): boolean =>
  isTooLarge || body.length > maxBodySize || (body.length * 3 > maxBodySize && byteLength(body) > maxBodySize) ||
  (endpoint !== WorkspaceApi.files.upload && form !== undefined && sizeOf(form) > maxBodySize)

const sizeOf = (form: Form): number =>
  Either.match(form, {
    onLeft: () => 0,
    onRight: (fields) => fields.reduce((sum, { value }) => sum + (typeof value === "string" ? 0 : value.size), 0)
  })

/** The betas of the time before a part of the API was released, which select the shapes of that time. */
const former = new Map([["files", "files-api-2025-04-14"], ["skills", "skills-2025-10-02"]])

/** Parts of the API whose refusals say that trying again cannot help. */
const final = /^\/v1\/(environments|memory_stores|skills)(\/|$)/

const betaName = /^[a-z0-9][a-z0-9-]*-\d{4}-\d{2}-\d{2}$/

/** The betas of what is not there, and of nearly everything that is. */
const usualBetas = Api.sessions.list.betas

/** Refuses betas that do not go together, and a request without those of its endpoint. */
const checkBetas = (betas: ReadonlyArray<string>, needed: ReadonlyArray<string>): Ruling<void> => {
  if (needed.includes(memoryBeta) && betas.includes(beta)) {
    return betas.includes(memoryBeta)
      ? refusal.invalid(`The betas \`${beta}\` and \`${memoryBeta}\` cannot be used together.`)
      // either opens the endpoints of memory stores
      : Either.void
  }
  const missing = needed.find((name) => !betas.includes(name))
  return missing === undefined
    ? Either.void
    : refusal.notFound(`Not found: this endpoint needs the header \`anthropic-beta: ${missing}\``)
}

const checkHeaders = (request: Request, endpoint: Endpoint.Any | undefined): Ruling<void> => {
  const credentials = context.credentials(request)
  if (credentials.length === 0) return refusal.unauthenticated("x-api-key header is required")
  if (credentials.length > 1 && endpoint?.kind === "events") {
    return refusal.unauthenticated("Only one of the x-api-key and authorization headers may be sent")
  }
  const betas = (request.headers["anthropic-beta"] ?? "").split(",").map((name) => name.trim()).filter((name) =>
    name !== ""
  )
  const unknown = betas.filter((name) => !betaName.test(name))
  if (unknown.length > 0) {
    return refusal.invalid(
      `Unexpected value(s) ${unknown.map((name) => `\`${name}\``).join(", ")} for the \`anthropic-beta\` header. ` +
        "Please consult our documentation at docs.claude.com or try again without the header."
    )
  }
  const old = former.get(request.path.split("/")[2] ?? "")
  if (old !== undefined && betas.includes(old)) return refusal.notImplemented(`the shapes of the beta \`${old}\``)
  return checkBetas(betas, endpoint?.betas ?? usualBetas)
}

/** Bytes in pieces, as they are on the wire. Each is a copy: what is stored is never handed out. */
function* pieces(chunks: ReadonlyArray<Uint8Array>): Iterable<Uint8Array> {
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += 65_536) yield chunk.slice(at, at + 65_536)
  }
}

/** A file as a response. */
const downloaded = (
  { chunks, mediaType, name, size }: context.Download,
  headers: Readonly<Record<string, string>>
): Response => ({
  status: 200,
  headers: {
    "content-type": mediaType,
    "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
    ...headers
  },
  body: { _tag: "Bytes", size, stream: Stream.fromIterable(pieces(chunks)) }
})

const parseBody = ({ body, form }: Request): Ruling<unknown> =>
  body === "" && form === undefined
    ? refusal.invalid("Failed to parse request body: unexpected end of input")
    : Either.orElse(form ?? json.parse(body), (wrong) => refusal.invalid(`Failed to parse request body: ${wrong}`))

/** As what a request counts towards the rate limits. */
const kindOf = (endpoint: Endpoint.Any, { rateLimits }: Rules): rateLimit.Kind => {
  if (endpoint === Api.events.send) return rateLimits?.sends ?? "create"
  return endpoint.method === "GET" ? "read" : "create"
}

/** Decodes one segment of a path; undefined if it is not well encoded or empty. */
const segment = (raw: string): string | undefined => {
  if (raw === "") return undefined
  if (!raw.includes("%")) return raw
  try {
    return decodeURIComponent(raw)
  } catch {
    return undefined
  }
}

const parameters = (route: Route, segments: ReadonlyArray<string>): Record<string, string> | undefined => {
  if (route.segments.length !== segments.length) return undefined
  const path: Record<string, string> = {}
  for (const [i, part] of route.segments.entries()) {
    const raw = segments[i] ?? ""
    if (!part.startsWith("{")) {
      if (part !== raw) return undefined
      continue
    }
    const value = segment(raw)
    if (value === undefined) return undefined
    path[part.slice(1, -1)] = value
  }
  return path
}

/** The route of a request. */
const match = (
  all: ReadonlyArray<Route>,
  request: Request
): Ruling<{ readonly route: Route; readonly path: Record<string, string> }> => {
  const segments = request.path.split("/").slice(1)
  const allowed: Array<string> = []
  for (const route of all) {
    const path = parameters(route, segments)
    if (path === undefined) continue
    if (route.endpoint.method === request.method) return Either.right({ route, path })
    allowed.push(route.endpoint.method)
  }
  if (allowed.length > 0) return refusal.wrongMethod(allowed)
  return segments[0] === "v1" && routes.elsewhere.includes(segments[1] ?? "")
    ? refusal.notImplemented("this part of the API")
    : refusal.noSuchPath
}

/** Enough to know requests apart, at a bounded cost; those that look alike get a number. */
const descriptionOf = ({ body, form, method, path, query }: Request): string =>
  [
    method,
    path,
    ...query.map(([name, value]) => `${name}=${value}`),
    body.length,
    body.slice(0, 16_384),
    ...(form === undefined ? [] : [JSON.stringify(summary(form))])
  ].join("\n")

/** Options of a request. */
interface Options {
  /**
   * True for a spectator, who changes nothing: not the rate limits, not the ids of others, and not the history.
   *
   * @default false
   */
  readonly isSpectator?: boolean
}

/** Builds the function that answers requests from the table of endpoints. */
export const make = (
  world: World
): (request: Request, options?: Options) => Effect.Effect<Response, never, Scope.Scope> => {
  const { rules } = world.env
  const all = routes.make(rules)
  const { organization_id, workspace_id } = homeOf(world.root)
  const home = {
    "anthropic-organization-id": organization_id,
    "anthropic-workspace-id": workspace_id
  }

  const answer = (
    request: Request,
    key: ids.Key,
    isSpectator: boolean
  ): Ruling<{ readonly route: Route; readonly value: unknown }> =>
    Either.gen(function*() {
      const found = match(all, request)
      yield* checkHeaders(request, Either.getOrUndefined(found)?.route.endpoint)
      const { path, route } = yield* found
      const wait = isSpectator ? undefined : world.limiter(kindOf(route.endpoint, rules), world.now())
      if (wait !== undefined) yield* refusal.rateLimited(wait)
      if (isTooLarge(request, route.endpoint)) yield* refusal.tooLarge
      yield* json.checkEncoding(request)
      yield* json.checkType(request, route.endpoint.encoding.mediaType)
      const query = yield* route.query(request.query)
      let body: unknown
      if (route.body !== undefined) body = yield* route.body(yield* parseBody(request))
      else if (request.method === "POST" && request.body !== "") {
        yield* validate.emptyBody(yield* parseBody(request))
      }
      return { route, value: yield* route.run({ world, request, key, path, query, body }) }
    })

  const refuse = (request: Request, wrong: Refusal, requestId: string): Response => {
    const response = wire.errorResponse(wrong, requestId)
    const retry = final.test(request.path) && wrong.status !== 429 ? { "x-should-retry": "false" } : undefined
    return { ...response, headers: { ...response.headers, ...retry, ...home } }
  }

  return (request, { isSpectator = false } = {}) =>
    Effect.suspend(() => {
      const key = world.key(isSpectator ? "look" : "request", descriptionOf(request))
      const requestId = ids.format("req", key)
      return Either.match(answer(request, key, isSpectator), {
        onLeft: (wrong) => Effect.succeed(refuse(request, wrong, requestId)),
        onRight: ({ route, value }) => {
          const headers = { "request-id": requestId, ...home }
          const answered = (value: unknown): Response => ({
            status: 200,
            headers: { "content-type": "application/json", ...headers },
            body: { _tag: "Json", value }
          })
          if (value instanceof context.Later) return Effect.map(value.value, answered)
          if (route.endpoint.kind === "json") return Effect.succeed(answered(value))
          // a route of kind "bytes" has a handler that yields a file: `Handlers` says so
          if (route.endpoint.kind === "bytes") return Effect.succeed(downloaded(value as context.Download, headers))
          // a route of kind "events" has a handler that yields a stream: `Handlers` says so
          const { cell, previewed, thread } = value as context.Stream
          return Effect.map(world.open(cell, { key, previewed, thread, isSpectator }), (one): Response => ({
            status: 200,
            headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache", ...headers },
            body: { _tag: "Events", stream: subscription.toStream(one) }
          }))
        }
      })
    })
}
