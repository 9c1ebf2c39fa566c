import * as InspectorPage from "@effect-managed-agents/testkit/InspectorPage"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
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
import * as guard from "./guard.ts"
import { Stdio } from "./stdio.ts"

/** Options of a proxy. */
export interface Options {
  readonly host: string
  readonly port: number
  /** The address of the server behind it, without a slash at the end. */
  readonly upstream: string
  /** The credential of requests that have none. It stays in this process. */
  readonly apiKey: Redacted.Redacted | undefined
  readonly inspector?: Inspector | undefined
}

/** The page, if this server has it. */
export interface Inspector {
  readonly page: InspectorPage.InspectorPage
  /** The client of the page, which is in no recording: who looks on is not a part of what is said. */
  readonly client: HttpClient.HttpClient
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

/** Tells which headers go through. */
type Keep = (name: string) => boolean

const ofProgram: Keep = (name) => !ofConnection.has(name)

/**
 * Headers that the page and the API have for each other. The rest is between the browser and this server, as origins and cookies
 * are, or between this process and the service.
 */
const ofPage: Keep = (name) =>
  /^(accept|content-type|location|request-id|retry-after|retry-after-ms|x-should-retry|anthropic-.+)$/.test(name)

const passedOn = (
  headers: Http.IncomingHttpHeaders | HttpClientResponse["headers"],
  keep: Keep
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      !keep(name) || value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]]
    )
  )

const readBody = (request: Http.IncomingMessage): Effect.Effect<Buffer> =>
  Effect.async((resume) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => resume(Effect.succeed(Buffer.concat(chunks))))
  })

/** Answers at once, unless an answer has begun, which is broken off. */
const reply = (response: Http.ServerResponse, { body, headers, status }: InspectorPage.Answer) =>
  Effect.sync(() => {
    if (response.headersSent) return void response.destroy()
    response.writeHead(status, headers)
    response.end(body)
  })

const fail = (response: Http.ServerResponse, { message, status, type }: guard.Refusal) =>
  reply(response, {
    status,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ type: "error", error: { type, message } })
  })

/** Says why there is no answer. What the platform's client says of a connection has the reason in its causes. */
const reasonOf = (error: unknown, upstream: string): string => {
  if (!HttpClientError.isHttpClientError(error)) return error instanceof Error ? error.message : String(error)
  let reason = error.message
  for (let at = error.cause; at instanceof Error; at = at.cause) {
    reason = at.message === "" && "code" in at ? String(at.code) : at.message
  }
  return `${upstream} cannot be reached: ${reason}`
}

/** Puts a body into a request; a form as a stream, of which a recorder keeps the fields. */
const withBody = (body: Buffer, type: string | undefined) =>
  type !== undefined && /^\s*multipart\//i.test(type)
    ? HttpClientRequest.bodyStream(Stream.make(body), { contentType: type, contentLength: body.length })
    : body.length === 0
    ? (same: HttpClientRequest.HttpClientRequest) => same
    : HttpClientRequest.bodyUint8Array(body, type)

/** A request, with the body that it had. */
interface Call {
  readonly method: guard.Method
  /** The path and the query. */
  readonly target: string
  readonly headers: Http.IncomingHttpHeaders
  readonly body: Buffer
  readonly keep: Keep
}

/** Sends on what came, and gives back what is answered, piece by piece as it comes. */
const forward = (
  client: HttpClient.HttpClient,
  { apiKey, upstream }: Options,
  { body, headers, keep, method, target }: Call,
  response: Http.ServerResponse
) =>
  Effect.gen(function*() {
    const sent = passedOn(headers, keep)
    const { "content-type": type, ...others } = sent
    const message = HttpClientRequest.make(method)(`${upstream}${target}`).pipe(
      HttpClientRequest.setHeaders(others),
      guard.isAnonymous(sent) && apiKey !== undefined
        ? HttpClientRequest.setHeader("x-api-key", Redacted.value(apiKey))
        : (same) => same,
      withBody(body, type)
    )
    const answer = yield* client.execute(message).pipe(
      // a redirect is the client's to follow: it could lead the credential to another server
      Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
      // nothing of this process is added
      Effect.locally(HttpClient.currentTracerDisabledWhen, () => true)
    )
    response.writeHead(answer.status, passedOn(answer.headers, keep))
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

const exchange = (
  client: HttpClient.HttpClient,
  options: Options,
  request: Http.IncomingMessage,
  response: Http.ServerResponse
) =>
  Effect.gen(function*() {
    const body = yield* readBody(request)
    const { headers, method, url: target = "/" } = request
    const path = guard.pathOf(target)
    const inspector = InspectorPage.owns(path) ? options.inspector : undefined
    const refusal = guard.check(request, options.host, inspector !== undefined)
    if (refusal !== undefined) return yield* fail(response, refusal)
    if (!guard.isMethod(method)) return yield* fail(response, guard.notAllowed)
    const call = { method, target, headers, body, keep: ofProgram }
    if (inspector === undefined) return yield* forward(client, options, call, response)
    if (!path.startsWith(`${InspectorPage.upstream}/`)) return yield* reply(response, yield* inspector.page.get(path))
    const called = { ...call, target: target.slice(InspectorPage.upstream.length), keep: ofPage }
    return yield* forward(inspector.client, options, called, response)
  })

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
            const message = reasonOf(Cause.squash(cause), options.upstream)
            return Effect.zipRight(
              warn(`${request.method} ${request.url}: ${message}\n`),
              fail(response, { status: 502, type: "api_error", message })
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
