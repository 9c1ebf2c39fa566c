import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as FiberSet from "effect/FiberSet"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Buffer } from "node:buffer"
import * as Http from "node:http"
import type { Failure } from "./failure.ts"
import { usage } from "./failure.ts"
import { Stdio } from "./stdio.ts"

/** Options of a proxy. */
export interface Options {
  readonly host: string
  readonly port: number
  /** The address of the server behind it, without a slash at the end. */
  readonly upstream: string
  /** The credential of requests that have none. It stays in this process. */
  readonly apiKey: Redacted.Redacted | undefined
}

/** Headers that belong to one connection, or that the client sets itself. */
const ofConnection = new Set([
  "accept-encoding",
  "connection",
  "content-encoding",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade"
])

const passedOn = (headers: Http.IncomingHttpHeaders | HttpClientResponse["headers"]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      ofConnection.has(name) || value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]]
    )
  )

/** A name that the DNS of another site cannot lead here. */
const isOwnName = (name: string, own: string): boolean =>
  /^\[[\da-f:.]+\]$|^\d{1,3}(\.\d{1,3}){3}$|^localhost$|\.localhost$/i.test(name) ||
  name.toLowerCase() === own.toLowerCase()

/** Says why a request may be that of a page of another site, which must not spend the credential of this process. */
const suspicion = (headers: Http.IncomingHttpHeaders, own: string): string | undefined => {
  const { host = "", origin } = headers
  if (!isOwnName(host.replace(/:\d*$/, ""), own)) return `This server is not known as ${host}`
  if (origin !== undefined && origin !== `http://${host}`) return `Pages of ${origin} may not use this server`
  const site = headers["sec-fetch-site"] ?? "none"
  return site === "none" || site === "same-origin" ? undefined : "Pages of other sites may not use this server"
}

/** A body that a form of another site can send without asking first; a client sends uploads as the third such type. */
const isForm = ({ "content-type": type = "" }: Http.IncomingHttpHeaders): boolean =>
  /^\s*(application\/x-www-form-urlencoded|text\/plain)\s*(;|$)/i.test(type)

const readBody = (request: Http.IncomingMessage): Effect.Effect<Buffer> =>
  Effect.async((resume) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => resume(Effect.succeed(Buffer.concat(chunks))))
  })

const isMethod = (method: string): method is "GET" | "POST" | "DELETE" =>
  method === "GET" || method === "POST" || method === "DELETE"

const fail = (response: Http.ServerResponse, status: number, type: string, message: string) =>
  Effect.sync(() => {
    if (response.headersSent) return void response.destroy()
    const text = JSON.stringify({ type: "error", error: { type, message } })
    response.writeHead(status, { "content-type": "application/json" })
    response.end(text)
  })

/** Sends on what came, and gives back what is answered, piece by piece as it comes. */
const exchange = (
  client: HttpClient.HttpClient,
  { apiKey, host, upstream }: Options,
  request: Http.IncomingMessage,
  response: Http.ServerResponse
) =>
  Effect.gen(function*() {
    const { headers, method = "GET", url = "/" } = request
    const body = yield* readBody(request)
    const wrong = suspicion(headers, host)
    if (wrong !== undefined) return yield* fail(response, 403, "permission_error", wrong)
    if (!isMethod(method)) return yield* fail(response, 405, "invalid_request_error", "Method Not Allowed")
    const isAnonymous = headers["x-api-key"] === undefined && headers.authorization === undefined
    if (isAnonymous && isForm(headers)) {
      return yield* fail(response, 415, "invalid_request_error", "Forms may not use this server: send application/json")
    }
    const { "content-type": type, ...others } = passedOn(headers)
    const message = HttpClientRequest.make(method)(`${upstream}${url}`).pipe(
      HttpClientRequest.setHeaders(others),
      isAnonymous && apiKey !== undefined
        ? HttpClientRequest.setHeader("x-api-key", Redacted.value(apiKey))
        : (same) => same,
      body.length === 0 ? (same) => same : HttpClientRequest.bodyUint8Array(body, type)
    )
    const answer = yield* client.execute(message)
    response.writeHead(answer.status, passedOn(answer.headers))
    // who streams waits for the head before it sends what will cause the first event
    response.flushHeaders()
    yield* Stream.runForEach(answer.stream, (bytes) =>
      Effect.async<void>((resume) => {
        if (response.write(bytes)) resume(Effect.void)
        else response.once("drain", () => resume(Effect.void))
      })).pipe(
        // the platform's own client fails on the body of an answer that has none
        Effect.catchIf((error) => error.reason === "EmptyBody", () => Effect.void)
      )
    response.end()
  }).pipe(Effect.scoped)

const listen = (server: Http.Server, { host, port }: Options): Effect.Effect<string, Failure> =>
  Effect.async((resume) => {
    const failed = (cause: NodeJS.ErrnoException) =>
      resume(usage(`Cannot listen on port ${port} of ${host}: ${cause.code ?? cause.message}`))
    server.once("error", failed)
    server.listen({ host, port }, () => {
      server.off("error", failed)
      const address = server.address()
      const actual = address !== null && typeof address === "object" ? address.port : port
      resume(Effect.succeed(`http://${host.includes(":") ? `[${host}]` : host}:${actual}`))
    })
  })

/** Serves a client on a port until the scope closes. Succeeds with the address. */
export const start = (
  options: Options
): Effect.Effect<string, Failure, HttpClient.HttpClient | Scope.Scope | Stdio> =>
  Effect.gen(function*() {
    const client = yield* HttpClient.HttpClient
    const { warn } = yield* Stdio
    const run = yield* FiberSet.makeRuntime<never>()
    const server = Http.createServer((request, response) => {
      const fiber = run(
        exchange(client, options, request, response).pipe(
          Effect.catchAllCause((cause) => {
            if (Cause.isInterruptedOnly(cause)) return Effect.sync(() => response.destroy())
            const error = Cause.squash(cause)
            const message = error instanceof Error ? error.message : String(error)
            return Effect.zipRight(
              warn(`${request.method} ${request.url}: ${message}\n`),
              fail(response, 502, "api_error", message)
            )
          })
        )
      )
      response.on("error", () => {})
      response.once("close", () => fiber.unsafeInterruptAsFork(FiberId.none))
    })
    return yield* Effect.acquireRelease(listen(server, options), () =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      }))
  })
